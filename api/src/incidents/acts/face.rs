//! What other rooms may know of an incident, whoever asks; what of it they show is theirs to say.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rules::incidents as law;
use uuid::Uuid;

use super::{
    super::{ladder, model::NamedPlace, rows, store},
    hand::WORDS,
    report::DESCRIPTION,
    show::{Names, severity, wire},
};
use crate::{
    access::{Level, Lineage, Viewer},
    app::App,
    database::Conn,
    http::problem::{NOT_FOUND, Problem, Result},
    places,
    policies::acts as policies,
};

/// An incident without its course.
pub(crate) struct Face {
    pub complex: Uuid,
    pub complex_place: NamedPlace,
    pub place: Uuid,
    pub reporter: Uuid,
    pub category: String,
    pub severity: law::Severity,
    pub status: law::Status,
    pub level: Level,
    pub reported_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub version: i64,
    description_cipher: Vec<u8>,
}

impl Face {
    fn of(row: ::entity::incident::Model, names: &Names) -> Result<Self> {
        let status = law::Status::from_code(&row.status);
        Ok(Self {
            complex: row.complex_id,
            complex_place: names.place(row.complex_id)?,
            place: row.place_id,
            reporter: row.reporter_id,
            severity: severity(&row)?,
            status: status.ok_or_else(|| Problem::internal("no such status"))?,
            level: wire(rows::level(&row.level)?)?,
            reported_at: row.reported_at,
            closed_at: row.closed_at,
            version: row.version,
            category: row.category,
            description_cipher: row.description_cipher,
        })
    }

    /// What was taken back is nobody's business any more.
    pub(crate) fn is_shown(&self) -> bool {
        self.status != law::Status::Withdrawn
    }

    /// What the reporter wrote.
    pub(crate) fn words(&self, app: &App) -> Result<String> {
        app.vault.text(DESCRIPTION, &self.description_cipher).map_err(Problem::internal)
    }
}

pub(crate) async fn face(db: &impl Conn, id: Uuid) -> Result<Face> {
    faces(db, [id]).await?.remove(&id).ok_or_else(|| NOT_FOUND.plain())
}

pub(crate) async fn faces(
    db: &impl Conn,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Face>> {
    let rows = store::find_all(db, ids).await?;
    let names = Names::of(db, rows.iter().map(|row| row.complex_id)).await?;
    rows.into_iter().map(|row| Ok((row.id, Face::of(row, &names)?))).collect()
}

/// When the earliest was reported that is open still, not found on a patrol itself, and of a category at a place, by its
/// complex and id, or in a cluster.
pub(crate) async fn reported_first(
    db: &impl Conn,
    place: (Uuid, Uuid),
    category: &str,
    cluster: Option<Uuid>,
) -> Result<Option<DateTime<Utc>>> {
    Ok(store::reported_first(db, place, category, cluster).await?)
}

/// Whoever has it to do now, if anybody was given it.
pub(crate) async fn assignee(db: &impl Conn, id: Uuid) -> Result<Option<Uuid>> {
    Ok(store::find(db, id).await?.and_then(|row| row.assignee_id))
}

/// When nobody is told of an incident what can wait, by the policy that it is held to; none where there is no incident.
pub(crate) async fn quiet(db: &impl Conn, id: Uuid) -> Result<Option<law::policy::Quiet>> {
    let Some(row) = store::find(db, id).await? else { return Ok(None) };
    Ok(Some(policies::held(db, &row.policy).await?.common.quiet))
}

/// The step with which something was said of an incident last.
pub(crate) async fn said_last(db: &impl Conn, (complex, incident): (Uuid, Uuid)) -> Result<Option<i32>> {
    Ok(store::last_said(db, complex, incident).await?)
}

/// What was written with a step; 1 is the report.
pub(crate) async fn words_of(
    app: &App,
    db: &impl Conn,
    (complex, incident): (Uuid, Uuid),
    step: i32,
) -> Result<Option<String>> {
    if step == 1 {
        return Ok(Some(face(db, incident).await?.words(app)?));
    }
    let words = store::step_words(db, complex, incident, step).await?;
    words.map(|words| app.vault.text(WORDS, &words)).transpose().map_err(Problem::internal)
}

/// Those of some incidents that the viewer may see.
pub(crate) async fn readable_in(
    db: &impl Conn,
    viewer: &Viewer,
    ids: HashSet<Uuid>,
) -> Result<HashSet<Uuid>> {
    readable_by(db, ids, |place, one, held| ladder::may_read(viewer, place, one.reporter_id, held)).await
}

/// Those of some incidents that may be read, at their places and as they are held.
pub(super) async fn readable_by(
    db: &impl Conn,
    ids: HashSet<Uuid>,
    may_read: impl Fn(&Lineage, &store::Ladder, ladder::Held) -> bool,
) -> Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let known = store::ladders(db, ids).await?;
    let places = places::lineages(db, known.iter().map(|one| one.place_id)).await?;
    let mut readable = HashSet::new();
    for one in known {
        let place =
            places.get(&one.place_id).ok_or_else(|| Problem::internal("an incident's place is gone"))?;
        let held = ladder::Held { lowest: rows::level(&one.lowest_level)?, last: rows::level(&one.level)? };
        if may_read(place, &one, held) {
            readable.insert(one.id);
        }
    }
    Ok(readable)
}
