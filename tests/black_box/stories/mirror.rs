//! Mirror mode: a city has owners vote in its own system; the poll is prepared here, and what that signs is imported.

use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{
    archive,
    committees::House,
    endings::Hamlet,
    incidents::Town,
    neighbours::{Complex, head_of, items, moment, text, until, until_it_is, verify},
    polls::{changed, motion, terms},
    programmes::{deed, minutes, until_module},
    serving::filed,
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![story!(where_a_city_has_its_own_system_what_that_signs_is_imported).in_the_demo().with(&[TRUSTED])]
}

/// The key with which the city signs, as it is configured.
pub(super) const TRUSTED: &str = "external_keys=city:MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE999SF3Ydcjv7lSDALslc8WJXWtmIlsa3vz/7Ww4wMrgVbmECZ02mJNVIJbxpYoqHMJd+/ruaU4k94697h8jcPQ==";

const CITYS: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzRRHpQ3/Z+pIAEmI6LqRZU0Wm8HYZfNIwaKgWeirtFahRANCAAT331IXdh1yO/uVIMAuyVzxYlda2YiWxre/P/tbDjAyuBVuYQJnTaYk1UglvGliiocwl37+u5pTiT3jr3uHyNw9";

const A_STRANGERS: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGNZxn6aQoEYEYIcWeh0U6UBnACvsj3xzteK/1IDWxo2hRANCAASxY77TT0rjBHT30tIA3UnlGN/hrud3QbMySpznAaZHatBanpCD4Jo9tZdVQ6szsW6MnaRApzv5gAhOhJ/aAHwk";

/// The system in which owners vote.
pub(super) fn system() -> Value {
    json!({ "key": "city", "name": "北京业主", "address": "https://vote.example/polls" })
}

/// What a system signs; with the name of a key, if it tells one.
fn sign(key: &str, kid: Option<&str>, evidence: &Value) -> Value {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().ok();
    let key = EncodingKey::from_ec_der(&BASE64_STANDARD.decode(key).expect("base64"));
    let header = Header { kid: kid.map(str::to_owned), typ: None, ..Header::new(Algorithm::ES256) };
    json!({ "signed": jsonwebtoken::encode(&header, evidence, &key).expect("it is signed") })
}

/// What the city's system signs.
pub(super) fn signed(evidence: &Value) -> Value {
    sign(CITYS, None, evidence)
}

/// Everybody was in favour of everything.
pub(super) async fn all_for_it(phone: &Phone, poll: &str) -> Value {
    let poll = phone.get(&format!("/v1/polls/{poll}")).await.ok();
    let (roll, none) = (&poll["roll"], json!({ "heads": 0, "area": 0 }));
    let matter = |matter: &Value| json!({ "matter": matter["id"], "yes": roll, "no": none, "abstain": none, "outcome": "PASSED" });
    let matters: Vec<_> = poll["matters"].as_array().expect("matters").iter().map(matter).collect();
    json!({
        "format": "linli/external-result/1", "poll": poll["id"], "electorate": roll, "took_part": roll,
        "spoiled": none, "matters": matters, "closings": [{ "at": poll["closes_at"], "came_in": roll }],
    })
}

/// The evidence with another value at a place in it.
fn with(evidence: &Value, pointer: &str, value: Value) -> Value {
    let mut other = evidence.clone();
    *other.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer} in {evidence}")) = value;
    other
}

/// A motion within a programme, whose votes are cast in the city's system.
struct Mirrored {
    poll: String,
    programme: String,
}

