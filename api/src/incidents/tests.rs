//! Stories of one complex on a database of its own.

use std::{path::PathBuf, sync::Arc};

use chrono::TimeDelta;
use rules::incidents as law;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use uuid::Uuid;

use super::{acts, auditing, clockwork, lists, model::*};
use crate::{
    access::{Level, Lineage, Role, Viewer},
    app::App,
    http::problem::Result,
    identity,
    places::{self, NewPlace},
    record,
    start::for_a_test,
};

/// A small complex with somebody at every level but the building and the district.
struct World {
    app: Arc<App>,
    folder: PathBuf,
    home: Lineage,
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

const PEOPLE: [(u128, Role, Level); 6] = [
    (1, Role::Owner, Level::Home),
    (2, Role::UnitLeader, Level::Unit),
    (3, Role::PropertyManager, Level::Complex),
    (4, Role::CommunityOfficer, Level::Community),
    (5, Role::StreetOfficer, Level::Street),
    (6, Role::Owner, Level::Complex),
];
const RESIDENT: u128 = 1;
const LEADER: u128 = 2;
const PROPERTY: u128 = 3;
const COMMUNITY: u128 = 4;
const STREET: u128 = 5;
const NEIGHBOUR: u128 = 6;

impl World {
    async fn new(name: &str) -> Self {
        let (app, folder) = for_a_test(&format!("incidents-{name}")).await;
        let home = app
            .write(async |tx| {
                let mut place: Option<Lineage> = None;
                for level in Level::ALL {
                    let made =
                        places::ensure(tx, place.as_ref(), NewPlace { level, name: level.as_str() }).await?;
                    place = Some(made);
                }
                let home = place.unwrap();
                for (person, role, level) in PEOPLE {
                    let grant = ::entity::role_grant::Model {
                        id: tx.id(),
                        person_id: Uuid::from_u128(person),
                        place_id: home.at(level).unwrap(),
                        complex_id: home.at(Level::Complex),
                        role: role.as_str().into(),
                        owner_id: None,
                        ground: None,
                        starts_at: tx.now,
                        ends_at: None,
                        granted_by: None,
                        revoked_at: None,
                        version: 1,
                    };
                    ::entity::role_grant::Entity::insert(grant.into_active_model())
                        .exec_without_returning(tx.conn())
                        .await?;
                }
                Ok(home)
            })
            .await
            .unwrap();
        Self { app, folder, home }
    }

    async fn viewer(&self, person: u128) -> Viewer {
        let person = Uuid::from_u128(person);
        Viewer { person, grants: identity::grants_of(&self.app, person).await.unwrap() }
    }

    async fn report(&self, category: &str) -> Incident {
        self.report_at(Level::Unit, category).await
    }

    async fn report_at(&self, level: Level, category: &str) -> Incident {
        self.report_by(RESIDENT, level, category, None).await
    }

    async fn report_by(&self, person: u128, level: Level, category: &str, joins: Option<Uuid>) -> Incident {
        let request = ReportIncident {
            place_id: self.home.at(level).unwrap(),
            category: category.into(),
            description: "电梯停在一楼".into(),
            photo_ids: Vec::new(),
            joins,
            recurrence_of: None,
        };
        let viewer = self.viewer(person).await;
        self.app
            .write(async |tx| acts::report(&self.app, &viewer, tx, &request, law::Origin::Resident).await)
            .await
            .unwrap()
    }

    async fn read(&self, person: u128, id: Uuid) -> Result<Incident> {
        acts::read(&self.app, &self.viewer(person).await, id).await
    }

    async fn climb(&self, person: u128, id: Uuid, reason: law::HandReason) -> Result<Incident> {
        let viewer = self.viewer(person).await;
        let request = ClimbIncident { reason, words: "需要上级处理".into() };
        self.app.write(async |tx| acts::climb(&self.app, &viewer, tx, id, &request).await).await
    }

    async fn acknowledge(&self, person: u128, id: Uuid) -> Result<Incident> {
        let viewer = self.viewer(person).await;
        self.app.write(async |tx| acts::acknowledge(&self.app, &viewer, tx, id).await).await
    }

