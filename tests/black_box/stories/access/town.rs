//! A place in every relation to one home, and somebody in every role in every relation to it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::TimeDelta;
use entity::ownership;
use linli::{
    access::{Level, Lineage, Relation, Role},
    app::App,
    clock::local,
    config::Config,
    identity::acts::appoint,
    places::{self, NewPlace},
    roll, sessions,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    phone::Phone,
    stories::{mirror::system, neighbours::until_it_is},
    world::World,
};

/// The roll of the home's complex: four homes, four heads.
pub const ROLL: &str = "楼栋,单元,房号,建筑面积(㎡),业主姓名,证件号码,联系电话,交付状态\n\
    1号楼,1单元,101,89.34,苏勇桂,999999195310234509,15405555045,已交付\n\
    1号楼,1单元,102,60.21,叶凤,999999198812108725,15428069235,已交付\n\
    1号楼,2单元,101,89.34,魏怡建,999999197003093709,15437821299,已交付\n\
    2号楼,1单元,101,118.47,周霞,999999195407025180,15467535499,已交付\n";

/// Names down to each home, from the district on, in the order of [`Relation::ALL`]: each leaves the first one's way a
/// level higher than the one before.
const WAYS: [[&str; 7]; 8] = [
    ["一区", "一街道", "一社区", "一小区", "1号楼", "1单元", "101"],
    ["一区", "一街道", "一社区", "一小区", "1号楼", "1单元", "102"],
    ["一区", "一街道", "一社区", "一小区", "1号楼", "2单元", "101"],
    ["一区", "一街道", "一社区", "一小区", "2号楼", "1单元", "101"],
    ["一区", "一街道", "一社区", "二小区", "1号楼", "1单元", "101"],
    ["一区", "一街道", "二社区", "三小区", "1号楼", "1单元", "101"],
    ["一区", "二街道", "三社区", "四小区", "1号楼", "1单元", "101"],
    ["二区", "三街道", "四社区", "五小区", "1号楼", "1单元", "101"],
];

/// How long the town lives before anybody walks.
/// A month that was the present one then is closed by now.
const DAYS: i64 = 40;

/// Somebody who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    pub phone: Phone,
    /// The one role that they have, and where.
    pub office: Option<(Role, Lineage)>,
    who: String,
}

impl Caller {
    pub fn without_office(who: &str, phone: Phone) -> Self {
        Self { phone, office: None, who: who.to_owned() }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.who)
    }
}

/// The town, with everybody signed in.
pub struct Town {
    /// The service's own acts on the same database, for what no operation does: places, the roll, the first officers.
    pub app: Arc<App>,
    /// From the home up to its district, by level.
    pub home: BTreeMap<Level, Lineage>,
    pub callers: Vec<Caller>,
    /// The community officer who prepared the polls.
    pub officer: Phone,
    pub open_poll: String,
    /// Another one that is open, in which owners have others cast for them.
    pub mandated_poll: String,
    /// Voting is over; two of the same.
    pub closed_polls: [String; 2],
    /// Whose votes are cast in a city's system, and are over.
    pub mirrored_polls: [String; 2],
    /// Voting is over, and it waits for the paper that was given out.
    pub waiting_poll: String,
    /// The month in which two incidents of the home's unit were reported; it is closed by now.
    pub reported_in: String,
}

