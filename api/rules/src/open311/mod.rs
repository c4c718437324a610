//! What of the incidents strangers may read, and in whose words: the law of the open door that city services share
//! (Open311, `GeoReport` v2).
//!
//! **For:** a public list of troubles that no stranger can turn into a list of persons.
//!
//! **Promises:** only the categories of [`service`] are told, none that accuses or describes somebody; a building is
//! named only when at least [`exposure::ENOUGH`] households of the complex reported the same there in the same month;
//! what is told of an incident's course follows from its status alone; a point on the map is that of a complex or building
//! whose name is told, and a photo is shown only where it points at nothing finer.
//!
//! **Never:** repeats what anybody wrote, names a unit, a home or a person.
//!
//! | | |
//! |---|---|
//! | [`service`] | which categories are open, and what is asked about each |
//! | [`exposure`] | how closely a place is told, and whose photo is shown |
//! | [`nearby`] | which places a point on the map means |
//! | [`course`] | how far an incident has come, in the words of the convention |
//! | [`window`] | which span of time may be asked for |

pub mod course;
pub mod exposure;
pub mod nearby;
pub mod service;
pub mod window;

pub use course::{Extended, Openness};
pub use service::{Attribute, Datatype, Misfit, Service};
pub use window::{BULK, SPAN, Window};
