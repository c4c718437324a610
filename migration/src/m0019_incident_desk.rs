//! Of each urge is kept which household it came from, and when that urged last; of each report that a planned outage
//! explains, until when it does.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::table::{Table, time, uuid};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0019_incident_desk"
    }
}

const URGE: Table = Table {
    name: "urge",
    columns: &[uuid("complex_id"), uuid("incident_id"), uuid("household_id"), time("at")],
    key: &["complex_id", "incident_id", "household_id"],
    unique: &[],
    index: &[],
};

/// Until now only its reporter urged.
const OF_REPORTERS: &str = "INSERT INTO urge (complex_id, incident_id, household_id, at)
    SELECT complex_id, id, COALESCE(household_id, reporter_id), urged_at FROM incident WHERE urged_at IS NOT NULL";

const LAST: &str = "UPDATE incident SET urged_at = (
    SELECT MAX(urge.at) FROM urge WHERE urge.complex_id = incident.complex_id AND urge.incident_id = incident.id)
    WHERE urges > 0";

/// What waits already goes on waiting, and is told of when the outage is over.
const EXPLAINED: &str = "UPDATE incident SET explained_until = (
    SELECT outage.until_at FROM outage WHERE outage.complex_id = incident.complex_id AND outage.id = incident.outage_id)
    WHERE outage_id IS NOT NULL AND status = 'SUBMITTED'";

const BY_TIME: &str = "CREATE INDEX incident_explained_until ON incident (explained_until, id) WHERE explained_until IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        URGE.make(manager).await?;
        manager.get_connection().execute_unprepared(OF_REPORTERS).await?;
        let dropped = sea_query::Table::alter().table("incident").drop_column("urged_at").to_owned();
        manager.alter_table(dropped).await?;
        let mut column = time("explained_until").optional().definition();
        let explained = sea_query::Table::alter().table("incident").add_column(&mut column).to_owned();
        manager.alter_table(explained).await?;
        manager.get_connection().execute_unprepared(EXPLAINED).await?;
        manager.get_connection().execute_unprepared(BY_TIME).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX incident_explained_until").await?;
        let gone = sea_query::Table::alter().table("incident").drop_column("explained_until").to_owned();
        manager.alter_table(gone).await?;
        let mut column = time("urged_at").optional().definition();
        let again = sea_query::Table::alter().table("incident").add_column(&mut column).to_owned();
        manager.alter_table(again).await?;
        manager.get_connection().execute_unprepared(LAST).await?;
        manager.drop_table(sea_query::Table::drop().table("urge").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
