//! How each operation is asked for: of which place it is, what it asks the table for, and whom it concerns.

use std::{collections::BTreeMap, io::Cursor, iter};

use image::{DynamicImage, ImageFormat};
use linli::access::{Level, Lineage, Permission, Relation, Role};
use reqwest::Method;
use rules::{
    polls::{
        parameters::PollRules,
        tally::{CandidateVotes, Seats, Totals},
        verdict::explain,
    },
    quantity::Weight,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    contract::Contract,
    phone::{Phone, Reply, new_key},
    secrets,
    servers::connect,
    stories::{
        access::town::{self, Caller, ROLL, Town},
        eventually, mirror,
    },
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
    all.extend(mandates(world, town).await);
    all.extend(papers(town).await);
    all.extend(serving(town).await);
    all.extend(incidents(world, town).await);
    all.extend(desk(world, town).await);
    all.extend(moderation(world, town).await);
    all.extend(whistles(world, town).await);
    all.extend(packs(world, town).await);
    all.extend(programmes(town).await);
    all.extend(corrections(world, town).await);
    all.extend(policies(town).await);
    all.extend(put_to_a_household(town).await);
    all.extend(outages(town).await);
    all.extend(patrols(town).await);
    all.extend(visits(world, town).await);
    all.extend(figures(town).await);
    all.extend(notices(world, town).await);
    all.extend(webhooks(town).await);
    all.extend(open311(town).await);
    // Before a roll is imported, which ends what co-owners named.
    let mut first = representations(world, town).await;
    first.extend(all);
    first
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
        put(
            ("locate_place", &[Permission::LocatePlace]),
            complex,
            format!("/v1/places/{}/position", complex.id),
            json!({ "position": { "latitude": 31_230_400, "longitude": 121_473_700 } }),
        ),
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

/// Two motions of the complex are not published, so that a change needs two persons and a sale is all that is noted.
/// Nobody loses a home by it: somebody new owns it too.
async fn corrections(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{ClaimHome, CorrectRoll, ObjectRoll, ReadOwn, ReadPhoto, ReadRollEntry};
    let (complex, home) = (town.place(Level::Complex), town.place(Level::Home));
    let at = |place: &Lineage, what: &str| format!("/v1/places/{}/{what}", place.id);
    let sale = |number: &str, evidence: &[String]| {
        let buyer = json!({ "name": "吕玲欣", "id_number": number });
        json!({ "change": { "kind": "SALE", "keep": [0], "add": [buyer] }, "document": "买卖合同",
            "words": "配偶加名", "evidence": evidence })
    };
    let owner_at = |relation| {
        let caller = town.caller(Role::Owner, relation);
        caller.office.as_ref().expect("an owner of a home").1.clone()
    };
    let (unit_home, building_home) = (owner_at(Relation::SameUnit), owner_at(Relation::SameBuilding));
    let officer = &town.officer;
    let shown = photo(officer).await;
    let proposed = async |home: &Lineage, sale: Value| {
        format!("/v1/roll-changes/{}", id_of(&officer.post(&at(home, "roll-changes"), &sale).await.ok()))
    };
    let first = proposed(&unit_home, sale("999999197309083968", std::slice::from_ref(&shown))).await;
    let second = proposed(&building_home, sale("999999197309083968", &[])).await;
    let claimant = world.newcomer().await;
    let claim = json!({ "home_id": home.id, "relation": "OWNER", "name": "苏勇贵",
        "id_number": "999999195310234509", "signature": "苏勇贵" });
    claimant.post("/v1/claims", &claim).await.ok();
    let sent = photo(&claimant).await;
    let objected = json!({ "ground": "NAME", "words": "姓名写错了" });
    let with_photo = json!({ "ground": "NAME", "words": "姓名写错了", "evidence": [sent] });
    let objection = id_of(&claimant.post(&at(home, "roll-objections"), &with_photo).await.ok());
    let missing = json!({ "ground": "MISSING_HOME", "words": "我家不在名册上" });
    let dismissed = json!({ "outcome": "DISMISSED", "words": "与证件一致" });
    let correct = [CorrectRoll];
    vec![
        get(("list_roll_entries", &[ReadOwn]), home, "/v1/roll-entries"),
        get(("read_roll_entry", &[ReadRollEntry]), home, at(home, "roll-entry")),
        post(("object_roll", &[ObjectRoll]), home, at(home, "roll-objections"), objected)
            .concerning("who claims the home", &claimant),
        post(("object_roll", &[ClaimHome]), complex, at(complex, "roll-objections"), missing),
        get(("list_own_roll_objections", &[ReadOwn]), home, "/v1/roll-objections"),
        get(("list_roll_objections", &correct), complex, at(complex, "roll-objections?open=true")),
        get(("read_upload", &[CorrectRoll, ReadPhoto]), home, format!("/v1/uploads/{sent}"))
            .concerning("who sent it", &claimant),
        post(
            ("answer_roll_objection", &correct),
            home,
            format!("/v1/roll-objections/{objection}/answers"),
            dismissed,
        ),
        post(
            ("propose_roll_change", &correct),
            home,
            at(home, "roll-changes"),
            sale("999999197309083968", &[]),
        ),
        get(("list_roll_changes", &correct), complex, at(complex, "roll-changes")),
        get(("list_roll_changes", &[ReadRollEntry]), home, at(home, "roll-changes")),
        get(("read_roll_change", &[ReadRollEntry]), &unit_home, &first),
        get(("read_upload", &[ReadRollEntry, ReadPhoto]), &unit_home, format!("/v1/uploads/{shown}")),
        post(("confirm_roll_change", &correct), &unit_home, format!("{first}/confirmations"), json!({})),
        post(
            ("refuse_roll_change", &correct),
            &building_home,
            format!("{second}/refusals"),
            json!({ "words": "材料不全" }),
        ),
    ]
}

/// Somebody new owns the home too and asks the other owner to name them; an office records two guardians elsewhere.
async fn representations(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{CorrectRoll, NameCoOwner, ReadRollEntry};
    let (complex, home) = (town.place(Level::Complex), town.place(Level::Home));
    let at = |place: &Lineage| format!("/v1/places/{}/representations", place.id);
    let elsewhere = town.caller(Role::Owner, Relation::SameBuilding);
    let elsewhere = elsewhere.office.as_ref().expect("an owner of a home").1.clone();
    let (co_owner, guardian) = (world.newcomer().await, world.newcomer().await);
    town.own_too(&co_owner, &elsewhere).await;
    let officer = town.caller(Role::CommunityOfficer, Relation::SameCommunity);
    let guards = async |phone: &Phone, person: &Phone| {
        json!({ "ground": "GUARDIAN", "ordinal": 0, "document": "户口簿", "evidence": [photo(phone).await],
            "person": { "person_id": person.person, "name": "蒋安宁" } })
    };
    let recorded = guards(&town.officer, &guardian).await;
    let recorded = town.officer.post(&at(&elsewhere), &recorded).await.ok();
    let more = guards(&officer.phone, &co_owner).await;
    let names = json!({ "ground": "NAMED_CO_OWNER", "ordinal": 1 });
    let named = co_owner.post(&at(home), &names).await.ok();
    let of = |one: &Value, rest: &str| format!("/v1/representations/{}{rest}", id_of(one));
    let ends = json!({ "words": "不再需要" });
    vec![
        get(("list_representations", &[ReadRollEntry]), home, at(home)),
        get(("list_representations", &[CorrectRoll]), complex, at(complex)),
        get(("read_representation", &[ReadRollEntry]), home, of(&named, "")),
        post(("confirm_representation", &[NameCoOwner]), home, of(&named, "/confirmations"), json!({}))
            .seen_by(ReadRollEntry),
        post(("end_representation", &[NameCoOwner, CorrectRoll]), home, of(&named, "/endings"), ends.clone()),
        post(("propose_representation", &[NameCoOwner, CorrectRoll]), home, at(home), names),
        post(("propose_representation", &[CorrectRoll]), &elsewhere, at(&elsewhere), more)
            .seen_by(ReadRollEntry),
        post(
            ("confirm_representation", &[CorrectRoll]),
            &elsewhere,
            of(&recorded, "/confirmations"),
            json!({}),
        )
        .seen_by(ReadRollEntry),
        post(("end_representation", &[CorrectRoll]), &elsewhere, of(&recorded, "/endings"), ends)
            .seen_by(ReadRollEntry),
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
        AnswerObjection, AskRules, CastBallot, ObjectPoll, PreparePoll, ReadPhoto, ReadPoll, ReadPublic,
        ReadResult, WatchPoll, WritePage,
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
    // Whoever is asked for an opinion waits for nobody who objects to the roll.
    let to_lock = opinion(officer, &new).await;
    let candidate = town.caller(Role::Owner, Relation::OwnHome);
    let stands = json!({ "home_id": town.place(Level::Home).id, "name": "苏勇桂" });
    let candidacy = officer.post(&format!("{standing}/candidates"), &stands).await.ok();
    let candidacy = format!("{standing}/candidates/{}", id_of(&candidacy));
    let photo = photo(&candidate.phone).await;
    let page = |photo: Option<&str>| json!({ "headline": "为大家服务", "photo_id": photo });
    let first = candidate.phone.call(Method::PUT, &format!("{candidacy}/page")).header("if-match", "\"v0\"");
    first.json(&page(Some(&photo))).send().await.ok();
    let open = format!("/v1/polls/{}", town.open_poll);
    let opinion = opinion(officer, &new).await;
    officer.post(&format!("{opinion}/locks"), &json!({})).await.ok();
    let registers = self::heads(town, &opinion).await.into_iter();
    let registers: Vec<_> =
        registers.map(|(person, ballot)| (person, json!({ "head_id": ballot["head_id"] }))).collect();
    let heads = heads(town, &open).await;
    let (voter, ballot) = heads.first().expect("somebody has a head");
    let voter = town.callers.iter().find(|caller| caller.phone.person == *voter).expect("among them");
    let receipt = voter.phone.post(&format!("{open}/ballots"), ballot).await.ok();
    let receipt = receipt["ballot_id"].as_str().expect("an id");
    let [published, closed] = town.closed_polls.each_ref().map(|poll| format!("/v1/polls/{poll}"));
    officer.post(&format!("{published}/publications"), &json!({})).await.ok();
    let [mirrored, awaited] = town.mirrored_polls.each_ref();
    let [in_already, result] = [evidence(officer, mirrored).await, evidence(officer, awaited).await];
    officer.post(&format!("/v1/polls/{mirrored}/external-result"), &in_already).await.ok();
    officer.post(&format!("/v1/polls/{mirrored}/publications"), &json!({})).await.ok();
    let (tied, _) = elected(world, town, &new, Elected::Tied).await;
    let (formed, member) = elected(world, town, &new, Elected::Formed).await;
    let left = officer.get(&format!("{formed}/result")).await.ok()["published_at"].clone();
    let left = json!({ "candidate_id": member, "reason": "RESIGNED", "words": "书面辞职", "since": left });
    let objected = json!({ "ground": "ROLL", "words": "名册漏了一户" });
    let objection = voter.phone.post(&format!("{published}/objections"), &objected).await.ok();
    let answer = format!("{published}/objections/{}/answers", id_of(&objection));
    something_to_file(world).await;
    let filed = officer.get(&format!("{published}/result")).await.ok()["published_at"].clone();
    let nobodys_home = json!({ "case": "threshold", "total": 528, "ratio": [2, 3], "strict": false });
    let stranger = world.newcomer().await;
    vec![
        post(("evaluate_rules", &[AskRules]), at, "/v1/rules/evaluations", nobodys_home)
            .concerning("somebody new", &stranger),
        post(("create_poll", &[PreparePoll]), at, "/v1/polls", new.clone()),
        get(("list_polls", &[ReadPoll]), at, format!("/v1/polls?place_id={}", at.id)),
        get(("read_poll", &[ReadPoll]), at, &open),
        get(("read_poll_rules", &[ReadPoll]), at, format!("{open}/rules")),
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
        get(("read_progress", &[WatchPoll]), at, format!("{open}/progress")),
        get(("check_receipt", &[ReadPoll]), at, format!("{open}/receipts/{receipt}")),
        Recipe {
            special: registers.clone(),
            ..post(
                ("register_head", &[CastBallot]),
                at,
                format!("{opinion}/registrations"),
                registers[0].1.clone(),
            )
        },
        Recipe {
            special: heads.clone(),
            ..post(("cast_ballot", &[CastBallot]), at, format!("{open}/ballots"), ballot.clone())
        },
        post(("publish_poll", &[PreparePoll]), at, format!("{closed}/publications"), json!({})),
        get(("read_result", &[ReadResult]), at, format!("{published}/result")),
        get(("read_recount", &[ReadResult]), at, format!("{published}/recount")),
        get(("read_list", &[ReadResult]), at, format!("{published}/lists/participation")),
        get(("read_verification", &[ReadPublic]), at, format!("{published}/verification")),
        post(
            ("import_external_result", &[PreparePoll]),
            at,
            format!("/v1/polls/{awaited}/external-result"),
            result,
        ),
        get(("read_external_result", &[ReadResult]), at, format!("/v1/polls/{mirrored}/external-result")),
        get(("list_poll_deadlines", &[ReadResult]), at, format!("{published}/deadlines")),
        post(
            ("meet_poll_deadline", &[PreparePoll]),
            at,
            format!("{published}/deadlines/FILE/notes"),
            json!({ "met_at": filed, "words": "已备案" }),
        ),
        post(
            ("make_runoff", &[PreparePoll]),
            at,
            format!("{tied}/runoffs"),
            json!({ "opens_at": opens, "closes_at": closes }),
        ),
        post(("note_vacancy", &[PreparePoll]), at, format!("{formed}/vacancies"), left),
        get(("read_committee", &[ReadResult]), at, format!("{formed}/committee")),
        post(("object_poll", &[ObjectPoll]), at, format!("{published}/objections"), objected),
        get(("list_poll_objections", &[ObjectPoll, AnswerObjection]), at, format!("{published}/objections")),
        post(
            ("answer_poll_objection", &[AnswerObjection]),
            at,
            answer,
            json!({ "outcome": "DISMISSED", "words": "名册完整" }),
        ),
    ]
}

/// What a city's system signs of a poll, in which everybody was in favour.
async fn evidence(officer: &Phone, poll: &str) -> Value {
    mirror::signed(&mirror::all_for_it(officer, poll).await)
}

/// A poll of opinion.
async fn opinion(officer: &Phone, terms: &Value) -> String {
    let mut new = terms.clone();
    (new["kind"], new["seats"]) = (json!("OPINION"), json!(0));
    let poll = format!("/v1/polls/{}", id_of(&officer.post("/v1/polls", &new).await.ok()));
    let bikes = json!({ "class": 0, "title": "自行车停在哪里", "body": "建议停在东门。" });
    officer.post(&format!("{poll}/matters"), &bikes).await.ok();
    poll
}

/// Something to be filed after each vote that was published. No committee is elected in this town: it is written.
async fn something_to_file(world: &World) {
    let db = connect(&world.data.database_url).await.expect("its database");
    let due = "INSERT INTO poll_deadline (complex_id, poll_id, deadline, begun_at, due_at, said) \
               SELECT complex_id, poll_id, 'FILE', begun_at, due_at, said FROM poll_deadline WHERE deadline = 'PUBLISH'";
    assert!(db.execute_unprepared(due).await.expect("it is written").rows_affected() > 0);
    db.close().await.expect("it closes");
}

/// Owners have somebody cast for them: one may still, two were cast for and dispute it; one is about to, and takes it back
/// in another poll.
async fn mandates(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{AnswerObjection, CastBallot, ReadMandate, ReadOwn, UseMandate};
    let at = town.place(Level::Complex);
    let [open, mandated] = [&town.open_poll, &town.mandated_poll].map(|poll| format!("/v1/polls/{poll}"));
    let owners = [Relation::OwnHome, Relation::SameUnit, Relation::SameBuilding, Relation::SameComplex]
        .map(|relation| town.caller(Role::Owner, relation));
    let ballots = heads(town, &mandated).await;
    let (proxy, other) = (world.newcomer().await, world.newcomer().await);
    let asked = async |owner: &Caller, ballot: &Value, proxy: &Phone| {
        let code = proxy.post("/v1/proxy-codes", &json!({})).await.ok()["code"].clone();
        secrets::remember(code.as_str().expect("a code"));
        let scan = photo(&owner.phone).await;
        json!({ "head_id": ballot["head_id"], "proxy_code": code, "scan_id": scan, "scope": "WHOLE_BALLOT" })
    };
    let mut given = Vec::new();
    for turn in [0, 2, 3] {
        let (owner, (_, ballot)) = (owners[turn], &ballots[turn]);
        let new = asked(owner, ballot, &proxy).await;
        let mandate = owner.phone.post(&format!("{mandated}/mandates"), &new).await.ok();
        let mut ballot = ballot.clone();
        ballot["mandate_id"] = mandate["id"].clone();
        if turn > 0 {
            proxy.post(&format!("{mandated}/ballots"), &ballot).await.ok();
        }
        given.push((mandate, ballot));
    }
    let (mandate, by_mandate) = given.remove(0);
    let scan = format!("/v1/uploads/{}", mandate["scan_id"].as_str().expect("an id"));
    let (_, ballot) = &heads(town, &open).await[1];
    let revoked = asked(owners[1], ballot, &other).await;
    let revoked = id_of(&owners[1].phone.post(&format!("{open}/mandates"), &revoked).await.ok());
    let revoke = format!("{open}/mandates/{revoked}/revocations");
    let give = asked(owners[1], &ballots[1].1, &other).await;
    let each = |body: &dyn Fn(&Value) -> Value| -> Vec<(String, Value)> {
        ballots.iter().map(|(person, ballot)| (person.clone(), body(&ballot["head_id"]))).collect()
    };
    let says = |head: &Value| json!({ "head_id": head, "words": "没有按我的意见投票" });
    let gives = |head: &Value| {
        let mut own = give.clone();
        own["head_id"] = head.clone();
        own
    };
    let disputes = format!("{mandated}/disputes");
    let dispute = owners[3].phone.post(&disputes, &says(&ballots[3].1["head_id"])).await.ok();
    let answer = format!("{disputes}/{}/answers", id_of(&dispute));
    vec![
        post(("make_proxy_code", &[ReadOwn]), at, "/v1/proxy-codes", json!({})),
        Recipe {
            special: each(&gives),
            ..post(("give_mandate", &[CastBallot]), at, format!("{mandated}/mandates"), give.clone())
        },
        get(("list_mandates", &[CastBallot, UseMandate, ReadMandate]), at, format!("{mandated}/mandates"))
            .concerning("the proxy", &proxy),
        get(("list_my_heads", &[CastBallot, UseMandate]), at, format!("{mandated}/heads"))
            .concerning("the proxy", &proxy),
        post(("cast_ballot", &[UseMandate]), at, format!("{mandated}/ballots"), by_mandate)
            .concerning("the proxy", &proxy),
        post(("revoke_mandate", &[UseMandate]), at, revoke, json!({})).concerning_caller(owners[1]),
        get(("read_upload", &[UseMandate, ReadMandate]), at, scan).concerning_caller(owners[0]),
        Recipe {
            special: each(&says),
            ..post(("dispute_ballot", &[CastBallot]), at, disputes.clone(), says(&ballots[2].1["head_id"]))
        },
        get(("list_disputes", &[CastBallot, AnswerObjection]), at, disputes),
        post(
            ("answer_dispute", &[AnswerObjection]),
            at,
            answer,
            json!({ "outcome": "DISMISSED", "words": "委托书写明赞成" }),
        ),
    ]
}

/// Ballots on paper: of a poll that is open, and the box of one whose voting is over.
async fn papers(town: &Town) -> Vec<Recipe> {
    use Permission::{CastBallot, HandlePapers, PreparePoll, ReadPhoto};
    let (at, open) = (town.place(Level::Complex), format!("/v1/polls/{}", town.open_poll));
    let form = town.officer.get(&open).await.ok();
    let says = |choice: &str| {
        json!({ "is_signed": true, "answers": [
        { "matter_id": form["matters"][0]["id"], "choice": choice },
    ] })
    };
    let photographed = async |phone: &Phone, choice: &str| {
        let mut entry = says(choice);
        entry["photo_id"] = json!(photo(phone).await);
        entry
    };
    // Each owner's head; the first has voted.
    let heads: Vec<_> =
        self::heads(town, &open).await.iter().map(|(_, own)| own["head_id"].clone()).collect();
    let issue = async |head: &Value| {
        let issued = town.officer.post(&format!("{open}/papers"), &json!({ "head_ids": [head] })).await.ok();
        format!("{open}/papers/{}", issued["papers"][0]["id"].as_str().expect("an id"))
    };
    // Two clerks read one differently; another is back, and nobody has entered it.
    let (paper, back) = (issue(&heads[1]).await, issue(&heads[2]).await);
    let wrong = issue(&heads[3]).await;
    let clerk = town.caller(Role::Preparer, Relation::SameComplex);
    let entry = photographed(&clerk.phone, "YES").await;
    clerk.phone.post(&format!("{paper}/entries"), &entry).await.ok();
    let shown = format!("/v1/uploads/{}", entry["photo_id"].as_str().expect("an id"));
    let misread = photographed(&town.officer, "YES").await;
    town.officer.post(&format!("{wrong}/entries"), &misread).await.ok();
    let other = photographed(&town.officer, "NO").await;
    town.officer.post(&format!("{paper}/entries"), &other).await.ok();
    let mut decided = says("NO");
    decided["reasons"] = json!("划去的不算");
    let soon = |days| json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(days)));
    let locked = format!("/v1/polls/{}", town::motion(&town.officer, at, &soon(17), &soon(27)).await);
    town.officer.post(&format!("{locked}/locks"), &json!({})).await.ok();
    let asks = self::heads(town, &locked).await.into_iter();
    let asks: Vec<_> = asks.map(|(person, own)| (person, json!({ "head_id": own["head_id"] }))).collect();
    let homes = json!({ "home_ids": [town.place(Level::Home).id] });
    let waiting = format!("/v1/polls/{}", town.waiting_poll);
    let mut entries = Vec::new();
    for caller in town.callers.iter().filter(|caller| caller.phone.token.is_some()) {
        entries.push((caller.phone.person.clone(), photographed(&caller.phone, "YES").await));
    }
    let nobodys = entries.first().map(|(_, entry)| entry.clone()).expect("somebody");
    vec![
        post(("issue_papers", &[PreparePoll]), at, format!("{locked}/papers"), homes),
        Recipe {
            special: asks.clone(),
            ..post(("ask_paper", &[CastBallot]), at, format!("{locked}/paper-requests"), asks[0].1.clone())
        },
        get(("list_papers", &[HandlePapers]), at, format!("{open}/papers")),
        Recipe {
            special: entries,
            ..post(("enter_paper", &[HandlePapers]), at, format!("{back}/entries"), nobodys)
        },
        get(("read_paper", &[HandlePapers]), at, &paper),
        get(("read_upload", &[ReadPhoto, HandlePapers]), at, shown).concerning_caller(clerk),
        post(
            ("withdraw_entry", &[HandlePapers]),
            at,
            format!("{wrong}/withdrawals"),
            json!({ "reasons": "号码录错" }),
        ),
        post(("adjudicate_paper", &[HandlePapers]), at, format!("{paper}/adjudications"), decided),
        post(("state_box", &[HandlePapers]), at, format!("{waiting}/boxes"), json!({ "returned": 0 })),
    ]
}

