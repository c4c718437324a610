//! Elections and votes: from the first ballot to the lists on the wall, and everything that is refused on the way.

use std::{collections::BTreeMap, io::Cursor};

use calamine::{Reader, Xlsx};
use chrono::{DateTime, FixedOffset, TimeDelta};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::neighbours::{
    Complex, Form, Owner, head_of, items, moment, sell, text, until, until_it_is, verify, verify_with,
};
use crate::{
    phone::Phone,
    secrets,
    servers::connect,
    story,
    story::{Database, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_resident_votes_and_proves_that_it_was_counted).in_the_demo(),
        story!(a_home_sold_during_the_vote_has_one_ballot).in_the_demo(),
        story!(a_published_result_can_be_computed_again).in_the_demo(),
        story!(the_four_lists_say_the_same_in_every_form).in_the_demo(),
        story!(whoever_changes_a_ballot_is_found_out).in_the_demo(),
        story!(whoever_changes_the_record_of_a_vote_is_found_out).in_the_demo(),
        story!(a_recount_of_an_open_poll_sees_one_moment).in_the_demo(),
        story!(who_has_an_interest_never_learns_who_stayed_away).in_the_demo(),
        story!(a_part_of_the_complex_decides_only_what_concerns_it).in_the_demo(),
        story!(polls_of_all_of_ones_complexes_are_listed).in_the_demo(),
        story!(a_ballot_that_does_not_fit_is_refused).in_the_demo(),
        story!(a_poll_is_prepared_locked_and_frozen).in_the_demo(),
        story!(a_poll_that_cannot_be_lawful_is_refused).in_the_demo(),
        story!(silence_counts_only_by_bylaws_on_record).in_the_demo(),
        story!(owners_are_told_before_a_vote).in_the_demo(),
        story!(a_page_is_its_candidates_own).in_the_demo(),
        story!(who_sells_is_no_candidate_any_more).in_the_demo(),
        story!(nobody_learns_before_the_close_what_was_chosen).in_the_demo(),
        story!(rules_can_be_asked),
    ]
}

/// The home that the demo leaves for whoever tries it.
fn resident() -> Owner {
    Owner::new(["1号楼", "1单元", "101"], "苏勇桂", "999999195310234509")
}

/// The second owner of the home of the demo's co-owner.
fn other_owner() -> Owner {
    Owner::new(["1号楼", "1单元", "202"], "宋思", "999999199505029116")
}

async fn a_resident_votes_and_proves_that_it_was_counted(world: &mut World) {
    let complex = Complex::of(world).await;
    let phone = world.sign_in("resident").await;
    phone.get("/v1/polls").await.refused(404, "NOT_FOUND");
    complex.move_in(&phone, &resident()).await;

    let form = Form::of(&phone, "OPEN").await;
    let coowner = world.sign_in("coowner").await;
    candidates_stand_in_everybodys_own_order(&form, &[&phone, &coowner]).await;
    for candidate in &form.candidates {
        let page = phone.get(&form.path(&format!("candidates/{candidate}/page"))).await.ok();
        assert!(!text(&page["headline"]).is_empty() && page["version"] == 2, "written, and agreed to");
    }

    let home = complex.home(["1号楼", "1单元", "101"]);
    let head = head_of(&phone, &form.poll, home).await;
    let ballot = form.ballot(&head, 4);
    let receipt = cast(&form, &phone, &ballot).await;
    assert_eq!(text(&receipt["commitment"]), commitment(&form, &ballot, &receipt));
    let again = phone.post(&form.path("ballots"), &form.ballot(&head, 5)).await;
    let refusal = again.refused(409, "BALLOT_IN_ALREADY");
    assert!(text(&refusal["detail"]).contains(" +08:00"), "it says when the first was cast");
    let heads = phone.get(&form.path("heads")).await.ok();
    let mine = items(&heads).iter().find(|one| one["id"] == head.as_str()).unwrap();
    assert_eq!((&mine["ballot_is_in"], &mine["cast_at"]), (&json!(true), &receipt["cast_at"]));
    let early = phone.get(&form.path(&format!("receipts/{}", text(&receipt["ballot_id"])))).await.ok();
    assert!(early.get("counted").is_none(), "nothing is counted before the close");

    let others = two_owners_of_one_head_cast_one_ballot(world, &complex, &form, &coowner).await;
    is_counted_by_itself(world, &form, &[(ballot, receipt), others]).await;
}

async fn candidates_stand_in_everybodys_own_order(form: &Form, viewers: &[&Phone; 2]) {
    let order = async |phone: &Phone| {
        let list = phone.get(&form.path("candidates")).await.ok();
        for candidate in items(&list) {
            assert_eq!(candidate["consented"], true);
            assert!(!text(&candidate["name"]).contains('*'), "a candidate who agreed is named in full");
        }
        let shown: Vec<String> = items(&list).iter().map(|one| text(&one["id"])).collect();
        let seed = text(&phone.get(&format!("/v1/polls/{}", form.poll)).await.ok()["seed"]);
        let bytes = |id: &str| id.parse::<uuid::Uuid>().unwrap().into_bytes();
        let place = |id: &String| {
            let seeded = Sha256::new().chain_update(&seed).chain_update(bytes(&phone.person));
            seeded.chain_update(bytes(id)).finalize().to_vec()
        };
        assert!(shown.is_sorted_by_key(place), "as anybody makes it out from the seed");
        shown
    };
    let (first, other) = (order(viewers[0]).await, order(viewers[1]).await);
    assert_eq!(first, order(viewers[0]).await, "the order stays for whoever looks twice");
    assert_ne!(first, other, "no candidate is first for everybody");
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(first), sorted(other), "the same candidates for everybody");
}

/// Casts, and remembers the salt as something that nobody else may ever read.
async fn cast(form: &Form, phone: &Phone, ballot: &Value) -> Value {
    let receipt = phone.post(&form.path("ballots"), ballot).await.ok();
    secrets::remember(&text(&receipt["salt"]));
    receipt
}

/// The commitment as the voter computes it from the receipt and what was chosen.
fn commitment(form: &Form, ballot: &Value, receipt: &Value) -> String {
    let mut choices: Vec<String> = ballot["selections"].as_array().unwrap().iter().map(text).collect();
    choices.sort_unstable();
    let answer = |one: &Value| format!("{}:{}", one["matter_id"], one["choice"]);
    let mut answers: Vec<String> = ballot["answers"].as_array().unwrap().iter().map(answer).collect();
    answers.sort_unstable();
    let choices: Vec<String> = choices.iter().map(|id| format!("\"{id}\"")).collect();
    let canonical = format!(
        "linli/ballot/2\n{{\"answers\":{{{}}},\"choices\":[{}],\"poll\":\"{}\",\"texts\":{}}}",
        answers.join(","),
        choices.join(","),
        form.poll,
        json!(form.texts)
    );
    let salt = hex::decode(text(&receipt["salt"])).unwrap();
    hex::encode(Sha256::new().chain_update(salt).chain_update(canonical).finalize())
}

/// A home with two owners on two phones: whoever is first casts, and the other is told so.
async fn two_owners_of_one_head_cast_one_ballot(
    world: &World,
    complex: &Complex,
    form: &Form,
    first: &Phone,
) -> (Value, Value) {
    let home = complex.home(["1号楼", "1单元", "202"]);
    let head = head_of(first, &form.poll, home).await;
    let ballot = form.ballot(&head, 3);
    let receipt = cast(form, first, &ballot).await;
    let second = world.newcomer().await;
    complex.move_in(&second, &other_owner()).await;
    assert_eq!(head_of(&second, &form.poll, home).await, head, "two owners, one head");
    let heads = second.get(&form.path("heads")).await.ok();
    let shared = items(&heads).iter().find(|one| one["id"] == head.as_str()).unwrap();
    assert_eq!(shared["ballot_is_in"], true);
    second.post(&form.path("ballots"), &ballot).await.refused(409, "BALLOT_IN_ALREADY");
    (ballot, receipt)
}

/// The heads of a poll that somebody's first screen shows, and whether their ballots are in.
async fn heads_at_home(phone: &Phone, poll: &str) -> BTreeMap<String, bool> {
    let screen = phone.get("/v1/home").await.ok();
    let shown = screen["polls"].as_array().expect("polls").iter().filter(|one| one["id"] == poll);
    let heads = shown.flat_map(|one| one["heads"].as_array().expect("heads"));
    heads.map(|head| (text(&head["id"]), head["ballot_is_in"] == true)).collect()
}

