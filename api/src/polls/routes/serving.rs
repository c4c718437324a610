//! Service and reminders over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use uuid::Uuid;

use super::super::{
    acts,
    model::{
        Confirm,
        serving::{
            HeadService, NoteServices, Reminder, Service, ServicePath, ServiceTotals, ServicesNoted,
            ServicesQuery, WithdrawService,
        },
    },
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Input, Once, Query},
        paging::List,
        problem::Result,
        routing::ServiceConfig,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(note_services)
        .service(list_services)
        .service(withdraw_service)
        .service(read_service_totals)
        .service(remind_voters);
}

/// Notes that heads were served in person or by post, up to 100 that one paper shows. From the lock until voting ends:
/// what nobody noted by then is not proven, and such a head's silence never counts.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = NoteServices, responses(
    (status = 201, body = ServicesNoted),
    (status = 403, description = "The caller is of the property company or of the developer"),
    (status = 409, description = "It is not the time, the rules do not know this way, or a head was served so already"),
))]
#[post("/v1/polls/{poll_id}/services")]
async fn note_services(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<NoteServices>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::note_services(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Heads with how they were served: all for those who convene, their own for everybody else. The property company and
/// the developer have the totals alone.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), ServicesQuery),
    responses((status = 200, body = List<HeadService>)))]
#[get("/v1/polls/{poll_id}/services")]
async fn list_services(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    query: Query<ServicesQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::services(&app, &caller, *id, &query.0).await?))
}

/// Takes a service back that was noted by mistake, while voting lasts. It is kept, and does not count.
#[utoipa::path(tag = "polls", params(ServicePath), request_body = WithdrawService, responses(
    (status = 201, body = Service),
    (status = 403, description = "The caller is of the property company or of the developer"),
    (status = 409, description = "It was taken back already, was noted by itself, or voting is over"),
))]
#[post("/v1/polls/{poll_id}/services/{service_id}/withdrawals")]
async fn withdraw_service(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ServicePath>,
    once: Once,
    input: Input<WithdrawService>,
) -> Result<HttpResponse> {
    let check = async || acts::check_withdrawal(&app, &caller, path.poll_id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::withdraw_service(&app, &caller, tx, &path, &input.value).await
    })
    .await
}

/// How many heads were served, and how.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses((status = 200, body = ServiceTotals)))]
#[get("/v1/polls/{poll_id}/service-totals")]
async fn read_service_totals(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    acts::service_totals(&app, &caller, *id).await
}

/// Has everybody reminded who may cast for a head that has not voted: while voting lasts, once in 24 hours. Whoever asks
/// for it learns how many heads those are, and nobody learns which; the record tells the same.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = Confirm, responses(
    (status = 201, body = Reminder),
    (status = 403, description = "The caller is of the property company or of the developer"),
    (status = 409, description = "Voting is not going on, or somebody reminded less than 24 hours ago"),
))]
#[post("/v1/polls/{poll_id}/reminders")]
async fn remind_voters(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Confirm>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::remind(&caller, tx, *id).await).await
}
