//! Whom a vote reached, what silence comes to by that, and how those are reminded who have not voted.

use chrono::TimeDelta;
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    eventually,
    incidents::{COMMUNITY, Town, phone},
    neighbours::{Complex, Owner, head_of, items, moment, owners_by_home, text, until, until_it_is, verify},
    polls::{motion, terms},
    uploads::send_photo,
};
use crate::{phone::Phone, secrets, servers::connect, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![story!(silence_counts_where_service_is_proven_and_nobody_learns_whose).in_the_demo()]
}

const CLAUSE: &str = "议事规则第十二条";

/// A text on which the two who vote do not agree.
const GARDEN: &str = "改花园";

/// By the owners' by-laws silence follows the majority.
pub(super) async fn filed(world: &World, complex: &str) {
    Town::appoint(world, "o-preparer", "PREPARER", complex).await;
    let preparer = phone(world, "o-preparer").await;
    let poll = text(&items(&preparer.get("/v1/polls?state=PUBLISHED").await.ok())[0]["id"]);
    let matters = preparer.get(&format!("/v1/polls/{poll}")).await.ok()["matters"].clone();
    let procedure = matters.as_array().expect("matters").iter().find(|one| one["class"] == 1);
    let bylaws = json!({
        "poll_id": poll, "matter_id": procedure.expect("it was voted on")["id"], "follows": 0,
        "says": { "nonresponse": "FOLLOW_MAJORITY", "nonresponse_clause": CLAUSE, "extensions": 0 },
    });
    preparer.post(&format!("/v1/places/{complex}/bylaws"), &bylaws).await.ok();
}

/// The vote of one unit of the demo's complex.
struct Vote {
    poll: String,
    terms: Value,
}

impl Vote {
    fn at(&self, rest: &str) -> String {
        format!("/v1/polls/{}/{rest}", self.poll)
    }

    async fn serve(&self, office: &Phone, heads: &[String], method: &str) -> Value {
        let body = self.note(office, heads, method).await;
        office.post(&self.at("services"), &body).await.ok()
    }

    async fn note(&self, office: &Phone, heads: &[String], method: &str) -> Value {
        let now = office.get("/v1/home").await.ok()["server_time"].clone();
        let evidence = send_photo(office).await;
        json!({ "head_ids": heads, "method": method, "served_at": now, "evidence_id": evidence })
    }

    /// Heads that those who convene see, in pages; all, or those that nobody served.
    async fn heads(&self, office: &Phone, unserved: bool) -> Vec<Value> {
        office.all(&self.at(&format!("services?unserved={unserved}")), 30).await
    }

    async fn totals(&self, phone: &Phone) -> [u64; 4] {
        let totals = phone.get(&self.at("service-totals")).await.ok();
        let by = |method: &str| {
            let lines = totals["by_method"].as_array().expect("methods").iter();
            lines
                .filter(|line| line["method"] == method)
                .filter_map(|line| line["served"]["heads"].as_u64())
                .sum()
        };
        let served = totals["served"]["heads"].as_u64().expect("a number");
        [served, by("IN_PERSON"), by("POST"), by("REGISTERED_APP")]
    }
}

/// Owners of one home each in the unit, on phones of their own.
async fn owners(world: &World, complex: &Complex) -> Vec<(Owner, String)> {
    let all = owners_by_home();
    let homes = |owner: &Owner| {
        all.iter().filter(|owners| owners.iter().any(|one| one.id_number == owner.id_number)).count()
    };
    let in_unit = all.iter().filter(|owners| owners.len() == 1).map(|owners| &owners[0]);
    let in_unit = in_unit.filter(|owner| owner.home[..2] == ["1号楼", "1单元"] && homes(owner) == 1);
    let mut owners = Vec::new();
    for (turn, owner) in in_unit.take(4).enumerate() {
        let openid = format!("o-served-{turn}");
        complex.move_in(&world.wechat_user(&openid).await, owner).await;
        owners.push((owner.clone(), openid));
    }
    owners
}

