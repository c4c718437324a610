//! People's work: whistles, planned outages, patrols and visits; where a report came from, and what explains it.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, bytes, int, long, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_field"
    }
}

const TABLES: &[Table] = &[
    Table {
        name: "whistle",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            uuid("incident_id").optional(),
            varchar("severity", 4),
            uuid("convener_place_id"),
            varchar("convener_role", 24),
            bytes("subject_cipher"),
            varchar("status", 16),
            varchar("outcome", 16).optional(),
            time("blown_at"),
            time("ended_at").optional(),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[&["id"], &["convener_place_id", "convener_role", "id"]],
    },
    Table {
        name: "whistle_call",
        columns: &[
            uuid("complex_id"),
            uuid("whistle_id"),
            varchar("role", 24),
            uuid("place_id"),
            varchar("part", 8),
            time("due_at"),
            time("alarm_at").optional(),
            time("reported_at").optional(),
        ],
        key: &["complex_id", "whistle_id", "role"],
        unique: &[],
        index: &[&["place_id", "role", "whistle_id"]],
    },
    Table {
        name: "whistle_commitment",
        columns: &[
            uuid("complex_id"),
            uuid("whistle_id"),
            uuid("id"),
            varchar("role", 24),
            bytes("what_cipher"),
            time("made_at"),
            time("due_at"),
            time("alarm_at").optional(),
            int("extensions"),
            varchar("state", 8),
            time("settled_at").optional(),
        ],
        key: &["complex_id", "whistle_id", "id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "whistle_step",
        columns: &[
            uuid("complex_id"),
            uuid("whistle_id"),
            long("version"),
            varchar("act", 16),
            varchar("role", 24),
            uuid("commitment_id").optional(),
            bytes("words_cipher").optional(),
            time("at"),
        ],
        key: &["complex_id", "whistle_id", "version"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "outage",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            varchar("categories", 1000),
            bytes("explanation_cipher"),
            time("from_at"),
            time("until_at"),
            int("extensions"),
            varchar("planner_role", 24),
            uuid("told_to").optional(),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[&["id"], &["complex_id", "until_at", "id"]],
    },
    Table {
        name: "patrol_route",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            varchar("name", 60),
            int("every_hours"),
            time("late_at").optional(),
            int("late_rounds"),
            int("is_walked"),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[&["id"]],
    },
    Table {
        name: "patrol_point",
        columns: &[
            uuid("complex_id"),
            uuid("route_id"),
            int("ordinal"),
            uuid("id"),
            uuid("place_id"),
            varchar("name", 60),
            varchar("categories", 1000),
            varchar("token_index", 64),
        ],
        key: &["complex_id", "route_id", "ordinal"],
        unique: &[&["complex_id", "token_index"]],
        index: &[],
    },
    Table {
        name: "patrol_round",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("route_id"),
            time("started_at"),
            time("finished_at").optional(),
            int("points"),
            int("checked"),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[&["id"], &["complex_id", "route_id", "id"]],
    },
    Table {
        name: "patrol_check",
        columns: &[
            uuid("complex_id"),
            uuid("round_id"),
            uuid("point_id"),
            uuid("place_id"),
            uuid("route_id"),
            varchar("watched", 1000),
            varchar("found", 1000),
            time("checked_at"),
            time("received_at"),
        ],
        key: &["complex_id", "round_id", "point_id"],
        unique: &[],
        index: &[&["complex_id", "place_id", "checked_at"]],
    },
    Table {
        name: "patrol_outcome",
        columns: &[
            uuid("complex_id"),
            uuid("incident_id"),
            uuid("point_id"),
            uuid("round_id"),
            uuid("route_id"),
            varchar("kind", 8),
            time("at"),
        ],
        key: &["complex_id", "incident_id", "point_id"],
        unique: &[],
        index: &[&["complex_id", "route_id", "kind", "incident_id"]],
    },
    // Who asked to be looked in on; nothing of it stays when they take it back.
    Table {
        name: "care",
        columns: &[
            uuid("complex_id"),
            uuid("home_id"),
            uuid("person_id"),
            uuid("community_id").optional(),
            uuid("building_id").optional(),
            uuid("unit_id").optional(),
            bytes("need_cipher"),
            time("since"),
            time("heard_at"),
        ],
        key: &["complex_id", "home_id", "person_id"],
        unique: &[],
        index: &[
            &["person_id", "home_id"],
            &["complex_id", "heard_at"],
            &["community_id", "heard_at"],
            &["building_id", "heard_at"],
            &["unit_id", "heard_at"],
        ],
    },
    Table {
        name: "visit",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            uuid("visitor_id"),
            varchar("visitor_role", 24),
            varchar("status", 16),
            time("planned_for"),
            time("made_at").optional(),
            bytes("words_cipher").optional(),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[&["id"], &["visitor_id", "id"]],
    },
    Table {
        name: "visit_matter",
        columns: &[uuid("complex_id"), uuid("visit_id"), uuid("incident_id"), varchar("effect", 16)],
        key: &["complex_id", "visit_id", "incident_id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "visit_commitment",
        columns: &[
            uuid("complex_id"),
            uuid("visit_id"),
            uuid("id"),
            bytes("what_cipher"),
            time("made_at"),
            time("due_at"),
            time("alarm_at").optional(),
            varchar("state", 8),
            time("settled_at").optional(),
            bytes("words_cipher").optional(),
        ],
        key: &["complex_id", "visit_id", "id"],
        unique: &[],
        index: &[],
    },
];

/// What has to be looked at again: nothing but that is walked.
const PARTIAL: &[&str] = &[
    "CREATE INDEX whistle_call_alarm ON whistle_call (alarm_at) WHERE alarm_at IS NOT NULL",
    "CREATE INDEX whistle_commitment_alarm ON whistle_commitment (alarm_at) WHERE alarm_at IS NOT NULL",
    // Outages whose end has moved, and the reports that they explain.
    "CREATE INDEX outage_moved ON outage (complex_id, id) WHERE told_to IS NOT NULL",
    "CREATE INDEX patrol_route_walked ON patrol_route (complex_id, id) WHERE is_walked = 1",
    "CREATE INDEX patrol_route_late ON patrol_route (late_at) WHERE late_at IS NOT NULL",
    "CREATE INDEX visit_commitment_alarm ON visit_commitment (alarm_at) WHERE alarm_at IS NOT NULL",
    "CREATE INDEX incident_explained ON incident (complex_id, outage_id, id) WHERE outage_id IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What was reported before came from residents.
        let origin = varchar("origin", 16).definition().default("RESIDENT").to_owned();
        for column in [origin, uuid("outage_id").optional().definition()] {
            manager
                .alter_table(sea_query::Table::alter().table("incident").add_column(column).to_owned())
                .await?;
        }
        for table in TABLES {
            table.make(manager).await?;
        }
        for sql in PARTIAL {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        manager.get_connection().execute_unprepared("DROP INDEX incident_explained").await?;
        for column in ["origin", "outage_id"] {
            manager
                .alter_table(sea_query::Table::alter().table("incident").drop_column(column).to_owned())
                .await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::TABLES;

    #[test]
    fn what_belongs_to_a_complex_has_it_first_in_its_keys() {
        for table in TABLES {
            for key in table.unique.iter().chain([&table.key]) {
                assert_eq!(key.first(), Some(&"complex_id"), "{}", table.name);
            }
        }
    }
}