    async fn pause(&self, person: u128, id: Uuid) -> Result<Incident> {
        let viewer = self.viewer(person).await;
        let (reason, words) = (law::PauseReason::AwaitingParts, "已订货".to_owned());
        let request = PauseIncident { reason, words, until: None };
        self.app.write(async |tx| acts::pause(&self.app, &viewer, tx, id, &request).await).await
    }

    async fn handle(&self, person: u128, id: Uuid) -> Result<Incident> {
        let viewer = self.viewer(person).await;
        let request =
            HandleIncident { words: "已处理".into(), before_photo_ids: Vec::new(), photo_ids: Vec::new() };
        self.app.write(async |tx| acts::handle(&self.app, &viewer, tx, id, &request).await).await
    }

    async fn send_back(&self, id: Uuid) -> Result<Incident> {
        let viewer = self.viewer(RESIDENT).await;
        let request = ReturnIncident { reason: "没有解决".into(), satisfaction: None, because: None };
        self.app.write(async |tx| acts::send_back(&self.app, &viewer, tx, id, &request).await).await
    }

    /// The next version of what a place says of every matter.
    async fn publish(&self, level: Level, says: serde_json::Value) {
        let place_id = self.home.at(level).unwrap();
        let version = ::entity::policy_version::Model {
            complex_id: if level == Level::Complex { place_id } else { Uuid::nil() },
            id: self.app.ids.next(),
            place_id,
            scope: "*".into(),
            version: 1,
            says: says.to_string(),
            published_as: Role::Admin.as_str().into(),
            published_at: self.app.clock.now(),
        };
        let insert = ::entity::policy_version::Entity::insert(version.into_active_model());
        let done = async |tx: &crate::database::Tx| {
            Ok(insert.exec_without_returning(tx.conn()).await.map(|_| ())?)
        };
        self.app.write(done).await.unwrap();
    }

    /// Takes these people's roles back now.
    async fn dismiss(&self, people: &[u128]) {
        let revoked_at = Set(Some(self.app.clock.now()));
        self.change_grants(people, ::entity::role_grant::ActiveModel { revoked_at, ..Default::default() })
            .await;
    }

    async fn change_grants(&self, people: &[u128], change: ::entity::role_grant::ActiveModel) {
        let people = people.iter().map(|person| Uuid::from_u128(*person));
        let update = ::entity::role_grant::Entity::update_many()
            .set(change)
            .filter(::entity::role_grant::Column::PersonId.is_in(people));
        self.app.write(async |tx| Ok(update.exec(tx.conn()).await.map(|_| ())?)).await.unwrap();
    }

    /// What the record shows somebody of incidents.
    async fn told(&self, person: u128) -> Vec<String> {
        while record::sequence(&self.app).await.unwrap() > 0 {}
        let query =
            record::model::ChangesQuery { place_id: self.home.at(Level::Complex), cursor: None, wait: None };
        let changes = record::acts::changes(&self.app, &self.viewer(person).await, &query).await.unwrap();
        let kinds = changes.items.into_iter().map(|change| change.kind);
        kinds.filter(|kind| kind.starts_with("INCIDENT_")).collect()
    }

    async fn list(
        &self,
        person: u128,
        scope: Scope,
        limit: u32,
        cursor: Option<String>,
    ) -> (Vec<Uuid>, Option<String>) {
        let query = IncidentQuery { scope, limit: Some(limit), cursor, ..IncidentQuery::default() };
        let list = lists::list(&self.app, &self.viewer(person).await, &query).await.unwrap();
        (list.items.iter().map(|line| line.id).collect(), list.next_cursor)
    }

    fn later(&self, seconds: i64) {
        self.app.clock.advance(TimeDelta::seconds(seconds));
    }

