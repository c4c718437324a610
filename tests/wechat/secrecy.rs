//! Nothing private is written down, whatever happens.

use std::io;
use std::sync::{Arc, Mutex};

use linli::wechat::{Message, MiniCode, Text};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::stage::{
    CHECK, CODE, LOGIN, NUMBER, OPENID, PHONE, SEND, STABLE_TOKEN, Stage, TEMPLATE, door, message, text,
};

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Page {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// All that can befall a call.
fn troubles() -> [(&'static str, Value); 14] {
    let code = |errcode: i64| ("errcode", json!({"errcode": errcode}));
    [
        ("late", json!({"ms": 0})),
        ("busy", json!({})),
        ("hang", json!({"ms": 1300})),
        ("reset", json!({"acts": true})),
        ("truncate", json!({})),
        ("status", json!({"status": 502})),
        ("status", json!({"status": 200})),
        code(40001),
        code(40029),
        code(40125),
        code(43101),
        code(47003),
        code(44990),
        code(99999),
    ]
}

#[tokio::test]
async fn no_secret_token_session_key_openid_code_or_number_is_logged_or_told_in_an_error() {
    let page = Page::default();
    // For the whole program: what the other tests make the client write is on the page too.
    tracing_subscriber::fmt()
        .with_env_filter("linli=trace")
        .with_writer(page.clone())
        .with_ansi(false)
        .init();

    let stage = Stage::standing().await;
    let desk = &stage.desk;
    let client = stage.impatient_client().await;
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 40})).await;
    let mut said = format!("{client:?} {:?}", stage.settings());
    let mut private: Vec<String> = vec![wechat_sim::SECRET.to_owned(), OPENID.to_owned(), NUMBER.to_owned()];
    let (mut good, mut bad) = (0, 0);
    let mut note = |end: Result<String, String>| match end {
        Ok(words) => (good += 1, said.push_str(&words)).1,
        Err(words) => (bad += 1, said.push_str(&words)).1,
    };
    for (kind, more) in troubles() {
        for path in [LOGIN, PHONE, SEND, CHECK, CODE] {
            desk.trouble(path, kind, more.clone()).await;
        }
        let (login_code, phone_code) = (desk.wx_login(OPENID).await, desk.phone_button(OPENID).await);
        let login = client.exchange_code(&login_code).await;
        private.extend(login.iter().map(|login| login.session_key.expose_secret().to_owned()));
        note(told(login));
        let phone = client.phone_number(&phone_code, OPENID).await;
        note(told(phone));
        private.extend([login_code, phone_code]);
        let personal = [("thing1", NUMBER)];
        let to_somebody: Message<'_> = message(TEMPLATE, &personal);
        note(Ok(format!("{to_somebody:?}")));
        note(told(client.send_message(&to_somebody).await));
        // Refused by the client itself.
        note(told(client.send_message(&message(TEMPLATE, &[("phrase1", NUMBER)])).await));
        let words = Text { nickname: Some(NUMBER), title: Some(OPENID), ..text(NUMBER) };
        note(Ok(format!("{words:?}")));
        note(told(client.check_text(&words).await));
        note(told(client.mini_code(&MiniCode { width: None, ..door() }).await));
        desk.order("tokens/kill", json!({"errcode": 42001})).await;
        stage.time.pass_seconds(86_400).await;
        desk.order("seen", json!({"openid": OPENID})).await;
    }
    // The token call itself in trouble, and a token that stays refused.
    desk.order("tokens/reject", json!({"errcode": 40014})).await;
    for (kind, more) in troubles() {
        desk.trouble(STABLE_TOKEN, kind, more).await;
        stage.time.pass_seconds(86_400).await;
        note(told(client.mini_code(&door()).await));
    }
    assert!(good > 40 && bad > 60, "{good} {bad}");

    let tokens = desk.told("tokens").await;
    private.extend(
        tokens.as_array().unwrap().iter().map(|token| token["access_token"].as_str().unwrap().to_owned()),
    );
    let written = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    for path in [LOGIN, PHONE, SEND, CHECK, CODE, STABLE_TOKEN] {
        assert!(written.contains(path), "the log says that {path} failed");
    }
    for how in
        ["errcode=47003", "rid=", "WeChat did not answer", "WeChat's answer broke off", "cannot be read"]
    {
        assert!(written.contains(how), "{how} is not in the log");
    }
    assert!(private.len() > 40, "{}", private.len());
    for one in &private {
        assert!(!said.contains(one.as_str()), "{one} in what errors and values say");
        let line = written.lines().find(|line| line.contains(one.as_str()));
        assert!(line.is_none(), "{one} in the log: {}", line.unwrap_or_default());
    }
}

fn told<T: std::fmt::Debug>(end: Result<T, linli::wechat::WeChatError>) -> Result<String, String> {
    match end {
        Ok(value) => Ok(format!("{value:?}")),
        Err(error) => Err(format!("{error} {error:?} {:?}", error.class())),
    }
}
