//! How a photo looks, by which it is known again.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, long};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0045_photo_looks"
    }
}

const COLUMNS: [Column; 1] = [long("look").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "upload", &COLUMNS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "upload", &COLUMNS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