impl Mirrored {
    /// Until its district asks for it owners vote here; from then on a poll of one's own does not lock.
    async fn prepare(world: &World, hamlet: &Hamlet, terms: &Value) -> Self {
        let office = world.sign_in("community").await;
        let place = office.get(&format!("/v1/places/{}", hamlet.complex.id)).await.ok();
        let lineage = place["lineage"].as_array().expect("a lineage");
        let district = lineage.iter().find(|step| step["level"] == "DISTRICT").expect("a whole lineage");
        let adopt = json!({ "pack": "beijing", "follows": 0 });
        let packs = format!("/v1/places/{}/packs", text(&district["id"]));
        Town::administrator(world).await.post(&packs, &adopt).await.ok();

        let own = motion(&office, terms).await;
        let refused = office.post(&format!("/v1/polls/{own}/locks"), &json!({})).await;
        let refused = refused.refused(409, "EXTERNAL_SYSTEM_DUE");
        assert!(text(&refused["detail"]).contains("Beijing 35"), "{refused}");

        let there = changed(terms, "external", system());
        for (member, value, pointer) in [
            ("external", with(&system(), "/key", json!("nobodys")), "/external/key"),
            ("external", with(&system(), "/key", json!("Nobodys")), "/external/key"),
            ("external", with(&system(), "/address", json!("http://vote.example")), "/external/address"),
            ("publicity", json!("COARSE"), "/publicity"),
            ("kind", json!("OPINION"), "/external"),
        ] {
            let refused = office.post("/v1/polls", &changed(&there, member, value)).await;
            assert_eq!(refused.refused(422, "INPUT_INVALID")["errors"][0]["pointer"], pointer);
        }
        let poll = motion(&office, &there).await;
        let coarse = json!({ "class": 9, "title": "改花园", "body": "两处。", "publicity": "COARSE" });
        office.post(&format!("/v1/polls/{poll}/matters"), &coarse).await.refused(422, "INPUT_INVALID");

        let begin = json!({ "template": "ordinary-matter", "purpose": "换门禁" });
        let begun = office.post(&format!("/v1/places/{}/programmes", hamlet.complex.id), &begin).await.ok();
        let programme = text(&begun["id"]);
        let bind = json!({ "module": "vote", "poll_id": poll });
        office.post(&format!("/v1/programmes/{programme}/polls"), &bind).await.ok();
        for words in
            [minutes("到会三户", 3), json!({ "deed": "CLOSE", "words": "多数同意表决", "ending": "AGREED" })]
        {
            deed(&office, &programme, "deliberation", &words).await.ok();
        }
        let locked = office.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
        assert_eq!((&locked["source"], &locked["external"]["system"]), (&json!("EXTERNAL"), &system()));
        until_module(&office, &programme, "notice", "RUNNING").await;
        Self { poll, programme }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/polls/{}/{rest}", self.poll)
    }

    async fn import(&self, office: &Phone, what: &Value) -> crate::phone::Reply {
        office.post(&self.path("external-result"), what).await
    }

    /// No ballot, paper, mandate or registration; and who took part is not known.
    async fn takes_nothing(&self, world: &World, hamlet: &Hamlet, office: &Phone) {
        let phone = hamlet.owner(world, 0).await;
        let home = hamlet.complex.home(hamlet.owners[0].home.each_ref().map(String::as_str)).to_owned();
        let head = head_of(&phone, &self.poll, &home).await;
        let matter = phone.get(&format!("/v1/polls/{}", self.poll)).await.ok()["matters"][0]["id"].clone();
        let ballot = json!({ "head_id": head, "answers": [{ "matter_id": matter, "choice": "YES" }] });
        let refused = phone.post(&self.path("ballots"), &ballot).await.refused(409, "VOTED_ELSEWHERE");
        let told = text(&refused["detail"]);
        assert!(told.contains("北京业主") && told.contains("https://vote.example/polls"), "{told}");
        let register = json!({ "head_id": head });
        phone.post(&self.path("registrations"), &register).await.refused(409, "VOTED_ELSEWHERE");
        let papers = json!({ "home_ids": [home] });
        office.post(&self.path("papers"), &papers).await.refused(409, "VOTED_ELSEWHERE");
        office.post(&self.path("reminders"), &json!({})).await.refused(409, "VOTED_ELSEWHERE");
        office.get(&self.path("progress")).await.refused(409, "VOTED_ELSEWHERE");
        let code = hamlet.owner(world, 1).await.post("/v1/proxy-codes", &json!({})).await.ok();
        let mandate = json!({
            "head_id": head, "proxy_code": code["code"], "scan_id": head, "scope": "WHOLE_BALLOT",
        });
        let given = phone.post(&self.path("mandates"), &mandate).await;
        given.refused(409, "VOTED_ELSEWHERE");
        let shown = phone.get("/v1/home").await.ok();
        let open = shown["polls"].as_array().expect("polls").iter().find(|one| one["id"] == self.poll);
        assert_eq!(open.expect("it is shown")["external"], system(), "where to vote: {shown}");
    }

