//! Which event tells whom, in which words. One row a pair of event and recipient: a new kind of event is told by adding
//! its row.

use serde_json::Value;

use super::timing::Urgency;
use crate::incidents::codes::coded;

coded! {
    /// What a notice is about to whoever gets it. Each has one template at WeChat, so that a person is asked for three
    /// at most.
    pub enum Topic {
        /// Something waits for them to work on it.
        Task = "TASK",
        /// Something that they reported or follow moved, or is off where they live.
        Progress = "PROGRESS",
        /// Something waits for their word.
        Answer = "ANSWER",
    }
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whom {
    /// Whoever holds it after the event: the facts name the post.
    Holder,
    /// Whoever of the post that holds it has it to do.
    Assignee,
    /// Whoever has one of the roles that the facts name in `notify`, over the place.
    Named,
    /// Whom a step of a policy calls, as the facts tell in `whom`: of the post that holds it or of another.
    Called,
    /// The person it concerns.
    Concerned,
    /// Whoever may cast the ballot of the head that it is about, but for who did it.
    OfHead,
    /// Whoever may cast the ballot of a head that has not voted.
    Unvoted,
    /// Whoever follows it, as long as it is public.
    Follower,
    /// Whoever lives at the place.
    Resident,
}

impl Whom {
    /// Whether they may be so many that they are told page by page.
    pub const fn are_many(self) -> bool {
        matches!(self, Self::Unvoted | Self::Follower | Self::Resident)
    }
}

/// How far a notice goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Beside the inbox also to the phone, by whichever way is open.
    Outward,
    /// To the phone only where life or property is in danger, otherwise into the inbox alone.
    InDanger,
    /// Into the inbox alone.
    Inbox,
}

impl Reach {
    /// Whether it goes to the phone.
    pub fn goes_out(self, urgency: Urgency) -> bool {
        match self {
            Self::Outward => true,
            Self::InDanger => urgency == Urgency::Now,
            Self::Inbox => false,
        }
    }
}

/// One row: an event of this kind tells this to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// As the record names the event.
    pub kind: &'static str,
    /// As whoever is told knows it: less than the record, where how it came about is not theirs to know.
    pub told_as: &'static str,
    pub whom: Whom,
    pub topic: Topic,
    pub reach: Reach,
    /// The fact that the event has to tell, and as what, where that matters.
    pub only_if: Option<(&'static str, &'static str)>,
    /// Later events of the same subject after which nobody needs to be told this any more.
    pub void_by: &'static [&'static str],
    /// At most five Chinese characters, as a WeChat `phrase` takes them.
    pub short: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

/// What ends the need to call a holder: it is taken over, went elsewhere, or is over.
const TAKEN: &[&str] = &[
    "INCIDENT_ACKNOWLEDGED",
    "INCIDENT_CLIMBED",
    "INCIDENT_LEFT_EMPTY_POST",
    "INCIDENT_HANDED_OVER",
    "INCIDENT_MERGED",
    "INCIDENT_HANDLED",
    "INCIDENT_CONFIRMED",
    "INCIDENT_SETTLED",
    "INCIDENT_WITHDRAWN",
    "INCIDENT_REJECTED",
    "INCIDENT_SENT_ELSEWHERE",
    "INCIDENT_FORCE_CLOSED",
];

/// What ends the need to sort out a report: it was taken on or given to somebody, or is not its holder's any more.
const SORTED: &[&str] = &[
    "INCIDENT_ACCEPTED",
    "INCIDENT_ASSIGNED",
    "INCIDENT_ACKNOWLEDGED",
    "INCIDENT_CLIMBED",
    "INCIDENT_LEFT_EMPTY_POST",
    "INCIDENT_HANDED_OVER",
    "INCIDENT_MERGED",
    "INCIDENT_WITHDRAWN",
    "INCIDENT_REJECTED",
    "INCIDENT_SENT_ELSEWHERE",
    "INCIDENT_FORCE_CLOSED",
];

/// What ends a warning about the time of the handling: unlike [`TAKEN`], taking it over does not.
const DONE: &[&str] = match TAKEN.split_first() {
    // The taking over stands first.
    Some((_, rest)) => rest,
    None => &[],
};

/// What ends the need to say whether another level should have it: that was said, or it is not to be passed on any more.
const DECIDED: &[&str] = &[
    "INCIDENT_HANDED_OVER",
    "INCIDENT_HANDOVER_DECLINED",
    "INCIDENT_PROPOSAL_LAPSED",
    "INCIDENT_CLIMBED",
    "INCIDENT_LEFT_EMPTY_POST",
    "INCIDENT_MERGED",
    "INCIDENT_HANDLED",
    "INCIDENT_WITHDRAWN",
    "INCIDENT_REJECTED",
    "INCIDENT_SENT_ELSEWHERE",
    "INCIDENT_FORCE_CLOSED",
];

/// What ends the need to look at what was done.
const INSPECTED: &[&str] = &[
    "INCIDENT_PASSED_INSPECTION",
    "INCIDENT_FAILED_INSPECTION",
    "INCIDENT_PASSED_UNSEEN",
    "INCIDENT_FORCE_CLOSED",
];

/// What ends the wait for the reporter's word.
const ANSWERED: &[&str] = &[
    "INCIDENT_CONFIRMED",
    "INCIDENT_RETURNED",
    "INCIDENT_SETTLED",
    "INCIDENT_WITHDRAWN",
    "INCIDENT_FORCE_CLOSED",
];

/// What ends the need to call those who are asked in a programme.
const COURSE_ENDED: &[&str] = &["PROGRAMME_ENDED", "PROGRAMME_CALLED_OFF"];

