//! An answer before it has its form: one tree, written as XML or as JSON.
//!
//! The JSON follows from the XML as the convention maps them: what wraps a list is the bare list, a single thing stays
//! an object, an empty element is null.

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use rules::places::DEGREE;
use serde_json::{Map, Value};

use crate::http::problem::{Problem, Result};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Xml,
    Json,
}

/// Where all of this stands.
const DOOR: &str = "/open311/";

impl Format {
    /// The form in which something is told at a path; none where the convention is not spoken. XML is what everybody
    /// who speaks it reads.
    pub fn at(path: &str) -> Option<Self> {
        let within = path.strip_prefix(DOOR)?;
        let is_json = within.rsplit_once('.').is_some_and(|(_, suffix)| suffix == "json");
        Some(if is_json { Self::Json } else { Self::Xml })
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// One value of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Text(String),
    Flag(bool),
    Number(usize),
    /// A number of degrees, in millionths.
    Degrees(i32),
    Nothing,
    Members(Vec<(&'static str, Self)>),
    /// A list, and what each of it is called.
    Items(&'static str, Vec<Self>),
}

impl Told {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn json(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Flag(flag) => flag.into(),
            Self::Number(number) => number.into(),
            Self::Degrees(millionths) => degrees(millionths),
            Self::Nothing => Value::Null,
            Self::Members(members) => {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value.json()));
                Value::Object(members.collect::<Map<_, _>>())
            }
            Self::Items(_, items) => items.into_iter().map(Self::json).collect(),
        }
    }

    fn xml(&self, name: &str, to: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let leaf = |text: &str, to: &mut Writer<Vec<u8>>| {
            to.create_element(name).write_text_content(BytesText::new(&writable(text))).map(drop)
        };
        match self {
            Self::Text(text) => leaf(text, to),
            Self::Flag(flag) => leaf(if *flag { "true" } else { "false" }, to),
            Self::Number(number) => leaf(&number.to_string(), to),
            Self::Degrees(millionths) => leaf(&degrees(*millionths).to_string(), to),
            Self::Nothing => to.create_element(name).write_empty().map(drop),
            Self::Members(members) if members.is_empty() => to.create_element(name).write_empty().map(drop),
            Self::Items(_, items) if items.is_empty() => to.create_element(name).write_empty().map(drop),
            Self::Members(members) => {
                let inner =
                    |to: &mut Writer<Vec<u8>>| members.iter().try_for_each(|(name, one)| one.xml(name, to));
                to.create_element(name).write_inner_content(inner).map(drop)
            }
            Self::Items(each, items) => {
                let inner = |to: &mut Writer<Vec<u8>>| items.iter().try_for_each(|one| one.xml(each, to));
                to.create_element(name).write_inner_content(inner).map(drop)
            }
        }
    }
}

/// A whole answer: its root's name in XML, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub root: &'static str,
    pub told: Told,
}

impl Answer {
    /// A list, with the names of the list and of each of it.
    pub fn list(root: &'static str, each: &'static str, items: Vec<Told>) -> Self {
        Self { root, told: Told::Items(each, items) }
    }

    /// Its bytes in a form.
    pub fn write(self, format: Format) -> Result<Vec<u8>> {
        match format {
            Format::Json => serde_json::to_vec(&self.told.json()).map_err(Problem::internal),
            Format::Xml => {
                let mut to = Writer::new(Vec::new());
                let declaration = Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None));
                to.write_event(declaration).map_err(Problem::internal)?;
                self.told.xml(self.root, &mut to).map_err(Problem::internal)?;
                Ok(to.into_inner())
            }
        }
    }
}

/// Decimal degrees, in every form of the same letters.
pub fn degrees(millionths: i32) -> Value {
    (f64::from(millionths) / f64::from(DEGREE)).into()
}

/// Text without what XML 1.0 cannot hold, however it is escaped.
fn writable(text: &str) -> String {
    let fits = |letter: &char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(answer: &Answer) -> (String, String) {
        let write = |format| String::from_utf8(answer.clone().write(format).unwrap()).unwrap();
        (write(Format::Xml), write(Format::Json))
    }

    #[test]
    fn one_tree_has_two_forms() {
        let one = Told::Members(vec![
            ("code", Told::text("006")),
            ("metadata", Told::Flag(true)),
            ("order", Told::Number(1)),
            ("lat", Told::Degrees(31_230_400)),
            ("zipcode", Told::Nothing),
            ("values", Told::Items("value", Vec::new())),
        ]);
        let (xml, json) = both(&Answer::list("services", "service", vec![one]));
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><services><service><code>006</code><metadata>true</metadata>\
             <order>1</order><lat>31.2304</lat><zipcode/><values/></service></services>"
        );
        assert_eq!(
            json,
            r#"[{"code":"006","lat":31.2304,"metadata":true,"order":1,"values":[],"zipcode":null}]"#
        );
        let (xml, json) = both(&Answer::list("services", "service", Vec::new()));
        assert!(xml.ends_with("<services/>") && json == "[]");
    }

    #[test]
    fn text_is_escaped_and_what_xml_cannot_hold_left_out() {
        let told = Told::Members(vec![("a", Told::text("1 < 2 & \"3\"\u{1}\u{b}楼"))]);
        let (xml, _) = both(&Answer { root: "r", told });
        assert!(xml.ends_with("<r><a>1 &lt; 2 &amp; &quot;3&quot;楼</a></r>"), "{xml}");
    }

    #[test]
    fn the_suffix_is_the_form() {
        assert_eq!(Format::at("/open311/v2/services.json"), Some(Format::Json));
        for xml in ["/open311/v2/services.xml", "/open311/v2/nowhere", "/open311/v2/services.html"] {
            assert_eq!(Format::at(xml), Some(Format::Xml), "{xml}");
        }
        assert_eq!(Format::at("/v1/incidents.json"), None);
    }
}
