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

use super::store;
use crate::{
    access::Lineage,
    database::{Conn, Tx},
    http::problem::{Problem, Result},
    pii::sha256,
};

/// A version of what a place says, as it is heard.
pub(crate) struct Heard {
    pub id: Uuid,
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
    let over: Vec<Uuid> = place.chain.iter().flatten().copied().collect();
    let mut versions = store::heard(db, &over, &scopes).await?;
    let mut heard = Vec::new();
    for place in over {
        let (here, others) = versions.into_iter().partition(|version| version.place_id == place);
        versions = others;
        let here: Vec<_> = here;
        if !here.is_empty() {
            heard.push(here.into_iter().map(as_heard).collect::<Result<Vec<Heard>>>()?);
        }
    }
    let layers: Vec<Vec<Scoped>> =
        heard.iter().map(|here| here.iter().map(|heard| heard.layer.clone()).collect()).collect();
    let places = std::iter::once(law::policy::nation()).chain(layers.iter().map(Vec::as_slice));
    let laid = law::policy::lay(category, places).map_err(|unlaid| match unlaid {
        Unlaid::Diverted => law::Refusal::Diverted { category: category.code.clone() }.into(),
        Unlaid::Gaps(_) => Problem::internal(unlaid),
    })?;
    Ok(Effective { laid, heard })
}

fn as_heard(version: ::entity::policy_version::Model) -> Result<Heard> {
    let says: Layer = serde_json::from_str(&version.says).map_err(Problem::internal)?;
    let layer = Scoped { scope: Scope::from(version.scope), says };
    Ok(Heard { id: version.id, layer })
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

/// The policies that were kept under some keys.
pub(crate) async fn held_to(
    db: &impl Conn,
    keys: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, Arc<law::Policy>>> {
    let keys: BTreeSet<&str> = keys.into_iter().collect();
    let frozen = store::frozen(db, keys).await?.into_iter();
    let read = |frozen: ::entity::frozen_policy::Model| {
        let policy = serde_json::from_str(&frozen.policy).map_err(Problem::internal)?;
        Ok((frozen.key, Arc::new(policy)))
    };
    frozen.map(read).collect()
}
