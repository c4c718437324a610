//! The roll as the API tells it, and what a check of a file finds. No name, phone or ID number in the clear.

pub mod corrections;
pub mod representations;

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::roll::{HomeKind, HomeStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    file::{Checked, Refusal},
    plan::Plan,
};

/// The most refusals that one answer lists.
pub const REFUSALS: usize = 1_000;

/// What the roll of a complex comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollSummary {
    pub place_id: Uuid,
    /// Dwellings and shops. Parking bays, stalls and facilities are told in `by_kind` alone: they make heads and area in
    /// a vote whose rules count them (`count_special_spaces`), and facilities never.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub homes: i64,
    /// Voters in the count by persons: owner sets, and the developer once.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub heads: i64,
    /// In 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: i64,
    pub quorum: Quorum,
    #[schema(max_items = 3)]
    pub by_status: Vec<StatusSum>,
    #[schema(max_items = 3)]
    pub by_kind: Vec<KindSum>,
    /// SHA-256 over homes, kinds, areas, states and owners' ids.
    #[schema(min_length = 64, max_length = 64)]
    pub roll_hash: String,
    pub imported_at: DateTime<FixedOffset>,
    /// When an import last said anything new: from then on the roll is shown, and owners object to their entries. A vote
    /// locks it once that was for `prep_list_days`.
    pub shown_since: DateTime<FixedOffset>,
}

/// The least that must take part: two thirds of each (Civil Code 278).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollQuorum)]
pub struct Quorum {
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub heads: u64,
    /// In 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
}

/// The homes of one status.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollStatusSum)]
pub struct StatusSum {
    /// `DELIVERED`, `UNSOLD` or `SOLD_UNDELIVERED`.
    #[schema(value_type = HomeStatusName)]
    pub status: HomeStatus,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub homes: i64,
    /// In 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: i64,
}

/// What of one kind is on the roll.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollKindSum)]
pub struct KindSum {
    /// `HOME`, `PARKING` or `PUBLIC`.
    #[schema(value_type = HomeKindName)]
    pub kind: HomeKind,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub homes: i64,
    /// In 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: i64,
}

/// A dwelling or shop; a parking bay, garage, stall or store of its own; a public facility.
#[derive(ToSchema)]
#[schema(as = HomeKind, rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HomeKindName {
    Home,
    Parking,
    Public,
}

/// Whether the developer has parted with a home.
#[derive(ToSchema)]
#[schema(as = HomeStatus, rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HomeStatusName {
    Delivered,
    Unsold,
    SoldUndelivered,
}

/// How a file differs from the roll that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RollDifference)]
pub struct Difference {
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub new_buildings: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub new_homes: u64,
    /// Homes whose kind, area, status or owners differ, or the name or phones of an owner.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub changed_homes: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub unchanged_homes: u64,
    /// Homes of the roll that the file does not name; an import leaves them as they are, unless the file is the whole
    /// roll.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub unnamed_homes: u64,
    /// Homes that leave the roll, because the file is the whole of it and does not name them.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub removed_homes: u64,
}

impl Difference {
    /// Whether the roll says anything else than before.
    pub const fn changes_anything(&self) -> bool {
        self.new_homes > 0 || self.changed_homes > 0 || self.removed_homes > 0
    }
}

/// A home as people call it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RollHome)]
pub struct NamedHome {
    pub home_id: Uuid,
    /// Building, unit and room.
    #[schema(example = "1号楼 2单元 1O1", max_length = 400)]
    pub name: String,
}

/// One problem of one row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowRefusal {
    /// Row of the file, from 1.
    #[schema(minimum = 1, maximum = 1_048_576)]
    pub row: u64,
    /// The heading as the file has it.
    #[schema(max_length = 1_000)]
    pub column: String,
    #[schema(example = "DUPLICATE_HOME", max_length = 40)]
    pub problem: String,
    /// What stands in the cell, masked.
    #[schema(max_length = 1_000)]
    pub value: String,
    pub cure: RowCure,
    /// The earlier row that this one contradicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_048_576)]
    pub other_row: Option<u64>,
}

/// What the keeper of the roll can do about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowCure {
    #[schema(max_length = 200)]
    pub zh: &'static str,
    #[schema(max_length = 200)]
    pub en: &'static str,
}

impl From<&Refusal> for RowRefusal {
    fn from(refusal: &Refusal) -> Self {
        let name = serde_json::to_value(refusal.problem).ok();
        let cure = refusal.cure;
        Self {
            row: refusal.row,
            column: refusal.column.clone(),
            problem: name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned(),
            value: refusal.value.clone(),
            cure: RowCure { zh: cure.zh, en: cure.en },
            other_row: refusal.other_row,
        }
    }
}