async fn until_told(phone: &Phone, poll: &str, kind: &str) -> Value {
    eventually(&format!("{kind} is told"), async || {
        let mine = phone.all("/v1/notices", 100).await;
        mine.into_iter().find(|one| one["kind"] == kind && one["subject_id"] == poll)
    })
    .await
}

async fn is_told(phone: &Phone, poll: &str, kind: &str) -> bool {
    phone.all("/v1/notices", 100).await.iter().any(|one| one["kind"] == kind && one["subject_id"] == poll)
}

fn count<T>(some: &[T]) -> u64 {
    some.len().try_into().expect("a number")
}

fn ids(heads: &[Value]) -> Vec<String> {
    heads.iter().map(|head| text(&head["head_id"])).collect()
}

async fn silence_counts_where_service_is_proven_and_nobody_learns_whose(world: &mut World) {
    let complex = Complex::of(world).await;
    let unit = Town::find(world).await;
    filed(world, &complex.id).await;
    let office = phone(world, COMMUNITY).await;
    let owners = owners(world, &complex).await;
    let unit = office.get(&format!("/v1/places/{}", unit.free_home)).await.ok()["lineage"]
        .as_array()
        .and_then(|lineage| lineage.iter().find(|step| step["level"] == "UNIT"))
        .map(|step| text(&step["id"]))
        .expect("a home is in a unit");
    let terms = terms(world, &unit).await;
    let poll = motion(&office, &terms).await;
    let vote = Vote { poll, terms };
    let fund = json!({ "class": 6, "title": "续筹维修资金", "body": "每平方米三十元。" });
    office.post(&vote.at("matters"), &fund).await.ok();
    let garden = json!({ "class": 9, "title": GARDEN, "body": "两处花坛。" });
    office.post(&vote.at("matters"), &garden).await.ok();

    // Every voter is warned, in words that are frozen with the poll.
    let early = vote.note(&office, std::slice::from_ref(&unit), "POST").await;
    office.post(&vote.at("services"), &early).await.refused(409, "POLL_NOT_OPEN");
    let drafted = office.get(&format!("/v1/polls/{}", vote.poll)).await.ok()["silence_warning"].clone();
    let locked = office.post(&vote.at("locks"), &json!({})).await.ok();
    assert_eq!(locked["silence_warning"], drafted);
    let warning = text(&drafted["zh"]);
    assert!(
        warning.contains(CLAUSE) && warning.contains("多数意见") && warning.contains("3、6、7、8"),
        "{warning}"
    );

    let [voter, other, reader, unreached] = [0, 1, 2, 3].map(|turn| &owners[turn]);
    let mut heads = Vec::new();
    for (owner, openid) in &owners {
        let home = complex.home(owner.home.each_ref().map(String::as_str));
        heads.push(head_of(&world.wechat_user(openid).await, &vote.poll, home).await);
    }
    let all = vote.heads(&office, false).await;
    assert_eq!(Some(all.len()), locked["roll"]["heads"].as_u64().and_then(|heads| heads.try_into().ok()));
    let by_hand: Vec<String> =
        ids(&all).into_iter().filter(|head| *head != heads[2] && *head != heads[3]).collect();
    service_is_noted_in_pages(world, &vote, &office, (&by_hand, &heads)).await;
    only_those_concerned_see_it(world, &vote, &office, (&heads, &owners)).await;

    until(world, moment(&vote.terms["opens_at"])).await;
    let office = phone(world, COMMUNITY).await;
    until_it_is(&office, &vote.poll, "OPEN").await;
    // Whoever reads here what the poll told is served by that, once.
    let phone_of = async |(_, openid): &(Owner, String)| world.wechat_user(openid).await;
    let here = phone_of(reader).await;
    let notice = until_told(&here, &vote.poll, "POLL_OPENED").await;
    for _ in 0..2 {
        here.post(&format!("/v1/notices/{}/readings", text(&notice["id"])), &json!({})).await.ok();
    }
    let own = items(&here.get(&vote.at("services")).await.ok())[0].clone();
    assert_eq!((&own["is_served"], &own["services"][0]["method"]), (&json!(true), &json!("REGISTERED_APP")));
    let read = format!("services/{}/withdrawals", text(&own["services"][0]["id"]));
    let words = json!({ "words": "没有送到" });
    office.post(&vote.at(&read), &words).await.refused(409, "SERVICE_NOT_NOTED");
    assert_eq!(ids(&vote.heads(&office, true).await), [heads[3].clone()]);

    for (turn, caster) in [voter, other].into_iter().enumerate() {
        let caster = phone_of(caster).await;
        let whole = caster.call(Method::GET, &format!("/v1/polls/{}", vote.poll)).send().await.ok();
        // One for the garden and one against: silence has no majority to follow there.
        let answer = |matter: &Value| {
            let against = turn == 1 && matter["title"] == GARDEN;
            json!({ "matter_id": matter["id"], "choice": if against { "NO" } else { "YES" } })
        };
        let answers: Vec<_> = whole["matters"].as_array().expect("matters").iter().map(answer).collect();
        let ballot = json!({ "head_id": heads[turn], "answers": answers });
        secrets::remember(&text(&caster.post(&vote.at("ballots"), &ballot).await.ok()["salt"]));
    }
    those_who_have_not_voted_are_reminded(world, &vote, all.len() - 2).await;
    for (who, told) in [(voter, false), (other, false), (reader, true), (unreached, true)] {
        let phone = phone_of(who).await;
        if told {
            until_told(&phone, &vote.poll, "POLL_REMINDED").await;
        }
        assert_eq!(is_told(&phone, &vote.poll, "POLL_REMINDED").await, told, "{who:?}");
    }

    until(world, moment(&vote.terms["closes_at"])).await;
    let office = phone(world, COMMUNITY).await;
    until_it_is(&office, &vote.poll, "CLOSED").await;
    let late = vote.note(&office, &heads[3..], "POST").await;
    office.post(&vote.at("services"), &late).await.refused(409, "POLL_CLOSED");
    office.post(&vote.at("reminders"), &json!({})).await.refused(409, "POLL_CLOSED");
    what_it_comes_to(world, &vote, all.len()).await;
}

