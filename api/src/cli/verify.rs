//! Recomputing what was published.

use uuid::Uuid;

use super::{Outcome, serve::connected};
use crate::{
    clock::Ids,
    config::Config,
    polls::acts::{Recount, recount},
    start::vault,
};

/// How to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    Words,
    Json,
}

/// Counts a poll again from its ballots, and fails if anything differs from what was said.
pub fn poll(config: &Config, id: Uuid, print: Print) -> Outcome {
    let vault = vault(config, Ids);
    let found = connected(config, async |db| {
        recount(&vault, db.read(), id).await.map_err(|problem| problem.to_string())
    })?;
    match print {
        Print::Json => println!("{}", serde_json::to_string(&found).map_err(|error| error.to_string())?),
        Print::Words => print!("{}", words(&found)),
    }
    match found.differences.len() {
        0 => Ok(()),
        differing => Err(format!("poll {id}: {differing} differences")),
    }
}

fn words(found: &Recount) -> String {
    let hash = |hash: &Option<String>| hash.clone().unwrap_or_else(|| "not yet".into());
    let mut lines = vec![
        format!("{} ({}), {}", found.title, found.poll_id, found.state),
        format!("roll      {} heads, {} m²", found.heads, rules::quantity::Area(found.area)),
        format!("ballots   {}, every commitment checked", found.ballots),
        format!("roll_hash    {}", hash(&found.roll_hash)),
        format!("frozen_hash  {}", hash(&found.frozen_hash)),
        format!("ballots_hash {}", hash(&found.ballots_hash)),
    ];
    if found.differences.is_empty() {
        lines.push("all as it was said".into());
    } else {
        lines.extend(found.differences.iter().map(|difference| format!("DIFFERS  {difference}")));
    }
    lines.join("\n") + "\n"
}
