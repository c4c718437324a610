//! Reading how far long work is.

use actix_web::{Responder, get, web};
use uuid::Uuid;

use super::{acts, model::Operation};
use crate::{
    app::App,
    http::{answer::Answer, caller::Caller, problem::Result, routing::ServiceConfig},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(read_operation);
}

/// How far an operation is that the caller asked for.
#[utoipa::path(tag = "operations", params(("operation_id" = Uuid, Path)), responses((status = 200, body = Operation)))]
#[get("/v1/operations/{operation_id}")]
async fn read_operation(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let (operation, version) = acts::read(&app, &caller, *id).await?;
    Ok(Answer::ok(operation).version(version))
}