    /// Nothing of it is taken.
    async fn evidence_that_does_not_hold(&self, office: &Phone, good: &Value) {
        let strangers = sign(A_STRANGERS, None, good);
        self.import(office, &strangers).await.refused(422, "EVIDENCE_UNSIGNED");
        let named = sign(A_STRANGERS, Some("another"), good);
        self.import(office, &named).await.refused(422, "EVIDENCE_KEY_UNKNOWN");
        let unheard = signed(&with(good, "/took_part", json!(3)));
        self.import(office, &unheard).await.refused(422, "EVIDENCE_UNREADABLE");
        let no_jws = json!({ "signed": "a.b" });
        self.import(office, &no_jws).await.refused(422, "INPUT_INVALID");
        let (heads, area) = (good["electorate"]["heads"].as_u64(), good["electorate"]["area"].as_u64());
        let (heads, area) = (heads.expect("heads"), area.expect("area"));
        for (pointer, value, told) in [
            ("/poll", json!(self.programme), "another poll"),
            ("/electorate/heads", json!(heads + 1), "its electorate is"),
            ("/electorate/area", json!(area - 1), "its electorate is"),
            ("/matters/0/abstain", json!({ "heads": 1, "area": area / heads }), "“换门禁”"),
            ("/matters/0/outcome", json!("REJECTED"), "“换门禁”"),
            ("/closings/0/at", json!("2027-01-01T00:00:00+08:00"), "voting was to end"),
        ] {
            let refused = self.import(office, &signed(&with(good, pointer, value))).await;
            let refused = refused.refused(422, "EVIDENCE_UNFIT");
            assert!(text(&refused["detail"]).contains(told), "{pointer}: {refused}");
        }
        let poll = office.get(&format!("/v1/polls/{}", self.poll)).await.ok();
        assert_eq!(poll["state"], "OPEN");
        assert!(poll["external"]["awaited_since"].is_string() && poll["external"].get("imported").is_none());
    }

    /// Marked as such, wherever it is shown.
    async fn is_told(&self, office: &Phone, owner: &Phone, imported: &Value) {
        let result = owner.get(&self.path("result")).await.ok();
        assert_eq!(result["source"], "EXTERNAL");
        assert_eq!(result["external"]["imported"], imported["imported"]);
        assert_eq!(result["matters"][0]["outcome"], "PASSED");
        assert!(result["matters"][0].get("flip").is_none(), "how firm it is nobody knows here");
        let read = owner.get(&self.path("external-result")).await.ok();
        assert_eq!((&read, &read["evidence"]["poll"]), (imported, &json!(self.poll)));
        let texts = owner.get(&self.path("lists/texts")).await.ok();
        assert_eq!((&texts["source"], &texts["external"]["system"]), (&json!("EXTERNAL"), &system()));
        let notice = owner.get(&self.path("lists/texts?format=html")).await.bytes;
        let notice = String::from_utf8(notice).expect("text");
        let hash = text(&imported["imported"]["evidence_hash"]);
        assert!(notice.contains("北京业主") && notice.contains(&hash), "{notice}");
        for list in ["lists/participation", "lists/participation?variant=public"] {
            let refused = office.get(&self.path(list)).await.refused(409, "VOTED_ELSEWHERE");
            assert!(text(&refused["detail"]).contains("北京业主 alone"), "{refused}");
        }
        let lines = office.get("/v1/polls").await.ok();
        let line = items(&lines).iter().find(|line| line["id"] == self.poll).expect("it is listed").clone();
        assert_eq!(line["source"], "EXTERNAL");
    }

