//! An incident in hand: its rows held by a transaction, and each move of it saved whole.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use rules::incidents as law;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::{INCIDENT_MOVED, ladder, rows, store},
    show::require_reader,
};
use crate::{
    access::{Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    clusters,
    database::{Conn, Tx},
    figures::acts as figures,
    http::problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    places,
    policies::acts as policies,
    record,
};

/// The column that a step's words are sealed for.
pub(super) const WORDS: &str = "incident_step.words";

/// Who reported it, in its life line.
pub(super) const REPORTER: &str = "REPORTER";

/// The fact that tells which outage explains it.
const OUTAGE: &str = "outage_id";

/// A step that the reporter is not shown, and its event, which the reporter is not told.
pub(super) const INTERNAL_NOTE: &str = "INTERNAL_NOTE";
pub(super) const NOTED_INSIDE: &str = "INCIDENT_NOTED_INSIDE";

/// The fact of an event that says which roles are told of it, besides its holder.
pub(in crate::incidents) const NOTIFY: &str = "notify";

/// Who does something to an incident.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Actor {
    Reporter,
    /// Somebody else of a household who follows it.
    Follower,
    Role(Role),
    Clock,
}

impl Actor {
    /// In its life line.
    fn in_step(self) -> &'static str {
        match self {
            Self::Reporter => REPORTER,
            Self::Follower => "FOLLOWER",
            Self::Role(role) => role.as_str(),
            Self::Clock => "CLOCK",
        }
    }

    /// In the record, which says of a reporter or follower no more than this.
    pub(super) fn in_record(self) -> &'static str {
        match self {
            Self::Reporter | Self::Follower => "RESIDENT",
            Self::Role(role) => role.as_str(),
            Self::Clock => "CLOCK",
        }
    }
}

/// One deed, as its step and its event tell it.
#[derive(Clone, Copy, Debug)]
pub(in crate::incidents) struct Deed<'a> {
    /// As the life line names it.
    pub act: &'static str,
    /// As the record names it.
    pub kind: &'static str,
    pub actor: Actor,
    pub words: Option<&'a str>,
}

/// An incident whose rows this transaction holds.
pub(in crate::incidents) struct InHand {
    pub row: ::entity::incident::Model,
    pub tenure: ::entity::tenure::Model,
    pub place: Lineage,
    pub policy: Arc<law::Policy>,
    pub now: law::Incident,
    /// The clock by which its holder is measured, while it is the holder's turn.
    pub clock: Option<law::Clock>,
    /// When the move happens: now, but never before what happened last. Who waited for the row began before whoever held
    /// it, and processes have clocks of their own.
    pub at: DateTime<Utc>,
    /// What its event tells besides what it does of any move.
    said: Map<String, Value>,
}

impl InHand {
    /// Takes a locked incident's other rows to it; none if its tenure is missing.
    pub(in crate::incidents) async fn take(tx: &Tx, row: ::entity::incident::Model) -> Result<Option<Self>> {
        let place = places::lineage(tx.conn(), row.place_id).await?;
        Self::take_at(tx, row, place).await
    }

    async fn take_at(tx: &Tx, row: ::entity::incident::Model, place: Lineage) -> Result<Option<Self>> {
        let Some(tenure) = store::tenure(tx.conn(), &row).await? else { return Ok(None) };
        let (policy, now) = (policies::held(tx.conn(), &row.policy).await?, rows::incident(&row, &tenure)?);
        let clock = main_clock(tx.conn(), &row, &now).await?;
        let last = [Some(tenure.entered_at), tenure.acknowledged_at, tenure.handled_at, tenure.exited_at];
        let last = last.into_iter().flatten().chain(clock.as_ref().map(law::Clock::latest));
        let at = last.fold(tx.now, DateTime::max);
        Ok(Some(Self { row, tenure, place, policy, now, clock, at, said: Map::new() }))
    }

