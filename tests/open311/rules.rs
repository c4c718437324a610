//! Every rule of the convention, each a check of its own, asked of a server through its address alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::Pin,
};

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde_json::Value;

use super::server::{Element, FORMATS, Server, list, text};

/// What a check needs beside the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Several jurisdictions behind one endpoint.
    Jurisdictions,
    /// A key, because it writes.
    Key,
    /// The extensions of `FixMyStreet`, Chicago and the draft of 2.1.
    Extensions,
    /// Both.
    KeyAndExtensions,
}

type Asked = Pin<Box<dyn Future<Output = ()>>>;

/// One rule.
#[derive(Clone, Copy)]
pub struct Check {
    pub name: &'static str,
    needs: Needs,
    ask: fn(Server) -> Asked,
}

impl Check {
    /// Whether the server has what it needs.
    pub fn is_offered_by(&self, server: &Server) -> bool {
        match self.needs {
            Needs::Nothing => true,
            Needs::Jurisdictions => server.jurisdiction.is_some(),
            Needs::Key => server.key.is_some(),
            Needs::Extensions => server.speaks_extensions,
            Needs::KeyAndExtensions => server.key.is_some() && server.speaks_extensions,
        }
    }

    pub fn ask(&self, server: &Server) -> Asked {
        (self.ask)(server.clone())
    }
}

macro_rules! checks {
    ($($needs:ident: $($name:ident)+;)+) => {
        /// Every rule, in the order of the convention.
        pub const ALL: &[Check] = &[$($(Check {
            name: stringify!($name),
            needs: Needs::$needs,
            ask: |server| Box::pin($name(server)),
        },)+)+];
    };
}

checks! {
    Nothing:
        discovery_is_told_in_both_forms
        discovery_names_an_endpoint_of_this_specification
        xml_has_a_declaration_and_neither_namespace_nor_attribute
        an_unknown_format_is_not_found
        services_tell_all_that_they_must
        codes_and_ids_are_texts_and_flags_are_words
        a_definition_is_there_where_metadata_says_so
        a_definition_tells_all_that_it_must
        an_unknown_service_code_is_not_found
        requests_tell_all_that_they_must
        dates_have_a_zone
        a_list_spans_ninety_days_and_a_thousand_rows_at_most
        requests_are_chosen_by_status
        requests_are_chosen_by_service_code
        requests_are_chosen_by_date
        named_ids_override_every_other_argument
        a_span_of_more_than_ninety_days_is_refused
        a_date_that_is_none_or_has_no_zone_is_refused
        a_status_that_is_none_is_refused
        several_errors_are_told_at_once
        an_empty_argument_is_as_good_as_absent
        one_request_is_told_as_in_the_list
        an_unknown_request_is_not_found
        an_unknown_token_is_not_found
        reading_needs_no_key
        an_empty_list_is_a_list
        errors_are_a_list_in_both_forms;
    Jurisdictions:
        a_missing_jurisdiction_is_refused
        an_unknown_jurisdiction_is_not_found
        an_empty_jurisdiction_is_a_missing_one;
    Key:
        a_report_without_a_key_is_forbidden
        a_report_with_a_wrong_key_is_forbidden
        a_report_without_a_service_code_is_refused
        a_report_of_an_unknown_service_is_refused
        a_report_from_nowhere_is_refused
        a_report_without_a_required_attribute_is_refused
        a_report_with_an_answer_that_is_no_value_is_refused
        a_description_of_more_than_4000_letters_is_refused
        a_report_is_answered_with_an_id_or_a_token
        a_token_leads_to_the_id
        a_report_is_found_by_its_id_and_in_the_list
        a_place_is_named_by_coordinates_or_address_or_its_id
        a_report_may_say_more_than_it_must
        a_report_that_is_sent_again_has_the_same_id;
    Extensions:
        extension_pages
        extension_attributes
        extension_choice_by_update
        extension_choice_by_place
        extension_pictures_are_shown_where_they_are_said_to_be
        extension_everything_at_once_is_a_table_of_what_is_listed
        extension_updates_are_told
        extension_updates_are_chosen_by_date;
    KeyAndExtensions:
        extension_a_report_may_come_in_parts_with_pictures
        extension_a_report_from_elsewhere_is_refused
        extension_an_update_is_taken
        extension_an_update_without_a_key_is_forbidden
        extension_an_update_of_nothing_is_refused;
}

/// The smallest picture there is.
pub const PICTURE: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa, 0, 0, 0, 0xd, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0,
    1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0xa, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8,
    0xf, 0, 1, 1, 1, 0, 0xb1, 0x38, 0xf6, 0x14, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

#[track_caller]
fn has(one: &Value, members: &[&str]) {
    for member in members {
        assert!(one.get(*member).is_some(), "{member} is missing in {one}");
    }
}

#[track_caller]
fn says(one: &Value, members: &[&str]) {
    for member in members {
        assert!(one[*member].as_str().is_some_and(|said| !said.trim().is_empty()), "{member} of {one}");
    }
}

#[track_caller]
fn is_one_of(value: &Value, known: &[&str]) {
    assert!(value.as_str().is_some_and(|value| known.contains(&value)), "{value} is none of {known:?}");
}

#[track_caller]
fn moment(value: &Value) -> DateTime<FixedOffset> {
    let read = DateTime::parse_from_rfc3339(text(value));
    read.unwrap_or_else(|error| panic!("{value} is no time with a zone: {error}"))
}

