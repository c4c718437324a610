//! The client: its settings, and what every call with an access token has in common.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::circuit::Circuit;
use super::error::WeChatError;
use super::time::{Chance, Time};
use super::token::{Token, TokenStore, Tokens};
use super::wire::{Answer, Call, Outgoing, Trouble, Wire};

/// Where WeChat is.
pub const OFFICIAL_BASE_URL: &str = "https://api.weixin.qq.com";

/// How long a connection waits for its next call: less than servers wait before they close one. A call that meets one
/// being closed may have acted for all we know, and a code is never sent twice: the person would have to sign in again.
const IDLE: Duration = Duration::from_secs(4);

/// Which server the client may talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// [`OFFICIAL_BASE_URL`] only: production.
    OfficialOnly,
    /// Any, also without TLS: for a stand-in under test.
    Any,
}

/// What the client must be told.
#[derive(Debug, Clone)]
pub struct WeChatSettings {
    /// Scheme and host, such as [`OFFICIAL_BASE_URL`].
    pub base_url: String,
    /// Which base URLs are accepted.
    pub hosts: Hosts,
    /// The mini-program's id.
    pub appid: String,
    /// The mini-program's secret.
    pub secret: SecretString,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for a whole answer, connecting included.
    pub timeout: Duration,
}

/// WeChat's server API for one mini-program. Make one and share it: it holds the connections and the
/// knowledge of which quotas are used up.
pub struct WeChat {
    pub(super) wire: Arc<Wire>,
    pub(super) tokens: Tokens,
    pub(super) appid: String,
    pub(super) secret: SecretString,
}

impl WeChat {
    /// A client that keeps its access token in `store`, lives by `time` and draws from `chance`.
    ///
    /// # Errors
    /// [`WeChatError::Config`] for a base URL that the settings do not allow, an empty appid or secret, or a
    /// machine without trusted root certificates.
    pub fn new(
        settings: WeChatSettings,
        store: Arc<dyn TokenStore>,
        time: Arc<dyn Time>,
        chance: Chance,
    ) -> Result<Self, WeChatError> {
        let base_url = base_url(&settings)?;
        if settings.appid.is_empty() || settings.secret.expose_secret().is_empty() {
            return Err(unusable("set the appid and secret of the mini-program"));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .build()
            .map_err(|_| unusable("install the system's root certificates (ca-certificates)"))?;
        let wire = Arc::new(Wire { http, base_url, time, chance, circuit: Circuit::default() });
        let WeChatSettings { appid, secret, .. } = settings;
        let tokens = Tokens::new(Arc::clone(&wire), store, appid.clone(), secret.clone());
        Ok(Self { wire, tokens, appid, secret })
    }

    /// Makes a call that needs an access token, with `body` as JSON. When the token is refused, it is
    /// replaced and the call is made once more; a second refusal stands.
    pub(super) async fn post<T>(
        &self,
        call: &Call,
        body: &impl Serialize,
        read: fn(&Answer) -> Result<T, Trouble>,
    ) -> Result<T, WeChatError> {
        let body = serde_json::to_vec(body).map_err(|_| WeChatError::Unreadable { path: call.path })?;
        let token = self.tokens.current().await?;
        match self.post_with(&token, call, &body, read).await {
            Err(WeChatError::Token { .. }) => {
                let token = self.tokens.instead_of(&token).await?;
                self.post_with(&token, call, &body, read).await
            }
            end => end,
        }
    }

    async fn post_with<T>(
        &self,
        token: &Token,
        call: &Call,
        body: &[u8],
        read: fn(&Answer) -> Result<T, Trouble>,
    ) -> Result<T, WeChatError> {
        let outgoing = Outgoing { query: &[("access_token", token.expose())], body: Some(body) };
        self.wire.exchange(call, outgoing, read).await
    }
}

impl fmt::Debug for WeChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeChat").field("appid", &self.appid).finish_non_exhaustive()
    }
}

fn base_url(settings: &WeChatSettings) -> Result<String, WeChatError> {
    let given = settings.base_url.trim_end_matches('/');
    if given == OFFICIAL_BASE_URL {
        return Ok(given.to_owned());
    }
    let plain = Url::parse(given).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if settings.hosts == Hosts::Any && plain {
        Ok(given.to_owned())
    } else {
        Err(unusable("set WeChat's base URL to https://api.weixin.qq.com"))
    }
}

/// A setting that this side refuses; code 0, for WeChat was not asked.
fn unusable(cure: &'static str) -> WeChatError {
    WeChatError::Config { code: 0, cure, rid: None }
}
