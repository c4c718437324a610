//! What a move decides, written with the move.

use ::entity::{figure_fact, incident, tenure, whistle};
use chrono::{DateTime, Utc};
use rules::{
    figures as law,
    incidents::{DueKind, Level},
    whistles::Post,
};
use uuid::Uuid;

use super::super::store;
use crate::{
    access::{self, Lineage},
    database::Tx,
    http::problem::{Problem, Result},
};

/// A move, or a report, as it was just saved.
#[derive(Debug)]
pub(crate) struct Noted<'a> {
    /// The incident after it.
    pub row: &'a incident::Model,
    /// The holdings that it is about.
    pub tenures: &'a [&'a tenure::Model],
    /// How it stood open before; none for a report.
    pub stood: Option<Standing>,
    pub at: DateTime<Utc>,
}

/// How an incident stands open: its level, and in the words of a tally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    level: String,
    what: String,
}

/// How an incident stands open; none if it is over.
pub(crate) fn standing(row: &incident::Model) -> Option<Standing> {
    let due = row.due_kind.as_deref()?;
    let late = if due == DueKind::Shout.code() { ":LATE" } else { "" };
    let what = format!("{}:{}{late}", row.status, row.severity);
    Some(Standing { level: row.level.clone(), what })
}

/// Writes what a move decided, what that shows about other holdings, and how the incident now stands.
pub(crate) async fn note(tx: &Tx, noted: Noted<'_>, decided: Vec<law::Decided>) -> Result<()> {
    let mut facts = Vec::new();
    for one in &decided {
        let tenure = noted.tenure(one.seq)?;
        facts.push(noted.fact(tx, tenure, one));
        if is_handled(one.outcome) && is_in_burst(tx, tenure, noted.at).await? {
            facts.push(noted.fact(
                tx,
                tenure,
                &law::Decided { outcome: law::Outcome::HandledInBurst, ..*one },
            ));
        }
        if one.outcome == law::Outcome::Reported {
            facts.extend(came_again(tx, &noted).await?);
        }
    }
    let stands = standing(noted.row);
    if stands != noted.stood {
        let changes = [(&noted.stood, -1), (&stands, 1)];
        let changes = changes.into_iter().filter_map(|(standing, times)| Some((standing.as_ref()?, times)));
        facts.extend(changes.map(|(standing, times)| noted.stands(tx, standing, times)));
    }
    Ok(store::insert_facts(tx.conn(), facts).await?)
}

/// Stands for the category of a whistle that is about no incident.
const WHISTLE: &str = "WHISTLE";

/// A whistle as it was just saved.
#[derive(Debug)]
pub(crate) struct Whistled<'a> {
    pub row: &'a whistle::Model,
    pub place: &'a Lineage,
    /// Of the incident that it is about.
    pub category: Option<String>,
    /// Where each of its posts stands.
    pub posts: Vec<(Post, Uuid)>,
    pub at: DateTime<Utc>,
}

/// Writes what a whistle decided about its posts.
pub(crate) async fn note_whistle(
    tx: &Tx,
    whistled: &Whistled<'_>,
    scored: Vec<law::whistle::Scored>,
) -> Result<()> {
    let facts = scored.into_iter().map(|one| whistled.fact(tx, one)).collect::<Result<Vec<_>>>()?;
    Ok(store::insert_facts(tx.conn(), facts).await?)
}

impl Whistled<'_> {
    fn fact(&self, tx: &Tx, scored: law::whistle::Scored) -> Result<figure_fact::Model> {
        let law::whistle::Scored { outcome, post } = scored;
        let stands = self.posts.iter().find(|(known, _)| *known == post);
        let (_, post_id) =
            stands.ok_or_else(|| Problem::internal("a whistle scores a post that is not its"))?;
        Ok(figure_fact::Model {
            complex_id: self.row.complex_id,
            id: tx.id(),
            month: law::Period::of(self.at).number(),
            incident_id: self.row.incident_id.unwrap_or_default(),
            whistle_id: Some(self.row.id),
            tenure_seq: 0,
            outcome: outcome.code().into(),
            level: level_of(post.level()),
            role: post.code().into(),
            post_id: *post_id,
            category: self.category.clone().unwrap_or_else(|| WHISTLE.into()),
            severity: self.row.severity.clone(),
            district_id: self.place.at(access::Level::District),
            street_id: self.place.at(access::Level::Street),
            community_id: self.place.at(access::Level::Community),
            building_id: self.place.at(access::Level::Building),
            unit_id: self.place.at(access::Level::Unit),
            household_id: None,
            at: self.at,
            seconds: None,
            times: 1,
            rolled: 0,
        })
    }
}