/// The list as the server tells it without any choice; there must be something in it.
async fn all(server: &Server) -> Vec<Value> {
    let requests = list(&server.both("requests", &[]).await).to_vec();
    assert!(!requests.is_empty(), "the server has no request to check");
    requests
}

fn ids(requests: &[Value]) -> BTreeSet<String> {
    requests.iter().map(|one| text(&one["service_request_id"]).to_owned()).collect()
}

async fn discovery_is_told_in_both_forms(server: Server) {
    let told = server.both_at(&server.discovery, &[]).await;
    says(&told, &["changeset", "contact", "key_service"]);
    moment(&told["changeset"]);
}

async fn discovery_names_an_endpoint_of_this_specification(server: Server) {
    let told = server.both_at(&server.discovery, &[]).await;
    let endpoints = list(&told["endpoints"]);
    for one in endpoints {
        says(one, &["specification", "url", "changeset", "type"]);
        moment(&one["changeset"]);
        is_one_of(&one["type"], &["production", "test"]);
        assert!(list(&one["formats"]).contains(&"text/xml".into()), "XML is mandatory: {one}");
    }
    let specification = "http://wiki.open311.org/GeoReport_v2";
    assert!(endpoints.iter().any(|one| one["specification"] == specification), "{told}");
    assert!(endpoints.iter().any(|one| text(&one["url"]).trim_end_matches('/') == server.base), "{told}");
}

async fn xml_has_a_declaration_and_neither_namespace_nor_attribute(server: Server) {
    for path in ["services", "requests"] {
        let root: Element = server.get(path, "xml", &[]).await.xml();
        assert!(!root.is_odd(), "{path}");
    }
}

async fn an_unknown_format_is_not_found(server: Server) {
    for format in ["html", "yaml", "x"] {
        assert_eq!(server.get("services", format, &[]).await.status, 404, "{format}");
    }
}

async fn services_tell_all_that_they_must(server: Server) {
    let services = server.both("services", &[]).await;
    let mut codes = BTreeSet::new();
    for one in list(&services) {
        has(one, &["description", "keywords", "group"]);
        says(one, &["service_code", "service_name"]);
        is_one_of(&one["metadata"], &["true", "false"]);
        is_one_of(&one["type"], &["realtime", "batch", "blackbox"]);
        assert!(codes.insert(text(&one["service_code"])), "a code is there twice: {one}");
    }
    assert!(!codes.is_empty(), "nothing can be reported");
}

async fn codes_and_ids_are_texts_and_flags_are_words(server: Server) {
    for one in list(&server.get("services", "json", &[]).await.json()) {
        assert!(one["service_code"].is_string() && one["metadata"].is_boolean(), "{one}");
    }
    for one in list(&server.get("requests", "json", &[]).await.json()) {
        assert!(one["service_request_id"].is_string() && one["service_code"].is_string(), "{one}");
        for member in ["address_id", "zipcode", "address", "media_url"] {
            assert!(one[member].is_string() || one[member].is_null(), "{member} of {one}");
        }
        for member in ["lat", "long"] {
            assert!(one[member].is_number() || one[member].is_null(), "{member} of {one}");
        }
    }
}

/// The codes of services about which something is asked, and of the others.
async fn asked_about(server: &Server) -> (Vec<String>, Vec<String>) {
    let services = server.both("services", &[]).await;
    let codes = |metadata: &str| {
        let some = list(&services).iter().filter(|one| one["metadata"] == metadata);
        some.map(|one| text(&one["service_code"]).to_owned()).collect()
    };
    (codes("true"), codes("false"))
}

async fn a_definition_is_there_where_metadata_says_so(server: Server) {
    let (asked, plain) = asked_about(&server).await;
    for code in asked {
        let definition = server.both(&format!("services/{code}"), &[]).await;
        assert_eq!(definition["service_code"], code.as_str());
    }
    for code in plain {
        server.refuses(&format!("services/{code}"), &[], 404).await;
    }
}

async fn a_definition_tells_all_that_it_must(server: Server) {
    let types = ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"];
    for code in asked_about(&server).await.0 {
        let definition = server.both(&format!("services/{code}"), &[]).await;
        let (mut known, mut orders) = (BTreeSet::new(), BTreeSet::new());
        for one in list(&definition["attributes"]) {
            has(one, &["datatype_description"]);
            says(one, &["code", "description"]);
            is_one_of(&one["variable"], &["true", "false"]);
            is_one_of(&one["required"], &["true", "false"]);
            is_one_of(&one["datatype"], &types);
            let order: u32 = text(&one["order"]).parse().expect("a number");
            assert!(order >= 1 && orders.insert(order), "the order of {one}");
            assert!(known.insert(text(&one["code"]).to_owned()), "a code is there twice: {one}");
            let values = list(&one["values"]);
            let is_choice = text(&one["datatype"]).ends_with("valuelist");
            assert_eq!(is_choice, !values.is_empty(), "the values of {one}");
            for value in values {
                says(value, &["key", "name"]);
            }
        }
        assert!(!known.is_empty(), "nothing is asked about {code}");
        let json = server.get(&format!("services/{code}"), "json", &[]).await.json();
        assert!(json.is_object(), "a definition is an object: {json}");
        let is_typed = |one: &Value| one["variable"].is_boolean() && one["required"].is_boolean();
        assert!(list(&json["attributes"]).iter().all(is_typed), "{json}");
    }
}

