//! A poll keeps each time that its voting went on for want of a quorum.

use sea_orm_migration::prelude::*;

use crate::table::text;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0022_poll_outcomes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut extensions = text("extensions").optional().definition();
        let poll = sea_query::Table::alter().table("poll").add_column(&mut extensions).to_owned();
        manager.alter_table(poll).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let poll = sea_query::Table::alter().table("poll").drop_column("extensions").to_owned();
        manager.alter_table(poll).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
