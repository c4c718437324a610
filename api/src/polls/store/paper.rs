//! Queries of ballots on paper.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use ::entity::{paper, paper_box, paper_entry, poll, poll_home};

use super::insert_all;

pub async fn insert_papers(db: &impl ConnectionTrait, rows: Vec<paper::Model>) -> Result<(), DbErr> {
    insert_all::<paper::Entity, _, _>(db, rows).await
}

/// Writes a paper of a poll that is held alone, as one version further.
pub async fn save_paper(db: &impl ConnectionTrait, row: &mut paper::Model) -> Result<(), DbErr> {
    row.version += 1;
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

fn papers_of(of: &poll::Model) -> Select<paper::Entity> {
    paper::Entity::find()
        .filter(paper::Column::ComplexId.eq(of.complex_id))
        .filter(paper::Column::PollId.eq(of.id))
}

pub async fn paper(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    id: Uuid,
) -> Result<Option<paper::Model>, DbErr> {
    paper::Entity::find_by_id((of.complex_id, id)).filter(paper::Column::PollId.eq(of.id)).one(db).await
}

/// Papers by number, in some state or in any, with one number or with any, after one.
pub async fn papers(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    (state, number): (Option<&str>, Option<i32>),
    after: Option<i32>,
    limit: u64,
) -> Result<Vec<paper::Model>, DbErr> {
    use paper::Column::{Number, State};
    let state = state.map(|state| State.eq(state));
    let number = number.map(|number| Number.eq(number));
    let after = after.map(|number| Number.gt(number));
    let wanted = Condition::all().add_option(state).add_option(number).add_option(after);
    papers_of(of).filter(wanted).order_by_asc(Number).limit(limit).all(db).await
}

/// All papers of some heads, by number.
pub async fn papers_of_heads(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    heads: &[Uuid],
) -> Result<Vec<paper::Model>, DbErr> {
    papers_of(of)
        .filter(paper::Column::HeadId.is_in(heads.iter().copied()))
        .order_by_asc(paper::Column::Number)
        .all(db)
        .await
}

/// The greatest number so far.
pub async fn last_number(db: &impl ConnectionTrait, of: &poll::Model) -> Result<Option<i32>, DbErr> {
    papers_of(of)
        .select_only()
        .column(paper::Column::Number)
        .order_by_desc(paper::Column::Number)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// How many there are in each state.
pub async fn paper_counts(db: &impl ConnectionTrait, of: &poll::Model) -> Result<Vec<(String, i64)>, DbErr> {
    papers_of(of)
        .select_only()
        .column(paper::Column::State)
        .column_as(paper::Column::Id.count(), "papers")
        .group_by(paper::Column::State)
        .into_tuple()
        .all(db)
        .await
}

/// Makes papers void that are in one of these states.
pub async fn void_papers(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    states: &[&str],
    void: &str,
) -> Result<(), DbErr> {
    paper::Entity::update_many()
        .col_expr(paper::Column::State, Expr::value(void))
        .col_expr(paper::Column::Version, Expr::col(paper::Column::Version).add(1))
        .filter(paper::Column::ComplexId.eq(of.complex_id))
        .filter(paper::Column::PollId.eq(of.id))
        .filter(paper::Column::State.is_in(states.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}

fn entries_of(complex: Uuid, papers: &[Uuid]) -> Select<paper_entry::Entity> {
    paper_entry::Entity::find()
        .filter(paper_entry::Column::ComplexId.eq(complex))
        .filter(paper_entry::Column::PaperId.is_in(papers.iter().copied()))
        .order_by_asc(paper_entry::Column::PaperId)
        .order_by_asc(paper_entry::Column::Entry)
}

/// What was entered of some papers and stands, in the order of the entries.
pub async fn paper_entries(
    db: &impl ConnectionTrait,
    complex: Uuid,
    papers: &[Uuid],
) -> Result<Vec<paper_entry::Model>, DbErr> {
    entries_of(complex, papers).filter(paper_entry::Column::Entry.gt(0)).all(db).await
}

/// What was entered of some papers and withdrawn, the last first.
pub async fn withdrawn_entries(
    db: &impl ConnectionTrait,
    complex: Uuid,
    papers: &[Uuid],
) -> Result<Vec<paper_entry::Model>, DbErr> {
    entries_of(complex, papers).filter(paper_entry::Column::Entry.lt(0)).all(db).await
}

/// Keeps an entry among those that do not stand; `place` is below 0.
pub async fn withdraw_entry(
    db: &impl ConnectionTrait,
    entry: paper_entry::Model,
    place: i32,
    reasons: Vec<u8>,
) -> Result<(), DbErr> {
    paper_entry::Entity::delete_by_id((entry.complex_id, entry.paper_id, entry.entry)).exec(db).await?;
    let kept = paper_entry::Model { entry: place, reasons_cipher: Some(reasons), ..entry };
    insert_paper_entry(db, kept).await
}

pub async fn insert_paper_entry(db: &impl ConnectionTrait, row: paper_entry::Model) -> Result<(), DbErr> {
    paper_entry::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// What was stated of a poll's box, in order.
pub async fn paper_boxes(
    db: &impl ConnectionTrait,
    of: &poll::Model,
) -> Result<Vec<paper_box::Model>, DbErr> {
    paper_box::Entity::find()
        .filter(paper_box::Column::ComplexId.eq(of.complex_id))
        .filter(paper_box::Column::PollId.eq(of.id))
        .order_by_asc(paper_box::Column::Id)
        .all(db)
        .await
}

pub async fn insert_paper_box(db: &impl ConnectionTrait, row: paper_box::Model) -> Result<(), DbErr> {
    paper_box::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes what somebody stated; the poll is held alone.
pub async fn save_paper_box(db: &impl ConnectionTrait, row: &paper_box::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

/// The head of each of these homes, for those on the locked roll.
pub async fn heads_of_homes(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    homes: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    poll_home::Entity::find()
        .select_only()
        .columns([poll_home::Column::HomeId, poll_home::Column::HeadId])
        .filter(poll_home::Column::ComplexId.eq(of.complex_id))
        .filter(poll_home::Column::PollId.eq(of.id))
        .filter(poll_home::Column::HomeId.is_in(homes.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}
