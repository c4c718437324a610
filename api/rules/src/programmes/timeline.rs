//! What the record tells of a programme, in words for whoever reads it without knowing the law.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    course::{Because, Course},
    group::Group,
    module::{Ending, Role},
    template::{End, Gate, Template},
};
use crate::{
    packs::parameter,
    polls::{deadlines::Deadline, dispute::SetAside},
    roll::corrections as roll,
    words::{Words, local},
};

/// The events of a programme and of its polls that its timeline tells.
pub const KINDS: &[&str] = &[
    "PROGRAMME_BEGUN",
    "PROGRAMME_MODULE_BEGUN",
    "PROGRAMME_MODULE_ENDED",
    "PROGRAMME_MODULE_LATE",
    "PROGRAMME_MODULE_LEFT_OUT",
    "PROGRAMME_DEED",
    "PROGRAMME_POLL_BOUND",
    "PROGRAMME_PAUSED",
    "PROGRAMME_RESUMED",
    "PROGRAMME_CALLED_OFF",
    "PROGRAMME_ENDED",
    "POLL_LOCKED",
    "ROLL_OBJECTIONS_UNANSWERED",
    "POLL_OPENED",
    "POLL_REGISTRATION_SHORT",
    "PAPERS_ISSUED",
    "PAPERS_AWAITED",
    "PAPER_BOX_AGREED",
    "PAPER_CHANNEL_VOID",
    "EXTERNAL_RESULT_AWAITED",
    "EXTERNAL_RESULT_IMPORTED",
    "POLL_EXTENDED",
    "POLL_PAUSED",
    "POLL_RESUMED",
    "BALLOT_SET_ASIDE",
    "BALLOT_REINSTATED",
    "POLL_CLOSED",
    "POLL_SERVED",
    "POLL_COUNTED",
    "POLL_PUBLISHED",
    "POLL_DEADLINE_NEAR",
    "POLL_DEADLINE_PASSED",
    "POLL_DEADLINE_MET",
    "RUNOFF_PREPARED",
    "POLL_FINAL",
];

/// The events of the roll of its complex that a programme's timeline tells while it runs: never of which home or owner.
pub const OF_THE_ROLL: &[&str] = &[
    "ROLL_IMPORTED",
    "ROLL_OBJECTED",
    "ROLL_OBJECTION_PASSED",
    "ROLL_OBJECTION_ANSWERED",
    "ROLL_CHANGE_PROPOSED",
    "ROLL_CHANGED",
    "ROLL_CHANGE_REFUSED",
];

