//! How each operation is asked for: of which place it is, what it asks the table for, and whom it concerns.

use std::{io::Cursor, iter};

use image::{DynamicImage, ImageFormat};
use linli::access::{Level, Lineage, Permission, Relation, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    contract::Contract,
    phone::{Phone, Reply, new_key},
    secrets,
    stories::access::town::{self, Caller, ROLL, Town},
    world::World,
};

/// One way to ask for one operation.
pub struct Recipe {
    pub id: &'static str,
    /// Each of these lets a caller do it.
    pub asks: Vec<Permission>,
    /// Each of these lets a caller see the thing that it is done to: who does may be told that they may not do this.
    pub seen_by: Vec<Permission>,
    /// The place of the thing.
    pub at: Lineage,
    /// Whom the thing concerns.
    pub concerned: Option<Caller>,
    method: Method,
    path: String,
    body: Body,
    /// What one of the callers sends instead.
    special: Vec<(String, Value)>,
    if_match: &'static str,
}

enum Body {
    None,
    Json(Value),
    File(&'static str, &'static str, Vec<u8>),
}

impl Recipe {
    pub fn concerns(&self, caller: &Caller) -> bool {
        let whom = self.concerned.as_ref().map(|concerned| &concerned.phone.person);
        caller.phone.token.is_some() && whom == Some(&caller.phone.person)
    }

    pub async fn ask(&self, caller: &Caller) -> Reply {
        let fitting = Contract::get().operation(&self.method, &self.path);
        let operation = fitting.filter(|operation| operation.id == self.id);
        let operation = operation.unwrap_or_else(|| panic!("{} is not at {}", self.id, self.path));
        let mut call = caller.phone.call(self.method.clone(), &self.path);
        if operation.takes_key() {
            call = call.header("idempotency-key", &new_key());
        }
        if operation.takes_version() {
            call = call.header("if-match", self.if_match);
        }
        let special = self.special.iter().find(|(person, _)| *person == caller.phone.person);
        match (special, &self.body) {
            (Some((_, body)), _) | (None, Body::Json(body)) => call.json(body),
            (None, Body::File(name, kind, bytes)) => call.file("file", name, kind, bytes),
            (None, Body::None) => call,
        }
        .send()
        .await
    }

    fn concerning(self, who: &str, phone: &Phone) -> Self {
        Self { concerned: Some(Caller::without_office(who, phone.clone())), ..self }
    }

    /// Concerning somebody who is among the callers.
    fn concerning_caller(self, caller: &Caller) -> Self {
        Self { concerned: Some(caller.clone()), ..self }
    }

    fn seen_by(self, seen_by: Permission) -> Self {
        Self { seen_by: vec![seen_by], ..self }
    }

    fn if_match(self, if_match: &'static str) -> Self {
        Self { if_match, ..self }
    }
}

