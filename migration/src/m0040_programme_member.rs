//! The member of the committee whom a programme is about.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, uuid};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0040_programme_member"
    }
}

const COLUMNS: [Column; 1] = [uuid("member_id").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "programme", &COLUMNS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "programme", &COLUMNS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
