//! Finding matches, stacking, splitting and reading clusters.
//!
//! [`stack`] makes one cluster of several incidents, however it came about; the rest are the verbs.

mod find;
mod show;
mod stack;
mod staff;

pub use find::find;
pub(crate) use find::shows_photo;
pub use show::{members, read};
pub(crate) use stack::reported;
pub(super) use stack::{Counted, count, leads_or_may, lock_category, save_counted};
pub(crate) use staff::{merge, split};

use rules::clusters as law;
use uuid::Uuid;

use super::{CLUSTER_ELSEWHERE, NEVER_STACKS, SOMETHING_ELSE, store};
use crate::{
    database::Tx,
    http::problem::{Problem, Result},
};

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        use law::Refusal;
        let words = refusal.to_string();
        match refusal {
            Refusal::WrongStatus { .. } => CLUSTER_ELSEWHERE.because(words),
            Refusal::NeverStacks { .. } => NEVER_STACKS.because(words),
            Refusal::SomethingElse | Refusal::Alone => SOMETHING_ELSE.because(words),
        }
    }
}

/// Something happened to an incident of the cluster: the clusters' job follows it up.
pub(crate) async fn look_again(tx: &Tx, cluster: store::Key) -> Result<()> {
    Ok(store::make_stale(tx.conn(), cluster, tx.now).await?)
}

/// An incident has left its cluster, whose id its row has no more.
pub(crate) async fn left(tx: &Tx, cluster: store::Key, incident: Uuid, by: law::LeftBy) -> Result<()> {
    store::unlink(tx.conn(), cluster, Some(incident), (tx.now, by)).await?;
    look_again(tx, cluster).await
}

/// A cluster's status as the law sees it.
pub(super) fn status(row: &::entity::cluster::Model) -> Result<law::Status> {
    law::Status::from_code(&row.status).ok_or_else(|| Problem::internal("a cluster has no status"))
}
