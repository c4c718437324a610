//! What happens to the clocks of incidents is kept, budgets have their unit, and urges are counted.

use chrono::TimeDelta;
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement, Value, prelude::DateTimeUtc},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::table::{Table, int, long, text, time, uuid, varchar};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_incident_clocks"
    }
}

const CLOCK_ENTRY: Table = Table {
    name: "clock_entry",
    columns: &[
        uuid("complex_id"),
        uuid("incident_id"),
        long("version"),
        varchar("kind", 16),
        varchar("change", 16),
        int("tenure_seq"),
        int("rework"),
        time("at"),
        text("budget").optional(),
        varchar("reason", 24).optional(),
        time("until").optional(),
    ],
    key: &["complex_id", "incident_id", "version", "kind", "change"],
    unique: &[],
    index: &[],
};

/// The last that were settled, of a category in a complex: what is usual there.
const SETTLED: &str =
    "CREATE INDEX incident_settled ON incident (complex_id, category, closed_at) WHERE status = 'CLOSED'";

/// What was being handled already has a clock: it started one budget before it is due, or where nobody knows that any
/// more, because it is late, when it was acknowledged.
const HANDLED_NOW: &str = "SELECT i.complex_id, i.id, i.version, t.seq, i.rework, t.acknowledged_at, t.due_at, \
    t.due_kind FROM incident i JOIN tenure t \
    ON t.complex_id = i.complex_id AND t.incident_id = i.id AND t.seq = i.tenure_seq \
    WHERE i.status = 'IN_PROGRESS' AND t.acknowledged_at IS NOT NULL AND i.terms = $1";

