//! Rule packs over HTTP.

use actix_web::{Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{AdoptPack, RecordBylaws, RulePack, RuleVersion, RulesInForce, RulesQuery, VersionPath},
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
    config
        .service(list_rule_packs)
        .service(adopt_pack)
        .service(record_bylaws)
        .service(list_rule_versions)
        .service(read_rule_version)
        .service(read_rules_in_force);
}

/// The cities' rule packs, the nation's first, that of opinion polls last.
#[utoipa::path(tag = "packs", responses((status = 200, body = List<RulePack>)))]
#[get("/v1/rule-packs")]
async fn list_rule_packs() -> Result<impl Responder> {
    Ok(Answer::ok(acts::packs()))
}

/// Lets a district follow a city's rule pack: polls that lock from now on are held to it.
#[utoipa::path(tag = "packs", params(("place_id" = Uuid, Path)), request_body = AdoptPack, responses(
    (status = 201, body = RuleVersion),
    (status = 403, description = "The caller may see the place, and not say this"),
    (status = 409, description = "Another version came first"),
))]
#[post("/v1/places/{place_id}/packs")]
async fn adopt_pack(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<AdoptPack>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(published(acts::adopt(&caller, tx, *place, input.value).await?))
    })
    .await
}

/// Keeps the by-laws that the owners of a complex passed: polls that lock from now on are held to them.
#[utoipa::path(tag = "packs", params(("place_id" = Uuid, Path)), request_body = RecordBylaws, responses(
    (status = 201, body = RuleVersion),
    (status = 403, description = "The caller may see the place, and not say this"),
    (status = 409, description = "They have not passed a vote, or another version came first"),
))]
#[post("/v1/places/{place_id}/bylaws")]
async fn record_bylaws(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<RecordBylaws>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(published(acts::record_bylaws(&caller, tx, *place, input.value).await?))
    })
    .await
}

fn published(version: RuleVersion) -> Answer<RuleVersion> {
    let location = format!("/v1/places/{}/rule-versions/{}", version.place_id, version.id);
    let number = version.version.into();
    Answer::created(version, location).version(number)
}

/// Which packs a district has followed, or what by-laws a complex has had, the newest first.
#[utoipa::path(tag = "packs", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<RuleVersion>)))]
#[get("/v1/places/{place_id}/rule-versions")]
async fn list_rule_versions(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *place, &page.0).await?))
}

/// One version of that.
#[utoipa::path(tag = "packs", params(VersionPath), responses((status = 200, body = RuleVersion)))]
#[get("/v1/places/{place_id}/rule-versions/{version_id}")]
async fn read_rule_version(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<VersionPath>,
) -> Result<impl Responder> {
    let version = acts::version(&app, &caller, &path).await?;
    let number = version.version.into();
    Ok(Answer::ok(version).version(number))
}

/// By which rules a vote at a place would be held now: each with its value, who said it, and where it comes from.
#[utoipa::path(tag = "packs", params(("place_id" = Uuid, Path), RulesQuery), responses((status = 200, body = RulesInForce)))]
#[get("/v1/places/{place_id}/rules")]
async fn read_rules_in_force(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    query: Query<RulesQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::in_force(&app, &caller, *place, &query.0).await?))
}
