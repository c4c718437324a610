//! `msg_sec_check`: a verdict on a text, decided by marker words.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::SECOND;
use crate::tokens;
use crate::wire::{Ask, Granted, Refusal, malformed};
use crate::world::World;

/// Characters that a text may have.
const LONGEST: usize = 2_500;
/// How lately the user must have been in the mini-program: two hours.
const PRESENCE: u64 = 7_200 * SECOND;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Suggest {
    Pass,
    Review,
    Risky,
}

impl Suggest {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Review => "review",
            Self::Risky => "risky",
        }
    }
}

/// A word that decides the verdict on a text that has it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    pub word: String,
    pub suggest: Suggest,
    /// 100 ok, 10001 advertising, 20001 politics, 20002 pornography, 20003 abuse, 20006 crime, 20008 fraud …
    pub label: u32,
    /// Not 0: the strategy that found the word failed, and its finding counts for nothing.
    #[serde(default)]
    pub errcode: i64,
}

/// The words known from the start.
pub fn markers() -> Vec<Marker> {
    let marker =
        |word: &str, suggest, label, errcode| Marker { word: word.to_owned(), suggest, label, errcode };
    vec![
        marker("sim-review", Suggest::Review, 10001, 0),
        marker("sim-risky", Suggest::Risky, 20002, 0),
        marker("sim-broken", Suggest::Risky, 20006, -1),
    ]
}

/// `POST /wxa/msg_sec_check`.
pub fn check(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_post()?;
    let appid = tokens::bearer(world, ask)?;
    let now = world.clock.now();
    world.quotas.spend("msg_sec_check.minute", &appid, now)?;
    world.quotas.spend("msg_sec_check.day", &appid, now)?;
    let posted = ask.posted(&["content", "version", "scene", "openid", "title", "nickname", "signature"])?;

    if posted.integer("version")? != Some(2) {
        return Err(malformed("version must be 2"));
    }
    if !posted.integer("scene")?.is_some_and(|scene| (1..=4).contains(&scene)) {
        return Err(Refusal::new(40129, "invalid scene"));
    }
    let content = posted.text("content")?.ok_or_else(|| malformed("content is empty"))?;
    if content.chars().count() > LONGEST {
        return Err(malformed("content is too long"));
    }
    present(world, &appid, posted.text("openid")?)?;
    let mut text = content.to_owned();
    for more in ["title", "nickname", "signature"] {
        text.push_str(posted.text(more)?.unwrap_or_default());
    }
    let trace = world.random.hex(16);
    let found: Vec<&Marker> = world.markers.iter().filter(|marker| text.contains(&marker.word)).collect();
    Ok(Granted::Json(verdict(&found, &trace)))
}

/// A user of this app who was in the mini-program lately.
pub fn present<'a>(world: &World, appid: &str, openid: Option<&'a str>) -> Result<&'a str, Refusal> {
    let openid = openid.ok_or_else(|| Refusal::new(40003, "invalid openid"))?;
    let Some(user) = world.users.get(appid, openid) else {
        let foreign = world.users.elsewhere(appid, openid);
        return Err(if foreign {
            Refusal::new(43104, "appid does not match openid")
        } else {
            Refusal::new(40003, "invalid openid")
        });
    };
    let now = world.clock.now();
    if user.seen.is_none_or(|seen| now >= seen + PRESENCE) {
        return Err(Refusal::new(61010, "code is expired"));
    }
    Ok(openid)
}

/// The gravest finding decides; one whose strategy failed is told but does not count.
fn verdict(found: &[&Marker], trace: &str) -> Value {
    let gravest = found.iter().filter(|marker| marker.errcode == 0).max_by_key(|marker| marker.suggest);
    let (suggest, label) = gravest.map_or((Suggest::Pass, 100), |marker| (marker.suggest, marker.label));
    let mut detail = vec![json!({"strategy": "content_model", "errcode": 0, "suggest": suggest.word(),
        "label": label, "prob": 90})];
    detail.extend(found.iter().map(|marker| {
        json!({"strategy": "keyword", "errcode": marker.errcode, "suggest": marker.suggest.word(),
            "label": marker.label, "level": 20, "keyword": marker.word})
    }));
    json!({"errcode": 0, "errmsg": "ok", "result": {"suggest": suggest.word(), "label": label},
        "detail": detail, "trace_id": trace})
}
