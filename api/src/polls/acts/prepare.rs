//! Preparing a poll: the draft, its texts, and reading it.

use chrono::{DateTime, DurationRound, FixedOffset, TimeDelta, Utc};
use rules::{
    cases,
    packs::{Effective, InForce, Says},
    polls::{
        external::Source,
        leaks::Publicity,
        matter::{MatterClass, Scope},
        parameters::PollRules,
        phase::Phase,
        seals,
        tally::Seats,
    },
    ratio::Bound,
    words::Words,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        OPINION_APART, POLL_FULL, PUBLICITY_ONE_WAY,
        model::{
            AddMatter, CreatePoll, Evaluation, Matter, Poll, PollKind, PollLine, PollRulesInForce,
            PollsQuery, RulesCase, UpdatePoll,
        },
        store::{self, Hold, Within},
    },
    Scene,
    count::class_of,
    external, read_word, role, word,
};
use crate::{
    access::{Grant, Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    config::ExternalKeys,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List},
        problem::{NOT_FOUND, Problem, Result, VERSION_STALE},
    },
    packs::{acts as packs, model::RuleValues},
    places,
};

/// Texts that a poll holds at most.
const MOST_MATTERS: usize = 30;

/// Why a motion is not put by the rules of opinion polls.
const ANY_MOTION: &str = "a MOTION is on matters of Civil Code 278 (民法典第二百七十八条), which asks for two thirds of heads and of area";

/// Makes a draft.
pub async fn create(app: &App, viewer: &Viewer, tx: &Tx, new: CreatePoll) -> Result<Answer<Poll>> {
    let place = places::lineage(tx.conn(), new.place_id).await?;
    viewer.require(Permission::PreparePoll, &place, None)?;
    let (Level::Complex | Level::Building | Level::Unit, Some(complex)) =
        (place.level, place.at(Level::Complex))
    else {
        return Err(Problem::member(
            "/place_id",
            "LEVEL",
            "a poll is put to a complex, a building or a unit",
        ));
    };
    if new.kind == PollKind::CommitteeElection && place.level != Level::Complex {
        return Err(Problem::member("/place_id", "SCOPE", "the whole complex elects its committee"));
    }
    if new.pack.is_some() && new.kind != PollKind::Opinion {
        // Of a motion nobody has said yet which of the nine it is.
        let law = PollRules::worked_example().govern(MatterClass::Committee).err();
        let article = law.filter(|_| new.kind == PollKind::CommitteeElection).map(|law| law.to_string());
        return Err(OPINION_APART.because(article.unwrap_or_else(|| ANY_MOTION.to_owned())));
    }
    if new.kind != PollKind::CommitteeElection && (new.seats_filled > 0 || new.committee_of.is_some()) {
        let words = "only a COMMITTEE_ELECTION completes a committee";
        return Err(Problem::member("/seats_filled", "KIND", words));
    }
    let is_of_opinion = new.kind == PollKind::Opinion;
    let among = places::among(tx.conn(), &place, &new.among, is_of_opinion).await?;
    let mut poll = draft(viewer, tx, (complex, place.id), new.kind)?;
    poll.among = places::kept(&among)?;
    poll.seats_filled = i32::try_from(new.seats_filled).ok().filter(|filled| *filled > 0);
    poll.committee_of = new.committee_of;
    let terms = UpdatePoll {
        title: new.title,
        seats: new.seats,
        opens_at: new.opens_at,
        closes_at: new.closes_at,
        publicity: Some(new.publicity),
        external: new.external,
        rules: new.rules,
    };
    set(&app.config.external_keys, tx.conn(), &mut poll, &place, terms).await?;
    let scene = Scene { poll, place };
    scene.must_complete_its_committee(&app.vault, tx.conn()).await?;
    store::insert_poll(tx.conn(), scene.poll.clone()).await?;
    let role = role(viewer, Permission::PreparePoll, &scene.place);
    scene.tell(tx, "POLL_CREATED", role, json!({"kind": scene.poll.kind, "title": scene.poll.title})).await?;
    let location = format!("/v1/polls/{}", scene.poll.id);
    Ok(Answer::created(show(tx.conn(), &scene).await?, location).version(scene.poll.version))
}

