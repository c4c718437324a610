//! Reading the tree of places.

use actix_web::{Responder, get, put, web};
use uuid::Uuid;

use super::{
    acts,
    model::{Located, Place, Step},
};
use crate::{
    app::App,
    database::Tx,
    http::{
        answer::Answer,
        caller::Caller,
        input::{IfMatch, Input, Query},
        paging::{List, Page},
        problem::Result,
        routing::ServiceConfig,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_places).service(read_place).service(list_children).service(locate_place);
}

/// The districts, from which every other place is found.
#[utoipa::path(tag = "places", params(Page), responses((status = 200, body = List<Step>)))]
#[get("/v1/places")]
async fn list_places(app: web::Data<App>, caller: Caller, page: Query<Page>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::districts(&app, &caller, &page.0).await?))
}

/// A place and what it is part of.
#[utoipa::path(tag = "places", params(("place_id" = Uuid, Path)), responses((status = 200, body = Place)))]
#[get("/v1/places/{place_id}")]
async fn read_place(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let (place, version) = acts::show(app.db.read(), &caller, *id).await?;
    Ok(Answer::ok(place).version(version))
}

/// The parts of a place, as people count them.
#[utoipa::path(tag = "places", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<Step>)))]
#[get("/v1/places/{place_id}/children")]
async fn list_children(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::children(&app, &caller, *id, &page.0).await?))
}

/// Says where a complex or a building is on the map, or that it is not known any more.
#[utoipa::path(tag = "places", params(("place_id" = Uuid, Path)), request_body = Located, responses(
    (status = 200, body = Place),
))]
#[put("/v1/places/{place_id}/position")]
async fn locate_place(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    version: IfMatch,
    input: Input<Located>,
) -> Result<impl Responder> {
    let at = input.value.position;
    let located = async |tx: &Tx| acts::locate(&caller, tx, *id, version.0, at).await;
    let (place, version) = app.write(located).await?;
    Ok(Answer::ok(place).version(version))
}
