//! One function a verb, in the order of a poll's life.
//!
//! All of them but the readers take a write in progress and no request, so that whoever fills a demo or a test can call
//! them at any moment of a clock of its own: everything happens at `tx.now`.

mod count;
mod heads;
mod lock;
mod prepare;
mod recount;
mod result;
mod stand;
mod vote;
mod watch;

pub use count::{close, open, tick};
pub use heads::{ahead, my_heads};
pub use lock::lock;
pub use prepare::{add_matter, create, evaluate, list, read, update};
pub use recount::{Recount, recount};
pub use result::{list_of, publish, result};
pub use stand::{add_candidate, candidates, consent, read_page, update_page};
pub use vote::{cast, check_receipt};
pub use watch::progress;

use rules::{
    polls::{
        ballot::BallotForm,
        parameters::PollRules,
        phase::{Move, Phase, Refusal, Window},
    },
    quantity::Weight,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::{
    POLL_CANNOT_MOVE, POLL_CLOSED, POLL_FROZEN, POLL_NOT_OPEN, RULES_UNLAWFUL,
    store::{self, Hold},
};
use crate::{
    access::{Lineage, Permission, Viewer},
    database::{Conn, Tx},
    http::problem::{NOT_FOUND, Problem, Result},
    places,
    record::{self, Audience, Event},
};

/// The only round so far; a run-off is a poll of its own.
const ROUND: i32 = 1;

/// A poll with the place whose heads it is put to.
struct Scene {
    poll: ::entity::poll::Model,
    place: Lineage,
}

impl Scene {
    /// For reading.
    async fn load(db: &impl Conn, id: Uuid) -> Result<Self> {
        Self::of(db, store::poll(db, id).await?).await
    }

    /// For writing: nobody else changes the poll meanwhile.
    async fn hold(tx: &Tx, id: Uuid, hold: Hold) -> Result<Self> {
        Self::of(tx.conn(), store::held(tx.conn(), id, hold).await?).await
    }

    /// What was read, held from now on.
    async fn held(self, tx: &Tx, hold: Hold) -> Result<Self> {
        let poll = store::held(tx.conn(), self.poll.id, hold).await?;
        Ok(Self { poll: poll.ok_or_else(|| NOT_FOUND.because("no such poll"))?, place: self.place })
    }

    async fn of(db: &impl Conn, poll: Option<::entity::poll::Model>) -> Result<Self> {
        let poll = poll.ok_or_else(|| NOT_FOUND.because("no such poll"))?;
        let place = places::lineage(db, poll.place_id).await?;
        Ok(Self { poll, place })
    }

    fn phase(&self) -> Result<Phase> {
        read_word(&self.poll.state)
    }

    fn rules(&self) -> Result<PollRules> {
        serde_json::from_str(&self.poll.rules).map_err(Problem::internal)
    }

    fn window(&self) -> Window {
        Window { opens_at: self.poll.opens_at, closes_at: self.poll.closes_at }
    }

    fn seats(&self) -> u32 {
        u32::try_from(self.poll.seats).unwrap_or_default()
    }

    /// The locked roll; nothing before the lock.
    fn roll(&self) -> Weight {
        Weight::new(
            u64::try_from(self.poll.total_heads).unwrap_or_default(),
            u64::try_from(self.poll.total_area).unwrap_or_default(),
        )
    }

    fn must_be_draft(&self) -> Result<()> {
        if self.phase()? == Phase::Draft { Ok(()) } else { Err(POLL_FROZEN.plain()) }
    }

    /// What is put to each head.
    async fn form(&self, db: &impl Conn) -> Result<BallotForm> {
        let candidates = store::candidates(db, &self.poll).await?;
        let matters = store::matters(db, &self.poll).await?;
        Ok(self.form_of(&candidates, &matters, &self.rules()?))
    }

    fn form_of(
        &self,
        candidates: &[::entity::candidate::Model],
        matters: &[::entity::matter::Model],
        rules: &PollRules,
    ) -> BallotForm {
        BallotForm {
            candidates: candidates.iter().map(|candidate| candidate.id.to_string()).collect(),
            max_selections: rules.max_selections(self.seats()),
            texts: matters.iter().map(|matter| matter.id.to_string()).collect(),
        }
    }

    /// Saves the poll as one version further; it is held alone.
    async fn save(&mut self, tx: &Tx) -> Result<()> {
        self.poll.version += 1;
        Ok(store::save_poll(tx.conn(), &self.poll).await?)
    }

    /// Writes into the record what everybody in the complex may know.
    async fn tell(&self, tx: &Tx, kind: &'static str, role: String, facts: Value) -> Result<()> {
        record::write(tx, self.event(kind, role, facts)).await
    }

    fn event(&self, kind: &'static str, role: String, facts: Value) -> Event {
        Event {
            kind,
            complex: self.poll.complex_id,
            place: self.poll.place_id,
            subject_type: "POLL",
            subject: self.poll.id,
            version: self.poll.version,
            role,
            audience: Audience::Members,
            person: None,
            facts,
            commitment: None,
        }
    }
}

/// The role by which the viewer acts, for the record.
fn role(viewer: &Viewer, permission: Permission, place: &Lineage) -> String {
    viewer.acting_as(permission, place).map_or("RESIDENT", crate::access::Role::as_str).to_owned()
}

/// The role of what happens by itself.
const BY_THE_CLOCK: &str = "CLOCK";

/// An enum's word, as it is stored.
fn word<T: Serialize>(value: T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(Problem::internal("not a word")),
    }
}

/// The enum of a stored word.
fn read_word<T: DeserializeOwned>(word: &str) -> Result<T> {
    serde_json::from_value(Value::from(word)).map_err(Problem::internal)
}

/// A count as the database keeps it.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::BeforeOpening { .. }
            | Refusal::WrongPhase { asked: Move::Cast, from: Phase::Draft | Phase::Locked } => &POLL_NOT_OPEN,
            Refusal::AfterClosing { .. } | Refusal::WrongPhase { asked: Move::Cast, .. } => &POLL_CLOSED,
            Refusal::WrongPhase { asked: Move::Lock, .. } => &POLL_FROZEN,
            Refusal::RulesUnlawful { .. } => &RULES_UNLAWFUL,
            _ => &POLL_CANNOT_MOVE,
        };
        code.because(refusal.to_string())
    }
}
