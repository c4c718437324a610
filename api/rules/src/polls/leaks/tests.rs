//! Against every group that there is, on rolls of a few heads.

use proptest::prelude::*;

use super::*;

/// Every set of heads that fits.
fn known_by_hand(areas: &[u64], group: Group) -> Known {
    let mut known = Known::all(areas.len(), false, false);
    for set in 0_u32..1 << areas.len() {
        let has = |head: usize| set >> head & 1 == 1;
        let of: Weight = areas
            .iter()
            .enumerate()
            .filter(|(head, _)| has(*head))
            .map(|(_, area)| Weight::new(1, *area))
            .sum();
        let within = |(least, most): Span, measure: u64| (least..=most).contains(&measure);
        if within(group.heads, of.heads.0) && within(group.area, of.area.0) {
            for head in 0..areas.len() {
                known.inside[head] |= has(head);
                known.outside[head] |= !has(head);
            }
        }
    }
    known
}

/// Areas as homes have them: some alike, some each its own.
fn areas(most: usize) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![Just(8_950), Just(12_005), 5_000..20_000_u64, 0..200_u64], 0..=most)
}

/// Heads, and which of three columns each is in.
fn split(most: usize) -> impl Strategy<Value = (Vec<u64>, Vec<usize>)> {
    areas(most).prop_flat_map(|areas| {
        let places = prop::collection::vec(0..3_usize, areas.len());
        (Just(areas), places)
    })
}

fn columns((areas, places): &(Vec<u64>, Vec<usize>)) -> [Weight; 3] {
    let mut columns = [Weight::ZERO; 3];
    for (area, place) in areas.iter().zip(places) {
        columns[*place] = columns[*place].plus(Weight::new(1, *area));
    }
    columns
}

fn finding(areas: &[u64], columns: &[Weight]) -> Finding {
    Crowd::of(areas).find(Publicity::Coarse, &Grain::LADDER, columns, Weight::ZERO)
}

proptest! {
    #[test]
    fn who_may_be_in_a_group_is_who_is_in_one_that_fits_and_not_in_another(
        areas in areas(9), size in 0..=9_u64, least in 0..120_000_u64, width in 0..15_000_u64,
    ) {
        let crowd = Crowd::of(&areas);
        let group = Group { heads: (size, size), area: (least, least + width) };
        let known = crowd.known(group);
        if size <= crowd.whole().heads.0 {
            prop_assert_eq!(&known, &known_by_hand(&crowd.0, group));
            let some = Group { heads: (size, size + 2), area: (0, crowd.whole().area.0) };
            prop_assert_eq!(crowd.known(some), known_by_hand(&crowd.0, some));
        }
    }

    #[test]
    fn what_is_found_where_groups_are_too_many_is_never_more_than_there_is(
        areas in areas(10), size in 0..=5_usize, least in 0..60_000_u64, width in 0..15_000_u64,
    ) {
        let crowd = Crowd::of(&areas);
        if size * 2 <= areas.len() {
            let heads = u64::try_from(size).unwrap();
            let all = known_by_hand(&crowd.0, Group { heads: (heads, heads), area: (least, least + width) });
            let known = crowd.found(size, (least, least + width));
            prop_assert!(known.inside.iter().zip(&all.inside).all(|(found, is)| !found || *is));
            prop_assert!(known.outside.iter().zip(&all.outside).all(|(found, is)| !found || *is));
        }
    }

    #[test]
    fn what_is_told_leaves_the_true_groups_possible_and_is_safe_where_it_says_so(split in split(9)) {
        let columns = columns(&split);
        let found = finding(&split.0, &columns);
        let sorted = Crowd::of(&split.0).0;
        let of_somebody = |group: &Group| group.heads.1 > 0;
        for grain in Grain::LADDER {
            for (column, group) in columns.iter().zip(groups(&columns, grain)) {
                prop_assert!(group.heads.0 <= column.heads.0 && column.heads.0 <= group.heads.1);
                prop_assert!(group.area.0 <= column.area.0 && column.area.0 <= group.area.1);
                let told = grain.show(*column);
                prop_assert!(told.heads <= column.heads && told.area <= column.area);
            }
        }
        let least = groups(&columns, found.grain)
            .into_iter()
            .filter(of_somebody)
            .map(|group| known_by_hand(&sorted, group).behind());
        let least: Vec<Behind> = least.collect();
        if split.0.is_empty() {
            prop_assert_eq!(found.grain, Grain::EXACT);
            return Ok(());
        }
        prop_assert_eq!(found.shown.may, least.iter().map(|one| one.may).min().unwrap_or_default());
        prop_assert_eq!(found.shown.surely, least.iter().map(|one| one.surely).max().unwrap_or_default());
        prop_assert!(found.shown.is_safe() || found.grain == Grain::NOTHING);
        // Five who voted are enough to hide among: nobody is known by what is not told.
        prop_assert!(found.shown.is_safe() || split.0.len() < 5);
        prop_assert_eq!(found, finding(&split.0, &columns), "the same each time");
    }
}

