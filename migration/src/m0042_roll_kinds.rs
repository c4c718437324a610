//! Parking bays, stalls and facilities on the roll: what they come to, and which of them a poll counted; and a way to what
//! the record tells of a roll. Since when a roll is shown, and by when objections to it are answered.

use sea_orm_migration::prelude::*;

use crate::table::{Column, add_columns, drop_columns, long, time, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0042_roll_kinds"
    }
}

const SUMS: [Column; 5] = [
    time("shown_since").by_default("'1970-01-01 00:00:00+00:00'"),
    long("parking_homes").by_default("0"),
    long("parking_area").by_default("0"),
    long("public_homes").by_default("0"),
    long("public_area").by_default("0"),
];

/// Both databases find it only for a query in the same words.
const OF_THE_ROLL: &str = "CREATE INDEX event_of_the_roll ON event (complex_id, seq) \
     WHERE subject_type IN ('ROLL', 'ROLL_CHANGE', 'ROLL_OBJECTION')";

const DUE: [Column; 1] = [time("due_at").optional()];

const KINDS: [Column; 1] = [varchar("kind", 16).by_default("'HOME'")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "roll_summary", &SUMS).await?;
        let shown = "UPDATE roll_summary SET shown_since = imported_at";
        manager.get_connection().execute_unprepared(shown).await?;
        add_columns(manager, "roll_objection", &DUE).await?;
        add_columns(manager, "poll_home", &KINDS).await?;
        manager.get_connection().execute_unprepared(OF_THE_ROLL).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("event_of_the_roll").table("event").to_owned()).await?;
        drop_columns(manager, "poll_home", &KINDS).await?;
        drop_columns(manager, "roll_objection", &DUE).await?;
        drop_columns(manager, "roll_summary", &SUMS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
