use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::packs::Voice;

fn names(prefix: &str, number: u32) -> Vec<String> {
    (1..=number).map(|one| format!("{prefix}{one}")).collect()
}

/// A full committee of `seats` whose alternates stand in groups of these sizes, with `places` for them.
fn full(seats: u32, groups: &[u32], places: u32) -> Committee {
    let group = |(at, size): (usize, &u32)| names(&format!("g{at}-"), *size);
    let groups: Vec<_> = groups.iter().enumerate().map(group).collect();
    let mut committee =
        Committee { seats, members: Vec::new(), alternates: Vec::new(), ranks: BTreeMap::new(), waiting: 0 };
    committee.join(&names("m", seats), Rank::all(&groups, places));
    committee
}

fn left(member: &str) -> Change {
    Change::Left(member.to_owned())
}

/// Who has stepped up once so many left: whole groups in order, while there are seats for them and places of alternates.
fn expected(groups: &[u32], places: u32, gone: u32) -> Vec<String> {
    let (mut sum, mut stepped_up) = (0, Vec::new());
    for (at, size) in groups.iter().enumerate() {
        sum += size;
        if sum > gone.min(places) {
            break;
        }
        stepped_up.extend(names(&format!("g{at}-"), *size));
    }
    stepped_up
}

#[test]
fn alternates_step_up_in_rank_order_and_of_equals_nobody_alone() {
    let sizes =
        [vec![], vec![1], vec![2], vec![1, 1], vec![1, 2], vec![2, 1], vec![3], vec![1, 1, 1], vec![2, 2]];
    for seats in 3..=7 {
        for (groups, places) in sizes.iter().flat_map(|groups| (0..=4).map(move |places| (groups, places))) {
            let mut committee = full(seats, groups, places);
            let mut all_stepped_up = Vec::new();
            // Whoever sat longest leaves, alternates after the members, until nobody is left.
            for gone in 1..=seats + 4 {
                let Some(member) = committee.members.first().cloned() else {
                    assert_eq!(committee.after(&left("m1")), Err(Refusal::NoMember));
                    break;
                };
                let (after, stepped_up) = committee.after(&left(&member)).unwrap();
                committee = after;
                all_stepped_up.extend(stepped_up);
                let told = format!("{seats} seats, {groups:?} for {places}, {gone} gone");
                assert_eq!(all_stepped_up, expected(groups, places, gone), "{told}");
                let now = (seats + count(&all_stepped_up)).saturating_sub(gone);
                assert_eq!(count(&committee.members), now, "{told}");
                assert_eq!(committee.vacant(), seats - now, "{told}");
                assert_eq!(committee.clone().after(&left(&member)), Err(Refusal::NoMember), "{told}");
                let next = committee.alternates.first().map(|rank| rank.candidates.as_slice());
                let waits = if committee.vacant() > 0 { next.unwrap_or_default() } else { &[] };
                assert_eq!(committee.unsettled(), waits, "{told}: who is left is equal");
            }
        }
    }
}

#[test]
fn everybody_keeps_the_place_of_the_vote_and_equals_share_one() {
    let committee = full(5, &[1, 2], 2);
    let ranks = |ids: [&str; 5]| ids.map(|id| committee.rank_of(id));
    assert_eq!(ranks(["m1", "m5", "g0-1", "g1-1", "g1-2"]), [1, 5, 6, 7, 7].map(Some));
    assert_eq!(committee.rank_of("nobody"), None);
    let last = committee.alternates.last().unwrap();
    assert_eq!((last.candidates.len(), last.places), (2, 1), "one place of an alternate is theirs together");
}

#[test]
fn a_by_election_fills_what_is_open_and_settles_who_was_equal() {
    let gone = ["m1", "m2"].map(left);
    // One of the equals for the one place steps up by no order; the by-election takes one of them.
    let committee = full(5, &[2], 1).through(&gone).unwrap();
    assert_eq!((committee.vacant(), committee.unsettled()), (2, &names("g0-", 2)[..]));
    let filled = Change::Filled {
        members: vec!["g0-2".into()],
        alternates: vec![Rank { candidates: vec!["n1".into()], places: 1 }],
    };
    let (committee, stepped_up) = committee.after(&filled).unwrap();
    assert_eq!(stepped_up, ["g0-1".to_owned()], "who was equal has the place alone now");
    assert_eq!((committee.vacant(), committee.rank_of("n1")), (0, Some(8)));
    let (committee, stepped_up) = committee.after(&left("m3")).unwrap();
    assert_eq!((stepped_up, committee.vacant()), (vec!["n1".to_owned()], 0));
    // Votes held beside each other never seat more than there are seats.
    let beyond = Change::Filled { members: names("x", 3), alternates: Vec::new() };
    let (committee, _) = committee.after(&left("m4")).unwrap().0.after(&beyond).unwrap();
    assert_eq!((committee.vacant(), committee.members.last().unwrap().as_str()), (0, "x1"));
}