/// What ends the need to look at a proposed change of a roll.
const CHANGE_DECIDED: &[&str] = &["ROLL_CHANGED", "ROLL_CHANGE_REFUSED"];

/// What ends the need to confirm who acts for an owner.
const REPRESENTATION_DECIDED: &[&str] = &["REPRESENTATION_STANDS", "REPRESENTATION_ENDED"];

/// What ends the need to call those who are convened.
const CONVENED: &[&str] = &["WHISTLE_CLOSED", "WHISTLE_CALLED_OFF"];

const fn task(kind: &'static str, short: &'static str, zh: &'static str, en: &'static str) -> Telling {
    Telling {
        kind,
        told_as: kind,
        whom: Whom::Holder,
        topic: Topic::Task,
        reach: Reach::Outward,
        only_if: None,
        void_by: TAKEN,
        short,
        zh,
        en,
    }
}

const fn named(telling: Telling) -> Telling {
    Telling { whom: Whom::Named, ..telling }
}

/// Whom a level tells besides itself of what comes to it.
const fn copied(telling: Telling) -> Telling {
    Telling { reach: Reach::InDanger, ..named(telling) }
}

const fn convened(kind: &'static str, short: &'static str, zh: &'static str, en: &'static str) -> Telling {
    Telling { void_by: CONVENED, ..named(task(kind, short, zh, en)) }
}

/// A step of a programme is for them.
const fn asked(kind: &'static str, short: &'static str, zh: &'static str, en: &'static str) -> Telling {
    Telling { void_by: COURSE_ENDED, ..named(task(kind, short, zh, en)) }
}

const fn only_if(fact: &'static str, is: &'static str, telling: Telling) -> Telling {
    Telling { only_if: Some((fact, is)), ..telling }
}

const fn until_decided(telling: Telling) -> Telling {
    Telling { void_by: DECIDED, ..telling }
}

const fn until_sorted(telling: Telling) -> Telling {
    Telling { void_by: SORTED, ..telling }
}

const fn until_done(telling: Telling) -> Telling {
    Telling { void_by: DONE, ..telling }
}

const fn progress(kind: &'static str, short: &'static str, zh: &'static str, en: &'static str) -> Telling {
    Telling {
        kind,
        told_as: kind,
        whom: Whom::Concerned,
        topic: Topic::Progress,
        reach: Reach::Outward,
        only_if: None,
        void_by: &[],
        short,
        zh,
        en,
    }
}

const fn in_the_inbox(telling: Telling) -> Telling {
    Telling { reach: Reach::Inbox, ..telling }
}

const fn of_head(telling: Telling) -> Telling {
    Telling { whom: Whom::OfHead, ..telling }
}

const fn answer(kind: &'static str, short: &'static str, zh: &'static str, en: &'static str) -> Telling {
    Telling { topic: Topic::Answer, void_by: ANSWERED, ..progress(kind, short, zh, en) }
}

const fn followed(telling: Telling, told_as: &'static str) -> Telling {
    Telling { told_as, whom: Whom::Follower, ..in_the_inbox(telling) }
}

/// It is over, however that came about.
const fn followed_to_its_end(kind: &'static str) -> Telling {
    let (zh, en) = ("您关注的事件已办结", "What you follow is closed");
    followed(progress(kind, "已办结", zh, en), "FOLLOWED_CLOSED")
}

const fn resident(kind: &'static str, short: &'static str, zh: &'static str, en: &'static str) -> Telling {
    Telling { whom: Whom::Resident, ..in_the_inbox(progress(kind, short, zh, en)) }
}

/// The reporter has the word, unless somebody inspects it first.
const fn to_confirm(kind: &'static str) -> Telling {
    let (zh, en) =
        ("您上报的事件已处理，请确认是否解决", "What you reported was handled: say whether it is resolved");
    only_if("status", "AWAIT_CONFIRM", answer(kind, "请您确认", zh, en))
}