async fn service_is_noted_in_pages(
    world: &World,
    vote: &Vote,
    office: &Phone,
    (by_hand, heads): (&[String], &[String]),
) {
    let services = vote.at("services");
    let (first, rest) = by_hand.split_at(by_hand.len() / 2);
    let noted = vote.serve(office, first, "IN_PERSON").await;
    assert_eq!(noted["heads"], first.len());
    vote.serve(office, rest, "POST").await;
    vote.serve(office, &first[..1], "POST").await;
    let with = async |change: &dyn Fn(&mut Value)| {
        let mut body = vote.note(office, &heads[3..], "POST").await;
        change(&mut body);
        office.post(&services, &body).await
    };
    let twice = with(&|body| body["head_ids"] = json!([heads[3], rest[0]])).await;
    assert!(text(&twice.refused(409, "SERVED_ALREADY")["detail"]).starts_with("/head_ids/1"));
    with(&|body| body["method"] = json!("REGISTERED_APP")).await.refused(409, "SERVICE_NOT_NOTED");
    for (member, wrong) in
        [("head_ids/0", json!([vote.poll])), ("served_at", json!("2020-01-01T00:00:00+08:00"))]
    {
        let name = member.split('/').next().unwrap();
        let refused = with(&|body| body[name] = wrong.clone()).await.refused(422, "INPUT_INVALID");
        assert_eq!(refused["errors"][0]["pointer"], format!("/{member}"), "{refused}");
    }
    let anothers = send_photo(&phone(world, "o-served-0").await).await;
    with(&|body| body["evidence_id"] = json!(anothers)).await.refused(422, "PHOTO_NOT_YOURS");

    // Whoever is of the property company notes nothing and reminds nobody, whatever else they were made.
    let both = phone(world, "o-preparer-too").await;
    let complex = office.get(&format!("/v1/polls/{}", vote.poll)).await.ok()["place_id"].clone();
    let complex = office.get(&format!("/v1/places/{}", text(&complex))).await.ok()["lineage"].clone();
    let complex =
        complex.as_array().unwrap().iter().find(|step| step["level"] == "COMPLEX").unwrap()["id"].clone();
    for role in ["PREPARER", "PROPERTY_MANAGER"] {
        Town::appoint(world, "o-preparer-too", role, &text(&complex)).await;
    }
    let body = vote.note(&both, &heads[3..], "POST").await;
    both.post(&services, &body).await.refused(403, "SERVICE_NOT_YOURS");
    both.post(&vote.at("reminders"), &json!({})).await.refused(403, "SERVICE_NOT_YOURS");
    both.get(&services).await.refused(404, "NOT_FOUND");
    assert_eq!(vote.totals(&both).await[0], count(by_hand), "the totals they have");

    // What was noted by mistake is taken back, kept, and told.
    vote.serve(office, &heads[3..], "IN_PERSON").await;
    let all = vote.heads(office, false).await;
    let wrong = all.iter().find(|one| one["head_id"] == heads[3]).unwrap()["services"][0].clone();
    let back = vote.at(&format!("services/{}/withdrawals", text(&wrong["id"])));
    let words = json!({ "words": "送到了隔壁" });
    both.post(&back, &words).await.refused(403, "SERVICE_NOT_YOURS");
    let taken_back = office.post(&back, &words).await.ok();
    assert_eq!((&taken_back["words"], taken_back["withdrawn_at"].is_string()), (&words["words"], true));
    office.post(&back, &words).await.refused(409, "SERVICE_WITHDRAWN");
    let nothing = vote.at(&format!("services/{}/withdrawals", vote.poll));
    office.post(&nothing, &words).await.refused(404, "NOT_FOUND");
    assert_eq!(ids(&vote.heads(office, true).await).len(), 2);
}

