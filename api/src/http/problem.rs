//! Errors as the API tells them: RFC 9457, with the stable number and the plain words that WeChat developers expect.
//!
//! Every refusal is declared once, in its room, with [`problems!`](crate::problems); a handler answers
//! `Err(POLL_CLOSED.because("…"))` and the rest follows from the declaration.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpMessage, HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, AcceptLanguage, Header},
    },
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What can go wrong, declared once.
#[derive(Debug)]
pub struct Code {
    /// The stable name; the last segment of the problem's `type`.
    pub name: &'static str,
    /// The stable number, grouped by area; never one of WeChat's own.
    pub errcode: u32,
    /// HTTP status.
    pub status: u16,
    pub title_zh: &'static str,
    pub title_en: &'static str,
    /// What the person or the developer can do about it.
    pub cure_zh: &'static str,
    pub cure_en: &'static str,
}

impl Code {
    /// The problem, with what happened this time in words.
    pub fn because(&'static self, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem { code: self, detail: detail.into(), errors: Vec::new(), retry_after: None, current: None }
    }

    /// The problem, when its title already says everything.
    pub fn plain(&'static self) -> Problem {
        self.because(self.title_en)
    }
}

/// Declares the problems of a room: `NAME = errcode, status, "题目", "title", "怎么办", "cure";`
#[macro_export]
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $errcode:literal, $status:literal, $zh:literal, $en:literal, $cure_zh:literal, $cure_en:literal;)+) => {
        $(
            $(#[$doc])*
            pub static $name: $crate::http::problem::Code = $crate::http::problem::Code {
                name: stringify!($name),
                errcode: $errcode,
                status: $status,
                title_zh: $zh,
                title_en: $en,
                cure_zh: $cure_zh,
                cure_en: $cure_en,
            };
        )+
        /// All problems declared here.
        pub static CODES: &[&$crate::http::problem::Code] = &[$(&$name),+];
    };
}

problems! {
    INPUT_MALFORMED = 1_000_001, 400, "请求格式不对", "The request cannot be read",
        "请检查请求内容是否为正确的 JSON。", "Send well-formed JSON, query and path parameters.";
    INPUT_INVALID = 1_000_002, 422, "填写的内容有误", "The input breaks a rule",
        "请按 errors 中指出的位置修改。", "Mend what `errors` points at.";
    SIGN_IN_NEEDED = 1_000_003, 401, "请先登录", "Sign in first",
        "请登录后重试。", "Sign in at POST /v1/sessions and send the token as `Authorization: Bearer …`.";
    TOKEN_EXPIRED = 1_000_004, 401, "登录已过期", "The sign-in has expired",
        "请重新登录。", "Sign in again and repeat the request once.";
    SESSION_ENDED = 1_000_005, 401, "登录已失效", "The session was ended",
        "请重新登录。", "Sign in again.";
    NOT_FOUND = 1_000_006, 404, "没有找到", "Not found",
        "请检查地址；没有权限查看的内容也显示为没有找到。", "Check the address; what you may not see does not exist for you.";
    METHOD_NOT_ALLOWED = 1_000_007, 405, "不支持的方法", "The method is not allowed here",
        "请使用 Allow 中列出的方法。", "Use one of the methods in `Allow`.";
    BODY_TOO_LARGE = 1_000_008, 413, "内容太大", "The body is too large",
        "请减小内容后重试。", "Send less: JSON up to 256 KiB, a photo up to 10 MiB, a roll up to 32 MiB.";
    MEDIA_TYPE_UNSUPPORTED = 1_000_009, 415, "内容类型不对", "The content type is not supported",
        "请使用 application/json。", "Send `application/json`, or `multipart/form-data` where a file is expected.";
    TOO_MANY_REQUESTS = 1_000_010, 429, "操作太频繁", "Too many requests",
        "请稍候再试。", "Wait for `Retry-After` seconds.";
    KEY_MISSING = 1_000_011, 400, "缺少幂等键", "The Idempotency-Key is missing",
        "请在请求头中加入 Idempotency-Key。", "Send `Idempotency-Key`, a new random value for each new action.";
    KEY_REUSED = 1_000_012, 422, "幂等键已用于别的内容", "The Idempotency-Key was used for another request",
        "请为新的操作使用新的幂等键。", "Use a new key for a new action.";
    KEY_RUNNING = 1_000_013, 409, "相同的请求正在处理", "The same request is still running",
        "请稍候再试。", "Repeat after `Retry-After` seconds.";
    VERSION_MISSING = 1_000_014, 428, "缺少版本号", "If-Match is missing",
        "请带上读取时得到的 ETag。", "Send `If-Match` with the `ETag` you last read.";
    VERSION_STALE = 1_000_015, 412, "内容已被他人更新", "Somebody changed it meanwhile",
        "请查看最新内容后重试。", "Look at `current`, then send its `ETag`.";
    CURSOR_INVALID = 1_000_016, 400, "翻页游标无效", "The cursor is not valid here",
        "请从第一页重新开始。", "Start again without a cursor; cursors belong to one filter and one viewer.";
    UNAVAILABLE = 1_000_018, 503, "暂时无法提供服务", "Temporarily unavailable",
        "请稍后再试，已提交的内容不会丢失。", "Repeat after `Retry-After` seconds with the same Idempotency-Key.";
    INTERNAL = 1_000_019, 500, "服务器内部错误", "Something broke on our side",
        "请稍后再试；如仍出现，请把 instance 告诉管理员。", "Repeat later with the same Idempotency-Key; tell us `instance` if it stays.";
    NOT_ALLOWED = 1_000_020, 403, "没有权限", "You may see this, but not do that",
        "请由有权限的人操作。", "Ask somebody whose role allows it.";
}

