//! What every request passes before its handler, and every answer after it: request id, session and limits in one
//! step, HEAD, the error body in the caller's language, headers, one line of log and one measurement.

use std::{net::IpAddr, panic::AssertUnwindSafe, time::Duration};

use actix_web::{
    Error, HttpMessage,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use futures_util::FutureExt;
use uuid::Uuid;

use super::problem::{
    INPUT_MALFORMED, INTERNAL, Language, NOT_FOUND, Problem, Result, SESSION_ENDED, SIGN_IN_NEEDED,
    TOO_MANY_REQUESTS, UNAVAILABLE,
};
use crate::{
    app::App,
    config::Networks,
    gate::{Admission, Bucket, Caller, Rate, Sid, Standing, Verdict},
    open311::{self, Format, Refused},
};

/// Asked by machines that would stop the service if other callers used up its answers: they have limits of their own.
const HEALTH: [&str; 2] = ["/livez", "/readyz"];

/// Methods that are told apart in measurements; a caller can make up any other.
const KNOWN: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH];

/// How a request was admitted; taken by the [`super::caller::Caller`] extractor.
#[derive(Debug)]
pub enum Admitted {
    SignedIn { person: Uuid, session: Uuid },
    Refused(Problem),
}

impl Admitted {
    /// The person and session.
    pub fn signed_in(self) -> Result<(Uuid, Uuid)> {
        match self {
            Self::SignedIn { person, session } => Ok((person, session)),
            Self::Refused(problem) => Err(problem),
        }
    }
}

/// The request's id, for logs and `instance`.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

pub async fn admission(mut request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return next.call(request).await;
    };
    let started = std::time::Instant::now();
    let id = RequestId(app.ids.random());
    request.extensions_mut().insert(id);
    let language = Language::of(&request);
    let asked = request.method().clone();
    if request.method() == Method::HEAD {
        // Handlers answer as to GET; actix remembers what was asked and leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let (admitted, verdict) = admit(&app, &request).await;
    let mut response = match (admitted, &verdict) {
        (_, Some(verdict)) if !verdict.allowed => {
            let seconds = verdict.retry_after.as_secs() + 1;
            refuse(request, TOO_MANY_REQUESTS.because("the limit is used up").retry_after(seconds))
        }
        _ if !readable(request.query_string()) => refuse(
            request,
            INPUT_MALFORMED.because("the query is not text: UTF-8 without NUL, percent-encoded"),
        ),
        (Admitted::Refused(problem), _) if overlooked_nowhere(&request, &problem) => refuse(request, problem),
        (admitted, _) => {
            request.extensions_mut().insert(admitted);
            // A handler that panics is our fault, and answered as such.
            match AssertUnwindSafe(next.call(request)).catch_unwind().await {
                Ok(answered) => answered?,
                Err(_) => return Err(Problem::internal("a handler panicked").into()),
            }
        }
    };
    response = in_words(response, language, id);
    dress(&mut response, &app, id, verdict.as_ref());
    invite(&mut response, &asked);
    measure(&response, &asked, started.elapsed(), id);
    Ok(response)
}

