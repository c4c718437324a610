//! The people who use the mini-programs. An openid belongs to one app.

use std::collections::HashMap;

pub struct User {
    pub unionid: Option<String>,
    /// Without country code.
    pub phone: Option<String>,
    pub country_code: String,
    /// Refused at sign-in as a high risk (40226).
    pub blocked: bool,
    /// Messages to this user are accepted and then fail.
    pub undeliverable: bool,
    /// When the user was last in the mini-program.
    pub seen: Option<u64>,
    pub session: Option<SessionKey>,
}

impl Default for User {
    fn default() -> Self {
        Self {
            unionid: None,
            phone: None,
            country_code: "86".to_owned(),
            blocked: false,
            undeliverable: false,
            seen: None,
            session: None,
        }
    }
}

/// The one key that is valid for a user now.
#[derive(Clone)]
pub struct SessionKey {
    /// 16 bytes in base64.
    pub text: String,
    pub issued: u64,
    pub expires: u64,
}

/// Users by appid and openid.
#[derive(Default)]
pub struct Users(HashMap<(String, String), User>);

impl Users {
    pub fn get(&self, appid: &str, openid: &str) -> Option<&User> {
        self.0.get(&(appid.to_owned(), openid.to_owned()))
    }

    pub fn get_mut(&mut self, appid: &str, openid: &str) -> Option<&mut User> {
        self.0.get_mut(&(appid.to_owned(), openid.to_owned()))
    }

    /// The user, who begins to exist with the first visit.
    pub fn or_new(&mut self, appid: &str, openid: &str) -> &mut User {
        self.0.entry((appid.to_owned(), openid.to_owned())).or_default()
    }

    /// Whether the openid is somebody's in another app.
    pub fn elsewhere(&self, appid: &str, openid: &str) -> bool {
        self.0.keys().any(|(app, user)| app != appid && user == openid)
    }
}
