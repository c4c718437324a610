//! How far what came out is told, and what the leak check found of it.

use rules::polls::leaks;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Measure, Question, Test};

/// In which steps heads and area are told: each is rounded down to a multiple of its step. A measure without a step is not
/// told, and stands there as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PollGrain)]
pub struct Grain {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub heads: Option<u64>,
    /// 0.01 m².
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub area: Option<u64>,
}

impl Grain {
    /// Nothing where all is told as it was counted.
    pub fn of(grain: leaks::Grain) -> Option<Self> {
        (!grain.is_exact()).then_some(Self { heads: grain.heads, area: grain.area })
    }
}

/// Whether a test was met, without its numbers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PollTestMet)]
pub struct TestMet {
    pub question: Question,
    pub measure: Measure,
    pub met: bool,
}

/// What is told instead of numbers behind which too few can stand: in which steps, and which tests were met.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PollCoarsened)]
pub struct Coarsened {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub heads: Option<u64>,
    /// 0.01 m².
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub area: Option<u64>,
    #[schema(max_items = 4)]
    pub tests: Vec<TestMet>,
}

impl Coarsened {
    /// Takes the numbers away from tests.
    pub fn of(grain: Grain, tests: &mut Vec<Test>) -> Self {
        let met = |test: Test| TestMet { question: test.question, measure: test.measure, met: test.met };
        let Grain { heads, area } = grain;
        Self { heads, area, tests: tests.drain(..).map(met).collect() }
    }
}

/// How many heads can stand behind a pair of heads and area.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = PollBehind)]
pub struct Behind {
    /// Heads of whom each may be in the group that the pair counts, and may not: the anonymity set.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub may: u64,
    /// Heads who surely are in it.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub surely: u64,
}

impl From<leaks::Behind> for Behind {
    fn from(behind: leaks::Behind) -> Self {
        Self { may: behind.may, surely: behind.surely }
    }
}

/// What the leak check found of pairs that are told together: the smallest set behind one of them, and the most heads
/// surely in one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PollLeak)]
pub struct Leak {
    /// The text or the candidate whose votes they are; nothing of turnout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Uuid>,
    /// As they were counted.
    pub exact: Behind,
    /// As everybody sees them.
    pub shown: Behind,
    /// In which steps those are; nothing where all is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Grain>,
}

impl Leak {
    pub fn of(of: Option<Uuid>, found: &leaks::Finding) -> Self {
        Self { of, exact: found.exact.into(), shown: found.shown.into(), coarsened: Grain::of(found.grain) }
    }

    /// Turnout first, then candidates, then texts.
    pub fn all(found: &leaks::Leaks) -> Vec<Self> {
        let each = found.candidates.iter().chain(&found.texts);
        let each = each.filter_map(|(id, found)| Some(Self::of(Some(id.parse().ok()?), found)));
        std::iter::once(Self::of(None, &found.turnout)).chain(each).collect()
    }
}
