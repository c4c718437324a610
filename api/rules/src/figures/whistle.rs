//! What a whistle decides about both sides: about the posts that are convened, whether they came in time and kept their
//! word; about the one that convenes, whether it came to something.
//!
//! Each question is answered once. A post that did not come while there was time has missed it at the reminder; what it
//! does later does not mend that. A commitment is judged when it is settled, by the time that it then had: until the
//! whistle can be closed, each is.

use chrono::{DateTime, Utc};

use super::outcome::Outcome;
use crate::{
    commitments::{Settled, Settlement},
    whistles::{Call, Outcome as End, Post, Punctuality, Status, Whistle},
};

/// An answered question about a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    pub outcome: Outcome,
    pub post: Post,
}

/// A post that is convened, and when it is told of as missing; none once it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    pub call: Call,
    pub alarm_at: Option<DateTime<Utc>>,
}

/// A post came.
pub fn came(before: &Called, at: DateTime<Utc>) -> Scored {
    let outcome = match before.alarm_at {
        None => Outcome::WhistleJoinedAfterAll,
        Some(_) if at < before.call.due_at => Outcome::WhistleJoinedInTime,
        Some(_) => Outcome::WhistleJoinedLate,
    };
    Scored { outcome, post: before.call.post }
}

/// A post is told of as missing.
pub const fn missed(post: Post) -> Scored {
    Scored { outcome: Outcome::WhistleNotJoined, post }
}

/// What a post committed to was settled, being due at `due_at`.
pub fn settled(post: Post, due_at: DateTime<Utc>, settled: Settled) -> Scored {
    let outcome = match settled.how {
        Settlement::Kept if settled.at < due_at => Outcome::CommitmentKept,
        Settlement::Kept => Outcome::CommitmentKeptLate,
        Settlement::Broken => Outcome::CommitmentBroken,
    };
    Scored { outcome, post }
}

/// A whistle is over: what came of it, and who had not come and was not told of yet.
pub fn ended(over: Whistle, calls: &[Called], at: DateTime<Utc>) -> Vec<Scored> {
    let end = match (over.status, over.outcome) {
        (Status::Closed, Some(End::Solved)) => Some(Outcome::WhistleSolved),
        (Status::Closed, _) => Some(Outcome::WhistleUnsolved),
        (Status::CalledOff, _) => Some(Outcome::WhistleCalledOff),
        (Status::Blown | Status::Minuted, _) => None,
    };
    let end = end.map(|outcome| Scored { outcome, post: over.convener });
    let awaited = calls.iter().filter(|called| called.alarm_at.is_some());
    let missing = awaited.filter(|called| called.call.punctuality(over, at) == Punctuality::Missing);
    end.into_iter().chain(missing.map(|called| missed(called.call.post))).collect()
}
