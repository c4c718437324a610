//! What can go wrong with WeChat, and what to do about it.
//!
//! Nothing here carries a secret, token, `session_key`, openid or phone number: WeChat's own words are
//! dropped, and only a code, a checked request id and a checked field name are kept of them.

use std::fmt;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::subscribe::FieldProblem;

/// Why a call to WeChat did not end well.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WeChatError {
    /// WeChat answered -1 as often as we asked.
    #[error("WeChat is busy")]
    Busy { rid: Option<Rid> },
    /// No answer came.
    #[error("WeChat did not answer ({0})")]
    Unreachable(Delivery),
    /// An answer came that the protocol does not promise. The call may have taken effect.
    #[error("WeChat's answer to {path} cannot be read")]
    Unreadable { path: &'static str },
    /// A quota is used up; until then the call is not even tried.
    #[error("WeChat's quota is used up until {until} (code {code})")]
    Quota { code: i64, until: DateTime<Utc> },
    /// Something an operator must put right; asking again cannot help.
    #[error("WeChat refuses this server (code {code}): {cure}")]
    Config { code: i64, cure: &'static str, rid: Option<Rid> },
    /// Our access token was refused, and its replacement too.
    #[error("WeChat refuses our access token (code {code})")]
    Token { code: i64, rid: Option<Rid> },
    /// WeChat understood and said no.
    #[error("WeChat refuses: {refusal} (code {code})")]
    Refused { refusal: Refusal, code: i64, rid: Option<Rid> },
    /// We did not send it, for WeChat would have refused it.
    #[error("not sent to WeChat: {0}")]
    Invalid(Invalid),
}

/// Whether a call without an answer may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The connection was never made: nothing happened at WeChat.
    NotSent,
    /// The request left us; WeChat may have acted.
    Unknown,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "nothing was sent",
            Self::Unknown => "it may have acted",
        })
    }
}

/// WeChat's reasons, named.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// 40029: never issued, expired after five minutes, of another app, or of the other kind.
    #[error("the code is unknown or expired")]
    CodeUnknown,
    /// 40163: exchanged before.
    #[error("the code was used before")]
    CodeUsed,
    /// No answer came to a code's only exchange, so the code may be spent.
    #[error("the code may be spent")]
    CodeMaybeSpent,
    /// 40013 to a phone code: issued by another mini-program.
    #[error("the code belongs to another mini-program")]
    CodeOfAnotherApp,
    /// 40226: WeChat holds the user for high-risk.
    #[error("WeChat blocks this user")]
    PersonBlocked,
    /// 40003: not a user of this mini-program, or not the one the code belongs to.
    #[error("the user is not known to this mini-program")]
    PersonUnknown,
    /// 61010: the user has not been in the mini-program within two hours.
    #[error("the user was not in the mini-program lately")]
    PersonAbsent,
    /// The answer is marked for another mini-program.
    #[error("the answer is marked for another mini-program")]
    ForeignWatermark,
    /// The answer is marked with a time more than five minutes from ours.
    #[error("the answer is too old, or our clock is wrong")]
    StaleWatermark,
    /// 43101: the user has not subscribed, or the one message allowed was sent.
    #[error("the user has no subscription left")]
    NotSubscribed,
    /// 43107: the template, or sending as such, is banned.
    #[error("the template is banned")]
    TemplateBanned,
    /// 40037.
    #[error("the template is unknown")]
    TemplateUnknown,
    /// 43108: another message to the same user was on its way; send them one after the other.
    #[error("another message to the user is on its way")]
    SendInProgress,
    /// 45168.
    #[error("the message holds a sensitive word")]
    SensitiveWord,
    /// 47003: a value breaks its field's rule.
    #[error("a field's value is refused{}", .field.as_ref().map(|f| format!(": {f}")).unwrap_or_default())]
    FieldRefused { field: Option<FieldName> },
    /// 41030: the page is not in the released version.
    #[error("the page is not in the released version")]
    PageUnknown,
    /// 40129, 40169, 85096: the scene is not allowed.
    #[error("the scene is refused")]
    SceneRefused,
    /// 40097: a parameter's value is not allowed.
    #[error("a parameter is refused")]
    ParameterRefused,
    /// A code that this call's documentation does not name.
    #[error("for a reason that is not documented")]
    Undocumented,
}

/// Why something was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Invalid {
    #[error("the code is empty or no code at all")]
    Code,
    #[error("the openid is empty")]
    OpenId,
    #[error("the template id is empty")]
    Template,
    #[error("the message has no field")]
    NoField,
    #[error("{field}: {problem}")]
    Field { field: FieldName, problem: FieldProblem },
    #[error("a field's name is not a kind and a number")]
    FieldName,
    #[error("the text is empty or longer than 2500 characters")]
    TextLength,
    #[error("a scene is 1 to 32 of the characters that WeChat allows")]
    Scene,
    #[error("a page has no leading slash and no query")]
    Page,
    #[error("a width is 280 to 1280 pixels")]
    Width,
}

