//! The office to which a webhook belongs: whoever registered it, in the role at the place by which they did.

use chrono::{DateTime, Utc};
use rules::incidents::{Holder, Level};
use uuid::Uuid;

use super::{
    WEBHOOK_OFFICE_ENDED,
    model::{State, Stop},
};
use crate::{
    access::{Grant, Lineage, Permission, Role, Viewer},
    database::Conn,
    http::problem::{NOT_FOUND, Problem, Result},
    identity, places,
};

type Row = ::entity::webhook::Model;

/// The office as it is kept: who, where, as what.
fn kept(row: &Row) -> Option<(Uuid, Uuid, Role)> {
    Some((row.registrar_id?, row.office_place_id?, Role::parse(row.office_role.as_deref()?)?))
}

/// Where and as what whoever registered it did.
pub fn of(row: &Row) -> Option<(Uuid, Role)> {
    kept(row).map(|(_, place, role)| (place, role))
}

/// Whether whoever registered it is still in the office.
pub async fn holds(db: &impl Conn, row: &Row, now: DateTime<Utc>) -> Result<bool> {
    match kept(row) {
        Some((person, place, role)) => identity::holds(db, person, place, role.as_str(), now).await,
        None => Ok(false),
    }
}

/// A webhook as it stands now: one whose office ended is told no more, whether that was noticed or not.
pub async fn as_it_stands(db: &impl Conn, row: Row, now: DateTime<Utc>) -> Result<Row> {
    if State::parse(&row.state) != State::Active || holds(db, &row, now).await? {
        Ok(row)
    } else {
        Ok(stopped(row, Stop::OfficeEnded))
    }
}

/// A webhook that is told no more.
pub fn stopped(row: Row, because: Stop) -> Row {
    Row {
        state: State::Disabled.as_str().into(),
        stopped_because: Some(because.as_str().into()),
        version: row.version + 1,
        ..row
    }
}

/// The office alone, as somebody who looks: nothing concerns it as a person. None when it ended.
pub async fn reader(db: &impl Conn, row: &Row, now: DateTime<Utc>) -> Result<Option<Viewer>> {
    let Some((_, place, role)) = kept(row) else { return Ok(None) };
    if !holds(db, row, now).await? {
        return Ok(None);
    }
    let place = places::lineage(db, place).await?;
    let starts_at = row.created_at;
    let office = Grant { id: row.id, role, place, owner_id: None, ground: None, starts_at, ends_at: None };
    Ok(Some(Viewer { person: Uuid::nil(), grants: vec![office] }))
}

/// A webhook of the office by which the viewer acts at its place.
pub fn registered(viewer: &Viewer, place: &Lineage, row: Row) -> Result<Row> {
    let office = viewer.acting_by(Permission::ManageWebhooks, place).ok_or_else(|| NOT_FOUND.plain())?;
    Ok(Row {
        registrar_id: Some(viewer.person),
        office_place_id: Some(office.place.id),
        office_role: Some(office.role.as_str().into()),
        ..row
    })
}

/// A webhook whose office ended, in the hands of the viewer: of whoever followed in the same office, so that what its
/// address is told never becomes more.
pub fn taken_over(viewer: &Viewer, place: &Lineage, row: Row) -> Result<Row> {
    let Some((at, role)) = of(&row) else { return registered(viewer, place, row) };
    if viewer.grants.iter().any(|grant| grant.role == role && grant.place.id == at) {
        Ok(Row { registrar_id: Some(viewer.person), ..row })
    } else {
        Err(WEBHOOK_OFFICE_ENDED.plain())
    }
}

fn rank(role: Role) -> Option<Level> {
    Holder::from_code(role.as_str()).map(Holder::level)
}

/// Whether the viewer manages webhooks at a place by an office that stands no lower than this role.
fn manages(viewer: &Viewer, place: &Lineage, role: Role) -> bool {
    viewer.may_as(Permission::ManageWebhooks, place, None, |own| rank(own) >= rank(role))
}

/// The roles whose webhooks at a place the viewer manages; none where they manage none.
pub fn managed_roles(viewer: &Viewer, place: &Lineage) -> Result<Vec<&'static str>> {
    viewer.require(Permission::ManageWebhooks, place, None)?;
    let managed = Role::ALL.into_iter().filter(|role| manages(viewer, place, *role));
    Ok(managed.map(Role::as_str).collect())
}

/// Goes on only if the viewer manages a webhook: what an office is told is nothing to those below it.
pub fn require_manager(viewer: &Viewer, place: &Lineage, row: &Row) -> Result<(), Problem> {
    viewer.require(Permission::ManageWebhooks, place, None)?;
    match of(row) {
        Some((_, role)) if !manages(viewer, place, role) => Err(NOT_FOUND.plain()),
        _ => Ok(()),
    }
}
