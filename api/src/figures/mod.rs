//! Figures 考核: the numbers by which those who hold incidents are judged. The law is `rules::figures`.
//!
//! Promises: what a move decides is written in the move's own transaction and counts in the month of that moment; a
//! figure is an exact fraction, names its formula, and shows every row that made it and why a row was left out; a month
//! of a complex is closed once, however many processes do it, as a body that anybody can hash and compute again; an
//! appeal that is upheld makes a new version that names the hash of the one before. What is asked for is read from
//! tallies, and from the few rows that they do not have yet: nothing grows with what happened in other months or
//! places. Residents see the rates of their complex, and none that so few made that somebody could be known by it.
//!
//! Both sides of a whistle are scored: whether those who were convened came in time and kept their word, and what came of
//! it for who convened them.
//!
//! Never changes a row, or a closing. Never shows a level how those above it did, nor what was reported or convened over
//! its head.
//! Never names a person or a home.
//!
//! Routes: `GET /v1/places/{place_id}/figures`, `…/figures/{figure}/rows`, `…/board`, `…/figure-formula`, `POST`
//! `…/figure-formulas`, `POST` and `GET` `…/closings/{period}`, `GET` `…/closings/{period}/appeals`, `POST
//! /v1/figure-appeals`, `GET /v1/figure-appeals/{appeal_id}`, `POST /v1/figure-appeals/{appeal_id}/decisions`.
//!
//! Besides the floor plan: [`lists`] writes rows on paper; [`clockwork`] is what happens by itself.

pub(crate) mod acts;
pub(crate) mod clockwork;
mod lists;
pub mod model;
mod routes;
mod store;

pub use acts::{Supposition, Verified, verify, verify_file, what_if};
pub use clockwork::{close_due, count};
pub use routes::routes;

crate::problems! {
    MONTH_NOT_OVER = 1_013_001, 409, "本月尚未结束", "The month is not over",
        "请在月末之后再办理月结。", "Close it after the moment that `detail` names.";
    MONTH_CLOSED = 1_013_002, 409, "该月已经月结", "The month is closed already",
        "无需重复办理。", "Read the closing; what is wrong in it is appealed.";
    MONTH_OPEN = 1_013_003, 409, "该月尚未月结", "The month is not closed yet",
        "请在月结之后再申诉。", "Appeal once the month is closed.";
    APPEAL_LATE = 1_013_004, 409, "已过申诉期", "It is too late to appeal",
        "该月的申诉期已过。", "It could be appealed until the moment that `detail` names.";
    ROW_APPEALED = 1_013_005, 409, "这一行已申诉过", "The row was appealed already",
        "每一行只能申诉一次。", "A row is appealed once; read that appeal.";
    APPEAL_DECIDED = 1_013_006, 409, "申诉已有结论", "The appeal is decided already",
        "无需重复处理。", "Nothing to do: read the appeal.";
    FORMULA_UNFIT = 1_013_007, 422, "考核公式有误", "The formula cannot be used",
        "请按提示修改公式。", "Mend what `detail` says.";
    FORMULA_LATE = 1_013_008, 409, "该月已经开始", "That month has begun",
        "新公式只能从以后的月份开始使用。", "A formula holds from a month that has not begun, and no other of that month stands.";
}
