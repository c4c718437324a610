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
    access::{Level, Viewer},
    app::App,
    database::Conn,
    http::problem::{NOT_FOUND, Problem, Result},
    places,
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
        if ladder::may_read(viewer, place, one.reporter_id, held) {
            readable.insert(one.id);
        }
    }
    Ok(readable)
}
