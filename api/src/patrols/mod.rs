//! Patrols 巡查: routes that somebody walks again and again, and what they find. The law is `rules::patrols`.
//!
//! Promises: a point is checked by the code that hangs there, a random one, of which only a keyed hash is kept; what is
//! found becomes an incident, and counts as found before anybody reported it unless a resident's report of the same stands
//! open there, or is one trouble with it; what a resident reports soon after a point was passed over is told as missed,
//! with the report; a route whose round is late is told of, for each round anew; the
//! property manager hears of both. Phones without a line tell later, within limits.
//!
//! Never shows a code again: whoever loses it hangs up a new one, and the old one is worth nothing.
//!
//! Routes: `POST /v1/patrol-routes`, `GET /v1/places/{place_id}/patrol-routes`, `GET /v1/patrol-routes/{route_id}`, below
//! it `POST` `points/{point_id}/tokens`, `retirements`, `rounds`; `GET /v1/patrol-rounds/{round_id}`, below it `POST`
//! `checks`, `finishes`.

mod acts;
pub mod model;
mod routes;
mod store;

pub(crate) use acts::missed;
pub use acts::tick;
pub use routes::routes;

crate::problems! {
    ROUTE_RETIRED = 1_018_001, 409, "巡查路线已停用", "The route is not walked any more",
        "请选择其他路线。", "Take another route.";
    ROUND_FINISHED = 1_018_002, 409, "这次巡查已结束", "The round is finished",
        "请开始新的巡查。", "Begin another round.";
    POINT_UNKNOWN = 1_018_003, 422, "二维码不属于这条路线", "This code is of no point of this route",
        "请核对路线；二维码如已更换请扫描新码。", "Check the route; if the code was replaced, scan the new one.";
    POINT_CHECKED = 1_018_004, 409, "本次已检查过该点", "This point was checked in this round already",
        "无需重复扫码。", "Nothing to do: go on to the next point.";
    ROUTES_TOO_MANY = 1_018_005, 409, "巡查路线太多", "Too many routes are walked",
        "请先停用不再需要的路线。", "A complex has 50 routes at most: retire some first.";
}
