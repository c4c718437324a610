//! Patrols over HTTP.

use actix_web::{Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{BeginRound, CheckPoint, NewRoute, PatrolRound, PatrolRoute, PatrolRouteLine, PointPath, Token},
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Input, Once, Query},
        paging::{List, Page},
        problem::Result,
        routing::ServiceConfig,
    },
    incidents::model::Plainly,
    moderation,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_patrol_route)
        .service(list_patrol_routes)
        .service(read_patrol_route)
        .service(renew_patrol_token)
        .service(retire_patrol_route)
        .service(begin_patrol_round)
        .service(read_patrol_round)
        .service(check_patrol_point)
        .service(finish_patrol_round);
}

/// Makes a route. What the codes of its points say is in this answer, and never again.
#[utoipa::path(tag = "patrols", request_body = NewRoute, responses(
    (status = 201, body = PatrolRoute),
    (status = 409, description = "The complex has too many routes already"),
))]
#[post("/v1/patrol-routes")]
async fn create_patrol_route(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<NewRoute>,
) -> Result<impl Responder> {
    let check = async || {
        acts::may_patrol(&app, &caller, input.value.place_id).await?;
        moderation::check(&app, caller.person, input.value.said()).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        let route = acts::create(&app, &caller, tx, &input.value).await?;
        let location = format!("/v1/patrol-routes/{}", route.id);
        Ok(Answer::created(route, location))
    })
    .await
}

/// The routes that are walked in a place's complex.
#[utoipa::path(tag = "patrols", params(("place_id" = Uuid, Path), Page),
    responses((status = 200, body = List<PatrolRouteLine>)))]
#[get("/v1/places/{place_id}/patrol-routes")]
async fn list_patrol_routes(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *place, &page.0).await?))
}

/// A route: its points, how much its last rounds covered, what they found and what they missed.
#[utoipa::path(tag = "patrols", params(("route_id" = Uuid, Path)), responses((status = 200, body = PatrolRoute)))]
#[get("/v1/patrol-routes/{route_id}")]
async fn read_patrol_route(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::read(&app, &caller, *id).await?))
}

/// Makes another code for a point: the old one is worth nothing from now on.
#[utoipa::path(tag = "patrols", params(PointPath), request_body = Plainly, responses(
    (status = 201, body = Token),
    (status = 403, description = "The caller may see the route, and not change it"),
))]
#[post("/v1/patrol-routes/{route_id}/points/{point_id}/tokens")]
async fn renew_patrol_token(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    path: web::Path<PointPath>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let token = acts::renew(&app, &caller, tx, *path).await?;
        Ok(Answer::created(token, format!("/v1/patrol-routes/{}", path.route_id)))
    })
    .await
}

/// The route is not walked any more; what was found on it stays.
#[utoipa::path(tag = "patrols", params(("route_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = PatrolRoute),
    (status = 403, description = "The caller may see the route, and not change it"),
    (status = 409, description = "It is not walked any more already"),
))]
#[post("/v1/patrol-routes/{route_id}/retirements")]
async fn retire_patrol_route(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(acts::retire(&caller, tx, *id).await?))
    })
    .await
}

/// Somebody sets out.
#[utoipa::path(tag = "patrols", params(("route_id" = Uuid, Path)), request_body = BeginRound, responses(
    (status = 201, body = PatrolRound),
    (status = 403, description = "The caller may see the route, and not walk it"),
    (status = 409, description = "It is not walked any more"),
))]
#[post("/v1/patrol-routes/{route_id}/rounds")]
async fn begin_patrol_round(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<BeginRound>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let round = acts::begin(&caller, tx, *id, input.value).await?;
        let (location, version) = (format!("/v1/patrol-rounds/{}", round.id), round.version);
        Ok(Answer::created(round, location).version(version))
    })
    .await
}

/// A round, as far as it is walked.
#[utoipa::path(tag = "patrols", params(("round_id" = Uuid, Path)), responses((status = 200, body = PatrolRound)))]
#[get("/v1/patrol-rounds/{round_id}")]
async fn read_patrol_round(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    Ok(walked(acts::read_round(&app, &caller, *id).await?))
}

/// Somebody is at a point, scans its code, and tells what they found there.
#[utoipa::path(tag = "patrols", params(("round_id" = Uuid, Path)), request_body = CheckPoint, responses(
    (status = 200, body = PatrolRound),
    (status = 403, description = "The caller may see the round, and not walk it"),
    (status = 409, description = "The point was checked in this round already, or the round is finished"),
))]
#[post("/v1/patrol-rounds/{round_id}/checks")]
async fn check_patrol_point(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<CheckPoint>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read_round(&app, &caller, *id).await?;
        moderation::check(&app, caller.person, input.value.said()).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, verdict| {
        Ok(walked(Box::pin(acts::check(&app, &caller, tx, *id, (&input.value, verdict.as_ref()))).await?))
    })
    .await
}

/// Somebody is back: the next round is due one interval from now.
#[utoipa::path(tag = "patrols", params(("round_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = PatrolRound),
    (status = 403, description = "The caller may see the round, and not walk it"),
    (status = 409, description = "It is finished already"),
))]
#[post("/v1/patrol-rounds/{round_id}/finishes")]
async fn finish_patrol_round(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(walked(acts::finish(&caller, tx, *id).await?))
    })
    .await
}

fn walked(round: PatrolRound) -> Answer<PatrolRound> {
    let version = round.version;
    Answer::ok(round).version(version)
}
