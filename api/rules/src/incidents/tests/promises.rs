//! What is promised before a report is what the report is then held to.

use proptest::prelude::*;

use super::{
    promise::{Promise, usual},
    *,
};

proptest! {
    #[test]
    fn a_promise_is_what_the_report_is_held_to(
        number in 0_usize..26,
        levels in proptest::sample::subsequence(Level::ALL.to_vec(), 0..=Level::ALL.len()),
    ) {
        let policy = category::all().iter().filter_map(|one| policy::national(one).ok()).nth(number).unwrap();
        let (staffed, now) = (staffed(&levels), morning());
        let promise = Promise::of(policy, &staffed, now);
        let reported = Incident::report(policy, &staffed, now);
        prop_assert_eq!(promise.level, reported.tenure.level);
        prop_assert_eq!(Some(promise.first_contact_by), reported.tenure.due().map(|due| due.at));
        let taken = reported.acknowledge(policy, promise.first_contact_by).unwrap();
        prop_assert_eq!(Some(promise.handled_by), taken.tenure.due().map(|due| due.at));
    }
}

#[test]
fn what_is_usual_takes_five_to_say() {
    let hours = |hours: &[i64]| usual(hours.iter().copied().map(TimeDelta::hours).collect());
    assert_eq!(hours(&[]), None);
    assert_eq!(hours(&[1, 2, 3, 4]), None);
    assert_eq!(hours(&[9, 1, 200, 3, 2]), Some(TimeDelta::hours(3)));
    assert_eq!(hours(&[6, 5, 4, 3, 2, 1]), Some(TimeDelta::hours(4)));
}