/// Of a poll that is open one head was served; others are.
async fn serving(town: &Town) -> Vec<Recipe> {
    use Permission::{CastBallot, PausePoll, PreparePoll, ReadPhoto, ReadPoll};
    let soon = linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(2));
    let (at, open) = (town.place(Level::Complex), format!("/v1/polls/{}", town.open_poll));
    let heads: Vec<_> = heads(town, &open).await.iter().map(|(_, own)| own["head_id"].clone()).collect();
    let served_at = linli::clock::local(town.app.clock.now());
    let noted = async |phone: &Phone, head: &Value| {
        let evidence = photo(phone).await;
        json!({ "head_ids": [head], "method": "POST", "served_at": served_at, "evidence_id": evidence })
    };
    let services = format!("{open}/services");
    let first = noted(&town.officer, &heads[0]).await;
    town.officer.post(&services, &first).await.ok();
    let all = town.officer.all(&services, 100).await;
    let served = all.iter().find(|one| one["head_id"] == heads[0]).expect("its head");
    let service = format!("{services}/{}", id_of(&served["services"][0]));
    let mut bodies = Vec::new();
    for caller in town.callers.iter().filter(|caller| caller.phone.token.is_some()) {
        bodies.push((caller.phone.person.clone(), noted(&caller.phone, &heads[1]).await));
    }
    let nobodys = bodies.first().map(|(_, body)| body.clone()).expect("somebody");
    let evidence = format!("/v1/uploads/{}", first["evidence_id"].as_str().expect("an id"));
    vec![
        Recipe { special: bodies, ..post(("note_services", &[PreparePoll]), at, &*services, nobodys) },
        get(("list_services", &[PreparePoll, CastBallot]), at, &*services),
        get(("read_upload", &[ReadPhoto, PreparePoll]), at, evidence)
            .concerning("who noted it", &town.officer),
        post(
            ("withdraw_service", &[PreparePoll]),
            at,
            format!("{service}/withdrawals"),
            json!({ "words": "送错了门" }),
        ),
        get(("read_service_totals", &[ReadPoll]), at, format!("{open}/service-totals")),
        post(("remind_voters", &[PreparePoll]), at, format!("{open}/reminders"), json!({})),
        post(
            ("pause_poll", &[PausePoll]),
            at,
            format!("{open}/pauses"),
            json!({ "words": "停电", "until": soon }),
        ),
        post(
            ("resume_poll", &[PausePoll]),
            at,
            format!("{open}/resumptions"),
            json!({ "words": "供电已恢复" }),
        ),
    ]
}

