//! Owners object to their entry on the roll and are answered; one home at a time is corrected, with evidence.

use sea_orm_migration::prelude::*;

use crate::table::{Table, bytes, int, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0029_roll_corrections"
    }
}

const OBJECTIONS: Table = Table {
    name: "roll_objection",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("place_id"),
        uuid("person_id"),
        varchar("ground", 16),
        bytes("words_cipher"),
        text("evidence"),
        time("made_at"),
        varchar("answered", 16).optional(),
        bytes("answer_cipher").optional(),
        uuid("answered_by").optional(),
        varchar("answered_as", 24).optional(),
        time("answered_at").optional(),
        uuid("change_id").optional(),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["id"], &["complex_id", "answered", "id"], &["complex_id", "place_id"], &["person_id", "id"]],
};

const CHANGES: Table = Table {
    name: "roll_change",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("place_id"),
        varchar("kind", 16),
        varchar("state", 16),
        uuid("objection_id").optional(),
        int("persons"),
        long("area").optional(),
        varchar("source", 16).optional(),
        bytes("before_cipher"),
        bytes("after_cipher"),
        bytes("document_cipher"),
        bytes("words_cipher"),
        bytes("overrides_cipher").optional(),
        text("evidence"),
        uuid("proposed_by"),
        varchar("proposed_as", 24),
        time("proposed_at"),
        uuid("decided_by").optional(),
        varchar("decided_as", 24).optional(),
        time("decided_at").optional(),
        bytes("decision_cipher").optional(),
        varchar("roll_hash", 64).optional(),
        long("version"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["id"], &["complex_id", "place_id", "id"], &["complex_id", "state", "id"]],
};

/// Whether anything runs at a complex.
const RUNNING: &str = "programme_by_complex_and_state";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let running =
            Index::create().name(RUNNING).table("programme").col("complex_id").col("state").to_owned();
        manager.create_index(running).await?;
        OBJECTIONS.make(manager).await?;
        CHANGES.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [CHANGES.name, OBJECTIONS.name] {
            manager.drop_table(sea_query::Table::drop().table(table).to_owned()).await?;
        }
        manager.drop_index(Index::drop().name(RUNNING).table("programme").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
