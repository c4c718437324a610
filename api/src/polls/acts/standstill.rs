//! Voting that stands still in an emergency, and goes on: by whoever may stop it, with the programme whose vote it is, and
//! by the clock.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rules::{
    pause::Pause,
    polls::{
        phase::{Phase, Refusal},
        standstill::{self as law, BY_THE_CLOCK, Lifted, Standstill},
    },
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{
        POLL_IN_PROGRAMME,
        model::{self, Poll},
        store::{self, Hold},
    },
    Scene, may_say, prepare, role,
    vote::undecided,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::Tx,
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
    programmes::{
        acts as programmes,
        model::{Pause as PauseRequest, Reason},
    },
};

/// What the record calls it.
pub(super) const POLL_PAUSED: &str = "POLL_PAUSED";
pub(super) const POLL_RESUMED: &str = "POLL_RESUMED";

/// Why it opens later than announced.
const HELD_UP: &str = "方案暂停，推迟开始 / its programme stood still";

/// Who says why.
pub(crate) type Said<'a> = (&'a str, &'a str);

/// Why it stands still or goes on, if the viewer may say that: goes on only if WeChat finds nothing against the words, where
/// it can be asked.
pub async fn check_pause(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::PausePoll, (poll, words)).await
}

/// No ballot is taken from now on, and nothing closes, until a moment.
pub async fn pause(viewer: &Viewer, tx: &Tx, id: Uuid, request: &PauseRequest) -> Result<Answer<Poll>> {
    let (mut scene, by) = alone(viewer, tx, id).await?;
    scene.stop(tx, (&by, &request.words), request.until.to_utc().trunc_subsecs(6)).await?;
    shown(tx, &scene).await
}

/// It goes on before that moment.
pub async fn resume(viewer: &Viewer, tx: &Tx, id: Uuid, request: &Reason) -> Result<Answer<Poll>> {
    let (mut scene, by) = alone(viewer, tx, id).await?;
    scene.go_on(tx, (&by, &request.words)).await?;
    shown(tx, &scene).await
}

/// A poll that is of no programme which runs: one that is stands still with that.
async fn alone(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<(Scene, String)> {
    let scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PausePoll, &scene.place, None)?;
    if programmes::runs_with(tx.conn(), id).await? {
        return Err(POLL_IN_PROGRAMME.plain());
    }
    let by = role(viewer, Permission::PausePoll, &scene.place);
    Ok((scene, by))
}

async fn shown(tx: &Tx, scene: &Scene) -> Result<Answer<Poll>> {
    Ok(Answer::ok(prepare::show(tx.conn(), scene).await?).version(scene.poll.version))
}

/// A poll stands still with its programme, if ballots are taken in it.
pub(crate) async fn pause_with(tx: &Tx, id: Uuid, said: Said<'_>, until: DateTime<Utc>) -> Result<()> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    if scene.phase()? == Phase::Open && tx.now < scene.poll.closes_at {
        scene.stop(tx, said, until).await?;
    }
    Ok(())
}

/// It goes on with it.
pub(crate) async fn resume_with(tx: &Tx, id: Uuid, said: Said<'_>) -> Result<()> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    if scene.paused_at(tx.now)?.is_some() {
        scene.go_on(tx, said).await?;
    }
    Ok(())
}

/// Tells that a poll goes on whose pause is over by itself; false if there is none.
pub(super) async fn end(tx: &Tx, id: Uuid) -> Result<bool> {
    Scene::hold(tx, id, Hold::Alone).await?.over(tx).await
}

impl Scene {
    /// Each time that it stood still.
    pub(super) fn standstills(&self) -> Result<Vec<Standstill>> {
        let made = self.poll.pauses.as_deref().map(serde_json::from_str).transpose();
        Ok(made.map_err(Problem::internal)?.unwrap_or_default())
    }

    pub(super) fn pauses(&self) -> Result<Vec<Pause>> {
        Ok(law::pauses(&self.standstills()?))
    }

    /// The pause that runs at a moment.
    pub(super) fn paused_at(&self, now: DateTime<Utc>) -> Result<Option<Pause>> {
        Ok(law::running(&self.pauses()?, now))
    }

    /// Refuses while it stands still.
    pub(super) fn must_go_on(&self, now: DateTime<Utc>) -> Result<()> {
        match self.paused_at(now)? {
            Some(pause) => Err(Refusal::Paused { until: pause.over_at(), now }.into()),
            None => Ok(()),
        }
    }

