//! Who somebody is at a home, and what they may be where.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    phone::{Phone, Reply},
    secrets,
    servers::connect,
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    let all = [
        story!(an_owner_is_confirmed_at_once_however_name_and_number_are_typed),
        story!(an_owner_is_confirmed_by_the_phone_that_wechat_tells),
        story!(a_wrong_number_and_a_wrong_name_are_answered_alike),
        story!(a_second_person_on_a_home_always_waits),
        story!(a_verifier_sees_both_sides_masked_and_refuses_with_a_reason),
        story!(nobody_decides_about_their_own_claim),
        story!(a_door_code_confirms_and_five_wrong_ones_kill_it),
        story!(a_door_code_never_makes_a_second_person_at_a_home),
        story!(family_and_tenants_live_there_and_do_not_vote),
        story!(claims_have_limits),
        story!(what_cannot_be_a_claim_is_refused),
        story!(a_signature_is_kept_sealed_and_its_hash_is_recorded),
        story!(a_role_holds_for_its_time_and_ends_by_itself),
        story!(a_role_is_taken_back_at_once),
        story!(nobody_grants_above_their_level_or_what_comes_from_a_claim),
        story!(the_tree_of_places_is_read_page_by_page),
    ];
    all.into_iter().map(Story::in_the_demo).collect()
}

/// Owners of the example roll whose homes nobody of the demo has claimed.
const SU: Owner =
    Owner { room: "101", name: "苏勇桂", number: "999999195310234509", phone: "15405555045" };
const LAI: Owner =
    Owner { room: "504", name: "赖志洁", number: "99999919651110852X", phone: "15435571199" };
const LV: Owner =
    Owner { room: "1802", name: "吕玲欣", number: "999999197309083968", phone: "15449113849" };
const XU: Owner = Owner { room: "903", name: "许晨", number: "999999199007055389", phone: "15488094966" };
const WANG: Owner =
    Owner { room: "403", name: "汪飞思", number: "999999194905207353", phone: "15481713280" };
/// Owns 403 together with [`WANG`].
const COOWNER: Owner =
    Owner { room: "403", name: "何源怡", number: "99999919910808818X", phone: "15408980987" };

/// An owner of 1号楼 1单元.
struct Owner {
    room: &'static str,
    name: &'static str,
    number: &'static str,
    phone: &'static str,
}

/// The complex of the demo, as somebody with a role in it reads it.
pub(super) async fn complex(phone: &Phone) -> String {
    let me = phone.get("/v1/me").await.ok();
    let complex = me["roles"].as_array().into_iter().flatten().find_map(|role| role["complex_id"].as_str());
    complex.expect("a role in a complex").to_owned()
}

/// The part of a place that people call so.
pub(super) async fn part(phone: &Phone, place: &str, name: &str) -> String {
    let parts = phone.all(&format!("/v1/places/{place}/children"), 100).await;
    let found = parts.iter().find(|one| one["name"] == name).and_then(|one| one["id"].as_str());
    found.unwrap_or_else(|| panic!("no {name} there")).to_owned()
}

/// 1号楼 1单元, and the room of that number in it.
pub(super) async fn home(world: &World, room: &str) -> (String, String) {
    let property = world.sign_in("property").await;
    let building = part(&property, &complex(&property).await, "1号楼").await;
    let unit = part(&property, &building, "1单元").await;
    let home = part(&property, &unit, room).await;
    (unit, home)
}

fn claim_of(home: &str, owner: &Owner) -> Value {
    json!({ "home_id": home, "relation": "OWNER", "name": owner.name, "id_number": owner.number, "signature": owner.name })
}

async fn claim(phone: &Phone, home: &str, owner: &Owner) -> Value {
    phone.post("/v1/claims", &claim_of(home, owner)).await.ok()
}

fn path(claim: &Value) -> String {
    format!("/v1/claims/{}", claim["id"].as_str().expect("a claim has an id"))
}

/// What somebody may be, as `ROLE place`.
async fn roles(phone: &Phone) -> Vec<String> {
    let me = phone.get("/v1/me").await.ok();
    let role = |role: &Value| {
        format!("{} {}", role["role"].as_str().unwrap_or(""), role["place_name"].as_str().unwrap_or(""))
    };
    me["roles"].as_array().expect("roles").iter().map(role).collect()
}

/// Nothing of an owner of the roll stands there in the clear.
fn assert_tells_nothing(text: &str, owner: &Owner) {
    for private in [owner.name, owner.number, owner.phone] {
        assert!(!text.contains(private), "{private} is told: {text}");
    }
}

