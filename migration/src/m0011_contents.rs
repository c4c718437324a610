//! What was found of what people write, what others read of it, and who follows what is public.

use sea_orm_migration::prelude::*;

use crate::table::{Table, bytes, int, long, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_contents"
    }
}

/// What was reported before is public nowhere: nobody has looked at it, and its reporters were told so.
const TABLES: &[Table] = &[
    Table {
        name: "content",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("incident_id"),
            int("step"),
            uuid("author_id"),
            varchar("audience", 12),
            varchar("state", 12),
            long("label").optional(),
            varchar("trace_id", 64).optional(),
            bytes("shown_cipher").optional(),
            int("redactions"),
            time("written_at"),
            time("decided_at").optional(),
            uuid("decided_by").optional(),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "incident_id", "step"]],
        index: &[&["id"], &["complex_id", "audience", "id"], &["complex_id", "decided_at", "id"]],
    },
    Table {
        name: "follow",
        columns: &[uuid("complex_id"), uuid("incident_id"), uuid("person_id"), time("since")],
        key: &["complex_id", "incident_id", "person_id"],
        unique: &[],
        index: &[&["person_id", "incident_id"]],
    },
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.make(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
