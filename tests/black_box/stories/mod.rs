//! What people experience, one file a subject.

mod access;
mod archive;
mod calendar;
mod closing;
mod clusters;
mod commands;
mod committees;
mod contract;
mod corrections;
mod courses;
mod crashes;
mod demo;
mod desk;
mod duty;
mod endings;
mod faults;
mod figures;
mod homes;
mod identity;
mod incidents;
mod mandates;
mod matters;
mod mirror;
mod moderation;
mod neighbours;
mod notices;
mod open311;
mod operating;
mod outages;
mod packs;
mod papers;
mod patrols;
mod policies;
mod polls;
mod processes;
mod programmes;
mod prompts;
mod publicity;
mod record;
mod recovery;
mod refusals;
mod renewal;
mod representations;
mod roll;
mod serving;
mod sessions;
mod sweepers;
mod sweeps;
mod uploads;
mod visits;
mod whistles;
mod words;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::Value;

use crate::{phone::Phone, story::Story};

/// Waits for what comes by itself: much longer than it takes, for the machine may be busy.
async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_mins(3), "it never came: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What is at a path, as soon as it is so.
async fn until(phone: &Phone, path: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    eventually(&format!("{path} {what}"), async || {
        Some(phone.call(Method::GET, path).send().await.ok()).filter(|now| is_so(now))
    })
    .await
}

/// All stories: those that take long early, so that no core waits for them at the end, and the others mixed, so that those
/// which wait for a clock or a job do so beside others which keep a core busy.
pub fn all() -> Vec<Story> {
    let long = [
        access::stories(),
        roll::stories(),
        crashes::stories(),
        programmes::stories(),
        archive::stories(),
        closing::stories(),
        recovery::stories(),
        renewal::stories(),
    ];
    let everywhere = [
        serving::stories(),
        sessions::stories(),
        operating::stories(),
        faults::stories(),
        processes::stories(),
    ];
    let others = [
        notices::stories(),
        contract::stories(),
        sweeps::stories(),
        identity::stories(),
        corrections::stories(),
        record::stories(),
        demo::stories(),
        incidents::stories(),
        courses::stories(),
        desk::stories(),
        clusters::stories(),
        moderation::stories(),
        words::stories(),
        figures::stories(),
        uploads::stories(),
        whistles::stories(),
        calendar::stories(),
        policies::stories(),
        homes::stories(),
        outages::stories(),
        packs::stories(),
        papers::stories(),
        patrols::stories(),
        visits::stories(),
        polls::stories(),
        committees::stories(),
        duty::stories(),
        endings::stories(),
        mandates::stories(),
        matters::stories(),
        mirror::stories(),
        commands::stories(),
        sweepers::stories(),
        prompts::stories(),
        publicity::stories(),
        refusals::stories(),
        representations::stories(),
        open311::stories(),
    ];
    let everywhere = everywhere.concat().into_iter().map(Story::everywhere);
    let mut mixed: Vec<Story> = everywhere.chain(others.concat()).collect();
    mixed.sort_by_cached_key(|story| {
        let mut hasher = DefaultHasher::new();
        story.name.hash(&mut hasher);
        hasher.finish()
    });
    long.concat().into_iter().chain(mixed).collect()
}
