//! What an import would change.

use std::collections::HashMap;

use super::{RollRow, check::HomeKey};

/// A home that both rolls have, differently.
#[derive(Debug, PartialEq, Eq)]
pub struct Change<'a> {
    pub before: &'a RollRow,
    pub after: &'a RollRow,
}

/// The homes that are new, gone or different; each in the order of its roll.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference<'a> {
    pub added: Vec<&'a RollRow>,
    pub removed: Vec<&'a RollRow>,
    pub changed: Vec<Change<'a>>,
    /// Homes in which nothing differs.
    pub unchanged: usize,
}

/// Compares two rolls home by home. Co-owners may stand in another order, and a place may be spelled another way
/// (1号楼, 1幢), without being a difference.
pub fn diff<'a>(existing: &'a [RollRow], new: &'a [RollRow]) -> Difference<'a> {
    let mut before: HashMap<HomeKey, &RollRow> = existing.iter().map(|row| (HomeKey::of(row), row)).collect();
    let mut difference = Difference::default();
    for after in new {
        match before.remove(&HomeKey::of(after)) {
            None => difference.added.push(after),
            Some(before) if before.says_the_same(after) => difference.unchanged += 1,
            Some(before) => difference.changed.push(Change { before, after }),
        }
    }
    let gone = existing.iter().filter(|row| before.contains_key(&HomeKey::of(row)));
    difference.removed.extend(gone);
    difference
}
