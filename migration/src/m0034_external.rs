//! Votes that are cast in a city's own system: which it is, and the signed evidence of what they came to.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, drop_columns, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0034_external"
    }
}

const EVIDENCE: Table = Table {
    name: "poll_evidence",
    columns: &[
        uuid("complex_id"),
        uuid("poll_id"),
        text("signed"),
        varchar("evidence_hash", 64),
        varchar("key_id", 64),
        text("public_key"),
        uuid("imported_by"),
        varchar("imported_as", 24),
        time("imported_at"),
    ],
    key: &["complex_id", "poll_id"],
    unique: &[],
    index: &[],
};

/// The votes of polls from before are cast here.
const SYSTEM: [Column; 1] = [text("external").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "poll", &SYSTEM).await?;
        EVIDENCE.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(EVIDENCE.name).to_owned()).await?;
        drop_columns(manager, "poll", &SYSTEM).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
