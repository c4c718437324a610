//! What goes over the wire: a request as WeChat reads it, and an answer as WeChat writes it.
//!
//! The strictness that all calls share lives here: raw JSON only, no form, no unknown name, no `access_token` in
//! the body. WeChat itself overlooks unknown names; this program refuses them, because a misspelt optional
//! parameter would otherwise pass every test and do nothing in production.

use serde_json::{Map, Value, json};

use crate::random::Random;

/// One request, already read to its end.
pub struct Ask {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Ask {
    /// A query parameter that is there and not empty.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub fn must_get(&self) -> Result<(), Refusal> {
        if self.method == "GET" { Ok(()) } else { Err(Refusal::new(43001, "require GET method")) }
    }

    pub fn must_post(&self) -> Result<(), Refusal> {
        if self.method == "POST" { Ok(()) } else { Err(Refusal::new(43002, "require POST method")) }
    }

    /// The JSON object of a POST, in which only `known` names may stand.
    pub fn posted(&self, known: &[&str]) -> Result<Posted, Refusal> {
        let form = ["application/x-www-form-urlencoded", "multipart/form-data"];
        if form.iter().any(|kind| self.content_type.starts_with(kind)) {
            return Err(malformed("a form is not JSON"));
        }
        if self.body.is_empty() {
            return Err(Refusal::new(44002, "empty post data"));
        }
        let members: Map<String, Value> =
            serde_json::from_slice(&self.body).map_err(|_| malformed("not a JSON object"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(malformed(&format!("unknown name {name}"))),
            None => Ok(Posted(members)),
        }
    }
}

/// The members of a posted object.
pub struct Posted(Map<String, Value>);

impl Posted {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A string that is there and not empty.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(malformed(&format!("{name} must be a string"))),
        }
    }

    pub fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.0
            .get(name)
            .map(|value| value.as_i64().ok_or_else(|| malformed(&format!("{name} must be an integer"))))
            .transpose()
    }

    pub fn truth(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.0
            .get(name)
            .map(|value| value.as_bool().ok_or_else(|| malformed(&format!("{name} must be true or false"))))
            .transpose()
    }
}

/// What a call gives when it is granted.
pub enum Granted {
    Json(Value),
    Picture {
        content_type: &'static str,
        bytes: Vec<u8>,
    },
    /// Granted after this many real milliseconds: the call takes time.
    Worked {
        takes: u64,
        value: Value,
    },
}

/// A call refused: WeChat's number for it and its words, to which the request id is added when it is written.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub errcode: i64,
    pub words: String,
}

impl Refusal {
    pub fn new(errcode: i64, words: &str) -> Self {
        Self { errcode, words: words.to_owned() }
    }

    /// As WeChat writes it, with a fresh request id at the end.
    pub fn written(&self, random: &mut Random) -> Value {
        let rid = format!("{}-{}-{}", random.hex(4), random.hex(4), random.hex(4));
        json!({"errcode": self.errcode, "errmsg": format!("{} rid: {rid}", self.words)})
    }
}

/// 47001: the body is not what was asked for.
pub fn malformed(why: &str) -> Refusal {
    Refusal::new(47001, &format!("data format error: {why}"))
}

pub fn busy() -> Refusal {
    Refusal::new(-1, "system error")
}

/// An answer on its way: HTTP status, type and bytes.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub bytes: Vec<u8>,
    /// Real milliseconds that the call takes before it is answered.
    pub takes: u64,
}

impl Answer {
    pub fn json(content_type: &str, value: &Value) -> Self {
        Self {
            status: 200,
            content_type: content_type.to_owned(),
            bytes: value.to_string().into_bytes(),
            takes: 0,
        }
    }
}
