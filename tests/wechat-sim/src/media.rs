//! `media_check_async`: a promise to look at a picture. WeChat fetches it from where it was told, and pushes what it found.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use reqwest::{Client, redirect::Policy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::SECOND;
use crate::content::{Suggest, present};
use crate::tokens;
use crate::wire::{Ask, Granted, Refusal, malformed};
use crate::world::World;

/// Bytes that a file may have.
const LARGEST: usize = 10 * 1024 * 1024;
/// How long fetching one may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// It could not be fetched, is too large, or is no picture or sound.
const NOT_FETCHED: i64 = -1008;

/// What is found of every picture that can be fetched, until another order.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub suggest: Suggest,
    /// 100 ok, 20001 politics, 20002 pornography, 20006 crime, 21000 other.
    pub label: u32,
}

/// What becomes of a result on its way: WeChat promises it within half an hour, and neither that it comes, nor once, nor in
/// the order of asking.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fate {
    /// How often it is told; 0 is never.
    times: usize,
    after_seconds: u64,
}

impl Default for Fate {
    fn default() -> Self {
        Self { times: 1, after_seconds: 0 }
    }
}

/// A promise that waits for the file to be fetched.
pub struct Errand {
    trace: String,
    appid: String,
    openid: String,
    /// Where the name in it leads.
    pub url: String,
    found: Found,
    fate: Fate,
    /// When it was promised.
    since: u64,
}

pub struct Media {
    pub found: Found,
    /// Where names of hosts lead, as a name server would tell: scheme and host to scheme and host.
    pub names: HashMap<String, String>,
    /// Promises made and not yet kept.
    pub errands: Vec<Errand>,
    /// Of the next promises, one each; the others have the usual one.
    pub fates: VecDeque<Fate>,
    /// Results on their way, each with when it arrives.
    under_way: Vec<(u64, Value)>,
}

impl Default for Media {
    fn default() -> Self {
        let found = Found { suggest: Suggest::Pass, label: 100 };
        Self {
            found,
            names: HashMap::new(),
            errands: Vec::new(),
            fates: VecDeque::new(),
            under_way: Vec::new(),
        }
    }
}

/// `POST /wxa/media_check_async`.
pub fn check(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_post()?;
    let appid = tokens::bearer(world, ask)?;
    let now = world.clock.now();
    world.quotas.spend("media_check_async.minute", &appid, now)?;
    world.quotas.spend("media_check_async.day", &appid, now)?;
    let posted = ask.posted(&["media_url", "media_type", "version", "scene", "openid"])?;

    if posted.integer("version")? != Some(2) {
        return Err(malformed("version must be 2"));
    }
    if !posted.integer("media_type")?.is_some_and(|kind| (1..=2).contains(&kind)) {
        return Err(Refusal::new(40004, "invalid media type"));
    }
    if !posted.integer("scene")?.is_some_and(|scene| (1..=4).contains(&scene)) {
        return Err(Refusal::new(40129, "invalid scene"));
    }
    let url =
        posted.text("media_url")?.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let url = url.ok_or_else(|| malformed("media_url is no address"))?.to_owned();
    let openid = present(world, &appid, posted.text("openid")?)?.to_owned();
    let trace = world.random.hex(16);
    let led =
        world.media.names.iter().find_map(|(name, to)| Some(format!("{to}{}", url.strip_prefix(name)?)));
    let found = world.media.found.clone();
    let fate = world.media.fates.pop_front().unwrap_or_default();
    let url = led.unwrap_or(url);
    let errand = Errand { trace: trace.clone(), appid, openid, url, found, fate, since: now };
    world.media.errands.push(errand);
    Ok(Granted::Json(json!({"errcode": 0, "errmsg": "ok", "trace_id": trace})))
}

/// Fetches what was promised to be looked at, as anybody could who knows the address; whether that is a picture or sound
/// of a size that is looked at.
pub async fn fetch(url: &str) -> bool {
    let client = Client::builder().timeout(PATIENCE).redirect(Policy::none()).no_proxy().build();
    let Ok(client) = client else { return false };
    let Ok(mut answer) = client.get(url).send().await else { return false };
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !answer.status().is_success() || !(kind.starts_with("image/") || kind.starts_with("audio/")) {
        return false;
    }
    let mut bytes = 0;
    loop {
        match answer.chunk().await {
            Ok(Some(more)) if bytes + more.len() <= LARGEST => bytes += more.len(),
            Ok(None) => return bytes > 0,
            Ok(Some(_)) | Err(_) => return false,
        }
    }
}

/// Sends off the event by which WeChat tells what it found, as often as it is told.
pub fn tell(world: &mut World, errand: &Errand, fetched: bool) {
    let now = world.clock.now() / SECOND;
    let mut event = json!({"ToUserName": "gh_000000000001", "FromUserName": errand.openid, "CreateTime": now,
        "MsgType": "event", "Event": "wxa_media_check", "appid": errand.appid, "trace_id": errand.trace,
        "version": 2, "detail": [], "errcode": 0, "errmsg": "ok"});
    let Found { suggest, label } = &errand.found;
    let told = if fetched {
        json!({"result": {"suggest": suggest.word(), "label": label}, "detail": [{"strategy": "content_model",
            "errcode": 0, "suggest": suggest.word(), "label": label, "prob": 90}]})
    } else {
        json!({"errcode": NOT_FETCHED, "errmsg": "download failed"})
    };
    if let (Some(event), Value::Object(told)) = (event.as_object_mut(), told) {
        event.extend(told);
    }
    let arrives = errand.since + errand.fate.after_seconds * SECOND;
    world.media.under_way.extend(std::iter::repeat_n((arrives, event), errand.fate.times));
    arrive(world);
}

/// Tells what has arrived by now, in the order of arriving.
pub fn arrive(world: &mut World) {
    let now = world.clock.now();
    world.media.under_way.sort_by_key(|(arrives, _)| *arrives);
    let arrived = world.media.under_way.partition_point(|(arrives, _)| *arrives <= now);
    world.subscriptions.events.extend(world.media.under_way.drain(..arrived).map(|(_, event)| event));
}
