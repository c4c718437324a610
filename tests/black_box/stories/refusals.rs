//! Bad input around a vote: each kind is refused with an error of its own, and changes nothing.

use std::{collections::BTreeSet, sync::Arc};

use entity::{event, log_head};
use linli::app::App;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    mandates::{Hamlet, at, by, cast, code_of, mandate, sell, until_open, yes},
    neighbours::{moment, text, until, until_it_is, verify_with},
    polls::{changed, motion, without_place},
    programmes::with_a_cycle,
    uploads::send_photo,
};
use crate::{
    phone::{Phone, Reply},
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![story!(bad_input_is_refused_by_its_own_error_and_changes_nothing).in_the_demo()]
}

/// What a refusal must leave as it is: how many took part, where the record stands, and what a recount comes to.
#[derive(Debug, PartialEq)]
struct Standing {
    progress: Vec<Value>,
    record: (i64, String, u64),
    recounts: Vec<(bool, String)>,
}

/// A vote beside another in the same complex.
struct Votes {
    app: Arc<App>,
    complex: Uuid,
    polls: [String; 2],
}

impl Votes {
    async fn stand(&self, world: &World) -> Standing {
        let office = world.sign_in("community").await;
        super::record::until_sequenced(world, &self.app).await;
        let db = self.app.db.read();
        let head = log_head::Entity::find_by_id(self.complex).one(db).await.expect("a database");
        let head = head.expect("a log");
        let of_complex = event::Column::ComplexId.eq(self.complex);
        let events = event::Entity::find().filter(of_complex).count(db).await.expect("a database");
        let mut progress = Vec::new();
        for poll in &self.polls {
            progress.push(changed(&office.get(&at(poll, "progress")).await.ok(), "at", Value::Null));
        }
        let recounts = self.polls.iter().map(|poll| verify_with(world, &["poll", poll, "--json"])).collect();
        Standing { progress, record: (head.seq, head.hash, events), recounts }
    }
}

/// A request that must be refused.
struct Bad<'a> {
    what: &'a str,
    by: &'a Phone,
    path: String,
    body: Value,
    refused: (u16, &'a str, u64),
}

impl Bad<'_> {
    async fn send(&self) -> Reply {
        if self.what.starts_with("edit") {
            self.by.put(&self.path, &self.body).await
        } else {
            self.by.post(&self.path, &self.body).await
        }
    }
}

