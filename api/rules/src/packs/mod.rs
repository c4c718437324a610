//! By which rules owners vote: what law, city, the community's by-laws and the convenor say, one over the other.
//!
//! **For:** a poll whose every rule names its value, who said it, and by what right.
//!
//! **Promises:** nobody says what is not theirs to say: what the law fixes stays, and each lower voice departs from the
//! one above it only in the direction that the parameter allows. What is refused names its source.
//!
//! **Never:** gives legal advice. A city's pack is a reading of its texts and says that it needs a local lawyer's
//! sign-off.
//!
//! | | |
//! |---|---|
//! | [`parameter`] | what can be said at all: type, bounds, who may say it, where it comes from |
//! | [`pack`] | what a city says |
//! | [`effective`] | what holds, and who said it |

pub mod effective;
pub mod pack;
pub mod parameter;

#[cfg(test)]
mod tests;

pub use effective::{Effective, InForce, Refused, Says, Size, asked, kept, nations, resolve, still_holding};
pub use pack::Pack;
pub use parameter::{Kind, May, Parameter, Voice};