async fn an_owner_is_confirmed_at_once_however_name_and_number_are_typed(world: &mut World) {
    let (_, first) = home(world, SU.room).await;
    let resident = world.sign_in("resident").await;
    let confirmed = claim(&resident, &first, &SU).await;
    assert_eq!(confirmed["state"], "CONFIRMED", "{confirmed}");
    assert_eq!(confirmed["home"], "1号楼 1单元 101");
    assert!(confirmed["decided_at"].as_str().unwrap().ends_with("+08:00"));
    assert_eq!(roles(&resident).await, ["OWNER 1号楼 1单元 101"]);
    assert_eq!(resident.get(&path(&confirmed)).await.ok(), confirmed, "no review for the claimant");
    resident.post("/v1/claims", &claim_of(&first, &SU)).await.refused(409, "CLAIM_REPEATED");

    // A lower-case x, full-width digits, spaces within and around the name.
    let (_, second) = home(world, LAI.room).await;
    let phone = world.newcomer().await;
    let mut typed = claim_of(&second, &LAI);
    typed["name"] = json!(" 赖 志\u{3000}洁 ");
    typed["id_number"] = json!(" ９９９９９９１９６５ 1110852x ");
    secrets::remember("９９９９９９１９６５");
    assert_eq!(phone.post("/v1/claims", &typed).await.ok()["state"], "CONFIRMED");
    let screen = phone.get("/v1/home").await.ok();
    assert_eq!(screen["me"]["roles"][0]["role"], "OWNER");
    assert_eq!(screen["claims"], json!({ "mine_waiting": 0, "to_decide": 0 }));
}

async fn an_owner_is_confirmed_by_the_phone_that_wechat_tells(world: &mut World) {
    let (_, home) = home(world, LV.room).await;
    let openid = "o-identity-phone";
    world.wechat_order("users", &json!({ "openid": openid, "phone": LV.phone })).await;
    let phone = world.wechat_user(openid).await;
    assert!(phone.get("/v1/me").await.ok().get("phone").is_none());
    let code = world.wechat_order("phone_code", &json!({ "openid": openid })).await;
    let told = phone.put("/v1/me/phone", &code).await.ok();
    assert_eq!(told["phone"], "154****3849");
    phone.put("/v1/me/phone", &code).await.refused(422, "PHONE_CODE_UNKNOWN");

    let mut typed = claim_of(&home, &LV);
    typed.as_object_mut().unwrap().remove("id_number");
    assert_eq!(phone.post("/v1/claims", &typed).await.ok()["state"], "CONFIRMED");

    let demo = world.sign_in("resident").await;
    demo.put("/v1/me/phone", &json!({ "code": "abc" })).await.refused(409, "PHONE_NEEDS_WECHAT");
    let abroad = "o-identity-abroad";
    let user = json!({ "openid": abroad, "phone": "15400008888", "country_code": "852" });
    world.wechat_order("users", &user).await;
    let phone = world.wechat_user(abroad).await;
    let code = world.wechat_order("phone_code", &json!({ "openid": abroad })).await;
    phone.put("/v1/me/phone", &code).await.refused(422, "PHONE_FOREIGN");
}

/// A claim's bytes but for its id and time.
fn without_its_own(reply: &Reply) -> String {
    let claim = reply.ok();
    let own = ["id", "created_at"].map(|member| claim[member].as_str().expect("text").to_owned());
    own.iter().fold(whole(reply), |text, own| text.replace(own, "…"))
}

/// All that was answered.
fn whole(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.bytes).into_owned()
}

async fn a_wrong_number_and_a_wrong_name_are_answered_alike(world: &mut World) {
    let (_, target) = home(world, XU.room).await;
    let right = claim_of(&target, &XU);
    let change = |member: &str, value: Value| {
        let mut typed = right.clone();
        typed[member] = value;
        typed
    };
    let mut without = right.clone();
    without.as_object_mut().unwrap().remove("id_number");
    let mut answers = Vec::new();
    for typed in [
        change("id_number", json!(LV.number)),
        change("name", json!("许晨曦")),
        change("name", json!(LV.name)),
        without,
    ] {
        let phone = world.newcomer().await;
        let reply = phone.post("/v1/claims", &typed).await;
        let claim = reply.ok();
        assert_eq!(claim["state"], "WAITING");
        let headers: BTreeSet<_> = reply.headers.keys().map(ToString::to_string).collect();
        answers.push((reply.status, headers, reply.headers.get("etag").cloned(), without_its_own(&reply)));
        assert_eq!(phone.get(&path(&claim)).await.ok(), claim, "reading it tells no more");
        assert!(roles(&phone).await.is_empty());
        assert_eq!(phone.get("/v1/home").await.ok()["claims"]["mine_waiting"], 1);
    }
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    // Who is right is answered like the wrong ones while they wait, and confirmed at once when nobody does.
    let owner = world.newcomer().await;
    let right_but_later = owner.post("/v1/claims", &right).await;
    assert_eq!(without_its_own(&right_but_later), answers[0].3, "that others claim it too is told to nobody");
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    for waiting in property.all(&format!("/v1/claims?scope=WAITING&place_id={complex}"), 100).await {
        let refusal = json!({ "reason": "与业主名册不符" });
        property.post(&format!("{}/refusals", path(&waiting)), &refusal).await.ok();
    }
    let next = world.newcomer().await;
    assert_eq!(claim(&next, &target, &XU).await["state"], "CONFIRMED");
    let phone = world.newcomer().await;
    let second = phone.post("/v1/claims", &right).await;
    assert_eq!(
        without_its_own(&second),
        answers[0].3,
        "that somebody is the owner already is told to nobody"
    );
}

