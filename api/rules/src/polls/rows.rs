//! The rows of a list that is put up, each under a commitment of its own: so that everybody can have the same list, an owner
//! can show their own row, and a court all rows, without a hash that changes.
//!
//! A row's commitment is SHA-256 over the 32 bytes of its salt and `linli/list-row/1`, a line feed, and as canonical JSON
//! (`rules::canonical`) the poll, the list, the row's number from 1, and its cells in full. The list's root is SHA-256 over
//! `linli/list/1`, a line feed, and as canonical JSON the poll, the list, the headings, the hashes of what was frozen and of
//! the ballots, and all commitments in order. A row that is *open* stands with its salt and its cells in full; one that is
//! not stands with cells that hide something, and with its commitment.
//!
//! **Promises:** whoever opens which rows, the root is the same; a row that is not open tells no more than its cells show,
//! however few other cells it can have: its salt is secret.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::seals::hash_of;
use crate::canonical::{self, NotCanonical};

/// What stands in a cell that is hidden whole.
pub const HIDDEN: &str = "*";

/// Which list it is, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    #[serde(rename = "poll_id")]
    pub poll: String,
    pub list: String,
    pub frozen_hash: String,
    pub ballots_hash: String,
}

/// A row as somebody has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub cells: Vec<String>,
    /// In small hexadecimal letters.
    pub commitment: String,
    /// 32 bytes likewise; only of an open row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
}

/// All rows of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    pub headings: Vec<String>,
    pub rows: Vec<Row>,
    pub root: String,
}

/// A row with everything that there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    pub salt: [u8; 32],
    /// In full.
    pub cells: Vec<String>,
    /// Instead of them, where the row is not open.
    pub instead: Option<Vec<String>>,
}

/// What is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("row {row}: its cells and salt are not what its commitment says")]
    Row { row: usize },
    #[error("row {row}: it has {cells} cells below {headings} headings")]
    Cells { row: usize, cells: usize, headings: usize },
    #[error("the root is told as {told}, and is {computed}")]
    Root { told: String, computed: String },
    #[error("what is hashed has no canonical form: {0}")]
    NotCanonical(String),
}

impl Rows {
    /// Puts each row under its commitment, and all under the root. Rows that hide nothing are open.
    ///
    /// # Errors
    /// [`NotCanonical`], which text and whole numbers never are.
    pub fn seal(of: &Of, headings: &[&str], wholes: Vec<Whole>) -> Result<Self, NotCanonical> {
        let row = |(number, whole): (usize, Whole)| {
            let commitment = commitment(of, number, &whole.salt, &whole.cells)?;
            let instead = whole.instead.filter(|instead| *instead != whole.cells);
            let salt = instead.is_none().then(|| hex::encode(whole.salt));
            Ok(Row { cells: instead.unwrap_or(whole.cells), commitment, salt })
        };
        let rows: Vec<Row> = (1..).zip(wholes).map(row).collect::<Result<_, _>>()?;
        let headings: Vec<String> = headings.iter().map(|&heading| heading.to_owned()).collect();
        let root = root(of, &headings, &rows)?;
        Ok(Self { headings, rows, root })
    }

    /// How many rows are open.
    pub fn open(&self) -> usize {
        self.rows.iter().filter(|row| row.salt.is_some()).count()
    }

    /// Makes out every open row and the root anew, and says what differs.
    pub fn check(&self, of: &Of) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (number, row) in (1..).zip(&self.rows) {
            let (cells, headings) = (row.cells.len(), self.headings.len());
            if cells != headings {
                faults.push(Fault::Cells { row: number, cells, headings });
            }
            if row.salt.as_deref().is_some_and(|salt| !opens(of, number, salt, row)) {
                faults.push(Fault::Row { row: number });
            }
        }
        match root(of, &self.headings, &self.rows) {
            Ok(computed) if computed == self.root => {}
            Ok(computed) => faults.push(Fault::Root { told: self.root.clone(), computed }),
            Err(why) => faults.push(Fault::NotCanonical(why.to_string())),
        }
        faults
    }
}

fn opens(of: &Of, number: usize, salt: &str, row: &Row) -> bool {
    let mut bytes = [0; 32];
    hex::decode_to_slice(salt, &mut bytes).is_ok()
        && commitment(of, number, &bytes, &row.cells).as_ref() == Ok(&row.commitment)
}

