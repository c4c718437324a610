//! What holds at a place, and what somebody is held to.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use rules::incidents::{
    self as law,
    policy::{Laid, Layer, Scope, Scoped, Unlaid},
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    POLICY_MOVED,
    model::{PolicyInForce, PolicyPath, PolicyVersion, PublishPolicy, SaidBy, VersionPath},
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    calendar::acts as calendar,
    clock::local,
    database::{Conn, Tx, is_duplicate},
    http::{
        paging::{Cursors, List, Page},
        problem::{InputError, NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::acts::Names,
    pii::sha256,
    places, record,
};

type Row = ::entity::policy_version::Model;

/// A version of what a place says, as it is heard.
pub(crate) struct Heard {
    pub id: Uuid,
    pub place: Uuid,
    pub layer: Scoped,
}

/// The policy of a category at a place.
pub(crate) struct Effective {
    pub laid: Laid,
    /// What each place over it says, the widest first; after the nation's, which comes first.
    pub heard: Vec<Vec<Heard>>,
}

/// What holds for a category at a place now.
pub(crate) async fn effective(
    db: &impl Conn,
    place: &Lineage,
    category: &law::Category,
) -> Result<Effective> {
    let scopes = Scope::all_of(category).map(String::from);
    let heard = by_place(place, store::heard(db, &over(place), &scopes).await?)?;
    let layers: Vec<Vec<Scoped>> = heard.iter().map(|here| layers(here)).collect();
    let laid = law::policy::lay(category, with_the_nation(&layers)).map_err(|unlaid| match unlaid {
        Unlaid::Diverted => law::Refusal::Diverted { category: category.code.clone() }.into(),
        Unlaid::Gaps(_) => Problem::internal(unlaid),
    })?;
    let policy = laid.policy.by(calendar::known(db).await?);
    Ok(Effective { laid: Laid { policy, ..laid }, heard })
}

fn as_heard(version: Row) -> Result<Heard> {
    let says: Layer = serde_json::from_str(&version.says).map_err(Problem::internal)?;
    let layer = Scoped { scope: Scope::from(version.scope), says };
    Ok(Heard { id: version.id, place: version.place_id, layer })
}

/// What each place over a place says, the widest first; those that say nothing are left out.
fn by_place(place: &Lineage, mut versions: Vec<Row>) -> Result<Vec<Vec<Heard>>> {
    let mut heard = Vec::new();
    for place in over(place) {
        let (here, others): (Vec<_>, _) = versions.into_iter().partition(|version| version.place_id == place);
        versions = others;
        if !here.is_empty() {
            heard.push(here.into_iter().map(as_heard).collect::<Result<_>>()?);
        }
    }
    Ok(heard)
}

fn layers(heard: &[Heard]) -> Vec<Scoped> {
    heard.iter().map(|heard| heard.layer.clone()).collect()
}

fn with_the_nation(layers: &[Vec<Scoped>]) -> impl Iterator<Item = &[Scoped]> {
    std::iter::once(law::policy::nation()).chain(layers.iter().map(Vec::as_slice))
}

/// Publishes what a place says from now on, if it fits what is said above it and beside it.
pub(super) async fn publish(
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &PublishPolicy,
) -> Result<PolicyVersion> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::ReadPolicy, &place, None)?;
    if place.level == Level::Home {
        return Err(NOT_FOUND.because("what happens in a home is its household's"));
    }
    let offices = offices(viewer, &place)?;
    let layer = read_layer(request)?;
    let role = not_held_to(&offices, &layer.says)?;
    let (here, above): (Vec<_>, Vec<_>) = store::all_heard(tx.conn(), &over(&place))
        .await?
        .into_iter()
        .partition(|version| version.place_id == place.id);
    let newest =
        here.iter().find(|version| version.scope == request.scope).map_or(0, |newest| newest.version);
    let moved = || POLICY_MOVED.because(format!("the newest version is {newest}, 0 if none"));
    if newest != request.follows {
        return Err(moved());
    }
    let others = here.into_iter().filter(|version| version.scope != request.scope);
    let others: Vec<Heard> = others.map(as_heard).collect::<Result<_>>()?;
    fits(&by_place(&place, above)?, &layers(&others), &layer)?;
    let row = Row {
        complex_id: place.at(Level::Complex).unwrap_or(places::ABOVE),
        id: tx.id(),
        place_id: place.id,
        scope: request.scope.clone(),
        version: newest + 1,
        says: serde_json::to_string(&layer.says).map_err(Problem::internal)?,
        published_as: role.into(),
        published_at: tx.now,
    };
    match store::insert(tx.conn(), row.clone()).await {
        Err(error) if is_duplicate(&error) => return Err(moved()),
        other => other?,
    }
    tell(tx, &row).await?;
    show(&Names::of(tx.conn(), [place.id]).await?, &row)
}

