//! Mandates 委托: having somebody else cast, taking that back, and casting by it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    slice::from_ref,
};

use chrono::TimeDelta;
use rules::{
    polls::{
        ballot::{Answers, BallotForm},
        mandate::{self as law, Barred, Proxy, Refusal, Scope, Shown, State, may_be_given, may_be_proxy},
    },
    roll::representation::Ground,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        MANDATE_NOT_ALLOWED, MANDATE_OF_ANOTHER_POLL, MANDATE_OUTSIDE, MANDATE_OVER, MANDATE_STANDS_ALREADY,
        PROXY_BARRED, PROXY_CODE_WRONG, PROXY_OVER_CAP,
        model::{CastBallot, GiveMandate, Mandate, MandatePath, ProxyCode},
        store::{self, Hold},
    },
    PAPER, ROUND, Scene, heads, read_word, role,
    vote::{BALLOT_CAST, in_already},
};
use crate::{
    access::{Grant, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    identity::{self, verifiers::digits},
    record::{self, Audience, Event},
    uploads::{Attachment, attach},
};

type Row = ::entity::poll_mandate::Model;

/// How long a proxy's code is good: as long as two people take who talk about it.
const CODE_VALID: TimeDelta = TimeDelta::minutes(30);

/// What the record calls them.
pub(super) const MANDATE_GIVEN: &str = "MANDATE_GIVEN";
pub(super) const MANDATE_REVOKED: &str = "MANDATE_REVOKED";
pub(super) const MANDATE_LAID_DOWN: &str = "MANDATE_LAID_DOWN";

/// As what the record knows whoever casts for somebody else.
pub(super) const PROXY: &str = "PROXY";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = match refusal {
            Refusal::NotAllowed | Refusal::NotNow { .. } => &MANDATE_NOT_ALLOWED,
            Refusal::OwnHead | Refusal::Barred { .. } => &PROXY_BARRED,
            Refusal::OverCap { .. } => &PROXY_OVER_CAP,
            Refusal::OfAnotherPoll => &MANDATE_OF_ANOTHER_POLL,
            Refusal::Over { .. } | Refusal::GiverGone => &MANDATE_OVER,
            Refusal::Outside => &MANDATE_OUTSIDE,
        };
        problem.because(refusal.to_string())
    }
}

fn code_hash(app: &App, code: &str) -> String {
    hex::encode(app.vault.mac(&[b"proxy code", code.as_bytes()]))
}

/// A code that the caller reads out to whoever wants them as a proxy. That is how an owner names them: nobody learns from
/// this service who is signed up, and nobody becomes a proxy who did not agree.
pub async fn make_proxy_code(app: &App, viewer: &Viewer, tx: &Tx) -> Result<ProxyCode> {
    let code = digits(tx.ids.secret());
    let row = ::entity::proxy_code::Model {
        person_id: viewer.person,
        code_hash: code_hash(app, &code),
        expires_at: tx.now + CODE_VALID,
    };
    tx.lock(&format!("proxy code {}", viewer.person)).await?;
    let expires_at = local(row.expires_at);
    store::save_proxy_code(tx.conn(), row).await?;
    Ok(ProxyCode { code, expires_at })
}

/// Whose code this is. Unknown, expired, used, or by chance that of two: all the same to who asks.
async fn proxy_of(app: &App, tx: &Tx, code: &str) -> Result<Uuid> {
    let found = store::proxy_codes_held(tx.conn(), &code_hash(app, code)).await?;
    let mut good = found.iter().filter(|code| tx.now < code.expires_at);
    match (good.next(), good.next()) {
        (Some(code), None) => {
            store::use_proxy_code(tx.conn(), code.person_id).await?;
            Ok(code.person_id)
        }
        _ => Err(PROXY_CODE_WRONG.plain()),
    }
}

