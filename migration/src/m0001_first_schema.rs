//! The first schema: places and roll, identity, polls, incidents, the record.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, bytes, int, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_first_schema"
    }
}

/// What belongs to a complex has `complex_id` first in its key, so that a database can be spread by complex. Only what
/// also exists above complexes, or before its complex is known, is found by its id alone: places, roles, operations and
/// uploads.
const TABLES: &[Table] = &[
    Table {
        name: "place",
        columns: &[
            uuid("id"),
            varchar("level", 16),
            uuid("parent_id").optional(),
            varchar("name", 120),
            varchar("sort_key", 120),
            uuid("district_id").optional(),
            uuid("street_id").optional(),
            uuid("community_id").optional(),
            uuid("complex_id").optional(),
            uuid("building_id").optional(),
            uuid("unit_id").optional(),
            long("version"),
            time("created_at"),
        ],
        key: &["id"],
        unique: &[&["parent_id", "level", "name"]],
        index: &[&["complex_id", "level", "sort_key"], &["parent_id", "sort_key"]],
    },
    Table {
        name: "home",
        columns: &[
            uuid("complex_id"),
            uuid("place_id"),
            varchar("kind", 16),
            varchar("status", 24),
            long("area"),
            long("version"),
        ],
        key: &["complex_id", "place_id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "owner",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            varchar("kind", 16),
            bytes("name_cipher"),
            varchar("name_index", 64),
            bytes("id_number_cipher").optional(),
            varchar("id_number_index", 64).optional(),
            bytes("phone_cipher").optional(),
            varchar("phone_index", 64).optional(),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "id_number_index"]],
        index: &[],
    },
    Table {
        name: "ownership",
        columns: &[uuid("complex_id"), uuid("home_id"), uuid("owner_id"), int("ordinal")],
        key: &["complex_id", "home_id", "owner_id"],
        unique: &[],
        index: &[&["complex_id", "owner_id"]],
    },
    Table {
        name: "roll_summary",
        columns: &[
            uuid("complex_id"),
            long("homes"),
            long("heads"),
            long("area"),
            long("delivered_homes"),
            long("delivered_area"),
            long("unsold_homes"),
            long("unsold_area"),
            long("undelivered_homes"),
            long("undelivered_area"),
            varchar("roll_hash", 64),
            time("imported_at"),
            long("version"),
        ],
        key: &["complex_id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "person",
        columns: &[
            uuid("id"),
            bytes("openid_cipher").optional(),
            varchar("openid_index", 64).optional(),
            bytes("phone_cipher").optional(),
            varchar("phone_index", 64).optional(),
            varchar("demo_login", 16).optional(),
            long("version"),
            time("created_at"),
        ],
        key: &["id"],
        unique: &[&["openid_index"], &["demo_login"]],
        index: &[],
    },
    Table {
        name: "role_grant",
        columns: &[
            uuid("id"),
            uuid("person_id"),
            uuid("place_id"),
            uuid("complex_id").optional(),
            varchar("role", 24),
            uuid("owner_id").optional(),
            time("starts_at"),
            time("ends_at").optional(),
            uuid("granted_by").optional(),
            time("revoked_at").optional(),
            long("version"),
        ],
        key: &["id"],
        unique: &[],
        index: &[&["person_id"], &["place_id", "role"], &["complex_id", "owner_id"]],
    },
    Table {
        name: "claim",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("home_id"),
            uuid("person_id"),
            varchar("relation", 16),
            varchar("state", 16),
            uuid("owner_id").optional(),
            bytes("name_cipher"),
            bytes("id_number_cipher").optional(),
            bytes("phone_cipher").optional(),
            bytes("signature_cipher").optional(),
            varchar("signature_hash", 64).optional(),
            varchar("verified_by", 24).optional(),
            varchar("reason", 500).optional(),
            uuid("decided_by").optional(),
            time("decided_at").optional(),
            time("created_at"),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[
            &["id"],
            &["person_id", "created_at"],
            &["complex_id", "state", "created_at"],
            &["complex_id", "home_id"],
        ],
    },
    Table {
        name: "door_code",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("home_id"),
            varchar("code_hash", 64),
            uuid("issued_by"),
            time("issued_at"),
            time("expires_at"),
            int("tries"),
            time("used_at").optional(),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[&["complex_id", "home_id"]],
    },
    Table {
        name: "poll",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            varchar("kind", 24),
            varchar("title", 200),
            varchar("state", 16),
            int("seats"),
            int("alternates"),
            text("rules"),
            time("opens_at"),
            time("closes_at"),
            long("total_heads"),
            long("total_area"),
            varchar("roll_hash", 64).optional(),
            varchar("frozen_hash", 64).optional(),
            varchar("seed", 64),
            time("locked_at").optional(),
            time("closed_at").optional(),
            time("published_at").optional(),
            text("result").optional(),
            varchar("ballots_hash", 64).optional(),
            uuid("created_by"),
            time("created_at"),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[
            &["id"],
            &["complex_id", "state", "closes_at"],
            &["state", "opens_at"],
            &["state", "closes_at"],
        ],
    },
    Table {
        name: "matter",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("poll_id"),
            int("ordinal"),
            int("class"),
            varchar("title", 200),
            text("body"),
            varchar("body_hash", 64),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "poll_id", "ordinal"]],
        index: &[],
    },
    Table {
        name: "candidate",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("poll_id"),
            int("ordinal"),
            uuid("owner_id"),
            bytes("name_cipher"),
            time("consented_at").optional(),
            long("page_version"),
            time("created_at"),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "poll_id", "ordinal"]],
        index: &[&["id"]],
    },
    Table {
        name: "campaign_page",
        columns: &[
            uuid("complex_id"),
            uuid("candidate_id"),
            long("version"),
            varchar("headline", 80),
            text("body"),
            text("statements"),
            uuid("photo_id").optional(),
            uuid("edited_by"),
            time("created_at"),
        ],
        key: &["complex_id", "candidate_id", "version"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "poll_head",
        columns: &[uuid("complex_id"), uuid("poll_id"), uuid("id"), long("area"), int("homes")],
        key: &["complex_id", "poll_id", "id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "poll_home",
        columns: &[
            uuid("complex_id"),
            uuid("poll_id"),
            uuid("home_id"),
            uuid("head_id"),
            long("area"),
            varchar("label", 200),
            varchar("sort_key", 200),
        ],
        key: &["complex_id", "poll_id", "home_id"],
        unique: &[],
        index: &[&["complex_id", "poll_id", "head_id"]],
    },
    Table {
        name: "poll_owner",
        columns: &[uuid("complex_id"), uuid("poll_id"), uuid("head_id"), uuid("owner_id")],
        key: &["complex_id", "poll_id", "head_id", "owner_id"],
        unique: &[],
        index: &[&["complex_id", "poll_id", "owner_id"]],
    },
    Table {
        name: "ballot",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("poll_id"),
            uuid("head_id"),
            int("round"),
            varchar("channel", 16),
            bytes("answers_cipher"),
            varchar("commitment", 64),
            uuid("cast_by"),
            time("cast_at"),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "poll_id", "head_id", "round"]],
        index: &[&["id"]],
    },
    Table {
        name: "incident",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            uuid("district_id").optional(),
            uuid("street_id").optional(),
            uuid("community_id").optional(),
            uuid("building_id").optional(),
            uuid("unit_id").optional(),
            uuid("reporter_id"),
            varchar("category", 40),
            varchar("severity", 4),
            text("terms"),
            bytes("description_cipher"),
            varchar("status", 16),
            varchar("level", 16),
            varchar("lowest_level", 16),
            uuid("holder_place_id"),
            varchar("holder_role", 24),
            int("tenure_seq"),
            time("due_at").optional(),
            varchar("due_kind", 16).optional(),
            int("rework"),
            int("climbs"),
            int("rating").optional(),
            time("reported_at"),
            time("closed_at").optional(),
            long("version"),
        ],
        key: &["complex_id", "id"],
        unique: &[],
        index: &[
            &["id"],
            &["reporter_id", "id"],
            &["holder_place_id", "status", "id"],
            &["unit_id", "lowest_level", "status", "id"],
            &["building_id", "lowest_level", "status", "id"],
            &["complex_id", "lowest_level", "status", "id"],
            &["community_id", "lowest_level", "status", "id"],
            &["street_id", "lowest_level", "status", "id"],
            &["district_id", "lowest_level", "status", "id"],
        ],
    },
    Table {
        name: "tenure",
        columns: &[
            uuid("complex_id"),
            uuid("incident_id"),
            int("seq"),
            varchar("level", 16),
            uuid("place_id"),
            varchar("role", 24),
            time("entered_at"),
            varchar("entered_by", 16),
            time("acknowledged_at").optional(),
            time("handled_at").optional(),
            int("shouts"),
            time("due_at"),
            varchar("due_kind", 16),
            time("exited_at").optional(),
            varchar("exit", 24).optional(),
        ],
        key: &["complex_id", "incident_id", "seq"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "incident_step",
        columns: &[
            uuid("complex_id"),
            uuid("incident_id"),
            int("ordinal"),
            varchar("act", 24),
            varchar("actor_role", 24),
            bytes("words_cipher").optional(),
            time("at"),
        ],
        key: &["complex_id", "incident_id", "ordinal"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "incident_photo",
        columns: &[
            uuid("complex_id"),
            uuid("incident_id"),
            int("ordinal"),
            uuid("upload_id"),
            varchar("purpose", 16),
        ],
        key: &["complex_id", "incident_id", "ordinal"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "upload",
        columns: &[
            uuid("id"),
            uuid("person_id"),
            uuid("complex_id").optional(),
            varchar("media_type", 40),
            long("bytes"),
            int("width"),
            int("height"),
            varchar("sha256", 64),
            varchar("attached_to", 16).optional(),
            uuid("attached_id").optional(),
            time("created_at"),
        ],
        key: &["id"],
        unique: &[],
        index: &[&["person_id", "created_at"], &["attached_id", "created_at"]],
    },
    Table {
        name: "event",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            long("seq").optional(),
            varchar("kind", 40),
            uuid("place_id"),
            varchar("subject_type", 24),
            uuid("subject_id"),
            long("subject_version"),
            varchar("actor_role", 24),
            varchar("audience", 16),
            uuid("person_id").optional(),
            text("facts"),
            varchar("commitment", 64).optional(),
            time("at"),
            varchar("hash", 64).optional(),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "seq"]],
        index: &[&["complex_id", "subject_id"]],
    },
    Table {
        name: "log_head",
        columns: &[uuid("complex_id"), long("seq"), varchar("hash", 64)],
        key: &["complex_id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "idempotency_key",
        columns: &[
            uuid("actor"),
            varchar("key", 64),
            varchar("route", 120),
            varchar("body_hash", 64),
            int("status"),
            varchar("etag", 40).optional(),
            varchar("location", 200).optional(),
            bytes("body_cipher"),
            time("created_at"),
        ],
        key: &["actor", "key"],
        unique: &[],
        index: &[&["created_at"]],
    },
    Table {
        name: "operation",
        columns: &[
            uuid("id"),
            varchar("kind", 24),
            uuid("complex_id").optional(),
            uuid("person_id").optional(),
            varchar("state", 16),
            varchar("phase", 40),
            long("done"),
            long("total"),
            varchar("input", 200),
            text("result").optional(),
            text("error").optional(),
            uuid("lease_by").optional(),
            time("lease_until").optional(),
            int("attempts"),
            time("created_at"),
            time("updated_at"),
        ],
        key: &["id"],
        unique: &[],
        index: &[&["state", "lease_until"]],
    },
    Table {
        name: "installation",
        columns: &[varchar("key", 64), text("value")],
        key: &["key"],
        unique: &[],
        index: &[],
    },
];

/// Rules that only an index with a condition can hold; the same words on both databases.
const PARTIAL: &[&str] = &[
    "CREATE UNIQUE INDEX one_open_tenure ON tenure (complex_id, incident_id) WHERE exited_at IS NULL",
    "CREATE INDEX event_unsequenced ON event (complex_id, id) WHERE seq IS NULL",
    // What is open has a clock: the work lists, soonest due first, never walk over what is settled.
    "CREATE INDEX incident_due ON incident (due_at, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_held ON incident (holder_place_id, holder_role, due_at, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_open_of ON incident (reporter_id, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_open_in_unit ON incident (unit_id, lowest_level, due_at, id) \
     WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_open_in_building ON incident (building_id, lowest_level, due_at, id) \
     WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_open_in_complex ON incident (complex_id, lowest_level, due_at, id) \
     WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_open_in_community ON incident (community_id, lowest_level, due_at, id) \
     WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_open_in_street ON incident (street_id, lowest_level, due_at, id) \
     WHERE due_at IS NOT NULL",
    "CREATE INDEX incident_open_in_district ON incident (district_id, lowest_level, due_at, id) \
     WHERE due_at IS NOT NULL",
    // Roles that have just ended: what their posts held is taken elsewhere at once.
    "CREATE INDEX role_revoked ON role_grant (revoked_at) WHERE revoked_at IS NOT NULL",
    "CREATE INDEX role_ends ON role_grant (ends_at) WHERE ends_at IS NOT NULL",
    // Must stay empty; the auditor looks here.
    "CREATE INDEX incident_without_clock ON incident (complex_id, id) \
     WHERE due_at IS NULL AND status <> 'CLOSED' AND status <> 'WITHDRAWN'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
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
        Ok(())
    }

    /// SQLite would otherwise leave half a schema behind when interrupted.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::TABLES;

    #[test]
    fn what_belongs_to_a_complex_has_it_first_in_its_keys() {
        let may_lack = |name: &str| ["place", "role_grant", "operation", "upload"].contains(&name);
        for table in TABLES.iter().filter(|table| !may_lack(table.name)) {
            if table.columns.iter().any(|column| column.name == "complex_id") {
                let keys = table.unique.iter().chain([&table.key]);
                for key in keys {
                    assert_eq!(key.first(), Some(&"complex_id"), "{}", table.name);
                }
            }
        }
    }
}
