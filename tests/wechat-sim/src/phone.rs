//! `getuserphonenumber`: the phone number behind a code from the phone's button.

use serde_json::{Value, json};

use crate::clock::SECOND;
use crate::tickets::{Purpose, Ticket};
use crate::tokens;
use crate::wire::{Ask, Granted, Refusal};
use crate::world::World;

/// What the phone gets when its user agrees to show the number. None when the user has no phone.
pub fn agreed(world: &mut World, appid: &str, openid: &str) -> Option<String> {
    let now = world.clock.now();
    let user = world.users.get_mut(appid, openid).filter(|user| user.phone.is_some())?;
    user.seen = Some(now);
    let code = world.random.hex(32);
    let ticket = Ticket {
        purpose: Purpose::Phone,
        appid: appid.to_owned(),
        openid: openid.to_owned(),
        born: now,
        used: false,
    };
    world.tickets.issue(code.clone(), ticket);
    Some(code)
}

/// `POST /wxa/business/getuserphonenumber`.
pub fn number(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_post()?;
    let appid = tokens::bearer(world, ask)?;
    let posted = ask.posted(&["code", "openid"])?;
    let code = posted.text("code")?.ok_or_else(|| Refusal::new(41008, "missing code"))?;
    let now = world.clock.now();

    let invalid = || Refusal::new(40029, "invalid code");
    let ticket = world.tickets.get(code, Purpose::Phone).ok_or_else(invalid)?;
    if ticket.appid != appid {
        return Err(Refusal::new(40013, "invalid appid"));
    }
    if ticket.used || ticket.expired(now) {
        return Err(invalid());
    }
    if posted.text("openid")?.is_some_and(|openid| openid != ticket.openid) {
        return Err(Refusal::new(40003, "invalid openid"));
    }
    let user = world.users.get(&appid, &ticket.openid).ok_or_else(invalid)?;
    let pure = user.phone.as_deref().ok_or_else(invalid)?;
    let country = &user.country_code;
    let shown_country = match (world.settings.country_code_as_number, country.parse::<u32>()) {
        (true, Ok(digits)) => Value::from(digits),
        _ => Value::from(country.clone()),
    };
    // A number from abroad carries its country code.
    let whole = if country == "86" { pure.to_owned() } else { format!("{country}{pure}") };
    let made = (now / SECOND).saturating_sub(world.settings.watermark_age_seconds);
    let owner = world.settings.watermark_appid.as_ref().unwrap_or(&appid);
    let answer = json!({"errcode": 0, "errmsg": "ok", "phone_info": {
        "phoneNumber": whole, "purePhoneNumber": pure, "countryCode": shown_country,
        "watermark": {"timestamp": made, "appid": owner}}});
    world.tickets.spend(code);
    Ok(Granted::Json(answer))
}
