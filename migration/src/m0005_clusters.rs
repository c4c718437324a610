//! Incidents that are one trouble are clustered; of every report is kept from which household it comes.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, int, long, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_clusters"
    }
}

const CLUSTER: Table = Table {
    name: "cluster",
    columns: &[
        uuid("complex_id"),
        uuid("id"),
        varchar("category", 40),
        uuid("place_id"),
        varchar("status", 16),
        uuid("lead_id"),
        varchar("severity", 4),
        time("started_at"),
        int("households"),
        int("urging"),
        time("opened_at"),
        time("closed_at").optional(),
        time("stale_at").optional(),
        long("version"),
    ],
    key: &["complex_id", "id"],
    unique: &[],
    index: &[&["id"]],
};

const CLUSTER_MEMBER: Table = Table {
    name: "cluster_member",
    columns: &[
        uuid("complex_id"),
        uuid("cluster_id"),
        uuid("incident_id"),
        time("joined_at"),
        varchar("joined_by", 16),
        uuid("household_id"),
        time("left_at").optional(),
        varchar("left_by", 16).optional(),
    ],
    key: &["complex_id", "cluster_id", "incident_id", "joined_at"],
    unique: &[],
    index: &[],
};

const INDEXES: [&str; 5] = [
    "CREATE UNIQUE INDEX one_membership ON cluster_member (complex_id, incident_id) WHERE left_at IS NULL",
    // What somebody is to look at again.
    "CREATE INDEX cluster_stale ON cluster (stale_at, id) WHERE stale_at IS NOT NULL",
    "CREATE INDEX incident_in_cluster ON incident (complex_id, cluster_id, id) WHERE cluster_id IS NOT NULL",
    // The newest of a category in a complex: what a report may be one trouble with.
    "CREATE INDEX incident_alike ON incident (complex_id, category, reported_at)",
    // What is merged has no clock of its own.
    "CREATE INDEX incident_without_clock ON incident (complex_id, id) \
     WHERE due_at IS NULL AND status <> 'CLOSED' AND status <> 'WITHDRAWN' AND status <> 'MERGED' \
     AND status <> 'DIVERTED' AND status <> 'REJECTED'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        CLUSTER.make(manager).await?;
        CLUSTER_MEMBER.make(manager).await?;
        let columns = [
            uuid("household_id").optional().definition(),
            uuid("cluster_id").optional().definition(),
            varchar("merged_from", 16).optional().definition(),
        ];
        for column in columns {
            manager
                .alter_table(sea_query::Table::alter().table("incident").add_column(column).to_owned())
                .await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared("DROP INDEX incident_without_clock").await?;
        for index in INDEXES {
            db.execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("what is merged would have no holder any more: go back by a backup".into()))
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{CLUSTER, CLUSTER_MEMBER};

    #[test]
    fn the_keys_begin_with_the_complex() {
        for table in [CLUSTER, CLUSTER_MEMBER] {
            assert_eq!(table.key.first(), Some(&"complex_id"), "{}", table.name);
        }
    }
}
