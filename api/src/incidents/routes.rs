//! Incidents over HTTP.

use actix_web::{HttpResponse, Responder, get, post, web};
use rules::incidents::Origin;
use uuid::Uuid;

use super::{
    acts, lists,
    model::{
        AppealIncident, AppointIncident, AssignIncident, Assignees, Categories, ClimbIncident, Clocks,
        ClocksQuery, ConfirmIncident, DelegateIncident, DivertIncident, HandleIncident, Incident,
        IncidentLine, IncidentQuery, InspectIncident, NoteIncident, ObjectIncident, PauseIncident, Plainly,
        Promise, PromisePath, RejectIncident, ReportIncident, ReturnIncident, Said, UrgeIncident, VoidPause,
    },
};
use crate::{
    app::App,
    database::Tx,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Input, Once, Query},
        paging::List,
        problem::{NOT_FOUND, Result},
        routing::ServiceConfig,
    },
    moderation,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_categories)
        .service(read_promise)
        .service(report_incident)
        .service(list_incidents)
        .service(read_incident)
        .service(read_clocks)
        .service(accept_incident)
        .service(assign_incident)
        .service(list_assignees)
        .service(ask_reporter)
        .service(reply_incident)
        .service(divert_incident)
        .service(reject_incident)
        .service(appeal_incident)
        .service(acknowledge_incident)
        .service(pause_incident)
        .service(appoint_incident)
        .service(resume_incident)
        .service(void_pause)
        .service(handle_incident)
        .service(inspect_incident)
        .service(object_incident)
        .service(delegate_incident)
        .service(consent_incident)
        .service(decline_incident)
        .service(force_close_incident)
        .service(retarget_incident)
        .service(confirm_incident)
        .service(return_incident)
        .service(reopen_incident)
        .service(note_incident)
        .service(urge_incident)
        .service(climb_incident)
        .service(withdraw_incident);
}

/// What can be reported: severity, budgets, and whom to call first or instead.
#[utoipa::path(tag = "incidents", responses((status = 200, body = Categories)))]
#[get("/v1/incident-categories")]
async fn list_categories() -> Result<impl Responder> {
    Ok(Answer::ok(acts::categories()?))
}

/// What a report made here and now would be held to: who has it, by when it is taken on and handled, what happens
/// otherwise, and how long it usually takes here.
#[utoipa::path(tag = "incidents",
    params(PromisePath),
    responses(
        (status = 200, body = Promise),
        (status = 404, description = "There is no such place, or the caller has nothing to report there"),
        (status = 422, description = "It belongs to an emergency service, or the place is in no complex"),
    )
)]
#[get("/v1/places/{place_id}/promises/{category}")]
async fn read_promise(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<PromisePath>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::promise(&app, &caller, path.place_id, &path.category).await?))
}

/// Reports something. It has a holder and a clock from its first moment on. What belongs to an emergency service is
/// refused (`INCIDENT_DIVERTED`) with whom to call.
#[utoipa::path(tag = "incidents", request_body = ReportIncident, responses(
    (status = 201, body = Incident),
    (status = 404, description = "There is no such place, or the caller has nothing to report there"),
    (status = 409, description = "What it joins is another trouble, or takes no more"),
))]
#[post("/v1/incidents")]
async fn report_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<ReportIncident>,
) -> Result<impl Responder> {
    acts::divert(&app, &caller, &once, &input).await?;
    let check = async || {
        acts::may_report(&app, &caller, input.value.place_id).await?;
        moderation::check(&app, caller.person, [input.value.description.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, verdict| {
        let incident = acts::report(&app, &caller, tx, &input.value, Origin::Resident).await?;
        moderation::told_of_report(tx, &caller, incident.id, verdict.as_ref()).await?;
        let (location, version) = (format!("/v1/incidents/{}", incident.id), incident.version);
        Ok(Answer::created(incident, location).version(version))
    })
    .await
}

/// The caller's incidents: reported, held, or below.
#[utoipa::path(tag = "incidents", params(IncidentQuery), responses((status = 200, body = List<IncidentLine>)))]
#[get("/v1/incidents")]
async fn list_incidents(
    app: web::Data<App>,
    caller: Caller,
    query: Query<IncidentQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(lists::list(&app, &caller, &query.0).await?))
}

/// An incident: who holds it, since when, until when, and what happens then.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), responses((status = 200, body = Incident)))]
#[get("/v1/incidents/{incident_id}")]
async fn read_incident(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(moved(acts::read(&app, &caller, *id).await?))
}

/// The clocks that ran for it and what they measured; also when each would have been due under other budgets, with the
/// same pauses: what if 7 days were 5?
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path), ClocksQuery),
    responses((status = 200, body = Clocks)))]
#[get("/v1/incidents/{incident_id}/clocks")]
async fn read_clocks(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    query: Query<ClocksQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::clocks(&app, &caller, *id, &query.0).await?))
}

