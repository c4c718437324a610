//! The archive of a programme: written by whoever runs the service, checked by somebody who has nothing but the file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    commands::linli,
    neighbours::{NextDoor, Owner, owners_by_home},
    papers,
    programmes::{Founding, goes_on, up_to_the_vote},
};
use crate::{
    secrets, story,
    story::{Sessions, Setting, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    let in_memory = |setting: Setting| setting.sessions == Sessions::InMemory;
    let why = "a founding is long, and no session matters in it";
    vec![story!(a_founding_is_archived_and_checked_without_the_service).in_the_demo().only_in(why, in_memory)]
}

/// `linli export programme …` on the story's database: whether it went well, and what it said.
fn export(world: &World, programme: &str, args: &[&str]) -> (bool, String) {
    ran(world, &[&["export", "programme", programme], args].concat())
}

fn ran(world: &World, args: &[&str]) -> (bool, String) {
    let set = ["env=test", &format!("database_url={}", world.data.database_url)];
    let ran = linli(&world.data.folder, &set).args(args).output();
    let ran = ran.expect("the program runs");
    (ran.status.success(), String::from_utf8([ran.stdout, ran.stderr].concat()).expect("text"))
}

/// Where nothing is but files that somebody brought.
struct Court {
    folder: PathBuf,
}

impl Court {
    fn of(world: &World) -> Self {
        let folder = world.data.folder.join("court");
        fs::create_dir_all(&folder).expect("the story's folder takes folders");
        Self { folder }
    }

    /// As a file that the search for secrets looks into.
    fn keeps(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.join(format!("{name}.log"));
        fs::write(&file, text).expect("the folder takes files");
        file
    }

    /// `linli verify archive FILE …` with nothing configured: whether all is as it was said, and what was found.
    fn checks(&self, file: &Path, args: &[&str]) -> (bool, Value) {
        self.verifies("archive", file, args)
    }

    fn verifies(&self, what: &str, file: &Path, args: &[&str]) -> (bool, Value) {
        let ran = linli(&self.folder, &[]).args(["verify", what]).arg(file).args(args).arg("--json").output();
        let ran = ran.expect("the program runs");
        let found = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| {
            json!({ "differences": [{ "fault": "UNREADABLE", "words": String::from_utf8_lossy(&ran.stderr) }] })
        });
        (ran.status.success(), found)
    }

    /// What is found first in a changed file.
    fn first(&self, text: &str, args: &[&str]) -> String {
        self.first_of("archive", text, args)
    }

    fn first_of(&self, what: &str, text: &str, args: &[&str]) -> String {
        let (well, found) = self.verifies(what, &self.keeps("changed", text), args);
        assert!(!well, "it is not what was written");
        found["differences"][0]["fault"].as_str().expect("a fault").to_owned()
    }
}

/// The same text with another digit after the first of these words.
fn with_another_digit(text: &str, after: &str) -> String {
    let at = text.find(after).unwrap_or_else(|| panic!("no {after}")) + after.len();
    let digit = if text[at..].starts_with('1') { "2" } else { "1" };
    let next = text[at..].chars().next().map_or(at, |letter| at + letter.len_utf8());
    [&text[..at], digit, &text[next..]].concat()
}

/// Too few vote at first; a home is sold meanwhile, and whoever bought it votes; then enough do.
async fn found(world: &World, founding: &Founding<'_>) {
    founding.vote(&founding.voters[..10]).await;
    founding.stands_still().await;
    let of_one_home = |owner: &&Owner| {
        let own = |owners: &&Vec<Owner>| owners.iter().any(|one| one.id_number == owner.id_number);
        owners_by_home().iter().filter(own).count() == 1
    };
    let sold = founding.voters[400..].iter().find(of_one_home).expect("somebody with one home");
    let buyer = Owner { name: "欧阳购".into(), id_number: "999999199001010016".into(), ..sold.clone() };
    secrets::remember(&buyer.name);
    NextDoor::sell(world, &[sold.home.each_ref().map(String::as_str)], &buyer);
    founding.day(24, 1).await;
    let poll = format!("/v1/polls/{}", founding.poll);
    super::until(&founding.office().await, &poll, "goes on", goes_on).await;
    founding.vote(&[&[buyer], &founding.voters[10..400]].concat()).await;
    let on_paper = founding.voters[400..].iter().filter(of_one_home).nth(1).expect("another one");
    let home = founding.complex.home(on_paper.home.each_ref().map(String::as_str));
    papers::cast_on_paper(world, &founding.complex.id, &founding.poll, home).await;
    founding.day(39, 1).await;
    papers::count_the_box(world, &founding.poll, 1).await;
    founding.until("election", "OVER").await;
    founding.office().await.post(&format!("{poll}/publications"), &json!({})).await.ok();
    object_in_vain(world, founding, &poll).await;
    founding.take_over(&founding.poll, &founding.standing[0]).await;
}

