//! What people experience, one file a subject.

mod access;
mod closing;
mod clusters;
mod commands;
mod contract;
mod courses;
mod crashes;
mod demo;
mod desk;
mod faults;
mod figures;
mod identity;
mod incidents;
mod moderation;
mod neighbours;
mod notices;
mod open311;
mod operating;
mod outages;
mod patrols;
mod polls;
mod processes;
mod record;
mod roll;
mod sessions;
mod sweepers;
mod sweeps;
mod uploads;
mod visits;
mod whistles;

use crate::story::Story;

/// All stories.
pub fn all() -> Vec<Story> {
    [
        access::stories(),
        contract::stories(),
        sessions::stories(),
        identity::stories(),
        roll::stories(),
        record::stories(),
        operating::stories(),
        demo::stories(),
        faults::stories(),
        sweeps::stories(),
        incidents::stories(),
        courses::stories(),
        desk::stories(),
        clusters::stories(),
        moderation::stories(),
        figures::stories(),
        notices::stories(),
        uploads::stories(),
        whistles::stories(),
        outages::stories(),
        patrols::stories(),
        visits::stories(),
        polls::stories(),
        closing::stories(),
        commands::stories(),
        crashes::stories(),
        processes::stories(),
        sweepers::stories(),
        open311::stories(),
    ]
    .concat()
}
