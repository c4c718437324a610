//! Operations as the API tells them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::ProblemBody;

/// What kind of long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = OperationKind)]
pub enum Kind {
    RollImport,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RollImport => "ROLL_IMPORT",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::RollImport].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = OperationState)]
pub enum State {
    Waiting,
    Running,
    Done,
    Failed,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Running => "RUNNING",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OperationProgress)]
pub struct Progress {
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub done: i64,
    /// 0 while it is not known.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub total: i64,
    #[schema(example = "WRITING_HOMES", max_length = 40)]
    pub phase: String,
}

/// Long work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Operation {
    pub id: Uuid,
    pub kind: Kind,
    pub state: State,
    pub progress: Progress,
    /// What it came to, when DONE.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub result: Option<Value>,
    /// Why it came to nothing, when FAILED.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ProblemBody)]
    pub problem: Option<Value>,
}
