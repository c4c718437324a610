//! SeaORM entities: one file a table, no logic.
//!
//! Columns ending in `_cipher` are encrypted, those ending in `_index` are keyed hashes for look-up by equality
//! (see `pii` in the service). Rows of a complex carry its id first in their key.

pub mod ballot;
pub mod campaign_page;
pub mod candidate;
pub mod claim;
pub mod clock_entry;
pub mod door_code;
pub mod event;
pub mod home;
pub mod idempotency_key;
pub mod incident;
pub mod incident_photo;
pub mod incident_step;
pub mod installation;
pub mod log_head;
pub mod matter;
pub mod operation;
pub mod owner;
pub mod ownership;
pub mod person;
pub mod place;
pub mod poll;
pub mod poll_head;
pub mod poll_home;
pub mod poll_owner;
pub mod role_grant;
pub mod roll_summary;
pub mod tenure;
pub mod upload;
