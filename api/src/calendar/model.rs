//! The calendar as the API tells it.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which year.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct YearPath {
    /// Of the common era.
    #[param(minimum = 1949, maximum = 9999)]
    pub year: i32,
}

/// Which days of a year are worked, as the State Council fixed it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarYear {
    #[schema(minimum = 1949, maximum = 9999)]
    pub year: i32,
    /// The notice that says so.
    #[schema(max_length = 200)]
    pub source: String,
    /// Days off; weekends are so without being listed.
    #[schema(max_items = 366)]
    pub holidays: Vec<NaiveDate>,
    /// Saturdays and Sundays that are worked in exchange (调休).
    #[schema(max_items = 366)]
    pub working_weekends: Vec<NaiveDate>,
    /// SHA-256 over year, source and days (`linli/calendar-year/1`).
    #[schema(min_length = 64, max_length = 64)]
    pub hash: String,
    /// The first day of the periods that go by it; nothing for the year that ships with the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_from: Option<NaiveDate>,
    /// When it was taken in; nothing for the year that ships with the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub version: i32,
}
