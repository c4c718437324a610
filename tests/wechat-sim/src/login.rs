//! Signing in, and the session key: `jscode2session`, `checksession`, `resetusersessionkey`, and what `wx.login`
//! does on the phone.

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::clock::SECOND;
use crate::tickets::{Purpose, Ticket};
use crate::tokens;
use crate::users::SessionKey;
use crate::wire::{Ask, Granted, Refusal};
use crate::world::World;

/// Whether a `wx.login` changes the session key.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// By chance, and not soon after the last time: as WeChat does.
    #[default]
    Usual,
    Always,
    Never,
}

/// `wx.login` on the phone: gives the code that the phone sends to its server. The session key may change here,
/// before any server has exchanged the code.
pub fn wx_login(world: &mut World, appid: &str, openid: &str, rotation: Rotation) -> String {
    let now = world.clock.now();
    let life = world.settings.session_key_seconds * SECOND;
    let pause = world.settings.session_rotate_min_seconds * SECOND;
    let lucky = world.random.chance(world.settings.session_rotate_percent);
    let fresh = SessionKey { text: world.random.sixteen(), issued: now, expires: now + life };
    let code = world.random.letters(32);

    let user = world.users.or_new(appid, openid);
    user.seen = Some(now);
    user.session = Some(match user.session.take().filter(|key| now < key.expires) {
        None => fresh,
        Some(old) => {
            let rotates = match rotation {
                Rotation::Always => true,
                Rotation::Never => false,
                Rotation::Usual => lucky && now >= old.issued + pause,
            };
            // A key that stays lives longer, as use prolongs it.
            if rotates { fresh } else { SessionKey { expires: now + life, ..old } }
        }
    });
    let ticket = Ticket {
        purpose: Purpose::Login,
        appid: appid.to_owned(),
        openid: openid.to_owned(),
        born: now,
        used: false,
    };
    world.tickets.issue(code.clone(), ticket);
    code
}

/// `GET /sns/jscode2session`: the code for openid and session key.
pub fn exchange(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_get()?;
    let now = world.clock.now();
    let (appid, app) = world.apps.shown(ask.param("appid"), ask.param("secret"), |_| 40125)?;
    let code = ask.param("js_code").ok_or_else(|| Refusal::new(41008, "missing code"))?;
    if ask.param("grant_type") != Some("authorization_code") {
        return Err(Refusal::new(40002, "invalid grant_type"));
    }
    let unknown = || Refusal::new(40029, "invalid code");
    let ticket =
        world.tickets.get(code, Purpose::Login).filter(|ticket| ticket.appid == appid).ok_or_else(unknown)?;
    world.quotas.spend("jscode2session.minute", &format!("{appid} {}", ticket.openid), now)?;
    if ticket.expired(now) {
        return Err(unknown());
    }
    if ticket.used {
        return Err(Refusal::new(40163, "code been used"));
    }
    let openid = ticket.openid.clone();
    let user = world.users.get(&appid, &openid).ok_or_else(unknown)?;
    if user.blocked {
        return Err(Refusal::new(40226, "code blocked"));
    }
    let session = user.session.as_ref().ok_or_else(unknown)?;
    let mut answer = Map::new();
    let mut tell = |name: &str, value: Value| drop(answer.insert(name.to_owned(), value));
    tell("openid", Value::from(openid.as_str()));
    tell("session_key", Value::from(session.text.as_str()));
    if let Some(unionid) = user.unionid.as_ref().filter(|_| app.bound) {
        tell("unionid", Value::from(unionid.as_str()));
    }
    if world.settings.login_says_errcode_zero {
        tell("errcode", Value::from(0));
        tell("errmsg", Value::from("ok"));
    }
    world.tickets.spend(code);
    Ok(Granted::Json(Value::Object(answer)))
}

/// `GET /wxa/checksession`: whether this is still the user's session key.
pub fn check(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_get()?;
    let appid = tokens::bearer(world, ask)?;
    signed_session(world, ask, &appid)?;
    Ok(Granted::Json(json!({"errcode": 0, "errmsg": "ok"})))
}

/// `GET /wxa/resetusersessionkey`: a new key, that ends when the old one would have.
pub fn reset(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_get()?;
    let appid = tokens::bearer(world, ask)?;
    let now = world.clock.now();
    world.quotas.spend("resetusersessionkey.minute", &appid, now)?;
    let openid = ask.param("openid").ok_or_else(|| Refusal::new(40097, "invalid args"))?;
    let alive = world.users.get(&appid, openid).and_then(|user| user.session.as_ref());
    if alive.is_none_or(|key| now >= key.expires) {
        return Err(Refusal::new(87007, "session_key not existed or expired"));
    }
    let old = signed_session(world, ask, &appid)?;
    let fresh = SessionKey { text: world.random.sixteen(), issued: now, expires: old.expires };
    let answer = json!({"errcode": 0, "errmsg": "ok", "openid": openid, "session_key": fresh.text});
    world.users.or_new(&appid, openid).session = Some(fresh);
    Ok(Granted::Json(answer))
}

/// The session key that the query proves to hold: HMAC-SHA256 of nothing, under the key's base64 text.
fn signed_session(world: &World, ask: &Ask, appid: &str) -> Result<SessionKey, Refusal> {
    if ask.param("sig_method") != Some("hmac_sha256") {
        return Err(Refusal::new(87008, "invalid sig_method"));
    }
    let now = world.clock.now();
    let key = ask
        .param("openid")
        .and_then(|openid| world.users.get(appid, openid))
        .and_then(|user| user.session.clone())
        .filter(|key| now < key.expires);
    let signature = ask.param("signature");
    key.filter(|key| signature == Some(hmac_hex(&key.text, b"").as_str()))
        .ok_or_else(|| Refusal::new(87009, "invalid signature"))
}

/// Hex HMAC-SHA256 under the text itself: WeChat does not decode the session key here.
fn hmac_hex(key: &str, message: &[u8]) -> String {
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map(|mac| hex::encode(mac.chain_update(message).finalize().into_bytes()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::hmac_hex;

    #[test]
    fn the_published_hmac_comes_out_under_the_key_as_text() {
        let key = "o0q0otL8aEzpcZL/FT9WsQ==";
        let published = "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b";
        assert_eq!(hmac_hex(key, br#"{"foo":"bar"}"#), published);
        let of_nothing = "46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128";
        assert_eq!(hmac_hex(key, b""), of_nothing);
    }
}
