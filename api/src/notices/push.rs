//! WeChat's pushes at our door: whose they are is looked at before anything else.

use serde::Deserialize;

use super::acts::ledger;
use crate::{
    app::App,
    http::problem::{NOT_ALLOWED, NOT_FOUND, Result},
    moderation,
    wechat::{PushKeys, Signed},
};

/// What WeChat puts into the query.
#[derive(Deserialize)]
pub struct PushQuery {
    #[serde(default)]
    signature: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    nonce: String,
    msg_signature: Option<String>,
    echostr: Option<String>,
}

impl PushQuery {
    fn signed(&self) -> Signed<'_> {
        Signed {
            timestamp: &self.timestamp,
            nonce: &self.nonce,
            signature: &self.signature,
            msg_signature: self.msg_signature.as_deref(),
        }
    }
}

/// Without a token there is no such door.
fn keys(app: &App) -> Result<PushKeys> {
    let (token, key) = (app.config.wechat_push_token.expose(), app.config.wechat_push_key.expose());
    if token.is_empty() {
        return Err(NOT_FOUND.plain());
    }
    Ok(PushKeys::new(token, Some(key).filter(|key| !key.is_empty()), &app.config.wechat_appid))
}

/// The word that WeChat wants back, if it is WeChat that asks.
pub fn greet(app: &App, query: &PushQuery) -> Result<String> {
    let foreign = |_| NOT_ALLOWED.because("this is not WeChat");
    keys(app)?.check(&query.signed()).map_err(foreign)?;
    query.echostr.clone().ok_or_else(|| NOT_FOUND.plain())
}

/// Takes a push, if it is WeChat's, to those whom it is for.
pub async fn take(app: &App, query: &PushQuery, body: &[u8]) -> Result<()> {
    let foreign = |_| NOT_ALLOWED.because("this is not WeChat");
    let push = keys(app)?.open(&query.signed(), body, app.clock.now()).map_err(foreign)?;
    moderation::pushed(app, &push).await?;
    ledger::pushed(app, &push).await
}
