//! A poll made out anew from what is stored, compared with what was said at the time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rules::{
    archive::recount::{Report, VERSION},
    packs::InForce,
    polls::{
        aftermath::{Answered, objections_end},
        dispute::SetAside,
        mandate::State,
        parameters::PollRules,
        phase::{Phase, closings},
        standstill::made_up,
        tally::Electorate,
        verdict::Verdict,
    },
    words,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::{RECOUNT_NOT_YOURS, RESULT_NOT_OUT, sealed::Sealed, store},
    Scene,
    aside::{self, BALLOT_REINSTATED, BALLOT_SET_ASIDE},
    count::{self, Counted, Counting, POLL_OPENED, POLL_REGISTRATION_SHORT, count},
    dispute::{self, BALLOT_DISPUTE_ANSWERED, BALLOT_DISPUTED},
    extend::POLL_EXTENDED,
    external::{self, EXTERNAL_RESULT_IMPORTED},
    lock::{self, POLL_LOCKED, frozen_hash, roll_hash, rules_hash},
    mandate::{self, MANDATE_GIVEN, MANDATE_LAID_DOWN, MANDATE_REVOKED, PROXY},
    object::{self, POLL_FINAL, POLL_OBJECTED, POLL_OBJECTION_ANSWERED},
    paper::{PAPER_ADJUDICATED, PAPER_ENTERED, PAPER_WITHDRAWN},
    paper_kept::Kept,
    read_word,
    register::POLL_REGISTERED,
    result::{self, POLL_PUBLISHED, out_for, sees_all_homes},
    runoff::unlike_what_it_decides,
    serving::{self, SERVICE_NOTED, SERVICE_TAKEN_BACK},
    vote::BALLOT_CAST,
};
use crate::{
    access::Viewer,
    app::App,
    archive::{Signer, recounted},
    calendar::acts as calendar,
    database::Conn,
    http::problem::{Problem, Result},
    pii::Vault,
    record::{self, Told},
};

type Aside = ::entity::ballot_set_aside::Model;
type Mandate = ::entity::poll_mandate::Model;
type Service = ::entity::poll_service::Model;

/// Differences told of one result at most.
const MOST_DIFFERENCES: usize = 20;
/// Objections to one result that are looked at; and mandates, and disputes of ballots.
const MOST_OBJECTIONS: u64 = 10_000;

/// What a poll comes to when everything is made out anew.
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
    /// Lines of the complex's record, each checked against the one before.
    pub record_lines: i64,
    /// What differs; nothing when all is as it was said.
    pub differences: Vec<String>,
    /// What it would have to be said that it comes to.
    #[serde(skip)]
    anew: Anew,
}

/// A poll with the hashes that it should have, and its count.
#[derive(Clone, Debug)]
struct Anew {
    poll: ::entity::poll::Model,
    counted: Counted,
    ballots_hash: String,
}

