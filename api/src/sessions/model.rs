//! Requests and answers of sessions.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How somebody signs in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(tag = "grant", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum SignIn {
    /// With the code of `wx.login`.
    #[serde(rename = "WECHAT")]
    WeChat {
        #[garde(length(chars, min = 1, max = 128))]
        #[schema(min_length = 1, max_length = 128)]
        code: String,
        /// What the person will know the device by.
        #[garde(length(chars, max = 60))]
        #[schema(max_length = 60)]
        #[serde(default)]
        device: Option<String>,
    },
    /// As a person of the demo; in the demo and in tests only.
    Demo {
        #[garde(skip)]
        login: DemoLogin,
        /// What the person will know the device by.
        #[garde(length(chars, max = 60))]
        #[schema(max_length = 60)]
        #[serde(default)]
        device: Option<String>,
    },
}

/// The persons of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DemoLogin {
    Resident,
    Coowner,
    Property,
    Community,
    Street,
    Supervisor,
    Candidate,
}

impl DemoLogin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Coowner => "coowner",
            Self::Property => "property",
            Self::Community => "community",
            Self::Street => "street",
            Self::Supervisor => "supervisor",
            Self::Candidate => "candidate",
        }
    }
}

/// A sign-in that succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// Sent as `Authorization: Bearer …`.
    #[schema(max_length = 1000)]
    pub access_token: String,
    /// Seconds for which the token is good.
    #[schema(example = 7200, minimum = 1, maximum = 86_400)]
    pub expires_in: i64,
    pub session_id: Uuid,
    pub person: Person,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Person {
    pub id: Uuid,
}

/// A device on which the caller is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    pub id: Uuid,
    #[schema(max_length = 60)]
    pub device: String,
    pub created_at: DateTime<FixedOffset>,
    pub last_used_at: DateTime<FixedOffset>,
    /// Whether this is the session that asks.
    pub current: bool,
}

/// All devices on which the caller is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sessions {
    #[schema(max_items = 20)]
    pub items: Vec<Session>,
}
