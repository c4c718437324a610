//! The clocks of what is to be done once voting has ended: begun by what happens, told of by the clock, met by a note.

use chrono::{DateTime, Utc};
use rules::polls::{
    deadlines::{self as law, Clock, Deadline, Deadlines, Milestones, Said},
    verdict::{ElectionOutcome, Verdict},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        DEADLINE_MET, DEADLINE_NOT_NOTED,
        model::{DeadlinePath, DueAct, MeetDeadline},
        store::{self, Hold},
    },
    BY_THE_CLOCK, Scene, may_say,
    result::{counted, out_for},
    role,
};
use crate::{
    access::{Permission, Role, Viewer},
    app::App,
    calendar::acts as calendar,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::List,
        problem::{NOT_FOUND, Problem, Result},
    },
};

type Row = ::entity::poll_deadline::Model;

const WORDS: &str = "poll_deadline.words";

/// Those who convene.
pub(super) const CONVENORS: [Role; 2] = [Role::Preparer, Role::CommunityOfficer];

/// Who is told: those who convene, who publish, note what was done and keep the evidence; and of what the elected committee
/// has to do the committee too.
const fn whose(deadline: Deadline) -> &'static [Role] {
    match deadline {
        Deadline::Publish | Deadline::Revoke => &CONVENORS,
        Deadline::FirstMeeting | Deadline::File | Deadline::Renew => {
            &[Role::Preparer, Role::CommunityOfficer, Role::CommitteeMember]
        }
    }
}

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            law::Refusal::BySomethingElse { .. } => DEADLINE_NOT_NOTED.because(words),
            law::Refusal::MetAlready { .. } => DEADLINE_MET.because(words),
            law::Refusal::NotThen { .. } => Self::member("/met_at", "BOUND", &words),
        }
    }
}

impl Scene {
    /// Begins the clocks that run since the last milestone, and stops those that it met.
    pub(super) async fn wind(&self, tx: &Tx) -> Result<()> {
        let election = counted::<Verdict>(self)?.verdict.election;
        let is_formed = election.is_some_and(|election| election.outcome == ElectionOutcome::Formed);
        self.run_clocks(tx, is_formed).await
    }

