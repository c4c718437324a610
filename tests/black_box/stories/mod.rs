//! What people experience, one file a subject.

mod access;
mod closing;
mod commands;
mod contract;
mod crashes;
mod demo;
mod faults;
mod identity;
mod incidents;
mod neighbours;
mod operating;
mod polls;
mod processes;
mod record;
mod roll;
mod sessions;
mod sweepers;
mod sweeps;
mod uploads;

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
        uploads::stories(),
        polls::stories(),
        closing::stories(),
        commands::stories(),
        crashes::stories(),
        processes::stories(),
        sweepers::stories(),
    ]
    .concat()
}
