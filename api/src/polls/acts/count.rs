//! What happens by the clock: opening, closing, counting — each once, however many processes run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rules::{
    archive::format,
    pause::Pause,
    polls::{
        ballot::Texts,
        flip::Flips,
        leaks::{Leaks, Policy},
        matter::{Matter, MatterClass},
        parameters::PollRules,
        phase::{Ending, Move, Phase},
        seals,
        service::{self, Served},
        tally::{Count, Electorate, Totals},
        told,
        tree::{self, Hash, Tree},
        verdict::{self, Verdict},
    },
    quantity::Weight,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{
        sealed::Sealed,
        store::{self, Hold},
    },
    BY_THE_CLOCK, Scene, deadline,
    extend::ending,
    external, object, register,
    serving::{self, POLL_SERVED},
    size, standstill, weight, word,
};
use crate::{
    app::App,
    database::{Conn, Tx},
    http::problem::{Problem, Result},
    pii::Vault,
    programmes::acts as programmes,
};

/// Ballots read at once.
pub(super) const PAGE: u64 = 1000;

/// The count as it is stored: everything that follows from the ballots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted<V = Verdict> {
    pub ballots: u64,
    pub totals: Totals,
    pub verdict: V,
    /// How firm each outcome is; nothing in counts from before it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<Flips>,
    /// What stands behind each pair that is told; nothing in polls from before that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaks: Option<Leaks>,
}

impl From<Counted> for format::Count {
    fn from(counted: Counted) -> Self {
        let Counted { ballots, totals, verdict, flips, leaks } = counted;
        Self { ballots, totals, verdict, flips, leaks }
    }
}

/// Opens, closes and finishes what is due, and tells of deadlines; answers how much there was. One that cannot be counted
/// holds up no other.
pub async fn tick(app: &App) -> Result<usize> {
    let mut moved = 0;
    let mut failed = None;
    for id in store::due(app.db.read(), app.clock.now()).await? {
        let step = async |tx: &Tx| {
            let goes_on = standstill::end(tx, id).await?;
            Ok([
                open(&app.vault, tx, id).await?,
                goes_on,
                close(&app.vault, tx, id).await?,
                object::finish(&app.vault, tx, id).await?,
            ])
        };
        match app.write(step).await {
            Ok([false, false, false, false]) => {}
            Ok(_) => moved += 1,
            Err(problem) => failed = Some(problem),
        }
    }
    moved += deadline::tick(app).await?;
    failed.map_or(Ok(moved), Err)
}

/// Opens a locked poll whose time has come; false if there is nothing to open. Where too few registered for it, it is over
/// in the same moment, and nobody votes.
pub async fn open(vault: &Vault, tx: &Tx, id: Uuid) -> Result<bool> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    if scene.phase()?.due(scene.window(), tx.now) != Some(Move::Open) {
        return Ok(false);
    }
    let Some(stood_still) = programmes::may_open(tx, id, scene.poll.locked_at).await? else {
        return Ok(false);
    };
    scene.poll.state = word(scene.phase()?.open(scene.window(), tx.now)?)?;
    scene.held_up(tx, stood_still).await?;
    scene.save(tx).await?;
    let kind = begins_as(tx.conn(), &scene).await?;
    scene.tell(tx, kind, BY_THE_CLOCK.into(), opened_told(tx.conn(), &scene).await?).await?;
    if kind == POLL_REGISTRATION_SHORT {
        close(vault, tx, id).await?;
    }
    Ok(true)
}

/// What the record calls it.
pub(super) const POLL_OPENED: &str = "POLL_OPENED";
/// The same where too few registered.
pub(super) const POLL_REGISTRATION_SHORT: &str = "POLL_REGISTRATION_SHORT";

/// Which of both it is, or was.
pub(super) async fn begins_as(db: &impl Conn, scene: &Scene) -> Result<&'static str> {
    let is_enough = scene.electorate(db).await?.is_enough(&scene.rules()?);
    Ok(if is_enough { POLL_OPENED } else { POLL_REGISTRATION_SHORT })
}

/// What the record tells of it; of a poll of opinion also who had registered.
pub(super) async fn opened_told(db: &impl Conn, scene: &Scene) -> Result<Value> {
    let registered =
        if scene.rules()?.is_of_opinion() { Some(register::sealed(db, &scene.poll).await?) } else { None };
    let registered = registered.as_ref().map(|(weight, hash)| (*weight, hash.as_str()));
    Ok(told::opened(scene.poll.frozen_hash.as_deref(), registered))
}

