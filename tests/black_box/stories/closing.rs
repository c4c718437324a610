//! Everybody votes at the last moment, on a bad line: phones send the same vote again while the first is on its way.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, FixedOffset, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};

use super::neighbours::{
    Form, NextDoor, Owner, Voter, head_key, items, moment, owners_by_home, text, until, until_it_is, verify,
};
use crate::{
    phone::{Phone, new_key},
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![story!(the_whole_complex_votes_in_the_closing_second).in_the_demo()]
}

/// How often each phone sends its vote.
const SENT: usize = 3;

/// As many as the complex has homes.
const PHONES: usize = 528;

/// What a vote was answered: its ballot's id, or why not.
type Answer = Result<String, String>;

/// One phone's vote.
#[derive(Clone)]
struct Vote {
    voter: Voter,
    ballots: String,
    ballot: Value,
    /// Of each time that it is sent: the same one, or, where the phone forgot it, another.
    keys: [String; SENT],
    /// Whether the head has other phones, which may be first.
    shared: bool,
}

impl Vote {
    async fn send(&self, key: &str) -> Answer {
        let call = self.voter.phone.call(Method::POST, &self.ballots);
        let reply = call.header("idempotency-key", key).json(&self.ballot).send().await;
        match reply.status {
            201 => Ok(text(&reply.json()["ballot_id"])),
            _ => Err(text(&reply.json()["type"])),
        }
    }

    /// Sends it three times at once, after a while; what came back to each key.
    async fn send_thrice(self, wait: Duration) -> Vec<(String, Answer)> {
        tokio::time::sleep(wait).await;
        let sent = self.keys.clone().map(|key| {
            let vote = self.clone();
            tokio::spawn(async move { (key.clone(), vote.send(&key).await) })
        });
        let mut answers = Vec::new();
        for one in sent {
            let (key, answer) = one.await.expect("it was answered");
            if let Err(why) = &answer {
                self.may_be_refused_with(why);
            }
            answers.push((key, answer));
        }
        answers
    }

    fn may_be_refused_with(&self, why: &str) {
        let known = match why {
            "/problems/KEY_RUNNING" => self.keys[0] == self.keys[1],
            "/problems/BALLOT_IN_ALREADY" => self.shared || self.keys[0] != self.keys[1],
            "/problems/POLL_CLOSED" => true,
            _ => false,
        };
        assert!(known, "a vote that fits was refused with {why}");
    }
}

/// A ballot that is in.
struct Cast {
    id: String,
    ballot: Value,
}

/// What the phones were told.
#[derive(Default)]
struct Told {
    /// Each head's one ballot.
    ballots: HashMap<String, Cast>,
    /// Keys that were answered with a ballot.
    keys: HashSet<String>,
}

impl Told {
    fn take(&mut self, vote: &Vote, key: &str, ballot: &str) {
        let new = || Cast { id: ballot.to_owned(), ballot: vote.ballot.clone() };
        let first = self.ballots.entry(vote.voter.head.clone()).or_insert_with(new);
        assert_eq!(first.id, ballot, "one head, one ballot");
        assert_eq!(first.ballot, vote.ballot, "acknowledged to whom it is from");
        self.keys.insert(key.to_owned());
    }

    fn is_in(&self, vote: &Vote) -> bool {
        self.ballots.contains_key(&vote.voter.head)
    }
}

/// Votes, counted both ways.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    heads: u64,
    area: u64,
}

impl Sum {
    fn add(&mut self, area: u64) {
        self.heads += 1;
        self.area += area;
    }

    fn less(self, other: Self) -> Self {
        Self { heads: self.heads - other.heads, area: self.area - other.area }
    }

    fn json(self) -> Value {
        json!({ "heads": self.heads, "area": self.area })
    }
}

/// The ballots that are in, added up from what the phones sent: nothing of it comes from the service's count.
#[derive(Default)]
struct Count {
    all: Sum,
    /// By candidate.
    selected: HashMap<String, Sum>,
    /// By text and choice.
    chosen: HashMap<(String, String), Sum>,
    /// Area by home, of the heads that took part.
    homes: BTreeMap<String, u64>,
}

impl Count {
    /// `head` is as its voter sees it.
    fn add(&mut self, head: &Value, ballot: &Value) {
        let area = whole(&head["area"]);
        self.all.add(area);
        for candidate in ballot["selections"].as_array().expect("selections") {
            self.selected.entry(text(candidate)).or_default().add(area);
        }
        for answer in ballot["answers"].as_array().expect("answers") {
            let chosen = (text(&answer["matter_id"]), text(&answer["choice"]));
            self.chosen.entry(chosen).or_default().add(area);
        }
        let homes = head["homes"].as_array().expect("homes");
        self.homes.extend(homes.iter().map(|home| (text(&home["label"]), whole(&home["area"]))));
    }

