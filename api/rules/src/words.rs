//! A sentence said twice: once for the residents, once for everybody else.

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};

/// One plain sentence in Chinese and in English, saying the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

impl Words {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// With another sentence behind it, if there is one.
    #[must_use]
    pub fn then(self, next: Option<Self>) -> Self {
        match next {
            Some(next) => {
                Self { zh: format!("{}{}", self.zh, next.zh), en: format!("{} {}", self.en, next.en) }
            }
            None => self,
        }
    }
}

/// A moment as people in China read it on a notice: `2026-11-23 18:00:00 +08:00`.
pub fn local(moment: DateTime<Utc>) -> String {
    const EIGHT_HOURS: i32 = 8 * 3600;
    match FixedOffset::east_opt(EIGHT_HOURS) {
        Some(china) => moment.with_timezone(&china).format("%Y-%m-%d %H:%M:%S %:z").to_string(),
        None => moment.to_rfc3339(),
    }
}