/// Those who convene see all, with the papers; an owner the own head; everybody in the complex how many.
async fn only_those_concerned_see_it(
    world: &World,
    vote: &Vote,
    office: &Phone,
    (heads, owners): (&[String], &[(Owner, String)]),
) {
    let owner = world.wechat_user(&owners[0].1).await;
    let own = owner.get(&vote.at("services")).await.ok();
    assert_eq!(ids(items(&own)), [heads[0].clone()]);
    let service = &items(&own)[0]["services"][0];
    assert!(service["served_at"].is_string() && service.get("evidence_id").is_none(), "{service}");
    let withdrawn = world.wechat_user(&owners[3].1).await;
    let own = items(&withdrawn.get(&vote.at("services")).await.ok())[0].clone();
    assert_eq!((&own["is_served"], &own["services"][0]["words"]), (&json!(false), &json!("送到了隔壁")));

    let all = vote.heads(office, false).await;
    let evidence = all.iter().find_map(|one| one["services"][0]["evidence_id"].as_str()).expect("a paper");
    let evidence = format!("/v1/uploads/{evidence}");
    office.get(&evidence).await.ok();
    let property = world.sign_in("property").await;
    for who in [&owner, &property] {
        who.get(&evidence).await.refused(404, "NOT_FOUND");
    }
    property.get(&vote.at("services")).await.refused(404, "NOT_FOUND");
    let [served, in_person, post, here] = vote.totals(&property).await;
    assert_eq!((served, in_person + post, here), (count(&all) - 2, count(&all) - 1, 0));
    assert_eq!(vote.totals(&owner).await, [served, in_person, post, here]);
    world.newcomer().await.get(&vote.at("service-totals")).await.refused(404, "NOT_FOUND");
}