/// An owner who may cast a head's ballot has somebody else cast it.
pub async fn give_mandate(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    poll: Uuid,
    new: &GiveMandate,
) -> Result<Answer<Mandate>> {
    let seen = Scene::load(tx.conn(), poll).await?;
    viewer.require(Permission::CastBallot, &seen.place, None)?;
    seen.must_be_held_here()?;
    may_be_given(seen.phase()?, seen.window(), tx.now)?;
    let scene = seen.held(tx, Hold::Shared).await?;
    may_be_given(scene.phase()?, scene.window(), tx.now)?;
    let (head, owner_id, _) = heads::hold_to_cast(viewer, tx, &scene, new.head_id).await?;
    let head = head.id;
    if let Some(first) = store::ballot_of(tx.conn(), &scene.poll, head, ROUND).await? {
        return Err(in_already(first.cast_at));
    }
    let before = store::mandates_of(tx.conn(), &scene.poll, &[head]).await?;
    if before.iter().any(|one| one.state == State::Given.code()) {
        return Err(MANDATE_STANDS_ALREADY.plain());
    }
    let proxy = proxy_of(app, tx, &new.proxy_code).await?;
    tx.lock(&format!("mandates {poll} {proxy}")).await?;
    let electors = heads::electors_of_head(tx.conn(), &scene.poll, head).await?;
    may_be_proxy(&scene.rules()?, &known(app, tx, &scene, proxy, &electors).await?)?;
    let row = Row {
        complex_id: scene.poll.complex_id,
        id: tx.id(),
        poll_id: poll,
        head_id: head,
        given_by: viewer.person,
        owner_id,
        proxy_id: proxy,
        scope: new.scope.code().into(),
        matters: named_matters(tx.conn(), &scene, new).await?,
        scan_id: new.scan_id,
        state: State::Given.code().into(),
        given_at: tx.now,
        ended_at: None,
        revoked_by: None,
    };
    let to = Attachment::Mandate { complex: row.complex_id, id: row.id };
    attach(tx, viewer.person, &[new.scan_id], to).await?;
    store::insert_mandate(tx.conn(), row.clone()).await?;
    let role = role(viewer, Permission::CastBallot, &scene.place);
    scene.tell_of_mandate(app, tx, MANDATE_GIVEN, role, &row).await?;
    let homes = labels(tx.conn(), &scene, &[head]).await?;
    Ok(Answer::created(show(viewer, &row, &homes)?, format!("/v1/polls/{poll}/mandates")))
}

/// The matters of this poll that a mandate is for, as they are kept; nothing where it is for all.
async fn named_matters(db: &impl Conn, scene: &Scene, new: &GiveMandate) -> Result<Option<String>> {
    let known: BTreeSet<Uuid> =
        store::matters(db, &scene.poll).await?.into_iter().map(|one| one.id).collect();
    let named: BTreeSet<Uuid> = new.matter_ids.iter().copied().collect();
    let is_fit = named.is_subset(&known) && named.is_empty() == (new.scope == Scope::WholeBallot);
    if !is_fit {
        let fits = "names matters of this poll, just where the scope is NAMED_MATTERS";
        return Err(Problem::member("/matter_ids", "UNKNOWN", fits));
    }
    let kept = (!named.is_empty()).then(|| serde_json::to_string(&named)).transpose();
    kept.map_err(Problem::internal)
}

fn matters(row: &Row) -> Result<Option<BTreeSet<Uuid>>> {
    let read = |text: &String| serde_json::from_str(text).map_err(Problem::internal);
    row.matters.as_ref().map(read).transpose()
}

