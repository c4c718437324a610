//! What happens to the clocks of incidents is kept, budgets have their unit, and urges are counted.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement},
};
use serde_json::{Value, json};

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

/// What was being handled already has a clock that started when it was acknowledged.
const HANDLED_NOW: &str = "INSERT INTO clock_entry \
    (complex_id, incident_id, version, kind, change, tenure_seq, rework, at, budget) \
    SELECT i.complex_id, i.id, i.version, 'HANDLING', 'START', t.seq, i.rework, t.acknowledged_at, $1 \
    FROM incident i JOIN tenure t \
    ON t.complex_id = i.complex_id AND t.incident_id = i.id AND t.seq = i.tenure_seq \
    WHERE i.status = 'IN_PROGRESS' AND t.acknowledged_at IS NOT NULL AND i.terms = $2";

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
        let run = |sql: &str, values: [&str; 2]| {
            Statement::from_sql_and_values(db.get_database_backend(), sql, values.map(Into::into))
        };
        let kept = db.query_all_raw(Statement::from_string(
            db.get_database_backend(),
            "SELECT DISTINCT terms FROM incident",
        ));
        for row in kept.await? {
            let old: String = row.try_get_by_index(0)?;
            let damaged = || DbErr::Migration(format!("terms of an incident are damaged: {old}"));
            let terms = with_units(&old).ok_or_else(damaged)?;
            let handling = terms.get("handling").ok_or_else(damaged)?.to_string();
            let new = terms.to_string();
            db.execute_raw(run("UPDATE incident SET terms = $1 WHERE terms = $2", [&new, &old])).await?;
            db.execute_raw(run(HANDLED_NOW, [&handling, &new])).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX incident_settled").await?;
        for column in ["urges", "urged_at"] {
            manager
                .alter_table(sea_query::Table::alter().table("incident").drop_column(column).to_owned())
                .await?;
        }
        manager.drop_table(sea_query::Table::drop().table(CLOCK_ENTRY.name).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Terms whose budgets were seconds, with budgets in urgent minutes: the same length of time.
fn with_units(terms: &str) -> Option<Value> {
    let mut terms: Value = serde_json::from_str(terms).ok()?;
    let members = terms.as_object_mut()?;
    for name in ["first_contact", "handling"] {
        let seconds = members.remove(&format!("{name}_seconds"))?.as_u64()?;
        members.insert(name.to_owned(), json!({ "unit": "URGENT_MINUTES", "amount": seconds / 60 }));
    }
    Some(terms)
}

#[cfg(test)]
mod tests {
    use super::with_units;

    #[test]
    fn budgets_keep_their_length() {
        let old = r#"{"enters_at":"UNIT","absorbs_at":"COMPLEX","first_contact_seconds":1800,"handling_seconds":86400,"evidence":"PHOTO"}"#;
        let new = with_units(old).unwrap();
        assert_eq!(new["first_contact"], serde_json::json!({ "unit": "URGENT_MINUTES", "amount": 30 }));
        assert_eq!(new["handling"]["amount"], 1440);
        assert_eq!((&new["enters_at"], &new["evidence"]), (&"UNIT".into(), &"PHOTO".into()));
        assert!(with_units(&new.to_string()).is_none(), "once only");
    }
}