/// The signed report of a recount, as the text of a file; at `now`. Nothing is changed by it.
///
/// `db` is one snapshot.
pub async fn recount_report(
    (vault, signer): (&Vault, &Signer),
    db: &impl Conn,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<String> {
    let scene = Scene::load(db, id).await?;
    scene.poll.closed_at.ok_or_else(|| RESULT_NOT_OUT.plain())?;
    let found = recount(vault, db, id).await?;
    let Anew { poll, counted, ballots_hash } = found.anew;
    let seats = scene.all_seats();
    let report = Report {
        version: VERSION,
        poll: id.to_string(),
        title: poll.title,
        state: scene.phase()?,
        at: now,
        by: env!("CARGO_PKG_VERSION").to_owned(),
        roll_hash: poll.roll_hash,
        rules_hash: poll.rules_hash,
        frozen_hash: poll.frozen_hash,
        ballots_hash,
        rules: scene.rules()?,
        matters: count::matters(db, &scene).await?,
        seats: seats.open,
        seats_filled: seats.filled,
        result: counted.into(),
        record_lines: found.record_lines,
        differences: found.differences,
    };
    recounted(signer, &report)
}

/// The same for a viewer to whom the figures are told as they were counted.
pub async fn read_recount(app: &App, viewer: &Viewer, id: Uuid) -> Result<String> {
    let scene = out_for(app, viewer, id).await?;
    let is_exact = result::counted::<Verdict>(&scene)?.leaks.is_none_or(|leaks| leaks.is_exact());
    if !is_exact && !sees_all_homes(viewer, &scene) {
        return Err(RECOUNT_NOT_YOURS.plain());
    }
    let signer = Signer::new(&app.config.archive_key)?;
    recount_report((&app.vault, &signer), &app.db.snapshot().await?, id, app.clock.now()).await
}

/// Recomputes everything about a poll from its rows: the locked roll, what was frozen, each ballot's commitment, the
/// tree over all ballots, the count; checks the record of its complex, line by line; and compares both.
///
/// `db` is one snapshot: while a poll is open, ballots come in between two questions.
pub async fn recount(vault: &Vault, db: &impl Conn, id: Uuid) -> Result<Recount> {
    let scene = Scene::load(db, id).await?;
    let poll = &scene.poll;
    let mut differences = Differences::default();
    // As it should be, from here on: what the record tells is compared with this, not with what is stored.
    let mut anew = poll.clone();
    let mut homes = 0;
    if poll.locked_at.is_some() {
        let roll = store::locked_roll(db, poll).await?;
        let hash = roll_hash(&roll)?;
        homes = roll.homes.len();
        let policy = scene.rules()?.roll_policy();
        for home in &roll.homes {
            if !policy.counts(read_word(&home.kind)?) {
                differences
                    .0
                    .push(format!("the locked roll has {}, which its rules do not count", home.label));
            }
        }
        anew.total_heads = i64::try_from(roll.heads.len()).unwrap_or(i64::MAX);
        anew.total_area = roll.homes.iter().map(|home| home.area).sum();
        anew.frozen_hash = Some(frozen_hash(vault, db, &scene, &scene.rules()?, &hash).await?);
        let of_heads: i64 = roll.heads.iter().map(|head| head.area).sum();
        differences.between("roll_hash", poll.roll_hash.as_ref(), Some(&hash));
        differences.between("heads", Some(poll.total_heads), Some(anew.total_heads));
        differences.between("area", Some(poll.total_area), Some(anew.total_area));
        differences.between("area of heads", Some(poll.total_area), Some(of_heads));
        anew.rules_hash = rules_hash(&scene)?;
        differences.between("rules_hash", poll.rules_hash.as_ref(), anew.rules_hash.as_ref());
        differences.of_the_rules(&scene)?;
        differences.between("frozen_hash", poll.frozen_hash.as_ref(), anew.frozen_hash.as_ref());
        anew.roll_hash = Some(hash);
    }
    let mut count = count(vault, db, &scene).await?;
    if poll.closed_at.is_some() {
        differences.between("ballots_hash", poll.ballots_hash.as_ref(), Some(&count.ballots_hash));
        anew.ballots_hash = Some(count.ballots_hash.clone());
        let stored = poll.result.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        // Polls that locked before each rule said whose it is were counted before this was told.
        let is_from_before = poll.rules_hash.is_none();
        if is_from_before && stored.as_ref().is_some_and(|stored| stored.get("flips").is_none()) {
            count.counted.flips = None;
        }
        let now = serde_json::to_value(&count.counted).map_err(Problem::internal)?;
        differences.within("result", &stored.unwrap_or(Value::Null), &now);
    }
    differences.0.extend(unlike_what_it_decides(db, &scene).await?);
    let electorate = scene.electorate(db).await?;
    differences.of_the_closings(&scene, electorate, &count)?;
    let told = record::told(db, poll.complex_id, poll.id).await?;
    let aside = store::ballots_set_aside(db, poll, None).await?;
    differences.of_the_record(&told, &anew, homes, &count)?;
    let cast_aside: BTreeMap<_, _> = aside.iter().map(|one| (one.commitment.clone(), one.cast_at)).collect();
    differences.of_ballots(&told, &count, &cast_aside);
    differences.of_what_was_set_aside(vault, poll.id, &told, &aside);
    differences.of_registrations(db, &scene, &told).await?;
    differences.of_papers(vault, db, &scene, &told).await?;
    differences.of_services(vault, db, &scene, &told).await?;
    differences.of_steps(&told, EXTERNAL_RESULT_IMPORTED, &external::told(db, &scene).await?);
    differences.of_steps(&told, POLL_EXTENDED, &scene.extensions_told()?);
    for (kind, facts) in scene.pauses_told()? {
        differences.of_steps(&told, kind, &facts);
    }
    differences.of_objections(db, &scene, &told).await?;
    differences.of_disputes(vault, db, &scene, (&told, &aside)).await?;
    differences.of_mandates(db, &scene, (&told, &aside)).await?;
    let record_lines = match record::verify(db, poll.complex_id).await? {
        Ok(lines) => lines,
        Err(broken) => {
            differences.0.push(format!("the record of the complex: {broken}"));
            0
        }
    };
    differences.0.extend(count.findings);
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
        record_lines,
        differences: differences.0,
        anew: Anew { poll: anew, counted: count.counted, ballots_hash: count.ballots_hash },
    })
}