async fn an_unknown_service_code_is_not_found(server: Server) {
    server.refuses("services/no-such-service", &[], 404).await;
}

async fn requests_tell_all_that_they_must(server: Server) {
    let services = server.both("services", &[]).await;
    for one in all(&server).await {
        let optional = ["status_notes", "agency_responsible", "service_notice", "expected_datetime"];
        let places = ["address", "address_id", "zipcode", "lat", "long", "media_url"];
        has(&one, &optional);
        has(&one, &places);
        says(&one, &["service_request_id", "service_name", "service_code", "description"]);
        is_one_of(&one["status"], &["open", "closed"]);
        assert!(text(&one["description"]).chars().count() <= 4000);
        let service = list(&services).iter().find(|known| known["service_code"] == one["service_code"]);
        let service = service.unwrap_or_else(|| panic!("no service of {one}"));
        assert_eq!(service["service_name"], one["service_name"]);
    }
}

async fn dates_have_a_zone(server: Server) {
    for one in all(&server).await {
        let (requested, updated) = (moment(&one["requested_datetime"]), moment(&one["updated_datetime"]));
        assert!(requested <= updated, "{one}");
        if !one["expected_datetime"].is_null() {
            moment(&one["expected_datetime"]);
        }
    }
}

async fn a_list_spans_ninety_days_and_a_thousand_rows_at_most(server: Server) {
    let requests = all(&server).await;
    let at = |one: &Value| moment(&one["requested_datetime"]);
    let (first, last) = (requests.iter().map(at).min(), requests.iter().map(at).max());
    assert!(
        requests.len() <= 1000 && last.zip(first).is_some_and(|(to, from)| to - from <= TimeDelta::days(90))
    );
}

async fn requests_are_chosen_by_status(server: Server) {
    let everything = ids(&all(&server).await);
    let mut found = BTreeSet::new();
    for status in ["open", "closed"] {
        let some = server.both("requests", &[("status", status)]).await;
        assert!(list(&some).iter().all(|one| one["status"] == status), "{status}: {some}");
        found.extend(ids(list(&some)));
    }
    let both = ids(list(&server.both("requests", &[("status", "open,closed")]).await));
    assert!(everything.is_subset(&both), "all of them are open or closed");
    assert!(everything.is_subset(&found), "each is open or closed");
}

async fn requests_are_chosen_by_service_code(server: Server) {
    let everything = all(&server).await;
    let codes: BTreeSet<&str> = everything.iter().map(|one| text(&one["service_code"])).collect();
    let some: Vec<&str> = codes.iter().copied().take(2).collect();
    let chosen = server.both("requests", &[("service_code", &some.join(","))]).await;
    let of_them = |one: &&Value| some.contains(&text(&one["service_code"]));
    let expected: Vec<Value> = everything.iter().filter(of_them).cloned().collect();
    assert_eq!(ids(list(&chosen)), ids(&expected));
    let none = server.both("requests", &[("service_code", "no-such-service")]).await;
    assert!(list(&none).is_empty(), "{none}");
}

async fn requests_are_chosen_by_date(server: Server) {
    let everything = all(&server).await;
    let one = &everything[everything.len() / 2];
    let at = moment(&one["requested_datetime"]);
    let (from, to) = ((at - TimeDelta::seconds(1)).to_rfc3339(), (at + TimeDelta::seconds(1)).to_rfc3339());
    let chosen = server.both("requests", &[("start_date", &from), ("end_date", &to)]).await;
    let near = |one: &Value| (moment(&one["requested_datetime"]) - at).abs() <= TimeDelta::seconds(1);
    assert!(list(&chosen).iter().all(near) && ids(list(&chosen)).contains(text(&one["service_request_id"])));
    let utc = (at - TimeDelta::seconds(1)).to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let zulu = server.both("requests", &[("start_date", &utc), ("end_date", &to)]).await;
    assert_eq!(chosen, zulu, "a zone is a zone");
    let since = server.both("requests", &[("start_date", &from)]).await;
    assert!(ids(list(&since)).contains(text(&one["service_request_id"])), "from then on");
    let until = server.both("requests", &[("end_date", &to)]).await;
    assert!(ids(list(&until)).contains(text(&one["service_request_id"])), "until then");
    let before = (at - TimeDelta::days(2000)).to_rfc3339();
    let nothing = server.both("requests", &[("end_date", &before)]).await;
    assert!(list(&nothing).is_empty(), "nothing is that old");
}

async fn named_ids_override_every_other_argument(server: Server) {
    let everything = all(&server).await;
    let some: Vec<Value> = everything.iter().take(2).cloned().collect();
    let named: Vec<String> = ids(&some).into_iter().collect();
    let against = [
        ("service_request_id", &*named.join(",")),
        ("service_code", "no-such-service"),
        ("start_date", "1999-01-01T00:00:00Z"),
        ("end_date", "2026-01-01T00:00:00Z"),
    ];
    let found = server.both("requests", &against).await;
    assert_eq!(ids(list(&found)), ids(&some));
    let unknown = server.both("requests", &[("service_request_id", "no-such-request")]).await;
    assert!(list(&unknown).is_empty(), "{unknown}");
}