/// What an election has come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Elected {
    /// Three are equal for the last two seats.
    Tied,
    /// A committee of three, whose result is final.
    Formed,
}

/// A published election in which the owners of the town stood, and who of them is elected first. Nobody votes in this
/// town: the count is written.
async fn elected(world: &World, town: &Town, new: &Value, came_to: Elected) -> (String, String) {
    let title = if came_to == Elected::Tied { "同票" } else { "当选" };
    let mut new = new.clone();
    new["title"] = json!(title);
    let poll = format!("/v1/polls/{}", id_of(&town.officer.post("/v1/polls", &new).await.ok()));
    let owners = [
        (Relation::OwnHome, "苏勇桂", 4, 400),
        (Relation::SameUnit, "叶凤", 3, 300),
        (Relation::SameBuilding, "魏怡建", 3, 299),
        (Relation::SameComplex, "周霞", 3, 298),
    ];
    let roll = Weight::new(4, 400);
    let mut candidates = Vec::new();
    for (relation, name, heads, area) in owners {
        let (_, home) = town.caller(Role::Owner, relation).office.as_ref().expect("an owner of a home");
        let stands = json!({ "home_id": home.id, "name": name });
        let candidate = town.officer.post(&format!("{poll}/candidates"), &stands).await.ok();
        let area = if came_to == Elected::Tied { heads * 100 } else { area };
        candidates.push(CandidateVotes { id: id_of(&candidate), votes: Weight::new(heads, area) });
    }
    let first = candidates[0].id.clone();
    let totals = Totals {
        roll,
        registered: None,
        returned: roll,
        invalid: Weight::ZERO,
        silent: Weight::ZERO,
        unserved: Weight::ZERO,
        candidates,
        texts: BTreeMap::new(),
    };
    let rules = PollRules { min_committee: 3, ..PollRules::national() };
    let verdict = explain(&totals, &[], Seats::all(3), &rules).expect("a verdict");
    let counted = json!({ "ballots": 4, "totals": totals, "verdict": verdict });
    let db = connect(&world.data.database_url).await.expect("its database");
    let counted = counted.to_string().replace('\'', "''");
    let is_final = if came_to == Elected::Formed { "created_at" } else { "NULL" };
    let written = format!(
        "UPDATE poll SET state = 'PUBLISHED', seats = 3, closed_at = created_at, published_at = created_at, \
         final_at = {is_final}, result = '{counted}' WHERE title = '{title}'"
    );
    assert_eq!(db.execute_unprepared(&written).await.expect("it is written").rows_affected(), 1);
    db.close().await.expect("it closes");
    (poll, first)
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

/// The community office looks at a photo, and passes it.
async fn let_neighbours_see(town: &Town, photo: &str) {
    let office = &town.caller(Role::CommunityOfficer, Relation::SameCommunity).phone;
    let held = office.all(&format!("/v1/places/{}/held-contents", town.place(Level::Complex).id), 100).await;
    let content = held.iter().find(|content| content["photo_id"] == photo).expect("it waits for a person");
    let decision = format!("/v1/contents/{}/decisions", id_of(content));
    office.post(&decision, &json!({ "finding": "PASS" })).await.ok();
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
    for photos in iter::once([&photos[0]].as_slice()).chain(iter::repeat_n([].as_slice(), 26)) {
        let incident = reporter.post("/v1/incidents", &report(photos)).await.ok();
        reported.push(format!("/v1/incidents/{}", id_of(&incident)));
    }
    // What was done about this one is looked at.
    let mut seepage = report(&[]);
    seepage["category"] = json!("HOME_SEEPAGE");
    let seepage = format!("/v1/incidents/{}", id_of(&reporter.post("/v1/incidents", &seepage).await.ok()));
    reported.push(seepage.clone());
    let retargeted = reporter.post("/v1/incidents", &report(&[])).await.ok();
    reported.push(format!("/v1/incidents/{}", id_of(&retargeted)));
    let expected = reporter.post("/v1/incidents", &report(&[])).await.ok();
    reported.push(format!("/v1/incidents/{}", id_of(&expected)));
    let leader = &town.caller(Role::UnitLeader, Relation::SameUnit).phone;
    let done = json!({ "words": "已处理" });
    let pause = json!({ "reason": "AWAITING_PARTS", "words": "等待灯具到货" });
    for incident in [2, 3, 4, 8, 9, 10, 11, 29] {
        leader.post(&format!("{}/acknowledgements", reported[incident]), &json!({})).await.ok();
    }
    for handled in [3, 4, 11] {
        leader.post(&format!("{}/handlings", reported[handled]), &done).await.ok();
    }
    for waiting in [9, 10] {
        leader.post(&format!("{}/pauses", reported[waiting]), &pause).await.ok();
    }
    let hours = |hours| json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::hours(hours)));
    let comes = json!({ "from": hours(30), "until": hours(34), "words": "电工上门" });
    let content = json!({ "satisfaction": "SATISFIED" });
    reporter.post(&format!("{}/confirmations", reported[11]), &content).await.ok();
    let question = json!({ "words": "哪一层的灯？" });
    leader.post(&format!("{}/questions", reported[18]), &question).await.ok();
    let rejection = json!({ "why": "NOTHING_FOUND", "words": "现场灯光正常" });
    leader.post(&format!("{}/rejections", reported[21]), &rejection).await.ok();
    leader.post(&format!("{seepage}/acknowledgements"), &json!({})).await.ok();
    let dried = json!({ "words": "已修好水管", "photo_ids": [photo(leader).await] });
    leader.post(&format!("{seepage}/handlings"), &dried).await.ok();
    // With the building's leader, and these two offered to the unit's again.
    let building = &town.caller(Role::BuildingLeader, Relation::SameBuilding).phone;
    let delegation = json!({ "to_level": "UNIT", "words": "单元长熟悉情况" });
    for passed_on in [23, 24, 25] {
        let climb = json!({ "reason": "BY_HAND", "words": "请楼长处理" });
        leader.post(&format!("{}/climbs", reported[passed_on]), &climb).await.ok();
    }
    for offered in [24, 25] {
        building.post(&format!("{}/delegations", reported[offered]), &delegation).await.ok();
    }
    let lift = json!({ "place_id": home.id, "category": "ELEVATOR_FAULT", "description": "电梯停了" });
    let mut lifts = Vec::new();
    for _ in 0..6 {
        lifts.push(id_of(&reporter.post("/v1/incidents", &lift).await.ok()));
    }
    let one_trouble = |ids: &[String]| json!({ "incident_ids": ids, "words": "同一台电梯" });
    let cluster = leader.post("/v1/clusters", &one_trouble(&lifts[..4])).await.ok();
    let cluster = format!("/v1/clusters/{}", id_of(&cluster));
    let unit = town.place(Level::Unit);
    let neighbour = &town.caller(Role::Owner, Relation::SameUnit).phone;
    let shared_photo = photo(neighbour).await;
    let shared = json!({ "place_id": unit.id, "category": "CLEANING", "description": "楼道有垃圾",
        "photo_ids": [shared_photo] });
    neighbour.post("/v1/incidents", &shared).await.ok();
    let_neighbours_see(town, &shared_photo).await;
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
        get(
            ("read_upload", &[ReportIncident, ReadIncident]),
            unit,
            format!("/v1/uploads/{shared_photo}?size=THUMBNAIL"),
        ),
        post(("find_matches", &[ReportIncident]), home, "/v1/matches", lift.clone()),
        post(("merge_incidents", &[WorkIncident]), home, "/v1/clusters", one_trouble(&lifts[4..]))
            .seen_by(ReadIncident)
            .concerning(whose, &reporter),
        get(("read_cluster", &[ReadIncident]), home, &cluster).concerning(whose, &reporter),
        get(("list_members", &[WorkIncident]), home, format!("{cluster}/members"))
            .seen_by(ReadIncident)
            .concerning(whose, &reporter),
        post(
            ("split_incident", &[WorkIncident, AnswerIncident]),
            home,
            format!("{cluster}/splits"),
            json!({ "incident_id": lifts[3], "words": "是另一台电梯" }),
        )
        .seen_by(ReadIncident)
        .concerning(whose, &reporter),
        get(("read_promise", &[ReportIncident]), home, format!("/v1/places/{}/promises/SUGGESTION", home.id)),
        post(("report_incident", &[ReportIncident]), home, "/v1/incidents", report(&[])),
        get(("list_incidents", &[ReadOwn]), home, "/v1/incidents?scope=BELOW"),
        get(("read_incident", &[ReadIncident]), home, &reported[0]).concerning(whose, &reporter),
        get(("read_clocks", &[ReadIncident]), home, format!("{}/clocks", reported[0]))
            .concerning(whose, &reporter),
        on(("accept_incident", &[WorkIncident]), 14, "acceptances", json!({})),
        on(("assign_incident", &[WorkIncident]), 15, "assignments", json!({ "assignee_id": leader.person })),
        get(("list_assignees", &[WorkIncident]), home, format!("{}/assignees", reported[0]))
            .seen_by(ReadIncident)
            .concerning(whose, &reporter),
        on(("ask_reporter", &[WorkIncident]), 17, "questions", question),
        on(("reply_incident", &[AnswerIncident]), 18, "replies", json!({ "words": "三层" })),
        on(
            ("divert_incident", &[WorkIncident]),
            19,
            "diversions",
            json!({ "elsewhere": "UTILITY", "words": "请联系供电公司" }),
        ),
        on(("reject_incident", &[WorkIncident]), 20, "rejections", rejection),
        on(("appeal_incident", &[AnswerIncident]), 21, "appeals", json!({ "reason": "晚上再来看" })),
        on(("inspect_incident", &[WorkIncident]), 27, "inspections", json!({ "finding": "PASSED" })),
        on(("object_incident", &[WorkIncident]), 22, "objections", json!({ "words": "不归单元管" })),
        on(("delegate_incident", &[WorkIncident]), 23, "delegations", delegation),
        on(("consent_incident", &[WorkIncident]), 24, "consents", json!({})),
        on(("decline_incident", &[WorkIncident]), 25, "refusals", json!({ "words": "没有工具" })),
        on(
            ("force_close_incident", &[WorkIncident]),
            26,
            "forced-closings",
            json!({ "words": "整栋楼已改造" }),
        ),
        on(("retarget_incident", &[WorkIncident]), 28, "retargets", json!({ "words": "按新时限办理" })),
        on(("acknowledge_incident", &[WorkIncident]), 1, "acknowledgements", json!({})),
        on(("handle_incident", &[WorkIncident]), 2, "handlings", done.clone()),
        on(("confirm_incident", &[AnswerIncident]), 3, "confirmations", content),
        on(("return_incident", &[AnswerIncident]), 4, "returns", json!({ "reason": "还是很暗" })),
        on(("climb_incident", &[WorkIncident]), 5, "climbs", climb("BY_HAND")),
        on(("climb_incident", &[AnswerIncident]), 6, "climbs", climb("RESIDENT_REQUEST")),
        on(("reopen_incident", &[AnswerIncident]), 11, "reopenings", json!({ "reason": "又暗了" })),
        on(("urge_incident", &[AnswerIncident]), 12, "urges", json!({})),
        on(("note_incident", &[WorkIncident, AnswerIncident]), 13, "notes", json!({ "words": "明天来看" })),
        on(("withdraw_incident", &[AnswerIncident]), 7, "withdrawals", json!({})),
        on(("pause_incident", &[WorkIncident]), 8, "pauses", pause),
        on(("appoint_incident", &[WorkIncident]), 29, "appointments", comes),
        on(("resume_incident", &[WorkIncident]), 9, "resumptions", json!({})),
        on(("void_pause", &[WorkIncident]), 10, "voidings", json!({ "words": "仓库有货" })),
    ]
}

