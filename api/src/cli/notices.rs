//! Notices that failed for good: seen, and sent again.

use clap::Subcommand;
use serde::Serialize;
use uuid::Uuid;

use super::{Outcome, Print};
use crate::{config::Config, notices::acts::dead, start::start};

#[derive(Debug, Subcommand)]
pub enum NoticesCommand {
    /// List the notices that failed as often as they are tried.
    Dead {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Send one of them again.
    Redeliver {
        /// Its complex.
        complex: Uuid,
        /// Its id.
        notice: Uuid,
    },
}

/// Of one complex at most.
const MOST: u64 = 1000;

#[derive(Serialize)]
struct Line {
    complex_id: Uuid,
    #[serde(flatten)]
    notice: crate::notices::DeadNotice,
}

pub fn notices(config: Config, command: &NoticesCommand) -> Outcome {
    actix_web::rt::System::new().block_on(async {
        let app = start(config).await.map_err(|error| error.to_string())?;
        let done = match command {
            NoticesCommand::Dead { json } => match dead::everywhere(app.db.read(), MOST).await {
                Ok(all) => {
                    let lines: Vec<_> =
                        all.into_iter().map(|(complex_id, notice)| Line { complex_id, notice }).collect();
                    Print::as_wanted(*json).say(&lines, |lines| lines.iter().map(words).collect())
                }
                Err(problem) => Err(problem.to_string()),
            },
            NoticesCommand::Redeliver { complex, notice } => {
                let sent =
                    app.write(async |tx| dead::send_again(tx, *complex, *notice, "OPERATOR").await).await;
                sent.map(|sent| println!("on its way again by {} way(s)", sent.ways))
                    .map_err(|problem| problem.to_string())
            }
        };
        app.db.clone().close().await;
        done
    })
}

fn words(line: &Line) -> String {
    let Line { complex_id, notice } = line;
    let trouble = notice.trouble.as_deref().unwrap_or("-");
    format!("{complex_id} {} {:?} {} {trouble} {}\n", notice.notice_id, notice.way, notice.kind, notice.at)
}
