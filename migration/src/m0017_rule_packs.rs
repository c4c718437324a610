//! Districts follow rule packs, complexes have by-laws of their own, and a poll keeps what was asked and what held.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, drop_columns, int, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0017_rule_packs"
    }
}

const VERSIONS: Table = Table {
    name: "rule_version",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("place_id"),
        int("version"),
        varchar("pack", 81).optional(),
        text("says"),
        uuid("poll_id").optional(),
        uuid("matter_id").optional(),
        varchar("published_as", 24),
        time("published_at"),
    ],
    key: &["complex_id", "id"],
    unique: &[&["complex_id", "place_id", "version"]],
    index: &[&["place_id", "version"]],
};

/// Polls that were prepared before say neither: what differs from the nation's rules was asked.
const COLUMNS: [Column; 3] =
    [text("asks").optional(), text("in_force").optional(), varchar("rules_hash", 64).optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        VERSIONS.make(manager).await?;
        add_columns(manager, "poll", &COLUMNS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "poll", &COLUMNS).await?;
        manager.drop_table(sea_query::Table::drop().table("rule_version").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
