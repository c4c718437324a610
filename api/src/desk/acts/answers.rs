//! One answer to many incidents.

use rules::desk::Template;
use uuid::Uuid;

use super::{
    super::model::{AnswerAct, AnswerIncidents, Answered, Answers},
    Desk, templates,
};
use crate::{
    access::Viewer,
    app::App,
    database::Tx,
    http::{
        input::{Input, Once},
        problem::{KEY_RUNNING, Language, Problem, Result},
    },
    incidents::{
        acts::{self, Said},
        model::{HandleIncident, Incident, NoteIncident},
    },
    moderation,
};

/// The most that can be said with an act, in letters.
const LONGEST: usize = 2000;

/// Where the words come from.
enum Source {
    /// The act says nothing.
    Nothing,
    Here(Template),
    Kept(::entity::reply_template::Model),
}

/// Answers each by itself: what one is refused does not keep the others from it.
pub async fn answer(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    (once, input, language): (&Once, &Input<AnswerIncidents>, Language),
) -> Result<Answers> {
    let desk = Desk::held(app.db.read(), viewer, place).await?;
    let request = &input.value;
    let source = source(app, &desk, request).await?;
    let verdict = moderation::check(app, viewer.person, request.words.as_deref()).await?;
    let mut items = Vec::new();
    for id in &request.incident_ids {
        let done = app
            .once_for(viewer.person, once, *id, &input.digest, async |tx| {
                let said = acts::held_at(tx, viewer, *id, desk.place.id).await?;
                let words = words(app, tx, &source, request.act, &said).await?;
                let incident = carry_out(app, viewer, tx, *id, request.act, words).await?;
                moderation::told(tx, viewer, *id, verdict.as_ref()).await?;
                Ok((incident.status, incident.version))
            })
            .await;
        items.push(match done {
            // Another process is at the whole: it will answer.
            Err(problem) if problem.code.name == KEY_RUNNING.name => return Err(problem),
            Err(problem) if problem.code.status >= 500 => return Err(problem),
            Err(problem) => {
                let problem = Some(problem.body(language, None));
                Answered { incident_id: *id, status: None, version: None, problem }
            }
            Ok((status, version)) => {
                Answered { incident_id: *id, status: Some(status), version: Some(version), problem: None }
            }
        });
    }
    Ok(Answers { items })
}

async fn source(app: &App, desk: &Desk, request: &AnswerIncidents) -> Result<Source> {
    match (request.act, &request.words, request.template_id) {
        (AnswerAct::Acknowledge, None, None) => Ok(Source::Nothing),
        (AnswerAct::Acknowledge, ..) => {
            Err(Problem::member("/words", "UNEXPECTED", "nothing is said with this act"))
        }
        (_, Some(words), None) => Ok(Source::Here(templates::parse(words)?)),
        (_, None, Some(id)) => Ok(Source::Kept(templates::in_use(app.db.read(), desk.place.id, id).await?)),
        (_, None, None) => Err(Problem::member("/words", "REQUIRED", "say something, or name a template")),
        (_, Some(_), Some(_)) => {
            Err(Problem::member("/template_id", "UNEXPECTED", "either words or a template"))
        }
    }
}

async fn words(app: &App, tx: &Tx, source: &Source, act: AnswerAct, said: &Said) -> Result<String> {
    let words = match source {
        Source::Nothing => return Ok(String::new()),
        Source::Here(template) => templates::filled(tx.conn(), template, said).await?,
        Source::Kept(row) => {
            templates::filled(tx.conn(), &templates::words_for(app, row, Some(act), said)?, said).await?
        }
    };
    if words.chars().count() > LONGEST {
        return Err(Problem::member(
            "/words",
            "BOUND",
            format!("filled in they have more than {LONGEST} letters"),
        ));
    }
    Ok(words)
}

async fn carry_out(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    act: AnswerAct,
    words: String,
) -> Result<Incident> {
    match act {
        AnswerAct::Acknowledge => acts::acknowledge(app, viewer, tx, id).await,
        AnswerAct::Note | AnswerAct::InternalNote => {
            let note = NoteIncident { words, internal: act == AnswerAct::InternalNote };
            acts::note(app, viewer, tx, id, &note).await
        }
        AnswerAct::Handle => {
            let handling = HandleIncident { words, before_photo_ids: Vec::new(), photo_ids: Vec::new() };
            acts::handle(app, viewer, tx, id, &handling).await
        }
    }
}
