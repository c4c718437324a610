//! Who may say what of a vote, and what comes of it.

mod table;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    effective::{Effective, Refused, Says, Size, resolve, still_holding},
    pack::{self, Pack},
    parameter::{self, Kind, Voice},
};
use crate::{
    polls::parameters::{Nonresponse, PollRules},
    quantity::Area,
    ratio::Ratio,
};

fn says(values: Value) -> Says {
    serde_json::from_value(values).unwrap()
}

fn city(name: &str) -> &'static Pack {
    pack::find(name).unwrap()
}

fn nation_with(bylaws: Value, convenor: Value) -> Result<Effective, Vec<Refused>> {
    resolve(city("national"), None, Some(&says(bylaws)), &says(convenor))
}

fn value<'a>(effective: &'a Effective, name: &str) -> (&'a Value, Voice) {
    let rule = effective.rules.iter().find(|rule| rule.name == name).unwrap();
    (&rule.value, rule.said_by)
}

/// A sentence each, in the order of what was said.
fn refusals(bylaws: Value, convenor: Value) -> Vec<String> {
    nation_with(bylaws, convenor).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_parameter_has_a_name_of_its_own_and_a_value_and_a_source() {
    let names: BTreeSet<_> = parameter::all().iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names.len(), parameter::all().len());
    for parameter in parameter::all() {
        assert_eq!(parameter.takes(&parameter.value), Ok(()), "{}", parameter.name);
        assert!(!parameter.source.is_empty() && !parameter.zh.is_empty(), "{}", parameter.name);
    }
}

#[test]
fn every_rule_by_which_a_poll_counts_is_a_parameter() {
    for name in PollRules::RULES {
        assert!(parameter::find(name).is_some(), "{name}");
    }
}

#[test]
fn every_pack_is_lawful_and_names_its_sources() {
    let names: Vec<_> = pack::all().iter().map(|pack| pack.name.as_str()).collect();
    assert_eq!(names, ["national", "beijing", "shanghai", "hangzhou", "worked-example"]);
    for pack in pack::all() {
        assert_eq!(pack.faults(), [], "{}", pack.name);
        let effective = resolve(pack, None, None, &Says::new()).unwrap();
        assert_eq!(effective.poll.pack, pack.id());
        let of_all_polls = parameter::all().iter().filter(|parameter| !parameter.opinion).count();
        assert_eq!(effective.rules.len(), if pack.opinion { pack.says.len() } else { of_all_polls });
        assert_eq!(effective.poll.is_of_opinion(), pack.opinion);
    }
}

#[test]
fn a_pack_says_only_what_a_city_may_within_bounds_and_with_a_source() {
    let pack = |says: Value| -> Vec<String> {
        let pack = json!({ "name": "x", "version": "1", "zh": "某市", "en": "X", "says": says });
        serde_json::from_value::<Pack>(pack).unwrap().faults().iter().map(ToString::to_string).collect()
    };
    let said = |value: Value| json!({ "value": value, "source": "X 1" });
    assert_eq!(pack(json!({ "notice_days": said(json!(20)) })), [""; 0]);
    assert_eq!(pack(json!({ "colour": said(json!("red")) })), ["colour is no parameter"]);
    assert_eq!(
        pack(json!({ "quorum": said(json!([3, 4])) })),
        ["quorum is not for a city to say: Civil Code 278: two thirds or more of heads and of area"]
    );
    assert_eq!(
        pack(json!({ "notice_days": said(json!(61)) })),
        ["notice_days is a whole number from 0 to 60"]
    );
    assert_eq!(
        pack(json!({ "notice_days": { "value": 20, "source": "" } })),
        ["notice_days names no source"]
    );
}