/// What differs, in words.
#[derive(Debug, Default)]
struct Differences(Vec<String>);

impl Differences {
    fn between<T: PartialEq + ToString>(&mut self, what: &str, stored: Option<T>, now: Option<T>) {
        if stored != now {
            let say = |value: Option<T>| value.map_or("nothing".to_owned(), |value| value.to_string());
            self.0.push(format!("{what}: stored {}, recomputed {}", say(stored), say(now)));
        }
    }

    fn within(&mut self, what: &str, stored: &Value, now: &Value) {
        let mut parts = Vec::new();
        differ(what, stored, now, &mut parts);
        self.0.extend(parts.into_iter().take(MOST_DIFFERENCES));
    }

    /// What is shown of the rules, against those by which its ballots are counted.
    fn of_the_rules(&mut self, scene: &Scene) -> Result<()> {
        let mut counted_by = serde_json::to_value(scene.rules()?).map_err(Problem::internal)?;
        if let Some(rules) = counted_by.as_object_mut() {
            rules.remove("pack");
        }
        let rules = scene.rules()?;
        let of_a_poll = |rule: &InForce| rules.has(&rule.name);
        let shown = scene.in_force()?.into_iter().filter(of_a_poll).map(|rule| (rule.name, rule.value));
        let mut shown: Map<String, Value> = shown.collect();
        if rules.is_of_opinion() {
            // What does nothing there stands in it as the pack alone has it, and is not shown.
            let unsaid = serde_json::to_value(PollRules::worked_example()).map_err(Problem::internal)?;
            let unsaid = unsaid.as_object().cloned().unwrap_or_default().into_iter();
            let missing: Vec<_> =
                unsaid.filter(|(name, _)| name != "pack" && !shown.contains_key(name)).collect();
            shown.extend(missing);
        }
        self.within("rules", &Value::Object(shown), &counted_by);
        Ok(())
    }

    /// Each time at which voting was to end, against who had taken part by then.
    fn of_the_closings(&mut self, scene: &Scene, of: Electorate, count: &Counting) -> Result<()> {
        let announced = scene.announced()?;
        let pauses = scene.pauses()?;
        let mut now = closings(announced, &scene.rules()?, of, &count.took_part, &pauses);
        let extended = scene.extensions()?.into_iter().map(|one| one.to);
        let stored = made_up(announced, extended, &pauses);
        if scene.poll.closed_at.is_none() {
            // Who has not taken part yet may still.
            now.truncate(stored.len());
        }
        let say = |moments: &[DateTime<Utc>]| {
            moments.iter().map(|moment| words::local(*moment)).collect::<Vec<_>>().join(", ")
        };
        self.between("closings", Some(say(&stored)), Some(say(&now)));
        let last = stored.last().copied().map(words::local);
        self.between("closes_at", Some(words::local(scene.poll.closes_at)), last);
        Ok(())
    }