async fn desk(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{ReadIncident, WorkDesk, WorkIncident};
    let (complex, home) = (town.place(Level::Complex), town.place(Level::Home));
    let at = |place: &Lineage| format!("/v1/places/{}/desk", place.id);
    let desk = at(complex);
    let manager = &town.caller(Role::PropertyManager, Relation::SameComplex).phone;
    let leader = &town.caller(Role::UnitLeader, Relation::SameUnit).phone;
    let view = json!({ "name": "待办", "shared_with": "POST", "filter": { "scope": "HELD" } });
    let template = json!({ "name": "已派人", "words": "{category}已派人到{place}" });
    let made = async |phone: &Phone, list: String, body: &Value| {
        format!("{list}/{}", id_of(&phone.post(&list, body).await.ok()))
    };
    let (views, templates) = (format!("{desk}/views"), format!("{desk}/templates"));
    let (kept, gone) = (made(manager, views.clone(), &view).await, made(manager, views.clone(), &view).await);
    let (used, withdrawn) = (
        made(manager, templates.clone(), &template).await,
        made(manager, templates.clone(), &template).await,
    );
    // Of the unit, because that is the lowest to read an incident.
    let reporter = world.newcomer().await;
    let family = town.appoint(&reporter, Role::Family, Level::Home).await;
    let report = json!({ "place_id": home.id, "category": "SUGGESTION", "description": "楼道灯晚上太暗" });
    let incident = id_of(&reporter.post("/v1/incidents", &report).await.ok());
    reporter.delete(&format!("/v1/roles/{family}")).await.ok();
    let reply =
        id_of(&leader.post(&format!("{}/templates", at(town.place(Level::Unit))), &template).await.ok());
    let answer = json!({ "incident_ids": [incident], "act": "NOTE", "words": "已派人" });
    vec![
        get(("read_workload", &[WorkDesk]), complex, &desk),
        get(("list_workloads", &[WorkDesk]), complex, format!("{desk}/workloads")),
        get(("read_rota", &[WorkDesk]), complex, format!("{desk}/rota")),
        put(("set_rota", &[WorkDesk]), complex, format!("{desk}/rota"), json!({ "shifts": [] })),
        get(("read_duty", &[WorkDesk]), complex, format!("{desk}/duty")),
        get(("list_views", &[WorkDesk]), complex, &views),
        post(("save_view", &[WorkDesk]), complex, &views, view.clone()),
        get(("read_view", &[WorkDesk]), complex, &kept),
        get(("list_view_incidents", &[WorkDesk]), complex, format!("{kept}/incidents")),
        put(("update_view", &[WorkDesk]), complex, &kept, view),
        delete(("delete_view", &[WorkDesk]), complex, gone),
        get(("list_templates", &[WorkDesk]), complex, &templates),
        post(("write_template", &[WorkDesk]), complex, &templates, template.clone()),
        get(("read_template", &[WorkDesk]), complex, &used),
        get(("list_template_versions", &[WorkDesk]), complex, format!("{used}/versions")),
        put(("update_template", &[WorkDesk]), complex, &used, template),
        delete(("delete_template", &[WorkDesk]), complex, withdrawn),
        get(("read_draft", &[WorkIncident]), home, format!("/v1/incidents/{incident}/drafts/{reply}"))
            .seen_by(ReadIncident)
            .concerning("the reporter", &reporter),
        post(("answer_incidents", &[WorkDesk]), complex, format!("{desk}/answers"), answer),
    ]
}

