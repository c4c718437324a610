//! Warnings and reminders: what whoever holds an incident is told while a budget runs; and that nobody answered what it
//! had put to another level. The law says when and what; here it becomes an event of the record, once, whoever sweeps and
//! wherever one dies.

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

/// Tells what is due of one incident, and notes when the next is; false while somebody else is at it.
async fn prompt_one(app: &App, tx: &Tx, id: Uuid) -> Result<bool> {
    let Some(row) = store::lock_if_free(tx.conn(), id).await? else { return Ok(false) };
    let is_due = row.prompts_at.is_some_and(|at| at <= tx.now);
    let Some(InHand { row, mut tenure, policy, now, clock, .. }) = InHand::take(tx, row).await? else {
        return Ok(false);
    };
    // That nobody answered is a step of its own, after which the next prompt is noted anew.
    let has_lapsed = now.lapses_at().is_some_and(|at| at <= tx.now);
    if has_lapsed && clockwork::sweep(app, tx, id).await? == Swept::Moved {
        return Ok(true);
    }
    let budgeted = clock.as_ref().and_then(|clock| law::Budgeted::of(&now, clock, &policy));
    let mut told = rows::prompted(&tenure)?;
    let due = budgeted.filter(|_| is_due).and_then(|of| of.due(told, tx.now));
    if let Some((prompt, then)) = due {
        told = then;
        rows::write_prompted(&mut tenure, told);
        store::save_tenure(tx.conn(), tenure).await?;
        tell(tx, &row, prompt, acts::told_besides(&policy, &now)).await?;
    }
    let next = budgeted.and_then(|of| of.next(told, tx.now));
    let next = next.into_iter().chain(now.lapses_at().filter(|at| *at > tx.now)).min();
    store::set_prompts_at(tx.conn(), &row, next).await?;
    Ok(true)
}

async fn tell(tx: &Tx, row: &::entity::incident::Model, prompt: law::Prompt, others: Value) -> Result<()> {
    let (kind, number) = match prompt {
        law::Prompt::Warning { percent } => ("INCIDENT_WARNED", Some(("percent", json!(percent)))),
        law::Prompt::Unsorted => ("INCIDENT_UNSORTED", None),
        law::Prompt::Reminder { times } => ("INCIDENT_REMINDED", Some(("times", json!(times)))),
    };
    let mut facts = acts::facts(row);
    if let Some(facts) = facts.as_object_mut() {
        facts.extend(number.map(|(name, number)| (name.into(), number)));
        facts.insert(acts::NOTIFY.into(), others);
    }
    acts::tell(tx, row, kind, Actor::Clock, facts, None).await
}
