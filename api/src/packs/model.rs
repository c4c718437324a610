//! Rule packs as the API takes and tells them. Areas are in 0.01 m².

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::packs::{self as law, Kind, Parameter, Voice};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, RefOr, Schema,
        schema::{AdditionalProperties, ArrayBuilder, SchemaType, Type},
    },
};
use uuid::Uuid;

use crate::http::{document::texts, input::write_whole};

/// What by-laws or a convenor say: values by rule.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "law::Says")]
pub struct RuleValues(pub law::Says);

impl From<law::Says> for RuleValues {
    fn from(mut says: law::Says) -> Self {
        for value in says.values_mut() {
            write_whole(value);
        }
        Self(says)
    }
}

/// That each value is written as the contract says. What is another's to say passes here: it is refused by its source.
impl Validate for RuleValues {
    type Context = ();

    fn validate_into(&self, (): &(), parent: &mut dyn FnMut() -> garde::Path, report: &mut garde::Report) {
        for (name, value) in &self.0 {
            let at = parent().join(name.clone());
            match law::parameter::find(name) {
                None => report.append(at, garde::Error::new("no rule of a vote")),
                Some(parameter) if parameter.is_for(Voice::Bylaws) => {
                    check_form(parameter, value, &at, report);
                }
                Some(_) => {}
            }
        }
    }
}

/// That a value is written as its schema says: there is more to a share or a range than a schema can say.
fn check_form(parameter: &Parameter, value: &Value, at: &garde::Path, report: &mut garde::Report) {
    let whole = |part: Option<&Value>, least: u64, most: u64| {
        part.and_then(Value::as_u64).is_some_and(|number| (least..=most).contains(&number))
    };
    let mut ends = Vec::new();
    let is_written = match (&parameter.kind, value) {
        (Kind::Share { .. }, Value::Array(parts)) => {
            parts.len() == 2 && whole(parts.first(), 0, PARTS) && whole(parts.last(), 1, PARTS)
        }
        (Kind::Range { least, most }, Value::Object(range)) => {
            let beyond = |end: &&str| !whole(range.get(*end), (*least).into(), (*most).into());
            ends.extend(["min", "max"].into_iter().filter(beyond));
            range.len() == 2
        }
        _ => parameter.takes(value).is_ok(),
    };
    let wrong = || garde::Error::new(parameter.kind.words());
    if !is_written {
        report.append(at.clone(), wrong());
    }
    for end in ends {
        report.append(at.join(end), wrong());
    }
}

/// The most of a share's numerator and denominator.
const PARTS: u64 = 1_000_000;

impl ToSchema for RuleValues {}

/// The rules that by-laws or a convenor may say. Any other is refused, naming whose it is.
impl PartialSchema for RuleValues {
    fn schema() -> RefOr<Schema> {
        let words = "Rules by name, each as its kind in `GET /v1/places/{place_id}/rules`; what is left out stays as there.";
        let theirs = law::parameter::all().iter().filter(|parameter| parameter.is_for(Voice::Bylaws));
        let object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(words))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
            .examples([json!({ "window_days": { "min": 7, "max": 14 } })]);
        let with = |object: ObjectBuilder, parameter: &Parameter| {
            object.property(&parameter.name, of_kind(&parameter.kind, &parameter.source))
        };
        theirs.fold(object, with).into()
    }
}

