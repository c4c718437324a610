//! Everything that this WeChat knows, and which room answers which path.

use crate::apps::Apps;
use crate::clock::Clock;
use crate::content::{self, Marker};
use crate::faults::{Fault, Faults, Kind};
use crate::journal::Journal;
use crate::media::{self, Media};
use crate::quotas::Quotas;
use crate::random::Random;
use crate::settings::Settings;
use crate::subscribe::{self, Subscriptions};
use crate::tickets::Tickets;
use crate::tokens::{self, Tokens};
use crate::users::Users;
use crate::wire::{Answer, Ask, Granted, Refusal, busy};
use crate::{codes, login, phone};

const LOGIN: &str = "/sns/jscode2session";
const CODE: &str = "/wxa/getwxacodeunlimit";

pub struct World {
    pub clock: Clock,
    pub random: Random,
    pub settings: Settings,
    pub quotas: Quotas,
    pub journal: Journal,
    pub faults: Faults,
    pub apps: Apps,
    pub users: Users,
    pub tickets: Tickets,
    pub tokens: Tokens,
    pub subscriptions: Subscriptions,
    pub markers: Vec<Marker>,
    pub media: Media,
}

impl World {
    pub fn new() -> Self {
        Self {
            clock: Clock::from_now(),
            random: Random::seeded(),
            settings: Settings::default(),
            quotas: Quotas::documented(),
            journal: Journal::default(),
            faults: Faults::default(),
            apps: Apps::with_default(),
            users: Users::default(),
            tickets: Tickets::default(),
            tokens: Tokens::default(),
            subscriptions: Subscriptions::new(),
            markers: content::markers(),
            media: Media::default(),
        }
    }

    /// Answers one request, meets it with a fault if one is due, and notes both.
    pub fn meet(&mut self, ask: &Ask) -> (Option<Answer>, Option<Fault>) {
        let now = self.clock.now();
        let number = self.journal.arrived(ask, now);
        let fault = self.faults.strike(&ask.path);
        let answer = match &fault {
            None => Some(self.answer(ask)),
            Some(fault) => self.troubled(ask, fault),
        };
        self.journal.answered(number, answer.as_ref(), fault.as_ref().map(Fault::name));
        (answer, fault)
    }

    fn answer(&mut self, ask: &Ask) -> Answer {
        let granted = match ask.path.as_str() {
            LOGIN => login::exchange(self, ask),
            "/wxa/checksession" => login::check(self, ask),
            "/wxa/resetusersessionkey" => login::reset(self, ask),
            "/cgi-bin/token" => tokens::classic(self, ask),
            "/cgi-bin/stable_token" => tokens::stable(self, ask),
            "/wxa/business/getuserphonenumber" => phone::number(self, ask),
            "/cgi-bin/message/subscribe/send" => subscribe::send(self, ask),
            "/wxa/msg_sec_check" => content::check(self, ask),
            "/wxa/media_check_async" => media::check(self, ask),
            CODE => codes::unlimited(self, ask),
            _ => Err(Refusal::new(40066, "invalid url")),
        };
        match granted {
            Ok(Granted::Json(value)) => Answer::json(self.json_type(&ask.path), &value),
            Ok(Granted::Worked { takes, value }) => {
                Answer { takes, ..Answer::json(self.json_type(&ask.path), &value) }
            }
            Ok(Granted::Picture { content_type, bytes }) => {
                Answer { status: 200, content_type: content_type.to_owned(), bytes, takes: 0 }
            }
            Err(refusal) => self.refused(ask, &refusal),
        }
    }

    /// What a fault makes of the answer. None when the fault leaves no answer at all.
    fn troubled(&mut self, ask: &Ask, fault: &Fault) -> Option<Answer> {
        let answer = fault.lets_act().then(|| self.answer(ask));
        match fault.kind {
            Kind::Busy => Some(self.refused(ask, &busy())),
            Kind::Errcode => {
                let refusal = Refusal::new(fault.errcode.unwrap_or(-1), "refused by order");
                Some(self.refused(ask, &refusal))
            }
            Kind::Status => Some(Answer {
                status: fault.status.unwrap_or(502),
                content_type: "text/html".to_owned(),
                bytes: b"<html><body><h1>Bad Gateway</h1></body></html>".to_vec(),
                takes: 0,
            }),
            Kind::Hang | Kind::Reset => None,
            Kind::Truncate | Kind::Slow | Kind::Late => answer,
        }
    }

    fn refused(&mut self, ask: &Ask, refusal: &Refusal) -> Answer {
        let written = refusal.written(&mut self.random);
        Answer::json(self.json_type(&ask.path), &written)
    }

    /// WeChat's content types, which differ by interface and are not to be trusted.
    fn json_type(&self, path: &str) -> &'static str {
        match path {
            LOGIN => "text/plain",
            CODE if self.settings.code_refusal_as_text => "text/plain",
            CODE => "application/json; charset=UTF-8",
            _ => "application/json; encoding=utf-8",
        }
    }
}