#[test]
fn nobody_steps_up_for_a_seat_that_nobody_won() {
    let mut committee = full(5, &[], 0);
    (committee.seats, committee.alternates) = (7, Rank::all(&[vec!["a".into()]], 1));
    let (committee, stepped_up) = committee.after(&left("m1")).unwrap();
    assert_eq!((stepped_up, committee.vacant()), (vec!["a".to_owned()], 2));
}

#[test]
fn the_guidance_rules_elect_anew_below_half_and_hangzhou_at_half_too() {
    let nation = Reelection::of(&[]);
    assert_eq!(nation.0, Reelection { share: Ratio::HALF, at_share: false, minimum: 0 });
    assert!(nation.1[..3].iter().all(|rule| rule.applied && rule.source.contains("46")), "{:?}", nation.1);
    let said = |name: &str, value| InForce {
        value,
        source: "Hangzhou".into(),
        said_by: Voice::City,
        ..packs::nations(name).unwrap()
    };
    let hangzhou = [("reelect_at_share", json!(true)), ("reelect_below_minimum", json!(true))];
    let (hangzhou, sources) = Reelection::of(&hangzhou.map(|(name, value)| said(name, value)));
    let (nation_says, city_says) = (Voice::Nation, Voice::City);
    assert_eq!(
        sources.iter().map(|rule| rule.said_by).collect::<Vec<_>>(),
        [nation_says, city_says, city_says, nation_says]
    );
    let (strict, _) = Reelection::of(&[said("reelect_if", json!([2, 3]))]);
    for seats in 1..=17 {
        for members in 0..=seats {
            let mut committee = full(members, &[], 0);
            committee.seats = seats;
            let is_due = |rules| committee.is_to_be_elected_anew(rules);
            let told = format!("{members} of {seats}");
            assert_eq!(is_due(nation.0), 2 * members < seats, "{told}");
            assert_eq!(is_due(hangzhou), 2 * members <= seats || members < 5, "{told}");
            assert_eq!(is_due(strict), 3 * members < 2 * seats, "{told}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_nobody_sits_twice_and_nobody_passes_over_another(
        seats in 3u32..10,
        groups in prop::collection::vec(1u32..4, 0..5),
        places in 0u32..6,
        deeds in prop::collection::vec((any::<prop::sample::Index>(), 0u32..3, 0u32..3), 0..20),
    ) {
        let mut committee = full(seats, &groups, places);
        for (number, (who, fills, behind)) in deeds.into_iter().enumerate() {
            let ids = |prefix: &str, size| names(&format!("{prefix}{number}-"), size);
            let change = if fills == 0 && !committee.members.is_empty() {
                left(who.get::<String>(&committee.members))
            } else {
                let alternates = Rank::all(&[ids("b", behind)], behind);
                Change::Filled { members: ids("e", fills), alternates }
            };
            let before = committee.clone();
            let (after, stepped_up) = committee.after(&change).unwrap();
            let order: Vec<&String> =
                before.alternates.iter().flat_map(|rank| &rank.candidates).collect();
            let mut next = order.iter();
            prop_assert!(
                matches!(&change, Change::Filled { .. }) || stepped_up.iter().all(|one| next.next() == Some(&one)),
                "{stepped_up:?} of {order:?}"
            );
            prop_assert!(count(&after.members) <= seats && after.waiting <= after.vacant());
            let all: Vec<&String> = after
                .members
                .iter()
                .chain(after.alternates.iter().flat_map(|rank| &rank.candidates))
                .collect();
            let once: std::collections::BTreeSet<&String> = all.iter().copied().collect();
            prop_assert_eq!(all.len(), once.len());
            prop_assert!(all.iter().all(|one| after.rank_of(one).is_some()));
            prop_assert!(after.alternates.first().is_none_or(|next| {
                count(&next.candidates) > after.waiting.min(next.places)
            }), "whoever can step up has");
            committee = after;
        }
    }
}
