//! Writing what is over into a file for those outside.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use rules::archive::Ballots;
use uuid::Uuid;

use super::{Outcome, serve::connected};
use crate::{
    archive::{self, Signer},
    clock::{Clock, Ids},
    config::Config,
    polls::acts::recount_report,
    start::vault,
};

#[derive(Debug, Subcommand)]
pub enum Export {
    /// Write a programme that is over into one signed file, from which `linli verify archive` makes out everything anew,
    /// without the service. No names, and nobody's vote.
    Programme {
        id: Uuid,
        /// Where to; to the screen without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Let each ballot tell what it weighs and when it was cast, so that the count by area can be made out exactly: only
        /// where a court orders it, for whoever knows a head's area, or when it voted, may learn how.
        #[arg(long)]
        weighed_ballots: bool,
    },
}

/// Writes a programme that is over into a file.
pub fn export(config: &Config, command: &Export) -> Outcome {
    let Export::Programme { id, out, weighed_ballots } = command;
    let ballots = if *weighed_ballots { Ballots::Weighed } else { Ballots::Secret };
    let vault = vault(config, Ids);
    let text = connected(config, async |db| {
        let export = async {
            let signer = Signer::new(&config.archive_key)?;
            archive::export(&vault, &signer, &db.snapshot().await?, *id, ballots).await
        };
        export.await.map_err(|problem| problem.to_string())
    })?;
    write(&text, out.as_deref())
}

/// Counts a poll again from its ballots, and writes the signed report of it into a file.
pub fn recount(config: &Config, id: Uuid, out: Option<&Path>) -> Outcome {
    let vault = vault(config, Ids);
    let text = connected(config, async |db| {
        let recount = async {
            let signer = Signer::new(&config.archive_key)?;
            recount_report((&vault, &signer), &db.snapshot().await?, id, Clock::default().now()).await
        };
        recount.await.map_err(|problem| problem.to_string())
    })?;
    write(&text, out)
}

fn write(text: &str, out: Option<&Path>) -> Outcome {
    if let Some(file) = out {
        return std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()));
    }
    print!("{text}");
    Ok(())
}
