//! Figures over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts, lists,
    model::{
        Appeal, Board, CloseMonth, ClosedMonth, ClosingPath, ClosingQuery, DecideAppeal, FigureRow, Figures,
        FiguresQuery, Format, FormulaInForce, FormulaQuery, MakeAppeal, PublishFormula, RowsQuery,
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
        sheet::{Paper, as_file},
    },
    moderation,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_figures)
        .service(list_figure_rows)
        .service(read_board)
        .service(read_figure_formula)
        .service(publish_formula)
        .service(close_month)
        .service(read_closing)
        .service(list_figure_appeals)
        .service(make_appeal)
        .service(read_figure_appeal)
        .service(decide_appeal);
}

/// How a place did in a month: each figure an exact fraction, by the formula that is named. Whoever holds a post sees
/// their own level and those below it; residents see the rates of their complex that enough of them made. As JSON, or as
/// a table with a line for each figure, of a closed month and of the open one alike.
#[utoipa::path(tag = "figures", params(("place_id" = Uuid, Path), FiguresQuery), responses(
    (status = 200, content(
        (Figures = "application/json"),
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    (status = 403, description = "Residents see all together"),
))]
#[get("/v1/places/{place_id}/figures")]
async fn read_figures(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    query: Query<FiguresQuery>,
) -> Result<web::Either<Answer<Figures>, HttpResponse>> {
    let figures = acts::figures(&app, &caller, *place, &query.0).await?;
    match paper(query.0.format) {
        None => Ok(web::Either::Left(Answer::ok(figures))),
        Some(paper) => {
            let name = format!("figures-{}-{}", figures.period, figures.place_id);
            Ok(web::Either::Right(as_file(lists::figures(&figures), paper, &name).await?))
        }
    }
}

/// What a table is written on; none for JSON.
fn paper(format: Format) -> Option<Paper> {
    match format {
        Format::Json => None,
        Format::Csv => Some(Paper::Csv),
        Format::Xlsx => Some(Paper::Xlsx),
    }
}

/// The rows that made a figure, and those that it left out, with the reason.
#[utoipa::path(tag = "figures",
    params(("place_id" = Uuid, Path),
        ("figure" = String, Path, description = "Its code.", example = "RESPONSE", max_length = 24), RowsQuery),
    responses((status = 200, body = List<FigureRow>)))]
#[get("/v1/places/{place_id}/figures/{figure}/rows")]
async fn list_figure_rows(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(Uuid, String)>,
    query: Query<RowsQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::rows(&app, &caller, path.0, &path.1, &query.0).await?))
}

/// How a place stands now, all of one moment: what is open, late and due, what climbed, what is reported most and where,
/// the rates of the month so far, and what was closed last.
#[utoipa::path(tag = "figures", params(("place_id" = Uuid, Path)), responses((status = 200, body = Board)))]
#[get("/v1/places/{place_id}/board")]
async fn read_board(app: web::Data<App>, caller: Caller, place: web::Path<Uuid>) -> Result<impl Responder> {
    let (board, version) = acts::board(&app, &caller, *place).await?;
    Ok(Answer::ok(board).version(version))
}

/// The formula by which a place is counted in a month.
#[utoipa::path(tag = "figures", params(("place_id" = Uuid, Path), FormulaQuery),
    responses((status = 200, body = FormulaInForce)))]
#[get("/v1/places/{place_id}/figure-formula")]
async fn read_figure_formula(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    query: Query<FormulaQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::formula(&app, &caller, *place, &query.0).await?))
}

/// A district publishes a formula of its own, from a month on that has not begun.
#[utoipa::path(tag = "figures", params(("place_id" = Uuid, Path)), request_body = PublishFormula, responses(
    (status = 201, body = FormulaInForce),
    (status = 409, description = "That month has begun, or has its formula"),
))]
#[post("/v1/places/{place_id}/figure-formulas")]
async fn publish_formula(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<PublishFormula>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let formula = acts::publish(&caller, tx, *place, &input.value).await?;
        let location = format!("/v1/places/{place}/figure-formula?period={}", formula.period);
        Ok(Answer::created(formula, location))
    })
    .await
}

