//! A published result is provisional while it may be objected to, and final from some moment on.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, bytes, drop_columns, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0025_objections"
    }
}

const OBJECTIONS: Table = Table {
    name: "poll_objection",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        uuid("person_id"),
        varchar("role", 24),
        varchar("ground", 16),
        bytes("words_cipher"),
        time("made_at"),
        varchar("answered", 16).optional(),
        bytes("answer_cipher").optional(),
        uuid("answered_by").optional(),
        varchar("answered_as", 24).optional(),
        time("answered_at").optional(),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["complex_id", "poll_id", "id"], &["complex_id", "poll_id", "person_id", "id"]],
};

/// Results that were published before have none of them: nobody was given a time to object.
const COLUMNS: [Column; 3] =
    [time("provisional_until").optional(), time("final_from").optional(), time("final_at").optional()];

/// What is due to become final.
const DUE: &str = "poll_by_final_from";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "poll", &COLUMNS).await?;
        let due = Index::create().name(DUE).table("poll").col("final_from").to_owned();
        manager.create_index(due).await?;
        OBJECTIONS.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(OBJECTIONS.name).to_owned()).await?;
        manager.drop_index(Index::drop().name(DUE).table("poll").to_owned()).await?;
        drop_columns(manager, "poll", &COLUMNS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