#[test]
fn a_poll_of_opinion_is_held_by_its_pack_alone() {
    let pack = city("worked-example");
    let says_of = |effective: &Effective, name: &str| {
        let rule = effective.rules.iter().find(|rule| rule.name == name).unwrap();
        (rule.value.clone(), rule.who, rule.said_by, rule.source.clone())
    };
    // By-laws speak of other votes too; what they say of those is nothing here.
    let bylaws = says(
        json!({ "term_years": 3, "nonresponse": "ABSTAIN", "nonresponse_clause": "x", "objection_days": 5 }),
    );
    let effective =
        resolve(pack, None, Some(&bylaws), &says(json!({ "window_days": { "min": 2, "max": 9 } }))).unwrap();
    let (share, who, said_by, source) = says_of(&effective, "registration");
    assert_eq!((share, who, said_by), (json!([2, 3]), Voice::Pack, Voice::Pack));
    assert_eq!(source, "worked example: two thirds of the owners register, by heads and by area");
    assert_eq!(says_of(&effective, "quorum").0, json!([1, 2]));
    assert_eq!(says_of(&effective, "quorum").2, Voice::Pack);
    assert_eq!(says_of(&effective, "objection_days").2, Voice::Bylaws);
    assert_eq!(says_of(&effective, "window_days").2, Voice::Convenor);
    assert!(
        effective.rules.iter().all(|rule| !["filing_days", "revocation_years"].contains(&rule.name.as_str()))
    );
    assert_eq!(effective.poll.nonresponse, PollRules::national().nonresponse);

    let refused = |convenor: Value| -> Vec<String> {
        let refused = resolve(pack, None, Some(&says(json!({}))), &says(convenor)).unwrap_err();
        refused.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        refused(json!({ "registration": [1, 1], "objection_days": 9 })),
        [
            "objection_days is for the community's by-laws to say, not for the convenor: \
             worked example: the result may be objected to for 3 days",
            "registration is for the pack of opinion polls to say, not for the convenor: \
             worked example: two thirds of the owners register, by heads and by area",
        ]
    );
    assert_eq!(refused(json!({ "filing_days": 3 })), ["filing_days is no rule of a vote"]);
    assert_eq!(refusals(json!({ "registration": [2, 3] }), json!({})), ["registration is no rule of a vote"]);
    let mut of_a_city = city("beijing").clone();
    of_a_city.says.insert("registration".into(), pack.says["registration"].clone());
    assert_eq!(of_a_city.faults().len(), 1, "no city says it");
}

#[test]
fn who_said_a_value_is_told_with_it() {
    let shanghai = city("shanghai");
    let effective = resolve(
        shanghai,
        None,
        Some(&says(json!({ "rank_rule": "AREA_HEADS", "objection_days": 10 }))),
        &says(json!({ "window_days": { "min": 7, "max": 14 } })),
    )
    .unwrap();
    assert_eq!(value(&effective, "quorum"), (&json!([2, 3]), Voice::Law));
    assert_eq!(value(&effective, "mask_profile"), (&json!("BY_ROLE"), Voice::Platform));
    assert_eq!(value(&effective, "notice_days"), (&json!(15), Voice::Nation));
    assert_eq!(value(&effective, "first_meeting_days"), (&json!(90), Voice::City));
    assert_eq!(value(&effective, "rank_rule"), (&json!("AREA_HEADS"), Voice::Bylaws));
    assert_eq!(value(&effective, "window_days"), (&json!({ "min": 7, "max": 14 }), Voice::Convenor));
    assert_eq!(effective.poll.objection_days, 10);
    assert_eq!(effective.poll.pack, "shanghai-2020");
}

#[test]
fn what_is_said_as_it_is_stays_with_whom_said_it_first() {
    let effective = nation_with(json!({ "term_years": 5 }), json!({})).unwrap();
    assert_eq!(value(&effective, "term_years"), (&json!(5), Voice::Nation));
}

#[test]
fn what_is_another_s_to_say_is_refused_with_the_source_named() {
    assert_eq!(
        refusals(json!({ "quorum": [1, 1] }), json!({ "head_key": "HOME" })),
        [
            "quorum is for the law to say, not for the community's by-laws: \
             Civil Code 278: two thirds or more of heads and of area",
            "head_key is for the law to say, not for the convenor: SPC interpretation on 区分所有权, art. 9",
        ]
    );
    assert_eq!(
        refusals(json!({ "notice_days": 7 }), json!({ "rank_rule": "AREA_HEADS" })),
        [
            "notice_days is for the city's pack to say, not for the community's by-laws: \
             Property Management Regulation 14: 15 days",
            "rank_rule is for the community's by-laws to say, not for the convenor: \
             Shanghai and Lin'an practice: heads, then area",
        ]
    );
    assert_eq!(refusals(json!({ "points_cash": true }), json!({})).len(), 1);
    assert_eq!(refusals(json!({ "colour": 1 }), json!({})), ["colour is no rule of a vote"]);
}