async fn a_second_person_on_a_home_always_waits(world: &mut World) {
    let (_, shared) = home(world, WANG.room).await;
    let (first, second) = (world.newcomer().await, world.newcomer().await);
    assert_eq!(claim(&first, &shared, &WANG).await["state"], "CONFIRMED");
    // Another owner of the roll, with the right name and number: the home has its first person already.
    let waiting = claim(&second, &shared, &COOWNER).await;
    assert_eq!(waiting["state"], "WAITING");
    assert!(roles(&second).await.is_empty());

    let community = world.sign_in("community").await;
    let complex = complex(&world.sign_in("property").await).await;
    let waits = community.all(&format!("/v1/claims?scope=WAITING&place_id={complex}"), 1).await;
    assert!(waits.iter().any(|one| one["id"] == waiting["id"]), "{waits:?}");
    assert!(community.get("/v1/home").await.ok()["claims"]["to_decide"].as_u64().unwrap() >= 1);
    let review = community.get(&path(&waiting)).await.ok()["review"].clone();
    assert_eq!(review["owners"][0]["taken"], true);
    assert_eq!(review["owners"][1]["taken"], false);
    assert_eq!(review["owners"][1]["id_number_is"], "EQUAL");
    let confirm = format!("{}/confirmations", path(&waiting));
    community.post(&confirm, &json!({ "owner_ordinal": 7 })).await.refused(422, "OWNER_UNKNOWN");
    let confirmed = community.post(&confirm, &json!({ "owner_ordinal": 1 })).await.ok();
    assert_eq!(confirmed["state"], "CONFIRMED");
    assert_eq!(roles(&second).await, ["OWNER 1号楼 1单元 403"]);
    community.post(&confirm, &json!({})).await.refused(409, "CLAIM_DECIDED");

    // While somebody's claim waits, the next person's waits too, however well it fits.
    let (_, asked_for) = home(world, XU.room).await;
    let (early, late) = (world.newcomer().await, world.newcomer().await);
    let mistaken = Owner { name: LAI.name, ..XU };
    assert_eq!(claim(&early, &asked_for, &mistaken).await["state"], "WAITING");
    assert_eq!(claim(&late, &asked_for, &XU).await["state"], "WAITING");

    // A home that the demo's people own already.
    let (_, taken) = home(world, "102").await;
    let third = world.newcomer().await;
    let owner = Owner { room: "102", name: "叶凤", number: "999999198812108725", phone: "15428069235" };
    assert_eq!(claim(&third, &taken, &owner).await["state"], "WAITING");
}

