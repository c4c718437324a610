//! A committee after its election, over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use uuid::Uuid;

use super::super::{
    acts,
    model::committee::{Committee, NoteVacancy},
};
use crate::{
    app::App,
    http::{
        caller::Caller,
        input::{Input, Once},
        problem::Result,
        routing::ServiceConfig,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(note_vacancy).service(read_committee);
}

/// Notes that a member of the committee left which a final result formed. The next alternate in rank order steps up; of
/// equals nobody does before a vote has settled it.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = NoteVacancy, responses(
    (status = 201, body = Committee),
    (status = 409, description = "The result is not final or formed no committee, or this is no member, or not any more"),
))]
#[post("/v1/polls/{poll_id}/vacancies")]
async fn note_vacancy(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<NoteVacancy>,
) -> Result<HttpResponse> {
    let check = async || acts::check_vacancy(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::note_vacancy(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The committee as it stands now: who sits on it and since when, who steps up next, and whether it is to be elected anew.
/// Of a by-election, the committee that it completes.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses(
    (status = 200, body = Committee),
    (status = 409, description = "The result is not final, or formed no committee"),
))]
#[get("/v1/polls/{poll_id}/committee")]
async fn read_committee(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    acts::committee(&app, &caller, *id).await
}
