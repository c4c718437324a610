//! Templates of programmes that a complex composed for itself.

use sea_orm_migration::prelude::*;

use crate::table::{Table, int, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0039_programme_templates"
    }
}

const TEMPLATES: Table = Table {
    name: "programme_template",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        varchar("name", 64),
        int("version"),
        text("template"),
        varchar("loaded_as", 24),
        time("loaded_at"),
    ],
    key: &["complex_id", "id"],
    unique: &[&["complex_id", "name", "version"]],
    index: &[],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        TEMPLATES.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(TEMPLATES.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
