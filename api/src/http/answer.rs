//! Answers as handlers give them: a body, and where it applies its version and address.

use actix_web::{
    HttpRequest, HttpResponse, Responder, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use serde::Serialize;

use super::problem::{INPUT_MALFORMED, Result};

/// The answer to a request that succeeded.
#[derive(Debug)]
pub struct Answer<T> {
    pub status: StatusCode,
    pub body: T,
    /// Becomes `ETag: "v{n}"`.
    pub version: Option<i64>,
    /// Where the thing made, or being made, is found.
    pub location: Option<String>,
}

impl<T> Answer<T> {
    pub fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, body, version: None, location: None }
    }

    pub fn created(body: T, location: String) -> Self {
        Self { status: StatusCode::CREATED, body, version: None, location: Some(location) }
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
}

/// `ETag` of a version.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

impl<T: Serialize> Responder for Answer<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if let Some(version) = self.version {
            let tag = etag(version);
            match is_known(request, &tag) {
                Ok(false) => {}
                Ok(true) => return HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish(),
                Err(problem) => return problem.error_response(),
            }
            answer.insert_header((header::ETAG, tag));
        }
        if let Some(location) = self.location {
            answer.insert_header((header::LOCATION, location));
        }
        answer.insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8")).json(self.body)
    }
}

/// The most that `If-None-Match` may have, in bytes.
const TAGS_LIMIT: usize = 500;

/// Whether the caller has this version already; only who reads can say so.
pub fn is_known(request: &HttpRequest, tag: &str) -> Result<bool> {
    let Some(tags) = request.headers().get(header::IF_NONE_MATCH).filter(|_| request.method().is_safe())
    else {
        return Ok(false);
    };
    if tags.len() > TAGS_LIMIT {
        return Err(INPUT_MALFORMED.because(format!("If-None-Match may have {TAGS_LIMIT} bytes at most")));
    }
    let is_it = |one: &str| one.trim() == "*" || strong(one) == tag;
    Ok(tags.to_str().is_ok_and(|tags| tags.split(',').any(is_it)))
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
    use actix_web::{http::header, test::TestRequest};

    use super::etag;

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
            let reads = TestRequest::get().insert_header((header::IF_NONE_MATCH, sent)).to_http_request();
            assert_eq!(super::is_known(&reads, &etag(3)).unwrap(), is_known, "{sent:?}");
            let writes = TestRequest::post().insert_header((header::IF_NONE_MATCH, sent)).to_http_request();
            assert!(!super::is_known(&writes, &etag(3)).unwrap(), "{sent:?}");
        }
        assert!(!super::is_known(&TestRequest::get().to_http_request(), &etag(3)).unwrap());
    }
}
