//! What everybody sees of a count: no more than the leak check lets be told.

use rules::polls::leaks::{self, Leaks};

use super::{
    super::model::{Coarsened, ElectionResult, Grain, MatterResult, Test, Verdict, Weight},
    count::Counted,
};

/// Takes out of a count what gives away how somebody voted, or who did not; answers in which steps turnout is told, where
/// that is not all.
pub(super) fn coarsen(counted: &mut Counted<Verdict>, leaks: &Leaks) -> Option<Grain> {
    let turnout = leaks.turnout.grain;
    let totals = &mut counted.totals;
    for pair in [&mut totals.returned, &mut totals.invalid, &mut totals.silent, &mut totals.unserved] {
        *pair = turnout.show(*pair);
    }
    if let Some(election) = &mut counted.verdict.election {
        coarsen_election(election, leaks);
    }
    for matter in &mut counted.verdict.matters {
        coarsen_matter(matter, leaks);
    }
    Grain::of(turnout)
}

fn coarsen_election(election: &mut ElectionResult, leaks: &Leaks) {
    let turnout = leaks.turnout.grain;
    show(turnout, [&mut election.participating, &mut election.invalid]);
    election.coarsened = without_numbers(turnout, &mut election.quorum);
    for one in &mut election.candidates {
        let grain = leaks.candidate(&one.candidate.to_string());
        show(grain, [&mut one.votes]);
        one.coarsened = without_numbers(grain, &mut one.tests);
    }
    // How firm it is tells by how much.
    if election.candidates.iter().any(|one| one.coarsened.is_some()) {
        election.flip = None;
    }
}

fn coarsen_matter(matter: &mut MatterResult, leaks: &Leaks) {
    let (grain, votes) = (leaks.text(&matter.matter.to_string()), &mut matter.votes);
    show(grain, [&mut votes.yes, &mut votes.no, &mut votes.abstain]);
    show(leaks.turnout.grain, [&mut votes.silent, &mut votes.invalid]);
    matter.coarsened = without_numbers(grain, &mut matter.tests);
    if matter.coarsened.is_some() {
        (matter.participating, matter.yes, matter.flip) = (None, None, None);
    }
}

fn show<const N: usize>(grain: leaks::Grain, pairs: [&mut Weight; N]) {
    for pair in pairs {
        *pair = grain.show((*pair).into()).into();
    }
}

/// What is told instead of the numbers of these tests; nothing, and the tests as they are, where all is told.
fn without_numbers(grain: leaks::Grain, tests: &mut Vec<Test>) -> Option<Coarsened> {
    Grain::of(grain).map(|grain| Coarsened::of(grain, tests))
}
