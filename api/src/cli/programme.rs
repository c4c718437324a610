//! Looking at programme templates before anybody runs one, without any database, and at programmes that run.

use std::{fmt::Write as _, path::Path};

use chrono::{DateTime, FixedOffset};
use rules::{
    packs::{Says, pack, resolve},
    programmes::{Gate, Template, check},
    words::Words,
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
        model::{ModuleState, Programme, ProgrammeModule, ProgrammeState, TimelineLine},
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

/// What everybody reads, each line in Chinese and then in English.
fn words(screen: &Screen) -> Result<String, std::fmt::Error> {
    let Screen { programme, timeline } = screen;
    let mut text = String::new();
    writeln!(text, "{} / {}  {}  {}", programme.zh, programme.en, programme.place.name, programme.purpose)?;
    if !programme.among.is_empty() {
        let parts: Vec<&str> = programme.among.iter().map(|part| part.name.as_str()).collect();
        writeln!(text, "范围：{} / between {}", parts.join("、"), parts.join(", "))?;
    }
    let (state_zh, state_en) = programme.state.words();
    let (due_zh, due_en) = programme
        .due_at
        .map(minute)
        .map_or_else(Default::default, |due| (format!("，最迟 {due}"), format!(", to be over by {due}")));
    let begun = minute(programme.begun_at);
    writeln!(text, "{begun} 开始，{state_zh}{due_zh} / begun {begun}, {state_en}{due_en}")?;
    if let Some(until) = programme.paused_until.map(minute) {
        writeln!(text, "暂停至 {until} / it stands still until {until}")?;
    }
    if let Some(member) = &programme.member {
        let number = member.ordinal;
        writeln!(text, "涉及委员：原 {number} 号候选人 / about the member who stood as number {number}")?;
    }
    if let Some(next) = programme.next_at.map(minute) {
        writeln!(text, "下一个时点 {next} / next moment {next}")?;
    }
    writeln!(text)?;
    let order = |module: &&ProgrammeModule| {
        (module.since.is_none(), module.since, module.state == ModuleState::LeftOut)
    };
    let mut modules: Vec<_> = programme.modules.iter().collect();
    modules.sort_by_key(order);
    for module in modules {
        let Words { zh, en } = line(module, &programme.modules);
        writeln!(text, "{} {zh}\n    {en}", module.state.mark())?;
    }
    writeln!(text)?;
    for one in timeline {
        writeln!(text, "{}  {} / {}", minute(one.at), one.zh, one.en)?;
    }
    Ok(text)
}

/// One module: where it stands, and what of it somebody has to know.
fn line(module: &ProgrammeModule, all: &[ProgrammeModule]) -> Words {
    let runs = module.state == ModuleState::Running;
    let ended = module.ending.map(|ending| {
        let (at, (zh, en)) = (module.ended_at.map(minute).unwrap_or_default(), ending.words());
        Words::new(format!("{at} {zh}"), format!("{at} {en}"))
    });
    let earliest = module.earliest_at.filter(|_| runs).map(minute);
    let latest = module.latest_at.map(minute);
    let told = [
        ended,
        earliest.map(|at| Words::new(format!("最早 {at}"), format!("not before {at}"))),
        latest.map(|at| Words::new(format!("最迟 {at}"), format!("by {at}"))),
        module.late.then(|| Words::new("已逾期", "late")),
        said(module.must_act.iter().map(|role| role.words()), "、", |zh, en| {
            Words::new(format!("由 {zh} 办理"), format!("to be done by: {en}"))
        }),
        said(module.waits_for.iter().map(|gate| gate_words(gate, all)), "，", |zh, en| {
            Words::new(format!("等待 {zh}"), format!("waits for: {en}"))
        }),
        module.programme_id.map(|id| Words::new(format!("见方案 {id}"), format!("see programme {id}"))),
    ];
    let (mut zh, mut en) = (module.zh.clone(), module.en.clone());
    for (place, words) in told.into_iter().flatten().enumerate() {
        let (stop_zh, stop_en) = if place == 0 { ("  ", "  ") } else { ("；", "; ") };
        zh.extend([stop_zh, &words.zh]);
        en.extend([stop_en, &words.en]);
    }
    Words::new(zh, en)
}

/// Several words as one, if there are any.
fn said<Zh: Into<String>, En: Into<String>>(
    all: impl Iterator<Item = (Zh, En)>,
    between: &str,
    words: impl FnOnce(String, String) -> Words,
) -> Option<Words> {
    let (zh, en): (Vec<String>, Vec<String>) = all.map(|(zh, en)| (zh.into(), en.into())).unzip();
    (!zh.is_empty()).then(|| words(zh.join(between), en.join(", ")))
}

/// What is waited for: a module that is over, in one of some ways.
fn gate_words(gate: &str, all: &[ProgrammeModule]) -> (String, String) {
    let Ok(Gate { module, endings }) = Gate::try_from(gate.to_owned()) else {
        return (gate.to_owned(), gate.to_owned());
    };
    let named = all.iter().find(|one| one.name == module);
    let (zh, en) = named.map_or((&module, &module), |one| (&one.zh, &one.en));
    match said(endings.iter().map(|ending| ending.words()), "或", Words::new) {
        Some(how) => (format!("{zh}（{}）", how.zh), format!("{en} ({})", how.en.replace(", ", " or "))),
        None => (zh.clone(), en.clone()),
    }
}

impl ModuleState {
    const fn mark(self) -> &'static str {
        match self {
            Self::Waiting => "[ ]",
            Self::Running => "[>]",
            Self::Over => "[x]",
            Self::LeftOut => "[-]",
        }
    }
}

impl ProgrammeState {
    /// In plain words.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Running => ("进行中", "under way"),
            Self::Paused => ("暂停", "standing still"),
            Self::Done => ("已完成", "done"),
            Self::Stopped => ("已终止", "stopped"),
        }
    }
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
            checked("wrong", &good.replace("[[\"guides\", ", "[[\"nobody\", "), "beijing"),
            Err("1 findings".into())
        );
        let misspelt = checked("misspelt", &good.replacen("kind", "kin", 1), "national").unwrap_err();
        assert!(misspelt.contains("line 12: unknown field `kin`"), "{misspelt}");
        assert!(checked("nowhere", good, "atlantis").unwrap_err().contains("atlantis"));
    }
}
