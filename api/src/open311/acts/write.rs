//! Reports and updates from outside.

use rules::{
    incidents as law,
    open311::{
        Attribute, Service,
        course::promise_words,
        nearby::{self, REACH},
        service,
    },
};
use uuid::Uuid;

use super::{
    super::{
        API_KEY_REFUSED, REQUEST_UNKNOWN, Refused,
        arguments::{Arguments, invalid},
        model::{Accepted, NewRequest, NewUpdate, Noted, Turn},
        store,
        told::{Answer, Told},
    },
    Integration, Jurisdiction,
};
use crate::{
    access::Level,
    app::App,
    database::Tx,
    http::problem::{NOT_FOUND, Problem, Result},
    incidents::{
        self,
        model::{NoteIncident, ReportIncident, ReturnIncident},
    },
    moderation::{self, Verdict},
    places,
    policies::acts as policies,
    uploads::{self, photo::Photo},
};

/// The most that a description may have, in letters.
const DESCRIPTION: usize = 4000;
/// The most that an address or an address of a picture may have.
const ADDRESS: usize = 500;
/// Addresses of pictures.
const PICTURES: usize = 3;
/// The most that the words of an update may have.
const UPDATE: usize = 2000;

/// Reads a report; tells everything that is wrong with it at once.
pub async fn read_request(app: &App, at: &Jurisdiction, asked: &Arguments) -> Result<NewRequest, Refused> {
    let mut refused = Refused::default();
    let mut words = String::new();
    let service = refused.keep(read_service(asked));
    match asked.get("description") {
        Some(text) if text.chars().count() > DESCRIPTION => {
            refused.add(invalid("description", &format!("may have {DESCRIPTION} letters at most")));
        }
        Some(text) => words.push_str(text),
        None => words.extend(service.and_then(Service::category).map(|one| one.name.zh.as_str())),
    }
    for attribute in service.iter().flat_map(|service| &service.attributes) {
        let answer = refused.keep(read_attribute(attribute, asked)).flatten();
        add(&mut words, &attribute.description, answer.as_deref());
    }
    let place = refused.keep(read_place(app, at, asked, &mut words).await);
    refused.keep(read_pictures(asked, &mut words));
    match (service, place) {
        (Some(service), Some(place)) if refused.is_empty() => Ok(NewRequest { service, place, words }),
        _ => Err(refused),
    }
}

fn read_service(asked: &Arguments) -> Result<&'static Service> {
    let code = asked.get("service_code").ok_or_else(|| invalid("service_code", "is missing"))?;
    service::find(code).ok_or_else(|| invalid("service_code", "is not one of the services"))
}

fn read_attribute(attribute: &Attribute, asked: &Arguments) -> Result<Option<String>> {
    let (one, several) =
        (format!("attribute[{}]", attribute.code), format!("attribute[{}][]", attribute.code));
    let answers: Vec<&str> = asked.all(&one).chain(asked.all(&several)).collect();
    let misfit = |misfit| invalid(&one, &format!("({}): {misfit}", attribute.description));
    attribute.read(&answers).map_err(misfit)
}

/// A line of what whoever handles it reads.
fn add(words: &mut String, what: &str, said: Option<&str>) {
    if let Some(said) = said {
        words.extend(["\n", what, "：", said]);
    }
}

/// Where it is: a place of the jurisdiction by its id; or else the jurisdiction, with the address for whoever handles it
/// to read; or else what its coordinates mean. They too are read by whoever handles it.
async fn read_place(app: &App, at: &Jurisdiction, asked: &Arguments, words: &mut String) -> Result<Uuid> {
    let (address, id) = (asked.get("address_string"), asked.get("address_id"));
    if address.is_some_and(|address| address.chars().count() > ADDRESS) {
        return Err(invalid("address_string", &format!("may have {ADDRESS} letters at most")));
    }
    let place = match (id, address, asked.position()?) {
        (Some(id), ..) => within(app, at, id).await?,
        (None, Some(_), _) => at.id(),
        (None, None, Some(point)) => {
            let known = places::positions(app.db.read(), at.id()).await?;
            let place = nearby::place_at(point, at.id(), &known);
            place.ok_or_else(|| invalid("lat and long", &format!("are more than {REACH} metres away")))?
        }
        (None, None, None) => {
            return Err(invalid("lat and long, address_string or address_id", "must say where it is"));
        }
    };
    let point = asked.get("lat").zip(asked.get("long"));
    add(words, "位置", address);
    add(words, "坐标", point.map(|(lat, long)| format!("{lat}, {long}")).as_deref());
    Ok(place)
}

/// The place of that id, if it is in the jurisdiction.
async fn within(app: &App, at: &Jurisdiction, id: &str) -> Result<Uuid> {
    let outside = || invalid("address_id", "is no place of this jurisdiction");
    let id = id.parse().map_err(|_| outside())?;
    let place = places::lineage(app.db.read(), id).await;
    let place =
        place.map_err(|problem| if problem.code.name == NOT_FOUND.name { outside() } else { problem })?;
    if place.at(Level::Complex) == Some(at.id()) { Ok(place.id) } else { Err(outside()) }
}