#[test]
fn one_head_of_an_area_of_its_own_is_a_name() {
    // Twenty heads; one of them against.
    let areas: Vec<u64> = (0..20).map(|home| 8_913 + 37 * home).collect();
    let against = Weight::new(1, areas[7]);
    let rest = Crowd::of(&areas).whole().checked_sub(against).unwrap();
    let found = finding(&areas, &[rest, against]);
    assert_eq!(found.exact, Behind { may: 0, surely: 19 });
    assert_eq!(found.shown.surely, 0);
    assert!(found.shown.may >= LEAST && found.grain.heads == Some(1), "heads stay: {found:?}");
    // Where all homes are alike nobody needs to be hidden.
    let alike = [Weight::new(19, 19 * 8_950), Weight::new(1, 8_950)];
    assert_eq!(finding(&[8_950; 20], &alike).grain, Grain::EXACT);
}

#[test]
fn who_holds_a_third_of_all_is_known_by_any_area_and_by_no_number_of_heads() {
    let mut areas = vec![9_000; 30];
    areas.push(300_000);
    let columns = [Weight::new(20, 20 * 9_000), Weight::new(11, 10 * 9_000 + 300_000)];
    let found = finding(&areas, &columns);
    assert_eq!(found.exact.surely, 1, "of the group with so much area they are");
    assert_eq!((found.grain.heads, found.shown), (Some(1), Behind { may: 31, surely: 0 }));
    assert!(found.grain.area.is_none_or(|step| step > 300_000), "{found:?}");
}

#[test]
fn where_all_agree_not_even_their_number_is_told() {
    let areas: Vec<u64> = (0..300).map(|home| 8_000 + 11 * home).collect();
    let all = Crowd::of(&areas).whole();
    let found = finding(&areas, &[all, Weight::ZERO]);
    assert_eq!((found.exact.surely, found.shown), (300, Behind { may: 300, surely: 0 }));
    assert_eq!(found.grain.words(all), ["—", "—"]);
    assert_eq!(
        Grain { heads: Some(1), area: Some(100) }.words(Weight::new(7, 12_345)),
        ["7", "123.00–123.99"]
    );
    assert_eq!(Grain::EXACT.words(Weight::new(7, 12_345)), ["7", "123.45"]);
}

#[test]
fn of_a_whole_complex_it_is_found_soon() {
    let areas: Vec<u64> = (0..5_000).map(|home| 4_000 + home * home % 9_973).collect();
    let columns: Vec<Weight> = (0..3)
        .map(|part| areas.iter().skip(part).step_by(3).map(|area| Weight::new(1, *area)).sum())
        .collect();
    let found = finding(&areas, &columns);
    assert!(found.shown.is_safe() && found.grain.area.is_some_and(|step| step <= 100), "{found:?}");
}

#[test]
fn nothing_is_told_in_finer_steps_than_turnout_nor_less_private_than_the_poll() {
    let areas: Vec<u64> = (0..40).map(|home| 8_000 + 101 * home).collect();
    // All but one took part, so that turnout would tell who did not.
    let cast = &areas[1..];
    let all = Crowd::of(cast).whole();
    let yes = Crowd::of(&areas[1..20]).whole();
    let votes = Votes { yes, no: all.checked_sub(yes).unwrap(), ..Votes::default() };
    let totals = Totals {
        roll: Crowd::of(&areas).whole(),
        registered: None,
        unserved: Weight::ZERO,
        returned: all,
        invalid: Weight::ZERO,
        silent: Weight::new(1, areas[0]),
        candidates: Vec::new(),
        texts: [("t".to_owned(), votes), ("u".to_owned(), votes)].into(),
    };
    let texts = [("t".to_owned(), Publicity::Coarse), ("u".to_owned(), Publicity::Totals)].into();
    let of = |poll| Leaks::of(&Policy { poll, texts: BTreeMap::clone(&texts) }, &areas, cast, &totals);
    let open = of(Publicity::Totals);
    assert_eq!((open.turnout.grain, open.text("u")), (Grain::EXACT, Grain::EXACT));
    assert!(open.turnout.exact.surely > 0, "it is found even where nothing is coarsened");
    let sealed = of(Publicity::Sealed);
    assert!(!sealed.turnout.grain.is_exact());
    for text in ["t", "u"] {
        assert_eq!(sealed.text(text).or(sealed.turnout.grain), sealed.text(text), "{text}");
    }
}

