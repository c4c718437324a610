//! What happens by the clock: opening, closing, counting — each once, however many processes run.

use std::collections::{BTreeSet, HashMap};

use rules::{
    polls::{
        matter::{Matter, MatterClass},
        phase::Move,
        tally::{Count, Totals},
        verdict::{self, Verdict},
    },
    quantity::Weight,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        sealed::Sealed,
        store::{self, Hold},
        tree::{self, Hash},
    },
    BY_THE_CLOCK, Scene,
    lock::{frozen_hash, roll_hash},
    word,
};
use crate::{
    app::App,
    database::{Conn, Tx},
    http::problem::{Problem, Result},
    pii::Vault,
    record,
};

/// Ballots read at once.
const PAGE: u64 = 1000;

/// The count as it is stored: everything that follows from the ballots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted<V = Verdict> {
    pub ballots: u64,
    pub totals: Totals,
    pub verdict: V,
}

/// Opens and closes what is due; answers how many polls moved. One that cannot be counted holds up no other.
pub async fn tick(app: &App) -> Result<usize> {
    let mut moved = 0;
    let mut failed = None;
    for id in store::due(app.db.read(), app.clock.now()).await? {
        let step = async |tx: &Tx| Ok((open(tx, id).await?, close(&app.vault, tx, id).await?));
        match app.write(step).await {
            Ok((false, false)) => {}
            Ok(_) => moved += 1,
            Err(problem) => failed = Some(problem),
        }
    }
    failed.map_or(Ok(moved), Err)
}

/// Opens a locked poll whose time has come; false if there is nothing to open.
pub async fn open(tx: &Tx, id: Uuid) -> Result<bool> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    if scene.phase()?.due(scene.window(), tx.now) != Some(Move::Open) {
        return Ok(false);
    }
    scene.poll.state = word(scene.phase()?.open(scene.window(), tx.now)?)?;
    scene.save(tx).await?;
    scene
        .tell(tx, "POLL_OPENED", BY_THE_CLOCK.into(), json!({"frozen_hash": scene.poll.frozen_hash}))
        .await?;
    Ok(true)
}

/// Closes an open poll whose time has come, and counts it; false if there is nothing to close.
pub async fn close(vault: &Vault, tx: &Tx, id: Uuid) -> Result<bool> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    if scene.phase()?.due(scene.window(), tx.now) != Some(Move::Close) {
        return Ok(false);
    }
    let phase = scene.phase()?.close(scene.window(), tx.now)?;
    let count = count(vault, tx.conn(), &scene).await?;
    if !count.findings.is_empty() {
        return Err(Problem::internal(format!("poll {id} cannot be counted: {}", count.findings.join("; "))));
    }
    scene.poll.state = word(phase)?;
    scene.poll.closed_at = Some(tx.now);
    scene.poll.ballots_hash = Some(count.ballots_hash.clone());
    scene.poll.result = Some(serde_json::to_string(&count.counted).map_err(Problem::internal)?);
    scene.save(tx).await?;
    scene.tell(tx, "POLL_CLOSED", BY_THE_CLOCK.into(), json!({"ballots": count.counted.ballots})).await?;
    let totals = &count.counted.totals;
    let facts = json!({
        "ballots_hash": count.ballots_hash,
        "ballots": count.counted.ballots,
        "roll": totals.roll,
        "returned": totals.returned,
        "invalid": totals.invalid,
    });
    scene.tell(tx, "POLL_COUNTED", BY_THE_CLOCK.into(), facts).await?;
    Ok(true)
}

/// A count with everything that was wrong with the ballots.
struct Counting {
    counted: Counted,
    ballots_hash: String,
    commitments: Vec<String>,
    findings: Vec<String>,
}

/// Counts a poll from its ballots.
async fn count(vault: &Vault, db: &impl Conn, scene: &Scene) -> Result<Counting> {
    let rules = scene.rules()?;
    let form = scene.form(db).await?;
    let matters = matters(db, scene).await?;
    let heads: HashMap<Uuid, i64> = store::locked_roll(db, &scene.poll)
        .await?
        .heads
        .into_iter()
        .map(|head| (head.id, head.area))
        .collect();
    let mut count = Count::new(&form, &rules).map_err(Problem::internal)?;
    let mut findings = Vec::new();
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store::ballots_after(db, &scene.poll, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for ballot in page {
            match read(vault, scene, &heads, &ballot) {
                Ok((weight, sealed)) => count.add(weight, &sealed.answers),
                Err(finding) => findings.push(format!("ballot {}: {finding}", ballot.id)),
            }
            all.push((ballot.id, ballot.commitment));
        }
    }
    let totals = count.close(scene.roll()).map_err(Problem::internal)?;
    let verdict = verdict::explain(&totals, &matters, scene.seats(), &rules).map_err(Problem::internal)?;
    let ballots = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let ballots_hash = hex::encode(tree::root(&leaves(&all)?));
    let commitments = all.into_iter().map(|(_, commitment)| commitment).collect();
    Ok(Counting { counted: Counted { ballots, totals, verdict }, ballots_hash, commitments, findings })
}

/// What a ballot weighs and says, if it is what was cast.
fn read(
    vault: &Vault,
    scene: &Scene,
    heads: &HashMap<Uuid, i64>,
    ballot: &::entity::ballot::Model,
) -> Result<(Weight, Sealed), String> {
    let area = heads.get(&ballot.head_id).ok_or("its head is not on the locked roll")?;
    let area = u64::try_from(*area).map_err(|_| "its head's area is below zero")?;
    if !(scene.poll.opens_at..scene.poll.closes_at).contains(&ballot.cast_at) {
        return Err("it was cast outside the time of voting".into());
    }
    let sealed = Sealed::open(vault, &ballot.answers_cipher).map_err(|error| error.to_string())?;
    let commitment = sealed.commitment(scene.poll.id).map_err(|problem| problem.to_string())?;
    if hex::encode(commitment) != ballot.commitment {
        return Err("its content is not what its commitment says".into());
    }
    Ok((Weight::new(1, area), sealed))
}

