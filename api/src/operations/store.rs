//! Queries of operations.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::model::{Progress, State};
use ::entity::operation::{ActiveModel, Column, Entity, Model};

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, operation: Model) -> Result<(), DbErr> {
    Entity::insert(operation.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Waiting, or left behind by a run that died.
fn free(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(Column::State.eq(State::Waiting.as_str()))
        .add(Condition::all().add(Column::State.eq(State::Running.as_str())).add(Column::LeaseUntil.lt(now)))
}

/// The oldest operation that nobody works on.
pub async fn next(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(free(now)).order_by_asc(Column::Id).one(db).await
}

/// Takes an operation for `run`, if it is still free.
pub async fn claim(
    db: &impl ConnectionTrait,
    id: Uuid,
    run: Uuid,
    attempts: i32,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let claimed = Entity::update_many()
        .set(ActiveModel {
            state: Set(State::Running.as_str().into()),
            lease_by: Set(Some(run)),
            lease_until: Set(Some(until)),
            attempts: Set(attempts),
            updated_at: Set(now),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .filter(free(now))
        .exec(db)
        .await?;
    Ok(claimed.rows_affected == 1)
}

/// Changes an operation that `run` holds; false when it does not hold it any more.
async fn change(db: &impl ConnectionTrait, id: Uuid, run: Uuid, to: ActiveModel) -> Result<bool, DbErr> {
    let changed = Entity::update_many()
        .set(to)
        .filter(Column::Id.eq(id))
        .filter(Column::LeaseBy.eq(run))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Says that the run lives, and how far it is.
pub async fn beat(
    db: &impl ConnectionTrait,
    id: Uuid,
    run: Uuid,
    progress: Progress,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let to = ActiveModel {
        lease_until: Set(Some(until)),
        phase: Set(progress.phase),
        done: Set(progress.done),
        total: Set(progress.total),
        updated_at: Set(now),
        ..Default::default()
    };
    change(db, id, run, to).await
}

/// Gives an operation back, to be begun again after `at`.
pub async fn give_back(
    db: &impl ConnectionTrait,
    id: Uuid,
    run: Uuid,
    now: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let to = ActiveModel { lease_until: Set(Some(at)), updated_at: Set(now), ..Default::default() };
    change(db, id, run, to).await
}

/// How an operation ended.
pub enum End {
    Done(String),
    Failed(String),
}

pub async fn end(
    db: &impl ConnectionTrait,
    id: Uuid,
    run: Uuid,
    end: End,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let (state, result, error) = match end {
        End::Done(result) => (State::Done, Some(result), None),
        End::Failed(problem) => (State::Failed, None, Some(problem)),
    };
    let to = ActiveModel {
        state: Set(state.as_str().into()),
        phase: Set(state.as_str().into()),
        result: Set(result),
        error: Set(error),
        lease_by: Set(None),
        lease_until: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    change(db, id, run, to).await
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        clock::{Clock, Ids},
        database::Db,
    };

    async fn waiting(name: &str) -> (Db, Uuid, DateTime<Utc>) {
        let (clock, ids) = (Clock::default(), Ids);
        let file = std::env::temp_dir().join(format!("linli-{name}-{}.db", ids.random()));
        let db = Db::connect(&format!("sqlite://{}", file.display()), 2, clock.clone(), ids.clone())
            .await
            .unwrap();
        db.migrate().await.unwrap();
        let tx = db.begin().await.unwrap();
        let (id, now) = (tx.id(), tx.now);
        let operation = Model {
            id,
            kind: "ROLL_IMPORT".into(),
            complex_id: None,
            person_id: None,
            state: State::Waiting.as_str().into(),
            phase: String::new(),
            done: 0,
            total: 0,
            input: String::new(),
            result: None,
            error: None,
            lease_by: None,
            lease_until: None,
            attempts: 0,
            created_at: now,
            updated_at: now,
        };
        insert(tx.conn(), operation).await.unwrap();
        tx.commit().await.unwrap();
        (db, id, now)
    }

    #[tokio::test]
    async fn one_run_at_a_time_and_another_after_the_lease() {
        let (db, id, now) = waiting("lease").await;
        let (first, second) = (Ids.random(), Ids.random());
        let lease = TimeDelta::seconds(90);
        let tx = db.begin().await.unwrap();
        assert!(claim(tx.conn(), id, first, 1, now, now + lease).await.unwrap());
        assert!(!claim(tx.conn(), id, second, 1, now, now + lease).await.unwrap());
        assert!(next(tx.conn(), now).await.unwrap().is_none());

        let later = now + lease + TimeDelta::seconds(1);
        assert_eq!(next(tx.conn(), later).await.unwrap().unwrap().id, id);
        assert!(claim(tx.conn(), id, second, 2, later, later + lease).await.unwrap());
        assert!(!beat(tx.conn(), id, first, Progress::default(), later, later + lease).await.unwrap());
        assert!(!end(tx.conn(), id, first, End::Done("1".into()), later).await.unwrap());
        assert!(end(tx.conn(), id, second, End::Done("2".into()), later).await.unwrap());

        let ended = find(tx.conn(), id).await.unwrap().unwrap();
        assert_eq!((ended.state.as_str(), ended.result.as_deref(), ended.attempts), ("DONE", Some("2"), 2));
        assert!(next(tx.conn(), later + lease * 2).await.unwrap().is_none());
    }
}
