//! Answers as handlers give them: a body, and where it applies its version and address.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::Serialize;

/// The answer to a request that succeeded.
#[derive(Debug)]
pub struct Answer<T> {
    pub status: StatusCode,
    pub body: T,
    /// Becomes `ETag: "v{n}"`.
    pub version: Option<i64>,
    /// What of the body no version counts, in a word: `ETag: "v{n}.{word}"`.
    pub beside: Option<&'static str>,
    /// Where the thing made, or being made, is found.
    pub location: Option<String>,
}

impl<T> Answer<T> {
    pub fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, body, version: None, beside: None, location: None }
    }

    pub fn created(body: T, location: String) -> Self {
        Self { status: StatusCode::CREATED, body, version: None, beside: None, location: Some(location) }
    }

    /// Long work that has begun.
    pub fn accepted(body: T, location: String) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::created(body, location) }
    }

    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    #[must_use]
    pub fn beside(mut self, word: Option<&'static str>) -> Self {
        self.beside = word;
        self
    }

    fn tag(&self) -> Option<String> {
        self.version.map(|version| match self.beside {
            Some(word) => format!("\"v{version}.{word}\""),
            None => etag(version),
        })
    }
}

/// `ETag` of a version.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

impl<T: Serialize> Responder for Answer<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if let Some(tag) = self.tag() {
            if known(request.headers().get(header::IF_NONE_MATCH), &tag) {
                return HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish();
            }
            answer.insert_header((header::ETAG, tag));
        }
        if let Some(location) = self.location {
            answer.insert_header((header::LOCATION, location));
        }
        answer.insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8")).json(self.body)
    }
}

/// Whether the caller has this version already.
pub fn known(if_none_match: Option<&HeaderValue>, tag: &str) -> bool {
    if_none_match
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|one| one.trim() == "*" || strong(one) == tag))
}

/// A tag as it was given out: proxies that compress mark it as weak.
pub fn strong(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// An answer without a body.
pub struct Nothing;

impl Responder for Nothing {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_however_it_comes_back() {
        for (sent, is_known) in [
            ("\"v3\"", true),
            ("W/\"v3\"", true),
            ("\"v1\", W/\"v3\"", true),
            ("*", true),
            ("\"v2\"", false),
            ("v3", false),
        ] {
            let sent = HeaderValue::from_static(sent);
            assert_eq!(known(Some(&sent), &etag(3)), is_known, "{sent:?}");
        }
        assert!(!known(None, &etag(3)));
    }
}
