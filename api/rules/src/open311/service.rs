//! Which categories are open to strangers, and what is asked about each: `data/open311.json`, embedded and read once.

use std::sync::LazyLock;

use chrono::DateTime;
use serde::Deserialize;

use crate::incidents::{Category, category};

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the table is part of the program; a test reads it")]
    serde_json::from_str(include_str!("../../data/open311.json")).expect("data/open311.json is well formed")
});

/// Beside the services stands why each other category is withheld; only a test reads that.
#[derive(Debug, Deserialize)]
struct Table {
    services: Vec<Service>,
}

/// A category that is open to strangers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The category's code.
    pub code: String,
    /// What it is grouped under, as people call it.
    pub group: String,
    pub description: String,
    pub keywords: Vec<String>,
    /// What is asked about it, in the order of asking; empty where nothing is.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    pub code: String,
    /// False for a notice that nobody answers.
    #[serde(default = "asked")]
    pub variable: bool,
    pub datatype: Datatype,
    #[serde(default)]
    pub required: bool,
    /// The question.
    pub description: String,
    /// How to answer it.
    pub hint: String,
    /// What can be chosen, for the two lists.
    #[serde(default)]
    pub values: Vec<Choice>,
}

fn asked() -> bool {
    true
}

/// One of the answers that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub key: String,
    pub name: String,
}

/// How an answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datatype {
    String,
    Number,
    Datetime,
    Text,
    SingleValueList,
    MultiValueList,
}

impl Datatype {
    /// As the convention writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Datetime => "datetime",
            Self::Text => "text",
            Self::SingleValueList => "singlevaluelist",
            Self::MultiValueList => "multivaluelist",
        }
    }
}

/// The most that an answer may have, in letters.
pub const ANSWER: usize = 500;

/// Why an answer is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("an answer is required")]
    Missing,
    #[error("one answer is expected")]
    Several,
    #[error("it has more than {ANSWER} letters")]
    TooLong,
    #[error("a number is expected")]
    NotANumber,
    #[error("a time with its zone is expected, as 2026-11-25T08:00:00+08:00")]
    NotATime,
    #[error("it is not one of the values")]
    NotAValue,
}

/// Every open category, in the order of the categories.
pub fn all() -> &'static [Service] {
    &TABLE.services
}

/// The open category with this code.
pub fn find(code: &str) -> Option<&'static Service> {
    all().iter().find(|service| service.code == code)
}

impl Service {
    /// The category that it opens.
    pub fn category(&self) -> Option<&'static Category> {
        category::find(&self.code)
    }
}

impl Attribute {
    /// The answers to it in words, for whoever handles the report; nothing where none was given and none is needed.
    ///
    /// # Errors
    /// Which rule they break.
    pub fn read(&self, answers: &[&str]) -> Result<Option<String>, Misfit> {
        let answers: Vec<&str> = answers.iter().map(|one| one.trim()).filter(|one| !one.is_empty()).collect();
        match answers.as_slice() {
            [] if self.required => return Err(Misfit::Missing),
            [] => return Ok(None),
            [_, _, ..] if self.datatype != Datatype::MultiValueList => return Err(Misfit::Several),
            _ => {}
        }
        let words: Result<Vec<&str>, Misfit> =
            answers.into_iter().map(|answer| self.read_one(answer)).collect();
        Ok(Some(words?.join("、")))
    }

    fn read_one<'a>(&'a self, answer: &'a str) -> Result<&'a str, Misfit> {
        if answer.chars().count() > ANSWER {
            return Err(Misfit::TooLong);
        }
        match self.datatype {
            Datatype::String | Datatype::Text => Ok(answer),
            Datatype::Number if is_number(answer) => Ok(answer),
            Datatype::Number => Err(Misfit::NotANumber),
            Datatype::Datetime if DateTime::parse_from_rfc3339(answer).is_ok() => Ok(answer),
            Datatype::Datetime => Err(Misfit::NotATime),
            Datatype::SingleValueList | Datatype::MultiValueList => {
                let chosen = self.values.iter().find(|value| value.key == answer);
                chosen.map(|value| value.name.as_str()).ok_or(Misfit::NotAValue)
            }
        }
    }
}