/// What there is to know of somebody who is to be the proxy of one head more; nobody else names them one meanwhile.
async fn known(app: &App, tx: &Tx, scene: &Scene, proxy: Uuid, electors: &BTreeSet<Uuid>) -> Result<Proxy> {
    let person = Viewer { person: proxy, grants: identity::grants_of(app, proxy).await? };
    let mine = person.owners_in(scene.poll.complex_id);
    let held = store::mandates_held(tx.conn(), &scene.poll, proxy).await?;
    let counts = |one: &&Row| State::from_code(&one.state).is_some_and(State::counts);
    Ok(Proxy {
        is_elector: mine.iter().any(|owner| electors.contains(owner)),
        is: barred_as(tx.conn(), scene, &person).await?,
        principals: u64::try_from(held.iter().filter(counts).count()).unwrap_or(u64::MAX),
    })
}

/// What somebody is in a poll that the rules may bar from casting for others.
async fn barred_as(db: &impl Conn, scene: &Scene, person: &Viewer) -> Result<BTreeSet<Barred>> {
    let has = |role: Role| {
        let there = |grant: &Grant| scene.place.at(grant.place.level) == Some(grant.place.id);
        person.grants.iter().any(|grant| grant.role == role && there(grant))
    };
    let mine = person.owners_in(scene.poll.complex_id);
    let stands = store::candidates(db, &scene.poll).await?.iter().any(|one| mine.contains(&one.owner_id));
    let is = [
        (Barred::PropertyStaff, has(Role::PropertyManager)),
        (Barred::DeveloperStaff, has(Role::Developer)),
        (Barred::Candidates, stands),
    ];
    Ok(is.into_iter().filter_map(|(barred, is)| is.then_some(barred)).collect())
}

/// An owner of the head, whoever gave it, or the proxy takes a mandate back that was not used.
pub async fn revoke_mandate(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &MandatePath,
) -> Result<Answer<Mandate>> {
    let scene = Scene::hold(tx, path.poll_id, Hold::Shared).await?;
    let of_this_poll = |row: &Row| row.poll_id == path.poll_id;
    let row = store::mandate(tx.conn(), scene.poll.complex_id, path.mandate_id).await?.filter(of_this_poll);
    let row = row.ok_or_else(|| NOT_FOUND.because("no such mandate"))?;
    let electors = heads::electors_of_head(tx.conn(), &scene.poll, row.head_id).await?;
    let mine = identity::acts_for(tx.conn(), viewer, scene.poll.complex_id, tx.now).await?;
    let is_party = [row.given_by, row.proxy_id].contains(&viewer.person)
        || mine.iter().any(|owner| electors.contains(owner));
    viewer.require(Permission::UseMandate, &scene.place, is_party.then_some(viewer.person))?;
    store::hold_head(tx.conn(), &scene.poll, row.head_id).await?;
    let row = store::mandate(tx.conn(), row.complex_id, row.id).await?;
    let mut row = row.ok_or_else(|| NOT_FOUND.because("no such mandate"))?;
    row.state = state(&row)?.revoke()?.code().into();
    row.ended_at = Some(tx.now);
    row.revoked_by = Some(viewer.person);
    store::save_mandate(tx.conn(), &row).await?;
    let (kind, role) = if row.proxy_id == viewer.person {
        (MANDATE_LAID_DOWN, PROXY)
    } else {
        (MANDATE_REVOKED, Role::Owner.as_str())
    };
    scene.tell_of_mandate(app, tx, kind, role.to_owned(), &row).await?;
    let homes = labels(tx.conn(), &scene, &[row.head_id]).await?;
    let location = format!("/v1/polls/{}/mandates", path.poll_id);
    Ok(Answer::created(show(viewer, &row, &homes)?, location))
}

impl Scene {
    /// Writes into the record what the proxy alone may read there; the owners learn it as notices.
    async fn tell_of_mandate(
        &self,
        app: &App,
        tx: &Tx,
        kind: &'static str,
        role: String,
        row: &Row,
    ) -> Result<()> {
        let of =
            [row.id, row.head_id, row.given_by, row.proxy_id, row.scan_id].map(Uuid::into_bytes).concat();
        let event = Event {
            audience: Audience::Person,
            person: (kind != MANDATE_LAID_DOWN).then_some(row.proxy_id),
            commitment: Some(hex::encode(app.vault.mac(&[b"poll_mandate".as_slice(), &of]))),
            ..self.event(kind, role, told(row))
        };
        record::write(tx, event).await
    }