fn of_kind(kind: &Kind, source: &str) -> RefOr<Schema> {
    let whole = |least: u64, most: u64| {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        number.minimum(Some(to_number(least))).maximum(Some(to_number(most)))
    };
    let simple = |of: Type| ObjectBuilder::new().schema_type(of).description(Some(source));
    let list = || ArrayBuilder::new().description(Some(source)).unique_items(true);
    let schema: Schema = match kind {
        Kind::Flag => simple(Type::Boolean).build().into(),
        Kind::Whole { least, most } => whole(*least, *most).description(Some(source)).build().into(),
        Kind::Share { .. } => {
            let parts = [whole(0, PARTS).build(), whole(1, PARTS).build()];
            let share = ArrayBuilder::new().description(Some(source)).prefix_items(parts);
            share.min_items(Some(2)).max_items(Some(2)).build().into()
        }
        Kind::Range { least, most } => {
            let end = || whole((*least).into(), (*most).into()).build();
            let range = simple(Type::Object).property("min", end()).property("max", end());
            let closed = range.additional_properties(Some(AdditionalProperties::FreeForm(false)));
            closed.required("min").required("max").build().into()
        }
        Kind::Choice(words) => simple(Type::String).enum_values(Some(words.clone())).build().into(),
        Kind::Set(members) => {
            let member =
                ObjectBuilder::new().schema_type(SchemaType::AnyValue).enum_values(Some(members.clone()));
            list().items(member.build()).max_items(Some(members.len())).build().into()
        }
        Kind::Order(words) => {
            let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.clone()));
            let all = Some(words.len());
            list().items(word.build()).min_items(all).max_items(all).build().into()
        }
        Kind::Text(most) => {
            let text = simple(Type::String).schema_type(SchemaType::from_iter([Type::String, Type::Null]));
            text.max_length(Some(*most)).build().into()
        }
    };
    RefOr::T(schema)
}

fn to_number(whole: u64) -> i32 {
    i32::try_from(whole).unwrap_or(i32::MAX)
}

/// The packs that come with the service.
fn pack_names() -> Object {
    let names = law::pack::all().iter().map(|pack| pack.name.as_str());
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    schema.examples([json!("beijing")]).build()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_pack(name: &str, _: &()) -> garde::Result {
    if law::pack::find(name).is_some() {
        Ok(())
    } else {
        Err(garde::Error::new("a pack of GET /v1/rule-packs"))
    }
}

/// A city's rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulePack {
    #[schema(example = "beijing", max_length = 40)]
    pub name: &'static str,
    /// The text that it reads, by its year.
    #[schema(example = "2024", max_length = 40)]
    pub version: &'static str,
    #[schema(max_length = 40)]
    pub zh: &'static str,
    #[schema(max_length = 40)]
    pub en: &'static str,
    /// Whether it is for polls of opinion alone: what is no matter of Civil Code 278. No district follows it.
    pub opinion: bool,
    /// Always true: a reading of the city's texts, not legal advice.
    pub needs_local_sign_off: bool,
    /// Where it departs from the nation's.
    #[schema(max_items = 100)]
    pub says: Vec<PackRule>,
}

/// One rule of a city.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackRule {
    #[schema(max_length = 40)]
    pub name: &'static str,
    pub value: Value,
    #[schema(max_length = 200)]
    pub source: &'static str,
}

/// Which pack a district follows from now on.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptPack {
    #[garde(custom(a_pack))]
    #[schema(schema_with = pack_names)]
    pub pack: String,
    /// The version of this place that it follows; 0 if there is none.
    #[garde(range(min = 0, max = 1_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000, example = 0)]
    pub follows: i32,
}

/// By-laws that the owners of a complex passed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordBylaws {
    /// The published poll in which they passed.
    #[garde(skip)]
    pub poll_id: Uuid,
    /// The matter of class 1 (Civil Code 278) that they are.
    #[garde(skip)]
    pub matter_id: Uuid,
    /// All that they say of how owners vote. Said again for the same matter it corrects what was recorded of it.
    #[garde(dive)]
    pub says: RuleValues,
    /// The version of this place that it follows; 0 if there is none.
    #[garde(range(min = 0, max = 1_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000, example = 0)]
    pub follows: i32,
}

/// What a district or a complex said at a time. Never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleVersion {
    pub id: Uuid,
    pub place_id: Uuid,
    #[schema(minimum = 1, maximum = 1_000_001)]
    pub version: i32,
    /// Of a district: the pack that it follows, with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "beijing-2024", max_length = 81)]
    pub pack: Option<String>,
    /// Of a complex: what its by-laws say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<RuleValues>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter_id: Option<Uuid>,
    #[schema(max_length = 24)]
    pub published_as: String,
    pub published_at: DateTime<FixedOffset>,
}