#[test]
fn what_silence_means_is_for_bylaws_that_passed_and_for_nobody_before_them() {
    let silence = || json!({ "nonresponse": "ABSTAIN", "nonresponse_clause": "第十二条" });
    let unfiled =
        "silence counts only by a clause that the owners passed and filed, and no by-laws on record have one";
    let convenor = |asks: Value| resolve(city("national"), None, None, &says(asks));
    assert_eq!(convenor(silence()).unwrap_err()[0].to_string(), unfiled);
    assert!(convenor(json!({ "nonresponse": "NOT_PARTICIPATED" })).is_ok());
    assert_eq!(nation_with(silence(), json!({})).unwrap().poll.nonresponse, Nonresponse::Abstain);
}

#[test]
fn a_lower_voice_departs_only_the_way_it_may() {
    assert_eq!(
        refusals(json!({ "objection_days": 3 }), json!({})),
        ["objection_days may be no less than the 7 of the nation, and is 3: local rules; Qingyuan 15 days"]
    );
    assert_eq!(
        refusals(
            json!({ "window_days": { "min": 7, "max": 20 } }),
            json!({ "window_days": { "min": 7, "max": 21 } })
        ),
        ["window_days may be within the {\"max\":20,\"min\":7} of the community's by-laws, \
             and is {\"max\":21,\"min\":7}: the community's by-laws, within: Hangzhou 20: 5 to 60 days"]
    );
    assert_eq!(refusals(json!({ "nonresponse_excluded": [3] }), json!({})).len(), 1);
    assert!(nation_with(json!({ "nonresponse_excluded": [3, 5, 6, 7, 8] }), json!({})).is_ok());
    assert!(nation_with(json!({ "service_methods": ["POST"] }), json!({})).is_ok());
    assert_eq!(refusals(json!({ "committee_size": { "min": 3, "max": 7 } }), json!({})).len(), 1);
    assert_eq!(refusals(json!({ "proxy_cap": 4 }), json!({})).len(), 1);
}

#[test]
fn what_is_of_another_form_is_refused_with_its_bounds() {
    for (name, wrong, bounds) in [
        ("term_years", json!(6), "a whole number from 1 to 5"),
        ("term_years", json!("5"), "a whole number from 1 to 5"),
        ("term_years", json!(-1), "a whole number from 1 to 5"),
        ("alternates_ratio", json!([1, 0]), "a share from 0/1 to 1/1, as [numerator, denominator]"),
        ("window_days", json!({ "min": 9, "max": 5 }), "a range {min, max} within 1 to 366"),
        ("rank_rule", json!("LOT"), "one of HEADS_AREA, AREA_HEADS, RATIO_SUM"),
        ("service_methods", json!(["POST", "POST"]), "a list, each once, of IN_PERSON, POST, REGISTERED_APP"),
        ("nonresponse_clause", json!(7), "a text of up to 200 characters, or null"),
        ("count_special_spaces", json!(1), "true or false"),
    ] {
        let refused = nation_with(json!({ name: wrong }), json!({})).unwrap_err();
        assert_eq!(refused.len(), 1, "{name}");
        assert_eq!(refused[0].to_string(), format!("{name} is {bounds}"));
        assert_eq!(refused[0].of(), Some((Voice::Bylaws, name)));
        assert!(refused[0].is_form());
    }
}

#[test]
fn the_law_s_own_faults_come_last() {
    assert_eq!(
        refusals(json!({ "nonresponse": "FOLLOW_MAJORITY" }), json!({})),
        ["silence may count only by a clause of the community's filed rules, and none is named"]
    );
}

#[test]
fn a_city_caps_alternates_and_a_term_has_its_least_years() {
    let mut capped = city("shanghai").clone();
    let half = json!({ "value": [1, 2], "source": "Huzhou: half of the seats" });
    capped.says.insert("alternates_cap".into(), serde_json::from_value(half).unwrap());
    let refused = |bylaws: Value| -> Vec<String> {
        let refused = resolve(&capped, None, Some(&says(bylaws)), &Says::new()).unwrap_err();
        refused.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        refused(json!({ "alternates_ratio": [3, 5] })),
        ["3/5 alternates a seat are more than the 1/2 that the city allows: Huzhou: half of the seats"]
    );
    assert_eq!(
        refused(json!({ "term_years": 2 })),
        ["a term of 2 years is shorter than the 3 of the city: Shanghai: 3 to 5 years"]
    );
}

