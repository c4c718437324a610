//! A programme as the API tells it: where it stands, what holds it, what comes next, who must act.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rules::{
    calendar::{RestDay, day_of, end_of_day},
    programmes::{
        self as law, Deed, Kind, Step,
        deed::{self, Done},
        polled, timeline,
    },
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{
        model::{
            Assignee, Condition, ModuleState, Programme, ProgrammeModule, SignatureProgress, TimelineLine,
        },
        store,
    },
    Scene, begin, beyond,
    deeds::unanswered,
    moves,
    polls::{self, Polled, so_far},
    roles,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::{
        paging::{Cursors, List, Page},
        problem::{Problem, Result},
    },
    incidents::acts::Names,
    record,
};

/// A programme and what happened in it, for whoever runs the service.
pub(crate) async fn whole(
    db: &impl Conn,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(Programme, Vec<TimelineLine>)> {
    let scene = Scene::of(db, store::find(db, id).await?).await?;
    let nobody = Viewer { person: Uuid::nil(), grants: Vec::new() };
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let rows = told(db, &scene, after, PAGE).await?;
        let Some(last) = rows.last().and_then(|row| row.seq) else { break };
        after = Some(last);
        for row in rows {
            lines.extend(line(&scene, row)?);
        }
    }
    Ok((show(&nobody, db, &scene, now).await?, lines))
}

/// Lines read at once.
const PAGE: u64 = 100;

/// A programme, for those who belong to its complex.
pub(in super::super) async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Programme> {
    let db = app.db.read();
    show(viewer, db, &Scene::load(db, viewer, id).await?, app.clock.now()).await
}

pub(super) async fn show(
    viewer: &Viewer,
    db: &impl Conn,
    scene: &Scene,
    now: DateTime<Utc>,
) -> Result<Programme> {
    let among = scene.among()?;
    let names = Names::of(db, among.iter().copied().chain([scene.row.place_id])).await?;
    let member = scene.member(db, now).await?;
    let (row, template) = (&scene.row, &scene.kept.template);
    let due_at = match template.within_days {
        Some(days) => {
            let last = scene.terms().calendar.known_at(row.begun_at).days().after_days(
                day_of(row.begun_at).map_err(beyond)?,
                days,
                RestDay::Counts,
            );
            Some(local(end_of_day(last.map_err(beyond)?).map_err(beyond)?))
        }
        None => None,
    };
    Ok(Programme {
        id: row.id,
        place: names.place(row.place_id)?,
        template: template.name.clone(),
        zh: template.zh.clone(),
        en: template.en.clone(),
        purpose: row.purpose.clone(),
        conditions: conditions(scene)?,
        among: among.iter().map(|part| names.place(*part)).collect::<Result<_>>()?,
        cost: template.cost.clone().map(Into::into),
        state: begin::state(&scene.course, now),
        begun_at: local(row.begun_at),
        begun_as: row.begun_as.clone(),
        due_at,
        ended_at: row.ended_at.map(local),
        paused_until: scene.course.paused_at(now).map(|pause| local(pause.until)),
        next_at: row.look_at.filter(|look| *look > now).map(local),
        parent_id: row.parent_id,
        member: member.as_ref().map(|member| member.show(viewer)),
        modules: modules(viewer, db, scene, member.is_some_and(|member| member.is(viewer)), now).await?,
        version: row.version,
    })
}

/// The cases for which it was begun, in words.
fn conditions(scene: &Scene) -> Result<Vec<Condition>> {
    let stated = begin::stated(&scene.row)?;
    let all = scene.kept.template.conditions.iter().filter(|case| stated.contains(&case.code));
    Ok(all.cloned().map(Into::into).collect())
}