/// The holder finds that it is the ladder's to handle; somebody has yet to take it on.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It was accepted already, or is further on"),
))]
#[post("/v1/incidents/{incident_id}/acceptances")]
async fn accept_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(moved(acts::accept(&app, &caller, tx, *id).await?))
    })
    .await
}

/// The holder gives it to somebody who fills the same post, or to somebody else of them. Whoever acknowledges what is
/// given to nobody has it themselves.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = AssignIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It is handled, or over, or waits for its reporter's reply"),
))]
#[post("/v1/incidents/{incident_id}/assignments")]
async fn assign_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<AssignIncident>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(moved(acts::assign(&app, &caller, tx, *id, &input.value).await?))
    })
    .await
}

/// Whom it may be given to: whoever fills the post that holds it.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), responses(
    (status = 200, body = Assignees),
    (status = 403, description = "Only its ladder may see who there is"),
))]
#[get("/v1/incidents/{incident_id}/assignees")]
async fn list_assignees(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::assignees(&app, &caller, *id).await?))
}

/// The holder asks the reporter something: its clocks stand still until the reply, three days at most.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Said, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It was accepted already, or is late, or was asked long enough"),
))]
#[post("/v1/incidents/{incident_id}/questions")]
async fn ask_reporter(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Said>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::ask(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The reporter replies to what the holder asked.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Said, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "Nothing was asked"),
))]
#[post("/v1/incidents/{incident_id}/replies")]
async fn reply_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Said>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::reply(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder finds that it belongs to somebody beside the ladder, and says to whom: it is over.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = DivertIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It is handled, or over"),
))]
#[post("/v1/incidents/{incident_id}/diversions")]
async fn divert_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<DivertIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::send_elsewhere(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder does not take it on, and says why. The reporter may appeal to the level above.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = RejectIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It was taken on already, or is over"),
))]
#[post("/v1/incidents/{incident_id}/rejections")]
async fn reject_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<RejectIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::reject(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The reporter does not accept that it was not taken on: the level above decides anew. Possible until `appeal_until`.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = AppealIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "It was not rejected, or too long ago, or nobody stands above"),
))]
#[post("/v1/incidents/{incident_id}/appeals")]
async fn appeal_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<AppealIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.reason), &input.digest), async |tx| {
        acts::appeal(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder has seen it and takes it on.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It was acknowledged already, or awaits the reporter, or is over"),
))]
#[post("/v1/incidents/{incident_id}/acknowledgements")]
async fn acknowledge_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(moved(acts::acknowledge(&app, &caller, tx, *id).await?))
    })
    .await
}

/// The holder cannot go on for now: the handling stands still, for a reason that the reporter reads, as long as the
/// category allows.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = PauseIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It is not being handled, is late, or may not pause any more"),
))]
#[post("/v1/incidents/{incident_id}/pauses")]
async fn pause_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<PauseIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::pause(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder says when somebody comes: the reporter is told, and may say by a note that it does not suit. Said anew, it
/// takes the place of what was said before.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = AppointIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It is not being handled"),
))]
#[post("/v1/incidents/{incident_id}/appointments")]
async fn appoint_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<AppointIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::appoint(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder goes on before the pause is over.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It does not stand still"),
))]
#[post("/v1/incidents/{incident_id}/resumptions")]
async fn resume_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(moved(acts::resume(&app, &caller, tx, *id).await?))
    })
    .await
}

/// A level above says that there was no reason to pause: the time counts as if it had never stood still.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = VoidPause, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Only a level above the holder's may say so"),
    (status = 409, description = "It does not stand still"),
))]
#[post("/v1/incidents/{incident_id}/voidings")]
async fn void_pause(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<VoidPause>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::void_pause(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder has done the work and shows it.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = HandleIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It was not acknowledged at this level, or awaits the reporter, or is over"),
))]
#[post("/v1/incidents/{incident_id}/handlings")]
async fn handle_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<HandleIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::handle(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// A level above looked at what was done: the reporter is asked, or the holder does it again.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = InspectIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Only a level above the holder's may say so"),
    (status = 409, description = "It does not await an inspection"),
))]
#[post("/v1/incidents/{incident_id}/inspections")]
async fn inspect_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<InspectIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (input.value.words.as_deref(), &input.digest), async |tx| {
        acts::inspect(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder says that it is not theirs: a level above decides. The clock goes on; twice at most for one incident.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = ObjectIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "Something is put to another level already, or nobody stands above, or it is handled"),
))]
#[post("/v1/incidents/{incident_id}/objections")]
async fn object_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<ObjectIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::object(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The holder asks a level below that it may have come from to have it back. Nothing moves before that level agrees.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = DelegateIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "Something is put to another level already, or it is handled"),
))]
#[post("/v1/incidents/{incident_id}/delegations")]
async fn delegate_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<DelegateIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::delegate(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Whoever an objection or a delegation is put to agrees: the other level has it.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Incident),
    (status = 403, description = "It is put to somebody else"),
    (status = 409, description = "Nothing is put to anybody any more"),
))]
#[post("/v1/incidents/{incident_id}/consents")]
async fn consent_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(moved(acts::consent(&app, &caller, tx, *id).await?))
    })
    .await
}

