//! How far votes are told to everybody: as it was chosen before, and no further than enough can stand behind each number.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    endings::{Hamlet, told_of},
    neighbours::{head_of, moment, text, until, until_it_is, verify, verify_with},
    polls::{changed, terms},
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![story!(one_vote_against_is_no_name_where_that_was_chosen).in_the_demo()]
}

/// Owners, of whom the first is against, and the last stays away.
const OWNERS: usize = 12;

struct Town {
    hamlet: Hamlet,
    coarse: String,
    sealed: String,
}

impl Town {
    async fn prepare(world: &World, hamlet: Hamlet, terms: &Value) -> Self {
        let office = world.sign_in("community").await;
        let motion = changed(&changed(terms, "kind", json!("MOTION")), "seats", json!(0));
        let draft = async |publicity: &str| {
            let poll = office.post("/v1/polls", &changed(&motion, "publicity", json!(publicity))).await.ok();
            assert_eq!(poll["publicity"], publicity);
            text(&poll["id"])
        };
        let (coarse, sealed) = (draft("TOTALS").await, draft("COARSE").await);
        // Once chosen it is only ever made more private: also of a text.
        for (poll, publicity) in [(&coarse, "COARSE"), (&sealed, "SEALED")] {
            let path = format!("/v1/polls/{poll}");
            let mut draft = changed(&motion, "publicity", json!(publicity));
            for member in ["place_id", "kind"] {
                draft.as_object_mut().unwrap().remove(member);
            }
            let narrowed = office.put(&path, &draft).await.ok();
            assert_eq!(narrowed["publicity"], publicity);
            let wider = changed(&draft, "publicity", json!("TOTALS"));
            office.put(&path, &wider).await.refused(409, "PUBLICITY_ONE_WAY");
            draft.as_object_mut().unwrap().remove("publicity");
            assert_eq!(office.put(&path, &draft).await.ok()["publicity"], publicity, "left out it stays");
            for (title, own) in [("换门禁", None), ("改花园", Some("TOTALS"))] {
                let mut matter = json!({ "class": 9, "title": title, "body": "两处。" });
                matter.as_object_mut().unwrap().extend(own.map(|own| ("publicity".into(), json!(own))));
                let matter = office.post(&format!("{path}/matters"), &matter).await.ok();
                assert_eq!(matter["publicity"], publicity, "no text tells more than its poll");
            }
            office.post(&format!("{path}/locks"), &json!({})).await.ok();
        }
        Self { hamlet, coarse, sealed }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/polls/{}/{rest}", self.coarse)
    }

    async fn vote(&self, world: &World) {
        for turn in 0..OWNERS - 1 {
            let phone = self.hamlet.owner(world, turn).await;
            let home = &self.hamlet.owners[turn].home;
            let home = self.hamlet.complex.home(home.each_ref().map(String::as_str));
            let head = head_of(&phone, &self.coarse, home).await;
            let whole = phone.call(Method::GET, &format!("/v1/polls/{}", self.coarse)).send().await.ok();
            assert_eq!(whole["publicity"], "COARSE", "who votes sees it before");
            let answer = |matter: &Value| {
                let against = turn == 0 && matter["title"] == "换门禁";
                json!({ "matter_id": matter["id"], "choice": if against { "NO" } else { "YES" } })
            };
            let answers: Vec<_> = whole["matters"].as_array().unwrap().iter().map(answer).collect();
            phone.post(&self.path("ballots"), &json!({ "head_id": head, "answers": answers })).await.ok();
        }
    }
}

