//! Keys: issuing and revoking them, and who stands behind one.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        API_KEY_PLACE_MISFIT, API_KEY_REFUSED, API_KEYS_TOO_MANY,
        arguments::Arguments,
        model::{ApiKey, IssuedApiKey, NewApiKey},
        store,
    },
    Jurisdiction, code_of,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    gate::{Bucket, Caller, Rate},
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result, TOO_MANY_REQUESTS, UNAVAILABLE, VERSION_STALE},
    },
    places, record, sessions,
};

type Row = ::entity::api_key::Model;

/// Keys that may stand at a time in one complex.
const STANDING: u64 = 20;

/// The column that a key's name is sealed for.
const NAME: &str = "api_key.name";

/// What a key is found by.
const INDEX: &str = "api_key.key";

/// Who reports by a key.
#[derive(Debug)]
pub struct Integration {
    /// The account that reports; it has no role, and nobody can sign in as it.
    pub account: Viewer,
}

/// A place where the viewer may issue keys. Only a complex has any.
async fn office(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<Lineage> {
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::IssueApiKey, &place, None)?;
    Ok(place)
}

/// The complex in which the viewer may issue keys.
async fn complex(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<Lineage> {
    let place = office(db, viewer, place).await?;
    if place.level == Level::Complex { Ok(place) } else { Err(API_KEY_PLACE_MISFIT.plain()) }
}

/// Issues a key to another system, with an account that reports in its name.
pub async fn issue(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    new: &NewApiKey,
) -> Result<IssuedApiKey> {
    let complex = complex(tx.conn(), viewer, place).await?;
    tx.lock(&format!("api keys {}", complex.id)).await?;
    if store::count_keys(tx.conn(), complex.id).await? >= STANDING {
        return Err(API_KEYS_TOO_MANY.plain());
    }
    let key = format!("lk_{}", hex::encode(tx.ids.secret()));
    let row = Row {
        complex_id: complex.id,
        id: tx.id(),
        name_cipher: app.vault.seal(NAME, new.name.trim().as_bytes()).map_err(Problem::internal)?,
        key_index: app.vault.index(INDEX, &key),
        person_id: sessions::new_person(tx).await?,
        issued_by: viewer.person,
        created_at: tx.now,
        revoked_at: None,
        version: 1,
    };
    store::insert_key(tx.conn(), row.clone()).await?;
    tell(tx, viewer, &complex, "API_KEY_ISSUED", &row).await?;
    let ApiKey { id, place_id, name, jurisdiction_id, created_at } = show(app, &row)?;
    Ok(IssuedApiKey { id, place_id, name, jurisdiction_id, created_at, key })
}

/// The keys that stand in a complex.
pub async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<ApiKey>> {
    let complex = complex(app.db.read(), viewer, place).await?;
    let cursors = Cursors::new(&app.vault, format!("api keys {place}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = store::keys(app.db.read(), complex.id, after, page.limit() + 1).await?;
    let shown: Vec<ApiKey> = rows.iter().map(|row| show(app, row)).collect::<Result<_>>()?;
    Ok(cursors.page(shown, page, |key| key.id.to_string(), |key| key))
}

/// A key that stands, with its version.
pub async fn read(app: &App, viewer: &Viewer, place: Uuid, id: Uuid) -> Result<(ApiKey, i64)> {
    let place = office(app.db.read(), viewer, place).await?;
    let row = store::key(app.db.read(), place.id, id).await?.filter(|row| row.revoked_at.is_none());
    let row = row.ok_or_else(|| NOT_FOUND.plain())?;
    Ok((show(app, &row)?, row.version))
}

/// Revokes a key, from the next call on. Revoking it again changes nothing.
pub async fn revoke(app: &App, viewer: &Viewer, place: Uuid, id: Uuid, version: i64) -> Result<()> {
    app.write(async |tx| {
        let place = office(tx.conn(), viewer, place).await?;
        let row = store::key(tx.conn(), place.id, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
        if row.revoked_at.is_some() {
            return Ok(());
        }
        if row.version != version {
            return Err(VERSION_STALE.plain().with_current(show(app, &row)?));
        }
        if store::revoke_key(tx.conn(), &row, tx.now).await? {
            let row = Row { version: row.version + 1, ..row };
            tell(tx, viewer, &place, "API_KEY_REVOKED", &row).await?;
        }
        Ok(())
    })
    .await
}

/// All members may know that somebody else reports here; what it is called stays with whoever issues keys.
async fn tell(tx: &Tx, viewer: &Viewer, complex: &Lineage, kind: &'static str, row: &Row) -> Result<()> {
    let role = viewer.acting_as(Permission::IssueApiKey, complex).ok_or_else(|| NOT_FOUND.plain())?;
    record::write(
        tx,
        record::Event {
            kind,
            complex: complex.id,
            place: complex.id,
            subject_type: "API_KEY",
            subject: row.id,
            version: row.version,
            role: role.as_str().into(),
            audience: record::Audience::Members,
            person: None,
            facts: json!({}),
            commitment: None,
        },
    )
    .await
}

fn show(app: &App, row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.id,
        place_id: row.complex_id,
        name: app.vault.text(NAME, &row.name_cipher).map_err(Problem::internal)?,
        jurisdiction_id: code_of(row.complex_id),
        created_at: local(row.created_at),
    })
}

/// Who stands behind the key that was sent, if it is one of this jurisdiction, and has calls left.
///
/// # Errors
/// [`API_KEY_REFUSED`], [`TOO_MANY_REQUESTS`].
pub async fn integration(app: &App, at: &Jurisdiction, asked: &Arguments) -> Result<Integration> {
    let key = asked.get("api_key").ok_or_else(|| API_KEY_REFUSED.because("api_key is missing"))?;
    let index = app.vault.index(INDEX, key);
    let row = store::key_by_index(app.db.read(), at.id(), &index).await?;
    let row = row.ok_or_else(|| API_KEY_REFUSED.because("this api_key does not stand here"))?;
    within_the_limit(app, &row).await?;
    Ok(Integration { account: Viewer { person: row.person_id, grants: Vec::new() } })
}

/// A key may be used as often as a person may call.
async fn within_the_limit(app: &App, row: &Row) -> Result<()> {
    let caller = Caller::Guest { origin: format!("api key {}", row.id) };
    let rate = Rate { burst: app.config.limit_member, per: Duration::from_mins(1) };
    let bucket = Bucket { key: "open311".into(), rate, cost: 1 };
    let down = |down| {
        tracing::warn!(%down, "the session store is down");
        UNAVAILABLE.because("the limits cannot be read").retry_after(2)
    };
    let admission = app.gate.admit(&caller, &[bucket], app.clock.now()).await.map_err(down)?;
    match admission.refusal() {
        Some(verdict) => Err(TOO_MANY_REQUESTS
            .because("the limit of this api_key is used up")
            .retry_after(verdict.retry_after.as_secs() + 1)),
        None => Ok(()),
    }
}
