//! Polls over HTTP.

mod committee;
mod external;
mod mandates;
mod paper;
mod serving;
mod standstill;

use actix_web::{HttpResponse, Responder, get, post, put, web};
use uuid::Uuid;

use super::{
    acts,
    model::{
        AddCandidate, AddMatter, AnswerObjection, CampaignPage, Candidate, CastBallot, Confirm, Consent,
        CreatePoll, DeadlinePath, DueAct, Evaluation, ListFormat, ListName, ListQuery, MakeObjection,
        MakeRunoff, Matter, MeetDeadline, MyHead, Objection, ObjectionPath, Poll, PollLine, PollList,
        PollResult, PollRulesInForce, PollsQuery, Progress, Receipt, ReceiptCheck, RecountReport,
        RegisterHead, Registration, RulesCase, UpdatePage, UpdatePoll,
    },
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{IfMatch, Input, Once, Query},
        paging::{List, Page},
        problem::Result,
        routing::ServiceConfig,
        sheet::{Paper, as_file, file},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_poll)
        .service(list_polls)
        .service(read_poll)
        .service(update_poll)
        .service(read_poll_rules)
        .service(add_matter)
        .service(add_candidate)
        .service(list_candidates)
        .service(read_page)
        .service(update_page)
        .service(consent_candidate)
        .service(lock_poll)
        .service(register_head)
        .service(cast_ballot)
        .service(list_my_heads)
        .service(check_receipt)
        .service(read_progress)
        .service(publish_poll)
        .service(read_result)
        .service(read_recount)
        .service(read_list)
        .service(read_verification)
        .service(make_runoff)
        .service(object_poll)
        .service(list_poll_objections)
        .service(answer_poll_objection)
        .service(list_poll_deadlines)
        .service(meet_poll_deadline)
        .service(evaluate_rules);
    committee::routes(config);
    external::routes(config);
    mandates::routes(config);
    paper::routes(config);
    serving::routes(config);
    standstill::routes(config);
}

/// Prepares a poll.
#[utoipa::path(tag = "polls", request_body = CreatePoll, responses(
    (status = 201, body = Poll),
    (status = 409, description = "A by-election that does not fit the committee which it is to complete, or that has none"),
))]
#[post("/v1/polls")]
async fn create_poll(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<CreatePoll>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Box::pin(acts::create(&app, &caller, tx, input.value)).await
    })
    .await
}

/// Polls of a place, or of all the caller's complexes, the newest first.
#[utoipa::path(tag = "polls", params(PollsQuery), responses((status = 200, body = List<PollLine>)))]
#[get("/v1/polls")]
async fn list_polls(app: web::Data<App>, caller: Caller, query: Query<PollsQuery>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, &query.0).await?))
}

/// A poll with its texts and the rules in force.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses((status = 200, body = Poll)))]
#[get("/v1/polls/{poll_id}")]
async fn read_poll(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    acts::read(&app, &caller, *id).await
}

/// Changes a draft.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = UpdatePoll, responses(
    (status = 200, body = Poll),
    (status = 409, description = "The poll is locked, or would tell more of its votes than was chosen"),
))]
#[put("/v1/polls/{poll_id}")]
async fn update_poll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    version: IfMatch,
    input: Input<UpdatePoll>,
) -> Result<impl Responder> {
    let keys = &app.config.external_keys;
    app.write(async |tx| acts::update(keys, &caller, tx, *id, version.0, input.value).await).await
}

/// By which rules a poll is held: each with its value, who said it, and where it comes from.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses((status = 200, body = PollRulesInForce)))]
#[get("/v1/polls/{poll_id}/rules")]
async fn read_poll_rules(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    acts::rules_of(&app, &caller, *id).await
}

/// Puts a text to the vote.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = AddMatter, responses(
    (status = 201, body = Matter),
    (status = 409, description = "The poll is locked, or holds as many as it can"),
))]
#[post("/v1/polls/{poll_id}/matters")]
async fn add_matter(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<AddMatter>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::add_matter(&caller, tx, *id, input.value).await
    })
    .await
}

/// Lets an owner stand whom the roll knows at that home under that name.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = AddCandidate, responses(
    (status = 201, body = Candidate),
    (status = 409, description = "The poll is locked, elects nobody, or the owner stands already"),
))]
#[post("/v1/polls/{poll_id}/candidates")]
async fn add_candidate(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<AddCandidate>,
) -> Result<HttpResponse> {
    let act = async |tx: &_| acts::add_candidate(&app, &caller, tx, *id, input.value).await;
    app.once(caller.person, &once, &input.digest, act).await
}

/// Who stands, in the caller's own order.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses((status = 200, body = List<Candidate>)))]
#[get("/v1/polls/{poll_id}/candidates")]
async fn list_candidates(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::candidates(&app, &caller, *id).await?))
}

