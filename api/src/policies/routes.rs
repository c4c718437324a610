//! Policies over HTTP.

use actix_web::{Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{PolicyInForce, PolicyPath, PolicyVersion, PublishPolicy, VersionPath},
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
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(publish_policy).service(list_policies).service(read_policy).service(read_policy_in_force);
}

/// Says how matters in a scope are handled at a place and in it, from the next report on: the levels below one's own.
#[utoipa::path(tag = "policies", params(("place_id" = Uuid, Path)), request_body = PublishPolicy, responses(
    (status = 201, body = PolicyVersion),
    (status = 403, description = "The caller may read it, and is held to what they would say, or to all of it"),
    (status = 409, description = "Another version came first"),
))]
#[post("/v1/places/{place_id}/policies")]
async fn publish_policy(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<PublishPolicy>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let published = acts::publish(&caller, tx, *place, &input.value).await?;
        let location = format!("/v1/places/{place}/policies/{}", published.id);
        let version = published.version.into();
        Ok(Answer::created(published, location).version(version))
    })
    .await
}

/// What a place itself has said, the newest first.
#[utoipa::path(tag = "policies", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<PolicyVersion>)))]
#[get("/v1/places/{place_id}/policies")]
async fn list_policies(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *place, &page.0).await?))
}

/// One version of what a place has said.
#[utoipa::path(tag = "policies", params(VersionPath), responses((status = 200, body = PolicyVersion)))]
#[get("/v1/places/{place_id}/policies/{policy_id}")]
async fn read_policy(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<VersionPath>,
) -> Result<impl Responder> {
    let published = acts::read(&app, &caller, &path).await?;
    let version = published.version.into();
    Ok(Answer::ok(published).version(version))
}

/// How matters of a category are handled at a place now, and who said so.
#[utoipa::path(tag = "policies", params(PolicyPath), responses((status = 200, body = PolicyInForce)))]
#[get("/v1/places/{place_id}/policy/{category}")]
async fn read_policy_in_force(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<PolicyPath>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::in_force(&app, &caller, &path).await?))
}
