//! The change feed.

use actix_web::{Responder, get, web};

use super::{
    acts,
    model::{Changes, ChangesQuery},
};
use crate::{
    app::App,
    http::{answer::Answer, caller::Caller, input::Query, problem::Result, routing::ServiceConfig},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_changes);
}

/// What happened since a cursor: as a delta, or waiting up to 25 seconds for more.
#[utoipa::path(tag = "record", params(ChangesQuery), responses((status = 200, body = Changes)))]
#[get("/v1/changes")]
async fn list_changes(
    app: web::Data<App>,
    caller: Caller,
    query: Query<ChangesQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::changes(&app, &caller, &query.0).await?))
}
