//! How far turnout and votes are told to everybody, by poll and by matter.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0033_publicity"
    }
}

/// Of polls from before nothing was said.
const PUBLICITY: [Column; 1] = [varchar("publicity", 8).optional()];

const TABLES: [&str; 2] = ["poll", "matter"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            add_columns(manager, table, &PUBLICITY).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            drop_columns(manager, table, &PUBLICITY).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
