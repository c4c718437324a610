//! Warnings and reminders: what whoever holds an incident is told while a budget runs. The law says when and what; here
//! it becomes an event of the record, once, whoever sweeps and wherever one dies.

use rules::incidents as law;
use serde_json::json;
use uuid::Uuid;

use super::{
    acts::{self, Actor, InHand},
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
            match app.write(async |tx| prompt_one(tx, *id).await).await {
                Ok(looked) => looked_at += usize::from(looked),
                Err(problem) => {
                    tracing::error!(incident = %id, %problem, "whoever holds an incident could not be warned");
                }
            }
        }
        after = found.last().copied();
        if u64::try_from(found.len()).unwrap_or(BATCH) < BATCH {
            return Ok(looked_at);
        }
    }
}

/// Tells what is due of one incident, and notes when the next is; false while somebody else is at it.
async fn prompt_one(tx: &Tx, id: Uuid) -> Result<bool> {
    let Some(row) = store::lock_if_free(tx.conn(), id).await? else { return Ok(false) };
    let is_due = row.prompts_at.is_some_and(|at| at <= tx.now);
    let Some(InHand { row, mut tenure, policy, now, clock, .. }) = InHand::take(tx, row).await? else {
        return Ok(false);
    };
    let budgeted = clock.as_ref().and_then(|clock| law::Budgeted::of(&now, clock, &policy));
    let due = budgeted.filter(|_| is_due).and_then(|of| of.due(rows::prompted(&tenure).ok()?, tx.now));
    if let Some((prompt, told)) = due {
        rows::write_prompted(&mut tenure, told);
        store::save_tenure(tx.conn(), tenure.clone()).await?;
        tell(tx, &row, prompt, &policy, now.tenure.level).await?;
    }
    let next = rows::prompts_at(&now, clock.as_ref(), &tenure, &policy, tx.now)?;
    store::set_prompts_at(tx.conn(), &row, next).await?;
    Ok(true)
}

async fn tell(
    tx: &Tx,
    row: &::entity::incident::Model,
    prompt: law::Prompt,
    policy: &law::Policy,
    level: law::Level,
) -> Result<()> {
    let (kind, (name, number)) = match prompt {
        law::Prompt::Warning { percent } => ("INCIDENT_WARNED", ("percent", json!(percent))),
        law::Prompt::Reminder { times } => ("INCIDENT_REMINDED", ("times", json!(times))),
    };
    let mut facts = acts::facts(row);
    if let Some(facts) = facts.as_object_mut() {
        facts.insert(name.into(), number);
        // The holder is told as such.
        let others: Vec<_> = policy.tells(level).skip(1).map(law::Holder::code).collect();
        facts.insert("notify".into(), json!(others));
    }
    acts::tell(tx, row, kind, Actor::Clock, facts, None).await
}
