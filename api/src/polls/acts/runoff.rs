//! Run-offs: a new small poll among those who were equal for the last seats, and what the votes come to together.

use std::collections::{BTreeMap, HashMap};

use rules::polls::{
    external::System,
    lists::Names,
    runoff::{self, Composition},
    tally::Seats,
    verdict::{ElectionVerdict, Verdict},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        RUNOFF_FIXED, RUNOFF_MADE, RUNOFF_NOT_DUE,
        model::{self, MakeRunoff, Poll, UpdatePoll},
        store::{self, Hold},
    },
    Scene,
    count::Counted,
    object, prepare, read_word, role,
    stand::{full_name, shown_name},
};
use crate::{
    access::{Permission, Viewer},
    database::{Conn, Tx},
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
    packs::model::RuleValues,
    pii::Vault,
};

/// What follows the title of the vote that it decides.
const AGAIN: &str = "（再次投票）";
/// What a title has room for.
const TITLE: usize = 100;

impl From<runoff::Refusal> for Problem {
    fn from(refusal: runoff::Refusal) -> Self {
        let problem = match refusal {
            runoff::Refusal::MadeAlready => &RUNOFF_MADE,
            runoff::Refusal::NotPublished | runoff::Refusal::NotDue => &RUNOFF_NOT_DUE,
        };
        problem.because(refusal.to_string())
    }
}

/// Makes the draft of a run-off: the same rules as they were frozen, the open seats, and the equal candidates with
/// their pages and consents. Its window is to be said, and its roll is taken when it locks.
pub async fn make_runoff(viewer: &Viewer, tx: &Tx, id: Uuid, new: &MakeRunoff) -> Result<Answer<Poll>> {
    let mut decided = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &decided.place, None)?;
    let is_made = store::runoff_of(tx.conn(), id).await?.is_some();
    let due = runoff::due(decided.phase()?, election(&decided)?.as_ref(), is_made)?;
    if object::counted(tx.conn(), &decided).await?.upheld > 0 {
        return Err(RUNOFF_NOT_DUE.because("an objection to its result holds"));
    }
    let (opens_at, closes_at) = prepare::window(new.opens_at, new.closes_at)?;
    let seats = |number: u32| i32::try_from(number).map_err(Problem::internal);
    let at = (decided.poll.complex_id, decided.poll.place_id);
    // The rules are those of the first vote, as they were frozen.
    let poll = ::entity::poll::Model {
        title: title(&decided.poll.title),
        seats: seats(due.seats)?,
        alternates: seats(decided.rules()?.alternates(due.seats))?,
        rules: decided.poll.rules.clone(),
        asks: decided.poll.asks.clone(),
        in_force: decided.poll.in_force.clone(),
        publicity: decided.poll.publicity.clone(),
        external: decided.poll.external.clone(),
        opens_at,
        closes_at,
        runoff_of: Some(id),
        committee_of: decided.poll.committee_of,
        among: decided.poll.among.clone(),
        seats_filled: Some(seats(decided.all_seats().whole().saturating_sub(due.seats))?),
        ..prepare::draft(viewer, tx, at, read_word(&decided.poll.kind)?)?
    };
    store::insert_poll(tx.conn(), poll.clone()).await?;
    let run_off = Scene { poll, place: decided.place.clone() };
    let role = role(viewer, Permission::PreparePoll, &run_off.place);
    let facts = json!({ "kind": run_off.poll.kind, "title": run_off.poll.title, "runoff_of": id });
    run_off.tell(tx, "POLL_CREATED", role.clone(), facts).await?;
    carry_over(tx, &decided, &run_off, &due.between, &role).await?;
    decided.save(tx).await?;
    decided.tell(tx, "RUNOFF_PREPARED", role, json!({ "runoff_id": run_off.poll.id })).await?;
    let location = format!("/v1/polls/{}", run_off.poll.id);
    Ok(Answer::created(prepare::show(tx.conn(), &run_off).await?, location).version(run_off.poll.version))
}

/// Puts those who were equal on the new ballot, in the order of the one before.
async fn carry_over(tx: &Tx, from: &Scene, to: &Scene, between: &[String], role: &str) -> Result<()> {
    let candidates = store::candidates(tx.conn(), &from.poll).await?;
    let equal = candidates.into_iter().filter(|one| between.contains(&one.id.to_string()));
    for (ordinal, candidate) in (1..).zip(equal) {
        let page = store::page(tx.conn(), &candidate).await?;
        let carried = ::entity::candidate::Model {
            id: tx.id(),
            poll_id: to.poll.id,
            ordinal,
            created_at: tx.now,
            ..candidate
        };
        store::insert_candidate(tx.conn(), carried.clone()).await?;
        if let Some(page) = page {
            let page = ::entity::campaign_page::Model { candidate_id: carried.id, ..page };
            store::insert_page(tx.conn(), page).await?;
        }
        let facts = json!({ "candidate_id": carried.id, "ordinal": ordinal, "stood_as": candidate.id });
        to.tell(tx, "CANDIDATE_ADDED", role.to_owned(), facts).await?;
    }
    Ok(())
}

