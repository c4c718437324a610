//! What a notice says outside the inbox: which kind of thing, at which building, until when; nothing of anybody.

use chrono::{DateTime, FixedOffset, Utc};
use rules::{
    incidents::category,
    notices::{Telling, Topic},
};
use serde_json::Value;

use super::{
    templates::{Shows, Template},
    ways::Letter,
};
use crate::{clock::local, wechat::fit_thing};

/// What there is to say.
pub struct Said<'a> {
    pub telling: &'a Telling,
    /// The event's public facts.
    pub facts: &'a Value,
    /// The building and unit, or the complex.
    pub place: String,
    pub at: DateTime<Utc>,
    /// Of how many matters it tells.
    pub matters: u32,
}

impl Said<'_> {
    fn what(&self) -> String {
        let text = |name: &str| self.facts.get(name).and_then(Value::as_str).unwrap_or_default();
        let of_ballot = channel(text("channel")).unwrap_or(self.telling.short);
        let name = category::find(text("category")).map_or(of_ballot, |category| &category.name.zh);
        match self.matters {
            0 | 1 => name.to_owned(),
            many => format!("{name}等{many}件"),
        }
    }

    fn due(&self) -> Option<DateTime<Utc>> {
        until(self.facts).map(|due| due.to_utc())
    }

    fn show(&self, shows: Shows) -> String {
        match shows {
            Shows::What => fit_thing(&self.what()),
            Shows::Where => fit_thing(&self.place),
            Shows::When => minute(self.due().unwrap_or(self.at)),
            Shows::Short => self.telling.short.to_owned(),
            Shows::Sentence => fit_thing(self.telling.zh),
        }
    }

    /// The fields of a subscribe message.
    pub fn fields<'t>(&self, template: &'t Template) -> Vec<(&'t str, String)> {
        template.fields.iter().map(|(name, shows)| (name.as_str(), self.show(*shows))).collect()
    }

    /// A short message or an e-mail. `id` is the same however often it is sent.
    pub fn letter(&self, id: String, to: String) -> Letter {
        let until = match self.due() {
            Some(due) if self.telling.topic == Topic::Task => format!("，时限{}", minute(due)),
            _ if self.facts.get("channel").is_some() => format!("，{}", minute(self.at)),
            _ => String::new(),
        };
        let text = format!("【邻里】{}：{}，{}{until}。", self.telling.zh, self.what(), self.place);
        Letter { id, to, subject: format!("邻里：{}", self.telling.zh), text }
    }
}

/// How a ballot came in.
fn channel(code: &str) -> Option<&'static str> {
    match code {
        "ONLINE" => Some("线上选票"),
        "PAPER" => Some("纸质选票"),
        "PROXY" => Some("委托选票"),
        _ => None,
    }
}

/// Until when somebody has to act, as an event's facts tell: until when they have to answer, where they are asked, or can
/// vote.
pub fn until(facts: &Value) -> Option<DateTime<FixedOffset>> {
    let due = facts.get("answer_until").or_else(|| facts.get("due_at")).or_else(|| facts.get("closes_at"));
    DateTime::parse_from_rfc3339(due?.as_str()?).ok()
}

fn minute(at: DateTime<Utc>) -> String {
    local(at).format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use rules::notices::{Whom, telling};
    use serde_json::json;

    use super::*;
    use crate::wechat::check_field;

    #[test]
    fn every_telling_fits_every_field_that_wechat_may_have() {
        let all = "TASK=a(thing1:what,thing2:where,time3:when,phrase4:short,thing5:sentence,date6:when)";
        let templates: super::super::templates::Templates = all.parse().unwrap();
        let template = templates.of(Topic::Task).unwrap();
        let at = Utc.with_ymd_and_hms(2026, 11, 25, 23, 5, 0).unwrap();
        for telling in telling::TELLINGS {
            for facts in
                [json!({}), json!({ "category": "ELEVATOR_FAULT", "due_at": "2026-11-26T08:00:00+08:00" })]
            {
                for matters in [1, 250] {
                    let place = "一个名字特别长的示范小区第一百二十三号楼第四单元".to_owned();
                    let said = Said { telling, facts: &facts, place, at, matters };
                    for (name, value) in said.fields(template) {
                        assert_eq!(check_field(name, &value), Ok(()), "{name} {value}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_letter_says_what_where_and_until_when() {
        let telling = telling::find("INCIDENT_REPORTED", Topic::Task, Whom::Holder).unwrap();
        let facts = json!({ "category": "ELEVATOR_FAULT", "due_at": "2026-11-26T08:00:00+08:00" });
        let at = Utc.with_ymd_and_hms(2026, 11, 25, 23, 5, 0).unwrap();
        let said = Said { telling, facts: &facts, place: "3号楼1单元".into(), at, matters: 3 };
        let letter = said.letter("one".into(), "15400000001".into());
        assert!(letter.text.contains("等3件，3号楼1单元，时限2026-11-26 08:00"), "{}", letter.text);
    }

    #[test]
    fn a_letter_of_a_ballot_says_by_which_channel_and_when_it_came_in() {
        let telling = telling::find("BALLOT_CAST", Topic::Progress, Whom::OfHead).unwrap();
        let facts = json!({ "channel": "PAPER" });
        let at = Utc.with_ymd_and_hms(2026, 11, 25, 23, 5, 0).unwrap();
        let said = Said { telling, facts: &facts, place: "青年路小区".into(), at, matters: 1 };
        let letter = said.letter("one".into(), "15400000001".into());
        assert!(letter.text.contains("：纸质选票，青年路小区，2026-11-26 07:05。"), "{}", letter.text);
    }
}
