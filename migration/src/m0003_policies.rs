//! Policies have versions, tenures keep the one they are held to, and incidents say when the next thing happens.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement, Value},
};
use serde_json::{Value as Json, json};

use crate::table::{Column, Table, int, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_policies"
    }
}

const TABLES: &[Table] = &[
    Table {
        name: "policy_version",
        columns: &[
            uuid("complex_id"),
            uuid("id"),
            uuid("place_id"),
            varchar("scope", 40),
            int("version"),
            text("says"),
            varchar("published_as", 24),
            time("published_at"),
        ],
        key: &["complex_id", "id"],
        unique: &[&["complex_id", "place_id", "scope", "version"]],
        index: &[&["place_id", "scope", "version"], &["place_id", "id"]],
    },
    // Belongs to no complex: many are held to the same.
    Table {
        name: "frozen_policy",
        columns: &[varchar("key", 64), text("policy"), text("sources")],
        key: &["key"],
        unique: &[],
        index: &[],
    },
];

const SQL: &[&str] = &[
    // When the next thing happens by itself; the sweep reads nothing else.
    "CREATE INDEX incident_acts ON incident (acts_at, id) WHERE acts_at IS NOT NULL",
    "DROP INDEX incident_due",
    "UPDATE incident SET acts_at = due_at",
    // What ran before was never to be warned of.
    "UPDATE tenure SET warned = 100",
];

const FREEZE: &str = "INSERT INTO frozen_policy (key, policy, sources) VALUES ($1, $2, '[]')";
const HOLD: &str = "UPDATE incident SET policy = $1 WHERE terms = $2";
const HOLD_TENURES: &str = "UPDATE tenure SET policy = (SELECT i.policy FROM incident i \
    WHERE i.complex_id = tenure.complex_id AND i.id = tenure.incident_id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.make(manager).await?;
        }
        let policy = varchar("policy", 64).definition().default("").to_owned();
        let count = |column: Column, number: i32| column.definition().default(number).to_owned();
        let columns = [
            ("incident", policy.clone()),
            ("incident", count(int("households"), 1)),
            ("incident", time("acts_at").optional().definition()),
            ("tenure", policy),
            ("tenure", count(int("warned"), 0)),
            ("tenure", count(int("reminded"), 0)),
            ("tenure", count(int("households_before"), 0)),
            ("tenure", count(int("rework_before"), 0)),
        ];
        for (table, mut column) in columns {
            manager
                .alter_table(sea_query::Table::alter().table(table).add_column(&mut column).to_owned())
                .await?;
        }
        let db = manager.get_connection();
        for sql in SQL {
            db.execute_unprepared(sql).await?;
        }
        let run = |sql: &str, values: Vec<Value>| {
            Statement::from_sql_and_values(db.get_database_backend(), sql, values)
        };
        let terms = db.query_all_raw(run("SELECT DISTINCT terms FROM incident", Vec::new())).await?;
        for (number, row) in (1..).zip(terms) {
            let terms: String = row.try_get_by_index(0)?;
            let policy = policy_of(&terms)
                .ok_or_else(|| DbErr::Migration(format!("terms of an incident are damaged: {terms}")))?;
            let key = format!("terms-{number}");
            db.execute_raw(run(FREEZE, vec![key.clone().into(), policy.into()])).await?;
            db.execute_raw(run(HOLD, vec![key.into(), terms.into()])).await?;
        }
        db.execute_unprepared(HOLD_TENURES).await?;
        db.execute_unprepared("ALTER TABLE incident DROP COLUMN terms").await?;
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("policies are more than terms: go back by a backup".into()))
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The policy that holds somebody to the same as those terms did: nothing is told before it is due, and whoever may make
/// it climb does so without limit.
fn policy_of(terms: &str) -> Option<String> {
    let terms: Json = serde_json::from_str(terms).ok()?;
    let of = |name: &str| terms.get(name).cloned();
    let pauses = of("pauses");
    let pause_for: &[&str] = match pauses {
        None => &[],
        Some(_) => &[
            "AWAITING_ACCESS",
            "AWAITING_PARTS",
            "AWAITING_OWNERS_VOTE",
            "WEATHER_ALERT",
            "AWAITING_AUTHORITY",
        ],
    };
    let reasons = ["BY_HAND", "OUT_OF_SCOPE", "SEVERITY", "DISSATISFIED", "RESIDENT_REQUEST", "OFFICER_PULL"];
    let day = json!({ "unit": "URGENT_MINUTES", "amount": 1440 });
    let tier = json!({
        "triage": day,
        "first_contact": of("first_contact")?,
        "handling": of("handling")?,
        "verifying": day,
        "warn_at": [],
        "tells": [],
        "reminders": { "every": day, "at_most": 0 },
        "climbs": { "overdue": {}, "by_hand": reasons.map(|reason| json!({ "reason": reason })) },
    });
    let levels = ["HOME", "UNIT", "BUILDING", "COMPLEX", "COMMUNITY", "STREET", "DISTRICT"];
    let tiers: serde_json::Map<String, Json> =
        levels.into_iter().map(|level| (level.to_owned(), tier.clone())).collect();
    let common = json!({
        "enters_at": of("enters_at")?,
        "absorbs_at": of("absorbs_at")?,
        "leaves_out": [],
        "evidence": of("evidence")?,
        "pause_for": pause_for,
        "pause_limits": pauses.unwrap_or_else(|| json!({ "each_days": 1, "total_days": 1 })),
        "quiet": { "from_hour": 0, "to_hour": 0 },
    });
    Some(json!({ "common": common, "tiers": tiers }).to_string())
}