fn title(decided: &str) -> String {
    let bare = decided.strip_suffix(AGAIN).unwrap_or(decided);
    let room = TITLE.saturating_sub(AGAIN.chars().count());
    bare.chars().take(room).chain(AGAIN.chars()).collect()
}

impl Scene {
    /// All seats that the poll is about; those of a run-off with those that were filled before.
    pub(super) fn all_seats(&self) -> Seats {
        let filled = self.poll.seats_filled.map(u32::try_from).and_then(Result::ok);
        Seats { open: self.seats(), filled: filled.unwrap_or_default() }
    }

    /// Who stands in a run-off, for how many seats and by which rules says the vote that it decides.
    pub(super) fn must_not_be_a_runoff(&self) -> Result<()> {
        match self.poll.runoff_of {
            None => Ok(()),
            Some(_) => Err(RUNOFF_FIXED.plain()),
        }
    }

    /// Writes into the draft of a run-off what is for its convenor to say.
    pub(super) fn set_runoff(&mut self, terms: UpdatePoll) -> Result<()> {
        let RuleValues(asks) = terms.rules;
        let publicity = terms.publicity.or(self.publicity()?);
        let external = terms.external.map(System::from);
        if external != self.external()?
            || terms.seats != self.seats()
            || asks != self.asks()?
            || publicity != self.publicity()?
        {
            return Err(RUNOFF_FIXED.plain());
        }
        let (opens_at, closes_at) = prepare::window(terms.opens_at, terms.closes_at)?;
        (self.poll.title, self.poll.opens_at, self.poll.closes_at) = (terms.title, opens_at, closes_at);
        Ok(())
    }
}

/// What the election of a poll came to, once counted.
pub(super) fn election(scene: &Scene) -> Result<Option<ElectionVerdict>> {
    let Some(counted) = scene.poll.result.as_deref() else { return Ok(None) };
    let counted: Counted<Verdict> = serde_json::from_str(counted).map_err(Problem::internal)?;
    Ok(counted.verdict.election)
}

/// A vote among those that elect a committee together: who stood, under the ids of the first ballot.
struct Vote {
    poll: Uuid,
    verdict: ElectionVerdict,
}

/// A vote with those that it decides, if it is a run-off.
pub(super) struct Votes {
    first: Uuid,
    all: Vec<Vote>,
    pub(super) together: Composition,
    /// What candidates are called, by their ids on the first ballot.
    pub(super) names: Names,
    /// Those ids, by the owner who stands.
    pub(super) ids: HashMap<Uuid, Uuid>,
    /// The same in full.
    full_names: Names,
}

impl Votes {
    /// Of a run-off that is counted; nothing where it is none, or it is not.
    pub async fn of(vault: &Vault, db: &impl Conn, run_off: &Scene) -> Result<Option<Self>> {
        if run_off.poll.runoff_of.is_none() || run_off.poll.result.is_none() {
            return Ok(None);
        }
        Self::up_to(vault, db, run_off).await.map(Some)
    }

    /// Up to one that is counted and in which enough took part, or that is a run-off.
    pub async fn up_to(vault: &Vault, db: &impl Conn, last: &Scene) -> Result<Self> {
        let mut scenes = before(db, last).await?;
        scenes.push(Scene { poll: last.poll.clone(), place: last.place.clone() });
        let (mut first_id, mut names, mut votes) = (HashMap::new(), Names::new(), Vec::new());
        let mut full_names = Names::new();
        for scene in &scenes {
            let mut ids = BTreeMap::new();
            for one in store::candidates(db, &scene.poll).await? {
                let first = *first_id.entry(one.owner_id).or_insert(one.id);
                ids.insert(one.id.to_string(), first.to_string());
                // Who agrees to be shown by name later is so from then on.
                full_names.insert(first.to_string(), full_name(vault, &one)?);
                let name = shown_name(vault, &one)?;
                let shown = names.entry(first.to_string()).or_insert_with(|| name.clone());
                if one.consented_at.is_some() {
                    *shown = name;
                }
            }
            let verdict = election(scene)?.ok_or_else(|| Problem::internal("a vote is not counted"))?;
            votes.push(Vote { poll: scene.poll.id, verdict: verdict.renamed(&ids) });
        }
        let together = together(&votes)?;
        let first = votes.first().map_or(last.poll.id, |vote| vote.poll);
        Ok(Self { first, all: votes, together, names, ids: first_id, full_names })
    }