/// Blown by the leader of the home's unit, so that everybody above stands where the table says.
async fn whistles(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{BlowWhistle, ReadIncident, ReadOwn, ReadWhistle, ReportIn, WorkIncident};
    let home = town.place(Level::Home);
    let reporter = world.newcomer().await;
    let family = town.appoint(&reporter, Role::Family, Level::Home).await;
    let report = json!({ "place_id": home.id, "category": "SUGGESTION", "description": "楼道灯晚上太暗" });
    let incident = format!("/v1/incidents/{}", id_of(&reporter.post("/v1/incidents", &report).await.ok()));
    reporter.delete(&format!("/v1/roles/{family}")).await.ok();
    let leader = &town.caller(Role::UnitLeader, Relation::SameUnit).phone;
    let blow = json!({
        "severity": "S3", "subject": "楼道照明", "lead": "PROPERTY_MANAGER",
        "assist": ["BUILDING_LEADER", "COMMITTEE_MEMBER", "DEVELOPER", "COMMUNITY_OFFICER", "STREET_OFFICER", "ADMIN"],
    });
    let over = json!({ "subject": "楼道照明", "lead": "PROPERTY_MANAGER" });
    let at_home = format!("/v1/places/{}/whistles", home.id);
    let due = json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(9)));
    let later = json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(19)));
    let minutes = json!({ "minutes": "已到场", "commitments": [
        { "role": "PROPERTY_MANAGER", "what": "更换灯具", "due_at": due },
        { "role": "PROPERTY_MANAGER", "what": "检修线路", "due_at": due },
    ] });
    let mut blown = Vec::new();
    for _ in 0..4 {
        blown.push(format!("/v1/whistles/{}", id_of(&leader.post(&at_home, &blow).await.ok())));
    }
    let minuted = leader.post(&format!("{}/minutes", blown[0]), &minutes).await.ok();
    let commitment = |which: usize| {
        format!("{}/commitments/{}", blown[0], minuted["commitments"][which]["id"].as_str().expect("an id"))
    };
    leader.post(&format!("{}/minutes", blown[2]), &json!({ "minutes": "已到场" })).await.ok();
    let said = json!({ "outcome": "KEPT", "words": "已完成" });
    let on = |asks: (&'static str, &[Permission]), path: String, body: Value| {
        post(asks, home, path, body).seen_by(ReadWhistle)
    };
    vec![
        post(("blow_whistle", &[BlowWhistle]), home, at_home, blow),
        post(("blow_whistle_over_incident", &[WorkIncident]), home, format!("{incident}/whistles"), over)
            .seen_by(ReadIncident)
            .concerning("the reporter", &reporter),
        get(("list_whistles", &[ReadOwn]), home, "/v1/whistles"),
        get(("read_whistle", &[ReadWhistle]), home, &blown[0]),
        on(("report_in", &[ReportIn]), format!("{}/report-ins", blown[0]), json!({})),
        on(
            ("minute_whistle", &[BlowWhistle]),
            format!("{}/minutes", blown[1]),
            json!({ "minutes": "已到场" }),
        ),
        on(("settle_commitment", &[BlowWhistle, ReportIn]), format!("{}/settlements", commitment(0)), said),
        on(
            ("extend_commitment", &[BlowWhistle]),
            format!("{}/extensions", commitment(1)),
            json!({ "due_at": later, "words": "等待配件" }),
        ),
        on(
            ("close_whistle", &[BlowWhistle]),
            format!("{}/closings", blown[2]),
            json!({ "outcome": "SOLVED", "words": "已解决" }),
        ),
        on(
            ("call_off_whistle", &[BlowWhistle]),
            format!("{}/cancellations", blown[3]),
            json!({ "words": "已自行解决" }),
        ),
    ]
}

