//! The whole course of an incident: who works on it, what its holder puts to other levels, how it may end, and the
//! reporter's answer to two questions instead of one rating.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Column, int, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_courses"
    }
}

const INCIDENT: &[Column] = &[
    varchar("resolved", 8).optional(),
    varchar("satisfaction", 24).optional(),
    varchar("because", 16).optional(),
    uuid("assignee_id").optional(),
    varchar("elsewhere", 24).optional(),
    varchar("not_taken", 24).optional(),
    varchar("closer_role", 24).optional(),
    uuid("closer_place_id").optional(),
    uuid("recurrence_of").optional(),
];

const COUNTED: &[Column] = &[int("objections"), int("misrouted"), int("apart")];

const TENURE: &[Column] = &[
    varchar("proposal", 16).optional(),
    varchar("proposal_to", 16).optional(),
    time("proposal_until").optional(),
];

/// Who gave a rating said that it was resolved.
const RATED: &str = "UPDATE incident SET resolved = 'YES', satisfaction = CASE rating \
    WHEN 1 THEN 'VERY_DISSATISFIED' WHEN 2 THEN 'DISSATISFIED' WHEN 3 THEN 'BASICALLY_SATISFIED' \
    WHEN 4 THEN 'SATISFIED' ELSE 'VERY_SATISFIED' END WHERE rating IS NOT NULL";

const INDEXES: &[&str] =
    &["CREATE INDEX incident_assigned ON incident (holder_place_id, holder_role, assignee_id, due_at, id) \
     WHERE due_at IS NOT NULL"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let optional = INCIDENT.iter().map(|column| ("incident", column.definition()));
        let counted = COUNTED.iter().map(|column| ("incident", column.definition().default(0).to_owned()));
        let of_tenure = TENURE.iter().map(|column| ("tenure", column.definition()));
        for (table, column) in optional.chain(counted).chain(of_tenure) {
            let alter = sea_query::Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared(RATED).await?;
        manager
            .alter_table(sea_query::Table::alter().table("incident").drop_column("rating").to_owned())
            .await?;
        for sql in INDEXES {
            db.execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("two answers cannot be told as one rating: go back by a backup".into()))
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::{
        MigratorTrait,
        sea_orm::{ConnectionTrait, Database, DbBackend, Statement},
    };

    use crate::Migrator;

    #[tokio::test]
    async fn a_rating_becomes_an_answer() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        let before = Migrator::migrations().iter().position(|one| one.name() == "m0004_courses").unwrap();
        Migrator::up(&db, Some(u32::try_from(before).unwrap())).await.unwrap();
        for (id, rating) in [(1, "1"), (2, "NULL"), (3, "4")] {
            let sql = format!(
                "INSERT INTO incident (complex_id, id, place_id, reporter_id, category, severity, \
                description_cipher, status, level, lowest_level, holder_place_id, holder_role, tenure_seq, rework, \
                climbs, rating, reported_at, version) VALUES (x'00', x'0{id}', x'00', x'00', 'PARKING', 'S4', \
                x'00', 'CLOSED', 'UNIT', 'UNIT', x'00', 'UNIT_LEADER', 1, 0, 0, {rating}, '2026-11-01', 3)"
            );
            db.execute_unprepared(&sql).await.unwrap();
        }
        Migrator::up(&db, None).await.unwrap();
        let sql = "SELECT resolved, satisfaction, objections FROM incident ORDER BY id";
        let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
        let told: Vec<(Option<String>, Option<String>, i32)> = rows
            .iter()
            .map(|row| {
                let at = |column| row.try_get_by_index(column).unwrap();
                (at(0), at(1), row.try_get_by_index(2).unwrap())
            })
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                (some("YES"), some("VERY_DISSATISFIED"), 0),
                (None, None, 0),
                (some("YES"), some("SATISFIED"), 0)
            ]
        );
    }
}
