//! What officers are judged by: outcomes as they happen, their counts a month and place, closed months and appeals.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, bytes, int, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_figures"
    }
}

const TABLES: &[Table] = &[
    Table {
        name: "figure_fact",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            int("month"),
            uuid("incident_id"),
            int("tenure_seq"),
            varchar("outcome", 40),
            varchar("level", 16),
            varchar("role", 24),
            uuid("post_id"),
            varchar("category", 40),
            varchar("severity", 4),
            uuid("district_id").optional(),
            uuid("street_id").optional(),
            uuid("community_id").optional(),
            uuid("building_id").optional(),
            uuid("unit_id").optional(),
            uuid("household_id").optional(),
            time("at"),
            long("seconds").optional(),
            int("times"),
            int("rolled"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[
            &["id"],
            &["post_id", "at"],
            &["district_id", "month", "outcome", "id"],
            &["street_id", "month", "outcome", "id"],
            &["community_id", "month", "outcome", "id"],
            &["complex_id", "month", "outcome", "id"],
            &["building_id", "month", "outcome", "id"],
            &["unit_id", "month", "outcome", "id"],
        ],
    },
    Table {
        name: "figure_tally",
        columns: &[
            uuid("complex_id"),
            uuid("place_id"),
            int("month"),
            varchar("category", 40),
            varchar("level", 16),
            varchar("outcome", 40),
            long("times"),
        ],
        key: &["complex_id", "place_id", "month", "category", "level", "outcome"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "figure_month",
        columns: &[uuid("complex_id"), int("month"), time("closes_at")],
        key: &["complex_id", "month"],
        unique: &[],
        index: &[&["closes_at", "complex_id"]],
    },
    Table {
        name: "figure_closing",
        columns: &[
            uuid("complex_id"),
            int("month"),
            int("version"),
            uuid("id"),
            varchar("hash", 64),
            text("body"),
            varchar("role", 24),
            time("closed_at"),
        ],
        key: &["complex_id", "month", "version"],
        unique: &[],
        index: &[&["id"]],
    },
    Table {
        name: "figure_appeal",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("row_id"),
            int("month"),
            varchar("figure", 24).optional(),
            varchar("level", 16),
            uuid("post_id"),
            varchar("role", 24),
            uuid("appellant_id"),
            bytes("reason_cipher"),
            varchar("state", 16),
            varchar("decided_by", 24).optional(),
            bytes("words_cipher").optional(),
            time("made_at"),
            time("decided_at").optional(),
            long("version"),
        ],
        key: &["complex_id", "id"],
        // A row is appealed once.
        unique: &[&["complex_id", "row_id"]],
        index: &[&["id"], &["complex_id", "month", "id"]],
    },
    // Of a district, which is in no complex.
    Table {
        name: "figure_formula",
        columns: &[uuid("district_id"), int("from_month"), text("formula"), time("made_at")],
        key: &["district_id", "from_month"],
        unique: &[],
        index: &[],
    },
];

/// What is not counted yet.
const PENDING: &str = "CREATE INDEX figure_fact_pending ON figure_fact (complex_id, id) WHERE rolled = 0";

/// What is open is counted from now on; what was decided before nobody kept.
const OPEN: &str = "INSERT INTO figure_fact (complex_id, id, month, incident_id, tenure_seq, outcome, level, role, \
    post_id, category, severity, district_id, street_id, community_id, building_id, unit_id, at, times, rolled) \
    SELECT complex_id, id, 0, id, tenure_seq, \
    status || ':' || severity || CASE WHEN due_kind = 'SHOUT' THEN ':LATE' ELSE '' END, level, holder_role, \
    holder_place_id, category, severity, district_id, street_id, community_id, building_id, unit_id, reported_at, 1, 0 \
    FROM incident WHERE due_at IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.make(manager).await?;
        }
        for sql in [PENDING, OPEN] {
            manager.get_connection().execute_unprepared(sql).await?;
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
