//! Ballots on paper over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use uuid::Uuid;

use super::super::{
    acts,
    model::paper::{
        AdjudicatePaper, AskPaper, EnterPaper, IssuePapers, Paper, PaperAsked, PaperBox, PaperPath,
        PapersIssued, PapersQuery, StateBox, WithdrawEntry,
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
        .service(issue_papers)
        .service(ask_paper)
        .service(list_papers)
        .service(read_paper)
        .service(enter_paper)
        .service(withdraw_entry)
        .service(adjudicate_paper)
        .service(state_box);
}

/// Gives out numbered papers, one a head; a head that has one already gets another in its place.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = IssuePapers, responses(
    (status = 201, body = PapersIssued),
    (status = 403, description = "The caller may not handle papers of this poll"),
    (status = 409, description = "It is not the time, or a head's ballot or paper is in"),
))]
#[post("/v1/polls/{poll_id}/papers")]
async fn issue_papers(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<IssuePapers>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::issue_papers(&caller, tx, *id, &input.value).await
    })
    .await
}

/// Asks for a paper for one of the caller's heads, also where voting is online: it is given out under a number of its own,
/// and handed over by those who handle papers.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = AskPaper, responses(
    (status = 201, body = PaperAsked),
    (status = 409, description = "It is not the time, the rules have nobody vote on paper, or the head's ballot or paper is out"),
))]
#[post("/v1/polls/{poll_id}/paper-requests")]
async fn ask_paper(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<AskPaper>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::ask_paper(&caller, tx, *id, &input.value).await
    })
    .await
}

/// Papers by number, for those who handle them.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), PapersQuery), responses(
    (status = 200, body = List<Paper>),
    (status = 403, description = "The caller may not handle papers of this poll"),
))]
#[get("/v1/polls/{poll_id}/papers")]
async fn list_papers(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    query: Query<PapersQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::papers(&app, &caller, *id, &query.0).await?))
}

/// One paper; where two clerks read it differently, with what they read, for a third.
#[utoipa::path(tag = "polls", params(PaperPath), responses(
    (status = 200, body = Paper),
    (status = 403, description = "The caller may not handle papers of this poll"),
))]
#[get("/v1/polls/{poll_id}/papers/{paper_id}")]
async fn read_paper(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<PaperPath>,
) -> Result<impl Responder> {
    acts::read_paper(&app, &caller, &path).await
}

/// Enters what a paper that came back says; the second time by another clerk, who does not see the first entry.
#[utoipa::path(tag = "polls", params(PaperPath), request_body = EnterPaper, responses(
    (status = 201, body = Paper),
    (status = 403, description = "The caller may not handle papers of this poll"),
    (status = 409, description = "It is not the time, or the paper cannot be entered by this caller any more"),
))]
#[post("/v1/polls/{poll_id}/papers/{paper_id}/entries")]
async fn enter_paper(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<PaperPath>,
    once: Once,
    input: Input<EnterPaper>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::enter_paper(&app, &caller, tx, &path, &input.value).await
    })
    .await
}

/// Takes back the only entry of a paper that never came back: it was entered under a wrong number. Another clerk does so
/// than the one who entered it.
#[utoipa::path(tag = "polls", params(PaperPath), request_body = WithdrawEntry, responses(
    (status = 201, body = Paper),
    (status = 403, description = "The caller may not handle papers of this poll"),
    (status = 409, description = "The paper was not entered just once, or by the caller"),
))]
#[post("/v1/polls/{poll_id}/papers/{paper_id}/withdrawals")]
async fn withdraw_entry(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<PaperPath>,
    once: Once,
    input: Input<WithdrawEntry>,
) -> Result<HttpResponse> {
    let check = async || acts::check_reasons(&app, &caller, path.poll_id, &input.value.reasons).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::withdraw_entry(&app, &caller, tx, &path, &input.value).await
    })
    .await
}

/// Says what a paper says that two clerks read differently, with reasons.
#[utoipa::path(tag = "polls", params(PaperPath), request_body = AdjudicatePaper, responses(
    (status = 201, body = Paper),
    (status = 403, description = "The caller may not handle papers of this poll"),
    (status = 409, description = "Its entries do not differ, or the caller made one of them"),
))]
#[post("/v1/polls/{poll_id}/papers/{paper_id}/adjudications")]
async fn adjudicate_paper(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<PaperPath>,
    once: Once,
    input: Input<AdjudicatePaper>,
) -> Result<HttpResponse> {
    let check = async || acts::check_reasons(&app, &caller, path.poll_id, &input.value.reasons).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::adjudicate_paper(&app, &caller, tx, &path, &input.value).await
    })
    .await
}

/// States how many papers are in the box. Two persons count it, each without seeing what the other stated.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = StateBox, responses(
    (status = 201, body = PaperBox),
    (status = 403, description = "The caller may not handle papers of this poll"),
    (status = 409, description = "Voting is not over, the box is stated, or it holds another number than was entered"),
))]
#[post("/v1/polls/{poll_id}/boxes")]
async fn state_box(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<StateBox>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::state_box(&app, &caller, tx, *id, input.value).await
    })
    .await
}
