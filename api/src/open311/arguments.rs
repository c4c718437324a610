//! What was asked: names with values, from a query or a form.

use chrono::{DateTime, Utc};
use rules::places::{DEGREE, LATITUDE, LONGITUDE, Position, millionths};

use super::ARGUMENT_INVALID;
use crate::http::problem::{Problem, Result};

/// Names with their values, in order. One that is blank is as good as absent.
#[derive(Clone, Debug, Default)]
pub struct Arguments(Vec<(String, String)>);

impl Arguments {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// These before those.
    pub fn before(self, others: Self) -> Self {
        Self(self.0.into_iter().chain(others.0).collect())
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The first value of a name.
    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// What stands between commas.
    pub fn listed<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let parts = self.all(name).flat_map(|value| value.split(','));
        parts.map(str::trim).filter(|part| !part.is_empty())
    }

    /// A moment, with its zone. A sender who forgets to encode a plus means no blank by it.
    pub fn moment(&self, name: &str) -> Result<Option<DateTime<Utc>>> {
        let read = |text: &str| {
            let moment = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
            moment.map(|moment| moment.to_utc()).map_err(|_| {
                invalid(
                    name,
                    "must be a time with its zone, as 2026-11-25T08:00:00Z or 2026-11-25T08:00:00+08:00",
                )
            })
        };
        self.get(name).map(read).transpose()
    }

    /// A whole number from 1 up to `most`.
    pub fn number(&self, name: &str, most: u64) -> Result<Option<u64>> {
        let read = |text: &str| {
            let number = text.parse().ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| invalid(name, &format!("must be a whole number from 1 to {most}")))
        };
        self.get(name).map(read).transpose()
    }

    /// A point on the map, in decimal degrees.
    pub fn position(&self) -> Result<Option<Position>> {
        let read = |name, text, most: i32| {
            let must = || format!("must be decimal degrees from -{0} to {0}", most / DEGREE);
            millionths(text, most).ok_or_else(|| invalid(name, &must()))
        };
        match (self.get("lat"), self.get("long")) {
            (None, None) => Ok(None),
            (Some(lat), Some(long)) => {
                Ok(Position::new(read("lat", lat, LATITUDE)?, read("long", long, LONGITUDE)?))
            }
            _ => Err(invalid("lat and long", "come together")),
        }
    }
}

/// That an argument does not fit, and how it should be.
pub fn invalid(name: &str, must: &str) -> Problem {
    ARGUMENT_INVALID.because(format!("{name} {must}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Arguments {
        Arguments::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn blank_is_absent() {
        let asked = asked(&[("a", " "), ("a", "x , ,y"), ("b", "")]);
        assert_eq!((asked.get("a"), asked.get("b"), asked.get("c")), (Some("x , ,y"), None, None));
        assert_eq!(asked.listed("a").collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn a_moment_has_a_zone() {
        let read = |text| asked(&[("at", text)]).moment("at");
        let eight: DateTime<Utc> = "2026-11-25T00:00:00Z".parse().unwrap();
        for good in ["2026-11-25T08:00:00+08:00", "2026-11-25T00:00:00Z", "2026-11-25T08:00:00 08:00"] {
            assert_eq!(read(good).unwrap(), Some(eight), "{good}");
        }
        for bad in ["2026-11-25", "2026-11-25T08:00:00", "yesterday", "1764000000"] {
            assert_eq!(read(bad).unwrap_err().code.name, "ARGUMENT_INVALID", "{bad}");
        }
        assert_eq!(read("").unwrap(), None);
    }

    #[test]
    fn a_point_has_both_its_degrees() {
        let read = |lat, long| asked(&[("lat", lat), ("long", long)]).position();
        assert_eq!(read("31.2304", "-121.5").unwrap(), Position::new(31_230_400, -121_500_000));
        assert_eq!(read("", " ").unwrap(), None);
        for (lat, long) in [("31.2304", ""), ("", "121"), ("91", "121"), ("31", "181"), ("north", "east")] {
            assert_eq!(read(lat, long).unwrap_err().code.name, "ARGUMENT_INVALID", "{lat} {long}");
        }
    }

    #[test]
    fn a_number_is_whole_and_bounded() {
        let read = |text| asked(&[("n", text)]).number("n", 1000);
        assert_eq!(
            (read("1").unwrap(), read("1000").unwrap(), read("").unwrap()),
            (Some(1), Some(1000), None)
        );
        for bad in ["0", "1001", "-1", "1.5", "many"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