async fn packs(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{AdoptPack, ReadPlace, ReadPublic, RecordBylaws};
    let (district, complex) = (town.place(Level::District), town.place(Level::Complex));
    let admin = &town.caller(Role::Admin, Relation::SameDistrict).phone;
    let adopt = |follows: u32| json!({ "pack": "hangzhou", "follows": follows });
    let packs = format!("/v1/places/{}/packs", district.id);
    let adopted = id_of(&admin.post(&packs, &adopt(0)).await.ok());
    let versions = format!("/v1/places/{}/rule-versions", district.id);
    let poll = &town.closed_polls[0];
    // Nobody votes in this town: that the text passed is written into the count.
    let db = connect(&world.data.database_url).await.expect("its database");
    let passed = "UPDATE poll SET result = replace(result, 'NO_QUORUM', 'PASSED') WHERE state = 'PUBLISHED' AND kind = 'MOTION' AND external IS NULL";
    assert_eq!(db.execute_unprepared(passed).await.expect("it is written").rows_affected(), 1);
    db.close().await.expect("it closes");
    let matter = town.officer.get(&format!("/v1/polls/{poll}")).await.ok()["matters"][0]["id"].clone();
    let bylaws = json!({ "poll_id": poll, "matter_id": matter, "says": { "term_years": 4 }, "follows": 0 });
    vec![
        get(("read_calendar_year", &[ReadPublic]), district, "/v1/calendar/2026"),
        get(("list_rule_packs", &[ReadPublic]), district, "/v1/rule-packs"),
        post(("adopt_pack", &[AdoptPack]), district, &packs, adopt(1)).seen_by(ReadPlace),
        post(
            ("record_bylaws", &[RecordBylaws]),
            complex,
            format!("/v1/places/{}/bylaws", complex.id),
            bylaws,
        )
        .seen_by(ReadPlace),
        get(("list_rule_versions", &[ReadPlace]), district, &versions),
        get(("read_rule_version", &[ReadPlace]), district, format!("{versions}/{adopted}")),
        get(("read_rules_in_force", &[ReadPlace]), complex, format!("/v1/places/{}/rules", complex.id)),
    ]
}

async fn programmes(town: &Town) -> Vec<Recipe> {
    use Permission::{
        ActInProgramme, BeginProgramme, ComposeProgramme, PauseProgramme, ReadProgramme, ReadPublic,
    };
    let complex = town.place(Level::Complex);
    let at = format!("/v1/places/{}/programmes", complex.id);
    let begin = |template: &str| json!({ "template": template, "purpose": "更换物业" });
    let begun = id_of(&town.officer.post(&at, &begin("ordinary-matter")).await.ok());
    let on = |rest: &str| format!("/v1/programmes/{begun}/{rest}");
    let days = |days| json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(days)));
    let poll = town::motion(&town.officer, complex, &days(20), &days(27)).await;
    let why = json!({ "words": "供电已恢复" });
    let own = format!("/v1/places/{}/programme-templates", complex.id);
    let template = json!({ "text": "name = 'tidy-up'\nversion = 1\nzh = '清理楼道'\nen = 'Tidy up'\nlevels = ['COMPLEX']\n\
        convened_by = ['OWNER']\n[modules.notice]\nkind = 'PUBLIC_NOTICE'\nzh = '公示'\nen = 'Notice'\nleast = 3\nends = { GIVEN = 'DONE' }\n" });
    let of = |asks: (&'static str, &[Permission]), rest: &str, body: Value| {
        post(asks, complex, on(rest), body).seen_by(ReadProgramme)
    };
    vec![
        get(("list_programme_templates", &[ReadPublic]), complex, "/v1/programme-templates"),
        post(("load_programme_template", &[ComposeProgramme]), complex, &own, template)
            .seen_by(ReadProgramme),
        get(("list_own_programme_templates", &[ReadProgramme]), complex, &own),
        post(("begin_programme", &[BeginProgramme]), complex, &at, begin("special-matter"))
            .seen_by(ReadProgramme),
        get(("list_programmes", &[ReadProgramme]), complex, &at),
        get(("read_programme", &[ReadProgramme]), complex, format!("/v1/programmes/{begun}")),
        post(
            ("do_deed", &[ActInProgramme]),
            complex,
            on("modules/deliberation/deeds"),
            json!({ "deed": "SAY", "words": "希望更换物业" }),
        ),
        get(("list_deeds", &[ReadProgramme]), complex, on("modules/deliberation/deeds")),
        of(("bind_poll", &[BeginProgramme]), "polls", json!({ "module": "vote", "poll_id": poll })),
        get(("list_timeline", &[ReadProgramme]), complex, on("timeline")),
        of(("pause_programme", &[PauseProgramme]), "pauses", json!({ "words": "停电", "until": days(2) })),
        of(("resume_programme", &[PauseProgramme]), "resumptions", why.clone()),
        of(("call_off_programme", &[BeginProgramme]), "cancellations", why),
    ]
}

async fn policies(town: &Town) -> Vec<Recipe> {
    use Permission::{PublishPolicy, ReadPolicy};
    let (complex, home) = (town.place(Level::Complex), town.place(Level::Home));
    let at = format!("/v1/places/{}/policies", complex.id);
    let says = |follows: u32| json!({ "scope": "SUGGESTION", "follows": follows, "says": { "at": { "UNIT": { "warn_at": [40, 90] } } } });
    let office = &town.caller(Role::CommunityOfficer, Relation::SameCommunity).phone;
    let published = id_of(&office.post(&at, &says(0)).await.ok());
    vec![
        post(("publish_policy", &[PublishPolicy]), complex, &at, says(1)).seen_by(ReadPolicy),
        get(("list_policies", &[ReadPolicy]), complex, &at),
        get(("read_policy", &[ReadPolicy]), complex, format!("{at}/{published}")),
        get(
            ("read_policy_in_force", &[ReadPolicy]),
            home,
            format!("/v1/places/{}/policy/SUGGESTION", home.id),
        ),
    ]
}

/// What a neighbour has against a home, where a policy puts it to its household first.
async fn put_to_a_household(town: &Town) -> Vec<Recipe> {
    use Permission::{AnswerForHome, ReadIncident, WorkIncident};
    let (district, home) = (town.place(Level::District), town.place(Level::Home));
    let says = json!({ "common": { "leaves_out": [], "enters_at": "HOME" } });
    let policy = json!({ "scope": "NEIGHBOUR_NOISE", "follows": 0, "says": says });
    let admin = &town.caller(Role::Admin, Relation::SameDistrict).phone;
    admin.post(&format!("/v1/places/{}/policies", district.id), &policy).await.ok();
    let neighbour = town.caller(Role::Owner, Relation::SameUnit).phone.clone();
    let noise = json!({ "place_id": home.id, "category": "NEIGHBOUR_NOISE", "description": "深夜琴声" });
    let mut reported = Vec::new();
    for _ in 0..5 {
        let incident = id_of(&neighbour.post("/v1/incidents", &noise).await.ok());
        reported.push(format!("/v1/incidents/{incident}"));
    }
    let owner = &town.caller(Role::Owner, Relation::OwnHome).phone;
    owner.post(&format!("{}/acknowledgements", reported[1]), &json!({})).await.ok();
    let whose = "the neighbour";
    let on = |id: &'static str, incident: usize, verb: &str, body: Value| {
        post((id, &[WorkIncident, AnswerForHome]), home, format!("{}/{verb}", reported[incident]), body)
            .seen_by(ReadIncident)
            .concerning(whose, &neighbour)
    };
    let read = |id: &'static str, under: &str| {
        get((id, &[ReadIncident, AnswerForHome]), home, format!("{}{under}", reported[0]))
            .concerning(whose, &neighbour)
    };
    vec![
        read("read_incident", ""),
        read("read_clocks", "/clocks"),
        on("acknowledge_incident", 0, "acknowledgements", json!({})),
        on("handle_incident", 1, "handlings", json!({ "words": "以后注意" })),
        on("object_incident", 2, "objections", json!({ "words": "不是我家" })),
        on("climb_incident", 3, "climbs", json!({ "reason": "BY_HAND", "words": "请单元长评理" })),
        post(
            ("note_incident", &[Permission::AnswerIncident, WorkIncident, AnswerForHome]),
            home,
            format!("{}/notes", reported[4]),
            json!({ "words": "当晚有客人" }),
        )
        .seen_by(ReadIncident)
        .concerning(whose, &neighbour),
    ]
}

async fn outages(town: &Town) -> Vec<Recipe> {
    use Permission::{PlanOutage, ReadOutage};
    let home = town.place(Level::Home);
    let at = |hours: i64| json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::hours(hours)));
    let plan = json!({ "place_id": home.id, "categories": ["ELEVATOR_FAULT"], "explanation": "电梯年检",
        "from": at(2), "until": at(5) });
    let manager = &town.caller(Role::PropertyManager, Relation::SameComplex).phone;
    let mut planned = Vec::new();
    for _ in 0..2 {
        planned.push(format!("/v1/outages/{}", id_of(&manager.post("/v1/outages", &plan).await.ok())));
    }
    let longer = json!({ "until": at(6), "reason": "配件未到" });
    vec![
        post(("plan_outage", &[PlanOutage]), home, "/v1/outages", plan),
        get(("list_outages", &[ReadOutage]), home, format!("/v1/places/{}/outages", home.id)),
        get(("read_outage", &[ReadOutage]), home, &planned[0]),
        post(("extend_outage", &[PlanOutage]), home, format!("{}/extensions", planned[0]), longer)
            .seen_by(ReadOutage),
        post(("end_outage", &[PlanOutage]), home, format!("{}/endings", planned[1]), json!({}))
            .seen_by(ReadOutage),
    ]
}

