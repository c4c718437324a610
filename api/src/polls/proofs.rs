//! Trees over the ballots of polls that are over, kept in memory: proving one ballot costs its path, not all ballots.

use std::sync::Arc;

use moka::future::Cache;
use rules::polls::tree::{Hash, Tree};
use uuid::Uuid;

/// Bytes that the trees take at most; a tree takes some hundred a ballot.
const MOST_BYTES: u64 = 64 << 20;
const BYTES_A_BALLOT: usize = 96;

/// The ballots that a poll counted.
#[derive(Debug)]
pub struct Counted {
    /// In the order of their ids.
    ballots: Vec<Uuid>,
    tree: Tree,
}

impl Counted {
    /// `ballots` are ids in order, each with its leaf.
    pub fn new(ballots: Vec<Uuid>, leaves: Vec<Hash>) -> Self {
        Self { ballots, tree: Tree::of(leaves) }
    }

    pub fn root(&self) -> String {
        hex::encode(self.tree.root())
    }

    pub fn ballots(&self) -> usize {
        self.tree.leaves()
    }

    /// A ballot's place among all, and the neighbours' hashes up to the root; nothing if it was not counted.
    pub fn proof(&self, ballot: Uuid) -> Option<(usize, Vec<String>)> {
        let position = self.ballots.binary_search(&ballot).ok()?;
        Some((position, self.tree.path(position).iter().map(hex::encode).collect()))
    }
}

/// Trees by their root: what a root stands for never changes.
#[derive(Debug)]
pub struct Proofs(Cache<String, Arc<Counted>>);

impl Default for Proofs {
    fn default() -> Self {
        let bytes = |_: &String, counted: &Arc<Counted>| {
            u32::try_from(counted.ballots().saturating_mul(BYTES_A_BALLOT)).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().weigher(bytes).max_capacity(MOST_BYTES).build())
    }
}

impl Proofs {
    pub async fn get(&self, root: &str) -> Option<Arc<Counted>> {
        self.0.get(root).await
    }

    /// Keeps a tree, if it is the one that the root stands for.
    pub async fn keep(&self, root: &str, counted: Counted) -> Arc<Counted> {
        let counted = Arc::new(counted);
        if counted.root() == root {
            self.0.insert(root.to_owned(), Arc::clone(&counted)).await;
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(count: u8) -> Counted {
        let ballots = (0..count).map(|n| Uuid::from_u128(n.into())).collect();
        Counted::new(ballots, (0..count).map(|n| [n; 32]).collect())
    }

    #[tokio::test]
    async fn a_tree_is_kept_only_under_the_root_that_it_has() {
        let proofs = Proofs::default();
        let root = counted(5).root();
        proofs.keep(&root, counted(4)).await;
        assert!(proofs.get(&root).await.is_none(), "a ballot is missing");
        proofs.keep(&root, counted(5)).await;
        let kept = proofs.get(&root).await.unwrap();
        assert_eq!(kept.proof(Uuid::from_u128(4)).unwrap().0, 4);
        assert!(kept.proof(Uuid::from_u128(9)).is_none());
    }
}
