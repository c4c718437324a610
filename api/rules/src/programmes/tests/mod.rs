//! Templates that are as they should be, each way in which one is not, and programmes that run.

mod courses;
mod deeds;
mod faults;

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::Value;

use super::{
    check::check,
    course::Terms,
    module::{Kind, Nature},
    template::{Template, built_in},
};
use crate::{
    calendar::Calendar,
    packs::{InForce, Says, pack, parameter, resolve},
};

fn rules_of(pack: &str) -> Vec<InForce> {
    resolve(pack::find(pack).unwrap(), None, None, &Says::new()).unwrap().rules
}

/// The nation's rules that a template names.
fn rules_for(template: &Template) -> BTreeMap<String, Value> {
    let named = template.rules_named();
    let rules = rules_of("national").into_iter().filter(|rule| named.contains(rule.name.as_str()));
    rules.map(|rule| (rule.name, rule.value)).collect()
}

fn terms<'a>(template: &'a Template, rules: &'a BTreeMap<String, Value>) -> Terms<'a> {
    Terms { template, rules, calendar: Calendar::shipped() }
}

#[test]
fn what_comes_with_the_service_is_as_it_should_be_in_every_city() {
    let names: Vec<_> = built_in().iter().map(|template| template.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "found-committee",
            "re-election",
            "by-election",
            "removal",
            "ordinary-matter",
            "special-matter",
            "part-matter",
            "emergency-repair",
            "opinion-poll"
        ]
    );
    for template in built_in() {
        for pack in pack::all().iter().filter(|pack| !pack.opinion) {
            let findings = check(template, &super::Lines::default(), &rules_of(&pack.name));
            assert_eq!(findings, [], "{} in {}", template.name, pack.name);
        }
    }
}

#[test]
fn every_rule_that_a_template_names_is_one_that_the_service_goes_by() {
    for template in built_in() {
        for name in template.rules_named() {
            assert!(parameter::find(name).is_some_and(|rule| rule.applied), "{}: {name}", template.name);
        }
    }
}

#[test]
fn each_kind_is_hot_or_cold_and_may_end() {
    let hot: Vec<_> =
        Kind::ALL.iter().filter(|kind| kind.nature() == Nature::Hot).map(|kind| kind.code()).collect();
    assert_eq!(hot, ["DELIBERATION", "SUPERVISION_NOTE"]);
    for kind in Kind::ALL {
        assert!(!kind.endings().is_empty());
        assert!(
            kind.ending_when_time_is_up().is_none_or(|ending| kind.endings().contains(&ending)),
            "{kind}"
        );
    }
}

#[test]
fn modules_are_told_in_the_order_of_the_course() {
    for template in built_in() {
        let names: Vec<_> = template.in_order().into_iter().map(|(name, _)| name).collect();
        for (place, name) in names.iter().enumerate() {
            let gates = template.modules[*name].after.iter().flatten();
            for gate in gates {
                let before = names.iter().position(|one| **one == gate.module);
                assert!(
                    before.is_some_and(|before| before < place),
                    "{}: {name} before {gate:?}",
                    template.name
                );
            }
        }
        assert_eq!(names.len(), template.modules.len());
    }
}

#[test]
fn what_people_agree_is_advice_unless_owners_vote_after_it() {
    for template in built_in() {
        for name in template.modules.keys() {
            assert!(!template.is_advice(name), "{} {name}: owners vote, or nobody talks", template.name);
        }
    }
    let text = include_str!("../../../data/programmes/ordinary_matter.toml");
    let votes = text.find("[modules.roll]").unwrap();
    let (talk, _) = Template::read(&text[..votes]).unwrap();
    assert!(talk.is_advice("deliberation"));
    let facts = serde_json::json!({ "module": "deliberation", "ending": "AGREED", "because": "DONE" });
    let course = super::Course { steps: BTreeMap::new(), pauses: Vec::new(), ended: None };
    let told = |template: &Template| {
        let at = DateTime::UNIX_EPOCH;
        super::timeline::words("PROGRAMME_MODULE_ENDED", &facts, at, (template, &course)).unwrap()
    };
    assert!(told(&talk).zh.ends_with("，仅供参考）。") && told(&talk).en.ends_with(", as advice)."));
    let (whole, _) = Template::read(text).unwrap();
    assert!(!told(&whole).zh.contains("参考"));
}

#[test]
fn a_template_is_the_same_after_it_was_kept() {
    for template in built_in() {
        let kept = serde_json::to_string(template).unwrap();
        assert_eq!(serde_json::from_str::<Template>(&kept).unwrap(), *template);
    }
}