/// Once a day, by those who convene; they learn how many heads that is, and the members not even that.
async fn those_who_have_not_voted_are_reminded(world: &World, vote: &Vote, heads: usize) {
    let office = phone(world, COMMUNITY).await;
    let reminded = office.post(&vote.at("reminders"), &json!({})).await.ok();
    assert_eq!(reminded["heads"], heads);
    assert_eq!(moment(&reminded["next_from"]) - moment(&reminded["at"]), TimeDelta::days(1));
    let members: Vec<&String> = reminded.as_object().unwrap().keys().collect();
    assert_eq!(members, ["at", "heads", "next_from"]);
    office.post(&vote.at("reminders"), &json!({})).await.refused(409, "REMINDED_TODAY");
    let owner = world.wechat_user("o-served-0").await;
    owner.post(&vote.at("reminders"), &json!({})).await.refused(404, "NOT_FOUND");
    let seen = async |who: &Phone| {
        let changes = super::record::read_on(who, "", &mut None).await;
        changes
            .into_iter()
            .find(|one| one["kind"] == "POLL_REMINDED" && one["subject_id"] == vote.poll.as_str())
    };
    let told =
        eventually("it is in the record", async || seen(&world.sign_in("supervisor").await).await).await;
    assert_eq!(
        (&told["facts"], &told["actor_role"]),
        (&json!({ "heads": heads }), &json!("COMMUNITY_OFFICER"))
    );
    for who in [&owner, &world.sign_in("property").await] {
        assert_eq!(seen(who).await, None, "how many have not voted is not for them, yet");
    }
}

async fn what_it_comes_to(world: &World, vote: &Vote, heads: usize) {
    let office = phone(world, COMMUNITY).await;
    let result = office.get(&vote.at("result")).await.ok();
    assert_eq!((&result["returned"]["heads"], &result["unserved"]["heads"]), (&json!(2), &json!(1)));
    assert_eq!(result["silent"]["heads"], heads - 2);
    let [motion, fund, garden] = [0, 1, 2].map(|at| &result["matters"][at]);
    assert_eq!((&garden["outcome"], &garden["tests"]), (&json!("INDETERMINATE"), &json!([])));
    assert!(garden.get("participating").is_none() && garden.get("yes").is_none(), "{garden}");
    let columns = ["yes", "no", "abstain", "silent"].map(|column| garden["votes"][column]["heads"].clone());
    assert_eq!(columns, [json!(1), json!(1), json!(0), json!(heads - 3)], "all that was cast is told");
    assert_eq!((&motion["outcome"], &motion["nonresponse"]), (&json!("PASSED"), &json!("FOLLOW_MAJORITY")));
    assert_eq!(motion["participating"]["heads"], heads - 1, "all but the one that nobody served");
    assert_eq!(motion["votes"]["silent"]["heads"], heads - 3);
    assert_eq!((&fund["outcome"], &fund["participating"]["heads"]), (&json!("NO_QUORUM"), &json!(2)));

    let app = super::record::beside(world).await;
    super::record::until_sequenced(world, &app).await;
    let (well, said) = verify(world, &vote.poll);
    assert!(well && said.contains("ballots   2,"), "{said}");
    let db = connect(&world.data.database_url).await.unwrap();
    for (change, back, words) in [
        (
            "UPDATE poll_service SET withdrawn_at = noted_at WHERE method = 'REGISTERED_APP'",
            "UPDATE poll_service SET withdrawn_at = NULL WHERE method = 'REGISTERED_APP'",
            "POLL_SERVED in the record",
        ),
        (
            "UPDATE poll_service SET served_at = locked_at FROM poll WHERE poll.id = poll_service.poll_id",
            "UPDATE poll_service SET served_at = noted_at WHERE method = 'REGISTERED_APP'",
            "service was noted",
        ),
    ] {
        assert!(db.execute_unprepared(change).await.unwrap().rows_affected() > 0, "{change}");
        let (well, said) = verify(world, &vote.poll);
        assert!(!well && said.contains(words), "{words}: {said}");
        db.execute_unprepared(back).await.unwrap();
    }
    let warning = "UPDATE poll SET warning = NULL WHERE warning IS NOT NULL";
    db.execute_unprepared(warning).await.unwrap();
    let (well, said) = verify(world, &vote.poll);
    assert!(!well && said.contains("frozen_hash: stored"), "{said}");
    db.close().await.unwrap();
}
