//! Input as handlers want it: read, bounded, checked against the rules on its type, or refused in the documented
//! shape.

use std::{fmt::Write as _, future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::{PathError, QueryPayloadError},
    http::header,
    web,
};
use futures_util::StreamExt;
use garde::Validate;
use serde::de::DeserializeOwned;

use super::answer::strong;
use super::problem::{
    BODY_TOO_LARGE, INPUT_MALFORMED, InputError, KEY_MISSING, MEDIA_TYPE_UNSUPPORTED, NOT_FOUND, Problem,
    Result, VERSION_MISSING,
};
use crate::pii::sha256;

/// The most that a JSON body may have, in bytes.
pub const JSON_LIMIT: usize = 256 * 1024;

/// A JSON body: read, bounded and checked.
#[derive(Debug)]
pub struct Input<T> {
    pub value: T,
    /// SHA-256 of the bytes as they came.
    pub digest: String,
}

impl<T> FromRequest for Input<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = media_type(request).is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(MEDIA_TYPE_UNSUPPORTED.because("send the body as application/json"));
            }
            let bytes = read(payload, JSON_LIMIT).await?;
            Ok(Self { value: parse(&bytes)?, digest: sha256(&bytes) })
        })
    }
}

/// The media type of a request, without its parameters.
pub fn media_type(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}

/// Reads a body of at most `limit` bytes.
pub async fn read(mut payload: Payload, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| INPUT_MALFORMED.because("the body broke off"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(BODY_TOO_LARGE.because(format!("the body may have {limit} bytes at most")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads JSON and checks the rules on its type.
pub fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T> {
    if holds_nul(bytes) {
        return Err(Problem::member("", "TEXT", "text may not hold the character U+0000"));
    }
    if bytes.trim_ascii_start().starts_with(b"[") {
        // serde would take the members of an object from a list, one by one.
        return Err(Problem::member("", "TYPE", "expected an object"));
    }
    let value = read_json(bytes).or_else(|problem| match whole_numbers(bytes) {
        Some(whole) => read_json(&whole).map_err(|_| problem),
        None => Err(problem),
    })?;
    check(&value)?;
    Ok(value)
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            Problem::member(&pointer(&error.path().to_string()), "TYPE", without_place(&inner.to_string()))
        } else {
            INPUT_MALFORMED.because(format!("not well-formed JSON: {inner}"))
        }
    })?;
    reader.end().map_err(|_| INPUT_MALFORMED.because("there is something after the JSON value"))?;
    Ok(value)
}

/// The same JSON with whole numbers written as such: to JSON and to the contract `52.0` is the integer 52, to serde it
/// is not. None when there is none.
fn whole_numbers(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut value = serde_json::from_slice(bytes).ok()?;
    if write_whole(&mut value) { serde_json::to_vec(&value).ok() } else { None }
}

/// Writes whole numbers as such; whether there was one that was not.
pub fn write_whole(value: &mut serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) if number.is_f64() => {
            let text = number.as_f64().map(|number| format!("{number:.1}")).unwrap_or_default();
            let whole = text.strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok());
            let exact = whole.filter(|whole| serde_json::Number::from(*whole).as_f64() == number.as_f64());
            exact.map(|whole| *value = whole.into()).is_some()
        }
        // Every member, not only as far as the first that was mended.
        serde_json::Value::Array(all) => all.iter_mut().map(write_whole).filter(|mended| *mended).count() > 0,
        serde_json::Value::Object(all) => {
            all.values_mut().map(write_whole).filter(|mended| *mended).count() > 0
        }
        _ => false,
    }
}

/// Whether JSON text holds NUL, which PostgreSQL cannot keep. Raw, it is not well-formed anyway; so only the escape is
/// looked for, and not where its backslash is itself escaped.
fn holds_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (_, escape) = rest.split_at(at);
        if escape.starts_with(br"\u0000") {
            return true;
        }
        rest = escape.get(2..).unwrap_or_default();
    }
    false
}

/// Checks the rules on the type of an input.
pub fn check(value: &impl Validate<Context = ()>) -> Result<()> {
    let Err(report) = value.validate() else { return Ok(()) };
    let errors = report.iter().take(100).map(|(path, error)| InputError {
        pointer: pointer(&path.to_string()),
        code: "BOUND".into(),
        detail: error.to_string(),
    });
    Err(Problem::input(errors.collect()))
}

