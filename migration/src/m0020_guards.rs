//! A webhook belongs to the office by which it was registered and says why it is told no more; what is said of an outage
//! is looked at like what is said of an incident.

use sea_orm_migration::prelude::*;

use crate::table::{Column, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0020_guards"
    }
}

/// Webhooks from before name no office: they are told nothing until an office takes them over.
const COLUMNS: [(&str, Column); 5] = [
    ("webhook", uuid("registrar_id").optional()),
    ("webhook", uuid("office_place_id").optional()),
    ("webhook", varchar("office_role", 24).optional()),
    ("webhook", varchar("stopped_because", 16).optional()),
    ("content", uuid("outage_id").optional()),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let mut column = column.definition();
            manager
                .alter_table(sea_query::Table::alter().table(table).add_column(&mut column).to_owned())
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            manager
                .alter_table(sea_query::Table::alter().table(table).drop_column(column.name).to_owned())
                .await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