    async fn sql(&self, sql: &str) {
        self.app.write(async |tx| Ok(tx.conn().execute_unprepared(sql).await.map(|_| ())?)).await.unwrap();
    }
}

fn holder(incident: &Incident) -> Level {
    incident.holder.as_ref().unwrap().level
}

#[actix_web::test]
async fn a_clock_that_runs_out_climbs_once_however_many_sweep() {
    let world = World::new("once").await;
    let mut ids = Vec::new();
    for _ in 0..60 {
        ids.push(world.report("ELEVATOR_FAULT").await.id);
    }
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), 0, "nothing is due");
    for (level, climbs) in [(Level::Complex, 1), (Level::Community, 2), (Level::Street, 3)] {
        world.later(1800);
        let (a, b, c) = tokio::join!(
            clockwork::tick(&world.app),
            clockwork::tick(&world.app),
            clockwork::tick(&world.app)
        );
        assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), ids.len());
        for id in &ids {
            let incident = world.read(RESIDENT, *id).await.unwrap();
            assert_eq!((holder(&incident), incident.climbs), (level, climbs));
            assert_eq!(incident.tenures.iter().filter(|tenure| tenure.exited_at.is_none()).count(), 1);
        }
    }
    world.later(1800);
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), ids.len());
    let loud = world.read(RESIDENT, ids[0]).await.unwrap();
    assert_eq!((holder(&loud), loud.climbs, loud.tenures.last().unwrap().shouts), (Level::Street, 3, 1));
    let events = ::entity::event::Entity::find().count(world.app.db.read()).await.unwrap();
    assert_eq!(events, 60 * 5, "one event a move");
}

#[actix_web::test]
async fn an_incident_that_lost_its_clock_or_its_holder_gets_both_back() {
    let world = World::new("mend").await;
    let id = world.report("ELEVATOR_FAULT").await.id;
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 0);
    let before = world.read(RESIDENT, id).await.unwrap().holder.unwrap().due_at;
    world.sql("UPDATE incident SET due_at = NULL, due_kind = NULL").await;
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 1);
    let mended = world.read(RESIDENT, id).await.unwrap();
    assert_eq!(mended.holder.as_ref().unwrap().due_at, before, "the tenure knew it");
    world.sql("UPDATE tenure SET exited_at = entered_at, exit = 'CLIMBED_BY_HAND'").await;
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 1);
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 0);
    let mended = world.read(RESIDENT, id).await.unwrap();
    assert_eq!((holder(&mended), mended.tenures.len()), (Level::Unit, 2));
    world.later(1800);
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), 1);
    assert_eq!(holder(&world.read(RESIDENT, id).await.unwrap()), Level::Complex);

    // What stood still goes on with whoever has it then, from the beginning.
    world.acknowledge(PROPERTY, id).await.unwrap();
    world.pause(PROPERTY, id).await.unwrap();
    world
        .sql("UPDATE tenure SET exited_at = entered_at, exit = 'CLIMBED_BY_HAND' WHERE exited_at IS NULL")
        .await;
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 1);
    let mended = world.read(RESIDENT, id).await.unwrap();
    assert_eq!((mended.status, holder(&mended)), (law::Status::InProgress, Level::Complex));
    world.acknowledge(PROPERTY, id).await.unwrap();
    world.pause(PROPERTY, id).await.unwrap();
}

#[actix_web::test]
async fn what_an_incident_says_otherwise_than_its_tenure_is_put_right() {
    let world = World::new("stray").await;
    let id = world.report("ELEVATOR_FAULT").await.id;
    let before = world.read(RESIDENT, id).await.unwrap();
    for damage in [
        "acts_at = NULL",
        "acts_at = '2099-01-01T00:00:00+00:00'",
        "level = 'STREET'",
        "holder_role = 'STREET_OFFICER'",
        "tenure_seq = 7",
        "due_at = '2099-01-01T00:00:00+00:00'",
    ] {
        world.sql(&format!("UPDATE incident SET {damage}")).await;
        assert_eq!(auditing::audit(&world.app).await.unwrap(), 1, "{damage}");
        assert_eq!(auditing::audit(&world.app).await.unwrap(), 0, "{damage}");
        let mended = world.read(RESIDENT, id).await.unwrap();
        let due = |incident: &Incident| incident.holder.as_ref().unwrap().due_at;
        assert_eq!((holder(&mended), due(&mended)), (holder(&before), due(&before)), "{damage}");
    }
    // What nobody can put right is told and left as it is.
    world.sql("UPDATE incident SET status = 'AWAIT_CONFIRM'").await;
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 0);
    world.sql("UPDATE incident SET status = 'SUBMITTED'").await;

    // What was due long ago, and nobody swept, the auditor sweeps.
    world.later(1800 + 299);
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 0, "the sweep has minutes for it");
    world.later(2);
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 1);
    assert_eq!(holder(&world.read(RESIDENT, id).await.unwrap()), Level::Complex);
}

