//! Lists of incidents: what I reported, what I hold, what lies below me.
//!
//! A list is the merging of a few index walks, each no longer than the page: what is settled, elsewhere or not the
//! viewer's to read is never read to show what is open here. There is one walk for each place where the viewer stands,
//! and of what lies below one for each level that may have been the lowest to hold it.

use std::{cmp::Ordering, collections::HashSet};

use chrono::{DateTime, Utc};
use rules::{incidents as law, visits};
use uuid::Uuid;

use super::{
    acts::{Filled, Names, origin, role, severity, then, wire},
    ladder,
    model::{IncidentAhead, IncidentLine, IncidentQuery, IncidentsAhead, ListOrder, Scope, Then},
    rows,
    store::{self, Filter, Order, Whose},
};
use crate::{
    access::{Grant, Level, Lineage, Role, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::{
        paging::{Cursors, List, by_time, time_and_id},
        problem::{CURSOR_INVALID, Problem, Result},
    },
    places,
    policies::acts as policies,
};

type Row = ::entity::incident::Model;

/// A page of one of the viewer's lists.
pub async fn list(app: &App, viewer: &Viewer, query: &IncidentQuery) -> Result<List<IncidentLine>> {
    let (db, now) = (app.db.read(), app.clock.now());
    let page = query.page();
    let within = match query.place_id {
        Some(id) => Some(places::lineage(db, id).await?),
        None => None,
    };
    let cursors = Cursors::new(&app.vault, format!("incidents {:?}", query.whole()), viewer.person);
    let after = cursors.after(&page)?;
    let order = order(query, after.as_deref())?;
    let filter = Filter {
        under: within.as_ref().map(|place| (place.level, place.id)),
        level: query.level.map(Level::as_str),
        due_before: query.due_before.map(|before| before.with_timezone(&Utc)),
        assignee: query.assignee,
        categories: query.categories(),
        severity: query.severity.map(law::Severity::code),
        due_kind: query.due_kind.map(law::DueKind::code),
        late_at: query.overdue.then_some(now),
        coming: query.coming_before.map(|before| (now, before.with_timezone(&Utc))),
        reworked: query.reworked,
        urged: query.urged,
    };
    // Who reported something is not told who has it in hand.
    let tells = query.scope != Scope::Mine || query.assignee.is_none();
    let mut rows = Vec::new();
    for whose in whose(viewer, query.scope, within.as_ref()).into_iter().filter(|_| tells) {
        for status in statuses(query, order) {
            rows.extend(store::list(db, &whose, status, &filter, order, page.limit() + 1).await?);
        }
    }
    rows.sort_by(|a, b| in_order(order, a, b));
    rows.dedup_by_key(|row| row.id);
    rows.truncate(usize::try_from(page.limit() + 1).unwrap_or(101));
    let names = Names::of(db, rows.iter().flat_map(|row| [row.place_id, row.holder_place_id])).await?;
    let List { items, next_cursor } =
        cursors.page(rows, &page, |row| position(order, row), |row| line(&names, row, now));
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// How many incidents the first screen shows of each kind.
const AHEAD: u64 = 5;

/// What the first screen shows of incidents: the viewer's own open ones, the newest first, and those that wait for the
/// viewer's work, soonest due first. Seven queries, however many there are.
pub(crate) async fn ahead(app: &App, viewer: &Viewer) -> Result<(IncidentsAhead, IncidentsAhead)> {
    let (db, now) = (app.db.read(), app.clock.now());
    let (mine, mine_count) = store::open_of(db, viewer.person, AHEAD).await?;
    let posts = viewer.grants.iter().filter_map(|grant| {
        let role = law::Holder::from_code(grant.role.as_str())?;
        Some((grant.place.id, role.code()))
    });
    let (work, work_count) = store::waiting_for(db, &posts.collect::<Vec<_>>(), AHEAD).await?;
    let at: HashSet<Uuid> = mine.iter().chain(&work).map(|row| row.place_id).collect();
    let places = places::lineages(db, at).await?;
    let filled = Filled::of(db, places.values(), now).await?;
    let over = places.values().flat_map(|place| place.chain.iter().flatten().copied().chain([place.id]));
    let names = Names::of(db, over).await?;
    let keys: Vec<String> = mine.iter().chain(&work).map(|row| row.policy.clone()).collect();
    let policies = policies::held_to(db, keys.iter().map(String::as_str)).await?;
    let show = |row: Row| {
        let place =
            places.get(&row.place_id).ok_or_else(|| Problem::internal("an incident's place is gone"))?;
        let then = match (due_kind(&row)?, row.cluster_id) {
            (Some(due), _) => {
                let level = rows::level(&row.level)?;
                let policy = policies
                    .get(&row.policy)
                    .ok_or_else(|| Problem::internal("an incident's policy is gone"))?;
                then(&names, place, level, due, &filled.levels(place, row.household_id), policy)?
            }
            (None, Some(cluster_id)) => Then::Follows { cluster_id },
            (None, None) => return Err(Problem::internal("an open incident has no clock")),
        };
        Ok::<_, Problem>(IncidentAhead { incident: line(&names, row, now)?, then })
    };
    let some = |count, rows: Vec<Row>| {
        let items = rows.into_iter().map(show).collect::<Result<_>>()?;
        Ok::<_, Problem>(IncidentsAhead { count, items })
    };
    Ok((some(mine_count, mine)?, some(work_count, work)?))
}

/// What a post has open, by what it waits for; what is due before `soon` is counted apart.
pub(crate) async fn load(
    app: &App,
    place: Uuid,
    role: law::Holder,
    soon: DateTime<Utc>,
) -> Result<Vec<store::Load>> {
    Ok(store::load(app.db.read(), (place, role.code()), app.clock.now(), soon).await?)
}

/// People of one post who are told apart.
const PEOPLE: u64 = 100;
/// Posts within a complex that are told apart.
const POSTS: u64 = 500;

/// Who fills a post, and what it has open by whom it is given to.
pub(crate) async fn load_by_person(
    db: &impl Conn,
    (place, role): (Uuid, law::Holder),
    now: DateTime<Utc>,
    soon: DateTime<Utc>,
) -> Result<(Vec<Uuid>, Vec<store::InHands>)> {
    let post = (place, role.code());
    let people = store::people_at(db, post, now, PEOPLE).await?;
    Ok((people, store::load_by_person(db, post, now, soon).await?))
}

/// What the posts of a part of a complex, and of its own parts, have open; households have none.
pub(crate) async fn load_by_post(
    db: &impl Conn,
    place: &Lineage,
    highest: law::Level,
    times: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<store::AtPost>> {
    let from = |lowest: law::Level| {
        let levels = law::Level::ALL.iter().filter(move |level| (lowest..=highest).contains(level));
        levels.map(|level| level.code()).collect::<Vec<_>>()
    };
    let (lowest, levels) = (from(law::Level::Home), from(law::Level::Unit));
    Ok(store::load_by_post(db, (place.level, place.id), (&lowest, &levels), times, POSTS).await?)
}

/// The statuses that are walked, each by itself: no index has all that is open newest first, but each status has.
fn statuses(query: &IncidentQuery, order: Order) -> Vec<Option<&'static str>> {
    match (order, query.scope, query.state) {
        (Order::Newest(_), Scope::Held | Scope::Below, None) => {
            let open = law::Status::ALL.iter().filter(|status| !status.is_over());
            open.map(|status| Some(status.code())).collect()
        }
        (_, _, state) => vec![state.map(law::Status::code)],
    }
}

/// Work lists show what is open, soonest due first; what somebody reported comes newest first, unless the other order
/// is asked for. What is over is due no more.
fn order(query: &IncidentQuery, after: Option<&str>) -> Result<Order> {
    let usual = if query.scope == Scope::Mine { ListOrder::Newest } else { ListOrder::Due };
    let newest =
        query.state.is_some_and(law::Status::is_over) || query.order.unwrap_or(usual) == ListOrder::Newest;
    if newest {
        let after = after.map(|after| after.parse().map_err(|_| CURSOR_INVALID.plain())).transpose()?;
        return Ok(Order::Newest(after));
    }
    Ok(Order::SoonestDue(after.map(time_and_id).transpose()?))
}

fn position(order: Order, row: &Row) -> String {
    match (order, row.due_at) {
        (Order::SoonestDue(_), Some(due)) => by_time(due, row.id),
        _ => row.id.to_string(),
    }
}

fn in_order(order: Order, a: &Row, b: &Row) -> Ordering {
    match order {
        Order::SoonestDue(_) => (a.due_at, a.id).cmp(&(b.due_at, b.id)),
        Order::Newest(_) => b.id.cmp(&a.id),
    }
}

/// The index walks of a list.
fn whose(viewer: &Viewer, scope: Scope, within: Option<&Lineage>) -> Vec<Whose> {
    match scope {
        Scope::Mine => vec![Whose::ReportedBy(viewer.person)],
        Scope::Held => {
            let held = |grant: &Grant| {
                let role = law::Holder::from_code(grant.role.as_str())?;
                Some(Whose::HeldBy(grant.place.id, role.code()))
            };
            viewer.grants.iter().filter_map(held).collect()
        }
        Scope::Below => viewer.grants.iter().flat_map(|grant| below(grant, within)).collect(),
    }
}

/// What a grant lets somebody read on the ladder.
fn below(grant: &Grant, within: Option<&Lineage>) -> Vec<Whose> {
    let holder = law::Holder::from_code(grant.role.as_str());
    // Nothing lies below a household.
    let Some(holder) = holder.filter(|holder| *holder != law::Holder::Owner) else { return Vec::new() };
    let Some((level, id)) = under(grant, holder, within) else { return Vec::new() };
    let read = law::Level::ALL.iter().filter(|lowest| law::ladder::may_read(holder.level(), **lowest));
    read.map(|lowest| Whose::Under(level, id, lowest.code())).collect()
}

/// The place under which a grant lets somebody look, or the narrower one that was asked for; none where the two have
/// nothing in common.
fn under(grant: &Grant, holder: law::Holder, within: Option<&Lineage>) -> Option<(Level, Uuid)> {
    let reach = ladder::access_level(holder.level())?;
    let (level, id) = match grant.place.at(reach) {
        Some(id) => (reach, id),
        // Where the tree has no district, an administrator's own place stands in.
        None if grant.role == Role::Admin => (grant.place.level, grant.place.id),
        None => return None,
    };
    let Some(within) = within else { return Some((level, id)) };
    if within.at(level) == Some(id) {
        // A home has no index of its own: its unit's, building's or complex's leads there.
        let mut lowest = Level::ALL.into_iter().rev().filter(|level| *level != Level::Home);
        return lowest.find_map(|level| Some((level, within.at(level)?)));
    }
    (grant.place.at(within.level) == Some(within.id)).then_some((level, id))
}

fn due_kind(row: &Row) -> Result<Option<law::DueKind>> {
    let kind = |kind| {
        law::DueKind::from_code(kind).ok_or_else(|| Problem::internal("an incident's clock has no kind"))
    };
    row.due_kind.as_deref().map(kind).transpose()
}

fn line(names: &Names, row: Row, now: DateTime<Utc>) -> Result<IncidentLine> {
    let count = |number: i32| u32::try_from(number).map_err(Problem::internal);
    let due_kind = due_kind(&row)?;
    let answer = rows::answer(&row)?;
    Ok(IncidentLine {
        id: row.id,
        place: names.place(row.place_id)?,
        severity: severity(&row)?,
        origin: origin(&row)?,
        status: law::Status::from_code(&row.status).ok_or_else(|| Problem::internal("no such status"))?,
        level: wire(rows::level(&row.level)?)?,
        held_at: names.place(row.holder_place_id)?,
        role: role(&row.holder_role)?,
        due_at: row.due_at.map(local),
        due_kind,
        appointment: rows::comes(&row)?.filter(|comes| now < comes.to).map(Into::into),
        climbs: count(row.climbs)?,
        urges: count(row.urges)?,
        resolved: answer.map(|answer| answer.resolved),
        satisfaction: answer.and_then(|answer| answer.opinion.satisfaction),
        reported_at: local(row.reported_at),
        version: row.version,
        category: row.category,
    })
}

/// What is open somewhere, as whoever plans a visit looks at it.
pub(crate) struct Open {
    pub id: Uuid,
    pub place: Uuid,
    pub matter: visits::Matter,
}

/// Open incidents looked at for one plan of visits, of each walk.
const LOOKED_AT: u64 = 200;

/// What is open at or under a place and the viewer's to read, soonest due first.
pub(crate) async fn open_under(app: &App, viewer: &Viewer, place: &Lineage) -> Result<Vec<Open>> {
    let filter = Filter { under: Some((place.level, place.id)), ..Filter::default() };
    let (order, mut rows) = (Order::SoonestDue(None), Vec::new());
    for whose in whose(viewer, Scope::Below, Some(place)) {
        rows.extend(store::list(app.db.read(), &whose, None, &filter, order, LOOKED_AT).await?);
    }
    rows.sort_by(|a, b| in_order(order, a, b));
    rows.dedup_by_key(|row| row.id);
    let open = |row: Row| {
        let climbs = matches!(due_kind(&row)?, Some(law::DueKind::Contact | law::DueKind::Handle));
        let matter = visits::Matter {
            climbs_at: row.due_at.filter(|_| climbs),
            rework: u32::try_from(row.rework).map_err(Problem::internal)?,
        };
        Ok(Open { id: row.id, place: row.place_id, matter })
    };
    rows.into_iter().map(open).collect()
}