    /// What the record tells of a poll, against what it comes to: each step once and as it was, each ballot and no
    /// other, when it was cast.
    fn of_the_record(
        &mut self,
        told: &[Told],
        poll: &::entity::poll::Model,
        homes: usize,
        count: &Counting,
    ) -> Result<()> {
        if poll.locked_at.is_some() {
            self.of_step(told, POLL_LOCKED, &lock::facts_told(poll, homes));
        }
        if poll.closed_at.is_some() {
            for (kind, facts) in count.facts_told()? {
                self.of_step(told, kind, &facts);
            }
        }
        if poll.published_at.is_some() {
            self.of_step(told, POLL_PUBLISHED, &result::facts_told(poll, &count.counted.verdict));
        }
        Ok(())
    }

    /// Each ballot that is in and no other, when it was cast; and each that was set aside.
    fn of_ballots(&mut self, told: &[Told], count: &Counting, set_aside: &BTreeMap<String, DateTime<Utc>>) {
        let (mut cast, mut aside) = (BTreeMap::new(), BTreeMap::new());
        for one in told {
            let Some(commitment) = one.commitment.clone() else { continue };
            match one.kind.as_str() {
                BALLOT_CAST => {
                    cast.insert(commitment, came(one));
                }
                BALLOT_SET_ASIDE => {
                    let at = cast.remove(&commitment).unwrap_or(one.at);
                    aside.insert(commitment, at);
                }
                BALLOT_REINSTATED => {
                    let at = aside.remove(&commitment).unwrap_or(one.at);
                    cast.insert(commitment, at);
                }
                _ => {}
            }
        }
        self.0.extend(unlike(&cast, &count.cast));
        self.0.extend(unlike(&aside, set_aside));
    }

    /// Of a poll of opinion: each head that registered, and how many had when voting began.
    async fn of_registrations(&mut self, db: &impl Conn, scene: &Scene, told: &[Told]) -> Result<()> {
        let heads = store::registered(db, &scene.poll).await?;
        self.of_steps(told, POLL_REGISTERED, &vec![json!({}); heads.len()]);
        if scene.rules()?.is_of_opinion() && scene.phase()? >= Phase::Open {
            let begun = [count::opened_told(db, scene).await?];
            let begins_as = count::begins_as(db, scene).await?;
            for kind in [POLL_OPENED, POLL_REGISTRATION_SHORT] {
                self.of_steps(told, kind, if kind == begins_as { &begun } else { &[] });
            }
        }
        Ok(())
    }

    /// What went out and came back on paper, and that each ballot says what its clerks read.
    async fn of_papers(&mut self, vault: &Vault, db: &impl Conn, scene: &Scene, told: &[Told]) -> Result<()> {
        let kept = Kept::of(db, scene).await?;
        let mut in_order = told.to_vec();
        // Entries in the order of the papers, as they are kept.
        let place = |one: &Told| {
            let number = |name: &str| one.facts.get(name).and_then(Value::as_u64);
            [PAPER_ENTERED, PAPER_WITHDRAWN, PAPER_ADJUDICATED]
                .contains(&one.kind.as_str())
                .then(|| (number("number"), number("entry")))
        };
        in_order.sort_by_key(place);
        for (kind, facts) in kept.told(scene) {
            self.of_steps(&in_order, kind, &facts);
        }
        self.0.extend(kept.unlike_the_ballots(vault, db, scene).await?);
        Ok(())
    }

    /// What was noted of service, as it was noted, and what of it was taken back.
    async fn of_services(
        &mut self,
        vault: &Vault,
        db: &impl Conn,
        scene: &Scene,
        told: &[Told],
    ) -> Result<()> {
        let rows = store::services(db, &scene.poll, None).await?;
        // Heads that one paper shows were noted together; what was read here was noted by itself.
        let mut together: BTreeMap<Uuid, Vec<&Service>> = BTreeMap::new();
        for row in &rows {
            together.entry(row.evidence_id.unwrap_or(row.id)).or_default().push(row);
        }
        let kept = together.values().map(|rows| (serving::proof(vault, rows), serving::told(rows)));
        let said = told.iter().filter(|one| one.kind == SERVICE_NOTED);
        let said = said.map(|one| (one.commitment.clone().unwrap_or_default(), one.facts.clone()));
        let (kept, said): (BTreeMap<_, _>, BTreeMap<_, _>) = (kept.collect(), said.collect());
        if kept != said {
            let (kept, said) = (kept.len(), said.len());
            self.0.push(format!(
                "service was noted {kept} times, the record tells {said}, not all of it alike"
            ));
        }
        let mut back: Vec<&Service> = rows.iter().filter(|row| row.withdrawn_at.is_some()).collect();
        back.sort_by_key(|row| row.withdrawn_at);
        let back: Vec<Value> = back.into_iter().map(|row| serving::told(&[row])).collect();
        self.of_steps(told, SERVICE_TAKEN_BACK, &back);
        Ok(())
    }