const STARTED: &str = "INSERT INTO clock_entry \
    (complex_id, incident_id, version, kind, change, tenure_seq, rework, at, budget) \
    VALUES ($1, $2, $3, 'HANDLING', 'START', $4, $5, $6, $7)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        CLOCK_ENTRY.make(manager).await?;
        for column in
            [int("urges").definition().default(0).to_owned(), time("urged_at").optional().definition()]
        {
            manager
                .alter_table(sea_query::Table::alter().table("incident").add_column(column).to_owned())
                .await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared(SETTLED).await?;
        let run = |sql: &str, values: Vec<Value>| {
            Statement::from_sql_and_values(db.get_database_backend(), sql, values)
        };
        for row in db.query_all_raw(run("SELECT DISTINCT terms FROM incident", Vec::new())).await? {
            let old: String = row.try_get_by_index(0)?;
            let terms = with_units(&old)
                .ok_or_else(|| DbErr::Migration(format!("terms of an incident are damaged: {old}")))?;
            for handled in db.query_all_raw(run(HANDLED_NOW, vec![old.clone().into()])).await? {
                let [complex, id]: [Uuid; 2] = [handled.try_get_by_index(0)?, handled.try_get_by_index(1)?];
                let version: i64 = handled.try_get_by_index(2)?;
                let [seq, rework]: [i32; 2] = [handled.try_get_by_index(3)?, handled.try_get_by_index(4)?];
                let acknowledged: DateTimeUtc = handled.try_get_by_index(5)?;
                let due: DateTimeUtc = handled.try_get_by_index(6)?;
                let started = match handled.try_get_by_index::<String>(7)?.as_str() {
                    "HANDLE" => due - TimeDelta::seconds(terms.handling_seconds),
                    _ => acknowledged,
                };
                let budget = budget_of(terms.handling_seconds).to_string();
                let values = vec![
                    complex.into(),
                    id.into(),
                    version.into(),
                    seq.into(),
                    rework.into(),
                    started.into(),
                    budget.into(),
                ];
                db.execute_raw(run(STARTED, values)).await?;
            }
            let update =
                run("UPDATE incident SET terms = $1 WHERE terms = $2", vec![terms.new.into(), old.into()]);
            db.execute_raw(update).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("budgets in working days cannot be told in seconds: go back by a backup".into()))
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Terms with units.
struct Terms {
    new: String,
    handling_seconds: i64,
}

/// Terms whose budgets were seconds, with budgets in urgent minutes: the same length of time.
fn with_units(terms: &str) -> Option<Terms> {
    let mut terms: Json = serde_json::from_str(terms).ok()?;
    let members = terms.as_object_mut()?;
    let mut taken = |name: &str| {
        let seconds = members.remove(&format!("{name}_seconds"))?.as_i64()?;
        members.insert(name.to_owned(), budget_of(seconds));
        Some(seconds)
    };
    taken("first_contact")?;
    let handling_seconds = taken("handling")?;
    Some(Terms { new: terms.to_string(), handling_seconds })
}

/// A budget is a minute at least.
fn budget_of(seconds: i64) -> Json {
    json!({ "unit": "URGENT_MINUTES", "amount": Ord::max(seconds / 60, 1) })
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use sea_orm_migration::{
        MigratorTrait,
        sea_orm::{ConnectionTrait, Database, DbBackend, Statement},
    };
    use uuid::Uuid;

    use super::{DateTimeUtc, with_units};
    use crate::Migrator;

    const OLD: &str = r#"{"enters_at":"UNIT","absorbs_at":"COMPLEX","first_contact_seconds":1800,"handling_seconds":86400,"evidence":"PHOTO"}"#;

    #[test]
    fn budgets_keep_their_length() {
        let new: serde_json::Value = serde_json::from_str(&with_units(OLD).unwrap().new).unwrap();
        assert_eq!(new["first_contact"], serde_json::json!({ "unit": "URGENT_MINUTES", "amount": 30 }));
        assert_eq!(new["handling"]["amount"], 1440);
        assert_eq!((&new["enters_at"], &new["evidence"]), (&"UNIT".into(), &"PHOTO".into()));
        assert!(with_units(&new.to_string()).is_none(), "once only");
    }

    #[tokio::test]
    async fn what_is_being_handled_has_its_clock_afterwards() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        Migrator::up(&db, Some(1)).await.unwrap();
        let run = |sql: &str, values: Vec<sea_orm_migration::sea_orm::Value>| {
            Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
        };
        let at = |day: u32| -> DateTimeUtc { chrono::Utc.with_ymd_and_hms(2026, 11, day, 8, 0, 0).unwrap() };
        let complex = Uuid::from_u128(1);
        // Acknowledged on the 1st and due a day later; sent back on the 9th and due on the 10th; late; not acknowledged.
        let lives = [
            ("IN_PROGRESS", Some(at(1)), at(2), "HANDLE", 0),
            ("IN_PROGRESS", Some(at(1)), at(10), "HANDLE", 1),
            ("IN_PROGRESS", Some(at(1)), at(3), "SHOUT", 0),
            ("SUBMITTED", None, at(2), "CONTACT", 0),
        ];
        for (number, (status, acknowledged, due, kind, rework)) in (2_u128..).zip(lives) {
            let id = Uuid::from_u128(number);
            let incident = "INSERT INTO incident (complex_id, id, place_id, reporter_id, category, severity, terms, \
                description_cipher, status, level, lowest_level, holder_place_id, holder_role, tenure_seq, due_at, \
                due_kind, rework, climbs, reported_at, version) VALUES ($1, $2, $1, $1, 'ELEVATOR_FAULT', 'S2', $3, \
                x'00', $4, 'UNIT', 'UNIT', $1, 'UNIT_LEADER', 1, $5, $6, $7, 0, $8, 3)";
            let values = vec![
                complex.into(),
                id.into(),
                OLD.into(),
                status.into(),
                due.into(),
                kind.into(),
                rework.into(),
                at(1).into(),
            ];
            db.execute_raw(run(incident, values)).await.unwrap();
            let tenure = "INSERT INTO tenure (complex_id, incident_id, seq, level, place_id, role, entered_at, \
                entered_by, acknowledged_at, shouts, due_at, due_kind) VALUES ($1, $2, 1, 'UNIT', $1, 'UNIT_LEADER', \
                $3, 'REPORT', $4, 0, $5, $6)";
            let values =
                vec![complex.into(), id.into(), at(1).into(), acknowledged.into(), due.into(), kind.into()];
            db.execute_raw(run(tenure, values)).await.unwrap();
        }
        Migrator::up(&db, None).await.unwrap();
        let found =
            db.query_all_raw(run("SELECT at, rework, budget FROM clock_entry ORDER BY incident_id", vec![]));
        let mut started = Vec::new();
        for row in found.await.unwrap() {
            assert!(row.try_get_by_index::<String>(2).unwrap().contains("1440"));
            started.push((
                row.try_get_by_index::<DateTimeUtc>(0).unwrap(),
                row.try_get_by_index::<i32>(1).unwrap(),
            ));
        }
        assert_eq!(started, [(at(1), 0), (at(9), 1), (at(1), 0)]);
    }
}