/// A poll of which nothing is said yet and to which nothing has happened.
pub(super) fn draft(
    viewer: &Viewer,
    tx: &Tx,
    (complex, place): (Uuid, Uuid),
    kind: PollKind,
) -> Result<::entity::poll::Model> {
    Ok(::entity::poll::Model {
        complex_id: complex,
        id: tx.id(),
        place_id: place,
        kind: word(kind)?,
        title: String::new(),
        state: "DRAFT".into(),
        seats: 0,
        alternates: 0,
        rules: String::new(),
        opens_at: tx.now,
        closes_at: tx.now,
        extensions: None,
        pauses: None,
        paused_until: None,
        total_heads: 0,
        total_area: 0,
        roll_hash: None,
        frozen_hash: None,
        asks: None,
        in_force: None,
        rules_hash: None,
        publicity: None,
        external: None,
        seed: hex::encode(tx.ids.secret()),
        locked_at: None,
        closed_at: None,
        published_at: None,
        result: None,
        ballots_hash: None,
        provisional_until: None,
        final_from: None,
        final_at: None,
        waits_since: None,
        paper_void_at: None,
        warning: None,
        reminded_at: None,
        runoff_of: None,
        seats_filled: None,
        committee_of: None,
        among: None,
        created_by: viewer.person,
        created_at: tx.now,
        version: 1,
    })
}

/// Changes a draft.
pub async fn update(
    keys: &ExternalKeys,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    version: i64,
    terms: UpdatePoll,
) -> Result<Answer<Poll>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    if scene.poll.version != version {
        return Err(VERSION_STALE.plain().with_current(show(tx.conn(), &scene).await?));
    }
    scene.must_be_draft()?;
    match scene.poll.runoff_of {
        Some(_) => scene.set_runoff(terms)?,
        None => set(keys, tx.conn(), &mut scene.poll, &scene.place, terms).await?,
    }
    scene.save(tx).await?;
    let role = role(viewer, Permission::PreparePoll, &scene.place);
    scene.tell(tx, "POLL_CHANGED", role, json!({"title": scene.poll.title})).await?;
    Ok(Answer::ok(show(tx.conn(), &scene).await?).version(scene.poll.version))
}

/// Writes terms into a draft, if they can be lawful.
async fn set(
    keys: &ExternalKeys,
    db: &impl Conn,
    poll: &mut ::entity::poll::Model,
    place: &Lineage,
    terms: UpdatePoll,
) -> Result<()> {
    let kind = read_word(&poll.kind)?;
    let effective = resolved(db, place, (kind, &terms.rules.0)).await?;
    let rules = &effective.poll;
    let (opens_at, closes_at) = window(terms.opens_at, terms.closes_at)?;
    match kind {
        PollKind::Motion if terms.seats > 0 => {
            return Err(Problem::member("/seats", "KIND", "a motion elects nobody"));
        }
        PollKind::CommitteeElection if terms.seats == 0 || !rules.allows_seats(whole(poll, terms.seats)) => {
            let allowed = rules.committee_size;
            let words = format!(
                "with the seats that are filled an odd number from {} to {}",
                allowed.min, allowed.max
            );
            return Err(Problem::member("/seats", "SEATS", words));
        }
        _ => {}
    }
    poll.publicity = terms.publicity.map_or(Ok(poll.publicity.clone()), |to| chosen(poll, to).map(Some))?;
    poll.external = external::named(keys, terms.external)?;
    if poll.external.is_some() {
        if kind == PollKind::Opinion {
            return Err(Problem::member(
                "/external",
                "KIND",
                "for an opinion owners register, and are asked here",
            ));
        }
        let publicity = poll.publicity.as_deref().map(read_word).transpose()?.unwrap_or(Publicity::Totals);
        all_is_told(publicity)?;
    }
    poll.title = terms.title;
    poll.seats = i32::try_from(terms.seats).unwrap_or_default();
    poll.opens_at = opens_at;
    poll.closes_at = closes_at;
    poll.asks = Some(serde_json::to_string(&terms.rules).map_err(Problem::internal)?);
    keep(poll, &effective)
}

/// What a city's system signs is told as it was signed.
fn all_is_told(publicity: Publicity) -> Result<()> {
    match publicity {
        Publicity::Totals => Ok(()),
        _ => Err(Problem::member("/publicity", "EXTERNAL", "the totals of another system are told whole")),
    }
}

