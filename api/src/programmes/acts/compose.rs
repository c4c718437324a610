//! Templates: those that come with the service, and those that a complex composed for itself.

use rules::{
    packs::Says,
    programmes::{self as law, Finding, Template, Unreadable, built_in, check, template},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        TEMPLATE_SUPERSEDED, TEMPLATE_UNFIT,
        model::{self, LoadTemplate, TemplateModule},
        store,
    },
    check as check_words, require,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page},
        problem::{InputError, NOT_ALLOWED, Problem, Result},
    },
    packs::acts as packs,
    places, record,
};

type Row = ::entity::programme_template::Model;

/// The templates that come with the service.
pub(in super::super) fn templates() -> List<model::Template> {
    List { items: built_in().iter().map(show).collect(), next_cursor: None }
}

fn show(template: &Template) -> model::Template {
    let module = |(name, module): (&String, &law::Module)| TemplateModule {
        name: name.clone(),
        kind: module.kind,
        zh: module.zh.clone(),
        en: module.en.clone(),
        after: module.after.iter().map(|gates| gates.iter().cloned().map(String::from).collect()).collect(),
        asks: module.asks.iter().copied().collect(),
        description: module.description.clone().map(Into::into),
        criteria: module.criteria.clone().map(Into::into),
        requires: module.requires.clone(),
    };
    model::Template {
        name: template.name.clone(),
        version: template.version,
        zh: template.zh.clone(),
        en: template.en.clone(),
        levels: template.levels.iter().copied().collect(),
        convened_by: template.convened_by.iter().copied().collect(),
        within_days: template.within_days,
        about: template.about,
        conditions: template.conditions.iter().cloned().map(Into::into).collect(),
        cost: template.cost.clone().map(Into::into),
        modules: template.in_order().into_iter().map(module).collect(),
    }
}

fn read(row: &Row) -> Result<Template> {
    serde_json::from_str(&row.template).map_err(Problem::internal)
}

/// The newest template of a name at a place: one that comes with the service, or one of its complex.
pub(super) async fn named(db: &impl Conn, place: &Lineage, name: &str) -> Result<Template> {
    if let Some(template) = template::find(name) {
        return Ok(template.clone());
    }
    let own = match place.at(Level::Complex) {
        Some(complex) => store::newest_template(db, complex, name).await?,
        None => None,
    };
    let own = own.ok_or_else(|| Problem::member("/template", "UNKNOWN", "no such template here"))?;
    read(&own)
}

impl From<Unreadable> for Problem {
    fn from(unreadable: Unreadable) -> Self {
        let words = unreadable.to_string();
        TEMPLATE_UNFIT.because(words.clone()).with_errors([fault("UNREADABLE", words)])
    }
}

fn fault(code: &'static str, detail: String) -> InputError {
    InputError { pointer: "/text".into(), code: code.into(), detail }
}

/// Everything that is wrong with a template, each with its line; nothing of it is kept.
fn unfit(findings: Vec<Finding>) -> Problem {
    let tell = |one: Finding| fault(one.fault.code(), format!("line {}: {}", one.line, one.words));
    let errors: Vec<_> = findings.into_iter().map(tell).collect();
    let first = errors.first().map(|error| error.detail.clone()).unwrap_or_default();
    TEMPLATE_UNFIT.because(first).with_errors(errors)
}

/// What a complex composes, by somebody who may: goes on only if WeChat finds nothing against what everybody there reads.
pub(in super::super) async fn check_composed(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    text: &str,
) -> Result<()> {
    let place = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::ReadProgramme, &place, None)?;
    require(viewer, Permission::ComposeProgramme, &place)?;
    check_words(app, viewer, text).await
}

/// A complex takes a template that it composed for itself, if nothing is wrong with it where its rules hold. Programmes
/// that run go on by what they began with.
pub(in super::super) async fn load(
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &LoadTemplate,
) -> Result<model::Template> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::ReadProgramme, &place, None)?;
    require(viewer, Permission::ComposeProgramme, &place)?;
    let role = viewer.acting_as(Permission::ComposeProgramme, &place).map(Role::as_str);
    let role = role.ok_or_else(|| NOT_ALLOWED.plain())?;
    if place.level != Level::Complex {
        return Err(Problem::member("/place_id", "LEVEL", "a complex composes its programmes"));
    }
    let (template, lines) = Template::read(&request.text)?;
    let rules = packs::Grounds::of(tx.conn(), &place).await?.meeting(&Says::new())?.rules;
    let findings = check(&template, &lines, &rules);
    if !findings.is_empty() {
        return Err(unfit(findings));
    }
    if template::find(&template.name).is_some() {
        let words = format!("line {}: {} comes with the service", lines.at("", "name"), template.name);
        return Err(TEMPLATE_UNFIT.because(words.clone()).with_errors([fault("TAKEN", words)]));
    }
    tx.lock(&format!("programme templates {}", place.id)).await?;
    let version = i32::try_from(template.version).map_err(Problem::internal)?;
    let newest = store::newest_template(tx.conn(), place.id, &template.name).await?;
    if let Some(newest) = newest.filter(|newest| newest.version >= version) {
        return Err(TEMPLATE_SUPERSEDED.because(format!("the newest version is {}", newest.version)));
    }
    let row = Row {
        complex_id: place.id,
        id: tx.id(),
        name: template.name.clone(),
        version,
        template: serde_json::to_string(&template).map_err(Problem::internal)?,
        loaded_as: role.into(),
        loaded_at: tx.now,
    };
    store::insert_template(tx.conn(), row.clone()).await?;
    tell(tx, &row).await?;
    Ok(show(&template))
}

async fn tell(tx: &Tx, row: &Row) -> Result<()> {
    let facts = json!({
        "name": row.name,
        "version": row.version,
        "template_hash": crate::pii::sha256(row.template.as_bytes()),
    });
    let event = record::Event {
        kind: "PROGRAMME_TEMPLATE_LOADED",
        complex: row.complex_id,
        place: row.complex_id,
        subject_type: "PROGRAMME_TEMPLATE",
        subject: row.id,
        version: row.version.into(),
        role: row.loaded_as.clone(),
        audience: record::Audience::Members,
        person: None,
        facts,
        commitment: None,
    };
    record::write(tx, event).await
}

/// The templates that a complex composed for itself, each version, the last loaded first.
pub(in super::super) async fn own_templates(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    page: &Page,
) -> Result<List<model::Template>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadProgramme, &place, None)?;
    let complex = place.at(Level::Complex).unwrap_or(place.id);
    let cursors = Cursors::new(&app.vault, format!("programme templates {complex}"), viewer.person);
    let rows = store::templates(db, complex, cursors.position(page)?, page.limit() + 1).await?;
    let line = |row: Row| Ok::<_, Problem>(show(&read(&row)?));
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), line);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}
