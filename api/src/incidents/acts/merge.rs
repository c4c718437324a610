//! What the room of clusters does to incidents. Each locks the incident and saves one move of it; the clusters know what
//! they do, and are not told to look again.

use rules::incidents as law;
use uuid::Uuid;

use super::{
    super::{rows, store},
    hand::{Actor, Deed, InHand, Move},
    posts::staffed,
};
use crate::{
    access::Viewer,
    app::App,
    database::{Conn, Tx},
    http::problem::{Problem, Result},
};

async fn locked(tx: &Tx, id: Uuid) -> Result<InHand> {
    let row = store::lock(tx.conn(), id).await?.ok_or_else(|| Problem::internal("a member is gone"))?;
    InHand::take(tx, row).await?.ok_or_else(|| Problem::internal("an incident has no tenure"))
}

/// As what somebody at the level that holds an incident, or above it, says that it is one trouble with others, or is not.
pub(crate) async fn staff(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<Actor> {
    InHand::lock(tx, viewer, id).await?.at_or_above(viewer)
}

/// The same, or its reporter.
pub(crate) async fn staff_or_reporter(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<Actor> {
    let hand = InHand::lock(tx, viewer, id).await?;
    hand.by(viewer, law::By::Reporter).or_else(|_| hand.at_or_above(viewer))
}

/// Another incident leads it from now on.
pub(crate) async fn merge(
    app: &App,
    tx: &Tx,
    id: Uuid,
    cluster: Uuid,
    (actor, words): (Actor, Option<&str>),
) -> Result<()> {
    let mut hand = locked(tx, id).await?;
    let then = hand.now.merge(hand.at)?;
    hand.row.cluster_id = Some(cluster);
    let deed = Deed { act: law::Act::Merge.code(), kind: "INCIDENT_MERGED", actor, words };
    hand.save(app, tx, then.into(), deed, true).await.map(drop)
}

/// It is on its own again, as it was.
pub(crate) async fn split(app: &App, tx: &Tx, id: Uuid, (actor, words): (Actor, Option<&str>)) -> Result<()> {
    let hand = locked(tx, id).await?;
    let clock = stood_still(tx.conn(), &hand).await?;
    let then = hand.now.split(clock.as_ref(), &hand.policy, hand.at)?;
    alone(app, tx, hand, then, (actor, words)).await.map(drop)
}

/// What leads it was handled, and its reporter says that here it is still broken.
pub(super) async fn still_broken(
    app: &App,
    tx: &Tx,
    hand: InHand,
    opinion: law::Opinion,
    (actor, reason): (Actor, &str),
) -> Result<::entity::incident::Model> {
    let clock = stood_still(tx.conn(), &hand).await?;
    let then = hand.now.still_broken(opinion, clock.as_ref(), &hand.policy, hand.at)?;
    alone(app, tx, hand, then, (actor, Some(reason))).await
}

async fn alone(
    app: &App,
    tx: &Tx,
    mut hand: InHand,
    then: law::Incident,
    (actor, words): (Actor, Option<&str>),
) -> Result<::entity::incident::Model> {
    hand.row.cluster_id = None;
    let deed = Deed { act: law::Act::Split.code(), kind: "INCIDENT_SPLIT", actor, words };
    hand.save(app, tx, then.into(), deed, true).await
}

/// The clock that stands still while another incident leads.
async fn stood_still(db: &impl Conn, hand: &InHand) -> Result<Option<law::Clock>> {
    let Some(clock) = law::Running::merged(&hand.now) else { return Ok(None) };
    told(db, hand, clock).await
}

async fn told(db: &impl Conn, hand: &InHand, clock: law::Running) -> Result<Option<law::Clock>> {
    Ok(rows::clock(&store::clock_entries(db, &hand.row, clock).await?).ok())
}

/// It leads another from now on: where the other's clocks measured the same since before, its own have counted since then.
pub(crate) async fn count_since(app: &App, tx: &Tx, id: Uuid, other: Uuid, actor: Actor) -> Result<()> {
    let (hand, theirs) = (locked(tx, id).await?, locked(tx, other).await?);
    let mut earlier = Vec::new();
    for (own, same) in law::Running::led_on(&hand.now, &theirs.now) {
        let clocks = (told(tx.conn(), &hand, own).await?, told(tx.conn(), &theirs, same).await?);
        let (Some(clock), Some(before)) = clocks else { continue };
        // Beyond the calendar nobody is late.
        if let Ok(Some(from)) = clock.as_early_as(&before, hand.policy.calendar.known_at(before.started())) {
            earlier.push((own, from));
        }
    }
    if earlier.is_empty() {
        return Ok(());
    }
    let (then, turns) = hand.now.counts_since(&earlier, hand.clock.as_ref(), &hand.policy, hand.at);
    let deed = Deed { act: "LEAD", kind: "INCIDENT_RETIMED", actor, words: None };
    hand.save(app, tx, Move { turns, ..then.into() }, deed, false).await.map(drop)
}

/// What leads it was handled: its reporter is asked too, and reads what was done.
pub(crate) async fn ask(app: &App, tx: &Tx, id: Uuid, words: Option<&str>) -> Result<()> {
    let hand = locked(tx, id).await?;
    let then = hand.now.ask(hand.at)?;
    let deed = Deed { act: law::Act::Ask.code(), kind: "INCIDENT_HANDLED", actor: Actor::Clock, words };
    hand.save(app, tx, then.into(), deed, true).await.map(drop)
}

/// What led it is gone: it leads the households on, at the level that held the other.
pub(crate) async fn succeed(
    app: &App,
    tx: &Tx,
    id: Uuid,
    (level, households): (law::Level, u32),
) -> Result<()> {
    let hand = locked(tx, id).await?;
    let passed = hand.now.succeed(level, households, &hand.policy, hand.at)?;
    let deed =
        Deed { act: law::Act::Succeed.code(), kind: "INCIDENT_SUCCEEDED", actor: Actor::Clock, words: None };
    let passed = passed.into();
    hand.save(app, tx, passed, deed, true).await.map(drop)
}

/// A quorum of those who were asked with its reporter confirmed.
pub(crate) async fn settle_by_quorum(app: &App, tx: &Tx, id: Uuid) -> Result<()> {
    let hand = locked(tx, id).await?;
    let then = hand.now.settle_by_quorum(hand.at)?;
    let act = law::Act::SettleByQuorum.code();
    let deed = Deed { act, kind: "INCIDENT_SETTLED", actor: Actor::Clock, words: None };
    hand.save(app, tx, then.into(), deed, true).await.map(drop)
}

/// It leaves its cluster and stays what it is.
pub(crate) async fn leave(app: &App, tx: &Tx, id: Uuid) -> Result<()> {
    let mut hand = locked(tx, id).await?;
    hand.counts_alone(tx).await?;
    let deed = Deed { act: "LEAVE", kind: "CLUSTER_LEFT", actor: Actor::Clock, words: None };
    let then = hand.now;
    hand.save(app, tx, then.into(), deed, false).await.map(drop)
}

/// What a lead takes over from those whom it leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leads {
    pub cluster: Uuid,
    pub severity: law::Severity,
    /// How many carry it.
    pub households: u32,
    /// The level of the place that the cluster is about.
    pub level: law::Level,
    /// What the record tells.
    pub kind: &'static str,
}

/// It leads a cluster, which has grown, shrunk or come about. Where the cluster is about a wider place than its holder
/// answers for, it rolls up to whoever does; where it has so many households that its policy takes it up, it climbs.
pub(crate) async fn lead(app: &App, tx: &Tx, id: Uuid, leads: Leads, actor: Actor) -> Result<()> {
    let mut hand = locked(tx, id).await?;
    hand.row.cluster_id = Some(leads.cluster);
    hand.row.severity = leads.severity.code().into();
    let then = law::Incident { households: leads.households, ..hand.now };
    let deed = Deed { act: "LEAD", kind: leads.kind, actor, words: None };
    hand.save(app, tx, then.into(), deed, false).await?;
    let hand = locked(tx, id).await?;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    if let Ok(passed) = hand.now.roll_up(leads.level, &hand.policy, &staffed, hand.at) {
        let act = law::Act::RollUp.code();
        let deed = Deed { act, kind: "INCIDENT_CLIMBED", actor: Actor::Clock, words: None };
        let passed = passed.into();
        hand.save(app, tx, passed, deed, true).await?;
        return Ok(());
    }
    hand.climbs_by_count(app, tx, &staffed).await.map(drop)
}

/// It leads its cluster, which is as it was: what so many households carry now, some of them again, may climb all the same.
pub(crate) async fn carry(app: &App, tx: &Tx, id: Uuid, households: u32) -> Result<()> {
    let mut hand = locked(tx, id).await?;
    hand.now.households = households;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    hand.climbs_by_count(app, tx, &staffed).await.map(drop)
}

/// What was said when it was handled last, and the step.
pub(crate) async fn handled_words(
    app: &App,
    db: &impl Conn,
    row: &::entity::incident::Model,
) -> Result<Option<(i32, String)>> {
    let said = store::last_words(db, row, law::Act::Handle.code()).await?;
    let open = |(step, words): (i32, Vec<u8>)| {
        Ok((step, app.vault.text(super::hand::WORDS, &words).map_err(Problem::internal)?))
    };
    said.map(open).transpose()
}
