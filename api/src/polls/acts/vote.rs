//! Casting a ballot, and what the voter keeps.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::{
    polls::{
        ballot::{Answer as MatterChoice, Answers, BallotForm, BallotRefusal},
        dispute::SetAside,
        duplicates::Channel,
        phase::Move,
    },
    words,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        BALLOT_IN_ALREADY, BALLOT_UNFIT, CHANNEL_NOT_HELD, MATTER_ELSEWHERE, TOO_MANY_SELECTIONS,
        model::{CastBallot, Choice, InCount, MatterAnswer, Receipt, ReceiptCheck},
        proofs::Counted,
        sealed::Sealed,
        store::{self, Hold},
    },
    BY_THE_CLOCK, PAPER, ROUND, Scene, aside, count, heads,
    mandate::{self, Right},
    paper, read_word, register,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::{Tx, is_duplicate},
    http::{
        answer::Answer,
        problem::{NOT_FOUND, Problem, Result, UNAVAILABLE},
    },
    record::{self, Audience, Event},
};

/// What the record calls it.
pub(super) const BALLOT_CAST: &str = "BALLOT_CAST";

/// Casts a head's ballot. The right to do so comes from the locked roll alone.
///
/// The poll's row is shared with others who cast, and closing takes it alone: no ballot enters after the count, and
/// none is on its way during it.
pub async fn cast(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid, new: CastBallot) -> Result<Answer<Receipt>> {
    let scene = for_casting(app, viewer, tx, (id, &new)).await?;
    let right = Right::to_cast(viewer, tx, &scene, &new).await?;
    let head = &right.head;
    if !scene.is_held(Channel::Online)? {
        return Err(CHANNEL_NOT_HELD.because("this poll is held on paper"));
    }
    register::must_have(tx.conn(), &scene, head.id).await?;
    let first = store::ballot_of(tx.conn(), &scene.poll, head.id, ROUND).await?;
    if let Some(first) = &first
        && !may_give_way(&scene, &right, first)?
    {
        return Err(in_already(first.cast_at));
    }
    let (form, texts) = scene.put(tx.conn()).await?;
    let says = answers(&form, &new)?;
    let taken = right.within(form.clone(), &says)?.take_online(&says)?;
    let sealed = Sealed::new(taken, tx.ids.secret()).to(texts);
    let commitment = hex::encode(sealed.commitment(scene.poll.id)?);
    let ballot = ::entity::ballot::Model {
        complex_id: scene.poll.complex_id,
        id: tx.ids.random(),
        poll_id: scene.poll.id,
        head_id: head.id,
        round: ROUND,
        channel: right.channel().into(),
        answers_cipher: sealed.seal(&app.vault, &form)?,
        commitment: commitment.clone(),
        cast_by: viewer.person,
        cast_at: tx.now,
    };
    let receipt = Receipt {
        ballot_id: ballot.id,
        poll_id: ballot.poll_id,
        commitment: commitment.clone(),
        salt: sealed.salt,
        cast_at: local(ballot.cast_at),
        frozen_hash: scene.poll.frozen_hash.clone().unwrap_or_default(),
    };
    if let Some(first) = first {
        // The poll's rules say which of the two stands.
        if !paper::takes_its_place(&app.vault, tx, &scene, &form, (&first, &ballot)).await? {
            return Err(in_already(first.cast_at));
        }
        aside::take_out(tx, &scene, first, SetAside::Superseded, BY_THE_CLOCK.into()).await?;
    }
    match store::insert_ballot(tx.conn(), ballot).await {
        Err(error) if is_duplicate(&error) => return Err(in_already(tx.now)),
        inserted => inserted?,
    }
    let facts = json!({"channel": right.channel()});
    let role = right.use_up(viewer, tx, &scene).await?;
    let event = Event {
        audience: Audience::Watchers,
        person: Some(viewer.person),
        commitment: Some(commitment),
        ..scene.event(BALLOT_CAST, role, facts)
    };
    record::write(tx, event).await?;
    let location = format!("/v1/polls/{id}/receipts/{}", receipt.ballot_id);
    Ok(Answer::created(receipt, location))
}

/// Whether another ballot may be cast online beside the one that is in: what came on paper is held against it by the
/// rules, and a vote is changed, by whoever cast it the same way, where the rules allow that.
fn may_give_way(scene: &Scene, right: &Right, first: &::entity::ballot::Model) -> Result<bool> {
    Ok(first.channel == PAPER || first.channel == right.channel() && scene.keeping()?.allow_revote)
}

/// The poll, shared, if it takes this viewer's ballot now; opened first if its time has come and nobody has noticed.
///
/// Who comes too early or too late is sent away before taking a share: a queue of latecomers never keeps the count
/// waiting. Nor do they ask whether enough have taken part: where voting may still go on, the clock says so in a moment.
async fn for_casting(app: &App, viewer: &Viewer, tx: &Tx, (id, new): (Uuid, &CastBallot)) -> Result<Scene> {
    let seen = Scene::load(tx.conn(), id).await?;
    match new.mandate_id {
        None => heads::may_vote(viewer, tx.conn(), &seen, new.head_id).await?,
        Some(mandate) => mandate::must_be_proxy(viewer, tx.conn(), &seen, mandate).await?,
    }
    seen.must_be_held_here()?;
    match seen.phase()?.due(seen.window(), tx.now) {
        Some(Move::Open) => drop(count::open(&app.vault, tx, id).await?),
        Some(Move::Close) if seen.may_go_on()? && seen.poll.waits_since.is_none() => {
            return Err(undecided());
        }
        _ => takes_ballot(&seen, tx.now)?,
    }
    let scene = seen.held(tx, Hold::Shared).await?;
    takes_ballot(&scene, tx.now)?;
    if scene.extensions()?.last().is_some_and(|last| tx.now < last.made_at) {
        // It would be of a time at which it was not in.
        return Err(undecided());
    }
    Ok(scene)
}

