//! A delivery's course: from waiting to its end, by one way after the other.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::timing;
use crate::incidents::codes::coded;

coded! {
    /// The ways out, in the order in which they are tried.
    pub enum Way {
        /// A subscribe message; each is paid for with one accept.
        WeChat = "WECHAT",
        Sms = "SMS",
        Email = "EMAIL",
    }
}

coded! {
    /// Where a delivery by one way stands.
    pub enum State {
        /// To be sent, not before its time.
        Waiting = "WAITING",
        /// Somebody is sending it; saved before it leaves.
        Sending = "SENDING",
        Sent = "SENT",
        /// Told together with another.
        Joined = "JOINED",
        /// This way is closed; the next one was taken.
        PassedOn = "PASSED_ON",
        /// This way is closed, and there was no other: it stays in the inbox.
        Unreached = "UNREACHED",
        /// It may have arrived. It is not sent again.
        Uncertain = "UNCERTAIN",
        /// Nobody needs to be told any more, or the recipient has no right to it any more.
        Void = "VOID",
        /// Tried as often as it is tried.
        Dead = "DEAD",
    }
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Nothing happened; it may work later.
    Failed,
    /// The way is closed for everybody until then; no fault of this delivery's.
    ClosedUntil(DateTime<Utc>),
    /// Another message to the same person is on its way.
    Busy,
    /// This person cannot be reached this way.
    NotThisWay,
    /// It will be refused however often it is tried.
    Refused,
    /// It may have arrived.
    Unknown,
}

/// What becomes of the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Sent,
    /// Back to waiting, with so many failures in a row behind it.
    Waits {
        from: DateTime<Utc>,
        attempts: u32,
    },
    NextWay,
    Uncertain,
    Dead,
}

/// What becomes of a delivery after a try, of which `attempts` failed before.
pub fn settle(outcome: Outcome, attempts: u32, now: DateTime<Utc>) -> Settled {
    match outcome {
        Outcome::Sent => Settled::Sent,
        Outcome::Unknown => Settled::Uncertain,
        Outcome::NotThisWay => Settled::NextWay,
        Outcome::Refused => Settled::Dead,
        Outcome::ClosedUntil(until) => Settled::Waits { from: until.max(now), attempts },
        Outcome::Busy => Settled::Waits { from: now + chrono::TimeDelta::seconds(1), attempts },
        Outcome::Failed => {
            let attempts = attempts.saturating_add(1);
            match timing::rest(attempts) {
                Some(rest) => Settled::Waits { from: now + rest, attempts },
                None => Settled::Dead,
            }
        }
    }
}

/// What becomes of a delivery whose sender died in the middle of it: where sending twice is told twice, it is left
/// alone; where the receiver knows it again by its id, it is sent again.
pub fn left_behind(way: Way, attempts: u32, now: DateTime<Utc>) -> Settled {
    match way {
        Way::WeChat => Settled::Uncertain,
        Way::Sms | Way::Email => settle(Outcome::Failed, attempts, now),
    }
}

/// The next way after `tried`, among those that are open to the person.
pub fn next_way(tried: Option<Way>, open: &BTreeSet<Way>) -> Option<Way> {
    open.iter().copied().find(|way| tried.is_none_or(|tried| *way > tried))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn failing_again_and_again_ends_in_death_and_quotas_do_not_count() {
        let (mut attempts, mut rounds) = (0, 0);
        loop {
            rounds += 1;
            match settle(Outcome::Failed, attempts, now()) {
                Settled::Waits { attempts: failed, from } => {
                    assert!(from > now());
                    attempts = failed;
                    let closed = settle(Outcome::ClosedUntil(now()), attempts, now());
                    assert_eq!(closed, Settled::Waits { from: now(), attempts });
                }
                Settled::Dead => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(rounds, timing::MOST_ATTEMPTS);
    }

    #[test]
    fn ways_are_tried_in_order_each_once() {
        let mut open = BTreeSet::from([Way::Email, Way::WeChat, Way::Sms]);
        assert_eq!(next_way(None, &open), Some(Way::WeChat));
        assert_eq!(next_way(Some(Way::WeChat), &open), Some(Way::Sms));
        open.remove(&Way::Sms);
        assert_eq!(next_way(Some(Way::WeChat), &open), Some(Way::Email));
        assert_eq!(next_way(Some(Way::Email), &open), None);
        assert_eq!(next_way(None, &BTreeSet::new()), None);
    }

    #[test]
    fn a_message_of_unknown_fate_is_never_sent_again() {
        for attempts in 0..20 {
            assert_eq!(left_behind(Way::WeChat, attempts, now()), Settled::Uncertain);
            assert_eq!(settle(Outcome::Unknown, attempts, now()), Settled::Uncertain);
        }
        assert!(matches!(left_behind(Way::Sms, 0, now()), Settled::Waits { attempts: 1, .. }));
        assert_eq!(left_behind(Way::Sms, timing::MOST_ATTEMPTS, now()), Settled::Dead);
    }
}
