//! Looking at programme templates before anybody runs one, without any database, and at programmes that run.

use std::{fmt::Write as _, path::Path};

use chrono::{DateTime, FixedOffset};
use rules::{
    packs::{Says, pack, resolve},
    programmes::{Template, check},
};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{Outcome, Print, serve::connected};
use crate::{
    clock::Clock,
    config::Config,
    programmes::{
        acts::whole,
        model::{ModuleState, Programme, ProgrammeModule, TimelineLine},
    },
};

/// A programme with what happened in it.
#[derive(Debug, Serialize)]
struct Screen {
    programme: Programme,
    timeline: Vec<TimelineLine>,
}

/// Says where a programme stands, what holds it, what comes next, who must act, and what happened so far.
pub fn show(config: &Config, id: Uuid, print: Print) -> Outcome {
    let screen = connected(config, async |db| {
        let read = async { whole(&db.snapshot().await?, id, Clock::default().now()).await };
        let (programme, timeline) = read.await.map_err(|problem| problem.to_string())?;
        Ok(Screen { programme, timeline })
    })?;
    print.say(&screen, |screen| words(screen).unwrap_or_default())
}

fn words(screen: &Screen) -> Result<String, std::fmt::Error> {
    let Screen { programme, timeline } = screen;
    let mut text = String::new();
    writeln!(text, "{}  {}  {}", programme.zh, programme.place.name, programme.purpose)?;
    let due = programme.due_at.map(|due| format!(", 最迟 {}", minute(due))).unwrap_or_default();
    writeln!(text, "{} 开始, 现为 {:?}{due}", minute(programme.begun_at), programme.state)?;
    if let Some(next) = programme.next_at {
        writeln!(text, "下一个时点 {}", minute(next))?;
    }
    writeln!(text)?;
    let order = |module: &&ProgrammeModule| {
        (module.since.is_none(), module.since, module.state == ModuleState::LeftOut)
    };
    let mut modules: Vec<_> = programme.modules.iter().collect();
    modules.sort_by_key(order);
    for module in modules {
        writeln!(text, "{}", line(module))?;
    }
    writeln!(text)?;
    for one in timeline {
        writeln!(text, "{}  {}", minute(one.at), one.zh)?;
    }
    Ok(text)
}

/// One module: where it stands, and what of it somebody has to know.
fn line(module: &ProgrammeModule) -> String {
    let codes = |roles: &[rules::programmes::Role]| {
        roles.iter().map(|role| role.words().0).collect::<Vec<_>>().join("、")
    };
    let mark = match module.state {
        ModuleState::Waiting => "[ ]",
        ModuleState::Running => "[>]",
        ModuleState::Over => "[x]",
        ModuleState::LeftOut => "[-]",
    };
    let told = [
        module.ending.map(|ending| {
            format!("{} {}", module.ended_at.map(minute).unwrap_or_default(), ending.words().0)
        }),
        module
            .earliest_at
            .filter(|_| module.state == ModuleState::Running)
            .map(|at| format!("最早 {}", minute(at))),
        module.latest_at.map(|at| format!("最迟 {}", minute(at))),
        module.late.then(|| "已逾期".to_owned()),
        (!module.must_act.is_empty()).then(|| format!("由 {} 办理", codes(&module.must_act))),
        (!module.waits_for.is_empty()).then(|| format!("等待 {}", module.waits_for.join(", "))),
    ];
    let told: Vec<_> = told.into_iter().flatten().collect();
    format!("{mark} {}  {}", module.zh, told.join("; ")).trim_end().to_owned()
}

fn minute(at: DateTime<FixedOffset>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// Says what is wrong with a template where a city's rules hold; each finding with its line.
pub fn check_file(file: &Path, city: &str, print: Print) -> Outcome {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (template, lines) = Template::read(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let pack = pack::find(city).ok_or_else(|| format!("no rule pack is called {city}"))?;
    let effective = resolve(pack, None, None, &Says::new());
    let rules = effective.map_err(|_| format!("the rules of {city} do not hold together"))?.rules;
    print.find(
        &check(&template, &lines, &rules),
        |one| json!({ "line": one.line, "fault": one.fault, "words": one.words }),
        |one| format!("line {}: {}: {}\n", one.line, one.fault, one.words),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, text: &str, city: &str) -> Outcome {
        let file = std::env::temp_dir().join(format!("linli-programme-{}-{name}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let outcome = check_file(&file, city, Print::Json);
        std::fs::remove_file(&file).unwrap();
        outcome
    }

    #[test]
    fn a_template_is_looked_through_and_a_misspelt_one_says_its_line() {
        let good = include_str!("../../rules/data/programmes/found_committee.toml");
        assert_eq!(checked("good", good, "national"), Ok(()));
        assert_eq!(
            checked("wrong", &good.replace("[[\"guides\"]]", "[[\"nobody\"]]"), "beijing"),
            Err("1 findings".into())
        );
        let misspelt = checked("misspelt", &good.replacen("kind", "kin", 1), "national").unwrap_err();
        assert!(misspelt.contains("line 11: unknown field `kin`"), "{misspelt}");
        assert!(checked("nowhere", good, "atlantis").unwrap_err().contains("atlantis"));
    }
}