async fn a_verifier_sees_both_sides_masked_and_refuses_with_a_reason(world: &mut World) {
    let (unit, target) = home(world, XU.room).await;
    let (claimant, neighbour) = (world.newcomer().await, world.sign_in("coowner").await);
    let property = world.sign_in("property").await;
    let mut typed = claim_of(&target, &XU);
    typed["id_number"] = json!(LV.number);
    let waiting = claimant.post("/v1/claims", &typed).await.ok();
    let reply = property.get(&path(&waiting)).await;
    let review = &reply.ok()["review"];
    assert_eq!(review["typed"], json!({ "name": "许*", "id_number": "**************3968" }));
    let side = json!({
        "ordinal": 0, "name": "许*", "id_number": "**************5389", "phones": ["154****4966"],
        "name_is": "EQUAL", "id_number_is": "DIFFERENT", "phone_is": "MISSING", "taken": false,
    });
    assert_eq!(review["owners"], json!([side]));
    assert_eq!(review["door_code"], false);
    let list = property.get(&format!("/v1/claims?scope=WAITING&place_id={}", complex(&property).await)).await;
    for text in [whole(&reply), whole(&list)] {
        assert_tells_nothing(&text, &XU);
        assert_tells_nothing(&text, &LV);
    }

    // To everybody else it does not exist.
    let complex = complex(&property).await;
    for other in [&neighbour, &world.sign_in("street").await, &world.newcomer().await] {
        other.get(&path(&waiting)).await.refused(404, "NOT_FOUND");
        for verb in ["confirmations", "withdrawals"] {
            other.post(&format!("{}/{verb}", path(&waiting)), &json!({})).await.refused(404, "NOT_FOUND");
        }
        let refusals = format!("{}/refusals", path(&waiting));
        other.post(&refusals, &json!({ "reason": "不行" })).await.refused(404, "NOT_FOUND");
        let waits = format!("/v1/claims?scope=WAITING&place_id={complex}");
        other.get(&waits).await.refused(404, "NOT_FOUND");
        assert!(!whole(&other.get("/v1/claims").await).contains(waiting["id"].as_str().unwrap()));
    }
    let of_my_complex = property.get("/v1/claims?scope=WAITING").await.ok();
    assert_eq!(of_my_complex["items"], list.ok()["items"]);
    claimant.get("/v1/claims?scope=WAITING").await.refused(404, "NOT_FOUND");
    let in_a_unit = format!("/v1/claims?scope=WAITING&place_id={unit}");
    property.get(&in_a_unit).await.refused(422, "INPUT_INVALID");

    let refusals = format!("{}/refusals", path(&waiting));
    let refused = property.post(&refusals, &json!({ "reason": "请带产权证到物业办公室。" })).await.ok();
    assert_eq!(refused["state"], "REFUSED");
    let seen = claimant.get(&path(&waiting)).await.ok();
    assert_eq!(seen["reason"], "请带产权证到物业办公室。");
    assert_eq!(seen["state"], "REFUSED");
    property.post(&refusals, &json!({ "reason": "再一次" })).await.refused(409, "CLAIM_DECIDED");
    let withdraw = format!("{}/withdrawals", path(&waiting));
    claimant.post(&withdraw, &json!({})).await.refused(409, "CLAIM_DECIDED");
    let check = json!({ "code": "00000000" });
    let codes = format!("{}/code-checks", path(&waiting));
    claimant.post(&codes, &check).await.refused(409, "CLAIM_DECIDED");
    assert!(roles(&claimant).await.is_empty());
    // Refused is not for ever.
    assert_eq!(claim(&claimant, &target, &XU).await["state"], "CONFIRMED");
}

async fn nobody_decides_about_their_own_claim(world: &mut World) {
    let (_, target) = home(world, XU.room).await;
    let (property, community) = (world.sign_in("property").await, world.sign_in("community").await);
    let mut typed = claim_of(&target, &XU);
    typed["relation"] = json!("TENANT");
    let waiting = property.post("/v1/claims", &typed).await.ok();
    assert_eq!(waiting["state"], "WAITING");
    assert!(property.get(&path(&waiting)).await.ok().get("review").is_none(), "not of one's own");
    property.post(&format!("{}/confirmations", path(&waiting)), &json!({})).await.refused(403, "NOT_ALLOWED");
    let refusal = json!({ "reason": "自己的" });
    property.post(&format!("{}/refusals", path(&waiting)), &refusal).await.refused(403, "NOT_ALLOWED");
    let confirmed = community.post(&format!("{}/confirmations", path(&waiting)), &json!({})).await.ok();
    assert_eq!(confirmed["state"], "CONFIRMED");

    // Withdrawing is one's own alone.
    let phone = world.newcomer().await;
    typed["relation"] = json!("FAMILY");
    let waiting = phone.post("/v1/claims", &typed).await.ok();
    let withdrawals = format!("{}/withdrawals", path(&waiting));
    community.post(&withdrawals, &json!({})).await.refused(404, "NOT_FOUND");
    assert_eq!(phone.post(&withdrawals, &json!({})).await.ok()["state"], "WITHDRAWN");
    assert!(roles(&phone).await.is_empty());
}