#[test]
fn a_small_complex_may_have_a_small_committee_where_its_city_says_so() {
    let seats = |pack: &str, homes: u64, area: u64| {
        let size = Size { homes, area: Area(area) };
        let effective = resolve(city(pack), Some(size), None, &Says::new()).unwrap();
        let allowed: Vec<u32> = (1..8).filter(|seats| effective.poll.allows_seats(*seats)).collect();
        (allowed, effective.poll.min_committee)
    };
    assert_eq!(seats("beijing", 100, 9_000_000), (vec![3, 5, 7], 3));
    assert_eq!(seats("beijing", 101, 9_000_000), (vec![5, 7], 5));
    assert_eq!(seats("shanghai", 400, 1_000_000), (vec![3, 5, 7], 3));
    assert_eq!(seats("shanghai", 100, 1_000_001), (vec![5, 7], 5));
    assert_eq!(seats("national", 1, 1), (vec![5, 7], 5));
}

#[test]
fn a_set_has_no_order_and_half_is_two_quarters() {
    let told = json!({ "nonresponse_excluded": [8, 7, 3, 6], "alternates_ratio": [30, 100] });
    let effective = nation_with(told, json!({})).unwrap();
    assert_eq!(value(&effective, "nonresponse_excluded"), (&json!([3, 6, 7, 8]), Voice::Nation));
    assert_eq!(value(&effective, "alternates_ratio"), (&json!([3, 10]), Voice::Nation));
    let more = nation_with(json!({ "nonresponse_excluded": [8, 7, 3, 6, 1] }), json!({})).unwrap();
    assert_eq!(value(&more, "nonresponse_excluded"), (&json!([1, 3, 6, 7, 8]), Voice::Bylaws));
}

#[test]
fn owners_are_told_as_long_before_as_the_meeting_and_what_is_voted_on_ask() {
    let told = |pack: &str, bylaws: Value, convenor: Value| {
        let effective = resolve(city(pack), None, Some(&says(bylaws)), &says(convenor)).unwrap();
        let poll = &effective.poll;
        (poll.told_before(false), poll.told_before(true), value(&effective, "notice_days").1)
    };
    let extraordinary = || json!({ "meeting": "EXTRAORDINARY" });
    assert_eq!(told("national", json!({}), json!({})), (15, 15, Voice::Nation));
    assert_eq!(told("hangzhou", json!({}), json!({})), (15, 15, Voice::City));
    // Hangzhou 19: seven days of an extraordinary meeting; candidates hang out for fifteen all the same.
    assert_eq!(told("hangzhou", json!({}), extraordinary()), (7, 15, Voice::City));
    assert_eq!(told("hangzhou", extraordinary(), json!({})), (15, 15, Voice::City), "no by-laws make it one");
    assert_eq!(PollRules::worked_example().told_before(true), 3, "whom owners would choose is no committee");
}

#[test]
fn what_this_service_does_one_way_alone_nobody_says_otherwise() {
    for (name, other) in [
        ("one_ballot_per_head", json!(false)),
        ("only_published_items", json!(false)),
        ("alternates_need_threshold", json!(false)),
        ("bar_fee_arrears", json!(true)),
        ("notice_clear_days", json!(false)),
    ] {
        let refused = nation_with(json!({ name: other }), json!({})).unwrap_err();
        assert!(
            matches!(refused.as_slice(), [Refused::NotTheirs { who: Voice::Platform, .. }]),
            "{refused:?}"
        );
    }
}

#[test]
fn who_has_no_by_laws_yet_votes_by_what_is_asked_and_it_is_said_so() {
    let asked = says(json!({ "rank_rule": "AREA_HEADS" }));
    let effective = resolve(city("national"), None, None, &asked).unwrap();
    assert_eq!(value(&effective, "rank_rule"), (&json!("AREA_HEADS"), Voice::Convenor));
    let rule = effective.rules.iter().find(|rule| rule.name == "rank_rule").unwrap();
    assert_eq!(rule.source, "the convenor, within: Shanghai and Lin'an practice: heads, then area");
    let city_s = resolve(city("national"), None, None, &says(json!({ "notice_days": 1 }))).unwrap_err();
    assert_eq!(city_s.len(), 1, "what is the city's stays the city's");
}

