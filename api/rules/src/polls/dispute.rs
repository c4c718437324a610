//! A disputed ballot: whose head it is says that they did not cast it. Whoever answers objections answers that too, while
//! voting goes on; where it holds, the ballot is set aside, and the head casts again. A ballot that nobody decided about
//! by the end stands, and the published result can be objected to instead.
//!
//! This is no door by which a vote is changed: whoever cast a ballot does not dispute it, and who had a hand in it, on
//! either side, does not decide.

use crate::{incidents::coded, words::Words};

coded! {
    /// Why a ballot that was in does not count.
    pub enum SetAside {
        /// Its head disputed it, and that held.
        Disputed = "DISPUTED",
        /// A ballot by another channel stands in its place, as the frozen rules have it.
        Superseded = "SUPERSEDED",
        /// All that came by its channel is void.
        ChannelVoid = "CHANNEL_VOID",
    }
}

/// How often the ballots of one head are disputed at most.
pub const MOST: u64 = 3;

/// A head's ballot as one of its owners wants to dispute it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub is_in: bool,
    /// The same person cast it or entered it.
    pub is_own: bool,
    /// A dispute of it waits for its answer.
    pub waits: bool,
    /// Of it, or of one before it.
    pub made: u64,
}

/// A dispute as somebody wants to answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub is_answered: bool,
    /// The ballot is still the one that counts.
    pub stands: bool,
    /// The same person cast the ballot or entered it, or disputed it, or may cast for the head.
    pub is_party: bool,
}

/// Why a ballot is not disputed, or a dispute not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no ballot of this head is in")]
    NothingIn,
    #[error("a ballot is disputed by whoever did not cast it")]
    Own,
    #[error("a dispute of this ballot waits for its answer")]
    Waits,
    #[error("the ballots of a head are disputed {} times at most", MOST)]
    TooOften,
    #[error("the dispute is answered already")]
    Answered,
    #[error("the ballot was set aside already")]
    Gone,
    #[error("a dispute is answered by somebody who had no hand in the ballot")]
    Party,
    #[error("voting is over and the ballot stands: object to the published result, on the ground BALLOT")]
    TooLate,
}

impl Refusal {
    /// Whether it is not this person's to do, whatever else holds.
    pub const fn is_of_the_person(self) -> bool {
        matches!(self, Self::Own | Self::Party)
    }

    /// The refusal in plain words.
    pub fn words(self) -> Words {
        let zh = match self {
            Self::NothingIn => "这一户还没有投票。".to_owned(),
            Self::Own => "本人投出的选票不能由本人提出异议。".to_owned(),
            Self::Waits => "这张选票的异议正在等待答复。".to_owned(),
            Self::TooOften => format!("一户的选票最多提出 {MOST} 次异议。"),
            Self::Answered => "异议已答复。".to_owned(),
            Self::Gone => "这张选票已不计入。".to_owned(),
            Self::Party => "与这张选票有关的人不能答复异议。".to_owned(),
            Self::TooLate => "投票已截止，选票有效；结果公布后可就选票问题提出异议。".to_owned(),
        };
        Words::new(zh, format!("{self}."))
    }
}

/// Whether one of a head's owners may dispute its ballot.
///
/// # Errors
/// Why not: the first reason.
pub const fn may_dispute(facts: Facts) -> Result<(), Refusal> {
    match facts {
        Facts { is_in: false, .. } => Err(Refusal::NothingIn),
        Facts { is_own: true, .. } => Err(Refusal::Own),
        Facts { waits: true, .. } => Err(Refusal::Waits),
        Facts { made, .. } if made >= MOST => Err(Refusal::TooOften),
        Facts { .. } => Ok(()),
    }
}

/// Whether somebody may answer a dispute.
///
/// # Errors
/// Why not: the first reason.
pub const fn may_answer(asked: Asked) -> Result<(), Refusal> {
    match asked {
        Asked { is_party: true, .. } => Err(Refusal::Party),
        Asked { is_answered: true, .. } => Err(Refusal::Answered),
        Asked { stands: false, .. } => Err(Refusal::Gone),
        Asked { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [bool; 2] = [false, true];

    #[test]
    fn a_ballot_is_disputed_by_whoever_did_not_cast_it_once_at_a_time_and_not_for_ever() {
        for is_in in BOTH {
            for is_own in BOTH {
                for waits in BOTH {
                    for made in 0..=MOST + 1 {
                        let can = is_in && !is_own && !waits && made < MOST;
                        let facts = Facts { is_in, is_own, waits, made };
                        assert_eq!(may_dispute(facts).is_ok(), can, "{facts:?}");
                    }
                }
            }
        }
        let own = Facts { is_in: true, is_own: true, waits: true, made: MOST };
        assert_eq!(may_dispute(own), Err(Refusal::Own), "nobody learns by trying what others did");
    }

    #[test]
    fn a_dispute_is_answered_once_while_the_ballot_stands_and_by_no_party() {
        for is_answered in BOTH {
            for stands in BOTH {
                for is_party in BOTH {
                    let asked = Asked { is_answered, stands, is_party };
                    assert_eq!(may_answer(asked).is_ok(), !is_answered && stands && !is_party, "{asked:?}");
                    if is_party {
                        assert_eq!(may_answer(asked), Err(Refusal::Party));
                    }
                }
            }
        }
    }

    #[test]
    fn each_refusal_has_words_in_both_languages() {
        let all = [
            Refusal::NothingIn,
            Refusal::Own,
            Refusal::Waits,
            Refusal::TooOften,
            Refusal::Answered,
            Refusal::Gone,
            Refusal::Party,
            Refusal::TooLate,
        ];
        for refusal in all {
            let words = refusal.words();
            assert!(words.zh.ends_with('。') && words.en.ends_with('.') && words.en.is_ascii(), "{words:?}");
            assert_eq!(refusal.is_of_the_person(), matches!(refusal, Refusal::Own | Refusal::Party));
        }
        let codes: Vec<&str> = SetAside::ALL.iter().map(|why| why.code()).collect();
        assert_eq!(codes, ["DISPUTED", "SUPERSEDED", "CHANNEL_VOID"], "as the table knows them");
    }
}
