//! Everybody votes at the last moment, on a bad line: phones send the same vote again while the first is on its way.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::Value;

use super::neighbours::{NextDoor, Owner, Voter, head_key, owners_by_home, text, until, until_it_is, verify};
use crate::{phone::new_key, story, story::Story, world::World};

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
            "/problems/POLL_CLOSED" | "/problems/UNAVAILABLE" => true,
            _ => false,
        };
        assert!(known, "a vote that fits was refused with {why}");
    }
}

/// What the phones were told.
#[derive(Default)]
struct Told {
    /// Each head's one ballot.
    ballots: HashMap<String, String>,
    /// Keys that were answered with a ballot.
    keys: HashSet<String>,
}

impl Told {
    fn take(&mut self, vote: &Vote, key: &str, ballot: &str) {
        let first = self.ballots.entry(vote.voter.head.clone()).or_insert_with(|| ballot.to_owned());
        assert_eq!(first, ballot, "one head, one ballot");
        self.keys.insert(key.to_owned());
    }

    fn is_in(&self, vote: &Vote) -> bool {
        self.ballots.contains_key(&vote.voter.head)
    }
}

/// All at once, each waiting as told.
async fn send_all(votes: &[Vote], wait: impl Fn(usize) -> Duration, told: &mut Told) {
    let sent = votes.iter().enumerate().map(|(at, vote)| tokio::spawn(vote.clone().send_thrice(wait(at))));
    for (vote, sent) in votes.iter().zip(sent.collect::<Vec<_>>()) {
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

    // A quarter is early enough, a half comes within two seconds of the close, before or after, a quarter is too late.
    let [mut early, mut last_moment, mut late] = [const { Vec::new() }; 3];
    for (turn, voter) in voters.into_iter().enumerate() {
        let key = new_key();
        let forgets = turn % 3 == 0;
        let vote = Vote {
            ballots: form.path("ballots"),
            ballot: form.ballot(&voter.head, turn),
            keys: [0; SENT].map(|_| if forgets { new_key() } else { key.clone() }),
            shared: phones_of[&voter.head] > 1,
            voter,
        };
        match turn % 4 {
            0 => early.push(vote),
            3 => late.push(vote),
            _ => last_moment.push(vote),
        }
    }
    let community = world.sign_in("community").await;
    let mut told = Told::default();
    send_all(&early, |_| Duration::ZERO, &mut told).await;
    until(world, form.closes_at - TimeDelta::seconds(2)).await;
    let spread = |at: usize| Duration::from_millis(u64::try_from(at * 4000 / last_moment.len()).unwrap());
    send_all(&last_moment, spread, &mut told).await;
    until(world, form.closes_at).await;
    let closed = until_it_is(&community, &form.poll, "CLOSED").await;
    let in_time = told.keys.len();
    send_all(&late, |_| Duration::ZERO, &mut told).await;
    assert_eq!(told.keys.len(), in_time, "who was too late is not in");

    // Everybody asks once more with each key: the ballot is in, or the poll is closed.
    let all = [&early[..], &last_moment, &late].concat();
    for vote in &all {
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
    assert!(early.iter().all(|vote| told.is_in(vote)), "who was early enough is in");
    let cast = told.ballots.len();
    let half_way = last_moment.iter().filter(|vote| told.is_in(vote)).count();
    println!("{cast} heads are in, {half_way} of {} phones at the last moment", last_moment.len());

    let result = community.get(&form.path("result")).await.ok();
    assert_eq!(result["returned"]["heads"], cast, "the count is what was acknowledged");
    let progress = community.get(&form.path("progress")).await.ok();
    assert_eq!(progress["took_part"]["heads"], cast);
    for ballot in told.ballots.values() {
        let receipt = community.call(Method::GET, &form.path(&format!("receipts/{ballot}")));
        let counted = receipt.send().await.ok()["counted"].clone();
        assert_eq!(counted["ballots"], cast);
        assert_eq!(counted["ballots_hash"], closed["ballots_hash"]);
    }
    let (well, said) = verify(world, &form.poll);
    assert!(well && said.contains(&format!("ballots   {cast},")), "{said}");
}
