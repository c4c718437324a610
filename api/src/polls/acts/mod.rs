//! One function a verb, in the order of a poll's life.
//!
//! All of them but the readers take a write in progress and no request, so that whoever fills a demo or a test can call
//! them at any moment of a clock of its own: everything happens at `tx.now`.

mod archived;
mod aside;
mod come_to;
mod committee;
mod count;
mod deadline;
mod dispute;
mod extend;
mod external;
mod heads;
mod lock;
mod mandate;
mod object;
mod paper;
mod paper_kept;
mod prepare;
mod recount;
mod register;
mod result;
mod runoff;
mod seen;
mod serving;
mod stand;
mod standstill;
mod vote;
mod watch;

pub(crate) use archived::archived;
pub(crate) use come_to::come_to;
pub use committee::{check_vacancy, committee, note_vacancy};
pub(crate) use committee::{must_have_stepped_up, sits, stood};
pub use count::{close, open, tick};
pub use deadline::{check_note, deadlines, meet};
pub use dispute::{answer_dispute, check_dispute, check_dispute_answer, dispute, disputes};
pub use external::{external_result, import};
pub use heads::{ahead, my_heads};
pub use lock::lock;
pub use mandate::{give_mandate, make_proxy_code, mandates, revoke_mandate};
pub(crate) use mandate::{of_head, sees_scan};
pub use object::{answer_objection, check_answer, check_objection, object, objections};
pub(crate) use paper::handles_photos;
pub use paper::{
    adjudicate_paper, ask_paper, check_reasons, enter_paper, issue_papers, papers, read_paper, state_box,
    withdraw_entry,
};
pub use prepare::{add_matter, create, evaluate, list, read, rules_of, update};
pub use recount::{Recount, read_recount, recount, recount_report};
pub use register::register;
pub(crate) use register::register_all;
pub(crate) use result::procedure_passed_at;
pub use result::{list_of, publish, result, verification};
pub use runoff::make_runoff;
pub use serving::{check_withdrawal, note_services, remind, service_totals, services, withdraw_service};
pub(crate) use serving::{sees_evidence, served_here, unvoted};
pub use stand::{add_candidate, candidates, consent, read_page, update_page};
pub use standstill::{check_pause, pause, resume};
pub(crate) use standstill::{pause_with, resume_with};
pub use vote::{cast, check_receipt};
pub use watch::progress;

