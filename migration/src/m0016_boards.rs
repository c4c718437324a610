//! A board costs what stands in the index, not what stands in the tables: the work lists' indexes say as well what each
//! incident is due for, and what the tallies do not have yet is found by its place, not among all that happened there.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0016_boards"
    }
}

const LEVELS: [&str; 6] = ["unit", "building", "complex", "community", "street", "district"];

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

async fn index_open(manager: &SchemaManager<'_>, columns: &str) -> Result<(), DbErr> {
    for level in LEVELS {
        run(manager, &format!("DROP INDEX incident_open_in_{level}")).await?;
        let open = format!(
            "CREATE INDEX incident_open_in_{level} ON incident ({level}_id, lowest_level, {columns}) \
             WHERE due_at IS NOT NULL"
        );
        run(manager, &open).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index_open(manager, "due_at, id, due_kind").await?;
        run(manager, "DROP INDEX figure_fact_pending").await?;
        for level in LEVELS {
            let pending = format!(
                "CREATE INDEX figure_fact_pending_in_{level} ON figure_fact ({level}_id, month, id) WHERE rolled = 0"
            );
            run(manager, &pending).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for level in LEVELS {
            run(manager, &format!("DROP INDEX figure_fact_pending_in_{level}")).await?;
        }
        run(manager, "CREATE INDEX figure_fact_pending ON figure_fact (complex_id, id) WHERE rolled = 0")
            .await?;
        index_open(manager, "due_at, id").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
