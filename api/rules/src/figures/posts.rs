//! Counts told apart by the post that an incident was held by.
//!
//! No count is kept of a post. What is about a place and held at that place's own level is held by its own post, and so
//! is what is held at a level above it, by the one post over it; what was held below is told by the parts of the place,
//! each of which counts its own. Whatever no part counts stays with its level: nothing is lost, and nothing counts twice.

use std::collections::BTreeMap;

use crate::incidents::Level;

/// How often something happened: of which category, held at which level, with which outcome or within which time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub category: String,
    pub level: Level,
    pub outcome: String,
    pub times: i64,
}

/// The counts of a place `own` high, by level and post; by the level alone where the post is none that is told apart. `over`
/// names the post at the place's own level, or one above it; `parts` is what the own posts of the place's parts did.
pub fn by_post<P: Copy + Ord>(
    cells: impl IntoIterator<Item = Cell>,
    own: Level,
    over: impl Fn(Level) -> P,
    parts: impl IntoIterator<Item = (P, Cell)>,
) -> BTreeMap<(Level, Option<P>), Vec<Cell>> {
    let mut times: BTreeMap<(Level, Option<P>, String, String), i64> = BTreeMap::new();
    for cell in cells {
        let post = (cell.level >= own).then(|| over(cell.level));
        *times.entry((cell.level, post, cell.category, cell.outcome)).or_default() += cell.times;
    }
    for (post, Cell { category, level, outcome, times: count }) in parts {
        *times.entry((level, None, category.clone(), outcome.clone())).or_default() -= count;
        *times.entry((level, Some(post), category, outcome)).or_default() += count;
    }
    let mut posts: BTreeMap<_, Vec<Cell>> = BTreeMap::new();
    for ((level, post, category, outcome), times) in times.into_iter().filter(|(_, times)| *times != 0) {
        posts.entry((level, post)).or_default().push(Cell { category, level, outcome, times });
    }
    posts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(category: &str, level: Level, outcome: &str, times: i64) -> Cell {
        Cell { category: category.into(), level, outcome: outcome.into(), times }
    }

    /// The posts over a complex.
    fn over(level: Level) -> &'static str {
        match level {
            Level::Complex => "company",
            Level::Community => "community office",
            _ => "street office",
        }
    }

    #[test]
    fn each_post_has_its_own_and_what_no_part_counts_stays_with_its_level() {
        let cells = [
            cell("LIFT", Level::Unit, "HANDLED_IN_TIME", 5),
            cell("LIFT", Level::Building, "HANDLED_IN_TIME", 3),
            cell("LIFT", Level::Complex, "HANDLED_IN_TIME", 2),
            cell("LIFT", Level::Complex, "HANDLED_LATE", 1),
            cell("LIFT", Level::Street, "HANDLED_LATE", 4),
        ];
        let parts = [
            ("building 1", cell("LIFT", Level::Building, "HANDLED_IN_TIME", 3)),
            ("unit 1", cell("LIFT", Level::Unit, "HANDLED_IN_TIME", 2)),
            ("unit 2", cell("LIFT", Level::Unit, "HANDLED_IN_TIME", 2)),
        ];
        let posts = by_post(cells, Level::Complex, over, parts);
        let told: Vec<_> = posts
            .iter()
            .map(|((level, post), cells)| {
                (*level, *post, cells.iter().map(|cell| cell.times).collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            told,
            [
                (Level::Unit, None, vec![1]),
                (Level::Unit, Some("unit 1"), vec![2]),
                (Level::Unit, Some("unit 2"), vec![2]),
                (Level::Building, Some("building 1"), vec![3]),
                (Level::Complex, Some("company"), vec![2, 1]),
                (Level::Street, Some("street office"), vec![4]),
            ]
        );
    }

    #[test]
    fn what_comes_to_nothing_makes_no_group() {
        let cells = [cell("LIFT", Level::Unit, "DISPATCHED", 2)];
        let parts = [("unit 1", cell("LIFT", Level::Unit, "DISPATCHED", 2))];
        let posts = by_post(cells, Level::Complex, over, parts);
        assert_eq!(posts.keys().collect::<Vec<_>>(), [&(Level::Unit, Some("unit 1"))]);
        assert!(by_post([], Level::Complex, over, []).is_empty());
    }

    prop_compose! {
        /// What some parts of a complex did, each at the level of its own post.
        fn parts()(
            parts in proptest::collection::vec((0_usize..4, 0_usize..2, 0_usize..3, 1_i64..50), 0..30)
        ) -> Vec<(&'static str, Cell)> {
            let part = |(part, category, outcome, times): (usize, usize, usize, i64)| {
                let (name, level) =
                    [("building 1", Level::Building), ("building 2", Level::Building), ("unit 1", Level::Unit),
                        ("unit 2", Level::Unit)][part];
                let (category, outcome) = (["LIFT", "NOISE"][category], ["CONTACT_LATE", "REPORTED", "TOOK_300"][outcome]);
                (name, cell(category, level, outcome, times))
            };
            parts.into_iter().map(part).collect()
        }
    }

    /// What happened how often, whoever did it.
    fn sum<'a>(cells: impl Iterator<Item = &'a Cell>) -> BTreeMap<(String, Level, String), i64> {
        let mut sums = BTreeMap::new();
        for one in cells {
            *sums.entry((one.category.clone(), one.level, one.outcome.clone())).or_insert(0) += one.times;
        }
        sums
    }

    proptest! {
        /// By category, level and outcome the groups sum up to what the whole place counts, and each part to its own.
        #[test]
        fn nothing_is_lost_and_nothing_counts_twice(
            parts in parts(),
            others in proptest::collection::vec((0_usize..4, 0_usize..3, 1_i64..50), 0..20),
        ) {
            let levels = [Level::Unit, Level::Building, Level::Complex, Level::Community];
            let other = |(level, outcome, times): (usize, usize, i64)| {
                cell("LIFT", levels[level], ["CONTACT_LATE", "REPORTED", "TOOK_300"][outcome], times)
            };
            let cells: Vec<_> =
                others.into_iter().map(other).chain(parts.iter().map(|(_, cell)| cell.clone())).collect();
            let posts = by_post(cells.clone(), Level::Complex, over, parts.clone());
            prop_assert_eq!(sum(posts.values().flatten()), sum(cells.iter()));
            for name in ["building 1", "building 2", "unit 1", "unit 2"] {
                let own = posts.iter().filter(|((_, post), _)| *post == Some(name)).flat_map(|(_, cells)| cells);
                let did = parts.iter().filter(|(part, _)| *part == name).map(|(_, cell)| cell);
                prop_assert_eq!(sum(own), sum(did));
            }
            prop_assert!(posts.values().flatten().all(|cell| cell.times > 0));
        }
    }
}
