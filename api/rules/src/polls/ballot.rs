//! One ballot: what may be marked on it, and what of it counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a poll puts to each head; frozen when the poll locks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotForm {
    /// Ids of the candidates in ballot order.
    pub candidates: Vec<String>,
    /// How many of them one ballot may choose.
    pub max_selections: u32,
    /// Ids of the texts (covenant, rules of procedure, motions) that are answered yes, no or abstain.
    pub texts: Vec<String>,
}

/// An answer to one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Answer {
    Yes,
    No,
    Abstain,
}

/// The content of one ballot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// Ids of the candidates chosen.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The answer to each text, by its id.
    #[serde(default)]
    pub answers: BTreeMap<String, Answer>,
    /// Paper without signature or room number: nothing on it counts (election templates of the provinces).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsigned: bool,
}

/// The hash of each text, by its id: what was put to the vote, so that none can be swapped for another afterwards.
pub type Texts = BTreeMap<String, String>;

/// Whether a ballot's choice of candidates counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BallotState {
    Valid,
    /// Nobody chosen: takes part, abstaining.
    Blank,
    /// More chosen than allowed, or not signed: nothing on it counts.
    Invalid,
}

/// A choice of candidates, read by the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    pub state: BallotState,
    /// Who receives this ballot's weight, in the order marked.
    pub counted: Vec<&'a str>,
}

/// Reads the marks of a ballot.
///
/// Election templates of the provinces: as many as the limit or fewer is valid, more makes the whole ballot invalid; a
/// name marked twice counts once; a blank ballot takes part and abstains. A name that is no candidate's is passed over:
/// candidates need their time of publicity, so there are no write-ins.
pub fn read_selections<'a, 'c>(
    selections: impl IntoIterator<Item = &'a str>,
    candidates: impl IntoIterator<Item = &'c str>,
    max_selections: usize,
) -> Reading<'a> {
    let candidates: BTreeSet<&str> = candidates.into_iter().collect();
    let mut seen = BTreeSet::new();
    let counted: Vec<&str> =
        selections.into_iter().filter(|name| candidates.contains(name) && seen.insert(*name)).collect();
    if counted.is_empty() {
        Reading { state: BallotState::Blank, counted }
    } else if counted.len() > max_selections {
        Reading { state: BallotState::Invalid, counted: Vec::new() }
    } else {
        Reading { state: BallotState::Valid, counted }
    }
}

/// Why an online ballot is not taken. The voter can put it right and cast again: online there are no invalid ballots.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BallotRefusal {
    #[error("{chosen} candidates are chosen; at most {limit} may be")]
    TooManyChoices { chosen: usize, limit: u32 },
    #[error("{candidate} is not a candidate in this poll")]
    NoSuchCandidate { candidate: String },
    #[error("text {text} is not answered; answer it with YES, NO or ABSTAIN")]
    AnswerMissing { text: String },
    #[error("there is no text {text} in this poll")]
    NoSuchText { text: String },
}

impl BallotForm {
    /// Takes an online ballot, or says what to put right. Taken choices stand once each, in ballot order, so that two
    /// ballots that say the same are the same.
    ///
    /// An over-vote is refused and the limit named: a screen can prevent what paper cannot. Choosing nobody is allowed
    /// (it abstains), but each text wants a yes, a no or an abstention.
    pub fn take_online(&self, ballot: &Answers) -> Result<Answers, BallotRefusal> {
        let candidates: BTreeSet<&str> = self.candidates.iter().map(String::as_str).collect();
        let texts: BTreeSet<&str> = self.texts.iter().map(String::as_str).collect();
        let chosen: BTreeSet<&str> = ballot.choices.iter().map(String::as_str).collect();

        if let Some(&stranger) = chosen.difference(&candidates).next() {
            return Err(BallotRefusal::NoSuchCandidate { candidate: stranger.to_owned() });
        }
        if chosen.len() > self.limit() {
            return Err(BallotRefusal::TooManyChoices { chosen: chosen.len(), limit: self.max_selections });
        }
        if let Some(stranger) = ballot.answers.keys().find(|text| !texts.contains(text.as_str())) {
            return Err(BallotRefusal::NoSuchText { text: stranger.clone() });
        }
        if let Some(open) = self.texts.iter().find(|text| !ballot.answers.contains_key(*text)) {
            return Err(BallotRefusal::AnswerMissing { text: open.clone() });
        }
        Ok(Answers {
            choices: self.candidates.iter().filter(|name| chosen.contains(name.as_str())).cloned().collect(),
            answers: ballot.answers.clone(),
            unsigned: false,
        })
    }