    fn of_candidate(&self, line: &Value) -> Value {
        self.selected.get(&text(&line["candidate_id"])).copied().unwrap_or_default().json()
    }

    fn of_text(&self, line: &Value, roll: Sum) -> Value {
        let of = |choice: &str| {
            let votes = self.chosen.get(&(text(&line["matter_id"]), choice.to_owned()));
            votes.copied().unwrap_or_default().json()
        };
        json!({
            "yes": of("YES"), "no": of("NO"), "abstain": of("ABSTAIN"),
            "silent": roll.less(self.all).json(), "invalid": Sum::default().json(),
        })
    }

    /// Whether the result and the four lists say the same.
    async fn is_told(&self, form: &Form, viewer: &Phone) {
        let result = viewer.get(&form.path("result")).await.ok();
        let roll = Sum { heads: whole(&result["roll"]["heads"]), area: whole(&result["roll"]["area"]) };
        assert_eq!(result["returned"], self.all.json());
        assert_eq!(result["silent"], roll.less(self.all).json());
        self.is_of_candidates(&result["election"]["candidates"], form.candidates.len());
        self.is_of_texts(&result["matters"], form, roll);

        let list = async |name: &str| {
            let list = viewer.get(&form.path(&format!("lists/{name}"))).await.ok();
            assert_eq!(list["took_part"], self.all.json(), "{name}");
            list
        };
        self.is_of_candidates(&list("candidates").await["candidates"], form.candidates.len());
        self.is_of_texts(&list("texts").await["texts"], form, roll);
        let members = list("members").await["members"].clone();
        let many = members.as_array().map_or(0, Vec::len);
        assert!(many > 0, "enough took part for somebody to be elected");
        self.is_of_candidates(&members, many);
        let homes = list("participation").await["homes"].clone();
        let took_part = homes.as_array().expect("homes").iter().filter(|home| home["took_part"] == true);
        let took_part = took_part.map(|home| (text(&home["home"]), whole(&home["area"])));
        assert_eq!(took_part.collect::<BTreeMap<_, _>>(), self.homes);
    }

    fn is_of_candidates(&self, lines: &Value, many: usize) {
        let lines = lines.as_array().expect("candidates");
        assert_eq!(lines.len(), many);
        for line in lines {
            assert_eq!(line["votes"], self.of_candidate(line), "{line}");
        }
    }

    fn is_of_texts(&self, lines: &Value, form: &Form, roll: Sum) {
        let lines = lines.as_array().expect("texts");
        assert_eq!(lines.len(), form.matters.len());
        for line in lines {
            assert_eq!(line["votes"], self.of_text(line, roll), "{line}");
        }
    }
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a whole number, not {value}"))
}

/// All at once, each waiting as told.
async fn send_all<'a>(votes: impl Iterator<Item = (&'a Vote, Duration)>, told: &mut Told) {
    let sent = votes.map(|(vote, wait)| (vote, tokio::spawn(vote.clone().send_thrice(wait))));
    for (vote, sent) in sent.collect::<Vec<_>>() {
        for (key, answer) in sent.await.expect("every phone was answered") {
            if let Ok(ballot) = answer {
                told.take(vote, &key, &ballot);
            }
        }
    }
}

/// A phone for each home. One owner of each head; whoever owns several homes has a phone for each. The homes that the
/// developer still holds have nobody: as many phones are those of second owners.
async fn everybody(world: &World, next_door: &NextDoor) -> Vec<Voter> {
    let mut voters = next_door.voters(world, NextDoor::heads()).await;
    let mut first_of_head = HashMap::new();
    let mut second_owners: BTreeMap<_, Owner> = BTreeMap::new();
    let mut firsts = voters.clone().into_iter();
    for owners in owners_by_home() {
        let head = head_key(&owners);
        match first_of_head.get(&head) {
            None => {
                second_owners.extend(owners.get(1).map(|second| (head.clone(), second.clone())));
                first_of_head.insert(head, firsts.next().expect("each head has a voter"));
            }
            Some(first) => {
                let phone = world.wechat_user(first.phone.openid.as_deref().unwrap()).await;
                voters.push(Voter { phone, head: first.head.clone() });
            }
        }
    }
    let missing = second_owners.into_values().take(PHONES - voters.len()).collect();
    voters.extend(next_door.voters(world, missing).await);
    voters
}

