//! When somebody comes 上门: whoever handles an incident says it beforehand, so that a door is opened, and whoever comes has
//! a list of where to be.
//!
//! It moves nothing: no clock stands still for it. Said anew, it takes the place of what was said before; it ends with the
//! work, and with the tenure.

use chrono::{DateTime, TimeDelta, Utc};

use super::state::{Act, Incident, Refusal};
use crate::calendar::Span;

/// How far ahead it may be.
pub const AHEAD: TimeDelta = TimeDelta::days(30);

/// How long somebody may be waited for.
pub const AT_MOST: TimeDelta = TimeDelta::hours(12);

impl Incident {
    /// The holder says that somebody comes between two moments.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotAcknowledged`] by this level, [`Refusal::NobodyComesThen`].
    pub fn appoint(self, comes: Span, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Appoint)?;
        if self.tenure.acknowledged_at.is_none() {
            return Err(Refusal::NotAcknowledged { level: self.tenure.level });
        }
        let is_ahead = now < comes.to && comes.from <= now + AHEAD;
        if !is_ahead || comes.to <= comes.from || comes.to - comes.from > AT_MOST {
            return Err(Refusal::NobodyComesThen);
        }
        Ok(Self { status, comes: Some(comes), ..self })
    }

    /// When somebody comes, as long as that is not over.
    pub fn appointment(&self, now: DateTime<Utc>) -> Option<Span> {
        self.comes.filter(|comes| now < comes.to)
    }
}
