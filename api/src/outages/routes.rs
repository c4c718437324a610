//! Outages over HTTP.

use actix_web::{Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{ExtendOutage, Outage, PlanOutage},
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
        .service(plan_outage)
        .service(list_outages)
        .service(read_outage)
        .service(extend_outage)
        .service(end_outage);
}

/// Says that something will be off, or just is, and which reports that explains.
#[utoipa::path(tag = "outages", request_body = PlanOutage, responses(
    (status = 201, body = Outage),
    (status = 409, description = "The complex has too many outages already"),
))]
#[post("/v1/outages")]
async fn plan_outage(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<PlanOutage>,
) -> Result<impl Responder> {
    let check = async || {
        acts::may_plan(&app, &caller, input.value.place_id).await?;
        moderation::check(&app, caller.person, [input.value.explanation.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, verdict| {
        let outage = acts::plan(&app, &caller, tx, &input.value, verdict.as_ref()).await?;
        let (location, version) = (format!("/v1/outages/{}", outage.id), outage.version);
        Ok(Answer::created(outage, location).version(version))
    })
    .await
}

/// The outages of a place's complex that are planned or running, the first to end first.
#[utoipa::path(tag = "outages", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<Outage>)))]
#[get("/v1/places/{place_id}/outages")]
async fn list_outages(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *place, &page.0).await?))
}

/// An outage.
#[utoipa::path(tag = "outages", params(("outage_id" = Uuid, Path)), responses((status = 200, body = Outage)))]
#[get("/v1/outages/{outage_id}")]
async fn read_outage(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(changed(acts::read(&app, &caller, *id).await?))
}

/// It takes longer: reports that it explains wait longer, too.
#[utoipa::path(tag = "outages", params(("outage_id" = Uuid, Path)), request_body = ExtendOutage, responses(
    (status = 200, body = Outage),
    (status = 403, description = "The caller may see it, and not change it"),
    (status = 409, description = "It is over, or was extended as often as may be"),
))]
#[post("/v1/outages/{outage_id}/extensions")]
async fn extend_outage(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<ExtendOutage>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, *id).await?;
        moderation::check(&app, caller.person, [input.value.reason.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, verdict| {
        Ok(changed(acts::extend(&app, &caller, tx, *id, &input.value, verdict.as_ref()).await?))
    })
    .await
}

/// It is over early, or does not take place: the clocks of reports that it explains go on.
#[utoipa::path(tag = "outages", params(("outage_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Outage),
    (status = 403, description = "The caller may see it, and not change it"),
    (status = 409, description = "It is over"),
))]
#[post("/v1/outages/{outage_id}/endings")]
async fn end_outage(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(changed(acts::end(&app, &caller, tx, *id).await?))
    })
    .await
}

fn changed(outage: Outage) -> Answer<Outage> {
    let version = outage.version;
    Answer::ok(outage).version(version)
}
