//! Entries of the roll, objections to them and changes of them, as the API takes and tells them. Names, numbers and
//! phones are masked in every answer, but for one's own name.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::roll::{
    HomeKind, HomeStatus,
    corrections::{Ground, Kind, Outcome, Source, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Array, ArrayBuilder, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use super::{HomeKindName, HomeStatusName};
use crate::http::{input::not_blank, schema::schemas};

/// The most owners of one home that a change names.
pub const OWNERS: usize = 50;

schemas! {
    ground = Ground;
    outcome = Outcome;
    source = Source;
    kind = Kind;
    state = State;
}

/// Places among the owners of a home.
fn ordinals() -> Array {
    let ordinal = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(1_000));
    ArrayBuilder::new().items(ordinal.build()).max_items(Some(OWNERS)).build()
}

/// What the roll says of one home.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollEntry {
    pub place_id: Uuid,
    /// Building, unit and room.
    #[schema(example = "1号楼2单元101", max_length = 400)]
    pub home: String,
    #[schema(value_type = HomeKindName)]
    pub kind: HomeKind,
    /// Exclusive area in 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: i64,
    /// What the area rests on, if it was corrected here with a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = source)]
    pub area_source: Option<Source>,
    #[schema(value_type = HomeStatusName)]
    pub status: HomeStatus,
    /// In the order of the roll. A home that is not delivered is its developer's.
    #[schema(max_items = 1_000)]
    pub owners: Vec<EntryOwner>,
    /// The voter in the count by persons to whom the home belongs; nothing while it is not delivered, or of what is
    /// no dwelling or shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<EntryHead>,
    /// Whether the home is on the locked roll of a vote whose result is not out: until then only a sale is noted.
    pub is_locked: bool,
}

/// An owner of a home.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollEntryOwner)]
pub struct EntryOwner {
    /// Place among the owners of the home, from 0.
    #[schema(minimum = 0, maximum = 1_000)]
    pub ordinal: usize,
    /// Masked, but for the caller's own.
    #[schema(example = "苏**", max_length = 1_000)]
    pub name: String,
    /// The last four characters, the others hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "**************4509", max_length = 100)]
    pub id_number: Option<String>,
    pub is_you: bool,
}

/// One voter in the count by persons.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollEntryHead)]
pub struct EntryHead {
    /// How many homes it has.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub homes: usize,
    /// The first hundred of them.
    #[schema(max_items = 100)]
    pub home_ids: Vec<Uuid>,
    /// The area of all of them, in 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
}

/// An objection to an entry of the roll.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MakeRollObjection)]
pub struct MakeObjection {
    #[garde(skip)]
    #[schema(schema_with = ground)]
    pub ground: Ground,
    /// What is wrong, for those who answer.
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
    /// Photos that show it, sent before by the caller.
    #[garde(length(max = 9))]
    #[serde(default)]
    #[schema(max_items = 9)]
    pub evidence: Vec<Uuid>,
}

/// What becomes of an objection, and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AnswerRollObjection)]
pub struct AnswerObjection {
    #[garde(skip)]
    #[schema(schema_with = outcome)]
    pub outcome: Outcome,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// Which objections to the roll of a complex.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ObjectionFilter {
    /// Those alone that nobody has answered.
    #[garde(skip)]
    #[serde(default)]
    pub open: bool,
}

/// An objection to an entry of the roll, and its answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollObjection)]
pub struct Objection {
    pub id: Uuid,
    /// The home; the complex where the home is missing on its roll.
    pub place_id: Uuid,
    #[schema(max_length = 400)]
    pub home: String,
    pub is_yours: bool,
    #[schema(schema_with = ground)]
    pub ground: Ground,
    #[schema(max_length = 2000)]
    pub words: String,
    #[schema(max_items = 9)]
    pub evidence: Vec<Uuid>,
    pub made_at: DateTime<FixedOffset>,
    /// By when those who correct the roll are to answer it: as many days as the roll is shown. Until then it holds up the
    /// lock; after that it does not any more, and the lock tells that nobody answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<FixedOffset>>,
    /// Whether it was not answered by then.
    pub is_late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = outcome)]
    pub outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub answered_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<FixedOffset>>,
    /// The change by which it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<Uuid>,
}

/// How one home should stand on the roll, and what says so.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProposeRollChange)]
pub struct ProposeChange {
    /// The objection to this home that it accepts.
    #[garde(skip)]
    #[serde(default)]
    pub objection_id: Option<Uuid>,
    #[garde(dive)]
    pub change: Wanted,
    /// Which document says so.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "不动产登记簿查询结果")]
    pub document: String,
    /// What was found: the owners of the home read it, and whose objection it accepts.
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
    /// Photos that show it, sent before by the caller.
    #[garde(length(max = 9))]
    #[serde(default)]
    #[schema(max_items = 9)]
    pub evidence: Vec<Uuid>,
}

