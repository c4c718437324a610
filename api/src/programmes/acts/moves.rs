//! What a programme does by itself: looking at what its modules came to, and moving them.

use std::collections::BTreeMap;

use rules::{
    programmes::{
        self as law, Deed, Did, Ending, Kind, Step,
        course::{Move, Moved, Seen, Signed},
        deed::Done,
        polled, template,
    },
    quantity::Weight,
    roll::RollPolicy,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{model::Evidence, store},
    CLOCK, Scene,
    begin::{self, Begun},
    beyond,
    polls::{self, Polled, so_far},
    show::must_act,
};
use crate::{
    app::App,
    database::{Conn, Tx},
    http::problem::{Problem, Result},
    roll::acts as roll,
};

/// Programmes looked at once.
const BATCH: u64 = 50;
/// Deeds read of a module: more than decide how it ends.
const DEEDS: u64 = 500;

/// Moves what the clock or the world has come to; answers how many programmes were looked at. One that cannot be moved
/// holds up no other.
pub async fn tick(app: &App) -> Result<usize> {
    let mut failed = None;
    let due = store::due(app.db.read(), app.clock.now(), BATCH).await?;
    for id in &due {
        if let Err(problem) = app.write(async |tx| look(tx, *id).await).await {
            failed = Some(problem);
        }
    }
    failed.map_or(Ok(due.len()), Err)
}

async fn look(tx: &Tx, id: Uuid) -> Result<()> {
    let mut scene = Scene::hold(tx, id).await?;
    if scene.row.look_at.is_none_or(|look| look > tx.now) {
        return Ok(());
    }
    advance(tx, &mut scene).await?;
    scene.save(tx).await
}

/// Moves a programme that is held as far as it goes, and tells each move with what caused it.
pub(super) async fn advance(tx: &Tx, scene: &mut Scene) -> Result<()> {
    if scene.course.lift_what_is_due(tx.now) {
        scene.tell(tx, "PROGRAMME_RESUMED", CLOCK, json!({})).await?;
    }
    let was_over = scene.course.ended.is_some();
    // What a poll comes to meanwhile wakes its programme anew.
    let polls = polls::of(tx.conn(), scene).await?;
    loop {
        let seen = seen(tx.conn(), scene, &polls).await?;
        let mut course = scene.course.clone();
        let moves = course.advance(scene.terms(), &seen, tx.now).map_err(beyond)?;
        scene.course = course;
        for one in &moves {
            let signed = how_far(tx.conn(), scene, one).await?;
            let asked = one.asks().then(|| must_act(scene, &polls, &one.module));
            let facts = one.facts(signed, asked.as_deref());
            if one.what == Moved::Begun && scene.kept.template.hears(&one.module) {
                scene.tell_member(tx, one.event(), CLOCK, facts).await?;
            } else {
                scene.tell(tx, one.event(), CLOCK, facts).await?;
            }
        }
        for one in moves.iter().filter(|one| one.what == Moved::Begun) {
            begin_what_it_runs(tx, scene, &one.module).await?;
        }
        if moves.is_empty() {
            scene.row.look_at = scene.course.next_look(scene.terms(), &seen, tx.now).map_err(beyond)?;
            break;
        }
    }
    if let Some((end, _)) = scene.course.ended.filter(|_| !was_over) {
        scene.tell(tx, "PROGRAMME_ENDED", CLOCK, json!({ "end": end })).await?;
        if let Some(parent) = scene.row.parent_id {
            wake_programme(tx, parent).await?;
        }
    }
    Ok(())
}

/// How many had put their names to a module that ended: whether that was enough can be told again, and the roll changes.
async fn how_far(db: &impl Conn, scene: &Scene, one: &Move) -> Result<Option<Signed>> {
    let module = scene.kept.template.modules.get(&one.module);
    let is_signed = module.is_some_and(|module| module.kind.is_signed());
    if one.what != Moved::Ended || !is_signed {
        return Ok(None);
    }
    signed(db, scene, &one.module).await.map(Some)
}

/// A module that is a programme begins one at the same place.
async fn begin_what_it_runs(tx: &Tx, scene: &Scene, name: &str) -> Result<()> {
    let module = scene.kept.template.modules.get(name);
    let Some(template) = module.and_then(|module| template::find(module.runs.as_deref()?)) else {
        return Ok(());
    };
    let begun = Begun {
        template,
        member: template.about.and(scene.row.member_id),
        purpose: &scene.row.purpose,
        first_delivered_on: None,
        conditions: Vec::new(),
        among: scene.among()?,
        person: scene.row.begun_by,
        by: CLOCK,
        parent: Some((scene.row.id, name)),
    };
    Box::pin(begin::start(tx, scene.place.clone(), begun)).await?;
    Ok(())
}