/// Members of the whole committee, with those whose seats are filled.
fn whole(poll: &::entity::poll::Model, open: u32) -> u32 {
    let filled = poll.seats_filled.map(u32::try_from).and_then(Result::ok).unwrap_or_default();
    Seats { open, filled }.whole()
}

/// How far its votes are told from now on, which is never further than before.
fn chosen(poll: &::entity::poll::Model, to: Publicity) -> Result<String> {
    let before = poll.publicity.as_deref().map(read_word).transpose()?.unwrap_or(Publicity::Totals);
    word(before.then(to).map_err(|refusal| PUBLICITY_ONE_WAY.because(refusal.to_string()))?)
}

/// By which rules a poll at a place would be held now, if its convenor asks for this.
pub(super) async fn resolved(
    db: &impl Conn,
    place: &Lineage,
    (kind, asks): (PollKind, &Says),
) -> Result<Effective> {
    let grounds = match kind {
        PollKind::Opinion => packs::Grounds::of_opinion(db, place).await?,
        PollKind::CommitteeElection | PollKind::Motion => packs::Grounds::of(db, place).await?,
    };
    grounds.meeting(asks)
}

/// Writes into a poll by which rules it is held.
pub(super) fn keep(poll: &mut ::entity::poll::Model, effective: &Effective) -> Result<()> {
    let seats = u32::try_from(poll.seats).unwrap_or_default();
    poll.alternates = i32::try_from(effective.poll.alternates(seats)).unwrap_or_default();
    poll.rules = serde_json::to_string(&effective.poll).map_err(Problem::internal)?;
    poll.in_force = Some(serde_json::to_string(&effective.rules).map_err(Problem::internal)?);
    Ok(())
}

/// When voting is to begin and to end.
pub(super) fn window(
    opens_at: DateTime<FixedOffset>,
    closes_at: DateTime<FixedOffset>,
) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let opens_at = second("/opens_at", opens_at)?;
    let closes_at = second("/closes_at", closes_at)?;
    if closes_at <= opens_at {
        return Err(Problem::member("/closes_at", "ORDER", "voting must end after it begins"));
    }
    Ok((opens_at, closes_at))
}

/// A moment of a vote, to the second: both databases keep it exactly, and people can read it out.
fn second(pointer: &str, at: DateTime<FixedOffset>) -> Result<DateTime<Utc>> {
    let at = at.to_utc();
    let within = DateTime::from_timestamp(946_684_800, 0)..DateTime::from_timestamp(4_102_444_800, 0);
    if !within.contains(&Some(at)) {
        return Err(Problem::member(pointer, "RANGE", "a moment from 2000 to 2099"));
    }
    at.duration_trunc(TimeDelta::seconds(1)).map_err(Problem::internal)
}

/// Puts a text to the vote.
pub async fn add_matter(viewer: &Viewer, tx: &Tx, id: Uuid, new: AddMatter) -> Result<Answer<Matter>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    scene.must_be_draft()?;
    scene.must_not_be_a_runoff()?;
    let there = store::matters(tx.conn(), &scene.poll).await?;
    if there.len() >= MOST_MATTERS {
        return Err(POLL_FULL.because(format!("a poll holds {MOST_MATTERS} matters at most")));
    }
    let class = MatterClass::try_from(new.class)
        .map_err(|error| Problem::member("/class", "ITEM", error.to_string()))?;
    scene.rules()?.govern(class).map_err(|fault| OPINION_APART.because(fault.to_string()))?;
    if class.scope() == Scope::WholeComplex && scene.place.level != Level::Complex {
        return Err(Problem::member(
            "/class",
            "SCOPE",
            "this is for the whole complex to decide, not for a part",
        ));
    }
    if let Some(publicity) = new.publicity.filter(|_| scene.poll.external.is_some()) {
        all_is_told(publicity)?;
    }
    let matter = ::entity::matter::Model {
        complex_id: scene.poll.complex_id,
        id: tx.id(),
        poll_id: scene.poll.id,
        ordinal: there.last().map_or(1, |last| last.ordinal + 1),
        class: i32::from(class.item()),
        body_hash: seals::text(&new.title, &new.body),
        title: new.title,
        body: new.body,
        publicity: new.publicity.map(word).transpose()?,
    };
    store::insert_matter(tx.conn(), matter.clone()).await?;
    scene.save(tx).await?;
    let facts = json!({"matter_id": matter.id, "class": matter.class, "title": matter.title, "body_hash": matter.body_hash});
    scene.tell(tx, "MATTER_ADDED", role(viewer, Permission::PreparePoll, &scene.place), facts).await?;
    Ok(Answer::created(show_matter(&scene, matter)?, format!("/v1/polls/{id}")))
}