/// Every row. Of one event, a person is told by the first that names them.
pub const TELLINGS: &[Telling] = &[
    task(
        "INCIDENT_REPORTED",
        "新的上报",
        "有新的上报，请尽快接手",
        "A new report waits for you to take it over",
    ),
    copied(task("INCIDENT_REPORTED", "新的上报", "辖区内有新的上报", "Something was reported in your area")),
    only_if(
        "status",
        "SUBMITTED",
        task(
            "INCIDENT_EXPLAINED_NO_MORE",
            "停用已过",
            "停用已结束，仍有上报，请尽快接手",
            "What was switched off is on again, and a report waits for you to take it over",
        ),
    ),
    task(
        "INCIDENT_CLIMBED",
        "升级到您",
        "事件已升级到您这一级，请尽快接手",
        "An incident climbed to you: take it over",
    ),
    in_the_inbox(progress(
        "INCIDENT_CLIMBED",
        "已升级",
        "您上报的事件已升级到上一级",
        "What you reported climbed to the level above",
    )),
    copied(task("INCIDENT_CLIMBED", "已升级", "辖区内有事件升级", "An incident in your area climbed")),
    task(
        "INCIDENT_LEFT_EMPTY_POST",
        "转到您处",
        "事件已转到您处，请尽快接手",
        "An incident came to you: take it over",
    ),
    task(
        "INCIDENT_HANDED_OVER",
        "交到您处",
        "事件已交到您处，请尽快接手",
        "An incident was handed to you: take it over",
    ),
    in_the_inbox(progress(
        "INCIDENT_HANDED_OVER",
        "已转办",
        "您上报的事件已转由另一级处理",
        "What you reported is another level's to handle now",
    )),
    until_decided(named(task(
        "INCIDENT_OBJECTED",
        "请您裁定",
        "承办方称事件不归其管，请您裁定",
        "A holder says that an incident is not theirs: decide whether they are right",
    ))),
    until_decided(named(task(
        "INCIDENT_DELEGATION_PROPOSED",
        "请您答复",
        "上级请您接回一件事件，请您答复",
        "A level above asks you to have an incident back: say whether you will",
    ))),
    Telling {
        whom: Whom::Assignee,
        ..task("INCIDENT_ASSIGNED", "已派给您", "事件已派给您处理", "An incident was assigned to you")
    },
    until_done(task(
        "INCIDENT_SHOUTED",
        "仍未处理",
        "事件已超时仍未处理，请立即处理",
        "An incident is overdue: act now",
    )),
    until_done(named(task(
        "INCIDENT_SHOUTED",
        "仍未处理",
        "辖区内有事件超时仍未处理",
        "An incident in your area is overdue, and nobody acts",
    ))),
    until_done(task(
        "INCIDENT_WARNED",
        "即将超时",
        "事件即将超时，请尽快处理",
        "An incident is about to be overdue",
    )),
    until_done(named(task(
        "INCIDENT_WARNED",
        "即将超时",
        "辖区内有事件即将超时",
        "An incident below you is about to be overdue",
    ))),
    until_sorted(task(
        "INCIDENT_UNSORTED",
        "尚未受理",
        "受理时限已过，请确认是否受理",
        "The time to sort out a report is over: take it on, or say why not",
    )),
    until_sorted(named(task(
        "INCIDENT_UNSORTED",
        "尚未受理",
        "辖区内有事件超过受理时限",
        "A report below you was not sorted out in time",
    ))),
    until_done(task("INCIDENT_REMINDED", "催促处理", "请尽快处理这一事件", "Please act on this incident")),
    until_done(named(task(
        "INCIDENT_REMINDED",
        "催促处理",
        "辖区内有事件需要督促",
        "An incident below you needs a push",
    ))),
    Telling {
        whom: Whom::Called,
        ..task(
            "INCIDENT_CALLED",
            "请您接手",
            "有事件无人接手，请尽快处理",
            "Nobody has taken an incident over: do it now",
        )
    },
    in_the_inbox(Telling {
        whom: Whom::Called,
        ..task("INCIDENT_POINTED_OUT", "等待接手", "有事件等待接手", "An incident waits to be taken over")
    }),
    until_done(task("INCIDENT_URGED", "居民催办", "居民催办，请尽快处理", "The resident urges you to act")),
    task(
        "INCIDENT_RETURNED",
        "退回重办",
        "居民认为没有解决，已退回",
        "The resident sent it back: it is not resolved",
    ),
    task("INCIDENT_REOPENED", "重新打开", "居民重新打开了事件", "The resident opened it again"),
    task("CLUSTER_JOINED", "又有上报", "又有住户上报同一问题", "Another household reports the same"),
    in_the_inbox(task(
        "INCIDENT_RETARGETED",
        "时限调整",
        "上级调整了事件的时限",
        "A level above changed how long you have",
    )),
    in_the_inbox(progress(
        "INCIDENT_RETARGETED",
        "时限调整",
        "您上报的事件调整了处理时限",
        "What you reported has other deadlines now",
    )),
    progress(
        "INCIDENT_ACKNOWLEDGED",
        "已接手",
        "您上报的事件已有人接手",
        "Somebody has taken over what you reported",
    ),
    progress(
        "INCIDENT_PAUSED",
        "暂停处理",
        "您上报的事件暂停处理，原因见详情",
        "The work on what you reported stands still; see why",
    ),
    progress(
        "INCIDENT_APPOINTED",
        "约定上门",
        "处理人员约定了上门时间，请留意",
        "Somebody comes about what you reported; see when",
    ),
    in_the_inbox(progress(
        "INCIDENT_RESUMED",
        "继续处理",
        "您上报的事件继续处理",
        "The work on what you reported goes on",
    )),
    until_done(task(
        "INCIDENT_PAUSE_VOID",
        "暂停无效",
        "上级认定暂停无效，请继续处理",
        "A level above found no reason for your pause: go on",
    )),
    in_the_inbox(progress(
        "INCIDENT_PAUSE_VOID",
        "继续处理",
        "您上报的事件不应暂停，已继续处理",
        "The work on what you reported should not have stood still: it goes on",
    )),
    only_if(
        "by",
        "HANDLER",
        progress(
            "INCIDENT_NOTED",
            "有新回复",
            "您上报的事件有新的回复",
            "There is a reply to what you reported",
        ),
    ),
    only_if(
        "by",
        "REPORTER",
        in_the_inbox(task(
            "INCIDENT_NOTED",
            "补充说明",
            "居民补充了说明",
            "The reporter added something to what you hold",
        )),
    ),
    only_if(
        "status",
        "VERIFYING",
        Telling {
            void_by: INSPECTED,
            ..named(task(
                "INCIDENT_HANDLED",
                "请您复核",
                "有事件已处理，请您复核",
                "An incident was handled: see whether it is",
            ))
        },
    ),
    to_confirm("INCIDENT_HANDLED"),
    to_confirm("INCIDENT_PASSED_INSPECTION"),
    to_confirm("INCIDENT_PASSED_UNSEEN"),
    task(
        "INCIDENT_FAILED_INSPECTION",
        "复核未过",
        "复核认为没有解决，请重新处理",
        "An inspection found it unresolved: act again",
    ),
    task("INCIDENT_REPLIED", "已补充", "居民已补充情况，请继续处理", "The reporter answered what was asked"),
    task(
        "INCIDENT_APPEALED",
        "居民申诉",
        "居民不同意不受理，请复查",
        "The reporter appeals: look at it again",
    ),
    task(
        "INCIDENT_HANDOVER_DECLINED",
        "不同意转",
        "对方不同意转办，请继续处理",
        "They did not agree to take it: go on",
    ),
    only_if(
        "proposal",
        "OBJECTION",
        in_the_inbox(progress(
            "INCIDENT_HANDOVER_DECLINED",
            "继续处理",
            "承办方称不归其管，经裁定仍由其处理",
            "Its holder said that it was not theirs; it was decided that it is",
        )),
    ),
    until_done(task(
        "INCIDENT_PROPOSAL_LAPSED",
        "无人答复",
        "转办请求无人答复已失效，请继续处理",
        "Nobody answered what you proposed: go on",
    )),
    in_the_inbox(named(task(
        "INCIDENT_PROPOSAL_LAPSED",
        "已失效",
        "请您答复的转办请求未获答复，已失效",
        "You were asked whether an incident is passed on, and the time to answer is over",
    ))),
    only_if(
        "status",
        "SUBMITTED",
        task(
            "INCIDENT_RESUMED",
            "未补充",
            "居民没有补充情况，时限继续计算",
            "The reporter did not answer what was asked: your time goes on",
        ),
    ),
    progress(
        "INCIDENT_SENT_ELSEWHERE",
        "另有归口",
        "您上报的事件归其他单位，见详情",
        "What you reported is for somebody else; see whom",
    ),
    progress(
        "INCIDENT_FORCE_CLOSED",
        "已办结",
        "您上报的事件已由上级办结，见详情",
        "What you reported was closed by a level above; see why",
    ),
    answer(
        "INCIDENT_QUESTIONED",
        "请您补充",
        "您上报的事件需要补充情况",
        "More is needed to act on what you reported",
    ),
    progress(
        "INCIDENT_REJECTED",
        "未受理",
        "您上报的事件未受理，原因见详情",
        "What you reported was not taken; see why",
    ),
    in_the_inbox(progress(
        "INCIDENT_SETTLED",
        "已办结",
        "您上报的事件已自动办结",
        "What you reported was closed, as nobody objected",
    )),
    in_the_inbox(task(
        "INCIDENT_CONFIRMED",
        "已确认",
        "居民已确认解决",
        "The resident confirms that it is resolved",
    )),
    in_the_inbox(task("INCIDENT_WITHDRAWN", "已撤回", "上报人撤回了事件", "The reporter took it back")),
    convened("WHISTLE_BLOWN", "请您报到", "有哨声召集您，请按时报到", "You are convened: report in"),
    convened(
        "WHISTLE_REPORT_IN_MISSING",
        "尚未报到",
        "被召集的一方尚未报到",
        "Somebody who is convened has not come",
    ),
    convened(
        "WHISTLE_MINUTED",
        "承诺事项",
        "会上记下了您的承诺事项",
        "The minutes hold what you committed to",
    ),
    convened("WHISTLE_COMMITMENT_OVERDUE", "承诺超时", "一项承诺已超过时限", "A commitment is overdue"),
    Telling {
        whom: Whom::Concerned,
        void_by: &["VISIT_COMMITMENT_SETTLED"],
        ..task(
            "VISIT_COMMITMENT_OVERDUE",
            "承诺超时",
            "您走访时的承诺已超过时限",
            "What you promised on a visit is overdue",
        )
    },
    Telling {
        void_by: &["PATROL_ROUND_FINISHED", "PATROL_ROUTE_RETIRED"],
        ..named(task(
            "PATROL_ROUND_LATE",
            "巡查超时",
            "一轮巡查没有按时完成",
            "A patrol round is late: have it walked",
        ))
    },
    in_the_inbox(named(task(
        "PATROL_MISSED",
        "巡查遗漏",
        "居民上报了巡查时没有发现的问题",
        "A resident reported what a patrol had passed over",
    ))),
    Telling {
        void_by: &["FIGURE_APPEAL_DECIDED"],
        ..named(task(
            "FIGURE_APPEALED",
            "考核申诉",
            "有一项考核申诉等您裁定",
            "A row of the figures is appealed: decide on it",
        ))
    },
    in_the_inbox(progress(
        "FIGURE_APPEAL_DECIDED",
        "申诉结果",
        "您的考核申诉已有结论",
        "Your appeal of the figures is decided",
    )),
    resident("OUTAGE_PLANNED", "停用公告", "您所在的地方有计划停用", "Something will be off where you live"),
    resident(
        "OUTAGE_EXTENDED",
        "停用延长",
        "计划停用的时间延长了",
        "What is off where you live stays off longer",
    ),
    resident("OUTAGE_ENDED", "停用结束", "计划停用提前结束了", "What was off where you live is on again"),
    Telling {
        topic: Topic::Answer,
        void_by: COURSE_ENDED,
        ..progress(
            "PROGRAMME_MODULE_BEGUN",
            "请您申辩",
            "有业主提议罢免您，请您陈述申辩",
            "Owners propose to remove you from the committee: say what you have to say",
        )
    },
    asked(
        "PROGRAMME_MODULE_BEGUN",
        "请您办理",
        "业主方案到了需要您办理的一步",
        "A programme has come to a step that is for you",
    ),
    asked(
        "PROGRAMME_MODULE_LATE",
        "已逾期",
        "业主方案中需要您办理的一步已逾期",
        "A step of a programme that is for you is late",
    ),
    // A supervisor's note to whoever convenes, or a statement about an office.
    named(progress(
        "PROGRAMME_DEED",
        "请您答复",
        "业主方案中有事项请您查看并答复",
        "Somebody noted or said something in a programme: read it and answer",
    )),
    only_if(
        "deed",
        "REPLY",
        Telling {
            topic: Topic::Answer,
            void_by: &["PROGRAMME_ENDED"],
            ..progress(
                "PROGRAMME_DEED",
                "监督答复",
                "您的监督记录已有答复",
                "What you noted in a programme is answered",
            )
        },
    ),
    progress(
        "PROGRAMME_BEGUN",
        "罢免提议",
        "有业主提议罢免您的业主委员会委员职务",
        "Owners propose to remove you from the committee",
    ),
    // A note to whoever began it, a task that comes to somebody, what they showed and was not accepted, a statement about them.
    progress(
        "PROGRAMME_DEED",
        "与您有关",
        "业主方案中有与您有关的事项，请查看",
        "Something in a programme concerns you: read it",
    ),
    resident(
        "PROGRAMME_BEGUN",
        "方案开始",
        "您的小区开始了一项业主方案",
        "A programme has begun where you live",
    ),
    named(progress(
        "EXTERNAL_RESULT_AWAITED",
        "待导入结果",
        "投票已截止，请导入政府系统的结果",
        "Voting is over: import the result of the city's system",
    )),
    named(progress(
        "POLL_DEADLINE_NEAR",
        "期限将至",
        "表决后续事项即将到期，见详情",
        "Something that is to be done after a vote is due soon",
    )),
    named(progress(
        "POLL_DEADLINE_PASSED",
        "已逾期",
        "表决后续事项已到期，见详情",
        "The time of something after a vote is over",
    )),
    resident("PROGRAMME_PAUSED", "方案暂停", "业主方案暂停，原因见详情", "A programme stands still; see why"),
    resident("PROGRAMME_RESUMED", "方案继续", "业主方案继续进行", "A programme goes on"),
    resident(
        "PROGRAMME_CALLED_OFF",
        "方案取消",
        "业主方案已取消，原因见详情",
        "A programme was called off; see why",
    ),
    resident(
        "PROGRAMME_ENDED",
        "方案结束",
        "业主方案已结束，见详情",
        "A programme is over; see how it ended",
    ),
    Telling {
        void_by: &["ROLL_OBJECTION_ANSWERED"],
        ..named(task(
            "ROLL_OBJECTED",
            "名册异议",
            "有业主对名册提出异议，请核实答复",
            "An owner objects to the roll: look into it and answer",
        ))
    },
    Telling {
        void_by: &["ROLL_OBJECTION_ANSWERED"],
        ..named(task(
            "ROLL_OBJECTION_NEAR",
            "即将逾期",
            "对名册的异议即将到答复期限",
            "The time to answer an objection to the roll is nearly over",
        ))
    },
    Telling {
        void_by: &["ROLL_OBJECTION_ANSWERED"],
        ..named(task(
            "ROLL_OBJECTION_PASSED",
            "已逾期",
            "对名册的异议逾期未答复，请答复",
            "Nobody answered an objection to the roll in time: answer it",
        ))
    },
    progress(
        "ROLL_OBJECTION_ANSWERED",
        "异议答复",
        "您对名册的异议已有答复，见详情",
        "Your objection to the roll is answered",
    ),
    Telling {
        void_by: CHANGE_DECIDED,
        ..named(task(
            "ROLL_CHANGE_PROPOSED",
            "名册更正",
            "有名册更正待第二人确认",
            "A change of the roll waits for a second person",
        ))
    },
    progress(
        "ROLL_ENTRY_CHANGED",
        "名册更正",
        "您的房屋在名册上已更正，请核对",
        "Your home's entry on the roll was changed: look at it",
    ),
    Telling {
        void_by: REPRESENTATION_DECIDED,
        ..named(task(
            "REPRESENTATION_PROPOSED",
            "代表确认",
            "有业主代表登记待第二人确认",
            "Somebody is to act for an owner: it waits for a second person",
        ))
    },
    progress(
        "OWNER_REPRESENTED",
        "业主代表",
        "您家由谁代表有变动或待您确认",
        "Who acts for you or your home changes, or waits for your word: look at it",
    ),
    Telling {
        void_by: &["POLL_OPENED", "POLL_REGISTRATION_SHORT"],
        ..resident(
            "POLL_REGISTRATION_BEGUN",
            "请先登记",
            "意见征询须先登记，投票开始前截止",
            "Owners register for a poll of opinion: until voting begins",
        )
    },
    in_the_inbox(named(task(
        "PAPER_ASKED",
        "待发选票",
        "有业主要求纸质选票，请发给业主",
        "An owner asks for a paper ballot: hand it over",
    ))),
    in_the_inbox(named(task(
        "POLL_PAPERS_DIFFER",
        "待裁定",
        "有纸质选票两次录入不一致，待第三人裁定",
        "A paper was read differently by two: a third says what it says",
    ))),
    Telling {
        topic: Topic::Answer,
        reach: Reach::Outward,
        void_by: &["POLL_CLOSED"],
        ..resident(
            "POLL_OPENED",
            "开始投票",
            "投票开始，请业主在截止前投票",
            "Voting has begun: owners, cast your ballots",
        )
    },
    Telling {
        whom: Whom::Unvoted,
        topic: Topic::Answer,
        void_by: &["POLL_CLOSED"],
        ..in_the_inbox(progress(
            "POLL_REMINDED",
            "请您投票",
            "您家尚未投票，请在截止前投票",
            "Your head has not voted yet: cast its ballot before voting ends",
        ))
    },
    of_head(progress(
        "BALLOT_CAST",
        "选票已投",
        "您家的选票已投出，如非您家所投请提异议",
        "Your head's ballot is in; dispute it if it is not yours, while voting goes on",
    )),
    progress(
        "BALLOT_SET_ASIDE",
        "选票作废",
        "您投出的一张选票已不计入",
        "A ballot that you cast does not count any more",
    ),
    of_head(progress(
        "BALLOT_SET_ASIDE",
        "选票作废",
        "您家有一张选票不计入，见详情",
        "A ballot of your head does not count any more: see whether to cast again",
    )),
    Telling {
        void_by: &["POLL_CLOSED"],
        ..named(task(
            "BALLOT_DISPUTED",
            "选票异议",
            "有业主对选票提出异议，请在截止前答复",
            "A ballot is disputed: answer before voting ends",
        ))
    },
    progress(
        "BALLOT_DISPUTE_ANSWERED",
        "异议答复",
        "您对选票的异议已有答复，见详情",
        "Your dispute of a ballot is answered; see how",
    ),
    progress(
        "MANDATE_GIVEN",
        "委托投票",
        "有业主委托您投票，请按其意见投票",
        "An owner has you vote for them: cast as they want it",
    ),
    of_head(progress(
        "MANDATE_GIVEN",
        "委托投票",
        "您家的共有人已委托他人投票",
        "A co-owner of yours has somebody else vote for you both",
    )),
    progress(
        "MANDATE_REVOKED",
        "委托撤回",
        "业主撤回了对您的投票委托",
        "An owner took back that you vote for them",
    ),
    of_head(in_the_inbox(progress(
        "MANDATE_REVOKED",
        "委托撤回",
        "您家的投票委托已由共有人撤回",
        "A co-owner of yours took back that somebody else votes for you both",
    ))),
    of_head(progress(
        "MANDATE_LAID_DOWN",
        "委托辞去",
        "受托人不再为您家投票，请自行投票",
        "Your proxy does not vote for you any more: cast yourselves",
    )),
    resident(
        "POLL_REGISTRATION_SHORT",
        "报名不足",
        "报名不足，本次征询不再投票，见详情",
        "Too few registered: nobody votes in this poll of opinion",
    ),
    resident("POLL_PUBLISHED", "结果公布", "表决结果已公布，见详情", "The result of a vote is out"),
    Telling {
        void_by: &["POLL_CLOSED"],
        ..resident(
            "POLL_EXTENDED",
            "投票延期",
            "参与不足，投票延期，尚未投票的请投票",
            "Too few took part: voting goes on",
        )
    },
    progress(
        "COMMITTEE_VACANCY",
        "委员离任",
        "您不再是业主委员会委员",
        "You are no member of the owners' committee any more",
    ),
    resident(
        "COMMITTEE_VACANCY",
        "委员变动",
        "业主委员会有委员离任，见详情",
        "A member left the owners' committee",
    ),
    resident(
        "COMMITTEE_SEATS_FILLED",
        "委员变动",
        "业主委员会补选的委员就任，见详情",
        "A by-election filled seats of the owners' committee",
    ),
    progress(
        "COMMITTEE_STEPPED_UP",
        "递补委员",
        "您按名次递补为业主委员会委员",
        "You step up: you are a member of the owners' committee now",
    ),
    named(progress(
        "COMMITTEE_REELECTION_DUE",
        "重新选举",
        "业主委员会委员不足，须重新选举",
        "Too few members are left: the owners' committee is to be elected anew",
    )),
    resident(
        "POLL_PAUSED",
        "投票暂停",
        "投票因故暂停，截止时间顺延，见详情",
        "Voting stands still, and closes later by as much; see why",
    ),
    resident(
        "POLL_RESUMED",
        "投票继续",
        "投票继续，截止时间已顺延，请投票",
        "Voting goes on, and closes later by the time that was lost",
    ),
    followed(
        progress(
            "INCIDENT_ACKNOWLEDGED",
            "已接手",
            "您关注的事件已有人接手",
            "Somebody has taken over what you follow",
        ),
        "FOLLOWED_TAKEN_OVER",
    ),
    followed(
        progress(
            "INCIDENT_PAUSED",
            "暂停处理",
            "您关注的事件暂停处理",
            "The work on what you follow stands still",
        ),
        "FOLLOWED_PAUSED",
    ),
    followed(
        progress("INCIDENT_HANDLED", "已处理", "您关注的事件已处理", "What you follow was handled"),
        "FOLLOWED_HANDLED",
    ),
    only_if(
        "by",
        "HANDLER",
        followed(
            progress(
                "INCIDENT_NOTED",
                "有新回复",
                "您关注的事件有新的回复",
                "There is a reply to what you follow",
            ),
            "FOLLOWED_REPLIED_TO",
        ),
    ),
    followed_to_its_end("INCIDENT_CONFIRMED"),
    followed_to_its_end("INCIDENT_SETTLED"),
    followed_to_its_end("INCIDENT_FORCE_CLOSED"),
    followed_to_its_end("INCIDENT_REJECTED"),
    followed_to_its_end("INCIDENT_SENT_ELSEWHERE"),
    followed(
        progress("INCIDENT_REOPENED", "重新打开", "您关注的事件重新打开", "What you follow was opened again"),
        "FOLLOWED_REOPENED",
    ),
];