/// Waits until it is so long before a moment, as the service's clock goes.
async fn shortly_before(world: &World, moment_to_be: DateTime<FixedOffset>, before: Duration) {
    // Far enough away for a busy machine to say what time it is.
    until(world, moment_to_be - TimeDelta::seconds(25)).await;
    let now = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    let left = (moment_to_be - moment(&now["server_time"])).to_std().expect("it is still to come");
    tokio::time::sleep(left.checked_sub(before).expect("it is not so near")).await;
}

async fn the_whole_complex_votes_in_the_closing_second(world: &mut World) {
    let next_door = NextDoor::of(world).await;
    let form = &next_door.form;
    let voters = everybody(world, &next_door).await;
    assert_eq!(voters.len(), PHONES);
    let mut phones_of = HashMap::<String, usize>::new();
    for voter in &voters {
        *phones_of.entry(voter.head.clone()).or_default() += 1;
    }
    assert_eq!(phones_of.len(), 491, "every head but the developer's");

    let vote = |(turn, voter): (usize, Voter)| {
        let key = new_key();
        let forgets = turn % 3 == 0;
        Vote {
            ballots: form.path("ballots"),
            ballot: form.ballot(&voter.head, turn),
            keys: [0; SENT].map(|_| if forgets { new_key() } else { key.clone() }),
            shared: phones_of[&voter.head] > 1,
            voter,
        }
    };
    let votes: Vec<Vote> = voters.into_iter().enumerate().map(vote).collect();
    let community = world.sign_in("community").await;
    let mut told = Told::default();
    // Three of four are early, so that there is enough to count, and forget it.
    let (new, early): (Vec<_>, Vec<_>) = (0..PHONES).partition(|turn| turn.is_multiple_of(4));
    send_all(early.iter().map(|&turn| (&votes[turn], Duration::ZERO)), &mut told).await;
    assert!(early.iter().all(|&turn| told.is_in(&votes[turn])), "who was early enough is in");
    let early = told.ballots.len();

    // Then all, one after the other within a second, of which the last quarter is past the close; who was early comes
    // in its second half, so that more than a few of the others get through.
    let wait = |turn: usize| {
        let from = if turn.is_multiple_of(4) { 0 } else { 500 };
        let wait = from + turn * (1000 - from) / PHONES;
        Duration::from_millis(u64::try_from(wait).expect("a second"))
    };
    shortly_before(world, form.closes_at, Duration::from_millis(750)).await;
    send_all(votes.iter().enumerate().map(|(turn, vote)| (vote, wait(turn))), &mut told).await;
    let closed = until_it_is(&community, &form.poll, "CLOSED").await;
    println!("{early} heads are in early, {} in the last second", told.ballots.len() - early);
    let in_time = |vote: &Vote| vote.keys.iter().any(|key| told.keys.contains(key));
    let mut late = new.iter().filter(|&&turn| turn >= PHONES * 3 / 4);
    assert!(!late.any(|&turn| in_time(&votes[turn])), "who was too late is not in");

    // Everybody asks once more with each key: the ballot is in, or the poll is closed.
    for vote in &votes {
        for key in vote.keys.iter().collect::<HashSet<_>>() {
            match vote.send(key).await {
                Ok(ballot) => told.take(vote, key, &ballot),
                Err(why) => {
                    assert_eq!(why, "/problems/POLL_CLOSED");
                    assert!(!told.keys.contains(key), "a ballot that was acknowledged is lost");
                }
            }
        }
    }
    let mut count = Count::default();
    let mut seen = HashSet::new();
    for Voter { phone, head } in votes.iter().map(|vote| &vote.voter) {
        let heads = phone.call(Method::GET, &form.path("heads")).send().await.ok();
        let mine = items(&heads).iter().find(|one| text(&one["id"]) == *head).expect("the voter's head");
        let cast = told.ballots.get(head);
        assert_eq!(mine["ballot_is_in"], cast.is_some(), "in is what was acknowledged, and nothing else");
        if let Some(cast) = cast.filter(|_| seen.insert(head)) {
            count.add(mine, &cast.ballot);
        }
    }
    let cast = told.ballots.len();
    count.is_told(form, &community).await;
    let progress = community.get(&form.path("progress")).await.ok();
    assert_eq!(progress["took_part"], count.all.json());
    for Cast { id, .. } in told.ballots.values() {
        let receipt = community.call(Method::GET, &form.path(&format!("receipts/{id}")));
        let counted = receipt.send().await.ok()["counted"].clone();
        assert_eq!(counted["ballots"], cast);
        assert_eq!(counted["ballots_hash"], closed["ballots_hash"]);
    }
    let (well, said) = verify(world, &form.poll);
    assert!(well && said.contains(&format!("ballots   {cast},")), "{said}");
}