async fn a_door_code_confirms_and_five_wrong_ones_kill_it(world: &mut World) {
    let (unit, target) = home(world, XU.room).await;
    let (claimant, property) = (world.newcomer().await, world.sign_in("property").await);
    let mut typed = claim_of(&target, &XU);
    typed["id_number"] = json!(LV.number);
    let waiting = claimant.post("/v1/claims", &typed).await.ok();
    let codes = format!("{}/code-checks", path(&waiting));
    let doors = format!("/v1/places/{target}/door-codes");
    let try_code = async |code: &str| claimant.post(&codes, &json!({ "code": code })).await;
    try_code("00000000").await.refused(409, "DOOR_CODE_NONE");
    claimant.post(&doors, &json!({})).await.refused(404, "NOT_FOUND");
    let coowner = world.sign_in("coowner").await;
    coowner.post(&doors, &json!({})).await.refused(404, "NOT_FOUND");
    property.post(&format!("/v1/places/{unit}/door-codes"), &json!({})).await.refused(422, "NOT_A_HOME");
    let issue = async || {
        let issued = property.post(&doors, &json!({})).await.ok();
        let code = issued["code"].as_str().unwrap().to_owned();
        secrets::remember(&code);
        assert_eq!(code.len(), 8);
        code
    };
    let first = issue().await;
    let wrong = if first == "12345678" { "87654321" } else { "12345678" };
    for _ in 0..4 {
        try_code(wrong).await.refused(422, "DOOR_CODE_WRONG");
    }
    try_code(wrong).await.refused(409, "DOOR_CODE_DEAD");
    try_code(&first).await.refused(409, "DOOR_CODE_DEAD");
    // The newest code is the only one that is good.
    let (older, newest) = (issue().await, issue().await);
    if older != newest {
        try_code(&older).await.refused(422, "DOOR_CODE_WRONG");
    }
    // A code is for its home alone.
    let (_, other) = home(world, LV.room).await;
    let stranger = world.newcomer().await;
    let mut elsewhere = claim_of(&other, &LV);
    elsewhere["id_number"] = json!(XU.number);
    let elsewhere = stranger.post("/v1/claims", &elsewhere).await.ok();
    let there = format!("{}/code-checks", path(&elsewhere));
    stranger.post(&there, &json!({ "code": newest })).await.refused(409, "DOOR_CODE_NONE");
    stranger.post(&codes, &json!({ "code": newest })).await.refused(404, "NOT_FOUND");

    let confirmed = try_code(&newest).await.ok();
    assert_eq!(confirmed["state"], "CONFIRMED");
    assert_eq!(roles(&claimant).await, ["OWNER 1号楼 1单元 903"]);
    assert_eq!(try_code(&newest).await.ok(), confirmed, "asking again changes nothing");

    // Two weeks later a code is nobody's.
    let late = property.post(&format!("/v1/places/{other}/door-codes"), &json!({})).await.ok();
    world.advance_clock(14 * 86_400).await;
    let stranger = world.wechat_user("o-identity-late").await;
    let mut typed = claim_of(&other, &LV);
    typed["id_number"] = json!(XU.number);
    let waiting = stranger.post("/v1/claims", &typed).await.ok();
    let there = format!("{}/code-checks", path(&waiting));
    stranger.post(&there, &json!({ "code": late["code"] })).await.refused(409, "DOOR_CODE_NONE");
}

async fn a_door_code_never_makes_a_second_person_at_a_home(world: &mut World) {
    let (_, target) = home(world, SU.room).await;
    let (resident, property) = (world.sign_in("resident").await, world.sign_in("property").await);
    claim(&resident, &target, &SU).await;
    for relation in ["OWNER", "FAMILY"] {
        let phone = world.newcomer().await;
        let mut typed = claim_of(&target, &SU);
        typed["relation"] = json!(relation);
        let waiting = phone.post("/v1/claims", &typed).await.ok();
        let issued = property.post(&format!("/v1/places/{target}/door-codes"), &json!({})).await.ok();
        let codes = format!("{}/code-checks", path(&waiting));
        let checked = phone.post(&codes, &json!({ "code": issued["code"] })).await.ok();
        assert_eq!(checked, waiting, "it waits on, and why is not told");
        assert!(roles(&phone).await.is_empty());
        let review = property.get(&path(&waiting)).await.ok()["review"].clone();
        assert_eq!(review["door_code"], true, "the verifier sees that the door was reached");
        let confirmed = property.post(&format!("{}/confirmations", path(&waiting)), &json!({})).await.ok();
        assert_eq!(confirmed["state"], "CONFIRMED");
        assert_eq!(roles(&phone).await, [format!("{relation} 1号楼 1单元 101")]);
    }
}