async fn bad_input_is_refused_by_its_own_error_and_changes_nothing(world: &mut World) {
    let hamlet = Hamlet::of(world, 7).await;
    let complex = hamlet.complex.id.clone();
    let office = world.sign_in("community").await;
    let terms = hamlet.terms(world, json!({ "extensions": 0 })).await;
    let later = changed(&terms, "opens_at", json!((moment(&terms["opens_at"]) + chrono::TimeDelta::days(3))));
    let (poll, next) = (hamlet.motion(&office, &terms).await, hamlet.motion(&office, &later).await);
    let building = super::identity::part(&office, &complex, &hamlet.owners[0].home[0]).await;
    let elsewhere = motion(&office, &changed(&terms, "place_id", json!(building))).await;
    let elsewhere = office.get(&format!("/v1/polls/{elsewhere}")).await.ok();
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let second = hamlet.mandate(world, &poll, 2, &proxy).await;
    for turn in [3, 4] {
        hamlet.mandate(world, &poll, turn, &proxy).await;
    }
    let of_next = hamlet.mandate(world, &next, 7, &proxy).await;
    let sold = hamlet.head(world, &poll, 6).await;

    until_open(world, &terms, &poll).await;
    let office = world.sign_in("community").await;
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let [voter, fifth, seller, owner] = [
        hamlet.owner(world, 2).await,
        hamlet.owner(world, 5).await,
        hamlet.owner(world, 6).await,
        hamlet.owner(world, 7).await,
    ];
    let own = yes(&voter, &poll, &text(&second["head_id"])).await;
    cast(&voter, &poll, &own).await;
    let of_seller = yes(&seller, &poll, &sold).await;
    sell(world, &hamlet.owners[6]);
    let ballot = yes(&owner, &poll, &hamlet.head(world, &poll, 7).await).await;
    let early = yes(&owner, &next, &hamlet.head(world, &next, 7).await).await;
    let answer = json!({ "matter_id": elsewhere["matters"][0]["id"], "choice": "YES" });
    let code = code_of(&proxy).await;
    let scan = send_photo(&fifth).await;
    let one_more = mandate(&hamlet.head(world, &poll, 5).await, &code, &scan);
    let draft = changed(&changed(&terms, "kind", json!("MOTION")), "seats", json!(0));
    let ballots = at(&poll, "ballots");

    let bad = |what, by, path: &str, body, refused| Bad { what, by, path: path.to_owned(), body, refused };
    let rows = [
        bad(
            "a vote outside the window",
            &owner,
            &at(&next, "ballots"),
            early,
            (409, "POLL_NOT_OPEN", 1_004_003),
        ),
        bad(
            "a vote on a matter of another place",
            &owner,
            &ballots,
            changed(&ballot, "answers", json!([answer])),
            (422, "MATTER_ELSEWHERE", 1_004_121),
        ),
        bad("a vote after the home was sold", &seller, &ballots, of_seller, (409, "HOME_SOLD", 1_004_120)),
        bad(
            "a second vote on another channel",
            &proxy,
            &ballots,
            by(&own, &second),
            (409, "BALLOT_IN_ALREADY", 1_004_007),
        ),
        bad(
            "a proxy over the cap",
            &fifth,
            &at(&poll, "mandates"),
            one_more,
            (409, "PROXY_OVER_CAP", 1_004_032),
        ),
        bad(
            "a vote with a mandate for another poll",
            &proxy,
            &ballots,
            by(&ballot, &of_next),
            (422, "MANDATE_OF_ANOTHER_POLL", 1_004_036),
        ),
        bad(
            "edit after the lock",
            &office,
            &format!("/v1/polls/{poll}"),
            changed(&without_place(&draft), "title", json!("改题")),
            (409, "POLL_FROZEN", 1_004_001),
        ),
        bad(
            "a rule outside one's right",
            &office,
            "/v1/polls",
            changed(&draft, "rules", json!({ "proxy_cap": 4 })),
            (422, "RULE_NOT_YOURS", 1_021_001),
        ),
        bad(
            "a template with a cycle",
            &office,
            &format!("/v1/places/{complex}/programme-templates"),
            json!({ "text": with_a_cycle() }),
            (422, "TEMPLATE_UNFIT", 1_022_020),
        ),
    ];
    let codes: BTreeSet<u64> = rows.iter().map(|row| row.refused.2).collect();
    assert_eq!(codes.len(), 9, "each has an error of its own");
    let app = super::record::beside(world).await;
    let votes = Votes { app, complex: complex.parse().expect("an id"), polls: [poll.clone(), next] };
    let before = votes.stand(world).await;
    assert!(before.recounts.iter().all(|(well, _)| *well), "{before:?}");
    assert_eq!(before.progress[0]["took_part"]["heads"], 1);
    for row in &rows {
        let (status, name, code) = row.refused;
        let refusal = row.send().await.refused(status, name);
        assert_eq!(refusal["errcode"], code, "{}", row.what);
        assert_eq!(votes.stand(world).await, before, "{}", row.what);
    }

    // Outside the window is after it too.
    until(world, moment(&terms["closes_at"])).await;
    until_it_is(&world.sign_in("community").await, &poll, "CLOSED").await;
    let before = votes.stand(world).await;
    hamlet.owner(world, 7).await.post(&ballots, &ballot).await.refused(409, "POLL_CLOSED");
    assert_eq!(votes.stand(world).await, before);
}
