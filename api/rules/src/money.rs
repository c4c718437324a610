//! Money that is split must come out whole: no fen is made, none is lost.

use crate::quantity::Fen;

/// Why an amount cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitFault {
    #[error("there is nobody to split the amount over: all weights are zero")]
    NoWeight,
    #[error("the weights add up to more than can be counted")]
    TooMuchWeight,
}

/// Splits `amount` over `weights` (areas, as a rule) by the largest remainder; equal remainders go to the earlier.
///
/// Civil Code 283: cost and income are shared by agreement, or else by each owner's share of the exclusive area. A
/// negative amount splits as the mirror of the positive one, so that a reversal undoes exactly what it reverses.
pub fn apportion(amount: Fen, weights: &[u64]) -> Result<Vec<Fen>, SplitFault> {
    let total: u128 = weights.iter().copied().map(u128::from).sum();
    if total == 0 {
        return Err(SplitFault::NoWeight);
    }
    let whole = u128::from(amount.0.unsigned_abs());

    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for &weight in weights {
        // At most 2⁶³ × 2⁶⁴.
        let product = whole * u128::from(weight);
        shares.push(product / total);
        remainders.push(product % total);
    }

    let given: u128 = shares.iter().sum();
    let left = usize::try_from(whole - given).map_err(|_| SplitFault::TooMuchWeight)?;
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|&at| std::cmp::Reverse(remainders.get(at).copied())); // stable: the earlier first
    for at in by_remainder.into_iter().take(left) {
        if let Some(share) = shares.get_mut(at) {
            *share += 1;
        }
    }

    shares
        .into_iter()
        .map(|share| {
            let share = i128::try_from(share).map_err(|_| SplitFault::TooMuchWeight)?;
            let signed = if amount.0 < 0 { -share } else { share };
            i64::try_from(signed).map(Fen).map_err(|_| SplitFault::TooMuchWeight)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Hands out one fen at a time, each to whoever is furthest behind the exact share; the earlier when equal.
    fn fen_by_fen(amount: i64, weights: &[u64]) -> Vec<i64> {
        let total: u64 = weights.iter().sum();
        let amount_abs = amount.unsigned_abs();
        let mut given = vec![0u64; weights.len()];
        for _ in 0..amount_abs {
            let behind = |at: usize| {
                i128::from(amount_abs) * i128::from(weights[at]) - i128::from(given[at]) * i128::from(total)
            };
            let mut best = 0;
            for at in 1..weights.len() {
                if behind(at) > behind(best) {
                    best = at;
                }
            }
            given[best] += 1;
        }
        given.into_iter().map(|fen| i64::try_from(fen).unwrap() * amount.signum()).collect()
    }

    #[test]
    fn the_extremes_split() {
        assert_eq!(apportion(Fen(i64::MIN), &[u64::MAX]), Ok(vec![Fen(i64::MIN)]));
        assert_eq!(apportion(Fen(1), &[0, 0]), Err(SplitFault::NoWeight));
        assert_eq!(apportion(Fen(1), &[]), Err(SplitFault::NoWeight));
        assert_eq!(apportion(Fen(7), &[0, 3]), Ok(vec![Fen(0), Fen(7)]));
    }

    proptest! {
        #[test]
        fn splitting_agrees_with_handing_out_fen_by_fen(
            amount in -400i64..400,
            weights in prop::collection::vec(0u64..50, 1..12),
        ) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let split: Vec<i64> = apportion(Fen(amount), &weights).unwrap().into_iter().map(|fen| fen.0).collect();
            prop_assert_eq!(split, fen_by_fen(amount, &weights));
        }

        #[test]
        fn no_fen_is_made_or_lost(amount: i64, weights in prop::collection::vec(0u64.., 1..40)) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let split = apportion(Fen(amount), &weights).unwrap();
            prop_assert_eq!(split.iter().map(|fen| i128::from(fen.0)).sum::<i128>(), i128::from(amount));
        }
    }
}
