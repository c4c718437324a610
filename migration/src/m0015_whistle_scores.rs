//! Whistles among what figures are made of.

use sea_orm_migration::prelude::*;

use crate::table::uuid;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0015_whistle_scores"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut column = uuid("whistle_id").optional().definition();
        let alter = sea_query::Table::alter().table("figure_fact").add_column(&mut column).to_owned();
        manager.alter_table(alter).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = sea_query::Table::alter().table("figure_fact").drop_column("whistle_id").to_owned();
        manager.alter_table(alter).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