#[test]
fn a_policy_is_only_ever_made_more_private() {
    use Publicity::{Coarse, Sealed, Totals};
    assert_eq!(Totals.then(Sealed), Ok(Sealed));
    assert_eq!(Sealed.then(Coarse), Err(OneWay { from: Sealed, to: Coarse }));
    assert_eq!(Coarse.of_text(Some(Totals)), Coarse);
}

/// What somebody learns who looks after every ballot and knows every area, by each order in which these may have come.
#[derive(Debug)]
struct Attacker {
    /// By ballot, the heads that may have cast it.
    ballots: Vec<Vec<bool>>,
    surely: usize,
}

impl Attacker {
    /// `voters` cast in their order, so many of them.
    fn of(voters: &[u64], came: usize, grain: Grain) -> Self {
        let states = |order: &[usize]| {
            let mut sum = Weight::ZERO;
            let state = |head: &usize| {
                sum = sum.plus(Weight::new(1, voters[*head]));
                grain.show(sum)
            };
            order.iter().map(state).collect::<Vec<_>>()
        };
        let real = states(&(0..came).collect::<Vec<_>>());
        let mut ballots = vec![vec![false; voters.len()]; came];
        let mut always = vec![true; voters.len()];
        for order in orders(voters.len(), came) {
            if states(&order) == real {
                order.iter().enumerate().for_each(|(ballot, head)| ballots[ballot][*head] = true);
                always.iter_mut().enumerate().for_each(|(head, always)| *always &= order.contains(&head));
            }
        }
        Self { ballots, surely: always.into_iter().filter(|always| *always).count() }
    }

    /// Heads behind the ballot that is known best.
    fn fewest(&self) -> usize {
        let behind = self.ballots.iter().map(|heads| heads.iter().filter(|may| **may).count());
        behind.min().unwrap_or_default()
    }
}

/// Every order in which so many of these heads can come.
fn orders(heads: usize, came: usize) -> Vec<Vec<usize>> {
    (0..came).fold(vec![Vec::new()], |orders: Vec<Vec<usize>>, _| {
        let next = |order: Vec<usize>| {
            let left = (0..heads).filter(|head| !order.contains(head)).collect::<Vec<_>>();
            left.into_iter().map(move |head| [order.as_slice(), &[head]].concat())
        };
        orders.into_iter().flat_map(next).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was chosen but that all is told: whoever reads every state is left with all who may vote behind each
    /// ballot, and they are not few.
    #[test]
    fn whoever_looks_after_every_ballot_singles_out_nobody(areas in areas(6), came in 0..=6_usize) {
        let came = came.min(areas.len());
        for publicity in [Publicity::Coarse, Publicity::Sealed] {
            let Some(grain) = publicity.live(Heads(areas.len().try_into().unwrap())) else { continue };
            let learnt = Attacker::of(&areas, came, grain);
            prop_assert!(came == 0 || u64::try_from(learnt.fewest()).unwrap() >= LEAST, "{learnt:?}");
            prop_assert!(came == areas.len() || learnt.surely == 0, "{learnt:?}");
        }
    }

    /// What is said to stand behind each ballot is what such a reader is left with.
    #[test]
    fn what_is_said_of_a_running_vote_is_what_can_be_learnt(areas in areas(6), came in 0..=6_usize) {
        let came = came.min(areas.len());
        for grain in [Grain::EXACT, Grain::of(Some(1), None)] {
            let learnt = Attacker::of(&areas, came, grain);
            let found = Finding::live(grain, &areas, &areas[..came]);
            prop_assert_eq!(found.shown.surely, u64::try_from(learnt.surely).unwrap());
            if learnt.surely < areas.len() || grain.is_exact() {
                let fewest = if learnt.fewest() == 1 { 0 } else { learnt.fewest() };
                prop_assert_eq!(found.shown.may, u64::try_from(fewest).unwrap());
            }
        }
    }
}

#[test]
fn so_few_that_their_number_is_a_name_are_told_of_at_the_close() {
    for voters in 0..12 {
        let live = |publicity: Publicity| publicity.live(Heads(voters));
        assert_eq!(live(Publicity::Totals), Some(Grain::EXACT));
        assert_eq!(live(Publicity::Coarse).is_some(), voters >= LEAST);
        assert_eq!(live(Publicity::Coarse).and_then(|grain| grain.area), None);
        assert_eq!(live(Publicity::Sealed), None);
    }
}
