//! Entries of the roll, objections to them and changes of them, over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use uuid::Uuid;

use super::super::{
    acts,
    model::corrections::{
        AnswerObjection, Change, ConfirmChange, MakeObjection, Objection, ObjectionFilter, ProposeChange,
        RefuseChange, RollEntry,
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
        .service(list_roll_entries)
        .service(read_roll_entry)
        .service(object_roll)
        .service(list_own_roll_objections)
        .service(list_roll_objections)
        .service(answer_roll_objection)
        .service(propose_roll_change)
        .service(list_roll_changes)
        .service(read_roll_change)
        .service(confirm_roll_change)
        .service(refuse_roll_change);
}

/// The caller's own homes, as the rolls have them.
#[utoipa::path(tag = "roll", params(Page), responses((status = 200, body = List<RollEntry>)))]
#[get("/v1/roll-entries")]
async fn list_roll_entries(app: web::Data<App>, caller: Caller, page: Query<Page>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::own_entries(&app, &caller, &page.0).await?))
}

/// What the roll says of one home: to its owners, and to those who correct the roll.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path)), responses((status = 200, body = RollEntry)))]
#[get("/v1/places/{place_id}/roll-entry")]
async fn read_roll_entry(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let (entry, version) = acts::entry(&app, &caller, *id).await?;
    Ok(Answer::ok(entry).version(version))
}

/// Objects to what the roll says of one's own home; of a home that is missing on it, at the complex.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path)), request_body = MakeObjection, responses(
    (status = 201, body = Objection),
    (status = 409, description = "Too many objections of the caller wait"),
))]
#[post("/v1/places/{place_id}/roll-objections")]
async fn object_roll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<MakeObjection>,
) -> Result<HttpResponse> {
    let check = async || acts::check_objection(&app, &caller, *id, &input.value).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::object(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The caller's own objections to rolls and their answers, the newest first.
#[utoipa::path(tag = "roll", params(Page), responses((status = 200, body = List<Objection>)))]
#[get("/v1/roll-objections")]
async fn list_own_roll_objections(
    app: web::Data<App>,
    caller: Caller,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::own_objections(&app, &caller, &page.0).await?))
}

/// Objections to the roll of a complex, the oldest first, for those who answer them.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path), ObjectionFilter, Page), responses(
    (status = 200, body = List<Objection>),
    (status = 422, description = "The place is not a complex"),
))]
#[get("/v1/places/{place_id}/roll-objections")]
async fn list_roll_objections(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    filter: Query<ObjectionFilter>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::objections(&app, &caller, *id, &filter.0, &page.0).await?))
}

/// Answers an objection in words. One that asks for a change of the home is accepted with that change.
#[utoipa::path(tag = "roll", params(("objection_id" = Uuid, Path)), request_body = AnswerObjection, responses(
    (status = 201, body = Objection),
    (status = 403, description = "It is the caller's own objection or home"),
    (status = 409, description = "It is answered already, or accepted with a change alone"),
))]
#[post("/v1/roll-objections/{objection_id}/answers")]
async fn answer_roll_objection(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<AnswerObjection>,
) -> Result<HttpResponse> {
    let check = async || acts::check_answer(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::answer_objection(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Says how a home should stand on the roll, and what says so. It is carried out at once, or waits for a second person
/// while a programme runs at the complex or a poll there is not published.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path)), request_body = ProposeChange, responses(
    (status = 201, body = Change),
    (status = 403, description = "It is the caller's own objection or home"),
    (status = 409, description = "The roll is locked, says so already or rests on something stronger, or a change waits"),
))]
#[post("/v1/places/{place_id}/roll-changes")]
async fn propose_roll_change(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<ProposeChange>,
) -> Result<HttpResponse> {
    let check = async || acts::check_proposal(&app, &caller, *id, &input.value).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::propose(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Changes on the roll of a complex, for those who correct it, or of a home, also for its owners; the newest first.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path), Page), responses(
    (status = 200, body = List<Change>),
    (status = 422, description = "The place is neither a home nor a complex"),
))]
#[get("/v1/places/{place_id}/roll-changes")]
async fn list_roll_changes(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::changes(&app, &caller, *id, &page.0).await?))
}

/// A change of one home on the roll.
#[utoipa::path(tag = "roll", params(("change_id" = Uuid, Path)), responses((status = 200, body = Change)))]
#[get("/v1/roll-changes/{change_id}")]
async fn read_roll_change(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    let (change, version) = acts::change(&app, &caller, *id).await?;
    Ok(Answer::ok(change).version(version))
}

/// Confirms a change as a second person: the roll says so from now on.
#[utoipa::path(tag = "roll", params(("change_id" = Uuid, Path)), request_body = ConfirmChange, responses(
    (status = 201, body = Change),
    (status = 403, description = "The caller proposed it, or it is their own home"),
    (status = 409, description = "It is decided already, the home has changed since, or the roll is locked"),
))]
#[post("/v1/roll-changes/{change_id}/confirmations")]
async fn confirm_roll_change(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<ConfirmChange>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::confirm(&app, &caller, tx, *id).await)
        .await
}

/// Refuses a change as a second person, or takes back one's own.
#[utoipa::path(tag = "roll", params(("change_id" = Uuid, Path)), request_body = RefuseChange, responses(
    (status = 201, body = Change),
    (status = 403, description = "It is the caller's own home"),
    (status = 409, description = "It is decided already"),
))]
#[post("/v1/roll-changes/{change_id}/refusals")]
async fn refuse_roll_change(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<RefuseChange>,
) -> Result<HttpResponse> {
    let check = async || acts::check_refusal(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::refuse(&app, &caller, tx, *id, &input.value).await
    })
    .await
}