async fn modules(
    viewer: &Viewer,
    db: &impl Conn,
    scene: &Scene,
    is_about_viewer: bool,
    now: DateTime<Utc>,
) -> Result<Vec<ProgrammeModule>> {
    let template = &scene.kept.template;
    let children = store::children(db, scene.row.id).await?;
    let polls = polls::of(db, scene).await?;
    let seen = moves::seen(db, scene, &polls).await?;
    let roles = roles(viewer, Permission::ActInProgramme, &scene.place);
    let unanswered = unanswered(db, scene).await?;
    let mut modules = Vec::new();
    for (name, module) in template.in_order() {
        let step = scene.course.steps.get(name).copied().unwrap_or(Step::Waiting);
        let runs = matches!(step, Step::Running { .. });
        let earliest = match provisional_until(scene, &polls, name).filter(|_| runs) {
            Some(until) => Some(until),
            None => {
                scene.course.earliest_end(name, seen.get(name).copied(), scene.terms()).map_err(beyond)?
            }
        };
        let latest = scene.course.latest_end(name, seen.get(name).copied(), scene.terms()).map_err(beyond)?;
        let (since, ended_at, ending) = match step {
            Step::Waiting => (None, None, None),
            Step::Running { since, .. } => (Some(since), None, None),
            Step::Over { since, at, ending } => (Some(since), Some(at), Some(ending)),
            Step::LeftOut { at } => (None, Some(at), None),
        };
        let done = match step {
            Step::Running { .. } => moves::done(db, scene, name).await?,
            Step::Over { .. } if leaves_something(module) => moves::done(db, scene, name).await?,
            Step::Waiting | Step::Over { .. } | Step::LeftOut { .. } => Done::default(),
        };
        let of_its_poll = polls::about(scene, &polls, name);
        let put_up_at = since.filter(|_| module.kind == Kind::PublicNotice).and_then(|since| {
            polled::of_notice(module, since, (of_its_poll.map(|poll| &poll.so_far), done.put_up_at))?.from
        });
        let reply_until = done.reply_until(&scene.course, module, scene.terms(), now).filter(|_| runs);
        modules.push(ProgrammeModule {
            name: name.clone(),
            kind: module.kind,
            zh: module.zh.clone(),
            en: module.en.clone(),
            state: match step {
                Step::Waiting => ModuleState::Waiting,
                Step::Running { .. } => ModuleState::Running,
                Step::Over { .. } => ModuleState::Over,
                Step::LeftOut { .. } => ModuleState::LeftOut,
            },
            since: since.map(local),
            ended_at: ended_at.map(local),
            ending,
            earliest_at: earliest.map(local),
            latest_at: latest.map(local),
            late: matches!(step, Step::Running { late: true, .. }),
            waits_for: match step {
                Step::Waiting => {
                    scene.course.waits_for(module).into_iter().cloned().map(String::from).collect()
                }
                _ => Vec::new(),
            },
            must_act: if runs && !seen.contains_key(name) {
                must_act(scene, &polls, name)
            } else {
                Vec::new()
            },
            you_may: if scene.course.ended.is_none() {
                let unanswered = unanswered.get(name).copied().unwrap_or_default();
                let mut may = you_may(scene, name, &roles, &Done { unanswered, ..done.clone() }, now);
                may.retain(|deed| *deed != Deed::Defend || is_about_viewer);
                may
            } else {
                Vec::new()
            },
            is_advice: template.is_advice(name),
            description: module.description.clone().map(Into::into),
            criteria: module.criteria.clone().map(Into::into),
            requires: module.requires.clone(),
            unmet: done.unmet(module).into_iter().map(str::to_owned).collect(),
            assignee: match done.assignee {
                Some(role) => assignee(db, scene, (name, role), (viewer, &roles)).await?,
                None => None,
            },
            put_up_at: put_up_at.map(local),
            reply_until: reply_until.map(local),
            poll_id: of_its_poll.map(|poll| poll.id),
            programme_id: children
                .iter()
                .find(|child| child.parent_module.as_ref() == Some(name))
                .map(|child| child.id),
            signatures: match module.kind {
                kind if kind.is_signed() => Some(signatures(db, scene, name, module).await?),
                _ => None,
            },
        });
    }
    Ok(modules)
}

/// Until when the result that hangs out in a module may be objected to.
fn provisional_until(scene: &Scene, polls: &BTreeMap<String, Polled>, name: &str) -> Option<DateTime<Utc>> {
    let module = scene.kept.template.modules.get(name)?;
    let hung_out =
        polls::hung_out(scene, polls, name).into_iter().filter_map(|poll| poll.so_far.provisional_until);
    hung_out.filter(|_| module.kind == Kind::ResultNotice).max()
}

/// Who has to act in a module that runs: whoever it asks; about a poll, whoever convenes the programme.
pub(super) fn must_act(scene: &Scene, polls: &BTreeMap<String, Polled>, name: &str) -> Vec<law::Role> {
    let hung_out = so_far(&polls::hung_out(scene, polls, name));
    polled::must_act(&scene.kept.template, name, &hung_out)
}

