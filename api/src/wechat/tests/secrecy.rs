//! Nothing private in what may be written down.

use std::io;

use tracing_subscriber::fmt::MakeWriter;

use super::*;

const SESSION_KEY: &str = "c2Vzc2lvbi1rZXktMDAwMQ==";
const NUMBER: &str = "15400000001";
const ACCESS_TOKEN: &str = "an-access-token-that-nobody-may-read";
const LOGIN_CODE: &str = "a-code-that-nobody-may-read";

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

/// Answers well, or with a failure that repeats all that is private.
fn tactless(asked: &Asked, before: usize) -> Reply {
    let all = format!("{SECRET} {ACCESS_TOKEN} {SESSION_KEY} {OPENID} {NUMBER} {LOGIN_CODE} rid: {RID}");
    let failures = [-1, 40029, 40125, 43101, 44990, 45009, 47003, 12345];
    match asked.path.as_str() {
        STABLE_TOKEN => Reply::token(ACCESS_TOKEN),
        _ if before == 0 => Reply::HangUp,
        _ if before == 1 => Reply::Broken,
        _ if before == 2 => Reply::status(500),
        "/sns/jscode2session" if before == 3 => Reply::text(
            "text/plain",
            json!({ "openid": OPENID, "session_key": SESSION_KEY, "unionid": OPENID }).to_string(),
        ),
        PHONE if before == 3 => phone_answer(StillTime::noon().now()),
        _ => Reply::json(&json!({ "errcode": failures[before % failures.len()], "errmsg": all })),
    }
}

#[tokio::test]
async fn nothing_private_is_ever_written() {
    let page = Page::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(page.clone())
        .with_ansi(false)
        .finish();
    let _writing = tracing::subscriber::set_default(subscriber);

    let server = Server::start(tactless).await;
    let time = StillTime::noon();
    let client = client(&server, time.clone());
    let mut said = format!("{client:?} {:?}", settings(&server.url));
    let (mut good, mut bad) = (0, 0);
    let mut note = |text: String, success: bool| {
        said.push_str(&text);
        if success { good += 1 } else { bad += 1 }
    };
    let fields = [("phone_number1", NUMBER), ("thing2", OPENID)];
    for _ in 0..16 {
        let message = Message {
            openid: OPENID,
            template_id: "t",
            page: None,
            release: Release::Released,
            language: Language::English,
            fields: &fields[..1],
        };
        let text = Text {
            content: NUMBER,
            scene: TextScene::Forum,
            openid: OPENID,
            title: None,
            nickname: Some(NUMBER),
        };
        note(format!("{message:?} {text:?}"), true);
        match client.exchange_code(LOGIN_CODE).await {
            Ok(login) => note(format!("{login:?}"), true),
            Err(end) => note(format!("{end} {end:?}"), false),
        }
        match client.phone_number(LOGIN_CODE, OPENID).await {
            Ok(phone) => note(format!("{phone:?}"), true),
            Err(end) => note(format!("{end} {end:?}"), false),
        }
        if let Err(end) = client.send_message(&message).await {
            note(format!("{end} {end:?}"), false);
        }
        note(format!("{:?}", client.check_text(&text).await), true);
        if let Err(end) = client.send_message(&Message { fields: &fields, ..message }).await {
            note(format!("{end} {end:?}"), false);
        }
        time.advance(86_400);
    }
    assert!(good > 30 && bad > 30, "{good} {bad}");

    let written = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains(RID) && written.contains("errcode="), "the log says what failed");
    assert!(written.contains("/sns/jscode2session"));
    for private in [SECRET, ACCESS_TOKEN, SESSION_KEY, OPENID, NUMBER, LOGIN_CODE] {
        assert!(!said.contains(private), "{private} in what errors and values say");
        assert!(!written.contains(private), "{private} in the log");
    }
}