/// Somebody has to look at a programme now.
pub(super) async fn wake_programme(tx: &Tx, id: Uuid) -> Result<()> {
    if let Some(mut row) = store::hold(tx.conn(), id).await?.filter(|row| row.ended_at.is_none()) {
        row.look_at = Some(tx.now);
        store::save(tx.conn(), &row).await?;
    }
    Ok(())
}

/// What the world says of the modules that run.
pub(super) async fn seen(
    db: &impl Conn,
    scene: &Scene,
    polls: &BTreeMap<String, Polled>,
) -> Result<BTreeMap<String, Seen>> {
    let mut seen = BTreeMap::new();
    for (name, module) in &scene.kept.template.modules {
        let Some(Step::Running { since, .. }) = scene.course.steps.get(name).copied() else { continue };
        let found = match module.kind {
            kind if kind.is_signed() => {
                let enough = scene.terms().has_enough(module, signed(db, scene, name).await?);
                enough.then_some(Seen::at_once(Ending::Reached))
            }
            Kind::Programme => child(db, scene, name).await?.map(Seen::at_once),
            Kind::PublicNotice => {
                let poll = polls::about(scene, polls, name).map(|poll| &poll.so_far);
                polled::of_notice(module, since, (poll, done(db, scene, name).await?.put_up_at))
            }
            Kind::ResultNotice => polled::of_results(&so_far(&polls::hung_out(scene, polls, name))),
            kind if kind.is_about_a_vote() => {
                let poll = polls::about(scene, polls, name);
                poll.and_then(|poll| poll.so_far.seen(kind, scene.terms()))
            }
            _ => done(db, scene, name).await?.ending(&scene.kept.template, name).map(Seen::at_once),
        };
        seen.extend(found.map(|found| (name.clone(), found)));
    }
    Ok(seen)
}

/// How the programme that a module runs has ended.
async fn child(db: &impl Conn, scene: &Scene, module: &str) -> Result<Option<Ending>> {
    let children = store::children(db, scene.row.id).await?;
    let child = children.into_iter().find(|row| row.parent_module.as_deref() == Some(module));
    Ok(child.and_then(|row| match law::End::from_code(&row.state)? {
        law::End::Done => Some(Ending::Done),
        law::End::Stopped => Some(Ending::Stopped),
    }))
}

/// What was done in a module, as far as it decides how it ends.
pub(super) async fn done(db: &impl Conn, scene: &Scene, module: &str) -> Result<Done> {
    let kind = scene.kept.template.modules.get(module).map(|module| module.kind);
    let decides = |deed: &&Deed| kind.is_some_and(|kind| deed.decides(kind));
    let deciding: Vec<_> = Deed::ALL.iter().filter(decides).map(|deed| deed.code()).collect();
    let rows = store::last_deeds(db, &scene.row, module, &deciding, DEEDS).await?;
    rows.iter().try_fold(Done::default(), |done, row| Ok(done.and(did(row)?)))
}

/// A deed as the law sees it.
pub(super) fn did(row: &::entity::programme_deed::Model) -> Result<Did> {
    let damaged = || Problem::internal("a programme's deed is not what the law knows");
    let role = |code: &String| law::Role::from_code(code);
    let shown = evidence(row)?;
    Ok(Did {
        ending: row.ending.as_deref().and_then(Ending::from_code),
        meets: shown.map(|photos| photos.into_iter().flat_map(|photo| photo.meets).collect()),
        asks_of: row.asks_of.as_ref().and_then(role),
        asks_reply: row.asks_of.is_some() || row.asks_person.is_some(),
        replies_to: row.replies_to.map(|to| to.to_string()),
        ..Did::new(
            row.id.to_string(),
            Deed::from_code(&row.deed).ok_or_else(damaged)?,
            role(&row.role).ok_or_else(damaged)?,
            row.at,
        )
    })
}

/// The photos that show it, if they may.
pub(super) fn evidence(row: &::entity::programme_deed::Model) -> Result<Option<Vec<Evidence>>> {
    row.evidence.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)
}

/// How many have put their names to a module.
pub(super) async fn signed(db: &impl Conn, scene: &Scene, module: &str) -> Result<Signed> {
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let (heads, area) = store::signed(db, &scene.row, module).await?;
    Ok(Signed {
        persons: store::signers(db, &scene.row, module).await?,
        weight: Weight::new(whole(heads), whole(area)),
        roll: roll::weight(db, (&scene.place, &scene.among()?), RollPolicy::of_signers(&scene.kept.rules))
            .await?,
    })
}
