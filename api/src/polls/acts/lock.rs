//! Locking a poll: from here on nothing that is voted on, by whom, or by which rules changes any more.

use std::collections::{BTreeMap, HashMap};

use rules::{
    canonical::{self, FrozenPoll},
    polls::{parameters::PollRules, phase::LockFacts},
    quantity::Area,
    roll::{HeadKey, Roll, RollFault, RollHome},
};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    super::{
        POLL_CANNOT_MOVE, ROLL_INCOMPLETE,
        model::{Poll, PollKind},
        store::{self, Hold, LockedRoll},
    },
    Scene, prepare, read_word, role,
    stand::full_name,
    whole, word,
};
use crate::{
    access::{Level, Permission, Viewer},
    app::App,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
    pii::{Vault, sha256},
};

/// Freezes roll, rules, candidates and texts. Linear in homes, but for sorting.
///
/// Waits for whoever changes the roll under the same lock, so that no roll is read half changed.
pub async fn lock(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Poll>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    scene.must_be_draft()?;
    let rules = scene.rules()?;
    prepare::must_be_lawful(&rules)?;
    tx.lock(&format!("roll {}", scene.poll.complex_id)).await?;
    let roll = store::roll(tx.conn(), scene.poll.complex_id).await?;
    let homes = roll_of(&scene, &roll)?;
    let counted = Roll::count(&homes, rules.roll_policy()).map_err(|fault| gap(&roll, &fault))?;
    let candidates = store::candidates(tx.conn(), &scene.poll).await?.len();
    if candidates == 0 && read_word::<PollKind>(&scene.poll.kind)? == PollKind::CommitteeElection {
        return Err(POLL_CANNOT_MOVE.because("nobody stands in this election"));
    }
    let facts = LockFacts {
        rules: &rules,
        roll: counted.total,
        candidates,
        seats: scene.seats(),
        texts: store::matters(tx.conn(), &scene.poll).await?.len(),
        window: scene.window(),
    };
    let phase = scene.phase()?.lock(&facts, tx.now)?;

    let locked = freeze(tx, &scene, &counted, &homes, &roll)?;
    let homes = locked.homes.len();
    let roll_hash = roll_hash(&locked)?;
    store::insert_roll(tx.conn(), locked).await?;
    scene.poll.state = word(phase)?;
    scene.poll.total_heads = whole(counted.total.heads.0);
    scene.poll.total_area = whole(counted.total.area.0);
    scene.poll.locked_at = Some(tx.now);
    scene.poll.frozen_hash = Some(frozen_hash(&app.vault, tx.conn(), &scene, &rules, &roll_hash).await?);
    scene.poll.roll_hash = Some(roll_hash);
    scene.save(tx).await?;
    let facts = facts_told(&scene.poll, homes);
    scene.tell(tx, POLL_LOCKED, role(viewer, Permission::PreparePoll, &scene.place), facts).await?;
    Ok(Answer::created(prepare::show(tx.conn(), &scene).await?, format!("/v1/polls/{id}"))
        .version(scene.poll.version))
}

/// What the record calls it.
pub(super) const POLL_LOCKED: &str = "POLL_LOCKED";

/// What the record tells of it.
pub(super) fn facts_told(poll: &::entity::poll::Model, homes: usize) -> serde_json::Value {
    json!({
        "roll_hash": poll.roll_hash,
        "frozen_hash": poll.frozen_hash,
        "heads": poll.total_heads,
        "area": poll.total_area,
        "homes": homes,
    })
}

/// The homes of the poll's place, as the rules read a roll.
fn roll_of(scene: &Scene, roll: &store::Roll) -> Result<Vec<RollHome>> {
    let mut owners: HashMap<Uuid, Vec<Uuid>> = HashMap::with_capacity(roll.homes.len());
    for share in &roll.shares {
        owners.entry(share.home_id).or_default().push(share.owner_id);
    }
    let in_place = |home: &&::entity::home::Model| {
        roll.places.get(&home.place_id).is_some_and(|place| match scene.place.level {
            Level::Building => place.building_id == Some(scene.place.id),
            Level::Unit => place.unit_id == Some(scene.place.id),
            _ => true,
        })
    };
    let read = |home: &::entity::home::Model| {
        let owners = owners.get(&home.place_id).map(Vec::as_slice).unwrap_or_default();
        // The developer who holds it; where none is on the home, the complex's only one.
        let holder = owners.iter().find(|owner| roll.developers.contains(owner));
        let only = match roll.developers.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        Ok(RollHome {
            id: home.place_id.to_string(),
            area: Area(u64::try_from(home.area).unwrap_or_default()),
            owners: owners.iter().map(Uuid::to_string).collect(),
            kind: read_word(&home.kind)?,
            status: read_word(&home.status)?,
            developer: holder.or(only).map(Uuid::to_string),
        })
    };
    roll.homes.iter().filter(in_place).map(read).collect()
}

/// Names the home to mend, as people call it.
fn gap(roll: &store::Roll, fault: &RollFault) -> Problem {
    let (RollFault::HomeTwice { home }
    | RollFault::OwnerMissing { home }
    | RollFault::DeveloperMissing { home }) = fault;
    let label = home.parse().ok().and_then(|id| roll.places.get(&id)).map(|place| name_of(roll, place).0);
    let words = fault.to_string();
    ROLL_INCOMPLETE.because(match label {
        Some(label) => words.replace(home, &label),
        None => words,
    })
}