    async fn is_archived(&self, world: &World) {
        let checked = archive::found_in(world, &self.programme).await.expect("all is as it was said");
        assert!(
            checked.contains("came from elsewhere") && checked.contains("evidence, by the key"),
            "{checked}"
        );
        let result = "/content/polls/0/external/result";
        for (pointer, fault) in [
            (format!("{result}/evidence/electorate/heads"), "EVIDENCE_UNFIT"),
            (format!("{result}/evidence_hash"), "EVIDENCE_HASH"),
            ("/content/polls/0/counted/result/totals/returned/heads".to_owned(), "COUNT_DIFFERS"),
        ] {
            let change = |archive: &mut Value| {
                let value = archive.pointer_mut(&pointer).unwrap_or_else(|| panic!("no {pointer}"));
                *value = if value.is_string() { json!("0".repeat(64)) } else { json!(1) };
            };
            assert_eq!(archive::found_in_changed(world, &self.programme, change).await, fault, "{pointer}");
        }
    }
}

/// Where by the by-laws silence follows the majority, a vote is not held elsewhere: whose silence it is nobody here would know.
async fn silence_cannot_count_there(world: &World, office: &Phone) {
    let complex = Complex::of(world).await;
    filed(world, &complex.id).await;
    let there = changed(&terms(world, &complex.id).await, "external", system());
    let poll = motion(office, &there).await;
    office.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.refused(409, "SILENCE_ELSEWHERE");
}

async fn where_a_city_has_its_own_system_what_that_signs_is_imported(world: &mut World) {
    let hamlet = Hamlet::of(world, 4).await;
    let terms = changed(&terms(world, &hamlet.complex.id).await, "rules", json!({ "extensions": 0 }));
    let office = world.sign_in("community").await;
    let own = hamlet.motion(&office, &terms).await;
    let vote = Mirrored::prepare(world, &hamlet, &terms).await;
    silence_cannot_count_there(world, &office).await;
    let good = all_for_it(&office, &vote.poll).await;
    vote.import(&office, &signed(&good)).await.refused(409, "POLL_CANNOT_MOVE");

    until(world, moment(&terms["opens_at"])).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &vote.poll, "OPEN").await;
    vote.takes_nothing(world, &hamlet, &office).await;
    vote.import(&office, &signed(&good)).await.refused(409, "POLL_CANNOT_MOVE");

    until(world, moment(&terms["closes_at"])).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &own, "CLOSED").await;
    for reply in [
        office.get(&format!("/v1/polls/{own}/external-result")).await,
        office.post(&format!("/v1/polls/{own}/external-result"), &signed(&good)).await,
    ] {
        reply.refused(409, "NOT_EXTERNAL");
    }
    let path = format!("/v1/polls/{}", vote.poll);
    super::until(&office, &path, "awaits its result", |seen| seen["external"]["awaited_since"].is_string())
        .await;
    vote.evidence_that_does_not_hold(&office, &good).await;

    // Whoever convenes it is told while nobody imports it, as of other deadlines.
    until(world, moment(&terms["closes_at"]) + chrono::TimeDelta::days(6)).await;
    let office = world.sign_in("community").await;
    for kind in ["EXTERNAL_RESULT_AWAITED", "POLL_DEADLINE_PASSED"] {
        super::eventually(&format!("a notice {kind}"), async || {
            let all = office.all("/v1/notices", 50).await;
            all.iter().any(|one| one["kind"] == kind && one["subject_id"] == vote.poll).then_some(())
        })
        .await;
    }

    let owner = hamlet.owner(world, 0).await;
    owner.post(&vote.path("external-result"), &signed(&good)).await.refused(404, "NOT_FOUND");
    let imported = vote.import(&office, &signed(&good)).await;
    assert_eq!(imported.header("location"), Some(&*vote.path("external-result")));
    let imported = imported.ok();
    vote.import(&office, &signed(&good)).await.refused(409, "EVIDENCE_IN_ALREADY");
    owner.get(&vote.path("external-result")).await.refused(404, "RESULT_NOT_OUT");
    until_module(&office, &vote.programme, "count", "OVER").await;
    office.post(&vote.path("publications"), &json!({})).await.ok();
    vote.is_told(&office, &owner, &imported).await;

    let result = office.get(&vote.path("result")).await.ok();
    until(world, moment(&result["provisional_until"]) + chrono::TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    until_module(&office, &vote.programme, "result", "OVER").await;
    let told = office.all(&format!("/v1/programmes/{}/timeline", vote.programme), 50).await;
    assert!(told.iter().any(|line| text(&line["zh"]).contains("已导入“北京业主”签名的结果")), "{told:?}");
    let (well, said) = verify(world, &vote.poll);
    assert!(well && said.contains("all as it was said"), "{said}");
    vote.is_archived(world).await;
    a_run_off_is_held_there_too(world).await;
}

