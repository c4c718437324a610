//! How alike two descriptions are: the share of neighbouring letter pairs that they have in common. Chinese is written
//! without spaces and most of its words have two letters, so that pairs do what words do elsewhere.

use std::collections::BTreeMap;

/// In thousandths: twice the pairs in common over all pairs (Dice). 1000 is the same text but for case, spaces and
/// punctuation; 0 has nothing in common.
pub fn likeness(one: &str, other: &str) -> u32 {
    let (one, other) = (pairs(one), pairs(other));
    let count = |pairs: &BTreeMap<Pair, u32>| pairs.values().map(|count| u64::from(*count)).sum::<u64>();
    let all = count(&one) + count(&other);
    let common: u64 = one
        .iter()
        .filter_map(|(pair, count)| other.get(pair).map(|there| u64::from(*count.min(there))))
        .sum();
    let permille = (2 * 1000 * common).checked_div(all).unwrap_or(0);
    u32::try_from(permille).unwrap_or(1000)
}

/// Two letters that follow one another; the only one of a text that has but one.
type Pair = (char, Option<char>);

fn pairs(text: &str) -> BTreeMap<Pair, u32> {
    let letters: Vec<char> = text.chars().map(half_width).filter(|letter| letter.is_alphanumeric()).collect();
    let letters: Vec<char> = letters.into_iter().flat_map(char::to_lowercase).collect();
    let mut pairs = BTreeMap::new();
    let mut add = |pair: Pair| *pairs.entry(pair).or_insert(0_u32) += 1;
    match letters.as_slice() {
        [only] => add((*only, None)),
        letters => letters.windows(2).for_each(|two| {
            if let [first, second] = two {
                add((*first, Some(*second)));
            }
        }),
    }
    pairs
}

/// `３号` is written as often as `3号`.
fn half_width(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => {
            u32::from(letter).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(letter)
        }
        other => other,
    }
}