    /// Takes what somebody read from a paper ballot. What a screen prevents stands on paper as it was marked: too many
    /// names, a text left open, no signature. Only what nobody can have marked is refused; taken choices stand once each, in
    /// ballot order, so that two who read the same say the same.
    pub fn take_paper(&self, ballot: &Answers) -> Result<Answers, BallotRefusal> {
        if let Some(stranger) = ballot.choices.iter().find(|one| !self.candidates.contains(one)) {
            return Err(BallotRefusal::NoSuchCandidate { candidate: stranger.clone() });
        }
        if let Some(stranger) = ballot.answers.keys().find(|text| !self.texts.contains(text)) {
            return Err(BallotRefusal::NoSuchText { text: stranger.clone() });
        }
        let choices = self.candidates.iter().filter(|name| ballot.choices.contains(name)).cloned().collect();
        Ok(Answers { choices, ..ballot.clone() })
    }

    /// Reads a ballot's choice of candidates, as found on paper.
    pub fn read_choices<'a>(&self, ballot: &'a Answers) -> Reading<'a> {
        if ballot.unsigned {
            return Reading { state: BallotState::Invalid, counted: Vec::new() };
        }
        read_selections(
            ballot.choices.iter().map(String::as_str),
            self.candidates.iter().map(String::as_str),
            self.limit(),
        )
    }

    fn limit(&self) -> usize {
        usize::try_from(self.max_selections).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> BallotForm {
        let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        BallotForm { candidates: ids(&["c1", "c2", "c3"]), max_selections: 2, texts: ids(&["covenant"]) }
    }

    fn ballot(choices: &[&str], answers: &[(&str, Answer)]) -> Answers {
        Answers {
            choices: choices.iter().map(|&id| id.to_owned()).collect(),
            answers: answers.iter().map(|&(text, answer)| (text.to_owned(), answer)).collect(),
            unsigned: false,
        }
    }

    #[test]
    fn paper_is_taken_as_it_was_marked_and_two_who_read_the_same_say_the_same() {
        let take =
            |choices: &[&str], answers: &[(&str, Answer)]| form().take_paper(&ballot(choices, answers));
        assert_eq!(take(&["c3", "c1", "c2", "c1"], &[]), Ok(ballot(&["c1", "c2", "c3"], &[])));
        assert_eq!(form().read_choices(&ballot(&["c1", "c2", "c3"], &[])).state, BallotState::Invalid);
        assert!(matches!(take(&["c9"], &[]), Err(BallotRefusal::NoSuchCandidate { .. })));
        assert!(matches!(take(&[], &[("other", Answer::No)]), Err(BallotRefusal::NoSuchText { .. })));
        let unsigned = Answers { unsigned: true, ..ballot(&["c1"], &[("covenant", Answer::Yes)]) };
        assert_eq!(form().take_paper(&unsigned), Ok(unsigned.clone()));
        assert_eq!(form().read_choices(&unsigned).state, BallotState::Invalid);
    }

    #[test]
    fn an_over_vote_is_refused_and_the_limit_named() {
        let refusal =
            form().take_online(&ballot(&["c1", "c2", "c3"], &[("covenant", Answer::Yes)])).unwrap_err();
        assert_eq!(refusal, BallotRefusal::TooManyChoices { chosen: 3, limit: 2 });
        assert_eq!(refusal.to_string(), "3 candidates are chosen; at most 2 may be");
    }

    #[test]
    fn a_name_chosen_twice_is_one_choice_and_the_order_does_not_matter() {
        let taken = form().take_online(&ballot(&["c2", "c1", "c2"], &[("covenant", Answer::No)])).unwrap();
        assert_eq!(taken.choices, ["c1", "c2"]);
    }

    #[test]
    fn each_text_wants_an_answer_and_only_the_texts_do() {
        let take =
            |choices: &[&str], answers: &[(&str, Answer)]| form().take_online(&ballot(choices, answers));
        assert_eq!(take(&[], &[]), Err(BallotRefusal::AnswerMissing { text: "covenant".to_owned() }));
        assert_eq!(
            take(&[], &[("covenant", Answer::Yes), ("other", Answer::Yes)]),
            Err(BallotRefusal::NoSuchText { text: "other".to_owned() })
        );
        assert_eq!(
            take(&["zz"], &[("covenant", Answer::Yes)]),
            Err(BallotRefusal::NoSuchCandidate { candidate: "zz".to_owned() })
        );
        assert!(take(&[], &[("covenant", Answer::Abstain)]).is_ok());
    }
}
