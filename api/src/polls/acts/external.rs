//! Votes that are cast in a city's own system: named with the draft, awaited once voting is over, imported once.

use jsonwebtoken::{decode_header, jwk::Jwk};
use rules::{
    packs::InForce,
    polls::{
        external::{self as law, Asked, Evidence, Imported, System},
        phase::{Phase, Window},
        seals::sha256,
        tally::Totals,
        told,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        EVIDENCE_IN_ALREADY, EVIDENCE_KEY_UNKNOWN, EVIDENCE_UNFIT, EVIDENCE_UNREADABLE, EVIDENCE_UNSIGNED,
        EXTERNAL_SYSTEM_DUE, NOT_EXTERNAL, SILENCE_ELSEWHERE, VOTED_ELSEWHERE,
        model::{
            PollKind,
            external::{ExternalResult, ExternalSystem, ImportResult, ImportedResult, PollExternal},
        },
        store::{self, Hold},
    },
    BY_THE_CLOCK, Scene,
    count::{self, Counted, Counting},
    deadline::CONVENORS,
    result::out_for,
    role, serving, size,
};
use crate::{
    access::{Permission, Role, Viewer},
    app::App,
    archive,
    clock::local,
    config::ExternalKeys,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
};

/// What the record calls that one is awaited.
const EXTERNAL_RESULT_AWAITED: &str = "EXTERNAL_RESULT_AWAITED";
/// And that it came.
pub(super) const EXTERNAL_RESULT_IMPORTED: &str = "EXTERNAL_RESULT_IMPORTED";

/// Whether a rule sends owners to a city's system: it says so, or each home is cast by itself, which is not done here.
fn sends_elsewhere(rule: &InForce) -> bool {
    match rule.name.as_str() {
        "external_system_required" => rule.value == Value::Bool(true),
        "area_mode" => rule.value == "CAST_UNITS",
        _ => false,
    }
}

type Row = ::entity::poll_evidence::Model;

impl Scene {
    /// The system in which its votes are cast; nothing where they are cast here.
    pub(super) fn external(&self) -> Result<Option<System>> {
        system_of(&self.poll)
    }

    /// Nothing of a vote is taken here that is cast elsewhere.
    pub(super) fn must_be_held_here(&self) -> Result<()> {
        self.must_be_here(|System { name, address, .. }| format!("owners vote in {name}: {address}"))
    }

    /// What only that system knows is not told here.
    pub(super) fn must_be_known_here(&self) -> Result<()> {
        self.must_be_here(|System { name, .. }| format!("who took part is known to {name} alone"))
    }

    fn must_be_here(&self, why: fn(System) -> String) -> Result<()> {
        self.external()?.map_or(Ok(()), |system| Err(VOTED_ELSEWHERE.because(why(system))))
    }

    /// Where a city has owners vote in its system, they do (Beijing 35). And where silence counts they cannot: whose it
    /// is nobody here would know.
    pub(super) fn must_be_where_it_belongs(
        &self,
        kind: PollKind,
        matters: &[::entity::matter::Model],
    ) -> Result<()> {
        if self.poll.external.is_none() {
            let rules = self.in_force()?;
            // Of both the one that says so, which comes later.
            let elsewhere = rules.iter().rfind(|rule| sends_elsewhere(rule));
            return match elsewhere.filter(|_| kind != PollKind::Opinion) {
                Some(rule) => Err(EXTERNAL_SYSTEM_DUE.because(format!("{}: {}", rule.name, rule.source))),
                None => Ok(()),
            };
        }
        let matters = matters.iter().map(count::matter).collect::<Result<Vec<_>>>()?;
        if law::silence_counts(&self.rules()?, &matters) {
            return Err(SILENCE_ELSEWHERE.plain());
        }
        Ok(())
    }

    /// Begins to wait for its result, for which those who convene have until the day of publication; false if it does
    /// already.
    pub(super) async fn await_result(&mut self, tx: &Tx, system: &System) -> Result<bool> {
        if self.poll.waits_since.is_some() {
            return Ok(false);
        }
        self.poll.waits_since = Some(tx.now);
        self.save(tx).await?;
        let facts = json!({ "system": system.name, "notify": CONVENORS.map(Role::as_str) });
        self.tell(tx, EXTERNAL_RESULT_AWAITED, BY_THE_CLOCK.into(), facts).await?;
        self.run_clocks(tx, false).await?;
        Ok(true)
    }

    /// Where its votes are cast, and what came of them.
    pub(super) async fn show_external(&self, db: &impl Conn) -> Result<Option<PollExternal>> {
        let Some(system) = self.external()? else { return Ok(None) };
        let imported = store::evidence(db, &self.poll).await?;
        Ok(Some(PollExternal {
            system: system.into(),
            awaited_since: self.poll.waits_since.map(local),
            imported: imported.as_ref().map(imported_of),
        }))
    }