/// Closes a month of a complex before the clock does, once it is over.
#[utoipa::path(tag = "figures", params(("place_id" = Uuid, Path)), request_body = CloseMonth, responses(
    (status = 201, body = ClosedMonth),
    (status = 409, description = "It is not over, or is closed already"),
))]
#[post("/v1/places/{place_id}/closings")]
async fn close_month(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<CloseMonth>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let (closed, version) = acts::close_by_hand(&caller, tx, *place, &input.value).await?;
        let location = format!("/v1/places/{place}/closings/{}", input.value.period);
        Ok(Answer::created(closed, location).version(version))
    })
    .await
}

/// A closed month with its rows: as JSON, which can be computed again by `linli verify figures`, or as a table.
#[utoipa::path(tag = "figures", params(ClosingPath, ClosingQuery), responses(
    (status = 200, content(
        (ClosedMonth = "application/json"),
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
))]
#[get("/v1/places/{place_id}/closings/{period}")]
async fn read_closing(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ClosingPath>,
    query: Query<ClosingQuery>,
) -> Result<web::Either<Answer<ClosedMonth>, HttpResponse>> {
    let closed = acts::closing(&app, &caller, &path, &query.0).await?;
    match paper(query.0.format) {
        None => Ok(web::Either::Left(Answer::ok(closed))),
        Some(paper) => {
            let name = format!("figures-{}-{}", path.period, closed.id);
            Ok(web::Either::Right(as_file(lists::closing(&closed)?, paper, &name).await?))
        }
    }
}

/// The appeals against a closed month.
#[utoipa::path(tag = "figures", params(ClosingPath, Page), responses((status = 200, body = List<Appeal>)))]
#[get("/v1/places/{place_id}/closings/{period}/appeals")]
async fn list_figure_appeals(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ClosingPath>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::appeals(&app, &caller, &path, &page.0).await?))
}

/// The post that a row is about says why the row should not count.
#[utoipa::path(tag = "figures", request_body = MakeAppeal, responses(
    (status = 201, body = Appeal),
    (status = 403, description = "The row is about another post"),
    (status = 409, description = "Its month is not closed, or was long ago, or the row was appealed already"),
))]
#[post("/v1/figure-appeals")]
async fn make_appeal(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<MakeAppeal>,
) -> Result<impl Responder> {
    let check = async || moderation::check(&app, caller.person, [input.value.reason.as_str()]).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        let appeal = acts::appeal(&app, &caller, tx, &input.value).await?;
        let (location, version) = (format!("/v1/figure-appeals/{}", appeal.id), appeal.version);
        Ok(Answer::created(appeal, location).version(version))
    })
    .await
}

/// An appeal, for the post that made it and those above.
#[utoipa::path(tag = "figures", params(("appeal_id" = Uuid, Path)), responses((status = 200, body = Appeal)))]
#[get("/v1/figure-appeals/{appeal_id}")]
async fn read_figure_appeal(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    let appeal = acts::read_appeal(&app, &caller, *id).await?;
    let version = appeal.version;
    Ok(Answer::ok(appeal).version(version))
}

/// A level above the post decides. What is upheld makes a new version of the closing, which names the one before.
#[utoipa::path(tag = "figures", params(("appeal_id" = Uuid, Path)), request_body = DecideAppeal, responses(
    (status = 200, body = Appeal),
    (status = 403, description = "Only a level above decides"),
    (status = 409, description = "It is decided already"),
))]
#[post("/v1/figure-appeals/{appeal_id}/decisions")]
async fn decide_appeal(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<DecideAppeal>,
) -> Result<impl Responder> {
    let check = async || moderation::check(&app, caller.person, [input.value.words.as_str()]).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        let appeal = acts::decide(&app, &caller, tx, *id, &input.value).await?;
        let version = appeal.version;
        Ok(Answer::ok(appeal).version(version))
    })
    .await
}
