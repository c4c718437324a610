//! Locking a poll: from here on nothing that is voted on, by whom, or by which rules changes any more.

use std::collections::HashMap;

use rules::{
    canonical::FrozenPoll,
    polls::{
        parameters::PollRules,
        phase::LockFacts,
        seals::{self, Content, Filled},
        told,
    },
    roll::{HeadKey, HomeKind, Roll, RollFault, RollHome, showing},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        POLL_CANNOT_MOVE, POLL_ROLL_SHOWN, ROLL_INCOMPLETE,
        model::{Poll, PollKind},
        store::{self, Hold, LockedRoll},
    },
    BY_THE_CLOCK, Scene,
    count::class_of,
    prepare, read_word, role, size,
    stand::full_name,
    weight, whole, word,
};
use crate::{
    access::{Level, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
    pii::Vault,
    programmes::acts as programmes,
    roll::acts::{self as roll, as_the_rules_read, developers, holder},
};

/// Freezes roll, rules, candidates and texts. Linear in homes, but for sorting.
///
/// Waits for whoever changes the roll under the same lock, so that no roll is read half changed.
pub async fn lock(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Poll>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    scene.must_be_draft()?;
    programmes::may_lock(tx, id).await?;
    tx.lock(&format!("roll {}", scene.poll.complex_id)).await?;
    // A run-off goes by the rules that were frozen for the vote that it decides.
    if scene.poll.runoff_of.is_none() {
        scene.must_complete_its_committee(&app.vault, tx.conn()).await?;
        let (kind, asks) = (read_word(&scene.poll.kind)?, scene.asks()?);
        let effective = prepare::resolved(tx.conn(), &scene.place, (kind, &asks)).await?;
        prepare::keep(&mut scene.poll, &effective)?;
    }
    let rules = scene.rules()?;
    let unanswered = if rules.is_of_opinion() { 0 } else { scene.must_be_shown(tx).await? };
    let roll = store::roll(tx.conn(), scene.poll.complex_id).await?;
    let developers = developers(tx.conn(), scene.poll.complex_id).await?;
    let homes = roll_of(&scene, &roll, &developers)?;
    let counted = Roll::count(&homes, rules.roll_policy()).map_err(|fault| gap(&roll, &fault))?;
    let matters = store::matters(tx.conn(), &scene.poll).await?;
    let candidates = store::candidates(tx.conn(), &scene.poll).await?.len();
    if candidates == 0 && read_word::<PollKind>(&scene.poll.kind)? == PollKind::CommitteeElection {
        return Err(POLL_CANNOT_MOVE.because("nobody stands in this election"));
    }
    scene.must_be_where_it_belongs(read_word(&scene.poll.kind)?, &matters)?;
    let facts = LockFacts {
        rules: &rules,
        roll: counted.total,
        candidates,
        seats: scene.all_seats(),
        texts: matters.len(),
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
    let warning = prepare::warning_of(&rules, &matters)?;
    let warning = warning.as_ref().map(serde_json::to_string).transpose();
    scene.poll.warning = warning.map_err(Problem::internal)?;
    scene.poll.rules_hash = rules_hash(&scene)?;
    scene.poll.frozen_hash = Some(frozen_hash(&app.vault, tx.conn(), &scene, &rules, &roll_hash).await?);
    scene.poll.roll_hash = Some(roll_hash);
    scene.save(tx).await?;
    let facts = facts_told(&scene.poll, homes);
    scene.tell(tx, POLL_LOCKED, role(viewer, Permission::PreparePoll, &scene.place), facts).await?;
    if unanswered > 0 {
        let facts = json!({ "objections": unanswered });
        scene.tell(tx, "ROLL_OBJECTIONS_UNANSWERED", BY_THE_CLOCK.into(), facts).await?;
    }
    if rules.is_of_opinion() {
        let facts = json!({ "due_at": local(scene.poll.opens_at) });
        scene.tell(tx, "POLL_REGISTRATION_BEGUN", BY_THE_CLOCK.into(), facts).await?;
    }
    programmes::wake(tx, id).await?;
    Ok(Answer::created(prepare::show(tx.conn(), &scene).await?, format!("/v1/polls/{id}"))
        .version(scene.poll.version))
}

impl Scene {
    /// Goes on once the roll was shown for long enough, and the objections to the part that votes are answered or were due:
    /// how many of them nobody answered.
    async fn must_be_shown(&self, tx: &Tx) -> Result<usize> {
        let Some((since, due)) = roll::shown(tx.conn(), &self.place).await? else { return Ok(0) };
        let days = showing::days(&self.in_force()?);
        showing::may_lock(since, days, &due, tx.now)
            .map_err(|refusal| POLL_ROLL_SHOWN.because(refusal.to_string()))
    }
}

/// What the record calls it.
pub(super) const POLL_LOCKED: &str = "POLL_LOCKED";

/// What the record tells of it.
pub(super) fn facts_told(poll: &::entity::poll::Model, homes: usize) -> serde_json::Value {
    told::locked(hashes(poll), weight(poll.total_heads, poll.total_area), homes)
}

/// The hashes of what was frozen.
pub(super) fn hashes(poll: &::entity::poll::Model) -> told::Frozen<'_> {
    told::Frozen {
        roll: poll.roll_hash.as_deref(),
        frozen: poll.frozen_hash.as_deref(),
        rules: poll.rules_hash.as_deref(),
    }
}

/// SHA-256 over every rule as it holds, if the poll keeps them (`linli/rules/1`).
pub(super) fn rules_hash(scene: &Scene) -> Result<Option<String>> {
    let kept = scene.poll.in_force.as_ref().map(|_| scene.in_force()).transpose()?;
    kept.map(|kept| seals::rules(&kept)).transpose().map_err(Problem::internal)
}

/// The homes of the poll's place, as the rules read a roll.
fn roll_of(scene: &Scene, roll: &store::Roll, developers: &[Uuid]) -> Result<Vec<RollHome>> {
    let mut owners: HashMap<Uuid, Vec<Uuid>> = HashMap::with_capacity(roll.homes.len());
    for share in &roll.shares {
        owners.entry(share.home_id).or_default().push(share.owner_id);
    }
    let among = scene.among()?;
    let is_part = |part: Option<Uuid>| part.is_some_and(|part| among.contains(&part));
    let in_place = |home: &&::entity::home::Model| {
        roll.places.get(&home.place_id).is_some_and(|place| match scene.place.level {
            Level::Building => place.building_id == Some(scene.place.id),
            Level::Unit => place.unit_id == Some(scene.place.id),
            _ => among.is_empty() || is_part(place.building_id) || is_part(place.unit_id),
        })
    };
    let read = |home: &::entity::home::Model| {
        let owners = owners.get(&home.place_id).map(Vec::as_slice).unwrap_or_default();
        as_the_rules_read(home, owners, holder(owners, developers))
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
            let (area, kind) =
                known.get(home.as_str()).map_or((0, HomeKind::Home), |home| (whole(home.area.0), home.kind));
            locked.homes.push(::entity::poll_home::Model {
                complex_id,
                poll_id,
                home_id,
                head_id,
                area,
                label,
                sort_key,
                kind: word(kind)?,
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

/// SHA-256 over the locked roll.
pub(super) fn roll_hash(roll: &LockedRoll) -> Result<String> {
    let homes = roll.homes.iter().map(home_row).collect::<Result<Vec<_>>>()?;
    let (heads, owners) = (head_rows(roll), owner_rows(roll));
    seals::roll(&heads, &homes, &owners).map_err(Problem::internal)
}

/// The heads of a locked roll, as they are hashed.
pub(super) fn head_rows(roll: &LockedRoll) -> Vec<seals::Head> {
    let row = |head: &::entity::poll_head::Model| seals::Head {
        head: head.id.to_string(),
        area: size(head.area),
        homes: u32::try_from(head.homes).unwrap_or_default(),
    };
    roll.heads.iter().map(row).collect()
}

/// A home of a locked roll, as it is hashed.
pub(super) fn home_row(home: &::entity::poll_home::Model) -> Result<seals::Home> {
    Ok(seals::Home {
        head: home.head_id.to_string(),
        home: home.home_id.to_string(),
        area: size(home.area),
        label: home.label.clone(),
        kind: read_word(&home.kind)?,
    })
}

/// The owners of a locked roll, as they are hashed.
pub(super) fn owner_rows(roll: &LockedRoll) -> Vec<seals::Owner> {
    let row = |owner: &::entity::poll_owner::Model| seals::Owner {
        head: owner.head_id.to_string(),
        owner: owner.owner_id.to_string(),
    };
    roll.owners.iter().map(row).collect()
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
    let mut content = Content::default();
    let (kind, title) = (scene.poll.kind.as_str(), scene.poll.title.as_str());
    let (id, place) = (scene.poll.id.to_string(), scene.poll.place_id.to_string());
    let among: Vec<String> = scene.among()?.iter().map(Uuid::to_string).collect();
    let [runoff_of, committee_of] =
        [scene.poll.runoff_of, scene.poll.committee_of].map(|of| of.map(|of| of.to_string()));
    let filled = scene.poll.seats_filled.map(|_| Filled {
        runoff_of: runoff_of.as_deref(),
        committee_of: committee_of.as_deref(),
        seats: scene.all_seats().filled,
    });
    content
        .poll(&id, (kind, title), (&place, &among), &scene.poll.seed, scene.publicity()?, filled)
        .map_err(Problem::internal)?;
    content.warning(scene.warning()?.as_ref()).map_err(Problem::internal)?;
    content.external(scene.external()?.as_ref()).map_err(Problem::internal)?;
    for matter in &matters {
        let class = class_of(matter)?;
        content
            .matter(&matter.id.to_string(), class, &matter.title, &matter.body, scene.publicity_of(matter)?)
            .map_err(Problem::internal)?;
    }
    for candidate in &candidates {
        let stands = stands(vault, db, candidate).await?;
        content.candidate(&candidate.id.to_string(), &stands).map_err(Problem::internal)?;
    }
    let frozen = FrozenPoll {
        poll: &id,
        rules,
        form: &scene.form_of(&candidates, &matters, rules),
        window: scene.announced()?,
        seats: scene.seats(),
        roll: scene.roll(),
        roll_hash,
        content: &content.0,
    };
    seals::frozen(&frozen).map_err(Problem::internal)
}

/// Who a candidate is, and what the campaign page says.
pub(super) async fn stands(
    vault: &Vault,
    db: &impl Conn,
    candidate: &::entity::candidate::Model,
) -> Result<serde_json::Value> {
    let page = store::page(db, candidate).await?.map(|page| {
        json!({
            "version": page.version, "headline": page.headline, "body": page.body,
            "statements": page.statements, "photo": page.photo_id,
        })
    });
    Ok(json!({"owner": candidate.owner_id, "name": full_name(vault, candidate)?, "page": page}))
}
