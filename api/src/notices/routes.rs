//! Notices over HTTP.

use actix_web::{HttpResponse, Responder, get, http::header, post, put, web};
use uuid::Uuid;

use super::{
    acts::{dead, inbox, ledger, reach, silences},
    model::{
        BeginSilence, ComplexReach, DeadNotice, EmailAddress, EmailCode, EmailState, Notice, NoticeFilter,
        Redelivery, Silence, SubscriptionReport, Subscriptions, UnreachedHome,
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
        routing::ServiceConfig,
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
        .service(redeliver_notice)
        .service(begin_silence)
        .service(list_silences)
        .service(read_silence)
        .service(end_silence);
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

/// Has the caller's post not called by the clock about a kind of matter at a place for a while. What people say or do is
/// told all the same, and so is every danger to life; clocks run on, and the level above is told what comes to it.
#[utoipa::path(tag = "notices", params(("place_id" = Uuid, Path)), request_body = BeginSilence, responses(
    (status = 201, body = Silence),
    (status = 403, description = "No post of the caller's stands over the place"),
    (status = 409, description = "There are too many already"),
))]
#[post("/v1/places/{place_id}/silences")]
async fn begin_silence(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    place: web::Path<Uuid>,
    input: Input<BeginSilence>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let begun = silences::begin(&app, &caller, tx, *place, &input.value).await?;
        let (location, version) = (format!("/v1/silences/{}", begun.id), begun.version);
        Ok(Answer::created(begun, location).version(version))
    })
    .await
}

/// What posts are not called about at a place, as it was said of it or of a place above; the first to end first.
#[utoipa::path(tag = "notices", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<Silence>)))]
#[get("/v1/places/{place_id}/silences")]
async fn list_silences(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(silences::list(&app, &caller, *place, &page.0).await?))
}

/// A silence.
#[utoipa::path(tag = "notices", params(("silence_id" = Uuid, Path)), responses((status = 200, body = Silence)))]
#[get("/v1/silences/{silence_id}")]
async fn read_silence(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let silence = silences::read(&app, &caller, *id).await?;
    let version = silence.version;
    Ok(Answer::ok(silence).version(version))
}

/// It is over early: for its author, and for the levels above its post.
#[utoipa::path(tag = "notices", params(("silence_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Silence),
    (status = 403, description = "The caller may see it, and not end it"),
    (status = 409, description = "It is over"),
))]
#[post("/v1/silences/{silence_id}/endings")]
async fn end_silence(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let over = silences::end(&app, &caller, tx, *id).await?;
        let version = over.version;
        Ok(Answer::ok(over).version(version))
    })
    .await
}
