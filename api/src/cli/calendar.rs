//! Taking in a year of the calendar, as the State Council fixes it each November, and telling which years are known.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use rules::calendar::{Finding, Year};
use serde_json::json;

use super::{Outcome, Print, serve::connected};
use crate::{
    calendar::acts::{self, CalendarYear},
    config::Config,
    start::start,
};

#[derive(Debug, Subcommand)]
pub enum CalendarCommand {
    /// Take in a year: periods that begin on the next day, or later, go by it; no deadline that is fixed moves. A wrong file
    /// is refused whole, with each place where it is wrong.
    Import {
        /// JSON: `year`, `source` (the notice that fixed it), `holidays` and `working_weekends`, which are days such as
        /// "2027-01-01".
        file: PathBuf,
        /// Print one JSON object; findings as one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Say which years are known, with their days.
    Show {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
}

pub fn calendar(config: impl FnOnce() -> Result<Config, String>, command: &CalendarCommand) -> Outcome {
    match command {
        CalendarCommand::Import { file, json } => {
            let (year, print) = (read(file)?, Print::as_wanted(*json));
            let findings = year.findings();
            if !findings.is_empty() {
                let line = |one: &Finding| format!("{}: {}\n", one.pointer, one.words);
                return print.find(&findings, |one| json!(one), line);
            }
            let taken = import(config()?, &year)?;
            print.say(&taken, line)
        }
        CalendarCommand::Show { json } => {
            let years = connected(&config()?, async |db| {
                acts::list(db.read()).await.map_err(|problem| problem.to_string())
            })?;
            Print::as_wanted(*json).say(&years, |years| years.iter().map(line).collect())
        }
    }
}

fn import(config: Config, year: &Year) -> Result<CalendarYear, String> {
    actix_web::rt::System::new().block_on(async {
        let app = start(config).await.map_err(|error| error.to_string())?;
        let taken = app.write(async |tx| acts::import(tx, year).await).await;
        app.db.clone().close().await;
        taken.map_err(|problem| problem.to_string())
    })
}

/// A misspelt file says line and column.
fn read(file: &Path) -> Result<Year, String> {
    let wrong = |error: String| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

fn line(year: &CalendarYear) -> String {
    let from = match year.known_from {
        Some(day) => format!("for periods from {day} on"),
        None => "ships with the program".to_owned(),
    };
    let days = |days: &[chrono::NaiveDate]| {
        days.iter().map(|day| day.format("%m-%d").to_string()).collect::<Vec<_>>().join(" ")
    };
    format!(
        "{} version {}, {from}: {}\n  off: {}\n  worked: {}\n  hash: {}\n",
        year.year,
        year.version,
        year.source,
        days(&year.holidays),
        days(&year.working_weekends),
        year.hash
    )
}
