//! A whole poll as a worked case: heads with all that came back from them, in the order in which it came, what of it was
//! set aside, by which rules it is counted, and the run-offs that were held of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::member::{self, Member, Names};
use super::{CaseError, INVALID_AS, MAX_CANDIDATES, NONRESPONSE, RANK_RULE, ROUNDING, one_head, ratio};
use crate::polls::ballot::{Answer, Answers, BallotForm};
use crate::polls::duplicates::{Channel, Keeping, Slip};
use crate::polls::matter::{Matter, MatterClass};
use crate::polls::parameters::{BlankItem, DuplicatePolicy, MaxSelections, Nonresponse, PollRules};
use crate::polls::runoff::{Composition, Unfit};
use crate::polls::tally::{Both, Count, Decision, Electorate, Seats, Totals};
use crate::polls::verdict::{self, ElectionVerdict, MatterVerdict, Question, Test, Verdict};
use crate::quantity::Weight;

/// Heads of one poll.
pub const MAX_HEADS: usize = 10_000;
/// Ballots of one head.
pub const MAX_BALLOTS: usize = 10;
/// Candidates who stand in one poll.
pub const MAX_STANDING: usize = 60;
/// Texts put to one vote.
pub const MAX_TEXTS: usize = 30;
/// Run-offs of one poll.
pub const MAX_RUN_OFFS: usize = 10;

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
/// Whose rules hold where the case says nothing.
const PACK: Names<fn() -> PollRules> =
    &[("national", PollRules::national), ("worked-example", PollRules::worked_example)];
const MAX_SELECTIONS: Names<MaxSelections> =
    &[("SEATS", MaxSelections::Seats), ("SEATS_AND_ALTERNATES", MaxSelections::SeatsAndAlternates)];

/// Counts a poll from its ballots and decides everything in it; where run-offs are given, those too, and whom all votes
/// elect together.
pub(super) fn answer(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["heads", "paper_void", "candidates", "seats", "texts", "policy", "run_offs"])?;
    let (rules, keeping) = policy(case)?;
    let counter = Counter { rules, keeping };
    let candidates = candidates(case)?;
    let seats = match case.optional("seats") {
        Some(seats) => seats.small(1)?,
        None if candidates.is_empty() => 0,
        None => return Err(case.missing("seats")),
    };
    let texts = texts(case, &counter.rules)?;
    let heads = counter.heads(case, &texts)?;
    let first = counter.vote(case, &heads, (candidates, Seats::all(seats)), &texts)?;
    let mut answer = first.told();
    if let Some(list) = case.optional("run_offs") {
        let (votes, committee) = counter.run_offs(&list, &first)?;
        answer.insert("run_offs".to_owned(), votes.iter().map(Vote::told).collect());
        answer.insert("committee".to_owned(), committee.as_ref().map(together).into());
    }
    Ok(answer.into())
}

/// By which rules votes are counted.
struct Counter {
    rules: PollRules,
    keeping: Keeping,
}

/// A vote and what it came to.
struct Vote {
    form: BallotForm,
    totals: Totals,
    verdict: Verdict,
}

/// A head, and what came back from it.
struct Head {
    weight: Weight,
    slips: Vec<Slip>,
    /// Whether it may vote.
    has_registered: bool,
    is_served: bool,
}

