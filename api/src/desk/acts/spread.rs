//! How the work of a post is spread, for whoever holds it: nobody above or below is told what one person of it has to do.

use std::cmp::Reverse;

use rules::incidents as law;
use uuid::Uuid;

use super::{
    super::model::{Load, PersonLoad, PostLoad, Workloads},
    Desk, counts, end_of_day,
};
use crate::{
    access::{Level, Viewer},
    app::App,
    http::problem::{Problem, Result},
    incidents::{self, acts::Names},
};

/// What each of a post has to do, what nobody of it was given, and what the posts below hold, all of one moment.
pub async fn workloads(app: &App, viewer: &Viewer, place: Uuid) -> Result<Workloads> {
    let db = app.db.snapshot().await?;
    let desk = Desk::held(&db, viewer, place).await?;
    let (now, post) = (app.clock.now(), (desk.place.id, desk.role));
    let soon = end_of_day(now);
    let (people, given) = incidents::load_by_person(&db, post, now, soon).await?;
    let mut unassigned = Load::default();
    let mut items: Vec<_> = people.into_iter().map(|person| shown(viewer, person, true)).collect();
    for one in given {
        let load = counts(one.open, one.late, one.soon)?;
        let Some(person) = one.assignee_id else {
            unassigned = load;
            continue;
        };
        match items.iter_mut().find(|item| item.person_id == person) {
            Some(item) => item.load = load,
            None => items.push(PersonLoad { load, ..shown(viewer, person, false) }),
        }
    }
    items.sort_by_key(|item| (Reverse(item.fills_post), Reverse(item.load.open)));
    let posts = if desk.place.level >= Level::Complex {
        incidents::load_by_post(&db, &desk.place, desk.role.level(), (now, soon)).await?
    } else {
        Vec::new()
    };
    let names = Names::of(&db, posts.iter().map(|post| post.holder_place_id)).await?;
    let post = |post: incidents::AtPost| {
        let role = law::Holder::from_code(&post.holder_role);
        Ok(PostLoad {
            place: names.place(post.holder_place_id)?,
            role: role.ok_or_else(|| Problem::internal("an incident has no holder"))?,
            load: counts(post.open, post.late, post.soon)?,
        })
    };
    Ok(Workloads { items, unassigned, posts: posts.into_iter().map(post).collect::<Result<_>>()? })
}

fn shown(viewer: &Viewer, person_id: Uuid, fills_post: bool) -> PersonLoad {
    PersonLoad { person_id, you: person_id == viewer.person, fills_post, load: Load::default() }
}
