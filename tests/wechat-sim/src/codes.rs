//! `getwxacodeunlimit`: the picture that opens a page with a scene. It answers bytes when it grants and JSON when
//! it refuses, both with HTTP 200.

use crate::tokens;
use crate::wire::{Ask, Granted, Posted, Refusal, malformed};
use crate::world::World;

/// A word that WeChat keeps for itself (85096).
const RESERVED: &str = "scancode_time";
const SIGNS: &str = "!#$&'()*+,/:;=?@-._~";
/// One transparent pixel.
const CLEAR_PNG: &str = "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b49444154789c636060000000030001b8ad3a630000000049454e44ae426082";

/// `POST /wxa/getwxacodeunlimit`.
pub fn unlimited(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_post()?;
    let appid = tokens::bearer(world, ask)?;
    let now = world.clock.now();
    world.quotas.spend("getwxacodeunlimit.minute", &appid, now)?;
    let posted = ask.posted(&[
        "scene",
        "page",
        "check_path",
        "env_version",
        "width",
        "auto_color",
        "line_color",
        "is_hyaline",
    ])?;
    let scene = acceptable_scene(&posted)?;
    if !["release", "trial", "develop"].contains(&posted.text("env_version")?.unwrap_or("release")) {
        return Err(Refusal::new(40097, "invalid args: env_version"));
    }
    let width = posted.integer("width")?.unwrap_or(430);
    let width = u16::try_from(width).ok().filter(|width| (280..=1280).contains(width));
    let width = width.ok_or_else(|| Refusal::new(40097, "invalid args: width"))?;
    posted.truth("auto_color")?;
    if posted.get("line_color").is_some_and(|color| !color.is_object()) {
        return Err(malformed("line_color must be an object"));
    }
    let page = posted.text("page")?;
    let checked = posted.truth("check_path")?.unwrap_or(true);
    if let Some(page) = page {
        let path_alone = !page.starts_with('/') && !page.contains('?');
        if !path_alone || (checked && !world.subscriptions.released.contains(page)) {
            return Err(Refusal::new(41030, "invalid page"));
        }
    }
    if posted.truth("is_hyaline")?.unwrap_or(false) {
        let bytes = hex::decode(CLEAR_PNG).unwrap_or_default();
        return Ok(Granted::Picture { content_type: "image/png", bytes });
    }
    let remark = format!("scene={scene}&page={}", page.unwrap_or_default());
    Ok(Granted::Picture { content_type: "image/jpeg", bytes: grey_square(width, &remark) })
}

fn acceptable_scene(posted: &Posted) -> Result<&str, Refusal> {
    let scene = posted.text("scene")?.unwrap_or_default();
    if !(1..=32).contains(&scene.chars().count()) {
        return Err(Refusal::new(40169, "invalid length for scene, or the data is not json string"));
    }
    if !scene.chars().all(|c| c.is_ascii_alphanumeric() || SIGNS.contains(c)) {
        return Err(Refusal::new(40129, "invalid scene"));
    }
    if scene.contains(RESERVED) {
        return Err(Refusal::new(85096, "scancode_time is reserved"));
    }
    Ok(scene)
}

/// A grey JPEG of the width asked for, with `remark` in a comment segment, so that a test can tell codes apart.
///
/// Every 8×8 block is "no change, end of block": two zero bits with the one-symbol Huffman tables below.
fn grey_square(width: u16, remark: &str) -> Vec<u8> {
    let [high, low] = width.to_be_bytes();
    let mut jpeg = vec![0xff, 0xd8];
    segment(&mut jpeg, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    segment(&mut jpeg, 0xfe, remark.as_bytes());
    segment(&mut jpeg, 0xdb, &[&[0][..], &[1; 64]].concat());
    segment(&mut jpeg, 0xc0, &[8, high, low, high, low, 1, 1, 0x11, 0]);
    for table in [0x00, 0x10] {
        segment(&mut jpeg, 0xc4, &[&[table, 1][..], &[0; 15], &[0]].concat());
    }
    segment(&mut jpeg, 0xda, &[1, 1, 0, 0, 63, 0]);
    let blocks_a_side = usize::from(width).div_ceil(8);
    let bits = 2 * blocks_a_side * blocks_a_side;
    jpeg.resize(jpeg.len() + bits / 8, 0);
    match bits % 8 {
        0 => {}
        used => jpeg.push(0xff >> used),
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

/// One marker segment: its length counts itself.
fn segment(jpeg: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let length = u16::try_from(payload.len() + 2).unwrap_or(u16::MAX);
    jpeg.extend([0xff, marker]);
    jpeg.extend(length.to_be_bytes());
    jpeg.extend(payload);
}
