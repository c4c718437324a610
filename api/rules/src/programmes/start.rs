//! From when on a complex may found its owners' committee.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{quantity::Area, ratio::Ratio};

/// How far a complex has been delivered to its owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// 0.01 m².
    pub delivered: Area,
    /// All of its homes, in 0.01 m².
    pub whole: Area,
    /// When the first home was delivered, as whoever begins says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_on: Option<NaiveDate>,
}

/// What a city asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartCondition {
    /// The share of the area that has to be delivered.
    pub share: Ratio,
    /// After how many years since the first delivery less is enough; never where it is 0.
    pub years: u32,
    /// The share that is enough then.
    pub share_then: Ratio,
}

/// It is too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} of {} m² are delivered; it takes {}{}", delivery.delivered, delivery.whole, condition.share, condition.later())]
pub struct TooEarly {
    pub delivery: Delivery,
    pub condition: StartCondition,
}

impl StartCondition {
    /// The rules that say it.
    pub const RULES: [&str; 3] = ["start_delivered", "start_years", "start_years_delivered"];

    /// As these rules say it; nothing if one of them is not there.
    pub fn of(rules: &BTreeMap<String, Value>) -> Option<Self> {
        let [share, years, share_then] = Self::RULES.map(|name| rules.get(name));
        Some(Self {
            share: Ratio::deserialize(share?).ok()?,
            years: years?.as_u64()?.try_into().ok()?,
            share_then: Ratio::deserialize(share_then?).ok()?,
        })
    }

    /// Guidance rules, art. 8; Beijing 30, Shanghai 13, Hangzhou 22: so much of the area is delivered, or so many years
    /// have passed since the first delivery, and so much of it is.
    pub fn allows(self, delivery: Delivery, today: NaiveDate) -> Result<(), TooEarly> {
        let reaches =
            |share: Ratio| delivery.whole.0 > 0 && share.reached_by(delivery.delivered.0, delivery.whole.0);
        let is_old = || self.years > 0 && delivery.first_on.is_some_and(|first| self.passed(first, today));
        if reaches(self.share) || (is_old() && reaches(self.share_then)) {
            Ok(())
        } else {
            Err(TooEarly { delivery, condition: self })
        }
    }

    fn passed(self, first: NaiveDate, today: NaiveDate) -> bool {
        let months = Months::new(self.years.saturating_mul(12));
        first.checked_add_months(months).is_some_and(|day| day <= today)
    }

    fn later(self) -> String {
        match self.years {
            0 => String::new(),
            years => {
                format!(", or {} once {years} years have passed since the first delivery", self.share_then)
            }
        }
    }
}

impl Delivery {
    /// Read again from what the record tells of the beginning.
    pub fn of(facts: &Value) -> Option<Self> {
        facts.get("delivery").and_then(|delivery| Self::deserialize(delivery).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::{Says, pack, resolve};

    fn condition(city: &str) -> StartCondition {
        let rules = resolve(pack::find(city).unwrap(), None, None, &Says::new()).unwrap().rules;
        StartCondition::of(&rules.into_iter().map(|rule| (rule.name, rule.value)).collect()).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn each_city_has_its_share_and_some_their_years() {
        let today = day("2026-03-02");
        let allows = |city: &str, delivered: u64, first: Option<&str>| {
            let delivery =
                Delivery { delivered: Area(delivered), whole: Area(1000), first_on: first.map(day) };
            condition(city).allows(delivery, today).is_ok()
        };
        // Half and not a hundredth of a square metre less; Hangzhou three fifths.
        for (city, least) in [("national", 500), ("beijing", 500), ("shanghai", 500), ("hangzhou", 600)] {
            assert!(allows(city, least, None) && !allows(city, least - 1, None), "{city}");
        }
        // Hangzhou: three tenths after two years to the day; Shanghai: whatever is delivered then.
        assert!(allows("hangzhou", 300, Some("2024-03-02")) && !allows("hangzhou", 299, Some("2024-03-02")));
        assert!(!allows("hangzhou", 599, Some("2024-03-03")));
        assert!(allows("shanghai", 1, Some("2024-03-02")) && !allows("shanghai", 1, Some("2024-03-03")));
        // Elsewhere time alone is never enough.
        assert!(!allows("beijing", 499, Some("2001-01-01")) && !allows("national", 499, Some("2001-01-01")));
    }

    #[test]
    fn where_there_is_no_roll_nothing_is_delivered() {
        let nothing = Delivery { delivered: Area(0), whole: Area(0), first_on: None };
        let refused = condition("hangzhou").allows(nothing, day("2026-03-02")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "0.00 of 0.00 m² are delivered; it takes 3/5, or 3/10 once 2 years have passed since the first delivery"
        );
    }

    #[test]
    fn what_the_record_tells_is_read_again() {
        let delivery = Delivery { delivered: Area(1), whole: Area(2), first_on: Some(day("2024-02-29")) };
        assert_eq!(Delivery::of(&serde_json::json!({ "delivery": delivery })), Some(delivery));
    }
}