/// A poll as everybody with a role in the complex sees it.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Answer<Poll>> {
    let scene = Scene::load(app.db.read(), id).await?;
    scene.must_be_readable(viewer, app.db.read()).await?;
    Ok(Answer::ok(show(app.db.read(), &scene).await?).version(scene.poll.version))
}

/// Polls of a place, or of every complex in which the viewer may read them, the newest first.
pub async fn list(app: &App, viewer: &Viewer, query: &PollsQuery) -> Result<List<PollLine>> {
    let within = match query.place_id {
        Some(id) => {
            let place = places::lineage(app.db.read(), id).await?;
            viewer.require(Permission::ReadPoll, &place, None)?;
            within(app, &place).await?
        }
        None => Within::Complexes(theirs(app, viewer).await?),
    };
    let state = query.state.map(word).transpose()?;
    let here = query.place_id.map_or("everywhere".to_owned(), |id| id.to_string());
    let name = format!("polls {here} {}", state.as_deref().unwrap_or_default());
    let cursors = Cursors::new(&app.vault, name, viewer.person);
    let page = query.page();
    let before = cursors.position(&page)?;
    let rows = store::polls(app.db.read(), within, state.as_deref(), before, page.limit() + 1).await?;
    let lines = rows.into_iter().map(line).collect::<Result<Vec<_>>>()?;
    Ok(cursors.page(lines, &page, |poll| poll.id.to_string(), |poll| poll))
}

async fn within(app: &App, place: &Lineage) -> Result<Within> {
    Ok(match (place.level, place.at(Level::Complex)) {
        (Level::Complex, _) => Within::Complexes(vec![place.id]),
        (_, Some(complex)) => Within::Part { complex, place: place.id },
        (_, None) => Within::Complexes(places::complexes_in(app.db.read(), [place.id]).await?),
    })
}

/// The complexes in which the viewer may read polls: those of a role in one, and those below a role above.
async fn theirs(app: &App, viewer: &Viewer) -> Result<Vec<Uuid>> {
    let complex = |grant: &Grant| grant.place.at(Level::Complex);
    let mut complexes: Vec<Uuid> = viewer.grants.iter().filter_map(complex).collect();
    let above = viewer.grants.iter().filter(|grant| complex(grant).is_none()).map(|grant| grant.place.id);
    complexes.extend(places::complexes_in(app.db.read(), above).await?);
    let places = places::lineages(app.db.read(), complexes).await?;
    let readable = places.into_values().filter(|place| viewer.may(Permission::ReadPoll, place, None));
    let mut readable: Vec<Uuid> = readable.map(|place| place.id).collect();
    if readable.is_empty() {
        return Err(NOT_FOUND.because("no role in any complex"));
    }
    readable.sort_unstable();
    Ok(readable)
}

fn line(poll: ::entity::poll::Model) -> Result<PollLine> {
    Ok(PollLine {
        id: poll.id,
        place_id: poll.place_id,
        kind: read_word(&poll.kind)?,
        title: poll.title,
        state: read_word(&poll.state)?,
        source: Source::of(poll.external.as_ref()),
        opens_at: local(poll.opens_at),
        closes_at: local(poll.closes_at),
    })
}

