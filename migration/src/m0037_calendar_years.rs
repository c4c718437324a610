//! The calendar's years as they are taken in, with the day from which on each is known.

use sea_orm_migration::prelude::*;

use crate::table::{Table, int, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0037_calendar_years"
    }
}

const YEARS: Table = Table {
    name: "calendar_year",
    columns: &[
        uuid("id"),
        int("year"),
        int("version"),
        varchar("known_from", 10),
        text("days"),
        varchar("hash", 64),
        varchar("imported_as", 24),
        time("imported_at"),
    ],
    key: &["id"],
    unique: &[&["year", "version"]],
    index: &[],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        YEARS.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table("calendar_year").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
