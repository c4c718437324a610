//! Beginning a programme, and listing them.

use chrono::NaiveDate;
use rules::{
    calendar::day_of,
    packs::Says,
    programmes::{
        self as law, Course, Template,
        course::{self, Stated},
        start::{Delivery, StartCondition},
    },
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        DEED_NOT_YOURS, DELIVERED_TOO_LITTLE, PROGRAMME_RUNS,
        model::{BeginProgramme, Programme, ProgrammeLine, ProgrammeState},
        store,
    },
    Kept, Row, Scene, check, compose, member, moves, require, roles, show,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    calendar::acts as calendar,
    clock::local,
    database::Tx,
    http::{
        paging::{Cursors, List, Page},
        problem::{Problem, Result},
    },
    packs::acts as packs,
    places,
    roll::acts as roll,
};

/// What a programme is begun for, by somebody who may begin one at a place: goes on as [`check`] does.
pub(in super::super) async fn check_begun(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    purpose: &str,
) -> Result<()> {
    let place = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::ReadProgramme, &place, None)?;
    require(viewer, Permission::BeginProgramme, &place)?;
    check(app, viewer, purpose).await
}

/// Somebody begins a programme.
pub(in super::super) async fn begin(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &BeginProgramme,
) -> Result<Programme> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::ReadProgramme, &place, None)?;
    require(viewer, Permission::BeginProgramme, &place)?;
    let template = compose::named(tx.conn(), &place, &request.template).await?;
    let by = roles(viewer, Permission::BeginProgramme, &place);
    let Some(by) = by.intersection(&template.convened_by).next().copied() else {
        return Err(DEED_NOT_YOURS.because("others convene such a programme"));
    };
    let member = member::named(&app.vault, tx.conn(), (&place, &template), request.member_id).await?;
    let conditions = cases(&template, &request.conditions)?;
    let among = places::among(tx.conn(), &place, &request.among, template.is_of_opinion()).await?;
    let begun = Begun {
        template: &template,
        member,
        purpose: &request.purpose,
        first_delivered_on: request.first_delivered_on,
        conditions,
        among,
        person: viewer.person,
        by: by.code(),
        parent: None,
    };
    let scene = start(tx, place, begun).await?;
    show::show(viewer, tx.conn(), &scene, tx.now).await
}

/// The cases that are so, in the template's order: at least one, where it is for such alone.
fn cases(template: &Template, stated: &[String]) -> Result<Vec<String>> {
    let known = template.conditions.iter().map(|case| &case.code);
    let cases: Vec<String> = known.filter(|code| stated.contains(code)).cloned().collect();
    let refused = |code, words| Err(Problem::member("/conditions", code, words));
    if stated.iter().any(|one| !cases.contains(one)) {
        return refused("UNKNOWN", "the template has no such condition");
    }
    if cases.is_empty() && !template.conditions.is_empty() {
        return refused("MISSING", "say which of the template's conditions is so");
    }
    Ok(cases)
}

/// The cases for which a programme was begun.
pub(super) fn stated(row: &Row) -> Result<Vec<String>> {
    let codes = row.conditions.as_deref().map(serde_json::from_str);
    Ok(codes.transpose().map_err(Problem::internal)?.unwrap_or_default())
}

/// What begins, by whom, and as a module of what.
pub(super) struct Begun<'a> {
    pub template: &'a Template,
    /// Whom it is about.
    pub member: Option<Uuid>,
    pub purpose: &'a str,
    pub first_delivered_on: Option<NaiveDate>,
    pub conditions: Vec<String>,
    /// The parts of its complex between which it runs.
    pub among: Vec<Uuid>,
    pub person: Uuid,
    pub by: &'a str,
    pub parent: Option<(Uuid, &'a str)>,
}