/// Where pictures are, for whoever handles it to look at; nothing is fetched.
fn read_pictures(asked: &Arguments, words: &mut String) -> Result<()> {
    let pictures: Vec<&str> = asked.all("media_url").chain(asked.all("media_url[]")).collect();
    if pictures.len() > PICTURES {
        return Err(invalid("media_url", &format!("may be given {PICTURES} times at most")));
    }
    let fits = |url: &&str| {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        is_web && url.len() <= ADDRESS && url.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !pictures.iter().all(fits) {
        return Err(invalid(
            "media_url",
            &format!("must be an address of the web, of {ADDRESS} letters at most"),
        ));
    }
    for url in pictures {
        add(words, "附图", Some(url));
    }
    Ok(())
}

/// A photo that came with a report, with the hash of the file as it came.
pub type SentPhoto = (Photo, String);

/// A report from outside becomes an incident like any other, reported by the key's account.
pub async fn accept(
    app: &App,
    from: &Integration,
    tx: &Tx,
    (new, verdict): (&NewRequest, Option<&Verdict>),
    photos: &[SentPhoto],
) -> Result<Accepted> {
    let mut photo_ids = Vec::new();
    for (photo, digest) in photos {
        photo_ids.push(uploads::keep(app, &from.account, tx, photo, digest).await?.id);
    }
    let place = places::lineage(tx.conn(), new.place).await?;
    let category =
        new.service.category().ok_or_else(|| Problem::internal("a service without its category"))?;
    let request = ReportIncident {
        place_id: place.id,
        category: category.code.clone(),
        description: new.words.clone(),
        photo_ids,
        joins: None,
        recurrence_of: None,
    };
    let row =
        incidents::acts::take_in(app, &from.account, tx, &place, &request, law::Origin::Open311).await?;
    moderation::told_of_report(tx, &from.account, row.id, verdict).await?;
    let policy = policies::held(tx.conn(), &row.policy).await?;
    let level =
        law::Level::from_code(&row.level).ok_or_else(|| Problem::internal("an incident has no level"))?;
    Ok(Accepted { service_request_id: row.id, service_notice: promise_words(policy.at(level)) })
}

/// What a report is answered.
pub fn accepted(Accepted { service_request_id, service_notice }: Accepted) -> Answer {
    let told = Told::Members(vec![
        ("service_request_id", Told::text(service_request_id)),
        ("service_notice", Told::text(service_notice)),
        ("account_id", Told::Nothing),
    ]);
    Answer::list("service_requests", "request", vec![told])
}

/// Reads an update; tells everything that is wrong with it at once. Only what a key reported may be updated by it.
pub async fn read_update(
    app: &App,
    at: &Jurisdiction,
    from: &Integration,
    asked: &Arguments,
) -> Result<NewUpdate, Refused> {
    let mut refused = Refused::default();
    let id = asked.get("service_request_id").ok_or_else(|| invalid("service_request_id", "is missing"));
    let words = read_words(asked).and_then(|words| {
        let mut words = words.to_owned();
        read_pictures(asked, &mut words).map(|()| words)
    });
    let (Some(id), Some(words)) = (refused.keep(id), refused.keep(words)) else {
        return Err(refused);
    };
    let unknown = || REQUEST_UNKNOWN.plain();
    let request: Uuid = id.parse().map_err(|_| unknown())?;
    let found = store::reporter_of(app.db.read(), at.id(), request).await.map_err(Problem::from)?;
    let (reporter, status) = found.ok_or_else(unknown)?;
    if reporter != from.account.person {
        return Err(API_KEY_REFUSED.because("this api_key did not report it").into());
    }
    let reopens = asked.get("status").is_some_and(|status| status.eq_ignore_ascii_case("REOPEN"));
    let turn = match status {
        Some(law::Status::AwaitConfirm) if reopens => Turn::SendBack,
        Some(law::Status::Closed) if reopens => Turn::Reopen,
        _ => Turn::Tell,
    };
    Ok(NewUpdate { request, words, turn })
}

fn read_words(asked: &Arguments) -> Result<&str> {
    let words = asked.get("description").ok_or_else(|| invalid("description", "is missing"))?;
    let fits = words.chars().count() <= UPDATE;
    if fits { Ok(words) } else { Err(invalid("description", &format!("may have {UPDATE} letters at most"))) }
}

/// An update becomes what the reporter says.
pub async fn note(
    app: &App,
    from: &Integration,
    tx: &Tx,
    new: &NewUpdate,
    verdict: Option<&Verdict>,
) -> Result<Noted> {
    let (account, id) = (&from.account, new.request);
    let again = || ReturnIncident { reason: new.words.clone(), satisfaction: None, because: None };
    let incident = match new.turn {
        Turn::Tell => {
            let note = NoteIncident { words: new.words.clone(), internal: false };
            incidents::acts::note(app, account, tx, id, &note).await?
        }
        Turn::SendBack => incidents::acts::send_back(app, account, tx, id, &again()).await?,
        Turn::Reopen => incidents::acts::reopen(app, account, tx, id, &again()).await?,
    };
    moderation::told(tx, account, id, verdict).await?;
    Ok(Noted { update_id: format!("{id}.{}", incident.version) })
}

/// What an update is answered.
pub fn noted(Noted { update_id }: Noted) -> Answer {
    let told = Told::Members(vec![("update_id", Told::text(update_id))]);
    Answer::list("service_request_updates", "request_update", vec![told])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_named_and_not_fetched() {
        let read = |urls: &[&str]| {
            let mut words = String::new();
            let asked = urls.iter().map(|url| ("media_url".to_owned(), (*url).to_owned())).collect();
            read_pictures(&Arguments::new(asked), &mut words).map(|()| words)
        };
        assert_eq!(read(&["https://a.example/1.jpg"]).unwrap(), "\n附图：https://a.example/1.jpg");
        assert!(read(&["ftp://a.example/1.jpg"]).is_err());
        assert!(read(&["https://a.example/一.jpg"]).is_err());
        assert!(read(&["https://a.example"; PICTURES + 1]).is_err());
    }
}