#[actix_web::test]
async fn the_auditor_goes_on_where_it_stopped_and_begins_again_at_the_end() {
    let world = World::new("round").await;
    for _ in 0..5 {
        world.report("ELEVATOR_FAULT").await;
    }
    for _ in 0..2 {
        world.sql("UPDATE tenure SET exited_at = entered_at, exit = 'CLIMBED_BY_HAND'").await;
        let mut mended = Vec::new();
        // What is mended is due later, and met again before the end.
        for _ in 0..8 {
            mended.push(auditing::audit_some(&world.app, 1, 2).await.unwrap());
        }
        assert!(mended.iter().all(|some| *some <= 2) && mended.iter().sum::<usize>() == 5, "{mended:?}");
    }
}

#[actix_web::test]
async fn who_may_make_it_climb_depends_on_the_reason() {
    use law::HandReason::{ByHand, Dissatisfied, OfficerPull, OutOfScope, ResidentRequest};
    let world = World::new("climb").await;
    let id = world.report("ELEVATOR_FAULT").await.id;
    let name = |result: Result<Incident>| result.unwrap_err().code.name;
    assert_eq!(name(world.climb(NEIGHBOUR, id, ResidentRequest).await), "NOT_FOUND");
    assert_eq!(name(world.climb(RESIDENT, id, ByHand).await), "NOT_ALLOWED");
    assert_eq!(name(world.climb(PROPERTY, id, OutOfScope).await), "NOT_ALLOWED", "it does not hold it yet");
    assert_eq!(name(world.climb(PROPERTY, id, Dissatisfied).await), "NOT_ALLOWED");
    let pulled = world.climb(COMMUNITY, id, OfficerPull).await.unwrap();
    assert_eq!(holder(&pulled), Level::Community, "straight to who takes it");
    assert_eq!(name(world.climb(PROPERTY, id, OfficerPull).await), "NOT_ALLOWED", "it stands below");
    let asked = world.climb(RESIDENT, id, ResidentRequest).await.unwrap();
    assert_eq!(holder(&asked), Level::Street);
    assert_eq!(name(world.climb(STREET, id, OutOfScope).await), "NOBODY_ABOVE");
    assert_eq!(
        asked.tenures.iter().map(|tenure| tenure.entered_by).collect::<Vec<_>>(),
        [law::EnteredBy::Report, law::EnteredBy::OfficerPull, law::EnteredBy::ResidentRequest]
    );
}

#[actix_web::test]
async fn an_incident_keeps_the_policy_of_its_report() {
    let world = World::new("policy").await;
    let before = world.report("ELEVATOR_FAULT").await;
    let minute = serde_json::json!({ "unit": "URGENT_MINUTES", "amount": 1 });
    world.publish(Level::Street, serde_json::json!({ "every": { "first_contact": minute } })).await;
    let after = world.report("ELEVATOR_FAULT").await;
    let minutes = |incident: Incident| {
        let holder = incident.holder.unwrap();
        (holder.due_at - holder.since).num_minutes()
    };
    let id = before.id;
    assert_eq!((minutes(before), minutes(after)), (30, 1));
    world.later(1800);
    clockwork::tick(&world.app).await.unwrap();
    assert_eq!(minutes(world.read(RESIDENT, id).await.unwrap()), 30, "on the next level too");
}

#[actix_web::test]
async fn what_is_counted_carries_it_up_one_level() {
    let world = World::new("counts").await;
    let climbs = serde_json::json!({
        "households": { "at_least": 2, "within_days": 7 },
        "rework": { "at_least": 2 },
    });
    world.publish(Level::Complex, serde_json::json!({ "every": { "climbs": climbs } })).await;
    let first = world.report("ELEVATOR_FAULT").await;
    assert_eq!(holder(&first), Level::Unit);
    world.report_by(NEIGHBOUR, Level::Unit, "ELEVATOR_FAULT", Some(first.id)).await;
    let up = world.read(RESIDENT, first.id).await.unwrap();
    assert_eq!((holder(&up), up.climbs), (Level::Complex, 1), "the complex has the same condition");
    assert_eq!(up.tenures[0].exit.unwrap().code(), "CLIMBED_BY_COUNT");
    assert_eq!(up.tenures[1].entered_by.code(), "VOLUME");
    let service = world.report("PROPERTY_SERVICE").await.id;
    world.acknowledge(PROPERTY, service).await.unwrap();
    for (times, level) in [(1, Level::Complex), (2, Level::Community)] {
        world.handle(PROPERTY, service).await.unwrap();
        let back = world.send_back(service).await.unwrap();
        assert_eq!((holder(&back), back.rework), (level, times));
    }
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), 0);
}