    /// What the record tells of each pause, and of the end of each.
    pub(super) fn pauses_told(&self) -> Result<[(&'static str, Vec<Value>); 2]> {
        let (window, made) = (self.announced()?, self.standstills()?);
        let extended: Vec<_> = self.extensions()?.into_iter().map(|made| made.to).collect();
        Ok([
            (POLL_PAUSED, law::paused_told(window, &extended, &made)),
            (POLL_RESUMED, law::resumed_told(window, &extended, &made)),
        ])
    }

    async fn stop(&mut self, tx: &Tx, (by, words): Said<'_>, until: DateTime<Utc>) -> Result<()> {
        // Where its votes are cast elsewhere, so does what stops and goes on.
        self.must_be_held_here()?;
        self.over(tx).await?;
        let mut made = self.standstills()?;
        let pause = self.phase()?.pause(self.window(), &law::pauses(&made), until, tx.now)?;
        if store::is_cast_since(tx.conn(), &self.poll, tx.now).await? {
            // Another process, whose clock is ahead, took a ballot that would be of the pause.
            return Err(undecided());
        }
        self.poll.closes_at += pause.lost();
        made.push(Standstill { pause, by: by.into(), words: words.into(), lifted: None });
        self.keep(tx, &made).await?;
        self.tell_last(tx, POLL_PAUSED, by).await
    }

    /// Gives back what it lost because its programme had stood still for so long before it opens now. Where its votes are cast
    /// elsewhere, its window is kept there.
    pub(super) async fn held_up(&mut self, tx: &Tx, stood_still: TimeDelta) -> Result<()> {
        let (announced, mut made) = (self.window(), self.standstills()?);
        if self.poll.external.is_some() {
            return Ok(());
        }
        for pause in law::held_up(announced, stood_still, tx.now) {
            self.poll.closes_at += pause.lost();
            made.push(Standstill { pause, by: BY_THE_CLOCK.into(), words: HELD_UP.into(), lifted: None });
            self.keep(tx, &made).await?;
            for kind in [POLL_PAUSED, POLL_RESUMED] {
                self.tell_last(tx, kind, BY_THE_CLOCK).await?;
            }
        }
        Ok(())
    }

    async fn go_on(&mut self, tx: &Tx, (by, words): Said<'_>) -> Result<()> {
        let made = self.standstills()?;
        let pause = law::lift(&law::pauses(&made), tx.now)?;
        let lifted = Lifted { by: by.into(), words: words.into() };
        self.ended(tx, made, pause, Some(lifted)).await
    }

    async fn over(&mut self, tx: &Tx) -> Result<bool> {
        if self.poll.paused_until.is_none_or(|until| tx.now < until) {
            return Ok(false);
        }
        let made = self.standstills()?;
        let last = made.last().map(|last| last.pause).filter(|pause| pause.lifted_at.is_none());
        let pause = last.ok_or_else(|| Problem::internal("a poll stands still, and nobody paused it"))?;
        self.ended(tx, made, Pause { lifted_at: Some(pause.until), ..pause }, None).await?;
        Ok(true)
    }

    /// Writes down how the last pause ended; of the time that it gave, what it did not take is taken back.
    async fn ended(
        &mut self,
        tx: &Tx,
        mut made: Vec<Standstill>,
        pause: Pause,
        lifted: Option<Lifted>,
    ) -> Result<()> {
        let by = lifted.as_ref().map_or(BY_THE_CLOCK, |lifted| lifted.by.as_str()).to_owned();
        if let Some(last) = made.last_mut() {
            self.poll.closes_at += pause.lost() - last.pause.lost();
            *last = Standstill { pause, lifted, ..last.clone() };
        }
        self.keep(tx, &made).await?;
        self.tell_last(tx, POLL_RESUMED, &by).await
    }

    async fn keep(&mut self, tx: &Tx, made: &[Standstill]) -> Result<()> {
        let runs = made.last().map(|last| last.pause).filter(|pause| pause.lifted_at.is_none());
        self.poll.paused_until = runs.map(|pause| pause.until);
        self.poll.pauses = Some(serde_json::to_string(made).map_err(Problem::internal)?);
        self.save(tx).await
    }

    async fn tell_last(&self, tx: &Tx, kind: &'static str, by: &str) -> Result<()> {
        let told = self.pauses_told()?.into_iter().find(|(told, _)| *told == kind);
        let facts = told.and_then(|(_, mut facts)| facts.pop()).unwrap_or_default();
        self.tell(tx, kind, by.into(), facts).await
    }
}

impl From<Standstill> for model::Standstill {
    fn from(Standstill { pause, by, words, lifted }: Standstill) -> Self {
        let (lifted_by, lifted_words) = lifted.map(|lifted| (lifted.by, lifted.words)).unzip();
        Self {
            since: local(pause.since),
            until: local(pause.until),
            by,
            words,
            ended_at: pause.lifted_at.map(local),
            lifted_by,
            lifted_words,
        }
    }
}
