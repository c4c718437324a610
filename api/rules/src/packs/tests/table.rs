//! The parameters against the table of them that was drawn from law, city rules and practice before there was any code:
//! each by its name there, with whoever may say it. L is the law, P the platform, C a city's pack, R the community's rules,
//! M the convenor of a meeting; of two the last is the lowest voice that may.

use std::collections::{BTreeMap, BTreeSet};

use crate::packs::{Kind, May, Parameter, Voice, parameter};

/// Name and right as the table has them, and what it is called here where that is another name, or several.
const TABLE: [(&str, &str, &[&str]); 77] = [
    ("matter_class", "L", &[]),
    ("quorum_heads", "L", &["quorum"]),
    ("quorum_area", "L", &["quorum"]),
    ("approve_ordinary", "L", &[]),
    ("approve_special", "L", &[]),
    ("approval_base", "L", &[]),
    ("area_unit", "P", &[]),
    ("area_source_order", "L", &[]),
    ("head_key", "L/C", &[]),
    ("developer_head", "L", &[]),
    ("count_special_spaces", "R", &[]),
    ("area_mode", "C/R", &[]),
    ("one_ballot_per_head", "R", &[]),
    ("nonresponse", "R", &["nonresponse", "nonresponse_clause"]),
    ("nonresponse_excluded", "R", &[]),
    ("service_methods", "R", &[]),
    ("invalid_as", "R", &[]),
    ("blank_item", "R", &[]),
    ("channels", "C", &[]),
    ("external_system_required", "C", &[]),
    ("paper_on_request", "C", &[]),
    ("duplicate_policy", "R", &[]),
    ("allow_revote", "C/R", &[]),
    ("proxy_allowed", "C/R", &[]),
    ("proxy_cap", "C/R", &[]),
    ("proxy_barred", "C", &[]),
    ("window_days", "C/M", &[]),
    ("extensions", "R", &["extensions", "extension_days"]),
    ("notice_days", "C", &["notice_days", "extraordinary_notice_days"]),
    ("notice_clear_days", "P", &[]),
    ("only_published_items", "C", &[]),
    ("result_publish_days", "C", &[]),
    ("objection_days", "C/R", &[]),
    ("revocation_days", "L", &["revocation_years"]),
    ("start_condition", "C", &["start_delivered", "start_years", "start_years_delivered"]),
    ("apply_threshold", "C", &["apply_heads", "apply_area", "apply_persons"]),
    ("convene_threshold", "C/R", &[]),
    ("prep_size", "C", &[]),
    ("prep_owner_share", "C", &[]),
    ("prep_form_days", "C", &[]),
    ("prep_list_days", "C", &[]),
    ("first_meeting_days", "C", &[]),
    ("committee_size", "C/R", &[]),
    ("term_years", "C/R", &[]),
    ("candidates_min_ratio", "C/R", &[]),
    ("max_selections", "R", &[]),
    ("alternates_ratio", "R", &[]),
    ("alternates_ratio: its cap", "C", &["alternates_cap"]),
    ("rounding", "R", &["alternates_rounding"]),
    ("alternates_need_threshold", "C", &[]),
    ("rank_rule", "R", &[]),
    ("tie_rule", "R", &[]),
    ("formation_rule", "C", &["formation_rule", "min_committee"]),
    ("reelect_if", "C", &["reelect_if", "reelect_at_share", "reelect_below_minimum"]),
    ("renewal_lead", "C", &[]),
    ("handover_days", "C", &[]),
    ("filing_days", "L/C", &[]),
    ("bar_fee_arrears", "R", &[]),
    ("registration_gate", "M", &[]),
    ("fund_refill_trigger", "C", &[]),
    ("revenue_to_fund", "C/R", &["revenue_to_fund", "revenue_to_fund_exceeds"]),
    ("disclose_revenue", "C", &[]),
    ("disclose_fund", "C", &[]),
    ("audit_cycle", "C", &[]),
    ("points_cap_day", "M", &[]),
    ("points_expiry", "M", &[]),
    ("points_cash", "L", &[]),
    ("timebank_min_age_use", "C", &[]),
    ("transfer_to", "C", &["timebank_transfer_to"]),
    ("mask_profile", "P", &[]),
    ("emergency_retention_days", "P", &[]),
    // What the table has no row of, though its sources speak of it.
    ("registration", "C", &[]),
    ("co_owner_representative", "R", &[]),
    ("meeting", "M", &[]),
    ("candidates_days", "C", &[]),
    ("committee_size: of a small complex", "C", &["small_committee", "small_homes", "small_area"]),
    ("term_years: the least", "C", &["term_least_years"]),
];

/// The words between which the table leaves a choice.
const CHOICES: [(&str, &[&str]); 10] = [
    ("head_key", &["OWNER_SET", "UNIT"]),
    ("area_mode", &["ALL_UNITS", "CAST_UNITS"]),
    ("nonresponse", &["NOT_PARTICIPATED", "ABSTAIN", "FOLLOW_MAJORITY"]),
    ("invalid_as", &["EXCLUDED", "ABSTAIN"]),
    ("blank_item", &["ABSTAIN", "NOT_PARTICIPATED"]),
    ("duplicate_policy", &["FIRST_VALID", "ONLINE", "PAPER"]),
    ("max_selections", &["SEATS", "SEATS+ALT"]),
    ("alternates_rounding", &["FLOOR", "CEIL", "HALF_UP"]),
    ("rank_rule", &["HEADS_AREA", "AREA_HEADS", "RATIO_SUM"]),
    ("tie_rule", &["RUNOFF", "LOT"]),
];

