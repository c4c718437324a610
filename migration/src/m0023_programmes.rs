//! Programmes run at places: where each stands, what people did in it, who signed, and the polls of its votes.

use sea_orm_migration::prelude::*;

use crate::table::{Table, bytes, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0023_programmes"
    }
}

const PROGRAMMES: Table = Table {
    name: "programme",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("place_id"),
        varchar("template", 64),
        varchar("purpose", 500),
        varchar("state", 16),
        text("terms"),
        text("course"),
        uuid("begun_by"),
        varchar("begun_as", 24),
        time("begun_at"),
        time("ended_at").optional(),
        time("look_at").optional(),
        uuid("parent_id").optional(),
        varchar("parent_module", 64).optional(),
        long("version"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["id"], &["place_id", "id"], &["place_id", "state", "template"], &["look_at"], &["parent_id"]],
};

const DEEDS: Table = Table {
    name: "programme_deed",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("programme_id"),
        varchar("module", 64),
        varchar("deed", 16),
        varchar("role", 24),
        uuid("person_id"),
        bytes("words_cipher").optional(),
        varchar("ending", 24).optional(),
        uuid("answers").optional(),
        time("at"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[
        &["complex_id", "programme_id", "module", "deed", "id"],
        &["complex_id", "programme_id", "module", "person_id"],
    ],
};

const SIGNATURES: Table = Table {
    name: "programme_signature",
    columns: &[
        uuid("complex_id"),
        uuid("programme_id"),
        varchar("module", 64),
        varchar("head", 64),
        long("area"),
    ],
    key: &["complex_id", "programme_id", "module", "head"],
    unique: &[],
    index: &[],
};

const POLLS: Table = Table {
    name: "programme_poll",
    columns: &[uuid("complex_id"), uuid("programme_id"), varchar("module", 64), uuid("poll_id")],
    key: &["complex_id", "programme_id", "module"],
    unique: &[&["poll_id"]],
    index: &[],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [PROGRAMMES, DEEDS, SIGNATURES, POLLS] {
            table.make(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [POLLS, SIGNATURES, DEEDS, PROGRAMMES] {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
