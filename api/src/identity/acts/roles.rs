//! Granting roles and taking them back.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use rules::roll::representation::Ground;
use serde_json::json;
use uuid::Uuid;

use super::super::{
    PERSON_UNKNOWN, ROLE_ABOVE_OWN, ROLE_FROM_CLAIM, ROLE_PLACE_MISFIT, ROLE_REPEATED,
    model::{NewRole, RoleGrant},
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result, VERSION_STALE},
    },
    places,
    record::{self, Audience, Event},
};

/// The level at which a role is held; none for those that come from a claim.
fn level_of(role: Role) -> Option<Level> {
    match role {
        Role::Owner | Role::Family | Role::Tenant => None,
        Role::UnitLeader => Some(Level::Unit),
        Role::BuildingLeader => Some(Level::Building),
        Role::PropertyManager
        | Role::CommitteeMember
        | Role::Preparer
        | Role::Developer
        | Role::Supervisor => Some(Level::Complex),
        Role::CommunityOfficer => Some(Level::Community),
        Role::StreetOfficer => Some(Level::Street),
        Role::Admin => Some(Level::District),
    }
}

/// Whether a role may be granted at a place by somebody acting in `own`: never one that comes from a claim, never above
/// the granter's level, and only at its own.
fn may_grant(own: Role, role: Role, place: Level) -> Result<()> {
    let level = level_of(role).ok_or_else(|| ROLE_FROM_CLAIM.plain())?;
    // Levels sort from the widest down.
    if level_of(own).is_none_or(|own| level < own) {
        return Err(ROLE_ABOVE_OWN.plain());
    }
    if level == place { Ok(()) } else { Err(ROLE_PLACE_MISFIT.plain()) }
}

/// Grants a role at a place, for a time.
pub async fn grant(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    new: NewRole,
) -> Result<Answer<RoleGrant>> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::GrantRole, &place, None)?;
    let own = viewer.acting_as(Permission::GrantRole, &place).ok_or_else(|| NOT_FOUND.plain())?;
    may_grant(own, new.role, place.level)?;
    store::person(tx.conn(), new.person_id).await?.ok_or_else(|| PERSON_UNKNOWN.plain())?;
    let starts_at = new.starts_at.map_or(tx.now, |at| at.to_utc());
    let ends_at = new.ends_at.map(|at| at.to_utc());
    if ends_at.is_some_and(|end| end <= starts_at.max(app.clock.now())) {
        return Err(Problem::member("/ends_at", "BOUND", "must be later than now and than starts_at"));
    }
    tx.lock(&format!("roles {}", new.person_id)).await?;
    let same = |grant: &::entity::role_grant::Model| {
        grant.place_id == place.id
            && grant.role == new.role.as_str()
            && grant.ends_at.is_none_or(|end| tx.now < end)
    };
    if store::grants(tx.conn(), new.person_id).await?.iter().any(same) {
        return Err(ROLE_REPEATED.plain());
    }
    let term = Term { starts_at, ends_at };
    let row = insert(tx, &place, new.person_id, new.role, None, term, Some(viewer.person)).await?;
    write_event(tx, "ROLE_GRANTED", &row, &place, own.as_str()).await?;
    let id = row.id;
    Ok(Answer::created(show(&row)?, format!("/v1/roles/{id}")).version(row.version))
}

/// How long a role is held.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    pub starts_at: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
}

pub(super) async fn insert(
    tx: &Tx,
    place: &Lineage,
    person: Uuid,
    role: Role,
    owner: Option<Uuid>,
    term: Term,
    by: Option<Uuid>,
) -> Result<::entity::role_grant::Model> {
    let row = ::entity::role_grant::Model {
        id: tx.id(),
        person_id: person,
        place_id: place.id,
        complex_id: place.at(Level::Complex),
        role: role.as_str().into(),
        owner_id: owner,
        ground: None,
        starts_at: term.starts_at,
        ends_at: term.ends_at,
        granted_by: by,
        revoked_at: None,
        version: 1,
    };
    store::insert_grant(tx.conn(), row.clone()).await?;
    Ok(row)
}

/// Appoints one of an installation's first officers: somebody who has signed in, at the level that the role belongs to.
/// Nobody is asked; whoever may run commands on the machine may do this.
pub async fn appoint_officer(tx: &Tx, place: &Lineage, person: Uuid, role: Role) -> Result<Uuid> {
    may_grant(Role::Admin, role, place.level)?;
    store::person(tx.conn(), person).await?.ok_or_else(|| PERSON_UNKNOWN.plain())?;
    appoint(tx, place, person, role, None).await
}

