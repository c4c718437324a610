//! How often each interface may be called, in virtual time.

use std::collections::{BTreeMap, HashMap};

use crate::clock::{day_of, minute_of};
use crate::wire::Refusal;

#[derive(Clone, Copy)]
enum Window {
    Minute,
    Day,
}

struct Quota {
    window: Window,
    limit: u64,
    errcode: i64,
    words: &'static str,
}

/// Name, window, limit and the number of the refusal.
const DOCUMENTED: [(&str, Window, u64, i64); 12] = [
    ("jscode2session.minute", Window::Minute, 100, 45011),
    ("resetusersessionkey.minute", Window::Minute, 60_000, 45011),
    ("token.day", Window::Day, 2_000, 45009),
    ("stable_token.minute", Window::Minute, 10_000, 45011),
    ("stable_token.day", Window::Day, 500_000, 45009),
    ("stable_token.forced.day", Window::Day, 20, 45009),
    ("subscribe_send.day", Window::Day, 10_000_000, 45009),
    ("msg_sec_check.minute", Window::Minute, 4_000, 44991),
    ("msg_sec_check.day", Window::Day, 2_000_000, 45009),
    ("media_check_async.minute", Window::Minute, 2_000, 44991),
    ("media_check_async.day", Window::Day, 200_000, 45009),
    ("getwxacodeunlimit.minute", Window::Minute, 5_000, 45009),
];

pub struct Quotas {
    known: BTreeMap<&'static str, Quota>,
    /// By quota and subject (an app or a user): the window last spent in, and how much.
    spent: HashMap<(&'static str, String), (u64, u64)>,
}

impl Quotas {
    pub fn documented() -> Self {
        let known = DOCUMENTED
            .into_iter()
            .map(|(name, window, limit, errcode)| {
                (name, Quota { window, limit, errcode, words: words_of(errcode) })
            })
            .collect();
        Self { known, spent: HashMap::new() }
    }

    /// Spends one call of `subject`, or refuses it.
    pub fn spend(&mut self, name: &str, subject: &str, now: u64) -> Result<(), Refusal> {
        let Some((name, quota)) = self.known.get_key_value(name) else {
            return Ok(());
        };
        let window = match quota.window {
            Window::Minute => minute_of(now),
            Window::Day => day_of(now),
        };
        let spent = self.spent.entry((*name, subject.to_owned())).or_insert((window, 0));
        if spent.0 != window {
            *spent = (window, 0);
        }
        if spent.1 >= quota.limit {
            return Err(Refusal::new(quota.errcode, quota.words));
        }
        spent.1 += 1;
        Ok(())
    }

    pub fn limits(&self) -> BTreeMap<&'static str, u64> {
        self.known.iter().map(|(name, quota)| (*name, quota.limit)).collect()
    }

    /// Changes one limit; false when there is no quota of that name.
    pub fn limit(&mut self, name: &str, limit: u64) -> bool {
        self.known.get_mut(name).map(|quota| quota.limit = limit).is_some()
    }
}

fn words_of(errcode: i64) -> &'static str {
    match errcode {
        45011 => "api minute-quota reach limit mustslower retry next minute",
        44991 => "reach max api minute quota limit",
        _ => "reach max api daily quota limit",
    }
}
