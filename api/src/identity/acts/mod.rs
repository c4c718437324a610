//! What identity does, one file a concept: claims and their decisions, roles, where people can be reached, and the
//! caller's own.

mod claims;
mod contacts;
mod me;
mod roles;

pub use claims::{check_code, claim, confirm, issue_code, list, read, refuse, withdraw};
pub use contacts::{
    Contact, acts_for, contact, has_been, holders, holds, must_exist, person_of_openid, persons_of_owners,
    stood_for,
};
pub use me::{home, me, openid_of, save_phone, set_phone};
pub use roles::{
    Standing, appoint, appoint_officer, end_ownerships, grant, let_go, let_stand, list_at, read_grant,
    revoke, seat, seat_anew, unseat, who_sits_as,
};

use std::collections::HashMap;

use uuid::Uuid;

use super::store;
use crate::{
    access::{Level, Lineage},
    database::Conn,
    http::problem::Result,
};

/// What places are called, from the building down; above that by their own name.
async fn labels<'a>(
    db: &impl Conn,
    places: impl Iterator<Item = &'a Lineage>,
) -> Result<HashMap<Uuid, String>> {
    let places: Vec<&Lineage> = places.collect();
    let steps = |place: &Lineage| {
        let parts =
            [Level::Building, Level::Unit, Level::Home].into_iter().filter_map(|level| place.at(level));
        let parts: Vec<Uuid> = parts.collect();
        if parts.is_empty() { vec![place.id] } else { parts }
    };
    let names = store::names(db, places.iter().flat_map(|place| steps(place))).await?;
    let label = |place: &&Lineage| {
        let parts: Vec<&str> =
            steps(place).iter().filter_map(|id| names.get(id).map(String::as_str)).collect();
        (place.id, parts.join(" "))
    };
    Ok(places.iter().map(label).collect())
}