/// Somebody who buys what is sold while a vote runs.
fn buyer() -> Owner {
    Owner::new(["1号楼", "1单元", "101"], "吕玲欣", "999999197309083968")
}

async fn a_home_sold_during_the_vote_has_one_ballot(world: &mut World) {
    let complex = Complex::of(world).await;
    let (silent, seller) = (world.sign_in("resident").await, world.sign_in("coowner").await);
    complex.move_in(&silent, &resident()).await;
    let form = Form::of(&seller, "OPEN").await;
    let homes = [["1号楼", "1单元", "101"], ["1号楼", "1单元", "202"]];
    let unvoted = head_of(&silent, &form.poll, complex.home(homes[0])).await;
    let voted = head_of(&seller, &form.poll, complex.home(homes[1])).await;
    let receipt = cast(&form, &seller, &form.ballot(&voted, 3)).await;
    let supervisor = world.sign_in("supervisor").await;
    let progress = async || supervisor.get(&form.path("progress")).await.ok();
    let before = progress().await;
    let path = form.path(&format!("receipts/{}", text(&receipt["ballot_id"])));
    assert_eq!(heads_at_home(&silent, &form.poll).await, [(unvoted.clone(), false)].into());
    assert!(heads_at_home(&seller, &form.poll).await[&voted]);

    sell(world, &homes, &buyer());
    silent.post(&form.path("ballots"), &form.ballot(&unvoted, 4)).await.refused(409, "HOME_SOLD");
    seller.post(&form.path("ballots"), &form.ballot(&unvoted, 4)).await.refused(404, "NOT_FOUND");
    seller.post(&form.path("ballots"), &form.ballot(&voted, 4)).await.refused(409, "HOME_SOLD");
    for old in [&silent, &seller] {
        old.get(&form.path("heads")).await.refused(404, "NOT_FOUND");
    }
    // Who cast may still see that it is in.
    assert_eq!(seller.get(&path).await.ok()["commitment"], receipt["commitment"]);
    silent.get(&path).await.refused(404, "NOT_FOUND");
    let phone = world.newcomer().await;
    complex.move_in(&phone, &buyer()).await;
    assert_eq!(head_of(&phone, &form.poll, complex.home(homes[0])).await, unvoted);
    assert_eq!(head_of(&phone, &form.poll, complex.home(homes[1])).await, voted);
    // The first screen follows the same rule.
    let own = phone.get(&form.path("heads")).await.ok();
    let own = items(&own).iter().map(|head| (text(&head["id"]), head["ballot_is_in"] == true)).collect();
    assert_eq!(heads_at_home(&phone, &form.poll).await, own);
    assert_eq!(heads_at_home(&silent, &form.poll).await, BTreeMap::new());
    // Who sold and had voted: that stands. Who sold and had not: the buyer votes.
    let late = phone.post(&form.path("ballots"), &form.ballot(&voted, 4)).await;
    late.refused(409, "BALLOT_IN_ALREADY");
    cast(&form, &phone, &form.ballot(&unvoted, 4)).await;
    let after = progress().await;
    assert_eq!(after["roll"], before["roll"], "denominators stay");
    assert_eq!((&before["took_part"]["heads"], &after["took_part"]["heads"]), (&json!(1), &json!(2)));

    // Sold again: still one ballot.
    sell(world, &homes[..1], &resident());
    complex.move_in(&silent, &resident()).await;
    let again = silent.post(&form.path("ballots"), &form.ballot(&unvoted, 5)).await;
    again.refused(409, "BALLOT_IN_ALREADY");
    let (well, said) = verify(world, &form.poll);
    assert!(well && said.contains("ballots   2,"), "{said}");
}

/// The clock passes the end, and voting goes on, since two heads are not two thirds; it passes the next, and it is over.
async fn until_it_is_over(world: &World, form: &Form) -> Form {
    until(world, form.closes_at).await;
    let phone = world.sign_in("candidate").await;
    let path = format!("/v1/polls/{}", form.poll);
    let goes_on = |seen: &Value| seen["extensions"].as_array().is_some_and(|made| made.len() == 1);
    let longer = super::until(&phone, &path, "goes on", goes_on).await;
    assert_eq!((&longer["state"], moment(&longer["announced_closes_at"])), (&json!("OPEN"), form.closes_at));
    let form = Form { closes_at: moment(&longer["closes_at"]), ..form.clone() };
    until(world, form.closes_at).await;
    form
}

/// The clock passes the deadline: no ballot is taken any more, the count is made, each receipt is in it, and what
/// comes out is published, explained and the same when counted again.
async fn is_counted_by_itself(world: &World, form: &Form, cast: &[(Value, Value)]) {
    let form = &until_it_is_over(world, form).await;
    let phone = world.sign_in("candidate").await;
    let heads = phone.get(&form.path("heads")).await.ok();
    let late = form.ballot(&text(&items(&heads)[0]["id"]), 1);
    let refusal = phone.post(&form.path("ballots"), &late).await.refused(409, "POLL_CLOSED");
    let detail = text(&refusal["detail"]);
    let closed = form.closes_at.format("%Y-%m-%d %H:%M:%S %:z").to_string();
    assert!(detail.contains(&closed), "it names when voting closed: {detail}");
    assert_eq!(detail.matches(" +08:00").count(), 2, "it names both times: {detail}");

    let closed = until_it_is(&phone, &form.poll, "CLOSED").await;
    for (ballot, receipt) in cast {
        let check = phone.get(&form.path(&format!("receipts/{}", text(&receipt["ballot_id"])))).await.ok();
        assert_eq!(text(&check["commitment"]), commitment(form, ballot, receipt));
        assert_eq!(check["counted"]["ballots"], cast.len());
        assert_eq!(check["counted"]["ballots_hash"], closed["ballots_hash"]);
        assert!(is_in_the_tree(&check), "the path leads from this ballot to the root: {check}");
        let mut other = check.clone();
        other["commitment"] = json!("00".repeat(32));
        assert!(!is_in_the_tree(&other), "and from no other");
    }

    phone.get(&form.path("result")).await.refused(404, "RESULT_NOT_OUT");
    let supervisor = world.sign_in("supervisor").await;
    let counted = supervisor.get(&form.path("result")).await.ok();
    let community = world.sign_in("community").await;
    community.post(&form.path("publications"), &json!({})).await.ok();
    community.post(&form.path("publications"), &json!({})).await.refused(409, "POLL_CANNOT_MOVE");
    let published = phone.get(&form.path("result")).await.ok();
    for part in ["roll", "returned", "silent", "election", "matters", "ballots_hash"] {
        assert_eq!(published[part], counted[part], "publishing changes nothing of {part}");
    }
    assert_eq!(published["returned"]["heads"], cast.len());
    assert_eq!(published["election"]["outcome"], "NO_QUORUM", "two heads are not two thirds");
    explained(&published);
    all_lists_agree(form, &phone, &published).await;
    let (well, said) = verify(world, &form.poll);
    assert!(well && said.contains("all as it was said"), "{said}");
}

/// RFC 9162, 2.1.3.2, with nothing but what the receipt check says.
fn is_in_the_tree(check: &Value) -> bool {
    let bytes = |value: &Value| hex::decode(text(value)).unwrap();
    let node = |left: &[u8], right: &[u8]| {
        Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().to_vec()
    };
    let counted = &check["counted"];
    let id = hex::decode(text(&check["ballot_id"]).replace('-', "")).unwrap();
    let mut hash = Sha256::new()
        .chain_update([0])
        .chain_update(id)
        .chain_update(bytes(&check["commitment"]))
        .finalize()
        .to_vec();
    let mut at = counted["position"].as_u64().unwrap();
    let mut last = counted["ballots"].as_u64().unwrap() - 1;
    for neighbour in counted["path"].as_array().unwrap() {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            hash = node(&bytes(neighbour), &hash);
            while at.is_multiple_of(2) && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, &bytes(neighbour));
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == bytes(&counted["ballots_hash"])
}

fn number(value: &Value) -> u128 {
    u128::from(value.as_u64().unwrap_or_else(|| panic!("a number, not {value}")))
}

