//! Who registered for a poll of opinion.

use sea_orm_migration::prelude::*;

use crate::table::{Table, time, uuid};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0031_poll_registrations"
    }
}

const REGISTRATIONS: Table = Table {
    name: "poll_registration",
    columns: &[
        uuid("complex_id"),
        uuid("poll_id"),
        uuid("head_id"),
        uuid("registered_by"),
        time("registered_at"),
    ],
    key: &["complex_id", "poll_id", "head_id"],
    unique: &[],
    index: &[],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        REGISTRATIONS.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(REGISTRATIONS.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