/// What explains an incident, so that nobody needs to be called about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explained {
    ByNothing,
    /// A planned outage, as long as it lasts.
    ByOutage,
}

impl Telling {
    /// Whether an event with these facts tells it, of what is so explained: of that only who it concerns hears.
    pub fn fits(&self, facts: &Value, explained: Explained) -> bool {
        let hears = explained == Explained::ByNothing || self.whom == Whom::Concerned;
        hears && self.only_if.is_none_or(|(fact, is)| facts.get(fact).and_then(Value::as_str) == Some(is))
    }
}

/// What an event of this kind tells, in order.
pub fn tellings(kind: &str) -> impl Iterator<Item = &'static Telling> {
    TELLINGS.iter().filter(move |telling| telling.kind == kind)
}

/// The rows by which somebody was told something that is known to them as this.
pub fn told_as(told: &str) -> impl Iterator<Item = &'static Telling> {
    TELLINGS.iter().filter(move |telling| telling.told_as == told)
}

/// The row by which somebody was told: of its kind, topic and recipient there is one.
pub fn find(kind: &str, topic: Topic, whom: Whom) -> Option<&'static Telling> {
    tellings(kind).find(|telling| telling.topic == topic && telling.whom == whom)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_is_named_by_its_event_and_recipient() {
        let rows: HashSet<_> = TELLINGS.iter().map(|row| (row.kind, row.topic, row.whom)).collect();
        assert_eq!(rows.len(), TELLINGS.len());
        for row in TELLINGS {
            assert_eq!(find(row.kind, row.topic, row.whom), Some(row));
        }
        assert_eq!(
            tellings("INCIDENT_NOTED_INSIDE").count(),
            0,
            "what the ladder notes for itself is told to nobody"
        );
    }

    #[test]
    fn who_follows_is_told_in_their_inbox_and_not_how_it_came_about() {
        let followed = || TELLINGS.iter().filter(|row| row.whom == Whom::Follower);
        for row in followed() {
            assert!(row.told_as.starts_with("FOLLOWED_"), "{}", row.kind);
            assert_eq!((row.reach, row.void_by), (Reach::Inbox, &[][..]), "{}", row.kind);
            for same in told_as(row.told_as) {
                assert_eq!((same.zh, same.en, same.whom), (row.zh, row.en, Whom::Follower));
            }
        }
        for row in TELLINGS.iter().filter(|row| row.whom != Whom::Follower) {
            assert_eq!(row.told_as, row.kind);
        }
        for unsaid in ["INCIDENT_REPORTED", "INCIDENT_CLIMBED", "INCIDENT_URGED", "INCIDENT_WITHDRAWN"] {
            assert!(followed().all(|row| row.kind != unsaid), "{unsaid}");
        }
    }

    /// Whom an event of this kind with these facts tells, in order.
    fn told(kind: &str, facts: &Value) -> Vec<Whom> {
        tellings(kind).filter(|row| row.fits(facts, Explained::ByNothing)).map(|row| row.whom).collect()
    }

    #[test]
    fn what_was_said_is_told_to_whoever_did_not_say_it() {
        let by = |who: &str| told("INCIDENT_NOTED", &json!({ "by": who }));
        assert_eq!(by("HANDLER"), [Whom::Concerned, Whom::Follower]);
        assert_eq!(by("REPORTER"), [Whom::Holder]);
        assert!(told("INCIDENT_NOTED", &json!({})).is_empty(), "nobody knows whose it is");
    }

    #[test]
    fn what_is_put_to_another_is_told_to_them_and_what_comes_of_it_to_the_reporter() {
        for asks in ["INCIDENT_OBJECTED", "INCIDENT_DELEGATION_PROPOSED"] {
            assert_eq!(told(asks, &json!({})), [Whom::Named], "{asks}");
        }
        assert_eq!(told("INCIDENT_HANDED_OVER", &json!({})), [Whom::Holder, Whom::Concerned]);
        let declined = |what: &str| told("INCIDENT_HANDOVER_DECLINED", &json!({ "proposal": what }));
        assert_eq!(declined("OBJECTION"), [Whom::Holder, Whom::Concerned]);
        assert_eq!(declined("DELEGATION"), [Whom::Holder], "nobody asked whether it is the holder's");
    }

    #[test]
    fn what_nobody_answered_is_told_to_who_asked_and_to_who_was_asked() {
        assert_eq!(told("INCIDENT_PROPOSAL_LAPSED", &json!({})), [Whom::Holder, Whom::Named]);
        let [maker, asked] = [Whom::Holder, Whom::Named]
            .map(|whom| find("INCIDENT_PROPOSAL_LAPSED", Topic::Task, whom).unwrap());
        assert_eq!(
            (maker.reach, asked.reach),
            (Reach::Outward, Reach::Inbox),
            "nothing is left to be done of it"
        );
        for asks in ["INCIDENT_OBJECTED", "INCIDENT_DELEGATION_PROPOSED"] {
            let call = find(asks, Topic::Task, Whom::Named).unwrap();
            assert!(
                call.void_by.contains(&"INCIDENT_PROPOSAL_LAPSED"),
                "{asks}: it cannot be answered any more"
            );
        }
        // What the reporter was asked goes the same way; a pause that is over is no question.
        let resumed = |status: &str| told("INCIDENT_RESUMED", &json!({ "status": status }));
        assert_eq!(resumed("SUBMITTED"), [Whom::Concerned, Whom::Holder]);
        assert_eq!(resumed("IN_PROGRESS"), [Whom::Concerned]);
    }

    #[test]
    fn whom_a_level_tells_besides_itself_is_told_from_the_report_on() {
        for kind in [
            "INCIDENT_REPORTED",
            "INCIDENT_CLIMBED",
            "INCIDENT_SHOUTED",
            "INCIDENT_WARNED",
            "INCIDENT_UNSORTED",
            "INCIDENT_REMINDED",
        ] {
            let whom = told(kind, &json!({}));
            assert!(whom.starts_with(&[Whom::Holder]) && whom.contains(&Whom::Named), "{kind}");
        }
        let copied = |kind| find(kind, Topic::Task, Whom::Named).unwrap().reach;
        for kind in ["INCIDENT_REPORTED", "INCIDENT_CLIMBED"] {
            assert!(copied(kind).goes_out(Urgency::Now), "{kind}");
            assert!(
                !copied(kind).goes_out(Urgency::Soon) && !copied(kind).goes_out(Urgency::Ordinary),
                "{kind}"
            );
        }
        assert!(copied("INCIDENT_SHOUTED").goes_out(Urgency::Ordinary));
    }

    #[test]
    fn who_inspects_is_told_in_place_of_the_reporter() {
        let handled = |status: &str| told("INCIDENT_HANDLED", &json!({ "status": status }));
        assert_eq!(handled("VERIFYING"), [Whom::Named, Whom::Follower]);
        assert_eq!(handled("AWAIT_CONFIRM"), [Whom::Concerned, Whom::Follower]);
    }

    #[test]
    fn of_what_an_outage_explains_only_who_it_concerns_hears() {
        for row in TELLINGS {
            let facts = row.only_if.map_or(json!({}), |(fact, is)| json!({ fact: is }));
            let concerned = row.whom == Whom::Concerned;
            assert!(row.fits(&facts, Explained::ByNothing), "{}", row.kind);
            assert_eq!(row.fits(&facts, Explained::ByOutage), concerned, "{}", row.kind);
        }
        let again = tellings("INCIDENT_EXPLAINED_NO_MORE").next().unwrap();
        assert_eq!((again.whom, again.topic, again.reach), (Whom::Holder, Topic::Task, Reach::Outward));
        let merged = json!({ "status": "MERGED" });
        assert!(!again.fits(&merged, Explained::ByNothing), "what leads it is told");
    }

    #[test]
    fn a_heads_owners_are_told_of_its_ballot_whatever_the_channel() {
        for channel in ["ONLINE", "PAPER", "PROXY"] {
            assert_eq!(told("BALLOT_CAST", &json!({ "channel": channel })), [Whom::OfHead], "{channel}");
        }
        let cast = find("BALLOT_CAST", Topic::Progress, Whom::OfHead).unwrap();
        assert!(cast.reach.goes_out(Urgency::Ordinary), "at once, on the phone too");
        for kind in ["BALLOT_SET_ASIDE", "MANDATE_GIVEN", "MANDATE_REVOKED"] {
            assert_eq!(told(kind, &json!({})), [Whom::Concerned, Whom::OfHead], "{kind}");
        }
    }

    #[test]
    fn words_fit_where_they_stand() {
        for row in TELLINGS {
            assert!((1..=5).contains(&row.short.chars().count()), "{}", row.short);
            assert!(
                row.short.chars().all(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)),
                "{}",
                row.short
            );
            // A WeChat `thing`.
            assert!(row.zh.chars().count() <= 20, "{}", row.zh);
            assert!(!row.en.is_empty() && row.en.is_ascii(), "{}", row.en);
        }
    }

    #[test]
    fn what_calls_somebody_is_void_once_it_is_done() {
        let calls = TELLINGS.iter().filter(|row| row.topic != Topic::Progress && row.reach != Reach::Inbox);
        for row in calls {
            let end = match row.kind.split('_').next() {
                Some("WHISTLE") => "WHISTLE_CLOSED",
                Some("VISIT") => "VISIT_COMMITMENT_SETTLED",
                Some("PATROL") => "PATROL_ROUND_FINISHED",
                Some("FIGURE") => "FIGURE_APPEAL_DECIDED",
                Some("PROGRAMME") => "PROGRAMME_ENDED",
                Some("POLL" | "BALLOT") => "POLL_CLOSED",
                Some("ROLL") if row.kind.starts_with("ROLL_OBJECT") => "ROLL_OBJECTION_ANSWERED",
                Some("ROLL") => "ROLL_CHANGED",
                Some("REPRESENTATION") => "REPRESENTATION_STANDS",
                // Nobody takes back what was handled.
                _ if row.only_if == Some(("status", "VERIFYING")) => "INCIDENT_FORCE_CLOSED",
                _ => "INCIDENT_WITHDRAWN",
            };
            assert!(row.void_by.contains(&end), "{}", row.kind);
            assert!(
                !row.void_by.contains(&row.kind)
                    || row.kind == "INCIDENT_CLIMBED"
                    || row.kind.ends_with("POST")
                    || row.kind == "INCIDENT_HANDED_OVER",
                "{} would cancel itself",
                row.kind
            );
        }
        assert!(
            find("INCIDENT_REPORTED", Topic::Task, Whom::Holder)
                .unwrap()
                .void_by
                .contains(&"INCIDENT_ACKNOWLEDGED")
        );
        assert!(
            !find("INCIDENT_WARNED", Topic::Task, Whom::Holder)
                .unwrap()
                .void_by
                .contains(&"INCIDENT_ACKNOWLEDGED")
        );
    }
}
