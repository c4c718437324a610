//! Schema history, the same on SQLite and PostgreSQL. Knows nothing of the entities, so that an old migration
//! never changes its meaning when an entity does.

mod m0001_first_schema;
mod m0002_incident_clocks;
mod m0003_policies;
mod m0004_courses;
mod m0005_clusters;
mod m0006_notices;
mod m0007_figures;
mod m0008_desk;
mod m0009_field;
mod m0010_open311;
mod m0011_contents;
mod m0012_prompts;
mod m0013_photo_checks;
mod m0014_wide_tellings;
mod m0015_whistle_scores;
mod m0016_boards;
mod m0017_rule_packs;
mod m0019_incident_desk;
mod m0020_guards;
mod m0022_poll_outcomes;
mod m0023_programmes;
mod m0024_runoffs;
mod m0025_objections;
mod m0026_set_aside;
mod m0027_papers;
mod m0028_mandates;
mod m0029_roll_corrections;
mod m0030_poll_deadlines;
mod m0031_poll_registrations;
mod m0032_service;
mod m0033_publicity;
mod m0034_external;
mod m0035_pauses;
mod m0036_representations;
mod m0037_calendar_years;
mod m0038_committees;
mod m0039_programme_templates;
mod m0040_programme_member;
mod m0041_programme_tasks;
mod m0042_roll_kinds;
mod m0043_positions;
mod m0044_duty;
mod m0045_incident_work;
mod m0046_roll_objection_prompts;
mod m0047_among;
mod table;

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigrationStatus, MigratorTrait};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first_schema::Migration),
            Box::new(m0002_incident_clocks::Migration),
            Box::new(m0003_policies::Migration),
            Box::new(m0004_courses::Migration),
            Box::new(m0005_clusters::Migration),
            Box::new(m0006_notices::Migration),
            Box::new(m0007_figures::Migration),
            Box::new(m0008_desk::Migration),
            Box::new(m0009_field::Migration),
            Box::new(m0010_open311::Migration),
            Box::new(m0011_contents::Migration),
            Box::new(m0012_prompts::Migration),
            Box::new(m0013_photo_checks::Migration),
            Box::new(m0014_wide_tellings::Migration),
            Box::new(m0015_whistle_scores::Migration),
            Box::new(m0016_boards::Migration),
            Box::new(m0017_rule_packs::Migration),
            Box::new(m0019_incident_desk::Migration),
            Box::new(m0020_guards::Migration),
            Box::new(m0022_poll_outcomes::Migration),
            Box::new(m0023_programmes::Migration),
            Box::new(m0024_runoffs::Migration),
            Box::new(m0025_objections::Migration),
            Box::new(m0026_set_aside::Migration),
            Box::new(m0027_papers::Migration),
            Box::new(m0028_mandates::Migration),
            Box::new(m0029_roll_corrections::Migration),
            Box::new(m0030_poll_deadlines::Migration),
            Box::new(m0031_poll_registrations::Migration),
            Box::new(m0032_service::Migration),
            Box::new(m0033_publicity::Migration),
            Box::new(m0034_external::Migration),
            Box::new(m0035_pauses::Migration),
            Box::new(m0036_representations::Migration),
            Box::new(m0037_calendar_years::Migration),
            Box::new(m0038_committees::Migration),
            Box::new(m0039_programme_templates::Migration),
            Box::new(m0040_programme_member::Migration),
            Box::new(m0041_programme_tasks::Migration),
            Box::new(m0042_roll_kinds::Migration),
            Box::new(m0043_positions::Migration),
            Box::new(m0044_duty::Migration),
            Box::new(m0045_incident_work::Migration),
            Box::new(m0046_roll_objection_prompts::Migration),
            Box::new(m0047_among::Migration),
        ]
    }
}
