//! Six weeks of what broke.

use chrono::TimeDelta;
use rules::incidents::{Holder, Origin};
use uuid::Uuid;

use super::{
    Progress, Time, painting,
    people::{Resident, Town},
    viewer,
    words::{Course, Report},
};
use crate::{
    http::problem::Result,
    incidents::{
        acts,
        model::{ConfirmIncident, HandleIncident, ReportIncident},
    },
    pii::sha256,
    uploads,
};

/// Reports in their time; some are handled, some climb by themselves.
pub async fn happen(time: &Time<'_>, town: &Town, reports: &[Report], progress: Progress<'_>) -> Result<()> {
    let total = u64::try_from(reports.len()).unwrap_or(u64::MAX);
    for ((number, (category, words, hours, course)), reporter) in
        (0..).zip(reports).zip(town.residents.iter().step_by(5))
    {
        progress("incidents", number, total);
        time.go_to(TimeDelta::hours(*hours)).await?;
        let incident = report(time, reporter, category, words).await?;
        Box::pin(work(time, town, incident, TimeDelta::hours(*hours), *course, reporter)).await?;
    }
    Ok(())
}

async fn report(time: &Time<'_>, reporter: &Resident, category: &str, words: &str) -> Result<Uuid> {
    let photo = photo(time, reporter.person, painting::BROKEN).await?;
    let request = ReportIncident {
        place_id: reporter.unit,
        category: category.into(),
        description: words.into(),
        photo_ids: vec![photo],
        joins: None,
        recurrence_of: None,
    };
    let reporter = viewer(time.app, reporter.person).await?;
    let made =
        time.app.write(async |tx| acts::report(time.app, &reporter, tx, &request, Origin::Resident).await);
    Ok(made.await?.id)
}

async fn photo(time: &Time<'_>, person: Uuid, colour: [u8; 3]) -> Result<Uuid> {
    let app = time.app;
    let bytes = painting::png(colour)?;
    let digest = sha256(&bytes);
    let photo = uploads::encode(bytes, ()).await?;
    let sender = viewer(app, person).await?;
    Ok(app.write(async |tx| uploads::keep(app, &sender, tx, &photo, &digest).await).await?.id)
}

/// As far as the course goes; the holder of the moment acts, a quarter of an hour after the report.
async fn work(
    time: &Time<'_>,
    town: &Town,
    incident: Uuid,
    reported: TimeDelta,
    course: Course,
    resident: &Resident,
) -> Result<()> {
    let app = time.app;
    if course == Course::Open {
        return Ok(());
    }
    time.go_to(reported - TimeDelta::minutes(15)).await?;
    let reader = viewer(app, resident.person).await?;
    let Some(holding) = acts::read(app, &reader, incident).await?.holder else { return Ok(()) };
    let holder = viewer(app, town.holder(holding.role, resident.unit)).await?;
    app.write(async |tx| acts::acknowledge(app, &holder, tx, incident).await.map(drop)).await?;
    if course == Course::Acknowledged {
        return Ok(());
    }
    let photo_ids = vec![photo(time, holder.person, painting::MENDED).await?];
    let handled =
        HandleIncident {
            words: "已到场处理，恢复正常。".into(), before_photo_ids: Vec::new(), photo_ids
        };
    app.write(async |tx| acts::handle(app, &holder, tx, incident, &handled).await.map(drop)).await?;
    if let Course::Confirmed(satisfaction) = course {
        time.go_to(reported - TimeDelta::minutes(45)).await?;
        let confirmed = ConfirmIncident { satisfaction, because: None, reason: None };
        app.write(async |tx| acts::confirm(app, &reader, tx, incident, &confirmed).await.map(drop)).await?;
    }
    Ok(())
}

impl Town {
    /// Who holds what is held by this role, near this unit.
    fn holder(&self, role: Holder, unit: Uuid) -> Uuid {
        match role {
            // Nothing of the demo is put to a household.
            Holder::Owner | Holder::UnitLeader => {
                self.unit_leaders.get(&unit).copied().unwrap_or(self.property)
            }
            Holder::BuildingLeader => self.building_leader,
            Holder::PropertyManager => self.property,
            Holder::CommunityOfficer => self.community,
            Holder::StreetOfficer | Holder::Admin => self.street,
        }
    }
}