    /// Goes on only if the poll is there for the viewer: who casts for somebody else reads what is voted on, whatever
    /// they are in the complex.
    pub(super) async fn must_be_readable(&self, viewer: &Viewer, db: &impl Conn) -> Result<()> {
        if viewer.may(Permission::ReadPoll, &self.place, None) {
            return Ok(());
        }
        let is_proxy = !heads_held(db, viewer, self).await?.is_empty();
        viewer.require(Permission::ReadPoll, &self.place, is_proxy.then_some(viewer.person))
    }
}

/// What the record tells of a mandate.
pub(super) fn told(row: &Row) -> Value {
    json!({ "mandate_id": row.id, "scope": row.scope })
}

fn state(row: &Row) -> Result<State> {
    State::from_code(&row.state).ok_or_else(|| Problem::internal("a mandate of an unknown state"))
}

/// The heads for which somebody may cast by a mandate, and those for which they did and the ballot stands; each with the
/// mandate.
pub(super) async fn heads_held(
    db: &impl Conn,
    viewer: &Viewer,
    scene: &Scene,
) -> Result<BTreeMap<Uuid, Uuid>> {
    let held = store::mandates_held(db, &scene.poll, viewer.person).await?;
    let used: Vec<Uuid> =
        held.iter().filter(|one| one.state == State::Used.code()).map(|one| one.head_id).collect();
    let mut stand = BTreeSet::new();
    if !used.is_empty() {
        let cast = store::cast(db, from_ref(&scene.poll), Some(&used)).await?;
        stand.extend(cast.into_iter().filter(|(_, (channel, _))| channel == PROXY).map(|(head, _)| head));
    }
    let shown = |one: &Row| one.state == State::Given.code() || stand.contains(&one.head_id);
    let counts = |one: &Row| State::from_code(&one.state).is_some_and(State::counts);
    let held = held.into_iter().filter(|one| counts(one) && shown(one));
    Ok(held.map(|one| (one.head_id, one.id)).collect())
}

/// Goes on only if the viewer is the proxy of this mandate; to everybody else it does not exist.
pub(super) async fn must_be_proxy(viewer: &Viewer, db: &impl Conn, scene: &Scene, id: Uuid) -> Result<()> {
    let row = store::mandate(db, scene.poll.complex_id, id).await?;
    viewer.require(Permission::UseMandate, &scene.place, row.map(|row| row.proxy_id))
}

/// The right to cast one head's ballot, which is held until the write ends.
pub(super) struct Right {
    pub head: ::entity::poll_head::Model,
    /// By which somebody casts who owns nothing of it.
    mandate: Option<Row>,
    /// By what else than owning it.
    ground: Option<Ground>,
}

