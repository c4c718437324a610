//! `linli import roll`: the same act as the API's, for whoever runs the service.

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Outcome, bar};
use crate::{
    access::{Level, Lineage},
    app::App,
    clock::Ids,
    config::Config,
    database::Db,
    http::problem::{Problem, Result as ActResult},
    places::{self, NewPlace},
    roll::{
        acts::{self, Import, Wish},
        model::{Coverage, Imported, NewBuildings, RollCheck, Rows},
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
    /// The file is the whole roll: homes that it does not name leave the roll.
    #[arg(long, conflicts_with = "good_rows_only")]
    whole: bool,
    /// Take the file also where it says otherwise than what was corrected with a document.
    #[arg(long)]
    overrule_corrections: bool,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// What is printed with `--json`, however the command ends.
#[derive(Default, Serialize)]
struct Report {
    /// What the file comes to; absent when it could not be gone through.
    #[serde(flatten)]
    check: Option<RollCheck>,
    /// Why a dry run does not tell a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_compared: Option<String>,
    /// What was written; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<Imported>,
    /// Why the command fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub fn import(config: Config, command: &ImportCommand) -> Outcome {
    let ImportCommand::Roll(args) = command;
    let mut report = Report::default();
    let outcome = actix_web::rt::System::new().block_on(roll(config, args, &mut report));
    report.error = outcome.as_ref().err().cloned();
    tell(args, report)?;
    outcome
}

async fn roll(config: Config, args: &RollArgs, report: &mut Report) -> Outcome {
    let steps = steps(&args.under)?;
    if !(1..=120).contains(&args.complex.chars().count()) {
        return Err("--complex: a name has 1 to 120 characters".into());
    }
    let new_buildings = if args.add_buildings { NewBuildings::Add } else { NewBuildings::Refuse };
    let rows = if args.good_rows_only { Rows::Good } else { Rows::All };
    let coverage = if args.whole { Coverage::Whole } else { Coverage::Part };
    let wish = Wish { rows, new_buildings, coverage, overrule_corrections: args.overrule_corrections };
    let file = std::fs::read(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let file = Arc::new(file);
    let (check, not_compared) = checked(&config, (&steps, &args.complex), &file, wish).await?;
    let refused = check.refused_total > 0 && rows == Rows::All;
    report.check = Some(check);
    if args.dry_run {
        report.not_compared = not_compared;
    }
    if refused {
        return Err(
            "rows are refused and nothing is written; mend them, or take the good rows with --good-rows-only"
                .into(),
        );
    }
    if !args.dry_run {
        report.imported = Some(write(config, args, &steps, file, wish).await?);
    }
    Ok(())
}

/// The dry run, and why it compares with nothing if it does not. It needs no database, and makes none.
async fn checked(
    config: &Config,
    (steps, complex): (&[String; 3], &str),
    file: &Arc<Vec<u8>>,
    wish: Wish,
) -> Result<(RollCheck, Option<String>), String> {
    let (vault, file) = (vault(config, Ids), Arc::clone(file));
    let told = |problem: Problem| problem.to_string();
    let db = match comparable(config).await {
        Ok(db) => db,
        Err(why) => {
            return Ok((acts::dry_run((&vault, &Ids), None, file, wish).await.map_err(told)?, Some(why)));
        }
    };
    let check = async {
        let complex = find(&db, steps, complex).await?;
        let why = complex.is_none().then(|| "there is no complex of that name yet".to_owned());
        let known = complex.as_ref().map(|complex| (&db, complex));
        Ok((acts::dry_run((&vault, &Ids), known, file, wish).await?, why))
    };
    let check = check.await.map_err(told);
    db.close().await;
    check
}

/// The database to compare with, or why there is none.
async fn comparable(config: &Config) -> Result<Db, String> {
    let db = Db::existing(config.database_url.expose()).await.map_err(|error| error.to_string())?;
    let db = db.ok_or("there is no database yet")?;
    let migrations = db.migrations().await.map_err(|error| error.to_string())?;
    if migrations.iter().all(|(_, applied)| *applied) {
        return Ok(db);
    }
    db.close().await;
    Err("the database is not up to date; `linli migrate up` mends it".into())
}

async fn write(
    config: Config,
    args: &RollArgs,
    steps: &[String; 3],
    file: Arc<Vec<u8>>,
    wish: Wish,
) -> Result<Imported, String> {
    let app = start(config).await.map_err(|error| error.to_string())?;
    let bar = bar::new();
    let tell = |phase: &'static str, done: u64, total: u64| {
        bar.set_message(phase);
        bar.set_length(total);
        bar.set_position(done);
    };
    let import = Import { file, wish, role: "OPERATOR".into(), operation: None };
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
async fn find(db: &Db, steps: &[String; 3], complex: &str) -> ActResult<Option<Lineage>> {
    let path = steps.iter().map(String::as_str).chain([complex]);
    let mut parent: Option<Lineage> = None;
    for name in path {
        match places::named(db.read(), parent.as_ref(), name).await? {
            Some(found) => parent = Some(found),
            None => return places::only_complex(db.read(), complex).await,
        }
    }
    Ok(parent)
}

async fn ensure(app: &App, steps: &[String; 3], complex: &str) -> ActResult<Lineage> {
    if let Some(found) = find(&app.db, steps, complex).await? {
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
    let Report { check: Some(check), not_compared, imported, .. } = report else {
        return Ok(());
    };
    for refusal in &check.refused {
        println!(
            "第{}行 {} {} {:?}: {}",
            refusal.row, refusal.column, refusal.problem, refusal.value, refusal.cure.zh
        );
    }
    for home in &check.removed {
        println!("不再在名册中: {}", home.name);
    }
    if check.footer_rows > 0 {
        println!("{} rows only sum up others and are passed over", check.footer_rows);
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
    if check.parking + check.public > 0 {
        println!("beside them {} parking bays and stalls, {} facilities", check.parking, check.public);
    }
    if let Some(difference) =
        imported.as_ref().map(|imported| &imported.difference).or(check.difference.as_ref())
    {
        println!(
            "new buildings {}, new homes {}, changed {}, unchanged {}, not in the file {}, removed {}",
            difference.new_buildings,
            difference.new_homes,
            difference.changed_homes,
            difference.unchanged_homes,
            difference.unnamed_homes,
            difference.removed_homes
        );
    }
    if let Some(why) = not_compared {
        println!("compared with nothing: {why}");
    }
    Ok(())
}