/// One round trip: the session, if there is a token, and the limit.
async fn admit(app: &App, request: &ServiceRequest) -> (Admitted, Option<Verdict>) {
    let now = app.clock.now();
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .and_then(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer").then_some(token));
    let verified = match token {
        None => Err(SIGN_IN_NEEDED.plain()),
        Some(token) => app.tokens.verify(token.trim(), now),
    };
    let key = policy(request.path());
    let a_minute =
        |burst| [Bucket { key: key.into(), rate: Rate { burst, per: Duration::from_mins(1) }, cost: 1 }];
    let as_guest = async || {
        let guest = Caller::Guest { origin: origin(app, request) };
        app.gate.admit(&guest, &a_minute(app.config.limit_guest), now).await
    };
    let admission = match &verified {
        Err(_) => as_guest().await,
        Ok((person, sid)) => {
            let member = Caller::Member { person: *person, sid: Sid(*sid) };
            match app.gate.admit(&member, &a_minute(app.config.limit_member), now).await {
                // A session that was closed is a guest's: its token never uses up its person's calls.
                Ok(Admission { standing: Standing::Closed, .. }) => {
                    as_guest().await.map(|guest| Admission { standing: Standing::Closed, ..guest })
                }
                admission => admission,
            }
        }
    };
    let admission = match admission {
        Ok(admission) => admission,
        Err(down) => {
            tracing::warn!(%down, "the session store is down");
            return (
                Admitted::Refused(UNAVAILABLE.because("the session store is down").retry_after(2)),
                None,
            );
        }
    };
    let reading = request.method() == Method::GET;
    let admitted = match (verified, admission.standing) {
        (Err(problem), _) => Admitted::Refused(problem),
        (Ok((person, session)), Standing::Open(_)) => Admitted::SignedIn { person, session },
        (Ok((person, session)), Standing::Unknown { .. }) if reading => {
            Admitted::SignedIn { person, session }
        }
        (Ok(_), Standing::Unknown { .. }) => Admitted::Refused(
            UNAVAILABLE.because("the session store is down; reading goes on").retry_after(2),
        ),
        (Ok(_), Standing::Closed | Standing::Guest) => Admitted::Refused(SESSION_ENDED.plain()),
    };
    (admitted, admission.verdict)
}

/// Which limit a call takes from.
fn policy(path: &str) -> &'static str {
    if HEALTH.contains(&path) { "health" } else { "calls" }
}

/// Where a guest calls from, as a keyed hash: enough to limit, not to tell.
fn origin(app: &App, request: &ServiceRequest) -> String {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let forwarded: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let address = peer.map(|peer| caller_behind(peer, &forwarded, &app.config.trusted_proxies));
    app.vault.index("origin", &address.map(|address| address.to_string()).unwrap_or_default())
}

