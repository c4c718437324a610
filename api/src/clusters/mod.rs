//! Clusters 聚合: incidents that are one trouble. The law is `rules::clusters`.
//!
//! Promises: who is about to report sees what neighbours reported, how far it is and how many households have it, and
//! nothing of who or which home they are; an incident that joins stays its reporter's own, with its thread, its voice and
//! its clock, which stands still as long as another leads, whose own counts since the earliest of those that measure the
//! same; households are counted, each once, also when several join at
//! one moment; the place of a cluster is the widest whose households reach a quorum, and whoever answers there holds it;
//! a newcomer is always told to the holder; when the lead is handled every household is asked, and one that says it is
//! still broken goes its own way; when a lead is gone another incident of the cluster leads on.
//!
//! Never deletes a link: an incident leaves. Never stacks what is nobody else's business, see `data/stacking.json`.
//!
//! Routes: `POST /v1/matches`, `POST /v1/clusters`, `GET /v1/clusters/{cluster_id}`, and below it `GET` `members` and
//! `POST` `splits`. A report joins with `joins` in `POST /v1/incidents`.
//!
//! Whatever changes a cluster holds the lock of its category in its complex, then locks incidents, and writes the cluster
//! last; what only happens to a member asks it to be looked at again, and [`clockwork`] does so.

pub(crate) mod acts;
pub(crate) mod clockwork;
pub mod model;
mod routes;
mod store;

pub use clockwork::tick;
pub use routes::routes;

crate::problems! {
    CLUSTER_ELSEWHERE = 1_011_001, 409, "这件事已有变化", "The cluster is not at that point",
        "请刷新后查看；仍有问题请重新上报。", "It was handled, closed or dissolved meanwhile: read it again, or report anew what is still broken.";
    NEVER_STACKS = 1_011_002, 422, "这类事项不能合并", "This is never one trouble of several households",
        "请单独上报或处理。", "Report it, or handle it, on its own.";
    SOMETHING_ELSE = 1_011_003, 409, "不是同一件事", "It is not the same trouble",
        "请核对类别和地点后重试。", "What is stacked has one category, is in one complex, and is not over; `detail` says what is not.";
}
