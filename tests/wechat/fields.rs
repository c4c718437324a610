//! The rules of a message's fields: what the client lets through WeChat takes, and what it holds back WeChat
//! would have refused.

use futures_util::{StreamExt, stream};
use linli::wechat::{Invalid, check_field};
use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::stage::{OPENID, SEND, Stage, message};

/// Every kind but the enumerated one, whose values only the template knows.
const KINDS: [&str; 12] = [
    "thing",
    "number",
    "letter",
    "symbol",
    "character_string",
    "time",
    "date",
    "amount",
    "phone_number",
    "car_number",
    "name",
    "phrase",
];

/// Forms near a kind's own; some fit, some just do not.
const FORMS: [(&str, usize, &str); 22] = [
    ("thing", 20, "[一二a1 ，😀]{17,22}"),
    ("number", 20, "[0-9]{1,33}"),
    ("number", 20, "[0-9]{0,18}[.][0-9]{0,16}"),
    ("letter", 20, "[a-zA-Z]{28,34}[1é]?"),
    ("symbol", 40, "[!#@，。€😀]{1,6}[ a1二]?"),
    ("character_string", 20, "[a-zA-Z0-9#/ _.-]{25,34}"),
    ("character_string", 20, "[a-z#é，二￥😀]{1,8}"),
    ("time", 60, "[012][0-9]:[0-6][0-9](:[0-6][0-9])?"),
    ("time", 40, "2026-1?[0-9]-[0-3]?[0-9] {1,2}[012]?[0-9]:[0-5][0-9]"),
    ("time", 30, " ?[012][0-9]:[0-5]0 ?[~-] ?[012][0-9]:[0-5]0"),
    ("date", 80, "(19|20)[0-9]{2}[年/.月-](1[0-3]|0?[0-9])[月/.年-][0-3]?[0-9]日?"),
    ("date", 40, "[0-9]{3,5}年[01]?[0-9]月[0-3]?[0-9]日 ?([012][0-9]:[0-6][0-9](:[0-6][0-9])?)?"),
    ("date", 40, "20[0-9]{2}-0?[1-9]-[12][0-9]( 1[0-9]:[0-5][0-9])?"),
    ("date", 30, "2026[/-]0?2[/-](28|29|30)(~| ~ |~ )2024[/-]0?2[/-](28|29|30)"),
    ("date", 20, "20(24|26)-[01][0-9]-[0-3][0-9][T ][012][0-9]:[0-5][0-9]:[0-5][0-9](Z|[.]0|[+]08:00)?"),
    ("amount", 40, "[¥￥$€£₩₽元]{0,2}[0-9]{0,11}([.][0-9]{0,2})?元?"),
    ("phone_number", 40, "[+]?[0-9() -]{0,18}"),
    ("phone_number", 30, "[0-9*#+() -]{0,17}[转;a]?"),
    ("car_number", 60, "[粤A1][A-Z0-9粤]{0,6}[挂A1·]?"),
    ("name", 60, "[a-zA-Zé ·.]{8,21}"),
    ("name", 40, "[张三a·〇，1]{1,12}"),
    ("phrase", 60, "[处理中〇豈𠀀。a1 ]{1,6}"),
];

/// What any kind may meet.
const ANYTHING: &str =
    "[0-9a-zA-Z王〇豈𠀀é一😀，。·~:年月日元¥.,;/+*#() \u{a0}\u{3000}\u{200b}\u{2028}\n\t\u{7f}-]{0,12}";