impl Counter {
    fn heads(&self, case: &Member<'_>, texts: &[Matter]) -> Result<Vec<Head>, CaseError> {
        let paper_void = case.optional("paper_void").map_or(Ok(false), |is_void| is_void.boolean())?;
        let head = |head: Member<'_>| {
            head.only(&["area", "ballots", "registered", "served"])?;
            let read = Head {
                weight: one_head(&head)?,
                slips: slips(&head, texts, paper_void)?,
                has_registered: has_registered(&head, &self.rules)?,
                is_served: served(&head)?,
            };
            if !read.has_registered && !read.slips.is_empty() {
                return Err(head.impossible("only who registered votes"));
            }
            Ok(read)
        };
        case.required("heads")?.items(MAX_HEADS)?.map(head).collect()
    }

    fn vote(
        &self,
        case: &Member<'_>,
        heads: &[Head],
        (candidates, seats): (Vec<String>, Seats),
        texts: &[Matter],
    ) -> Result<Vote, CaseError> {
        let form = BallotForm {
            candidates,
            max_selections: self.rules.max_selections(seats.open),
            texts: texts.iter().map(|matter| matter.id.clone()).collect(),
        };
        let mut count = Count::new(&form, &self.rules).map_err(|fault| case.impossible(fault))?;
        for head in heads {
            count.add_head(head.weight, &head.slips, self.keeping);
        }
        let of = |is: &dyn Fn(&Head) -> bool| -> Weight {
            heads.iter().filter(|head| is(head)).map(|head| head.weight).sum()
        };
        let silence_counts = self.rules.nonresponse != Nonresponse::NotParticipated;
        let unserved = of(&|head| silence_counts && head.slips.is_empty() && !head.is_served);
        let registered = self.rules.is_of_opinion().then(|| of(&|head| head.has_registered));
        let electorate = Electorate { roll: of(&|_| true), registered };
        let totals = count.close(electorate).and_then(|totals| totals.without(unserved));
        let totals = totals.map_err(|fault| case.impossible(fault))?;
        let verdict =
            verdict::explain(&totals, texts, seats, &self.rules).map_err(|fault| case.impossible(fault))?;
        Ok(Vote { form, totals, verdict })
    }

    /// The run-offs one after the other, each between those who were equal and for the seats that were open by then; and
    /// what the election comes to with them, where it had a quorum.
    fn run_offs(
        &self,
        list: &Member<'_>,
        first: &Vote,
    ) -> Result<(Vec<Vote>, Option<Composition>), CaseError> {
        let run_offs: Vec<Member<'_>> = list.items(MAX_RUN_OFFS)?.collect();
        // What cannot be read is pointed at before what cannot be.
        let mut heads = Vec::new();
        for run_off in &run_offs {
            run_off.only(&["heads", "paper_void"])?;
            heads.push(self.heads(run_off, &[])?);
        }
        let mut committee = first.verdict.election.as_ref().and_then(Composition::of);
        let mut votes = Vec::new();
        for (run_off, heads) in run_offs.iter().zip(&heads) {
            let unfit = |why: Unfit| run_off.impossible(why);
            let so_far = committee.take().ok_or_else(|| unfit(Unfit::NothingDue))?;
            let due = so_far.runoff.as_ref().ok_or_else(|| unfit(Unfit::NothingDue))?;
            let again = first.form.candidates.iter().filter(|one| due.between.contains(one));
            let vote = self.vote(run_off, heads, (again.cloned().collect(), so_far.seats()), &[])?;
            let election = vote.verdict.election.as_ref().ok_or_else(|| unfit(Unfit::OtherCandidates))?;
            committee = Some(so_far.with(election).map_err(unfit)?);
            votes.push(vote);
        }
        Ok((votes, committee))
    }
}

impl Vote {
    fn told(&self) -> Map<String, Value> {
        let Self { form, totals, verdict } = self;
        let decided = |matter: &MatterVerdict| with_registration(json!(decision(matter)), &matter.tests);
        let decisions: Map<_, _> =
            verdict.matters.iter().map(|matter| (matter.matter.clone(), decided(matter))).collect();
        let members = [
            ("roll", json!(totals.roll)),
            ("returned", json!(totals.returned)),
            ("invalid", json!(totals.invalid)),
            ("silent", json!(totals.silent)),
            ("max_selections", json!(form.max_selections)),
            ("decisions", decisions.into()),
            ("election", verdict.election.as_ref().map(election).into()),
        ];
        let registered = totals.registered.map(|registered| ("registered", json!(registered)));
        members.into_iter().chain(registered).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Whom an election and its run-offs elect together.
fn together(committee: &Composition) -> Value {
    json!({
        "seats": committee.seats,
        "elected": committee.elected,
        "runoff": committee.runoff,
        "alternates": committee.alternates(),
        "equal_alternates": committee.equal_alternates(),
        "vacant": committee.vacant,
        "formed": committee.formed,
    })
}

/// Whether a head may vote: in a poll of opinion who registered, elsewhere everybody.
fn has_registered(head: &Member<'_>, rules: &PollRules) -> Result<bool, CaseError> {
    match (head.optional("registered"), rules.is_of_opinion()) {
        (Some(registered), true) => registered.boolean(),
        (Some(registered), false) => Err(registered.impossible("nobody has to register for this poll")),
        (None, is_of_opinion) => Ok(!is_of_opinion),
    }
}

/// An answer of a poll of opinion with whether enough registered.
fn with_registration(mut answer: Value, tests: &[Test]) -> Value {
    let of = |test: &&Test| test.question == Question::Registration;
    let tests: Vec<&Test> = tests.iter().filter(of).collect();
    if let ([heads, area], Some(answer)) = (tests.as_slice(), answer.as_object_mut()) {
        answer.insert("registration".to_owned(), json!(met(heads, area)));
    }
    answer
}

/// Whether service on a head is proven; it is where the case does not say otherwise.
fn served(head: &Member<'_>) -> Result<bool, CaseError> {
    head.optional("served").map_or(Ok(true), |served| served.boolean())
}

fn candidates(case: &Member<'_>) -> Result<Vec<String>, CaseError> {
    case.optional("candidates").map_or(Ok(Vec::new()), |list| {
        list.items(MAX_STANDING)?.map(|name| name.name().map(str::to_owned)).collect()
    })
}

fn texts(case: &Member<'_>, rules: &PollRules) -> Result<Vec<Matter>, CaseError> {
    let text = |text: Member<'_>| {
        text.only(&["id", "class"])?;
        let id = text.required("id")?.name()?.to_owned();
        let class = class(&text.required("class")?, 0)?;
        rules.govern(class).map_err(|fault| text.impossible(fault))?;
        Ok(Matter { id, class })
    };
    case.optional("texts").map_or(Ok(Vec::new()), |list| list.items(MAX_TEXTS)?.map(text).collect())
}

fn class(item: &Member<'_>, least: u64) -> Result<MatterClass, CaseError> {
    let number = u8::try_from(item.whole(least, 9)?).unwrap_or_default();
    MatterClass::try_from(number).map_err(|fault| item.impossible(fault))
}

/// What of a head's ballots was not set aside: a dispute of it held, or it is paper where that channel is void. The head is
/// counted by what is left, as if no more had come.
fn slips(head: &Member<'_>, texts: &[Matter], paper_void: bool) -> Result<Vec<Slip>, CaseError> {
    let Some(list) = head.optional("ballots") else { return Ok(Vec::new()) };
    let texts: Vec<&str> = texts.iter().map(|text| text.id.as_str()).collect();
    let slip = |ballot: Member<'_>| {
        ballot.only(&["channel", "signed", "disputed", "choices", "answers"])?;
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
        let channel = ballot.required("channel")?.one_of(CHANNEL)?;
        let unsigned = !ballot.optional("signed").map_or(Ok(true), |signed| signed.boolean())?;
        let disputed = ballot.optional("disputed").map_or(Ok(false), |disputed| disputed.boolean())?;
        let is_set_aside = disputed || (paper_void && channel == Channel::Paper);
        let slip = Slip { channel, answers: Answers { choices, answers, unsigned } };
        Ok((!is_set_aside).then_some(slip))
    };
    list.items(MAX_BALLOTS)?.filter_map(|ballot| slip(ballot).transpose()).collect()
}

