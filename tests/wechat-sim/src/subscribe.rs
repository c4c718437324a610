//! Subscribe messages: what a user's taps grant, what a send uses up, and the events that WeChat would push.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::clock::SECOND;
use crate::tokens;
use crate::values;
use crate::wire::{Ask, Granted, Posted, Refusal};
use crate::world::World;

/// A word that no message may carry (45168).
const FORBIDDEN_WORD: &str = "sim-sensitive";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// One accept, one message.
    OneTime,
    /// One accept, any number of messages.
    LongTerm,
}

pub struct Template {
    /// Field names, each with its allowed values when it is an enumerated one.
    pub fields: Vec<(String, Vec<String>)>,
    pub term: Term,
    pub banned: bool,
}

/// What a user granted for one template.
#[derive(Default)]
pub struct Grant {
    pub credits: u64,
    pub long_term: bool,
}

#[derive(Default)]
pub struct Subscriptions {
    /// By appid and template id.
    pub templates: HashMap<(String, String), Template>,
    /// By appid, openid and template id.
    grants: HashMap<(String, String, String), Grant>,
    /// Sends to a user that are not over, by appid and openid, until when in real time.
    under_way: HashMap<(String, String), Instant>,
    /// Pages of the released version.
    pub released: HashSet<String>,
    /// What WeChat would have pushed, oldest first.
    pub events: Vec<Value>,
    next_message: u64,
}

impl Subscriptions {
    pub fn new() -> Self {
        Self { released: HashSet::from(["pages/index/index".to_owned()]), next_message: 1, ..Self::default() }
    }

    pub fn grant(&self, appid: &str, openid: &str, template: &str) -> Option<&Grant> {
        self.grants.get(&(appid.to_owned(), openid.to_owned(), template.to_owned()))
    }

    fn grant_mut(&mut self, appid: &str, openid: &str, template: &str) -> &mut Grant {
        self.grants.entry((appid.to_owned(), openid.to_owned(), template.to_owned())).or_default()
    }
}

/// The user answered one dialog for `templates`: each accept adds a message, none is a refusal.
pub fn answered_dialog(
    world: &mut World,
    appid: &str,
    openid: &str,
    templates: &[String],
    accepts: u64,
    term: Option<Term>,
) {
    let now = world.clock.now();
    world.users.or_new(appid, openid).seen = Some(now);
    for template in templates {
        let known = world.subscriptions.templates.get(&(appid.to_owned(), template.clone()));
        let term = term.or(known.map(|known| known.term)).unwrap_or(Term::OneTime);
        let grant = world.subscriptions.grant_mut(appid, openid, template);
        match term {
            Term::OneTime => grant.credits += accepts,
            Term::LongTerm => grant.long_term = accepts > 0,
        }
    }
    let status = if accepts == 0 { "reject" } else { "accept" };
    let item = |template: &String| json!({"TemplateId": template, "SubscribeStatusString": status, "PopupScene": "1"});
    for _ in 0..accepts.max(1) {
        let items = templates.iter().map(item).collect();
        push(world, openid, "subscribe_msg_popup_event", items);
    }
}

/// The user switched the template off in the mini-program's settings: nothing granted remains.
pub fn switched_off(world: &mut World, appid: &str, openid: &str, template: &str) {
    *world.subscriptions.grant_mut(appid, openid, template) = Grant::default();
    let item = json!({"TemplateId": template, "SubscribeStatusString": "reject"});
    push(world, openid, "subscribe_msg_change_event", vec![item]);
}