/// What is changed of a home.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
#[schema(as = WantedRollChange)]
pub enum Wanted {
    /// Its exclusive area.
    Area {
        /// In 0.01 m².
        #[garde(range(min = 1, max = 10_000_000))]
        #[schema(minimum = 1, maximum = 10_000_000)]
        area: u64,
        #[garde(skip)]
        #[schema(schema_with = source)]
        source: Source,
        /// Why a weaker source replaces a stronger one, where it does.
        #[garde(length(chars, min = 1, max = 2000), inner(custom(not_blank)))]
        #[serde(default)]
        #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
        overrides: Option<String>,
    },
    /// Who owned it all along.
    Owners {
        /// Those of its owners who stay, by `ordinal`.
        #[garde(length(max = OWNERS), inner(range(min = 0, max = 1_000)))]
        #[serde(default)]
        #[schema(schema_with = ordinals)]
        keep: Vec<i32>,
        #[garde(length(max = OWNERS), dive)]
        #[serde(default)]
        #[schema(max_items = 50)]
        add: Vec<NewOwner>,
    },
    /// How one of its owners is called.
    Name {
        #[garde(range(min = 0, max = 1_000))]
        #[schema(minimum = 0, maximum = 1_000)]
        ordinal: i32,
        #[garde(length(chars, min = 1, max = 120), custom(not_blank))]
        #[schema(min_length = 1, max_length = 120, pattern = "\\S")]
        name: String,
    },
    /// Whether it was handed over all along. A home that was not is its developer's.
    Status {
        #[garde(skip)]
        #[schema(value_type = HomeStatusName)]
        status: HomeStatus,
        /// Those of its owners who stay, by `ordinal`; nobody where it was not handed over.
        #[garde(length(max = OWNERS), inner(range(min = 0, max = 1_000)))]
        #[serde(default)]
        #[schema(schema_with = ordinals)]
        keep: Vec<i32>,
        /// Nobody where it was not handed over.
        #[garde(length(max = OWNERS), dive)]
        #[serde(default)]
        #[schema(max_items = 50)]
        add: Vec<NewOwner>,
    },
    /// It was sold and handed over since; the one change that a locked roll allows.
    Sale {
        /// Those of its owners who keep a share, by `ordinal`.
        #[garde(length(max = OWNERS), inner(range(min = 0, max = 1_000)))]
        #[serde(default)]
        #[schema(schema_with = ordinals)]
        keep: Vec<i32>,
        /// Who bought it.
        #[garde(length(min = 1, max = OWNERS), dive)]
        #[schema(min_items = 1, max_items = 50)]
        add: Vec<NewOwner>,
    },
}

impl Wanted {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Area { .. } => Kind::Area,
            Self::Owners { .. } => Kind::Owners,
            Self::Name { .. } => Kind::Name,
            Self::Status { .. } => Kind::Status,
            Self::Sale { .. } => Kind::Sale,
        }
    }

    /// What people wrote in it, for who looks at words.
    pub fn overrides(&self) -> Option<&str> {
        match self {
            Self::Area { overrides, .. } => overrides.as_deref(),
            Self::Owners { .. } | Self::Name { .. } | Self::Status { .. } | Self::Sale { .. } => None,
        }
    }
}

/// An owner whom a home gets. The same ID number is the same owner, in whatever home.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRollOwner)]
pub struct NewOwner {
    #[garde(length(chars, min = 1, max = 120), custom(not_blank))]
    #[schema(min_length = 1, max_length = 120, pattern = "\\S")]
    pub name: String,
    /// As a roll has it: a resident's, an organisation's credit code, or another document's with its kind in front.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50)]
    pub id_number: String,
    /// A mobile number of mainland China.
    #[garde(length(chars, min = 1, max = 30))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 30)]
    pub phone: Option<String>,
}

/// Nothing but the wish: a change never differs from what the second person has read.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfirmRollChange)]
pub struct ConfirmChange {}

/// Why a change is refused, or taken back.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RefuseRollChange)]
pub struct RefuseChange {
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// One home at one time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollFact)]
pub struct Told {
    /// In 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = source)]
    pub area_source: Option<Source>,
    #[schema(value_type = HomeStatusName)]
    pub status: HomeStatus,
    #[schema(max_items = 1_000)]
    pub owners: Vec<EntryOwner>,
}

/// A change of one home on the roll.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollChange)]
pub struct Change {
    pub id: Uuid,
    pub place_id: Uuid,
    #[schema(max_length = 400)]
    pub home: String,
    #[schema(schema_with = kind)]
    pub kind: Kind,
    #[schema(schema_with = state)]
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objection_id: Option<Uuid>,
    /// How many persons it needs: two while a programme runs, or a poll is prepared or not published.
    #[schema(minimum = 1, maximum = 2)]
    pub persons: i32,
    pub before: Told,
    pub after: Told,
    #[schema(max_length = 200)]
    pub document: String,
    #[schema(max_length = 2000)]
    pub words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub overrides: Option<String>,
    #[schema(max_items = 9)]
    pub evidence: Vec<Uuid>,
    /// Whether the caller proposed it.
    pub is_yours: bool,
    #[schema(max_length = 24)]
    pub proposed_as: String,
    pub proposed_at: DateTime<FixedOffset>,
    /// In which role somebody confirmed or refused it, or took it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub decided_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<FixedOffset>>,
    /// Why it was refused or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub decision: Option<String>,
    /// SHA-256 of the whole roll after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 64, max_length = 64)]
    pub roll_hash: Option<String>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