/// What the city's system says of an election: who has the votes of how many of four heads, as large as these are on average.
fn election(poll: &Value, votes: &[(&String, u64)], outcome: &str, elected: &[&String]) -> Value {
    let (all, none) = (&poll["roll"], json!({ "heads": 0, "area": 0 }));
    let area = all["area"].as_u64().expect("an area");
    let candidates: Vec<_> = votes
        .iter()
        .map(|(id, heads)| json!({ "candidate": id, "votes": { "heads": heads, "area": area * heads / 4 } }))
        .collect();
    json!({
        "format": "linli/external-result/1", "poll": poll["id"], "electorate": all, "took_part": all, "spoiled": none,
        "closings": [{ "at": poll["closes_at"], "came_in": all }],
        "election": { "candidates": candidates, "outcome": outcome, "elected": elected },
    })
}

/// Locks an election, and imports what the city's system says of it once voting is over there; the result.
async fn held_there(world: &World, poll: &str, says: impl Fn(&Value, &[String]) -> Value) -> Value {
    let office = world.sign_in("community").await;
    let path = |rest: &str| format!("/v1/polls/{poll}/{rest}");
    let locked = office.post(&path("locks"), &json!({})).await.ok();
    assert_eq!((&locked["source"], &locked["external"]["system"]), (&json!("EXTERNAL"), &system()));
    until(world, moment(&locked["closes_at"])).await;
    let office = world.sign_in("community").await;
    let waits = |seen: &Value| seen["external"]["awaited_since"].is_string();
    super::until(&office, &format!("/v1/polls/{poll}"), "awaits its result", waits).await;
    let stand = office.get(&path("candidates")).await.ok();
    let mut ids: Vec<_> = items(&stand).iter().map(|one| text(&one["id"])).collect();
    ids.sort_unstable();
    office.post(&path("external-result"), &signed(&says(&locked, &ids))).await.ok();
    office.post(&path("publications"), &json!({})).await.ok();
    office.get(&path("result")).await.ok()
}

/// Four are equal for three seats: nobody is elected by lot or by order. The run-off among them is one of the same system.
async fn a_run_off_is_held_there_too(world: &World) {
    let house = House::of(world, 4).await;
    let office = world.sign_in("community").await;
    let there = changed(&house.terms(world, 3).await, "external", system());
    let first = text(&office.post("/v1/polls", &there).await.ok()["id"]);
    for owner in &house.owners {
        let home = house.complex.home(owner.home.each_ref().map(String::as_str));
        let stands = json!({ "home_id": home, "name": owner.name });
        office.post(&format!("/v1/polls/{first}/candidates"), &stands).await.ok();
    }
    let equal = |poll: &Value, ids: &[String]| {
        election(poll, &ids.iter().map(|id| (id, 3)).collect::<Vec<_>>(), "RUNOFF_DUE", &[])
    };
    let result = held_there(world, &first, equal).await;
    assert_eq!(result["election"]["outcome"], "RUNOFF_DUE");

    let window = house.terms(world, 3).await;
    let window = json!({ "opens_at": window["opens_at"], "closes_at": window["closes_at"] });
    let office = world.sign_in("community").await;
    let again = office.post(&format!("/v1/polls/{first}/runoffs"), &window).await.ok();
    let decided = |poll: &Value, ids: &[String]| {
        let votes: Vec<_> = ids.iter().zip([4, 4, 3, 1]).collect();
        election(poll, &votes, "FORMED", &[&ids[0], &ids[1], &ids[2]])
    };
    let result = held_there(world, &text(&again["id"]), decided).await;
    assert_eq!((&result["source"], &result["election"]["outcome"]), (&json!("EXTERNAL"), &json!("FORMED")));
    let (well, said) = verify(world, &text(&again["id"]));
    assert!(well && said.contains("all as it was said"), "{said}");
}
