//! Events of which many are still to be told.

use sea_orm_migration::prelude::*;

use crate::table::{Table, time, uuid};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0014_wide_tellings"
    }
}

const WIDE_TELLING: Table = Table {
    name: "wide_telling",
    columns: &[uuid("complex_id"), uuid("event_id"), uuid("told_up_to").optional(), time("made_at")],
    key: &["complex_id", "event_id"],
    unique: &[],
    index: &[&["made_at"]],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        WIDE_TELLING.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(WIDE_TELLING.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
