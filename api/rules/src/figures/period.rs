//! A month, as it is counted in China.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, Months, NaiveDate, TimeDelta, TimeZone, Utc};

/// Hours by which China's time is ahead.
const AHEAD: i32 = 8;

/// A month of China's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(NaiveDate);

impl Period {
    /// The month in which a moment is.
    pub fn of(at: DateTime<Utc>) -> Self {
        let local = (at + TimeDelta::hours(AHEAD.into())).date_naive();
        Self(local.with_day(1).unwrap_or(local))
    }

    /// Reads `2026-11`; from 2000 to 2999.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let is_number =
            |part: &str, letters| part.len() == letters && part.bytes().all(|one| one.is_ascii_digit());
        let fits = is_number(year, 4) && is_number(month, 2) && year.starts_with('2');
        let (year, month) = fits.then_some((year.parse().ok()?, month.parse().ok()?))?;
        NaiveDate::from_ymd_opt(year, month, 1).map(Self)
    }

    /// `202611`, which sorts as months do.
    pub fn number(self) -> i32 {
        self.0.year() * 100 + i32::try_from(self.0.month()).unwrap_or(0)
    }

    /// From [`Self::number`].
    pub fn from_number(number: i32) -> Option<Self> {
        Self::parse(&format!("{}-{:02}", number / 100, number % 100))
    }

    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }

    /// The moment at which it is over.
    pub fn end(self) -> DateTime<Utc> {
        let next = self.0.checked_add_months(Months::new(1)).unwrap_or(self.0);
        let midnight = next.and_time(chrono::NaiveTime::MIN);
        let zone = FixedOffset::east_opt(AHEAD * 3600);
        zone.and_then(|zone| zone.from_local_datetime(&midnight).single())
            .map_or_else(|| midnight.and_utc(), |end| end.to_utc())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_in_china() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(Period::of(at("2026-11-30T15:59:59Z")).to_string(), "2026-11");
        assert_eq!(Period::of(at("2026-11-30T16:00:00Z")).to_string(), "2026-12");
        let november = Period::parse("2026-11").unwrap();
        assert_eq!(november.end(), at("2026-11-30T16:00:00Z"));
        assert_eq!(november.number(), 202_611);
        assert_eq!(Period::from_number(202_611), Some(november));
        assert_eq!(Period::parse("2026-01").unwrap().before().to_string(), "2025-12");
        for bad in ["2026-13", "2026-1", "1999-01", "26-01", "2026", "2026-00", "20a6-01", "3000-01"] {
            assert_eq!(Period::parse(bad), None, "{bad}");
        }
    }
}