/// Somebody who stood objects, and it does not hold; neither what was said nor what was answered is in any archive.
async fn object_in_vain(world: &World, founding: &Founding<'_>, poll: &str) {
    let [objects, answers] = ["有两张选票被重复计算", "已逐张核对选票"];
    [objects, answers].into_iter().for_each(secrets::remember);
    let standing = founding.standing[0].openid.as_deref().expect("a WeChat user");
    let said = json!({ "ground": "COUNT", "words": objects });
    let said = world.wechat_user(standing).await.post(&format!("{poll}/objections"), &said).await.ok();
    let path = format!("{poll}/objections/{}/answers", said["id"].as_str().expect("an id"));
    let answer = json!({ "outcome": "DISMISSED", "words": answers });
    founding.office().await.post(&path, &answer).await.ok();
}

/// What is found in the archive of a programme that is over: what was checked, or the first difference.
pub(super) async fn found_in(world: &World, programme: &str) -> Result<String, String> {
    let court = Court::of(world);
    let text = exported(world, programme, &[]).await;
    let (well, found) = court.checks(&court.keeps("archive", &text), &[]);
    if well { Ok(found["checked"].to_string()) } else { Err(found["differences"][0].to_string()) }
}

/// What is found first in the archive of a programme that somebody changed.
pub(super) async fn found_in_changed(world: &World, programme: &str, change: impl Fn(&mut Value)) -> String {
    let mut archive: Value = serde_json::from_str(&exported(world, programme, &[]).await).expect("JSON");
    change(&mut archive);
    Court::of(world).first(&format!("{archive}\n"), &[])
}

/// Waits until the record has told everything.
async fn exported(world: &World, programme: &str, args: &[&str]) -> String {
    super::eventually("the archive is written", async || {
        let (well, text) = export(world, programme, args);
        well.then_some(text)
    })
    .await
}

async fn a_founding_is_archived_and_checked_without_the_service(world: &mut World) {
    let founding = up_to_the_vote(world).await;
    let id = founding.programme.clone();
    let (well, said) = export(world, &id, &[]);
    assert!(!well && said.contains("not over yet"), "{said}");
    found(world, &founding).await;

    let court = Court::of(world);
    let text = exported(world, &id, &[]).await;
    let file = court.keeps("founding", &text);
    let (well, found) = court.checks(&file, &[]);
    assert!(well, "{found}");
    assert_eq!((&found["programme"], &found["end"]), (&json!(id), &json!("DONE")));
    let checked = found["checked"].to_string();
    for what in [
        "found-committee",
        "492 heads",
        "402 ballots",
        "1 papers given out, 1 back",
        "1 extensions",
        "it stood still 1 times, and ended later by just that",
        "the four lists",
        "the result is final; 1 objections, of which 0 hold and 1 do not",
        "lines of the record",
    ] {
        assert!(checked.contains(what), "{what}: {checked}");
    }
    assert_eq!(found["unchecked"].as_array().map(Vec::len), Some(1), "{found}");

    // The same again, but for the signature; which stands last.
    let again = exported(world, &id, &[]).await;
    let content = |text: &str| text.split_once("\"signature\":").map(|(content, _)| content.to_owned());
    assert_eq!(content(&text), content(&again));
    assert_ne!(text, again, "a signature is drawn by chance");
    assert_eq!(secrets::scan(&court.folder), Vec::<String>::new(), "no name, phone, ID number or openid");

    // Whoever has the key from elsewhere insists on it.
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    let key = court.keeps("key", &whole["key"].to_string());
    let key = ["--key", key.to_str().expect("text")];
    assert!(court.checks(&file, &key).0);
    let mut other = whole["key"].clone();
    other["x"] = json!("2LSGGFcaJVLS4lC5vqk9kSbOmqpEWlCLXL2vTJgxGM4");
    let other = court.keeps("other-key", &other.to_string());
    let others = ["--key", other.to_str().expect("text")];
    assert_eq!(court.first(&text, &others), "OTHER_KEY");

    for (after, fault) in [
        ("\"salt\":\"", "BALLOT_CHANGED"),
        ("\"ballots_hash\":\"", "BALLOTS_HASH"),
        ("\"roll_hash\":\"", "ROLL_HASH"),
        ("\"frozen_hash\":\"", "FROZEN_HASH"),
        ("\"rules_hash\":\"", "RULES_HASH"),
        ("\"heads\":[{\"area\":", "ROLL_INCOHERENT"),
        ("\"label\":\"", "ROLL_HASH"),
        ("\"before\":\"", "LINE_CHANGED"),
        ("\"subject_version\":", "LINE_CHANGED"),
        ("\"participation\":[[\"", "LIST_DIFFERS"),
        ("\"purpose\":\"", "ROOT"),
        ("\"root\":\"", "ROOT"),
        ("\"signature\":\"eyJ", "SIGNATURE"),
    ] {
        assert_eq!(court.first(&with_another_digit(&text, after), &key), fault, "{after}");
    }
    assert_eq!(court.first(&format!("{text} "), &[]), "BYTES");
    assert_eq!(
        court.first(&text.replacen("\"version\":1", "\"note\":1,\"version\":1", 1), &[]),
        "UNREADABLE"
    );

    a_recount_has_a_report_of_its_own(world, &founding.poll, &court, [&file, &other]).await;

    // Where a court orders it, ballots tell what they weigh, and everything is made out exactly.
    let weighed = exported(world, &id, &["--weighed-ballots"]).await;
    let (well, found) = court.checks(&court.keeps("weighed", &weighed), &key);
    assert!(well, "{found}");
    assert_eq!(found["unchecked"], json!([]));
    let area = "\"ballots\":[{\"answers\":";
    let ballot = weighed.find(area).expect("ballots");
    let weight = ballot + weighed[ballot..].find("\"area\":").expect("a weight");
    let heavier = [&weighed[..weight], &with_another_digit(&weighed[weight..], "\"area\":")].concat();
    assert_eq!(court.first(&heavier, &key), "WEIGHTS_DIFFER");
}

