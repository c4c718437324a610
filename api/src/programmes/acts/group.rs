//! Who is in a preparatory group, and who sees their names.

use std::collections::{BTreeMap, BTreeSet};

use rules::{
    identity::{masked_name, plain_name},
    programmes::{self as law, Capacity, Deed, Group},
};
use uuid::Uuid;

use super::{
    super::model::{DoDeed, GroupMember},
    Scene,
};
use crate::{
    access::Level,
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    places,
    roll::acts as roll,
};

type Row = ::entity::programme_deed::Model;

/// The group that a deed names, if it is composed as the rules want it: whoever speaks for the owners is one, on the roll, and
/// none of them twice.
pub(super) async fn formed(app: &App, tx: &Tx, scene: &Scene, request: &DoDeed) -> Result<Option<Group>> {
    match (request.deed, request.members.is_empty()) {
        (Deed::Form, true) => return Err(Problem::member("/members", "MISSING", "say who is in it")),
        (Deed::Form, false) => {}
        (_, true) => return Ok(None),
        (_, false) => return Err(Problem::member("/members", "UNFIT", "only a group has members")),
    }
    let mut owners = BTreeSet::new();
    for (place, member) in request.members.iter().enumerate() {
        let wrong = |code, words| Err(Problem::member(&format!("/members/{place}/home_id"), code, words));
        match (member.capacity, member.home_id) {
            (Capacity::Owner, Some(home)) => match owner(app, tx, scene, (home, &member.name)).await? {
                Some(owner) if owners.insert(owner) => {}
                Some(_) => return wrong("REPEATED", "that owner is in it already"),
                None => return wrong("UNKNOWN", "no owner of that name is on the roll there"),
            },
            (Capacity::Owner, None) => return wrong("MISSING", "say which home is theirs"),
            (_, None) => {}
            (_, Some(_)) => return wrong("UNFIT", "they do not speak for the owners"),
        }
    }
    let mut chairs = request.members.iter().filter(|member| member.chairs);
    let (Some(chair), None) = (chairs.next(), chairs.next()) else {
        return Err(Problem::member("/members", "CHAIR", "one of them chairs it"));
    };
    let mut members = BTreeMap::new();
    for member in &request.members {
        *members.entry(member.capacity).or_default() += 1;
    }
    let group = Group { members, chaired_by: chair.capacity };
    group.is_lawful(&scene.kept.rules)?;
    Ok(Some(group))
}

/// The owner of a home of the programme's complex whose name on the roll is this; no developer speaks for the others.
async fn owner(app: &App, tx: &Tx, scene: &Scene, (home, name): (Uuid, &str)) -> Result<Option<Uuid>> {
    let complex = scene.row.complex_id;
    let home =
        places::lineage(tx.conn(), home).await.ok().filter(|home| home.at(Level::Complex) == Some(complex));
    let Some(home) = home else { return Ok(None) };
    let index = app.vault.index("owner.name", &plain_name(name));
    let owners = roll::owners_of(app, tx.conn(), complex, home.id).await?;
    let named = owners.into_iter().find(|owner| owner.name_index == index).map(|owner| owner.id);
    let developers = roll::developers(tx.conn(), complex).await?;
    Ok(named.filter(|owner| !developers.contains(owner)))
}

/// The members as somebody in these roles sees them: in full whoever forms such a group, and nobody else.
pub(super) fn shown(
    members: Vec<GroupMember>,
    (scene, row): (&Scene, &Row),
    roles: &BTreeSet<law::Role>,
) -> Vec<GroupMember> {
    let module = scene.kept.template.modules.get(&row.module);
    let sees = module.is_some_and(|module| !module.asks.is_disjoint(roles));
    let name = |name: String| if sees { name } else { masked_name(&name) };
    let shown = |member: GroupMember| GroupMember { name: name(member.name), home_id: None, ..member };
    members.into_iter().map(shown).collect()
}
