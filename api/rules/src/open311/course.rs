//! How far an incident has come, in the words of the convention.

use crate::incidents::{Act, Budget, Holder, Level, Origin, Status, Unit, policy::Tier};

/// Whether there is something left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    Open,
    Closed,
}

impl Openness {
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];

    /// As the convention writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The value with this written form, in whichever case.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code().eq_ignore_ascii_case(code))
    }

    /// Of an incident in this status.
    pub fn of(status: Status) -> Self {
        if status.is_over() { Self::Closed } else { Self::Open }
    }
}

/// The finer statuses of the extension for updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    Open,
    ForTriage,
    /// Somebody finds out more, before or after the work.
    Investigating,
    InProgress,
    ActionScheduled,
    /// It is one trouble with another, and handled with that.
    Duplicate,
    Fixed,
    Reopen,
    Closed,
    Cancelled,
    /// It is somebody else's, who was named.
    NotResponsible,
    NoFurtherAction,
}

impl Extended {
    /// As the extension writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::ForTriage => "FOR_TRIAGE",
            Self::Investigating => "INVESTIGATING",
            Self::InProgress => "IN_PROGRESS",
            Self::ActionScheduled => "ACTION_SCHEDULED",
            Self::Duplicate => "DUPLICATE",
            Self::Fixed => "FIXED",
            Self::Reopen => "REOPEN",
            Self::Closed => "CLOSED",
            Self::Cancelled => "CANCELLED",
            Self::NotResponsible => "NOT_COUNCILS_RESPONSIBILITY",
            Self::NoFurtherAction => "NO_FURTHER_ACTION",
        }
    }

    /// What it says, in place of words that somebody wrote.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Open => "已受理，等待接手",
            Self::ForTriage => "已转给负责的一级，等待接手",
            Self::Investigating => "正在核实",
            Self::InProgress => "正在处理",
            Self::ActionScheduled => "暂停处理，到期继续",
            Self::Duplicate => "与另一报事是同一问题，合并处理",
            Self::Fixed => "已处理，等待报事人确认",
            Self::Reopen => "报事人反映未解决，重新处理",
            Self::Closed => "已办结",
            Self::Cancelled => "报事人已撤回",
            Self::NotResponsible => "不属于本级职责，已告知应找的单位",
            Self::NoFurtherAction => "未受理",
        }
    }

    /// Of an incident in this status.
    pub const fn of(status: Status) -> Self {
        match status {
            Status::Submitted | Status::Accepted | Status::Assigned => Self::Open,
            Status::NeedInfo | Status::Verifying => Self::Investigating,
            Status::InProgress => Self::InProgress,
            Status::Waiting => Self::ActionScheduled,
            Status::Merged => Self::Duplicate,
            Status::AwaitConfirm => Self::Fixed,
            Status::Closed => Self::Closed,
            Status::Withdrawn => Self::Cancelled,
            Status::Diverted => Self::NotResponsible,
            Status::Rejected => Self::NoFurtherAction,
        }
    }

    /// What an act tells strangers; nothing where it changed nothing that concerns them.
    pub const fn after(act: Act) -> Option<Self> {
        Some(match act {
            Act::AskInfo => Self::Investigating,
            Act::Acknowledge
            | Act::Resume
            | Act::VoidPause
            | Act::Retarget
            | Act::Split
            | Act::Succeed
            | Act::FailInspection => Self::InProgress,
            Act::Pause | Act::Await => Self::ActionScheduled,
            Act::Merge => Self::Duplicate,
            Act::Handle | Act::PassInspection | Act::Ask => Self::Fixed,
            Act::Confirm | Act::SettleBySilence | Act::SettleByQuorum | Act::ForceClose => Self::Closed,
            Act::SendBack | Act::Reopen => Self::Reopen,
            Act::Withdraw => Self::Cancelled,
            Act::Divert => Self::NotResponsible,
            Act::Reject => Self::NoFurtherAction,
            Act::Reply | Act::Appeal | Act::Climb | Act::RollUp | Act::LeaveEmptyPost | Act::Consent => {
                Self::ForTriage
            }
            // Between those who handle it.
            Act::Accept
            | Act::Assign
            | Act::Appoint
            | Act::Object
            | Act::Delegate
            | Act::Decline
            | Act::Lapse
            | Act::Urge
            | Act::Note
            | Act::Whistle => return None,
        })
    }
}

