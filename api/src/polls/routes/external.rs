//! Results of cities' systems over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use uuid::Uuid;

use super::super::{
    acts,
    model::external::{ExternalResult, ImportResult},
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
    config.service(import_external_result).service(read_external_result);
}

/// Takes what a city's system signed of a vote that was cast there, once voting is over, and counts by it. It is checked by
/// the rules of the poll: its electorate is the locked roll, its totals add up, and what it declares is what the rules give.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = ImportResult, responses(
    (status = 201, body = ExternalResult),
    (status = 409, description = "Votes are cast here, voting is not over, or the result is in already"),
))]
#[post("/v1/polls/{poll_id}/external-result")]
async fn import_external_result(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<ImportResult>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::import(&app, &caller, tx, *id, input.value).await
    })
    .await
}

/// What was imported of a vote that was cast in a city's system, as it was signed.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses(
    (status = 200, body = ExternalResult),
    (status = 409, description = "Votes are cast here"),
))]
#[get("/v1/polls/{poll_id}/external-result")]
async fn read_external_result(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    acts::external_result(&app, &caller, *id).await
}
