//! The category table keeps the promises that the ladder relies on.

use super::*;
use crate::incidents::category::{Category, Channel, Course};

fn tickets() -> impl Iterator<Item = (&'static Category, &'static Policy)> {
    category::all()
        .iter()
        .filter_map(|category| policy::national(category).ok().map(|policy| (category, policy)))
}

#[test]
fn codes_are_upper_snake_and_unique() {
    let codes: Vec<_> = category::all().iter().map(|category| category.code.as_str()).collect();
    assert!(codes.len() > 25);
    for code in &codes {
        assert!(code.starts_with(|first: char| first.is_ascii_uppercase()), "{code}");
        assert!(code.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{code}");
        assert_eq!(category::find(code).unwrap().code, **code);
    }
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    assert_eq!(category::find("elevator_fault"), None);
}

#[test]
fn every_category_can_be_read_in_both_languages() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let spoken = |channel: &Channel| chinese(&channel.zh) && !channel.en.is_empty() && !chinese(&channel.en);
    for category in category::all() {
        assert!(chinese(&category.name.zh) && !category.name.en.is_empty(), "{}", category.code);
        assert!(!chinese(&category.name.en), "{}", category.code);
        for channel in category.call_first.iter().chain(category.diverts_to()) {
            assert!(spoken(channel), "{channel:?}");
            let phone = channel.phone.as_deref().unwrap_or("110");
            assert!(
                (3..=5).contains(&phone.len()) && phone.bytes().all(|b| b.is_ascii_digit()),
                "{channel:?}"
            );
        }
    }
}

#[test]
fn a_ticket_enters_with_a_holder_at_or_below_where_it_is_absorbed() {
    for (category, policy) in tickets() {
        let (enters_at, absorbs_at) = (policy.common.enters_at, policy.common.absorbs_at);
        assert!(policy.has(enters_at) && enters_at <= absorbs_at, "{}", category.code);
        for level in Level::ALL {
            let tier = policy.at(*level);
            assert!(tier.first_contact.length() <= tier.handling.length(), "{}", category.code);
        }
    }
}

#[test]
fn danger_to_life_enters_where_it_is_absorbed_and_says_whom_to_call() {
    let mut seen = 0;
    for category in category::all().iter().filter(|category| category.severity == Severity::S1) {
        seen += 1;
        match &category.course {
            Course::Ticket => {
                let policy = policy_of(&category.code);
                assert_eq!(policy.common.enters_at, policy.common.absorbs_at, "{}", category.code);
                let first_contact = policy.at(policy.common.enters_at).first_contact;
                assert!(first_contact.length() <= TimeDelta::minutes(15), "{}", category.code);
            }
            Course::Divert(diversion) => {
                let phones = diversion.diverts_to.iter().filter(|channel| channel.phone.is_some());
                assert!(phones.count() > 0, "{}", category.code);
            }
        }
    }
    assert_eq!(seen, 5);
    let trapped = category::find("ELEVATOR_ENTRAPMENT").unwrap();
    let phones: Vec<_> = trapped.call_first.iter().filter_map(|channel| channel.phone.as_deref()).collect();
    assert_eq!(phones, ["119", "96333"]);
}

#[test]
fn danger_to_life_never_stands_still() {
    for (category, policy) in tickets() {
        for reason in PauseReason::ALL.iter().filter(|reason| reason.is_a_holders()) {
            assert_eq!(
                policy.pauses(*reason).is_none(),
                category.severity == Severity::S1,
                "{}",
                category.code
            );
        }
        assert!(category.severity != Severity::S1 || policy.common.quiet == policy::Quiet::NEVER);
    }
}

