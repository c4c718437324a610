//! Which span of time may be asked for.

use chrono::{DateTime, TimeDelta, Utc};

/// The longest span, and the one that is meant when none is named.
pub const SPAN: TimeDelta = TimeDelta::days(90);

/// The longest span of everything at once.
pub const BULK: TimeDelta = TimeDelta::days(366);

/// From a moment to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Why a span may not be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoWindow {
    #[error("the end is before the start")]
    Backwards,
    #[error("the span is longer than {0} days")]
    TooLong(i64),
}

impl Window {
    /// From the bounds that were named: the last `span` without any, and as much before or after the only one.
    ///
    /// # Errors
    /// [`NoWindow`] when both are named and do not fit each other.
    pub fn of(
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        span: TimeDelta,
    ) -> Result<Self, NoWindow> {
        let back = |from: DateTime<Utc>| from.checked_sub_signed(span).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let on = |from: DateTime<Utc>| from.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC);
        match (start, end) {
            (None, None) => Ok(Self { from: back(now), to: now }),
            (Some(from), None) => Ok(Self { from, to: on(from) }),
            (None, Some(to)) => Ok(Self { from: back(to), to }),
            (Some(from), Some(to)) if to < from => Err(NoWindow::Backwards),
            (Some(from), Some(to)) if to - from > span => Err(NoWindow::TooLong(span.num_days())),
            (Some(from), Some(to)) => Ok(Self { from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_span_has_ninety_days_at_most() {
        let day = 86_400;
        let of = |start: Option<i64>, end: Option<i64>| {
            Window::of(start.map(at), end.map(at), at(1000 * day), SPAN)
        };
        assert_eq!(of(None, None), Ok(Window { from: at(910 * day), to: at(1000 * day) }));
        assert_eq!(of(Some(0), None), Ok(Window { from: at(0), to: at(90 * day) }));
        assert_eq!(of(None, Some(90 * day)), Ok(Window { from: at(0), to: at(90 * day) }));
        assert_eq!(of(Some(0), Some(90 * day)), Ok(Window { from: at(0), to: at(90 * day) }));
        assert_eq!(of(Some(0), Some(90 * day + 1)), Err(NoWindow::TooLong(90)));
        assert_eq!(of(Some(1), Some(0)), Err(NoWindow::Backwards));
    }

    proptest! {
        #[test]
        fn no_window_is_longer_than_the_span(
            start in proptest::option::of(-8_000_000_000_000_i64..8_000_000_000_000),
            end in proptest::option::of(-8_000_000_000_000_i64..8_000_000_000_000),
        ) {
            let window = Window::of(start.map(at), end.map(at), at(1_700_000_000), SPAN);
            prop_assert!(window.is_ok_and(|one| one.from <= one.to && one.to - one.from <= SPAN)
                || (start.is_some() && end.is_some()));
        }
    }
}
