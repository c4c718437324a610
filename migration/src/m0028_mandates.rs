//! Owners have others cast for them, and dispute a ballot that is not theirs.

use sea_orm_migration::prelude::*;

use crate::table::{Table, bytes, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0028_mandates"
    }
}

const MANDATES: Table = Table {
    name: "poll_mandate",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        uuid("head_id"),
        uuid("given_by"),
        uuid("owner_id"),
        uuid("proxy_id"),
        varchar("scope", 16),
        uuid("scan_id"),
        varchar("state", 16),
        time("given_at"),
        time("ended_at").optional(),
        uuid("revoked_by").optional(),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[
        &["complex_id", "poll_id", "id"],
        &["complex_id", "poll_id", "head_id", "id"],
        &["complex_id", "poll_id", "proxy_id", "id"],
    ],
};

/// Of nobody's complex: whoever lives anywhere may be a proxy.
const CODES: Table = Table {
    name: "proxy_code",
    columns: &[uuid("person_id"), varchar("code_hash", 64), time("expires_at")],
    key: &["person_id"],
    unique: &[],
    index: &[&["code_hash"]],
};

const DISPUTES: Table = Table {
    name: "ballot_dispute",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        uuid("poll_id"),
        uuid("head_id"),
        uuid("ballot_id"),
        varchar("channel", 16),
        time("cast_at"),
        uuid("person_id"),
        bytes("words_cipher"),
        time("made_at"),
        varchar("answered", 16).optional(),
        bytes("answer_cipher").optional(),
        uuid("answered_by").optional(),
        varchar("answered_as", 24).optional(),
        time("answered_at").optional(),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[
        &["complex_id", "poll_id", "id"],
        &["complex_id", "poll_id", "head_id", "id"],
        &["complex_id", "poll_id", "person_id", "id"],
    ],
};

const TABLES: [&Table; 3] = [&MANDATES, &CODES, &DISPUTES];

/// What the record tells of a ballot, it tells by its commitment.
const OF_BALLOTS: [&str; 2] = ["ballot", "ballot_set_aside"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.make(manager).await?;
        }
        for table in OF_BALLOTS {
            let mut by = Index::create();
            by.name(format!("{table}_by_commitment")).table(table);
            for column in ["complex_id", "poll_id", "commitment"] {
                by.col(column);
            }
            manager.create_index(by).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in OF_BALLOTS {
            let by = Index::drop().name(format!("{table}_by_commitment")).table(table).to_owned();
            manager.drop_index(by).await?;
        }
        for table in TABLES {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
