//! The demo's complex as a phone finds its way through it, and people who move in while a story is told.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use chrono::{DateTime, FixedOffset, TimeDelta};
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{phone::Phone, world::World};

/// An owner whom the roll knows, and whom nobody on the phone is yet.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Building, unit and room.
    pub home: [String; 3],
    pub name: String,
    pub id_number: String,
}

impl Owner {
    pub fn new(home: [&str; 3], name: &str, id_number: &str) -> Self {
        Self { home: home.map(str::to_owned), name: name.into(), id_number: id_number.into() }
    }
}

/// The complex with its homes.
#[derive(Clone, Debug)]
pub struct Complex {
    pub id: String,
    desk: Phone,
    homes: HashMap<[String; 3], String>,
}

impl Complex {
    /// The demo's.
    pub async fn of(world: &World) -> Self {
        let supervisor = world.sign_in("supervisor").await;
        let polls = supervisor.get("/v1/polls").await.ok();
        let id = text(&polls["items"][0]["place_id"]);
        Self::walk(&id, &supervisor, &world.sign_in("property").await).await
    }

    /// From the complex down to every home.
    pub async fn walk(id: &str, walker: &Phone, desk: &Phone) -> Self {
        let below = async |id: &str| walker.all(&format!("/v1/places/{id}/children"), 100).await;
        let mut homes = HashMap::new();
        for building in below(id).await {
            for unit in below(&text(&building["id"])).await {
                for home in below(&text(&unit["id"])).await {
                    let label = [&building, &unit, &home].map(|place| text(&place["name"]));
                    homes.insert(label, text(&home["id"]));
                }
            }
        }
        Self { id: id.to_owned(), desk: desk.clone(), homes }
    }

    /// Puts an election with two texts to the complex, locked; its id.
    async fn prepare_an_election(&self, world: &World) -> String {
        let now = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
        let now = moment(&now["server_time"]);
        let terms = json!({
            "place_id": self.id, "kind": "COMMITTEE_ELECTION", "title": "首届业主委员会选举", "seats": 7,
            "opens_at": (now + TimeDelta::days(17)).to_rfc3339(),
            "closes_at": (now + TimeDelta::days(25)).to_rfc3339(),
            "rules": { "extensions": 0 },
        });
        let poll = text(&self.desk.post("/v1/polls", &terms).await.ok()["id"]);
        let path = |rest: &str| format!("/v1/polls/{poll}/{rest}");
        for (class, title) in [(1, "议事规则"), (2, "管理规约")] {
            let matter = json!({ "class": class, "title": title, "body": "每年三月开会。" });
            self.desk.post(&path("matters"), &matter).await.ok();
        }
        for owners in owners_by_home().iter().step_by(70) {
            let stands = json!({ "home_id": self.homes[&owners[0].home], "name": owners[0].name });
            self.desk.post(&path("candidates"), &stands).await.ok();
        }
        let locked = self.desk.post(&path("locks"), &json!({})).await.ok();
        assert_eq!(
            [&locked["roll"]["heads"], &locked["roll"]["area"]],
            [492, 4_362_636],
            "the developer is one"
        );
        poll
    }

    /// The same, with a desk whose session is not over.
    pub fn at_the_desk(&self, desk: Phone) -> Self {
        Self { desk, ..self.clone() }
    }

    pub fn home(&self, home: [&str; 3]) -> &str {
        &self.homes[&home.map(str::to_owned)]
    }

    /// Somebody else is an owner there already: the desk compares, and says which owner of the roll it is.
    async fn look_at(&self, claim: &str) {
        let owners = self.desk.get(&format!("/v1/claims/{claim}")).await.ok()["review"]["owners"].clone();
        let same = |owner: &&Value| owner["name_is"] == "EQUAL" && owner["id_number_is"] == "EQUAL";
        let owner =
            owners.as_array().and_then(|owners| owners.iter().find(same)).expect("the roll knows this owner");
        let confirmed = json!({ "owner_ordinal": owner["ordinal"] });
        self.desk.post(&format!("/v1/claims/{claim}/confirmations"), &confirmed).await.ok();
    }

    /// Claims the owner's home; the roll agrees, so that it is confirmed at once, or by whoever looks.
    pub async fn move_in(&self, phone: &Phone, owner: &Owner) {
        let claim = json!({
            "home_id": self.homes[&owner.home], "relation": "OWNER", "name": owner.name,
            "id_number": owner.id_number, "signature": owner.name,
        });
        let claimed = phone.call(Method::POST, "/v1/claims").keyed().json(&claim).send().await.ok();
        if claimed["state"] == "WAITING" {
            self.look_at(&text(&claimed["id"])).await;
        }
    }
}

pub fn example_roll() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/roll-528.csv")
}