    /// Checks evidence by what the lock froze.
    async fn check_evidence(
        &self,
        db: &impl Conn,
        evidence: &Evidence,
    ) -> Result<std::result::Result<Imported, law::Fault>> {
        let (rules, form) = (self.rules()?, self.form(db).await?);
        let matters = count::matters(db, self).await?;
        let heads = store::locked_roll(db, &self.poll).await?.heads;
        let areas: Vec<u64> = heads.iter().map(|head| size(head.area)).collect();
        let asked = Asked {
            poll: &self.poll.id.to_string(),
            window: self.announced()?,
            areas: &areas,
            rules: &rules,
            form: &form,
            matters: &matters,
            seats: self.all_seats(),
        };
        Ok(law::check(evidence, asked))
    }
}

/// The system in which the votes of a poll are cast.
pub(super) fn system_of(poll: &::entity::poll::Model) -> Result<Option<System>> {
    poll.external.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)
}

/// A system as it is kept with a draft: one whose key is trusted.
pub(super) fn named(keys: &ExternalKeys, system: Option<ExternalSystem>) -> Result<Option<String>> {
    let Some(system) = system else { return Ok(None) };
    if keys.get(&system.key).is_none() {
        return Err(Problem::member("/external/key", "UNKNOWN", "no key of this name is trusted here"));
    }
    serde_json::to_string(&System::from(system)).map(Some).map_err(Problem::internal)
}

/// Takes the result of a vote that was cast in a city's system, and counts by it; once.
pub async fn import(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    new: ImportResult,
) -> Result<Answer<ExternalResult>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    let system = scene.external()?.ok_or_else(|| NOT_EXTERNAL.plain())?;
    if store::evidence(tx.conn(), &scene.poll).await?.is_some() {
        return Err(EVIDENCE_IN_ALREADY.plain());
    }
    scene.phase()?.take_result(scene.window(), tx.now)?;
    let (evidence, key) = opened(&app.config.external_keys, &system, &new.signed)?;
    let imported = match scene.check_evidence(tx.conn(), &evidence).await? {
        Ok(imported) => imported,
        Err(fault) => return Err(EVIDENCE_UNFIT.because(in_words(tx.conn(), &scene, &fault).await?)),
    };
    let ends = imported.closings.iter().skip(1).copied();
    if let Some(last) = ends.clone().last() {
        scene.phase()?.take_result(Window { closes_at: last, ..scene.window() }, tx.now)?;
    }
    let role = role(viewer, Permission::PreparePoll, &scene.place);
    let row = Row {
        complex_id: scene.poll.complex_id,
        poll_id: id,
        evidence_hash: sha256(new.signed.as_bytes()),
        signed: new.signed,
        key_id: archive::fingerprint(&key).map_err(Problem::internal)?,
        public_key: serde_json::to_string(&key).map_err(Problem::internal)?,
        imported_by: viewer.person,
        imported_as: role.clone(),
        imported_at: tx.now,
    };
    store::insert_evidence(tx.conn(), row.clone()).await?;
    scene.poll.waits_since = None;
    scene.save(tx).await?;
    scene.tell(tx, EXTERNAL_RESULT_IMPORTED, role, facts_told(&system, &row)).await?;
    for closes_at in ends {
        scene.extended(tx, Window { closes_at, ..scene.window() }).await?;
    }
    count::settle(&app.vault, tx, &mut scene, Phase::Closed).await?;
    Ok(Answer::created(shown(&scene, row)?, format!("/v1/polls/{id}/external-result"))
        .version(scene.poll.version))
}

/// What the record tells of the import.
fn facts_told(system: &System, row: &Row) -> Value {
    told::imported(system, &row.evidence_hash, &row.key_id)
}

/// What a system signed, and the key that it is trusted by.
fn opened(keys: &ExternalKeys, system: &System, signed: &str) -> Result<(Evidence, Jwk)> {
    let unknown = |words: String| EVIDENCE_KEY_UNKNOWN.because(words);
    let key = keys.get(&system.key);
    let key = key.ok_or_else(|| unknown(format!("the key {} is not trusted here any more", system.key)))?;
    let key = archive::read_public(key).map_err(Problem::internal)?;
    let id = archive::fingerprint(&key).map_err(Problem::internal)?;
    let header = decode_header(signed).map_err(|_| EVIDENCE_UNSIGNED.because("it is no compact JWS"))?;
    if let Some(other) = header.kid.filter(|kid| *kid != id) {
        return Err(unknown(format!("it names the key {other}; the trusted one is {id}")));
    }
    let content = archive::opened::<Value>(signed, &key);
    let content = content.ok_or_else(|| {
        EVIDENCE_UNSIGNED.because(format!("the key {id} of {} did not sign this", system.name))
    })?;
    let evidence = serde_json::from_value(content);
    Ok((evidence.map_err(|error| EVIDENCE_UNREADABLE.because(error.to_string()))?, key))
}

