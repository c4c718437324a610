//! Ballots that were in and do not count: they are kept as they were, apart from those that do.

use sea_orm_migration::prelude::*;

use crate::table::{Table, bytes, int, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0026_set_aside"
    }
}

/// A ballot's columns, and why it was set aside.
const SET_ASIDE: Table = Table {
    name: "ballot_set_aside",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        uuid("head_id"),
        int("round"),
        varchar("channel", 16),
        bytes("answers_cipher"),
        varchar("commitment", 64),
        uuid("cast_by"),
        time("cast_at"),
        varchar("why", 16),
        time("set_aside_at"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["complex_id", "poll_id", "head_id", "id"]],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        SET_ASIDE.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(SET_ASIDE.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
