//! Escalation policies 升级策略: how long each level has, whom it tells, and what makes a matter climb. Data, in versions.
//!
//! A *layer* says some values for a *scope*: all categories, those of a severity, or one category. Layers are laid over
//! one another, the nation's first and the nearest place's last, and of one place from the widest scope to the
//! narrowest: who speaks last is heard. What results is a whole [`Policy`], or a gap is told.
//!
//! An incident's tenure keeps the policy of the moment it was reported. A later version reaches it only when a level
//! above retargets it.
//!
//! [`layer`] says what a layer is and lays them, [`steps`] what is done until somebody takes a matter over, [`check`] finds
//! what contradicts itself or can never happen.

pub mod check;
pub mod layer;
pub mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::category::{self, Category, Evidence};
use super::clock::{Clock, PauseLimits, PauseReason};
use super::due;
use super::ladder::{self, Level};
use super::state::{HandReason, Refusal};
use super::verdict::Satisfaction;
use super::verdict::Verification;
use crate::calendar::{Calendar, day_of, end_of_day};
use crate::duty::Hours;

pub use check::{Fault, Finding};
pub use layer::{Laid, Layer, Said, Scope, Scoped, Unlaid, lay};
pub use steps::{Called, Channel, Does, Step};

/// Declares what a policy says as a whole, and as the part of it that one layer says.
macro_rules! said {
    ($(#[$about:meta])* pub struct $whole:ident, $part:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty,)+
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $whole { $($(#[$doc])* pub $field: $type,)+ }

        /// What one layer says of it.
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $part {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)+
        }

        impl $part {
            /// The names of what can be said.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($field),)+];

            /// Takes over what `later` says, and tells `heard` the names.
            fn hear(&mut self, later: &Self, mut heard: impl FnMut(&'static str)) {
                $(if let Some(said) = &later.$field {
                    self.$field = Some(said.clone());
                    heard(stringify!($field));
                })+
            }

            /// # Errors
            /// The names of what nobody has said.
            fn whole(&self) -> Result<$whole, Vec<&'static str>> {
                match self {
                    Self { $($field: Some($field),)+ } => Ok($whole { $($field: $field.clone(),)+ }),
                    _ => Err([$(self.$field.is_none().then_some(stringify!($field)),)+]
                        .into_iter().flatten().collect()),
                }
            }

            /// Says nothing.
            pub fn is_silent(&self) -> bool {
                *self == Self::default()
            }
        }
    };
}

said! {
    /// What holds on every level alike.
    pub struct Common, CommonPart {
        /// Where the first tenure begins.
        enters_at: Level,
        /// Where it should be settled at the latest; a climb past this level is a leak.
        absorbs_at: Level,
        /// Levels that never hold it, even where somebody stands there.
        leaves_out: BTreeSet<Level>,
        /// What a holder must show to call it handled.
        evidence: Evidence,
        /// Which handlings a level above looks at before the reporter is asked.
        #[serde(default)]
        verification: Verification,
        /// For what the handling may stand still; for nothing where life is in danger, whatever is said.
        pause_for: BTreeSet<PauseReason>,
        /// How long it may.
        pause_limits: PauseLimits,
        /// When nobody is told anything but that danger to life waits.
        quiet: Quiet,
    }
}

said! {
    /// What one level is held to, from the moment it gets an incident.
    pub struct Tier, TierPart {
        /// Time to sort out what was reported. Whoever needs longer is told so, and it counts; nothing climbs for it.
        triage: Budget,
        /// Time to acknowledge.
        first_contact: Budget,
        /// Time to handle once acknowledged.
        handling: Budget,
        /// Time to look whether what was handled is.
        verifying: Budget,
        /// At how many hundredths of a budget its holder is warned, each more than the one before. The last hundredth is
        /// told by what then happens by itself, unless that waits for a grace.
        warn_at: Vec<u8>,
        /// The levels whose holders are told besides its own: of what comes to it by a report or a climb, of warnings and
        /// reminders, and when nobody acts.
        tells: BTreeSet<Level>,
        /// How often its holder is reminded while a budget runs.
        reminders: Reminders,
        /// What is done besides until somebody takes it over.
        #[serde(default)]
        steps: Vec<Step>,
        /// What makes it climb from here; where nothing does, this level is the last.
        climbs: Climbs,
    }
}

/// Reminders while a budget runs, the first one after `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminders {
    pub every: Budget,
    /// None for 0.
    pub at_most: u16,
}

/// Hours of the night, Chinese time, in which nobody is told anything: from one hour to the other, which may be the next
/// day's; none where both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// 0 to 23.
    pub from_hour: u8,
    /// 0 to 23.
    pub to_hour: u8,
}

/// The conditions on which a matter climbs from a level. `skip_to` passes over the levels between, as if nobody stood
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Climbs {
    /// A budget ran out, and the grace after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<WhenOverdue>,
    /// Many households have the same trouble.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub households: Option<WhenMany>,
    /// The reporter sent it back, or reopened it, again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rework: Option<WhenReworked>,
    /// The reporter was dissatisfied with how it was handled, and sent it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<WhenRated>,
    /// Somebody asks for it, for a reason that is allowed; each reason once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<WhenAsked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenOverdue {
    /// Counts from the deadline; none where it climbs at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Budget>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_to: Option<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenMany {
    /// Households, all different, besides those that it had when the level took over.
    pub at_least: u16,
    /// Those that reported it in the last so many days of 24 hours.
    pub within_days: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_to: Option<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenReworked {
    /// Times that it was sent back or reopened since the level took over.
    pub at_least: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_to: Option<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenRated {
    /// How satisfied they were, of what they sent back or had reopened.
    pub at_most: Satisfaction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_to: Option<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenAsked {
    pub reason: HandReason,
    /// Once the level has had it for so long; at once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Budget>,
    /// Times in the life of an incident; without limit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_to: Option<Level>,
}

impl Climbs {
    /// Nothing makes it climb from here.
    pub fn is_last(&self) -> bool {
        *self == Self::default()
    }

    /// On which conditions it climbs for a reason that somebody gives.
    pub fn asked(&self, reason: HandReason) -> Option<&WhenAsked> {
        self.by_hand.iter().find(|asked| asked.reason == reason)
    }
}

impl WhenAsked {
    /// From when on, for a level that has it since `entered_at`.
    pub fn from(&self, entered_at: DateTime<Utc>, calendar: &Calendar) -> Option<DateTime<Utc>> {
        self.after.map(|after| due::spent_at(&Clock::start(entered_at, after), calendar))
    }
}

/// One value for each level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE", deny_unknown_fields)]
pub struct PerLevel<T> {
    pub home: T,
    pub unit: T,
    pub building: T,
    pub complex: T,
    pub community: T,
    pub street: T,
    pub district: T,
}

impl<T> PerLevel<T> {
    pub const fn at(&self, level: Level) -> &T {
        match level {
            Level::Home => &self.home,
            Level::Unit => &self.unit,
            Level::Building => &self.building,
            Level::Complex => &self.complex,
            Level::Community => &self.community,
            Level::Street => &self.street,
            Level::District => &self.district,
        }
    }

    pub const fn at_mut(&mut self, level: Level) -> &mut T {
        match level {
            Level::Home => &mut self.home,
            Level::Unit => &mut self.unit,
            Level::Building => &mut self.building,
            Level::Complex => &mut self.complex,
            Level::Community => &mut self.community,
            Level::Street => &mut self.street,
            Level::District => &mut self.district,
        }
    }
}

/// How a matter is handled on the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub common: Common,
    pub tiers: PerLevel<Tier>,
    /// By which its budgets count: never kept with it, as more of it becomes known.
    #[serde(skip)]
    pub calendar: Calendar,
}

impl Policy {
    /// The same, by what is known of the years.
    #[must_use]
    pub fn by(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// What a level is held to.
    pub const fn at(&self, level: Level) -> &Tier {
        self.tiers.at(level)
    }

    /// Whether a level may ever come to hold it: what enters at an office never falls to the complex or below.
    pub fn reaches(&self, level: Level) -> bool {
        self.has(level) && (self.common.enters_at < Level::Community || level >= Level::Community)
    }

    /// Whether a level may hold it at all.
    pub fn has(&self, level: Level) -> bool {
        !self.common.leaves_out.contains(&level)
    }

    /// How long a handling may stand still for this reason; none where it may not.
    pub fn pauses(&self, reason: PauseReason) -> Option<PauseLimits> {
        let is_allowed = reason.is_a_holders() && self.common.pause_for.contains(&reason);
        is_allowed.then_some(self.common.pause_limits)
    }

    /// Whom the level that holds an incident tells besides itself, of what its lowest holder so far lets them read: no
    /// household, for which nothing is that is not its own, and nobody below.
    pub fn tells(&self, holder: Level, lowest: Level) -> impl Iterator<Item = Level> {
        let hears = move |other: &Level| hears(*other, holder, lowest);
        self.at(holder).tells.iter().copied().filter(hears)
    }
}

/// Whether another level may be told of what one holds.
pub fn hears(other: Level, holder: Level, lowest: Level) -> bool {
    other != holder && other > Level::Home && ladder::may_read(other, lowest)
}

impl Quiet {
    /// No hour is quiet.
    pub const NEVER: Self = Self { from_hour: 0, to_hour: 0 };

    /// The first moment from `at` on that is not quiet and within some hours; none where there is none.
    pub fn within(self, hours: &Hours, mut at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Either moves it on, and a week of days has all there is.
        for _ in 0..16 {
            let within = hours.next(at)?;
            at = self.after(within);
            if at == within {
                return Some(at);
            }
        }
        None
    }

    /// The first moment from `at` on that is not quiet.
    pub fn after(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let is_over_midnight = self.from_hour > self.to_hour;
        let Ok(midnight) = day_of(at).and_then(end_of_day) else { return at };
        let (from, to) = (TimeDelta::hours(self.from_hour.into()), TimeDelta::hours(self.to_hour.into()));
        let passed = TimeDelta::days(1) - (midnight - at);
        let today = midnight - TimeDelta::days(1);
        match is_over_midnight {
            true if passed >= from => midnight + to,
            true if passed < to => today + to,
            false if passed >= from && passed < to => today + to,
            _ => at,
        }
    }
}

static NATION: LazyLock<Vec<Scoped>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the table is part of the program; a test reads it")]
    serde_json::from_str(include_str!("../../../data/policies.json"))
        .expect("data/policies.json is well formed")
});

static NATIONAL: LazyLock<BTreeMap<&'static str, Policy>> = LazyLock::new(|| {
    let whole = |category: &'static Category| {
        lay(category, [nation()]).ok().map(|laid| (category.code.as_str(), laid.policy))
    };
    category::all().iter().filter_map(whole).collect()
});

/// What holds everywhere, as layers.
pub fn nation() -> &'static [Scoped] {
    &NATION
}

/// The policy of a category where no place says otherwise.
///
/// # Errors
/// [`Refusal::Diverted`] for what is never a ticket.
pub fn national(category: &Category) -> Result<&'static Policy, Refusal> {
    NATIONAL.get(category.code.as_str()).ok_or_else(|| Refusal::Diverted { category: category.code.clone() })
}