async fn one_vote_against_is_no_name_where_that_was_chosen(world: &mut World) {
    let hamlet = Hamlet::of(world, OWNERS).await;
    let terms = terms(world, &hamlet.complex.id).await;
    let town = Town::prepare(world, hamlet, &terms).await;
    until(world, moment(&terms["opens_at"])).await;
    until_it_is(&world.sign_in("community").await, &town.coarse, "OPEN").await;
    town.vote(world).await;

    // While voting goes on: heads alone, or nothing.
    let office = world.sign_in("community").await;
    let progress = office.get(&town.path("progress")).await.ok();
    assert_eq!(progress["took_part"], json!({ "heads": OWNERS - 1, "area": 0 }));
    assert_eq!(progress["by_channel"][0]["area"], 0);
    assert_eq!(progress["coarsened"], json!({ "heads": 1 }));
    // Told as it comes, each ballot would be a name; as it is told, any of them may be anybody's.
    assert!(progress["leak"]["exact"]["surely"].as_u64().unwrap() > 0, "{progress}");
    assert_eq!(progress["leak"]["shown"], json!({ "may": OWNERS, "surely": 0 }));
    let sealed = format!("/v1/polls/{}/progress", town.sealed);
    office.get(&sealed).await.refused(409, "TURNOUT_SEALED");

    until(world, moment(&terms["closes_at"])).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &town.coarse, "CLOSED").await;
    what_would_give_away_is_found_before_it_is_published(&town, &office).await;
    office.post(&town.path("publications"), &json!({})).await.ok();
    everybody_sees_the_outcome_and_no_name(world, &town, &office).await;
    all_variants_of_a_list_have_one_root(world, &town, &office).await;
    let (well, said) = verify(world, &town.coarse);
    assert!(well && said.contains("all as it was said"), "{said}");
}

/// The matter that somebody was against.
fn gate(result: &Value) -> &Value {
    result["matters"].as_array().unwrap().iter().find(|one| one["title"] == "换门禁").expect("the matter")
}

async fn what_would_give_away_is_found_before_it_is_published(town: &Town, office: &Phone) {
    let result = office.get(&town.path("result")).await.ok();
    let exact = gate(&result);
    assert!(exact.get("coarsened").is_none() && exact["tests"].as_array().unwrap().len() == 4, "{exact}");
    assert!(exact["votes"]["no"]["area"].as_u64().unwrap() > 0);
    let leaks = result["leaks"].as_array().unwrap();
    let of = |id: &Value| leaks.iter().find(|leak| leak.get("of").unwrap_or(&Value::Null) == id).unwrap();
    for leak in [of(&exact["matter_id"]), of(&Value::Null)] {
        let number = |pointer: &str| leak.pointer(pointer).and_then(Value::as_u64).unwrap();
        assert!(number("/exact/may") < 5 || number("/exact/surely") > 0, "one head is a name: {leak}");
        assert!(number("/shown/may") >= 5 && number("/shown/surely") == 0, "{leak}");
        assert!(leak["coarsened"].is_object(), "{leak}");
    }
}

async fn everybody_sees_the_outcome_and_no_name(world: &World, town: &Town, office: &Phone) {
    let whole = office.get(&town.path("result")).await.ok();
    let owner = town.hamlet.owner(world, 3).await;
    owner.get(&town.path("recount")).await.refused(403, "RECOUNT_NOT_YOURS");
    assert_eq!(office.get(&town.path("recount")).await.ok()["content"]["differences"], json!([]));
    let seen = owner.get(&town.path("result")).await.ok();
    assert!(seen.get("leaks").is_none(), "what stands behind is for those who watch");
    let (told, exact) = (gate(&seen), gate(&whole));
    assert_eq!((&told["outcome"], &told["tests"]), (&json!("PASSED"), &json!([])));
    for hidden in ["yes", "participating", "flip"] {
        assert!(told.get(hidden).is_none(), "{hidden} of {told}");
    }
    let met: Vec<_> =
        told["coarsened"]["tests"].as_array().unwrap().iter().map(|test| &test["met"]).collect();
    assert_eq!(met, [true; 4], "quorum and approval, in heads and in area");
    assert_eq!(told["votes"]["no"]["heads"], 1, "heads are told as long as they can be");
    let areas = |of: &Value| ["yes", "no"].map(|kind| of["votes"][kind]["area"].as_u64().unwrap());
    assert!(areas(told).iter().zip(areas(exact)).all(|(told, exact)| *told < exact), "{told}");
    assert_eq!((&seen["silent"]["heads"], &whole["silent"]["heads"]), (&json!(1), &json!(1)));
    assert_ne!(seen["silent"]["area"], whole["silent"]["area"], "nor does it tell who stayed away");
    // Where all agreed, their number would tell of each.
    let garden = seen["matters"].as_array().unwrap().iter().find(|one| one["title"] == "改花园").unwrap();
    assert_eq!((&garden["outcome"], &garden["votes"]["yes"]["heads"]), (&json!("PASSED"), &json!(0)));
    assert!(garden["coarsened"].get("heads").is_none(), "{garden}");

    let list = owner.get(&town.path("lists/texts")).await.ok();
    let line = list["texts"].as_array().unwrap().iter().find(|one| one["title"] == "换门禁").unwrap();
    assert_eq!((&line["votes"], &line["outcome"]), (&told["votes"], &json!("PASSED")));
    let csv = owner.get(&town.path("lists/texts?format=csv")).await;
    let hidden = exact["votes"]["no"]["area"].as_u64().unwrap();
    let hidden = format!("{}.{:02}", hidden / 100, hidden % 100);
    assert!(!String::from_utf8(csv.bytes).unwrap().contains(&hidden));
    let counted = told_of(&owner, &town.hamlet.complex.id, &town.coarse, "POLL_COUNTED").await;
    assert_eq!(counted[0]["facts"]["returned"], seen["returned"], "nor does the record tell more");
}