    /// Locks an incident that the viewer may see; to anybody else it does not exist.
    pub(super) async fn lock(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<Self> {
        let row = store::lock(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
        let place = places::lineage(tx.conn(), row.place_id).await?;
        require_reader(viewer, &row, &place)?;
        Self::take_at(tx, row, place).await?.ok_or_else(|| Problem::internal("an incident has no tenure"))
    }

    /// Has its event tell something more.
    pub(super) fn saying(mut self, fact: &str, is: impl Into<Value>) -> Self {
        self.said.insert(fact.into(), is.into());
        self
    }

    /// Has its event told to those who answer at some levels.
    pub(super) fn told_at(self, levels: impl IntoIterator<Item = law::Level>) -> Self {
        self.saying(NOTIFY, roles(levels))
    }

    /// As whom the viewer does what the law lets `by` do.
    pub(super) fn by(&self, viewer: &Viewer, by: law::By) -> Result<Actor> {
        let holder = self.now.tenure.level;
        match by {
            law::By::Reporter => return self.reported_by(viewer),
            law::By::Concerned => return self.speaks(viewer),
            law::By::Holder => self.answers(viewer, "only its holder may do this", |level| level == holder),
            law::By::Above => self.above(viewer),
            law::By::Asked => {
                let proposal = self.now.open_proposal(self.at);
                let put_to = |level| proposal.is_none_or(|proposal| proposal.is_put_to(level, holder));
                self.answers(viewer, "only whoever it is put to may answer", put_to)
            }
            law::By::ByReason | law::By::Clock => Err(Problem::internal("nobody does this by themselves")),
        }
        .map(|(_, actor)| actor)
    }

    /// That this place's post holds it now, and the viewer is of it.
    pub(super) fn held_at(&self, viewer: &Viewer, place: Uuid) -> Result<()> {
        self.by(viewer, law::By::Holder)?;
        if self.tenure.place_id == place {
            return Ok(());
        }
        let (role, level) = (&self.row.holder_role, &self.row.level);
        Err(NOT_ALLOWED.because(format!("it is held by {role} at the {level} level: another post of yours")))
    }

    /// The nearest level above the present one at which the viewer answers, with the role.
    pub(super) fn above(&self, viewer: &Viewer) -> Result<(law::Level, Actor)> {
        let at = self.now.tenure.level;
        self.answers(viewer, "only a level above its holder's may do this", |level| level > at)
    }

    /// The lowest level of those that fit at which the viewer answers for it, with the role.
    fn answers(
        &self,
        viewer: &Viewer,
        who_may: &'static str,
        fits: impl Fn(law::Level) -> bool,
    ) -> Result<(law::Level, Actor)> {
        let may = |permission| viewer.may(permission, &self.place, None);
        if !may(Permission::WorkIncident) && !may(Permission::AnswerForHome) {
            return Err(NOT_ALLOWED.because(who_may));
        }
        let stands = ladder::stands(viewer, &self.place).find(|(level, _)| fits(*level));
        let (level, role) = stands.ok_or_else(|| {
            let (role, level) = (&self.row.holder_role, &self.row.level);
            NOT_ALLOWED.because(format!("it is held by {role} at the {level} level: {who_may}"))
        })?;
        Ok((level, Actor::Role(role)))
    }

    /// The level at which it is held, or the nearest above, at which the viewer answers, with the role.
    pub(super) fn at_or_above(&self, viewer: &Viewer) -> Result<Actor> {
        let at = self.now.tenure.level;
        let stands =
            self.answers(viewer, "only its holder or a level above may do this", |level| level >= at)?;
        Ok(stands.1)
    }

    /// As whom somebody who may read it speaks: its reporter, whatever else they are, or the ladder.
    fn speaks(&self, viewer: &Viewer) -> Result<Actor> {
        let lowest = self.now.lowest;
        self.reported_by(viewer).or_else(|_| {
            let stands = self.answers(viewer, "only its ladder may do this", |level| level >= lowest)?;
            Ok(stands.1)
        })
    }

    fn reported_by(&self, viewer: &Viewer) -> Result<Actor> {
        if viewer.may(Permission::AnswerIncident, &self.place, Some(self.row.reporter_id)) {
            Ok(Actor::Reporter)
        } else {
            Err(NOT_ALLOWED.because("only the reporter may do this"))
        }
    }

    /// Saves a move within the holder's tenure, or its end.
    pub(in crate::incidents) async fn stays(
        self,
        app: &App,
        tx: &Tx,
        then: law::Incident,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        self.moves(app, tx, then.into(), deed, true).await
    }

    /// Saves that its clocks stand still, or go on.
    pub(super) async fn waits(
        self,
        app: &App,
        tx: &Tx,
        then: law::Incident,
        entries: impl IntoIterator<Item = law::Entry>,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        let turns = law::Running::noted(&self.now, entries);
        self.moves(app, tx, Move { turns, ..then.into() }, deed, true).await
    }

    /// Saves what happened to its clocks.
    pub(super) async fn turns(
        self,
        app: &App,
        tx: &Tx,
        then: law::Incident,
        turns: Vec<law::Turn>,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        self.moves(app, tx, Move { turns, ..then.into() }, deed, true).await
    }

    /// Saves a change of holder: the tenure that ended and the one that began.
    pub(in crate::incidents) async fn passes(
        self,
        app: &App,
        tx: &Tx,
        passed: law::Passed,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        self.moves(app, tx, passed.into(), deed, true).await
    }

    /// Saves that it was not done: whoever has it now does it again.
    pub(super) async fn goes_back(
        self,
        app: &App,
        tx: &Tx,
        back: law::SentBack,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        match back {
            law::SentBack::ToHolder(then) => self.stays(app, tx, then, deed).await,
            law::SentBack::ToAnother(passed) => self.passes(app, tx, passed, deed).await,
        }
    }

    /// It is counted by itself again: its own household, and those that urged it.
    pub(super) async fn counts_alone(&mut self, tx: &Tx) -> Result<()> {
        self.row.cluster_id = None;
        self.now.households = store::households(tx.conn(), &self.row, None).await?;
        Ok(())
    }

    /// Saves that it climbs, if what is counted of it makes it: among the levels that are `staffed`. Boxed like
    /// [`Self::save`].
    pub(super) async fn climbs_by_count(
        self,
        app: &App,
        tx: &Tx,
        staffed: &BTreeSet<law::Level>,
    ) -> Result<::entity::incident::Model> {
        Box::pin(self.look_at_counts(app, tx, staffed)).await
    }

    async fn look_at_counts(
        mut self,
        app: &App,
        tx: &Tx,
        staffed: &BTreeSet<law::Level>,
    ) -> Result<::entity::incident::Model> {
        let recently = match self.now.counts_households_for(&self.policy) {
            Some(window) => store::households(tx.conn(), &self.row, Some(self.at - window)).await?,
            None => 0,
        };
        let passed = self.now.climb_by_count(recently, &self.policy, staffed, self.at);
        let Some(passed) = passed else {
            self.looks_again(tx).await?;
            return Ok(self.row);
        };
        let deed =
            Deed { act: law::Act::Climb.code(), kind: "INCIDENT_CLIMBED", actor: Actor::Clock, words: None };
        self.save(app, tx, passed.into(), deed, true).await
    }

    /// A step of its policy that waits for more households is looked at again.
    async fn looks_again(&mut self, tx: &Tx) -> Result<()> {
        let next = rows::prompts_at(&self.now, self.clock.as_ref(), &self.tenure, &self.policy, self.at)?;
        if next != self.row.prompts_at {
            store::set_prompts_at(tx.conn(), &self.row, next).await?;
            self.row.prompts_at = next;
        }
        Ok(())
    }

    /// Saves a reminder. It has its step only the first time: its count goes on in the tenure, and every one is in the
    /// record.
    pub(in crate::incidents) async fn shouts(
        self,
        app: &App,
        tx: &Tx,
        then: law::Incident,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        let is_first = then.tenure.shouts <= 1;
        self.moves(app, tx, then.into(), deed, is_first).await
    }

    /// Saves a move that the cluster of the incident, if it has one, is to follow.
    async fn moves(
        self,
        app: &App,
        tx: &Tx,
        change: Move,
        deed: Deed<'_>,
        has_step: bool,
    ) -> Result<::entity::incident::Model> {
        let row = self.save(app, tx, change, deed, has_step).await?;
        if let Some(cluster) = row.cluster_id {
            clusters::acts::look_again(tx, (row.complex_id, cluster)).await?;
        }
        Ok(row)
    }

    /// What these turns decide about its triage.
    async fn triaged(&self, tx: &Tx, turns: &[law::Turn]) -> Result<Option<rules::figures::Decided>> {
        let Some(end) = rules::figures::triage_end(&self.now, turns) else { return Ok(None) };
        let clock = rows::clock(&store::clock_entries(tx.conn(), &self.row, end.clock).await?).ok();
        let calendar = &self.policy.calendar;
        Ok(clock.map(|clock| rules::figures::triaged(&self.now, end, &clock, calendar)))
    }

    /// A planned outage explained it until now.
    pub(super) fn is_explained_no_more(&self) -> bool {
        self.row.explained_until.is_some_and(|until| until <= self.at)
    }

    /// Until when a planned outage goes on explaining it after a move.
    fn explained(&self, then: &law::Incident) -> Option<DateTime<Utc>> {
        self.row.explained_until.filter(|until| self.at < *until && then.stays_explained(&self.now))
    }

    /// One move, whole: the tenures, the clocks, the incident if nobody else moved it, the step if it has one, the event.
    /// Boxed, for it is most of what an act is while it waits.
    pub(super) async fn save(
        self,
        app: &App,
        tx: &Tx,
        change: Move,
        deed: Deed<'_>,
        has_step: bool,
    ) -> Result<::entity::incident::Model> {
        Box::pin(self.write(app, tx, change, deed, has_step)).await
    }

    async fn write(
        self,
        app: &App,
        tx: &Tx,
        Move { then, left, turns }: Move,
        deed: Deed<'_>,
        has_step: bool,
    ) -> Result<::entity::incident::Model> {
        let turned = law::turned(Some(&self.now), &then, &self.policy, self.at);
        let explained = self.explained(&then);
        // Nobody heard of what is taken back while it is explained.
        let unheard = self.row.outage_id.filter(|_| {
            then.status == law::Status::Withdrawn
                && self.row.explained_until.is_some_and(|until| self.at < until)
        });
        // Whoever has just come to hold it waits for the end of the outage too.
        let (then, waits) = match explained.filter(|_| left.is_some()) {
            Some(until) => then.begins_explained(&self.policy, until, self.at)?,
            None => (then, Vec::new()),
        };
        let turns: Vec<_> =
            turns.into_iter().chain(turned).chain(law::Running::noted(&then, waits)).collect();
        let mut decided = rules::figures::decided(Some(&self.now), &then, self.at);
        decided.extend(self.triaged(tx, &turns).await?);
        let Self { mut row, tenure: before, place, policy, now, clock, at, said } = self;
        let stood = figures::standing(&row);
        let key = (row.complex_id, row.id);
        let (version, seq, from) = (row.version, row.tenure_seq, row.level.clone());
        let tenure = if let Some(left) = left {
            let left = rows::tenure_row(key, &place, &left, Some(&before), &before.policy)?;
            store::save_tenure(tx.conn(), left).await?;
            let tenure = rows::tenure_row(key, &place, &then.tenure, None, &before.policy)?;
            store::insert_tenure(tx.conn(), tenure.clone()).await?;
            // Whom it is given to is the next post's to say; who forced an end stays told as long as it is one.
            (row.assignee_id, row.closer_role, row.closer_place_id) = (None, None, None);
            tenure
        } else {
            let mut tenure = rows::tenure_row(key, &place, &then.tenure, Some(&before), &before.policy)?;
            rows::write_prompted(&mut tenure, rows::prompted(&before)?.after(&turns));
            store::save_tenure(tx.conn(), tenure.clone()).await?;
            tenure
        };
        rows::write(&mut row, &then, &tenure, &policy);
        row.explained_until = explained;
        let clock = turned_clock(tx, &row, (&now, clock), &then, &turns).await?;
        row.prompts_at = rows::prompts_at(&then, clock.as_ref(), &tenure, &policy, at)?;
        row.version += 1;
        if !store::save(tx.conn(), &row, version, seq).await? {
            return Err(INCIDENT_MOVED.because("somebody else moved it first").retry_after(1));
        }
        write_turns(tx, &row, turns).await?;
        let noted = figures::Noted { row: &row, tenures: &[&before, &tenure], stood, at };
        figures::note(tx, noted, decided).await?;
        let commitment = if has_step { write_step(app, tx, &row, deed).await? } else { None };
        let mut facts = facts(&row);
        if let Some(facts) = facts.as_object_mut() {
            if from != row.level {
                facts.insert("from_level".into(), from.into());
                facts.insert("why".into(), then.tenure.entered_by.code().into());
            }
            // Whoever has it now, or still does not act, is not told alone.
            if matches!(deed.kind, "INCIDENT_CLIMBED" | "INCIDENT_SHOUTED") {
                facts.insert(NOTIFY.into(), told_besides(&policy, &then));
            }
            facts.extend(said);
            if let Some(outage) = unheard {
                facts.insert(OUTAGE.into(), json!(outage));
            }
        }
        tell(tx, &row, deed.kind, deed.actor, facts, commitment).await?;
        Ok(row)
    }
}

/// What a move changes, as the law answers it.
pub(super) struct Move {
    pub then: law::Incident,
    /// The tenure that it ends, when it begins another.
    pub left: Option<law::Tenure>,
    /// What happened to its clocks besides what follows from that.
    pub turns: Vec<law::Turn>,
}

impl From<law::Incident> for Move {
    fn from(then: law::Incident) -> Self {
        Self { then, left: None, turns: Vec::new() }
    }
}

impl From<law::Passed> for Move {
    fn from(passed: law::Passed) -> Self {
        Self { left: Some(passed.left), ..passed.incident.into() }
    }
}

/// The clock by which its holder is measured, while it is the holder's turn.
pub(super) async fn main_clock(
    db: &impl Conn,
    row: &::entity::incident::Model,
    now: &law::Incident,
) -> Result<Option<law::Clock>> {
    let Some(running) = law::Running::main(now) else { return Ok(None) };
    let entries = store::clock_entries(db, row, running).await?;
    // Only pausing needs the history: nothing else waits for one that is lost.
    let told = rows::clock(&entries);
    if told.is_err() {
        tracing::error!(incident = %row.id, "the history of an incident's clock is damaged");
    }
    Ok(told.ok())
}

/// The clock by which the holder is measured after a move; `row` is written, and the clock is the one `before`.
async fn turned_clock(
    tx: &Tx,
    row: &::entity::incident::Model,
    (before, clock): (&law::Incident, Option<law::Clock>),
    then: &law::Incident,
    turns: &[law::Turn],
) -> Result<Option<law::Clock>> {
    let Some(running) = law::Running::main(then) else { return Ok(None) };
    let known = match law::Running::main(before) {
        Some(same) if same == running => clock,
        _ if running.starts(turns) => None,
        // It stood still with another, or was at its end, and goes on.
        _ => main_clock(tx.conn(), row, then).await?,
    };
    Ok(running.turned(known, turns))
}

/// Writes what a move, or a report, did to the clocks; `row` has its version.
pub(in crate::incidents) async fn write_turns(
    tx: &Tx,
    row: &::entity::incident::Model,
    turns: impl IntoIterator<Item = law::Turn>,
) -> Result<()> {
    let entries = turns.into_iter().map(|turn| rows::clock_entry(row, &turn));
    Ok(store::insert_clock_entries(tx.conn(), entries.collect::<std::result::Result<_, _>>()?).await?)
}

/// Those whom the level that holds an incident tells besides itself, by its policy.
pub(in crate::incidents) fn told_besides(policy: &law::Policy, now: &law::Incident) -> Value {
    roles(policy.tells(now.tenure.level, now.lowest))
}

/// Those whom a prompt is told to besides whoever holds it: by its policy, or by the step that calls another level.
pub(in crate::incidents) fn told_with(
    policy: &law::Policy,
    now: &law::Incident,
    prompt: law::Prompt,
) -> Value {
    use law::policy::{Called, Does, hears};
    match prompt {
        law::Prompt::Warning { .. } | law::Prompt::Unsorted | law::Prompt::Reminder { .. } => {
            told_besides(policy, now)
        }
        law::Prompt::Step { does: Does::Notifies { whom: Called::Level(level), .. }, .. } => {
            roles(Some(level).filter(|level| hears(*level, now.tenure.level, now.lowest)))
        }
        law::Prompt::Step { .. } => roles(None),
    }
}

fn roles(levels: impl IntoIterator<Item = law::Level>) -> Value {
    levels.into_iter().map(|level| level.holder().code()).collect()
}

/// What anybody on the ladder may know of a move; with the outage as long as it explains it.
pub(in crate::incidents) fn facts(row: &::entity::incident::Model) -> Value {
    let mut facts = json!({
        "category": row.category,
        "severity": row.severity,
        "origin": row.origin,
        "status": row.status,
        "level": row.level,
        "holder_place_id": row.holder_place_id,
        "holder_role": row.holder_role,
    });
    if let (Some(facts), Some(due)) = (facts.as_object_mut(), row.due_at) {
        facts.insert("due_at".into(), json!(local(due)));
    }
    let outage = row.outage_id.filter(|_| row.explained_until.is_some());
    if let (Some(facts), Some(outage)) = (facts.as_object_mut(), outage) {
        facts.insert(OUTAGE.into(), json!(outage));
    }
    facts
}

pub(in crate::incidents) async fn tell(
    tx: &Tx,
    row: &::entity::incident::Model,
    kind: &'static str,
    actor: Actor,
    facts: Value,
    commitment: Option<String>,
) -> Result<()> {
    let (audience, person) = match kind {
        NOTED_INSIDE => (record::Audience::Ladder, None),
        _ => (record::Audience::Handlers, Some(row.reporter_id)),
    };
    record::write(
        tx,
        record::Event {
            kind,
            complex: row.complex_id,
            place: row.place_id,
            subject_type: "INCIDENT",
            subject: row.id,
            version: row.version,
            role: actor.in_record().into(),
            audience,
            person,
            facts,
            commitment,
        },
    )
    .await
}

/// Writes a line of the life line; answers the commitment to its words. Each move has a version, and its step that
/// number.
pub(in crate::incidents) async fn write_step(
    app: &App,
    tx: &Tx,
    row: &::entity::incident::Model,
    deed: Deed<'_>,
) -> Result<Option<String>> {
    let words = deed
        .words
        .map(|words| app.vault.seal(WORDS, words.as_bytes()))
        .transpose()
        .map_err(Problem::internal)?;
    let step = ::entity::incident_step::Model {
        complex_id: row.complex_id,
        incident_id: row.id,
        ordinal: i32::try_from(row.version).map_err(Problem::internal)?,
        act: deed.act.into(),
        actor_role: deed.actor.in_step().into(),
        words_cipher: words,
        at: tx.now,
    };
    store::insert_step(tx.conn(), step).await?;
    let commitment = |words: &str| {
        let parts =
            [b"incident_step".as_slice(), row.id.as_bytes(), &row.version.to_be_bytes(), words.as_bytes()];
        hex::encode(app.vault.mac(&parts))
    };
    Ok(deed.words.map(commitment))
}
