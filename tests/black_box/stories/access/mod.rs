//! The access table, walked: every operation by every role at every relation, and by whoever has none.
//!
//! [`town`] makes a place in every relation to one home and somebody in every role there; [`recipes`] says of every
//! operation how it is asked for. What the table grants must be answered as if the caller had a right to ask, whatever
//! else then stands in the way; everything else must be answered as if the thing did not exist.

mod recipes;
mod town;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use futures_util::{StreamExt, stream};
use linli::access::{Lineage, OPERATIONS, Permission, Relation, Who, rows};
use serde_json::json;

use crate::{
    contract::Contract,
    phone::Reply,
    stories::access::{
        recipes::Recipe,
        town::{Caller, Town},
    },
    stories::mirror::TRUSTED,
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(every_operation_role_and_relation_is_as_the_table_says).with(&[
            "wechat_templates=TASK=tmpl-task(thing1:what)",
            "email=file:mail",
            TRUSTED,
        ]),
        story!(the_readme_shows_the_table_that_the_program_prints),
    ]
}

async fn every_operation_role_and_relation_is_as_the_table_says(world: &mut World) {
    world.wechat_order("templates", &json!({ "template_id": "tmpl-task", "fields": ["thing1"] })).await;
    let town = Town::settle(world).await;
    let recipes = recipes::all(world, &town).await;
    let mut findings = gaps(&recipes);
    for recipe in &recipes {
        findings.extend(walk(recipe, &town).await);
    }
    let count = findings.len();
    findings.truncate(60);
    assert!(findings.is_empty(), "{count} differences from the table:\n{}", findings.join("\n"));
}

/// What the contract, the table and the recipes do not have in common.
fn gaps(recipes: &[Recipe]) -> Vec<String> {
    let served: BTreeSet<&str> =
        Contract::get().operations().iter().map(|operation| operation.id.as_str()).collect();
    let listed: BTreeSet<&str> = OPERATIONS.iter().map(|(id, _)| *id).collect();
    let rows: BTreeSet<(&str, Permission)> = OPERATIONS.iter().copied().collect();
    let walked: BTreeSet<(&str, Permission)> =
        recipes.iter().flat_map(|recipe| recipe.asks.iter().map(|asked| (recipe.id, *asked))).collect();
    let mut gaps = Vec::new();
    gaps.extend(served.difference(&listed).map(|id| format!("{id} has no row in the table")));
    gaps.extend(listed.difference(&served).map(|id| format!("{id} has a row, and is not served")));
    gaps.extend(rows.difference(&walked).map(|(id, asked)| format!("{id} ({asked:?}) has no recipe")));
    gaps.extend(walked.difference(&rows).map(|(id, asked)| format!("{id} ({asked:?}) is not in the table")));
    gaps
}

/// What an answer says about the caller's right to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Permitted,
    /// The thing may be seen; this may not be done to it.
    NotAllowed,
    /// It does not exist for this caller.
    NotFound,
    SignInNeeded,
}

/// Asks for one thing as everybody; tells where the answer is not the table's.
async fn walk(recipe: &Recipe, town: &Town) -> Vec<String> {
    let mut differences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut succeeded = false;
    let callers = town.callers.iter().chain(&recipe.concerned);
    let mut replies =
        stream::iter(callers.map(async |caller| (caller, recipe.ask(caller).await))).buffered(6);
    while let Some((caller, reply)) = replies.next().await {
        let (expected, observed) = (expected(recipe, caller), observed(&reply));
        if expected != observed {
            let what = format!(
                "{} {:?}: the table says {expected:?}, answered {} {}",
                recipe.id,
                recipe.asks,
                reply.status,
                reply.text().chars().take(200).collect::<String>()
            );
            differences.entry(what).or_default().push(caller.to_string());
        }
        succeeded |= expected == Answer::Permitted && reply.status < 300;
    }
    let mut told: Vec<String> =
        differences.into_iter().map(|(what, who)| format!("{what} to {}", who.join(", "))).collect();
    if !succeeded {
        told.push(format!(
            "{} {:?}: nobody succeeded, so that refusals prove nothing",
            recipe.id, recipe.asks
        ));
    }
    told
}

fn expected(recipe: &Recipe, caller: &Caller) -> Answer {
    let may = |asked: &Permission| {
        rows(*asked).any(|who| match who {
            Who::Role(role, reach) => caller
                .office
                .as_ref()
                .is_some_and(|(held, place)| *held == role && relation(place, &recipe.at) <= reach),
            Who::Concerned => recipe.concerns(caller),
            Who::SignedIn => caller.phone.token.is_some(),
            Who::Public => true,
        })
    };
    if recipe.asks.iter().any(may) {
        Answer::Permitted
    } else if caller.phone.token.is_none() {
        Answer::SignInNeeded
    } else if recipe.seen_by.iter().any(may) {
        Answer::NotAllowed
    } else {
        Answer::NotFound
    }
}

/// The lowest level that two places have in common, told apart from how the service tells it.
fn relation(one: &Lineage, other: &Lineage) -> Relation {
    let common = one.chain.iter().zip(&other.chain).take_while(|(one, other)| one.is_some() && one == other);
    Relation::ALL[7 - common.count()]
}

fn observed(reply: &Reply) -> Answer {
    let problem = reply.json();
    let (kind, detail) =
        (problem["type"].as_str().unwrap_or_default(), problem["detail"].as_str().unwrap_or_default());
    match (reply.status, kind) {
        (401, _) => Answer::SignInNeeded,
        (404, _) => Answer::NotFound,
        // Who may work an incident does so while holding it: the table grants, the ladder says whose turn it is.
        (403, "/problems/NOT_ALLOWED") if detail.contains("it is held by") => Answer::Permitted,
        (403, "/problems/NOT_ALLOWED") => Answer::NotAllowed,
        _ => Answer::Permitted,
    }
}

async fn the_readme_shows_the_table_that_the_program_prints(_: &mut World) {
    let printed = Command::new(env!("CARGO_BIN_EXE_linli")).arg("access").output().expect("it runs");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(file).expect("the README");
    let shown = readme
        .split_once("<!-- access table -->")
        .and_then(|(_, rest)| rest.split_once("<!-- end of access table -->"))
        .map(|(table, _)| table.trim());
    assert!(printed.contains("CastBallot"), "{printed}");
    assert_eq!(shown, Some(printed.trim()), "put what `linli access` prints between the README's markers");
}