/// A list in a variant, as a file of its own; whether it is sound, and what is said of it.
fn made_out(world: &World, list: &Value, root: &Value) -> (bool, String) {
    let file = world.data.folder.join("list.json");
    std::fs::write(&file, list.to_string()).expect("the story's folder takes files");
    verify_with(world, &["list", file.to_str().unwrap(), "--root", &text(root)])
}

fn open(list: &Value) -> usize {
    list["sealed"]["rows"].as_array().unwrap().iter().filter(|row| row.get("salt").is_some()).count()
}

async fn all_variants_of_a_list_have_one_root(world: &World, town: &Town, office: &Phone) {
    let owner = town.hamlet.owner(world, 3).await;
    for (list, open_to_all, own) in [("participation", 0, 1), ("texts", 0, 0), ("members", 0, 0)] {
        let path = |variant: &str| town.path(&format!("lists/{list}?variant={variant}"));
        owner.get(&path("full")).await.refused(403, "LIST_NOT_YOURS");
        let public = owner.get(&path("public")).await.ok();
        let rows = public["sealed"]["rows"].as_array().unwrap().len();
        let root = &public["sealed"]["root"];
        let mine = owner.get(&path("own")).await.ok();
        let full = office.get(&path("full")).await.ok();
        for (seen, are_open) in [(&public, open_to_all), (&mine, own), (&full, rows)] {
            assert_eq!((&seen["sealed"]["root"], open(seen)), (root, are_open), "{list}: {seen}");
            let (well, said) = made_out(world, seen, root);
            assert!(well && said.contains("all as it was said"), "{said}");
        }
        for format in ["json", "csv", "xlsx", "html"] {
            let path = format!("{}&format={format}", path("public"));
            let bytes = owner.get(&path).await.bytes;
            assert_eq!(bytes, office.get(&path).await.bytes, "{list} as {format}: the same for everybody");
        }
        if rows > 0 {
            let salt = text(&full["sealed"]["rows"][0]["salt"]);
            assert!(!public.to_string().contains(&salt), "a salt opens its row");
            let mut forged = full.clone();
            forged["sealed"]["rows"][0]["cells"][0] = json!("甲");
            let (well, said) = made_out(world, &forged, root);
            assert!(!well && said.contains("DIFFERS  row 1"), "{said}");
            let (well, said) = made_out(world, &full, &json!("00".repeat(32)));
            assert!(!well && said.contains("its root is"), "{said}");
        }
    }
    let own = owner.get(&town.path("lists/participation?variant=own")).await.ok();
    let row = own["sealed"]["rows"].as_array().unwrap().iter().find(|row| row.get("salt").is_some()).unwrap();
    assert_eq!((&row["cells"][0], &row["cells"][2]), (&own["homes"][0]["home"], &json!("是")));
    assert!(own["sealed"]["rows"].as_array().unwrap().iter().any(|row| row["cells"][0] == "*"));
}
