//! What was seen of the contract: every operation with every documented status.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Mutex, PoisonError},
};

use crate::{contract::Contract, story::Setting};

static SEEN: Mutex<BTreeMap<(String, u16), BTreeSet<String>>> = Mutex::new(BTreeMap::new());
static ONCE: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Documented, and out of reach from outside; each with the reason why.
const OUT_OF_REACH: [(&str, u16, &str); 7] = [
    ("livez", 500, "it does nothing that could break; documented because clients must bear it everywhere"),
    ("readyz", 500, "it asks the database alone, whose loss is a 503"),
    ("read_problem", 500, "it reads a table that is part of the program"),
    ("list_rule_packs", 500, "it reads a table that is part of the program"),
    ("list_programme_templates", 500, "it reads templates that are part of the program"),
    ("list_categories", 500, "it reads a table that is part of the program"),
    ("read_document", 500, "it reads a text that is part of the program"),
];

/// An answer was seen.
pub fn saw(operation: &str, status: u16, setting: Setting) {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.entry((operation.to_owned(), status)).or_default().insert(setting.to_string());
}

/// Whether this is the first time that `what` is asked of an operation in a world.
pub fn first(what: &str, operation: &str, setting: Setting) -> bool {
    let mut once = ONCE.lock().unwrap_or_else(PoisonError::into_inner);
    once.get_or_insert_default().insert(format!("{what} {operation} {setting}"))
}

/// Prints the table of every operation and documented status; tells what was never seen.
pub fn unseen() -> Vec<String> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut unseen = Vec::new();
    println!("\nwhat was seen of the contract (- marks what never was):");
    for operation in Contract::known().map(Contract::operations).unwrap_or_default() {
        let statuses: Vec<_> = operation.statuses().collect();
        let tell = |status: &u16| {
            let known = seen.contains_key(&(operation.id.clone(), *status));
            format!("{status}{}", if known { "" } else { "-" })
        };
        println!("  {:<28} {}", operation.id, statuses.iter().map(tell).collect::<Vec<_>>().join(" "));
        unseen.extend(statuses.iter().filter_map(|status| {
            let excused = OUT_OF_REACH.iter().any(|(id, code, _)| *id == operation.id && code == status);
            let known = seen.contains_key(&(operation.id.clone(), *status));
            (!known && !excused)
                .then(|| format!("{} ({} {}) {status}", operation.id, operation.method, operation.path))
        }));
    }
    unseen
}