/// Every test of a result, by cross-multiplication; and that each counts what it says it counts.
fn explained(result: &Value) {
    let roll = &result["roll"];
    let election = &result["election"];
    let both = |tests: &Value, got: &Value, of: &Value| {
        let tests = tests.as_array().unwrap();
        assert_eq!(tests.len(), 2, "heads and area");
        for test in tests {
            let measure = if test["measure"] == "HEADS" { "heads" } else { "area" };
            assert_eq!((&test["got"], &test["of"]), (&got[measure], &of[measure]), "{test}");
            holds(test);
        }
        tests.iter().all(|test| test["met"] == true)
    };
    let quorum = both(&election["quorum"], &election["participating"], roll);
    assert_eq!(election["outcome"] == "NO_QUORUM", !quorum);
    let mut elected = 0;
    for candidate in election["candidates"].as_array().unwrap() {
        let passed = both(&candidate["tests"], &candidate["votes"], &election["participating"]);
        let standing = text(&candidate["standing"]);
        assert_eq!(standing == "NO_QUORUM", !quorum);
        assert!(!quorum || passed != (standing == "NOT_PASSED"), "{candidate}");
        elected += u64::from(standing == "ELECTED");
    }
    assert!(elected <= election["seats"].as_u64().unwrap(), "no more are elected than there are seats");
    for matter in result["matters"].as_array().unwrap() {
        let (quorum, approval) = matter["tests"].as_array().unwrap().split_at(2);
        let took_part = both(&json!(quorum), &matter["participating"], roll);
        let approved = both(&json!(approval), &matter["yes"], &matter["participating"]);
        let outcome = match (took_part, approved) {
            (false, _) => "NO_QUORUM",
            (true, true) => "PASSED",
            (true, false) => "REJECTED",
        };
        assert_eq!(matter["outcome"], outcome, "{matter}");
        is_as_firm_as_its_quorum(&matter["flip"], quorum, outcome);
        let votes = &matter["votes"];
        for measure in ["heads", "area"] {
            let all = ["yes", "no", "abstain", "silent", "invalid"];
            let sum: u128 = all.iter().map(|kind| number(&votes[kind][measure])).sum();
            assert_eq!(sum, number(&roll[measure]), "every head is somewhere: {votes}");
        }
    }
}

/// Whoever is one more than the quorum can spare loses it.
fn is_as_firm_as_its_quorum(flip: &Value, quorum: &[Value], outcome: &str) {
    if outcome == "NO_QUORUM" {
        assert_eq!(flip, &Value::Null, "no invalid ballot mends it");
        return;
    }
    for (member, test) in ["ballots", "area"].into_iter().zip(quorum) {
        let spare = u64::try_from(test["margin"].as_i64().unwrap()).unwrap() + 1;
        let least = flip[member].as_u64().unwrap();
        assert!(0 < least && least <= spare, "{flip} {test}");
    }
}

fn holds(test: &Value) {
    let of = number(&test["of"]);
    let (num, den) = (number(&test["ratio"][0]), number(&test["ratio"][1]));
    let enough = |got: u128| match test["bound"].as_str() {
        Some("REACHES") => got * den >= of * num,
        Some("EXCEEDS") => got * den > of * num,
        _ => panic!("neither 以上 nor 超过: {test}"),
    };
    let (got, needed) = (number(&test["got"]), number(&test["needed"]));
    assert_eq!(test["met"], enough(got), "{test}");
    assert!(enough(needed) && (needed == 0 || !enough(needed - 1)), "`needed` is the least: {test}");
    let margin = i128::from(test["margin"].as_i64().unwrap());
    assert_eq!(margin, i128::try_from(got).unwrap() - i128::try_from(needed).unwrap(), "{test}");
    for language in ["zh", "en"] {
        assert!(!text(&test["words"][language]).is_empty());
    }
}

async fn a_published_result_can_be_computed_again(world: &mut World) {
    let phone = world.sign_in("coowner").await;
    let form = Form::of(&phone, "PUBLISHED").await;
    let result = phone.get(&form.path("result")).await.ok();
    assert_eq!(result["election"]["outcome"], "FORMED", "enough took part: {}", result["election"]["quorum"]);
    explained(&result);
    assert!(result["election"]["flip"]["ballots"].as_u64().unwrap() > 0, "{}", result["election"]);
    let (well, said) = verify(world, &form.poll);
    assert!(well, "{said}");

    // Whoever takes away how firm it is, is found out.
    let db = connect(&world.data.database_url).await.unwrap();
    let whole = "SELECT result FROM poll WHERE state = 'PUBLISHED'";
    let whole = Statement::from_string(db.get_database_backend(), whole);
    let kept: String = db.query_one_raw(whole).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    let mut kept: Value = serde_json::from_str(&kept).unwrap();
    assert!(kept.as_object_mut().unwrap().remove("flips").is_some());
    let before = "UPDATE poll SET result = $1 WHERE state = 'PUBLISHED'";
    let before = Statement::from_sql_and_values(db.get_database_backend(), before, [kept.to_string().into()]);
    assert_eq!(db.execute_raw(before).await.unwrap().rows_affected(), 1);
    db.close().await.unwrap();
    let (well, said) = verify(world, &form.poll);
    assert!(!well && said.contains("flips"), "{said}");
}

async fn the_four_lists_say_the_same_in_every_form(world: &mut World) {
    let supervisor = world.sign_in("supervisor").await;
    let form = Form::of(&supervisor, "PUBLISHED").await;
    let result = supervisor.get(&form.path("result")).await.ok();
    let homes = all_lists_agree(&form, &supervisor, &result).await;
    assert!(homes > 400, "whoever watches sees all homes");
    let property = world.sign_in("property").await;
    assert_eq!(all_lists_agree(&form, &property, &result).await, 0, "the property company sees none");
    let coowner = world.sign_in("coowner").await;
    assert_eq!(all_lists_agree(&form, &coowner, &result).await, 1, "everybody else sees their own");
    supervisor.get(&form.path("lists/nobody")).await.refused(404, "NOT_FOUND");
    supervisor.get(&form.path("lists/texts?format=pdf")).await.refused(422, "INPUT_INVALID");
    supervisor.get(&form.path("lists/texts?format=html&paper=A5")).await.refused(422, "INPUT_INVALID");

    // Whoever scans the code on a notice reads the same hashes without signing in, and nothing else.
    let guest = world.guest();
    let page = guest.get(&form.path("verification")).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let page = String::from_utf8(page.bytes).unwrap();
    for hash in ["roll_hash", "frozen_hash", "ballots_hash"] {
        let line = format!("<tr><th>{hash}</th><td>{}</td></tr>", text(&result[hash]));
        assert!(page.contains(&line), "{line} is not in {page}");
    }
    let open = Form::of(&supervisor, "OPEN").await;
    guest.get(&open.path("verification")).await.refused(404, "NOT_FOUND");
}

/// A heading on paper, and where what stands below it is found in the JSON.
type Column = (&'static str, &'static str);

/// What each list can be checked against.
const SEALS: &[Column] = &[
    ("表决", "/title"),
    ("规则", "/rules"),
    ("业主总人数", "/roll/heads"),
    ("专有部分总面积(㎡)", "/roll/area"),
    ("参与人数", "/took_part/heads"),
    ("参与面积(㎡)", "/took_part/area"),
    ("roll_hash", "/roll_hash"),
    ("frozen_hash", "/frozen_hash"),
    ("ballots_hash", "/ballots_hash"),
    ("计票时间", "/at"),
];

