//! Mirror mode: a vote that is cast in the city's own system, where the city demands that (Beijing 35, Weifang 32, Qingyuan
//! 17). It is prepared here like any other; what comes back is signed evidence of totals, checked by the rules by which a
//! poll of one's own is counted.
//!
//! **Promises:** takes nothing on trust that follows from the locked roll, the frozen rules or the other totals. The
//! electorate is the locked roll; what is told adds up, and can be weighed by heads of that roll; voting ended when the
//! rules say that it does; what the system declares is what the rules give. The first thing that is not so is named.
//!
//! **Never** learns who took part, nor what anybody chose: totals come in, and no more. So silence counts for nothing here:
//! whose it is only that system knows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ballot::BallotForm,
    matter::Matter,
    parameters::{BlankItem, Nonresponse, PollRules},
    phase::{Window, closings},
    tally::{CandidateVotes, Electorate, Outcome, Seats, TallyFault, Totals, Votes},
    verdict::{ElectionOutcome, Verdict, explain},
};
use crate::{incidents::coded, quantity::Weight, words::local};

/// The format of the evidence, and the only one that is read.
pub const FORMAT: &str = "linli/external-result/1";

coded! {
    /// Where the votes of a poll are cast.
    pub enum Source {
        /// Here.
        Own = "OWN",
        /// In a city's system: its result is imported.
        External = "EXTERNAL",
    }
}

impl Source {
    /// Of a poll that names such a system, or does not.
    pub const fn of<T>(system: Option<&T>) -> Self {
        if system.is_some() { Self::External } else { Self::Own }
    }
}

/// The system in which owners vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Which of the trusted keys signs its evidence.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Where owners vote.
    pub address: String,
}

/// What a system says that a vote came to; areas in 0.01 m².
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`FORMAT`].
    pub format: String,
    /// The poll's id here.
    pub poll: String,
    /// All who may vote.
    pub electorate: Weight,
    /// Each time that voting was to end: the announced one first, and the last at which it did.
    pub closings: Vec<Closing>,
    /// Ballots that count, blank ones included.
    pub took_part: Weight,
    /// Ballots that came in but cannot be counted.
    pub spoiled: Weight,
    /// Every text that was put to the vote, once.
    #[serde(default)]
    pub matters: Vec<MatterTotals>,
    /// Of an election.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub election: Option<ElectionTotals>,
}

/// A time at which voting was to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    pub at: DateTime<Utc>,
    /// All that had come in by then, spoiled ballots with the others.
    pub came_in: Weight,
}

/// What a text came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatterTotals {
    pub matter: String,
    pub yes: Weight,
    pub no: Weight,
    pub abstain: Weight,
    /// As the system declares.
    pub outcome: Outcome,
}

/// What an election came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectionTotals {
    /// Everybody who stood, once.
    pub candidates: Vec<CandidateTotals>,
    /// As the system declares.
    pub outcome: ElectionOutcome,
    /// As it declares too, in any order; those of equal rank for the last seat are not among them.
    pub elected: Vec<String>,
}

/// Who chose a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateTotals {
    pub candidate: String,
    pub votes: Weight,
}

/// What a vote was about, as its lock froze it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub poll: &'a str,
    /// As it was announced.
    pub window: Window,
    /// Of every head on the locked roll, in 0.01 m², in any order.
    pub areas: &'a [u64],
    pub rules: &'a PollRules,
    pub form: &'a BallotForm,
    pub matters: &'a [Matter],
    pub seats: Seats,
}

/// What evidence comes to that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub totals: Totals,
    pub verdict: Verdict,
    /// Each time that voting was to end.
    pub closings: Vec<DateTime<Utc>>,
    /// What came in until each of them, and not before the one before.
    pub came_in: CameIn,
}

/// From when on, and how much.
pub type CameIn = Vec<(DateTime<Utc>, Weight)>;

