//! Sign-in: what a `wx.login` code stands for.

use std::fmt;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::client::WeChat;
use super::error::{Class, Errcode, Invalid, Meaning, Reach, Refusal, WeChatError, Window};
use super::wire::{Call, Outgoing, Repeat, json};

/// Who signed in, as WeChat knows them in this mini-program. None of it may reach the phone.
pub struct Login {
    /// The person in this mini-program.
    pub openid: SecretString,
    /// The person across the apps of one owner, if the mini-program is bound to an Open Platform account.
    pub unionid: Option<SecretString>,
    /// The key of what WeChat encrypts and signs for this person: 16 bytes in base64. WeChat changes it
    /// when it likes.
    pub session_key: SecretString,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

impl WeChat {
    /// Exchanges a `wx.login` code, which lives five minutes and can be exchanged once. It is never sent
    /// twice: where no answer came, the error is [`Refusal::CodeMaybeSpent`] and the phone must get a new
    /// code, as silently as it got this one.
    ///
    /// # Errors
    /// [`Refusal::CodeUnknown`], [`Refusal::CodeUsed`], [`Refusal::PersonBlocked`],
    /// [`Refusal::CodeMaybeSpent`]; [`WeChatError::Busy`], [`WeChatError::Quota`], [`WeChatError::Config`],
    /// [`WeChatError::Unreachable`] when nothing was sent.
    pub async fn exchange_code(&self, code: &str) -> Result<Login, WeChatError> {
        check_code(code)?;
        let outgoing = Outgoing {
            query: &[
                ("appid", &self.appid),
                ("secret", self.secret.expose_secret()),
                ("js_code", code),
                ("grant_type", "authorization_code"),
            ],
            body: None,
        };
        let call = jscode2session();
        let told: Told = self.wire.exchange(&call, outgoing, json).await.map_err(maybe_spent)?;
        if told.openid.is_empty() || told.session_key.is_empty() {
            return Err(maybe_spent(WeChatError::Unreadable { path: call.path }));
        }
        Ok(Login {
            openid: told.openid.into(),
            unionid: told.unionid.filter(|id| !id.is_empty()).map(SecretString::from),
            session_key: told.session_key.into(),
        })
    }
}

#[derive(Deserialize)]
struct Told {
    openid: String,
    session_key: String,
    unionid: Option<String>,
}

fn jscode2session() -> Call {
    Call {
        method: Method::GET,
        path: "/sns/jscode2session",
        quota: "/sns/jscode2session",
        repeat: Repeat::Never,
        meaning: |errcode| {
            code_meaning(errcode).or(match errcode.code {
                40226 => Some(Meaning::Refusal(Refusal::PersonBlocked)),
                // Counted for each user: one phone must not close the door to all.
                45011 => Some(Meaning::Quota(Window::Minute, Reach::Person)),
                _ => None,
            })
        },
    }
}

/// What a code's exchange is refused for, whether the code is of the sign-in or of the phone button.
pub(super) fn code_meaning(errcode: &Errcode) -> Option<Meaning> {
    match errcode.code {
        40029 | 41008 => Some(Meaning::Refusal(Refusal::CodeUnknown)),
        40163 => Some(Meaning::Refusal(Refusal::CodeUsed)),
        _ => None,
    }
}

/// A code without an answer may be spent; asking for a new one is the only way on.
pub(super) fn maybe_spent(error: WeChatError) -> WeChatError {
    match error.class() {
        Class::Uncertain => WeChatError::Refused { refusal: Refusal::CodeMaybeSpent, code: 0, rid: None },
        _ => error,
    }
}

/// Refuses what cannot be a code before a call is spent on it.
pub(super) fn check_code(code: &str) -> Result<(), WeChatError> {
    let plausible = (1..=512).contains(&code.len()) && code.chars().all(|c| c.is_ascii_graphic());
    if plausible { Ok(()) } else { Err(WeChatError::Invalid(Invalid::Code)) }
}
