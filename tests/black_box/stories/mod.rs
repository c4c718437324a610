//! What people experience, one file a subject.

mod closing;
mod contract;
mod faults;
mod neighbours;
mod operating;
mod polls;
mod sessions;
mod sweeps;

use crate::story::Story;

/// All stories.
pub fn all() -> Vec<Story> {
    [
        contract::stories(),
        sessions::stories(),
        operating::stories(),
        faults::stories(),
        sweeps::stories(),
        polls::stories(),
        closing::stories(),
    ]
    .concat()
}