    /// The same for a poll that formed a committee or did not.
    pub(super) async fn run_clocks(&self, tx: &Tx, is_formed: bool) -> Result<()> {
        let milestones = self.milestones(is_formed);
        let due = self.deadlines(tx.conn(), is_formed).await?;
        let known = store::deadlines(tx.conn(), &self.poll).await?;
        for (deadline, clock) in due.clocks(milestones) {
            match known.iter().find(|row| row.deadline == deadline.code()) {
                None => store::insert_deadline(tx.conn(), self.row(deadline, clock)).await?,
                // Voting went on elsewhere, as is known now.
                Some(row) if row.met_at.is_none() && row.begun_at < clock.begun_at => {
                    store::save_deadline(tx.conn(), &self.row(deadline, clock)).await?;
                }
                Some(row) if row.met_at.is_none() && clock.met_at.is_some() => {
                    let met = Clock { met_at: clock.met_at, ..read(row)?.1 };
                    store::save_deadline(tx.conn(), &after(row, met)).await?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// By when things are to be done, after a count that formed a committee or did not.
    pub(super) async fn deadlines(&self, db: &impl Conn, is_formed: bool) -> Result<Deadlines> {
        let calendar = calendar::known(db).await?;
        Deadlines::of(self.milestones(is_formed), &self.rules()?, &calendar).map_err(Problem::internal)
    }

    fn milestones(&self, is_formed: bool) -> Milestones {
        // A result that comes from elsewhere is due as soon as one that is counted here.
        let closed_at = self.poll.closed_at.filter(|_| self.poll.external.is_none());
        Milestones {
            closed_at: closed_at.unwrap_or(self.poll.closes_at),
            published_at: self.poll.published_at,
            final_at: self.poll.final_at,
            is_formed,
            begins_a_term: self.poll.committee_of.is_none(),
        }
    }

    fn row(&self, deadline: Deadline, clock: Clock) -> Row {
        Row {
            complex_id: self.poll.complex_id,
            poll_id: self.poll.id,
            deadline: deadline.code().into(),
            begun_at: clock.begun_at,
            due_at: clock.due_at,
            met_at: clock.met_at,
            met_by: None,
            met_as: None,
            words_cipher: None,
            said: clock.said.code().into(),
            prompt_at: clock.prompts_at(),
        }
    }
}

fn read(row: &Row) -> Result<(Deadline, Clock)> {
    let damaged = || Problem::internal("a deadline is not what the law knows");
    let clock = Clock {
        begun_at: row.begun_at,
        due_at: row.due_at,
        met_at: row.met_at,
        said: Said::from_code(&row.said).ok_or_else(damaged)?,
    };
    Ok((Deadline::from_code(&row.deadline).ok_or_else(damaged)?, clock))
}

/// The row, with its clock as it stands now.
fn after(row: &Row, clock: Clock) -> Row {
    let (said, prompt_at) = (clock.said.code().into(), clock.prompts_at());
    Row { met_at: clock.met_at, said, prompt_at, ..row.clone() }
}

/// Tells those who have to act of the deadlines that are near or have passed; answers how many it told of. One that cannot
/// be told holds up no other.
pub(super) async fn tick(app: &App) -> Result<usize> {
    let mut told = 0;
    let mut failed = None;
    for (poll, deadline) in store::deadlines_to_tell(app.db.read(), app.clock.now()).await? {
        match app.write(async |tx: &Tx| prompt(tx, poll, &deadline).await).await {
            Ok(was_due) => told += usize::from(was_due),
            Err(problem) => failed = Some(problem),
        }
    }
    failed.map_or(Ok(told), Err)
}

/// Tells of one, if nobody has meanwhile.
async fn prompt(tx: &Tx, poll: Uuid, deadline: &str) -> Result<bool> {
    let scene = Scene::hold(tx, poll, Hold::Alone).await?;
    let Some(row) = store::deadline(tx.conn(), &scene.poll, deadline).await? else { return Ok(false) };
    let (deadline, clock) = read(&row)?;
    let Some(said) = clock.prompt(tx.now) else { return Ok(false) };
    store::save_deadline(tx.conn(), &after(&row, Clock { said, ..clock })).await?;
    let kind = if said == Said::Passed { "POLL_DEADLINE_PASSED" } else { "POLL_DEADLINE_NEAR" };
    let notify: Vec<&str> = whose(deadline).iter().map(|role| role.as_str()).collect();
    let facts = json!({ "deadline": deadline, "due_at": local(clock.due_at), "notify": notify });
    scene.tell(tx, kind, BY_THE_CLOCK.into(), facts).await?;
    Ok(true)
}

/// What is said of it, if that may be said: goes on only if WeChat finds nothing against the words, where it can be asked.
pub async fn check_note(app: &App, viewer: &Viewer, path: &DeadlinePath, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::PreparePoll, (path.poll_id, words)).await
}

/// Notes that something was done, when, and what there is to show for it.
pub async fn meet(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &DeadlinePath,
    new: &MeetDeadline,
) -> Result<Answer<DueAct>> {
    let scene = Scene::hold(tx, path.poll_id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    let row = store::deadline(tx.conn(), &scene.poll, path.deadline.code()).await?;
    let row = row.ok_or_else(|| NOT_FOUND.because("nothing of that kind is due"))?;
    let (deadline, clock) = read(&row)?;
    let clock = clock.meet(deadline, new.met_at.to_utc(), tx.now)?;
    let role = role(viewer, Permission::PreparePoll, &scene.place);
    let row = Row {
        met_by: Some(viewer.person),
        met_as: Some(role.clone()),
        words_cipher: Some(app.vault.seal(WORDS, new.words.as_bytes()).map_err(Problem::internal)?),
        ..after(&row, clock)
    };
    store::save_deadline(tx.conn(), &row).await?;
    let facts = json!({
        "deadline": deadline,
        "due_at": local(clock.due_at),
        "met_at": clock.met_at.map(local),
        "is_late": clock.is_late(tx.now),
    });
    let said = app.vault.mac(&[
        WORDS.as_bytes(),
        row.poll_id.as_bytes(),
        row.deadline.as_bytes(),
        new.words.as_bytes(),
    ]);
    scene.tell_with(tx, "POLL_DEADLINE_MET", role, facts, Some(hex::encode(said))).await?;
    let location = format!("/v1/polls/{}/deadlines", path.poll_id);
    Ok(Answer::created(show(app, &row, tx.now)?, location))
}

/// What is to be done after a vote whose result the viewer may see, and what was done.
pub async fn deadlines(app: &App, viewer: &Viewer, poll: Uuid) -> Result<List<DueAct>> {
    let scene = out_for(app, viewer, poll).await?;
    let rows = store::deadlines(app.db.read(), &scene.poll).await?;
    let now = app.clock.now();
    let mut items = rows.iter().map(|row| show(app, row, now)).collect::<Result<Vec<_>>>()?;
    items.sort_by_key(|one| one.deadline);
    Ok(List { items, next_cursor: None })
}

fn show(app: &App, row: &Row, now: DateTime<Utc>) -> Result<DueAct> {
    let (deadline, clock) = read(row)?;
    let words = row.words_cipher.as_ref().map(|cipher| app.vault.text(WORDS, cipher));
    Ok(DueAct {
        deadline,
        begun_at: local(clock.begun_at),
        due_at: local(clock.due_at),
        met_at: clock.met_at.map(local),
        met_as: row.met_as.clone(),
        words: words.transpose().map_err(Problem::internal)?,
        is_late: clock.is_late(now),
    })
}