fn commitment(of: &Of, number: usize, salt: &[u8; 32], cells: &[String]) -> Result<String, NotCanonical> {
    let content = json!({"poll": of.poll, "list": of.list, "row": number, "cells": cells});
    let content = canonical::bytes("linli/list-row/1", &content)?;
    Ok(hex::encode(Sha256::new().chain_update(salt).chain_update(content).finalize()))
}

fn root(of: &Of, headings: &[String], rows: &[Row]) -> Result<String, NotCanonical> {
    let commitments: Vec<&str> = rows.iter().map(|row| row.commitment.as_str()).collect();
    let content = json!({
        "poll": of.poll, "list": of.list, "frozen_hash": of.frozen_hash, "ballots_hash": of.ballots_hash,
        "headings": headings, "rows": commitments,
    });
    hash_of("linli/list/1", &content)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn of() -> Of {
        let hash = |letter: &str| letter.repeat(64);
        Of { poll: "p".into(), list: "participation".into(), frozen_hash: hash("a"), ballots_hash: hash("b") }
    }

    fn row(number: u8, is_open: bool) -> Whole {
        let cells = vec![format!("{number}01"), "是".to_owned()];
        let hidden = vec![HIDDEN.to_owned(); 2];
        Whole { salt: [number; 32], cells, instead: (!is_open).then_some(hidden) }
    }

    fn sealed(open: &[bool]) -> Rows {
        let rows = (1..).zip(open).map(|(number, open)| row(number, *open)).collect();
        Rows::seal(&of(), &["房号", "是否参与"], rows).unwrap()
    }

    proptest! {
        #[test]
        fn the_root_is_the_same_whichever_rows_are_open(open in prop::collection::vec(any::<bool>(), 0..20)) {
            let rows = sealed(&open);
            prop_assert_eq!(&rows.root, &sealed(&vec![true; open.len()]).root);
            prop_assert_eq!(rows.open(), open.iter().filter(|open| **open).count());
            prop_assert_eq!(rows.check(&of()), []);
            let written = serde_json::to_string(&rows).unwrap();
            for (number, open) in (1_u8..).zip(&open) {
                prop_assert_eq!(written.contains(&hex::encode([number; 32])), *open, "no salt of a hidden row");
            }
            prop_assert_eq!(serde_json::from_str::<Rows>(&written).unwrap(), rows);
        }
    }

    #[test]
    fn what_is_changed_is_found_in_an_open_row_and_what_is_moved_in_any() {
        let good = sealed(&[true, false, true]);
        let faults = |change: &dyn Fn(&mut Rows)| {
            let mut rows = good.clone();
            change(&mut rows);
            rows.check(&of())
        };
        assert_eq!(faults(&|rows| rows.rows[0].cells[1] = "否".into()), [Fault::Row { row: 1 }]);
        assert_eq!(faults(&|rows| rows.rows[2].salt = Some("00".into())), [Fault::Row { row: 3 }]);
        let computed = |faults: Vec<Fault>| matches!(faults.last(), Some(Fault::Root { told, computed }) if *told == good.root && told != computed);
        assert!(computed(faults(&|rows| rows.rows.swap(0, 1))));
        assert!(computed(faults(&|rows| drop(rows.rows.pop()))));
        assert!(computed(faults(&|rows| rows.headings[0] = "户号".into())));
        let short = faults(&|rows| drop(rows.rows[1].cells.pop()));
        assert_eq!(short, [Fault::Cells { row: 2, cells: 1, headings: 2 }]);
        let other = Of { ballots_hash: "c".repeat(64), ..of() };
        assert!(
            matches!(good.check(&other).as_slice(), [Fault::Root { .. }]),
            "of other ballots it is another list"
        );
    }

    #[test]
    fn rows_alike_have_commitments_of_their_own_and_what_hides_nothing_is_open() {
        let alike = |salt: u8| Whole { salt: [salt; 32], ..row(7, true) };
        let rows = Rows::seal(&of(), &["房号", "是否参与"], vec![alike(1), alike(2), alike(2)]).unwrap();
        let different: BTreeSet<&str> = rows.rows.iter().map(|row| row.commitment.as_str()).collect();
        assert_eq!(different.len(), 3, "by salt, and by place");
        let same = Whole { instead: Some(row(7, true).cells), ..row(7, true) };
        assert_eq!(Rows::seal(&of(), &["房号", "是否参与"], vec![same]).unwrap().open(), 1);
    }
}