async fn matters(db: &impl Conn, scene: &Scene) -> Result<Vec<Matter>> {
    let class = |class: i32| {
        u8::try_from(class)
            .ok()
            .and_then(|class| MatterClass::try_from(class).ok())
            .ok_or_else(|| Problem::internal("a matter has no class"))
    };
    let rows = store::matters(db, &scene.poll).await?;
    rows.into_iter()
        .map(|matter| Ok(Matter { id: matter.id.to_string(), class: class(matter.class)? }))
        .collect()
}

/// The leaves of the tree over all ballots, in the order of their ids.
pub(super) fn leaves(all: &[(Uuid, String)]) -> Result<Vec<Hash>> {
    all.iter()
        .map(|(id, commitment)| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(commitment, &mut bytes)
                .map_err(|_| Problem::internal("a commitment is not hex"))?;
            Ok(tree::leaf(*id, &bytes))
        })
        .collect()
}

/// A poll made out anew from what is stored, compared with what was said at the time.
#[derive(Clone, Debug, Serialize)]
pub struct Recount {
    pub poll_id: Uuid,
    pub title: String,
    pub state: String,
    pub ballots: u64,
    pub heads: u64,
    /// 0.01 m².
    pub area: u64,
    pub roll_hash: Option<String>,
    pub frozen_hash: Option<String>,
    pub ballots_hash: Option<String>,
    /// What differs; nothing when all is as it was said.
    pub differences: Vec<String>,
}

/// Recomputes everything about a poll from its rows: the locked roll, what was frozen, each ballot's commitment, the
/// tree over all ballots, the count; and compares the ballots with those that the record tells of.
pub async fn recount(vault: &Vault, db: &impl Conn, id: Uuid) -> Result<Recount> {
    let scene = Scene::load(db, id).await?;
    let poll = &scene.poll;
    let mut differences = Vec::new();
    let mut compare = |what: &str, stored: Option<&str>, now: &str| {
        if stored != Some(now) {
            differences.push(format!("{what}: stored {}, recomputed {now}", stored.unwrap_or("nothing")));
        }
    };
    if poll.locked_at.is_some() {
        let roll = store::locked_roll(db, poll).await?;
        let hash = roll_hash(&roll)?;
        compare("roll_hash", poll.roll_hash.as_deref(), &hash);
        compare("heads", Some(&poll.total_heads.to_string()), &roll.heads.len().to_string());
        let area: i64 = roll.homes.iter().map(|home| home.area).sum();
        compare("area", Some(&poll.total_area.to_string()), &area.to_string());
        let area: i64 = roll.heads.iter().map(|head| head.area).sum();
        compare("area of heads", Some(&poll.total_area.to_string()), &area.to_string());
        let frozen = frozen_hash(vault, db, &scene, &scene.rules()?, &hash).await?;
        compare("frozen_hash", poll.frozen_hash.as_deref(), &frozen);
    }
    let count = count(vault, db, &scene).await?;
    if poll.closed_at.is_some() {
        compare("ballots_hash", poll.ballots_hash.as_deref(), &count.ballots_hash);
        let now = serde_json::to_value(&count.counted).map_err(Problem::internal)?;
        let stored =
            poll.result.as_deref().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        if stored.as_ref() != Some(&now) {
            let mut parts = Vec::new();
            differ("result", stored.as_ref().unwrap_or(&serde_json::Value::Null), &now, &mut parts);
            differences.extend(parts.into_iter().take(20));
        }
    }
    let told = record::commitments(db, poll.complex_id, poll.id, "BALLOT_CAST").await?;
    differences.extend(unlike(&told, &count.commitments));
    differences.extend(count.findings);
    let roll = scene.roll();
    Ok(Recount {
        poll_id: poll.id,
        title: poll.title.clone(),
        state: poll.state.clone(),
        ballots: count.counted.ballots,
        heads: roll.heads.0,
        area: roll.area.0,
        roll_hash: poll.roll_hash.clone(),
        frozen_hash: poll.frozen_hash.clone(),
        ballots_hash: poll.ballots_hash.clone(),
        differences,
    })
}

/// Ballots that the record tells of and that are not there, and the other way round.
fn unlike(told: &[String], kept: &[String]) -> Vec<String> {
    let (told, kept): (BTreeSet<&String>, BTreeSet<&String>) = (told.iter().collect(), kept.iter().collect());
    let lost =
        told.difference(&kept).map(|one| format!("the record tells of a ballot {one} that is not there"));
    let slipped_in = kept.difference(&told).map(|one| format!("the record tells of no ballot {one}"));
    lost.chain(slipped_in).collect()
}

/// Where two counts differ, leaf by leaf.
fn differ(at: &str, stored: &serde_json::Value, now: &serde_json::Value, into: &mut Vec<String>) {
    use serde_json::Value::{Array, Null, Object};
    match (stored, now) {
        (Object(before), Object(after)) => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let of = |side: &serde_json::Map<_, _>| side.get(name).cloned().unwrap_or(Null);
                differ(&format!("{at}.{name}"), &of(before), &of(after), into);
            }
        }
        (Array(before), Array(after)) if before.len() == after.len() => {
            for (place, (before, after)) in before.iter().zip(after).enumerate() {
                differ(&format!("{at}[{place}]"), before, after, into);
            }
        }
        _ if stored == now => {}
        _ => into.push(format!("{at}: stored {stored}, recomputed {now}")),
    }
}
