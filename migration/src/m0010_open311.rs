//! Keys of other systems that report, and the indexes by which strangers read what is public.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, bytes, long, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0010_open311"
    }
}

const API_KEY: Table = Table {
    name: "api_key",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        bytes("name_cipher"),
        varchar("key_index", 64),
        uuid("person_id"),
        uuid("issued_by"),
        time("created_at"),
        time("revoked_at").optional(),
        long("version"),
    ],
    key: &["complex_id", "id"],
    unique: &[&["complex_id", "key_index"]],
    index: &[],
};

/// What a complex's public list and its updates are read by.
const BY_TIME: [&str; 2] = [
    "CREATE INDEX incident_reported ON incident (complex_id, reported_at, id)",
    "CREATE INDEX incident_step_told ON incident_step (complex_id, at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        API_KEY.make(manager).await?;
        for sql in BY_TIME {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["incident_reported", "incident_step_told"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        manager.drop_table(sea_query::Table::drop().table(API_KEY.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