pub(super) fn undecided() -> Problem {
    UNAVAILABLE.because("voting goes on, or is over, in a moment: send it again").retry_after(1)
}

/// Once closed it is past the closing, whatever this process's clock says.
pub(super) fn takes_ballot(scene: &Scene, now: DateTime<Utc>) -> Result<()> {
    let now = scene.poll.closed_at.map_or(now, |closed| closed.max(now));
    Ok(scene.phase()?.take_ballot(scene.window(), &scene.pauses()?, now)?)
}

pub(super) fn in_already(first: DateTime<Utc>) -> Problem {
    BALLOT_IN_ALREADY.because(format!("this head's ballot was cast at {}", words::local(first)))
}

/// What the ballot says, each candidate and each matter once.
fn answers(form: &BallotForm, ballot: &CastBallot) -> Result<Answers> {
    let limit = usize::try_from(form.max_selections).unwrap_or(usize::MAX);
    let chosen = ballot.selections.len();
    let mut choices: Vec<String> = ballot.selections.iter().map(Uuid::to_string).collect();
    choices.sort_unstable();
    choices.dedup();
    if choices.len() < chosen {
        return Err(BALLOT_UNFIT.because("a candidate is chosen twice"));
    }
    if chosen > limit {
        return Err(BallotRefusal::TooManyChoices { chosen, limit: form.max_selections }.into());
    }
    Ok(Answers { choices, answers: matter_answers(&ballot.answers)?, unsigned: false })
}

/// What is answered to each matter, once.
pub(super) fn matter_answers(given: &[MatterAnswer]) -> Result<BTreeMap<String, MatterChoice>> {
    let mut answers = BTreeMap::new();
    for answer in given {
        let choice = match answer.choice {
            Choice::Yes => MatterChoice::Yes,
            Choice::No => MatterChoice::No,
            Choice::Abstain => MatterChoice::Abstain,
        };
        if answers.insert(answer.matter_id.to_string(), choice).is_some() {
            return Err(BALLOT_UNFIT.because("a matter is answered twice"));
        }
    }
    Ok(answers)
}

impl From<BallotRefusal> for Problem {
    fn from(refusal: BallotRefusal) -> Self {
        let code = match &refusal {
            BallotRefusal::TooManyChoices { .. } => &TOO_MANY_SELECTIONS,
            BallotRefusal::NoSuchText { .. } => &MATTER_ELSEWHERE,
            _ => &BALLOT_UNFIT,
        };
        code.because(refusal.to_string())
    }
}

/// Whether the ballot of a receipt is in, and from the close on the proof that it was counted. Whoever has the id may
/// ask: it was told to the voter alone. The voter may always, whoever owns the home now.
pub async fn check_receipt(app: &App, viewer: &Viewer, poll: Uuid, ballot: Uuid) -> Result<ReceiptCheck> {
    let db = app.db.read();
    let scene = Scene::load(db, poll).await?;
    let unknown = || NOT_FOUND.because("no such ballot in this poll");
    let Some(found) = store::ballot(db, &scene.poll, ballot).await? else {
        let aside = store::ballot_set_aside(db, &scene.poll, ballot).await?.ok_or_else(unknown)?;
        viewer.require(Permission::ReadPoll, &scene.place, Some(aside.cast_by))?;
        return aside::check_of(&scene, aside);
    };
    viewer.require(Permission::ReadPoll, &scene.place, Some(found.cast_by))?;
    let counted = match &scene.poll.ballots_hash {
        Some(root) => in_count(app, &scene, ballot, root.clone()).await?,
        None => None,
    };
    Ok(ReceiptCheck {
        ballot_id: found.id,
        poll_id: found.poll_id,
        commitment: found.commitment,
        state: read_word(&scene.poll.state)?,
        counted,
        set_aside: None,
    })
}

/// A ballot's place in the count. All ballots are read once for a poll; after that a proof costs its own length.
async fn in_count(app: &App, scene: &Scene, ballot: Uuid, ballots_hash: String) -> Result<Option<InCount>> {
    let counted = if let Some(counted) = app.proofs.get(&ballots_hash).await {
        counted
    } else {
        let all = store::commitments(app.db.read(), &scene.poll).await?;
        let leaves = count::leaves(&all)?;
        let ids = all.into_iter().map(|(id, _)| id).collect();
        app.proofs.keep(&ballots_hash, Counted::new(ids, leaves)).await
    };
    let Some((position, path)) = counted.proof(ballot) else { return Ok(None) };
    Ok(Some(InCount {
        ballots_hash,
        position: u64::try_from(position).unwrap_or(u64::MAX),
        ballots: u64::try_from(counted.ballots()).unwrap_or(u64::MAX),
        path,
    }))
}