/// Whoever an objection or a delegation is put to does not agree: it stays where it is.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Said, responses(
    (status = 200, body = Incident),
    (status = 403, description = "It is put to somebody else"),
    (status = 409, description = "Nothing is put to anybody any more"),
))]
#[post("/v1/incidents/{incident_id}/refusals")]
async fn decline_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Said>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::decline(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// A level above ends it against its holder or its reporter, and answers for that: it is told whose end it was.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Said, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Only a level above the holder's may say so"),
    (status = 409, description = "It is over"),
))]
#[post("/v1/incidents/{incident_id}/forced-closings")]
async fn force_close_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Said>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::force_close(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// A level above holds it to the policy that holds at its place now, and says why: its clocks keep what is spent and what
/// was paused.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Said, responses(
    (status = 200, body = Incident),
    (status = 403, description = "The caller does not answer for it above its holder"),
    (status = 409, description = "Nobody works on it, or it is held to that policy already"),
))]
#[post("/v1/incidents/{incident_id}/retargets")]
async fn retarget_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Said>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::retarget(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The reporter says that it is resolved, and how satisfied they are with the way.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = ConfirmIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "It does not await the reporter"),
))]
#[post("/v1/incidents/{incident_id}/confirmations")]
async fn confirm_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<ConfirmIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (input.value.reason.as_deref(), &input.digest), async |tx| {
        acts::confirm(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The reporter says that it is not resolved: the same level handles it again.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = ReturnIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "It does not await the reporter"),
))]
#[post("/v1/incidents/{incident_id}/returns")]
async fn return_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<ReturnIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.reason), &input.digest), async |tx| {
        acts::send_back(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The reporter says that what was closed is not resolved after all: the level that settled it has it again. Possible
/// until `reopen_until`; later it is a new report.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = ReturnIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "It is not closed, or was closed too long ago"),
))]
#[post("/v1/incidents/{incident_id}/reopenings")]
async fn reopen_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<ReturnIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.reason), &input.digest), async |tx| {
        acts::reopen(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Its reporter, or whoever stands on its ladder, says something to the others, or the ladder to itself.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = NoteIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "The reporter cannot keep a note to itself"),
    (status = 409, description = "It is over"),
))]
#[post("/v1/incidents/{incident_id}/notes")]
async fn note_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<NoteIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::note(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The reporter asks the holder to hurry; once in 24 hours.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = UrgeIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "It was urged within the last 24 hours, or awaits the reporter, or is over"),
))]
#[post("/v1/incidents/{incident_id}/urges")]
async fn urge_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<UrgeIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (input.value.words.as_deref(), &input.digest), async |tx| {
        acts::urge(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// It goes to the level above before its clock runs out: passed on, asked for, or taken.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = ClimbIncident, responses(
    (status = 200, body = Incident),
    (status = 403, description = "The reason is somebody else's to give"),
    (status = 409, description = "Nobody stands above, or it awaits the reporter, or is over"),
))]
#[post("/v1/incidents/{incident_id}/climbs")]
async fn climb_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<ClimbIncident>,
) -> Result<impl Responder> {
    say(&app, &caller, &once, *id, (Some(&input.value.words), &input.digest), async |tx| {
        acts::climb(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// The reporter takes it back, as long as it is not handled.
#[utoipa::path(tag = "incidents", params(("incident_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Incident),
    (status = 403, description = "Somebody else reported it"),
    (status = 409, description = "It was handled already, or is over"),
))]
#[post("/v1/incidents/{incident_id}/withdrawals")]
async fn withdraw_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(moved(acts::withdraw(&app, &caller, tx, *id).await?))
    })
    .await
}

/// Does something to an incident with words of the caller's. They are looked at first, where the caller may say anything
/// about it at all.
async fn say(
    app: &App,
    caller: &Caller,
    once: &Once,
    id: Uuid,
    (words, digest): (Option<&str>, &str),
    act: impl AsyncFnOnce(&Tx) -> Result<Incident>,
) -> Result<HttpResponse> {
    let check = async || {
        if acts::may_read(app, caller, id).await? {
            moderation::check(app, caller.person, words).await
        } else {
            Err(NOT_FOUND.plain())
        }
    };
    app.once_after(caller.person, once, digest, check, async |tx, verdict| {
        let incident = Box::pin(act(tx)).await?;
        moderation::told(tx, caller, incident.id, verdict.as_ref()).await?;
        Ok(moved(incident))
    })
    .await
}

/// An incident with its version.
fn moved(incident: Incident) -> Answer<Incident> {
    let version = incident.version;
    Answer::ok(incident).version(version)
}
