//! Each call: what it sends, what it makes of the answers, and what it never repeats.

use ::secrecy::ExposeSecret;

use super::*;

const LOGIN: &str = "/sns/jscode2session";
const SEND: &str = "/cgi-bin/message/subscribe/send";
const CHECK: &str = "/wxa/msg_sec_check";
const CODE: &str = "/wxa/getwxacodeunlimit";
const JPEG: [u8; 4] = [0xFF, 0xD8, 0xFF, 0xE0];

/// A server whose token call works, and whose other calls answer `reply`.
async fn answering(reply: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |asked, before| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token(if before == 0 { "T1" } else { "T2" }),
        _ => reply(asked, before),
    })
    .await
}

fn refusal(end: Result<impl Sized, WeChatError>) -> Refusal {
    match end.err() {
        Some(WeChatError::Refused { refusal, .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_code_is_exchanged_whatever_the_form_of_success() {
    let bodies = [
        r#"{"openid":"o1","session_key":"a2V5","unionid":"u1"}"#,
        r#"{"openid":"o1","session_key":"a2V5","unionid":"u1","errcode":0,"errmsg":"ok","new":[1]}"#,
        r#"{"openid":"o1","session_key":"a2V5","unionid":"u1","errcode":"0"}"#,
    ];
    for body in bodies {
        let server = Server::start(move |_, _| Reply::text("text/plain", body)).await;
        let login = client(&server, StillTime::noon()).exchange_code("the-code").await.unwrap();
        assert_eq!(login.openid.expose_secret(), "o1");
        assert_eq!(login.session_key.expose_secret(), "a2V5");
        assert_eq!(login.unionid.unwrap().expose_secret(), "u1");
        let asked = &server.asked(LOGIN)[0];
        let expected = [
            ("appid", APPID),
            ("secret", SECRET),
            ("js_code", "the-code"),
            ("grant_type", "authorization_code"),
        ];
        assert_eq!(asked.method, "GET");
        assert_eq!(asked.query, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert_eq!(server.count(STABLE_TOKEN), 0);
    }
}

#[tokio::test]
async fn a_refused_code_is_refused_by_name() {
    let cases = [
        (40029, Refusal::CodeUnknown, Class::AskNewCode),
        (41008, Refusal::CodeUnknown, Class::AskNewCode),
        (40163, Refusal::CodeUsed, Class::AskNewCode),
        (40226, Refusal::PersonBlocked, Class::Refused),
        (99999, Refusal::Undocumented, Class::Refused),
    ];
    for (code, expected, class) in cases {
        let server = Server::start(move |_, _| Reply::errcode(code)).await;
        let end = client(&server, StillTime::noon()).exchange_code("the-code").await.unwrap_err();
        assert_eq!(end.class(), class, "{code}");
        assert_eq!(end.rid().map(ToString::to_string).as_deref(), Some(RID));
        assert_eq!(refusal(Err::<(), _>(end)), expected, "{code}");
    }
    let server = Server::start(|_, _| Reply::json(&json!({ "errcode": "40029", "errmsg": "x" }))).await;
    let end = client(&server, StillTime::noon()).exchange_code("the-code").await;
    assert_eq!(refusal(end), Refusal::CodeUnknown);
}

#[tokio::test]
async fn a_code_is_never_exchanged_twice() {
    type Case = (fn() -> Reply, fn(&WeChatError) -> bool);
    let maybe: fn(&WeChatError) -> bool =
        |end| matches!(end, WeChatError::Refused { refusal: Refusal::CodeMaybeSpent, .. });
    let cases: [Case; 8] = [
        (|| Reply::errcode(-1), |end| matches!(end, WeChatError::Busy { .. })),
        (|| Reply::HangUp, maybe),
        (|| Reply::Broken, maybe),
        (|| Reply::Silence, maybe),
        (|| Reply::status(500), maybe),
        (|| Reply::status(302), maybe),
        (|| Reply::text("text/plain", "<html>"), maybe),
        (|| Reply::text("text/plain", r#"{"openid":"","session_key":""}"#), maybe),
    ];
    for (reply, expected) in cases {
        let server = Server::start(move |_, _| reply()).await;
        let end = client(&server, StillTime::noon()).exchange_code("the-code").await.unwrap_err();
        assert!(expected(&end), "{end:?}");
        assert_eq!(server.count(LOGIN), 1);
    }
}

#[tokio::test]
async fn a_code_that_never_left_is_not_spent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let time = StillTime::noon();
    let store = Arc::new(MemoryTokenStore::new(time.clone()));
    let client = WeChat::new(settings(&url), store, time, chance()).unwrap();
    let end = client.exchange_code("the-code").await.unwrap_err();
    assert_eq!((end.class(), end), (Class::Retry, WeChatError::Unreachable(Delivery::NotSent)));
}

#[tokio::test]
async fn what_cannot_be_a_code_is_not_sent() {
    let server = answering(|_, _| Reply::errcode(40029)).await;
    let client = client(&server, StillTime::noon());
    for code in ["", "a b", "代码", &"x".repeat(513)] {
        let end = client.exchange_code(code).await.unwrap_err();
        assert_eq!((end.class(), end), (Class::AskNewCode, WeChatError::Invalid(Invalid::Code)));
    }
    assert!(client.phone_number("", OPENID).await.is_err());
    assert!(client.phone_number("code", "").await.is_err());
    assert_eq!(server.count(LOGIN) + server.count(PHONE) + server.count(STABLE_TOKEN), 0);
}

#[tokio::test]
async fn a_phone_number_is_asked_for_with_its_person() {
    let time = StillTime::noon();
    let now = time.now();
    for country in [json!("86"), json!(86)] {
        let server = answering(move |_, _| {
            Reply::json(&json!({ "errcode": 0, "phone_info": {
                "purePhoneNumber": "15400000001", "countryCode": country,
                "watermark": { "timestamp": now.timestamp() - 300, "appid": APPID },
            }}))
        })
        .await;
        let phone = client(&server, time.clone()).phone_number("the-code", OPENID).await.unwrap();
        assert_eq!((phone.number.expose_secret(), phone.country_code.as_str()), ("15400000001", "86"));
        let asked = &server.asked(PHONE)[0];
        assert_eq!((asked.method.as_str(), asked.token()), ("POST", "T1"));
        assert_eq!(asked.body, json!({ "code": "the-code", "openid": OPENID }));
        assert_eq!(asked.query.len(), 1);
    }
}

#[tokio::test]
async fn a_phone_number_marked_for_others_or_for_another_time_is_refused() {
    let time = StillTime::noon();
    let now = time.now().timestamp();
    for (at, appid, expected) in [
        (now, "wxfedcba9876543210", Refusal::ForeignWatermark),
        (now - 301, APPID, Refusal::StaleWatermark),
        (now + 301, APPID, Refusal::StaleWatermark),
        (i64::MIN, APPID, Refusal::StaleWatermark),
    ] {
        let server = answering(move |_, _| {
            Reply::json(&json!({ "errcode": 0, "phone_info": {
                "purePhoneNumber": "15400000001", "countryCode": "86",
                "watermark": { "timestamp": at, "appid": appid },
            }}))
        })
        .await;
        assert_eq!(refusal(client(&server, time.clone()).phone_number("c", OPENID).await), expected);
    }
}

#[tokio::test]
async fn a_phone_code_is_repeated_only_when_it_was_not_spent() {
    for (code, expected) in [
        (40029, Refusal::CodeUnknown),
        (40163, Refusal::CodeUsed),
        (40013, Refusal::CodeOfAnotherApp),
        (40003, Refusal::PersonUnknown),
    ] {
        let server = answering(move |_, _| Reply::errcode(code)).await;
        assert_eq!(refusal(client(&server, StillTime::noon()).phone_number("c", OPENID).await), expected);
        assert_eq!(server.count(PHONE), 1);
    }
    let server = answering(|_, _| Reply::Broken).await;
    let end = client(&server, StillTime::noon()).phone_number("c", OPENID).await;
    assert_eq!((refusal(end), server.count(PHONE)), (Refusal::CodeMaybeSpent, 1));
    let time = StillTime::noon();
    let now = time.now();
    let server = answering(move |_, n| if n < 2 { Reply::errcode(-1) } else { phone_answer(now) }).await;
    client(&server, time).phone_number("c", OPENID).await.unwrap();
    assert_eq!(server.count(PHONE), 3);
}

const FIELDS: &[(&str, &str)] = &[("thing1", "电梯已修好"), ("time2", "2026-11-22 12:00")];

fn message<'a>(fields: &'a [(&'a str, &'a str)]) -> Message<'a> {
    Message {
        openid: OPENID,
        template_id: "the-template",
        page: Some("pages/incident?id=1"),
        release: Release::Released,
        language: Language::SimplifiedChinese,
        fields,
    }
}

#[tokio::test]
async fn a_message_says_all_that_wechat_asks_for() {
    let server = answering(|_, _| Reply::json(&json!({ "errcode": 0, "errmsg": "ok" }))).await;
    let end = client(&server, StillTime::noon()).send_message(&message(FIELDS)).await;
    assert_eq!(end, Ok(Accepted));
    let expected = json!({
        "touser": OPENID,
        "template_id": "the-template",
        "page": "pages/incident?id=1",
        "miniprogram_state": "formal",
        "lang": "zh_CN",
        "data": { "thing1": { "value": "电梯已修好" }, "time2": { "value": "2026-11-22 12:00" } },
    });
    assert_eq!(server.asked(SEND)[0].body, expected);
}

#[tokio::test]
async fn a_message_that_wechat_would_refuse_is_not_sent() {
    let server = answering(|_, _| Reply::errcode(47003)).await;
    let client = client(&server, StillTime::noon());
    let iso = [("thing1", "x"), ("date2", "2026-11-22T12:00:00Z")];
    let end = client.send_message(&message(&iso)).await.unwrap_err();
    assert_eq!(end.to_string(), "not sent to WeChat: date2: the value does not have the form of its kind");
    assert!(client.send_message(&message(&[])).await.is_err());
    assert!(client.send_message(&Message { openid: "", ..message(FIELDS) }).await.is_err());
    assert!(client.send_message(&Message { template_id: "", ..message(FIELDS) }).await.is_err());
    assert_eq!(server.count(SEND), 0);
}

#[tokio::test]
async fn a_refused_message_is_refused_by_name_and_not_repeated() {
    let cases = [
        (40003, Refusal::PersonUnknown, Class::Refused),
        (40037, Refusal::TemplateUnknown, Class::Refused),
        (41030, Refusal::PageUnknown, Class::Refused),
        (43101, Refusal::NotSubscribed, Class::Refused),
        (43107, Refusal::TemplateBanned, Class::Refused),
        (43108, Refusal::SendInProgress, Class::Retry),
        (45168, Refusal::SensitiveWord, Class::Refused),
        (47003, Refusal::FieldRefused { field: FieldName::parse("phrase16") }, Class::Refused),
    ];
    for (code, expected, class) in cases {
        let server = answering(move |_, _| Reply::errcode(code)).await;
        let end = client(&server, StillTime::noon()).send_message(&message(FIELDS)).await.unwrap_err();
        assert_eq!(end.class(), class, "{code}");
        assert_eq!(refusal(Err::<(), _>(end)), expected);
        assert_eq!(server.count(SEND), 1);
    }
}

#[tokio::test]
async fn a_message_whose_fate_is_unknown_is_not_sent_again() {
    for reply in [|| Reply::HangUp, || Reply::Broken, || Reply::Silence, || Reply::status(504)] {
        let server = answering(move |_, _| reply()).await;
        let end = client(&server, StillTime::noon()).send_message(&message(FIELDS)).await.unwrap_err();
        assert_eq!(end, WeChatError::Unreachable(Delivery::Unknown));
        assert_eq!((end.class(), server.count(SEND)), (Class::Uncertain, 1));
    }
}

fn text(content: &str) -> Text<'_> {
    Text { content, scene: TextScene::Comment, openid: OPENID, title: Some("标题"), nickname: None }
}

#[tokio::test]
async fn a_text_is_decided_by_the_gravest_opinion_that_counts() {
    let opinion = |suggest: &str, errcode: i64, detail: &str| {
        json!({ "errcode": 0, "trace_id": "t-1", "result": { "suggest": suggest, "label": 20003 },
            "detail": [{ "strategy": "content_model", "errcode": errcode, "suggest": detail, "label": 1 }] })
    };
    let unsure = Decision::AskHuman(WhyHuman::WeChatUnsure);
    for (answer, decision) in [
        (opinion("pass", 0, "pass"), Decision::Publish),
        (opinion("review", 0, "pass"), unsure),
        (opinion("risky", 0, "pass"), Decision::Reject),
        (opinion("pass", 0, "review"), unsure),
        (opinion("pass", -1, "risky"), Decision::Publish),
        (opinion("a new word", 0, "pass"), unsure),
        (json!({ "errcode": 0, "result": { "suggest": "pass" } }), Decision::Publish),
    ] {
        let server = answering(move |_, _| Reply::json(&answer)).await;
        let verdict = client(&server, StillTime::noon()).check_text(&text("你好")).await.unwrap();
        assert_eq!(verdict.decision, decision);
        let expected =
            json!({ "content": "你好", "version": 2, "scene": 2, "openid": OPENID, "title": "标题" });
        assert_eq!(server.asked(CHECK)[0].body, expected);
    }
}

#[tokio::test]
async fn a_text_that_could_not_be_checked_waits_for_a_human() {
    type Case = (fn() -> Reply, WhyHuman);
    let cases: [Case; 6] = [
        (|| Reply::errcode(61010), WhyHuman::AuthorAbsent),
        (|| Reply::errcode(-1), WhyHuman::NotChecked),
        (|| Reply::errcode(45009), WhyHuman::NotChecked),
        (|| Reply::errcode(44991), WhyHuman::NotChecked),
        (|| Reply::Silence, WhyHuman::NotChecked),
        (|| Reply::text("text/plain", "{}"), WhyHuman::NotChecked),
    ];
    for (reply, why) in cases {
        let server = answering(move |_, _| reply()).await;
        let verdict = client(&server, StillTime::noon()).check_text(&text("你好")).await.unwrap();
        assert_eq!(verdict.decision, Decision::AskHuman(why));
    }
    let server = answering(|_, _| Reply::errcode(48001)).await;
    let client = client(&server, StillTime::noon());
    assert_eq!(client.check_text(&text("你好")).await.unwrap_err().class(), Class::Config);
    for content in ["", " ", &"字".repeat(2501)] {
        let end = client.check_text(&text(content)).await.unwrap_err();
        assert_eq!(end, WeChatError::Invalid(Invalid::TextLength));
    }
    assert_eq!(server.count(CHECK), 1);
}

fn mini_code() -> MiniCode<'static> {
    MiniCode {
        scene: "h=Zk3f9QpX1a",
        page: Some("pages/door/index"),
        page_check: PageCheck::MustExist,
        release: Release::Trial,
        width: Some(430),
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_for_pictures_too() {
    let server = answering(|asked, _| match asked.token() {
        "T1" => Reply::errcode(40001),
        _ => Reply::text("image/jpeg", JPEG),
    })
    .await;
    let picture = client(&server, StillTime::noon()).mini_code(&mini_code()).await.unwrap();
    assert_eq!((picture.format, picture.bytes.as_slice()), (PictureFormat::Jpeg, JPEG.as_slice()));
    assert_eq!((server.count(CODE), server.count(STABLE_TOKEN)), (2, 2));
    let expected = json!({
        "scene": "h=Zk3f9QpX1a", "page": "pages/door/index", "check_path": true, "env_version": "trial",
        "width": 430,
    });
    assert_eq!(server.asked(CODE)[1].body, expected);
}

#[tokio::test]
async fn an_error_never_becomes_a_picture() {
    for (code, expected) in [
        (41030, Refusal::PageUnknown),
        (40129, Refusal::SceneRefused),
        (40169, Refusal::SceneRefused),
        (85096, Refusal::SceneRefused),
        (40097, Refusal::ParameterRefused),
    ] {
        let server = answering(move |_, _| Reply::errcode(code)).await;
        assert_eq!(refusal(client(&server, StillTime::noon()).mini_code(&mini_code()).await), expected);
    }
    let server = answering(|_, _| Reply::text("image/jpeg", "<html>")).await;
    let end = client(&server, StillTime::noon()).mini_code(&mini_code()).await.unwrap_err();
    assert_eq!(end, WeChatError::Unreadable { path: CODE });
}

#[test]
fn production_talks_to_the_official_host_only() {
    let time = StillTime::noon();
    let accepts = |base_url: &str, hosts| {
        let mut settings = settings(base_url);
        settings.hosts = hosts;
        let store = Arc::new(MemoryTokenStore::new(time.clone()));
        match WeChat::new(settings, store, time.clone(), chance()) {
            Ok(_) => true,
            Err(end) => {
                assert_eq!(end.class(), Class::Config);
                false
            }
        }
    };
    assert!(accepts(OFFICIAL_BASE_URL, Hosts::OfficialOnly));
    assert!(accepts("https://api.weixin.qq.com/", Hosts::OfficialOnly));
    assert!(!accepts("http://api.weixin.qq.com", Hosts::OfficialOnly));
    assert!(!accepts("https://api.weixin.qq.com.example.org", Hosts::OfficialOnly));
    assert!(!accepts("https://wechat.example.org", Hosts::OfficialOnly));
    assert!(accepts("http://127.0.0.1:18000", Hosts::Any));
    for nonsense in ["", "api.weixin.qq.com", "ftp://a", "http://user@a", "http://a?b=c", "http://a#b"] {
        assert!(!accepts(nonsense, Hosts::Any), "{nonsense}");
    }
}
