//! The caller's own: who they are, their phone, and the first screen.

use std::collections::{BTreeSet, HashSet};

use rules::identity::Phone;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    super::{
        PHONE_CODE_UNKNOWN, PHONE_FOREIGN, PHONE_NEEDS_WECHAT, PHONE_NOT_TOLD,
        model::{ClaimCounts, Home, IncidentsAtHome, Me, MyRole, OpenPoll, OwnHead},
        store,
    },
    labels,
};
use crate::{
    access::{Level, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::Tx,
    http::problem::{NOT_FOUND, Problem, Result},
    incidents,
    wechat::{Class, WeChatError},
};

pub(super) const PHONE: &str = "person.phone";
const OPENID: &str = "person.openid";

/// The caller, and what they may be where.
pub async fn me(app: &App, viewer: &Viewer) -> Result<Me> {
    let person = store::person(app.db.read(), viewer.person).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let names = labels(app.db.read(), viewer.grants.iter().map(|grant| &grant.place)).await?;
    let role = |grant: &crate::access::Grant| MyRole {
        id: grant.id,
        role: grant.role,
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

/// Polls that the first screen shows.
const POLLS: u64 = 20;
/// Heads that it shows of all of them together.
const HEADS: u64 = 100;

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
        polls: open_polls(app, viewer).await?,
        incidents: IncidentsAtHome { mine: own, to_work },
    })
}

/// What people vote on now where the viewer is somebody, and which of their own heads took part.
async fn open_polls(app: &App, viewer: &Viewer) -> Result<Vec<OpenPoll>> {
    let db = app.db.read();
    let may = |grant: &&crate::access::Grant| viewer.may(Permission::ReadPoll, &grant.place, None);
    let complexes = viewer.grants.iter().filter(may).filter_map(|grant| grant.place.at(Level::Complex));
    let complexes: BTreeSet<Uuid> = complexes.collect();
    if complexes.is_empty() {
        return Ok(Vec::new());
    }
    let polls = store::open_polls(db, &complexes.into_iter().collect::<Vec<_>>(), POLLS).await?;
    let owner = |grant: &crate::access::Grant| grant.owner_id.filter(|_| grant.role == Role::Owner);
    let owners: Vec<Uuid> = viewer.grants.iter().filter_map(owner).collect();
    let heads = if polls.is_empty() || owners.is_empty() {
        Vec::new()
    } else {
        store::heads_of(db, &polls, &owners, HEADS).await?
    };
    let cast = if heads.is_empty() { HashSet::new() } else { store::cast(db, &polls, &heads).await? };
    let show = |poll: ::entity::poll::Model| {
        let own = heads.iter().filter(|(of, _)| *of == poll.id);
        OpenPoll {
            id: poll.id,
            complex_id: poll.complex_id,
            title: poll.title,
            closes_at: local(poll.closes_at),
            heads: own.map(|one| OwnHead { id: one.1, ballot_is_in: cast.contains(one) }).collect(),
        }
    };
    Ok(polls.into_iter().map(show).collect())
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
