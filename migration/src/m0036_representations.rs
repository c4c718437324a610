//! Somebody acts for an owner, and co-owners name one of them; a mandate may be for some matters.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, bytes, drop_columns, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0036_representations"
    }
}

const REPRESENTATIONS: Table = Table {
    name: "representation",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("place_id"),
        varchar("ground", 24),
        varchar("state", 16),
        uuid("owner_id"),
        varchar("owners_key", 64).optional(),
        uuid("person_id").optional(),
        bytes("name_cipher").optional(),
        time("ends_at").optional(),
        bytes("document_cipher").optional(),
        text("evidence"),
        uuid("proposed_by"),
        varchar("proposed_as", 24),
        time("proposed_at"),
        uuid("confirmed_by").optional(),
        varchar("confirmed_as", 24).optional(),
        time("stands_since").optional(),
        uuid("closed_by").optional(),
        varchar("closed_as", 24).optional(),
        time("closed_at").optional(),
        bytes("words_cipher").optional(),
        long("version"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[
        &["id"],
        &["complex_id", "place_id", "id"],
        &["complex_id", "state", "id"],
        &["complex_id", "owners_key", "id"],
    ],
};

const OWNERS: Table = Table {
    name: "representation_owner",
    columns: &[
        uuid("complex_id"),
        uuid("representation_id"),
        uuid("owner_id"),
        uuid("confirmed_by").optional(),
        time("confirmed_at").optional(),
    ],
    key: &["complex_id", "representation_id", "owner_id"],
    unique: &[],
    index: &[],
};

/// By what the person of a grant acts for its owner; nothing who is the owner.
const GROUND: [Column; 1] = [varchar("ground", 24).optional()];

/// The matters that a mandate is for, as JSON; nothing where it is for all.
const MATTERS: [Column; 1] = [text("matters").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        REPRESENTATIONS.make(manager).await?;
        OWNERS.make(manager).await?;
        add_columns(manager, "role_grant", &GROUND).await?;
        add_columns(manager, "poll_mandate", &MATTERS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "poll_mandate", &MATTERS).await?;
        drop_columns(manager, "role_grant", &GROUND).await?;
        for table in [&OWNERS, &REPRESENTATIONS] {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
