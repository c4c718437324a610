//! A programme that is over as an archive has it.

use rules::archive::format::Programme;
use uuid::Uuid;

use super::{super::store, PROGRAMME_STANDS, Scene, begin::stated};
use crate::{database::Conn, http::problem::Result, places};

/// What it went by, where its modules stood in the end, its polls, and the programmes that ran in it.
pub(crate) async fn archived(db: &impl Conn, id: Uuid) -> Result<Programme> {
    let Scene { row, kept, course, .. } = Scene::of(db, store::find(db, id).await?).await?;
    if course.ended.is_none() {
        return Err(PROGRAMME_STANDS.because("the programme is not over yet"));
    }
    let polls = store::polls(db, &row).await?.into_iter();
    let children = store::children(db, id).await?.into_iter();
    Ok(Programme {
        id: id.to_string(),
        complex: row.complex_id.to_string(),
        place: row.place_id.to_string(),
        conditions: stated(&row)?,
        among: places::named_in(row.among.as_deref())?.iter().map(Uuid::to_string).collect(),
        purpose: row.purpose,
        begun_as: row.begun_as,
        begun_at: row.begun_at,
        parent: row.parent_id.map(|parent| parent.to_string()),
        member: row.member_id.map(|member| member.to_string()),
        template: kept.template,
        rules: kept.rules,
        course,
        polls: polls.map(|bound| (bound.module, bound.poll_id.to_string())).collect(),
        children: children.filter_map(|child| Some((child.parent_module?, child.id.to_string()))).collect(),
    })
}
