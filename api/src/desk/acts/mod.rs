//! Looking at a desk, keeping views and templates at it, and answering from it.

mod answers;
mod rota;
mod spread;
mod templates;
mod views;

use chrono::{DateTime, TimeDelta, Utc};
use rules::incidents as law;
use serde_json::json;
use uuid::Uuid;

pub use answers::answer;
pub(crate) use rota::{next_in_turn, on_duty};
pub use rota::{now as on_duty_now, read as read_rota, set as set_rota};
pub use spread::workloads;
pub use templates::{
    draft, list as list_templates, read as read_template, rewrite as rewrite_template,
    versions as template_versions, withdraw as withdraw_template, write as write_template,
};
pub use views::{
    change as change_view, delete as delete_view, incidents as view_incidents, list as list_views,
    read as read_view, save as save_view,
};

use super::model::{Awaiting, Load, Workload};
use crate::{
    access::{Grant, Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    incidents, places, record,
};

/// The desk of the post at a place.
struct Desk {
    place: Lineage,
    role: law::Holder,
}

impl Desk {
    /// For whoever holds the post, or stands above it on the ladder.
    async fn find(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<Self> {
        let place = places::lineage(db, place).await?;
        viewer.require(Permission::WorkDesk, &place, None)?;
        let level = law::Level::from_code(place.level.as_str());
        let role = level.map(law::Level::holder).filter(|holder| *holder != law::Holder::Owner);
        let role = role.ok_or_else(|| NOT_FOUND.because("no post stands there"))?;
        Ok(Self { place, role })
    }

    /// The same, for whoever holds the post.
    async fn held(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<Self> {
        let desk = Self::find(db, viewer, place).await?;
        if desk.is_held_by(viewer) {
            return Ok(desk);
        }
        Err(NOT_ALLOWED
            .because(format!("it is held by {}: nobody else changes anything at its desk", desk.role)))
    }

    /// The same, also for whoever says who fills the post.
    async fn managed(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<Self> {
        let desk = Self::find(db, viewer, place).await?;
        if desk.is_held_by(viewer) || viewer.may(Permission::GrantRole, &desk.place, None) {
            return Ok(desk);
        }
        Err(NOT_ALLOWED.because(format!(
            "it is held by {}: nobody else but who says who does says who is on duty",
            desk.role
        )))
    }

    fn is_held_by(&self, viewer: &Viewer) -> bool {
        let holds =
            |grant: &Grant| grant.place.id == self.place.id && grant.role.as_str() == self.role.code();
        viewer.grants.iter().any(holds)
    }

    /// Tells the post that something at its desk changed.
    async fn tell(
        &self,
        tx: &Tx,
        viewer: &Viewer,
        kind: &'static str,
        (subject_type, subject, version): (&'static str, Uuid, i64),
    ) -> Result<()> {
        record::write(
            tx,
            record::Event {
                kind,
                complex: self.place.at(Level::Complex).unwrap_or_default(),
                place: self.place.id,
                subject_type,
                subject,
                version,
                role: self.role.code().into(),
                audience: record::Audience::Person,
                person: Some(viewer.person),
                facts: json!({}),
                commitment: None,
            },
        )
        .await
    }
}

/// How much the post at a place has to do.
pub async fn workload(app: &App, viewer: &Viewer, place: Uuid) -> Result<Workload> {
    let desk = Desk::find(app.db.read(), viewer, place).await?;
    let awaiting = incidents::load(app, desk.place.id, desk.role, end_of_day(app.clock.now())).await?;
    let awaiting = awaiting.into_iter().map(|load| {
        let kind = law::DueKind::from_code(&load.due_kind);
        let Load { open, overdue, due_today } = counts(load.open, load.late, load.soon)?;
        Ok(Awaiting {
            due_kind: kind.ok_or_else(|| Problem::internal("an incident's clock has no kind"))?,
            open,
            overdue,
            due_today,
        })
    });
    let awaiting = awaiting.collect::<Result<Vec<_>>>()?;
    let total = |part: fn(&Awaiting) -> u64| awaiting.iter().map(part).sum();
    Ok(Workload {
        open: total(|one| one.open),
        overdue: total(|one| one.overdue),
        due_today: total(|one| one.due_today),
        awaiting,
    })
}

/// Midnight in China.
fn end_of_day(now: DateTime<Utc>) -> DateTime<Utc> {
    let today = local(now);
    let tomorrow = today.date_naive().succ_opt().and_then(|day| day.and_hms_opt(0, 0, 0));
    let tomorrow = tomorrow.and_then(|midnight| midnight.and_local_timezone(today.timezone()).single());
    tomorrow.map_or(now + TimeDelta::days(1), |end| end.with_timezone(&Utc))
}

fn counts(open: i64, late: i64, soon: i64) -> Result<Load> {
    let count = |number: i64| u64::try_from(number).map_err(Problem::internal);
    Ok(Load { open: count(open)?, overdue: count(late)?, due_today: count(soon)? })
}