/// One thing wrong with the input.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InputError {
    /// JSON pointer to the member, or the parameter's name.
    #[schema(example = "/description", max_length = 500)]
    pub pointer: String,
    /// The rule that it breaks.
    #[schema(example = "LENGTH", max_length = 40)]
    pub code: String,
    /// In words.
    #[schema(max_length = 500)]
    pub detail: String,
}

/// Faults of the input that an answer tells of at most.
const ERRORS: usize = 100;

/// A refusal on its way out.
#[derive(Debug)]
pub struct Problem {
    pub code: &'static Code,
    detail: Cow<'static, str>,
    errors: Vec<InputError>,
    retry_after: Option<u64>,
    current: Option<Value>,
}

pub type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    pub fn input(errors: Vec<InputError>) -> Self {
        let detail = errors.first().map_or(Cow::Borrowed(INPUT_INVALID.title_en), |first| {
            Cow::Owned(format!("{}: {}", first.pointer, first.detail))
        });
        Self { errors, ..INPUT_INVALID.because(detail) }
    }

    /// One member of the input breaks a rule.
    pub fn member(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::input(vec![InputError { pointer: pointer.into(), code: code.into(), detail: detail.into() }])
    }

    /// What is wrong with the input besides, as much of it as an answer has room for.
    #[must_use]
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = InputError>) -> Self {
        self.errors = errors.into_iter().take(ERRORS).collect();
        self
    }

    /// Seconds after which repeating makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Seconds after which repeating makes sense, if it does.
    pub fn waits(&self) -> Option<u64> {
        self.retry_after
    }

    /// Whether the same may go well later: somebody else was first, or the service is busy.
    pub fn is_passing(&self) -> bool {
        matches!(self.code.status, 409 | 503)
    }

    /// Tells the operator that a job could not do something to one thing, which it tries again. Where somebody else was at
    /// it, or the service is busy, that is in order.
    pub fn hinders(&self, what: &'static str, id: Uuid) {
        if self.is_passing() {
            tracing::warn!(%id, problem = %self, "could not {what}, and tries again");
        } else {
            tracing::error!(%id, problem = %self, "could not {what}");
        }
    }

    /// The current body, for somebody whose version is stale.
    #[must_use]
    pub fn with_current(mut self, current: impl Serialize) -> Self {
        self.current = serde_json::to_value(current).ok();
        self
    }

    /// A fault of ours: told to the operator, kept from the caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        INTERNAL.plain()
    }

    /// What happened this time, in words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn body(&self, language: Language, instance: Option<String>) -> ProblemBody {
        ProblemBody {
            r#type: format!("/problems/{}", self.code.name),
            title: language.pick(self.code.title_zh, self.code.title_en).to_owned(),
            status: self.code.status,
            detail: self.detail.clone().into_owned(),
            instance,
            errcode: self.code.errcode,
            errmsg: language.pick(self.code.cure_zh, self.code.cure_en).to_owned(),
            errors: self.errors.clone(),
            current: self.current.clone(),
        }
    }
}

/// The body of every error answer (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A page on this server that explains cause, cure and whether to retry.
    #[schema(example = "/problems/NOT_FOUND", max_length = 200)]
    pub r#type: String,
    /// What kind of problem, in the caller's language.
    #[schema(max_length = 200)]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time.
    #[schema(max_length = 4000)]
    pub detail: String,
    /// The request's id, to quote when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub instance: Option<String>,
    /// A stable number, grouped by area.
    #[schema(minimum = 1_000_000, maximum = 1_999_999)]
    pub errcode: u32,
    /// What to do, in plain words.
    #[schema(max_length = 500)]
    pub errmsg: String,
    /// What is wrong with the input, member by member.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub errors: Vec<InputError>,
    /// On 412: the resource as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub current: Option<Value>,
}

/// The language of titles and plain words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    Zh,
    En,
}

impl Language {
    /// From `Accept-Language`: the one of ours that the caller likes best; Chinese when it names neither.
    pub fn of(request: &impl HttpMessage) -> Self {
        let Ok(wanted) = AcceptLanguage::parse(request) else { return Self::Zh };
        let ours = wanted.ranked().into_iter().find_map(|tag| match tag.item()?.primary_language() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        });
        ours.unwrap_or(Self::Zh)
    }

    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.code.name)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// In the default language and without `instance`: the admission middleware, which knows the request, writes
    /// the body anew.
    fn error_response(&self) -> HttpResponse {
        self.answer(Language::default(), None)
    }
}

impl Problem {
    pub fn answer(&self, language: Language, instance: Option<String>) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        answer.insert_header((header::CONTENT_TYPE, "application/problem+json; charset=utf-8"));
        if let Some(seconds) = self.retry_after {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.code.status == 401 {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        answer.json(self.body(language, instance))
    }
}