fn recipe(
    (id, asks): (&'static str, &[Permission]),
    at: &Lineage,
    method: Method,
    path: impl Into<String>,
    body: Body,
) -> Recipe {
    Recipe {
        id,
        asks: asks.to_vec(),
        seen_by: Vec::new(),
        at: at.clone(),
        concerned: None,
        method,
        path: path.into(),
        body,
        special: Vec::new(),
        if_match: "\"v1\"",
    }
}

fn get(what: (&'static str, &[Permission]), at: &Lineage, path: impl Into<String>) -> Recipe {
    recipe(what, at, Method::GET, path, Body::None)
}

fn post(what: (&'static str, &[Permission]), at: &Lineage, path: impl Into<String>, body: Value) -> Recipe {
    recipe(what, at, Method::POST, path, Body::Json(body))
}

fn put(what: (&'static str, &[Permission]), at: &Lineage, path: impl Into<String>, body: Value) -> Recipe {
    recipe(what, at, Method::PUT, path, Body::Json(body))
}

fn delete(what: (&'static str, &[Permission]), at: &Lineage, path: impl Into<String>) -> Recipe {
    recipe(what, at, Method::DELETE, path, Body::None)
}

/// Every operation, in an order in which none takes away what a later one needs.
pub async fn all(world: &World, town: &Town) -> Vec<Recipe> {
    let mut all = beside_the_rooms(town);
    all.extend(sessions(world, town).await);
    all.extend(places_and_record(town));
    all.extend(roll(town).await);
    all.extend(identity(world, town).await);
    all.extend(polls(world, town).await);
    all.extend(incidents(world, town).await);
    all
}

fn id_of(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

fn beside_the_rooms(town: &Town) -> Vec<Recipe> {
    let at = town.place(Level::District);
    [
        ("livez", "/livez"),
        ("readyz", "/readyz"),
        ("read_problem", "/problems/NOT_FOUND"),
        ("read_document", "/openapi.json"),
        ("list_categories", "/v1/incident-categories"),
    ]
    .map(|(id, path)| get((id, &[Permission::ReadPublic]), at, path))
    .into()
}

async fn sessions(world: &World, town: &Town) -> Vec<Recipe> {
    let at = town.place(Level::District);
    let (demo, two_devices) = (world.newcomer().await, town::signed_in(world, "o-access-two-devices").await);
    town::name_demo_person(&town.app, "resident", &demo).await;
    let lost = town::signed_in(world, "o-access-two-devices").await;
    vec![
        post(
            ("create_session", &[Permission::SignIn]),
            at,
            "/v1/sessions",
            json!({ "grant": "DEMO", "login": "resident" }),
        ),
        get(("list_sessions", &[Permission::ReadOwn]), at, "/v1/sessions"),
        delete(("delete_session", &[Permission::UseOwn]), at, format!("/v1/sessions/{}", lost.session))
            .concerning("who signed in there", &two_devices),
    ]
}

fn places_and_record(town: &Town) -> Vec<Recipe> {
    let complex = town.place(Level::Complex);
    vec![
        get(("read_place", &[Permission::ReadPlace]), complex, format!("/v1/places/{}", complex.id)),
        get(
            ("list_children", &[Permission::ReadPlace]),
            complex,
            format!("/v1/places/{}/children", complex.id),
        ),
        get(("list_places", &[Permission::ReadOwn]), complex, "/v1/places"),
        get(
            ("list_changes", &[Permission::ReadRecord]),
            complex,
            format!("/v1/changes?place_id={}", complex.id),
        ),
    ]
}

async fn roll(town: &Town) -> Vec<Recipe> {
    let complex = town.place(Level::Complex);
    let path = format!("/v1/places/{}", complex.id);
    let file = || Body::File("roll.csv", "text/csv", ROLL.as_bytes().to_vec());
    let manager = town.caller(Role::PropertyManager, Relation::SameComplex);
    let asked = manager.phone.call(Method::POST, &format!("{path}/roll-imports")).keyed();
    let operation = asked.file("file", "roll.csv", "text/csv", ROLL.as_bytes()).send().await.ok();
    vec![
        recipe(
            ("check_roll", &[Permission::ImportRoll]),
            complex,
            Method::POST,
            format!("{path}/roll-checks"),
            file(),
        ),
        recipe(
            ("import_roll", &[Permission::ImportRoll]),
            complex,
            Method::POST,
            format!("{path}/roll-imports"),
            file(),
        ),
        get(("read_roll", &[Permission::ReadRoll]), complex, format!("{path}/roll")),
        get(
            ("read_operation", &[Permission::UseOwn]),
            complex,
            format!("/v1/operations/{}", id_of(&operation)),
        )
        .concerning_caller(manager),
    ]
}

async fn identity(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{ClaimHome, DecideClaim, GrantRole, IssueDoorCode, ReadClaim, ReadOwn, UseOwn};
    let (complex, unit, home) =
        (town.place(Level::Complex), town.place(Level::Unit), town.place(Level::Home));
    let new_claim =
        json!({ "home_id": home.id, "relation": "TENANT", "name": "苏勇桂", "signature": "苏勇桂" });
    let claimed = async || {
        let claimant = world.newcomer().await;
        let claim = claimant.post("/v1/claims", &new_claim).await.ok();
        (claimant, format!("/v1/claims/{}", id_of(&claim)))
    };
    let (reader, read) = claimed().await;
    let (confirmed, confirm) = claimed().await;
    let (refused, refuse) = claimed().await;
    let (withdrawer, withdraw) = claimed().await;
    let (at_the_door, door) = claimed().await;
    let codes = format!("/v1/places/{}/door-codes", home.id);
    let code = town.officer.post(&codes, &json!({})).await.ok()["code"].clone();
    let (leader, tenant) = (world.newcomer().await, world.newcomer().await);
    let lead = town.appoint(&leader, Role::UnitLeader, Level::Unit).await;
    let tenancy = town.appoint(&tenant, Role::Tenant, Level::Home).await;
    let somebody = world.newcomer().await;
    let telephone = telephone(world).await;
    let me = town.place(Level::District);
    let claimant = "the claimant";
    vec![
        get(("read_me", &[ReadOwn]), me, "/v1/me"),
        get(("read_home", &[ReadOwn]), me, "/v1/home"),
        Recipe {
            special: vec![(telephone.0.person.clone(), json!({ "code": telephone.1 }))],
            ..put(("save_phone", &[ReadOwn]), me, "/v1/me/phone", json!({ "code": "none" }))
                .concerning("who pressed the button", &telephone.0)
        },
        get(("read_claim", &[ReadClaim]), home, &read).concerning(claimant, &reader),
        get(("list_claims", &[ReadOwn]), me, "/v1/claims?scope=MINE"),
        get(
            ("list_claims", &[DecideClaim]),
            complex,
            format!("/v1/claims?scope=WAITING&place_id={}", complex.id),
        ),
        post(("use_door_code", &[UseOwn]), home, format!("{door}/code-checks"), json!({ "code": code }))
            .concerning(claimant, &at_the_door),
        post(("confirm_claim", &[DecideClaim]), home, format!("{confirm}/confirmations"), json!({}))
            .seen_by(ReadClaim)
            .concerning(claimant, &confirmed),
        post(
            ("refuse_claim", &[DecideClaim]),
            home,
            format!("{refuse}/refusals"),
            json!({ "reason": "请补充材料" }),
        )
        .seen_by(ReadClaim)
        .concerning(claimant, &refused),
        post(("withdraw_claim", &[UseOwn]), home, format!("{withdraw}/withdrawals"), json!({}))
            .concerning(claimant, &withdrawer),
        post(("issue_door_code", &[IssueDoorCode]), home, codes, json!({})),
        post(
            ("grant_role", &[GrantRole]),
            unit,
            format!("/v1/places/{}/roles", unit.id),
            json!({ "person_id": somebody.person, "role": "UNIT_LEADER" }),
        ),
        get(("list_roles", &[GrantRole]), unit, format!("/v1/places/{}/roles", unit.id)),
        get(("read_role", &[GrantRole, UseOwn]), unit, format!("/v1/roles/{lead}"))
            .concerning("who holds it", &leader),
        get(("read_role", &[DecideClaim, UseOwn]), home, format!("/v1/roles/{tenancy}"))
            .concerning("who lives there", &tenant),
        delete(("revoke_role", &[GrantRole, UseOwn]), unit, format!("/v1/roles/{lead}"))
            .concerning("who holds it", &leader),
        delete(("revoke_role", &[DecideClaim, UseOwn]), home, format!("/v1/roles/{tenancy}"))
            .concerning("who lives there", &tenant),
        // Last, because everybody's claim waits then.
        post(("claim_home", &[ClaimHome]), home, "/v1/claims", new_claim.clone()),
    ]
}

/// Somebody with the code of WeChat's phone button.
async fn telephone(world: &World) -> (Phone, Value) {
    let (openid, number) = ("o-access-telephone", "15400000077");
    secrets::remember(number);
    let phone = town::signed_in(world, openid).await;
    // The town has moved the service's clock; what WeChat says about a phone must not be old by it.
    let now = phone.get("/v1/home").await.ok()["server_time"].clone();
    let now = chrono::DateTime::parse_from_rfc3339(now.as_str().expect("a time")).expect("a time");
    world.wechat_order("clock", &json!({ "at": now.timestamp() })).await;
    world.wechat_order("users", &json!({ "openid": openid, "phone": number })).await;
    let code = world.wechat_order("phone_code", &json!({ "openid": openid })).await["code"].clone();
    (phone, code)
}

async fn polls(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{
        AskRules, CastBallot, PreparePoll, ReadPhoto, ReadPoll, ReadResult, WatchPoll, WritePage,
    };
    let at = town.place(Level::Complex);
    let officer = &town.officer;
    let soon = |days| json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(days)));
    let (opens, closes) = (soon(17), soon(27));
    let new = json!({
        "place_id": at.id, "kind": "COMMITTEE_ELECTION", "title": "第一届业主委员会选举", "seats": 5,
        "opens_at": opens, "closes_at": closes,
    });
    let mut changed = new.clone();
    for gone in ["place_id", "kind"] {
        changed.as_object_mut().expect("an object").remove(gone);
    }
    let draft = format!("/v1/polls/{}", id_of(&officer.post("/v1/polls", &new).await.ok()));
    let standing = format!("/v1/polls/{}", id_of(&officer.post("/v1/polls", &new).await.ok()));
    let to_lock = format!("/v1/polls/{}", town::motion(officer, at, &opens, &closes).await);
    let candidate = town.caller(Role::Owner, Relation::OwnHome);
    let stands = json!({ "home_id": town.place(Level::Home).id, "name": "苏勇桂" });
    let candidacy = officer.post(&format!("{standing}/candidates"), &stands).await.ok();
    let candidacy = format!("{standing}/candidates/{}", id_of(&candidacy));
    let photo = photo(&candidate.phone).await;
    let page = |photo: Option<&str>| json!({ "headline": "为大家服务", "photo_id": photo });
    let first = candidate.phone.call(Method::PUT, &format!("{candidacy}/page")).header("if-match", "\"v0\"");
    first.json(&page(Some(&photo))).send().await.ok();
    let open = format!("/v1/polls/{}", town.open_poll);
    let heads = heads(town, &open).await;
    let (voter, ballot) = heads.first().expect("somebody has a head");
    let voter = town.callers.iter().find(|caller| caller.phone.person == *voter).expect("among them");
    let receipt = voter.phone.post(&format!("{open}/ballots"), ballot).await.ok();
    let receipt = receipt["ballot_id"].as_str().expect("an id");
    let [published, closed] = town.closed_polls.each_ref().map(|poll| format!("/v1/polls/{poll}"));
    officer.post(&format!("{published}/publications"), &json!({})).await.ok();
    let nobodys_home = json!({ "case": "threshold", "total": 528, "ratio": [2, 3], "strict": false });
    let stranger = world.newcomer().await;
    vec![
        post(("evaluate_rules", &[AskRules]), at, "/v1/rules/evaluations", nobodys_home)
            .concerning("somebody new", &stranger),
        post(("create_poll", &[PreparePoll]), at, "/v1/polls", new.clone()),
        get(("list_polls", &[ReadPoll]), at, format!("/v1/polls?place_id={}", at.id)),
        get(("read_poll", &[ReadPoll]), at, &open),
        put(("update_poll", &[PreparePoll]), at, &draft, changed),
        post(
            ("add_matter", &[PreparePoll]),
            at,
            format!("{draft}/matters"),
            json!({ "class": 1, "title": "议事规则", "body": "第一条" }),
        ),
        post(("add_candidate", &[PreparePoll]), at, format!("{draft}/candidates"), stands),
        get(("list_candidates", &[ReadPoll]), at, format!("{standing}/candidates")),
        get(("read_page", &[ReadPoll]), at, format!("{candidacy}/page")).concerning_caller(candidate),
        put(("update_page", &[WritePage]), at, format!("{candidacy}/page"), page(None))
            .concerning_caller(candidate)
            .if_match("\"v1\""),
        post(
            ("consent_candidate", &[WritePage]),
            at,
            format!("{candidacy}/consents"),
            json!({ "publish_name": true }),
        )
        .concerning_caller(candidate),
        get(("read_upload", &[ReadPhoto, ReadPoll]), at, format!("/v1/uploads/{photo}"))
            .concerning_caller(candidate),
        post(("lock_poll", &[PreparePoll]), at, format!("{to_lock}/locks"), json!({})),
        get(("list_my_heads", &[CastBallot]), at, format!("{open}/heads")),
        get(("read_progress", &[WatchPoll]), at, format!("{open}/progress")),
        get(("check_receipt", &[ReadPoll]), at, format!("{open}/receipts/{receipt}")),
        Recipe {
            special: heads.clone(),
            ..post(("cast_ballot", &[CastBallot]), at, format!("{open}/ballots"), ballot.clone())
        },
        post(("publish_poll", &[PreparePoll]), at, format!("{closed}/publications"), json!({})),
        get(("read_result", &[ReadResult]), at, format!("{published}/result")),
        get(("read_list", &[ReadResult]), at, format!("{published}/lists/participation")),
    ]
}

/// Every owner with the ballot of their own head.
async fn heads(town: &Town, poll: &str) -> Vec<(String, Value)> {
    let matter = town.officer.call(Method::GET, poll).send().await.ok()["matters"][0]["id"].clone();
    let mut heads = Vec::new();
    for relation in [Relation::OwnHome, Relation::SameUnit, Relation::SameBuilding, Relation::SameComplex] {
        let phone = &town.caller(Role::Owner, relation).phone;
        let mine = phone.call(Method::GET, &format!("{poll}/heads")).send().await.ok();
        let answers = json!([{ "matter_id": matter, "choice": "YES" }]);
        heads.push((
            phone.person.clone(),
            json!({ "head_id": mine["items"][0]["id"], "selections": [], "answers": answers }),
        ));
    }
    heads
}

/// A small picture.
fn picture() -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(8, 8).write_to(&mut png, ImageFormat::Png).expect("it is written");
    png.into_inner()
}

async fn photo(phone: &Phone) -> String {
    let call = phone.call(Method::POST, "/v1/uploads").keyed();
    id_of(&call.file("file", "a.png", "image/png", &picture()).send().await.ok())
}

async fn incidents(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{
        AnswerIncident, ReadIncident, ReadOwn, ReadPhoto, ReportIncident, SendPhoto, WorkIncident,
    };
    let home = town.place(Level::Home);
    let reporter = world.newcomer().await;
    let family = town.appoint(&reporter, Role::Family, Level::Home).await;
    let photos = [photo(&reporter).await, photo(&reporter).await];
    // At first with the unit's leader; words are evidence enough.
    let report = |photos: &[&String]| {
        json!({
            "place_id": home.id, "category": "SUGGESTION", "description": "楼道灯晚上太暗", "photo_ids": photos,
        })
    };
    let mut reported = Vec::new();
    for photos in iter::once([&photos[0]].as_slice()).chain(iter::repeat_n([].as_slice(), 13)) {
        let incident = reporter.post("/v1/incidents", &report(photos)).await.ok();
        reported.push(format!("/v1/incidents/{}", id_of(&incident)));
    }
    let leader = &town.caller(Role::UnitLeader, Relation::SameUnit).phone;
    let done = json!({ "words": "已处理" });
    let pause = json!({ "reason": "AWAITING_PARTS", "words": "等待灯具到货" });
    for incident in [2, 3, 4, 8, 9, 10, 11] {
        leader.post(&format!("{}/acknowledgements", reported[incident]), &json!({})).await.ok();
    }
    for handled in [3, 4, 11] {
        leader.post(&format!("{}/handlings", reported[handled]), &done).await.ok();
    }
    for waiting in [9, 10] {
        leader.post(&format!("{}/pauses", reported[waiting]), &pause).await.ok();
    }
    reporter.post(&format!("{}/confirmations", reported[11]), &json!({ "rating": 5 })).await.ok();
    // From here on the reporter has no role: what remains is that it concerns them.
    reporter.delete(&format!("/v1/roles/{family}")).await.ok();
    let climb = |reason: &str| json!({ "reason": reason, "words": "需要上级协调" });
    let on = |asks: (&'static str, &[Permission]), incident: usize, verb: &str, body: Value| {
        post(asks, home, format!("{}/{verb}", reported[incident]), body)
            .seen_by(ReadIncident)
            .concerning("the reporter", &reporter)
    };
    let whose = "the reporter";
    vec![
        recipe(
            ("create_upload", &[SendPhoto]),
            home,
            Method::POST,
            "/v1/uploads",
            Body::File("a.png", "image/png", picture()),
        ),
        get(("read_upload", &[ReadPhoto]), home, format!("/v1/uploads/{}", photos[1]))
            .concerning(whose, &reporter),
        get(("read_upload", &[ReadPhoto, ReadIncident]), home, format!("/v1/uploads/{}", photos[0]))
            .concerning(whose, &reporter),
        get(("read_promise", &[ReportIncident]), home, format!("/v1/places/{}/promises/SUGGESTION", home.id)),
        post(("report_incident", &[ReportIncident]), home, "/v1/incidents", report(&[])),
        get(("list_incidents", &[ReadOwn]), home, "/v1/incidents?scope=BELOW"),
        get(("read_incident", &[ReadIncident]), home, &reported[0]).concerning(whose, &reporter),
        get(("read_clocks", &[ReadIncident]), home, format!("{}/clocks", reported[0]))
            .concerning(whose, &reporter),
        on(("acknowledge_incident", &[WorkIncident]), 1, "acknowledgements", json!({})),
        on(("handle_incident", &[WorkIncident]), 2, "handlings", done.clone()),
        on(("confirm_incident", &[AnswerIncident]), 3, "confirmations", json!({ "rating": 5 })),
        on(("return_incident", &[AnswerIncident]), 4, "returns", json!({ "reason": "还是很暗" })),
        on(("climb_incident", &[WorkIncident]), 5, "climbs", climb("BY_HAND")),
        on(("climb_incident", &[AnswerIncident]), 6, "climbs", climb("RESIDENT_REQUEST")),
        on(("reopen_incident", &[AnswerIncident]), 11, "reopenings", json!({ "reason": "又暗了" })),
        on(("urge_incident", &[AnswerIncident]), 12, "urges", json!({})),
        on(("note_incident", &[WorkIncident, AnswerIncident]), 13, "notes", json!({ "words": "明天来看" })),
        on(("withdraw_incident", &[AnswerIncident]), 7, "withdrawals", json!({})),
        on(("pause_incident", &[WorkIncident]), 8, "pauses", pause),
        on(("resume_incident", &[WorkIncident]), 9, "resumptions", json!({})),
        on(("void_pause", &[WorkIncident]), 10, "voidings", json!({ "words": "仓库有货" })),
    ]
}
