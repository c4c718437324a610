//! Voting that stands still, over HTTP.

use actix_web::{HttpResponse, post, web};
use uuid::Uuid;

use super::super::{acts, model::Poll};
use crate::{
    app::App,
    http::{
        caller::Caller,
        input::{Input, Once},
        problem::Result,
        routing::ServiceConfig,
    },
    programmes::model::{Pause, Reason},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(pause_poll).service(resume_poll);
}

/// Lets voting stand still in an emergency, for a reason and a time that everybody reads. No ballot is taken on any channel,
/// those that are in stand, and the close moves on by just the time that is lost. A poll of a programme stands still with
/// that.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = Pause, responses(
    (status = 200, body = Poll),
    (status = 409, description = "Nobody votes now, it stands still already or did too often, or its programme is to be paused"),
))]
#[post("/v1/polls/{poll_id}/pauses")]
async fn pause_poll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Pause>,
) -> Result<HttpResponse> {
    let check = async || acts::check_pause(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::pause(&caller, tx, *id, &input.value).await
    })
    .await
}

/// Lets it go on before its time; the close moves back by what was not lost.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = Reason, responses(
    (status = 200, body = Poll),
    (status = 409, description = "It does not stand still, or does so with its programme"),
))]
#[post("/v1/polls/{poll_id}/resumptions")]
async fn resume_poll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Reason>,
) -> Result<HttpResponse> {
    let check = async || acts::check_pause(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::resume(&caller, tx, *id, &input.value).await
    })
    .await
}