#[actix_web::test]
async fn pages_of_a_work_list_show_everything_once_soonest_due_first() {
    let world = World::new("lists").await;
    let mut due = Vec::new();
    for category in ["ELEVATOR_FAULT", "HOME_SEEPAGE", "ELEVATOR_FAULT", "EBIKE_CHARGING", "HOME_SEEPAGE"] {
        let incident = world.report(category).await;
        due.push((incident.holder.unwrap().due_at, incident.id));
    }
    due.sort_unstable();
    let wanted: Vec<Uuid> = due.into_iter().map(|(_, id)| id).collect();
    for (person, scope) in [(PROPERTY, Scope::Below), (STREET, Scope::Below)] {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let (ids, next) = world.list(person, scope, 2, cursor).await;
            assert!(ids.len() <= 2);
            seen.extend(ids);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, wanted);
    }
    assert_eq!(world.list(RESIDENT, Scope::Below, 10, None).await.0, Vec::<Uuid>::new());
    assert_eq!(world.list(NEIGHBOUR, Scope::Mine, 10, None).await.0, Vec::<Uuid>::new());
    assert_eq!(world.list(RESIDENT, Scope::Mine, 10, None).await.0.len(), 5);
    assert_eq!(world.list(PROPERTY, Scope::Held, 10, None).await.0.len(), 1, "nobody leads the building");
    assert_eq!(world.home.level, Level::Home);
}

#[actix_web::test]
async fn nobody_below_where_it_entered_learns_of_an_incident() {
    for category in ["COMMITTEE_DISPUTE", "VULNERABLE_PERSON"] {
        let world = World::new(&format!("private-{}", category.to_lowercase())).await;
        let id = world.report(category).await.id;
        assert_eq!(holder(&world.read(RESIDENT, id).await.unwrap()), Level::Community);
        for outsider in [LEADER, PROPERTY, NEIGHBOUR] {
            assert_eq!(world.read(outsider, id).await.unwrap_err().code.name, "NOT_FOUND");
            assert_eq!(world.acknowledge(outsider, id).await.unwrap_err().code.name, "NOT_FOUND");
            let pulled = world.climb(outsider, id, law::HandReason::OfficerPull).await;
            assert_eq!(pulled.unwrap_err().code.name, "NOT_FOUND");
            let viewer = world.viewer(outsider).await;
            assert_eq!(
                acts::beholder(world.app.db.read(), &viewer, id).await.unwrap(),
                None,
                "nor its photos"
            );
            assert_eq!(world.list(outsider, Scope::Below, 10, None).await.0, Vec::<Uuid>::new());
            assert_eq!(world.told(outsider).await, Vec::<String>::new());
        }
        for watcher in [COMMUNITY, STREET] {
            assert_eq!(world.read(watcher, id).await.unwrap().description, "电梯停在一楼");
            assert_eq!(world.list(watcher, Scope::Below, 10, None).await.0, [id]);
            assert_eq!(world.told(watcher).await, ["INCIDENT_REPORTED"]);
        }
        let closed = world.climb(COMMUNITY, id, law::HandReason::OutOfScope).await.unwrap();
        assert_eq!(holder(&closed), Level::Street);
        assert_eq!(world.told(COMMUNITY).await.len(), 2, "who held it still sees it");
        assert!(world.told(PROPERTY).await.is_empty());
    }
}

#[actix_web::test]
async fn whoever_stands_above_the_holder_watches_what_may_come() {
    let world = World::new("watch").await;
    let id = world.report("ELEVATOR_FAULT").await.id;
    for watcher in [LEADER, PROPERTY, COMMUNITY, STREET] {
        world.read(watcher, id).await.unwrap();
        assert_eq!(world.list(watcher, Scope::Below, 10, None).await.0, [id]);
        assert_eq!(world.told(watcher).await, ["INCIDENT_REPORTED"]);
    }
    let pipe = world.report("BURST_PIPE").await.id;
    assert_eq!(world.read(LEADER, pipe).await.unwrap_err().code.name, "NOT_FOUND");
    assert_eq!(world.list(LEADER, Scope::Below, 10, None).await.0, [id]);
    assert_eq!(world.list(PROPERTY, Scope::Below, 10, None).await.0, [pipe, id]);
}

