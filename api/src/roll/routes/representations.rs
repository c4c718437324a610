//! Who acts for an owner, over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use uuid::Uuid;

use super::super::{
    acts::representations as acts,
    model::representations::{
        ConfirmRepresentation, EndRepresentation, ProposeRepresentation, Representation,
    },
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
        .service(propose_representation)
        .service(list_representations)
        .service(read_representation)
        .service(confirm_representation)
        .service(end_representation);
}

/// Proposes that somebody acts for an owner of a home: an office records a guardian, somebody for a legal person, or whom
/// the co-owners named on paper, and another person of it confirms; or a co-owner asks the others to name one of them.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path)), request_body = ProposeRepresentation, responses(
    (status = 201, body = Representation),
    (status = 403, description = "It is the caller's own home, or for an office to record"),
    (status = 409, description = "The same stands or waits already"),
    (status = 422, description = "The place is not a home, the ground does not fit the owner, or nothing proves it"),
))]
#[post("/v1/places/{place_id}/representations")]
async fn propose_representation(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<ProposeRepresentation>,
) -> Result<HttpResponse> {
    let check = async || acts::check_proposal(&app, &caller, *id, &input.value).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::propose(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Who acts or acted for the owners of a complex, for those who correct its roll, or of a home, also for its owners; the
/// newest first.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path), Page), responses(
    (status = 200, body = List<Representation>),
    (status = 422, description = "The place is neither a home nor a complex"),
))]
#[get("/v1/places/{place_id}/representations")]
async fn list_representations(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *id, &page.0).await?))
}

/// One of them.
#[utoipa::path(tag = "roll", params(("representation_id" = Uuid, Path)),
    responses((status = 200, body = Representation)))]
#[get("/v1/representations/{representation_id}")]
async fn read_representation(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    let (found, version) = acts::read(&app, &caller, *id).await?;
    Ok(Answer::ok(found).version(version))
}

/// Confirms it, as another person of the office, or as one of the co-owners: once all have, it stands.
#[utoipa::path(tag = "roll", params(("representation_id" = Uuid, Path)), request_body = ConfirmRepresentation, responses(
    (status = 201, body = Representation),
    (status = 403, description = "The caller proposed it, it is their own home, or not theirs to confirm"),
    (status = 409, description = "It is decided or confirmed already, or the owners are others by now"),
))]
#[post("/v1/representations/{representation_id}/confirmations")]
async fn confirm_representation(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<ConfirmRepresentation>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::confirm(&app, &caller, tx, *id).await)
        .await
}

/// Refuses it, takes one's own back, or ends what stands: any of the co-owners, whoever acts, or the office.
#[utoipa::path(tag = "roll", params(("representation_id" = Uuid, Path)), request_body = EndRepresentation, responses(
    (status = 201, body = Representation),
    (status = 403, description = "It is the caller's own home, or not theirs to end"),
    (status = 409, description = "It is over already"),
))]
#[post("/v1/representations/{representation_id}/endings")]
async fn end_representation(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<EndRepresentation>,
) -> Result<HttpResponse> {
    let check = async || acts::check_ending(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::end(&app, &caller, tx, *id, &input.value.words).await
    })
    .await
}
