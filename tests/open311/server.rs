//! A server that speaks Open311, as a client sees it: what it answers in XML and in JSON, and both compared.

use std::time::Duration;

use quick_xml::{Reader, events::Event};
use reqwest::{
    Client, StatusCode, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::{Map, Value};

/// Where it is, and as whom it is spoken to.
#[derive(Clone, Debug)]
pub struct Server {
    pub http: Client,
    /// Without a slash at its end: `https://city.example/open311/v2`.
    pub base: String,
    /// Where it describes itself, without the suffix.
    pub discovery: String,
    /// Named where it serves several.
    pub jurisdiction: Option<String>,
    /// For whatever writes.
    pub key: Option<String>,
    /// Those of `FixMyStreet`, Chicago and the draft of 2.1.
    pub speaks_extensions: bool,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub media_type: String,
    pub text: String,
    said: String,
}

/// Elements that wrap a list: bare arrays in JSON, also with one in them or none.
const LISTS: [&str; 9] = [
    "services",
    "attributes",
    "values",
    "service_requests",
    "service_request_updates",
    "errors",
    "endpoints",
    "formats",
    "notes",
];

pub const FORMATS: [&str; 2] = ["xml", "json"];

pub type Arguments<'a> = [(&'a str, &'a str)];

impl Server {
    pub fn new(base: &str, discovery: &str) -> Self {
        // Each check has a runtime of its own, which takes its connections with it.
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_mins(3));
        let http = http.build().expect("a client");
        let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
        Self {
            http,
            base: trimmed(base),
            discovery: trimmed(discovery),
            jurisdiction: None,
            key: None,
            speaks_extensions: false,
        }
    }

    /// The arguments, with the jurisdiction where one has to be named.
    pub fn with_jurisdiction<'a>(&'a self, arguments: &Arguments<'a>) -> Vec<(&'a str, &'a str)> {
        let at = self.jurisdiction.as_deref().map(|at| ("jurisdiction_id", at));
        at.into_iter().chain(arguments.iter().copied()).collect()
    }

    /// One request, exactly as told.
    pub async fn get_url(&self, url: &str, arguments: &Arguments<'_>) -> Reply {
        let url = Url::parse_with_params(url, arguments).expect("an address");
        read(format!("GET {url}"), self.http.get(url)).await
    }

    pub async fn get(&self, path: &str, format: &str, arguments: &Arguments<'_>) -> Reply {
        let arguments = self.with_jurisdiction(arguments);
        self.get_url(&format!("{}/{path}.{format}", self.base), &arguments).await
    }

    /// What is found there, the same in both forms.
    pub async fn both(&self, path: &str, arguments: &Arguments<'_>) -> Value {
        let arguments = self.with_jurisdiction(arguments);
        self.both_at(&format!("{}/{path}", self.base), &arguments).await
    }

    /// A server that lives may change between two requests: it is asked again.
    pub async fn both_at(&self, url: &str, arguments: &Arguments<'_>) -> Value {
        for _ in 0..2 {
            let (xml, json) = self.each(url, arguments).await;
            if xml == json {
                return xml;
            }
        }
        let (xml, json) = self.each(url, arguments).await;
        assert_eq!(xml, json, "{url}: the JSON does not follow from the XML");
        xml
    }

    async fn each(&self, url: &str, arguments: &Arguments<'_>) -> (Value, Value) {
        let xml = self.get_url(&format!("{url}.xml"), arguments).await;
        let json = self.get_url(&format!("{url}.json"), arguments).await;
        (xml.found(), json.found())
    }

    /// That a read is refused, in both forms.
    pub async fn refuses(&self, path: &str, arguments: &Arguments<'_>, status: u16) -> Vec<Value> {
        let mut told = Vec::new();
        for format in FORMATS {
            told = self.get(path, format, arguments).await.refused(status);
        }
        told
    }

    /// Posts a form, with the key if there is one.
    pub async fn post(&self, path: &str, format: &str, arguments: &Arguments<'_>) -> Reply {
        let key = self.key.as_deref().map(|key| ("api_key", key));
        let arguments: Vec<_> = key.into_iter().chain(self.with_jurisdiction(arguments)).collect();
        self.post_bare(path, format, &arguments).await
    }

    /// Posts a form, exactly as told.
    pub async fn post_bare(&self, path: &str, format: &str, arguments: &Arguments<'_>) -> Reply {
        let encoded = Url::parse_with_params("http://form.invalid/", arguments).expect("an address");
        let body = encoded.query().unwrap_or_default().to_owned();
        self.send(path, format, "application/x-www-form-urlencoded; charset=utf-8", body.into_bytes()).await
    }

    /// Posts a form in parts, with pictures.
    pub async fn post_with_pictures(
        &self,
        path: &str,
        format: &str,
        arguments: &Arguments<'_>,
        pictures: &[&[u8]],
    ) -> Reply {
        let key = self.key.as_deref().map(|key| ("api_key", key));
        let mut body = Vec::new();
        for (name, value) in key.into_iter().chain(self.with_jurisdiction(arguments)) {
            let part =
                format!("--parts\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for picture in pictures {
            body.extend_from_slice(
                b"--parts\r\nContent-Disposition: form-data; name=\"media[]\"; filename=\"photo.png\"\r\n\
                  Content-Type: image/png\r\n\r\n",
            );
            body.extend_from_slice(picture);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--parts--\r\n");
        self.send(path, format, "multipart/form-data; boundary=parts", body).await
    }

    async fn send(&self, path: &str, format: &str, media_type: &str, body: Vec<u8>) -> Reply {
        let url = format!("{}/{path}.{format}", self.base);
        let request = self.http.post(&url).header(CONTENT_TYPE, media_type).body(body);
        read(format!("POST {url}"), request).await
    }
}

/// Sends it; where the server is busy and says when to come again, that is when.
async fn read(said: String, request: reqwest::RequestBuilder) -> Reply {
    let send = async || {
        let request = request.try_clone().expect("its body is known");
        request.send().await.unwrap_or_else(|error| panic!("{said}: {error}"))
    };
    let mut answer = send().await;
    for _ in 0..20 {
        let Some(wait) = busy_for(&answer) else { break };
        tokio::time::sleep(wait).await;
        answer = send().await;
    }
    let status = answer.status().as_u16();
    let media_type = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_ascii_lowercase();
    let bytes = answer.bytes().await.unwrap_or_else(|error| panic!("{said}: {error}"));
    let text = String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| panic!("{said} is not UTF-8"));
    Reply { status, media_type, text, said }
}

