//! What the figures of a month would be, had a place said something else of how much time there is. What happened stays as
//! it was: see [`law::what_if`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rules::{
    calendar::Calendar,
    figures as law,
    incidents::{self as ladder, ClockKind as Kind, policy::Scoped},
};
use serde::Serialize;
use uuid::Uuid;

use super::{close, formula};
use crate::{
    access::{Level, Lineage},
    calendar::acts as calendar,
    database::Conn,
    http::problem::{NOT_FOUND, Problem, Result},
    incidents::acts::{self as incidents, HeldTo, Ran},
    places,
    policies::acts::{self as policies, Supposed},
};

/// Incidents read at once.
const BATCH: usize = 200;

/// A month of a complex, as it was counted and as it would have been.
#[derive(Debug, Serialize)]
pub struct Supposition {
    pub place: Uuid,
    pub period: String,
    /// Whether the month is closed: then without what was struck on appeal.
    pub closed: bool,
    pub formula: String,
    /// What a budget decided, and how much of that comes out otherwise.
    pub decided: usize,
    pub otherwise: usize,
    pub lines: Vec<Compared>,
}

/// One figure of all together, of a level, of a category, or of a category at a level.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
    pub figure: String,
    pub name: law::Name,
    pub before: law::Share,
    pub after: law::Share,
}

/// A month as it is counted.
struct Month {
    of: (String, String),
    formula: law::Formula,
    strikes: Vec<law::Strike>,
}

/// What the rates of a complex's month that tell what was in time come to, and what they would have come to under these
/// layers of the complex's own.
pub async fn what_if(
    db: &impl Conn,
    place: Uuid,
    period: law::Period,
    layers: &[Scoped],
) -> Result<Supposition> {
    let place = places::lineage(db, place).await?;
    if place.level != Level::Complex {
        return Err(NOT_FOUND.because("months of complexes are counted"));
    }
    let closed = close::newest(db, place.id, period.number()).await?.map(|(_, closing)| closing);
    let is_closed = closed.is_some();
    let (formula, rows, strikes) = if let Some(closing) = closed {
        (closing.formula, closing.rows, closing.strikes)
    } else {
        let rows = close::rows(db, place.id, period.number()).await?;
        (formula::holding(db, &place, period).await?, rows, Vec::new())
    };
    let month = Month { of: (place.id.to_string(), period.to_string()), formula, strikes };
    let supposed = Supposed { place: place.id, layers };
    let mut after = Vec::new();
    let (mut decided, mut otherwise) = (0, 0);
    let judge = Judge::of(db, &place, &rows, &supposed).await?;
    for row in &rows {
        let would = judge.judge(row)?;
        decided += usize::from(law::what_if::clock_of(row.outcome).is_some());
        otherwise += usize::from(would != Some(row.outcome));
        after.extend(would.map(|outcome| law::Row { outcome, ..row.clone() }));
    }
    Ok(Supposition {
        place: place.id,
        closed: is_closed,
        formula: month.formula.version.clone(),
        decided,
        otherwise,
        lines: month.compared(&rows, &after),
        period: month.of.1,
    })
}

impl Month {
    /// All together, then each category.
    fn compared(&self, before: &[law::Row], after: &[law::Row]) -> Vec<Compared> {
        let decided = |row: &&law::Row| law::what_if::clock_of(row.outcome).is_some();
        let categories: BTreeSet<&str> = before.iter().filter(decided).map(|row| &*row.category).collect();
        let of = |rows: &[law::Row], category: Option<&str>| {
            let fits = |row: &&law::Row| category.is_none_or(|category| row.category == category);
            self.measures(rows.iter().filter(fits).cloned().collect())
        };
        std::iter::once(None)
            .chain(categories.into_iter().map(Some))
            .flat_map(|category| self.beside(category, &of(before, category), &of(after, category)))
            .collect()
    }

    fn measures(&self, rows: Vec<law::Row>) -> Vec<law::Measure> {
        law::Closing::new(self.of.clone(), None, self.formula.clone(), rows, self.strikes.clone()).measures
    }

    fn beside(
        &self,
        category: Option<&str>,
        before: &[law::Measure],
        after: &[law::Measure],
    ) -> Vec<Compared> {
        let mut lines = Vec::new();
        for measure in before {
            let would = after.iter().find(|other| other.level == measure.level);
            for figure in self.formula.figures.iter().filter(|figure| tells_what_is_in_time(figure)) {
                let share = |of: Option<&law::Measure>| {
                    of.and_then(|of| of.shares.get(&figure.code)).copied().unwrap_or_default()
                };
                let (before, after) = (share(Some(measure)), share(would));
                if before.below > 0 || after.below > 0 {
                    lines.push(Compared {
                        category: category.map(str::to_owned),
                        level: measure.level.map(ladder::Level::code),
                        figure: figure.code.clone(),
                        name: figure.name.clone(),
                        before,
                        after,
                    });
                }
            }
        }
        lines
    }
}

