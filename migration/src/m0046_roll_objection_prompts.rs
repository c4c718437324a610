//! When those who correct a roll are to be told next that an objection waits for its answer, and what they were told.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, time, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0046_roll_objection_prompts"
    }
}

const TABLE: &str = "roll_objection";

const PROMPTS: [Column; 2] = [varchar("said", 8).by_default("'NOTHING'"), time("prompt_at").optional()];

const BY_TIME: &str = "roll_objection_by_prompt_at";

/// Of what waits already they are told once its time is over.
const WAITING: &str = "UPDATE roll_objection SET prompt_at = due_at WHERE answered IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, TABLE, &PROMPTS).await?;
        let index = Index::create().name(BY_TIME).table(TABLE).col("prompt_at").to_owned();
        manager.create_index(index).await?;
        manager.get_connection().execute_unprepared(WAITING).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(BY_TIME).table(TABLE).to_owned()).await?;
        drop_columns(manager, TABLE, &PROMPTS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
