//! What a programme was begun for; to whom a deed speaks, what shows what it tells, and what else is said of it.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, bytes, drop_columns, text, uuid};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0041_programme_tasks"
    }
}

const OF_A_PROGRAMME: [Column; 1] = [text("conditions").optional()];

const OF_A_DEED: [Column; 4] = [
    uuid("asks_person").optional(),
    uuid("replies_to").optional(),
    text("evidence").optional(),
    bytes("details_cipher").optional(),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "programme", &OF_A_PROGRAMME).await?;
        add_columns(manager, "programme_deed", &OF_A_DEED).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "programme_deed", &OF_A_DEED).await?;
        drop_columns(manager, "programme", &OF_A_PROGRAMME).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
