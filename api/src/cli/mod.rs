//! The command line: one verb a command, the same acts as the API behind them.

mod access;
mod appoint;
mod bar;
mod calendar;
mod doctor;
mod export;
mod import;
mod notices;
mod policy;
mod programme;
mod rules;
mod serve;
mod verify;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use serde::Serialize;
use serde_json::Value;

use crate::{config::Config, http::document::Document};

/// Linli 邻里: the mobile backend of self-governing residential communities.
#[derive(Debug, Parser)]
#[command(name = "linli", version)]
struct Cli {
    /// A TOML file with the configuration.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets one key of the configuration over file and environment.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API.
    Serve,
    /// Serve a made-up complex with everybody in it, to try things out.
    Demo,
    /// See or bring up to date the database's schema.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Bring in what people keep elsewhere.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Take in a year of working days, or see which are known.
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// Ask the rules.
    #[command(subcommand)]
    Rules(Rules),
    /// Look at escalation policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look at programme templates.
    #[command(subcommand)]
    Programme(ProgrammeCommand),
    /// Write what is over into a file for those outside.
    #[command(subcommand)]
    Export(export::Export),
    /// Count a poll again from its ballots, and write the signed report of it; the result stays as it is.
    Recount {
        poll: uuid::Uuid,
        /// Where to; to the screen without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Recompute what was published, and say what differs.
    #[command(subcommand)]
    Verify(Verify),
    /// Give a first officer a role, before anybody can through the API.
    Appoint(appoint::Appoint),
    /// See notices that failed for good, and send them again.
    #[command(subcommand)]
    Notices(notices::NoticesCommand),
    /// Print the access table.
    Access,
    /// Print the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check everything that serving needs; each finding with its cure.
    Doctor {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Ask a running service whether it is ready; for container health checks.
    Healthcheck,
    /// Print completions for a shell.
    Completions { shell: clap_complete::Shell },
}

#[derive(Debug, Subcommand)]
enum Rules {
    /// Answer the worked cases of a JSON file, in its order.
    Eval { file: PathBuf },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Say what is missing, contradicts itself or can never happen in a list of layers, laid over the nation's; in the
    /// nation's own without a file.
    Check {
        file: Option<PathBuf>,
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Say how much of a complex's month would have been in time, had the complex been held to the list of layers besides:
    /// what if 7 days were 5?
    WhatIf {
        file: PathBuf,
        /// The complex.
        #[arg(long)]
        place: uuid::Uuid,
        /// In China, such as 2026-10; closed, or still open.
        #[arg(long)]
        month: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ProgrammeCommand {
    /// Say what can never begin or hold, what waits for itself, what does not fit into its days, and what the law wants
    /// and is missing in a template (TOML or JSON).
    Check {
        file: PathBuf,
        /// The rule pack of the city in which it is to run.
        #[arg(long, default_value = "national")]
        city: String,
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Say where a programme stands, what holds it, what comes next, who must act, and what happened so far.
    Show {
        id: uuid::Uuid,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Verify {
    /// Count a poll again from its ballots, and compare it with the record.
    Poll {
        id: uuid::Uuid,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Check the record line by line.
    Record {
        /// The complex's id; all complexes without it.
        complex: Option<uuid::Uuid>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Make out everything in an archive of `linli export programme` anew, from the file alone.
    Archive {
        file: PathBuf,
        /// The installation's public key (PEM or JWK), had from elsewhere: the file has to be signed with it.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Check the signed report of a recount: that its verdicts follow from its figures, and who signed it.
    Recount {
        /// What `linli recount` wrote, or `GET /v1/polls/{poll_id}/recount` answered.
        file: PathBuf,
        /// What `linli export programme` wrote of its programme: the same hashes and figures have to be in it.
        #[arg(long, value_name = "FILE")]
        archive: Option<PathBuf>,
        /// The installation's public key (PEM or JWK), had from elsewhere: the file has to be signed with it.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Make out the rows of a list of a poll anew, from the file alone.
    List {
        /// What `GET /v1/polls/{poll_id}/lists/{list}?variant=…` answered, as JSON.
        file: PathBuf,
        /// The root that the list has to have, had from elsewhere.
        #[arg(long, value_name = "HEX")]
        root: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Compute a closed month again from its rows.
    Figures {
        /// A closing's id, or the file that `GET /v1/places/{place_id}/closings/{period}` answered.
        closing: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Migrate {
    /// Which migrations have been applied. Makes nothing.
    Status {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Apply what is missing.
    Up,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Every key with its meaning and default, as a file to begin with.
    Reference,
    /// Every key as it is set, secrets masked.
    Show {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// A command's end: what to tell when it failed.
type Outcome = Result<(), String>;

/// How to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Print {
    Words,
    /// One value, on one line.
    Json,
}

impl Print {
    fn as_wanted(json: bool) -> Self {
        if json { Self::Json } else { Self::Words }
    }

    /// Says what was found wrong with a file, each as `written` and in a line; fails if anything was.
    fn find<F>(self, found: &[F], written: impl Fn(&F) -> Value, line: impl Fn(&F) -> String) -> Outcome {
        let all: Vec<Value> = found.iter().map(written).collect();
        self.say(&all, |_| found.iter().map(&line).collect())?;
        match found.len() {
            0 => Ok(()),
            wrong => Err(format!("{wrong} findings")),
        }
    }

    fn say<T: Serialize>(self, found: &T, words: impl Fn(&T) -> String) -> Outcome {
        match self {
            Self::Json => println!("{}", serde_json::to_string(found).map_err(|error| error.to_string())?),
            Self::Words => print!("{}", words(found)),
        }
        Ok(())
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("a crypto provider is installed already");
    }
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().ok();
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linli: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Outcome {
    let config = |extra: &[&str]| {
        let flags: Vec<String> = extra.iter().map(|flag| (*flag).to_owned()).chain(cli.set.clone()).collect();
        Config::load(cli.config.as_deref(), std::env::vars(), &flags).map_err(|error| error.to_string())
    };
    match &cli.command {
        Command::Serve => serve::serve(config(&[])?, serve::World::AsItIs),
        Command::Demo => serve::serve(config(&["demo=on"])?, serve::World::Demo),
        Command::Migrate(Migrate::Status { json }) => {
            serve::migrate_status(&config(&[])?, Print::as_wanted(*json))
        }
        Command::Migrate(Migrate::Up) => serve::migrate_up(&config(&[])?),
        Command::Import(command) => import::import(config(&[])?, command),
        Command::Calendar(command) => calendar::calendar(|| config(&[]), command),
        Command::Rules(Rules::Eval { file }) => rules::eval(file),
        Command::Policy(PolicyCommand::Check { file, json }) => {
            policy::check_file(file.as_deref(), Print::as_wanted(*json))
        }
        Command::Policy(PolicyCommand::WhatIf { file, place, month, json }) => {
            policy::what_if(&config(&[])?, file, (*place, month), Print::as_wanted(*json))
        }
        Command::Programme(ProgrammeCommand::Check { file, city, json }) => {
            programme::check_file(file, city, Print::as_wanted(*json))
        }
        Command::Programme(ProgrammeCommand::Show { id, json }) => {
            programme::show(&config(&[])?, *id, Print::as_wanted(*json))
        }
        Command::Export(command) => export::export(&config(&[])?, command),
        Command::Recount { poll, out } => export::recount(&config(&[])?, *poll, out.as_deref()),
        Command::Verify(Verify::Poll { id, json }) => {
            verify::poll(&config(&[])?, *id, Print::as_wanted(*json))
        }
        Command::Verify(Verify::Record { complex, json }) => {
            verify::record(&config(&[])?, *complex, Print::as_wanted(*json))
        }
        Command::Verify(Verify::Archive { file, key, json }) => {
            verify::archive(file, key.as_deref(), Print::as_wanted(*json))
        }
        Command::Verify(Verify::Recount { file, archive, key, json }) => {
            verify::recount_report(file, archive.as_deref(), key.as_deref(), Print::as_wanted(*json))
        }
        Command::Verify(Verify::List { file, root, json }) => {
            verify::list(file, root.as_deref(), Print::as_wanted(*json))
        }
        Command::Verify(Verify::Figures { closing, json }) => {
            verify::figures(|| config(&[]), closing, Print::as_wanted(*json))
        }
        Command::Appoint(command) => appoint::appoint(config(&[])?, command),
        Command::Notices(command) => notices::notices(config(&[])?, command),
        Command::Access => {
            print!("{}", access::table());
            Ok(())
        }
        Command::Config(ConfigCommand::Reference) => {
            for key in crate::config::KEYS {
                println!("# {}\n{} = {}\n", key.doc.trim(), key.name, toml::Value::from(key.default));
            }
            Ok(())
        }
        Command::Config(ConfigCommand::Show { json }) => {
            let config = config(&[])?;
            let shown: BTreeMap<_, _> = config.shown().iter().cloned().collect();
            Print::as_wanted(*json).say(&shown, |_| {
                let lines = config
                    .shown()
                    .iter()
                    .map(|(name, value)| [*name, " = ", &format!("{value:?}"), "\n"].concat());
                lines.collect()
            })
        }
        Command::Doctor { json } => {
            let config = Config::load(cli.config.as_deref(), std::env::vars(), &cli.set);
            doctor::doctor(config, Print::as_wanted(*json))
        }
        Command::Openapi => {
            let text =
                serde_json::to_string_pretty(&Document::build().json).map_err(|error| error.to_string())?;
            println!("{text}");
            Ok(())
        }
        Command::Healthcheck => serve::healthcheck(&config(&[])?),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "linli", &mut std::io::stdout());
            Ok(())
        }
    }
}
