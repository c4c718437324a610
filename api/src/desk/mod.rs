//! The desk 工作台 of a post: how much waits for it and for each of its people, who of them is on duty, filters of its own,
//! replies that are written once, and one answer to many incidents.
//!
//! Promises: a desk belongs to whoever holds the post at a place; whoever stands above on the ladder may look at it and
//! changes nothing, but that whoever says who fills the post may also say who is on duty; who of the post has how much to
//! do is the post's own. Where nobody is on duty everybody of the post is called. A view that somebody saved for themselves is nobody else's. A template that is changed keeps every
//! version, and a blank that nothing could fill is refused when it is written. One answer to many incidents is as many
//! writes: each succeeds or is refused by itself, and one that broke off goes on where it was.
//!
//! Never answers an incident that another post holds, and never shows more of an incident than `incidents` does: its
//! lists and acts are used, nothing beside them.
//!
//! Routes: below `/v1/places/{place_id}/desk`: `GET` (the workload), `GET` `workloads` (how it is spread), `GET` and `PUT` `rota`,
//! `GET` `duty` (who is on duty now), `GET` and `POST` `views`, `GET`, `PUT` and `DELETE`
//! `views/{view_id}`, `GET` `views/{view_id}/incidents`, `GET` and `POST` `templates`, `GET`, `PUT` and `DELETE`
//! `templates/{template_id}`, `GET` `templates/{template_id}/versions`, `POST` `answers`; and
//! `GET /v1/incidents/{incident_id}/drafts/{template_id}`.

mod acts;
mod model;
mod routes;
mod store;

pub(crate) use acts::{next_in_turn, on_duty};
pub use routes::routes;

crate::problems! {
    VIEWS_USED_UP = 1_014_001, 409, "保存的视图太多", "Too many saved views",
        "请先删除不用的视图。", "Delete a view that is not used: a person keeps 20 at a desk, a post shares 50.";
    TEMPLATES_USED_UP = 1_014_002, 409, "回复模板太多", "Too many templates",
        "请先删除不用的模板。", "Withdraw a template that is not used: a desk has 100.";
    TEMPLATE_BROKEN = 1_014_003, 422, "模板中的空格写法不对", "The template's blanks cannot be read",
        "花括号中只能写 category、place、reported_on、due_at。", "Between braces stand `category`, `place`, `reported_on` or `due_at`, and nothing else.";
    TEMPLATE_FOR_ANOTHER_ACT = 1_014_004, 409, "模板不适用于此操作", "The template is for something else",
        "请选择适用的模板，或直接填写。", "Name a template without an act, or with the act that is carried out; and without a category, or with the incident's.";
}
