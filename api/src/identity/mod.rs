//! Identity 身份: who a person is at a home, and what they may be where.
//!
//! Promises: nobody becomes an owner but by the roll; a refused or waiting claim tells nothing about who the owner is;
//! a second claim on a home by another person is never confirmed by itself; face is never the only way. Never shows a
//! phone or ID number to anybody but, masked, to a verifier.

mod routes;
mod store;

pub use routes::routes;

use uuid::Uuid;

use crate::{
    access::{Grant, Role},
    app::App,
    http::problem::Result,
    places,
};

/// What a person may be where, now. One indexed query, and one for the places.
pub async fn grants_of(app: &App, person: Uuid) -> Result<Vec<Grant>> {
    let now = app.clock.now();
    let rows = store::grants(app.db.read(), person).await?;
    let places = places::lineages(app.db.read(), rows.iter().map(|row| row.place_id)).await?;
    let grant = |row: ::entity::role_grant::Model| {
        Some(Grant {
            id: row.id,
            role: Role::parse(&row.role)?,
            place: places.get(&row.place_id)?.clone(),
            owner_id: row.owner_id,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        })
    };
    Ok(rows.into_iter().filter_map(grant).filter(|grant| grant.holds_at(now)).collect())
}