    /// The members' list of all votes together; with names in full, or as others may see them.
    pub fn members(&self, in_full: bool) -> rules::polls::lists::List {
        let verdicts: Vec<&ElectionVerdict> = self.all.iter().map(|vote| &vote.verdict).collect();
        let names = if in_full { &self.full_names } else { &self.names };
        rules::polls::lists::members_together(&verdicts, &self.together, names)
    }

    /// As the API tells it.
    pub fn show(&self) -> Result<model::Composition> {
        let id = |text: &String| text.parse::<Uuid>().map_err(Problem::internal);
        let ids = |all: &[String]| all.iter().map(id).collect::<Result<Vec<_>>>();
        let member = |one: &String| {
            let elected = |vote: &&Vote| {
                vote.verdict.election.as_ref().is_some_and(|election| election.elected.contains(one))
            };
            Ok::<_, Problem>(model::ComposedMember {
                candidate_id: id(one)?,
                name: self.names.get(one).cloned().unwrap_or_default(),
                poll_id: self.all.iter().find(elected).map_or(self.first, |vote| vote.poll),
            })
        };
        let Composition { seats, elected, runoff, vacant, formed, .. } = &self.together;
        let runoff = runoff.as_ref().map(|runoff| {
            Ok::<_, Problem>(model::Runoff { between: ids(&runoff.between)?, seats: runoff.seats })
        });
        Ok(model::Composition {
            first_poll_id: self.first,
            seats: *seats,
            elected: elected.iter().map(member).collect::<Result<_>>()?,
            runoff: runoff.transpose()?,
            alternates: self.together.alternates().map(|all| ids(&all)).transpose()?,
            equal_alternates: ids(&self.together.equal_alternates())?,
            vacant: *vacant,
            formed: *formed,
        })
    }
}

/// The votes that a run-off decides, the first one first.
async fn before(db: &impl Conn, run_off: &Scene) -> Result<Vec<Scene>> {
    let (mut votes, mut of) = (Vec::new(), run_off.poll.runoff_of);
    while let Some(id) = of {
        let vote = Scene::load(db, id).await?;
        of = vote.poll.runoff_of;
        votes.push(vote);
    }
    votes.reverse();
    Ok(votes)
}

fn together(votes: &[Vote]) -> Result<Composition> {
    let nobody = || Problem::internal("a run-off decides an election that nobody won");
    let (first, run_offs) = votes.split_first().ok_or_else(nobody)?;
    let first = Composition::of(&first.verdict).ok_or_else(nobody)?;
    run_offs.iter().try_fold(first, |so_far, vote| so_far.with(&vote.verdict)).map_err(Problem::internal)
}

/// What differs between a run-off and the vote that it decides: who stands, for how many seats, by which rules.
pub(super) async fn unlike_what_it_decides(db: &impl Conn, run_off: &Scene) -> Result<Vec<String>> {
    let Some(of) = run_off.poll.runoff_of else { return Ok(Vec::new()) };
    let decided = Scene::load(db, of).await?;
    let Some(due) = election(&decided)?.and_then(|election| election.election?.runoff) else {
        return Ok(vec![format!("it is the run-off of poll {of}, in which none is due")]);
    };
    let mut unlike = Vec::new();
    let filled = decided.all_seats().whole().saturating_sub(due.seats);
    let seats = run_off.all_seats();
    if seats != (Seats { open: due.seats, filled }) {
        unlike.push(format!(
            "seats of the run-off: {} beside {}, and {} beside {filled} are open",
            seats.open, seats.filled, due.seats
        ));
    }
    let mut equal = Vec::new();
    for one in store::candidates(db, &decided.poll).await? {
        equal.extend(due.between.contains(&one.id.to_string()).then_some(one.owner_id));
    }
    let stand: Vec<Uuid> =
        store::candidates(db, &run_off.poll).await?.into_iter().map(|one| one.owner_id).collect();
    if stand != equal {
        unlike.push("others stand in the run-off than those who were equal".to_owned());
    }
    if run_off.rules()? != decided.rules()? {
        unlike.push("the run-off has other rules than the vote that it decides".to_owned());
    }
    if run_off.publicity()? != decided.publicity()? {
        unlike.push("the run-off tells more or less of its votes than the vote that it decides".to_owned());
    }
    Ok(unlike)
}