/// What to do about a [`WeChatError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing happened: the same call may be made again, later.
    Retry,
    /// It may have happened: do not repeat it blindly.
    Uncertain,
    /// Ask the phone for a new code (`wx.login`, or the phone button) and start over.
    AskNewCode,
    /// Wait; the call is closed until then.
    Quota { until: DateTime<Utc> },
    /// An operator must act.
    Config,
    /// No, and the same call will stay refused.
    Refused,
}

impl WeChatError {
    /// What to do next.
    pub fn class(&self) -> Class {
        match self {
            Self::Busy { .. } | Self::Unreachable(Delivery::NotSent) | Self::Token { .. } => Class::Retry,
            Self::Unreachable(Delivery::Unknown) | Self::Unreadable { .. } => Class::Uncertain,
            Self::Quota { until, .. } => Class::Quota { until: *until },
            Self::Config { .. } => Class::Config,
            Self::Refused { refusal, .. } => refusal.class(),
            Self::Invalid(Invalid::Code) => Class::AskNewCode,
            Self::Invalid(_) => Class::Refused,
        }
    }

    /// WeChat's id of the failed request, by which it can be asked about for seven days.
    pub fn rid(&self) -> Option<&Rid> {
        match self {
            Self::Busy { rid }
            | Self::Config { rid, .. }
            | Self::Token { rid, .. }
            | Self::Refused { rid, .. } => rid.as_ref(),
            Self::Unreachable(_) | Self::Unreadable { .. } | Self::Quota { .. } | Self::Invalid(_) => None,
        }
    }
}

impl Refusal {
    fn class(&self) -> Class {
        match self {
            Self::CodeUnknown | Self::CodeUsed | Self::CodeMaybeSpent | Self::CodeOfAnotherApp => {
                Class::AskNewCode
            }
            Self::SendInProgress => Class::Retry,
            _ => Class::Refused,
        }
    }
}

/// WeChat's id of a request. Holds only what looks like one, so that nothing else slips into a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rid(String);

impl Rid {
    /// Finds the id in an `errmsg`: `… rid: 8hex-8hex-8hex`, or the older `hints: [ req_id: … ]`.
    pub(super) fn within(errmsg: &str) -> Option<Self> {
        let (_, rest) = errmsg.split_once("rid: ").or_else(|| errmsg.split_once("req_id: "))?;
        let id: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        (8..=40).contains(&id.len()).then_some(Self(id))
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a template's field, such as `phrase16`: a kind and a number, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName(String);

impl FieldName {
    /// The name, if it is a kind and a number.
    pub fn parse(name: &str) -> Option<Self> {
        let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let well_formed = !kind.is_empty()
            && kind.len() < name.len()
            && name.len() <= 32
            && kind.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        well_formed.then(|| Self(name.to_owned()))
    }

    /// The kind, without the number.
    pub fn kind(&self) -> &str {
        self.0.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    /// Finds the name in `argument invalid! data.phrase16.value invalid`.
    fn within(errmsg: &str) -> Option<Self> {
        let (_, rest) = errmsg.split_once("data.")?;
        Self::parse(rest.split(['.', ' ']).next()?)
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A failure as WeChat tells it, with its words already reduced to what may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Errcode {
    pub code: i64,
    pub rid: Option<Rid>,
    pub field: Option<FieldName>,
}

impl Errcode {
    pub fn new(code: i64, errmsg: &str) -> Self {
        Self { code, rid: Rid::within(errmsg), field: FieldName::within(errmsg) }
    }

    pub fn refused(self, refusal: Refusal) -> WeChatError {
        WeChatError::Refused { refusal, code: self.code, rid: self.rid }
    }
}

/// How long a quota's refusal lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// One second.
    Second,
    /// Until the next full minute.
    Minute,
    /// Until the next midnight in China.
    Day,
}

/// Whose quota it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The whole app's: the call closes for everybody.
    App,
    /// One user's: the call stays open for the others.
    Person,
}

/// What a code means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Busy,
    TokenRefused,
    Quota(Window, Reach),
    Config(&'static str),
    Refusal(Refusal),
}

impl Meaning {
    /// What a code means in every call, unless the call says otherwise.
    pub fn common(code: i64) -> Self {
        match code {
            -1 => Self::Busy,
            40001 | 40014 | 42001 => Self::TokenRefused,
            45009 => Self::Quota(Window::Day, Reach::App),
            45011 | 44991 => Self::Quota(Window::Minute, Reach::App),
            44990 => Self::Quota(Window::Second, Reach::App),
            40013 => Self::Config("set the appid of this mini-program"),
            40125 => Self::Config("set the mini-program's current secret"),
            40164 | 89503 | 89506 | 89507 => {
                Self::Config("put this server's address on the mini-program's allow-list")
            }
            40243 => Self::Config("unfreeze the secret in the mini-program's console"),
            48001 => Self::Config("apply for this call in the mini-program's console"),
            50004 | 50007 => Self::Config("put the mini-program's account in order"),
            40002 | 41001 | 41002 | 41004 | 43002 | 44002 | 47001 => {
                Self::Config("the request does not have the form that WeChat asks for: update this server")
            }
            _ => Self::Refusal(Refusal::Undocumented),
        }
    }
}
