//! What people experience, one file a subject.

mod access;
mod contract;
mod faults;
mod operating;
mod sessions;
mod sweeps;

use crate::story::Story;

/// All stories.
pub fn all() -> Vec<Story> {
    [
        access::stories(),
        contract::stories(),
        sessions::stories(),
        operating::stories(),
        faults::stories(),
        sweeps::stories(),
    ]
    .concat()
}