/// Words of the table that are others here: a unit is a staircase.
const RENAMED: [(&str, &str); 2] = [("UNIT", "HOME"), ("SEATS+ALT", "SEATS_AND_ALTERNATES")];

/// What is otherwise here than in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Otherwise {
    /// This is the lowest voice.
    SaidBy(Voice),
    /// This word is no choice.
    Without(&'static str),
}

use Otherwise::{SaidBy, Without};

/// Every departure from the table, with its reason. None of them gives anybody a right that the table does not.
const DEPARTURES: [(&str, Otherwise, &str); 8] = [
    ("head_key", SaidBy(Voice::Law), "no city's text was found to count otherwise than art. 9 does"),
    (
        "area_mode",
        SaidBy(Voice::City),
        "homes are cast one by one in a city's own system, and by-laws have none",
    ),
    (
        "one_ballot_per_head",
        SaidBy(Voice::Platform),
        "a second ballot of a head is kept nowhere, and could split it",
    ),
    (
        "only_published_items",
        SaidBy(Voice::Platform),
        "what is voted on is frozen before owners are told, everywhere",
    ),
    (
        "alternates_need_threshold",
        SaidBy(Voice::Platform),
        "whoever is to step up has passed the vote, everywhere",
    ),
    ("tie_rule", Without("LOT"), "a lot that is drawn cannot be computed again"),
    ("bar_fee_arrears", SaidBy(Voice::Platform), "barring whoever owes fees has no basis in higher law"),
    ("revenue_to_fund_exceeds", SaidBy(Voice::City), "whether half is enough is read in the city's text"),
];

/// Those from which a voice below the city departs one way only.
const ONE_WAY: [(&str, May); 12] = [
    ("nonresponse_excluded", May::Raise),
    ("service_methods", May::Lower),
    ("proxy_cap", May::Lower),
    ("window_days", May::Narrow),
    ("extensions", May::Lower),
    ("extension_days", May::Lower),
    ("objection_days", May::Raise),
    ("convene_threshold", May::Lower),
    ("committee_size", May::Narrow),
    ("candidates_min_ratio", May::Raise),
    ("revenue_to_fund", May::Raise),
    ("points_cap_day", May::Lower),
];

fn lowest(right: &str) -> Voice {
    match right.rsplit('/').next() {
        Some("L") => Voice::Law,
        Some("P") => Voice::Platform,
        Some("C") => Voice::City,
        Some("R") => Voice::Bylaws,
        Some("M") => Voice::Convenor,
        other => panic!("no voice {other:?}"),
    }
}

/// Each parameter as the table would have it, by its name here.
fn tabled() -> BTreeMap<&'static str, Voice> {
    let own = |(name, right, ours): &(&'static str, &str, &'static [&'static str])| {
        let ours = if ours.is_empty() { vec![*name] } else { ours.to_vec() };
        let who = lowest(right);
        ours.into_iter().map(move |name| (name, who)).collect::<Vec<_>>()
    };
    TABLE.iter().flat_map(own).collect()
}

fn departure(name: &str) -> Option<Otherwise> {
    DEPARTURES.iter().find(|(of, ..)| *of == name).map(|(_, otherwise, _)| *otherwise)
}

fn find(name: &str) -> &'static Parameter {
    parameter::find(name).unwrap_or_else(|| panic!("{name} is gone"))
}

#[test]
fn every_parameter_of_the_table_is_here_with_the_right_it_has_there() {
    let tabled = tabled();
    for (name, who) in &tabled {
        let expected = match departure(name) {
            Some(SaidBy(voice)) => voice,
            Some(Without(_)) | None => *who,
        };
        assert_eq!(find(name).who, expected, "{name}");
    }
    let here: BTreeSet<&str> = parameter::all().iter().map(|parameter| parameter.name.as_str()).collect();
    let there: BTreeSet<&str> = tabled.keys().copied().collect();
    assert_eq!(here, there, "what is new belongs in the table");
}

#[test]
fn every_choice_of_the_table_is_here_and_no_other() {
    for (name, words) in CHOICES {
        let Kind::Choice(here) = &find(name).kind else { panic!("{name} is no choice") };
        let renamed = |word: &&'static str| {
            RENAMED.iter().find(|(there, _)| there == word).map_or(*word, |(_, here)| *here)
        };
        let expected: Vec<&str> =
            words.iter().filter(|word| departure(name) != Some(Without(word))).map(renamed).collect();
        assert_eq!(*here, expected, "{name}");
    }
}

#[test]
fn a_departure_from_the_table_is_one_and_widens_no_right() {
    let tabled = tabled();
    for (name, otherwise, why) in DEPARTURES {
        assert!(!why.is_empty(), "{name}");
        match otherwise {
            SaidBy(voice) => assert!(voice < tabled[name], "{name}"),
            Without(word) => {
                let (_, words) = CHOICES.iter().find(|(of, _)| *of == name).unwrap();
                assert!(words.contains(&word), "{name}");
            }
        }
    }
}

#[test]
fn who_departs_one_way_only_departs_no_other_way() {
    let here = parameter::all().iter().filter(|parameter| parameter.may != May::Choose);
    let here: Vec<_> = here.map(|parameter| (parameter.name.as_str(), parameter.may)).collect();
    assert_eq!(here, ONE_WAY);
}