/// Why evidence does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("its format is {told}, not {FORMAT}")]
    UnknownFormat { told: String },
    #[error("it is of another poll: {told}")]
    AnotherPoll { told: String },
    #[error("silence counts by the rules of this poll, and whose it is only the other system knows")]
    SilenceCounts,
    #[error("its electorate is {}, the locked roll {}", say(*told), say(*roll))]
    ElectorateDiffers { told: Weight, roll: Weight },
    #[error("{} took part and {} are spoiled, of {}", say(*took_part), say(*spoiled), say(*roll))]
    MoreThanTheRoll { took_part: Weight, spoiled: Weight, roll: Weight },
    #[error("by {} less had come in than before", local(*at))]
    TurnoutFalls { at: DateTime<Utc> },
    #[error("at the last closing {} had come in, and took part or are spoiled {}", say(*told), say(*whole))]
    TurnoutDiffers { told: Weight, whole: Weight },
    #[error("voting was to end {}; by who took part it was {}", moments(told), moments(computed))]
    ClosingsDiffer { told: Vec<DateTime<Utc>>, computed: Vec<DateTime<Utc>> },
    #[error("matter {matter} was not put to the vote")]
    MatterUnknown { matter: String },
    #[error("matter {matter} is there twice")]
    MatterTwice { matter: String },
    #[error("matter {matter} is not there")]
    MatterMissing { matter: String },
    #[error("matter {matter}: {} answered it, and {} took part", say(*answered), say(*took_part))]
    MoreAnswers { matter: String, answered: Weight, took_part: Weight },
    #[error("matter {matter}: {} answered it; by the rules whoever took part did: {}", say(*answered), say(*took_part))]
    FewerAnswers { matter: String, answered: Weight, took_part: Weight },
    #[error("there is no election in it")]
    ElectionMissing,
    #[error("nobody was to be elected")]
    NobodyStands,
    #[error("candidate {candidate} does not stand")]
    CandidateUnknown { candidate: String },
    #[error("candidate {candidate} is there twice")]
    CandidateTwice { candidate: String },
    #[error("candidate {candidate} is not there")]
    CandidateMissing { candidate: String },
    #[error("candidate {candidate} has the votes of {}, and {} took part", say(*votes), say(*took_part))]
    MoreVotes { candidate: String, votes: Weight, took_part: Weight },
    #[error("the candidates have {} votes together; {} may choose {each} each", say(*votes), say(*took_part))]
    MoreChoices { votes: Weight, took_part: Weight, each: u32 },
    #[error("{what}: no {} heads of the locked roll have {} m² together", weight.heads, weight.area)]
    CannotWeigh { what: String, weight: Weight },
    #[error("it cannot be counted: {0}")]
    Uncountable(#[from] TallyFault),
    #[error("matter {matter} is declared {declared:?}; by the rules it is {computed:?}")]
    OutcomeDiffers { matter: String, declared: Outcome, computed: Outcome },
    #[error("the election is declared {declared:?}; by the rules it is {computed:?}")]
    ElectionDiffers { declared: ElectionOutcome, computed: ElectionOutcome },
    #[error("declared elected are {}; by the rules {}", names(declared), names(computed))]
    ElectedDiffer { declared: BTreeSet<String>, computed: BTreeSet<String> },
}

fn say(Weight { heads, area }: Weight) -> String {
    format!("{heads} heads with {area} m²")
}

/// Moments in words.
pub fn moments(moments: &[DateTime<Utc>]) -> String {
    moments.iter().map(|moment| local(*moment)).collect::<Vec<_>>().join(", ")
}