/// Lets the days pass for which a roll is shown before a vote locks it; they end everybody's session.
pub async fn roll_is_shown(world: &World) {
    world.advance_clock(8 * 24 * 3600).await;
}

/// The property office brings in a roll on which these homes have this owner alone.
pub fn sell(world: &World, homes: &[[&str; 3]], buyer: &Owner) {
    sell_in(world, ("青年路小区", &[]), homes, buyer);
}

/// The same in a complex, of which an import may have to say where it lies.
fn sell_in(world: &World, (complex, lies): (&str, &[&str]), homes: &[[&str; 3]], buyer: &Owner) {
    let roll = std::fs::read_to_string(example_roll()).expect("the example roll");
    let sold = |line: &&str| homes.iter().any(|home| line.starts_with(&format!("{},", home.join(","))));
    let mut rows: Vec<String> = roll.lines().take(1).map(str::to_owned).collect();
    for line in roll.lines().filter(sold) {
        let mut cells: Vec<&str> = line.split(',').collect();
        (cells[4], cells[5], cells[6]) = (&buyer.name, &buyer.id_number, "");
        rows.push(cells.join(","));
    }
    assert_eq!(rows.len(), homes.len() + 1, "the homes are on the roll");
    let file = world.data.folder.join("sold.csv");
    std::fs::write(&file, rows.join("\n")).expect("the story's folder takes files");
    let (well, told) = super::roll::import(world, &world.data.database_url, &file, complex, lies);
    assert!(well, "{told}");
}

/// The owners of each home of the example roll that was handed over. The others are the developer's.
pub fn owners_by_home() -> Vec<Vec<Owner>> {
    let roll = std::fs::read_to_string(example_roll()).expect("the example roll");
    let mut rows = csv::Reader::from_reader(roll.trim_start_matches('\u{feff}').as_bytes());
    let rows = rows.records().map(|row| row.expect("a row"));
    let handed_over = rows.filter(|row| &row[7] == "已交付");
    handed_over
        .map(|row| {
            let people = row[4].split('、').zip(row[5].split('、'));
            people.map(|(name, number)| Owner::new([&row[0], &row[1], &row[2]], name, number)).collect()
        })
        .collect()
}

/// Whose votes are one: whoever owns a home together is one head, however many homes they own.
pub fn head_key(owners: &[Owner]) -> Vec<String> {
    let mut numbers: Vec<_> = owners.iter().map(|owner| owner.id_number.clone()).collect();
    numbers.sort_unstable();
    numbers
}

/// Somebody with a head in a poll.
#[derive(Clone, Debug)]
pub struct Voter {
    pub phone: Phone,
    pub head: String,
}

/// A complex beside the demo's: the same roll, nobody on the phone yet, and an election in its last hour.
#[derive(Debug)]
pub struct NextDoor {
    pub complex: Complex,
    pub form: Form,
}

impl NextDoor {
    const NAME: &str = "隔壁小区";
    const UNDER: &[&str] = &["--under", "示范区/青年路街道/青年路社区"];

    /// The roll has this owner alone for these homes from now on.
    pub fn sell(world: &World, homes: &[[&str; 3]], buyer: &Owner) {
        sell_in(world, (Self::NAME, Self::UNDER), homes, buyer);
    }

    /// The complex alone.
    pub async fn beside(world: &World) -> Complex {
        let url = world.data.database_url.clone();
        assert!(super::roll::import(world, &url, &example_roll(), Self::NAME, Self::UNDER).0);
        roll_is_shown(world).await;
        let office = world.sign_in("community").await;
        let me = office.get("/v1/me").await.ok();
        let id = super::identity::part(&office, &text(&me["roles"][0]["place_id"]), Self::NAME).await;
        Complex::walk(&id, &office, &office).await
    }

    pub async fn of(world: &World) -> Self {
        let mut complex = Self::beside(world).await;
        let office = world.sign_in("community").await;
        let poll = complex.prepare_an_election(world).await;
        let form = Form::read(&office, &poll).await;
        until(world, form.closes_at - TimeDelta::hours(1)).await;
        // The days since ended everybody's sessions.
        complex.desk = world.sign_in("community").await;
        until_it_is(&complex.desk, &poll, "OPEN").await;
        Self { complex, form }
    }

    /// One owner of each head.
    pub fn heads() -> Vec<Owner> {
        let mut seen = HashSet::new();
        let all = owners_by_home().into_iter().filter(|owners| seen.insert(head_key(owners)));
        all.map(|mut owners| owners.swap_remove(0)).collect()
    }

