//! Figures and their rows.

use std::collections::BTreeMap;

use ::entity::figure_fact;
use rules::{
    figures as law,
    incidents::{Level as Rung, Severity},
};
use uuid::Uuid;

use super::{
    super::{
        model::{
            By, Composite, FigureRow, FigureShare, Figures, FiguresQuery, Group, Name, RowsQuery, Standing,
        },
        store::{self, Under},
    },
    formula, posts,
    sight::{Sight, look, under},
};
use crate::{
    access::{Level, Role, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::{
        paging::{Cursors, List},
        problem::{CURSOR_INVALID, NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::acts::Names,
};

/// Fewer than these make no rate that residents are shown.
const FEW: u64 = 5;

/// How often each outcome happened, and how long holdings were.
#[derive(Debug, Default)]
pub(super) struct Tallied {
    pub counts: law::Counts,
    took: BTreeMap<Option<u64>, u64>,
}

/// What the tallies of a place say of a month, with what they do not have yet, as far as the viewer sees.
pub(super) async fn cells(db: &impl Conn, under: Under, month: i32, sight: Sight) -> Result<Vec<law::Cell>> {
    let counted = store::tallies(db, under, month).await?.into_iter();
    let counted = counted.map(|one| (one.category, one.level, one.outcome, one.times));
    let pending = store::pending_under(db, under, month).await?;
    let pending = pending.iter().flat_map(super::super::clockwork::cells_of);
    let seen = sight.levels();
    let seen = counted.chain(pending).filter(|(_, level, ..)| seen.contains(&level.as_str()));
    let cell = |(category, level, outcome, times): (String, String, String, i64)| {
        let level = Rung::from_code(&level).ok_or_else(|| Problem::internal("a tally has no level"))?;
        Ok(law::Cell { category, level, outcome, times })
    };
    seen.map(cell).collect()
}

impl Tallied {
    pub(super) fn add(&mut self, cell: &law::Cell) {
        let times = u64::try_from(cell.times).unwrap_or(0);
        match (law::Outcome::from_code(&cell.outcome), cell.outcome.strip_prefix("TOOK_")) {
            (Some(outcome), _) => self.counts.add(outcome, times),
            (None, Some(bound)) => *self.took.entry(bound.parse().ok()).or_default() += times,
            (None, None) => {}
        }
    }
}

impl<'a> FromIterator<&'a law::Cell> for Tallied {
    fn from_iter<T: IntoIterator<Item = &'a law::Cell>>(cells: T) -> Self {
        let mut tallied = Self::default();
        cells.into_iter().for_each(|cell| tallied.add(cell));
        tallied
    }
}

/// A month that was asked for, or the present one.
pub(super) fn period_of(app: &App, asked: Option<&str>) -> law::Period {
    asked.and_then(law::Period::parse).unwrap_or_else(|| law::Period::of(app.clock.now()))
}

/// The figures of a place in a month.
pub async fn figures(app: &App, viewer: &Viewer, place: Uuid, query: &FiguresQuery) -> Result<Figures> {
    let db = app.db.snapshot().await?;
    let (place, sight) = look(&db, viewer, place).await?;
    if sight == Sight::Public && query.by.is_some() {
        return Err(NOT_ALLOWED.because("residents see all together"));
    }
    let period = period_of(app, query.period.as_deref());
    let formula = formula::holding(&db, &place, period).await?;
    let month = period.number();
    let groups = match query.by {
        Some(By::Handler) => posts::groups(&db, &place, month, sight).await?,
        by => grouped(&cells(&db, under(&place), month, sight).await?, by),
    };
    let names = Names::of(&db, groups.keys().filter_map(|key| key.post)).await?;
    let group = |(key, tallied): (Key, Tallied)| {
        Ok(Group {
            level: key.level.map(wire).transpose()?,
            post: key.post.map(|post| names.place(post)).transpose()?,
            category: key.category,
            ..show(&formula, &tallied, sight)
        })
    };
    Ok(Figures {
        place_id: place.id,
        period: period.to_string(),
        groups: groups.into_iter().map(group).collect::<Result<_>>()?,
        formula: formula.version,
    })
}

/// What a group has in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub category: Option<String>,
    pub level: Option<Rung>,
    pub post: Option<Uuid>,
}

fn grouped(cells: &[law::Cell], by: Option<By>) -> BTreeMap<Key, Tallied> {
    let mut groups: BTreeMap<Key, Tallied> = BTreeMap::new();
    if by.is_none() {
        groups.entry(Key::default()).or_default();
    }
    for cell in cells {
        let key = match by {
            Some(By::Category) => Key { category: Some(cell.category.clone()), ..Key::default() },
            Some(By::Level) => Key { level: Some(cell.level), ..Key::default() },
            Some(By::Handler) | None => Key::default(),
        };
        groups.entry(key).or_default().add(cell);
    }
    groups
}

fn show(formula: &law::Formula, tallied: &Tallied, sight: Sight) -> Group {
    let shares = formula.figures.iter().map(|figure| share(figure, &tallied.counts, sight));
    let mean = law::Composite::of(formula, |figure| law::Share::of(figure, &tallied.counts));
    let mean = mean.filter(|_| sight != Sight::Public);
    let within = |percent| law::within(&tallied.took, percent).filter(|_| sight != Sight::Public);
    Group {
        category: None,
        level: None,
        post: None,
        figures: shares.collect(),
        composite: mean
            .map(|mean| Composite { above: mean.above.to_string(), below: mean.below.to_string() }),
        half_within_seconds: within(50),
        nine_in_ten_within_seconds: within(90),
    }
}

pub(super) fn share(figure: &law::Figure, counts: &law::Counts, sight: Sight) -> FigureShare {
    let share = law::Share::of(figure, counts);
    let told = Some(share).filter(|share| sight != Sight::Public || share.below >= FEW);
    FigureShare {
        code: figure.code.clone(),
        name: (&figure.name).into(),
        above: told.map(|share| share.above),
        below: told.map(|share| share.below),
    }
}

/// A level as the contract names it.
pub(super) fn wire(level: Rung) -> Result<Level> {
    Level::parse(level.code()).ok_or_else(|| Problem::internal("a level is not one of the tree"))
}

/// The rows that made a figure, and those that it left out.
pub async fn rows(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    code: &str,
    query: &RowsQuery,
) -> Result<List<FigureRow>> {
    let db = app.db.read();
    let (place, sight) = look(db, viewer, place).await?;
    if sight == Sight::Public {
        return Err(NOT_FOUND.plain());
    }
    let period = period_of(app, query.period.as_deref());
    let formula = formula::holding(db, &place, period).await?;
    let figure = formula.figure(code).ok_or_else(|| NOT_FOUND.because("the formula has no such figure"))?;
    let fits = |level: &&str| query.level.is_none_or(|wanted| wanted.as_str() == *level);
    let wanted = store::Wanted {
        month: period.number(),
        outcomes: figure.outcomes().into_iter().map(law::Outcome::code).collect(),
        levels: sight.levels().into_iter().filter(fits).collect(),
        category: query.category.clone(),
        post: query.post_id,
    };
    let page = query.page();
    let only = (&query.category, query.level, query.post_id);
    let list = format!("figures {} {code} {period} {only:?}", place.id);
    let cursors = Cursors::new(&app.vault, list, viewer.person);
    let after = cursors.after(&page)?.map(|after| position(&after).ok_or_else(|| CURSOR_INVALID.plain()));
    let rows = store::rows(db, under(&place), &wanted, after.transpose()?, page.limit() + 1).await?;
    let List { items, next_cursor } =
        cursors.page(rows, &page, |row| format!("{} {}", row.outcome, row.id), |row| show_row(figure, row));
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

fn position(after: &str) -> Option<(String, Uuid)> {
    let (outcome, id) = after.split_once(' ')?;
    Some((outcome.to_owned(), id.parse().ok()?))
}

fn show_row(figure: &law::Figure, row: figure_fact::Model) -> Result<FigureRow> {
    let damaged = || Problem::internal("a row of a figure is damaged");
    let outcome = law::Outcome::from_code(&row.outcome).ok_or_else(damaged)?;
    let (standing, why) = match figure.standing(outcome) {
        law::formula::Standing::Both => (Standing::Both, None),
        law::formula::Standing::Above => (Standing::Above, None),
        law::formula::Standing::Below => (Standing::Below, None),
        law::formula::Standing::Less => (Standing::Less, None),
        law::formula::Standing::Excluded(why) => (Standing::Excluded, Some(Name::from(why))),
        law::formula::Standing::Foreign => return Err(damaged()),
    };
    Ok(FigureRow {
        id: row.id,
        incident_id: Some(row.incident_id).filter(|id| !id.is_nil()),
        whistle_id: row.whistle_id,
        holding: row.tenure_seq.unsigned_abs(),
        outcome,
        standing,
        why,
        level: Level::parse(&row.level).ok_or_else(damaged)?,
        role: Role::parse(&row.role).ok_or_else(damaged)?,
        post_id: row.post_id,
        category: row.category,
        severity: Severity::from_code(&row.severity).ok_or_else(damaged)?,
        at: local(row.at),
        seconds: row.seconds.map(i64::unsigned_abs),
    })
}
