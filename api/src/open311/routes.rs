//! Keys over HTTP as the contract tells them, and the convention's own paths beside it.

mod form;

use actix_web::{
    HttpRequest, HttpResponse, Resource, Responder, ResponseError,
    body::to_bytes,
    delete, get,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
    post, web,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use self::form::Form;
use super::{
    Refused,
    acts::{self, Integration, Jurisdiction},
    arguments::{Arguments, invalid},
    model::{Accepted, ApiKey, IssuedApiKey, NewApiKey, Noted},
    told::{Answer as Told, Format, Told as Value},
};
use crate::{
    app::App,
    http::{
        answer::{Answer, Nothing},
        caller::Caller,
        input::{IfMatch, Input, Once, Query},
        pages,
        paging::{List, Page},
        problem::{Language, Problem, Result},
        routing::ServiceConfig,
    },
    moderation,
    pii::sha256,
    uploads::{self, photo::MEDIA_TYPE},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(issue_api_key).service(list_api_keys).service(read_api_key).service(revoke_api_key);
}

/// Issues a key by which another system reports in a complex through Open311; the only time that it is told.
#[utoipa::path(tag = "open311", params(("place_id" = Uuid, Path)), request_body = NewApiKey, responses(
    (status = 201, body = IssuedApiKey),
    (status = 409, description = "Too many keys stand already"),
    (status = 422, description = "The place is not a complex"),
))]
#[post("/v1/places/{place_id}/api-keys")]
async fn issue_api_key(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<NewApiKey>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let issued = acts::issue(&app, &caller, tx, *place, &input.value).await?;
        let location = format!("/v1/places/{place}/api-keys/{}", issued.id);
        Ok(Answer::created(issued, location).version(1))
    })
    .await
}

/// The keys that stand in a complex.
#[utoipa::path(tag = "open311", params(("place_id" = Uuid, Path), Page), responses(
    (status = 200, body = List<ApiKey>),
    (status = 422, description = "The place is not a complex"),
))]
#[get("/v1/places/{place_id}/api-keys")]
async fn list_api_keys(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *place, &page.0).await?))
}

/// Which key, and where it stands.
#[derive(Debug, Deserialize)]
struct KeyPath {
    place_id: Uuid,
    api_key_id: Uuid,
}

/// A key that stands.
#[utoipa::path(tag = "open311", params(("place_id" = Uuid, Path), ("api_key_id" = Uuid, Path)), responses(
    (status = 200, body = ApiKey),
))]
#[get("/v1/places/{place_id}/api-keys/{api_key_id}")]
async fn read_api_key(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<KeyPath>,
) -> Result<impl Responder> {
    let (key, version) = acts::read_key(&app, &caller, path.place_id, path.api_key_id).await?;
    Ok(Answer::ok(key).version(version))
}

/// Revokes a key, from the next call on.
#[utoipa::path(tag = "open311", params(("place_id" = Uuid, Path), ("api_key_id" = Uuid, Path)), responses(
    (status = 204),
))]
#[delete("/v1/places/{place_id}/api-keys/{api_key_id}")]
async fn revoke_api_key(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<KeyPath>,
    version: IfMatch,
) -> Result<impl Responder> {
    acts::revoke(&app, &caller, path.place_id, path.api_key_id, version.0).await?;
    Ok(Nothing)
}

/// The convention's own paths.
pub fn beside_the_contract(config: &mut web::ServiceConfig) {
    let v2 = |path: &str| web::resource(format!("/open311/v2/{path}.{{format}}"));
    config
        .service(only(&["GET", "HEAD"], web::resource("/open311/discovery.{format}").get(discovery)))
        .service(only(&["GET", "HEAD"], v2("discovery").get(discovery)))
        .service(only(&["GET", "HEAD"], v2("services").get(services)))
        .service(only(&["GET", "HEAD"], v2("services/{code}").get(service)))
        .service(only(&["GET", "HEAD"], web::resource("/open311/v2/requests.csv").get(bulk)))
        .service(only(&["GET", "HEAD"], web::resource("/open311/v2/media/{photo}.jpg").get(media)))
        .service(only(&["GET", "HEAD", "POST"], v2("requests").get(requests).post(report)))
        .service(only(&["GET", "HEAD"], v2("requests/{id}").get(request)))
        .service(only(&["GET", "HEAD"], v2("tokens/{token}").get(token)))
        .service(only(&["GET", "HEAD", "POST"], v2("servicerequestupdates").get(updates).post(update)));
}

