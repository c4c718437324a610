//! The demo: a made-up complex that lived through two months before anybody looked.
//!
//! Nothing of it is written past the acts: the roll comes in by the import that a property office uses, people claim
//! their homes, stand, vote and report through the same verbs as over HTTP, and the clocks run in between. So whatever
//! the demo shows, the service can do. Loaded once into an empty database; a second start finds the same world.

mod elections;
mod incidents;
mod painting;
mod people;
mod words;

use chrono::TimeDelta;

use crate::{
    access::Viewer, app::App, clock::Clock, clusters, figures, http::problem::Result, identity, installation,
    notices, polls, record,
};

const LOADED: &str = "demo_world";

/// How long before now the demo's life begins.
pub const BEGINS_BEFORE: TimeDelta = TimeDelta::days(68);
/// When the first committee is called: the roll was shown for a week by then.
const CALLED_BEFORE: TimeDelta = TimeDelta::days(60);

/// How far the loading is: what is being done, done so far, of how many.
pub type Progress<'a> = crate::roll::acts::Tell<'a>;

/// Whether the world was there already.
pub async fn is_loaded(app: &App) -> Result<bool> {
    Ok(installation::get(app.db.read(), LOADED).await?.is_some())
}

/// Lives through the demo's weeks, from [`BEGINS_BEFORE`] until now. The clock must stand at the beginning.
pub async fn load(app: &App, progress: Progress<'_>) -> Result<()> {
    let time = Time { app, ends: Clock::default() };
    let town = people::settle(app, progress).await?;
    time.go_to(CALLED_BEFORE).await?;
    elections::closed(&time, &town, progress).await?;
    elections::open(&time, &town).await?;
    Box::pin(incidents::happen(&time, &town, words::REPORTS, progress)).await?;
    Box::pin(incidents::happen(&time, &town, words::LATELY, progress)).await?;
    time.go_to(TimeDelta::zero()).await?;
    app.write(async |tx| installation::set(tx, LOADED, "1").await).await
}

/// The demo's passing of time.
struct Time<'a> {
    app: &'a App,
    ends: Clock,
}

impl Time<'_> {
    /// Lets time pass until `before` now, with all that happens by itself on the way.
    async fn go_to(&self, before: TimeDelta) -> Result<()> {
        let target = self.ends.now() - before;
        loop {
            let left = target - self.app.clock.now();
            if left <= TimeDelta::zero() {
                return self.clocks_run().await;
            }
            self.app.clock.advance(left.min(TimeDelta::hours(12)));
            self.clocks_run().await?;
        }
    }

    async fn clocks_run(&self) -> Result<()> {
        while polls::tick(self.app).await?
            + crate::incidents::tick(self.app).await?
            + crate::incidents::prompt(self.app).await?
            > 0
        {}
        while record::sequence(self.app).await? > 0 {}
        while clusters::tick(self.app).await?
            + figures::count(self.app).await?
            + figures::close_due(self.app).await?
            + notices::feed(self.app).await?
            > 0
        {}
        while record::sequence(self.app).await? > 0 {}
        Ok(())
    }
}

/// What somebody of the demo may do now.
async fn viewer(app: &App, person: uuid::Uuid) -> Result<Viewer> {
    Ok(Viewer { person, grants: identity::grants_of(app, person).await? })
}