/// `POST /cgi-bin/message/subscribe/send`.
pub fn send(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_post()?;
    let appid = tokens::bearer(world, ask)?;
    let posted = ask.posted(&["touser", "template_id", "page", "data", "miniprogram_state", "lang"])?;
    let now = world.clock.now();
    world.quotas.spend("subscribe_send.day", &appid, now)?;

    let openid = posted.text("touser")?.filter(|openid| world.users.get(&appid, openid).is_some());
    let openid = openid.ok_or_else(|| Refusal::new(40003, "invalid openid"))?;
    let template_id = posted.text("template_id")?.unwrap_or_default();
    let template = world.subscriptions.templates.get(&(appid.clone(), template_id.to_owned()));
    let template = template.ok_or_else(|| Refusal::new(40037, "invalid template_id"))?;
    if template.banned {
        return Err(Refusal::new(43107, "subscribe message ability or template banned"));
    }
    let state = one_of(&posted, "miniprogram_state", &["formal", "developer", "trial"])?;
    one_of(&posted, "lang", &["zh_CN", "en_US", "zh_HK", "zh_TW"])?;
    reachable_page(&world.subscriptions.released, posted.text("page")?, state)?;
    fields_fit(template, &posted)?;

    let engaged = (appid.clone(), openid.to_owned());
    if world.subscriptions.under_way.get(&engaged).is_some_and(|until| Instant::now() < *until) {
        return Err(Refusal::new(43108, "concurrent sends to the same user"));
    }
    let grant = world.subscriptions.grant_mut(&appid, openid, template_id);
    if !grant.long_term {
        grant.credits = grant
            .credits
            .checked_sub(1)
            .ok_or_else(|| Refusal::new(43101, "user refuse to accept the msg"))?;
    }
    let takes = world.settings.send_takes_ms;
    world.subscriptions.under_way.insert(engaged, Instant::now() + Duration::from_millis(takes));
    sent(world, &appid, openid, template_id);
    Ok(Granted::Worked { takes, value: json!({"errcode": 0, "errmsg": "ok"}) })
}

/// The event that tells whether an accepted message arrived.
fn sent(world: &mut World, appid: &str, openid: &str, template: &str) {
    let undeliverable = world.users.get(appid, openid).is_some_and(|user| user.undeliverable);
    let (code, status) = if undeliverable { ("1", "failed:user block") } else { ("0", "success") };
    let message = world.subscriptions.next_message;
    world.subscriptions.next_message += 1;
    let item = json!({"TemplateId": template, "MsgID": message.to_string(), "ErrorCode": code, "ErrorStatus": status});
    push(world, openid, "subscribe_msg_sent_event", vec![item]);
}

/// Keeps an event as WeChat writes it in JSON: `List` is the item itself when there is one, an array of several.
fn push(world: &mut World, openid: &str, event: &str, mut items: Vec<Value>) {
    let list = if items.len() == 1 { items.swap_remove(0) } else { Value::from(items) };
    let now = world.clock.now() / SECOND;
    world.subscriptions.events.push(json!({"ToUserName": "gh_000000000001", "FromUserName": openid,
        "CreateTime": now, "MsgType": "event", "Event": event, "List": list}));
}

/// A member that is one of `words`, the first of which is meant when it is not there.
fn one_of<'a>(posted: &'a Posted, name: &str, words: &[&'a str]) -> Result<&'a str, Refusal> {
    let value = match posted.text(name)? {
        Some(value) => value,
        None => words.first().copied().unwrap_or_default(),
    };
    if words.contains(&value) { Ok(value) } else { Err(invalid_argument(name, "invalid")) }
}

/// A page of the released version, unless the message opens another one.
fn reachable_page(released: &HashSet<String>, page: Option<&str>, state: &str) -> Result<(), Refusal> {
    let Some(page) = page else { return Ok(()) };
    let path = page.split('?').next().unwrap_or_default();
    if state != "formal" || released.contains(path) {
        Ok(())
    } else {
        Err(Refusal::new(41030, "invalid page"))
    }
}

/// Each field of the template is there, no other is, and each value may stand there.
fn fields_fit(template: &Template, posted: &Posted) -> Result<(), Refusal> {
    let nothing = Map::new();
    let data = match posted.get("data") {
        None => &nothing,
        Some(Value::Object(data)) => data,
        Some(_) => return Err(invalid_argument("data", "invalid")),
    };
    if let Some(stray) = data.keys().find(|key| !template.fields.iter().any(|(field, _)| field == *key)) {
        return Err(invalid_argument(&format!("data.{stray}"), "not in the template"));
    }
    for (field, allowed) in &template.fields {
        let place = format!("data.{field}.value");
        let value = data.get(field).and_then(|item| item.get("value"));
        let value = match value {
            None => return Err(invalid_argument(&place, "is empty")),
            Some(value) => value.as_str().ok_or_else(|| invalid_argument(&place, "invalid"))?,
        };
        if value.trim().is_empty() {
            return Err(invalid_argument(&place, "is empty"));
        }
        if value.contains(FORBIDDEN_WORD) {
            return Err(Refusal::new(45168, "sensitive word"));
        }
        if !values::fits(field, value, allowed) {
            return Err(invalid_argument(&place, "invalid"));
        }
    }
    Ok(())
}

/// 47003, which names the member that is wrong.
fn invalid_argument(place: &str, what: &str) -> Refusal {
    Refusal::new(47003, &format!("argument invalid! {place} {what}"))
}