fn names(ids: &BTreeSet<String>) -> String {
    if ids.is_empty() { "nobody".to_owned() } else { ids.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// Whether silence would count in one of these texts: such a vote cannot be held elsewhere.
pub fn silence_counts(rules: &PollRules, matters: &[Matter]) -> bool {
    matters.iter().any(|matter| rules.nonresponse_in(matter.class) != Nonresponse::NotParticipated)
}

/// Checks evidence by the rules of the vote, and decides and explains it by them (Civil Code 278). Linear in heads, but for
/// sorting.
///
/// # Errors
/// The first [`Fault`].
pub fn check(evidence: &Evidence, asked: Asked<'_>) -> Result<Imported, Fault> {
    let mut areas = asked.areas.to_vec();
    areas.sort_unstable();
    let one = Checking { evidence, asked, areas };
    one.belongs()?;
    let roll = one.electorate()?;
    let silent = one.silent(roll)?;
    let (closings, came_in) = one.closings(roll)?;
    let totals = Totals {
        roll,
        registered: None,
        returned: evidence.took_part,
        invalid: evidence.spoiled,
        silent,
        unserved: Weight::ZERO,
        candidates: one.candidates()?,
        texts: one.texts(silent)?,
    };
    let verdict = explain(&totals, asked.matters, asked.seats, asked.rules)?;
    one.declared(&verdict)?;
    Ok(Imported { totals, verdict, closings, came_in })
}

struct Checking<'a> {
    evidence: &'a Evidence,
    asked: Asked<'a>,
    /// The smallest first.
    areas: Vec<u64>,
}

impl Checking<'_> {
    fn belongs(&self) -> Result<(), Fault> {
        let Evidence { format, poll, .. } = self.evidence;
        if format != FORMAT {
            return Err(Fault::UnknownFormat { told: format.clone() });
        }
        if poll != self.asked.poll {
            return Err(Fault::AnotherPoll { told: poll.clone() });
        }
        if silence_counts(self.asked.rules, self.asked.matters) {
            return Err(Fault::SilenceCounts);
        }
        Ok(())
    }

    /// The whole is the locked roll, exactly.
    fn electorate(&self) -> Result<Weight, Fault> {
        let roll = self.areas.iter().map(|area| Weight::new(1, *area)).sum();
        let told = self.evidence.electorate;
        if told == roll { Ok(roll) } else { Err(Fault::ElectorateDiffers { told, roll }) }
    }

    fn silent(&self, roll: Weight) -> Result<Weight, Fault> {
        let Evidence { took_part, spoiled, .. } = *self.evidence;
        let more = Fault::MoreThanTheRoll { took_part, spoiled, roll };
        let came_in = took_part.checked_add(spoiled).ok_or_else(|| more.clone())?;
        let silent = roll.checked_sub(came_in).ok_or(more)?;
        self.weighs("took part", took_part)?;
        self.weighs("spoiled", spoiled)?;
        Ok(silent)
    }

    /// Every time at which voting was to end, by who had taken part until then.
    fn closings(&self, roll: Weight) -> Result<(Vec<DateTime<Utc>>, CameIn), Fault> {
        let window = self.asked.window;
        let (mut from, mut before, mut came_in) = (window.opens_at, Weight::ZERO, Vec::new());
        for closing in &self.evidence.closings {
            let more = closing.came_in.checked_sub(before).ok_or(Fault::TurnoutFalls { at: closing.at })?;
            self.weighs("came in", closing.came_in)?;
            came_in.push((from, more));
            (from, before) = (closing.at, closing.came_in);
        }
        let whole = self.evidence.took_part.plus(self.evidence.spoiled);
        if before != whole {
            return Err(Fault::TurnoutDiffers { told: before, whole });
        }
        let told: Vec<_> = self.evidence.closings.iter().map(|closing| closing.at).collect();
        let computed = closings(window, self.asked.rules, Electorate::from(roll), &came_in, &[]);
        if told == computed { Ok((told, came_in)) } else { Err(Fault::ClosingsDiffer { told, computed }) }
    }

    /// What every text came to, in the order of their ids.
    fn texts(&self, silent: Weight) -> Result<BTreeMap<String, Votes>, Fault> {
        let mut texts = BTreeMap::new();
        for one in &self.evidence.matters {
            let matter = one.matter.clone();
            if !self.asked.form.texts.contains(&matter) {
                return Err(Fault::MatterUnknown { matter });
            }
            self.answers(one)?;
            let MatterTotals { yes, no, abstain, .. } = *one;
            let votes = Votes { yes, no, abstain, silent, invalid: self.evidence.spoiled };
            if texts.insert(matter.clone(), votes).is_some() {
                return Err(Fault::MatterTwice { matter });
            }
        }
        match self.asked.form.texts.iter().find(|text| !texts.contains_key(*text)) {
            Some(missing) => Err(Fault::MatterMissing { matter: missing.clone() }),
            None => Ok(texts),
        }
    }

    /// Who answered a text took part; and where a blank is an abstention, whoever took part answered.
    fn answers(&self, one: &MatterTotals) -> Result<(), Fault> {
        let (matter, took_part) = (one.matter.clone(), self.evidence.took_part);
        for (column, weight) in [("yes", one.yes), ("no", one.no), ("abstain", one.abstain)] {
            self.weighs(&format!("{column} of matter {matter}"), weight)?;
        }
        let answered = one.yes.plus(one.no).plus(one.abstain);
        if !answered.is_within(took_part) {
            return Err(Fault::MoreAnswers { matter, answered, took_part });
        }
        if self.asked.rules.blank_item == BlankItem::Abstain && answered != took_part {
            return Err(Fault::FewerAnswers { matter, answered, took_part });
        }
        Ok(())
    }

    /// What everybody has who stands, in ballot order.
    fn candidates(&self) -> Result<Vec<CandidateVotes>, Fault> {
        let form = self.asked.form;
        let told = match &self.evidence.election {
            Some(_) if form.candidates.is_empty() => return Err(Fault::NobodyStands),
            None if !form.candidates.is_empty() => return Err(Fault::ElectionMissing),
            told => told.iter().flat_map(|election| &election.candidates),
        };
        let (took_part, each) = (self.evidence.took_part, form.max_selections);
        let mut votes = BTreeMap::new();
        for one in told {
            let candidate = one.candidate.clone();
            if !form.candidates.contains(&candidate) {
                return Err(Fault::CandidateUnknown { candidate });
            }
            if !one.votes.is_within(took_part) {
                return Err(Fault::MoreVotes { candidate, votes: one.votes, took_part });
            }
            self.weighs(&format!("candidate {candidate}"), one.votes)?;
            if votes.insert(candidate.clone(), one.votes).is_some() {
                return Err(Fault::CandidateTwice { candidate });
            }
        }
        let all: Weight = votes.values().copied().sum();
        let most = |one: u64| one.saturating_mul(each.into());
        if !all.is_within(Weight::new(most(took_part.heads.0), most(took_part.area.0))) {
            return Err(Fault::MoreChoices { votes: all, took_part, each });
        }
        let in_order = form.candidates.iter().map(|id| match votes.get(id) {
            Some(votes) => Ok(CandidateVotes { id: id.clone(), votes: *votes }),
            None => Err(Fault::CandidateMissing { candidate: id.clone() }),
        });
        in_order.collect()
    }

    fn weighs(&self, what: &str, weight: Weight) -> Result<(), Fault> {
        if can_weigh(&self.areas, weight) {
            Ok(())
        } else {
            Err(Fault::CannotWeigh { what: what.to_owned(), weight })
        }
    }

    /// What the system declares is what the rules give.
    fn declared(&self, verdict: &Verdict) -> Result<(), Fault> {
        for one in &self.evidence.matters {
            let computed = verdict.matters.iter().find(|other| other.matter == one.matter);
            let (declared, computed) = (one.outcome, computed.map(|computed| computed.outcome));
            if let Some(computed) = computed.filter(|computed| *computed != declared) {
                return Err(Fault::OutcomeDiffers { matter: one.matter.clone(), declared, computed });
            }
        }
        let Some((told, computed)) = self.evidence.election.as_ref().zip(verdict.election.as_ref()) else {
            return Ok(());
        };
        if told.outcome != computed.outcome {
            return Err(Fault::ElectionDiffers { declared: told.outcome, computed: computed.outcome });
        }
        let declared: BTreeSet<String> = told.elected.iter().cloned().collect();
        let computed = computed.election.iter().flat_map(|election| election.elected.iter().cloned());
        let computed: BTreeSet<String> = computed.collect();
        if declared == computed { Ok(()) } else { Err(Fault::ElectedDiffer { declared, computed }) }
    }
}

/// Whether so many of these, the lightest first, can weigh so much together.
pub fn can_weigh(areas: &[u64], weight: Weight) -> bool {
    let heads = usize::try_from(weight.heads.0).unwrap_or(usize::MAX);
    let sum = |some: &mut dyn Iterator<Item = &u64>| {
        some.take(heads).fold(0_u64, |sum, area| sum.saturating_add(*area))
    };
    let (least, most) = (sum(&mut areas.iter()), sum(&mut areas.iter().rev()));
    heads <= areas.len() && (least..=most).contains(&weight.area.0)
}

#[cfg(test)]
pub(crate) mod tests;
