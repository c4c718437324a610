//! Programmes 方案: compositions of modules by which a complex founds its committee, renews it, and decides its matters.
//!
//! **For:** a course that anybody can read before it begins: which steps there are, what each waits for, what it asks of
//! whom, how each may end, and what follows.
//!
//! **Promises:** a template is data, and what is wrong with it is found before anybody starts it, with the line it stands
//! on: modules that can never start, guards that can never hold, modules that wait for one another, deadlines that cannot
//! fit, ends that nobody thought of, and steps that the law wants and that are missing.
//!
//! **Never:** makes anybody the approver of what the owners decide (Civil Code 277: the street and the community guide
//! and assist).
//!
//! | | |
//! |---|---|
//! | [`module`] | the kinds of steps, hot and cold, and how each may end |
//! | [`template`] | what composes them |
//! | [`check`] | what is wrong with one |
//! | [`start`] | from when on it may begin |
//! | [`course`] | one that runs: what the clock and the world move |
//! | [`deed`] | what people do in it, and who may |
//! | [`group`] | of whom a preparatory group is composed |
//! | [`polled`] | what its polls come to, and what that means for its modules |
//! | [`timeline`] | what the record tells of it, in words |

pub mod check;
pub mod course;
pub mod deed;
pub mod group;
pub mod module;
pub mod polled;
pub mod start;
pub mod template;
pub mod timeline;

#[cfg(test)]
mod tests;

pub use check::{Fault, Finding, check};
pub use course::{Course, Step};
pub use deed::{Coming, Deed, Did};
pub use group::{Capacity, Group};
pub use module::{Ending, Kind, Nature, Role};
pub use template::{
    About, Condition, Days, End, Gate, Lines, Module, Said, Template, Unreadable, Wants, built_in,
};

/// The days that a rule's value has; of a range its least, for no vote is shorter.
pub(crate) fn days_of(value: &serde_json::Value) -> Option<u32> {
    value.as_u64().or_else(|| value.get("min")?.as_u64())?.try_into().ok()
}
