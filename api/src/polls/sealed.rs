//! A ballot's content as it is kept: encrypted, with the salt of its receipt inside, all ballots of a poll equally
//! long, so that not even a length tells how many candidates were chosen.

use rules::polls::{
    ballot::{Answer, Answers, BallotForm, Texts},
    seals,
    tree::Hash,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    http::problem::{Problem, Result},
    pii::{PiiError, Vault},
};

const COLUMN: &str = "ballot.answers";

/// What a head said, and the salt that keeps it from being guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// 32 bytes as hex.
    pub salt: String,
    pub answers: Answers,
    /// The hash of each text as it read; none in what is no ballot yet, and in ballots from before they were kept.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub texts: Texts,
}

impl Sealed {
    pub fn new(answers: Answers, salt: [u8; 32]) -> Self {
        Self { salt: hex::encode(salt), answers, texts: Texts::new() }
    }

    /// The same, as an answer to these texts and no others.
    #[must_use]
    pub fn to(self, texts: Texts) -> Self {
        Self { texts, ..self }
    }

    /// SHA-256 over the salt's bytes and the canonical ballot, with the texts that it answers.
    pub fn commitment(&self, poll: Uuid) -> Result<Hash> {
        let salt = hex::decode(&self.salt).map_err(|_| Problem::internal("a ballot's salt is not hex"))?;
        seals::commitment(&salt, &poll.to_string(), &self.answers, &self.texts).map_err(Problem::internal)
    }

    pub fn seal(&self, vault: &Vault, form: &BallotForm) -> Result<Vec<u8>> {
        let mut plain = serde_json::to_vec(self).map_err(Problem::internal)?;
        // JSON may end in spaces.
        plain.resize(plain.len().max(longest(form, &self.texts)?), b' ');
        vault.seal(COLUMN, &plain).map_err(Problem::internal)
    }

    pub fn open(vault: &Vault, cipher: &[u8]) -> Result<Self, PiiError> {
        let plain = vault.open(COLUMN, cipher)?;
        serde_json::from_slice(&plain).map_err(|_| PiiError::Damaged)
    }
}

/// Bytes of the longest ballot that there can be, an unsigned paper that names everybody; ids are all equally long.
fn longest(form: &BallotForm, texts: &Texts) -> Result<usize> {
    let answers = Answers {
        choices: form.candidates.clone(),
        answers: form.texts.iter().map(|text| (text.clone(), Answer::Abstain)).collect(),
        unsigned: true,
    };
    let longest = Sealed::new(answers, [0; 32]).to(texts.clone());
    Ok(serde_json::to_vec(&longest).map_err(Problem::internal)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Ids;

    fn form() -> BallotForm {
        let id = |n: u128| Uuid::from_u128(n).to_string();
        BallotForm { candidates: (1..=9).map(id).collect(), max_selections: 7, texts: vec![id(100), id(101)] }
    }

    fn ballot(chosen: usize, answer: Answer) -> Sealed {
        let form = form();
        let answers = Answers {
            choices: form.candidates.iter().take(chosen).cloned().collect(),
            answers: form.texts.iter().map(|text| (text.clone(), answer)).collect(),
            unsigned: false,
        };
        Sealed::new(answers, [7; 32])
    }

    fn vault() -> Vault {
        Vault::new(&[(1, [1; 32])], [9; 32], Ids)
    }

    #[test]
    fn a_receipt_fits_the_ballot_that_was_kept_and_no_other() {
        let poll = Uuid::from_u128(1);
        let cast = ballot(3, Answer::Yes);
        let kept = Sealed::open(&vault(), &cast.seal(&vault(), &form()).unwrap()).unwrap();
        assert_eq!(kept, cast);
        assert_eq!(kept.commitment(poll).unwrap(), cast.commitment(poll).unwrap());
        assert_ne!(ballot(3, Answer::No).commitment(poll).unwrap(), cast.commitment(poll).unwrap());
        assert_ne!(cast.commitment(Uuid::from_u128(2)).unwrap(), cast.commitment(poll).unwrap());
        let salted = Sealed { salt: hex::encode([8; 32]), ..cast.clone() };
        assert_ne!(salted.commitment(poll).unwrap(), cast.commitment(poll).unwrap());
        let text = |body| Texts::from([(Uuid::from_u128(100).to_string(), seals::text("公约", body))]);
        let (read, other) = (cast.clone().to(text("一")), cast.clone().to(text("二")));
        let kept = Sealed::open(&vault(), &read.seal(&vault(), &form()).unwrap()).unwrap();
        assert_eq!(kept, read);
        let commitments = [&cast, &read, &other].map(|ballot| ballot.commitment(poll).unwrap());
        assert_eq!(std::collections::BTreeSet::from(commitments).len(), 3, "another text is another ballot");
    }

    #[test]
    fn no_length_tells_how_many_were_chosen() {
        let lengths: Vec<usize> = [(0, Answer::No), (1, Answer::Yes), (7, Answer::Abstain)]
            .map(|(chosen, answer)| ballot(chosen, answer).seal(&vault(), &form()).unwrap().len())
            .into();
        assert!(lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
    }
}
