//! Standing for election: candidates, their campaign pages, and their consent to be shown by name.

use rules::identity::{masked_name, plain_name};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    super::{
        CANDIDATE_NOT_ON_ROLL, CANDIDATE_STANDS_ALREADY, POLL_FULL, POLL_HAS_NO_CANDIDATES,
        model::{AddCandidate, CampaignPage, Candidate, UpdatePage},
        store::{self, Hold},
    },
    Scene, role,
};
use crate::{
    access::{Grant, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::List,
        problem::{NOT_FOUND, Problem, Result, VERSION_STALE},
    },
    pii::{Vault, sha256},
    places,
    programmes::acts as programmes,
};

/// Candidates that a poll holds at most.
const MOST_CANDIDATES: usize = 60;

const NAME: &str = "candidate.name";

/// Lets an owner stand whom the roll knows at that home under that name.
pub async fn add_candidate(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    poll: Uuid,
    new: AddCandidate,
) -> Result<Answer<Candidate>> {
    let mut scene = Scene::hold(tx, poll, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    scene.must_be_draft()?;
    scene.must_not_be_a_runoff()?;
    if scene.seats() == 0 {
        return Err(POLL_HAS_NO_CANDIDATES.plain());
    }
    let there = store::candidates(tx.conn(), &scene.poll).await?;
    if there.len() >= MOST_CANDIDATES {
        return Err(POLL_FULL.because(format!("a poll holds {MOST_CANDIDATES} candidates at most")));
    }
    let name = plain_name(&new.name);
    let owner = owner_named(app, tx, &scene, new.home_id, &name).await?;
    if there.iter().any(|candidate| candidate.owner_id == owner) {
        return Err(CANDIDATE_STANDS_ALREADY.plain());
    }
    let candidate = ::entity::candidate::Model {
        complex_id: scene.poll.complex_id,
        id: tx.id(),
        poll_id: scene.poll.id,
        ordinal: there.last().map_or(1, |last| last.ordinal + 1),
        owner_id: owner,
        name_cipher: app.vault.seal(NAME, name.as_bytes()).map_err(Problem::internal)?,
        consented_at: None,
        page_version: 0,
        created_at: tx.now,
    };
    store::insert_candidate(tx.conn(), candidate.clone()).await?;
    scene.save(tx).await?;
    let facts = json!({"candidate_id": candidate.id, "ordinal": candidate.ordinal});
    scene.tell(tx, "CANDIDATE_ADDED", role(viewer, Permission::PreparePoll, &scene.place), facts).await?;
    let location = format!("/v1/polls/{poll}/candidates/{}/page", candidate.id);
    Ok(Answer::created(show(&app.vault, viewer, &candidate)?, location))
}

/// The owner of a home in the poll's place whose name on the roll is this.
async fn owner_named(app: &App, tx: &Tx, scene: &Scene, home: Uuid, name: &str) -> Result<Uuid> {
    let unknown = || CANDIDATE_NOT_ON_ROLL.plain();
    let place = match places::lineage(tx.conn(), home).await {
        Ok(place) if scene.is_put_to(&place)? => place,
        _ => return Err(unknown()),
    };
    let index = app.vault.index("owner.name", name);
    let owners = store::owners_of(tx.conn(), scene.poll.complex_id, place.id).await?;
    owners.into_iter().find(|owner| owner.name_index == index).map(|owner| owner.id).ok_or_else(unknown)
}

/// A poll's candidates in the viewer's own order, so that standing first on the list is worth nothing.
pub async fn candidates(app: &App, viewer: &Viewer, poll: Uuid) -> Result<List<Candidate>> {
    let scene = Scene::load(app.db.read(), poll).await?;
    scene.must_be_readable(viewer, app.db.read()).await?;
    let mut candidates = store::candidates(app.db.read(), &scene.poll).await?;
    candidates.sort_by_key(|candidate| place_in_order(&scene.poll.seed, viewer.person, candidate.id));
    let items = candidates.iter().map(|one| show(&app.vault, viewer, one)).collect::<Result<_>>()?;
    Ok(List { items, next_cursor: None })
}

/// SHA-256 over seed, person and candidate: the same for the same person always, and nobody can choose it.
fn place_in_order(seed: &str, person: Uuid, candidate: Uuid) -> [u8; 32] {
    Sha256::new()
        .chain_update(seed.as_bytes())
        .chain_update(person.as_bytes())
        .chain_update(candidate.as_bytes())
        .finalize()
        .into()
}

fn show(vault: &Vault, viewer: &Viewer, candidate: &::entity::candidate::Model) -> Result<Candidate> {
    Ok(Candidate {
        id: candidate.id,
        name: shown_name(vault, candidate)?,
        consented: candidate.consented_at.is_some(),
        page_version: candidate.page_version,
        is_you: is_candidate(viewer, candidate),
    })
}

/// The name as on the roll.
pub(super) fn full_name(vault: &Vault, candidate: &::entity::candidate::Model) -> Result<String> {
    vault.text(NAME, &candidate.name_cipher).map_err(Problem::internal)
}

/// The name as others may see it (PIPL 25): in full only with the candidate's consent.
pub(super) fn shown_name(vault: &Vault, candidate: &::entity::candidate::Model) -> Result<String> {
    let name = full_name(vault, candidate)?;
    Ok(if candidate.consented_at.is_some() { name } else { masked_name(&name) })
}

/// The roll decides who the candidate is: whoever is confirmed as that owner now, and nobody who was once, or acts for
/// them.
pub(super) fn is_candidate(viewer: &Viewer, candidate: &::entity::candidate::Model) -> bool {
    let is = |grant: &Grant| grant.ground.is_none() && grant.owner_id == Some(candidate.owner_id);
    viewer.grants.iter().any(is)
}

async fn stands(db: &impl Conn, scene: &Scene, candidate: Uuid) -> Result<::entity::candidate::Model> {
    store::candidate(db, &scene.poll, candidate).await?.ok_or_else(|| NOT_FOUND.because("no such candidate"))
}

/// The candidate, for the candidate's own deeds.
async fn own(viewer: &Viewer, tx: &Tx, scene: &Scene, id: Uuid) -> Result<::entity::candidate::Model> {
    let candidate = stands(tx.conn(), scene, id).await?;
    let concerned = is_candidate(viewer, &candidate).then_some(viewer.person);
    viewer.require(Permission::WritePage, &scene.place, concerned)?;
    Ok(candidate)
}

/// A campaign page in its newest version; version 0 as long as nothing was written.
pub async fn read_page(
    app: &App,
    viewer: &Viewer,
    poll: Uuid,
    candidate: Uuid,
) -> Result<Answer<CampaignPage>> {
    let scene = Scene::load(app.db.read(), poll).await?;
    let candidate = stands(app.db.read(), &scene, candidate).await?;
    if !is_candidate(viewer, &candidate) {
        scene.must_be_readable(viewer, app.db.read()).await?;
    }
    show_page(app, app.db.read(), &candidate).await
}

async fn show_page(
    app: &App,
    db: &impl Conn,
    candidate: &::entity::candidate::Model,
) -> Result<Answer<CampaignPage>> {
    let page = store::page(db, candidate).await?;
    let statements = page.as_ref().map_or(Ok(Vec::new()), |page| serde_json::from_str(&page.statements));
    let shown = CampaignPage {
        candidate_id: candidate.id,
        name: shown_name(&app.vault, candidate)?,
        version: candidate.page_version,
        headline: page.as_ref().map(|page| page.headline.clone()).unwrap_or_default(),
        body: page.as_ref().map(|page| page.body.clone()).unwrap_or_default(),
        statements: statements.map_err(Problem::internal)?,
        photo_id: page.as_ref().and_then(|page| page.photo_id),
        edited_at: page.as_ref().map(|page| local(page.created_at)),
    };
    Ok(Answer::ok(shown).version(candidate.page_version))
}

/// Writes the next version of one's own page; every version is kept, and the one at the lock is what was voted on.
pub async fn update_page(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (poll, candidate): (Uuid, Uuid),
    version: i64,
    new: UpdatePage,
) -> Result<Answer<CampaignPage>> {
    let scene = Scene::hold(tx, poll, Hold::Alone).await?;
    let mut candidate = own(viewer, tx, &scene, candidate).await?;
    if candidate.page_version != version {
        let current = show_page(app, tx.conn(), &candidate).await?.body;
        return Err(VERSION_STALE.plain().with_current(current));
    }
    scene.must_be_draft()?;
    scene.must_not_be_a_runoff()?;
    if let Some(photo) = new.photo_id
        && !store::attach_photo(tx.conn(), photo, viewer.person, &candidate).await?
    {
        return Err(Problem::member("/photo_id", "PHOTO", "no such photo of yours"));
    }
    candidate.page_version += 1;
    let page = ::entity::campaign_page::Model {
        complex_id: candidate.complex_id,
        candidate_id: candidate.id,
        version: candidate.page_version,
        headline: new.headline,
        body: new.body,
        statements: serde_json::to_string(&new.statements).map_err(Problem::internal)?,
        photo_id: new.photo_id,
        edited_by: viewer.person,
        created_at: tx.now,
    };
    let facts = json!({
        "candidate_id": candidate.id,
        "page_version": candidate.page_version,
        "page_hash": sha256(format!("{}\n{}\n{}", page.headline, page.body, page.statements).as_bytes()),
    });
    store::insert_page(tx.conn(), page).await?;
    store::save_candidate(tx.conn(), &candidate).await?;
    scene.tell(tx, "PAGE_CHANGED", "CANDIDATE".into(), facts).await?;
    show_page(app, tx.conn(), &candidate).await
}

/// Keeps the candidate's agreement to be shown by name; the first stands. Page and poll are a version further: both
/// show another name from now on.
pub async fn consent(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    poll: Uuid,
    candidate: Uuid,
) -> Result<Answer<Candidate>> {
    let mut scene = Scene::hold(tx, poll, Hold::Alone).await?;
    let mut candidate = own(viewer, tx, &scene, candidate).await?;
    if candidate.consented_at.is_none() {
        candidate.consented_at = Some(tx.now);
        candidate.page_version += 1;
        store::save_candidate(tx.conn(), &candidate).await?;
        scene.save(tx).await?;
        scene
            .tell(tx, "CANDIDATE_CONSENTED", "CANDIDATE".into(), json!({"candidate_id": candidate.id}))
            .await?;
        // A nomination ends by that.
        programmes::wake(tx, poll).await?;
    }
    let location = format!("/v1/polls/{poll}/candidates/{}/page", candidate.id);
    Ok(Answer::created(show(&app.vault, viewer, &candidate)?, location))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(person: u128) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = (1..=9).map(Uuid::from_u128).collect();
        ids.sort_by_key(|id| place_in_order("seed", Uuid::from_u128(person), *id));
        ids
    }

    #[test]
    fn each_viewer_has_an_order_that_stays_and_every_candidate_comes_first_for_somebody() {
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let firsts: std::collections::BTreeSet<Uuid> = (0..200).map(|person| order(person)[0]).collect();
        assert_eq!(firsts.len(), 9);
    }
}