async fn family_and_tenants_live_there_and_do_not_vote(world: &mut World) {
    let (_, target) = home(world, XU.room).await;
    let property = world.sign_in("property").await;
    let complex = complex(&property).await;
    let polls = property.all(&format!("/v1/polls?place_id={complex}&state=OPEN"), 10).await;
    let heads = format!("/v1/polls/{}/heads", polls[0]["id"].as_str().expect("the demo has an open poll"));
    let owner = world.newcomer().await;
    claim(&owner, &target, &XU).await;
    assert_eq!(owner.get(&heads).await.ok()["items"].as_array().unwrap().len(), 1);
    for relation in ["FAMILY", "TENANT"] {
        let phone = world.newcomer().await;
        let mut typed = claim_of(&target, &XU);
        typed["relation"] = json!(relation);
        let waiting = phone.post("/v1/claims", &typed).await.ok();
        assert_eq!(waiting["state"], "WAITING", "the roll knows owners alone");
        phone.get(&format!("/v1/places/{complex}/roll")).await.refused(404, "NOT_FOUND");
        property.post(&format!("{}/confirmations", path(&waiting)), &json!({})).await.ok();
        assert_eq!(roles(&phone).await, [format!("{relation} 1号楼 1单元 903")]);
        phone.get(&format!("/v1/places/{complex}/roll")).await.ok();
        phone.get(&heads).await.refused(404, "NOT_FOUND");
        let grant = phone.get("/v1/me").await.ok()["roles"][0]["id"].as_str().unwrap().to_owned();
        owner.get(&format!("/v1/roles/{grant}")).await.refused(404, "NOT_FOUND");
        // Moving out is told by the person; a verifier may tell it too.
        let teller = if relation == "FAMILY" { &phone } else { &property };
        assert_eq!(teller.delete(&format!("/v1/roles/{grant}")).await.status, 204);
        assert!(roles(&phone).await.is_empty());
    }
}

async fn claims_have_limits(world: &mut World) {
    let (unit, first) = home(world, XU.room).await;
    let openid = "o-identity-limits";
    let phone = world.wechat_user(openid).await;
    let wrong = Owner { name: "某某", ..SU };
    let mut waiting = vec![claim(&phone, &first, &wrong).await];
    phone.post("/v1/claims", &claim_of(&first, &wrong)).await.refused(409, "CLAIM_REPEATED");
    for room in ["101", "402"] {
        waiting.push(claim(&phone, &part(&phone, &unit, room).await, &wrong).await);
    }
    let fourth = part(&phone, &unit, "601").await;
    phone.post("/v1/claims", &claim_of(&fourth, &wrong)).await.refused(409, "CLAIMS_WAITING");
    let withdraw = async |claim: &Value| {
        phone.post(&format!("{}/withdrawals", path(claim)), &json!({})).await.ok();
    };
    withdraw(&waiting[0]).await;
    let fourth = claim(&phone, &fourth, &wrong).await;
    withdraw(&fourth).await;
    let fifth = claim(&phone, &first, &wrong).await;
    withdraw(&fifth).await;
    let sixth = phone.post("/v1/claims", &claim_of(&first, &wrong)).await;
    sixth.refused(429, "CLAIMS_TOO_MANY");
    assert!(sixth.header("retry-after").is_some());
    assert_eq!(phone.all("/v1/claims", 2).await.len(), 5);
    let mine = phone.get("/v1/claims?scope=MINE").await.ok();
    assert_eq!(mine["items"][0]["id"], fifth["id"], "the newest first");

    world.advance_clock(86_401).await;
    let phone = world.wechat_user(openid).await;
    assert_eq!(claim(&phone, &first, &wrong).await["state"], "WAITING");
}

async fn what_cannot_be_a_claim_is_refused(world: &mut World) {
    let (unit, target) = home(world, XU.room).await;
    let phone = world.newcomer().await;
    let refused = async |member: &str, value: Value, status: u16, name: &str| {
        let mut typed = claim_of(&target, &XU);
        typed[member] = value;
        let problem = phone.post("/v1/claims", &typed).await.refused(status, name);
        assert!(!problem.to_string().contains(XU.number));
    };
    refused("home_id", json!("00000000-0000-4000-8000-00000000dead"), 404, "NOT_FOUND").await;
    refused("home_id", json!(unit), 422, "NOT_A_HOME").await;
    refused("relation", json!("LANDLORD"), 422, "INPUT_INVALID").await;
    refused("name", json!(" \u{3000} "), 422, "INPUT_INVALID").await;
    refused("id_number", json!("999999199007055380"), 422, "INPUT_INVALID").await;
    refused("id_number", json!("12345"), 422, "INPUT_INVALID").await;
    refused("signature", json!("data:image/png;base64,PGh0bWw+"), 422, "SIGNATURE_UNREADABLE").await;
    refused("signature", json!("字".repeat(201)), 422, "SIGNATURE_UNREADABLE").await;
    assert!(phone.all("/v1/claims", 10).await.is_empty());
}