/// A rule for `#[garde(custom(…))]`: text with something to read in it. The contract says so with the pattern `\S`.
pub fn not_blank(text: &str, _: &()) -> garde::Result {
    let takes_no_room = |letter| matches!(letter, '\u{200B}'..='\u{200D}' | '\u{FEFF}');
    let blank = text.chars().all(|letter: char| letter.is_whitespace() || takes_no_room(letter));
    if blank { Err(garde::Error::new("must not be blank")) } else { Ok(()) }
}

/// `a.b[2].c` as a JSON pointer.
fn pointer(path: &str) -> String {
    path.split(['.', '[', ']']).filter(|part| !part.is_empty()).fold(String::new(), |mut pointer, part| {
        let written = write!(pointer, "/{}", part.replace('~', "~0").replace('/', "~1"));
        debug_assert!(written.is_ok(), "writing to a string");
        pointer
    })
}

/// serde's message without the line and column, which mean nothing to a phone. Echoes no value of the input: what
/// was sent may be private.
fn without_place(message: &str) -> String {
    let message = message.split(" at line").next().unwrap_or(message);
    match message.split_once(": ") {
        Some(("invalid type" | "invalid value", rest)) => {
            let expected = rest.rsplit("expected ").next().unwrap_or("another type");
            format!("expected {expected}")
        }
        _ if message.starts_with("unknown variant") => {
            let expected = message.rsplit("expected ").next().unwrap_or("a known value");
            format!("expected {expected}")
        }
        _ => message.to_owned(),
    }
}

/// Query parameters, checked.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T> FromRequest for Query<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Problem;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready((|| {
            let web::Query(value) =
                web::Query::<T>::from_query(request.query_string()).map_err(|error| match error {
                    QueryPayloadError::Deserialize(cause) => {
                        Problem::member("/query", "TYPE", without_place(&cause.to_string()))
                    }
                    _ => INPUT_MALFORMED.because("the query cannot be read"),
                })?;
            check(&value)?;
            Ok(Self(value))
        })())
    }
}

/// What a path parameter that does not fit means: such a thing does not exist.
pub fn path_problem(_: PathError, _: &HttpRequest) -> actix_web::Error {
    NOT_FOUND.because("no such id").into()
}

/// The `Idempotency-Key` of a write, and which operation it is for.
#[derive(Debug)]
pub struct Once {
    /// SHA-256 of the key.
    pub key: String,
    /// Method and path of the request.
    pub route: String,
}

impl FromRequest for Once {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = request
            .headers()
            .get("Idempotency-Key")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        std::future::ready(if visible && (8..=128).contains(&key.len()) {
            Ok(Self {
                key: sha256(key.as_bytes()),
                route: sha256(format!("{} {}", request.method(), request.path()).as_bytes()),
            })
        } else {
            Err(KEY_MISSING.because("send Idempotency-Key with 8 to 128 visible characters"))
        })
    }
}

/// The version that the caller last read, from `If-Match`.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub i64);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let version = request
            .headers()
            .get(header::IF_MATCH)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| strong(value).strip_prefix("\"v")?.strip_suffix('"'))
            .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|number| number.parse::<u64>().ok())
            // One that no row can have is one that is stale.
            .map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        std::future::ready(version.map(Self).ok_or_else(|| VERSION_MISSING.because("send If-Match: \"v…\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::{holds_nul, not_blank, whole_numbers};

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        let whole =
            |text: &str| whole_numbers(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(whole(r#"{"a":52.0,"b":[1e2,1.5]}"#).as_deref(), Some(r#"{"a":52,"b":[100,1.5]}"#));
        assert_eq!(whole(r#"{"a":52,"b":1.5,"c":1e300}"#), None);
        assert_eq!(whole(r#"{"a":-0.0}"#).as_deref(), Some(r#"{"a":0}"#));
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for blank in ["", " ", "\t\u{85}\u{a0}\u{3000}", "\u{200b}\u{feff}"] {
            assert!(not_blank(blank, &()).is_err(), "{blank:?}");
        }
        for text in ["字", " a ", "\u{200b}。", "\u{1}"] {
            assert!(not_blank(text, &()).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn only_an_escaped_nul_is_one() {
        assert!(holds_nul(br#"{"a":"x\u0000"}"#));
        assert!(holds_nul(br#"{"a":"\\\u0000"}"#));
        assert!(!holds_nul(br#"{"a":"\\u0000"}"#));
        assert!(!holds_nul(br#"{"a":"\u0001\n"}"#));
        assert!(!holds_nul(br#"{"a":"u0000"}"#));
    }
}
