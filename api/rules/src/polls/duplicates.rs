//! Which ballot of a head stands, where more than one came back: somebody cast online and handed in paper too, sent a
//! proxy and came in person, or changed a ballot where that is allowed.
//!
//! A head has one vote (SPC interpretation on 区分所有权, art. 9), so of its ballots one is counted and no other, whatever
//! came back. Which one is for the community's rules to say; practice where online and paper run together is that the
//! first valid one stands, and 北京业主 takes no second.

use serde::{Deserialize, Serialize};

use super::ballot::{Answers, BallotForm, BallotState};
use super::parameters::DuplicatePolicy;
use crate::packs::InForce;

/// How a ballot came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channel {
    Online,
    /// Handed in by the voter.
    Paper,
    /// Handed in by somebody with the voter's written mandate.
    Proxy,
}

/// A ballot as it came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    pub channel: Channel,
    pub answers: Answers,
}

/// What the community's rules say of a head's second ballot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Between two channels.
    pub duplicate_policy: DuplicatePolicy,
    /// Within one channel: whether a later ballot replaces an earlier one.
    pub allow_revote: bool,
}

/// What a head's ballots come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'slip> {
    Counted(&'slip Answers),
    /// Something came back, and nothing of it can be counted.
    Invalid,
    /// Nothing came back.
    Silent,
}

impl Slip {
    /// Whether it can be counted. A blank ballot can: it takes part, abstaining.
    pub fn is_valid(&self, form: &BallotForm) -> bool {
        form.read_choices(&self.answers).state != BallotState::Invalid
    }
}

impl Keeping {
    /// As a poll's rules say. Where they do not say whether votes may be changed, as in polls that locked before each rule
    /// said whose it is, they may not.
    pub fn of(duplicate_policy: DuplicatePolicy, in_force: &[InForce]) -> Self {
        let revotes = in_force.iter().find(|rule| rule.name == "allow_revote");
        Self { duplicate_policy, allow_revote: revotes.is_some_and(|rule| rule.value == true) }
    }

    /// What a head's ballots, in the order in which they came, come to.
    ///
    /// An invalid ballot never stands in the way of a valid one. Of the valid ones a preferred channel's stand before all
    /// others; where that channel has none, or none is preferred, the first to come names the channel. In the channel
    /// the first stands, or the last where votes may be changed: paper does not change a vote cast online.
    pub fn standing<'slip>(self, slips: &'slip [Slip], form: &BallotForm) -> Standing<'slip> {
        match self.stands(slips, form).and_then(|place| slips.get(place)) {
            Some(slip) => Standing::Counted(&slip.answers),
            None if slips.is_empty() => Standing::Silent,
            None => Standing::Invalid,
        }
    }

    /// The place of the one that counts among them; nothing where none can.
    pub fn stands(self, slips: &[Slip], form: &BallotForm) -> Option<usize> {
        let valid: Vec<(usize, &Slip)> =
            slips.iter().enumerate().filter(|(_, slip)| slip.is_valid(form)).collect();
        let preferred = match self.duplicate_policy {
            DuplicatePolicy::FirstValid => None,
            DuplicatePolicy::Online => Some(Channel::Online),
            DuplicatePolicy::Paper => Some(Channel::Paper),
        };
        let is_preferred = |(_, slip): &&(usize, &Slip)| Some(slip.channel) == preferred;
        let (first, named) = valid.iter().find(is_preferred).or_else(|| valid.first())?;
        let last = valid.iter().rfind(|(_, slip)| slip.channel == named.channel).map(|(place, _)| *place);
        if self.allow_revote { last } else { Some(*first) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> BallotForm {
        BallotForm { candidates: vec!["a".to_owned(), "b".to_owned()], max_selections: 1, texts: Vec::new() }
    }

    fn slip(channel: Channel, choices: &[&str]) -> Slip {
        let choices = choices.iter().map(|&choice| choice.to_owned()).collect();
        Slip { channel, answers: Answers { choices, ..Answers::default() } }
    }

    fn standing(duplicate_policy: DuplicatePolicy, allow_revote: bool, slips: &[Slip]) -> Option<usize> {
        match (Keeping { duplicate_policy, allow_revote }).standing(slips, &form()) {
            Standing::Counted(answers) => {
                slips.iter().position(|slip| std::ptr::eq(&raw const slip.answers, answers))
            }
            Standing::Invalid | Standing::Silent => None,
        }
    }

    #[test]
    fn the_preferred_channel_stands_whenever_it_came() {
        let both = [slip(Channel::Paper, &["a"]), slip(Channel::Online, &["b"])];
        let stands = |policy| standing(policy, false, &both);
        assert_eq!(stands(DuplicatePolicy::FirstValid), Some(0));
        assert_eq!(stands(DuplicatePolicy::Online), Some(1));
        assert_eq!(stands(DuplicatePolicy::Paper), Some(0));
        let proxy_first = [slip(Channel::Proxy, &["a"]), slip(Channel::Paper, &["b"])];
        assert_eq!(standing(DuplicatePolicy::Online, false, &proxy_first), Some(0));
        assert_eq!(standing(DuplicatePolicy::Paper, false, &proxy_first), Some(1));
    }

    #[test]
    fn a_changed_vote_stands_in_its_own_channel_alone_and_only_where_that_is_allowed() {
        let changed = [
            slip(Channel::Online, &["a"]),
            slip(Channel::Online, &["b"]),
            slip(Channel::Paper, &["a"]),
            slip(Channel::Online, &[]),
            slip(Channel::Online, &["a", "b"]),
        ];
        assert_eq!(standing(DuplicatePolicy::FirstValid, false, &changed), Some(0));
        assert_eq!(standing(DuplicatePolicy::FirstValid, true, &changed), Some(3), "the last valid one");
        assert_eq!(standing(DuplicatePolicy::Paper, true, &changed), Some(2));
    }

    #[test]
    fn an_invalid_ballot_stands_in_nobodys_way_and_alone_it_is_no_silence() {
        let spoilt = slip(Channel::Paper, &["a", "b"]);
        let signed = slip(Channel::Paper, &["a"]);
        let unsigned = Slip { answers: Answers { unsigned: true, ..signed.answers }, ..signed };
        let slips = [spoilt.clone(), unsigned.clone(), slip(Channel::Online, &["a"])];
        assert_eq!(standing(DuplicatePolicy::Paper, false, &slips), Some(2));
        assert_eq!(Keeping::default().standing(&[spoilt, unsigned], &form()), Standing::Invalid);
        assert_eq!(Keeping::default().standing(&[], &form()), Standing::Silent);
    }
}
