//! Whether every query had an index to go by.
//!
//! In the stories' databases PostgreSQL walks through a whole table only where it knows no other way, and it counts how
//! often it did. So a query that nobody thought of an index for is found with a handful of rows, long before it is slow.

use crate::servers::ask;

/// Read whole, on purpose: a few rows each, however large the city.
const SMALL: [&str; 2] = ["installation", "seaql_migrations"];

/// The tables of one database that were walked through, with how often; also what could not be asked. Nobody may be
/// connected to it any more: what a connection counted is told when it ends.
pub fn walked_through(url: &str) -> Vec<String> {
    let walked = "SELECT relname || ': ' || seq_scan FROM pg_stat_user_tables WHERE seq_scan > 0";
    let told = ask(url, walked).unwrap_or_else(|error| vec![error]);
    let is_small = |one: &String| SMALL.iter().any(|small| one.starts_with(&format!("{small}:")));
    told.into_iter().filter(|one| !is_small(one)).collect()
}