async fn a_signature_is_kept_sealed_and_its_hash_is_recorded(world: &mut World) {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};

    let (_, target) = home(world, XU.room).await;
    let phone = world.newcomer().await;
    let mut typed = claim_of(&target, &XU);
    // A drawn one: the first bytes of a PNG, and a drawing that can be found again.
    typed["signature"] = json!("data:image/png;base64,iVBORw0KGgpkcmF3biBieSBoYW5k");
    let confirmed = phone.post("/v1/claims", &typed).await.ok();
    let made = super::record::all_changes(&phone, "").await;
    let made: Vec<_> = made.iter().filter(|line| line["subject_id"] == confirmed["id"]).collect();
    let kinds: Vec<_> = made.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["CLAIM_MADE", "CLAIM_CONFIRMED"]);
    let hash = made[0]["commitment"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    let db = connect(&world.data.database_url).await.unwrap();
    let backend = match world.setting.database {
        story::Database::Sqlite => DbBackend::Sqlite,
        story::Database::Postgres => DbBackend::Postgres,
    };
    let query = format!("SELECT signature_cipher, name_cipher FROM claim WHERE signature_hash = '{hash}'");
    let row = db.query_one_raw(Statement::from_string(backend, query)).await.unwrap().expect("one claim");
    for (column, clear) in [("signature_cipher", "iVBORw0KGgpkcmF3biBieSBoYW5k"), ("name_cipher", XU.name)] {
        let sealed: Vec<u8> = row.try_get("", column).unwrap();
        assert!(sealed.len() > clear.len());
        assert!(!sealed.windows(clear.len()).any(|some| some == clear.as_bytes()), "{column} is readable");
    }
}

/// The times of an API: `seconds` after what the service calls now.
async fn after(phone: &Phone, seconds: i64) -> String {
    let screen = phone.get("/v1/home").await.ok();
    let now = screen["server_time"].as_str().unwrap().parse::<chrono::DateTime<chrono::FixedOffset>>();
    (now.unwrap() + chrono::TimeDelta::seconds(seconds)).to_rfc3339()
}

async fn a_role_holds_for_its_time_and_ends_by_itself(world: &mut World) {
    let (unit, _) = home(world, XU.room).await;
    let (community, property) = (world.sign_in("community").await, world.sign_in("property").await);
    let roll = format!("/v1/places/{}/roll", complex(&property).await);
    let at = format!("/v1/places/{unit}/roles");
    let (now, later) = (world.newcomer().await, world.newcomer().await);
    now.get(&roll).await.refused(404, "NOT_FOUND");
    let role = |person: &Phone| json!({ "person_id": person.person, "role": "UNIT_LEADER" });
    let mut hour = role(&now);
    hour["ends_at"] = json!(after(&community, 3600).await);
    let granted = community.post(&at, &hour).await;
    let address = granted.header("location").expect("where it is found").to_owned();
    let granted = granted.ok();
    assert_eq!(community.get(&address).await.ok(), granted);
    assert_eq!(now.get(&address).await.ok(), granted, "its holder may read it");
    property.get(&address).await.refused(404, "NOT_FOUND");
    assert_eq!(roles(&now).await, ["UNIT_LEADER 1号楼 1单元"], "at the next request");
    now.get(&roll).await.ok();
    community.post(&at, &hour).await.refused(409, "ROLE_REPEATED");

    let mut next = role(&later);
    next["starts_at"] = json!(after(&community, 1800).await);
    community.post(&at, &next).await.ok();
    assert!(roles(&later).await.is_empty(), "not before it begins");
    let held = community.all(&at, 1).await;
    assert!(held.iter().any(|one| one["id"] == granted["id"]), "{held:?}");
    property.get(&at).await.refused(404, "NOT_FOUND");

    world.advance_clock(1801).await;
    assert_eq!(roles(&later).await, ["UNIT_LEADER 1号楼 1单元"]);
    now.get(&roll).await.ok();
    world.advance_clock(1800).await;
    now.get(&roll).await.refused(404, "NOT_FOUND");
    assert!(roles(&now).await.is_empty());
    let held = community.all(&at, 100).await;
    assert!(!held.iter().any(|one| one["id"] == granted["id"]), "what has ended is not listed");
    let mut past = role(&now);
    past["ends_at"] = json!(after(&community, -1).await);
    community.post(&at, &past).await.refused(422, "INPUT_INVALID");
    community.post(&at, &role(&now)).await.ok();
}