#[cfg(test)]
mod tests {
    use rules::incidents::{Level, PauseReason, Policy};
    use sea_orm_migration::{
        MigratorTrait,
        sea_orm::{ConnectionTrait, Database, DbBackend, Statement, Value},
    };
    use uuid::Uuid;

    use crate::Migrator;

    const LIFT: &str = r#"{"enters_at":"UNIT","absorbs_at":"COMPLEX","first_contact":{"unit":"URGENT_MINUTES","amount":30},"handling":{"unit":"URGENT_MINUTES","amount":1440},"evidence":"PHOTO","pauses":{"each_days":7,"total_days":15}}"#;
    const TRAPPED: &str = r#"{"enters_at":"COMPLEX","absorbs_at":"COMPLEX","first_contact":{"unit":"URGENT_MINUTES","amount":5},"handling":{"unit":"URGENT_MINUTES","amount":60},"evidence":"TEXT"}"#;

    #[tokio::test]
    async fn whoever_is_held_to_terms_is_held_to_the_same_afterwards() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        Migrator::up(&db, Some(2)).await.unwrap();
        let run =
            |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        let complex = Uuid::from_u128(1);
        for (number, terms) in (2_u128..).zip([LIFT, TRAPPED, LIFT]) {
            let id = Uuid::from_u128(number);
            let incident = "INSERT INTO incident (complex_id, id, place_id, reporter_id, category, severity, terms, \
                description_cipher, status, level, lowest_level, holder_place_id, holder_role, tenure_seq, due_at, \
                due_kind, rework, climbs, reported_at, version) VALUES ($1, $2, $1, $1, 'X', 'S2', $3, x'00', \
                'SUBMITTED', 'UNIT', 'UNIT', $1, 'UNIT_LEADER', 1, '2026-11-01 08:00:00+00:00', 'CONTACT', 0, 0, \
                '2026-11-01 07:00:00+00:00', 1)";
            db.execute_raw(run(incident, vec![complex.into(), id.into(), terms.into()])).await.unwrap();
            let tenure = "INSERT INTO tenure (complex_id, incident_id, seq, level, place_id, role, entered_at, \
                entered_by, shouts, due_at, due_kind) VALUES ($1, $2, 1, 'UNIT', $1, 'UNIT_LEADER', \
                '2026-11-01 07:00:00+00:00', 'REPORT', 0, '2026-11-01 08:00:00+00:00', 'CONTACT')";
            db.execute_raw(run(tenure, vec![complex.into(), id.into()])).await.unwrap();
        }
        Migrator::up(&db, None).await.unwrap();
        let sql = "SELECT f.policy, i.acts_at = i.due_at, t.warned, i.households FROM incident i \
            JOIN tenure t ON t.incident_id = i.id AND t.policy = i.policy \
            JOIN frozen_policy f ON f.key = i.policy ORDER BY i.id";
        let mut held = Vec::new();
        for row in db.query_all_raw(run(sql, vec![])).await.unwrap() {
            let policy: Policy = serde_json::from_str(&row.try_get_by_index::<String>(0).unwrap()).unwrap();
            let numbers = [1, 2, 3].map(|column| row.try_get_by_index::<i32>(column).unwrap());
            assert_eq!(numbers, [1, 100, 1]);
            let tier = policy.at(Level::Street);
            let pauses = policy.pauses(PauseReason::AwaitingParts).map(|limits| limits.total_days.get());
            held.push((policy.common.enters_at, tier.first_contact.amount(), tier.handling.amount(), pauses));
        }
        let lift = (Level::Unit, 30, 1440, Some(15));
        assert_eq!(held, [lift, (Level::Complex, 5, 60, None), lift]);
    }
}