impl Town {
    pub async fn settle(world: &World) -> Self {
        let app = on_the_same_data(world).await;
        let complex = places(&app, &[&WAYS[0][..4]]).await.remove(0);
        import_roll(&app, &complex[&Level::Complex]).await;
        let ways = places(&app, &WAYS.each_ref().map(|way| &way[..])).await;
        let home = ways[0].clone();
        let officer = signed_in(world, "o-access-officer").await;
        let role = (Role::CommunityOfficer, home[&Level::Community].clone());
        put_into_office(&app, &officer, &role, None).await;
        let in_days = |days| json!(local(app.clock.now() + TimeDelta::days(days)));
        let poll = async |opens: Value, closes| {
            locked_motion(&officer, &home[&Level::Complex], &opens, &in_days(closes)).await
        };
        let opens = in_days(17);
        let open_poll = poll(opens.clone(), 55).await;
        let mandated_poll = poll(opens.clone(), 55).await;
        let closed_polls = [poll(opens.clone(), 23).await, poll(opens.clone(), 23).await];
        let elsewhere = async || {
            let ends = in_days(23);
            let poll = motion_of(&officer, &home[&Level::Complex], (&opens, &ends), Some(system())).await;
            officer.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
            poll
        };
        let mirrored_polls = [elsewhere().await, elsewhere().await];
        let waiting_poll = poll(opens.clone(), 23).await;
        let paper = json!({ "home_ids": [home[&Level::Home].id] });
        officer.post(&format!("/v1/polls/{waiting_poll}/papers"), &paper).await.ok();
        let ended = in_days(1);
        let reported_in = local(app.clock.now()).format("%Y-%m").to_string();
        report_two(world, &app, &home).await;
        let granter = signed_in(world, "o-access-granter").await;
        let grants = (Role::Admin, home[&Level::District].clone());
        let grants = put_into_office(&app, &granter, &grants, None).await;
        for (number, (role, level)) in OFFICES.iter().enumerate() {
            for (kind, ends_at) in [("ended", Some(&ended)), ("revoked", None)] {
                let phone = signed_in(world, &format!("o-access-{kind}-{number}")).await;
                let path = format!("/v1/places/{}/roles", home[level].id);
                let mut grant = json!({ "person_id": phone.person, "role": role.as_str() });
                if let Some(ends_at) = ends_at {
                    grant["ends_at"] = ends_at.clone();
                }
                let granted = granter.post(&path, &grant).await.ok();
                if ends_at.is_none() {
                    let id = granted["id"].as_str().expect("an id");
                    granter.delete(&format!("/v1/roles/{id}")).await.ok();
                }
            }
        }
        granter.delete(&format!("/v1/roles/{grants}")).await.ok();
        world.advance_clock(u64::try_from(DAYS * 86_400).expect("a length of time")).await;
        app.clock.advance(TimeDelta::days(DAYS));
        let officer = signed_in(world, "o-access-officer").await;
        for poll in &closed_polls {
            until_it_is(&officer, poll, "CLOSED").await;
        }
        let callers = callers(world, &app, &ways).await;
        Self {
            app,
            home,
            callers,
            officer,
            open_poll,
            mandated_poll,
            closed_polls,
            mirrored_polls,
            waiting_poll,
            reported_in,
        }
    }

    pub fn place(&self, level: Level) -> &Lineage {
        &self.home[&level]
    }

    /// Who has this role in this relation to the home.
    pub fn caller(&self, role: Role, relation: Relation) -> &Caller {
        let name = name(role, relation);
        self.callers.iter().find(|caller| caller.who == name).expect("everybody is there")
    }

    /// Whoever owns another home owns the first one too, and somebody is that owner there.
    pub async fn own_too(&self, phone: &Phone, other: &Lineage) {
        let home = &self.home[&Level::Home];
        let complex_id = home.at(Level::Complex).expect("a complex");
        let owned = |id| ownership::Entity::find().filter(ownership::Column::HomeId.eq(id));
        let share = self.app.write(async |tx| {
            let share = owned(other.id).one(tx.conn()).await?.expect("an owner");
            let share = ownership::Model { complex_id, home_id: home.id, ordinal: 1, ..share };
            let new = share.clone().into_active_model();
            ownership::Entity::insert(new).exec_without_returning(tx.conn()).await?;
            Ok(share)
        });
        let share = share.await.expect("the share is written");
        put_into_office(&self.app, phone, &(Role::Owner, home.clone()), Some(share.owner_id)).await;
    }

    /// Gives somebody a role at the home; its id.
    pub async fn appoint(&self, phone: &Phone, role: Role, level: Level) -> Uuid {
        put_into_office(&self.app, phone, &(role, self.home[&level].clone()), None).await
    }
}

/// Roles that end or are taken back, and their level.
const OFFICES: [(Role, Level); 8] = [
    (Role::UnitLeader, Level::Unit),
    (Role::BuildingLeader, Level::Building),
    (Role::PropertyManager, Level::Complex),
    (Role::Preparer, Level::Complex),
    (Role::CommitteeMember, Level::Complex),
    (Role::CommunityOfficer, Level::Community),
    (Role::StreetOfficer, Level::Street),
    (Role::Admin, Level::District),
];

