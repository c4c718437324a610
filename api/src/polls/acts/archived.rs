//! A poll as an archive has it: everything that it can be made out from again, and nothing that tells whose a ballot is.

use std::collections::BTreeMap;

use rules::{
    archive::{
        Ballots,
        format::{self, Candidate, Counted, Locked, Poll, SetAside, Text, TookPart},
    },
    identity::masked_name,
    polls::{phase::Phase, seals},
};
use uuid::Uuid;

use super::{
    super::{sealed::Sealed, store},
    Scene,
    count::{PAGE, class_of},
    extend::Extension,
    external, lock,
    paper_kept::Kept,
    read_word, register, serving,
    stand::full_name,
};
use crate::{
    database::Conn,
    http::problem::{Problem, Result},
    pii::Vault,
};

/// A poll with its ballots, which tell as much as the policy lets them. Before the count it has none. What is put up of it
/// is written once all votes are there that it belongs to.
///
/// `db` is one snapshot.
pub(crate) async fn archived(vault: &Vault, db: &impl Conn, id: Uuid, ballots: Ballots) -> Result<Poll> {
    let scene = Scene::load(db, id).await?;
    let extension =
        |made: Extension| format::Extension { from: made.from, to: made.to, made_at: made.made_at };
    let matters = store::matters(db, &scene.poll).await?;
    let text = |matter: &::entity::matter::Model| {
        Ok(Text {
            id: matter.id.to_string(),
            class: class_of(matter)?,
            title: matter.title.clone(),
            body: matter.body.clone(),
            publicity: matter.publicity.as_deref().map(read_word).transpose()?,
        })
    };
    let mut candidates = Vec::new();
    for candidate in store::candidates(db, &scene.poll).await? {
        let stands = lock::stands(vault, db, &candidate).await?;
        candidates.push(Candidate {
            id: candidate.id.to_string(),
            name: masked_name(&full_name(vault, &candidate)?),
            hash: seals::hash_of("linli/candidate/1", &stands).map_err(Problem::internal)?,
        });
    }
    let mut poll = Poll {
        id: id.to_string(),
        place: scene.poll.place_id.to_string(),
        kind: scene.poll.kind.clone(),
        title: scene.poll.title.clone(),
        publicity: scene.publicity()?,
        external: external::archived(db, &scene).await?,
        seed: scene.poll.seed.clone(),
        seats: scene.seats(),
        runoff_of: scene.poll.runoff_of.map(|of| of.to_string()),
        seats_filled: scene.poll.seats_filled.map(|_| scene.all_seats().filled),
        committee_of: scene.poll.committee_of.map(|of| of.to_string()),
        among: scene.among()?.iter().map(Uuid::to_string).collect(),
        state: scene.phase()?,
        rules: scene.rules()?,
        in_force: scene.poll.in_force.as_ref().map(|_| scene.in_force()).transpose()?,
        window: scene.announced()?,
        extensions: scene.extensions()?.into_iter().map(extension).collect(),
        pauses: scene.standstills()?,
        matters: matters.iter().map(text).collect::<Result<_>>()?,
        candidates,
        warning: scene.warning()?,
        locked: locked(db, &scene).await?,
        registered: registered(db, &scene).await?,
        papers: Kept::of(db, &scene).await?.archived(&scene),
        counted: None,
        published_at: scene.poll.published_at,
        provisional_until: scene.poll.provisional_until,
        final_at: scene.poll.final_at,
    };
    if let Some(locked) = poll.locked.as_ref().filter(|_| poll.state >= Phase::Closed) {
        poll.counted = Some(counted(vault, db, (&scene, &poll, locked), ballots).await?);
    }
    Ok(poll)
}

async fn locked(db: &impl Conn, scene: &Scene) -> Result<Option<Locked>> {
    let poll = &scene.poll;
    let Some(at) = poll.locked_at else { return Ok(None) };
    let roll = store::locked_roll(db, poll).await?;
    let homes = store::homes(db, std::slice::from_ref(poll), None).await?;
    Ok(Some(Locked {
        at,
        heads: lock::head_rows(&roll),
        homes: homes.iter().map(lock::home_row).collect::<Result<_>>()?,
        owners: lock::owner_rows(&roll),
        roll_hash: poll.roll_hash.clone().unwrap_or_default(),
        rules_hash: poll.rules_hash.clone(),
        frozen_hash: poll.frozen_hash.clone().unwrap_or_default(),
    }))
}

/// Who had registered when voting began.
async fn registered(db: &impl Conn, scene: &Scene) -> Result<Option<Vec<String>>> {
    if scene.phase()? < Phase::Open || !scene.rules()?.is_of_opinion() {
        return Ok(None);
    }
    Ok(Some(register::ids(db, &scene.poll).await?))
}

async fn counted(
    vault: &Vault,
    db: &impl Conn,
    (scene, poll, locked): (&Scene, &Poll, &Locked),
    policy: Ballots,
) -> Result<Counted> {
    let areas: BTreeMap<&str, u64> =
        locked.heads.iter().map(|head| (head.head.as_str(), head.area)).collect();
    let closings = poll.closings();
    let (mut took_part, mut ballots, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = store::ballots_after(db, &scene.poll, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for row in page {
            let head = row.head_id.to_string();
            let area = areas.get(head.as_str()).copied().filter(|_| policy == Ballots::Weighed);
            let over = closings.iter().take_while(|closing| **closing <= row.cast_at).count();
            took_part.push(TookPart {
                head,
                channel: read_word(&row.channel)?,
                extension: u32::try_from(over).unwrap_or(u32::MAX),
            });
            let Sealed { salt, answers, texts } =
                Sealed::open(vault, &row.answers_cipher).map_err(Problem::internal)?;
            let (id, commitment) = (row.id.to_string(), row.commitment);
            ballots.push(format::Ballot { id, salt, answers, texts, commitment, area });
        }
    }
    took_part.sort_by(|one, other| one.head.cmp(&other.head));
    let result =
        scene.poll.result.as_deref().ok_or_else(|| Problem::internal("a closed poll has no count"))?;
    Ok(Counted {
        at: scene.poll.closed_at.unwrap_or(scene.poll.closes_at),
        took_part,
        ballots,
        set_aside: set_aside(db, scene).await?,
        served: serving::served(db, scene).await?,
        ballots_hash: scene.poll.ballots_hash.clone().unwrap_or_default(),
        result: serde_json::from_str(result).map_err(Problem::internal)?,
        composition: None,
        lists: format::Lists::default(),
    })
}

/// What was in and does not count: no more of it than the record and the voter's receipt have.
async fn set_aside(db: &impl Conn, scene: &Scene) -> Result<Vec<SetAside>> {
    let aside = |row: ::entity::ballot_set_aside::Model| {
        Ok(SetAside {
            id: row.id.to_string(),
            commitment: row.commitment,
            channel: read_word(&row.channel)?,
            why: read_word(&row.why)?,
            at: row.set_aside_at,
        })
    };
    store::ballots_set_aside(db, &scene.poll, None).await?.into_iter().map(aside).collect()
}