fn busy_for(answer: &reqwest::Response) -> Option<Duration> {
    let wait = answer.headers().get(RETRY_AFTER).filter(|_| answer.status().as_u16() == 503)?;
    Some(Duration::from_secs(wait.to_str().ok()?.parse().ok()?))
}

impl Reply {
    /// The body of an answer that succeeded, with every value as text.
    #[track_caller]
    pub fn found(&self) -> Value {
        assert!(
            StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success()),
            "{} was answered {}: {}",
            self.said,
            self.status,
            self.text
        );
        self.body()
    }

    /// That it was refused so, and in the form of errors; what it says.
    #[track_caller]
    pub fn refused(&self, status: u16) -> Vec<Value> {
        assert_eq!(self.status, status, "{}: {}", self.said, self.text);
        let errors = self.body();
        let errors = errors.as_array().unwrap_or_else(|| panic!("{}: errors are a list", self.said)).clone();
        assert!(!errors.is_empty(), "{}: no error is told", self.said);
        for error in &errors {
            assert!(text(&error["code"]).parse::<u32>().is_ok(), "{}: a code: {error}", self.said);
            assert!(!text(&error["description"]).trim().is_empty(), "{}: a description: {error}", self.said);
        }
        errors
    }

    #[track_caller]
    fn body(&self) -> Value {
        if self.media_type.starts_with("text/xml") {
            assert_eq!(self.media_type.replace(' ', ""), "text/xml;charset=utf-8", "{}", self.said);
            let root = self.xml();
            if (400..500).contains(&self.status) {
                assert_eq!(root.name, "errors", "{}", self.said);
                assert!(root.children.iter().all(|one| one.name == "error"), "{}", self.said);
            }
            return root.value();
        }
        let kind = self.media_type.replace(' ', "");
        assert_eq!(kind, "application/json;charset=utf-8", "{}: {}", self.said, self.text);
        let json = serde_json::from_str(&self.text);
        as_text(json.unwrap_or_else(|error| panic!("{}: not JSON: {error}", self.said)))
    }

    /// The root of an XML answer, as it stands.
    #[track_caller]
    pub fn xml(&self) -> Element {
        assert!(self.text.starts_with("<?xml version=\"1.0\""), "{} without its declaration", self.said);
        Element::read(&self.text).unwrap_or_else(|error| panic!("{}: not XML: {error}", self.said))
    }

    /// A JSON answer, as it stands.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: not JSON: {error}", self.said))
    }
}