/// Whether a figure tells what was done in time from what was not.
fn tells_what_is_in_time(figure: &law::Figure) -> bool {
    let in_time = [law::Outcome::TriagedInTime, law::Outcome::ContactInTime, law::Outcome::HandledInTime];
    in_time.iter().any(|outcome| figure.above.contains(outcome))
}

/// What there is to judge rows by.
struct Judge {
    /// By incident, tenure and kind.
    clocks: HashMap<(Uuid, u32, Kind), Vec<ladder::Clock>>,
    /// By incident and tenure: what its level had, and would have had, for the triage, a first contact and the handling.
    budgets: HashMap<(Uuid, u32), (Budgets, Budgets)>,
    calendar: Calendar,
}

type Budgets = [(Kind, ladder::Budget); 3];

impl Judge {
    async fn of(
        db: &impl Conn,
        complex: &Lineage,
        rows: &[law::Row],
        supposed: &Supposed<'_>,
    ) -> Result<Self> {
        let calendar = calendar::known(db).await?;
        let mut judge = Self { clocks: HashMap::new(), budgets: HashMap::new(), calendar };
        let mut of_incidents: BTreeMap<Uuid, Vec<&law::Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| law::what_if::clock_of(row.outcome).is_some()) {
            of_incidents.entry(incident(row)?).or_default().push(row);
        }
        let ids: Vec<Uuid> = of_incidents.keys().copied().collect();
        let mut policies = Policies::default();
        for ids in ids.chunks(BATCH) {
            for Ran { incident, tenure, kind, clock } in incidents::ran(db, complex.id, ids).await? {
                judge.clocks.entry((incident, tenure, kind)).or_default().push(clock);
            }
            let held = incidents::held_to(db, complex.id, ids).await?;
            let lineages = places::lineages(db, held.iter().map(|held| held.place)).await?;
            for held in &held {
                let rows = of_incidents.get(&held.incident).into_iter().flatten();
                let Some(row) = rows.into_iter().find(|row| row.holding == held.tenure) else { continue };
                let place = lineages.get(&held.place).ok_or_else(|| Problem::internal("a place is gone"))?;
                let budgets = policies.budgets(db, (held, row), place, supposed).await?;
                judge.budgets.insert((held.incident, held.tenure), budgets);
            }
        }
        Ok(judge)
    }

    /// What a row would have been; none where nothing would have been counted. What its level had as much time for is what
    /// it is.
    fn judge(&self, row: &law::Row) -> Result<Option<law::Outcome>> {
        let Some(kind) = law::what_if::clock_of(row.outcome) else { return Ok(Some(row.outcome)) };
        let holding = (incident(row)?, row.holding);
        let budgets = self.budgets.get(&holding);
        let (was, would) = budgets.ok_or_else(|| Problem::internal("a row is about no holding"))?;
        let of = |budgets: &Budgets| budgets.iter().find(|(of, _)| *of == kind).map(|(_, budget)| *budget);
        let (Some(was), Some(would)) = (of(was), of(would)) else {
            return Err(Problem::internal("a row was decided by no budget"));
        };
        if was == would {
            return Ok(Some(row.outcome));
        }
        let clocks = self.clocks.get(&(holding.0, holding.1, kind)).into_iter().flatten();
        let ran_then = |clock: &&ladder::Clock| {
            clock.started() <= row.at && clock.end().is_none_or(|end| row.at <= end.at)
        };
        let clock = clocks.filter(ran_then).max_by_key(|clock| clock.started());
        let clock = clock.ok_or_else(|| Problem::internal("a row was decided by no clock"))?;
        Ok(law::what_if::judged(row.outcome, row.at, clock, would, &self.calendar))
    }
}

/// The policies that something was held to, as they were and as they would have been.
#[derive(Default)]
struct Policies(HashMap<(String, String, Uuid), (ladder::Policy, ladder::Policy)>);

impl Policies {
    async fn budgets(
        &mut self,
        db: &impl Conn,
        (held, row): (&HeldTo, &law::Row),
        place: &Lineage,
        supposed: &Supposed<'_>,
    ) -> Result<(Budgets, Budgets)> {
        let key = (held.policy.clone(), row.category.clone(), held.place);
        if !self.0.contains_key(&key) {
            let category = ladder::category::find(&row.category);
            let category = category.ok_or_else(|| Problem::internal("a row is of no category"))?;
            let nothing = Supposed { layers: &[], ..*supposed };
            let of = (place, category);
            let was = policies::supposing(db, &held.policy, of, &nothing).await?;
            let would = policies::supposing(db, &held.policy, of, supposed).await?;
            self.0.insert(key.clone(), (was, would));
        }
        let (was, would) =
            self.0.get(&key).ok_or_else(|| Problem::internal("a policy that was just laid is gone"))?;
        let at = |policy: &ladder::Policy| {
            let tier = policy.at(row.level);
            [
                (Kind::Triage, tier.triage),
                (Kind::FirstContact, tier.first_contact),
                (Kind::Handling, tier.handling),
            ]
        };
        Ok((at(was), at(would)))
    }
}

fn incident(row: &law::Row) -> Result<Uuid> {
    let id = row.incident.as_deref().and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::internal("a row that a budget decided is about no incident"))
}