    /// Until when it may be objected to, each objection and its answer, and that it is final only where none stands.
    async fn of_objections(&mut self, db: &impl Conn, scene: &Scene, told: &[Told]) -> Result<()> {
        let poll = &scene.poll;
        let rows = store::objections(db, poll, None, None, MOST_OBJECTIONS).await?;
        let made: Vec<Value> = rows.iter().map(object::made).collect();
        let mut answered: Vec<_> = rows.iter().filter(|row| row.answered.is_some()).collect();
        answered.sort_by_key(|row| row.answered_at);
        let answered: Vec<Value> = answered.into_iter().map(object::answered).collect();
        self.of_steps(told, POLL_OBJECTED, &made);
        self.of_steps(told, POLL_OBJECTION_ANSWERED, &answered);
        let counted = object::counted(db, scene).await?;
        if poll.final_at.is_some() && !counted.none_stands() {
            self.0.push("it is final, and an objection stands".to_owned());
        }
        if let (Some(published_at), Some(until)) = (poll.published_at, poll.provisional_until) {
            let end = objections_end(published_at, &scene.rules()?, &calendar::known(db).await?)
                .map_err(Problem::internal)?;
            self.between("provisional_until", Some(words::local(until)), Some(words::local(end)));
        }
        let is_final = poll.final_at.map(|_| object::finished(poll, counted));
        self.of_steps(told, POLL_FINAL, is_final.as_slice());
        Ok(())
    }

    /// Each ballot that was set aside, as it was told and as it was cast: none of them is changed, none is forgotten.
    fn of_what_was_set_aside(&mut self, vault: &Vault, poll: Uuid, told: &[Told], aside: &[Aside]) {
        for one in aside {
            let content = Sealed::open(vault, &one.answers_cipher).ok();
            let commitment = content.and_then(|sealed| sealed.commitment(poll).ok()).map(hex::encode);
            if commitment.as_ref() != Some(&one.commitment) {
                let id = one.id;
                self.0.push(format!("ballot {id}, set aside: its content is not what its commitment says"));
            }
        }
        let told = told_set_aside(told);
        let kept: BTreeMap<String, Value> = aside
            .iter()
            .map(|one| {
                let facts = aside::facts_told(&one.channel, &one.why);
                (one.commitment.clone(), of_aside(&facts, one.set_aside_at))
            })
            .collect();
        for one in told.keys().filter(|one| !kept.contains_key(*one)) {
            self.0.push(format!("the record tells that ballot {one} was set aside, and it was not"));
        }
        for (one, now) in &kept {
            match told.get(one) {
                None => self.0.push(format!("the record does not tell that ballot {one} was set aside")),
                Some(said) => self.within(&format!("ballot {one}, set aside"), said, now),
            }
        }
    }