fn read_layer(request: &PublishPolicy) -> Result<Scoped> {
    let says: Layer = serde_json::from_value(serde_json::Value::Object(request.says.clone()))
        .map_err(|error| Problem::member("/says", "TYPE", error.to_string()))?;
    if says == Layer::default() {
        return Err(Problem::member("/says", "BOUND", "say something"));
    }
    Ok(Scoped { scope: Scope::from(request.scope.clone()), says })
}

/// The viewer's offices over a place that may say how matters are handled there, the lowest first.
fn offices(viewer: &Viewer, place: &Lineage) -> Result<Vec<law::Holder>> {
    let may_as = |role| viewer.may_as(Permission::PublishPolicy, place, None, |counts| counts == role);
    let all = law::Holder::ALL.iter().copied();
    let offices: Vec<_> = all.filter(|office| Role::parse(office.code()).is_some_and(may_as)).collect();
    if offices.is_empty() {
        return Err(NOT_ALLOWED.because("an office over the place says how matters are handled there"));
    }
    Ok(offices)
}

/// The first of some offices that is not held to what is said.
fn not_held_to(offices: &[law::Holder], says: &Layer) -> Result<&'static str> {
    let says_it = |office: &law::Holder| {
        let level = office.level();
        says.may_be_said_at(level).map(|()| office.code()).map_err(|pointer| {
            NOT_ALLOWED
                .because(format!("/says{pointer} is not for the {level} level to say, which is held to it"))
        })
    };
    let first = offices.iter().map(says_it).reduce(Result::or);
    first.ok_or_else(|| Problem::internal("nobody says it"))?
}

/// That it contradicts nothing and that all of it can happen, over what the nation and the places above say.
fn fits(above: &[Vec<Heard>], others: &[Scoped], layer: &Scoped) -> Result<()> {
    let above: Vec<Vec<Scoped>> = above.iter().map(|there| layers(there)).collect();
    let before: Vec<&[Scoped]> = with_the_nation(&above).collect();
    let findings = law::policy::check::check_one(&before, others, layer);
    let wrong = findings.into_iter().map(|finding| InputError {
        pointer: finding.pointer,
        code: finding.fault.code().into(),
        detail: finding.words,
    });
    let wrong: Vec<_> = wrong.collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::input(wrong)) }
}

/// The places over a place, the widest first, with itself.
fn over(place: &Lineage) -> Vec<Uuid> {
    place.chain.iter().flatten().copied().collect()
}

async fn tell(tx: &Tx, row: &Row) -> Result<()> {
    record::write(
        tx,
        record::Event {
            kind: "POLICY_PUBLISHED",
            complex: row.complex_id,
            place: row.place_id,
            subject_type: "POLICY",
            subject: row.id,
            version: row.version.into(),
            role: row.published_as.clone(),
            audience: record::Audience::Members,
            person: None,
            facts: serde_json::json!({ "scope": row.scope, "follows": row.version - 1 }),
            commitment: None,
        },
    )
    .await
}

fn show(names: &Names, row: &Row) -> Result<PolicyVersion> {
    Ok(PolicyVersion {
        id: row.id,
        place: names.place(row.place_id)?,
        scope: row.scope.clone(),
        version: row.version,
        says: serde_json::from_str(&row.says).map_err(Problem::internal)?,
        published_as: row.published_as.clone(),
        published_at: local(row.published_at),
    })
}