async fn patrols(town: &Town) -> Vec<Recipe> {
    use Permission::{Patrol, ReadPatrol};
    let home = town.place(Level::Home);
    let new = json!({ "place_id": home.id, "name": "夜间巡查", "every_hours": 24,
        "points": [{ "place_id": home.id, "name": "门口", "categories": ["COMPLEX_LIGHT_OUT"] }] });
    let manager = &town.caller(Role::PropertyManager, Relation::SameComplex).phone;
    let route = async || manager.post("/v1/patrol-routes", &new).await.ok();
    let (walked, retired) = (route().await, route().await);
    let [path, retired] = [&walked, &retired].map(|route| format!("/v1/patrol-routes/{}", id_of(route)));
    let round = async || id_of(&manager.post(&format!("{path}/rounds"), &json!({})).await.ok());
    let [checked, finished] = [round().await, round().await].map(|id| format!("/v1/patrol-rounds/{id}"));
    let point = walked["points"][0]["id"].as_str().expect("an id");
    let token = json!({ "token": walked["points"][0]["token"] });
    let on = |asks: (&'static str, &[Permission]), path: String, body: Value| {
        post(asks, home, path, body).seen_by(ReadPatrol)
    };
    vec![
        post(("create_patrol_route", &[Patrol]), home, "/v1/patrol-routes", new),
        get(("list_patrol_routes", &[ReadPatrol]), home, format!("/v1/places/{}/patrol-routes", home.id)),
        get(("read_patrol_route", &[ReadPatrol]), home, &path),
        get(("read_patrol_round", &[ReadPatrol]), home, &checked),
        on(("begin_patrol_round", &[Patrol]), format!("{path}/rounds"), json!({})),
        on(("check_patrol_point", &[Patrol]), format!("{checked}/checks"), token),
        on(("finish_patrol_round", &[Patrol]), format!("{finished}/finishes"), json!({})),
        on(("renew_patrol_token", &[Patrol]), format!("{path}/points/{point}/tokens"), json!({})),
        on(("retire_patrol_route", &[Patrol]), format!("{retired}/retirements"), json!({})),
    ]
}

async fn moderation(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{
        AnswerIncident, ModerateContent, ReadIncident, ReadOwn, ReadPublicIncident, UrgePublicIncident,
    };
    let (complex, home) = (town.place(Level::Complex), town.place(Level::Home));
    let reporter = world.newcomer().await;
    let family = town.appoint(&reporter, Role::Family, Level::Home).await;
    let mut reported = Vec::new();
    for category in ["CLEANING", "ELEVATOR_FAULT"] {
        let report = json!({ "place_id": home.id, "category": category, "description": "sim-review" });
        reported
            .push(format!("/v1/incidents/{}", id_of(&reporter.post("/v1/incidents", &report).await.ok())));
    }
    reporter.delete(&format!("/v1/roles/{family}")).await.ok();
    let here = |list: &str| format!("/v1/places/{}/{list}", complex.id);
    let officer = &town.caller(Role::CommunityOfficer, Relation::SameCommunity).phone;
    let held = officer.get(&here("held-contents")).await.ok();
    let content = format!("/v1/contents/{}/decisions", id_of(&held["items"][0]));
    let masks = json!({ "masks": [{ "from": 0, "to": 1 }] });
    vec![
        get(("list_public_incidents", &[ReadPublicIncident]), complex, here("public-incidents")),
        get(("list_followed_incidents", &[ReadOwn]), complex, "/v1/followed-incidents"),
        post(
            ("follow_incident", &[ReadPublicIncident]),
            complex,
            format!("{}/follows", reported[0]),
            json!({}),
        ),
        post(
            ("urge_followed_incident", &[UrgePublicIncident]),
            complex,
            reported[0].replace("/incidents/", "/followed-incidents/") + "/urges",
            json!({}),
        ),
        delete(("unfollow_incident", &[ReadPublicIncident]), complex, format!("{}/follows", reported[0])),
        post(("redact_incident", &[AnswerIncident]), home, format!("{}/redactions", reported[1]), masks)
            .seen_by(ReadIncident)
            .concerning("the reporter", &reporter),
        get(("list_held_contents", &[ModerateContent]), complex, here("held-contents")),
        post(("decide_content", &[ModerateContent]), complex, content, json!({ "finding": "PASS" })),
    ]
}

async fn visits(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{AskCare, PlanVisit, ReadOwn, ReadVisit, UseOwn};
    let home = town.place(Level::Home);
    let resident = world.newcomer().await;
    town.appoint(&resident, Role::Family, Level::Home).await;
    let care = format!("/v1/me/cares/{}", home.id);
    let need = json!({ "need": "独居，腿脚不便" });
    let visitor = town.caller(Role::PropertyManager, Relation::SameComplex);
    let plan = json!({ "place_id": home.id });
    resident.call(Method::PUT, &care).json(&need).send().await.ok();
    let mut planned = Vec::new();
    for _ in 0..3 {
        planned.push(format!("/v1/visits/{}", id_of(&visitor.phone.post("/v1/visits", &plan).await.ok())));
    }
    let due = json!(linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(9)));
    let log = json!({ "needs": "加装扶手", "commitments": [{ "what": "联系安装", "due_at": due }] });
    let made = visitor.phone.post(&format!("{}/logs", planned[0]), &log).await.ok();
    let commitment = made["commitments"][0]["id"].as_str().expect("an id");
    let settled = json!({ "outcome": "KEPT", "words": "已安装" });
    let own = |id: &'static str, path: String, body: Value| {
        post((id, &[UseOwn]), home, path, body).seen_by(ReadVisit).concerning_caller(visitor)
    };
    vec![
        get(("list_cares", &[ReadOwn]), home, "/v1/me/cares"),
        // Before others who live there have asked.
        delete(("withdraw_care", &[UseOwn]), home, &care).concerning("who asked", &resident),
        put(("ask_care", &[AskCare]), home, &care, need),
        get(("suggest_visits", &[PlanVisit]), home, format!("/v1/places/{}/visit-suggestions", home.id)),
        post(("plan_visit", &[PlanVisit]), home, "/v1/visits", plan),
        get(("list_visits", &[ReadOwn]), home, "/v1/visits"),
        get(("read_visit", &[ReadVisit]), home, &planned[0]).concerning_caller(visitor),
        own(
            "settle_visit_commitment",
            format!("{}/commitments/{commitment}/settlements", planned[0]),
            settled,
        ),
        own("log_visit", format!("{}/logs", planned[1]), log),
        own("call_off_visit", format!("{}/cancellations", planned[2]), json!({ "words": "不在家" })),
    ]
}

