//! Who is on duty at a post; how far the steps of a level were taken; and what a post is not called about for a while.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, bytes, drop_columns, int, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0044_duty"
    }
}

const TABLES: [Table; 2] = [
    Table {
        name: "rota",
        columns: &[
            uuid("place_id"),
            text("says"),
            uuid("last_given_to").optional(),
            long("version"),
            time("changed_at"),
        ],
        key: &["place_id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "silence",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            varchar("category", 40),
            uuid("post_place_id"),
            varchar("post_role", 24),
            uuid("author_id"),
            bytes("reason_cipher"),
            time("from_at"),
            time("until_at"),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[&["id"], &["place_id", "until_at", "id"]],
    },
];

const STEPS: [Column; 2] = [int("steps_taken").by_default("0"), time("stepped_at").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in &TABLES {
            table.make(manager).await?;
        }
        add_columns(manager, "tenure", &STEPS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "tenure", &STEPS).await?;
        for table in &TABLES {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