async fn a_span_of_more_than_ninety_days_is_refused(server: Server) {
    let span = |days: i64| {
        let from = DateTime::parse_from_rfc3339("2026-01-01T00:00:00+08:00").expect("a time");
        (from.to_rfc3339(), (from + TimeDelta::days(days)).to_rfc3339())
    };
    let (from, to) = span(90);
    server.both("requests", &[("start_date", &from), ("end_date", &to)]).await;
    let (from, to) = span(91);
    server.refuses("requests", &[("start_date", &from), ("end_date", &to)], 400).await;
    let (from, to) = span(-1);
    server.refuses("requests", &[("start_date", &from), ("end_date", &to)], 400).await;
}

async fn a_date_that_is_none_or_has_no_zone_is_refused(server: Server) {
    for bad in ["yesterday", "2026-11-25", "2026-11-25T08:00:00", "2026-13-01T00:00:00Z"] {
        server.refuses("requests", &[("start_date", bad)], 400).await;
        server.refuses("requests", &[("end_date", bad)], 400).await;
    }
}

async fn a_status_that_is_none_is_refused(server: Server) {
    server.refuses("requests", &[("status", "half-open")], 400).await;
    server.refuses("requests", &[("status", "open,half-open")], 400).await;
}

async fn several_errors_are_told_at_once(server: Server) {
    let wrong = [("status", "half-open"), ("start_date", "yesterday")];
    let told = server.refuses("requests", &wrong, 400).await;
    assert_eq!(told.len(), 2, "{told:?}");
}

async fn an_empty_argument_is_as_good_as_absent(server: Server) {
    let everything = ids(&all(&server).await);
    let blank =
        ["service_request_id", "service_code", "status", "start_date", "end_date"].map(|name| (name, ""));
    assert_eq!(ids(list(&server.both("requests", &blank).await)), everything);
}

async fn one_request_is_told_as_in_the_list(server: Server) {
    let everything = all(&server).await;
    for one in everything.iter().take(3) {
        let alone = server.both(&format!("requests/{}", text(&one["service_request_id"])), &[]).await;
        assert_eq!(list(&alone), std::slice::from_ref(one), "a list of one");
    }
}

async fn an_unknown_request_is_not_found(server: Server) {
    server.refuses("requests/no-such-request", &[], 404).await;
    server.refuses("requests/00000000-0000-7000-8000-000000000000", &[], 404).await;
}

async fn an_unknown_token_is_not_found(server: Server) {
    server.refuses("tokens/no-such-token", &[], 404).await;
}

async fn reading_needs_no_key(server: Server) {
    let stranger = Server { key: None, ..server };
    stranger.both("services", &[]).await;
    stranger.both("requests", &[("api_key", "wrong")]).await;
}

async fn an_empty_list_is_a_list(server: Server) {
    let nothing = [("service_code", "no-such-service")];
    let root = server.get("requests", "xml", &nothing).await.xml();
    assert!(root.name == "service_requests" && root.children.is_empty(), "{root:?}");
    assert_eq!(server.get("requests", "json", &nothing).await.json(), Value::Array(Vec::new()));
}

async fn errors_are_a_list_in_both_forms(server: Server) {
    let root = server.get("requests/no-such-request", "xml", &[]).await.xml();
    assert_eq!(root.name, "errors");
    let error = &root.children[0];
    assert_eq!(error.name, "error");
    let names: Vec<&str> = error.children.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["code", "description"]);
    let json = server.get("requests/no-such-request", "json", &[]).await.json();
    assert!(json.is_array(), "{json}");
}

async fn a_missing_jurisdiction_is_refused(server: Server) {
    let nowhere = Server { jurisdiction: None, ..server };
    for path in ["services", "services/x", "requests", "requests/x", "tokens/x"] {
        nowhere.refuses(path, &[], 400).await;
    }
    for format in FORMATS {
        nowhere.post("requests", format, &[]).await.refused(400);
    }
}

async fn an_unknown_jurisdiction_is_not_found(server: Server) {
    let elsewhere = Server { jurisdiction: Some("nowhere.invalid".into()), ..server };
    for path in ["services", "services/x", "requests", "requests/x", "tokens/x"] {
        elsewhere.refuses(path, &[], 404).await;
    }
    for format in FORMATS {
        elsewhere.post("requests", format, &[]).await.refused(404);
    }
}

async fn an_empty_jurisdiction_is_a_missing_one(server: Server) {
    let blank = Server { jurisdiction: Some(String::new()), ..server };
    for path in ["services", "requests"] {
        blank.refuses(path, &[], 400).await;
    }
}

/// A report that lacks nothing: a service, its required answers, and where it is.
async fn good(server: &Server) -> Vec<(String, String)> {
    let (asked, plain) = asked_about(server).await;
    if let Some(code) = plain.first() {
        return vec![("service_code".into(), code.clone()), ("address_string".into(), "1".into())];
    }
    let code = asked.first().expect("something can be reported").clone();
    answered(server, &code).await
}

