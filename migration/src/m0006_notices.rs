//! Notices, the ways they take, the account of WeChat's subscriptions, and webhooks.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, bytes, int, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_notices"
    }
}

/// What a person subscribed to, where their e-mail goes and what WeChat pushed belong to no complex; a webhook may stand
/// at a place above one.
const TABLES: &[Table] = &[
    Table {
        name: "notice",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("event_id"),
            uuid("person_id"),
            uuid("post_place_id").optional(),
            varchar("post_role", 24).optional(),
            varchar("kind", 40),
            varchar("topic", 16),
            uuid("place_id"),
            varchar("subject_type", 24),
            uuid("subject_id"),
            long("subject_version"),
            text("facts"),
            time("at"),
            time("read_at").optional(),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "event_id", "person_id"]],
        index: &[&["person_id", "id"], &["person_id", "read_at", "id"]],
    },
    Table {
        name: "delivery",
        columns: &[
            uuid("complex_id"),
            uuid("notice_id"),
            varchar("way", 8),
            uuid("person_id"),
            varchar("topic", 16),
            uuid("gathers_at"),
            varchar("severity", 4).optional(),
            varchar("state", 12),
            int("matters"),
            int("attempts"),
            uuid("run").optional(),
            time("run_at"),
            varchar("trouble", 80).optional(),
            time("settled_at").optional(),
        ],
        key: &["complex_id", "notice_id", "way"],
        unique: &[],
        index: &[&["state", "run_at"], &["person_id", "way", "state"], &["complex_id", "state", "notice_id"]],
    },
    Table {
        name: "subscription",
        columns: &[
            uuid("person_id"),
            varchar("template_id", 64),
            long("reported"),
            long("confirmed"),
            long("spent"),
            varchar("last_event", 16),
            time("updated_at"),
        ],
        key: &["person_id", "template_id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "wechat_push",
        columns: &[varchar("digest", 64), time("at")],
        key: &["digest"],
        unique: &[],
        index: &[&["at"]],
    },
    Table {
        name: "person_email",
        columns: &[uuid("person_id"), bytes("address_cipher"), time("confirmed_at")],
        key: &["person_id"],
        unique: &[],
        index: &[],
    },
    Table {
        name: "webhook",
        columns: &[
            uuid("id"),
            uuid("place_id"),
            bytes("url_cipher"),
            bytes("secret_cipher"),
            bytes("old_secret_cipher").optional(),
            time("old_until").optional(),
            text("kinds"),
            varchar("state", 12),
            time("failing_since").optional(),
            long("version"),
            time("created_at"),
        ],
        key: &["id"],
        unique: &[],
        index: &[&["place_id", "id"]],
    },
    Table {
        name: "webhook_delivery",
        columns: &[
            uuid("complex_id"),
            uuid("event_id"),
            uuid("webhook_id"),
            varchar("state", 12),
            int("attempts"),
            uuid("run").optional(),
            time("run_at"),
            int("status").optional(),
            varchar("trouble", 80).optional(),
            time("settled_at").optional(),
        ],
        key: &["complex_id", "event_id", "webhook_id"],
        unique: &[],
        index: &[&["state", "run_at"], &["webhook_id", "event_id"]],
    },
];

/// Logs of which something is not told yet; what happened before there were notices is told to nobody.
const FOLLOWED: &[&str] = &[
    "UPDATE log_head SET noticed_seq = seq",
    "CREATE INDEX log_head_unnoticed ON log_head (complex_id) WHERE noticed_seq < seq",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.make(manager).await?;
        }
        let noticed = long("noticed_seq").definition().default(0).to_owned();
        manager
            .alter_table(sea_query::Table::alter().table("log_head").add_column(noticed).to_owned())
            .await?;
        for sql in FOLLOWED {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX log_head_unnoticed").await?;
        let dropped = sea_query::Table::alter().table("log_head").drop_column("noticed_seq").to_owned();
        manager.alter_table(dropped).await?;
        for table in TABLES.iter().rev() {
            manager.drop_table(sea_query::Table::drop().table(table.name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::{
        MigratorTrait,
        sea_orm::{ConnectionTrait, Database, DbBackend, Statement},
    };

    use super::TABLES;
    use crate::Migrator;

    #[test]
    fn what_belongs_to_a_complex_has_it_first_in_its_keys() {
        for table in
            TABLES.iter().filter(|table| table.columns.iter().any(|column| column.name == "complex_id"))
        {
            for key in table.unique.iter().chain([&table.key]) {
                assert_eq!(key.first(), Some(&"complex_id"), "{}", table.name);
            }
        }
    }

    #[tokio::test]
    async fn what_happened_before_is_told_to_nobody() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        let before = Migrator::migrations().iter().position(|one| one.name() == "m0006_notices").unwrap();
        Migrator::up(&db, Some(u32::try_from(before).unwrap())).await.unwrap();
        db.execute_unprepared("INSERT INTO log_head (complex_id, seq, hash) VALUES (x'00', 7, '')")
            .await
            .unwrap();
        Migrator::up(&db, None).await.unwrap();
        let asked = Statement::from_string(DbBackend::Sqlite, "SELECT noticed_seq FROM log_head");
        let row = db.query_one_raw(asked).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 7);
    }
}
