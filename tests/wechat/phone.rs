//! The phone number behind the phone button's code.

use linli::wechat::{Class, Refusal};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::stage::{NEIGHBOUR, NUMBER, OPENID, PHONE, Stage, failure, refusal};

#[tokio::test]
async fn the_number_comes_with_its_country_whether_that_is_a_text_or_a_number() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    for as_number in [false, true] {
        desk.order("settings", json!({"country_code_as_number": as_number})).await;
        let phone = client.phone_number(&desk.phone_button(OPENID).await, OPENID).await.unwrap();
        assert_eq!((phone.number.expose_secret(), phone.country_code.as_str()), (NUMBER, "86"));
    }
    desk.order("users", json!({"openid": OPENID, "phone": "5550100", "country_code": "1"})).await;
    let phone = client.phone_number(&desk.phone_button(OPENID).await, OPENID).await.unwrap();
    assert_eq!((phone.number.expose_secret(), phone.country_code.as_str()), ("5550100", "1"));
    let journal = desk.journal(PHONE).await;
    assert!(journal.iter().all(|entry| entry["body"]["openid"] == OPENID), "the person is always named");
}

#[tokio::test]
async fn a_code_is_good_once_for_five_minutes_for_its_own_person_in_its_own_app() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("apps", json!({"appid": "wx0000000000000002", "secret": "another"})).await;
    let other_user = json!({"appid": "wx0000000000000002", "openid": OPENID, "phone": NUMBER});
    desk.order("users", other_user).await;
    desk.order("users", json!({"openid": NEIGHBOUR, "phone": "15400000002"})).await;

    let used = desk.phone_button(OPENID).await;
    client.phone_number(&used, OPENID).await.unwrap();
    let foreign = desk.code("phone_code", json!({"appid": "wx0000000000000002", "openid": OPENID})).await;
    let of_sign_in = desk.wx_login(OPENID).await;
    let of_the_neighbour = desk.phone_button(NEIGHBOUR).await;
    desk.forget_journal().await;
    for (code, expected, class) in [
        (used.as_str(), Refusal::CodeUnknown, Class::AskNewCode),
        (foreign.as_str(), Refusal::CodeOfAnotherApp, Class::AskNewCode),
        (of_sign_in.as_str(), Refusal::CodeUnknown, Class::AskNewCode),
        ("never-issued", Refusal::CodeUnknown, Class::AskNewCode),
        (of_the_neighbour.as_str(), Refusal::PersonUnknown, Class::Refused),
    ] {
        let end = failure(client.phone_number(code, OPENID).await);
        assert_eq!(end.class(), class);
        assert_eq!(refusal::<()>(Err(end)), expected);
    }
    assert_eq!(desk.count(PHONE).await, 5, "each was shown once");

    let (in_time, too_late) = (desk.phone_button(OPENID).await, desk.phone_button(OPENID).await);
    stage.time.pass_seconds(299).await;
    client.phone_number(&in_time, OPENID).await.unwrap();
    stage.time.pass_seconds(1).await;
    assert_eq!(refusal(client.phone_number(&too_late, OPENID).await), Refusal::CodeUnknown);
}

#[tokio::test]
async fn an_answer_marked_for_another_app_or_another_time_is_not_believed() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("settings", json!({"watermark_age_seconds": 300})).await;
    client.phone_number(&desk.phone_button(OPENID).await, OPENID).await.unwrap();
    desk.order("settings", json!({"watermark_age_seconds": 301})).await;
    let end = client.phone_number(&desk.phone_button(OPENID).await, OPENID).await;
    assert_eq!(refusal(end), Refusal::StaleWatermark);
    let foreign = json!({"watermark_age_seconds": 0, "watermark_appid": "wx0000000000000002"});
    desk.order("settings", foreign).await;
    let end = client.phone_number(&desk.phone_button(OPENID).await, OPENID).await;
    assert_eq!(refusal(end), Refusal::ForeignWatermark);
}

#[tokio::test]
async fn a_refused_token_does_not_cost_the_code() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    client.phone_number(&desk.phone_button(OPENID).await, OPENID).await.unwrap();
    desk.order("tokens/kill", json!({"errcode": 42001})).await;
    client.phone_number(&desk.phone_button(OPENID).await, OPENID).await.unwrap();
    assert_eq!(desk.count(PHONE).await, 3);
}
