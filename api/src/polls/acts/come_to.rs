//! What a poll has come to, for a programme that waits for it.

use rules::{
    polls::{matter::MatterClass, phase::Phase},
    programmes::polled,
};
use uuid::Uuid;

use super::{
    super::{model::PollKind, store},
    Scene,
    count::{self, Counted},
    object, read_word,
};
use crate::{
    database::Conn,
    http::problem::{Problem, Result},
    programmes::acts::Polled,
};

/// Where a poll stands, what it is put to, and how it ended.
pub(crate) async fn come_to(db: &impl Conn, id: Uuid) -> Result<Polled> {
    let scene = Scene::load(db, id).await?;
    let counted: Option<Counted> =
        scene.poll.result.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let verdict = counted.map(|counted| counted.verdict);
    let by_its_kind = match read_word(&scene.poll.kind)? {
        PollKind::CommitteeElection => Some(MatterClass::Committee),
        PollKind::Opinion => Some(MatterClass::Opinion),
        PollKind::Motion => None,
    };
    let texts = count::matters(db, &scene).await?.into_iter().map(|matter| matter.class);
    let candidates = store::candidates(db, &scene.poll).await?;
    let agreed = candidates.iter().filter(|candidate| candidate.consented_at.is_some()).count();
    let phase = scene.phase()?;
    Ok(Polled {
        id,
        place: scene.poll.place_id,
        among: scene.among()?,
        phase,
        classes: texts.chain(by_its_kind).collect(),
        runoff_of: scene.poll.runoff_of,
        so_far: polled::Polled {
            locked_at: scene.poll.locked_at,
            closed: phase >= Phase::Closed,
            candidates: u64::try_from(agreed).unwrap_or_default(),
            seats: scene.seats(),
            texts: verdict.as_ref().and_then(polled::texts),
            election: verdict.as_ref().and_then(polled::election),
            published_at: scene.poll.published_at,
            provisional_until: scene.poll.provisional_until,
            final_at: scene.poll.final_at,
            objections: object::counted(db, &scene).await?,
        },
    })
}
