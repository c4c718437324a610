//! When voting stood still; and what a supervisor asks for, and of whom.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, bytes, drop_columns, text, time, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0035_pauses"
    }
}

const OF_POLLS: [Column; 2] = [text("pauses").optional(), time("paused_until").optional()];
const OF_DEEDS: [Column; 2] = [bytes("asks_cipher").optional(), varchar("asks_of", 24).optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "poll", &OF_POLLS).await?;
        add_columns(manager, "programme_deed", &OF_DEEDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "programme_deed", &OF_DEEDS).await?;
        drop_columns(manager, "poll", &OF_POLLS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
