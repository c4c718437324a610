//! Whistles 吹哨报到: a level that cannot settle a matter alone convenes those who can. The law is `rules::whistles`.
//!
//! Promises: whoever is convened is there at the time of the call, and has a clock by which to report in; who does not
//! is told to all of them, once; what somebody commits to has a clock too, and is kept, broken or extended in words that
//! stay; both sides' figures follow from the rows: whether it was solved, and who came in time. Words are encrypted.
//! Shown to who convened, who was convened and who stands above, to nobody else: what a community convenes over the
//! property company's head, the company does not see.
//!
//! Never calls anybody below the convener, and never moves the incident that it is about.
//!
//! Routes: `POST /v1/places/{place_id}/whistles`, `POST /v1/incidents/{incident_id}/whistles`, `GET /v1/whistles`,
//! `GET /v1/whistles/{whistle_id}`, and below it `POST` `report-ins`, `minutes`, `closings`, `cancellations`,
//! `commitments/{commitment_id}/settlements`, `commitments/{commitment_id}/extensions`.
//!
//! Besides the floor plan: [`rows`] turns rows into the law's values and back.

pub(crate) mod acts;
pub mod model;
mod routes;
mod rows;
mod store;

pub use acts::tick;
pub use routes::routes;

crate::problems! {
    WHISTLE_ELSEWHERE = 1_016_001, 409, "吹哨已不在这一步", "The whistle is not at that point",
        "请刷新后查看现在的状态。", "Read the whistle again: its status does not allow this.";
    POST_CANNOT_BE_CONVENED = 1_016_002, 422, "不能召集这一方", "This post cannot be convened",
        "只能召集同级其他单位和上级，每方一次。", "Convene others of your own level and those above, each once.";
    POST_EMPTY = 1_016_003, 409, "被召集的一方目前无人", "Nobody fills a post that is convened",
        "请换一方，或先请社区任命。", "Convene another post, or have somebody appointed first: `detail` says which.";
    REPORTED_IN_ALREADY = 1_016_004, 409, "已经报到", "This post reported in already",
        "无需重复报到。", "Nothing to do.";
    COMMITMENTS_PENDING = 1_016_005, 409, "还有承诺没有结果", "Commitments are still pending",
        "请先逐项确认承诺已兑现或未兑现。", "Settle each commitment, kept or broken, and close it then.";
    COMMITMENT_SETTLED = 1_016_006, 409, "这项承诺已有结果", "This commitment was settled already",
        "请刷新后查看。", "Read the whistle again.";
    EXTENSIONS_USED_UP = 1_016_007, 409, "不能再延期", "It cannot be extended any more",
        "请兑现，或说明未能兑现的原因。", "Keep it, or say why it is broken.";
}
