//! Mandates and disputed ballots over HTTP.

use actix_web::{HttpResponse, Responder, get, http::StatusCode, post, web};
use uuid::Uuid;

use super::super::{
    acts,
    model::{
        AnswerDispute, Confirm, Dispute, DisputeBallot, DisputePath, GiveMandate, Mandate, MandatePath,
        ProxyCode,
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
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(make_proxy_code)
        .service(give_mandate)
        .service(list_mandates)
        .service(revoke_mandate)
        .service(dispute_ballot)
        .service(list_disputes)
        .service(answer_dispute);
}

/// Makes a code that the caller reads out to an owner who wants them as a proxy; the only time that it is told. An
/// earlier one is not good any more.
#[utoipa::path(tag = "polls", request_body = Confirm, responses((status = 201, body = ProxyCode)))]
#[post("/v1/proxy-codes")]
async fn make_proxy_code(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<Confirm>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let code = acts::make_proxy_code(&app, &caller, tx).await?;
        Ok(Answer { status: StatusCode::CREATED, ..Answer::ok(code) })
    })
    .await
}

/// Has somebody else cast the ballot of one of the caller's heads, for whole and for this poll, by a signed paper. The
/// head's owners can cast themselves all the same: the first ballot stands.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = GiveMandate, responses(
    (status = 201, body = Mandate),
    (status = 409, description = "The rules or the time allow no mandate, the head has one or its ballot is in, or the \
        proxy casts for as many as one may"),
))]
#[post("/v1/polls/{poll_id}/mandates")]
async fn give_mandate(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<GiveMandate>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::give_mandate(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Mandates for a poll: all for those who convene or guide it; for everybody else those of their own heads, and those
/// by which they cast for others.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), Page),
    responses((status = 200, body = List<Mandate>)))]
#[get("/v1/polls/{poll_id}/mandates")]
async fn list_mandates(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::mandates(&app, &caller, *id, &page.0).await?))
}

/// Takes a mandate back that was not used yet: any owner of the head, or the proxy, who lays it down.
#[utoipa::path(tag = "polls", params(MandatePath), request_body = Confirm, responses(
    (status = 201, body = Mandate),
    (status = 409, description = "It was used, or taken back already"),
))]
#[post("/v1/polls/{poll_id}/mandates/{mandate_id}/revocations")]
async fn revoke_mandate(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<MandatePath>,
    once: Once,
    input: Input<Confirm>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::revoke_mandate(&app, &caller, tx, &path).await
    })
    .await
}

/// Says that the ballot of one of the caller's heads is not theirs, while voting goes on. Not for whoever cast it: this
/// changes no vote.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = DisputeBallot, responses(
    (status = 201, body = Dispute),
    (status = 403, description = "The caller cast it"),
    (status = 409, description = "Voting is not going on, no ballot is in, one dispute waits, or there were three"),
))]
#[post("/v1/polls/{poll_id}/disputes")]
async fn dispute_ballot(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<DisputeBallot>,
) -> Result<HttpResponse> {
    let check = async || acts::check_dispute(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::dispute(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Disputed ballots: all for those who convene or guide the vote, their own for everybody else.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), Page),
    responses((status = 200, body = List<Dispute>)))]
#[get("/v1/polls/{poll_id}/disputes")]
async fn list_disputes(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::disputes(&app, &caller, *id, &page.0).await?))
}

/// Answers a dispute, with reasons, while voting goes on. Where it holds, the ballot is set aside and kept, and the head
/// may cast again.
#[utoipa::path(tag = "polls", params(DisputePath), request_body = AnswerDispute, responses(
    (status = 201, body = Dispute),
    (status = 403, description = "The caller is a party to the ballot"),
    (status = 409, description = "It is answered already, the ballot does not count any more, or voting is over"),
))]
#[post("/v1/polls/{poll_id}/disputes/{dispute_id}/answers")]
async fn answer_dispute(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<DisputePath>,
    once: Once,
    input: Input<AnswerDispute>,
) -> Result<HttpResponse> {
    let check = async || acts::check_dispute_answer(&app, &caller, path.poll_id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::answer_dispute(&app, &caller, tx, &path, &input.value).await
    })
    .await
}
