//! The years that were taken in while the programme ran, or before. Nothing in a file can show that the State Council fixed
//! them so: each names the notice it is from, and its hash, and that is public.

use super::{Findings, fault::Fault, format::Archive};

pub(super) fn check(archive: &Archive, found: &mut Findings) {
    for edition in &archive.calendar {
        let number = edition.year.year;
        let computed = edition.year.hash().unwrap_or_default();
        let told = edition.hash.clone();
        found.must(told == computed, || Fault::YearChanged { year: number, told, computed });
        for wrong in edition.year.findings() {
            found.fault(Fault::YearUnfit { year: number, pointer: wrong.pointer, words: wrong.words });
        }
        found.unchecked(format!(
            "whether the days of {number} are those that were fixed: by {}, hash {}, for periods from {} on",
            edition.year.source, edition.hash, edition.known_from
        ));
    }
    for (before, after) in archive.calendar.iter().zip(archive.calendar.iter().skip(1)) {
        let in_order = before.known_from <= after.known_from;
        found.must(in_order, || Fault::YearMoved { year: after.year.year, known_from: after.known_from });
    }
}