use rules::{
    packs::{InForce, Says},
    polls::{
        ballot::{BallotForm, Texts},
        leaks::Publicity,
        parameters::PollRules,
        phase::{Move, Phase, Refusal, Window},
    },
    quantity::Weight,
    words::Words,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use self::extend::Extension;
use super::{
    PAUSES_USED_UP, POLL_CANNOT_MOVE, POLL_CLOSED, POLL_FROZEN, POLL_NOT_OPEN, POLL_NOT_PAUSED, POLL_PAUSED,
    REGISTRATION_NOT_OPEN, RULES_UNLAWFUL,
    store::{self, Hold},
};
use crate::{
    access::{Grant, Level, Lineage, Permission, Role, Viewer},
    app::App,
    database::{Conn, Tx},
    http::problem::{NOT_FOUND, Problem, Result},
    moderation,
    pii::Vault,
    places,
    record::{self, Audience, Event},
};

/// The only round; a run-off is a poll of its own.
const ROUND: i32 = 1;

/// The channel of what came back on paper.
const PAPER: &str = "PAPER";

/// Whether somebody has an interest in how votes of a complex end that is not an owner's: the property company and the
/// developer.
fn has_interest_in(viewer: &Viewer, complex: Uuid) -> bool {
    let interested = |grant: &Grant| {
        matches!(grant.role, Role::PropertyManager | Role::Developer)
            && grant.place.at(Level::Complex) == Some(complex)
    };
    viewer.grants.iter().any(interested)
}

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

    /// What its convenor asks for.
    fn asks(&self) -> Result<Says> {
        match &self.poll.asks {
            Some(asks) => serde_json::from_str(asks).map_err(Problem::internal),
            None => Ok(rules::packs::asked(&self.rules()?)),
        }
    }

    /// Every rule as it holds, and who said it.
    fn in_force(&self) -> Result<Vec<InForce>> {
        match &self.poll.in_force {
            Some(rules) => serde_json::from_str(rules).map_err(Problem::internal),
            None => Ok(rules::packs::kept(&self.rules()?)),
        }
    }

    /// How far turnout and the votes for candidates are told; nothing where that was not chosen.
    fn publicity(&self) -> Result<Option<Publicity>> {
        self.poll.publicity.as_deref().map(read_word).transpose()
    }

    /// The same of one of its texts.
    fn publicity_of(&self, matter: &::entity::matter::Model) -> Result<Option<Publicity>> {
        let own = matter.publicity.as_deref().map(read_word).transpose()?;
        Ok(self.publicity()?.map(|poll| poll.of_text(own)))
    }

    /// With the extensions made, and what it stood still.
    fn window(&self) -> Window {
        Window { opens_at: self.poll.opens_at, closes_at: self.poll.closes_at }
    }

    /// As it was when the poll locked.
    fn announced(&self) -> Result<Window> {
        let first = self.extensions()?.first().map(|first| first.from);
        let first = Window { closes_at: first.unwrap_or(self.poll.closes_at), ..self.window() };
        Ok(first.without(&self.pauses()?))
    }

    /// Each time that voting went on.
    fn extensions(&self) -> Result<Vec<Extension>> {
        let made = self.poll.extensions.as_deref().map(serde_json::from_str).transpose();
        Ok(made.map_err(Problem::internal)?.unwrap_or_default())
    }

    fn seats(&self) -> u32 {
        u32::try_from(self.poll.seats).unwrap_or_default()
    }

    /// What every voter is told of silence, as the lock froze it.
    fn warning(&self) -> Result<Option<Words>> {
        self.poll.warning.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)
    }

    /// The locked roll; nothing before the lock.
    fn roll(&self) -> Weight {
        weight(self.poll.total_heads, self.poll.total_area)
    }

    /// The parts of its complex to whose owners alone it is put.
    fn among(&self) -> Result<Vec<Uuid>> {
        places::named_in(self.poll.among.as_deref())
    }

    /// Whether it is put to the owners of a home.
    fn is_put_to(&self, home: &Lineage) -> Result<bool> {
        let among = self.among()?;
        let is_in =
            |part: &Uuid| [Level::Building, Level::Unit].iter().any(|level| home.at(*level) == Some(*part));
        Ok(home.at(self.place.level) == Some(self.place.id) && (among.is_empty() || among.iter().any(is_in)))
    }

    fn has_interest(&self, viewer: &Viewer) -> bool {
        has_interest_in(viewer, self.poll.complex_id)
    }

    fn must_be_draft(&self) -> Result<()> {
        if self.phase()? == Phase::Draft { Ok(()) } else { Err(POLL_FROZEN.plain()) }
    }

    /// What is put to each head.
    async fn form(&self, db: &impl Conn) -> Result<BallotForm> {
        Ok(self.put(db).await?.0)
    }

    /// The same, with the hash that was kept of each text; who counts makes it out anew.
    async fn put(&self, db: &impl Conn) -> Result<(BallotForm, Texts)> {
        let candidates = store::candidates(db, &self.poll).await?;
        let matters = store::matters(db, &self.poll).await?;
        let form = self.form_of(&candidates, &matters, &self.rules()?);
        Ok((form, matters.into_iter().map(|matter| (matter.id.to_string(), matter.body_hash)).collect()))
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
        self.tell_with(tx, kind, role, facts, None).await
    }

    /// The same, with a commitment to words that are kept elsewhere.
    async fn tell_with(
        &self,
        tx: &Tx,
        kind: &'static str,
        role: String,
        facts: Value,
        commitment: Option<String>,
    ) -> Result<()> {
        record::write(tx, Event { commitment, ..self.event(kind, role, facts) }).await
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

/// Whether the viewer may say this of a poll: goes on only if WeChat finds nothing against the words, where it can be
/// asked.
async fn may_say(app: &App, viewer: &Viewer, needs: Permission, (poll, words): (Uuid, &str)) -> Result<()> {
    let scene = Scene::load(app.db.read(), poll).await?;
    viewer.require(needs, &scene.place, None)?;
    moderation::must_pass(app, viewer.person, words).await
}

/// Lets whoever keeps words prove that they are those of this row.
fn commitment(vault: &Vault, column: &str, row: Uuid, words: &str) -> String {
    hex::encode(vault.mac(&[column.as_bytes(), row.as_bytes(), words.as_bytes()]))
}

/// The role by which the viewer acts, for the record.
fn role(viewer: &Viewer, permission: Permission, place: &Lineage) -> String {
    viewer.acting_as(permission, place).map_or("RESIDENT", Role::as_str).to_owned()
}

/// The role of what happens by itself.
const BY_THE_CLOCK: &str = "CLOCK";

/// An enum's word, as it is stored.
pub(super) fn word<T: Serialize>(value: T) -> Result<String> {
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

/// A count as the rules have it.
fn size(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn weight(heads: i64, area: i64) -> Weight {
    Weight::new(size(heads), size(area))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::BeforeOpening { .. }
            | Refusal::WrongPhase { asked: Move::Cast, from: Phase::Draft | Phase::Locked } => &POLL_NOT_OPEN,
            Refusal::AfterClosing { .. } | Refusal::WrongPhase { asked: Move::Cast, .. } => &POLL_CLOSED,
            Refusal::WrongPhase { asked: Move::Lock, .. } => &POLL_FROZEN,
            Refusal::RulesUnlawful { .. } => &RULES_UNLAWFUL,
            Refusal::PauseOutOfReach => return Self::member("/until", "BOUND", refusal.to_string()),
            Refusal::Paused { .. } => &POLL_PAUSED,
            Refusal::NotPaused => &POLL_NOT_PAUSED,
            Refusal::PausedTooOften => &PAUSES_USED_UP,
            Refusal::RegistrationOver { .. } | Refusal::WrongPhase { asked: Move::Register, .. } => {
                &REGISTRATION_NOT_OPEN
            }
            _ => &POLL_CANNOT_MOVE,
        };
        code.because(refusal.to_string())
    }
}