#[test]
fn by_laws_yield_where_they_no_longer_fit() {
    let passed = says(json!({ "term_years": 2, "rank_rule": "AREA_HEADS" }));
    assert_eq!(still_holding(city("national"), None, passed.clone()), passed);
    let rest = says(json!({ "rank_rule": "AREA_HEADS" }));
    assert_eq!(still_holding(city("shanghai"), None, passed), rest);
    // A complex that has grown.
    let small = says(json!({ "committee_size": { "min": 3, "max": 7 } }));
    let size = |homes| Some(Size { homes, area: Area(9_000_000) });
    assert_eq!(still_holding(city("beijing"), size(100), small.clone()), small);
    assert_eq!(still_holding(city("beijing"), size(101), small), Says::new());
    let unlawful = says(json!({ "nonresponse": "ABSTAIN" }));
    assert_eq!(still_holding(city("national"), None, unlawful), Says::new());
}

/// A value within a parameter's bounds.
fn any_value(kind: &Kind) -> BoxedStrategy<Value> {
    match kind.clone() {
        Kind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Whole { least, most } => (least..=most).prop_map(Value::from).boxed(),
        Kind::Share { least, most } => (0_u32..20, 1_u32..8)
            .prop_filter("within bounds", move |(num, den)| {
                (least..=most).contains(&Ratio::new(*num, *den).unwrap())
            })
            .prop_map(|(num, den)| json!([num, den]))
            .boxed(),
        Kind::Range { least, most } => (least..=most, least..=most)
            .prop_map(|(one, other)| json!({ "min": one.min(other), "max": one.max(other) }))
            .boxed(),
        Kind::Choice(words) | Kind::Order(words) => {
            proptest::sample::select(words).prop_map(Value::from).boxed()
        }
        Kind::Set(members) => {
            let most = members.len();
            proptest::sample::subsequence(members, 0..=most).prop_shuffle().prop_map(Value::from).boxed()
        }
        Kind::Text(_) => "[a-z]{1,5}".prop_map(Value::from).boxed(),
    }
}

/// One or two things that a voice may say.
fn any_says(voice: Voice) -> impl Strategy<Value = Says> {
    let theirs: Vec<_> = parameter::all().iter().filter(|parameter| parameter.is_for(voice)).collect();
    let one = proptest::sample::select(theirs)
        .prop_flat_map(|parameter| (Just(parameter.name.clone()), any_value(&parameter.kind)));
    proptest::collection::vec(one, 1..3).prop_map(|all| all.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is said within its bounds holds just where each voice departs from the one above it as it may, and
    /// nothing then falls short of the law; what holds is what was last said, by whom it was said.
    #[test]
    fn nobody_gets_beyond_their_right(
        bylaws in any_says(Voice::Bylaws), convenor in any_says(Voice::Convenor), pack in 0_usize..4,
    ) {
        let pack = &pack::all()[pack];
        let city = resolve(pack, None, None, &Says::new()).unwrap();
        let above = |name: &str| city.rules.iter().find(|rule| rule.name == name).unwrap().value.clone();
        let may = |name: &String, from: &Value, to: &Value| parameter::find(name).unwrap().may_depart(from, to);
        let bylaws_may = bylaws.iter().all(|(name, value)| may(name, &above(name), value));
        let convenor_may = convenor
            .iter()
            .all(|(name, value)| may(name, bylaws.get(name).unwrap_or(&above(name)), value));
        match resolve(pack, None, Some(&bylaws), &convenor) {
            Err(refused) => {
                let beyond = refused.iter().any(|why| matches!(why, Refused::Beyond { .. }));
                prop_assert_ne!(beyond, bylaws_may && convenor_may, "{:?}", refused);
            }
            Ok(effective) => {
                prop_assert!(bylaws_may && convenor_may);
                prop_assert_eq!(effective.poll.faults(), []);
                for rule in &effective.rules {
                    let kind = &parameter::find(&rule.name).unwrap().kind;
                    let said = convenor.get(&rule.name).or_else(|| bylaws.get(&rule.name));
                    let is_extraordinary = rule.name == "notice_days"
                        && value(&effective, "meeting") == (&json!("EXTRAORDINARY"), Voice::Convenor);
                    let unsaid = if is_extraordinary { "extraordinary_notice_days" } else { &rule.name };
                    let holds = said.map_or_else(|| above(unsaid), |said| kind.ordered(said));
                    prop_assert!(kind.is_same(&rule.value, &holds), "{:?} {}", rule, holds);
                    let is_city_s = kind.is_same(&rule.value, &above(unsaid));
                    let spoke = [Voice::Bylaws, Voice::Convenor].contains(&rule.said_by);
                    prop_assert!(spoke || is_city_s, "{:?}", rule);
                }
            }
        }
    }
}