    /// Each dispute of a ballot and its answer, and that a ballot was set aside for each that holds.
    async fn of_disputes(
        &mut self,
        vault: &Vault,
        db: &impl Conn,
        scene: &Scene,
        (told, aside): (&[Told], &[Aside]),
    ) -> Result<()> {
        let rows = store::disputes(db, &scene.poll, None, None, MOST_OBJECTIONS).await?;
        let made: Vec<Value> = rows.iter().map(dispute::made_told).collect();
        let mut answered: Vec<_> = rows.iter().filter(|row| row.answered.is_some()).collect();
        answered.sort_by_key(|row| row.answered_at);
        let upheld: BTreeSet<Uuid> = answered
            .iter()
            .filter(|row| row.answered.as_deref() == Some(Answered::Upheld.code()))
            .map(|row| row.ballot_id)
            .collect();
        let answered: Vec<Value> = answered.into_iter().map(dispute::answered_told).collect();
        self.of_steps(told, BALLOT_DISPUTED, &made);
        self.of_steps(told, BALLOT_DISPUTE_ANSWERED, &answered);
        let disputed = aside.iter().filter(|one| one.why == SetAside::Disputed.code()).map(|one| one.id);
        let disputed: BTreeSet<Uuid> = disputed.collect();
        for one in upheld.symmetric_difference(&disputed) {
            self.0
                .push(format!("ballot {one}: whether its dispute holds and whether it counts do not agree"));
        }
        let unreadable = rows.iter().filter(|row| !dispute::is_readable(vault, row)).count();
        if unreadable > 0 {
            self.0.push(format!("{unreadable} disputes of ballots cannot be read"));
        }
        Ok(())
    }

    /// Each mandate as it was told, none more a proxy than the rules allow, and each ballot of a proxy by a mandate of its
    /// head that was used once.
    async fn of_mandates(
        &mut self,
        db: &impl Conn,
        scene: &Scene,
        (told, aside): (&[Told], &[Aside]),
    ) -> Result<()> {
        let poll = &scene.poll;
        let rows = store::mandates(db, poll, None, MOST_OBJECTIONS).await?;
        let of = |kept: &dyn Fn(&&Mandate) -> bool| -> Vec<Value> {
            let mut kept: Vec<&Mandate> = rows.iter().filter(kept).collect();
            kept.sort_by_key(|row| row.ended_at);
            kept.into_iter().map(mandate::told).collect()
        };
        let is_revoked = |row: &&Mandate| row.state == State::Revoked.code();
        let by_proxy = |row: &&Mandate| row.revoked_by == Some(row.proxy_id);
        let given: Vec<Value> = rows.iter().map(mandate::told).collect();
        self.of_steps(told, MANDATE_GIVEN, &given);
        self.of_steps(told, MANDATE_REVOKED, &of(&|row| is_revoked(row) && !by_proxy(row)));
        self.of_steps(told, MANDATE_LAID_DOWN, &of(&|row| is_revoked(row) && by_proxy(row)));
        let cap = usize::try_from(scene.rules()?.proxy_cap.unwrap_or_default()).unwrap_or(usize::MAX);
        let mut held: BTreeMap<Uuid, usize> = BTreeMap::new();
        for row in rows.iter().filter(|row| !is_revoked(row)) {
            *held.entry(row.proxy_id).or_default() += 1;
        }
        for (proxy, heads) in held.iter().filter(|(_, heads)| **heads > cap) {
            self.0.push(format!("{proxy} is the proxy of {heads} heads, of {cap} at most"));
        }
        let used = rows.iter().filter(|row| row.state == State::Used.code());
        let used: BTreeSet<(Uuid, Uuid)> = used.map(|row| (row.head_id, row.proxy_id)).collect();
        let mut cast: BTreeSet<(Uuid, Uuid)> = store::cast_by_proxies(db, poll).await?.into_iter().collect();
        let by_proxy = aside.iter().filter(|one| one.channel == PROXY);
        cast.extend(by_proxy.map(|one| (one.head_id, one.cast_by)));
        for (head, _) in cast.symmetric_difference(&used) {
            self.0.push(format!("head {head}: its proxy's ballot and the mandate for it do not agree"));
        }
        Ok(())
    }

    fn of_step(&mut self, told: &[Told], kind: &str, now: &Value) {
        self.of_steps(told, kind, std::slice::from_ref(now));
    }

    fn of_steps(&mut self, told: &[Told], kind: &str, now: &[Value]) {
        let found: Vec<&Told> = told.iter().filter(|one| one.kind == kind).collect();
        if found.len() != now.len() {
            let (found, now) = (found.len(), now.len());
            self.0.push(format!("the record tells {found} times of {kind}, not {now}"));
            return;
        }
        for (one, now) in found.iter().zip(now) {
            self.within(&format!("{kind} in the record"), &one.facts, now);
        }
    }
}

