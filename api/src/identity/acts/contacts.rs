//! Where people can be reached, and who stands at a post: for whoever tells them something.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::roll::representation::Ground;
use uuid::Uuid;

use super::{
    super::{PERSON_UNKNOWN, store},
    me::{OPENID, phone_of},
};
use crate::{
    access::{Role, Viewer},
    app::App,
    database::Conn,
    http::problem::{Problem, Result},
};

/// Where a person can be reached, in the clear: for sending, never for showing.
pub struct Contact {
    pub openid: Option<String>,
    pub phone: Option<String>,
}

/// Where a person can be reached; nowhere, if there is no such person.
pub async fn contact(app: &App, db: &impl Conn, person: Uuid) -> Result<Contact> {
    let Some(person) = store::person(db, person).await? else {
        return Ok(Contact { openid: None, phone: None });
    };
    let open = |cipher: &Vec<u8>| app.vault.text(OPENID, cipher).map_err(Problem::internal);
    Ok(Contact {
        openid: person.openid_cipher.as_ref().map(open).transpose()?,
        phone: phone_of(app, &person)?,
    })
}

/// Whom WeChat means.
pub async fn person_of_openid(app: &App, db: &impl Conn, openid: &str) -> Result<Option<Uuid>> {
    Ok(store::person_of_openid(db, &app.vault.index(OPENID, openid)).await?)
}

/// Who has a role at a place now, `limit` at most.
pub async fn holders(
    db: &impl Conn,
    place: Uuid,
    role: &str,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Uuid>> {
    Ok(store::holders(db, place, role, now, limit).await?)
}

/// Whether a person has a role at a place now.
pub async fn holds(
    db: &impl Conn,
    person: Uuid,
    place: Uuid,
    role: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    Ok(store::holds(db, person, place, role, now).await?)
}

/// Who is confirmed as one of these owners of a complex now, or acts for one, each with for whom. Whoever has a guardian
/// does not act, and the guardian does.
pub async fn persons_of_owners(
    db: &impl Conn,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<(Uuid, Uuid)>> {
    let grants = store::grants_of_owners(db, complex, owners).await?;
    let stands = |grant: &::entity::role_grant::Model| {
        grant.role == Role::Owner.as_str()
            && grant.starts_at <= now
            && grant.ends_at.is_none_or(|end| now < end)
    };
    let grants: Vec<_> = grants.into_iter().filter(stands).collect();
    let is_guarded = |owner| {
        let guards =
            |grant: &&::entity::role_grant::Model| grant.ground.as_deref() == Some(Ground::Guardian.code());
        grants.iter().filter(guards).any(|grant| grant.owner_id == owner)
    };
    let acts = grants.iter().filter(|grant| grant.ground.is_some() || !is_guarded(grant.owner_id));
    Ok(acts.filter_map(|grant| Some((grant.person_id, grant.owner_id?))).collect())
}

/// For which owners of a complex the viewer acts now: themselves, unless they have a guardian, and those for whom they
/// stand.
pub async fn acts_for(
    db: &impl Conn,
    viewer: &Viewer,
    complex: Uuid,
    now: DateTime<Utc>,
) -> Result<BTreeSet<Uuid>> {
    let mine = viewer.owners_in(complex);
    if mine.is_empty() {
        return Ok(BTreeSet::new());
    }
    let acting = persons_of_owners(db, complex, mine, now).await?;
    Ok(acting.into_iter().filter(|(person, _)| *person == viewer.person).map(|(_, owner)| owner).collect())
}

/// Whether somebody acts or ever acted for one of these owners of a complex without being them.
pub async fn stood_for(
    db: &impl Conn,
    person: Uuid,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
) -> Result<bool> {
    Ok(store::stood_for(db, person, complex, owners).await?)
}

/// Whether somebody is, or was, one of these owners.
pub async fn has_been(
    db: &impl Conn,
    person: Uuid,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
) -> Result<bool> {
    Ok(store::has_been(db, person, complex, owners).await?)
}

/// Goes on only if there is such a person.
pub async fn must_exist(db: &impl Conn, person: Uuid) -> Result<()> {
    store::person(db, person).await?.map(drop).ok_or_else(|| PERSON_UNKNOWN.plain())
}
