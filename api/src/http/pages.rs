//! What stands beside the rooms: health, the contract itself, the pages that explain problems, and what is answered
//! where nothing stands.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, Responder, get,
    http::{Method, header},
    post, web,
};
use chrono::TimeDelta;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    answer::Answer,
    document::Contract,
    input::Input,
    problem::{Code, METHOD_NOT_ALLOWED, NOT_FOUND, Problem, Result, UNAVAILABLE},
    routing::ServiceConfig,
};
use crate::{app::App, config::Switch};

pub fn routes(config: &mut ServiceConfig) {
    config.service(livez).service(readyz).service(read_problem).service(read_document);
}

/// What is served but is no part of the contract: its page, what WeChat pushes, a convention that has a form of its
/// own, and in the demo the moving of time.
pub fn beside_the_contract(config: &mut web::ServiceConfig, app: &Arc<App>) {
    config.route("/docs", web::get().to(read_docs)).route("/docs/{file:.*}", web::get().to(read_docs));
    config
        .configure(crate::notices::beside_the_contract)
        .configure(crate::uploads::beside_the_contract)
        .configure(crate::open311::beside_the_contract);
    if app.config.demo == Switch::On {
        config.service(advance_clock);
    }
}

/// How the service is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok", max_length = 20)]
    status: &'static str,
}

/// The process runs.
#[utoipa::path(tag = "health", responses((status = 200, body = Health)))]
#[get("/livez")]
async fn livez() -> impl Responder {
    Answer::ok(Health { status: "ok" })
}

/// The service can do its work: the database answers, and it is not stopping.
#[utoipa::path(tag = "health", responses((status = 200, body = Health)))]
#[get("/readyz")]
async fn readyz(app: web::Data<App>) -> Result<impl Responder> {
    if app.draining() {
        return Err(UNAVAILABLE.because("stopping").retry_after(5));
    }
    app.db.ping().await?;
    Ok(Answer::ok(Health { status: "ok" }))
}

/// What a problem means and what to do about it.
#[derive(Serialize, ToSchema)]
pub struct ProblemPage {
    #[schema(example = "NOT_FOUND", max_length = 60)]
    name: &'static str,
    #[schema(minimum = 1_000_000, maximum = 1_999_999)]
    errcode: u32,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    #[schema(max_length = 200)]
    title_zh: &'static str,
    #[schema(max_length = 200)]
    title_en: &'static str,
    #[schema(max_length = 500)]
    cure_zh: &'static str,
    #[schema(max_length = 500)]
    cure_en: &'static str,
    /// Whether repeating the same request can succeed.
    retry: bool,
}

/// What a problem means: the page behind `type`.
#[utoipa::path(tag = "health", params(("name" = String, Path, max_length = 60)), responses((status = 200, body = ProblemPage)))]
#[get("/problems/{name}")]
async fn read_problem(name: web::Path<String>) -> Result<impl Responder> {
    let code = codes().find(|code| code.name == *name).ok_or_else(|| NOT_FOUND.because("no such problem"))?;
    let retry = matches!(code.status, 409 | 429 | 500 | 503);
    let Code { name, errcode, status, title_zh, title_en, cure_zh, cure_en } = *code;
    Ok(Answer::ok(ProblemPage { name, errcode, status, title_zh, title_en, cure_zh, cure_en, retry }))
}

/// Every problem that any room declares.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    [
        super::problem::CODES,
        crate::sessions::CODES,
        // roll
        crate::roll::CODES,
        // identity
        crate::identity::CODES,
        // polls
        crate::polls::CODES,
        // incidents
        crate::incidents::CODES,
        // desk
        crate::desk::CODES,
        // clusters
        crate::clusters::CODES,
        // whistles
        crate::whistles::CODES,
        // outages
        crate::outages::CODES,
        // patrols
        crate::patrols::CODES,
        // moderation
        crate::moderation::CODES,
        // visits
        crate::visits::CODES,
        // notices
        crate::notices::CODES,
        // webhooks
        crate::webhooks::CODES,
        // packs
        crate::packs::CODES,
        // policies
        crate::policies::CODES,
        // uploads
        crate::uploads::CODES,
        // open311
        crate::open311::CODES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// This contract (OpenAPI 3.1).
#[utoipa::path(tag = "health", responses((status = 200, body = Object)))]
#[get("/openapi.json")]
async fn read_document(document: web::Data<Contract>) -> impl Responder {
    Answer::ok(document.json.clone())
}

/// The contract as a page to read and to try. All of it is in this program: it needs no other server.
async fn read_docs(request: HttpRequest) -> Result<HttpResponse> {
    let file = request.match_info().query("file");
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    let found = utoipa_swagger_ui::serve(file, config).map_err(Problem::internal)?;
    let found = found.ok_or_else(|| NOT_FOUND.because("the documentation has no such file"))?;
    let mut bytes = found.bytes.into_owned();
    let mut media_type = found.content_type;
    if media_type == "text/html" {
        // The page names its files relative to itself, and is also found without a slash at the end.
        let page = String::from_utf8(bytes).map_err(Problem::internal)?;
        bytes = page.replacen("<head>", "<head><base href=\"/docs/\">", 1).into_bytes();
    }
    if media_type.starts_with("text/") {
        media_type.push_str("; charset=utf-8");
    }
    Ok(HttpResponse::Ok().content_type(media_type).body(bytes))
}

/// Where nothing stands: 405 with `Allow` if another method would have found something, else 404.
pub async fn fallback(request: HttpRequest, document: web::Data<Contract>) -> HttpResponse {
    let allowed = document.methods(request.path());
    if allowed.is_empty() {
        return HttpResponse::from_error(NOT_FOUND.because("there is nothing at this address"));
    }
    other_method(&request, &allowed)
}

/// What any other method is told where only these find something.
pub fn other_method(request: &HttpRequest, allowed: &[&str]) -> HttpResponse {
    let allow = allowed.join(", ");
    if request.method() == Method::OPTIONS {
        return HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish();
    }
    let mut answer = HttpResponse::from_error(METHOD_NOT_ALLOWED.because(format!("allowed here: {allow}")));
    if let Ok(value) = header::HeaderValue::from_str(&allow) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}

/// How far to move the demo's clock.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// Up to a year.
    #[garde(range(min = 1, max = 31_536_000))]
    seconds: i64,
}

#[derive(Serialize)]
struct Time {
    server_time: chrono::DateTime<chrono::FixedOffset>,
}

/// Moves the demo's clock forward.
#[post("/demo/clock")]
async fn advance_clock(app: web::Data<App>, input: Input<Advance>) -> Result<impl Responder, Problem> {
    app.clock.advance(TimeDelta::seconds(input.value.seconds));
    crate::installation::keep_clock(&app).await?;
    Ok(Answer::ok(Time { server_time: crate::clock::local(app.clock.now()) }))
}
