//! Everybody votes at the last moment, on a bad line: phones send the same vote again while the first is on its way.

use std::{collections::HashMap, time::Duration};

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::Value;

use super::neighbours::{Complex, Form, Voter, text, until, until_it_is, verify, voters};
use crate::{phone::new_key, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(the_whole_complex_votes_in_the_closing_second)
            .in_the_demo()
            .with(&["limit_guest=1000000", "limit_member=1000000"]),
    ]
}

/// How often each phone sends its vote.
const SENT: usize = 3;

/// Who votes: `LINLI_TEST_VOTERS`, up to the 200 heads that the demo leaves free.
fn how_many() -> usize {
    std::env::var("LINLI_TEST_VOTERS").ok().and_then(|count| count.parse().ok()).unwrap_or(48)
}

/// One phone's vote, with the key that it keeps.
#[derive(Clone)]
struct Vote {
    voter: Voter,
    ballots: String,
    ballot: Value,
    key: String,
}

impl Vote {
    /// Sends it once: the ballot's id, or why not.
    async fn send(&self) -> Result<String, String> {
        let call = self.voter.phone.call(Method::POST, &self.ballots);
        let reply = call.header("idempotency-key", &self.key).json(&self.ballot).send().await;
        match reply.status {
            201 => Ok(text(&reply.json()["ballot_id"])),
            _ => Err(text(&reply.json()["type"])),
        }
    }

    /// Sends it three times at once, after a while; what came back, the same id each time that one did.
    async fn send_thrice(self, wait: Duration) -> (String, Option<String>) {
        tokio::time::sleep(wait).await;
        let sent = (0..SENT).map(|_| {
            let vote = self.clone();
            tokio::spawn(async move { vote.send().await })
        });
        let mut acknowledged: Option<String> = None;
        for one in sent.collect::<Vec<_>>() {
            match one.await.expect("it was answered") {
                Ok(id) => {
                    assert!(acknowledged.as_ref().is_none_or(|first| *first == id), "one vote, one ballot");
                    acknowledged = Some(id);
                }
                Err(why) => {
                    let known = ["/problems/KEY_RUNNING", "/problems/POLL_CLOSED", "/problems/UNAVAILABLE"];
                    assert!(known.contains(&why.as_str()), "a vote that fits was refused with {why}");
                }
            }
        }
        (self.voter.head, acknowledged)
    }
}

/// All at once, each waiting as told.
async fn send_all(
    votes: &[Vote],
    wait: impl Fn(usize) -> Duration,
    acknowledged: &mut HashMap<String, Option<String>>,
) {
    let wait = &wait;
    let sent = votes.iter().enumerate().map(|(at, vote)| tokio::spawn(vote.clone().send_thrice(wait(at))));
    for one in sent.collect::<Vec<_>>() {
        let (head, ballot) = one.await.expect("every phone was answered");
        assert!(acknowledged.insert(head, ballot).is_none(), "a head has one phone here");
    }
}

async fn the_whole_complex_votes_in_the_closing_second(world: &mut World) {
    let count = how_many();
    let complex = Complex::of(world).await;
    let form = Form::of(&world.sign_in("supervisor").await, "OPEN").await;
    until(world, form.closes_at - TimeDelta::minutes(30)).await;
    let votes: Vec<Vote> = voters(world, &complex, &form.poll, count)
        .await
        .into_iter()
        .enumerate()
        .map(|(turn, voter)| Vote {
            ballots: form.path("ballots"),
            ballot: form.ballot(&voter.head, turn),
            key: new_key(),
            voter,
        })
        .collect();
    let supervisor = world.sign_in("supervisor").await;
    let mut acknowledged = HashMap::new();

    // A quarter is early enough, a half comes within two seconds of the close, before or after, a quarter is too late.
    let (early, rest) = votes.split_at(count / 4);
    let (last_moment, late) = rest.split_at(count / 2);
    send_all(early, |_| Duration::ZERO, &mut acknowledged).await;
    until(world, form.closes_at - TimeDelta::seconds(2)).await;
    let spread = |at: usize| Duration::from_millis(u64::try_from(at * 4000 / last_moment.len()).unwrap());
    send_all(last_moment, spread, &mut acknowledged).await;
    until(world, form.closes_at).await;
    let closed = until_it_is(&supervisor, &form.poll, "CLOSED").await;
    send_all(late, |_| Duration::ZERO, &mut acknowledged).await;

    // Whoever heard nothing asks once more with the same key: the ballot is in, or the poll is closed.
    for vote in &votes {
        let heard = acknowledged.get_mut(&vote.voter.head).expect("everybody sent");
        match vote.send().await {
            Ok(id) => assert_eq!(heard.get_or_insert(id.clone()), &id, "the same key, the same ballot"),
            Err(why) => {
                assert_eq!(why, "/problems/POLL_CLOSED");
                assert!(heard.is_none(), "a ballot that was acknowledged is lost");
            }
        }
    }
    let said_in =
        |votes: &[Vote]| votes.iter().filter(|vote| acknowledged[&vote.voter.head].is_some()).count();
    assert_eq!(said_in(early), early.len(), "who was early enough is in");
    assert_eq!(said_in(late), 0, "who was too late is not");
    let cast = said_in(&votes);

    let result = supervisor.get(&form.path("result")).await.ok();
    assert_eq!(result["returned"]["heads"], cast, "the count is what was acknowledged");
    let progress = supervisor.get(&form.path("progress")).await.ok();
    assert_eq!(progress["took_part"]["heads"], cast);
    for vote in votes.iter().filter(|vote| acknowledged[&vote.voter.head].is_some()) {
        let ballot = acknowledged[&vote.voter.head].as_deref().unwrap();
        let receipt = vote.voter.phone.call(Method::GET, &form.path(&format!("receipts/{ballot}")));
        let counted = receipt.send().await.ok()["counted"].clone();
        assert_eq!(counted["ballots"], cast);
        assert_eq!(counted["ballots_hash"], closed["ballots_hash"]);
    }
    let (well, said) = verify(world, &form.poll);
    assert!(well && said.contains(&format!("ballots   {cast},")), "{said}");
}