#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text is expected, not {value}"))
}

#[track_caller]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("a list is expected, not {value}"))
}

/// JSON as XML would tell it: every value a text, an empty one nothing.
fn as_text(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(all) => all.into_iter().map(as_text).collect(),
        Value::Object(all) => {
            Value::Object(all.into_iter().map(|(name, one)| (name, as_text(one))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// An element of an XML document.
#[derive(Clone, Debug, Default)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Self>,
    /// Attributes, namespaces, or text beside elements: the convention has none.
    pub is_odd: bool,
}

impl Element {
    fn read(text: &str) -> Result<Self, quick_xml::Error> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event()? {
                Event::Start(start) => open.push(Self::started(&start)),
                Event::Empty(start) => close(&mut open, Self::started(&start)),
                Event::End(_) => {
                    let done = open.pop().unwrap_or_default();
                    close(&mut open, done);
                }
                Event::Text(part) => {
                    let part = part.xml10_content();
                    open.last_mut().expect("the document").text.push_str(&part);
                }
                Event::GeneralRef(name) => {
                    let letter = match name.resolve_char_ref()? {
                        Some(letter) => letter,
                        None => named(&name),
                    };
                    open.last_mut().expect("the document").text.push(letter);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let mut document = open.pop().unwrap_or_default();
        assert!(open.is_empty() && document.children.len() == 1, "one root, and every element closed");
        Ok(document.children.remove(0))
    }

    fn started(start: &quick_xml::events::BytesStart<'_>) -> Self {
        let name = start.name().as_ref().to_owned();
        let is_odd = start.attributes().next().is_some() || name.contains(':');
        Self { name, is_odd, ..Self::default() }
    }

    /// Whether there is anything in it that the convention has not.
    pub fn is_odd(&self) -> bool {
        let mixed = !self.children.is_empty() && !self.text.trim().is_empty();
        self.is_odd || mixed || self.children.iter().any(Self::is_odd)
    }

    /// As JSON has to tell it.
    fn value(&self) -> Value {
        if LISTS.contains(&self.name.as_str()) {
            return self.children.iter().map(Self::value).collect();
        }
        if self.children.is_empty() {
            return if self.text.is_empty() { Value::Null } else { Value::String(self.text.clone()) };
        }
        let members = self.children.iter().map(|child| (child.name.clone(), child.value()));
        Value::Object(members.collect::<Map<_, _>>())
    }
}

fn close(open: &mut [Element], done: Element) {
    open.last_mut().expect("the document").children.push(done);
}

fn named(name: &str) -> char {
    match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        other => panic!("the entity {other} is not one of XML's own"),
    }
}