async fn a_role_is_taken_back_at_once(world: &mut World) {
    let (unit, _) = home(world, XU.room).await;
    let (community, property) = (world.sign_in("community").await, world.sign_in("property").await);
    let roll = format!("/v1/places/{}/roll", complex(&property).await);
    let phone = world.newcomer().await;
    let role = json!({ "person_id": phone.person, "role": "UNIT_LEADER" });
    let granted = community.post(&format!("/v1/places/{unit}/roles"), &role).await.ok();
    let address = format!("/v1/roles/{}", granted["id"].as_str().unwrap());
    phone.get(&roll).await.ok();
    property.delete(&address).await.refused(404, "NOT_FOUND");
    let blind = community.call(Method::DELETE, &address).send().await;
    blind.refused(428, "VERSION_MISSING");
    let stale = community.call(Method::DELETE, &address).header("if-match", "\"v7\"").send().await;
    assert_eq!(stale.refused(412, "VERSION_STALE")["current"], granted);
    phone.get(&roll).await.ok();
    assert_eq!(community.delete(&address).await.status, 204);
    phone.get(&roll).await.refused(404, "NOT_FOUND");
    community.get(&address).await.refused(404, "NOT_FOUND");
    let again = community.call(Method::DELETE, &address).header("if-match", "\"v1\"").send().await;
    assert_eq!(again.status, 204, "taking it back again changes nothing");
    // It may be given again, and given up by who holds it.
    let granted = community.post(&format!("/v1/places/{unit}/roles"), &role).await.ok();
    assert_eq!(phone.delete(&format!("/v1/roles/{}", granted["id"].as_str().unwrap())).await.status, 204);
    assert!(roles(&phone).await.is_empty());
}

async fn nobody_grants_above_their_level_or_what_comes_from_a_claim(world: &mut World) {
    let (unit, target) = home(world, XU.room).await;
    let (community, street) = (world.sign_in("community").await, world.sign_in("street").await);
    let place_of = async |phone: &Phone| {
        let me = phone.get("/v1/me").await.ok();
        me["roles"][0]["place_id"].as_str().unwrap().to_owned()
    };
    let (of_community, of_street) = (place_of(&community).await, place_of(&street).await);
    let phone = world.newcomer().await;
    let grant = async |by: &Phone, place: &str, role: &str| {
        let role = json!({ "person_id": phone.person, "role": role });
        by.post(&format!("/v1/places/{place}/roles"), &role).await
    };
    grant(&community, &of_community, "STREET_OFFICER").await.refused(403, "ROLE_ABOVE_OWN");
    grant(&street, &of_street, "ADMIN").await.refused(403, "ROLE_ABOVE_OWN");
    grant(&community, &of_street, "STREET_OFFICER").await.refused(404, "NOT_FOUND");
    grant(&community, &of_street, "UNIT_LEADER").await.refused(404, "NOT_FOUND");
    for role in ["OWNER", "FAMILY", "TENANT"] {
        grant(&street, &target, role).await.refused(422, "ROLE_FROM_CLAIM");
    }
    grant(&community, &unit, "PROPERTY_MANAGER").await.refused(422, "ROLE_PLACE_MISFIT");
    for nobody in ["property", "coowner", "supervisor"] {
        grant(&world.sign_in(nobody).await, &unit, "UNIT_LEADER").await.refused(404, "NOT_FOUND");
    }
    grant(&phone, &unit, "UNIT_LEADER").await.refused(404, "NOT_FOUND");
    let unknown = json!({ "person_id": "00000000-0000-4000-8000-00000000dead", "role": "UNIT_LEADER" });
    let unknown = community.post(&format!("/v1/places/{unit}/roles"), &unknown).await;
    unknown.refused(422, "PERSON_UNKNOWN");
    assert!(roles(&phone).await.is_empty());
    grant(&street, &of_community, "COMMUNITY_OFFICER").await.ok();
    assert_eq!(roles(&phone).await, ["COMMUNITY_OFFICER 青年路社区"]);
}

async fn the_tree_of_places_is_read_page_by_page(world: &mut World) {
    let (unit, home) = home(world, XU.room).await;
    let phone = world.newcomer().await;
    let place = phone.get(&format!("/v1/places/{home}")).await.ok();
    let names: Vec<_> =
        place["lineage"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["示范区", "青年路街道", "青年路社区", "青年路小区", "1号楼", "1单元", "903"]);
    assert_eq!(place["parent_id"], unit.as_str());
    let rooms = phone.all(&format!("/v1/places/{unit}/children"), 7).await;
    let numbers: Vec<u32> =
        rooms.iter().map(|room| room["name"].as_str().unwrap().parse().unwrap()).collect();
    assert!(numbers.is_sorted(), "as people count: {numbers:?}");
    assert!(numbers.contains(&903) && numbers.len() > 80);
    assert!(phone.all(&format!("/v1/places/{home}/children"), 10).await.is_empty());
    let text = whole(&phone.get(&format!("/v1/places/{unit}/children?limit=100")).await);
    assert_tells_nothing(&text, &XU);
    phone.get(&format!("/v1/places/{unit}/children?limit=0")).await.refused(422, "INPUT_INVALID");
}