/// A candidate's campaign page.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), ("candidate_id" = Uuid, Path)), responses(
    (status = 200, body = CampaignPage),
))]
#[get("/v1/polls/{poll_id}/candidates/{candidate_id}/page")]
async fn read_page(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<impl Responder> {
    acts::read_page(&app, &caller, path.0, path.1).await
}

/// Writes the next version of the caller's own campaign page; `If-Match` names the one that is there, `"v0"` for none.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), ("candidate_id" = Uuid, Path)),
    request_body = UpdatePage, responses(
    (status = 200, body = CampaignPage),
    (status = 409, description = "The poll is locked"),
))]
#[put("/v1/polls/{poll_id}/candidates/{candidate_id}/page")]
async fn update_page(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(Uuid, Uuid)>,
    version: IfMatch,
    input: Input<UpdatePage>,
) -> Result<impl Responder> {
    let page = path.into_inner();
    app.write(async |tx| acts::update_page(&app, &caller, tx, page, version.0, input.value).await).await
}

/// The candidate agrees to be shown by name.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), ("candidate_id" = Uuid, Path)),
    request_body = Consent, responses((status = 201, body = Candidate)))]
#[post("/v1/polls/{poll_id}/candidates/{candidate_id}/consents")]
async fn consent_candidate(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(Uuid, Uuid)>,
    once: Once,
    input: Input<Consent>,
) -> Result<HttpResponse> {
    let act = async |tx: &_| acts::consent(&app, &caller, tx, path.0, path.1).await;
    app.once(caller.person, &once, &input.digest, act).await
}

/// Freezes roll, rules, candidates and texts.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = Confirm, responses(
    (status = 201, body = Poll),
    (status = 409, description = "The poll is not fit to be locked, or is locked already"),
))]
#[post("/v1/polls/{poll_id}/locks")]
async fn lock_poll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Confirm>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::lock(&app, &caller, tx, *id).await).await
}

/// Registers one of the caller's heads for an OPINION poll: only who registered before it opens votes in it.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = RegisterHead, responses(
    (status = 201, body = Registration),
    (status = 409, description = "The head has registered, or it is not the time, or nobody has to for this poll"),
))]
#[post("/v1/polls/{poll_id}/registrations")]
async fn register_head(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<RegisterHead>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::register(&caller, tx, *id, &input.value).await
    })
    .await
}

/// Casts the ballot of one of the caller's heads; the answer is the receipt.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = CastBallot, responses(
    (status = 201, body = Receipt),
    (status = 409, description = "Voting has not begun or is over, or the head's ballot is in"),
))]
#[post("/v1/polls/{poll_id}/ballots")]
async fn cast_ballot(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<CastBallot>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::cast(&app, &caller, tx, *id, input.value).await
    })
    .await
}

/// The heads that the caller may cast for.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses((status = 200, body = List<MyHead>)))]
#[get("/v1/polls/{poll_id}/heads")]
async fn list_my_heads(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::my_heads(&app, &caller, *id).await?))
}

/// Whether a ballot is in, and from the close on the proof that it was counted.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), ("ballot_id" = Uuid, Path)), responses(
    (status = 200, body = ReceiptCheck),
))]
#[get("/v1/polls/{poll_id}/receipts/{ballot_id}")]
async fn check_receipt(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::check_receipt(&app, &caller, path.0, path.1).await?))
}

/// How many took part so far; never for what. While voting goes on, as far as the poll's publicity lets it be told.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses(
    (status = 200, body = Progress),
    (status = 409, description = "The poll keeps its turnout for the close"),
))]
#[get("/v1/polls/{poll_id}/progress")]
async fn read_progress(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::progress(&app, &caller, *id).await?))
}

/// Publishes the result of a closed poll.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = Confirm, responses(
    (status = 201, body = Poll),
    (status = 409, description = "Voting is not over, or the result is out already"),
))]
#[post("/v1/polls/{poll_id}/publications")]
async fn publish_poll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Confirm>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::publish(&caller, tx, *id).await).await
}

/// The result, explained: each denominator, threshold and margin by name.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses((status = 200, body = PollResult)))]
#[get("/v1/polls/{poll_id}/result")]
async fn read_result(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    acts::result(&app, &caller, *id).await
}

