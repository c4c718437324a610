//! Open311: the door that city services share (`GeoReport` v2, with the extension for updates). The law of what may
//! be told is `rules::open311`.
//!
//! For: a city's portal, or another complex's app, that already speaks the convention. It reads without a key what is
//! public of a complex's incidents, and reports with a key that an officer issued.
//!
//! Promises: what the convention says, to the letter: XML and JSON by the suffix of the path, errors in its own form
//! with its own HTTP codes, an empty argument as good as an absent one. A list never reaches over more than 90 days or
//! 1000 rows, and is walked by an index. A report that is sent again, with the same key and the same words, is
//! answered with the same id. Each complex is a jurisdiction of its own, named by its id: `{id}.linli.invalid`.
//!
//! `lat` and `long` are of WGS 84. In an answer they are those of the place that is named, as an office put it on the map,
//! and what is near a point is chosen by them: nobody finds out by asking again and again where a report came from. A
//! report with them alone is the nearest building's within 60 metres or else the complex's, and refused more than 1000
//! metres from both; as long as nothing of a complex is on the map it is the complex's. `radius` counts metres.
//!
//! Photos come with a report as `media[]`, three at most, and are looked at by a person like those of anybody who is not in the
//! mini-program. `media_url` of an answer is the small picture of the first one that a person passed. A `media_url` that
//! is sent is an address of somebody else's: it is told to whoever handles the report, and never fetched, so that nobody
//! has us call elsewhere, or show tomorrow what is not there today.
//!
//! Never tells what somebody wrote, who they are, or where they live: a description is the category's name, a place is
//! the complex, or the building where enough households reported the same, and a photo is shown only where the place is
//! told as closely as it is known. Never keeps who asked for it: of a report from outside the name, e-mail, phone and
//! device are dropped, and its words are read by whoever handles it alone.
//!
//! These paths stand beside the contract of `/v1`, not in it: which form an answer has follows from the path, an error
//! is a list in XML or JSON and never a problem document, and OpenAPI cannot say how the one maps to the other. What
//! holds them to the convention is a suite of their own, `tests/open311`, which can be pointed at any server. Issuing
//! keys is of our own making, and in the contract.
//!
//! Routes in the contract: `POST` and `GET /v1/places/{place_id}/api-keys`, `GET` and `DELETE
//! /v1/places/{place_id}/api-keys/{api_key_id}`. Beside it, each with `.xml` and `.json`: `GET /open311/discovery`,
//! and below `/open311/v2` `GET` `services`, `services/{service_code}`, `requests`, `requests/{service_request_id}`,
//! `tokens/{token}`, `servicerequestupdates`, `POST` `requests`, `servicerequestupdates`. `GET /open311/v2/requests.csv` is
//! a year at most in the columns that cities export, written while it is read; `GET /open311/v2/media/{photo}.jpg` a
//! picture.
//!
//! Besides the floor plan: [`arguments`] reads what was asked, [`refused`] collects what is wrong with it, [`told`] is
//! an answer before it has its form.

pub(crate) mod acts;
mod arguments;
mod model;
mod refused;
mod routes;
mod store;
mod told;

pub use refused::Refused;
pub use routes::{beside_the_contract, in_form, routes};
pub use told::Format;

crate::problems! {
    JURISDICTION_MISSING = 1_020_001, 400, "缺少 jurisdiction_id", "jurisdiction_id is missing",
        "请在请求中加入 jurisdiction_id。", "This endpoint serves several jurisdictions: say which one.";
    JURISDICTION_UNKNOWN = 1_020_002, 404, "没有此 jurisdiction_id", "There is no such jurisdiction_id",
        "请核对 jurisdiction_id。", "Send the jurisdiction_id that came with the key.";
    API_KEY_REFUSED = 1_020_003, 403, "api_key 缺失或无效", "The api_key is missing or not valid",
        "请使用该小区签发的有效 api_key。", "Send the form parameter api_key as an officer of the jurisdiction issued it.";
    ARGUMENT_INVALID = 1_020_004, 400, "参数有误", "An argument does not fit",
        "请按提示修改参数。", "Mend the argument that is named.";
    SERVICE_UNKNOWN = 1_020_005, 404, "没有此服务", "There is no such service",
        "请从 services 中选择 service_code。", "Choose a service_code of the service list.";
    REQUEST_UNKNOWN = 1_020_006, 404, "没有此报事", "There is no such service request",
        "请核对编号；未公开的报事也显示为没有。", "Check the id; what is not public does not exist here.";
    API_KEYS_TOO_MANY = 1_020_007, 409, "有效的密钥太多", "Too many keys stand already",
        "请先撤销不用的密钥。", "Revoke one that nobody uses any more.";
    API_KEY_PLACE_MISFIT = 1_020_008, 422, "密钥只能在小区一级签发", "Keys are issued at a complex",
        "请选择小区。", "Name a place of the level COMPLEX.";
}
