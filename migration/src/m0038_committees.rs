//! A committee after its election: members who left, and by-elections that fill seats.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Table, add_columns, bytes, drop_columns, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0038_committees"
    }
}

const VACANCIES: Table = Table {
    name: "poll_vacancy",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        uuid("candidate_id"),
        varchar("reason", 16),
        bytes("words_cipher"),
        time("since"),
        uuid("noted_by"),
        varchar("noted_as", 24),
        time("noted_at"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["complex_id", "poll_id", "id"]],
};

const COLUMNS: [Column; 1] = [uuid("committee_of").optional()];

/// The by-elections of a committee.
const BY_ELECTIONS: &str = "poll_by_committee_of";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "poll", &COLUMNS).await?;
        let by_elections = Index::create().name(BY_ELECTIONS).table("poll").col("committee_of").to_owned();
        manager.create_index(by_elections).await?;
        VACANCIES.make(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(sea_query::Table::drop().table(VACANCIES.name).to_owned()).await?;
        manager.drop_index(Index::drop().name(BY_ELECTIONS).table("poll").to_owned()).await?;
        drop_columns(manager, "poll", &COLUMNS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