const fn is_handled(outcome: law::Outcome) -> bool {
    use law::Outcome;
    matches!(outcome, Outcome::HandledInTime | Outcome::HandledLate | Outcome::HandledAfterAll)
}

/// Whether the post has handled so many within minutes that this one makes a burst.
async fn is_in_burst(tx: &Tx, tenure: &tenure::Model, at: DateTime<Utc>) -> Result<bool> {
    let (many, within) = law::outcome::BURST;
    let before = many.saturating_sub(1);
    let limit = u64::try_from(before).map_err(Problem::internal)?;
    let post = (tenure.place_id, tenure.level.as_str());
    Ok(store::handled_since(tx.conn(), post, at - within, limit).await? >= before)
}

/// A report that repeats one that was closed not long ago is told of the holding that closed it.
async fn came_again(tx: &Tx, noted: &Noted<'_>) -> Result<Option<figure_fact::Model>> {
    let since = noted.at - law::outcome::AGAIN_WITHIN;
    let Some(closed) = store::closed_since(tx.conn(), noted.row, since).await? else { return Ok(None) };
    Ok(Some(figure_fact::Model {
        outcome: law::Outcome::CameAgain.code().into(),
        month: law::Period::of(noted.at).number(),
        ..fact(tx, &closed, noted.at)
    }))
}

impl Noted<'_> {
    fn tenure(&self, seq: u32) -> Result<&tenure::Model> {
        let found = self.tenures.iter().find(|tenure| tenure.seq.unsigned_abs() == seq);
        found.copied().ok_or_else(|| Problem::internal("what was decided is about no holding of the move"))
    }

    fn fact(&self, tx: &Tx, tenure: &tenure::Model, decided: &law::Decided) -> figure_fact::Model {
        let household = self.row.household_id.filter(|_| decided.outcome == law::Outcome::Reported);
        let told = figure_fact::Model {
            month: law::Period::of(self.at).number(),
            tenure_seq: tenure.seq,
            outcome: decided.outcome.code().into(),
            level: level_of(decided.level),
            role: tenure.role.clone(),
            post_id: tenure.place_id,
            household_id: household,
            seconds: decided.held.map(|held| held.num_seconds()),
            ..fact(tx, self.row, self.at)
        };
        match (decided.outcome, self.closer()) {
            (law::Outcome::Forced, Some((level, role, post_id))) => {
                figure_fact::Model { level: level_of(level), role, post_id, ..told }
            }
            _ => told,
        }
    }

    /// The post that ended it by force, against which that counts.
    fn closer(&self) -> Option<(Level, String, Uuid)> {
        let (role, place) = self.row.closer_role.clone().zip(self.row.closer_place_id)?;
        let is_of = |level: &Level| level.holder().code() == role;
        let level = Level::ALL.iter().copied().find(is_of)?;
        Some((level, role, place))
    }

    fn stands(&self, tx: &Tx, standing: &Standing, times: i32) -> figure_fact::Model {
        let (outcome, level) = (standing.what.clone(), standing.level.clone());
        figure_fact::Model { outcome, level, times, ..fact(tx, self.row, self.at) }
    }
}

fn level_of(level: Level) -> String {
    level.code().into()
}

/// A fact about an incident's present holding, of no month yet.
fn fact(tx: &Tx, row: &incident::Model, at: DateTime<Utc>) -> figure_fact::Model {
    figure_fact::Model {
        complex_id: row.complex_id,
        id: tx.id(),
        month: 0,
        incident_id: row.id,
        whistle_id: None,
        tenure_seq: row.tenure_seq,
        outcome: String::new(),
        level: row.level.clone(),
        role: row.holder_role.clone(),
        post_id: row.holder_place_id,
        category: row.category.clone(),
        severity: row.severity.clone(),
        district_id: row.district_id,
        street_id: row.street_id,
        community_id: row.community_id,
        building_id: row.building_id,
        unit_id: row.unit_id,
        household_id: None,
        at,
        seconds: None,
        times: 1,
        rolled: 0,
    }
}
