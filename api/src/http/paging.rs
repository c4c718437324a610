//! Lists a page at a time: `{items, next_cursor?}`. A cursor is opaque, and authenticated together with the list,
//! its filter and the viewer, so that nobody can make one up or carry it elsewhere.

use std::str::FromStr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::problem::{CURSOR_INVALID, Result};
use crate::pii::Vault;

/// How much of a list, and from where.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Items a page, 1 to 100; larger is lowered.
    #[garde(range(min = 1, max = 1_000_000))]
    #[param(minimum = 1, maximum = 1_000_000, default = 20, example = 20)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 500))]
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

impl Page {
    /// Items to give.
    pub fn limit(&self) -> u64 {
        u64::from(self.limit.unwrap_or(20).clamp(1, 100))
    }
}

/// Where a row stands in a list by a moment: at that moment, and by its id among those of the same.
pub fn by_time(at: DateTime<Utc>, id: Uuid) -> String {
    format!("{} {id}", at.timestamp_micros())
}

/// Reads what [`by_time`] wrote.
pub fn time_and_id(position: &str) -> Result<(DateTime<Utc>, Uuid)> {
    let read =
        |(at, id): (&str, &str)| Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?));
    position.split_once(' ').and_then(read).ok_or_else(|| CURSOR_INVALID.plain())
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    #[schema(max_items = 100)]
    pub items: Vec<T>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub next_cursor: Option<String>,
}

/// The cursors of one list, for one filter and one viewer.
#[derive(Debug)]
pub struct Cursors<'a> {
    vault: &'a Vault,
    list: String,
    viewer: Uuid,
}

impl<'a> Cursors<'a> {
    /// `list` names the list and its filter.
    pub fn new(vault: &'a Vault, list: impl Into<String>, viewer: Uuid) -> Self {
        Self { vault, list: list.into(), viewer }
    }

    fn tag(&self, position: &[u8]) -> [u8; 32] {
        self.vault.mac(&[b"cursor", self.list.as_bytes(), self.viewer.as_bytes(), position])
    }

    pub fn seal(&self, position: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([&self.tag(position.as_bytes())[..], position.as_bytes()].concat())
    }

    pub fn open(&self, cursor: &str) -> Result<String> {
        let invalid = || CURSOR_INVALID.plain();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let (tag, position) = bytes.split_at_checked(32).ok_or_else(invalid)?;
        if !bool::from(tag.ct_eq(&self.tag(position))) {
            return Err(invalid());
        }
        String::from_utf8(position.to_vec()).map_err(|_| invalid())
    }

    /// The position that a page starts after.
    pub fn after(&self, page: &Page) -> Result<Option<String>> {
        page.cursor.as_deref().map(|cursor| self.open(cursor)).transpose()
    }

    /// The same, of a list whose rows stand by one value, such as their id.
    pub fn position<T: FromStr>(&self, page: &Page) -> Result<Option<T>> {
        self.after(page)?.map(|position| position.parse().map_err(|_| CURSOR_INVALID.plain())).transpose()
    }

    /// Turns `limit + 1` rows into a page; `position` tells where a row stands in the list.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        page: &Page,
        position: impl Fn(&R) -> String,
        show: impl FnMut(R) -> T,
    ) -> List<T> {
        let limit = usize::try_from(page.limit()).unwrap_or(100);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| self.seal(&position(last)));
        List { items: rows.into_iter().map(show).collect(), next_cursor }
    }
}