/// Values on the border, and those that have cost others a day.
const KNOWN: [(&str, &str); 33] = [
    ("thing", ""),
    ("thing", " "),
    ("thing", "一二三四五六七八九十一二三四五六七八九十"),
    ("thing", "一二三四五六七八九十一二三四五六七八九十一"),
    ("thing", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"),
    ("thing", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"),
    ("thing", "one\ntwo"),
    ("thing", "one\u{2028}two"),
    ("phrase", "处理中"),
    ("phrase", "第2步"),
    ("phrase", "正在处理之中"),
    ("time", "24:00"),
    ("time", "23:59:60"),
    ("time", "9:05"),
    ("time", "2020-01-18 16:18:49.0"),
    ("time", "2020-01-18T16:18:49Z"),
    ("time", "2019年10月1日 15:01"),
    ("time", "15:01~"),
    ("date", "2026-02-29"),
    ("date", "2024-02-29"),
    ("date", "0001-01-01"),
    ("date", "2026月10年1日"),
    ("date", "2026-\u{3000}1-01"),
    ("date", "2026-10-01~2026-10-07"),
    ("car_number", "粤A8Z888挂"),
    ("car_number", "A粤8Z888"),
    ("name", "José García Álvarez"),
    ("name", "张3"),
    ("phone_number", "154****0001"),
    ("amount", "₩100"),
    ("amount", "₽100"),
    ("phrase", "二〇二六年"),
    ("character_string", "№5"),
];

fn values() -> Vec<(String, String)> {
    let mut runner = TestRunner::deterministic();
    let mut values: Vec<(String, String)> =
        KNOWN.iter().map(|(kind, value)| (format!("{kind}1"), (*value).to_owned())).collect();
    let mut draw = |kind: &str, times: usize, form: &str| {
        let form = string_regex(form).unwrap();
        for _ in 0..times {
            let value = form.new_tree(&mut runner).unwrap().current();
            values.push((format!("{kind}1"), value));
        }
    };
    for (kind, times, form) in FORMS {
        draw(kind, times, form);
    }
    for kind in KINDS {
        draw(kind, 40, ANYTHING);
    }
    values
}

#[tokio::test]
async fn client_and_wechat_agree_about_every_value() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    for kind in KINDS {
        let field = format!("{kind}1");
        desk.order("templates", json!({"template_id": kind, "fields": [field], "long_term": true})).await;
        desk.order("subscribe", json!({"openid": OPENID, "template_id": kind})).await;
    }
    client.check_text(&crate::stage::text("fetches the token")).await.unwrap();

    let values = values();
    let verdicts = stream::iter(&values).map(|(name, value)| {
        let (client, template) = (&client, name.trim_end_matches('1'));
        async move {
            let ours = check_field(name, value);
            let takes = if ours.is_ok() {
                client.send_message(&message(template, &[(name, value)])).await.is_ok()
            } else {
                let body =
                    json!({"touser": OPENID, "template_id": template, "data": {name: {"value": value}}});
                let code = desk.straight(SEND, &body).await;
                assert!(matches!(code, 0 | 47003), "{name} {value:?}: {code}");
                code == 0
            };
            (ours.is_ok() != takes)
                .then(|| format!("{name} {value:?}: we {ours:?}, WeChat takes it: {takes}"))
        }
    });
    let disagreements: Vec<String> = verdicts.buffer_unordered(8).filter_map(async |one| one).collect().await;
    assert!(disagreements.is_empty(), "{}\n{}", disagreements.len(), disagreements.join("\n"));

    for kind in KINDS {
        let of_kind = || values.iter().filter(|(name, _)| name.trim_end_matches('1') == kind);
        let good = of_kind().filter(|(name, value)| check_field(name, value).is_ok()).count();
        let bad = of_kind().count() - good;
        assert!(good >= 10 && bad >= 10, "{kind}: {good} good and {bad} bad values prove little");
    }
}

#[tokio::test]
async fn a_value_that_wechat_would_refuse_costs_no_call() {
    let stage = Stage::standing().await;
    let client = stage.client();
    for (kind, value) in KNOWN {
        let name = format!("{kind}1");
        if check_field(&name, value).is_ok() {
            continue;
        }
        let end = client.send_message(&message(kind, &[(&name, value)])).await;
        let named = matches!(
            end,
            Err(linli::wechat::WeChatError::Invalid(Invalid::Field { field, .. })) if field.to_string() == name
        );
        assert!(named, "{name} {value:?}");
    }
    assert_eq!(stage.desk.count(SEND).await, 0);
}
