//! The hash tree over all ballots (RFC 6962): its root is `ballots_hash`, and the path from one leaf shows that this
//! ballot is under it without telling of any other.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// The leaf of one ballot: `SHA-256(0x00 ‖ ballot id ‖ commitment)`.
pub fn leaf(ballot: [u8; 16], commitment: &Hash) -> Hash {
    Sha256::new().chain_update([0]).chain_update(ballot).chain_update(commitment).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree with all its nodes, so that a path costs no more than it is long.
#[derive(Clone, Debug)]
pub struct Tree {
    /// From the leaves up to the root; the last of an odd row stands in the next as it is.
    rows: Vec<Vec<Hash>>,
}

impl Tree {
    pub fn of(leaves: Vec<Hash>) -> Self {
        let mut rows = vec![leaves];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            let pair = |pair: &[Hash]| match pair {
                [left, right] => node(left, right),
                alone => alone.first().copied().unwrap_or_default(),
            };
            rows.push(row.chunks(2).map(pair).collect());
        }
        Self { rows }
    }

    pub fn leaves(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// SHA-256 of nothing when there are no leaves.
    pub fn root(&self) -> Hash {
        let root = self.rows.last().and_then(|row| row.first()).copied();
        root.unwrap_or_else(|| Sha256::digest([]).into())
    }

    /// The neighbours' hashes from a leaf up to the root.
    pub fn path(&self, position: usize) -> Vec<Hash> {
        let neighbour = |(height, row): (usize, &Vec<Hash>)| row.get((position >> height) ^ 1).copied();
        self.rows.iter().enumerate().filter_map(neighbour).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|n| leaf(u128::from(n).to_be_bytes(), &[n; 32])).collect()
    }

    /// RFC 6962, 2.1, word by word.
    fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            many => {
                let (left, right) = many.split_at(many.len().div_ceil(2).next_power_of_two());
                node(&root(left), &root(right))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_standard() {
        for count in 0..40_u8 {
            assert_eq!(Tree::of(leaves(count)).root(), root(&leaves(count)), "{count}");
        }
    }

    /// RFC 9162, 2.1.3.2: checks a path with nothing but the leaf, its position and the count.
    fn climbs_to(leaf: Hash, position: usize, count: usize, path: &[Hash]) -> Option<Hash> {
        let (mut at, mut last, mut hash) = (position, count - 1, leaf);
        for neighbour in path {
            if last == 0 {
                return None;
            }
            if at % 2 == 1 || at == last {
                hash = node(neighbour, &hash);
                while at % 2 == 0 && at != 0 {
                    at >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node(&hash, neighbour);
            }
            at >>= 1;
            last >>= 1;
        }
        (last == 0).then_some(hash)
    }

    #[test]
    fn every_ballot_is_shown_to_be_under_the_root() {
        for count in 1..40_u8 {
            let leaves = leaves(count);
            let tree = Tree::of(leaves.clone());
            for (position, one) in leaves.iter().enumerate() {
                assert_eq!(
                    climbs_to(*one, position, leaves.len(), &tree.path(position)),
                    Some(root(&leaves)),
                    "{position} of {count}"
                );
            }
        }
    }

    #[test]
    fn another_ballot_or_another_order_has_another_root() {
        let mut leaves = leaves(7);
        let before = root(&leaves);
        leaves.swap(2, 3);
        assert_ne!(root(&leaves), before);
        leaves.swap(2, 3);
        leaves.pop();
        assert_ne!(root(&leaves), before);
    }
}