pub(super) async fn show(db: &impl Conn, scene: &Scene) -> Result<Poll> {
    let rules = scene.rules()?;
    let matters = store::matters(db, &scene.poll).await?;
    let poll = scene.poll.clone();
    let locked = poll.locked_at.is_some();
    let roll = scene.roll();
    let electorate = scene.electorate(db).await?;
    // Until it opens nobody knows of how many the turnout is.
    let has_quorum = if rules.is_of_opinion() { scene.phase()? > Phase::Locked } else { locked };
    let counts = |rule: &InForce| rules.has(&rule.name);
    let runoff_id = store::runoff_of(db, poll.id).await?.map(|run_off| run_off.id);
    let counting_waits = scene.waits(db).await?;
    let external = scene.show_external(db).await?;
    let warning = if locked { scene.warning()? } else { warning_of(&rules, &matters)? };
    Ok(Poll {
        id: poll.id,
        place_id: poll.place_id,
        kind: read_word(&poll.kind)?,
        title: poll.title,
        state: read_word(&poll.state)?,
        source: Source::of(external.as_ref()),
        external,
        seats: poll.seats,
        alternates: poll.alternates,
        max_selections: rules.max_selections(scene.seats()),
        opens_at: local(poll.opens_at),
        announced_closes_at: local(scene.announced()?.closes_at),
        closes_at: local(poll.closes_at),
        extensions: scene.extensions()?.into_iter().map(Into::into).collect(),
        paused_until: poll.paused_until.map(local),
        pauses: scene.standstills()?.into_iter().map(Into::into).collect(),
        roll: locked.then(|| roll.into()),
        registration: rules
            .registration
            .filter(|_| locked)
            .map(|share| roll.least(share, Bound::Reaches).into()),
        quorum: has_quorum.then(|| electorate.voters().least(rules.quorum, Bound::Reaches).into()),
        publicity: scene.publicity()?,
        matters: matters.into_iter().map(|matter| show_matter(scene, matter)).collect::<Result<_>>()?,
        rules: scene.in_force()?.into_iter().filter(counts).map(Into::into).collect(),
        silence_warning: warning.map(Into::into),
        seed: poll.seed,
        roll_hash: poll.roll_hash,
        rules_hash: poll.rules_hash,
        frozen_hash: poll.frozen_hash,
        ballots_hash: poll.ballots_hash,
        locked_at: poll.locked_at.map(local),
        closed_at: poll.closed_at.map(local),
        counting_waits,
        paper_void_at: poll.paper_void_at.map(local),
        published_at: poll.published_at.map(local),
        provisional_until: poll.provisional_until.map(local),
        final_at: poll.final_at.map(local),
        runoff_of: poll.runoff_of,
        runoff_id,
        seats_filled: poll.seats_filled,
        committee_of: poll.committee_of,
        among: places::named_in(poll.among.as_deref())?,
        created_at: local(poll.created_at),
    })
}

/// What every voter is told of silence, where it means something in one of these texts.
pub(super) fn warning_of(rules: &PollRules, matters: &[::entity::matter::Model]) -> Result<Option<Words>> {
    let classes = matters.iter().map(class_of).collect::<Result<Vec<_>>>()?;
    Ok(rules.warning(classes))
}

/// By which rules a poll is held.
pub async fn rules_of(app: &App, viewer: &Viewer, id: Uuid) -> Result<Answer<PollRulesInForce>> {
    let scene = Scene::load(app.db.read(), id).await?;
    scene.must_be_readable(viewer, app.db.read()).await?;
    let rules = PollRulesInForce {
        poll_id: id,
        state: read_word(&scene.poll.state)?,
        pack: scene.rules()?.pack,
        asks: RuleValues(scene.asks()?),
        rules: scene.in_force()?.into_iter().map(Into::into).collect(),
        rules_hash: scene.poll.rules_hash.clone(),
    };
    Ok(Answer::ok(rules).version(scene.poll.version))
}

fn show_matter(scene: &Scene, matter: ::entity::matter::Model) -> Result<Matter> {
    Ok(Matter {
        publicity: scene.publicity_of(&matter)?,
        id: matter.id,
        class: matter.class,
        title: matter.title,
        body: matter.body,
        body_hash: matter.body_hash,
    })
}

/// What the rules answer to a worked case. Nothing is read or written.
pub fn evaluate(case: &RulesCase) -> Result<Evaluation> {
    let id = match case.0.get("id") {
        None => None,
        Some(Value::String(id)) if id.chars().count() <= cases::MAX_NAME => Some(id.clone()),
        Some(_) => {
            let wanted = format!("must be a string of at most {} characters", cases::MAX_NAME);
            return Err(Problem::member("/id", "WRONG", wanted));
        }
    };
    match cases::evaluate(&case.0) {
        Ok(answer) => Ok(Evaluation { id, answer }),
        Err(error) => Err(Problem::member(error.pointer(), error.code(), error.to_string())),
    }
}
