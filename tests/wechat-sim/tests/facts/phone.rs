use serde_json::{Value, json};
use wechat_sim::{APPID, SECRET};

use crate::phones::{Bench, OPENID, granted, refused};

async fn number(bench: &Bench, body: Value) -> Value {
    let token = bench.token().await;
    bench.call("/wxa/business/getuserphonenumber", &token, body).await
}

#[actix_web::test]
async fn a_phone_code_becomes_a_number_with_a_fresh_watermark() {
    let bench = Bench::new().await;
    bench.user_with_phone().await;
    let code = bench.phone_code(OPENID).await;
    let answer = number(&bench, json!({"code": code, "openid": OPENID})).await;
    assert_eq!(answer["errcode"], 0);
    let expected = json!({"phoneNumber": "15400000001", "purePhoneNumber": "15400000001", "countryCode": "86",
        "watermark": {"timestamp": bench.now().await, "appid": APPID}});
    assert_eq!(answer["phone_info"], expected);
}

#[actix_web::test]
async fn a_phone_code_is_good_once_and_for_five_minutes() {
    let bench = Bench::new().await;
    bench.user_with_phone().await;
    let (first, second) = (bench.phone_code(OPENID).await, bench.phone_code(OPENID).await);
    bench.advance(299).await;
    granted(&number(&bench, json!({"code": first})).await);
    refused(&number(&bench, json!({"code": first})).await, 40029);
    bench.advance(1).await;
    refused(&number(&bench, json!({"code": second})).await, 40029);
}

#[actix_web::test]
async fn a_login_code_is_no_phone_code_and_an_unknown_code_none_at_all() {
    let bench = Bench::new().await;
    bench.user_with_phone().await;
    let login = bench.wx_login(OPENID).await;
    refused(&number(&bench, json!({"code": login})).await, 40029);
    refused(&number(&bench, json!({"code": "never-given"})).await, 40029);
    refused(&number(&bench, json!({"openid": OPENID})).await, 41008);
    refused(&number(&bench, json!({"js_code": login})).await, 47001);
}

#[actix_web::test]
async fn a_code_of_another_app_or_another_user_is_refused_and_not_used_up() {
    let bench = Bench::new().await;
    bench.user_with_phone().await;
    bench.order("apps", json!({"appid": "wx2", "secret": SECRET})).await;
    bench.order("users", json!({"appid": "wx2", "openid": "o2", "phone": "15400000002"})).await;
    let foreign = bench.order("phone_code", json!({"appid": "wx2", "openid": "o2"})).await;
    refused(&number(&bench, json!({"code": foreign["code"]})).await, 40013);
    let code = bench.phone_code(OPENID).await;
    refused(&number(&bench, json!({"code": code, "openid": "oOTHER"})).await, 40003);
    granted(&number(&bench, json!({"code": code, "openid": OPENID})).await);
}

#[actix_web::test]
async fn country_code_watermark_and_age_can_vary() {
    let bench = Bench::new().await;
    bench.order("users", json!({"openid": OPENID, "phone": "54000001", "country_code": "852"})).await;
    let settings =
        json!({"country_code_as_number": true, "watermark_appid": "wxFOREIGN", "watermark_age_seconds": 301});
    bench.order("settings", settings).await;
    let answer = number(&bench, json!({"code": bench.phone_code(OPENID).await})).await;
    let info = &answer["phone_info"];
    assert_eq!(info["countryCode"], 852);
    assert_eq!(info["purePhoneNumber"], "54000001");
    assert_eq!(info["phoneNumber"], "85254000001");
    assert_eq!(info["watermark"], json!({"timestamp": bench.now().await - 301, "appid": "wxFOREIGN"}));
}
