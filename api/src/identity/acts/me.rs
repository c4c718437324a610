//! The caller's own: who they are, their phone, and the first screen.

use rules::identity::Phone;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    super::{
        PHONE_CODE_UNKNOWN, PHONE_FOREIGN, PHONE_NEEDS_WECHAT, PHONE_NOT_TOLD,
        model::{ClaimCounts, Home, IncidentsAtHome, Me, MyRole},
        store,
    },
    labels,
};
use crate::{
    access::{Level, Permission, Viewer},
    app::App,
    clock::local,
    database::Tx,
    http::problem::{NOT_FOUND, Problem, Result},
    incidents, polls,
    wechat::{Class, WeChatError},
};

pub(super) const PHONE: &str = "person.phone";
pub(super) const OPENID: &str = "person.openid";

/// The caller, and what they may be where.
pub async fn me(app: &App, viewer: &Viewer) -> Result<Me> {
    let person = store::person(app.db.read(), viewer.person).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let names = labels(app.db.read(), viewer.grants.iter().map(|grant| &grant.place)).await?;
    let role = |grant: &crate::access::Grant| MyRole {
        id: grant.id,
        role: grant.role,
        ground: grant.ground,
        place_id: grant.place.id,
        place_name: names.get(&grant.place.id).cloned().unwrap_or_default(),
        level: grant.place.level,
        complex_id: grant.place.at(Level::Complex),
        until: grant.ends_at.map(local),
    };
    let phone = phone_of(app, &person)?;
    Ok(Me {
        person_id: viewer.person,
        phone: phone.as_deref().and_then(|phone| Phone::read(phone).ok()).map(|phone| phone.masked()),
        roles: viewer.grants.iter().map(role).collect(),
    })
}

/// A person's phone, in the clear.
pub(super) fn phone_of(app: &App, person: &::entity::person::Model) -> Result<Option<String>> {
    let open = |cipher: &Vec<u8>| app.vault.text(PHONE, cipher).map_err(Problem::internal);
    person.phone_cipher.as_ref().map(open).transpose()
}

/// Everything that the first screen shows: a handful of queries, however much there is of anything.
pub async fn home(app: &App, viewer: &Viewer) -> Result<Home> {
    let mine = store::waiting_of(app.db.read(), viewer.person).await?.iter().map(|_| 1).sum();
    let mut complexes = Vec::new();
    let mut communities = Vec::new();
    for grant in viewer.grants.iter().filter(|grant| viewer.may(Permission::DecideClaim, &grant.place, None))
    {
        match grant.place.level {
            Level::Community => communities.push(grant.place.id),
            _ => complexes.extend(grant.place.at(Level::Complex)),
        }
    }
    if !communities.is_empty() {
        complexes.extend(store::complexes_of(app.db.read(), communities).await?);
    }
    complexes.sort_unstable();
    complexes.dedup();
    let to_decide =
        if complexes.is_empty() { 0 } else { store::waiting_in(app.db.read(), complexes).await? };
    let (own, to_work) = incidents::ahead(app, viewer).await?;
    Ok(Home {
        server_time: local(app.clock.now()),
        me: me(app, viewer).await?,
        claims: ClaimCounts { mine_waiting: mine, to_decide },
        polls: polls::ahead(app, viewer).await?,
        incidents: IncidentsAtHome { mine: own, to_work },
    })
}

/// Exchanges the code of WeChat's phone button, once, and keeps the phone encrypted.
pub async fn save_phone(app: &App, viewer: &Viewer, code: &str) -> Result<Me> {
    let person = store::person(app.db.read(), viewer.person).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let (Some(wechat), Some(openid)) = (&app.wechat, &person.openid_cipher) else {
        return Err(PHONE_NEEDS_WECHAT.plain());
    };
    let openid = app.vault.text(OPENID, openid).map_err(Problem::internal)?;
    let told = wechat.phone_number(code, &openid).await.map_err(|error| refused(&error))?;
    let number = Phone::read(told.number.expose_secret()).ok().filter(|_| told.country_code == "86");
    let number = number.ok_or_else(|| PHONE_FOREIGN.plain())?;
    app.write(async |tx| set_phone(app, tx, viewer.person, &number).await).await?;
    me(app, viewer).await
}

/// By which WeChat knows a person; none of somebody who never signed in with it.
pub async fn openid_of(app: &App, person: Uuid) -> Result<Option<String>> {
    let person = store::person(app.db.read(), person).await?;
    let openid = person.and_then(|person| person.openid_cipher);
    openid.map(|openid| app.vault.text(OPENID, &openid)).transpose().map_err(Problem::internal)
}

/// Keeps a phone that was confirmed.
pub async fn set_phone(app: &App, tx: &Tx, person: Uuid, phone: &Phone) -> Result<()> {
    let row = store::person(tx.conn(), person).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let cipher = app.vault.seal(PHONE, phone.expose().as_bytes()).map_err(Problem::internal)?;
    let index = app.vault.index(PHONE, phone.expose());
    store::save_phone(tx.conn(), person, cipher, index, row.version + 1).await?;
    Ok(())
}

/// What WeChat's refusal of a phone code means for the person.
fn refused(error: &WeChatError) -> Problem {
    match error.class() {
        Class::AskNewCode | Class::Refused | Class::Uncertain => PHONE_CODE_UNKNOWN.plain(),
        Class::Retry | Class::Quota { .. } | Class::Config => {
            tracing::warn!(%error, "WeChat did not tell a phone");
            PHONE_NOT_TOLD.because("WeChat did not answer as it should").retry_after(3)
        }
    }
}
