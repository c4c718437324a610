//! When whoever holds an incident is warned or reminded next. Of a budget that runs already nobody is; its next begins
//! with it.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::time;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0012_prompts"
    }
}

const BY_TIME: &str =
    "CREATE INDEX incident_prompts ON incident (prompts_at, id) WHERE prompts_at IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let incident = sea_query::Table::alter()
            .table("incident")
            .add_column(time("prompts_at").optional().definition())
            .to_owned();
        manager.alter_table(incident).await?;
        manager.get_connection().execute_unprepared(BY_TIME).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX incident_prompts").await?;
        let incident = sea_query::Table::alter().table("incident").drop_column("prompts_at").to_owned();
        manager.alter_table(incident).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
