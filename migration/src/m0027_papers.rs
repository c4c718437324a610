//! Paper ballots: given out, come back, entered twice, and what was found in the box.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, bytes, drop_columns, int, long, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0027_papers"
    }
}

const PAPERS: Table = Table {
    name: "paper",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        int("number"),
        uuid("head_id"),
        varchar("state", 16),
        // The act that gave it out, and the one that gave another in its place.
        uuid("issue"),
        uuid("cancelled_by").optional(),
        uuid("issued_by"),
        time("issued_at"),
        time("returned_at").optional(),
        long("version"),
    ],
    key: &["complex_id", "id"],
    unique: &[&["complex_id", "poll_id", "number"]],
    index: &[&["complex_id", "poll_id", "head_id", "number"], &["complex_id", "poll_id", "state", "number"]],
};

/// What a clerk read: the first, the second, and the third where they differ.
const ENTRIES: Table = Table {
    name: "paper_entry",
    columns: &[
        uuid("complex_id"),
        uuid("paper_id"),
        int("entry"),
        uuid("poll_id"),
        bytes("answers_cipher"),
        uuid("photo_id").optional(),
        bytes("reasons_cipher").optional(),
        uuid("made_by"),
        time("made_at"),
    ],
    key: &["complex_id", "paper_id", "entry"],
    unique: &[],
    index: &[&["complex_id", "poll_id", "made_at"]],
};

const BOXES: Table = Table {
    name: "paper_box",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        // The end of voting at which the box was opened: each extension has one of its own.
        time("closing"),
        int("returned"),
        int("late"),
        uuid("stated_by"),
        time("stated_at"),
        varchar("state", 16),
        // Of the one that agreed: what was known then.
        int("issued"),
        int("cancelled"),
        int("entered"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["complex_id", "poll_id", "id"]],
};

const COLUMNS: [Column; 2] = [time("waits_since").optional(), time("paper_void_at").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "poll", &COLUMNS).await?;
        for table in [PAPERS, ENTRIES, BOXES] {
            table.make(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [BOXES, ENTRIES, PAPERS] {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        drop_columns(manager, "poll", &COLUMNS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
