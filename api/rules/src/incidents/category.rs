//! What can be reported, as data: `data/categories.json`, embedded and read once.
//!
//! A category is either a ticket, which the ladder handles by a policy, or it is *diverted*: fire and gas belong to those
//! who come with engines, and a report that waits in a list would cost lives. Only a ticket has a
//! [`Policy`](super::policy::Policy), and every transition asks for it, so a diverted matter cannot become an incident.

use std::sync::LazyLock;

use serde::Deserialize;

use super::codes::coded;

static TABLE: LazyLock<Vec<Category>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the table is part of the program; a test reads it")]
    serde_json::from_str(include_str!("../../data/categories.json"))
        .expect("data/categories.json is well formed")
});

coded! {
    /// How bad it is; S1 is the worst (danger to life) and sorts first.
    pub enum Severity {
        /// Danger to life, right now.
        S1 = "S1",
        /// Safety, or something nobody can do without.
        S2 = "S2",
        /// A disturbed daily life.
        S3 = "S3",
        /// A nuisance.
        S4 = "S4",
        /// Nothing is broken: a suggestion or question.
        S5 = "S5",
    }
}

coded! {
    /// What a holder must show to call an incident handled.
    pub enum Evidence {
        /// Words on what was done.
        Text = "TEXT",
        /// Words, and at least one photo of how it looks now.
        Photo = "PHOTO",
    }
}

/// One kind of trouble.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Stable name in the contract and the database, `UPPER_SNAKE`.
    pub code: String,
    pub name: Name,
    pub severity: Severity,
    /// Whom to call besides reporting, before anything else; mostly empty.
    #[serde(default)]
    pub call_first: Vec<Channel>,
    pub course: Course,
}

/// What people read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub zh: String,
    pub en: String,
}

/// Whom to turn to, or what to do first: a public number with its owner, or plain advice without a number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    pub phone: Option<String>,
    pub zh: String,
    pub en: String,
}

/// What becomes of a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub enum Course {
    /// It becomes an incident.
    #[serde(rename = "TICKET")]
    Ticket,
    /// It never does: the reporter is sent to these at once, in this order.
    #[serde(rename = "DIVERT")]
    Divert(Diversion),
}

/// Who deals with what the ladder must not keep.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diversion {
    pub diverts_to: Vec<Channel>,
}

/// Every category, in the order in which a reporter is offered them.
pub fn all() -> &'static [Category] {
    &TABLE
}

/// The category with this code.
pub fn find(code: &str) -> Option<&'static Category> {
    all().iter().find(|category| category.code == code)
}

impl Category {
    /// Whether a report of it becomes an incident.
    pub const fn is_ticket(&self) -> bool {
        matches!(self.course, Course::Ticket)
    }

    /// Whom to call instead of reporting; empty for a ticket.
    pub fn diverts_to(&self) -> &[Channel] {
        match &self.course {
            Course::Ticket => &[],
            Course::Divert(diversion) => &diversion.diverts_to,
        }
    }
}
