//! How a photo looks, by which it is known again; whether who holds a report was told that it should be sorted out; and when
//! somebody comes.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, int, long, time};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0045_incident_work"
    }
}

const LOOK: [Column; 1] = [long("look").optional()];

const UNSORTED: [Column; 1] = [int("unsorted").by_default("0")];

const COMES: [Column; 2] = [time("comes_from").optional(), time("comes_until").optional()];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "upload", &LOOK).await?;
        add_columns(manager, "tenure", &UNSORTED).await?;
        add_columns(manager, "incident", &COMES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "incident", &COMES).await?;
        drop_columns(manager, "tenure", &UNSORTED).await?;
        drop_columns(manager, "upload", &LOOK).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