/// Digits with at most one point between them, and a sign before them if there is one.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let size = text.strip_prefix(['-', '+']).unwrap_or(text);
    match size.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(size),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::moderation;

    #[test]
    fn strangers_learn_of_nothing_that_neighbours_do_not() {
        let withheld =
            all().iter().filter(|one| moderation::audience(&one.code) != moderation::Audience::Public);
        assert_eq!(withheld.map(|one| &one.code).collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn of_every_ticket_it_is_said_whether_it_is_open() {
        let tickets = category::all().iter().filter(|one| one.is_ticket()).map(|one| one.code.as_str());
        let open = all().iter().map(|one| one.code.as_str());
        let table: serde_json::Value = serde_json::from_str(include_str!("../../data/open311.json")).unwrap();
        let withheld = table["withheld"].as_array().unwrap();
        assert!(withheld.iter().all(|one| one["why"].as_str().is_some_and(|why| !why.is_empty())));
        let withheld = withheld.iter().map(|one| one["code"].as_str().unwrap());
        let said: Vec<&str> = open.chain(withheld).collect();
        assert_eq!(said.iter().copied().collect::<BTreeSet<_>>(), tickets.collect());
        assert_eq!(said.len(), said.iter().collect::<BTreeSet<_>>().len(), "each once");
    }

    #[test]
    fn what_accuses_or_describes_somebody_is_not_open() {
        for private in ["NEIGHBOUR_NOISE", "VULNERABLE_PERSON", "PROPERTY_SERVICE", "HOME_SEEPAGE", "FIRE"] {
            assert!(find(private).is_none(), "{private}");
        }
    }

    #[test]
    fn attributes_are_well_made() {
        for service in all() {
            let codes: BTreeSet<&str> = service.attributes.iter().map(|one| one.code.as_str()).collect();
            assert_eq!(codes.len(), service.attributes.len(), "{}: each code once", service.code);
            for one in &service.attributes {
                let is_list = matches!(one.datatype, Datatype::SingleValueList | Datatype::MultiValueList);
                assert_eq!(is_list, !one.values.is_empty(), "{} {}", service.code, one.code);
                assert!(
                    one.variable || !one.required,
                    "{} {}: a notice is not answered",
                    service.code,
                    one.code
                );
            }
        }
    }

    fn attribute(code: &str, attribute: &str) -> &'static Attribute {
        find(code).unwrap().attributes.iter().find(|one| one.code == attribute).unwrap()
    }

    #[test]
    fn answers_are_read_by_their_type() {
        let fault = attribute("ELEVATOR_FAULT", "fault");
        assert_eq!(fault.read(&["DOOR"]), Ok(Some("开关门异常".into())));
        assert_eq!(fault.read(&["DOOR", "NOISE"]), Err(Misfit::Several));
        assert_eq!(fault.read(&["WINDOW"]), Err(Misfit::NotAValue));
        assert_eq!(fault.read(&[" ", ""]), Err(Misfit::Missing));
        let number = attribute("ELEVATOR_FAULT", "lift_number");
        assert_eq!(number.read(&[]), Ok(None));
        assert_eq!(number.read(&[&"长".repeat(ANSWER + 1)]), Err(Misfit::TooLong));
        assert_eq!(number.read(&[&"长".repeat(ANSWER)]).map(|one| one.is_some()), Ok(true));
        let blocked = attribute("FIRE_LANE_BLOCKED", "blocked_by");
        assert_eq!(blocked.read(&["CAR", "GOODS"]), Ok(Some("汽车、杂物".into())));
        let heard = attribute("CONSTRUCTION_NOISE", "heard_at");
        assert_eq!(heard.read(&["2026-11-25T23:10:00"]), Err(Misfit::NotATime), "a zone is mandatory");
        assert!(heard.read(&["2026-11-25T23:10:00Z"]).is_ok());
    }

    #[test]
    fn numbers_are_whole_or_have_one_point() {
        for good in ["0", "12", "-3", "+4", "1.50"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", ".", "1.", ".5", "1.2.3", "1e3", "三", "NaN"] {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
