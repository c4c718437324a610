//! The clocks of what is to be done once voting has ended.

use sea_orm_migration::prelude::*;

use crate::table::{Table, bytes, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0030_poll_deadlines"
    }
}

/// Polls that were counted before have none: their result tells the dates, and nobody is told of them.
const DEADLINES: Table = Table {
    name: "poll_deadline",
    columns: &[
        uuid("complex_id"),
        uuid("poll_id"),
        varchar("deadline", 16),
        time("begun_at"),
        time("due_at"),
        time("met_at").optional(),
        uuid("met_by").optional(),
        varchar("met_as", 24).optional(),
        bytes("words_cipher").optional(),
        varchar("said", 8),
        time("prompt_at").optional(),
    ],
    key: &["complex_id", "poll_id", "deadline"],
    unique: &[],
    index: &[&["prompt_at"]],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DEADLINES.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(DEADLINES.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
