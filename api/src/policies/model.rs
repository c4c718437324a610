//! Policies as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::incidents::{self as law, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{
    ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::incidents::model::NamedPlace;

/// `*`, a severity, or a category that can be a ticket.
fn scope() -> Object {
    let tickets = law::category::all().iter().filter(|category| category.is_ticket());
    let severities = Severity::ALL.iter().map(|severity| severity.code());
    let codes = std::iter::once("*").chain(severities).chain(tickets.map(|category| category.code.as_str()));
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes))
        .description(Some("All matters, those of a severity, or those of a category."))
        .examples([serde_json::json!("ELEVATOR_FAULT")])
        .build()
}

/// A layer as the law reads it.
fn says() -> Object {
    let words = "`common`, what is said of `every` level, and what of those named in `at`; what is left out stays as the \
        places above say. `GET /v1/places/{place_id}/policy/{category}` has all the members.";
    let sooner = serde_json::json!({ "handling": { "unit": "URGENT_MINUTES", "amount": 720 } });
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .min_properties(Some(1))
        .description(Some(words))
        .examples([serde_json::json!({ "at": { "COMPLEX": sooner } })])
        .build()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_scope(code: &str, _: &()) -> garde::Result {
    let is_ticket = || law::category::find(code).is_some_and(law::Category::is_ticket);
    if code == "*" || Severity::from_code(code).is_some() || is_ticket() {
        Ok(())
    } else {
        Err(garde::Error::new("`*`, a severity, or a category that can be a ticket"))
    }
}

/// What a place says from now on of the matters in a scope.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishPolicy {
    #[garde(custom(a_scope))]
    #[schema(schema_with = scope)]
    pub scope: String,
    /// The version of this place and scope that it follows; 0 if there is none.
    #[garde(range(min = 0, max = 1_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000, example = 0)]
    pub follows: i32,
    #[garde(skip)]
    #[schema(schema_with = says)]
    pub says: Map<String, Value>,
}

/// What a place said at a time. Never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyVersion {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(schema_with = scope)]
    pub scope: String,
    /// Counts the versions of this place and scope.
    #[schema(minimum = 1, maximum = 1_000_001)]
    pub version: i32,
    #[schema(value_type = Object)]
    pub says: Value,
    /// The role that published it.
    #[schema(example = "COMMUNITY_OFFICER", max_length = 24)]
    pub published_as: String,
    pub published_at: DateTime<FixedOffset>,
}

/// How matters of a category are handled at a place now.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyInForce {
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    pub place: NamedPlace,
    /// `common`, and for each level in `tiers`: budgets, warnings, whom it tells, reminders, the steps that are taken until
    /// somebody takes it over, and what makes it climb.
    #[schema(value_type = Object)]
    pub policy: Value,
    /// Who said each value that is not the nation's.
    #[schema(max_items = 100)]
    pub said: Vec<SaidBy>,
}

/// Who said a value of a policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct SaidBy {
    /// JSON pointer in the policy.
    #[schema(example = "/tiers/COMPLEX/handling", max_length = 100)]
    pub value: String,
    pub place_id: Uuid,
    pub policy_id: Uuid,
}

/// Which category's policy at which place.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PolicyPath {
    pub place_id: Uuid,
    #[param(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
}

/// Which version of a place.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub struct VersionPath {
    pub place_id: Uuid,
    pub policy_id: Uuid,
}