/// What a dry run finds: what the whole roll would come to if the good rows were imported, the difference, and every
/// problem. An import of the same file into the same roll comes to the same.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollCheck {
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub homes: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub heads: u64,
    /// In 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub unsold: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub undelivered: u64,
    /// Parking bays, garages, stalls and stores, beside the homes.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub parking: u64,
    /// Public facilities, beside the homes.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub public: u64,
    #[schema(minimum = 0, maximum = 1_048_576)]
    pub good_rows: u64,
    /// Problems in all; `refused` has the first 1,000.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub refused_total: u64,
    #[schema(max_items = 1_000)]
    pub refused: Vec<RowRefusal>,
    /// Rows that only sum up others, such as 合计, and were passed over.
    #[schema(minimum = 0, maximum = 1_048_576)]
    pub footer_rows: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// The first 1,000 homes that leave the roll, as people call them.
    #[schema(max_items = 1_000)]
    pub removed: Vec<NamedHome>,
    /// The first 1,000 homes of which the file says otherwise than a correction: an import refuses it unless that is
    /// asked for.
    #[schema(max_items = 1_000)]
    pub contradicted: Vec<NamedHome>,
}

impl RollCheck {
    /// `list` is how many refusals to name.
    pub fn new(
        checked: &Checked,
        plan: &Plan,
        [removed, contradicted]: [Vec<NamedHome>; 2],
        list: usize,
    ) -> Self {
        let sum = &plan.sum;
        let [_, unsold, undelivered] = sum.by_status;
        Self {
            homes: sum.homes,
            heads: sum.heads,
            area: sum.area,
            unsold: unsold.0,
            undelivered: undelivered.0,
            parking: sum.parking.0,
            public: sum.public.0,
            good_rows: checked.good.iter().map(|_| 1).sum(),
            refused_total: checked.refused.iter().map(|_| 1).sum(),
            refused: checked.refused.iter().take(list).map(RowRefusal::from).collect(),
            footer_rows: checked.footers,
            difference: Some(plan.difference.clone()),
            removed,
            contradicted,
        }
    }
}

/// What an import came to; the result of its operation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Imported {
    /// Of the whole roll after the import.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub homes: u64,
    /// Parking bays, garages, stalls and stores, beside the homes.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub parking: u64,
    /// Public facilities, beside the homes.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub public: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub heads: u64,
    /// In 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
    #[schema(max_length = 64)]
    pub roll_hash: String,
    #[schema(minimum = 0, maximum = 1_048_576)]
    pub good_rows: u64,
    /// Problems of rows that were left out.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub refused_total: u64,
    /// Rows that only sum up others, and were passed over.
    #[schema(minimum = 0, maximum = 1_048_576)]
    pub footer_rows: u64,
    pub difference: Difference,
}

/// The form in which a roll is sent.
#[derive(ToSchema)]
pub struct RollUpload {
    /// CSV (UTF-8, UTF-16 or GBK) or XLSX, up to 32 MiB.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    pub file: Vec<u8>,
}

/// What to do with buildings that the complex does not have yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NewBuildings {
    /// A complex that has no buildings gets those of the file; otherwise they are refused as probable slips.
    #[default]
    Refuse,
    /// They are made.
    Add,
}

/// How much of the roll a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Coverage {
    /// Some homes: those that it does not name stay as they are.
    #[default]
    Part,
    /// All of them: a home that it does not name leaves the roll.
    Whole,
}

/// What to do with a file that has refused rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rows {
    /// Nothing is written while any row is refused.
    All,
    /// The good ones are taken.
    Good,
}

#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckQuery {
    /// Whether buildings that the complex lacks are refused (`REFUSE`) or made (`ADD`).
    #[garde(skip)]
    #[serde(default)]
    #[param(inline)]
    pub new_buildings: NewBuildings,
    /// Whether the file is a part of the roll (`PART`) or the whole (`WHOLE`): then a home that it does not name leaves
    /// the roll. A whole roll is imported without refused rows or not at all.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline)]
    pub coverage: Coverage,
}

#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Take the good rows and leave the others out; without it, any refused row refuses the file.
    #[garde(skip)]
    #[serde(default)]
    pub good_rows_only: bool,
    /// Whether buildings that the complex lacks are refused (`REFUSE`) or made (`ADD`).
    #[garde(skip)]
    #[serde(default)]
    #[param(inline)]
    pub new_buildings: NewBuildings,
    /// Whether the file is a part of the roll (`PART`) or the whole (`WHOLE`): then a home that it does not name leaves
    /// the roll. A whole roll is imported without refused rows or not at all.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline)]
    pub coverage: Coverage,
    /// Take the file where it says otherwise than what was corrected with a document; without it, that refuses the file.
    #[garde(skip)]
    #[serde(default)]
    pub overrule_corrections: bool,
}
