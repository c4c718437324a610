//! The parts of a complex to whose owners alone a poll of opinion is put, and between which a programme runs.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, text};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0047_among"
    }
}

const TABLES: [&str; 2] = ["poll", "programme"];

const AMONG: [Column; 1] = [text("among").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            add_columns(manager, table, &AMONG).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            drop_columns(manager, table, &AMONG).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