/// Rows of a month that was closed before anybody asked.
async fn figures(town: &Town) -> Vec<Recipe> {
    use Permission::{AppealFigure, CloseMonth, PublishFormula, ReadClosing, ReadFigures, ReadRates};
    let (district, complex, unit) =
        (town.place(Level::District), town.place(Level::Complex), town.place(Level::Unit));
    let of = |place: &Lineage, what: &str| format!("/v1/places/{}/{what}", place.id);
    let period = &town.reported_in;
    let leader = &town.caller(Role::UnitLeader, Relation::SameUnit).phone;
    let rows = leader.get(&of(unit, &format!("figures/WRONG_DISPATCH/rows?period={period}"))).await.ok();
    let row = |at: usize| rows["items"][at]["id"].clone();
    let appeal = |row: Value| json!({ "row_id": row, "reason": "当晚停电" });
    let made = leader.post("/v1/figure-appeals", &appeal(row(0))).await.ok();
    let made = format!("/v1/figure-appeals/{}", id_of(&made));
    let formula = rules::figures::Formula::national();
    let from = linli::clock::local(town.app.clock.now() + chrono::TimeDelta::days(70)).format("%Y-%m");
    let held = |asks: (&'static str, &[Permission]), path: String, body| post(asks, unit, path, body);
    vec![
        get(("read_figures", &[ReadFigures, ReadRates]), complex, of(complex, "figures")),
        get(("list_figure_rows", &[ReadFigures]), complex, of(complex, "figures/RESPONSE/rows")),
        get(("read_board", &[ReadFigures]), complex, of(complex, "board")),
        get(("read_figure_formula", &[ReadFigures, ReadRates]), complex, of(complex, "figure-formula")),
        post(
            ("close_month", &[CloseMonth]),
            complex,
            of(complex, "closings"),
            json!({ "period": "2026-01" }),
        ),
        get(("read_closing", &[ReadClosing]), complex, of(complex, &format!("closings/{period}"))),
        get(
            ("list_figure_appeals", &[ReadFigures]),
            complex,
            of(complex, &format!("closings/{period}/appeals")),
        ),
        held(("make_appeal", &[AppealFigure]), "/v1/figure-appeals".into(), appeal(row(1))),
        get(("read_figure_appeal", &[AppealFigure]), unit, &made),
        held(
            ("decide_appeal", &[AppealFigure]),
            format!("{made}/decisions"),
            json!({ "decision": "DISMISSED", "words": "不属实" }),
        ),
        post(
            ("publish_formula", &[PublishFormula]),
            district,
            of(district, "figure-formulas"),
            json!({ "from": from.to_string(), "formula": formula }),
        ),
    ]
}
async fn notices(world: &World, town: &Town) -> Vec<Recipe> {
    use Permission::{MendNotices, ReadOwn, ReadReach, SilenceNotices, UseOwn};
    let (complex, building) = (town.place(Level::Complex), town.place(Level::Building));
    let at = format!("/v1/places/{}", complex.id);
    let (home, until) = (town.place(Level::Home), town.app.clock.now() + chrono::TimeDelta::hours(8));
    let silences = format!("/v1/places/{}/silences", home.id);
    let silence =
        json!({ "category": "DRAIN_BLOCKED", "until": linli::clock::local(until), "reason": "配件在途" });
    let manager = &town.caller(Role::PropertyManager, Relation::SameComplex).phone;
    let silent = format!("/v1/silences/{}", id_of(&manager.post(&silences, &silence).await.ok()));
    let (reporter, notice) = told(world, town).await;
    let dead = bury(town, complex, &reporter).await;
    let accepted = json!({ "answers": [{ "template_id": "tmpl-task", "answer": "ACCEPT" }] });
    let address = json!({ "address": "access@example.org" });
    let proved = &town.caller(Role::Owner, Relation::OwnHome).phone;
    proved.call(Method::PUT, "/v1/me/email").json(&address).send().await.ok();
    let letter = std::fs::read_dir(world.data.folder.join("mail")).expect("a folder").flatten().next();
    let letter = std::fs::read_to_string(letter.expect("a letter").path()).expect("text");
    let code = letter.split("验证码 ").nth(1).and_then(|rest| rest.split('，').next()).expect("a code");
    let with = |code: &str| json!({ "address": "access@example.org", "code": code });
    vec![
        get(("list_notices", &[ReadOwn]), complex, "/v1/notices"),
        post(("mark_notice", &[UseOwn]), complex, format!("/v1/notices/{notice}/readings"), json!({}))
            .concerning("who was told", &reporter),
        get(("list_subscriptions", &[ReadOwn]), complex, "/v1/me/subscriptions"),
        post(("report_subscriptions", &[ReadOwn]), complex, "/v1/me/subscriptions", accepted),
        put(("save_email", &[ReadOwn]), complex, "/v1/me/email", address),
        Recipe {
            special: vec![(proved.person.clone(), with(code))],
            ..post(
                ("confirm_email", &[ReadOwn]),
                complex,
                "/v1/me/email/confirmations",
                with("0123456789abcdef"),
            )
        },
        get(("read_reach", &[ReadReach]), complex, format!("{at}/reach")),
        get(
            ("list_unreached_homes", &[ReadReach]),
            building,
            format!("/v1/places/{}/unreached-homes", building.id),
        ),
        get(("list_dead_notices", &[MendNotices]), complex, format!("{at}/dead-notices")),
        post(("begin_silence", &[SilenceNotices]), home, &silences, silence),
        get(("list_silences", &[SilenceNotices]), home, &silences),
        get(("read_silence", &[SilenceNotices]), home, &silent),
        post(("end_silence", &[SilenceNotices]), home, format!("{silent}/endings"), json!({})),
        post(
            ("redeliver_notice", &[MendNotices]),
            complex,
            format!("{at}/dead-notices/{dead}/redeliveries"),
            json!({}),
        ),
    ]
}

/// Somebody who has been told something, and what.
async fn told(world: &World, town: &Town) -> (Phone, String) {
    let reporter = world.newcomer().await;
    town.appoint(&reporter, Role::Family, Level::Home).await;
    let report = json!({ "place_id": town.place(Level::Home).id, "category": "SUGGESTION",
        "description": "楼道灯晚上太暗", "photo_ids": [] });
    let incident = id_of(&reporter.post("/v1/incidents", &report).await.ok());
    let leader = &town.caller(Role::UnitLeader, Relation::SameUnit).phone;
    leader.post(&format!("/v1/incidents/{incident}/acknowledgements"), &json!({})).await.ok();
    let notice = eventually("somebody is told", async || {
        let inbox = reporter.call(Method::GET, "/v1/notices").send().await.ok();
        inbox["items"].as_array().and_then(|items| items.first()).map(id_of)
    })
    .await;
    (reporter, notice)
}

/// A notice that failed for good.
async fn bury(town: &Town, complex: &Lineage, to: &Phone) -> uuid::Uuid {
    use sea_orm::{EntityTrait, IntoActiveModel};
    let (notice, person) = (town.app.ids.next(), to.person.parse().expect("an id"));
    let row = ::entity::notice::Model {
        complex_id: complex.id,
        id: notice,
        event_id: town.app.ids.next(),
        person_id: person,
        post_place_id: None,
        post_role: None,
        kind: "INCIDENT_ACKNOWLEDGED".into(),
        topic: "PROGRESS".into(),
        place_id: complex.id,
        subject_type: "INCIDENT".into(),
        subject_id: town.app.ids.next(),
        subject_version: 1,
        facts: "{}".into(),
        at: town.app.clock.now(),
        read_at: None,
    };
    let delivery = ::entity::delivery::Model {
        complex_id: complex.id,
        notice_id: notice,
        way: "SMS".into(),
        person_id: person,
        topic: "PROGRESS".into(),
        gathers_at: complex.id,
        severity: None,
        state: "DEAD".into(),
        matters: 1,
        attempts: 8,
        run: None,
        run_at: town.app.clock.now(),
        trouble: Some("FAILED".into()),
        settled_at: Some(town.app.clock.now()),
    };
    let tx = town.app.db.begin().await.expect("a write");
    ::entity::notice::Entity::insert(row.into_active_model()).exec(tx.conn()).await.expect("it is kept");
    ::entity::delivery::Entity::insert(delivery.into_active_model())
        .exec(tx.conn())
        .await
        .expect("it is kept");
    tx.commit().await.expect("it is kept");
    notice
}

async fn webhooks(town: &Town) -> Vec<Recipe> {
    use Permission::ManageWebhooks;
    let complex = town.place(Level::Complex);
    let hooks = format!("/v1/places/{}/webhooks", complex.id);
    let new = json!({ "url": "https://access.invalid/hook", "kinds": ["ROLE_GRANTED"] });
    let made = town.officer.post(&hooks, &new).await.ok();
    let other = town.officer.post(&hooks, &new).await.ok();
    let hook = format!("/v1/webhooks/{}", id_of(&made["webhook"]));
    let event = told_to(town, &hook).await;
    vec![
        post(("create_webhook", &[ManageWebhooks]), complex, &hooks, new),
        get(("list_webhooks", &[ManageWebhooks]), complex, &hooks),
        get(("read_webhook", &[ManageWebhooks]), complex, &hook),
        post(("rotate_webhook", &[ManageWebhooks]), complex, format!("{hook}/rotations"), json!({})),
        post(("resume_webhook", &[ManageWebhooks]), complex, format!("{hook}/resumptions"), json!({})),
        get(("list_webhook_deliveries", &[ManageWebhooks]), complex, format!("{hook}/deliveries")),
        post(
            ("redeliver_event", &[ManageWebhooks]),
            complex,
            format!("{hook}/deliveries/{event}/redeliveries"),
            json!({}),
        ),
        delete(
            ("delete_webhook", &[ManageWebhooks]),
            complex,
            format!("/v1/webhooks/{}", id_of(&other["webhook"])),
        ),
    ]
}

/// An event that was told to a webhook, as one that went out.
async fn told_to(town: &Town, hook: &str) -> uuid::Uuid {
    use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
    let complex = town.place(Level::Complex).id;
    let of_the_complex = ::entity::event::Column::ComplexId.eq(complex);
    let found = ::entity::event::Entity::find().filter(of_the_complex).one(town.app.db.read()).await;
    let event = found.expect("it answers").expect("something happened").id;
    let row = ::entity::webhook_delivery::Model {
        complex_id: complex,
        event_id: event,
        webhook_id: hook.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id"),
        state: "SENT".into(),
        attempts: 0,
        run: None,
        run_at: town.app.clock.now(),
        status: Some(200),
        trouble: None,
        settled_at: Some(town.app.clock.now()),
    };
    let tx = town.app.db.begin().await.expect("a write");
    ::entity::webhook_delivery::Entity::insert(row.into_active_model())
        .exec(tx.conn())
        .await
        .expect("it is kept");
    tx.commit().await.expect("it is kept");
    event
}
async fn open311(town: &Town) -> Vec<Recipe> {
    use Permission::IssueApiKey;
    let complex = town.place(Level::Complex);
    let (path, asked) = (format!("/v1/places/{}/api-keys", complex.id), json!({ "name": "城市运行平台" }));
    let issued = async || format!("{path}/{}", id_of(&town.officer.post(&path, &asked).await.ok()));
    let (to_read, to_revoke) = (issued().await, issued().await);
    vec![
        post(("issue_api_key", &[IssueApiKey]), complex, &path, asked.clone()),
        get(("list_api_keys", &[IssueApiKey]), complex, &path),
        get(("read_api_key", &[IssueApiKey]), complex, to_read),
        delete(("revoke_api_key", &[IssueApiKey]), complex, to_revoke),
    ]
}