/// Each list, the member that holds its lines, and its columns.
const LISTS: [(&str, &str, &[Column]); 4] = [
    (
        "members",
        "members",
        &[
            ("排名", "/rank"),
            ("姓名", "/name"),
            ("结果", "/standing"),
            ("得票人数", "/votes/heads"),
            ("得票面积(㎡)", "/votes/area"),
        ],
    ),
    (
        "candidates",
        "candidates",
        &[
            ("序号", "/ordinal"),
            ("姓名", "/name"),
            ("得票人数", "/votes/heads"),
            ("得票面积(㎡)", "/votes/area"),
            ("结果", "/standing"),
        ],
    ),
    (
        "texts",
        "texts",
        &[
            ("事项类别", "/class"),
            ("事项", "/title"),
            ("同意人数", "/votes/yes/heads"),
            ("同意面积(㎡)", "/votes/yes/area"),
            ("反对人数", "/votes/no/heads"),
            ("反对面积(㎡)", "/votes/no/area"),
            ("弃权人数", "/votes/abstain/heads"),
            ("弃权面积(㎡)", "/votes/abstain/area"),
            ("未反馈人数", "/votes/silent/heads"),
            ("未反馈面积(㎡)", "/votes/silent/area"),
            ("废票人数", "/votes/invalid/heads"),
            ("废票面积(㎡)", "/votes/invalid/area"),
            ("结果", "/outcome"),
        ],
    ),
    (
        "participation",
        "homes",
        &[("房号", "/home"), ("面积(㎡)", "/area"), ("是否参与", "/took_part"), ("表决方式", "/channel")],
    ),
];

/// What stands on paper for what the JSON says.
fn on_paper(json: &Value, (heading, pointer): Column) -> String {
    let value = json.pointer(pointer).unwrap_or(&Value::Null);
    let word = match (pointer, value.as_str().unwrap_or_default()) {
        ("/standing", "ELECTED") => "当选委员",
        ("/standing", "RUNOFF") => "待再次投票",
        ("/standing", "ALTERNATE") => "候补委员",
        ("/standing", "PASSED") => "达到法定比例，未当选",
        ("/standing", "NOT_PASSED") => "未达到法定比例",
        ("/standing", "NO_QUORUM") => "选举无效",
        ("/outcome", "PASSED") => "通过",
        ("/outcome", "REJECTED") => "未通过",
        ("/outcome", "NO_QUORUM") => "参与不足",
        ("/outcome", "INDETERMINATE") => "无法认定",
        ("/channel", "ONLINE") => "线上",
        ("/channel", "") => "",
        ("/took_part", _) if value == true => "是",
        ("/took_part", _) => "否",
        (_, "") => {
            let number = value.as_u64().unwrap_or_else(|| panic!("{heading} says nothing: {json}"));
            let metres = heading.ends_with("(㎡)");
            return if metres { format!("{}.{:02}", number / 100, number % 100) } else { number.to_string() };
        }
        (_, word) => word,
    };
    word.to_owned()
}

/// Each list as JSON, CSV, XLSX and a notice; how many homes this viewer sees in the last.
async fn all_lists_agree(form: &Form, phone: &Phone, result: &Value) -> usize {
    let mut homes = 0;
    for (list, member, columns) in LISTS {
        let whole = phone.get(&form.path(&format!("lists/{list}"))).await.ok();
        let lines = whole[member].as_array().unwrap();
        for part in ["roll", "roll_hash", "frozen_hash", "ballots_hash"] {
            assert_eq!(whole[part], result[part], "{part} of {list}");
        }
        let row = |line: &Value| columns.iter().map(|column| on_paper(line, *column)).collect::<Vec<_>>();
        let headings = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let table: Vec<_> = std::iter::once(headings).chain(lines.iter().map(row)).collect();
        let seal = |column: &Column| vec![column.0.to_owned(), on_paper(&whole, *column)];
        let seals: Vec<_> = SEALS.iter().map(seal).collect();

        let csv = phone.get(&form.path(&format!("lists/{list}?format=csv"))).await;
        let csv = csv_of(&String::from_utf8(csv.bytes.clone()).unwrap());
        assert_eq!(csv, (table.clone(), seals.clone()), "{list} as CSV says what the JSON says");
        let xlsx = phone.get(&form.path(&format!("lists/{list}?format=xlsx"))).await;
        assert!(xlsx.header("content-disposition").unwrap().contains(&format!("{list}-")));
        assert_eq!(
            xlsx_of(&xlsx.bytes),
            (table.clone(), seals.clone()),
            "{list} as XLSX says what the JSON says"
        );
        let notice = async || phone.get(&form.path(&format!("lists/{list}?format=html"))).await;
        let html = notice().await;
        assert_eq!(html.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(html.header("content-disposition").unwrap().ends_with(".html\""));
        let page = String::from_utf8(html.bytes.clone()).unwrap();
        assert_eq!(html_of(&page), (table, seals), "{list} as a notice says what the JSON says");
        assert_eq!(notice().await.bytes, html.bytes, "the same bytes each time");
        let large = phone.get(&form.path(&format!("lists/{list}?format=html&paper=A3"))).await.bytes;
        let large = String::from_utf8(large).unwrap();
        assert!(large.contains("size: A3") && html_of(&large) == html_of(&page), "the same on A3");
        match list {
            "participation" => homes = lines.len(),
            _ => are_of_the_result(lines, result),
        }
    }
    homes
}

/// Whether lines about candidates or texts say of each what the result says.
fn are_of_the_result(lines: &[Value], result: &Value) {
    let id = |one: &Value| text(one.get("candidate_id").unwrap_or(&one["matter_id"]));
    let parts = [&result["election"]["candidates"], &result["matters"]];
    let told = parts.into_iter().filter_map(Value::as_array).flatten();
    let told: BTreeMap<_, _> = told.map(|one| (id(one), one)).collect();
    for line in lines {
        let told = told[&id(line)];
        for (name, value) in line.as_object().unwrap() {
            assert!(told.get(name).is_none_or(|said| said == value), "{name} of {line}, not {told}");
        }
    }
}

/// The table of a notice, and below it what it can be checked against.
fn html_of(page: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let shown = |cell: &str| {
        let text = cell.split("</t").next().unwrap();
        entities.iter().fold(text.to_owned(), |text, (entity, one)| text.replace(entity, one))
    };
    let row = |row: &str| row.replace("<th>", "<td>").split("<td>").skip(1).map(shown).collect();
    let table = |table: &str| table.split("<tr>").skip(1).map(row).collect();
    let tables: Vec<_> = page.split("<table>").skip(1).map(table).collect();
    let [lines, seals] = <[_; 2]>::try_from(tables).expect("two tables");
    (lines, seals)
}

/// The table, and below an empty line what it can be checked against.
fn csv_of(text: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let text = text.strip_prefix('\u{feff}').expect("Excel needs the byte order mark");
    let (table, seals) = text.split_once("\r\n\r\n").expect("an empty line between both");
    let rows = |part: &str| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(part.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    (rows(table), rows(seals))
}

/// The same of the first sheet, where a table ends with its headings' last column.
fn xlsx_of(xlsx: &[u8]) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(xlsx)).expect("an XLSX");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("that can be read");
    let rows: Vec<Vec<String>> =
        sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    let below = rows.iter().position(|row| row.iter().all(String::is_empty)).expect("an empty row");
    let part = |rows: &[Vec<String>]| {
        let width = rows[0].iter().take_while(|cell| !cell.is_empty()).count();
        assert!(rows.iter().flat_map(|row| &row[width..]).all(String::is_empty), "nothing beside it");
        rows.iter().map(|row| row[..width].to_vec()).collect()
    };
    (part(&rows[..below]), part(&rows[below + 1..]))
}

async fn whoever_changes_a_ballot_is_found_out(world: &mut World) {
    let phone = world.sign_in("coowner").await;
    let form = Form::of(&phone, "OPEN").await;
    let candidate = world.sign_in("candidate").await;
    let mut ballots = Vec::new();
    for (voter, turn) in [(&phone, 3), (&candidate, 4)] {
        let heads = voter.get(&form.path("heads")).await.ok();
        let receipt = cast(&form, voter, &form.ballot(&text(&items(&heads)[0]["id"]), turn)).await;
        ballots.push(text(&receipt["ballot_id"]));
    }
    let (well, said) = verify(world, &form.poll);
    assert!(well && said.contains("ballots   2,"), "{said}");

    let db = connect(&world.data.database_url).await.unwrap();
    let id = |id: &str| match world.setting.database {
        Database::Sqlite => format!("x'{}'", id.replace('-', "")),
        Database::Postgres => format!("'{id}'"),
    };
    // Both ciphers are good ones of this very poll: only the commitment tells that one is in the wrong place.
    let swapped = format!(
        "UPDATE ballot SET answers_cipher = (SELECT answers_cipher FROM ballot AS other WHERE other.id = {}) \
         WHERE id = {}",
        id(&ballots[1]),
        id(&ballots[0]),
    );
    assert_eq!(db.execute_unprepared(&swapped).await.unwrap().rows_affected(), 1);
    let (well, said) = verify(world, &form.poll);
    assert!(
        !well && said.contains(&ballots[0]) && !said.contains(&ballots[1]),
        "it names the ballot: {said}"
    );
    let removed = format!("DELETE FROM ballot WHERE id = {}", id(&ballots[0]));
    assert_eq!(db.execute_unprepared(&removed).await.unwrap().rows_affected(), 1);
    let (well, said) = verify(world, &form.poll);
    assert!(!well && said.contains("that is not there"), "it misses the ballot: {said}");
    db.close().await.unwrap();
}

