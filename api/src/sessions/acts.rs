//! Signing in and out.

use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    CODE_UNKNOWN, CODE_USED, GRANT_NOT_ACCEPTED, USER_BLOCKED, WECHAT_BUSY,
    model::{DemoLogin, Person, Session, Sessions, SignIn, SignedIn},
    store,
    token::LIFE,
};
use crate::{
    app::App,
    clock::local,
    config::{Environment, Switch},
    database::Tx,
    gate::{self, Closing, GateDown, Sid},
    http::{
        caller::Caller,
        problem::{NOT_FOUND, Problem, Result, UNAVAILABLE},
    },
    wechat::{Class, Refusal, WeChatError},
};

/// Signs in: finds or makes the person, opens a session, signs a token.
pub async fn sign_in(app: &App, request: SignIn) -> Result<SignedIn> {
    let (person, device) = match request {
        SignIn::WeChat { code, device } => (by_wechat(app, &code).await?, device),
        SignIn::Demo { login, device } => (by_demo(app, login).await?, device),
    };
    let now = app.clock.now();
    let sid = app.ids.random();
    let session = gate::Session {
        sid: Sid(sid),
        person,
        device: device.unwrap_or_default(),
        created_at: now,
        last_used_at: now,
        expires_at: now + LIFE,
    };
    app.gate.open(&session, now).await?;
    let access_token = app.tokens.issue(person, sid, now)?;
    Ok(SignedIn {
        access_token,
        expires_in: LIFE.num_seconds(),
        session_id: sid,
        person: Person { id: person },
    })
}

impl From<GateDown> for Problem {
    fn from(down: GateDown) -> Self {
        tracing::warn!(%down, "sessions cannot be kept");
        UNAVAILABLE.because("sessions cannot be kept now").retry_after(2)
    }
}

/// Exchanges the code with WeChat, once; a person is made at the first sign-in.
async fn by_wechat(app: &App, code: &str) -> Result<Uuid> {
    let wechat = app
        .wechat
        .as_ref()
        .ok_or_else(|| GRANT_NOT_ACCEPTED.because("no mini-program is configured here"))?;
    // Before the code is spent: without sessions nobody is signed in.
    app.gate.ping().await?;
    let login = wechat.exchange_code(code).await.map_err(refused)?;
    let openid = login.openid.expose_secret();
    let index = app.vault.index("person.openid", openid);
    if let Some(person) = store::by_openid(app.db.read(), &index).await? {
        return Ok(person.id);
    }
    let cipher = app.vault.seal("person.openid", openid.as_bytes()).map_err(Problem::internal)?;
    app.write(async |tx| {
        tx.lock(&format!("person {index}")).await?;
        match store::by_openid(tx.conn(), &index).await? {
            Some(person) => Ok(person.id),
            None => {
                insert(tx, |person| {
                    person.openid_cipher = Some(cipher);
                    person.openid_index = Some(index.clone());
                })
                .await
            }
        }
    })
    .await
}

/// What WeChat's refusal of a code means for the person.
fn refused(error: WeChatError) -> Problem {
    match error {
        WeChatError::Refused { refusal: Refusal::CodeUsed, .. } => CODE_USED.plain(),
        WeChatError::Refused { refusal: Refusal::PersonBlocked, .. } => USER_BLOCKED.plain(),
        // No answer: nobody knows whether the code is spent, and it is not the phone's fault.
        WeChatError::Refused { refusal: Refusal::CodeMaybeSpent, .. } => {
            WECHAT_BUSY.because("no answer came to the code, which may be spent").retry_after(3)
        }
        error if error.class() == Class::AskNewCode => CODE_UNKNOWN.plain(),
        error => {
            tracing::warn!(%error, "WeChat did not exchange a code");
            WECHAT_BUSY.because("WeChat did not answer as it should").retry_after(3)
        }
    }
}

async fn by_demo(app: &App, login: DemoLogin) -> Result<Uuid> {
    if app.config.demo == Switch::Off || app.config.env == Environment::Production {
        return Err(GRANT_NOT_ACCEPTED.because("demo sign-ins are switched off"));
    }
    let person = store::by_demo_login(app.db.read(), login.as_str()).await?;
    Ok(person.ok_or_else(|| GRANT_NOT_ACCEPTED.because("the demo has no such person yet"))?.id)
}

/// The person behind a demo sign-in, made if need be.
pub async fn demo_person(tx: &Tx, login: &str) -> Result<Uuid> {
    if let Some(person) = store::by_demo_login(tx.conn(), login).await? {
        return Ok(person.id);
    }
    insert(tx, |person| person.demo_login = Some(login.to_owned())).await
}

/// A person whom nothing is known of yet, for the demo's world.
pub async fn new_person(tx: &Tx) -> Result<Uuid> {
    insert(tx, |_| {}).await
}

/// Lets a demo sign-in stand for a person.
pub async fn name_demo_person(tx: &Tx, login: &str, person: Uuid) -> Result<()> {
    Ok(store::name_demo_person(tx.conn(), login, person).await?)
}

async fn insert(tx: &Tx, fill: impl FnOnce(&mut ::entity::person::Model)) -> Result<Uuid> {
    let mut person = ::entity::person::Model {
        id: tx.id(),
        openid_cipher: None,
        openid_index: None,
        phone_cipher: None,
        phone_index: None,
        demo_login: None,
        version: 1,
        created_at: tx.now,
    };
    fill(&mut person);
    let id = person.id;
    store::insert(tx.conn(), person).await?;
    Ok(id)
}

pub async fn list(app: &App, caller: &Caller) -> Result<Sessions> {
    let sessions = app.gate.sessions_of(caller.person, app.clock.now()).await?;
    let show = |session: gate::Session| Session {
        id: session.sid.0,
        device: session.device,
        created_at: local(session.created_at),
        last_used_at: local(session.last_used_at),
        current: session.sid.0 == caller.session,
    };
    Ok(Sessions { items: sessions.into_iter().map(show).collect() })
}

/// Ends one of the caller's sessions, from the next request on.
pub async fn end(app: &App, caller: &Caller, session: Uuid) -> Result<()> {
    match app.gate.close(caller.person, Sid(session), app.clock.now()).await? {
        Closing::Closed => Ok(()),
        Closing::WasNotOpen => Err(NOT_FOUND.because("no such session of yours")),
    }
}
