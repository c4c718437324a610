//! What failed for good: seen, and sent again once its cause is mended.

use rules::notices::{State, Way};
use serde_json::json;
use uuid::Uuid;

use super::super::{
    NOTICE_NOT_DEAD,
    model::{DeadNotice, Redelivery},
    store,
};
use crate::{
    access::{Level, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Result},
    },
    places, record,
};

/// A complex that the viewer may mend notices of.
async fn mendable(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<Uuid> {
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::MendNotices, &place, None)?;
    let complex = place.at(Level::Complex).filter(|complex| *complex == place.id);
    complex.ok_or_else(|| NOT_FOUND.because("notices are kept by complex"))
}

/// A complex's dead notices, the oldest first.
pub async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<DeadNotice>> {
    let complex = mendable(app.db.read(), viewer, place).await?;
    let cursors = Cursors::new(&app.vault, format!("dead notices {complex}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = store::dead(app.db.read(), complex, after, page.limit() + 1).await?;
    Ok(cursors.page(rows, page, |(row, _)| row.notice_id.to_string(), |(row, notice)| show(&row, &notice)))
}

fn show(row: &::entity::delivery::Model, notice: &::entity::notice::Model) -> DeadNotice {
    DeadNotice {
        notice_id: row.notice_id,
        kind: notice.kind.clone(),
        way: Way::from_code(&row.way).unwrap_or(Way::WeChat).into(),
        place_id: notice.place_id,
        trouble: row.trouble.clone(),
        attempts: row.attempts,
        at: local(notice.at),
    }
}

/// Sends a dead notice again, by every way that it died on.
pub async fn redeliver(viewer: &Viewer, tx: &Tx, place: Uuid, notice: Uuid) -> Result<Redelivery> {
    let complex = mendable(tx.conn(), viewer, place).await?;
    let place = places::lineage(tx.conn(), complex).await?;
    let role = viewer.acting_as(Permission::MendNotices, &place);
    send_again(tx, complex, notice, role.map_or("OPERATOR", crate::access::Role::as_str)).await
}

/// As [`redeliver`], for whoever has the database.
pub async fn send_again(tx: &Tx, complex: Uuid, notice: Uuid, role: &str) -> Result<Redelivery> {
    let rows = store::hold_dead(tx.conn(), complex, notice).await?;
    if rows.is_empty() {
        let known = store::notice(tx.conn(), complex, notice).await?;
        return Err(if known.is_some() { NOTICE_NOT_DEAD.plain() } else { NOT_FOUND.plain() });
    }
    let ways = rows.len();
    for mut row in rows {
        row.state = State::Waiting.code().into();
        row.attempts = 0;
        row.run_at = tx.now;
        row.settled_at = None;
        store::save(tx.conn(), row).await?;
    }
    record::write(
        tx,
        record::Event {
            kind: "NOTICE_REDELIVERED",
            complex,
            place: complex,
            subject_type: "NOTICE",
            subject: notice,
            version: 0,
            role: role.into(),
            audience: record::Audience::Handlers,
            person: None,
            facts: json!({ "ways": ways }),
            commitment: None,
        },
    )
    .await?;
    Ok(Redelivery { notice_id: notice, ways })
}

/// Every dead notice there is, with its complex; for whoever has the database.
pub async fn everywhere(db: &impl Conn, limit: u64) -> Result<Vec<(Uuid, DeadNotice)>> {
    let mut all = Vec::new();
    for complex in store::with_dead(db).await? {
        let rows = store::dead(db, complex, None, limit).await?;
        all.extend(rows.iter().map(|(row, notice)| (complex, show(row, notice))));
    }
    Ok(all)
}
