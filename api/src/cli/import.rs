//! `linli import roll`: the same act as the API's, for whoever runs the service.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Outcome, bar};
use crate::{
    access::{Level, Lineage},
    app::App,
    clock::Ids,
    config::Config,
    http::problem::{Problem, Result as ActResult},
    places::{self, NewPlace},
    roll::{
        acts::{self, Import},
        model::{Imported, NewBuildings, RollCheck, Rows},
    },
    start::{start, vault},
};

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Import a roll of owners from CSV or XLSX.
    Roll(RollArgs),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct RollArgs {
    /// CSV (UTF-8, UTF-16 or GBK) or XLSX, up to 32 MiB.
    file: PathBuf,
    /// The complex, by its name; made if it is not there.
    #[arg(long, value_name = "NAME")]
    complex: String,
    /// Where a complex that is made stands.
    #[arg(long, value_name = "区/街道/社区", default_value = "默认区/默认街道/默认社区")]
    under: String,
    /// Tell what an import would do, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Take the good rows and leave out the refused ones.
    #[arg(long)]
    good_rows_only: bool,
    /// Make buildings that the complex does not have yet, instead of refusing their rows.
    #[arg(long)]
    add_buildings: bool,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    check: RollCheck,
    /// What was written; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<Imported>,
}

pub fn import(config: Config, command: &ImportCommand) -> Outcome {
    let ImportCommand::Roll(args) = command;
    let bytes = std::fs::read(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
    actix_web::rt::System::new().block_on(roll(config, args, Arc::new(bytes)))
}

async fn roll(config: Config, args: &RollArgs, file: Arc<Vec<u8>>) -> Outcome {
    let steps = steps(&args.under)?;
    let new_buildings = if args.add_buildings { NewBuildings::Add } else { NewBuildings::Refuse };
    let rows = if args.good_rows_only { Rows::Good } else { Rows::All };
    let check =
        checked(&config, args, &steps, &file, new_buildings).await.map_err(|problem| problem.to_string())?;
    let refused = check.refused_total > 0 && rows == Rows::All;
    let imported = if args.dry_run || refused {
        None
    } else {
        Some(write(config, args, &steps, file, rows, new_buildings).await?)
    };
    let nothing_written = refused && imported.is_none();
    tell(args, Report { check, imported })?;
    if nothing_written {
        return Err(
            "rows are refused and nothing is written; mend them, or take the good rows with --good-rows-only"
                .into(),
        );
    }
    Ok(())
}

/// The dry run. It compares with what is there only if a database is there, and makes none.
async fn checked(
    config: &Config,
    args: &RollArgs,
    steps: &[String; 3],
    file: &Arc<Vec<u8>>,
    new_buildings: NewBuildings,
) -> ActResult<RollCheck> {
    let file = Arc::clone(file);
    if exists(config) {
        let app = start(config.clone()).await.map_err(Problem::internal)?;
        if let Some(complex) = find(&app, steps, &args.complex).await? {
            return acts::dry_run((&app.vault, &app.ids), Some((&app, &complex)), file, new_buildings).await;
        }
    }
    acts::dry_run((&vault(config, Ids), &Ids), None, file, new_buildings).await
}

/// Whether there is a database file; of a server it is only known when an import goes there.
fn exists(config: &Config) -> bool {
    let url = config.database_url.expose();
    url.strip_prefix("sqlite://")
        .is_some_and(|file| Path::new(file.split('?').next().unwrap_or(file)).is_file())
}

async fn write(
    config: Config,
    args: &RollArgs,
    steps: &[String; 3],
    file: Arc<Vec<u8>>,
    rows: Rows,
    new_buildings: NewBuildings,
) -> Result<Imported, String> {
    let app = start(config).await.map_err(|error| error.to_string())?;
    let bar = bar::new();
    let tell = |phase: &'static str, done: u64, total: u64| {
        bar.set_message(phase);
        bar.set_length(total);
        bar.set_position(done);
    };
    let import = Import { file, rows, new_buildings, role: "OPERATOR".into(), operation: None };
    let imported = async {
        let complex = ensure(&app, steps, &args.complex).await?;
        acts::import(&app, &complex, import, &tell).await
    };
    let imported = imported.await.map_err(|problem| problem.to_string());
    bar.finish_and_clear();
    app.db.clone().close().await;
    imported
}

/// `区/街道/社区`.
fn steps(under: &str) -> Result<[String; 3], String> {
    let steps: Vec<String> = under.split('/').map(|step| step.trim().to_owned()).collect();
    let wrong = |_| format!("--under {under:?}: write district, street and community as 区/街道/社区");
    let steps: [String; 3] = steps.try_into().map_err(wrong)?;
    if steps.iter().any(|step| step.is_empty() || step.chars().count() > 120) {
        return Err(format!("--under {under:?}: a name is empty or has more than 120 characters"));
    }
    Ok(steps)
}

const LEVELS: [Level; 4] = [Level::District, Level::Street, Level::Community, Level::Complex];

/// The complex of that name, if there is one: under the places named, or else the only one of that name anywhere.
async fn find(app: &App, steps: &[String; 3], complex: &str) -> ActResult<Option<Lineage>> {
    let path = steps.iter().map(String::as_str).chain([complex]);
    let mut parent: Option<Lineage> = None;
    for name in path {
        match places::named(app.db.read(), parent.as_ref(), name).await? {
            Some(found) => parent = Some(found),
            None => return places::only_complex(app.db.read(), complex).await,
        }
    }
    Ok(parent)
}

async fn ensure(app: &App, steps: &[String; 3], complex: &str) -> ActResult<Lineage> {
    if let Some(found) = find(app, steps, complex).await? {
        return Ok(found);
    }
    let tx = app.db.begin().await?;
    let mut parent = None;
    for (name, level) in steps.iter().map(String::as_str).chain([complex]).zip(LEVELS) {
        parent = Some(places::ensure(&tx, parent.as_ref(), NewPlace { level, name }).await?);
    }
    app.commit(tx).await?;
    parent.ok_or_else(|| Problem::internal("a path without places"))
}

fn tell(args: &RollArgs, report: Report) -> Outcome {
    if args.json {
        println!("{}", serde_json::to_string(&report).map_err(|error| error.to_string())?);
        return Ok(());
    }
    let Report { check, imported } = report;
    for refusal in &check.refused {
        println!(
            "第{}行 {} {} {:?}: {}",
            refusal.row, refusal.column, refusal.problem, refusal.value, refusal.cure.zh
        );
    }
    let verb = if imported.is_some() { "imported" } else { "checked, nothing written" };
    println!(
        "{} homes, {} heads, {}.{:02} m², {} good rows, {} problems: {verb}",
        check.homes,
        check.heads,
        check.area / 100,
        check.area % 100,
        check.good_rows,
        check.refused_total
    );
    if let Some(difference) =
        imported.as_ref().map(|imported| &imported.difference).or(check.difference.as_ref())
    {
        println!(
            "new buildings {}, new homes {}, changed {}, unchanged {}, not in the file {}",
            difference.new_buildings,
            difference.new_homes,
            difference.changed_homes,
            difference.unchanged_homes,
            difference.unnamed_homes
        );
    }
    Ok(())
}