/// Gives a role from now on without asking anybody.
pub async fn appoint(
    tx: &Tx,
    place: &Lineage,
    person: Uuid,
    role: Role,
    owner: Option<Uuid>,
) -> Result<Uuid> {
    let same = |grant: &::entity::role_grant::Model| {
        grant.place_id == place.id
            && grant.role == role.as_str()
            && grant.owner_id == owner
            && grant.ends_at.is_none_or(|end| tx.now < end)
    };
    if let Some(known) = store::grants(tx.conn(), person).await?.into_iter().find(same) {
        return Ok(known.id);
    }
    let term = Term { starts_at: tx.now, ends_at: None };
    let row = insert(tx, place, person, role, owner, term, None).await?;
    write_event(tx, "ROLE_GRANTED", &row, place, "OPERATOR").await?;
    Ok(row.id)
}

/// Somebody who acts for an owner of the roll without being them.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub person: Uuid,
    pub owner: Uuid,
    pub ground: Ground,
    pub ends_at: Option<DateTime<Utc>>,
}

impl Standing {
    fn is_of(&self, grant: &::entity::role_grant::Model) -> bool {
        (grant.person_id, grant.owner_id, grant.ground.as_deref())
            == (self.person, Some(self.owner), Some(self.ground.code()))
    }
}

/// From now on they are at a home what its owner is.
pub async fn let_stand(tx: &Tx, home: &Lineage, standing: &Standing) -> Result<()> {
    let row = ::entity::role_grant::Model {
        id: tx.id(),
        person_id: standing.person,
        place_id: home.id,
        complex_id: home.at(Level::Complex),
        role: Role::Owner.as_str().into(),
        owner_id: Some(standing.owner),
        ground: Some(standing.ground.code().into()),
        starts_at: tx.now,
        ends_at: standing.ends_at,
        granted_by: None,
        revoked_at: None,
        version: 1,
    };
    store::insert_grant(tx.conn(), row.clone()).await?;
    write_event(tx, "ROLE_GRANTED", &row, home, "ROLL").await
}

/// They are that at no home of the owner any more.
pub async fn let_go(tx: &Tx, complex: &Lineage, standing: &Standing) -> Result<()> {
    let grants = store::grants_of_owners(tx.conn(), complex.id, [standing.owner]).await?;
    for row in grants.iter().filter(|grant| standing.is_of(grant)) {
        end(tx, complex, row, "ROLL").await?;
    }
    Ok(())
}

/// Ends a role in a complex, if it stands.
async fn end(
    tx: &Tx,
    complex: &Lineage,
    row: &::entity::role_grant::Model,
    actor: &'static str,
) -> Result<()> {
    if store::revoke(tx.conn(), row.id, row.version, tx.now).await? {
        let place = Lineage { id: row.place_id, ..complex.clone() };
        let row = ::entity::role_grant::Model { version: row.version + 1, ..row.clone() };
        write_event(tx, "ROLE_REVOKED", &row, &place, actor).await?;
    }
    Ok(())
}

/// By what became of a committee.
const COMMITTEE: &str = "COMMITTEE";