fn name(role: Role, relation: Relation) -> String {
    format!("{} ({relation})", role.as_str())
}

async fn on_the_same_data(world: &World) -> Arc<App> {
    let files = world.data.folder.join("files");
    let set = [
        "env=test".to_owned(),
        format!("database_url={}", world.data.database_url),
        format!("files_dir={}", files.display()),
        "database_connections=2".to_owned(),
    ];
    let config = Config::load(None, std::iter::empty(), &set).expect("a configuration");
    linli::start::start(config).await.expect("it starts beside the service")
}

/// The places on each way down, made where they are not there yet.
async fn places(app: &App, ways: &[&[&str]]) -> Vec<BTreeMap<Level, Lineage>> {
    app.write(async |tx| {
        let mut found = Vec::new();
        for names in ways {
            let mut way: BTreeMap<Level, Lineage> = BTreeMap::new();
            let mut above: Option<Lineage> = None;
            for (level, name) in Level::ALL.into_iter().zip(*names) {
                let place = places::ensure(tx, above.as_ref(), NewPlace { level, name }).await?;
                way.insert(level, place.clone());
                above = Some(place);
            }
            found.push(way);
        }
        Ok(found)
    })
    .await
    .expect("the places are made")
}

async fn import_roll(app: &App, complex: &Lineage) {
    let import = roll::acts::Import {
        file: Arc::new(ROLL.as_bytes().to_vec()),
        wish: roll::acts::Wish {
            rows: roll::model::Rows::All,
            new_buildings: roll::model::NewBuildings::Add,
            coverage: roll::model::Coverage::Part,
            overrule_corrections: false,
        },
        role: "OPERATOR".into(),
        operation: None,
    };
    // Owners saw it for long enough before anything is locked.
    app.clock.begin_before(TimeDelta::days(8));
    let imported = roll::acts::import(app, complex, import, &|_, _, _| {}).await.expect("the roll is good");
    app.clock.advance(TimeDelta::days(8));
    assert_eq!((imported.homes, imported.heads), (4, 4));
}

async fn put_into_office(app: &App, phone: &Phone, office: &(Role, Lineage), owner: Option<Uuid>) -> Uuid {
    let person = phone.person.parse().expect("an id");
    let appointed = app.write(async |tx| appoint(tx, &office.1, person, office.0, owner).await).await;
    appointed.expect("the role is given")
}

pub async fn signed_in(world: &World, openid: &str) -> Phone {
    let mut phone = world.guest();
    let code = world.wechat_code(openid).await;
    phone.sign_in(&json!({ "grant": "WECHAT", "code": code })).await;
    phone
}

/// Somebody who then moves away reports two things to the leader of the home's unit, who is gone by now too.
async fn report_two(world: &World, app: &App, home: &BTreeMap<Level, Lineage>) {
    let (reporter, leader) =
        (signed_in(world, "o-access-early").await, signed_in(world, "o-access-led").await);
    let at = |role, level: Level| (role, home[&level].clone());
    let lives = put_into_office(app, &reporter, &at(Role::Family, Level::Home), None).await;
    let leads = put_into_office(app, &leader, &at(Role::UnitLeader, Level::Unit), None).await;
    for _ in 0..2 {
        let report =
            json!({ "place_id": home[&Level::Home].id, "category": "SUGGESTION", "description": "加装扶手" });
        reporter.post("/v1/incidents", &report).await.ok();
    }
    for (phone, grant) in [(&reporter, lives), (&leader, leads)] {
        phone.delete(&format!("/v1/roles/{grant}")).await.ok();
    }
}

/// A poll of one text, locked.
async fn locked_motion(officer: &Phone, complex: &Lineage, opens: &Value, closes: &Value) -> String {
    let poll = motion(officer, complex, opens, closes).await;
    officer.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
    poll
}

/// A draft of one text.
pub async fn motion(officer: &Phone, complex: &Lineage, opens: &Value, closes: &Value) -> String {
    motion_of(officer, complex, (opens, closes), None).await
}

