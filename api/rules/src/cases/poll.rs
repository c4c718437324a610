//! A whole poll as a worked case: heads with all that came back from them, in the order in which it came, and by which
//! rules it is counted.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::member::{self, Member, Names};
use super::{CaseError, INVALID_AS, MAX_CANDIDATES, NONRESPONSE, RANK_RULE, ROUNDING, one_head, ratio};
use crate::polls::ballot::{Answer, Answers, BallotForm};
use crate::polls::duplicates::{Channel, Keeping, Slip};
use crate::polls::matter::{Matter, MatterClass};
use crate::polls::parameters::{BlankItem, DuplicatePolicy, MaxSelections, PollRules};
use crate::polls::tally::{Both, Count, Decision, Seats};
use crate::polls::verdict::{self, ElectionVerdict, MatterVerdict, Test};
use crate::quantity::Weight;

/// Heads of one poll.
pub const MAX_HEADS: usize = 10_000;
/// Ballots of one head.
pub const MAX_BALLOTS: usize = 10;
/// Candidates who stand in one poll.
pub const MAX_STANDING: usize = 60;
/// Texts put to one vote.
pub const MAX_TEXTS: usize = 30;

const CHANNEL: Names<Channel> =
    &[("ONLINE", Channel::Online), ("PAPER", Channel::Paper), ("PROXY", Channel::Proxy)];
const ANSWER: Names<Answer> = &[("YES", Answer::Yes), ("NO", Answer::No), ("ABSTAIN", Answer::Abstain)];
const BLANK_ITEM: Names<BlankItem> =
    &[("ABSTAIN", BlankItem::Abstain), ("NOT_PARTICIPATED", BlankItem::NotParticipated)];
const DUPLICATE_POLICY: Names<DuplicatePolicy> = &[
    ("FIRST_VALID", DuplicatePolicy::FirstValid),
    ("ONLINE", DuplicatePolicy::Online),
    ("PAPER", DuplicatePolicy::Paper),
];
const MAX_SELECTIONS: Names<MaxSelections> =
    &[("SEATS", MaxSelections::Seats), ("SEATS_AND_ALTERNATES", MaxSelections::SeatsAndAlternates)];

/// Counts a poll from its ballots and decides everything in it.
pub(super) fn answer(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["heads", "candidates", "seats", "texts", "policy"])?;
    let (rules, keeping) = policy(case)?;
    let candidates = candidates(case)?;
    let seats = match case.optional("seats") {
        Some(seats) => seats.small(1)?,
        None if candidates.is_empty() => 0,
        None => return Err(case.missing("seats")),
    };
    let matters = texts(case)?;
    let form = BallotForm {
        candidates,
        max_selections: rules.max_selections(seats),
        texts: matters.iter().map(|matter| matter.id.clone()).collect(),
    };
    let mut count = Count::new(&form, &rules).map_err(|fault| case.impossible(fault))?;
    let mut roll = Weight::ZERO;
    for head in case.required("heads")?.items(MAX_HEADS)? {
        head.only(&["area", "ballots"])?;
        let weight = one_head(&head)?;
        let slips = slips(&head, &form)?;
        count.add_head(weight, &slips, keeping);
        roll = roll.plus(weight);
    }
    let totals = count.close(roll).map_err(|fault| case.impossible(fault))?;
    let verdict = verdict::explain(&totals, &matters, Seats::all(seats), &rules)
        .map_err(|fault| case.impossible(fault))?;
    let decisions: Map<_, _> =
        verdict.matters.iter().map(|matter| (matter.matter.clone(), json!(decision(matter)))).collect();
    Ok(json!({
        "roll": totals.roll,
        "returned": totals.returned,
        "invalid": totals.invalid,
        "silent": totals.silent,
        "max_selections": form.max_selections,
        "decisions": decisions,
        "election": verdict.election.as_ref().map(election),
    }))
}

fn candidates(case: &Member<'_>) -> Result<Vec<String>, CaseError> {
    case.optional("candidates").map_or(Ok(Vec::new()), |list| {
        list.items(MAX_STANDING)?.map(|name| name.name().map(str::to_owned)).collect()
    })
}

fn texts(case: &Member<'_>) -> Result<Vec<Matter>, CaseError> {
    let text = |text: Member<'_>| {
        text.only(&["id", "class"])?;
        Ok(Matter { id: text.required("id")?.name()?.to_owned(), class: class(&text.required("class")?)? })
    };
    case.optional("texts").map_or(Ok(Vec::new()), |list| list.items(MAX_TEXTS)?.map(text).collect())
}

fn class(item: &Member<'_>) -> Result<MatterClass, CaseError> {
    let number = u8::try_from(item.whole(1, 9)?).unwrap_or_default();
    MatterClass::try_from(number).map_err(|fault| item.impossible(fault))
}

