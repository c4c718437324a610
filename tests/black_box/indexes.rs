//! Whether every query had an index to go by.
//!
//! In the stories' databases PostgreSQL walks through a whole table only where it knows no other way, and it counts how
//! often it did. So a query that nobody thought of an index for is found with a handful of rows, long before it is slow.

use crate::servers::{Suite, ask};

/// Read whole, on purpose: a few rows each, however large the city.
const SMALL: [&str; 2] = ["installation", "seaql_migrations"];

/// The tables that were walked through, with how often, over all stories on PostgreSQL; also what could not be asked.
pub fn walked_through(suite: &Suite) -> Vec<String> {
    let url = suite.postgres_url("postgres");
    let databases = match ask(&url, "SELECT datname FROM pg_database WHERE datname LIKE 'story\\_%'") {
        Ok(databases) => databases,
        Err(error) => return vec![error],
    };
    let mut found = Vec::new();
    for database in databases {
        let walked = "SELECT relname || ': ' || seq_scan FROM pg_stat_user_tables WHERE seq_scan > 0";
        let told = ask(&suite.postgres_url(&database), walked).unwrap_or_else(|error| vec![error]);
        let large =
            told.into_iter().filter(|one| !SMALL.iter().any(|small| one.starts_with(&format!("{small}:"))));
        found.extend(large.map(|one| format!("{database}: {one}")));
    }
    found
}
