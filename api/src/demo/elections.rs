//! Two elections: one that is over, with its results, and one that is open.

use std::collections::HashMap;

use chrono::TimeDelta;
use rules::polls::leaks::Publicity;
use uuid::Uuid;

use super::{
    Progress, Time,
    people::{Resident, Town},
    viewer,
    words::{COVENANT, PAGES, PROCEDURE},
};
use crate::{
    access::Viewer,
    clock::local,
    http::problem::Result,
    packs::model::RuleValues,
    polls::{
        acts,
        model::{
            AddCandidate, AddMatter, CastBallot, Choice, CreatePoll, MatterAnswer, MyHead, PollKind,
            UpdatePage,
        },
    },
};

/// The first committee was elected a month ago; enough took part, and two texts passed.
pub async fn closed(time: &Time<'_>, town: &Town, progress: Progress<'_>) -> Result<Uuid> {
    let poll =
        prepare(time, town, "第一届业主委员会选举暨规约表决", TimeDelta::days(40), TimeDelta::days(33))
            .await?;
    time.go_to(TimeDelta::days(40)).await?;
    vote(time, town, poll, progress).await?;
    time.go_to(TimeDelta::days(33)).await?;
    let community = viewer(time.app, town.community).await?;
    time.app.write(async |tx| acts::publish(&community, tx, poll).await.map(drop)).await?;
    Ok(poll)
}

/// The next one is called at once, since owners are told more than two weeks before; by now it is open for another
/// week, and nobody of the demo's persons has voted yet.
pub async fn open(time: &Time<'_>, town: &Town) -> Result<Uuid> {
    let ends = -TimeDelta::days(7);
    prepare(time, town, "第二届业主委员会选举", TimeDelta::hours(36), ends).await
}

/// Creates a poll with nine candidates and two texts, and locks it. Times are counted back from now.
async fn prepare(
    time: &Time<'_>,
    town: &Town,
    title: &str,
    opens: TimeDelta,
    closes: TimeDelta,
) -> Result<Uuid> {
    let app = time.app;
    let community = viewer(app, town.community).await?;
    let now = time.ends.now();
    let new = CreatePoll {
        place_id: town.complex.id,
        kind: PollKind::CommitteeElection,
        pack: None,
        title: title.into(),
        seats: 7,
        seats_filled: 0,
        committee_of: None,
        among: Vec::new(),
        opens_at: local(now - opens),
        closes_at: local(now - closes),
        publicity: Publicity::Totals,
        external: None,
        rules: RuleValues::default(),
    };
    let poll = app.write(async |tx| acts::create(app, &community, tx, new).await).await?.body.id;
    for (title, class, body) in [("管理规约", 2, COVENANT), ("业主大会议事规则", 1, PROCEDURE)] {
        let matter = AddMatter { class, title: title.into(), body: body.into(), publicity: None };
        app.write(async |tx| acts::add_matter(&community, tx, poll, matter).await.map(drop)).await?;
    }
    for (resident, (headline, body, statements)) in town.candidates().zip(PAGES) {
        let new = AddCandidate { home_id: resident.home.id, name: resident.name.clone() };
        let candidate =
            app.write(async |tx| acts::add_candidate(app, &community, tx, poll, new).await).await?.body.id;
        let page = UpdatePage {
            headline: (*headline).into(),
            body: (*body).into(),
            statements: statements.iter().map(|statement| (*statement).to_owned()).collect(),
            photo_id: None,
        };
        let candidate_self = viewer(app, resident.person).await?;
        app.write(async |tx| {
            acts::update_page(app, &candidate_self, tx, (poll, candidate), 0, page).await?;
            acts::consent(app, &candidate_self, tx, poll, candidate).await.map(drop)
        })
        .await?;
    }
    app.write(async |tx| acts::lock(app, &community, tx, poll).await.map(drop)).await?;
    Ok(poll)
}

/// Everybody who is signed in votes: candidates in turn, texts mostly yes.
async fn vote(time: &Time<'_>, town: &Town, poll: Uuid, progress: Progress<'_>) -> Result<()> {
    let app = time.app;
    let someone = viewer(app, town.community).await?;
    let candidates: Vec<Uuid> =
        acts::candidates(app, &someone, poll).await?.items.iter().map(|one| one.id).collect();
    let matters: Vec<Uuid> =
        acts::read(app, &someone, poll).await?.body.matters.iter().map(|one| one.id).collect();
    let ballots = ballots(time, town, poll, &candidates, &matters).await?;
    let total = u64::try_from(ballots.len()).unwrap_or(u64::MAX);
    let mut done = 0;
    // Many ballots in one transaction: each is the same act, and one wait for the disk is enough for all.
    for some in ballots.chunks(64) {
        progress("ballots", done, total);
        app.write(async |tx| {
            for (voter, ballot) in some {
                acts::cast(app, voter, tx, poll, ballot.clone()).await?;
                done += 1;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// One ballot for each head that somebody of the demo belongs to, with who casts it.
async fn ballots(
    time: &Time<'_>,
    town: &Town,
    poll: Uuid,
    candidates: &[Uuid],
    matters: &[Uuid],
) -> Result<Vec<(Viewer, CastBallot)>> {
    let now = time.app.clock.now();
    let voter_of: HashMap<Uuid, &Resident> = town.residents.iter().map(|one| (one.home.id, one)).collect();
    let grants = town.residents.iter().map(|one| one.as_owner(now)).collect();
    let everybody = Viewer { person: town.community, grants };
    let heads = acts::my_heads(time.app, &everybody, poll).await?.items;
    let ballot = |(number, head): (usize, MyHead)| {
        let voter = head.homes.iter().find_map(|home| voter_of.get(&home.home_id))?;
        let viewer = Viewer { person: voter.person, grants: vec![voter.as_owner(now)] };
        Some((viewer, ballot(head.id, number, candidates, matters)))
    };
    Ok(heads.into_iter().enumerate().filter_map(ballot).collect())
}

/// The ballot of the demo's voter number so-and-so: the first candidates of the page order are chosen more often.
fn ballot(head_id: Uuid, number: usize, candidates: &[Uuid], matters: &[Uuid]) -> CastBallot {
    let chosen = |(place, id): (usize, &Uuid)| ((number * 7 + place * 3) % 19 + place < 18).then_some(*id);
    let mut sorted = candidates.to_vec();
    sorted.sort_unstable();
    let choice = match number % 9 {
        0 => Choice::No,
        4 => Choice::Abstain,
        _ => Choice::Yes,
    };
    CastBallot {
        head_id,
        mandate_id: None,
        selections: sorted.iter().enumerate().filter_map(chosen).collect(),
        answers: matters.iter().map(|matter_id| MatterAnswer { matter_id: *matter_id, choice }).collect(),
    }
}