/// What a place itself has said.
pub(super) async fn list(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    page: &Page,
) -> Result<List<PolicyVersion>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadPolicy, &place, None)?;
    let cursors = Cursors::new(&app.vault, format!("policies {}", place.id), viewer.person);
    let before = cursors.position(page)?;
    let rows = store::of_place(db, place.id, before, page.limit() + 1).await?;
    let names = Names::of(db, [place.id]).await?;
    let List { items, next_cursor } =
        cursors.page(rows, page, |row| row.id.to_string(), |row| show(&names, &row));
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// One version of what a place has said.
pub(super) async fn read(app: &App, viewer: &Viewer, path: &VersionPath) -> Result<PolicyVersion> {
    let db = app.db.read();
    let place = places::lineage(db, path.place_id).await?;
    viewer.require(Permission::ReadPolicy, &place, None)?;
    let row = store::version(db, place.id, path.policy_id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    show(&Names::of(db, [place.id]).await?, &row)
}

/// How a category is handled at a place now.
pub(super) async fn in_force(app: &App, viewer: &Viewer, path: &PolicyPath) -> Result<PolicyInForce> {
    let db = app.db.read();
    let place = places::lineage(db, path.place_id).await?;
    viewer.require(Permission::ReadPolicy, &place, None)?;
    let category = law::category::find(&path.category).filter(|category| category.is_ticket());
    let category =
        category.ok_or_else(|| NOT_FOUND.because("no such category; see GET /v1/incident-categories"))?;
    let effective = effective(db, &place, category).await?;
    Ok(PolicyInForce {
        category: category.code.clone(),
        place: Names::of(db, [place.id]).await?.place(place.id)?,
        said: effective.said_by(),
        policy: serde_json::to_value(&effective.laid.policy).map_err(Problem::internal)?,
    })
}

impl Effective {
    /// Who said each value that is not the nation's.
    fn said_by(&self) -> Vec<SaidBy> {
        let by = |(value, said): (&String, &law::policy::Said)| {
            // The nation spoke first.
            let heard = self.heard.get(said.place.checked_sub(1)?)?.get(said.layer)?;
            Some(SaidBy { value: value.clone(), place_id: heard.place, policy_id: heard.id })
        };
        self.laid.said.iter().filter_map(by).collect()
    }
}

/// Keeps a policy for whoever is held to it from now on; answers its key.
pub(crate) async fn freeze(tx: &Tx, effective: &Effective) -> Result<String> {
    #[derive(Serialize)]
    struct Frozen<'a> {
        policy: &'a law::Policy,
        sources: &'a [Uuid],
    }
    let sources: Vec<Uuid> = effective.heard.iter().flatten().map(|heard| heard.id).collect();
    let policy = &effective.laid.policy;
    let whole = serde_json::to_vec(&Frozen { policy, sources: &sources }).map_err(Problem::internal)?;
    let key = sha256(&whole);
    if store::frozen(tx.conn(), [key.as_str()]).await?.is_empty() {
        let row = ::entity::frozen_policy::Model {
            key: key.clone(),
            policy: serde_json::to_string(policy).map_err(Problem::internal)?,
            sources: serde_json::to_string(&sources).map_err(Problem::internal)?,
        };
        store::freeze(tx.conn(), row).await?;
    }
    Ok(key)
}

/// The policy that was kept under a key.
pub(crate) async fn held(db: &impl Conn, key: &str) -> Result<Arc<law::Policy>> {
    let mut held = held_to(db, [key]).await?;
    held.remove(key).ok_or_else(|| Problem::internal("a policy that somebody is held to is gone"))
}

/// What a place would say besides, to ask what would have come of it.
pub(crate) struct Supposed<'a> {
    pub place: Uuid,
    /// In place of what it says itself of the same scopes.
    pub layers: &'a [Scoped],
}

/// The policy that was kept under a key for a matter of this category at a place, had another been said beside what it was
/// laid from. The nation's is the present one.
pub(crate) async fn supposing(
    db: &impl Conn,
    key: &str,
    (place, category): (&Lineage, &law::Category),
    supposed: &Supposed<'_>,
) -> Result<law::Policy> {
    let frozen = store::frozen(db, [key]).await?.pop();
    let frozen = frozen.ok_or_else(|| Problem::internal("a policy that somebody is held to is gone"))?;
    let sources: Vec<Uuid> = serde_json::from_str(&frozen.sources).map_err(Problem::internal)?;
    let mut versions = store::versions(db, &over(place), &sources).await?;
    let mut said = Vec::new();
    for there in over(place) {
        let (here, others): (Vec<_>, _) = versions.into_iter().partition(|version| version.place_id == there);
        versions = others;
        let here: Vec<Heard> = here.into_iter().map(as_heard).collect::<Result<_>>()?;
        let mut here = layers(&here);
        if there == supposed.place {
            here.retain(|own| supposed.layers.iter().all(|other| other.scope != own.scope));
            here.extend_from_slice(supposed.layers);
        }
        said.push(here);
    }
    let laid = law::policy::lay(category, with_the_nation(&said)).map_err(Problem::internal)?;
    Ok(laid.policy)
}

/// The policies that were kept under some keys.
pub(crate) async fn held_to(
    db: &impl Conn,
    keys: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, Arc<law::Policy>>> {
    let keys: BTreeSet<&str> = keys.into_iter().collect();
    let frozen = store::frozen(db, keys).await?.into_iter();
    let calendar = calendar::known(db).await?;
    let read = |frozen: ::entity::frozen_policy::Model| {
        let policy: law::Policy = serde_json::from_str(&frozen.policy).map_err(Problem::internal)?;
        Ok((frozen.key, Arc::new(policy.by(calendar.clone()))))
    };
    frozen.map(read).collect()
}