impl Right {
    /// From the locked roll, or from somebody's mandate who has it from there.
    pub async fn to_cast(viewer: &Viewer, tx: &Tx, scene: &Scene, new: &CastBallot) -> Result<Self> {
        let Some(id) = new.mandate_id else {
            let (head, _, ground) = heads::hold_to_cast(viewer, tx, scene, new.head_id).await?;
            return Ok(Self { head, mandate: None, ground });
        };
        let not_theirs = || NOT_FOUND.because("no such head, or no mandate of yours for it");
        let row = store::mandate(tx.conn(), scene.poll.complex_id, id).await?;
        let row = row.filter(|row| row.proxy_id == viewer.person).ok_or_else(not_theirs)?;
        if row.poll_id != scene.poll.id {
            return Err(Refusal::OfAnotherPoll.into());
        }
        if row.head_id != new.head_id {
            return Err(not_theirs());
        }
        let head = store::hold_head(tx.conn(), &scene.poll, row.head_id).await?.ok_or_else(not_theirs)?;
        let mut row = store::mandate(tx.conn(), row.complex_id, row.id).await?.ok_or_else(not_theirs)?;
        let first = store::ballot_of(tx.conn(), &scene.poll, head.id, ROUND).await?;
        // Which of two stands that came by different channels is for the poll's rules to say.
        if let Some(first) = first.filter(|first| first.channel != PAPER)
            && state(&row)? == State::Given
        {
            return Err(in_already(first.cast_at));
        }
        let shown = Shown {
            state: state(&row)?,
            is_of_this_poll: row.poll_id == scene.poll.id,
            giver_may_cast: giver_may_cast(tx, scene, &row).await?,
            is: barred_as(tx.conn(), scene, viewer).await?,
        };
        row.state = law::cast_by(&scene.rules()?, &shown)?.code().into();
        row.ended_at = Some(tx.now);
        Ok(Self { head, mandate: Some(row), ground: None })
    }

    /// What whoever casts may say of all that is put to the head.
    pub fn within(&self, form: BallotForm, says: &Answers) -> Result<BallotForm> {
        let matters = self.mandate.as_ref().map(matters).transpose()?.flatten();
        let matters = matters.map(|ids| ids.iter().map(Uuid::to_string).collect());
        Ok(law::within(matters.as_ref(), form, says)?)
    }

    /// How the ballot comes in.
    pub const fn channel(&self) -> &'static str {
        if self.mandate.is_some() { PROXY } else { "ONLINE" }
    }

    /// The ballot is in; as what the record knows who cast it.
    pub async fn use_up(self, viewer: &Viewer, tx: &Tx, scene: &Scene) -> Result<String> {
        let Some(mandate) = self.mandate else {
            let own = || role(viewer, Permission::CastBallot, &scene.place);
            return Ok(self.ground.map_or_else(own, |ground| ground.code().to_owned()));
        };
        store::save_mandate(tx.conn(), &mandate).await?;
        Ok(PROXY.to_owned())
    }
}

/// Whether whoever gave a mandate is still confirmed as the owner who could, and that owner still casts for the head.
async fn giver_may_cast(tx: &Tx, scene: &Scene, row: &Row) -> Result<bool> {
    let casters = heads::casters_of_head(tx.conn(), scene, row.head_id, tx.now).await?;
    let confirmed = identity::persons_of_owners(tx.conn(), row.complex_id, [row.owner_id], tx.now).await?;
    Ok(casters.contains(&row.owner_id) && confirmed.contains(&(row.given_by, row.owner_id)))
}

/// Mandates in order: all for the poll's office, those that somebody gave, has or may take back for everybody else.
pub async fn mandates(app: &App, viewer: &Viewer, poll: Uuid, page: &Page) -> Result<List<Mandate>> {
    let db = app.db.read();
    let scene = Scene::load(db, poll).await?;
    let cursors = Cursors::new(&app.vault, format!("mandates {poll}"), viewer.person);
    let after: Option<Uuid> = cursors.position(page)?;
    let rows = if is_office(viewer, &scene) {
        store::mandates(db, &scene.poll, after, page.limit() + 1).await?
    } else {
        let held = store::mandates_held(db, &scene.poll, viewer.person).await?;
        if held.is_empty() {
            viewer.require(Permission::CastBallot, &scene.place, None)?;
        }
        let own = heads::own(db, viewer, &scene).await?;
        let own = store::mandates_of(db, &scene.poll, &own).await?;
        let all: BTreeMap<Uuid, Row> = held.into_iter().chain(own).map(|row| (row.id, row)).collect();
        all.into_values().filter(|row| after.is_none_or(|after| row.id > after)).collect()
    };
    let heads: Vec<Uuid> = rows.iter().map(|row| row.head_id).collect();
    let homes = labels(db, &scene, &heads).await?;
    let show = |row: Row| show(viewer, &row, &homes);
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), show);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// Whether the viewer is of the poll's office. The property company and the developer never look at mandates, whatever
/// else they were made.
fn is_office(viewer: &Viewer, scene: &Scene) -> bool {
    viewer.may(Permission::ReadMandate, &scene.place, None) && !scene.has_interest(viewer)
}