/// How a ballot came in, why it was set aside, and when, to be compared.
fn of_aside(facts: &Value, at: DateTime<Utc>) -> Value {
    json!({ "facts": facts, "at": words::local(at) })
}

/// The ballots that were set aside and do not count again, by commitment, as the record tells it.
fn told_set_aside(told: &[Told]) -> BTreeMap<String, Value> {
    let mut aside = BTreeMap::new();
    for one in told {
        let Some(commitment) = one.commitment.clone() else { continue };
        match one.kind.as_str() {
            BALLOT_SET_ASIDE => drop(aside.insert(commitment, of_aside(&one.facts, one.at))),
            BALLOT_REINSTATED => drop(aside.remove(&commitment)),
            _ => {}
        }
    }
    aside
}

/// When a ballot came: on paper that was before it was settled and told of.
fn came(told: &Told) -> DateTime<Utc> {
    let returned = told.facts.get("returned_at").and_then(Value::as_str);
    let returned = returned.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    returned.map_or(told.at, |at| at.to_utc())
}

/// Ballots that the record tells of and that are not there, the other way round, and those of another time.
fn unlike(told: &BTreeMap<String, DateTime<Utc>>, kept: &BTreeMap<String, DateTime<Utc>>) -> Vec<String> {
    let lost = told
        .keys()
        .filter(|one| !kept.contains_key(*one))
        .map(|one| format!("the record tells of a ballot {one} that is not there"));
    let slipped_in = kept
        .keys()
        .filter(|one| !told.contains_key(*one))
        .map(|one| format!("the record tells of no ballot {one}"));
    let moved = kept.iter().filter_map(|(one, at)| {
        let said = told.get(one).filter(|said| *said != at)?;
        Some(format!(
            "ballot {one}: cast at {}, the record tells of {}",
            words::local(*at),
            words::local(*said)
        ))
    });
    lost.chain(slipped_in).chain(moved).collect()
}

/// Where two values differ, leaf by leaf.
fn differ(at: &str, stored: &Value, now: &Value, into: &mut Vec<String>) {
    use Value::{Array, Null, Object};
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, facts: Value) -> Told {
        Told { kind: kind.into(), facts, commitment: None, at: DateTime::UNIX_EPOCH }
    }

    fn found(told: &[Told]) -> Vec<String> {
        let mut differences = Differences::default();
        differences.of_step(told, POLL_LOCKED, &json!({"heads": 3, "homes": 4}));
        differences.0
    }

    #[test]
    fn a_step_that_the_record_tells_otherwise_twice_or_not_at_all_is_found() {
        let as_it_was = told(POLL_LOCKED, json!({"heads": 3, "homes": 4}));
        assert!(found(std::slice::from_ref(&as_it_was)).is_empty());
        assert_eq!(
            found(&[told(POLL_LOCKED, json!({"heads": 2, "homes": 4}))]),
            ["POLL_LOCKED in the record.heads: stored 2, recomputed 3"]
        );
        assert_eq!(found(&[]), ["the record tells 0 times of POLL_LOCKED, not 1"]);
        assert_eq!(found(&[as_it_was.clone(), as_it_was]).len(), 1);
    }

    #[test]
    fn a_ballot_lost_slipped_in_or_moved_in_time_is_found() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let cast = |all: &[(&str, i64)]| all.iter().map(|(one, time)| ((*one).into(), at(*time))).collect();
        let said = cast(&[("a", 1), ("b", 2), ("d", 4)]);
        assert!(unlike(&said, &said).is_empty());
        let differences = unlike(&said, &cast(&[("b", 2), ("c", 3), ("d", 5)]));
        assert_eq!(differences.len(), 3, "{differences:?}");
        assert!(differences[0].contains("ballot a that is not there"));
        assert!(differences[1].contains("tells of no ballot c"));
        assert!(differences[2].contains("ballot d: cast at"));
    }
}