fn slips(head: &Member<'_>, form: &BallotForm) -> Result<Vec<Slip>, CaseError> {
    let Some(list) = head.optional("ballots") else { return Ok(Vec::new()) };
    let texts: Vec<&str> = form.texts.iter().map(String::as_str).collect();
    let slip = |ballot: Member<'_>| {
        ballot.only(&["channel", "signed", "choices", "answers"])?;
        let choices = ballot.optional("choices").map_or(Ok(Vec::new()), |list| {
            list.items(MAX_CANDIDATES)?.map(|name| name.name().map(str::to_owned)).collect()
        })?;
        let mut answers = BTreeMap::new();
        if let Some(given) = ballot.optional("answers") {
            given.only(&texts)?;
            for text in given.object()?.keys() {
                answers.insert(text.clone(), given.required(text)?.one_of(ANSWER)?);
            }
        }
        Ok(Slip {
            channel: ballot.required("channel")?.one_of(CHANNEL)?,
            answers: Answers {
                choices,
                answers,
                unsigned: !ballot.optional("signed").map_or(Ok(true), |signed| signed.boolean())?,
            },
        })
    };
    list.items(MAX_BALLOTS)?.map(slip).collect()
}

/// The nation's rules but for what the case says. It supposes that a filed clause stands behind what it says of silence.
fn policy(case: &Member<'_>) -> Result<(PollRules, Keeping), CaseError> {
    let Some(policy) = case.optional("policy") else {
        return Ok((PollRules::national(), Keeping::default()));
    };
    policy.only(&[
        "nonresponse",
        "nonresponse_excluded",
        "invalid_as",
        "blank_item",
        "duplicate_policy",
        "allow_revote",
        "rank_rule",
        "max_selections",
        "alternates_ratio",
        "alternates_rounding",
        "min_committee",
    ])?;
    let some = Some(&policy);
    let keeping = Keeping {
        duplicate_policy: member::in_policy(some, "duplicate_policy", |name| name.one_of(DUPLICATE_POLICY))?,
        allow_revote: member::in_policy(some, "allow_revote", Member::boolean)?,
    };
    let nation = PollRules::national();
    let rules = PollRules {
        nonresponse: member::in_policy(some, "nonresponse", |name| name.one_of(NONRESPONSE))?,
        nonresponse_clause: Some("supposed".to_owned()),
        nonresponse_excluded: match policy.optional("nonresponse_excluded") {
            Some(list) => {
                list.items(MatterClass::ALL.len())?.map(|item| class(&item)).collect::<Result<_, _>>()?
            }
            None => nation.nonresponse_excluded.clone(),
        },
        invalid_as: member::in_policy(some, "invalid_as", |name| name.one_of(INVALID_AS))?,
        blank_item: member::in_policy(some, "blank_item", |name| name.one_of(BLANK_ITEM))?,
        rank_rule: member::in_policy(some, "rank_rule", |name| name.one_of(RANK_RULE))?,
        max_selections: member::in_policy(some, "max_selections", |name| name.one_of(MAX_SELECTIONS))?,
        alternates_ratio: policy
            .optional("alternates_ratio")
            .map_or(Ok(nation.alternates_ratio), |share| ratio(&share))?,
        alternates_rounding: member::in_policy(some, "alternates_rounding", |name| name.one_of(ROUNDING))?,
        min_committee: policy
            .optional("min_committee")
            .map_or(Ok(nation.min_committee), |least| least.small(1))?,
        ..nation
    };
    match rules.faults().first() {
        Some(fault) => Err(policy.impossible(fault)),
        None => Ok((rules, keeping)),
    }
}

/// A decision in the shape of a `decision` case's, read from the tests that explain it.
fn decision(matter: &MatterVerdict) -> Decision {
    let outcome = matter.outcome;
    match (matter.participating, matter.yes, matter.tests.as_slice()) {
        (Some(participating), Some(yes), [quorum_heads, quorum_area, heads, area]) => Decision::Decided {
            participating,
            quorum: met(quorum_heads, quorum_area),
            yes,
            approved: met(heads, area),
            outcome,
        },
        _ => Decision::Undecided { outcome },
    }
}

const fn met(heads: &Test, area: &Test) -> Both {
    Both { heads: heads.met, area: area.met }
}

fn election(verdict: &ElectionVerdict) -> Value {
    let [heads, area] = &verdict.quorum;
    let candidates = verdict.candidates.iter().map(|candidate| {
        let [heads, area] = &candidate.tests;
        json!({
            "id": candidate.candidate,
            "votes": candidate.votes,
            "approved": met(heads, area),
            "standing": candidate.standing,
            "rank": candidate.rank,
        })
    });
    json!({
        "outcome": verdict.outcome,
        "participating": verdict.participating,
        "quorum": met(heads, area),
        "candidates": candidates.collect::<Vec<_>>(),
        "alternates_at_most": verdict.alternates_at_most,
        "equal_alternates": verdict.equal_alternates,
        "election": verdict.election,
    })
}
