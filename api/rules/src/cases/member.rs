//! A member of a case together with its JSON pointer, so that every refusal can say where.

use std::fmt::Display;

use chrono::NaiveDate;
use serde_json::Value;

use super::{CaseError, MAX_NAME, MAX_SMALL};
use crate::quantity::MAX_EXACT;

/// The values of an enum by the names they have in a case.
pub(super) type Names<T> = &'static [(&'static str, T)];

pub(super) struct Member<'a> {
    value: &'a Value,
    pointer: String,
}

impl<'a> Member<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, pointer: String::new() }
    }

    pub(super) fn pointer_to(&self, step: impl Display) -> String {
        let step = step.to_string().replace('~', "~0").replace('/', "~1");
        format!("{}/{step}", self.pointer)
    }

    pub(super) fn object(&self) -> Result<&'a serde_json::Map<String, Value>, CaseError> {
        self.value.as_object().ok_or_else(|| self.wrong("an object"))
    }

    /// Refuses members beyond these; what labels a case may stand at its top.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), CaseError> {
        const LABELS: [&str; 4] = ["id", "case", "note", "expect"];
        let labelled = |name: &str| self.pointer.is_empty() && LABELS.contains(&name);
        match self.object()?.keys().find(|name| !known.contains(&name.as_str()) && !labelled(name)) {
            // The name is the sender's: it is repeated no longer than ours may be.
            Some(stranger) => Err(CaseError::UnknownMember {
                pointer: self.pointer_to(stranger.chars().take(MAX_NAME).collect::<String>()),
            }),
            None => Ok(()),
        }
    }

    pub(super) fn optional(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name)?;
        Some(Self { value, pointer: self.pointer_to(name) })
    }

    pub(super) fn required(&self, name: &str) -> Result<Self, CaseError> {
        self.object()?;
        self.optional(name).ok_or_else(|| self.missing(name))
    }

    pub(super) fn missing(&self, name: &str) -> CaseError {
        CaseError::Missing { pointer: self.pointer_to(name) }
    }

    pub(super) fn items(&self, most: usize) -> Result<impl Iterator<Item = Self>, CaseError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        if items.len() > most {
            return Err(self.wrong(format!("a list of at most {most} items, not {}", items.len())));
        }
        let at = |(at, value)| Self { value, pointer: self.pointer_to(at) };
        Ok(items.iter().enumerate().map(at))
    }

    pub(super) fn text(&self) -> Result<&'a str, CaseError> {
        self.value.as_str().ok_or_else(|| self.wrong("a string"))
    }

    pub(super) fn name(&self) -> Result<&'a str, CaseError> {
        let text = self.text()?;
        if text.is_empty() || text.chars().count() > MAX_NAME {
            return Err(self.wrong(format!("a string of 1 to {MAX_NAME} characters")));
        }
        Ok(text)
    }

    pub(super) fn one_of<T: Copy>(&self, names: Names<T>) -> Result<T, CaseError> {
        let found = self.value.as_str().and_then(|text| names.iter().find(|(name, _)| *name == text));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            self.wrong(format!("one of {}", names.join(", ")))
        })
    }

    pub(super) fn boolean(&self) -> Result<bool, CaseError> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    pub(super) fn whole(&self, least: u64, most: u64) -> Result<u64, CaseError> {
        self.value
            .as_u64()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| self.wrong(format!("a whole number from {least} to {most}")))
    }

    pub(super) fn small(&self, least: u64) -> Result<u32, CaseError> {
        let number = self.whole(least, MAX_SMALL)?;
        u32::try_from(number).map_err(|_| self.wrong("a smaller number"))
    }

    pub(super) fn signed(&self) -> Result<i64, CaseError> {
        self.value
            .as_i64()
            .filter(|number| number.unsigned_abs() <= MAX_EXACT)
            .ok_or_else(|| self.wrong(format!("a whole number from -{MAX_EXACT} to {MAX_EXACT}")))
    }

    /// A date as `2026-11-23`, in the years 1900 to 2999.
    pub(super) fn date(&self) -> Result<NaiveDate, CaseError> {
        let year_month_day = |text: &str| {
            let (year, rest) = text.split_once('-')?;
            let (month, day) = rest.split_once('-')?;
            let digits = |part: &str, places: usize| {
                (part.len() == places && part.bytes().all(|byte| byte.is_ascii_digit()))
                    .then(|| part.parse().ok())?
            };
            let year: u32 = digits(year, 4).filter(|year| (1900..3000).contains(year))?;
            NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, digits(month, 2)?, digits(day, 2)?)
        };
        self.value
            .as_str()
            .and_then(year_month_day)
            .ok_or_else(|| self.wrong("a date as 2026-11-23, in the years 1900 to 2999"))
    }

    pub(super) fn wrong(&self, wanted: impl Into<String>) -> CaseError {
        CaseError::Wrong { pointer: self.pointer.clone(), wanted: wanted.into() }
    }

    pub(super) fn impossible(&self, reason: impl Display) -> CaseError {
        CaseError::Impossible { pointer: self.pointer.clone(), reason: reason.to_string() }
    }
}

/// A parameter of the case's policy, or its default where the case names none.
pub(super) fn in_policy<'a, T: Default>(
    policy: Option<&Member<'a>>,
    name: &str,
    read: impl Fn(&Member<'a>) -> Result<T, CaseError>,
) -> Result<T, CaseError> {
    policy.and_then(|policy| policy.optional(name)).map_or(Ok(T::default()), |member| read(&member))
}