#[actix_web::test]
async fn an_incident_leaves_a_post_that_nobody_fills_any_more() {
    let world = World::new("empty").await;
    let id = world.report("PROPERTY_SERVICE").await.id;
    world.acknowledge(PROPERTY, id).await.unwrap();
    world.dismiss(&[PROPERTY]).await;
    let (a, b, c) =
        tokio::join!(clockwork::tick(&world.app), auditing::audit(&world.app), clockwork::tick(&world.app));
    assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 1, "once, however many look");
    let moved = world.read(RESIDENT, id).await.unwrap();
    assert_eq!((holder(&moved), moved.climbs, moved.status), (Level::Community, 1, law::Status::InProgress));
    assert_eq!(moved.tenures[0].exit.unwrap().code(), "EMPTY_POST");
    assert_eq!(moved.tenures[1].entered_by.code(), "EMPTY_POST");
    assert_eq!(moved.holder.unwrap().due_kind, law::DueKind::Contact);
    world.acknowledge(COMMUNITY, id).await.unwrap();
    assert_eq!(clockwork::tick(&world.app).await.unwrap() + auditing::audit(&world.app).await.unwrap(), 0);
}

#[actix_web::test]
async fn a_role_that_ends_by_itself_leaves_no_incident_behind() {
    let world = World::new("ends").await;
    let id = world.report("PROPERTY_SERVICE").await.id;
    let ends_at = Set(Some(world.app.clock.now() + TimeDelta::seconds(60)));
    world
        .change_grants(&[PROPERTY], ::entity::role_grant::ActiveModel { ends_at, ..Default::default() })
        .await;
    world.later(59);
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), 0);
    world.later(1);
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), 1);
    assert_eq!(holder(&world.read(RESIDENT, id).await.unwrap()), Level::Community);
    // One that ended while nobody looked is found by the auditor.
    world.dismiss(&[COMMUNITY]).await;
    world.later(3600);
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), 0);
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 1);
    assert_eq!(holder(&world.read(RESIDENT, id).await.unwrap()), Level::Street);
}

#[actix_web::test]
async fn what_is_sent_back_to_an_empty_post_goes_to_whoever_is_there() {
    let world = World::new("returned").await;
    let id = world.report("PROPERTY_SERVICE").await.id;
    world.acknowledge(PROPERTY, id).await.unwrap();
    world.handle(PROPERTY, id).await.unwrap();
    world.dismiss(&[PROPERTY]).await;
    assert_eq!(clockwork::tick(&world.app).await.unwrap(), 0, "the reporter has the word");
    let back = world.send_back(id).await.unwrap();
    assert_eq!((holder(&back), back.status, back.rework), (Level::Community, law::Status::InProgress, 1));
    assert_eq!(back.tenures[1].entered_by.code(), "EMPTY_POST");
    world.acknowledge(COMMUNITY, id).await.unwrap();
}

#[actix_web::test]
async fn what_nobody_could_hold_comes_down_as_soon_as_somebody_is_there() {
    let world = World::new("nobody").await;
    world.dismiss(&[PROPERTY, COMMUNITY, STREET]).await;
    let pipe = world.report_at(Level::Complex, "BURST_PIPE").await;
    let dispute = world.report_at(Level::Complex, "COMMITTEE_DISPUTE").await;
    assert_eq!((holder(&pipe), holder(&dispute)), (Level::District, Level::District));
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 0);
    let revoked_at = Set(None);
    let back = ::entity::role_grant::ActiveModel { revoked_at, ..Default::default() };
    world.change_grants(&[PROPERTY], back).await;
    assert_eq!(auditing::audit(&world.app).await.unwrap(), 1);
    let pipe = world.acknowledge(PROPERTY, pipe.id).await.unwrap();
    assert_eq!((holder(&pipe), pipe.climbs), (Level::Complex, 0));
    // What may be about those who work in the complex waits for an office.
    assert_eq!(world.read(PROPERTY, dispute.id).await.unwrap_err().code.name, "NOT_FOUND");
    assert_eq!(holder(&world.read(RESIDENT, dispute.id).await.unwrap()), Level::District);
}
