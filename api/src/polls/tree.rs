//! The hash tree over all ballots (RFC 6962): its root is `ballots_hash`, and the path from one leaf shows that this
//! ballot is under it without telling of any other.

use sha2::{Digest, Sha256};
use uuid::Uuid;

pub type Hash = [u8; 32];

/// The leaf of one ballot: `SHA-256(0x00 ‖ ballot id ‖ commitment)`.
pub fn leaf(ballot: Uuid, commitment: &Hash) -> Hash {
    Sha256::new().chain_update([0]).chain_update(ballot.as_bytes()).chain_update(commitment).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over leaves in order; SHA-256 of nothing when there are none.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The neighbours' hashes from a leaf up to the root.
pub fn path(leaves: &[Hash], position: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut below, neighbour) = if position < middle {
        (path(left, position), root(right))
    } else {
        (path(right, position - middle), root(left))
    };
    below.push(neighbour);
    below
}

/// The largest power of two below `count`.
fn split(count: usize) -> usize {
    count.div_ceil(2).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|n| leaf(Uuid::from_u128(n.into()), &[n; 32])).collect()
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
            for (position, one) in leaves.iter().enumerate() {
                let path = path(&leaves, position);
                assert_eq!(
                    climbs_to(*one, position, leaves.len(), &path),
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

    #[test]
    fn a_split_is_the_largest_power_of_two_below_the_count() {
        assert_eq!([2, 3, 4, 5, 7, 8, 9].map(split), [1, 2, 2, 4, 4, 4, 8]);
    }
}
