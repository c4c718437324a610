//! Trouble on demand: what a network and a busy WeChat do to a request.

use serde::{Deserialize, Serialize};

/// Matches every path.
const ANYWHERE: &str = "*";
/// One hour: longer than any client waits.
const FOREVER: u64 = 3_600_000;

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// errcode -1.
    Busy,
    /// The errcode in `errcode`.
    Errcode,
    /// The HTTP status in `status` (default 502), with a page of HTML.
    Status,
    /// No answer for `ms` (default an hour), then the connection closes.
    Hang,
    /// The connection closes without a byte of answer.
    Reset,
    /// The true answer, cut off in the middle.
    Truncate,
    /// The true answer, dripping over `ms` (default 1000).
    Slow,
    /// The true answer, held back for `ms` (default 1000).
    Late,
}

/// One fault, as it is ordered.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub path: String,
    pub kind: Kind,
    /// How many requests it strikes; 0 strikes for ever.
    #[serde(default = "once")]
    pub times: u64,
    /// How many requests pass before it begins.
    #[serde(default)]
    pub skip: u64,
    #[serde(default)]
    pub errcode: Option<i64>,
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub ms: Option<u64>,
    /// The request is carried out all the same, and only its answer is lost or replaced.
    #[serde(default)]
    pub acts: bool,
}

fn once() -> u64 {
    1
}

impl Fault {
    /// Whether the request is carried out although the fault strikes.
    pub fn lets_act(&self) -> bool {
        self.acts || matches!(self.kind, Kind::Truncate | Kind::Slow | Kind::Late)
    }

    /// Real milliseconds that the fault lasts.
    pub fn lasts(&self) -> u64 {
        self.ms.unwrap_or(if self.kind == Kind::Hang { FOREVER } else { 1_000 })
    }

    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Busy => "busy",
            Kind::Errcode => "errcode",
            Kind::Status => "status",
            Kind::Hang => "hang",
            Kind::Reset => "reset",
            Kind::Truncate => "truncate",
            Kind::Slow => "slow",
            Kind::Late => "late",
        }
    }
}

#[derive(Default)]
pub struct Faults {
    waiting: Vec<Fault>,
}

impl Faults {
    pub fn order(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    /// The fault that strikes a request to `path`, if any: the one ordered first.
    pub fn strike(&mut self, path: &str) -> Option<Fault> {
        let matching = |fault: &Fault| fault.path == path || fault.path == ANYWHERE;
        let position = self.waiting.iter().position(matching)?;
        let fault = self.waiting.get_mut(position)?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        let struck = fault.clone();
        match fault.times {
            0 => {}
            1 => drop(self.waiting.remove(position)),
            _ => fault.times -= 1,
        }
        Some(struck)
    }

    /// What is still to strike.
    pub fn waiting(&self) -> &[Fault] {
        &self.waiting
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}
