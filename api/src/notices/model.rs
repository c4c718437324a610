//! Notices as the API tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::notices::silence::may_be_about;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema, openapi::Object};
use uuid::Uuid;

use crate::{
    http::input::not_blank,
    incidents::model::{NamedPlace, a_category, category_of, holder},
};

/// What a notice is about to whoever gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Topic {
    /// Something waits for them to work on it.
    Task,
    /// Something that they reported or follow moved, or is off where they live.
    Progress,
    /// Something waits for their word.
    Answer,
}

impl From<rules::notices::Topic> for Topic {
    fn from(topic: rules::notices::Topic) -> Self {
        use rules::notices::Topic;
        match topic {
            Topic::Task => Self::Task,
            Topic::Progress => Self::Progress,
            Topic::Answer => Self::Answer,
        }
    }
}

/// A way out to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = NoticeWay)]
pub enum Way {
    Wechat,
    Sms,
    Email,
}

impl From<rules::notices::Way> for Way {
    fn from(way: rules::notices::Way) -> Self {
        use rules::notices::Way;
        match way {
            Way::WeChat => Self::Wechat,
            Way::Sms => Self::Sms,
            Way::Email => Self::Email,
        }
    }
}

/// One sentence, said twice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeWords)]
pub struct Words {
    #[schema(max_length = 40)]
    pub zh: String,
    #[schema(max_length = 120)]
    pub en: String,
}

/// Something that the caller was told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Notice {
    pub id: Uuid,
    /// As the record names the event.
    #[schema(example = "INCIDENT_REPORTED", max_length = 40)]
    pub kind: String,
    pub topic: Topic,
    pub words: Words,
    /// Where it happened.
    pub place_id: Uuid,
    #[schema(example = "INCIDENT", max_length = 24)]
    pub subject_type: String,
    pub subject_id: Uuid,
    /// What it is about, if it has a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: Option<String>,
    /// How the ballot came in that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "PAPER", max_length = 16)]
    pub channel: Option<String>,
    /// Until when somebody has to act, as of then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<FixedOffset>>,
    pub at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<DateTime<FixedOffset>>,
}

/// Which of the caller's notices.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoticeFilter {
    /// Only those that were not read yet.
    #[garde(skip)]
    #[serde(default)]
    #[param(default = false)]
    pub unread: Option<bool>,
}

/// What the caller answered to `wx.requestSubscribeMessage` for one template.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionAnswer {
    /// One message more.
    Accept,
    Reject,
    /// WeChat has banned the template.
    Ban,
    /// WeChat left the template out of the dialog.
    Filter,
}

/// The answer for one template.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateAnswer {
    #[garde(length(chars, min = 1, max = 64), custom(not_blank))]
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    pub template_id: String,
    #[garde(skip)]
    pub answer: SubscriptionAnswer,
}

/// What the caller answered to one dialog.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionReport {
    #[garde(length(min = 1, max = 5), dive)]
    #[schema(min_items = 1, max_items = 5)]
    pub answers: Vec<TemplateAnswer>,
}

/// The caller's account of one template.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Subscription {
    pub topic: Topic,
    /// For `wx.requestSubscribeMessage`.
    #[schema(max_length = 64)]
    pub template_id: String,
    /// Messages that may still be sent, as far as we know.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub messages_left: i64,
}

/// All templates there are, with the caller's accounts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Subscriptions {
    #[schema(max_items = 3)]
    pub items: Vec<Subscription>,
}

/// An e-mail address to be confirmed.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailAddress {
    #[garde(length(chars, min = 3, max = 200))]
    #[schema(min_length = 3, max_length = 200, example = "notice@example.org")]
    pub address: String,
}

/// The code that was sent to an address.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailCode {
    #[garde(length(chars, min = 3, max = 200))]
    #[schema(min_length = 3, max_length = 200, example = "notice@example.org")]
    pub address: String,
    #[garde(length(chars, min = 16, max = 16))]
    #[schema(min_length = 16, max_length = 16, example = "0123456789abcdef")]
    pub code: String,
}

/// How far an address is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EmailState {
    pub state: EmailStanding,
}

/// Whether letters go there.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmailStanding {
    /// A code is on its way there.
    CodeSent,
    Confirmed,
}

/// A delivery that failed as often as it is tried.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadNotice {
    pub notice_id: Uuid,
    #[schema(max_length = 40)]
    pub kind: String,
    pub way: Way,
    pub place_id: Uuid,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 80)]
    pub trouble: Option<String>,
    #[schema(minimum = 0, maximum = 1000)]
    pub attempts: i32,
    /// When the event happened.
    pub at: DateTime<FixedOffset>,
}

/// A notice on its way again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Redelivery {
    pub notice_id: Uuid,
    /// By so many ways.
    #[schema(minimum = 1, maximum = 3)]
    pub ways: usize,
}

/// How many homes of a building can be told anything.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BuildingReach {
    pub building_id: Uuid,
    #[schema(max_length = 120)]
    pub name: String,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub homes: u32,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub reached: u32,
}

/// How many homes of a complex can be told anything by a way out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComplexReach {
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub homes: u32,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub reached: u32,
    #[schema(max_items = 1000)]
    pub buildings: Vec<BuildingReach>,
}

/// A home where nobody can be told anything: somebody calls, or goes there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnreachedHome {
    pub home_id: Uuid,
    #[schema(max_length = 120)]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 120)]
    pub unit_name: Option<String>,
}

fn silenced() -> Object {
    category_of(may_be_about)
}

/// What a post is not called about, and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginSilence {
    /// None that is a danger to life.
    #[garde(custom(a_category))]
    #[schema(schema_with = silenced)]
    pub category: String,
    /// Within seven days.
    #[garde(skip)]
    pub until: DateTime<FixedOffset>,
    /// Everybody on the ladder over the place reads it.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(example = "已报修，配件在途", min_length = 1, max_length = 200, pattern = "\\S")]
    pub reason: String,
}

/// What a post is not called about for a while.
#[derive(Debug, Serialize, ToSchema)]
pub struct Silence {
    pub id: Uuid,
    /// About this place and what is in it.
    pub place: NamedPlace,
    #[schema(schema_with = silenced)]
    pub category: String,
    /// The post that is not called.
    #[schema(schema_with = holder)]
    pub post_role: rules::incidents::Holder,
    pub post_place: NamedPlace,
    #[schema(max_length = 200)]
    pub reason: String,
    /// Whether the caller began it.
    pub yours: bool,
    pub from: DateTime<FixedOffset>,
    /// Its end as it stands now.
    pub until: DateTime<FixedOffset>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