/// What is wrong with evidence, with matters by their titles.
async fn in_words(db: &impl Conn, scene: &Scene, fault: &law::Fault) -> Result<String> {
    let titled = |words: String, matter: &::entity::matter::Model| {
        let id = matter.id.to_string();
        words.replace(&id, &format!("“{}” ({id})", matter.title))
    };
    Ok(store::matters(db, &scene.poll).await?.iter().fold(fault.to_string(), titled))
}

/// What was imported, for whoever may see the result.
pub async fn external_result(app: &App, viewer: &Viewer, id: Uuid) -> Result<Answer<ExternalResult>> {
    let scene = out_for(app, viewer, id).await?;
    let row = store::evidence(app.db.read(), &scene.poll).await?.ok_or_else(|| NOT_EXTERNAL.plain())?;
    Ok(Answer::ok(shown(&scene, row)?).version(scene.poll.version))
}

fn shown(scene: &Scene, row: Row) -> Result<ExternalResult> {
    let system = scene.external()?.ok_or_else(|| Problem::internal("evidence of no system"))?;
    let (evidence, key): (Evidence, Jwk) = kept(&row)?;
    let evidence = serde_json::to_value(evidence).and_then(serde_json::from_value);
    Ok(ExternalResult {
        poll_id: row.poll_id,
        system: system.into(),
        imported: imported_of(&row),
        evidence: evidence.map_err(Problem::internal)?,
        key: serde_json::to_value(key).map_err(Problem::internal)?,
        signed: row.signed,
    })
}

fn imported_of(row: &Row) -> ImportedResult {
    ImportedResult {
        evidence_hash: row.evidence_hash.clone(),
        key_id: row.key_id.clone(),
        imported_as: row.imported_as.clone(),
        imported_at: local(row.imported_at),
    }
}

/// The evidence of a row with the key that signed it.
pub(super) fn kept(row: &Row) -> Result<(Evidence, Jwk)> {
    let key: Jwk = serde_json::from_str(&row.public_key).map_err(Problem::internal)?;
    let evidence = archive::opened(&row.signed, &key);
    Ok((evidence.ok_or_else(|| Problem::internal("evidence that its key did not sign"))?, key))
}

/// What a vote comes to by its evidence; nothing of a vote that is cast here, or whose evidence is not in.
pub(super) async fn count(db: &impl Conn, scene: &Scene) -> Result<Option<Counting>> {
    let Some(row) = store::evidence(db, &scene.poll).await? else { return Ok(None) };
    let (evidence, key) = kept(&row)?;
    let imported = scene.check_evidence(db, &evidence).await?.map_err(Problem::internal)?;
    let mut findings = Vec::new();
    if row.evidence_hash != sha256(row.signed.as_bytes()) {
        findings.push("the evidence is not what its hash says".to_owned());
    }
    if archive::fingerprint(&key) != Ok(row.key_id) {
        findings.push("the evidence is signed with another key than is told".to_owned());
    }
    let Imported { totals, verdict, came_in, .. } = imported;
    let Totals { returned, invalid, .. } = totals;
    Ok(Some(Counting {
        counted: Counted {
            ballots: returned.plus(invalid).heads.0,
            totals,
            verdict,
            flips: None,
            leaks: None,
        },
        ballots_hash: count::root(&[])?,
        cast: std::collections::BTreeMap::new(),
        served: serving::served(db, scene).await?,
        took_part: came_in,
        findings,
    }))
}

/// What the record has to tell of the import.
pub(super) async fn told(db: &impl Conn, scene: &Scene) -> Result<Vec<Value>> {
    let system = scene.external()?;
    let row = store::evidence(db, &scene.poll).await?;
    Ok(system.zip(row).map(|(system, row)| facts_told(&system, &row)).into_iter().collect())
}

/// What an archive has of it; nothing where votes are cast here.
pub(super) async fn archived(
    db: &impl Conn,
    scene: &Scene,
) -> Result<Option<rules::archive::format::External>> {
    use rules::archive::format::{External, ExternalResult};
    let Some(system) = scene.external()? else { return Ok(None) };
    let row = store::evidence(db, &scene.poll).await?;
    let result = row.map(|row| {
        let (evidence, key) = kept(&row)?;
        Ok::<_, Problem>(ExternalResult {
            evidence,
            key: serde_json::to_value(key).map_err(Problem::internal)?,
            signed: row.signed,
            evidence_hash: row.evidence_hash,
            key_id: row.key_id,
            imported_as: row.imported_as,
            imported_at: row.imported_at,
        })
    });
    Ok(Some(External { system, result: result.transpose()? }))
}
