//! Where complexes and buildings are on the map.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, int};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0043_positions"
    }
}

const POSITION: [Column; 2] = [int("latitude").optional(), int("longitude").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "place", &POSITION).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "place", &POSITION).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