/// Whether the viewer sees the signed paper of a mandate: a party, or the poll's office.
pub(crate) async fn sees_scan(app: &App, viewer: &Viewer, complex: Uuid, mandate: Uuid) -> Result<bool> {
    let db = app.db.read();
    let Some(row) = store::mandate(db, complex, mandate).await? else { return Ok(false) };
    let scene = Scene::load(db, row.poll_id).await?;
    if row.proxy_id == viewer.person || is_office(viewer, &scene) {
        return Ok(true);
    }
    let electors = heads::electors_of_head(db, &scene.poll, row.head_id).await?;
    Ok(viewer.owners_in(complex).iter().any(|owner| electors.contains(owner)))
}

/// What the homes of some heads are called.
pub(super) async fn labels(
    db: &impl Conn,
    scene: &Scene,
    heads: &[Uuid],
) -> Result<HashMap<Uuid, Vec<String>>> {
    let mut labels: HashMap<Uuid, Vec<String>> = HashMap::new();
    for home in store::homes(db, from_ref(&scene.poll), Some(heads)).await? {
        labels.entry(home.head_id).or_default().push(home.label);
    }
    Ok(labels)
}

fn show(viewer: &Viewer, row: &Row, homes: &HashMap<Uuid, Vec<String>>) -> Result<Mandate> {
    Ok(Mandate {
        id: row.id,
        poll_id: row.poll_id,
        head_id: row.head_id,
        homes: homes.get(&row.head_id).cloned().unwrap_or_default(),
        scope: read_word(&row.scope)?,
        matter_ids: matters(row)?.into_iter().flatten().collect(),
        state: state(row)?,
        scan_id: row.scan_id,
        is_given_by_you: row.given_by == viewer.person,
        is_given_to_you: row.proxy_id == viewer.person,
        given_at: local(row.given_at),
        ended_at: row.ended_at.map(local),
    })
}

/// Who is told of something that the record tells of a head: everybody confirmed as one of those who may cast for it,
/// but for whoever did what it tells.
pub(crate) async fn of_head(tx: &Tx, line: &::entity::event::Model) -> Result<Vec<Uuid>> {
    let facts: Value = serde_json::from_str(&line.facts).unwrap_or_default();
    let mandate = facts.get("mandate_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let found = match (mandate, &line.commitment) {
        (Some(mandate), _) => {
            let by = |row: Row| {
                let by = if line.kind == MANDATE_GIVEN { Some(row.given_by) } else { row.revoked_by };
                (row.head_id, by)
            };
            store::mandate(tx.conn(), line.complex_id, mandate).await?.map(by)
        }
        (None, Some(commitment)) => {
            let by = |(head, by)| (head, (line.kind == BALLOT_CAST).then_some(by));
            let of = (line.complex_id, line.subject_id);
            store::head_by_commitment(tx.conn(), of, commitment).await?.map(by)
        }
        (None, None) => None,
    };
    let Some((head, by)) = found else { return Ok(Vec::new()) };
    let Some(poll) = store::poll(tx.conn(), line.subject_id).await? else { return Ok(Vec::new()) };
    let electors = heads::electors_of_head(tx.conn(), &poll, head).await?;
    let persons = identity::persons_of_owners(tx.conn(), line.complex_id, electors, tx.now).await?;
    let persons: BTreeSet<Uuid> = persons.into_iter().map(|(person, _)| person).collect();
    Ok(persons.into_iter().filter(|person| Some(*person) != by).collect())
}