/// Freezes what it goes by, and lets it make its first moves.
pub(super) async fn start(tx: &Tx, place: Lineage, begun: Begun<'_>) -> Result<Scene> {
    let Begun { template, member, purpose, first_delivered_on, conditions, among, person, by, parent } =
        begun;
    let level = rules::incidents::Level::from_code(place.level.as_str());
    let complex =
        place.at(Level::Complex).filter(|_| level.is_some_and(|level| template.levels.contains(&level)));
    let elsewhere = || Problem::member("/template", "LEVEL", "such a programme does not run at this level");
    let complex = complex.ok_or_else(elsewhere)?;
    tx.lock(&format!("programmes {}", place.id)).await?;
    if parent.is_none() && store::runs(tx.conn(), place.id, &template.name, member).await? {
        return Err(PROGRAMME_RUNS.plain());
    }
    let named = template.rules_named();
    let effective = packs::Grounds::of(tx.conn(), &place).await?.meeting(&Says::new())?;
    let rules = effective.rules.into_iter().filter(|rule| named.contains(rule.name.as_str()));
    let kept =
        Kept { template: template.clone(), rules: rules.map(|rule| (rule.name, rule.value)).collect() };
    let delivery = if template.when_delivered {
        Some(may_start(tx, complex, &kept, first_delivered_on).await?)
    } else {
        None
    };
    let course = Course::new(template);
    let row = Row {
        complex_id: complex,
        id: tx.id(),
        place_id: place.id,
        template: template.name.clone(),
        purpose: purpose.to_owned(),
        conditions: (!conditions.is_empty()).then(|| json!(conditions).to_string()),
        state: "RUNNING".into(),
        terms: serde_json::to_string(&kept).map_err(Problem::internal)?,
        course: serde_json::to_string(&course).map_err(Problem::internal)?,
        begun_by: person,
        begun_as: by.to_owned(),
        begun_at: tx.now,
        ended_at: None,
        look_at: None,
        parent_id: parent.map(|(id, _)| id),
        parent_module: parent.map(|(_, module)| module.to_owned()),
        member_id: member,
        among: places::kept(&among)?,
        version: 0,
    };
    store::insert(tx.conn(), row.clone()).await?;
    let calendar = calendar::known(tx.conn()).await?;
    let mut scene = Scene { row, place, kept, course, calendar };
    let among = among.iter().map(Uuid::to_string).collect();
    let stated = Stated { member_id: member.map(|member| member.to_string()), delivery, conditions, among };
    let facts = course::begun(template, &scene.kept.rules, &stated);
    scene.row.version = 1;
    scene.tell_member(tx, "PROGRAMME_BEGUN", by, facts).await?;
    Box::pin(moves::advance(tx, &mut scene)).await?;
    scene.save(tx).await?;
    Ok(scene)
}

/// How far the complex is delivered, if that is enough for its city.
async fn may_start(tx: &Tx, complex: Uuid, kept: &Kept, first_on: Option<NaiveDate>) -> Result<Delivery> {
    let condition = StartCondition::of(&kept.rules);
    let condition = condition.ok_or_else(|| Problem::internal("no rule says when to start"))?;
    let delivery = roll::delivery(tx.conn(), complex, first_on).await?;
    let today = day_of(tx.now).map_err(Problem::internal)?;
    condition.allows(delivery, today).map_err(|early| DELIVERED_TOO_LITTLE.because(early.to_string()))?;
    Ok(delivery)
}

/// The programmes of a place, the newest first.
pub(in super::super) async fn list(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    page: &Page,
) -> Result<List<ProgrammeLine>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadProgramme, &place, None)?;
    let cursors = Cursors::new(&app.vault, format!("programmes {}", place.id), viewer.person);
    let rows = store::of_place(db, place.id, cursors.position(page)?, page.limit() + 1).await?;
    let now = app.clock.now();
    let line = |row: Row| {
        let course: Course = serde_json::from_str(&row.course).map_err(Problem::internal)?;
        Ok::<_, Problem>(ProgrammeLine {
            id: row.id,
            template: row.template,
            purpose: row.purpose,
            state: state(&course, now),
            begun_at: local(row.begun_at),
            ended_at: row.ended_at.map(local),
            version: row.version,
        })
    };
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), line);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// Where a programme stands, in a word.
pub(super) fn state(course: &Course, now: chrono::DateTime<chrono::Utc>) -> ProgrammeState {
    match course.ended {
        Some((law::End::Done, _)) => ProgrammeState::Done,
        Some((law::End::Stopped, _)) => ProgrammeState::Stopped,
        None if course.paused_at(now).is_some() => ProgrammeState::Paused,
        None => ProgrammeState::Running,
    }
}
