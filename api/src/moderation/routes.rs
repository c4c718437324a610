//! Contents and public incidents over HTTP.

use actix_web::{Responder, delete, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{Content, DecideContent, PublicIncident, RedactIncident, Redacted},
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
    incidents::model::Plainly,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_public_incidents)
        .service(list_followed_incidents)
        .service(follow_incident)
        .service(unfollow_incident)
        .service(urge_followed_incident)
        .service(redact_incident)
        .service(list_held_contents)
        .service(decide_content);
}

/// What is reported in a complex of what all share, the newest first: never by whom, nor where in it.
#[utoipa::path(tag = "moderation", params(("place_id" = Uuid, Path), Page),
    responses((status = 200, body = List<PublicIncident>)))]
#[get("/v1/places/{place_id}/public-incidents")]
async fn list_public_incidents(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::public(&app, &caller, *place, &page.0).await?))
}

/// The public incidents that the caller follows, the newest first.
#[utoipa::path(tag = "moderation", params(Page), responses((status = 200, body = List<PublicIncident>)))]
#[get("/v1/followed-incidents")]
async fn list_followed_incidents(
    app: web::Data<App>,
    caller: Caller,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::followed(&app, &caller, &page.0).await?))
}

/// Follows a public incident.
#[utoipa::path(tag = "moderation", params(("incident_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = PublicIncident),
    (status = 409, description = "The caller follows too many already"),
))]
#[post("/v1/incidents/{incident_id}/follows")]
async fn follow_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(acts::follow(&app, &caller, tx, *id).await?))
    })
    .await
}

/// Follows it no more.
#[utoipa::path(tag = "moderation", params(("incident_id" = Uuid, Path)), responses((status = 204)))]
#[delete("/v1/incidents/{incident_id}/follows")]
async fn unfollow_incident(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    app.write(async |tx| acts::unfollow(&caller, tx, *id).await).await?;
    Ok(Nothing)
}

/// Asks the holder of a public incident that the caller follows to hurry. Each household counts once, whether it reported
/// or urged, where the policy lets so many carry it up.
#[utoipa::path(tag = "moderation", params(("incident_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = PublicIncident),
    (status = 404, description = "The caller does not follow it, or it is not public where they live"),
    (status = 409, description = "The caller's household urged it within the last 24 hours, or it was handled or is over"),
))]
#[post("/v1/followed-incidents/{incident_id}/urges")]
async fn urge_followed_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(acts::urge(&app, &caller, tx, *id).await?))
    })
    .await
}

/// The reporter masks parts of what they wrote, for everybody who does not handle it; within a day, three times.
#[utoipa::path(tag = "moderation", params(("incident_id" = Uuid, Path)), request_body = RedactIncident, responses(
    (status = 200, body = Redacted),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "It is too late, or was done three times, or nobody else reads it"),
))]
#[post("/v1/incidents/{incident_id}/redactions")]
async fn redact_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<RedactIncident>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(acts::redact(&app, &caller, tx, *id, &input.value).await?))
    })
    .await
}

/// What was written or shown in a complex and waits for a person, the oldest first.
#[utoipa::path(tag = "moderation", params(("place_id" = Uuid, Path), Page),
    responses((status = 200, body = List<Content>)))]
#[get("/v1/places/{place_id}/held-contents")]
async fn list_held_contents(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::waiting(&app, &caller, *place, &page.0).await?))
}

/// Settles what others read or see of it: all, a part, or nothing. What was written or sent is kept. A photo of what all
/// share that is passed is seen by strangers too.
#[utoipa::path(tag = "moderation", params(("content_id" = Uuid, Path)), request_body = DecideContent,
    responses((status = 200, body = Content)))]
#[post("/v1/contents/{content_id}/decisions")]
async fn decide_content(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<DecideContent>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let content = acts::decide(&app, &caller, tx, *id, &input.value).await?;
        let version = content.version;
        Ok(Answer::ok(content).version(version))
    })
    .await
}
