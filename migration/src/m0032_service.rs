//! Whom a poll reached and how, what voters were warned of, and when they were reminded.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, bytes, drop_columns, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0032_service"
    }
}

const SERVICES: Table = Table {
    name: "poll_service",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        uuid("head_id"),
        varchar("method", 16),
        time("served_at"),
        uuid("evidence_id").optional(),
        uuid("noted_by"),
        varchar("noted_as", 24),
        time("noted_at"),
        time("withdrawn_at").optional(),
        uuid("withdrawn_by").optional(),
        bytes("words_cipher").optional(),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["complex_id", "poll_id", "head_id"]],
};

const COLUMNS: [Column; 2] = [text("warning").optional(), time("reminded_at").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "poll", &COLUMNS).await?;
        SERVICES.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(SERVICES.name).to_owned()).await?;
        drop_columns(manager, "poll", &COLUMNS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