/// Whether what was done in a module is shown when it is over: who had it and what it lacked, or since when it hung out.
fn leaves_something(module: &law::Module) -> bool {
    matches!(module.kind, Kind::Task | Kind::PublicNotice) || !module.requires.is_empty()
}

/// Who has a task; which person that is, for those who have to do with it.
async fn assignee(
    db: &impl Conn,
    scene: &Scene,
    (name, role): (&str, law::Role),
    (viewer, roles): (&Viewer, &BTreeSet<law::Role>),
) -> Result<Option<Assignee>> {
    let person = store::assignee(db, &scene.row, name).await?;
    let shown = !deed::concerned(&scene.kept.template, name).is_disjoint(roles);
    Ok(person.map(|person| Assignee {
        role,
        is_you: person == viewer.person,
        person_id: Some(person).filter(|_| shown),
    }))
}

/// What somebody in these roles may do in a module now.
fn you_may(
    scene: &Scene,
    name: &str,
    roles: &BTreeSet<law::Role>,
    done: &Done,
    now: DateTime<Utc>,
) -> Vec<Deed> {
    let module = scene.kept.template.modules.get(name);
    let ending = module.and_then(|module| module.kind.endings().first().copied());
    let of = (&scene.course, scene.terms());
    let may = |deed: &&Deed| deed::take(of, (name, **deed), roles, (done, ending), now).is_ok();
    Deed::ALL.iter().filter(may).copied().collect()
}

async fn signatures(
    db: &impl Conn,
    scene: &Scene,
    name: &str,
    module: &law::Module,
) -> Result<SignatureProgress> {
    let signed = moves::signed(db, scene, name).await?;
    Ok(SignatureProgress {
        persons: signed.persons,
        signed: signed.weight.into(),
        roll: signed.roll.into(),
        enough: scene.terms().has_enough(module, signed),
    })
}

/// What happened in a programme, in its polls and meanwhile to its roll, in order, each in words.
pub(in super::super) async fn timeline(
    app: &App,
    viewer: &Viewer,
    id: Uuid,
    page: &Page,
) -> Result<List<TimelineLine>> {
    let db = app.db.read();
    let scene = Scene::load(db, viewer, id).await?;
    let cursors = Cursors::new(&app.vault, format!("timeline {id}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = told(db, &scene, after, page.limit() + 1).await?;
    let position = |row: &::entity::event::Model| row.seq.unwrap_or_default().to_string();
    let List { items, next_cursor } = cursors.page(rows, page, position, |row| row);
    // A line leads to its event: who may not see that is not told of it here.
    let seen = record::visible(app, viewer, items).await?;
    let lines = seen.into_iter().map(|row| line(&scene, row));
    let items = lines.filter_map(Result::transpose).collect::<Result<_>>()?;
    Ok(List { items, next_cursor })
}

/// What the record tells of a programme and of its polls, and while it ran of the roll, after a place in the log.
async fn told(
    db: &impl Conn,
    scene: &Scene,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<::entity::event::Model>> {
    let polls = store::polls(db, &scene.row).await?.into_iter().map(|bound| bound.poll_id);
    let subjects: Vec<Uuid> = [scene.row.id].into_iter().chain(polls).collect();
    let complex = scene.row.complex_id;
    let mut told = record::told_of(db, (complex, &subjects), timeline::KINDS, after, limit).await?;
    let of_the_roll = (timeline::OF_THE_ROLL, scene.row.begun_at, scene.row.ended_at);
    told.extend(record::told_of_the_roll(db, complex, of_the_roll, after, limit).await?);
    told.sort_unstable_by_key(|row| row.seq);
    told.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(told)
}

fn line(scene: &Scene, row: ::entity::event::Model) -> Result<Option<TimelineLine>> {
    let facts: Value = serde_json::from_str(&row.facts).map_err(Problem::internal)?;
    let words = timeline::words(&row.kind, &facts, row.at, (&scene.kept.template, &scene.course));
    Ok(words.map(|words| TimelineLine {
        event_id: row.id,
        seq: row.seq,
        kind: row.kind,
        zh: words.zh,
        en: words.en,
        at: local(row.at),
    }))
}