/// Closes an open poll whose time has come, and counts it, or lets voting go on; false if its time has not come, or if it
/// waits for paper already.
pub async fn close(vault: &Vault, tx: &Tx, id: Uuid) -> Result<bool> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    let phase = match ending(tx.conn(), &scene, tx.now).await? {
        None => return Ok(false),
        Some(Ending::Extended(window)) => {
            scene.extended(tx, window).await?;
            return Ok(true);
        }
        Some(Ending::Waits) => return scene.wait(tx).await,
        Some(Ending::Closed(phase)) => phase,
    };
    settle(vault, tx, &mut scene, phase).await?;
    Ok(true)
}

/// Counts a poll whose voting is over, and writes down what it comes to; it is held alone.
pub(super) async fn settle(vault: &Vault, tx: &Tx, scene: &mut Scene, phase: Phase) -> Result<()> {
    let id = scene.poll.id;
    let count = count(vault, tx.conn(), scene).await?;
    if !count.findings.is_empty() {
        return Err(Problem::internal(format!("poll {id} cannot be counted: {}", count.findings.join("; "))));
    }
    scene.poll.state = word(phase)?;
    scene.poll.closed_at = Some(tx.now);
    scene.poll.ballots_hash = Some(count.ballots_hash.clone());
    scene.poll.result = Some(serde_json::to_string(&count.counted).map_err(Problem::internal)?);
    scene.save(tx).await?;
    for (kind, facts) in count.facts_told()? {
        scene.tell(tx, kind, BY_THE_CLOCK.into(), facts).await?;
    }
    scene.wind(tx).await?;
    programmes::wake(tx, id).await
}

/// A count with everything that was wrong with the ballots.
pub(super) struct Counting {
    pub counted: Counted,
    pub ballots_hash: String,
    /// Each ballot's commitment, and when it was cast.
    pub cast: BTreeMap<String, DateTime<Utc>>,
    /// The heads that were served before voting ended, and how.
    pub served: Vec<Served>,
    /// When each ballot was cast, and what it weighs.
    pub took_part: Vec<(DateTime<Utc>, Weight)>,
    pub findings: Vec<String>,
}

impl Counting {
    /// What the record tells of the close, of whom the poll reached, and of the count.
    pub fn facts_told(&self) -> Result<Vec<(&'static str, Value)>> {
        let Counted { ballots, totals, leaks, .. } = &self.counted;
        let mut facts = vec![("POLL_CLOSED", told::closed(*ballots))];
        if !self.served.is_empty() {
            facts.push((POLL_SERVED, service::told(&self.served).map_err(Problem::internal)?));
        }
        facts.push(("POLL_COUNTED", told::counted(&self.ballots_hash, *ballots, totals, leaks.as_ref())));
        Ok(facts)
    }
}

