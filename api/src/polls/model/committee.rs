//! Requests and answers of a committee after its election.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::polls::committee::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::{input::not_blank, schema::schemas},
    packs::model::RuleInForce,
};

schemas! {
    vacancy_reason = Reason;
}

/// A member of the committee who left.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteVacancy {
    /// As the committee has them.
    #[garde(skip)]
    pub candidate_id: Uuid,
    #[garde(skip)]
    #[schema(schema_with = vacancy_reason)]
    pub reason: Reason,
    /// What there is to show for it, for those who convene.
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    pub words: String,
    /// Since when, not before the result was published and not in the future.
    #[garde(skip)]
    pub since: DateTime<FixedOffset>,
}

/// How somebody came to sit on a committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SeatedBy {
    Election,
    /// As an alternate.
    Succession,
    ByElection,
}

/// A committee as it stands. Candidates go by their ids on the first ballot on which they stood.
#[derive(Debug, Serialize, ToSchema)]
pub struct Committee {
    /// The last vote by which it was elected.
    pub poll_id: Uuid,
    #[schema(minimum = 1, maximum = 99)]
    pub seats: u32,
    /// In the order in which they came, those elected together in rank order.
    #[schema(max_items = 99)]
    pub members: Vec<CommitteeMember>,
    /// Who steps up next, in rank order.
    #[schema(max_items = 1000)]
    pub alternates: Vec<CommitteeAlternate>,
    #[schema(minimum = 0, maximum = 99)]
    pub vacant: u32,
    /// Alternates of equal rank who keep a seat waiting: a vote is to settle which of them steps up.
    #[schema(max_items = 60)]
    pub unsettled: Vec<Uuid>,
    /// Who left, in order.
    #[schema(max_items = 1000)]
    pub vacancies: Vec<Vacancy>,
    pub reelection: Reelection,
}

/// Somebody who sits on a committee. Who is confirmed as that owner is a `COMMITTEE_MEMBER` at the place by that; where nobody was
/// when they came to sit, the community grants the role once they are known.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommitteeMember {
    pub candidate_id: Uuid,
    #[schema(max_length = 60)]
    pub name: String,
    /// The place that they had among all who were elected and all alternates.
    #[schema(minimum = 1)]
    pub rank: u32,
    pub seated_by: SeatedBy,
    pub since: DateTime<FixedOffset>,
    /// The vote by which they have their rank.
    pub poll_id: Uuid,
}

/// Somebody who may step up.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommitteeAlternate {
    pub candidate_id: Uuid,
    #[schema(max_length = 60)]
    pub name: String,
    /// Who is equal has the same.
    #[schema(minimum = 1)]
    pub rank: u32,
}

/// A member who left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommitteeVacancy)]
pub struct Vacancy {
    pub id: Uuid,
    pub candidate_id: Uuid,
    #[schema(max_length = 60)]
    pub name: String,
    #[schema(schema_with = vacancy_reason)]
    pub reason: Reason,
    /// For those who convene.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub words: Option<String>,
    pub since: DateTime<FixedOffset>,
    pub noted_at: DateTime<FixedOffset>,
    /// Who stepped up by it.
    #[schema(max_items = 60)]
    pub stepped_up: Vec<Uuid>,
}

/// Whether a committee is to be elected anew, by the rules that were frozen for its election.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommitteeReelection)]
pub struct Reelection {
    pub is_due: bool,
    /// The least members with whom it goes on.
    #[schema(minimum = 0, maximum = 99)]
    pub least: u32,
    /// What says so, and where that comes from.
    #[schema(max_items = 4)]
    pub rules: Vec<RuleInForce>,
}