/// A report of a service about which something is asked, with an answer to whatever is required.
async fn answered(server: &Server, code: &str) -> Vec<(String, String)> {
    let definition = server.both(&format!("services/{code}"), &[]).await;
    let mut report =
        vec![("service_code".to_owned(), code.to_owned()), ("address_string".to_owned(), "1".to_owned())];
    for one in list(&definition["attributes"]).iter().filter(|one| one["required"] == "true") {
        let (name, value) = (text(&one["code"]), one["values"][0]["key"].as_str().unwrap_or("1"));
        let is_multi = one["datatype"] == "multivaluelist";
        let name = if is_multi { format!("attribute[{name}][]") } else { format!("attribute[{name}]") };
        report.push((name, value.to_owned()));
    }
    report
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Words that nobody has said yet.
fn new_words() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("conformance {} {}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

async fn refuses_report(server: &Server, change: impl Fn(&mut Vec<(String, String)>), status: u16) -> usize {
    let mut report = good(server).await;
    report.push(("description".into(), new_words()));
    change(&mut report);
    let mut told = 0;
    for format in FORMATS {
        told = server.post("requests", format, &borrowed(&report)).await.refused(status).len();
    }
    told
}

async fn a_report_without_a_key_is_forbidden(server: Server) {
    let stranger = Server { key: None, ..server.clone() };
    refuses_report(&stranger, |_| {}, 403).await;
    let blank = Server { key: Some(String::new()), ..server };
    refuses_report(&blank, |_| {}, 403).await;
}

async fn a_report_with_a_wrong_key_is_forbidden(server: Server) {
    let wrong = Server { key: Some("not-a-key".into()), ..server };
    refuses_report(&wrong, |_| {}, 403).await;
}

fn without(name: &str) -> impl Fn(&mut Vec<(String, String)>) + '_ {
    move |report| report.retain(|(known, _)| known != name)
}

async fn a_report_without_a_service_code_is_refused(server: Server) {
    refuses_report(&server, without("service_code"), 400).await;
    let nothing = |report: &mut Vec<(String, String)>| report.clear();
    assert!(refuses_report(&server, nothing, 400).await >= 2, "what lacks is told at once");
}

async fn a_report_of_an_unknown_service_is_refused(server: Server) {
    let unknown = |report: &mut Vec<(String, String)>| {
        report.retain(|(name, _)| name != "service_code");
        report.push(("service_code".into(), "no-such-service".into()));
    };
    refuses_report(&server, unknown, 400).await;
}

async fn a_report_from_nowhere_is_refused(server: Server) {
    refuses_report(&server, without("address_string"), 400).await;
    for half in [("lat", "31.2"), ("long", "121.4")] {
        let halved = |report: &mut Vec<(String, String)>| {
            report.retain(|(name, _)| name != "address_string");
            report.push((half.0.into(), half.1.into()));
        };
        refuses_report(&server, halved, 400).await;
    }
}

/// A service with a required attribute, and that attribute.
async fn with_required(server: &Server) -> Option<(String, Value)> {
    for code in asked_about(server).await.0 {
        let definition = server.both(&format!("services/{code}"), &[]).await;
        let required = list(&definition["attributes"]).iter().find(|one| one["required"] == "true").cloned();
        if let Some(required) = required {
            return Some((code, required));
        }
    }
    None
}

async fn a_report_without_a_required_attribute_is_refused(server: Server) {
    let Some((code, _)) = with_required(&server).await else { return };
    let report = [("service_code", &*code), ("address_string", "1"), ("description", "conformance")];
    for format in FORMATS {
        server.post("requests", format, &report).await.refused(400);
    }
}

async fn a_report_with_an_answer_that_is_no_value_is_refused(server: Server) {
    let Some((code, attribute)) = with_required(&server).await else { return };
    if list(&attribute["values"]).is_empty() {
        return;
    }
    let name = format!("attribute[{}]", text(&attribute["code"]));
    let report = [("service_code", &*code), ("address_string", "1"), (&*name, "no-such-value")];
    for format in FORMATS {
        server.post("requests", format, &report).await.refused(400);
    }
}

async fn a_description_of_more_than_4000_letters_is_refused(server: Server) {
    let long = |report: &mut Vec<(String, String)>| {
        report.retain(|(name, _)| name != "description");
        report.push(("description".into(), "长".repeat(4001)));
    };
    refuses_report(&server, long, 400).await;
    let mut report = good(&server).await;
    let words = new_words();
    let words = format!("{words}{}", "长".repeat(4000 - words.chars().count()));
    report.push(("description".into(), words));
    server.post("requests", "xml", &borrowed(&report)).await.found();
}

/// Reports something; the answer.
async fn report(server: &Server, format: &str, more: &[(&str, &str)]) -> Value {
    let mut report = good(server).await;
    report.push(("description".into(), new_words()));
    report.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let answer = server.post("requests", format, &borrowed(&report)).await.found();
    let [one] = list(&answer) else { panic!("a list of one: {answer}") };
    one.clone()
}

/// The id of a report, asked for by its token where it has no id yet.
async fn id_of(server: &Server, answer: &Value) -> String {
    if let Some(id) = answer["service_request_id"].as_str() {
        return id.to_owned();
    }
    let token = text(&answer["token"]);
    for _ in 0..10 {
        let known = server.get(&format!("tokens/{token}"), "json", &[]).await;
        let known = known.found();
        if let Some(id) = known[0]["service_request_id"].as_str() {
            return id.to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
    panic!("the token {token} leads nowhere");
}

async fn a_report_is_answered_with_an_id_or_a_token(server: Server) {
    for format in FORMATS {
        let one = report(&server, format, &[]).await;
        let (id, token) = (one["service_request_id"].as_str(), one["token"].as_str());
        assert!(id.is_some() != token.is_some(), "one of both, and not both: {one}");
    }
}

async fn a_token_leads_to_the_id(server: Server) {
    let one = report(&server, "xml", &[]).await;
    let id = id_of(&server, &one).await;
    let token = one["token"].as_str().unwrap_or(&id).to_owned();
    let known = server.both(&format!("tokens/{token}"), &[]).await;
    let [told] = list(&known) else { panic!("a list of one: {known}") };
    assert_eq!((&told["service_request_id"], &told["token"]), (&id.as_str().into(), &token.as_str().into()));
}

async fn a_report_is_found_by_its_id_and_in_the_list(server: Server) {
    let id = id_of(&server, &report(&server, "json", &[]).await).await;
    let alone = server.both(&format!("requests/{id}"), &[]).await;
    let one = &list(&alone)[0];
    assert_eq!((&one["service_request_id"], &one["status"]), (&id.as_str().into(), &"open".into()));
    let code = good(&server).await[0].1.clone();
    assert_eq!(one["service_code"], code.as_str());
    let from = (moment(&one["requested_datetime"]) - TimeDelta::seconds(1)).to_rfc3339();
    let listed = server.both("requests", &[("start_date", &from)]).await;
    assert!(ids(list(&listed)).contains(&id), "{listed}");
}

async fn a_place_is_named_by_coordinates_or_address_or_its_id(server: Server) {
    let mut known = good(&server).await;
    known.retain(|(name, _)| name != "address_string");
    let everything = all(&server).await;
    let place = everything.iter().find_map(|one| one["address_id"].as_str().map(str::to_owned));
    let (lat, long) = somewhere(&everything).unwrap_or(("31.2304", "121.4737"));
    let mut ways = vec![vec![("lat", lat), ("long", long)], vec![("address_string", "1号楼 & <南门>")]];
    if let Some(place) = &place {
        ways.push(vec![("address_id", place)]);
    }
    for way in ways {
        let words = new_words();
        let mut report = borrowed(&known);
        report.extend(way.iter().copied().chain([("description", words.as_str())]));
        server.post("requests", "xml", &report).await.found();
    }
    for bad in [("lat", "91"), ("lat", "north"), ("lat", "1e1")] {
        let mut report = borrowed(&known);
        report.extend([bad, ("long", "121.4737"), ("description", "conformance")]);
        server.post("requests", "xml", &report).await.refused(400);
    }
}

/// A point at which the server tells that something is.
fn somewhere(requests: &[Value]) -> Option<(&str, &str)> {
    requests.iter().find_map(|one| Some((one["lat"].as_str()?, one["long"].as_str()?)))
}

/// As clients send it that are known: with who reports it, twice a picture's address, and a member that is misspelt.
async fn a_report_may_say_more_than_it_must(server: Server) {
    let more = [
        ("email", "reporter@example.invalid"),
        ("device_id", "x"),
        ("deviceid", "x"),
        ("account_id", "1"),
        ("first_name", "A"),
        ("last_name", "-"),
        ("phone", "1"),
        ("media_url", "https://pictures.example/1.jpg"),
        ("media_url", "https://pictures.example/2.jpg"),
        ("attribute[no-such-attribute]", "x"),
        ("no-such-argument", "x"),
    ];
    for format in FORMATS {
        report(&server, format, &more).await;
    }
}

async fn a_report_that_is_sent_again_has_the_same_id(server: Server) {
    let mut report = good(&server).await;
    report.push(("description".into(), new_words()));
    let mut known = BTreeSet::new();
    for format in ["xml", "json", "xml"] {
        let answer = server.post("requests", format, &borrowed(&report)).await.found();
        known.insert(id_of(&server, &list(&answer)[0]).await);
    }
    assert_eq!(known.len(), 1, "{known:?}");
}

async fn extension_pages(server: Server) {
    let everything = all(&server).await;
    let until = moment(&everything[0]["requested_datetime"]).to_rfc3339();
    let fixed = list(&server.both("requests", &[("end_date", &until)]).await).to_vec();
    let mut paged = Vec::new();
    for page in 1.. {
        let (page, size) = (page.to_string(), "7");
        let some = [("end_date", &*until), ("page", &*page), ("page_size", size)];
        let some = list(&server.both("requests", &some).await).to_vec();
        assert!(some.len() <= 7);
        if some.is_empty() {
            break;
        }
        paged.extend(some);
    }
    assert_eq!(paged, fixed, "the pages are the list");
    for bad in [("page", "0"), ("page_size", "0"), ("page_size", "1001"), ("page", "first")] {
        server.refuses("requests", &[bad], 400).await;
    }
}

async fn extension_attributes(server: Server) {
    let everything = server.both("requests", &[("extensions", "true")]).await;
    for one in list(&everything) {
        says(&one["extended_attributes"], &["level", "state"]);
    }
    let plain = server.both("requests", &[("extensions", "false")]).await;
    assert!(list(&plain).iter().all(|one| one.get("extended_attributes").is_none()));
    server.refuses("requests", &[("extensions", "perhaps")], 400).await;
    let id = text(&list(&everything)[0]["service_request_id"]).to_owned();
    let alone = server.both(&format!("requests/{id}"), &[("extensions", "true")]).await;
    for note in list(&alone[0]["notes"]) {
        says(note, &["description", "type"]);
        moment(&note["datetime"]);
    }
}

async fn extension_choice_by_update(server: Server) {
    let everything = all(&server).await;
    let one = &everything[everything.len() / 3];
    let at = moment(&one["updated_datetime"]);
    let (from, to) = ((at - TimeDelta::seconds(1)).to_rfc3339(), (at + TimeDelta::seconds(1)).to_rfc3339());
    let chosen = server.both("requests", &[("updated_after", &from), ("updated_before", &to)]).await;
    let near = |one: &Value| (moment(&one["updated_datetime"]) - at).abs() <= TimeDelta::seconds(1);
    assert!(list(&chosen).iter().all(near), "{chosen}");
    assert!(ids(list(&chosen)).contains(text(&one["service_request_id"])), "{chosen}");
    server.refuses("requests", &[("updated_after", "yesterday")], 400).await;
}

async fn extension_choice_by_place(server: Server) {
    for bad in [&[("lat", "31.2304")][..], &[("lat", "91"), ("long", "1")], &[("radius", "5")]] {
        server.refuses("requests", bad, 400).await;
    }
    let everything = all(&server).await;
    let Some((lat, long)) = somewhere(&everything) else { return };
    for bad in ["0", "-1", "near", "1.5"] {
        server.refuses("requests", &[("lat", lat), ("long", long), ("radius", bad)], 400).await;
    }
    let here = [("lat", lat), ("long", long), ("radius", "10")];
    let chosen = server.both("requests", &here).await;
    let is_here = |one: &&Value| one["lat"] == lat && one["long"] == long;
    let expected: Vec<Value> = everything.iter().filter(is_here).cloned().collect();
    assert!(ids(&expected).is_subset(&ids(list(&chosen))), "{chosen}");
    let degrees = |value: &str| value.parse::<f64>().expect("degrees");
    let is_near = |one: &Value| {
        let off = |member: &str, from: &str| (degrees(text(&one[member])) - degrees(from)).abs();
        off("lat", lat) < 0.000_2 && off("long", long) < 0.001
    };
    assert!(list(&chosen).iter().all(is_near), "{chosen}");
    if let [_, second, ..] = list(&chosen) {
        let page: Vec<_> = here.into_iter().chain([("page", "2"), ("page_size", "1")]).collect();
        assert_eq!(list(&server.both("requests", &page).await), std::slice::from_ref(second));
    }
    let (lat, long) = elsewhere((lat, long));
    let nothing = server.both("requests", &[("lat", &lat), ("long", &long), ("radius", "1000")]).await;
    assert!(list(&nothing).is_empty(), "{nothing}");
}

/// A point on the other half of the globe.
fn elsewhere((lat, long): (&str, &str)) -> (String, String) {
    let lat: f64 = lat.parse().expect("degrees");
    ((if lat > 0.0 { lat - 90.0 } else { lat + 90.0 }).to_string(), long.to_owned())
}

async fn extension_a_report_from_elsewhere_is_refused(server: Server) {
    let everything = all(&server).await;
    let Some(here) = somewhere(&everything) else { return };
    let (lat, long) = elsewhere(here);
    let moved = |report: &mut Vec<(String, String)>| {
        report.retain(|(name, _)| name != "address_string");
        report.extend([("lat".into(), lat.clone()), ("long".into(), long.clone())]);
    };
    refuses_report(&server, moved, 400).await;
}

/// Of what is on the server itself; nobody fetches from others to check this one.
async fn extension_pictures_are_shown_where_they_are_said_to_be(server: Server) {
    for one in all(&server).await {
        let Some(url) = one["media_url"].as_str().filter(|url| url.starts_with(&server.base)) else {
            continue;
        };
        let answer = server.http.get(url).send().await.expect("it answers");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(answer.status().is_success() && kind.starts_with("image/"), "{url} is {kind}");
    }
}

/// The columns of bulk exports, as cities have agreed on them.
const BULK: [&str; 14] = [
    "service_request_id",
    "requested_datetime",
    "updated_datetime",
    "closed_date",
    "status_description",
    "status_notes",
    "source",
    "service_name",
    "service_subtype",
    "description",
    "agency_responsible",
    "address",
    "lat",
    "long",
];

async fn extension_everything_at_once_is_a_table_of_what_is_listed(server: Server) {
    let everything = all(&server).await;
    let until = moment(&everything[0]["requested_datetime"]).to_rfc3339();
    let span = [("end_date", &*until)];
    let table = server.get("requests", "csv", &span).await;
    assert_eq!((table.status, &*table.media_type.replace(' ', "")), (200, "text/csv;charset=utf-8"));
    let mut table = csv::Reader::from_reader(table.text.as_bytes());
    assert_eq!(table.headers().expect("a heading").iter().collect::<Vec<_>>(), BULK);
    let rows = table.deserialize::<BTreeMap<String, String>>();
    let rows: Vec<BTreeMap<String, String>> = rows.map(|row| row.expect("a row")).collect();
    for one in list(&server.both("requests", &span).await) {
        let row = rows.iter().find(|row| row["service_request_id"] == text(&one["service_request_id"]));
        let row = row.unwrap_or_else(|| panic!("{one} is not in the table"));
        for column in BULK {
            let member = if column == "status_description" { "status" } else { column };
            if let Some(told) = one.get(member) {
                assert_eq!(row[column], told.as_str().unwrap_or_default(), "{column} of {one}");
            }
        }
        assert_eq!(row["closed_date"].is_empty(), one["status"] == "open", "{row:?}");
        for column in ["requested_datetime", "updated_datetime", "closed_date"] {
            assert!(row[column].is_empty() || DateTime::parse_from_rfc3339(&row[column]).is_ok(), "{row:?}");
        }
    }
    let open = server.get("requests", "csv", &[("status", "open")]).await;
    assert!(!open.text.contains(",closed,"), "{}", open.text);
    server.get("requests", "csv", &[("start_date", "yesterday")]).await.refused(400);
    let decades = [("start_date", "1999-01-01T00:00:00Z"), ("end_date", "2026-01-01T00:00:00Z")];
    server.get("requests", "csv", &decades).await.refused(400);
}

const STATUSES: [&str; 13] = [
    "OPEN",
    "INVESTIGATING",
    "IN_PROGRESS",
    "ACTION_SCHEDULED",
    "FIXED",
    "CLOSED",
    "DUPLICATE",
    "NOT_COUNCILS_RESPONSIBILITY",
    "NO_FURTHER_ACTION",
    "INTERNAL_REFERRAL",
    "FOR_TRIAGE",
    "CANCELLED",
    "REOPEN",
];

async fn extension_updates_are_told(server: Server) {
    let updates = server.both("servicerequestupdates", &[]).await;
    let mut known = BTreeSet::new();
    for one in list(&updates) {
        says(one, &["update_id", "service_request_id", "description"]);
        has(one, &["media_url"]);
        is_one_of(&one["status"], &STATUSES);
        moment(&one["updated_datetime"]);
        assert!(known.insert(text(&one["update_id"])), "an update is there twice: {one}");
    }
    let root = server.get("servicerequestupdates", "xml", &[]).await.xml();
    assert_eq!(root.name, "service_request_updates");
    assert!(root.children.iter().all(|one| one.name == "request_update"));
    let times: Vec<_> = list(&updates).iter().map(|one| moment(&one["updated_datetime"])).collect();
    assert!(times.is_sorted(), "the earliest first");
}

async fn extension_updates_are_chosen_by_date(server: Server) {
    let updates = server.both("servicerequestupdates", &[]).await;
    let one = list(&updates).last().expect("something happened");
    let at = moment(&one["updated_datetime"]);
    let (from, to) = ((at - TimeDelta::seconds(1)).to_rfc3339(), (at + TimeDelta::seconds(1)).to_rfc3339());
    let span = [("start_date", &*from), ("end_date", &*to)];
    let chosen = server.both("servicerequestupdates", &span).await;
    let near = |one: &Value| (moment(&one["updated_datetime"]) - at).abs() <= TimeDelta::seconds(1);
    assert!(list(&chosen).iter().all(near) && list(&chosen).contains(one), "{chosen}");
    let long = [("start_date", "2026-01-01T00:00:00Z"), ("end_date", "2026-12-01T00:00:00Z")];
    server.refuses("servicerequestupdates", &long, 400).await;
}

async fn extension_a_report_may_come_in_parts_with_pictures(server: Server) {
    let mut report = good(&server).await;
    report.push(("description".into(), new_words()));
    report.push(("media_url".into(), "https://pictures.example/1.jpg".into()));
    report.push(("last_name".into(), "-".into()));
    report.push(("deviceid".into(), "x".into()));
    let mut known = BTreeSet::new();
    for format in FORMATS {
        let pictures: [&[u8]; 2] = [&PICTURE, &PICTURE];
        let answer =
            server.post_with_pictures("requests", format, &borrowed(&report), &pictures).await.found();
        known.insert(id_of(&server, &list(&answer)[0]).await);
    }
    assert_eq!(known.len(), 1, "sent again it is the same");
    let broken: [&[u8]; 2] = [&PICTURE, b"<svg/>"];
    server.post_with_pictures("requests", "xml", &borrowed(&report), &broken).await.refused(400);
}

async fn extension_an_update_is_taken(server: Server) {
    let id = id_of(&server, &report(&server, "xml", &[]).await).await;
    let words = new_words();
    let update =
        [("service_request_id", &*id), ("description", &*words), ("status", "OPEN"), ("update_id", "1")];
    let mut known = BTreeSet::new();
    for format in FORMATS {
        let answer = server.post("servicerequestupdates", format, &update).await.found();
        known.insert(text(&list(&answer)[0]["update_id"]).to_owned());
    }
    assert_eq!(known.len(), 1, "sent again it is the same");
}

async fn extension_an_update_without_a_key_is_forbidden(server: Server) {
    let id = ids(&all(&server).await).pop_first().expect("a request");
    let update = [("service_request_id", &*id), ("description", "conformance"), ("status", "OPEN")];
    for key in [None, Some("not-a-key".to_owned())] {
        let stranger = Server { key, ..server.clone() };
        for format in FORMATS {
            stranger.post("servicerequestupdates", format, &update).await.refused(403);
        }
    }
}

async fn extension_an_update_of_nothing_is_refused(server: Server) {
    for format in FORMATS {
        server.post("servicerequestupdates", format, &[]).await.refused(400);
        let unknown = [("service_request_id", "no-such-request"), ("description", "conformance")];
        server.post("servicerequestupdates", format, &unknown).await.refused(404);
    }
}
