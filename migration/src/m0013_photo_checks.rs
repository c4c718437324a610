//! What was found of the photos of incidents.

use sea_orm_migration::prelude::*;

use crate::table::{Table, int, long, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0013_photo_checks"
    }
}

/// Of a photo that was attached before there is no row: nobody has looked at it, and neighbours see it no more.
const PHOTO_CHECK: Table = Table {
    name: "photo_check",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("photo_id"),
        uuid("incident_id"),
        int("step"),
        uuid("author_id"),
        varchar("audience", 12),
        varchar("state", 12),
        long("label").optional(),
        varchar("trace_id", 64).optional(),
        int("attempts"),
        time("attached_at"),
        time("waits_until").optional(),
        time("decided_at").optional(),
        uuid("decided_by").optional(),
        long("version"),
    ],
    key: &["complex_id", "id"],
    unique: &[&["photo_id"]],
    index: &[
        &["id"],
        &["complex_id", "incident_id"],
        &["complex_id", "decided_at", "id"],
        &["waits_until"],
        &["trace_id"],
    ],
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        PHOTO_CHECK.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(PHOTO_CHECK.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