/// One event in words; nothing of what a timeline does not tell. By the course as it stands now: what is over stays so.
pub fn words(
    kind: &str,
    facts: &Value,
    at: DateTime<Utc>,
    (template, course): (&Template, &Course),
) -> Option<Words> {
    let text = |key: &str| facts.get(key).and_then(Value::as_str);
    let named = text("module").and_then(|name| template.modules.get(name));
    let (module_zh, module_en) = named.map_or(("", ""), |module| (module.zh.as_str(), module.en.as_str()));
    let ending = text("ending").and_then(Ending::from_code);
    let because = text("because").and_then(Because::from_code);
    let why = text("words").unwrap_or_default();
    let (why_zh, why_en) =
        if why.is_empty() { Default::default() } else { (format!("：{why}"), format!(": {why}")) };
    let words = match kind {
        "PROGRAMME_BEGUN" => {
            Words::new(format!("方案开始：{}。", template.zh), format!("Begun: {}.", template.en))
        }
        "PROGRAMME_MODULE_BEGUN" => {
            let opened = named.map_or([].as_slice(), |module| course.opened(module, at));
            let (after_zh, after_en) = after(opened, (template, course));
            Words::new(format!("开始：{module_zh}{after_zh}。"), format!("Begun: {module_en}{after_en}."))
        }
        "PROGRAMME_MODULE_ENDED" => {
            let (how_zh, how_en) = ending.map_or(("已结束", "over"), Ending::words);
            let (why_zh, why_en) = because.map_or(("", ""), Because::words);
            let (rule_zh, rule_en) = by_rule(facts);
            let is_advice = text("module").is_some_and(|name| template.is_advice(name));
            let (as_zh, as_en) = if is_advice { ("，仅供参考", ", as advice") } else { ("", "") };
            Words::new(
                format!("结束：{module_zh}（{how_zh}{why_zh}{rule_zh}{as_zh}）。"),
                format!("Over: {module_en} ({how_en}{why_en}{rule_en}{as_en})."),
            )
        }
        "PROGRAMME_MODULE_LATE" => {
            let (rule_zh, rule_en) = by_rule(facts);
            Words::new(format!("逾期未完成：{module_zh}{rule_zh}。"), format!("Late: {module_en}{rule_en}."))
        }
        "PROGRAMME_MODULE_LEFT_OUT" => {
            let (why_zh, why_en) = because.map_or(("", ""), Because::words);
            Words::new(
                format!("不再需要：{module_zh}{why_zh}。"),
                format!("Not needed any more: {module_en}{why_en}."),
            )
        }
        "PROGRAMME_DEED" => {
            let deed = text("deed").and_then(super::Deed::from_code)?;
            let role = text("role").and_then(Role::from_code)?;
            let ((deed_zh, deed_en), (role_zh, role_en)) = (deed.words(), role.words());
            let meets: Vec<usize> =
                serde_json::from_value(facts.get("meets").cloned().unwrap_or_default()).unwrap_or_default();
            let requires = named.map_or(&[][..], |module| module.requires.as_slice());
            let met: Vec<_> = meets.iter().filter_map(|place| requires.get(*place)).cloned().collect();
            let met = if met.is_empty() { String::new() } else { format!("（{}）", met.join("、")) };
            let asked = text("asks_of").and_then(Role::from_code).map(Role::words);
            let (of_zh, of_en) = asked.map_or_else(Default::default, |(zh, en)| {
                (format!("，请{zh}处理"), format!(" (asks: {en})"))
            });
            let (group_zh, group_en) = Group::told(facts).map_or_else(Default::default, |group| {
                let Words { zh, en } = group.words();
                (format!("（{zh}）"), format!(" ({en})"))
            });
            Words::new(
                format!("{role_zh}{deed_zh}：{module_zh}{met}{group_zh}{of_zh}。"),
                format!("{role_en} {deed_en}: {module_en}{met}{group_en}{of_en}."),
            )
        }
        "PROGRAMME_POLL_BOUND" => Words::new(
            format!("已为“{module_zh}”准备表决。"),
            format!("The poll of “{module_en}” is prepared."),
        ),
        "PROGRAMME_PAUSED" => Words::new(format!("方案暂停{why_zh}。"), format!("It stands still{why_en}.")),
        "PROGRAMME_RESUMED" => Words::new(format!("方案继续{why_zh}。"), format!("It goes on{why_en}.")),
        "PROGRAMME_CALLED_OFF" => {
            Words::new(format!("召集人取消了方案{why_zh}。"), format!("Its convenor called it off{why_en}."))
        }
        "PROGRAMME_ENDED" => match text("end").and_then(End::from_code)? {
            End::Done => Words::new("方案完成。", "It is done."),
            End::Stopped => Words::new("方案终止。", "It stopped."),
        },
        _ => return of_a_poll(kind, facts).or_else(|| of_the_roll(kind, facts)),
    };
    Some(words)
}

/// Through which gates a module began.
fn after(gates: &[Gate], (template, course): (&Template, &Course)) -> (String, String) {
    if gates.is_empty() {
        return Default::default();
    }
    let held = gates.iter().filter_map(|gate| {
        let module = template.modules.get(&gate.module)?;
        let (how_zh, how_en) = course.ending_of(&gate.module)?.words();
        Some((format!("“{}”{how_zh}", module.zh), format!("“{}”: {how_en}", module.en)))
    });
    let (zh, en): (Vec<_>, Vec<_>) = held.unzip();
    (format!("（因{}）", zh.join("，")), format!(" (since {})", en.join("; ")))
}

/// From which rule the days of a move come, if they do.
fn by_rule(facts: &Value) -> (String, String) {
    let rule = facts.get("rule").and_then(Value::as_str).and_then(parameter::find);
    rule.map_or_else(Default::default, |rule| {
        (format!("，依规则“{}”", rule.zh), format!(", by the rule {}", rule.name))
    })
}

