//! Visits over HTTP.

use actix_web::{Responder, delete, get, post, put, web};
use uuid::Uuid;

use super::{
    acts,
    model::{
        AskCare, CallOffVisit, Care, Cares, LogVisit, PlanVisit, SettleVisitCommitment, Suggestions, Visit,
        VisitCommitmentPath, VisitLine,
    },
};
use crate::{
    app::App,
    http::{
        answer::{Answer, Nothing},
        caller::Caller,
        input::{Input, Once, Query},
        paging::{List, Page},
        problem::Result,
        routing::ServiceConfig,
    },
    moderation,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_cares)
        .service(ask_care)
        .service(withdraw_care)
        .service(suggest_visits)
        .service(plan_visit)
        .service(list_visits)
        .service(read_visit)
        .service(log_visit)
        .service(call_off_visit)
        .service(settle_visit_commitment);
}

/// The homes for which the caller asked that somebody look in.
#[utoipa::path(tag = "visits", responses((status = 200, body = Cares)))]
#[get("/v1/me/cares")]
async fn list_cares(app: web::Data<App>, caller: Caller) -> Result<impl Responder> {
    Ok(Answer::ok(acts::cares(&app, &caller).await?))
}

/// Asks that somebody look in on the caller's household, or says anew what it needs.
#[utoipa::path(tag = "visits", params(("home_id" = Uuid, Path)), request_body = AskCare,
    responses((status = 200, body = Care)))]
#[put("/v1/me/cares/{home_id}")]
async fn ask_care(
    app: web::Data<App>,
    caller: Caller,
    home: web::Path<Uuid>,
    input: Input<AskCare>,
) -> Result<impl Responder> {
    moderation::check(&app, caller.person, [input.value.need.as_str()]).await?;
    Ok(Answer::ok(app.write(async |tx| acts::ask(&app, &caller, tx, *home, &input.value).await).await?))
}

/// Takes that back: nothing of it stays.
#[utoipa::path(tag = "visits", params(("home_id" = Uuid, Path)), responses((status = 204, description = "Done")))]
#[delete("/v1/me/cares/{home_id}")]
async fn withdraw_care(app: web::Data<App>, caller: Caller, home: web::Path<Uuid>) -> Result<impl Responder> {
    app.write(async |tx| acts::withdraw(&caller, tx, *home).await).await?;
    Ok(Nothing)
}

/// Where somebody should go in a place, and why: what is about to climb, what came back, where much is open, and who
/// asked to be looked in on and was not heard of.
#[utoipa::path(tag = "visits", params(("place_id" = Uuid, Path)), responses((status = 200, body = Suggestions)))]
#[get("/v1/places/{place_id}/visit-suggestions")]
async fn suggest_visits(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::suggest(&app, &caller, *place).await?))
}

/// Somebody means to go somewhere.
#[utoipa::path(tag = "visits", request_body = PlanVisit, responses((status = 201, body = Visit)))]
#[post("/v1/visits")]
async fn plan_visit(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<PlanVisit>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let visit = acts::plan(&app, &caller, tx, &input.value).await?;
        let (location, version) = (format!("/v1/visits/{}", visit.id), visit.version);
        Ok(Answer::created(visit, location).version(version))
    })
    .await
}

/// The caller's visits, newest first.
#[utoipa::path(tag = "visits", params(Page), responses((status = 200, body = List<VisitLine>)))]
#[get("/v1/visits")]
async fn list_visits(app: web::Data<App>, caller: Caller, page: Query<Page>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, &page.0).await?))
}

/// A visit: what was needed, what it did, and what its visitor committed to.
#[utoipa::path(tag = "visits", params(("visit_id" = Uuid, Path)), responses((status = 200, body = Visit)))]
#[get("/v1/visits/{visit_id}")]
async fn read_visit(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(changed(acts::read(&app, &caller, *id).await?))
}

/// The visitor was there: what was said, which incidents it was about and what was done about each, and what they
/// commit to.
#[utoipa::path(tag = "visits", params(("visit_id" = Uuid, Path)), request_body = LogVisit, responses(
    (status = 200, body = Visit),
    (status = 403, description = "Somebody else visits, or may not do to an incident what is said"),
    (status = 409, description = "It was made or called off already, or an incident is not at that point"),
))]
#[post("/v1/visits/{visit_id}/logs")]
async fn log_visit(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<LogVisit>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, *id).await?;
        moderation::check(&app, caller.person, input.value.said()).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, verdict| {
        Ok(changed(Box::pin(acts::log(&app, &caller, tx, *id, (&input.value, verdict.as_ref()))).await?))
    })
    .await
}

/// The visitor does not go.
#[utoipa::path(tag = "visits", params(("visit_id" = Uuid, Path)), request_body = CallOffVisit, responses(
    (status = 200, body = Visit),
    (status = 403, description = "Somebody else visits"),
    (status = 409, description = "It was made or called off already"),
))]
#[post("/v1/visits/{visit_id}/cancellations")]
async fn call_off_visit(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<CallOffVisit>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, *id).await?;
        moderation::check(&app, caller.person, [input.value.words.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(changed(acts::call_off(&app, &caller, tx, *id, &input.value).await?))
    })
    .await
}

/// The visitor says whether a commitment was kept.
#[utoipa::path(tag = "visits", params(VisitCommitmentPath), request_body = SettleVisitCommitment, responses(
    (status = 200, body = Visit),
    (status = 403, description = "Somebody else committed to it"),
    (status = 409, description = "It was settled already"),
))]
#[post("/v1/visits/{visit_id}/commitments/{commitment_id}/settlements")]
async fn settle_visit_commitment(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    path: web::Path<VisitCommitmentPath>,
    input: Input<SettleVisitCommitment>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, path.visit_id).await?;
        moderation::check(&app, caller.person, [input.value.words.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(changed(acts::settle(&app, &caller, tx, *path, &input.value).await?))
    })
    .await
}

fn changed(visit: Visit) -> Answer<Visit> {
    let version = visit.version;
    Answer::ok(visit).version(version)
}
