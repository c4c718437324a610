//! Voting that goes on by itself where too few took part (延期). How many they are is asked, and never what they chose.

use chrono::{DateTime, Utc};
use rules::polls::{
    phase::{EndFacts, Ending, Move, Window},
    told,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    super::{model, store},
    BY_THE_CLOCK, Scene, paper, weight,
};
use crate::{
    clock::local,
    database::{Conn, Tx},
    http::problem::{Problem, Result},
};

/// One time that voting went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extension {
    /// When it was to close until then.
    pub from: DateTime<Utc>,
    /// When it is to close since.
    pub to: DateTime<Utc>,
    pub made_at: DateTime<Utc>,
}

/// What the record calls it.
pub(super) const POLL_EXTENDED: &str = "POLL_EXTENDED";

/// How an open poll ends at this moment, if its time has come.
pub(super) async fn ending(db: &impl Conn, scene: &Scene, now: DateTime<Utc>) -> Result<Option<Ending>> {
    let (rules, electorate) = (scene.rules()?, scene.electorate(db).await?);
    let window = scene.window().given(electorate, &rules);
    if scene.phase()?.due(window, now) != Some(Move::Close) {
        return Ok(None);
    }
    let turnout = store::turnout(db, &scene.poll).await?;
    let facts = EndFacts {
        rules: &rules,
        electorate,
        took_part: turnout.into_iter().map(|(_, heads, area)| weight(heads, area)).sum(),
        window,
        extensions: u32::try_from(scene.extensions()?.len()).unwrap_or(u32::MAX),
        pauses: &scene.pauses()?,
        is_counted: scene.poll.result.is_some(),
        // What was cast elsewhere is not known yet either.
        paper_waits: scene.poll.external.is_some() || paper::waiting(db, scene).await?.is_some(),
    };
    Ok(Some(scene.phase()?.end(&facts, now)?))
}

impl Scene {
    /// Whether the rules leave an extension, should too few take part.
    pub(super) fn may_go_on(&self) -> Result<bool> {
        let allowed = usize::try_from(self.rules()?.extensions.unwrap_or_default()).unwrap_or(usize::MAX);
        Ok(self.extensions()?.len() < allowed)
    }

    /// Writes down that voting goes on until another moment; the poll is held alone.
    pub(super) async fn extended(&mut self, tx: &Tx, until: Window) -> Result<()> {
        let mut made = self.extensions()?;
        made.push(Extension { from: self.poll.closes_at, to: until.closes_at, made_at: tx.now });
        self.poll.closes_at = until.closes_at;
        self.poll.extensions = Some(serde_json::to_string(&made).map_err(Problem::internal)?);
        self.save(tx).await?;
        let facts = self.extensions_told()?.pop().unwrap_or_default();
        self.tell(tx, POLL_EXTENDED, BY_THE_CLOCK.into(), facts).await
    }

    /// What the record tells of each extension.
    pub(super) fn extensions_told(&self) -> Result<Vec<Value>> {
        let made = self.extensions()?;
        Ok(told::extended(&self.in_force()?, made.iter().map(|made| (made.from, made.to))))
    }
}

impl From<Extension> for model::Extension {
    fn from(made: Extension) -> Self {
        Self { from: local(made.from), to: local(made.to), made_at: local(made.made_at) }
    }
}
