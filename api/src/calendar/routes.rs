//! The calendar over HTTP.

use actix_web::{Responder, get, web};

use super::{
    acts,
    model::{CalendarYear, YearPath},
};
use crate::{
    app::App,
    http::{answer::Answer, problem::Result, routing::ServiceConfig},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(read_calendar_year);
}

/// Which days of a year are worked: by them deadlines are told that begin from `known_from` on.
#[utoipa::path(tag = "calendar", params(YearPath), responses((status = 200, body = CalendarYear)))]
#[get("/v1/calendar/{year}")]
async fn read_calendar_year(app: web::Data<App>, path: web::Path<YearPath>) -> Result<impl Responder> {
    let year = acts::read(app.db.read(), path.year).await?;
    let version = year.version.into();
    Ok(Answer::ok(year).version(version))
}
