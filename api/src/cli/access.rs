//! The access table as text.

use std::fmt::Write as _;

use crate::access::{OPERATIONS, TABLE, Who};

/// One row a permission: the operations that ask for it, and to whom it is granted up to which relation.
pub fn table() -> String {
    let mut text = String::from("| permission | operations | granted to |\n|---|---|---|\n");
    let mut seen = Vec::new();
    for (permission, _) in TABLE {
        if seen.contains(permission) {
            continue;
        }
        seen.push(*permission);
        let operations: Vec<_> = OPERATIONS
            .iter()
            .filter(|(_, asked)| asked == permission)
            .map(|(id, _)| format!("`{id}`"))
            .collect();
        let granted: Vec<_> = crate::access::rows(*permission).map(words).collect();
        let written =
            writeln!(text, "| {permission:?} | {} | {} |", operations.join(" "), granted.join(", "));
        debug_assert!(written.is_ok(), "writing to a string");
    }
    text
}

fn words(who: Who) -> String {
    match who {
        Who::Role(role, reach) => format!("{} ({reach})", role.as_str()),
        Who::Concerned => "the person concerned".into(),
        Who::SignedIn => "anybody signed in".into(),
        Who::Public => "anybody".into(),
    }
}