/// The acts that strangers are told of.
pub fn told() -> impl Iterator<Item = Act> {
    Act::ALL.iter().copied().filter(|act| Extended::after(*act).is_some())
}

/// A level in words.
pub const fn level_words(level: Level) -> &'static str {
    match level {
        Level::Home => "户",
        Level::Unit => "单元",
        Level::Building => "楼栋",
        Level::Complex => "小区",
        Level::Community => "社区",
        Level::Street => "街道",
        Level::District => "区",
    }
}

/// Who answers, as people call them.
pub const fn holder_words(holder: Holder) -> &'static str {
    match holder {
        Holder::Owner => "住户",
        Holder::UnitLeader => "单元长",
        Holder::BuildingLeader => "楼栋长",
        Holder::PropertyManager => "物业服务企业",
        Holder::CommunityOfficer => "社区居民委员会",
        Holder::StreetOfficer => "街道办事处",
        Holder::Admin => "区级管理单位",
    }
}

/// How a report came in.
pub const fn origin_words(origin: Origin) -> &'static str {
    match origin {
        Origin::Resident => "居民上报",
        Origin::Patrol => "巡查发现",
        Origin::Visit => "走访收集",
        Origin::Open311 => "外部系统",
        Origin::Phone => "电话",
    }
}

/// What a report is promised by the level that has it, in one sentence.
pub fn promise_words(tier: &Tier) -> String {
    let (contact, handling) = (budget_words(tier.first_contact), budget_words(tier.handling));
    format!("{contact}内接手，接手后{handling}内处理；逾期自动转上一级。")
}

/// A budget as people say it.
fn budget_words(budget: Budget) -> String {
    let (hour, amount) = (60, budget.amount());
    match budget.unit() {
        Unit::UrgentMinutes if amount % hour == 0 => format!("{}小时", amount / hour),
        Unit::UrgentMinutes => format!("{amount}分钟"),
        Unit::WorkMinutes if amount % hour == 0 => format!("{}个工作小时", amount / hour),
        Unit::WorkMinutes => format!("{amount}分钟（工作时间）"),
        Unit::WorkDays => format!("{amount}个工作日"),
        Unit::NaturalDays => format!("{amount}天"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::{category, policy};

    #[test]
    fn what_is_over_is_closed() {
        for status in Status::ALL {
            let open = Openness::of(*status);
            assert_eq!(open == Openness::Closed, status.is_over(), "{status}");
            let closed = matches!(
                Extended::of(*status),
                Extended::Closed | Extended::Cancelled | Extended::NotResponsible | Extended::NoFurtherAction
            );
            assert_eq!(closed, status.is_over(), "{status}");
            assert_eq!(Openness::from_code(&open.code().to_uppercase()), Some(open));
        }
        assert_eq!(Openness::from_code("OPENED"), None);
    }

    #[test]
    fn a_promise_is_one_sentence() {
        let of = |code| {
            let policy = policy::national(category::find(code).unwrap()).unwrap();
            promise_words(policy.at(policy.common.enters_at))
        };
        assert_eq!(of("ELEVATOR_FAULT"), "30分钟内接手，接手后24小时内处理；逾期自动转上一级。");
        assert_eq!(of("SUGGESTION"), "24小时内接手，接手后5个工作日内处理；逾期自动转上一级。");
        assert_eq!(of("WASTE_SORTING"), "24小时内接手，接手后3天内处理；逾期自动转上一级。");
    }

    #[test]
    fn talk_is_nobody_elses() {
        let told: Vec<Act> = told().collect();
        let untold = [
            Act::Accept,
            Act::Assign,
            Act::Appoint,
            Act::Object,
            Act::Delegate,
            Act::Decline,
            Act::Lapse,
            Act::Urge,
            Act::Note,
            Act::Whistle,
        ];
        assert!(untold.iter().all(|act| !told.contains(act)));
        assert!(told.contains(&Act::Handle) && told.len() + untold.len() == Act::ALL.len());
    }
}