/// A home's label in lists, and what sorts it as people count.
fn name_of(roll: &store::Roll, home: &::entity::place::Model) -> (String, String) {
    let steps = [home.building_id, home.unit_id, Some(home.id)];
    let mut places: Vec<&::entity::place::Model> =
        steps.iter().flatten().filter_map(|id| roll.places.get(id)).collect();
    places.dedup_by_key(|place| place.id);
    let join = |part: fn(&::entity::place::Model) -> &str, between: &str| {
        let parts: Vec<&str> = places.iter().map(|place| part(place)).collect();
        parts.join(between).chars().take(200).collect()
    };
    (join(|place| &place.name, "-"), join(|place| &place.sort_key, "/"))
}

/// The counted roll as the poll keeps it.
fn freeze(
    tx: &Tx,
    scene: &Scene,
    counted: &Roll,
    homes: &[RollHome],
    roll: &store::Roll,
) -> Result<LockedRoll> {
    let (complex_id, poll_id) = (scene.poll.complex_id, scene.poll.id);
    let id = |text: &str| text.parse::<Uuid>().map_err(Problem::internal);
    let known: HashMap<&str, &RollHome> = homes.iter().map(|home| (home.id.as_str(), home)).collect();
    let mut locked = LockedRoll::default();
    for head in &counted.heads {
        let head_id = tx.id();
        locked.heads.push(::entity::poll_head::Model {
            complex_id,
            poll_id,
            id: head_id,
            area: whole(head.area.0),
            homes: i32::try_from(head.homes.len()).unwrap_or(i32::MAX),
        });
        for home in &head.homes {
            let home_id = id(home)?;
            let (label, sort_key) =
                roll.places.get(&home_id).map(|place| name_of(roll, place)).unwrap_or_default();
            let area = known.get(home.as_str()).map_or(0, |home| whole(home.area.0));
            locked.homes.push(::entity::poll_home::Model {
                complex_id,
                poll_id,
                home_id,
                head_id,
                area,
                label,
                sort_key,
            });
        }
        let owners: Vec<&str> = match &head.key {
            HeadKey::Developer(developer) => developer.iter().map(String::as_str).collect(),
            HeadKey::Owners(owners) => owners.iter().map(String::as_str).collect(),
            HeadKey::Home(home) => known
                .get(home.as_str())
                .into_iter()
                .flat_map(|home| home.owners.iter().map(String::as_str))
                .collect(),
        };
        for owner in owners {
            locked.owners.push(::entity::poll_owner::Model {
                complex_id,
                poll_id,
                head_id,
                owner_id: id(owner)?,
            });
        }
    }
    locked.heads.sort_by_key(|head| head.id);
    locked.homes.sort_by_key(|home| (home.head_id, home.home_id));
    locked.owners.sort_by_key(|owner| (owner.head_id, owner.owner_id));
    locked.owners.dedup();
    Ok(locked)
}

/// SHA-256 over the locked roll: after `linli/locked-roll/1` and a line feed, each head, then each home, then each
/// owner, in the order of the ids, as canonical JSON lines.
pub(super) fn roll_hash(roll: &LockedRoll) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update("linli/locked-roll/1\n");
    for head in &roll.heads {
        line(&mut hash, &json!({"head": head.id, "area": head.area, "homes": head.homes}))?;
    }
    for home in &roll.homes {
        line(
            &mut hash,
            &json!({"head": home.head_id, "home": home.home_id, "area": home.area, "label": home.label}),
        )?;
    }
    for owner in &roll.owners {
        line(&mut hash, &json!({"head": owner.head_id, "owner": owner.owner_id}))?;
    }
    Ok(hex::encode(hash.finalize()))
}

fn line(hash: &mut Sha256, value: &serde_json::Value) -> Result<()> {
    hash.update(canonical::bytes("line", value).map_err(Problem::internal)?);
    hash.update("\n");
    Ok(())
}

/// SHA-256 over everything that the lock froze (`linli/poll/1`).
pub(super) async fn frozen_hash(
    vault: &Vault,
    db: &impl Conn,
    scene: &Scene,
    rules: &PollRules,
    roll_hash: &str,
) -> Result<String> {
    let matters = store::matters(db, &scene.poll).await?;
    let candidates = store::candidates(db, &scene.poll).await?;
    let mut content = BTreeMap::new();
    let head = json!({
        "kind": scene.poll.kind, "title": scene.poll.title, "place": scene.poll.place_id, "seed": scene.poll.seed,
    });
    content.insert(scene.poll.id.to_string(), hash_of("linli/poll-head/1", &head)?);
    for matter in &matters {
        let text = json!({"class": matter.class, "title": matter.title, "body": matter.body});
        content.insert(matter.id.to_string(), hash_of("linli/matter/1", &text)?);
    }
    for candidate in &candidates {
        let page = store::page(db, candidate).await?.map(|page| {
            json!({
                "version": page.version, "headline": page.headline, "body": page.body,
                "statements": page.statements, "photo": page.photo_id,
            })
        });
        let stands = json!({"owner": candidate.owner_id, "name": full_name(vault, candidate)?, "page": page});
        content.insert(candidate.id.to_string(), hash_of("linli/candidate/1", &stands)?);
    }
    let frozen = FrozenPoll {
        poll: &scene.poll.id.to_string(),
        rules,
        form: &scene.form_of(&candidates, &matters, rules),
        window: scene.window(),
        seats: scene.seats(),
        roll: scene.roll(),
        roll_hash,
        content: &content,
    };
    Ok(sha256(&canonical::poll(&frozen).map_err(Problem::internal)?))
}

fn hash_of<T: Serialize>(label: &str, value: &T) -> Result<String> {
    Ok(sha256(&canonical::bytes(label, value).map_err(Problem::internal)?))
}