/// Anybody in the complex has it counted again, and holds what was signed against the archive; the result stays.
async fn a_recount_has_a_report_of_its_own(
    world: &World,
    poll: &str,
    court: &Court,
    [archive, other]: [&Path; 2],
) {
    let office = world.sign_in("community").await;
    let path = format!("/v1/polls/{poll}");
    let before = office.get(&format!("{path}/result")).await.ok();
    let online = office.get(&format!("{path}/recount")).await;
    let told = online.ok();
    assert_eq!(office.get(&format!("{path}/result")).await.ok(), before, "it edits nothing");
    let file = court.folder.join("recount.log");
    let (well, said) = ran(world, &["recount", poll, "--out", file.to_str().expect("text")]);
    assert!(well, "{said}");
    let text = fs::read_to_string(&file).expect("it was written");
    let written: Value = serde_json::from_str(&text).expect("JSON");
    for member in ["roll_hash", "rules_hash", "frozen_hash", "ballots_hash", "result", "differences"] {
        assert_eq!(written["content"][member], told["content"][member], "{member}");
    }
    for hash in ["roll_hash", "frozen_hash", "ballots_hash"] {
        assert_eq!(told["content"][hash], before[hash]);
    }
    assert_eq!(told["content"]["by"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["content"]["differences"], json!([]), "it agrees with the result in force");

    let archive = ["--archive", archive.to_str().expect("text")];
    let report = court.keeps("report", std::str::from_utf8(&online.bytes).expect("text"));
    let (well, found) = court.verifies("recount", &report, &archive);
    assert!(well && found["is_compared"] == true, "{found}");
    assert!(court.verifies("recount", &file, &[]).0);
    assert_eq!(court.first_of("recount", &text, &["--key", other.to_str().expect("text")]), "OTHER_KEY");
    for (after, fault) in [
        ("\"ballots_hash\":\"", "ARCHIVE_DIFFERS"),
        ("\"roll_hash\":\"", "ARCHIVE_DIFFERS"),
        ("\"outcome\":\"", "UNREADABLE"),
        ("\"returned\":{\"area\":", "NO_VERDICT"),
        ("\"poll\":\"", "NOT_IN_ARCHIVE"),
        ("\"at\":\"2", "ROOT"),
        ("\"root\":\"", "ROOT"),
        ("\"signature\":\"eyJ", "SIGNATURE"),
    ] {
        assert_eq!(court.first_of("recount", &with_another_digit(&text, after), &archive), fault, "{after}");
    }
    assert_eq!(court.first_of("recount", &format!("{text} "), &archive), "BYTES");
    let agrees = text.replacen("\"differences\":[]", "\"differences\":[\"?\"]", 1);
    assert_eq!(court.first_of("recount", &agrees, &archive), "ROOT");
}
