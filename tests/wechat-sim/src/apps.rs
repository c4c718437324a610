//! The mini-programs that this WeChat knows.

use std::collections::HashMap;

use crate::wire::Refusal;

/// The mini-program that exists from the start.
pub const APPID: &str = "wx0000000000000001";
/// The secret of [`APPID`].
pub const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

pub struct App {
    pub secret: String,
    /// Bound to an Open Platform account: only then does a sign-in tell the unionid.
    pub bound: bool,
    /// Asking for a token is refused with this number (40164 IP, 40243 frozen secret, 50007 …).
    pub refuses_tokens: Option<i64>,
    /// Paths that this account was not granted (48001).
    pub denied: Vec<String>,
}

pub struct Apps(pub HashMap<String, App>);

impl Apps {
    pub fn with_default() -> Self {
        let first = App { secret: SECRET.to_owned(), bound: true, refuses_tokens: None, denied: Vec::new() };
        Self(HashMap::from([(APPID.to_owned(), first)]))
    }

    /// The app that shows this appid and secret; `wrong_secret` is the caller's number for a wrong one, as it
    /// differs by interface.
    pub fn shown(
        &self,
        appid: Option<&str>,
        secret: Option<&str>,
        wrong_secret: impl Fn(&str) -> i64,
    ) -> Result<(String, &App), Refusal> {
        let appid = appid.ok_or_else(|| Refusal::new(41002, "appid missing"))?;
        let app = self.0.get(appid).ok_or_else(|| Refusal::new(40013, "invalid appid"))?;
        let secret = secret.ok_or_else(|| Refusal::new(41004, "appsecret missing"))?;
        if secret == app.secret {
            Ok((appid.to_owned(), app))
        } else {
            Err(Refusal::new(wrong_secret(secret), "invalid appsecret"))
        }
    }
}