/// The last address that no proxy of ours has: what stands before it in the header is only said by the caller.
fn caller_behind(peer: IpAddr, forwarded: &[&str], ours: &Networks) -> IpAddr {
    let mut address = peer;
    for before in forwarded.iter().rev() {
        if !ours.contain(address) {
            break;
        }
        match before.parse::<IpAddr>() {
            Ok(before) => address = before.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

/// Whether a query, once decoded, is text that can be kept anywhere.
fn readable(query: &str) -> bool {
    let mut bytes = query.bytes();
    let mut decoded = Vec::with_capacity(query.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digits =
            [bytes.next(), bytes.next()].map(|digit| char::from(digit.unwrap_or_default()).to_digit(16));
        let [Some(high), Some(low)] = digits else { return false };
        decoded.extend(u8::try_from(high * 16 + low));
    }
    !decoded.contains(&0) && std::str::from_utf8(&decoded).is_ok()
}

/// A token that is no good is refused wherever it is sent, also where none is needed, so that a phone learns of it at
/// once; but for signing in, which is its cure.
fn overlooked_nowhere(request: &ServiceRequest, problem: &Problem) -> bool {
    let signs_in = request.method() == Method::POST && request.path() == "/v1/sessions";
    problem.code.status == 401 && request.headers().contains_key(header::AUTHORIZATION) && !signs_in
}

fn refuse(request: ServiceRequest, problem: Problem) -> ServiceResponse {
    let (http, _) = request.into_parts();
    ServiceResponse::from_err(problem, http)
}

/// Every error in the documented shape and the caller's language, whoever made it; where another convention is spoken,
/// in its own.
fn in_words(response: ServiceResponse, language: Language, id: RequestId) -> ServiceResponse {
    let Some(error) = response.response().error() else { return response };
    let made;
    let mut answer = match (Format::at(response.request().path()), error.as_error::<Refused>()) {
        (Some(format), Some(refused)) => open311::in_form(format, refused.problems(), language),
        (convention, _) => {
            let problem = if let Some(problem) = error.as_error::<Problem>() {
                problem
            } else {
                made = foreign(&response, error);
                &made
            };
            match convention {
                Some(format) => open311::in_form(format, std::iter::once(problem), language),
                None => problem.answer(language, Some(format!("urn:uuid:{}", id.0))),
            }
        }
    };
    if let Some(allow) = response.headers().get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response.into_response(answer)
}

/// An error of actix's own.
fn foreign(response: &ServiceResponse, error: &Error) -> Problem {
    match response.status().as_u16() {
        404 => NOT_FOUND.plain(),
        413 => super::problem::BODY_TOO_LARGE.plain(),
        415 => super::problem::MEDIA_TYPE_UNSUPPORTED.plain(),
        400..500 => INPUT_MALFORMED.because("the request cannot be read"),
        _ => {
            tracing::error!(%error, "unexpected error");
            INTERNAL.plain()
        }
    }
}

/// What pages of other origins may read of an answer.
const EXPOSED: &str =
    "etag, location, retry-after, allow, ratelimit, ratelimit-policy, x-request-id, idempotency-replayed";
/// What they may send.
const TAKEN: &str = "authorization, content-type, accept-language, idempotency-key, if-match, if-none-match";

/// Answers a browser's question before it calls from another origin.
fn invite(response: &mut ServiceResponse, method: &Method) {
    if *method != Method::OPTIONS {
        return;
    }
    if let Some(allow) = response.headers().get(header::ALLOW).cloned() {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
}

fn dress(response: &mut ServiceResponse, app: &App, id: RequestId, verdict: Option<&Verdict>) {
    let policy = policy(response.request().path());
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    set("x-request-id", &id.0.to_string());
    set("x-content-type-options", "nosniff");
    set("access-control-allow-origin", "*");
    set("access-control-expose-headers", EXPOSED);
    if let Some(verdict) = verdict {
        set("ratelimit-policy", &format!("\"{policy}\";q={};w=60", verdict.limit));
        set(
            "ratelimit",
            &format!("\"{policy}\";r={};t={}", verdict.remaining, verdict.reset_after.as_secs()),
        );
    }
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if app.draining() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// One line and one measurement a request: the pattern of its path, never the path itself, nor its query.
fn measure(response: &ServiceResponse, method: &Method, took: Duration, id: RequestId) {
    let method = if KNOWN.contains(method) { method.as_str() } else { "OTHER" };
    let route = response.request().match_pattern().unwrap_or_else(|| "unknown".into());
    let status = response.status().as_u16();
    tracing::info!(%method, route, status, took_us = took.as_micros(), request = %id.0, "answered");
    metrics::histogram!("http_request_seconds", "method" => method.to_owned(), "route" => route, "status" => status.to_string())
        .record(took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header, middleware, test as door_of, web};

    use super::{admission, caller_behind, readable};
    use crate::{config::Networks, start::for_a_test};

    #[actix_web::test]
    async fn a_handler_that_panics_is_answered_as_our_fault() {
        let (app, folder) = for_a_test("panic").await;
        let panics = web::get().to(async || -> actix_web::HttpResponse { panic!("made to break") });
        let door = actix_web::App::new()
            .app_data(web::Data::from(app))
            .route("/breaks", panics)
            .wrap(middleware::from_fn(admission));
        let service = door_of::init_service(door).await;
        let broken =
            door_of::try_call_service(&service, door_of::TestRequest::get().uri("/breaks").to_request())
                .await;
        let answer = broken.expect_err("it panicked").error_response();
        assert_eq!(answer.status(), 500);
        let media_type = answer.headers().get(header::CONTENT_TYPE).unwrap();
        assert_eq!(media_type, "application/problem+json; charset=utf-8");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_our_proxies_say_who_is_behind_them() {
        let ours: Networks = "10.0.0.0/8, 127.0.0.1".parse().unwrap();
        for (peer, forwarded, caller) in [
            ("203.0.113.7", &["198.51.100.1"][..], "203.0.113.7"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["made up", "198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["192.0.2.1", "198.51.100.1", "10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", "not an address"], "127.0.0.1"),
            ("10.9.9.9", &["2001:db8::1"], "2001:db8::1"),
        ] {
            let found = caller_behind(peer.parse().unwrap(), forwarded, &ours);
            assert_eq!(found.to_string(), caller, "{peer} {forwarded:?}");
        }
        let none = Networks::default();
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(caller_behind(peer, &["198.51.100.1"], &none), peer, "nobody is trusted unasked");
    }

    #[test]
    fn a_query_is_text_without_nul() {
        for good in ["", "a=b", "a=%E8%8B%8F&b=%25", "limit=20&cursor=x_-"] {
            assert!(readable(good), "{good}");
        }
        for bad in ["a=%00", "a=%", "a=%4", "a=%zz", "a=%ff", "%E8%8B"] {
            assert!(!readable(bad), "{bad}");
        }
    }
}
