//! A poll may be the run-off of another, for the seats that one left open.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, int, uuid};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0024_runoffs"
    }
}

const COLUMNS: [Column; 2] = [uuid("runoff_of").optional(), int("seats_filled").optional()];

/// A poll has one run-off.
const ONE: &str = "poll_one_runoff";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "poll", &COLUMNS).await?;
        let one = Index::create().unique().name(ONE).table("poll").col("runoff_of").to_owned();
        manager.create_index(one).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(ONE).table("poll").to_owned()).await?;
        drop_columns(manager, "poll", &COLUMNS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