/// Counts a poll from its ballots, or from what the system says in which they were cast.
pub(super) async fn count(vault: &Vault, db: &impl Conn, scene: &Scene) -> Result<Counting> {
    if let Some(counting) = external::count(db, scene).await? {
        return Ok(counting);
    }
    let rules = scene.rules()?;
    let put = store::matters(db, &scene.poll).await?;
    let form = scene.form_of(&store::candidates(db, &scene.poll).await?, &put, &rules);
    let texts = texts(&put);
    let pauses = scene.pauses()?;
    let matters = put.iter().map(matter).collect::<Result<Vec<_>>>()?;
    let heads = if rules.is_of_opinion() {
        store::registered(db, &scene.poll).await?
    } else {
        store::locked_roll(db, &scene.poll).await?.heads
    };
    let heads: HashMap<Uuid, i64> = heads.into_iter().map(|head| (head.id, head.area)).collect();
    let mut count = Count::new(&form, &rules).map_err(Problem::internal)?;
    let mut findings = Vec::new();
    let (mut all, mut cast, mut took_part) = (Vec::new(), BTreeMap::new(), Vec::new());
    let mut came_back = BTreeSet::new();
    let mut after = None;
    loop {
        let page = store::ballots_after(db, &scene.poll, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for ballot in page {
            match read(vault, (scene, &pauses), (&heads, &texts), &ballot) {
                Ok((weight, sealed)) => {
                    count.add(weight, &sealed.answers);
                    took_part.push((ballot.cast_at, weight));
                }
                Err(finding) => findings.push(format!("ballot {}: {finding}", ballot.id)),
            }
            came_back.insert(ballot.head_id.to_string());
            cast.insert(ballot.commitment.clone(), ballot.cast_at);
            all.push((ballot.id, ballot.commitment));
        }
    }
    let served = serving::served(db, scene).await?;
    let unserved = unserved(&rules, &heads, &came_back, &served);
    let registered = rules.is_of_opinion().then(|| heads.values().map(|area| weight(1, *area)).sum());
    let electorate = Electorate { roll: scene.roll(), registered };
    let totals = count.close(electorate).and_then(|totals| totals.without(unserved));
    let totals = totals.map_err(Problem::internal)?;
    let verdict =
        verdict::explain(&totals, &matters, scene.all_seats(), &rules).map_err(Problem::internal)?;
    let flips = Some(Flips::of(&count, &totals, &verdict, &matters, &rules));
    let voters: Vec<u64> = heads.values().copied().map(size).collect();
    let areas: Vec<u64> = took_part.iter().map(|(_, weight)| weight.area.0).collect();
    let leaks = policy(scene, &put)?.map(|policy| Leaks::of(&policy, &voters, &areas, &totals));
    let ballots = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let ballots_hash = root(&all)?;
    Ok(Counting {
        counted: Counted { ballots, totals, verdict, flips, leaks },
        ballots_hash,
        cast,
        served,
        took_part,
        findings,
    })
}

/// What everybody may see of a poll; nothing where that was not chosen.
fn policy(scene: &Scene, put: &[::entity::matter::Model]) -> Result<Option<Policy>> {
    let Some(poll) = scene.publicity()? else { return Ok(None) };
    let mut texts = BTreeMap::new();
    for matter in put {
        texts.extend(scene.publicity_of(matter)?.map(|of| (matter.id.to_string(), of)));
    }
    Ok(Some(Policy { poll, texts }))
}

/// What they weigh whose silence does not count because service on them is not proven.
fn unserved(
    rules: &PollRules,
    heads: &HashMap<Uuid, i64>,
    came_back: &BTreeSet<String>,
    served: &[Served],
) -> Weight {
    let roll: Vec<(String, Weight)> =
        heads.iter().map(|(head, area)| (head.to_string(), weight(1, *area))).collect();
    let served = served.iter().map(|one| (&one.head, &one.methods)).collect();
    let roll = roll.iter().map(|(head, weight)| (head, *weight));
    service::unserved(rules, roll, &came_back.iter().collect(), &served)
}

/// What a ballot weighs and says, if it is what was cast.
fn read(
    vault: &Vault,
    (scene, pauses): (&Scene, &[Pause]),
    (heads, texts): (&HashMap<Uuid, i64>, &Texts),
    ballot: &::entity::ballot::Model,
) -> Result<(Weight, Sealed), String> {
    let area = heads.get(&ballot.head_id).ok_or("its head is not of those who may vote")?;
    let area = u64::try_from(*area).map_err(|_| "its head's area is below zero")?;
    if !(scene.poll.opens_at..scene.poll.closes_at).contains(&ballot.cast_at) {
        return Err("it was cast outside the time of voting".into());
    }
    if pauses.iter().any(|pause| pause.has(ballot.cast_at)) {
        return Err("it was cast while voting stood still".into());
    }
    let sealed = Sealed::open(vault, &ballot.answers_cipher).map_err(|error| error.to_string())?;
    let commitment = sealed.commitment(scene.poll.id).map_err(|problem| problem.to_string())?;
    if hex::encode(commitment) != ballot.commitment {
        return Err("its content is not what its commitment says".into());
    }
    if !sealed.texts.is_empty() && sealed.texts != *texts {
        return Err("it answers other texts than those that were put to the vote".into());
    }
    Ok((Weight::new(1, area), sealed))
}

/// The hash of each text as it reads now.
fn texts(put: &[::entity::matter::Model]) -> Texts {
    put.iter().map(|matter| (matter.id.to_string(), seals::text(&matter.title, &matter.body))).collect()
}

pub(super) async fn matters(db: &impl Conn, scene: &Scene) -> Result<Vec<Matter>> {
    let rows = store::matters(db, &scene.poll).await?;
    rows.iter().map(matter).collect()
}

/// What the law asks of a matter.
pub(super) fn matter(matter: &::entity::matter::Model) -> Result<Matter> {
    Ok(Matter { id: matter.id.to_string(), class: class_of(matter)? })
}

/// A matter's class (Civil Code 278).
pub(super) fn class_of(matter: &::entity::matter::Model) -> Result<MatterClass> {
    let class = u8::try_from(matter.class).ok().and_then(|class| MatterClass::try_from(class).ok());
    class.ok_or_else(|| Problem::internal("a matter has no class"))
}

/// The root of the tree over all ballots, in small hexadecimal letters.
pub(super) fn root(all: &[(Uuid, String)]) -> Result<String> {
    Ok(hex::encode(Tree::of(leaves(all)?).root()))
}

/// The leaves of the tree over all ballots, in the order of their ids.
pub(super) fn leaves(all: &[(Uuid, String)]) -> Result<Vec<Hash>> {
    all.iter()
        .map(|(id, commitment)| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(commitment, &mut bytes)
                .map_err(|_| Problem::internal("a commitment is not hex"))?;
            Ok(tree::leaf(id.into_bytes(), &bytes))
        })
        .collect()
}
