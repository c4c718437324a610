//! What stands beside the words of a deed: photos, boards, the meeting that is minuted, and who is in a group; and who sees it.

use std::collections::BTreeSet;

use rules::programmes::{self as law, Deed, deed::concerned};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    super::{
        model::{DoDeed, GroupMember, Meeting},
        store,
    },
    Scene, roles,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    pii::Vault,
};

type Row = ::entity::programme_deed::Model;

const DETAILS: &str = "programme_deed.details";

/// What is said beside the words.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Details {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<Meeting>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<GroupMember>,
}

impl Details {
    pub fn of(request: &DoDeed) -> Self {
        Self {
            boards: request.boards.clone(),
            meeting: request.meeting.clone(),
            members: request.members.clone(),
        }
    }

    pub fn read(vault: &Vault, row: &Row) -> Result<Self> {
        let Some(cipher) = &row.details_cipher else { return Ok(Self::default()) };
        let text = vault.text(DETAILS, cipher).map_err(Problem::internal)?;
        serde_json::from_str(&text).map_err(Problem::internal)
    }

    /// As JSON, where anything is said.
    pub fn json(&self) -> Result<Option<String>> {
        let says = !self.boards.is_empty() || self.meeting.is_some() || !self.members.is_empty();
        says.then(|| serde_json::to_string(self)).transpose().map_err(Problem::internal)
    }

    pub fn seal(vault: &Vault, json: &str) -> Result<Vec<u8>> {
        vault.seal(DETAILS, json.as_bytes()).map_err(Problem::internal)
    }
}

/// What somebody says in a deed, for whoever looks at words.
pub(in super::super) fn said(request: &DoDeed) -> Vec<&str> {
    let meeting = request.meeting.iter().flat_map(|meeting| meeting.names.iter().chain([&meeting.place]));
    let names = request.members.iter().map(|member| &member.name);
    let said = [&request.words, &request.asks].into_iter().flatten();
    said.chain(&request.boards).chain(meeting).chain(names).map(String::as_str).collect()
}

/// Photos show what was done or put up, each what the task requires; what hangs on boards is shown; and minutes are those of a
/// meeting that was held.
pub(super) fn must_fit(tx: &Tx, module: Option<&law::Module>, request: &DoDeed) -> Result<()> {
    let unfit = |member: &str, words: &str| Err(Problem::member(member, "UNFIT", words));
    let shows = matches!(request.deed, Deed::Show | Deed::PutUp);
    if !request.evidence.is_empty() && !shows {
        return unfit("/evidence", "photos show what was done, or put up");
    }
    let required = module.filter(|_| request.deed == Deed::Show).map_or(0, |module| module.requires.len());
    let mut met = request.evidence.iter().map(|photo| &photo.meets).enumerate();
    if let Some((photo, _)) = met.find(|(_, meets)| meets.iter().any(|place| *place >= required)) {
        return Err(Problem::member(
            &format!("/evidence/{photo}/meets"),
            "UNKNOWN",
            "nothing of the sort is required",
        ));
    }
    match (request.deed, request.boards.is_empty()) {
        (Deed::PutUp, false) if request.evidence.is_empty() => {
            return Err(Problem::member("/evidence", "MISSING", "photos show what hangs on boards"));
        }
        (Deed::PutUp, _) | (_, true) => {}
        (_, false) => return unfit("/boards", "only what is put up hangs on boards"),
    }
    match (request.deed, &request.meeting) {
        (Deed::Minute, None) => {
            Err(Problem::member("/meeting", "MISSING", "say when and where people met, and how many came"))
        }
        (Deed::Minute, Some(meeting)) if meeting.held_at.to_utc() > tx.now => {
            Err(Problem::member("/meeting/held_at", "BOUND", "it has not been held yet"))
        }
        (Deed::Minute, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => unfit("/meeting", "only minutes are those of a meeting"),
    }
}

/// Whether somebody in these roles sees the photos of a deed, and who came to a meeting for an office.
pub(super) fn sees(scene: &Scene, roles: &BTreeSet<law::Role>, row: &Row) -> bool {
    row.deed == Deed::PutUp.code() || !concerned(&scene.kept.template, &row.module).is_disjoint(roles)
}

/// Whether a photo is shown that somebody showed or put up in a programme.
pub(crate) async fn shows_photo(app: &App, viewer: &Viewer, complex: Uuid, deed: Uuid) -> Result<bool> {
    let db = app.db.read();
    let Some(row) = store::deed_in(db, complex, deed).await? else { return Ok(false) };
    let scene = Scene::of(db, store::find(db, row.programme_id).await?).await?;
    let roles = roles(viewer, Permission::ActInProgramme, &scene.place);
    Ok(viewer.may(Permission::ReadProgramme, &scene.place, None) && sees(&scene, &roles, &row))
}