/// One event of the roll, in totals: of whom is for those to read who may see the entry.
fn of_the_roll(kind: &str, facts: &Value) -> Option<Words> {
    let text = |key: &str| facts.get(key).and_then(Value::as_str);
    let number = |key: &str| facts.get(key).and_then(Value::as_u64).unwrap_or_default();
    let (ground_zh, ground_en) =
        text("ground").and_then(roll::Ground::from_code).map_or(("", ""), roll::Ground::words);
    let (what_zh, what_en) = text("kind").and_then(roll::Kind::from_code).map_or(("", ""), roll::Kind::words);
    let words = match kind {
        "ROLL_IMPORTED" => {
            let is_shown = facts.get("shown").and_then(Value::as_bool).unwrap_or_default();
            let (shown_zh, shown_en) =
                if is_shown { ("并公示", " and is shown from now on") } else { ("", "") };
            Words::new(
                format!("导入{shown_zh}名册：{} 户，业主 {} 人。", number("homes"), number("heads")),
                format!(
                    "The roll was imported{shown_en}: {} homes of {} owners.",
                    number("homes"),
                    number("heads")
                ),
            )
        }
        "ROLL_OBJECTED" => Words::new(
            format!("有人对名册提出异议：{ground_zh}。"),
            format!("Somebody objects to the roll: {ground_en}."),
        ),
        "ROLL_OBJECTION_PASSED" => Words::new(
            format!("对名册的异议逾期未答复：{ground_zh}。"),
            format!("Nobody answered an objection to the roll in time: {ground_en}."),
        ),
        "ROLL_OBJECTION_ANSWERED" => {
            let (how_zh, how_en) = text("outcome").and_then(roll::Outcome::from_code)?.words();
            Words::new(
                format!("答复对名册的异议：{ground_zh}（{how_zh}）。"),
                format!("An objection to the roll is answered: {ground_en} ({how_en})."),
            )
        }
        "ROLL_CHANGE_PROPOSED" => Words::new(
            format!("提出更正名册：{what_zh}，待另一人确认。"),
            format!("A correction of the roll is proposed: {what_en}; another person has to confirm it."),
        ),
        "ROLL_CHANGED" => Words::new(
            format!(
                "名册更正一处：{what_zh}（{} 人办理），共 {} 户，业主 {} 人。",
                number("persons"),
                number("homes"),
                number("heads")
            ),
            format!(
                "One entry of the roll is corrected: {what_en} (persons: {}); {} homes of {} owners.",
                number("persons"),
                number("homes"),
                number("heads")
            ),
        ),
        "ROLL_CHANGE_REFUSED" => match text("state").and_then(roll::State::from_code)? {
            roll::State::Withdrawn => Words::new(
                format!("撤回更正名册的提议：{what_zh}。"),
                format!("A correction of the roll is taken back: {what_en}."),
            ),
            _ => Words::new(
                format!("不同意更正名册：{what_zh}。"),
                format!("A correction of the roll is refused: {what_en}."),
            ),
        },
        _ => return None,
    };
    Some(words)
}

/// That voting begins, or that too few registered for that.
fn begun(kind: &str, facts: &Value) -> Words {
    match facts.get("registered").and_then(|registered| registered.get("heads")?.as_u64()) {
        None => Words::new("投票开始。", "Voting begins."),
        Some(heads) if kind == "POLL_OPENED" => Words::new(
            format!("投票开始：业主 {heads} 人报名。"),
            format!("Voting begins: {heads} owners registered."),
        ),
        Some(heads) => Words::new(
            format!("报名不足，不再投票：业主 {heads} 人报名。"),
            format!("Too few registered, and nobody votes: {heads} owners did."),
        ),
    }
}