/// What any other method is told.
fn only(allowed: &'static [&'static str], resource: Resource) -> Resource {
    resource.default_service(web::to(async |request: HttpRequest| pages::other_method(&request, allowed)))
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        status_of(self.problems())
    }

    /// As XML in the default language: the admission middleware, which knows what was asked, writes it anew.
    fn error_response(&self) -> HttpResponse {
        in_form(Format::Xml, self.problems(), Language::default())
    }
}

/// The convention knows three: 404 for what is not there, 403 for the key, 400 for everything else. Beside them stands
/// what HTTP itself says of methods, limits and faults.
fn status_of<'a>(problems: impl Iterator<Item = &'a Problem>) -> StatusCode {
    let one = |problem: &Problem| match problem.code.status {
        known @ (403 | 404 | 405 | 429 | 500..) => known,
        _ => 400,
    };
    let mut statuses: Vec<u16> = problems.map(one).collect();
    statuses.dedup();
    let status = match statuses.as_slice() {
        [one] => *one,
        _ => 400,
    };
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
}

/// Problems in the convention's form: a list of codes with words for people.
pub fn in_form<'a>(
    format: Format,
    problems: impl Iterator<Item = &'a Problem>,
    language: Language,
) -> HttpResponse {
    let problems: Vec<&Problem> = problems.collect();
    let tell = |problem: &&Problem| {
        let body = problem.body(language, None);
        let description = if body.detail == problem.code.title_en {
            body.title
        } else {
            format!("{}: {}", body.title, body.detail)
        };
        Value::Members(vec![
            ("code", Value::text(body.errcode.to_string())),
            ("description", Value::text(description)),
        ])
    };
    let status = status_of(problems.iter().copied());
    let told = Told::list("errors", "error", problems.iter().map(tell).collect());
    let mut answer = HttpResponse::build(status);
    if let Some(seconds) = problems.iter().find_map(|problem| problem.waits()) {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    write(&mut answer, format, told).unwrap_or_else(|_| HttpResponse::InternalServerError().finish())
}

fn write(answer: &mut actix_web::HttpResponseBuilder, format: Format, told: Told) -> Result<HttpResponse> {
    Ok(answer.insert_header((header::CONTENT_TYPE, format.media_type())).body(told.write(format)?))
}

fn ok(format: Format, told: Told) -> Result<HttpResponse, Refused> {
    Ok(write(&mut HttpResponse::Ok(), format, told)?)
}

/// What stands in the query.
fn asked(request: &HttpRequest) -> Result<Arguments> {
    form::pairs(request.query_string())
}

async fn discovery(
    app: web::Data<App>,
    request: HttpRequest,
    format: web::Path<Format>,
) -> Result<HttpResponse, Refused> {
    ok(*format, acts::discovery(&app, &called(&request)))
}

/// How the caller calls this server.
fn called(request: &HttpRequest) -> String {
    let called = request.connection_info();
    format!("{}://{}", called.scheme(), called.host())
}

async fn services(
    app: web::Data<App>,
    request: HttpRequest,
    format: web::Path<Format>,
) -> Result<HttpResponse, Refused> {
    ok(*format, acts::services(&app, &asked(&request)?).await?)
}

async fn service(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, Format)>,
) -> Result<HttpResponse, Refused> {
    let (code, format) = path.into_inner();
    ok(format, acts::service(&app, &asked(&request)?, &code).await?)
}

async fn requests(
    app: web::Data<App>,
    request: HttpRequest,
    format: web::Path<Format>,
) -> Result<HttpResponse, Refused> {
    ok(*format, acts::requests(&app, &asked(&request)?, &called(&request)).await?)
}

async fn request(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, Format)>,
) -> Result<HttpResponse, Refused> {
    let (id, format) = path.into_inner();
    ok(format, acts::request(&app, &asked(&request)?, &called(&request), &id).await?)
}

/// Everything at once, as a table that is sent while it is written. What hinders its beginning is told in the
/// convention's form.
async fn bulk(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Refused> {
    let mut bulk = acts::Bulk::of(&app, &asked(&request)?).await?;
    let first = bulk.next(&app).await?.unwrap_or_default();
    let rest = stream::try_unfold((app, bulk), async |(app, mut bulk)| {
        let lines = bulk.next(&app).await?;
        Ok::<_, Problem>(lines.map(|lines| (lines, (app, bulk))))
    });
    let lines = stream::iter([Ok(first)]).chain(rest).map_ok(web::Bytes::from);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"service_requests.csv\""))
        .streaming(lines.map_err(|problem| problem.to_string())))
}

