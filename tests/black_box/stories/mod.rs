//! What people experience, one file a subject.

mod contract;
mod faults;
mod incidents;
mod operating;
mod sessions;
mod sweeps;
mod uploads;

use crate::story::Story;

/// All stories.
pub fn all() -> Vec<Story> {
    [
        contract::stories(),
        sessions::stories(),
        operating::stories(),
        faults::stories(),
        sweeps::stories(),
        incidents::stories(),
        uploads::stories(),
    ]
    .concat()
}