#[test]
fn each_category_is_as_bad_and_as_urgent_as_was_agreed() {
    use Severity::{S1, S2, S3, S4, S5};
    let of = |unit| move |amount| Budget::new(unit, amount).unwrap();
    let (min, d, wd) = (of(Unit::UrgentMinutes), of(Unit::NaturalDays), of(Unit::WorkDays));
    let h = |hours: u32| min(60 * hours);
    // Severity, first contact and handling; nothing where it is never a ticket.
    let agreed = [
        ("ELEVATOR_ENTRAPMENT", S1, Some((min(5), h(1)))),
        ("ELEVATOR_FAULT", S2, Some((min(30), h(24)))),
        ("GAS_SMELL", S1, None),
        ("FIRE", S1, None),
        ("ELECTRIC_LEAK", S1, None),
        ("FIRE_LANE_BLOCKED", S2, Some((h(1), h(4)))),
        ("EBIKE_CHARGING", S2, Some((h(2), h(24)))),
        ("BURST_PIPE", S1, Some((min(15), h(4)))),
        ("HOME_SEEPAGE", S3, Some((h(24), d(7)))),
        ("ROOF_OR_FACADE", S2, Some((h(2), d(7)))),
        ("DRAIN_BLOCKED", S3, Some((h(2), h(24)))),
        ("COMPLEX_LIGHT_OUT", S3, Some((h(4), h(48)))),
        ("STREET_LAMP_OUT", S3, Some((h(2), h(24)))),
        ("MANHOLE_COVER", S2, Some((h(2), h(24)))),
        ("CLEANING", S4, Some((h(4), h(24)))),
        ("WASTE_SORTING", S4, Some((h(24), d(3)))),
        ("NEIGHBOUR_NOISE", S4, Some((h(4), d(3)))),
        ("CONSTRUCTION_NOISE", S3, Some((h(1), h(24)))),
        ("PARKING", S4, Some((h(4), d(3)))),
        ("ILLEGAL_BUILDING", S2, Some((h(4), d(15)))),
        ("THROWN_OBJECTS", S2, Some((h(1), h(24)))),
        ("GREENERY", S3, Some((h(24), d(5)))),
        ("ACCESS_CONTROL", S3, Some((h(4), h(48)))),
        ("PESTS_AND_PETS", S4, Some((h(24), d(5)))),
        ("GROUP_RENTING", S3, Some((h(24), d(7)))),
        ("PROPERTY_SERVICE", S3, Some((h(24), d(10)))),
        ("COMMITTEE_DISPUTE", S3, Some((d(2), d(30)))),
        ("VULNERABLE_PERSON", S2, Some((h(1), h(24)))),
        ("SUGGESTION", S5, Some((h(24), wd(5)))),
    ];
    let budgets = |policy: &Policy| {
        let budgets = |level: &Level| (policy.at(*level).first_contact, policy.at(*level).handling);
        let first = budgets(&policy.common.enters_at);
        assert!(Level::ALL.iter().all(|level| budgets(level) == first), "the same on every level");
        first
    };
    let told = |category: &'static Category| {
        (category.code.as_str(), category.severity, policy::national(category).ok().map(budgets))
    };
    assert_eq!(category::all().iter().map(told).collect::<Vec<_>>(), agreed);
}

#[test]
fn what_belongs_to_an_emergency_service_is_never_a_ticket() {
    for code in ["GAS_SMELL", "FIRE", "ELECTRIC_LEAK"] {
        let category = category::find(code).unwrap();
        assert_eq!(policy::national(category), Err(Refusal::Diverted { category: code.to_owned() }));
        assert!(!category.diverts_to().is_empty());
    }
    assert_eq!(tickets().count() + 3, category::all().len());
    assert!(tickets().all(|(category, _)| category.diverts_to().is_empty()));
}

#[test]
fn the_broken_lift_starts_at_the_unit_and_belongs_to_the_complex() {
    let policy = lift();
    assert_eq!((policy.common.enters_at, policy.common.absorbs_at), (Level::Unit, Level::Complex));
    let minutes = |amount| Budget::new(Unit::UrgentMinutes, amount).unwrap();
    let tier = policy.at(Level::Unit);
    assert_eq!((tier.first_contact, tier.handling), (minutes(30), minutes(24 * 60)));
    assert_eq!(policy.common.evidence, Evidence::Photo);
}

#[test]
fn a_table_with_an_unknown_key_or_no_course_is_not_read() {
    let good = include_str!("../../../data/categories.json");
    let reads = |text: &str| serde_json::from_str::<Vec<Category>>(text).is_ok();
    let spoilt = |from: &str, to: &str| {
        assert!(good.contains(from));
        !reads(&good.replacen(from, to, 1))
    };
    assert!(reads(good));
    assert!(spoilt("\"severity\": \"S1\"", "\"severity\": \"S0\""));
    assert!(spoilt("\"course\"", "\"way\""));
    assert!(spoilt("\"TICKET\"", "\"TOKEN\""));
    assert!(spoilt("\"diverts_to\"", "\"sends_to\""));
}