async fn media(app: web::Data<App>, photo: web::Path<Uuid>) -> Result<HttpResponse, Refused> {
    let picture = acts::media(&app, *photo).await?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, MEDIA_TYPE)).body(picture))
}

async fn token(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, Format)>,
) -> Result<HttpResponse, Refused> {
    let (token, format) = path.into_inner();
    ok(format, acts::token(&app, &asked(&request)?, &token).await?)
}

async fn updates(
    app: web::Data<App>,
    request: HttpRequest,
    format: web::Path<Format>,
) -> Result<HttpResponse, Refused> {
    ok(*format, acts::updates(&app, &asked(&request)?).await?)
}

/// Takes a report; whoever sends the same again is answered the same.
async fn report(
    app: web::Data<App>,
    request: HttpRequest,
    format: web::Path<Format>,
    form: Form,
) -> Result<HttpResponse, Refused> {
    let (at, from, once) = sender(&app, &request, &form, "requests").await?;
    let (person, digest) = (from.account.person, form.digest());
    let kept = if let Some(kept) = app.replayed(person, &once, &digest).await? {
        kept
    } else {
        let new = acts::read_request(&app, &at, &form.asked).await?;
        let mut photos = Vec::new();
        for file in form.files {
            let hash = sha256(&file);
            photos.push((uploads::encode(file, ()).await?, hash));
        }
        let verdict = moderation::check(&app, person, [new.words.as_str()]).await?;
        app.once(person, &once, &digest, async |tx| {
            let accepted = Box::pin(acts::accept(&app, &from, tx, (&new, verdict.as_ref()), &photos));
            Ok(Answer::ok(accepted.await?))
        })
        .await?
    };
    tell_kept::<Accepted>(kept, *format, acts::accepted).await
}

/// Takes an update of what the same key reported.
async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    format: web::Path<Format>,
    form: Form,
) -> Result<HttpResponse, Refused> {
    let (at, from, once) = sender(&app, &request, &form, "servicerequestupdates").await?;
    if !form.files.is_empty() {
        return Err(invalid("media[]", "comes with a report, not with an update").into());
    }
    let (person, digest) = (from.account.person, form.digest());
    let kept = if let Some(kept) = app.replayed(person, &once, &digest).await? {
        kept
    } else {
        let new = acts::read_update(&app, &at, &from, &form.asked).await?;
        let verdict = moderation::check(&app, person, [new.words.as_str()]).await?;
        app.once(person, &once, &digest, async |tx| {
            Ok(Answer::ok(acts::note(&app, &from, tx, &new, verdict.as_ref()).await?))
        })
        .await?
    };
    tell_kept::<Noted>(kept, *format, acts::noted).await
}

/// Where something is sent to, by whom, and under which key it is kept. Who sends no Idempotency-Key is known by what
/// they say.
async fn sender(
    app: &App,
    request: &HttpRequest,
    form: &Form,
    what: &str,
) -> Result<(Jurisdiction, Integration, Once)> {
    let named = asked(request)?;
    let at = Jurisdiction::of(app, &form.asked.clone().before(named)).await?;
    let from = acts::integration(app, &at, &form.asked).await?;
    let key = match request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()) {
        Some(key) => sha256(key.as_bytes()),
        None => sha256(format!("said {what} {}", form.digest()).as_bytes()),
    };
    let route = sha256(format!("POST open311 {what} {}", at.id()).as_bytes());
    Ok((at, from, Once { key, route }))
}

/// Tells a kept answer in the form that is asked for now.
async fn tell_kept<T: DeserializeOwned>(
    kept: HttpResponse,
    format: Format,
    tell: impl FnOnce(T) -> Told,
) -> Result<HttpResponse, Refused> {
    let replayed = HeaderName::from_static("idempotency-replayed");
    let is_again = kept.headers().get(&replayed).cloned();
    let bytes =
        to_bytes(kept.into_body()).await.map_err(|_| Problem::internal("a kept answer breaks off"))?;
    let told: T = serde_json::from_slice(&bytes).map_err(Problem::internal)?;
    let mut answer = ok(format, tell(told))?;
    if let Some(again) = is_again {
        answer.headers_mut().insert(replayed, again);
    }
    Ok(answer)
}
