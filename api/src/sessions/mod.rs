//! Sessions: signing in, the devices on which somebody is signed in, and ending them.
//!
//! Promises: a code from WeChat is exchanged once and never again by itself; a session that was ended is ended for
//! the next request; when sessions cannot be kept, nobody is signed in (503), never "for now". Never tells a client
//! an openid or a session key, and never takes the right to vote from a sign-in.
//!
//! A code that WeChat never issued and one that is older than five minutes have one name, `CODE_UNKNOWN`: WeChat
//! answers 40029 to both, and the service sees a code for the first time when it is exchanged, so that it cannot know
//! when it was issued. The cure is the same. A used code, 40163, has its own name.
//!
//! Routes: `POST /v1/sessions`, `GET /v1/sessions`, `DELETE /v1/sessions/{session_id}`.

mod acts;
mod model;
mod routes;
mod store;
pub mod token;

pub use acts::{demo_person, name_demo_person, new_person};
pub use routes::routes;

crate::problems! {
    CODE_UNKNOWN = 1_001_001, 401, "登录凭证无效或已过期", "The code is unknown or has expired",
        "请重新打开小程序再试。", "Call wx.login again and send the new code.";
    CODE_USED = 1_001_002, 401, "登录凭证已使用", "The code was used already",
        "请重新打开小程序再试。", "Call wx.login again; a code signs in once.";
    USER_BLOCKED = 1_001_003, 403, "微信暂时限制了此账号", "WeChat blocks this user",
        "请联系微信客服。", "Only WeChat can lift this.";
    WECHAT_BUSY = 1_001_004, 503, "微信暂时无法登录", "WeChat does not answer",
        "请稍后再试。", "Call wx.login again after `Retry-After` seconds.";
    GRANT_NOT_ACCEPTED = 1_001_005, 403, "此处不接受这种登录方式", "This grant is not accepted here",
        "请使用微信登录。", "Sign in with WeChat; demo sign-ins exist in the demo only.";
}