    /// These owners, each on a phone of their own, confirmed, with the head that they have in the election.
    pub async fn voters(&self, world: &World, owners: Vec<Owner>) -> Vec<Voter> {
        let moved_in = owners.into_iter().map(async |owner| {
            let phone = world.newcomer().await;
            self.complex.move_in(&phone, &owner).await;
            let head = head_of(&phone, &self.form.poll, &self.complex.homes[&owner.home]).await;
            Voter { phone, head }
        });
        stream::iter(moved_in).buffered(4).collect().await
    }
}

/// The caller's head that holds this home.
pub async fn head_of(phone: &Phone, poll: &str, home: &str) -> String {
    let heads = phone.call(Method::GET, &format!("/v1/polls/{poll}/heads")).send().await.ok();
    let head = items(&heads).iter().find(|head| {
        let homes = head["homes"].as_array().expect("homes");
        homes.iter().any(|one| one["home_id"] == home)
    });
    text(&head.expect("the home has a head")["id"])
}

/// A text by its id, as whoever reads it hashes it.
fn read_text(matter: &Value) -> (String, String) {
    let read = format!("{}\n{}", text(&matter["title"]), text(&matter["body"]));
    (text(&matter["id"]), hex::encode(Sha256::digest(read)))
}

/// What is on a poll's ballot.
#[derive(Clone, Debug)]
pub struct Form {
    pub poll: String,
    pub max_selections: usize,
    pub candidates: Vec<String>,
    pub matters: Vec<String>,
    /// SHA-256 of each text as it is read, by its id.
    pub texts: BTreeMap<String, String>,
    pub closes_at: DateTime<FixedOffset>,
}

impl Form {
    /// Of the newest poll in a state.
    pub async fn of(phone: &Phone, state: &str) -> Self {
        let polls = phone.get(&format!("/v1/polls?state={state}")).await.ok();
        Self::read(phone, &text(&items(&polls).first().expect("a poll in this state")["id"])).await
    }

    pub async fn read(phone: &Phone, poll: &str) -> Self {
        let whole = phone.get(&format!("/v1/polls/{poll}")).await.ok();
        let candidates = phone.get(&format!("/v1/polls/{poll}/candidates")).await.ok();
        let ids = |all: &Value| all.as_array().expect("a list").iter().map(|one| text(&one["id"])).collect();
        Self {
            poll: poll.to_owned(),
            max_selections: whole["max_selections"]
                .as_u64()
                .and_then(|most| most.try_into().ok())
                .expect("a number"),
            candidates: ids(&candidates["items"]),
            matters: ids(&whole["matters"]),
            texts: whole["matters"].as_array().expect("a list").iter().map(read_text).collect(),
            closes_at: moment(&whole["closes_at"]),
        }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/polls/{}/{rest}", self.poll)
    }

    /// A ballot that fits; `turn` changes what is on it.
    pub fn ballot(&self, head: &str, turn: usize) -> Value {
        let selections: Vec<_> = self.candidates.iter().skip(turn % 3).take(1 + turn % 7).collect();
        let choice = ["YES", "NO", "ABSTAIN"][turn % 3];
        let answers = self.matters.iter().map(|matter| json!({ "matter_id": matter, "choice": choice }));
        json!({ "head_id": head, "selections": selections, "answers": answers.collect::<Vec<_>>() })
    }
}

/// Moves the clock to a moment, if it is not past.
pub async fn until(world: &World, moment_to_be: DateTime<FixedOffset>) {
    let now = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    let left = (moment_to_be - moment(&now["server_time"])).num_milliseconds();
    if let Ok(left @ 1..) = u64::try_from(left).map(|left| left.div_ceil(1000)) {
        world.advance_clock(left).await;
    }
}

/// Waits until a poll is in a state to which it goes by itself.
pub async fn until_it_is(phone: &Phone, poll: &str, state: &str) -> Value {
    super::until(phone, &format!("/v1/polls/{poll}"), &format!("is {state}"), |seen| seen["state"] == state)
        .await
}

/// `linli verify poll` on the story's database: whether all is as it was said, and what it prints.
pub fn verify(world: &World, poll: &str) -> (bool, String) {
    verify_with(world, &["poll", poll])
}

/// `linli verify …` on the story's database: whether all is as it was said, and what it prints.
pub fn verify_with(world: &World, what: &[&str]) -> (bool, String) {
    let verified = std::process::Command::new(env!("CARGO_BIN_EXE_linli"))
        .env_clear()
        .args(["--set", "env=test", "--set", &format!("database_url={}", world.data.database_url)])
        .arg("verify")
        .args(what)
        .current_dir(&world.data.folder)
        .output()
        .expect("the program runs");
    let said = [verified.stdout, verified.stderr].concat();
    (verified.status.success(), String::from_utf8(said).expect("words"))
}

pub fn items(list: &Value) -> &Vec<Value> {
    list["items"].as_array().expect("a list has items")
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}")).to_owned()
}

pub fn moment(value: &Value) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(&text(value)).expect("a moment")
}