/// The same, put to owners here or in another system.
async fn motion_of(
    officer: &Phone,
    complex: &Lineage,
    (opens, closes): (&Value, &Value),
    external: Option<Value>,
) -> String {
    let new = json!({
        "place_id": complex.id, "kind": "MOTION", "title": "议事规则", "opens_at": opens, "closes_at": closes,
        "rules": { "extensions": 0 }, "external": external,
    });
    let poll = officer.post("/v1/polls", &new).await.ok()["id"].as_str().expect("an id").to_owned();
    let matter = json!({ "class": 1, "title": "议事规则", "body": "第一条" });
    officer.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
    poll
}

/// Everybody who asks: a guest, somebody without a role, those whose role is over, and each role in each relation.
async fn callers(world: &World, app: &App, ways: &[BTreeMap<Level, Lineage>]) -> Vec<Caller> {
    let mut callers = vec![
        Caller::without_office("a guest", world.guest()),
        Caller::without_office("somebody without a role", world.newcomer().await),
    ];
    for (number, (role, ..)) in OFFICES.iter().enumerate() {
        for kind in ["ended", "revoked"] {
            let phone = signed_in(world, &format!("o-access-{kind}-{number}")).await;
            callers.push(Caller::without_office(&format!("{kind} {}", role.as_str()), phone));
        }
    }
    let resident = signed_in(world, "o-access-moved-away").await;
    let place = ways[0][&Level::Home].clone();
    let grant = put_into_office(app, &resident, &(Role::Owner, place), owner_of(app, &ways[0]).await).await;
    resident.delete(&format!("/v1/roles/{grant}")).await.ok();
    callers.push(Caller::without_office("an owner who moved away", resident));
    for role in Role::ALL {
        for (way, relation) in ways.iter().zip(Relation::ALL) {
            let office = (role, stand(role, relation, way, &ways[0]));
            let phone = signed_in(world, &format!("o-access-{}-{relation}", role.as_str())).await;
            let owner = match role {
                Role::Owner => owner_of(app, way).await,
                _ => None,
            };
            put_into_office(app, &phone, &office, owner).await;
            callers.push(Caller { phone, office: Some(office), who: name(role, relation) });
        }
    }
    callers
}

/// Where somebody of this role stands: at the role's own level on the other way; or, where that level is above the
/// place where the ways part, at that place.
fn stand(
    role: Role,
    relation: Relation,
    way: &BTreeMap<Level, Lineage>,
    home: &BTreeMap<Level, Lineage>,
) -> Lineage {
    let own = match role {
        Role::Owner | Role::Family | Role::Tenant => Level::Home,
        Role::UnitLeader => Level::Unit,
        Role::BuildingLeader => Level::Building,
        Role::PropertyManager
        | Role::CommitteeMember
        | Role::Preparer
        | Role::Developer
        | Role::Supervisor => Level::Complex,
        Role::CommunityOfficer => Level::Community,
        Role::StreetOfficer => Level::Street,
        Role::Admin => Level::District,
    };
    let common = match relation {
        Relation::OwnHome => Level::Home,
        Relation::SameUnit => Level::Unit,
        Relation::SameBuilding => Level::Building,
        Relation::SameComplex => Level::Complex,
        Relation::SameCommunity => Level::Community,
        Relation::SameStreet => Level::Street,
        Relation::SameDistrict => Level::District,
        Relation::None => return way[&own].clone(),
    };
    if own > common { way[&own].clone() } else { home[&common].clone() }
}

/// The first owner of a home on the roll, if it is on one.
async fn owner_of(app: &App, way: &BTreeMap<Level, Lineage>) -> Option<Uuid> {
    let (complex, home) = (way[&Level::Complex].id, way[&Level::Home].id);
    let owners = roll::acts::owners_of(app, app.db.read(), complex, home).await.expect("the roll is read");
    owners.first().map(|owner| owner.id)
}

/// Lets the demo's sign-in stand for somebody.
pub async fn name_demo_person(app: &App, login: &str, phone: &Phone) {
    let person = phone.person.parse().expect("an id");
    let named = app.write(async |tx| sessions::name_demo_person(tx, login, person).await).await;
    named.expect("the sign-in is named");
}
