//! Places 空间: the tree district › street › community › complex › building › unit › home.
//!
//! Promises: every place knows its whole lineage, so that no question about "who is above" needs more than one row.
//! Where a complex or a building is on the map is known once an office or the property company has said so.
//! Never holds who lives or owns there; that is the roll's and identity's. Never puts a unit or a home on the map.
//!
//! Routes: `GET /v1/places`, `GET /v1/places/{place_id}`, `GET /v1/places/{place_id}/children`, `PUT
//! /v1/places/{place_id}/position`.

mod acts;
pub mod model;
mod routes;
mod store;

/// Stands for the complex of a place above one.
pub const ABOVE: uuid::Uuid = uuid::Uuid::nil();

pub use acts::{
    NewPart, NewPlace, address, among, complexes_in, ensure, kept, larger_parts, lineage, lineages, locate,
    make_parts, named, named_in, names, only_complex, positions, remove_parts, sort_key,
};
pub use model::{Located, Place, Point};
pub use routes::routes;
