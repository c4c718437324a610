//! The category table keeps the promises that the ladder relies on.

use super::*;
use crate::incidents::category::{Category, Channel, Course};

fn tickets() -> impl Iterator<Item = (&'static Category, &'static Terms)> {
    category::all().iter().filter_map(|category| category.terms().ok().map(|terms| (category, terms)))
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
    for (category, terms) in tickets() {
        assert!(terms.enters_at.holder().is_some(), "{}", category.code);
        assert!(terms.enters_at <= terms.absorbs_at, "{}", category.code);
        assert!(terms.first_contact <= terms.handling, "{}", category.code);
    }
}

#[test]
fn danger_to_life_enters_where_it_is_absorbed_and_says_whom_to_call() {
    let mut seen = 0;
    for category in category::all().iter().filter(|category| category.severity == Severity::S1) {
        seen += 1;
        match &category.course {
            Course::Ticket(terms) => {
                assert_eq!(terms.enters_at, terms.absorbs_at, "{}", category.code);
                assert!(terms.first_contact.get() <= 900, "{}", category.code);
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
fn each_category_is_as_bad_and_as_urgent_as_was_agreed() {
    use Severity::{S1, S2, S3, S4, S5};
    // Severity, first contact and handling; nothing where it is never a ticket.
    let agreed = [
        ("ELEVATOR_ENTRAPMENT", S1, Some((5 * MINUTE, HOUR))),
        ("ELEVATOR_FAULT", S2, Some((30 * MINUTE, 24 * HOUR))),
        ("GAS_SMELL", S1, None),
        ("FIRE", S1, None),
        ("ELECTRIC_LEAK", S1, None),
        ("FIRE_LANE_BLOCKED", S2, Some((HOUR, 4 * HOUR))),
        ("EBIKE_CHARGING", S2, Some((2 * HOUR, 24 * HOUR))),
        ("BURST_PIPE", S1, Some((15 * MINUTE, 4 * HOUR))),
        ("HOME_SEEPAGE", S3, Some((24 * HOUR, 7 * DAY))),
        ("ROOF_OR_FACADE", S2, Some((2 * HOUR, 7 * DAY))),
        ("DRAIN_BLOCKED", S3, Some((2 * HOUR, 24 * HOUR))),
        ("COMPLEX_LIGHT_OUT", S3, Some((4 * HOUR, 48 * HOUR))),
        ("STREET_LAMP_OUT", S3, Some((2 * HOUR, 24 * HOUR))),
        ("MANHOLE_COVER", S2, Some((2 * HOUR, 24 * HOUR))),
        ("CLEANING", S4, Some((4 * HOUR, 24 * HOUR))),
        ("WASTE_SORTING", S4, Some((24 * HOUR, 3 * DAY))),
        ("NEIGHBOUR_NOISE", S4, Some((4 * HOUR, 3 * DAY))),
        ("CONSTRUCTION_NOISE", S3, Some((HOUR, 24 * HOUR))),
        ("PARKING", S4, Some((4 * HOUR, 3 * DAY))),
        ("ILLEGAL_BUILDING", S2, Some((4 * HOUR, 15 * DAY))),
        ("THROWN_OBJECTS", S2, Some((HOUR, 24 * HOUR))),
        ("GREENERY", S3, Some((24 * HOUR, 5 * DAY))),
        ("ACCESS_CONTROL", S3, Some((4 * HOUR, 48 * HOUR))),
        ("PESTS_AND_PETS", S4, Some((24 * HOUR, 5 * DAY))),
        ("GROUP_RENTING", S3, Some((24 * HOUR, 7 * DAY))),
        ("PROPERTY_SERVICE", S3, Some((24 * HOUR, 10 * DAY))),
        ("COMMITTEE_DISPUTE", S3, Some((2 * DAY, 30 * DAY))),
        ("VULNERABLE_PERSON", S2, Some((HOUR, 24 * HOUR))),
        // Five working days are seven days.
        ("SUGGESTION", S5, Some((24 * HOUR, 7 * DAY))),
    ];
    let budgets = |terms: &Terms| (terms.first_contact.get().into(), terms.handling.get().into());
    let told = |category: &'static Category| {
        (category.code.as_str(), category.severity, category.terms().ok().map(budgets))
    };
    assert_eq!(category::all().iter().map(told).collect::<Vec<_>>(), agreed);
}

#[test]
fn what_belongs_to_an_emergency_service_is_never_a_ticket() {
    for code in ["GAS_SMELL", "FIRE", "ELECTRIC_LEAK"] {
        let category = category::find(code).unwrap();
        assert_eq!(category.terms(), Err(Refusal::Diverted { category: code.to_owned() }));
        assert!(!category.diverts_to().is_empty());
    }
    assert_eq!(tickets().count() + 3, category::all().len());
    assert!(tickets().all(|(category, _)| category.diverts_to().is_empty()));
}

#[test]
fn the_broken_lift_starts_at_the_unit_and_belongs_to_the_complex() {
    let terms = lift();
    assert_eq!((terms.enters_at, terms.absorbs_at), (Level::Unit, Level::Complex));
    assert_eq!((terms.first_contact.get(), terms.handling.get()), (1800, 86_400));
    assert_eq!(terms.evidence, Evidence::Photo);
}

#[test]
fn a_table_with_an_unknown_key_a_zero_budget_or_no_course_is_not_read() {
    let good = include_str!("../../../data/categories.json");
    let reads = |text: &str| serde_json::from_str::<Vec<Category>>(text).is_ok();
    let spoilt = |from: &str, to: &str| {
        assert!(good.contains(from));
        !reads(&good.replacen(from, to, 1))
    };
    assert!(reads(good));
    assert!(spoilt("\"first_contact_seconds\": 300", "\"first_contact_seconds\": 0"));
    assert!(spoilt("\"handling_seconds\": 3600", "\"handling_seconds\": -1"));
    assert!(spoilt("\"evidence\"", "\"proof\""));
    assert!(spoilt("\"severity\": \"S1\"", "\"severity\": \"S0\""));
    assert!(spoilt("\"course\"", "\"way\""));
    assert!(spoilt("\"enters_at\": \"COMPLEX\"", "\"enters_at\": \"VILLAGE\""));
}