/// One event of a poll.
fn of_a_poll(kind: &str, facts: &Value) -> Option<Words> {
    let text = |key: &str| facts.get(key).and_then(Value::as_str);
    let number = |key: &str| facts.get(key).and_then(Value::as_u64).unwrap_or_default();
    let moment = |key: &str| {
        let at = text(key).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        at.map(|at| local(at.to_utc())).unwrap_or_default()
    };
    let words = match kind {
        "POLL_LOCKED" => Words::new(
            format!("名册、规则和表决内容已锁定：业主 {} 人。", number("heads")),
            format!("Roll, rules and what is voted on are locked: {} owners.", number("heads")),
        ),
        "ROLL_OBJECTIONS_UNANSWERED" => Words::new(
            format!("锁定时有 {} 件对名册的异议逾期未答复。", number("objections")),
            format!("Objections to the roll that nobody answered in time: {}.", number("objections")),
        ),
        "POLL_OPENED" | "POLL_REGISTRATION_SHORT" => begun(kind, facts),
        "POLL_EXTENDED" => Words::new(
            format!("参与人数不足，投票按规则延期至 {}。", moment("to")),
            format!("Too few took part: by the rules voting goes on until {}.", moment("to")),
        ),
        "POLL_PAUSED" => {
            let (until, why) = (moment("until"), text("words").unwrap_or_default());
            Words::new(
                format!("投票暂停至 {until}：{why}。"),
                format!("Voting stands still until {until}: {why}."),
            )
        }
        "POLL_RESUMED" => {
            let closes_at = moment("closes_at");
            let why = text("words").unwrap_or_default();
            let (zh, en) =
                if why.is_empty() { Default::default() } else { (format!("：{why}"), format!(": {why}")) };
            Words::new(
                format!("投票继续，截止时间顺延至 {closes_at}{zh}。"),
                format!("Voting goes on, and closes at {closes_at} instead{en}."),
            )
        }
        "POLL_CLOSED" => Words::new("投票截止。", "Voting is closed."),
        "POLL_SERVED" => Words::new(
            format!("投票截止前已送达业主 {} 人。", number("heads")),
            format!("Served before voting ended: {} owners.", number("heads")),
        ),
        "POLL_COUNTED" => Words::new(
            format!("清点完毕：选票 {} 张。", number("ballots")),
            format!("Counted: {} ballots.", number("ballots")),
        ),
        "POLL_PUBLISHED" => Words::new("结果公布。", "The result is published."),
        "POLL_DEADLINE_NEAR" | "POLL_DEADLINE_PASSED" | "POLL_DEADLINE_MET" => {
            let (what_zh, what_en) = text("deadline").and_then(Deadline::from_code)?.words();
            let is_late = facts.get("is_late").and_then(Value::as_bool).unwrap_or_default();
            let (how_zh, how_en) = match kind {
                "POLL_DEADLINE_NEAR" => ("即将到期", "Due soon"),
                "POLL_DEADLINE_PASSED" => ("期限已过", "Its time is over"),
                _ if is_late => ("逾期办理", "Done late"),
                _ => ("按期办理", "Done in time"),
            };
            let due_at = moment("due_at");
            Words::new(
                format!("{how_zh}：{what_zh}（期限 {due_at}）。"),
                format!("{how_en}: {what_en} (due {due_at})."),
            )
        }
        "RUNOFF_PREPARED" => Words::new("已准备同票者再次投票。", "The run-off among equals is prepared."),
        "POLL_FINAL" => Words::new("异议期满，结果生效。", "The result is final."),
        _ => return of_its_ballots(kind, facts),
    };
    Some(words)
}

/// One event of the ballots that come in otherwise than online, or do not count.
fn of_its_ballots(kind: &str, facts: &Value) -> Option<Words> {
    let text = |key: &str| facts.get(key).and_then(Value::as_str);
    let number = |key: &str| facts.get(key).and_then(Value::as_u64).unwrap_or_default();
    let words = match kind {
        "PAPERS_ISSUED" => Words::new(
            format!("发出纸质选票 {} 张。", number("papers")),
            format!("Papers given out: {}.", number("papers")),
        ),
        "PAPERS_AWAITED" => Words::new(
            format!("投票截止，待核对纸质选票 {} 张后清点。", number("papers")),
            format!("No ballot is taken any more; the count waits for {} papers.", number("papers")),
        ),
        "PAPER_BOX_AGREED" => Words::new(
            format!("票箱核对一致：收回纸质选票 {} 张。", number("returned")),
            format!("Two stated the box alike: {} papers came back.", number("returned")),
        ),
        "PAPER_CHANNEL_VOID" => Words::new(
            format!("收回 {} 张，多于发出 {} 张，纸质选票作废。", number("returned"), number("issued")),
            format!(
                "{} papers came back, {} went out: the paper channel is void.",
                number("returned"),
                number("issued")
            ),
        ),
        "EXTERNAL_RESULT_AWAITED" => {
            let system = text("system").unwrap_or_default();
            Words::new(
                format!("投票截止，待导入“{system}”的结果。"),
                format!("Voting is over; the result of {system} is awaited."),
            )
        }
        "EXTERNAL_RESULT_IMPORTED" => {
            let system = text("system").unwrap_or_default();
            Words::new(
                format!("已导入“{system}”签名的结果，核对无误。"),
                format!("The result that {system} signed is taken; it holds by the rules."),
            )
        }
        "BALLOT_SET_ASIDE" => {
            let why = text("why").and_then(SetAside::from_code);
            let (channel, why) = (text("channel").unwrap_or_default(), why.map_or(("", ""), SetAside::words));
            let (channel_zh, channel_en) = channel_words(channel);
            Words::new(
                format!("一张{channel_zh}选票不计入{}。", why.0),
                format!("A ballot {channel_en} does not count{}.", why.1),
            )
        }
        "BALLOT_REINSTATED" => {
            let (zh, en) = channel_words(text("channel").unwrap_or_default());
            Words::new(format!("一张{zh}选票恢复计入。"), format!("A ballot {en} counts again."))
        }
        _ => return None,
    };
    Some(words)
}

