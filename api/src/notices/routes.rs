//! Notices over HTTP.

use actix_web::{HttpResponse, Responder, get, http::header, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    acts::{dead, inbox, ledger, reach},
    model::{
        ComplexReach, DeadNotice, EmailAddress, EmailCode, EmailState, Notice, NoticeFilter, Redelivery,
        SubscriptionReport, Subscriptions, UnreachedHome,
    },
    push,
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{self, Input, Once, Query},
        paging::{List, Page},
        problem::{Problem, Result},
    },
    incidents::model::Plainly,
};

/// The most that a push of WeChat's may have, in bytes.
const PUSH_LIMIT: usize = 64 * 1024;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_notices)
        .service(mark_notice)
        .service(list_subscriptions)
        .service(report_subscriptions)
        .service(save_email)
        .service(confirm_email)
        .service(read_reach)
        .service(list_unreached_homes)
        .service(list_dead_notices)
        .service(redeliver_notice);
}

/// Where WeChat pushes to; no part of the contract.
pub fn beside_the_contract(config: &mut web::ServiceConfig) {
    config.route("/wechat/push", web::get().to(greet)).route("/wechat/push", web::post().to(take_push));
}

/// What the caller was told, the newest first.
#[utoipa::path(tag = "notices", params(NoticeFilter, Page), responses((status = 200, body = List<Notice>)))]
#[get("/v1/notices")]
async fn list_notices(
    app: web::Data<App>,
    caller: Caller,
    filter: Query<NoticeFilter>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(inbox::list(&app, &caller, filter.0.unread.unwrap_or(false), &page.0).await?))
}

/// Keeps that the caller has read a notice.
#[utoipa::path(tag = "notices", params(("notice_id" = Uuid, Path)), request_body = Plainly, responses((status = 200, body = Notice)))]
#[post("/v1/notices/{notice_id}/readings")]
async fn mark_notice(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Plainly>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(inbox::mark_read(&app, &caller, tx, *id).await?))
    })
    .await
}

/// The templates to ask for with `wx.requestSubscribeMessage`, and how many messages the caller has left of each.
#[utoipa::path(tag = "notices", responses((status = 200, body = Subscriptions)))]
#[get("/v1/me/subscriptions")]
async fn list_subscriptions(app: web::Data<App>, caller: Caller) -> Result<impl Responder> {
    Ok(Answer::ok(ledger::subscriptions(&app, app.db.read(), &caller).await?))
}

/// Tells what the caller answered to `wx.requestSubscribeMessage`.
#[utoipa::path(tag = "notices", request_body = SubscriptionReport, responses((status = 200, body = Subscriptions)))]
#[post("/v1/me/subscriptions")]
async fn report_subscriptions(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<SubscriptionReport>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(ledger::report(&app, &caller, tx, &input.value).await?))
    })
    .await
}

/// Sends a code to an e-mail address that the caller wants letters at.
#[utoipa::path(tag = "notices", request_body = EmailAddress, responses(
    (status = 200, body = EmailState),
    (status = 409, description = "No e-mail is sent here"),
))]
#[put("/v1/me/email")]
async fn save_email(
    app: web::Data<App>,
    caller: Caller,
    input: Input<EmailAddress>,
) -> Result<impl Responder> {
    Ok(Answer::ok(inbox::send_code(&app, &caller, &input.value.address).await?))
}

/// Keeps an e-mail address with the code that was sent to it.
#[utoipa::path(tag = "notices", request_body = EmailCode, responses((status = 200, body = EmailState)))]
#[post("/v1/me/email/confirmations")]
async fn confirm_email(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<EmailCode>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(inbox::confirm_email(&app, &caller, tx, &input.value).await?))
    })
    .await
}

/// How many homes of a complex can be told anything, building by building.
#[utoipa::path(tag = "notices", params(("place_id" = Uuid, Path)), responses((status = 200, body = ComplexReach)))]
#[get("/v1/places/{place_id}/reach")]
async fn read_reach(app: web::Data<App>, caller: Caller, place: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(Answer::ok(reach::of_complex(&app, &caller, *place).await?))
}

/// The homes of a building where nobody can be told anything: whom to call, or where to knock.
#[utoipa::path(tag = "notices", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<UnreachedHome>)))]
#[get("/v1/places/{place_id}/unreached-homes")]
async fn list_unreached_homes(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(reach::unreached(&app, &caller, *place, &page.0).await?))
}

/// A complex's notices that failed as often as they are tried, the oldest first.
#[utoipa::path(tag = "notices", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<DeadNotice>)))]
#[get("/v1/places/{place_id}/dead-notices")]
async fn list_dead_notices(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(dead::list(&app, &caller, *place, &page.0).await?))
}

/// Sends a dead notice again.
#[utoipa::path(tag = "notices", params(("place_id" = Uuid, Path), ("notice_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Redelivery),
    (status = 409, description = "It is not among the dead"),
))]
#[post("/v1/places/{place_id}/dead-notices/{notice_id}/redeliveries")]
async fn redeliver_notice(
    app: web::Data<App>,
    caller: Caller,
    ids: web::Path<(Uuid, Uuid)>,
    once: Once,
    input: Input<Plainly>,
) -> Result<HttpResponse> {
    let (place, notice) = *ids;
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(dead::redeliver(&caller, tx, place, notice).await?))
    })
    .await
}

/// WeChat asks whether we are here: its words back, as they are.
async fn greet(app: web::Data<App>, query: web::Query<push::PushQuery>) -> Result<HttpResponse, Problem> {
    let echo = push::greet(&app, &query)?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8")).body(echo))
}

/// WeChat tells something.
async fn take_push(
    app: web::Data<App>,
    query: web::Query<push::PushQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = input::read(payload.into_inner(), PUSH_LIMIT).await?;
    push::take(&app, &query, &body).await?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8")).body("success"))
}