/// The rules of the nation, or of opinion polls, but for what the case says. It supposes that a filed clause stands behind
/// what it says of silence.
fn policy(case: &Member<'_>) -> Result<(PollRules, Keeping), CaseError> {
    let Some(policy) = case.optional("policy") else {
        return Ok((PollRules::national(), Keeping::default()));
    };
    policy.only(&[
        "pack",
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
    let usual = match policy.optional("pack") {
        None => PollRules::national(),
        Some(pack) => pack.one_of(PACK)?(),
    };
    let rules = PollRules {
        nonresponse: member::in_policy(some, "nonresponse", |name| name.one_of(NONRESPONSE))?,
        nonresponse_clause: Some("supposed".to_owned()),
        nonresponse_excluded: match policy.optional("nonresponse_excluded") {
            Some(list) => {
                list.items(MatterClass::ALL.len())?.map(|item| class(&item, 1)).collect::<Result<_, _>>()?
            }
            None => usual.nonresponse_excluded.clone(),
        },
        invalid_as: member::in_policy(some, "invalid_as", |name| name.one_of(INVALID_AS))?,
        blank_item: member::in_policy(some, "blank_item", |name| name.one_of(BLANK_ITEM))?,
        rank_rule: member::in_policy(some, "rank_rule", |name| name.one_of(RANK_RULE))?,
        max_selections: member::in_policy(some, "max_selections", |name| name.one_of(MAX_SELECTIONS))?,
        alternates_ratio: policy
            .optional("alternates_ratio")
            .map_or(Ok(usual.alternates_ratio), |share| ratio(&share))?,
        alternates_rounding: member::in_policy(some, "alternates_rounding", |name| name.one_of(ROUNDING))?,
        min_committee: policy
            .optional("min_committee")
            .map_or(Ok(usual.min_committee), |least| least.small(1))?,
        ..usual
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
        (Some(participating), Some(yes), [.., quorum_heads, quorum_area, heads, area]) => Decision::Decided {
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
    let answer = json!({
        "outcome": verdict.outcome,
        "participating": verdict.participating,
        "quorum": met(heads, area),
        "candidates": candidates.collect::<Vec<_>>(),
        "alternates_at_most": verdict.alternates_at_most,
        "equal_alternates": verdict.equal_alternates,
        "election": verdict.election,
    });
    with_registration(answer, verdict.registration.as_ref().map_or(&[], <[Test; 2]>::as_slice))
}