/// Counts a poll again from its ballots, now, and answers the signed report: its hashes, its figures and verdicts, and where
/// the result in force is another. It changes nothing. Kept as a file, `linli verify recount` checks it. Of a result that is
/// told in coarser steps it is for those who watch the poll.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), responses(
    (status = 200, body = RecountReport),
    (status = 403, description = "The figures are told in coarser steps"),
))]
#[get("/v1/polls/{poll_id}/recount")]
async fn read_recount(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<HttpResponse> {
    let report = acts::read_recount(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().content_type("application/json; charset=utf-8").body(report))
}

/// One of the four lists: members, candidates, texts or participation; as JSON, as a table to keep, or as a notice to
/// print on A4 or A3. With a variant each row stands under a commitment of its own.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), ("list" = ListName, Path), ListQuery), responses(
    (status = 403, description = "The whole list is for whoever convenes the vote"),
    (status = 409, description = "Owners vote in another system, which alone knows who took part"),
    (status = 200, content(
        (PollList = "application/json"),
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (String = "text/html"),
    )),
))]
#[get("/v1/polls/{poll_id}/lists/{list}")]
async fn read_list(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(Uuid, ListName)>,
    query: Query<ListQuery>,
) -> Result<web::Either<Answer<PollList>, HttpResponse>> {
    let list = acts::list_of(&app, &caller, path.0, (path.1, query.0.variant)).await?;
    let name = list.file_name()?;
    match query.0.format {
        ListFormat::Json => Ok(web::Either::Left(Answer::ok(list.shown))),
        ListFormat::Csv => Ok(web::Either::Right(as_file(list.sheet(), Paper::Csv, &name).await?)),
        ListFormat::Xlsx => Ok(web::Either::Right(as_file(list.sheet(), Paper::Xlsx, &name).await?)),
        ListFormat::Html => {
            let public = app.config.public_url.base().map(str::to_owned);
            let write = move || list.notice(public.as_deref(), query.0.paper).map(String::into_bytes);
            let notice = file(write, "text/html; charset=utf-8", &format!("{name}.html")).await?;
            Ok(web::Either::Right(notice))
        }
    }
}

/// What the notices of a published poll are held against, as a page for whoever scans the code on one: no sign-in, and
/// nothing about anybody.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)),
    responses((status = 200, content((String = "text/html")))))]
#[get("/v1/polls/{poll_id}/verification")]
async fn read_verification(app: web::Data<App>, id: web::Path<Uuid>) -> Result<HttpResponse> {
    let page = acts::verification(&app, *id).await?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page))
}

/// Prepares the run-off of a published election in which candidates are equal for the last seats.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = MakeRunoff, responses(
    (status = 201, body = Poll),
    (status = 409, description = "No run-off is due, or there is one already"),
))]
#[post("/v1/polls/{poll_id}/runoffs")]
async fn make_runoff(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<MakeRunoff>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::make_runoff(&caller, tx, *id, &input.value).await
    })
    .await
}

/// Objects to a published result while it is provisional.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)), request_body = MakeObjection, responses(
    (status = 201, body = Objection),
    (status = 403, description = "The caller has no part in the vote"),
    (status = 409, description = "The time to object is over, or the caller objected too often"),
))]
#[post("/v1/polls/{poll_id}/objections")]
async fn object_poll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<MakeObjection>,
) -> Result<HttpResponse> {
    let check = async || acts::check_objection(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::object(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Objections to a result: all for those who convene or guide the vote, their own for everybody else.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path), Page),
    responses((status = 200, body = List<Objection>)))]
#[get("/v1/polls/{poll_id}/objections")]
async fn list_poll_objections(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::objections(&app, &caller, *id, &page.0).await?))
}

/// Answers an objection, with reasons. A result against which one holds stays provisional: it is recounted, or voted on
/// anew.
#[utoipa::path(tag = "polls", params(ObjectionPath), request_body = AnswerObjection, responses(
    (status = 201, body = Objection),
    (status = 403, description = "It is the caller's own objection"),
    (status = 409, description = "It is answered already"),
))]
#[post("/v1/polls/{poll_id}/objections/{objection_id}/answers")]
async fn answer_poll_objection(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ObjectionPath>,
    once: Once,
    input: Input<AnswerObjection>,
) -> Result<HttpResponse> {
    let check = async || acts::check_answer(&app, &caller, path.poll_id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::answer_objection(&app, &caller, tx, &path, &input.value).await
    })
    .await
}

/// What is to be done after a vote, by when, and what was done: publishing, the committee's first meeting, filing; and until
/// when a court may be asked to revoke the decision.
#[utoipa::path(tag = "polls", params(("poll_id" = Uuid, Path)),
    responses((status = 200, body = List<DueAct>)))]
#[get("/v1/polls/{poll_id}/deadlines")]
async fn list_poll_deadlines(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::deadlines(&app, &caller, *id).await?))
}

/// Notes that the first meeting was held or the filing made.
#[utoipa::path(tag = "polls", params(DeadlinePath), request_body = MeetDeadline, responses(
    (status = 201, body = DueAct),
    (status = 409, description = "It was noted before, or is met by something else"),
))]
#[post("/v1/polls/{poll_id}/deadlines/{deadline}/notes")]
async fn meet_poll_deadline(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<DeadlinePath>,
    once: Once,
    input: Input<MeetDeadline>,
) -> Result<HttpResponse> {
    let check = async || acts::check_note(&app, &caller, &path, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        acts::meet(&app, &caller, tx, &path, &input.value).await
    })
    .await
}

/// What the rules answer to a worked case: would this pass? Nothing is read or written.
#[utoipa::path(tag = "rules", request_body = RulesCase, responses((status = 200, body = Evaluation)))]
#[post("/v1/rules/evaluations")]
async fn evaluate_rules(_caller: Caller, input: Input<RulesCase>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::evaluate(&input.value)?))
}
