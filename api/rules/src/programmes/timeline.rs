//! What the record tells of a programme, in words for whoever reads it without knowing the law.

use chrono::DateTime;
use serde_json::Value;

use super::{
    course::Because,
    module::{Ending, Role},
    template::{End, Template},
};
use crate::{
    polls::dispute::SetAside,
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
    "POLL_FINAL",
];

/// One event in words; nothing of what a timeline does not tell.
pub fn words(kind: &str, facts: &Value, template: &Template) -> Option<Words> {
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
            Words::new(format!("开始：{module_zh}。"), format!("Begun: {module_en}."))
        }
        "PROGRAMME_MODULE_ENDED" => {
            let (how_zh, how_en) = ending.map_or(("已结束", "over"), Ending::words);
            let (why_zh, why_en) = because.map_or(("", ""), Because::words);
            let is_advice = text("module").is_some_and(|name| template.is_advice(name));
            let (as_zh, as_en) = if is_advice { ("，仅供参考", ", as advice") } else { ("", "") };
            Words::new(
                format!("结束：{module_zh}（{how_zh}{why_zh}{as_zh}）。"),
                format!("Over: {module_en} ({how_en}{why_en}{as_en})."),
            )
        }
        "PROGRAMME_MODULE_LATE" => {
            Words::new(format!("逾期未完成：{module_zh}。"), format!("Late: {module_en}."))
        }
        "PROGRAMME_MODULE_LEFT_OUT" => {
            Words::new(format!("不再需要：{module_zh}。"), format!("Not needed any more: {module_en}."))
        }
        "PROGRAMME_DEED" => {
            let deed = text("deed").and_then(super::Deed::from_code)?;
            let role = text("role").and_then(Role::from_code)?;
            let ((deed_zh, deed_en), (role_zh, role_en)) = (deed.words(), role.words());
            let asked = text("asks_of").and_then(Role::from_code).map(Role::words);
            let (of_zh, of_en) = asked.map_or_else(Default::default, |(zh, en)| {
                (format!("，请{zh}处理"), format!(" (asks: {en})"))
            });
            Words::new(
                format!("{role_zh}{deed_zh}：{module_zh}{of_zh}。"),
                format!("{role_en} {deed_en}: {module_en}{of_en}."),
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
        _ => return of_a_poll(kind, facts),
    };
    Some(words)
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
        "POLL_OPENED" => {
            match facts.get("registered").and_then(|registered| registered.get("heads")?.as_u64()) {
                None => Words::new("投票开始。", "Voting begins."),
                Some(heads) => Words::new(
                    format!("投票开始：业主 {heads} 人报名。"),
                    format!("Voting begins: {heads} owners registered."),
                ),
            }
        }
        "POLL_REGISTRATION_SHORT" => {
            let heads = facts.get("registered").and_then(|registered| registered.get("heads")?.as_u64());
            let heads = heads.unwrap_or_default();
            Words::new(
                format!("报名不足，不再投票：业主 {heads} 人报名。"),
                format!("Too few registered, and nobody votes: {heads} owners did."),
            )
        }
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
        "POLL_EXTENDED" => Words::new("参与人数不足，投票延期。", "Too few took part: voting is extended."),
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
        "POLL_FINAL" => Words::new("异议期满，结果生效。", "The result is final."),
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
            _ => ("", ""),
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
            Self::Show => ("提交材料", "showed what was done"),
            Self::Say => ("发言", "spoke"),
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
    use crate::programmes::template;

    #[test]
    fn every_event_of_a_timeline_has_words_in_both_languages_and_no_other_has() {
        let template = template::find("found-committee").unwrap();
        let facts = json!({ "module": "vote", "ending": "CLOSED", "because": "DONE", "end": "DONE", "deed": "SIGN",
            "role": "OWNER", "heads": 500, "ballots": 400, "channel": "PROXY", "why": "DISPUTED" });
        for kind in KINDS {
            let words = words(kind, &facts, template).unwrap_or_else(|| panic!("{kind} has no words"));
            assert!(words.zh.ends_with('。') && words.en.ends_with('.'), "{words:?}");
        }
        assert_eq!(words("BALLOT_CAST", &facts, template), None);
        for why in SetAside::ALL {
            for channel in ["ONLINE", "PAPER", "PROXY"] {
                let facts = json!({ "channel": channel, "why": why });
                let words = words("BALLOT_SET_ASIDE", &facts, template).unwrap();
                assert!(
                    words.zh.contains("选票不计入：") && words.en.contains("does not count:"),
                    "{words:?}"
                );
            }
        }
        let ended = words(
            "PROGRAMME_MODULE_ENDED",
            &json!({ "module": "guides", "ending": "DECLINED",
            "because": "TIME_UP" }),
            template,
        )
        .unwrap();
        assert_eq!(ended.zh, "结束：邀请街道、社区、建设单位和物业指导协助（未同意，期限已到）。");
    }
}
