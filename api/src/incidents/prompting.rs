//! Warnings, reminders and steps: what whoever holds an incident is told, and what is done, while a budget runs; and that
//! nobody answered what it had put to another level. The law says when and what; here it becomes an event of the record,
//! once, whoever sweeps and wherever one dies.

use chrono::{DateTime, Utc};
use rules::incidents as law;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    acts::{self, Actor, InHand},
    clockwork::{self, Swept},
    rows, store,
};
use crate::{app::App, database::Tx, http::problem::Result};

/// Incidents read at once.
const BATCH: u64 = 50;

/// Warns and reminds whom it is time to; answers how many incidents were looked at.
pub async fn prompt(app: &App) -> Result<usize> {
    let (mut looked_at, mut after) = (0, None);
    loop {
        let found = store::prompting(app.db.read(), app.clock.now(), after, BATCH).await?;
        for (_, id) in &found {
            match app.write(async |tx| prompt_one(app, tx, *id).await).await {
                Ok(looked) => looked_at += usize::from(looked),
                Err(problem) => problem.hinders("warn who holds an incident", *id),
            }
        }
        after = found.last().copied();
        if u64::try_from(found.len()).unwrap_or(BATCH) < BATCH {
            return Ok(looked_at);
        }
    }
}

/// Tells and does what is due of one incident, and notes when the next is; false while somebody else is at it.
async fn prompt_one(app: &App, tx: &Tx, id: Uuid) -> Result<bool> {
    let Some(row) = store::lock_if_free(tx.conn(), id).await? else { return Ok(false) };
    let is_due = row.prompts_at.is_some_and(|at| at <= tx.now);
    let Some(mut hand) = InHand::take(tx, row).await? else { return Ok(false) };
    // That nobody answered is a step of its own, after which the next prompt is noted anew.
    let has_lapsed = hand.now.lapses_at().is_some_and(|at| at <= tx.now);
    if has_lapsed && clockwork::sweep(app, tx, id).await? == Swept::Moved {
        return Ok(true);
    }
    let Looked { prompts, told, next } = look(tx, &hand, is_due).await?;
    if told != rows::prompted(&hand.tenure)? {
        rows::write_prompted(&mut hand.tenure, told);
        store::save_tenure(tx.conn(), hand.tenure.clone()).await?;
    }
    store::set_prompts_at(tx.conn(), &hand.row, next).await?;
    let mut assigns = false;
    for prompt in prompts {
        match told_as(prompt) {
            Some((kind, said)) => tell(tx, &hand, prompt, (kind, said)).await?,
            None => assigns = true,
        }
    }
    if assigns {
        acts::assign_in_turn(app, tx, hand).await?;
    }
    Ok(true)
}

/// What is due of an incident.
struct Looked {
    prompts: Vec<law::Prompt>,
    /// How far its holder has been told then.
    told: law::Prompted,
    /// When something is due next.
    next: Option<DateTime<Utc>>,
}

/// Looks what is due: of its steps the next one alone, so that each is saved by itself.
async fn look(tx: &Tx, hand: &InHand, is_due: bool) -> Result<Looked> {
    let (mut prompts, mut told) = (Vec::new(), rows::prompted(&hand.tenure)?);
    let of = hand.clock.as_ref().and_then(|clock| law::Budgeted::of(&hand.now, clock, &hand.policy));
    if let Some((prompt, then)) = of.filter(|_| is_due).and_then(|of| of.due(told, tx.now)) {
        prompts.push(prompt);
        told = then;
    }
    let counted = match of.and_then(|of| of.counts_for(told)) {
        Some(window) => Some(store::households(tx.conn(), &hand.row, Some(tx.now - window)).await?),
        None => None,
    };
    let step = of.filter(|_| is_due).and_then(|of| of.take_step(told, counted.unwrap_or(0), tx.now));
    // Whoever reports or urges it next has it looked at again.
    let waits_for_more = is_due && counted.is_some() && step.is_none();
    if let Some((does, then)) = step {
        prompts.extend(does);
        told = then;
    }
    let next = if waits_for_more { law::Budgeted::next_to_tell } else { law::Budgeted::next };
    let next = of.and_then(|of| next(&of, told, tx.now));
    let lapses_at = hand.now.lapses_at().filter(|at| *at > tx.now);
    Ok(Looked { prompts, told, next: next.into_iter().chain(lapses_at).min() })
}

/// As the record names what a prompt tells, and what it says of it; none of what is done and tells itself.
fn told_as(prompt: law::Prompt) -> Option<(&'static str, Value)> {
    use law::policy::{Channel, Does};
    Some(match prompt {
        law::Prompt::Warning { percent } => ("INCIDENT_WARNED", json!({ "percent": percent })),
        law::Prompt::Unsorted => ("INCIDENT_UNSORTED", json!({})),
        law::Prompt::Reminder { times } => ("INCIDENT_REMINDED", json!({ "times": times })),
        law::Prompt::Step { number, does: Does::Notifies { whom, channel } } => {
            let kind = match channel {
                Channel::Important => "INCIDENT_CALLED",
                Channel::Normal => "INCIDENT_POINTED_OUT",
            };
            (kind, json!({ "step": number, "whom": whom.code() }))
        }
        law::Prompt::Step { number, does: Does::TellsWebhooks } => {
            ("INCIDENT_SIGNALLED", json!({ "step": number }))
        }
        law::Prompt::Step { does: Does::Assigns, .. } => return None,
    })
}

async fn tell(
    tx: &Tx,
    hand: &InHand,
    prompt: law::Prompt,
    (kind, said): (&'static str, Value),
) -> Result<()> {
    let mut facts = acts::facts(&hand.row);
    if let (Some(facts), Value::Object(said)) = (facts.as_object_mut(), said) {
        facts.extend(said);
        facts.insert(acts::NOTIFY.into(), acts::told_with(&hand.policy, &hand.now, prompt));
    }
    acts::tell(tx, &hand.row, kind, Actor::Clock, facts, None).await
}