/// The grants by which persons are these owners of a complex, or the voice of one that is a legal person.
async fn voices(
    db: &impl Conn,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<::entity::role_grant::Model>> {
    let is_voice = |grant: &::entity::role_grant::Model| {
        let ground = grant.ground.as_deref();
        let acts = ground.is_none_or(|ground| Ground::from_code(ground).is_some_and(Ground::is_voice));
        let holds = grant.starts_at <= now && grant.ends_at.is_none_or(|end| now < end);
        grant.role == Role::Owner.as_str() && acts && holds
    };
    let mut grants = store::grants_of_owners(db, complex, owners).await?;
    grants.retain(is_voice);
    Ok(grants)
}

/// Who sits where an owner was elected: whoever is confirmed as that owner, of a legal person who acts for it. Nobody
/// where the owner has not signed in yet.
pub async fn who_sits_as(
    db: &impl Conn,
    complex: Uuid,
    owner: Uuid,
    now: DateTime<Utc>,
) -> Result<BTreeSet<Uuid>> {
    Ok(voices(db, complex, [owner], now).await?.into_iter().map(|grant| grant.person_id).collect())
}

/// These owners sit on a complex's committee: whoever they are is a member in it from now on.
pub async fn seat(tx: &Tx, complex: &Lineage, owners: impl IntoIterator<Item = Uuid>) -> Result<()> {
    for of in voices(tx.conn(), complex.id, owners, tx.now).await? {
        let role = Role::CommitteeMember.as_str();
        tx.lock(&format!("roles {}", of.person_id)).await?;
        if store::holds(tx.conn(), of.person_id, complex.id, role, tx.now).await? {
            continue;
        }
        let row = ::entity::role_grant::Model {
            id: tx.id(),
            place_id: complex.id,
            role: role.into(),
            starts_at: tx.now,
            granted_by: None,
            version: 1,
            ..of
        };
        store::insert_grant(tx.conn(), row.clone()).await?;
        write_event(tx, "ROLE_GRANTED", &row, complex, COMMITTEE).await?;
    }
    Ok(())
}

/// An owner does not sit on a complex's committee any more.
pub async fn unseat(tx: &Tx, complex: &Lineage, owner: Uuid) -> Result<()> {
    let persons = who_sits_as(tx.conn(), complex.id, owner, tx.now).await?;
    let is_theirs = |grant: &::entity::role_grant::Model| match grant.owner_id {
        Some(known) => known == owner,
        None => persons.contains(&grant.person_id),
    };
    unseat_if(tx, complex, is_theirs).await
}

/// These owners are the committee of a complex, and nobody else is, whoever said so before.
pub async fn seat_anew(tx: &Tx, complex: &Lineage, owners: &[Uuid]) -> Result<()> {
    let voices = voices(tx.conn(), complex.id, owners.iter().copied(), tx.now).await?;
    let persons: BTreeSet<Uuid> = voices.into_iter().map(|grant| grant.person_id).collect();
    unseat_if(tx, complex, |grant| !persons.contains(&grant.person_id)).await?;
    seat(tx, complex, owners.iter().copied()).await
}

async fn unseat_if(
    tx: &Tx,
    complex: &Lineage,
    leaves: impl Fn(&::entity::role_grant::Model) -> bool,
) -> Result<()> {
    let held = store::held(tx.conn(), complex.id, Role::CommitteeMember, tx.now).await?;
    for row in held.iter().filter(|grant| leaves(grant)) {
        end(tx, complex, row, COMMITTEE).await?;
    }
    Ok(())
}

/// Who owns or lives where is told to that person alone; offices are told to all members. Neither names the person.
async fn write_event(
    tx: &Tx,
    kind: &'static str,
    grant: &::entity::role_grant::Model,
    place: &Lineage,
    actor: &str,
) -> Result<()> {
    let office = Role::parse(&grant.role).is_some_and(|role| level_of(role).is_some());
    let event = Event {
        kind,
        complex: grant.complex_id.unwrap_or_default(),
        place: place.id,
        subject_type: "ROLE",
        subject: grant.id,
        version: grant.version,
        role: actor.into(),
        audience: if office { Audience::Members } else { Audience::Person },
        person: Some(grant.person_id),
        facts: json!({ "role": grant.role, "ends_at": grant.ends_at.map(local) }),
        commitment: None,
    };
    record::write(tx, event).await
}

fn show(row: &::entity::role_grant::Model) -> Result<RoleGrant> {
    Ok(RoleGrant {
        id: row.id,
        person_id: row.person_id,
        place_id: row.place_id,
        role: Role::parse(&row.role).ok_or_else(|| Problem::internal("a grant of an unknown role"))?,
        starts_at: local(row.starts_at),
        ends_at: row.ends_at.map(local),
    })
}

/// The roles held at a place, for those who may grant them.
pub async fn list_at(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<RoleGrant>> {
    let lineage = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::GrantRole, &lineage, None)?;
    let cursors = Cursors::new(&app.vault, format!("roles {place}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = store::grants_at(app.db.read(), place, app.clock.now(), after, page.limit() + 1).await?;
    let shown: Result<Vec<RoleGrant>> = rows.iter().map(show).collect();
    Ok(cursors.page(shown?, page, |grant| grant.id.to_string(), |grant| grant))
}

/// A role that stands, with its version: to its holder and to whoever may take it back.
pub async fn read_grant(app: &App, viewer: &Viewer, grant: Uuid) -> Result<(RoleGrant, i64)> {
    let db = app.db.read();
    let row = store::grant(db, grant).await?.filter(|row| row.revoked_at.is_none());
    let row = row.ok_or_else(|| NOT_FOUND.plain())?;
    entitled(viewer, &row, &places::lineage(db, row.place_id).await?)?;
    Ok((show(&row)?, row.version))
}

/// Takes a role back, from the next request on: by whoever may grant it, for owners, family and tenants by a verifier,
/// and by the person themselves. Taking it back again changes nothing.
pub async fn revoke(app: &App, viewer: &Viewer, grant: Uuid, version: i64) -> Result<()> {
    app.write(async |tx| {
        let row = store::grant(tx.conn(), grant).await?.ok_or_else(|| NOT_FOUND.plain())?;
        let place = places::lineage(tx.conn(), row.place_id).await?;
        let actor = entitled(viewer, &row, &place)?;
        if row.revoked_at.is_some() {
            return Ok(());
        }
        if row.version != version {
            return Err(VERSION_STALE.plain().with_current(show(&row)?));
        }
        if store::revoke(tx.conn(), row.id, row.version, tx.now).await? {
            let row = ::entity::role_grant::Model { version: row.version + 1, ..row };
            write_event(tx, "ROLE_REVOKED", &row, &place, actor).await?;
        }
        Ok(())
    })
    .await
}

/// As what the viewer may take a role back. Whoever may grant at a place has a level at or above it, so that no role
/// there is above their own.
fn entitled(viewer: &Viewer, row: &::entity::role_grant::Model, place: &Lineage) -> Result<&'static str> {
    if row.person_id == viewer.person {
        return Ok("PERSON");
    }
    let role = Role::parse(&row.role).ok_or_else(|| Problem::internal("a grant of an unknown role"))?;
    let permission = if level_of(role).is_some() { Permission::GrantRole } else { Permission::DecideClaim };
    viewer.require(permission, place, None)?;
    Ok(viewer.acting_as(permission, place).ok_or_else(|| NOT_FOUND.plain())?.as_str())
}

/// After the roll changed: whoever is no longer an owner of one of these homes loses the role there, and where no owner
/// stayed their family goes with them. A tenant stays: a sale does not end a lease (Civil Code 725). `homes` are the
/// changed homes with their owners now; at most 500.
pub async fn end_ownerships(tx: &Tx, complex: &Lineage, homes: &[(Uuid, &[Uuid])]) -> Result<()> {
    let owners: HashMap<Uuid, &[Uuid]> = homes.iter().copied().collect();
    let is_owner = |grant: &::entity::role_grant::Model| {
        let here = owners.get(&grant.place_id).copied().unwrap_or_default();
        grant.owner_id.is_some_and(|owner| here.contains(&owner))
    };
    let roles = [Role::Owner, Role::Family];
    let grants = store::grants_at_homes(tx.conn(), owners.keys().copied(), &roles).await?;
    let stayed: HashSet<Uuid> =
        grants.iter().filter(|grant| is_owner(grant)).map(|grant| grant.place_id).collect();
    let gone: HashSet<Uuid> = grants
        .iter()
        .filter(|grant| grant.role == Role::Owner.as_str() && !stayed.contains(&grant.place_id))
        .map(|grant| grant.place_id)
        .collect();
    let ends = |grant: &::entity::role_grant::Model| match Role::parse(&grant.role) {
        Some(Role::Owner) => !is_owner(grant),
        _ => gone.contains(&grant.place_id),
    };
    for row in grants.iter().filter(|grant| ends(grant)) {
        end(tx, complex, row, "ROLL").await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(own: Role, role: Role, place: Level) -> Option<&'static str> {
        may_grant(own, role, place).err().map(|problem| problem.code.name)
    }

    #[test]
    fn nobody_grants_a_role_above_their_own_level() {
        for own in [Role::CommunityOfficer, Role::StreetOfficer, Role::Admin] {
            for role in Role::ALL {
                let Some(level) = level_of(role) else { continue };
                let allowed = level >= level_of(own).unwrap();
                assert_eq!(
                    refused(own, role, level),
                    (!allowed).then_some("ROLE_ABOVE_OWN"),
                    "{own:?} {role:?}"
                );
            }
        }
    }

    #[test]
    fn owners_family_and_tenants_come_from_claims_alone() {
        for role in [Role::Owner, Role::Family, Role::Tenant] {
            for level in Level::ALL {
                assert_eq!(refused(Role::Admin, role, level), Some("ROLE_FROM_CLAIM"));
            }
        }
    }

    #[test]
    fn a_role_is_granted_at_its_own_level() {
        assert_eq!(refused(Role::Admin, Role::PropertyManager, Level::Building), Some("ROLE_PLACE_MISFIT"));
        assert_eq!(refused(Role::CommunityOfficer, Role::UnitLeader, Level::Unit), None);
        assert_eq!(refused(Role::Owner, Role::UnitLeader, Level::Unit), Some("ROLE_ABOVE_OWN"));
    }
}