/// How a ballot came in, in plain words.
fn channel_words(channel: &str) -> (&'static str, &'static str) {
    match channel {
        "PAPER" => ("纸质", "on paper"),
        "PROXY" => ("委托", "by proxy"),
        _ => ("线上", "cast online"),
    }
}

impl SetAside {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Disputed => {
                ("：业主提出异议且成立，该户可重新投票", ": its owners disputed it, and may cast again")
            }
            Self::Superseded => ("：按规则以另一张为准", ": by the rules another one stands"),
            Self::ChannelVoid => ("：这一渠道的选票全部无效", ": all that came this way is void"),
        }
    }
}

impl Because {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::LongEnough => ("，期满", ", long enough"),
            Self::TimeUp => ("，期限已到", ", its time was up"),
            Self::NeverHolds => ("，前提不再成立", ", as it cannot begin any more"),
            Self::ProgrammeOver => ("，方案已结束", ", as the programme is over"),
            Self::NothingLeft => ("，没有后续事项", ", as nothing is left to come"),
            Self::GatesHold | Self::Done => ("", ""),
        }
    }
}

impl Ending {
    /// In plain words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Reached => ("达到要求", "enough"),
            Self::NotReached => ("未达到要求", "not enough"),
            Self::Accepted => ("已同意", "accepted"),
            Self::Declined => ("未同意", "not accepted"),
            Self::Established => ("已成立", "established"),
            Self::Locked => ("已锁定", "locked"),
            Self::Enough => ("人数足够", "enough candidates"),
            Self::TooFew => ("人数不足", "too few candidates"),
            Self::Given => ("公示完毕", "shown"),
            Self::Closed => ("已截止", "closed"),
            Self::Passed => ("通过", "passed"),
            Self::Rejected => ("未通过", "rejected"),
            Self::Indeterminate => ("无法认定", "cannot be told"),
            Self::NoQuorum => ("参与不足", "too few took part"),
            Self::Formed => ("业主委员会产生", "the committee is formed"),
            Self::NotFormed => ("当选人数不足", "too few were elected"),
            Self::RunoffDue => ("需再次投票", "a run-off is due"),
            Self::Final => ("无异议，生效", "final"),
            Self::Objected => ("异议成立", "an objection holds"),
            Self::Filed => ("已备案", "filed"),
            Self::HandedOver => ("已移交", "handed over"),
            Self::Agreed => ("达成一致", "agreed"),
            Self::NotAgreed => ("未达成一致", "not agreed"),
            Self::Noted => ("已记录", "noted"),
            Self::Done => ("完成", "done"),
            Self::Stopped => ("终止", "stopped"),
        }
    }
}

impl super::Deed {
    /// In plain words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Sign => ("签名", "signed"),
            Self::Accept => ("同意", "accepted"),
            Self::Decline => ("未同意", "declined"),
            Self::Form => ("确定成员", "named the members"),
            Self::Assign => ("确定经办人", "said who does it"),
            Self::Show => ("提交材料", "showed what was done"),
            Self::PutUp => ("张贴公示", "put it up"),
            Self::Say => ("发言", "spoke"),
            Self::Defend => ("（所涉委员）陈述申辩", "answered, being whom it is about"),
            Self::Minute => ("记录会议", "minuted a meeting"),
            Self::Note => ("监督记录", "noted"),
            Self::Reply => ("答复监督记录", "answered a note"),
            Self::Close => ("结束并说明理由", "closed it, with reasons"),
        }
    }
}

