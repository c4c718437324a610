//! The desk of a post: filters that are kept under a name, and replies that are written once and sent often.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, bytes, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_desk"
    }
}

/// A desk belongs to a post, which may stand above every complex: its place comes first in the keys.
const TABLES: &[Table] = &[
    Table {
        name: "saved_view",
        columns: &[
            uuid("place_id"),
            uuid("id"),
            uuid("person_id"),
            varchar("shared_with", 8),
            bytes("name_cipher"),
            text("filter"),
            long("version"),
            time("created_at"),
            time("changed_at"),
        ],
        key: &["place_id", "id"],
        unique: &[],
        index: &[&["place_id", "shared_with", "id"], &["place_id", "person_id", "id"]],
    },
    Table {
        name: "reply_template",
        columns: &[
            uuid("place_id"),
            uuid("id"),
            long("version"),
            varchar("act", 24).optional(),
            varchar("category", 40).optional(),
            bytes("name_cipher"),
            bytes("words_cipher"),
            uuid("person_id"),
            time("written_at"),
            time("replaced_at").optional(),
        ],
        key: &["place_id", "id", "version"],
        unique: &[],
        index: &[],
    },
];

/// One version of a template is in use at most.
const IN_USE: &str =
    "CREATE UNIQUE INDEX reply_template_in_use ON reply_template (place_id, id) WHERE replaced_at IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.make(manager).await?;
        }
        manager.get_connection().execute_unprepared(IN_USE).await?;
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