/// One rule as it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleInForce {
    #[schema(example = "quorum", max_length = 40)]
    pub name: String,
    #[schema(example = "参与比例", max_length = 40)]
    pub zh: String,
    /// A word, a number, a list, a range, or a ratio as `[numerator, denominator]`.
    pub value: Value,
    /// What its value can be, where it is not frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<RuleBounds>,
    /// The lowest voice that may say it: `LAW`, `PLATFORM`, `PACK`, `CITY`, `BYLAWS` or `CONVENOR`.
    #[schema(value_type = RuleVoice)]
    pub who: Voice,
    /// Whose this value is; `NATION` where nobody below it says otherwise.
    #[schema(value_type = RuleVoice)]
    pub said_by: Voice,
    /// Where the value comes from; of what by-laws or a convenor said, within which limits.
    #[schema(max_length = 300)]
    pub source: String,
    /// Whether this service goes by it by itself; what is not is for those to observe whom it binds.
    pub applied: bool,
}

/// Who speaks, the highest first.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleVoice {
    Law,
    Platform,
    Nation,
    /// The pack that a poll of opinion follows.
    Pack,
    City,
    Bylaws,
    Convenor,
}

impl From<law::InForce> for RuleInForce {
    fn from(rule: law::InForce) -> Self {
        let law::InForce { name, zh, value, who, said_by, source, applied } = rule;
        Self { name, zh, value, bounds: None, who, said_by, source, applied }
    }
}

impl RuleInForce {
    /// With what its value can be.
    #[must_use]
    pub fn bounded(self) -> Self {
        let bounds = law::parameter::find(&self.name).map(|parameter| RuleBounds::from(&parameter.kind));
        Self { bounds, ..self }
    }
}

/// What a value looks like, and between which bounds it lies; both ends are allowed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleBounds {
    pub kind: RuleKind,
    /// Of a `WHOLE` a number, of a `SHARE` a ratio, of a `RANGE` what neither end is below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<Value>,
    /// Likewise; of a `TEXT` how many characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<Value>,
    /// Of a `CHOICE` one of these, of a `SET` any of them, of an `ORDER` all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub choices: Option<Vec<Value>>,
}

/// What a value looks like.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleKind {
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A ratio as `[numerator, denominator]`.
    Share,
    /// `min` and `max`, whole numbers.
    Range,
    /// A word.
    Choice,
    /// A list, each member once.
    Set,
    /// A list of all choices.
    Order,
    /// A text, or null.
    Text,
}

impl From<&Kind> for RuleBounds {
    fn from(kind: &Kind) -> Self {
        let of = |kind| Self { kind, least: None, most: None, choices: None };
        let between = |kind, least, most| Self { least: Some(least), most: Some(most), ..of(kind) };
        let among = |kind, choices| Self { choices: Some(choices), ..of(kind) };
        let words = |words: &[String]| words.iter().map(|word| json!(word)).collect();
        match kind {
            Kind::Flag => of(RuleKind::Flag),
            Kind::Whole { least, most } => between(RuleKind::Whole, json!(least), json!(most)),
            Kind::Share { least, most } => between(RuleKind::Share, json!(least), json!(most)),
            Kind::Range { least, most } => between(RuleKind::Range, json!(least), json!(most)),
            Kind::Choice(choices) => among(RuleKind::Choice, words(choices)),
            Kind::Set(choices) => among(RuleKind::Set, choices.clone()),
            Kind::Order(choices) => among(RuleKind::Order, words(choices)),
            Kind::Text(most) => Self { most: Some(json!(most)), ..of(RuleKind::Text) },
        }
    }
}

/// A pack of opinion polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OpinionPack {
    WorkedExample,
}

/// What kind of vote is asked about.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RulesQuery {
    /// Of a poll of opinion its pack; left out for votes on matters of Civil Code 278.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub pack: Option<OpinionPack>,
}

/// By which rules a vote at a place would be held now.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesInForce {
    pub place_id: Uuid,
    /// The pack that its district follows, or that of opinion polls, with its version.
    #[schema(example = "national-2025-04", max_length = 81)]
    pub pack: String,
    /// The version of its complex's by-laws; nothing as long as it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_001)]
    pub bylaws: Option<i32>,
    /// What of the by-laws holds no more, because law, city or the size of the complex changed since they passed.
    #[schema(schema_with = texts::<100, 1, 40>)]
    pub yielding: Vec<String>,
    #[schema(max_items = 100)]
    pub rules: Vec<RuleInForce>,
}

/// Which version of a place.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct VersionPath {
    pub place_id: Uuid,
    pub version_id: Uuid,
}
