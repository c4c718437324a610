//! Who is on duty at a post, and who of them gets the next thing.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::duty::{Flaw, next_in_turn as next};
use uuid::Uuid;

use super::{
    super::{
        model::{OnDuty, Rota, SetRota},
        store,
    },
    Desk,
};
use crate::{
    access::Viewer,
    app::App,
    database::{Conn, Tx},
    http::problem::{Problem, Result, VERSION_STALE},
    identity,
    incidents::model::Assignee,
};

type Row = ::entity::rota::Model;

/// People of one post who are looked for on its rota.
const PEOPLE: u64 = 100;

impl From<Flaw> for Problem {
    fn from(flaw: Flaw) -> Self {
        let pointer = match flaw {
            Flaw::OnNoDay { shift } => format!("/shifts/{shift}/on"),
            Flaw::OfNobody { shift } => format!("/shifts/{shift}/persons"),
            Flaw::EndsFirst { shift } => format!("/shifts/{shift}/last_day"),
            Flaw::StandsIn { substitution } => format!("/substitutions/{substitution}"),
        };
        Self::member(&pointer, "BOUND", flaw.to_string())
    }
}

/// Who is on duty when.
pub async fn read(app: &App, viewer: &Viewer, place: Uuid) -> Result<Rota> {
    let desk = Desk::find(app.db.read(), viewer, place).await?;
    show(&found(app.db.read(), desk.place.id, app.clock.now()).await?)
}

/// Says who is on duty when, over the version that whoever says it knows.
pub async fn set(viewer: &Viewer, tx: &Tx, place: Uuid, version: i64, request: &SetRota) -> Result<Rota> {
    let desk = Desk::managed(tx.conn(), viewer, place).await?;
    tx.lock(&lock(desk.place.id)).await?;
    let row = found(tx.conn(), desk.place.id, tx.now).await?;
    if row.version != version {
        let stale = VERSION_STALE.because(format!("it is at version {}", row.version));
        return Err(stale.with_current(show(&row)?));
    }
    let rota = request.rota();
    if let Some(flaw) = rota.flaw() {
        return Err(flaw.into());
    }
    let post = (desk.place.id, desk.role.code());
    let people = people(tx.conn(), post, tx.now).await?;
    if let Some(stranger) = rota.persons().difference(&people).next() {
        let words = format!("{stranger} does not fill the post");
        return Err(Problem::member("/shifts", "NOT_THERE", words));
    }
    let says = serde_json::to_string(request).map_err(Problem::internal)?;
    let row = Row { says, version: row.version + 1, changed_at: tx.now, ..row };
    store::save_rota(tx.conn(), row.clone()).await?;
    desk.tell(tx, viewer, "ROTA_SET", ("ROTA", row.place_id, row.version)).await?;
    show(&row)
}

/// Who is on duty now, for whoever may look at the desk.
pub async fn now(app: &App, viewer: &Viewer, place: Uuid) -> Result<OnDuty> {
    let desk = Desk::find(app.db.read(), viewer, place).await?;
    let post = (desk.place.id, desk.role.code());
    let duty = duty(app.db.read(), post, app.clock.now()).await?;
    let assignee = |person_id| Assignee { person_id, you: person_id == viewer.person };
    Ok(OnDuty { items: duty.persons.into_iter().map(assignee).collect(), by_rota: duty.by_rota })
}

/// Who is called for a post.
struct Duty {
    persons: BTreeSet<Uuid>,
    by_rota: bool,
}

/// Whoever is on duty by the rota and fills the post; everybody who fills it where that is nobody.
async fn duty(db: &impl Conn, post: (Uuid, &str), now: DateTime<Utc>) -> Result<Duty> {
    let people = people(db, post, now).await?;
    let rota = said(&found(db, post.0, now).await?)?.rota();
    let persons: BTreeSet<Uuid> = rota.on_duty(now).intersection(&people).copied().collect();
    let by_rota = !persons.is_empty();
    Ok(Duty { persons: if by_rota { persons } else { people }, by_rota })
}

/// The persons who are called for a post now; nobody only where nobody fills it.
pub(crate) async fn on_duty(
    db: &impl Conn,
    post: (Uuid, &str),
    now: DateTime<Utc>,
) -> Result<BTreeSet<Uuid>> {
    Ok(duty(db, post, now).await?.persons)
}

/// Who of those on duty at a post gets the next thing, each in turn.
pub(crate) async fn next_in_turn(tx: &Tx, post: (Uuid, &str)) -> Result<Option<Uuid>> {
    tx.lock(&lock(post.0)).await?;
    let row = found(tx.conn(), post.0, tx.now).await?;
    let next = next(&on_duty(tx.conn(), post, tx.now).await?, row.last_given_to);
    if next.is_some() {
        store::save_rota(tx.conn(), Row { last_given_to: next, ..row }).await?;
    }
    Ok(next)
}

fn lock(place: Uuid) -> String {
    format!("rota {place}")
}

async fn people(db: &impl Conn, (place, role): (Uuid, &str), now: DateTime<Utc>) -> Result<BTreeSet<Uuid>> {
    Ok(identity::holders(db, place, role, now, PEOPLE).await?.into_iter().collect())
}

/// The rota of a place; one that says nothing where nobody has set any.
async fn found(db: &impl Conn, place: Uuid, now: DateTime<Utc>) -> Result<Row> {
    if let Some(row) = store::rota(db, place).await? {
        return Ok(row);
    }
    let says = serde_json::to_string(&SetRota::default()).map_err(Problem::internal)?;
    Ok(Row { place_id: place, says, last_given_to: None, version: 1, changed_at: now })
}

fn said(row: &Row) -> Result<SetRota> {
    serde_json::from_str(&row.says).map_err(Problem::internal)
}

fn show(row: &Row) -> Result<Rota> {
    let SetRota { shifts, substitutions } = said(row)?;
    Ok(Rota { shifts, substitutions, version: row.version })
}
