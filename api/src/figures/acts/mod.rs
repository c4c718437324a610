//! Writing what a move decides, telling figures, closing months and hearing appeals.
//!
//! [`note`] is called by the moves themselves; [`sight`] says what a viewer may see; the rest are the verbs.

mod appeal;
mod board;
mod close;
mod formula;
mod note;
mod posts;
mod sight;
mod tell;
mod verify;
mod what_if;

pub(crate) use appeal::{appeal, appeals, decide, read_appeal};
pub use board::board;
pub use close::closing;
pub(crate) use close::{Closer, close, close_by_hand};
pub(super) use formula::holding;
pub(crate) use formula::{publish, shown as formula};
pub(crate) use note::{Noted, Whistled, note, note_whistle, standing};
pub use tell::{figures, rows};
pub use verify::{Verified, verify, verify_file};
pub use what_if::{Supposition, what_if};
