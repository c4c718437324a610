//! The roll over HTTP.

mod corrections;
mod multipart;
mod representations;

use actix_web::{HttpResponse, Responder, get, post, web};
use multipart::FormFile;
use uuid::Uuid;

use super::{
    acts::{self, Wish},
    model::{CheckQuery, ImportQuery, RollCheck, RollSummary, RollUpload, Rows},
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Once, Query},
        problem::Result,
        routing::ServiceConfig,
    },
    operations::model::Operation,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(check_roll)
        .service(import_roll)
        .service(read_roll)
        .configure(corrections::routes)
        .configure(representations::routes);
}

/// Goes through a roll file and tells what an import would do; writes nothing.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path), CheckQuery),
    request_body(content = RollUpload, content_type = "multipart/form-data"),
    responses((status = 200, body = RollCheck), (status = 422, description = "The file cannot be read as a roll")))]
#[post("/v1/places/{place_id}/roll-checks")]
async fn check_roll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    query: Query<CheckQuery>,
    file: FormFile,
) -> Result<impl Responder> {
    let CheckQuery { new_buildings, coverage } = query.0;
    let wish = Wish { rows: Rows::All, new_buildings, coverage, overrule_corrections: false };
    Ok(Answer::ok(acts::check(&app, &caller, *id, wish, file.bytes).await?))
}

/// Imports a roll file, as an operation: all of it, or on request the good rows.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path), ImportQuery),
    request_body(content = RollUpload, content_type = "multipart/form-data"),
    responses((status = 202, body = Operation), (status = 422, description = "Rows are refused, or the file cannot be read")))]
#[post("/v1/places/{place_id}/roll-imports")]
async fn import_roll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    query: Query<ImportQuery>,
    once: Once,
    file: FormFile,
) -> Result<HttpResponse> {
    let rows = if query.0.good_rows_only { Rows::Good } else { Rows::All };
    let ImportQuery { new_buildings, coverage, overrule_corrections, .. } = query.0;
    let wish = Wish { rows, new_buildings, coverage, overrule_corrections };
    let ready = acts::prepare(&app, &caller, *id, wish, file.bytes).await?;
    app.once(caller.person, &once, &file.digest, async |tx| acts::ask_import(&app, &caller, tx, ready).await)
        .await
}

/// What the roll of a complex comes to.
#[utoipa::path(tag = "roll", params(("place_id" = Uuid, Path)), responses(
    (status = 200, body = RollSummary),
    (status = 422, description = "The place is not a complex"),
))]
#[get("/v1/places/{place_id}/roll")]
async fn read_roll(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let (roll, version) = acts::read(&app, &caller, *id).await?;
    Ok(Answer::ok(roll).version(version))
}