impl Role {
    /// In plain words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Owner => ("业主", "An owner"),
            Self::Family => ("家庭成员", "A family member"),
            Self::Tenant => ("租户", "A tenant"),
            Self::UnitLeader => ("单元长", "The unit's leader"),
            Self::BuildingLeader => ("楼栋长", "The building's leader"),
            Self::PropertyManager => ("物业", "The property company"),
            Self::CommitteeMember => ("业主委员会", "The committee"),
            Self::Preparer => ("筹备组", "The preparatory group"),
            Self::CommunityOfficer => ("社区", "The community"),
            Self::StreetOfficer => ("街道", "The street"),
            Self::Developer => ("建设单位", "The developer"),
            Self::Supervisor => ("监督人", "A supervisor"),
            Self::Admin => ("区", "The district"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::programmes::{Step, template};

    /// In a founding of which the count is over, before anything else is.
    fn told(kind: &str, facts: &Value) -> Option<Words> {
        let template = template::find("found-committee").unwrap();
        let over = |ending| Step::Over { since: noon(1), at: noon(1), ending };
        let steps =
            [("texts", Ending::Passed), ("election", Ending::RunoffDue), ("runoff_count", Ending::Formed)];
        let steps = steps.map(|(name, ending)| (name.to_owned(), over(ending)));
        let course = Course { steps: steps.into(), pauses: Vec::new(), ended: None };
        words(kind, facts, noon(1), (template, &course))
    }

    fn noon(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).unwrap()
    }

    #[test]
    fn a_move_says_which_rule_or_which_gates_caused_it() {
        let moved = |kind: &str, facts: Value| told(kind, &facts).unwrap().zh;
        assert_eq!(
            moved("PROGRAMME_MODULE_BEGUN", json!({ "module": "result", "because": "GATES_HOLD" })),
            "开始：公示结果并受理异议（因“管理规约和议事规则计票”通过，“再次投票计票”业主委员会产生）。"
        );
        assert_eq!(
            moved("PROGRAMME_MODULE_BEGUN", json!({ "module": "application", "because": "GATES_HOLD" })),
            "开始：业主联名申请。"
        );
        let long_enough = json!({ "module": "group_list", "ending": "GIVEN", "because": "LONG_ENOUGH", "rule": "prep_list_days" });
        assert_eq!(
            moved("PROGRAMME_MODULE_ENDED", long_enough),
            "结束：公示筹备组名单（公示完毕，期满，依规则“筹备组名单公示天数”）。"
        );
        assert_eq!(
            moved(
                "PROGRAMME_MODULE_LATE",
                json!({ "module": "filing", "because": "TIME_UP", "rule": "filing_days" })
            ),
            "逾期未完成：备案，依规则“备案期限”。"
        );
        assert_eq!(
            moved("PROGRAMME_MODULE_LEFT_OUT", json!({ "module": "runoff", "because": "NEVER_HOLDS" })),
            "不再需要：同票者再次投票，前提不再成立。"
        );
    }

    #[test]
    fn every_event_of_a_timeline_has_words_in_both_languages_and_no_other_has() {
        let facts = json!({ "module": "vote", "ending": "CLOSED", "because": "DONE", "end": "DONE", "deed": "SIGN",
            "role": "OWNER", "heads": 500, "ballots": 400, "channel": "PROXY", "why": "DISPUTED", "deadline": "FILE",
            "outcome": "ACCEPTED", "state": "REFUSED" });
        for kind in KINDS.iter().chain(OF_THE_ROLL) {
            let words = told(kind, &facts).unwrap_or_else(|| panic!("{kind} has no words"));
            assert!(words.zh.ends_with('。') && words.en.ends_with('.'), "{words:?}");
        }
        assert_eq!(told("BALLOT_CAST", &facts), None);
        for why in SetAside::ALL {
            for channel in ["ONLINE", "PAPER", "PROXY"] {
                let facts = json!({ "channel": channel, "why": why });
                let words = told("BALLOT_SET_ASIDE", &facts).unwrap();
                assert!(
                    words.zh.contains("选票不计入：") && words.en.contains("does not count:"),
                    "{words:?}"
                );
            }
        }
        let ended = json!({ "module": "guides", "ending": "DECLINED", "because": "TIME_UP" });
        let ended = told("PROGRAMME_MODULE_ENDED", &ended).unwrap();
        assert_eq!(ended.zh, "结束：邀请街道、社区、建设单位和物业指导协助（未同意，期限已到）。");
    }
}