async fn whoever_changes_the_record_of_a_vote_is_found_out(world: &mut World) {
    let phone = world.sign_in("coowner").await;
    let form = Form::of(&phone, "OPEN").await;
    let over = Form::of(&phone, "PUBLISHED").await.poll;
    let heads = phone.get(&form.path("heads")).await.ok();
    let receipt = cast(&form, &phone, &form.ballot(&text(&items(&heads)[0]["id"]), 3)).await;
    let complex = text(&phone.get(&format!("/v1/polls/{}", form.poll)).await.ok()["place_id"]);
    let changes = format!("/v1/changes?place_id={complex}");
    super::eventually("the ballot in the record", async || {
        let told = of_this_poll(&phone, &changes, &form.poll).await;
        told.iter().any(|one| one["kind"] == "BALLOT_CAST").then_some(())
    })
    .await;
    for what in [&["poll", &form.poll][..], &["poll", &over], &["record"], &["record", &complex]] {
        let (well, said) = verify_with(world, what);
        assert!(well, "{said}");
    }
    let (well, said) = verify_with(world, &["record", "--json"]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert!(well && told["records"].as_array().unwrap().len() == 2, "{said}");

    let db = connect(&world.data.database_url).await.unwrap();
    let change = async |what: &str| {
        assert!(db.execute_unprepared(what).await.unwrap().rows_affected() >= 1, "{what}");
    };
    let found = |poll: &str, words: &str| {
        let (well, said) = verify(world, poll);
        assert!(!well && said.contains(words), "{words}: {said}");
        assert!(!verify_with(world, &["record"]).0, "the whole record shows it too: {words}");
    };
    for step in ["POLL_LOCKED", "POLL_COUNTED", "POLL_PUBLISHED"] {
        change(&format!("UPDATE event SET kind = 'GONE' WHERE kind = '{step}'")).await;
        found(&over, &format!("the record tells 0 times of {step}"));
        change(&format!("UPDATE event SET kind = '{step}' WHERE kind = 'GONE'")).await;
    }
    let commitment = text(&receipt["commitment"]);
    let of_it = format!("WHERE kind = 'BALLOT_CAST' AND commitment = '{commitment}'");
    change(&format!("UPDATE event SET facts = '{{\"channel\":\"PAPER\"}}' {of_it}")).await;
    found(&form.poll, "(BALLOT_CAST) was changed");
    change(&format!("UPDATE event SET facts = '{{\"channel\":\"ONLINE\"}}' {of_it}")).await;
    assert!(verify(world, &form.poll).0);
    change(&format!(
        "UPDATE event SET at = (SELECT at FROM event AS other WHERE other.kind = 'POLL_PUBLISHED') {of_it}"
    ))
    .await;
    found(&form.poll, &format!("ballot {commitment}: cast at"));
    change(&format!("DELETE FROM event {of_it}")).await;
    change(&format!("DELETE FROM ballot WHERE commitment = '{commitment}'")).await;
    found(&form.poll, "the record of the complex");
    db.close().await.unwrap();
}

async fn a_recount_of_an_open_poll_sees_one_moment(world: &mut World) {
    let phone = world.sign_in("coowner").await;
    let form = Form::of(&phone, "OPEN").await;
    let heads = phone.get(&form.path("heads")).await.ok();
    let app = super::record::beside(world).await;
    let poll = form.poll.parse().unwrap();
    let then = app.db.snapshot().await.unwrap();
    let recount = async || linli::polls::acts::recount(&app.vault, &then, poll).await.unwrap();
    let before = recount().await;
    cast(&form, &phone, &form.ballot(&text(&items(&heads)[0]["id"]), 3)).await;
    let after = recount().await;
    assert_eq!((before.ballots, after.ballots), (0, 0), "the ballot came after this moment");
    assert_eq!((before.differences, after.differences), (Vec::new(), Vec::<String>::new()));
    let now = app.db.snapshot().await.unwrap();
    let now = linli::polls::acts::recount(&app.vault, &now, poll).await.unwrap();
    assert_eq!((now.ballots, now.differences), (1, Vec::new()));
}

async fn who_has_an_interest_never_learns_who_stayed_away(world: &mut World) {
    let (property, newcomer) = (world.sign_in("property").await, world.newcomer().await);
    let supervisor = world.sign_in("supervisor").await;
    let (form, open) = (Form::of(&supervisor, "PUBLISHED").await, Form::of(&supervisor, "OPEN").await);
    let complex = text(&supervisor.get(&format!("/v1/polls/{}", form.poll)).await.ok()["place_id"]);
    let community = world.sign_in("community").await;
    for (phone, role) in [
        (&property, "SUPERVISOR"),
        (&property, "PREPARER"),
        (&newcomer, "DEVELOPER"),
        (&newcomer, "SUPERVISOR"),
    ] {
        let role = json!({ "person_id": phone.person, "role": role });
        community.post(&format!("/v1/places/{complex}/roles"), &role).await.ok();
    }
    let list = form.path("lists/participation");
    for interested in [&property, &newcomer] {
        assert_eq!(interested.get(&list).await.ok()["homes"], json!([]), "whatever else they were made");
        let csv = interested.get(&format!("{list}?format=csv")).await;
        assert_eq!(csv_of(&String::from_utf8(csv.bytes).unwrap()).0.len(), 1, "nothing but the headings");
        let xlsx = interested.get(&format!("{list}?format=xlsx")).await;
        assert_eq!(xlsx_of(&xlsx.bytes).0.len(), 1, "nothing but the headings");
        let html = interested.get(&format!("{list}?format=html")).await;
        assert_eq!(html_of(&String::from_utf8(html.bytes).unwrap()).0.len(), 1, "nothing but the headings");
        // Whoever looks before and after a ballot would know by the area whose it is, and so who has none.
        let watched = interested.get(&open.path("progress")).await.ok();
        assert_eq!(
            (&watched["coarsened"], &watched["took_part"]["area"]),
            (&json!({ "heads": 1 }), &json!(0))
        );
        assert!(watched.get("leak").is_none(), "{watched}");
        let progress = interested.get(&form.path("progress")).await.ok();
        assert!(progress["took_part"]["heads"].as_u64().unwrap() > 300, "totals are for all who watch");
    }
    let changes = format!("/v1/changes?place_id={complex}");
    let read = async || {
        let told = of_this_poll(&supervisor, &changes, &form.poll).await;
        told.iter().filter(|change| change["kind"] == "PARTICIPATION_READ").count()
    };
    assert_eq!(read().await, 0);
    let seen = supervisor.get(&list).await;
    assert!(seen.header("etag").is_none(), "what depends on the reader has no version");
    assert!(seen.ok()["homes"].as_array().unwrap().len() > 400);
    super::eventually("who read the list of all homes", async || (read().await == 1).then_some(())).await;
}

async fn a_part_of_the_complex_decides_only_what_concerns_it(world: &mut World) {
    let complex = Complex::of(world).await;
    let community = world.sign_in("community").await;
    let children = community.get(&format!("/v1/places/{}/children", complex.id)).await.ok();
    let building = text(&items(&children)[0]["id"]);
    let terms = changed(&terms(world, &complex.id).await, "place_id", json!(building));
    let refusal = community.post("/v1/polls", &terms).await.refused(422, "INPUT_INVALID");
    assert_eq!(refusal["errors"][0]["pointer"], "/place_id", "{refusal}");
    let motion = changed(&changed(&terms, "kind", json!("MOTION")), "seats", json!(0));
    let poll = text(&community.post("/v1/polls", &motion).await.ok()["id"]);
    let matters = format!("/v1/polls/{poll}/matters");
    for class in 1..=9 {
        let matter = json!({ "class": class, "title": "电梯", "body": "更换 1 号楼电梯。" });
        let reply = community.post(&matters, &matter).await;
        if class <= 4 {
            assert_eq!(reply.refused(422, "INPUT_INVALID")["errors"][0]["pointer"], "/class");
        } else {
            reply.ok();
        }
    }
}

async fn polls_of_all_of_ones_complexes_are_listed(world: &mut World) {
    let (community, street) = (world.sign_in("community").await, world.sign_in("street").await);
    let property = world.sign_in("property").await;
    let ids = async |phone: &Phone| {
        let polls = phone.all("/v1/polls", 1).await;
        polls.iter().map(|poll| text(&poll["id"])).collect::<Vec<_>>()
    };
    let here = ids(&property).await;
    assert_eq!(here.len(), 2);
    for officer in [&community, &street] {
        assert_eq!(ids(officer).await, here, "an office above reaches the complexes below");
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/roll-528.csv");
    let under = ["--under", "示范区/青年路街道/青年路社区"];
    assert!(super::roll::import(world, &world.data.database_url, &file, "隔壁小区", &under).0);
    let me = community.get("/v1/me").await.ok();
    let other = super::identity::part(&community, &text(&me["roles"][0]["place_id"]), "隔壁小区").await;
    let there = motion(&community, &terms(world, &other).await).await;
    for officer in [&community, &street] {
        let all = ids(officer).await;
        assert_eq!((&all[0], &all[1..]), (&there, &here[..]), "the newest of all first, page by page");
    }
    assert_eq!(ids(&property).await, here);
    let role = json!({ "person_id": property.person, "role": "PROPERTY_MANAGER" });
    community.post(&format!("/v1/places/{other}/roles"), &role).await.ok();
    assert_eq!(ids(&property).await.len(), 3, "two complexes, one list");
}

async fn a_ballot_that_does_not_fit_is_refused(world: &mut World) {
    let phone = world.sign_in("coowner").await;
    let form = Form::of(&phone, "OPEN").await;
    let heads = phone.get(&form.path("heads")).await.ok();
    let head = text(&items(&heads)[0]["id"]);
    let fit = form.ballot(&head, 3);
    let with = |member: &str, value: Value| {
        let mut ballot = fit.clone();
        ballot[member] = value;
        ballot
    };
    let nobody = "00000000-0000-4000-8000-00000000abcd";
    let one = &form.candidates[0];
    let made_up = (0..).map(|number| format!("00000000-0000-4000-8000-0000000{number:05}"));
    let too_many: Vec<String> =
        form.candidates.iter().cloned().chain(made_up).take(form.max_selections + 1).collect();
    let answer = |matter: &str| json!({ "matter_id": matter, "choice": "YES" });
    let (first, second) = (answer(&form.matters[0]), answer(&form.matters[1]));
    let refusals = [
        (with("selections", json!(too_many)), "TOO_MANY_SELECTIONS"),
        (with("selections", json!([nobody])), "BALLOT_UNFIT"),
        (with("selections", json!([one, one])), "BALLOT_UNFIT"),
        (with("answers", json!([first, second, answer(nobody)])), "MATTER_ELSEWHERE"),
        (with("answers", json!([first, first, second])), "BALLOT_UNFIT"),
        (with("answers", json!([first])), "BALLOT_UNFIT"),
    ];
    for (ballot, why) in refusals {
        phone.post(&form.path("ballots"), &ballot).await.refused(422, why);
    }
    let path = form.path("ballots");
    phone.post(&path, &with("head_id", json!(nobody))).await.refused(404, "NOT_FOUND");
    let candidate = world.sign_in("candidate").await;
    candidate.post(&path, &fit).await.refused(404, "NOT_FOUND");
    for who in ["property", "community", "supervisor"] {
        world.sign_in(who).await.post(&path, &fit).await.refused(404, "NOT_FOUND");
    }
    let heads = phone.get(&form.path("heads")).await.ok();
    assert_eq!(items(&heads)[0]["ballot_is_in"], false, "nothing of it was taken");
    let blank = json!({ "head_id": head, "answers": fit["answers"] });
    cast(&form, &phone, &blank).await;
}

/// What the community puts into a new poll; times counted from now on the demo's clock.
pub(super) async fn terms(world: &World, place: &str) -> Value {
    let now = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    let now: DateTime<FixedOffset> = moment(&now["server_time"]);
    let on_day = |days| (now + TimeDelta::days(days)).to_rfc3339();
    json!({
        "place_id": place, "kind": "COMMITTEE_ELECTION", "title": "补选", "seats": 5,
        "opens_at": on_day(17), "closes_at": on_day(25),
    })
}

pub(super) fn changed(terms: &Value, member: &str, value: Value) -> Value {
    let mut changed = terms.clone();
    changed[member] = value;
    changed
}

/// Terms as PUT takes them.
pub(super) fn without_place(terms: &Value) -> Value {
    let mut terms = terms.clone();
    let members = terms.as_object_mut().unwrap();
    members.remove("place_id");
    members.remove("kind");
    terms
}

async fn a_poll_is_prepared_locked_and_frozen(world: &mut World) {
    let complex = Complex::of(world).await;
    let community = world.sign_in("community").await;
    let terms = terms(world, &complex.id).await;
    let poll = text(&community.post("/v1/polls", &terms).await.ok()["id"]);
    let path = |rest: &str| format!("/v1/polls/{poll}{rest}");
    let confirm = json!({});

    let refused = community.post(&path("/locks"), &confirm).await.refused(409, "POLL_CANNOT_MOVE");
    assert!(!text(&refused["detail"]).is_empty());
    let matter = json!({ "class": 1, "title": "议事规则", "body": "每年三月开会。" });
    community.post(&path("/matters"), &matter).await.ok();
    community.post(&path("/locks"), &confirm).await.refused(409, "POLL_CANNOT_MOVE");

    let stands = |home: [&str; 3], name: &str| json!({ "home_id": complex.home(home), "name": name });
    let home = ["1号楼", "1单元", "202"];
    let candidates = path("/candidates");
    community.post(&candidates, &stands(home, "王无名")).await.refused(422, "CANDIDATE_NOT_ON_ROLL");
    let elsewhere = json!({ "home_id": complex.id, "name": "沈梅" });
    community.post(&candidates, &elsewhere).await.refused(422, "CANDIDATE_NOT_ON_ROLL");
    let candidate = community.post(&candidates, &stands(home, "沈梅")).await.ok();
    assert_eq!(candidate["name"], "沈*", "without consent a name is masked");
    community.post(&candidates, &stands(home, "沈梅")).await.refused(409, "CANDIDATE_STANDS_ALREADY");
    let renamed = changed(&without_place(&terms), "title", json!("第三次补选"));
    assert_eq!(community.put(&path(""), &renamed).await.ok()["title"], "第三次补选");

    let locked = community.post(&path("/locks"), &confirm).await.ok();
    assert_eq!(locked["state"], "LOCKED");
    assert!(locked["roll"]["heads"].as_u64().unwrap() > 400);
    community.post(&path("/locks"), &confirm).await.refused(409, "POLL_FROZEN");
    community.put(&path(""), &renamed).await.refused(409, "POLL_FROZEN");
    community.post(&path("/matters"), &matter).await.refused(409, "POLL_FROZEN");
    community.post(&candidates, &stands(home, "沈梅")).await.refused(409, "POLL_FROZEN");

    let coowner = world.sign_in("coowner").await;
    let form = Form::of(&coowner, "LOCKED").await;
    assert_eq!(form.poll, poll);
    let head = head_of(&coowner, &poll, complex.home(home)).await;
    let early = coowner.post(&path("/ballots"), &form.ballot(&head, 0)).await;
    let early = early.refused(409, "POLL_NOT_OPEN");
    assert_eq!(text(&early["detail"]).matches(" +08:00").count(), 2, "it names both times: {early}");
    for step in ["/locks", "/publications"] {
        coowner.post(&path(step), &confirm).await.refused(404, "NOT_FOUND");
    }
    until(world, moment(&locked["opens_at"])).await;
    let coowner = world.sign_in("coowner").await;
    // At the opening's own second, whether or not the clock's job has noticed.
    cast(&form, &coowner, &form.ballot(&head, 0)).await;
    until_it_is(&coowner, &poll, "OPEN").await;
    let community = world.sign_in("community").await;
    community.post(&path("/publications"), &confirm).await.refused(409, "POLL_CANNOT_MOVE");
    community.get(&path("/result")).await.refused(404, "RESULT_NOT_OUT");
    coowner.get(&path("/result")).await.refused(404, "RESULT_NOT_OUT");
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
}

async fn a_poll_that_cannot_be_lawful_is_refused(world: &mut World) {
    let complex = Complex::of(world).await;
    let community = world.sign_in("community").await;
    let terms = terms(world, &complex.id).await;
    let home = complex.home(["1号楼", "1单元", "202"]);
    let nowhere = "00000000-0000-4000-8000-00000000abcd";
    let unfit = [
        (changed(&terms, "seats", json!(6)), "/seats"),
        (changed(&terms, "seats", json!(3)), "/seats"),
        (changed(&terms, "closes_at", terms["opens_at"].clone()), "/closes_at"),
        (changed(&terms, "opens_at", json!("1999-12-31T00:00:00+08:00")), "/opens_at"),
        (changed(&terms, "place_id", json!(home)), "/place_id"),
        (changed(&terms, "kind", json!("MOTION")), "/seats"),
    ];
    for (poll, pointer) in unfit {
        let refusal = community.post("/v1/polls", &poll).await.refused(422, "INPUT_INVALID");
        assert_eq!(refusal["errors"][0]["pointer"], pointer, "{refusal}");
    }
    // What law and city fix is not for the preparer to set.
    for (rule, source) in [
        ("quorum", "Civil Code 278"),
        ("head_key", "art. 9"),
        ("min_committee", "Hangzhou 27"),
        ("notice_days", "Regulation 14"),
    ] {
        let poll = changed(&terms, "rules", json!({ rule: "HOME" }));
        let refusal = community.post("/v1/polls", &poll).await.refused(422, "RULE_NOT_YOURS");
        let detail = text(&refusal["detail"]);
        assert!(detail.contains(rule) && detail.contains(source), "{detail}");
    }
    let poll = changed(&terms, "rules", json!({ "pack": "mine" }));
    let refusal = community.post("/v1/polls", &poll).await.refused(422, "INPUT_INVALID");
    assert_eq!(refusal["errors"][0]["pointer"], "/rules/pack");
    for (rules, name) in [
        (json!({ "nonresponse": "FOLLOW_MAJORITY" }), "RULE_NOT_YOURS"),
        (json!({ "window_days": { "min": 9, "max": 5 } }), "INPUT_INVALID"),
        (json!({ "window_days": { "min": 1, "max": 5 } }), "RULE_NOT_YOURS"),
        (json!({ "committee_size": { "min": 3, "max": 11 } }), "RULE_NOT_YOURS"),
        (json!({ "alternates_ratio": [3, 2] }), "INPUT_INVALID"),
    ] {
        let poll = changed(&terms, "rules", rules);
        let refusal = community.post("/v1/polls", &poll).await.refused(422, name);
        assert!(!text(&refusal["detail"]).is_empty());
    }
    let astray = changed(&terms, "place_id", json!(nowhere));
    community.post("/v1/polls", &astray).await.refused(404, "NOT_FOUND");
    for who in ["property", "coowner", "supervisor", "street"] {
        let phone = world.sign_in(who).await;
        phone.post("/v1/polls", &terms).await.refused(404, "NOT_FOUND");
    }

    // A vote that is too short, or would have begun already, is found out when it is locked.
    let motion = changed(&changed(&terms, "kind", json!("MOTION")), "seats", json!(0));
    let opens = moment(&terms["opens_at"]);
    let short = changed(&motion, "closes_at", json!((opens + TimeDelta::days(2)).to_rfc3339()));
    let past = changed(&motion, "opens_at", json!((opens - TimeDelta::days(20)).to_rfc3339()));
    for terms in [short, past] {
        let poll = text(&community.post("/v1/polls", &terms).await.ok()["id"]);
        let path = |rest: &str| format!("/v1/polls/{poll}/{rest}");
        let stands = json!({ "home_id": home, "name": "沈梅" });
        community.post(&path("candidates"), &stands).await.refused(409, "POLL_HAS_NO_CANDIDATES");
        let matter = json!({ "class": 7, "title": "改建", "body": "架空层。" });
        for _ in 0..30 {
            let added = community.call(Method::POST, &path("matters")).keyed().json(&matter).send();
            added.await.ok();
        }
        community.post(&path("matters"), &matter).await.refused(409, "POLL_FULL");
        let refusal = community.post(&path("locks"), &json!({})).await.refused(409, "POLL_CANNOT_MOVE");
        assert!(text(&refusal["detail"]).contains("+08:00"), "it names the times: {refusal}");
    }
}

/// A draft as one locks it: a motion with one text.
pub(super) async fn motion(community: &Phone, terms: &Value) -> String {
    let motion = changed(&changed(terms, "kind", json!("MOTION")), "seats", json!(0));
    let poll = text(&community.post("/v1/polls", &motion).await.ok()["id"]);
    let matter = json!({ "class": 9, "title": "换门禁", "body": "两处大门。" });
    community.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
    poll
}

async fn silence_counts_only_by_bylaws_on_record(world: &mut World) {
    let complex = Complex::of(world).await;
    let community = world.sign_in("community").await;
    let terms = terms(world, &complex.id).await;
    let poll = motion(&community, &terms).await;
    for nonresponse in ["FOLLOW_MAJORITY", "ABSTAIN"] {
        let rules = json!({ "nonresponse": nonresponse, "nonresponse_clause": "议事规则第十二条" });
        let silent = changed(&terms, "rules", rules.clone());
        let refusal = community.post("/v1/polls", &silent).await.refused(422, "RULE_NOT_YOURS");
        assert!(text(&refusal["detail"]).contains("no by-laws on record"), "{refusal}");
        let draft = changed(&changed(&without_place(&terms), "seats", json!(0)), "rules", rules);
        community.put(&format!("/v1/polls/{poll}"), &draft).await.refused(422, "RULE_NOT_YOURS");
    }

    // A draft from before this was refused is found out when it is locked.
    let db = connect(&world.data.database_url).await.unwrap();
    let smuggled = "UPDATE poll SET asks = '{\"nonresponse\":\"FOLLOW_MAJORITY\",\"nonresponse_clause\":\"x\"}' \
         WHERE state = 'DRAFT'";
    assert_eq!(db.execute_unprepared(smuggled).await.unwrap().rows_affected(), 1);
    db.close().await.unwrap();
    let lock = format!("/v1/polls/{poll}/locks");
    community.post(&lock, &json!({})).await.refused(422, "RULE_NOT_YOURS");
}

async fn owners_are_told_before_a_vote(world: &mut World) {
    let complex = Complex::of(world).await;
    let community = world.sign_in("community").await;
    let lawful = terms(world, &complex.id).await;
    let sooner = |days| (moment(&lawful["opens_at"]) - TimeDelta::days(days)).to_rfc3339();
    for (opens_at, days) in [(sooner(16), 1), (sooner(2), 15)] {
        let poll = motion(&community, &changed(&lawful, "opens_at", json!(opens_at))).await;
        let refusal = community.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await;
        let detail = text(&refusal.refused(409, "POLL_CANNOT_MOVE")["detail"]);
        assert!(detail.contains("15 clear days of notice"), "{days} days are too few: {detail}");
        assert_eq!(detail.matches(" +08:00").count(), 3, "it names the times: {detail}");
    }
    let poll = motion(&community, &lawful).await;
    community.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
}

async fn a_page_is_its_candidates_own(world: &mut World) {
    let complex = Complex::of(world).await;
    let community = world.sign_in("community").await;
    let terms = terms(world, &complex.id).await;
    let poll = text(&community.post("/v1/polls", &terms).await.ok()["id"]);
    let home = complex.home(["1号楼", "1单元", "202"]);
    let stands = json!({ "home_id": home, "name": "沈梅" });
    let id = text(&community.post(&format!("/v1/polls/{poll}/candidates"), &stands).await.ok()["id"]);
    let page = format!("/v1/polls/{poll}/candidates/{id}/page");
    let consents = format!("/v1/polls/{poll}/candidates/{id}/consents");
    let words = json!({ "headline": "楼道里的灯", "body": "坏了就换。", "statements": ["每月巡查"] });
    let (agreed, refused) = (json!({ "publish_name": true }), json!({ "publish_name": false }));

    let author = world.sign_in("coowner").await;
    let empty = author.get(&page).await.ok();
    assert_eq!((&empty["version"], &empty["name"]), (&json!(0), &json!("沈*")));
    for who in ["community", "property", "candidate"] {
        let other = world.sign_in(who).await;
        let write = other.call(Method::PUT, &page).header("if-match", "\"v0\"").json(&words);
        write.send().await.refused(404, "NOT_FOUND");
        other.post(&consents, &agreed).await.refused(404, "NOT_FOUND");
    }
    author.post(&consents, &refused).await.refused(422, "INPUT_INVALID");
    let first = author.call(Method::PUT, &page).header("if-match", "\"v0\"").json(&words).send().await;
    assert_eq!(first.ok()["version"], 1);
    let photo = changed(&words, "photo_id", json!("00000000-0000-4000-8000-00000000abcd"));
    let foreign = author.call(Method::PUT, &page).header("if-match", "\"v1\"").json(&photo).send().await;
    assert_eq!(foreign.refused(422, "INPUT_INVALID")["errors"][0]["pointer"], "/photo_id");

    let whole = format!("/v1/polls/{poll}");
    let known = async |path: &str| community.get(path).await.header("etag").unwrap().to_owned();
    let before = [(&page, known(&page).await), (&whole, known(&whole).await)];
    let consent = author.post(&consents, &agreed).await.ok();
    assert_eq!((&consent["name"], &consent["is_you"]), (&json!("沈梅"), &json!(true)));
    for (path, tag) in before {
        let again = community.call(Method::GET, path).header("if-none-match", &tag).send().await;
        assert_eq!(again.status, 200, "{path} shows another name now");
    }
    assert_eq!(community.get(&page).await.ok()["name"], "沈梅");
    author.post(&consents, &agreed).await.ok();
    let rewritten = changed(&words, "headline", json!("楼道里的灯，一盏不少"));
    assert_eq!(author.put(&page, &rewritten).await.ok()["version"], 3);

    community.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
    author.put(&page, &words).await.refused(409, "POLL_FROZEN");
    assert_eq!(community.get(&page).await.ok()["headline"], "楼道里的灯，一盏不少");
    let strangers = world.newcomer().await;
    strangers.get(&page).await.refused(404, "NOT_FOUND");
}

async fn who_sells_is_no_candidate_any_more(world: &mut World) {
    let complex = Complex::of(world).await;
    let community = world.sign_in("community").await;
    let terms = terms(world, &complex.id).await;
    let home = ["1号楼", "1单元", "202"];
    let stands = json!({ "home_id": complex.home(home), "name": "沈梅" });
    let poll = text(&community.post("/v1/polls", &terms).await.ok()["id"]);
    let candidates = format!("/v1/polls/{poll}/candidates");
    let own = format!("{candidates}/{}", text(&community.post(&candidates, &stands).await.ok()["id"]));
    let author = world.sign_in("coowner").await;
    let write = async |version: &str| {
        let page = author.call(Method::PUT, &format!("{own}/page")).header("if-match", version);
        page.json(&json!({ "headline": "楼道里的灯" })).send().await
    };
    write("\"v0\"").await.ok();
    sell(world, &[home], &buyer());
    write("\"v1\"").await.refused(404, "NOT_FOUND");
    let agreed = json!({ "publish_name": true });
    author.post(&format!("{own}/consents"), &agreed).await.refused(404, "NOT_FOUND");
}

/// Members of an answer that would tell what was chosen.
const TELLTALE: [&str; 14] = [
    "votes",
    "yes",
    "no",
    "abstain",
    "silent",
    "tests",
    "totals",
    "verdict",
    "got",
    "standing",
    "rank",
    "elected",
    "selections",
    "ballots_hash",
];

async fn nobody_learns_before_the_close_what_was_chosen(world: &mut World) {
    let phone = world.sign_in("coowner").await;
    let form = Form::of(&phone, "OPEN").await;
    let heads = phone.get(&form.path("heads")).await.ok();
    let receipt = cast(&form, &phone, &form.ballot(&text(&items(&heads)[0]["id"]), 3)).await;
    let check = form.path(&format!("receipts/{}", text(&receipt["ballot_id"])));
    let whole = phone.get(&format!("/v1/polls/{}", form.poll)).await.ok();
    let changes = format!("/v1/changes?place_id={}", text(&whole["place_id"]));

    for who in ["coowner", "candidate", "property", "community", "street", "supervisor"] {
        let viewer = world.sign_in(who).await;
        let list = form.path("lists/");
        for path in [form.path("result")]
            .into_iter()
            .chain(["members", "candidates", "texts", "participation"].map(|name| format!("{list}{name}")))
        {
            viewer.get(&path).await.refused(404, "RESULT_NOT_OUT");
        }
        let progress = viewer.get(&form.path("progress")).await;
        if ["community", "street", "supervisor"].contains(&who) {
            let progress = progress.ok();
            assert_eq!(progress["took_part"]["heads"], 1);
            silent_about_choices(who, &progress);
        } else {
            progress.refused(404, "NOT_FOUND");
        }
        for path in [format!("/v1/polls/{}", form.poll), form.path("candidates"), check.clone()] {
            silent_about_choices(who, &viewer.get(&path).await.ok());
        }
        if viewer.get(&form.path("heads")).await.status == 200 {
            silent_about_choices(who, &viewer.get(&form.path("heads")).await.ok());
        }
        let told = of_this_poll(&viewer, &changes, &form.poll).await;
        let cast = told.iter().filter(|change| change["kind"] == "BALLOT_CAST");
        let cast: Vec<_> = cast.collect();
        let watches = ["community", "street", "supervisor"].contains(&who);
        let sees = usize::from(watches || who == "coowner");
        assert_eq!(cast.len(), sees, "only the voter, and who watches, sees that a ballot came in: {who}");
        assert!(cast.iter().all(|change| change["facts"] == json!({ "channel": "ONLINE" })));
        for change in &told {
            silent_about_choices(who, change);
        }
    }
    world.newcomer().await.get(&form.path("progress")).await.refused(404, "NOT_FOUND");

    // Once it is over, everybody can follow the whole record.
    until_it_is_over(world, &form).await;
    let candidate = world.sign_in("candidate").await;
    until_it_is(&candidate, &form.poll, "CLOSED").await;
    super::eventually("the record to its end", async || {
        let told = of_this_poll(&candidate, &changes, &form.poll).await;
        told.iter().any(|change| change["kind"] == "BALLOT_CAST").then_some(())
    })
    .await;
}

/// What the record tells of one poll.
async fn of_this_poll(viewer: &Phone, changes: &str, poll: &str) -> Vec<Value> {
    let (mut told, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = viewer.call(Method::GET, &format!("{changes}{cursor}")).send().await.ok();
        told.extend(items(&page).iter().filter(|change| change["subject_id"] == poll).cloned());
        if page["more"] == false {
            return told;
        }
        cursor = format!("&cursor={}", text(&page["next_cursor"]));
    }
}

fn silent_about_choices(who: &str, answer: &Value) {
    match answer {
        Value::Object(members) => {
            for (name, value) in members {
                assert!(!TELLTALE.contains(&name.as_str()), "{who} reads {name}: {answer}");
                silent_about_choices(who, value);
            }
        }
        Value::Array(all) => all.iter().for_each(|one| silent_about_choices(who, one)),
        _ => {}
    }
}

async fn rules_can_be_asked(world: &mut World) {
    let phone = world.newcomer().await;
    let ask = async |case: Value| phone.post("/v1/rules/evaluations", &case).await;
    let two_thirds = json!({ "id": "a", "case": "threshold", "total": 528, "ratio": [2, 3] });
    let answer = ask(two_thirds).await.ok();
    assert_eq!(answer["id"], "a");
    assert!(answer["answer"].to_string().contains("352"), "two thirds of 528: {answer}");
    let refusal = ask(json!({ "case": "threshold", "total": 528, "ratio": [2, 0] })).await;
    refusal.refused(422, "INPUT_INVALID");
    ask(json!({ "case": "weather" })).await.refused(422, "INPUT_INVALID");
}
