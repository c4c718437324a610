//! Sending photos, good and bad, and who is shown them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops::FilterType};
use reqwest::Method;
use serde_json::json;

use crate::{
    phone::{Phone, Reply, new_key},
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_photo_is_kept_as_nothing_but_its_picture),
        story!(what_is_no_photo_is_refused_whatever_it_is_called),
        story!(a_pixel_bomb_is_refused_with_memory_bounded),
        story!(a_photo_is_as_large_as_promised_and_not_larger),
        story!(a_form_has_exactly_one_file),
        story!(a_photo_sent_again_is_kept_once),
        story!(a_person_sends_one_photo_at_a_time),
        story!(a_photo_is_shown_to_nobody_else_until_it_is_attached),
        story!(unused_photos_are_limited_a_day).in_the_demo(),
    ]
}

/// What stands in the EXIF of [`snapshot`], and must not come out again.
pub const TAKEN_AT: &[u8] = b"999 SECRET LANE";

/// A phone's JPEG of 400 × 300 pixels, with where it was taken.
pub fn snapshot() -> Vec<u8> {
    let jpeg = encoded(&picture(400, 300), ImageFormat::Jpeg);
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    let place_length = u32::try_from(TAKEN_AT.len()).unwrap();
    let tiff = [
        b"MM\0\x2a\0\0\0\x08".to_vec(),
        // The first directory at 8: where the one of GPS is, which stands at 26.
        vec![0, 1],
        entry(0x8825, 4, 1, 26_u32.to_be_bytes()),
        vec![0; 4],
        // North of the equator; and the name of the area, at 56.
        vec![0, 2],
        entry(0x0001, 2, 2, *b"N\0\0\0"),
        entry(0x001c, 7, place_length, 56_u32.to_be_bytes()),
        vec![0; 4],
        TAKEN_AT.to_vec(),
    ]
    .concat();
    let segment = [b"Exif\0\0", &tiff[..]].concat();
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}

/// A photo of a phone that keeps nothing but the picture.
fn picture(width: u32, height: u32) -> DynamicImage {
    let colour = |x: u32, y: u32| Rgb([x, y, x + y].map(|one| u8::try_from(one % 256).unwrap()));
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

async fn send(phone: &Phone, file_name: &str, media_type: &str, bytes: &[u8]) -> Reply {
    phone.call(Method::POST, "/v1/uploads").keyed().file("file", file_name, media_type, bytes).send().await
}

/// Sends a snapshot; its id.
pub async fn send_photo(phone: &Phone) -> String {
    send_as_photo(phone, &snapshot()).await
}

/// The snapshot as somebody else has it to whom it was sent on: smaller, and encoded anew.
pub async fn send_it_on(phone: &Phone) -> String {
    let small = picture(400, 300).resize_exact(300, 225, FilterType::Triangle);
    send_as_photo(phone, &encoded(&small, ImageFormat::Jpeg)).await
}

/// A photo of something else.
pub async fn send_another(phone: &Phone) -> String {
    send_as_photo(phone, &encoded(&picture(900, 700), ImageFormat::Jpeg)).await
}

async fn send_as_photo(phone: &Phone, bytes: &[u8]) -> String {
    let kept = send(phone, "IMG_0001.jpg", "image/jpeg", bytes).await.ok();
    kept["id"].as_str().expect("an id").to_owned()
}

/// A form as it stands, without the help of a client.
async fn send_form(phone: &Phone, media_type: &str, body: &[u8]) -> Reply {
    phone.call(Method::POST, "/v1/uploads").keyed().typed(media_type, body.to_vec()).send().await
}

async fn a_photo_is_kept_as_nothing_but_its_picture(world: &mut World) {
    let phone = world.newcomer().await;
    let sent = snapshot();
    assert!(holds(&sent, b"Exif") && holds(&sent, TAKEN_AT));
    for (format, bytes) in [
        ("jpeg", sent),
        ("png", encoded(&picture(400, 300), ImageFormat::Png)),
        ("webp", encoded(&picture(400, 300), ImageFormat::WebP)),
    ] {
        // What it is called and said to be does not matter.
        let reply = send(&phone, "照片.txt", "text/plain", &bytes).await;
        let kept = reply.ok();
        let path = format!("/v1/uploads/{}", kept["id"].as_str().unwrap());
        assert_eq!(reply.header("location"), Some(&*path));
        assert_eq!(
            (&kept["width"], &kept["height"], &kept["media_type"]),
            (&json!(400), &json!(300), &json!("image/jpeg")),
            "{format}"
        );
        let full = phone.get(&path).await;
        assert_eq!(full.status, 200);
        assert_eq!(full.header("cache-control"), Some("private, max-age=3600"));
        assert_eq!(full.bytes.len(), usize::try_from(kept["bytes"].as_u64().unwrap()).unwrap());
        let small = phone.get(&format!("{path}?size=THUMBNAIL")).await;
        for (served, width) in [(&full, 400), (&small, 320)] {
            assert_eq!(served.header("content-type"), Some("image/jpeg"));
            assert_eq!(image::guess_format(&served.bytes).unwrap(), ImageFormat::Jpeg);
            assert_eq!(image::load_from_memory(&served.bytes).unwrap().width(), width);
            for word in [&b"Exif"[..], TAKEN_AT, b"GPS"] {
                assert!(!holds(&served.bytes, word), "{format}: something rides along");
            }
        }
        phone.get(&format!("{path}?size=HUGE")).await.refused(422, "INPUT_INVALID");
    }
}

async fn what_is_no_photo_is_refused_whatever_it_is_called(world: &mut World) {
    let phone = world.newcomer().await;
    let page = b"<!DOCTYPE html><html><script>alert(1)</script></html>";
    for (name, bytes) in [
        ("a.jpg", &page[..]),
        ("b.jpg", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF"),
        ("c.png", b"GIF89a\x01\0\x01\0\0\0\0;"),
        ("d.webp", b"PK\x03\x04"),
        ("e.jpg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("f.jpg", b""),
    ] {
        send(&phone, name, "image/jpeg", bytes).await.refused(415, "PHOTO_TYPE_UNSUPPORTED");
    }
    for whole in [snapshot(), encoded(&picture(400, 300), ImageFormat::Png)] {
        for part in [2, 4] {
            let cut = &whole[..whole.len() - whole.len() / part];
            send(&phone, "cut.jpg", "image/jpeg", cut).await.refused(422, "PHOTO_UNREADABLE");
        }
    }
    // A photo with a page behind it is a photo, and comes back without the page.
    let both = [&snapshot()[..], page].concat();
    let kept = send(&phone, "both.jpg", "image/jpeg", &both).await.ok();
    let served = phone.get(&format!("/v1/uploads/{}", kept["id"].as_str().unwrap())).await;
    assert!(served.status == 200 && !holds(&served.bytes, b"<script>"));
}

/// A PNG's header that claims a size, with a right checksum and hardly anything behind it.
fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let header = [b"IHDR", &width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    let checksum =
        header.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)));
    let end = (!checksum).to_be_bytes();
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0d", &header[..], &end, b"\0\0\0\0IDAT\x35\xaf\x06\x1e"].concat()
}

async fn a_pixel_bomb_is_refused_with_memory_bounded(world: &mut World) {
    let phone = world.newcomer().await;
    // One good photo first, so that what decoding needs at all is not counted.
    send_photo(&phone).await;
    let before = world.service().peak_memory();
    for (width, height) in [(60_000, 60_000), (8_000, 5_001), (2_000_000_000, 2_000_000_000)] {
        let bomb = png_that_claims(width, height);
        send(&phone, "a.png", "image/png", &bomb).await.refused(422, "PHOTO_TOO_MANY_PIXELS");
    }
    let grown = world.service().peak_memory() - before;
    assert!(grown < 16 * 1024, "the service grew by {grown} KiB for pixels that nobody sent");
}

async fn a_photo_is_as_large_as_promised_and_not_larger(world: &mut World) {
    const LIMIT: usize = 10 * 1024 * 1024;
    let phone = world.newcomer().await;
    let mut large = snapshot();
    // Behind its end a JPEG may have anything.
    large.resize(LIMIT, 0);
    send(&phone, "a.jpg", "image/jpeg", &large).await.ok();
    large.push(0);
    send(&phone, "a.jpg", "image/jpeg", &large).await.refused(413, "BODY_TOO_LARGE");
    large.resize(11_000_000, 0);
    send(&phone, "a.jpg", "image/jpeg", &large).await.refused(413, "BODY_TOO_LARGE");
}

async fn a_form_has_exactly_one_file(world: &mut World) {
    let phone = world.newcomer().await;
    let part = |name: &str, about: &str, bytes: &[u8]| {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{about}\r\n\r\n");
        [head.as_bytes(), bytes, b"\r\n"].concat()
    };
    let photo = part("file", "; filename=\"a.jpg\"", &snapshot());
    let field = part("remark", "", "门口".as_bytes());
    let end = b"--b--\r\n".to_vec();
    let form = "multipart/form-data; boundary=b";

    send_form(&phone, form, &end).await.refused(422, "FILE_EXPECTED");
    let without = [&field[..], &end].concat();
    send_form(&phone, form, &without).await.refused(422, "FILE_EXPECTED");
    let two = [&photo[..], &photo, &end].concat();
    send_form(&phone, form, &two).await.refused(422, "FILE_EXPECTED");
    let many = [&field.repeat(21)[..], &photo, &end].concat();
    send_form(&phone, form, &many).await.refused(422, "FILE_EXPECTED");

    // What `wx.uploadFile` sends as `formData` is not looked at, as long as it is short and little.
    let beside = [&field[..], &photo, &field.repeat(19), &end].concat();
    send_form(&phone, form, &beside).await.ok();
    let long = part("remark", "", &[b'a'; 4097]);
    send_form(&phone, form, &[&long[..], &photo, &end].concat()).await.refused(413, "BODY_TOO_LARGE");

    let one = [&photo[..], &end].concat();
    send_form(&phone, "multipart/form-data", &one).await.refused(400, "INPUT_MALFORMED");
    send_form(&phone, "multipart/form-data; boundary=other", &one).await.refused(400, "INPUT_MALFORMED");
    send_form(&phone, form, &one[..one.len() / 2]).await.refused(400, "INPUT_MALFORMED");
    for other in ["application/json", "image/jpeg", "application/x-www-form-urlencoded"] {
        send_form(&phone, other, &one).await.refused(415, "MEDIA_TYPE_UNSUPPORTED");
    }
    send_form(&phone, form, &one).await.ok();
}

async fn a_photo_sent_again_is_kept_once(world: &mut World) {
    let phone = world.newcomer().await;
    let key = new_key();
    let send = async |bytes: &[u8]| {
        let call = phone.call(Method::POST, "/v1/uploads").header("idempotency-key", &key);
        call.file("file", "a.jpg", "image/jpeg", bytes).send().await
    };
    let first = send(&snapshot()).await;
    let again = send(&snapshot()).await;
    assert_eq!(first.ok(), again.ok());
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    send(&encoded(&picture(9, 9), ImageFormat::Png)).await.refused(422, "KEY_REUSED");
    // The key is looked up before anything is decoded.
    send(b"no photo at all").await.refused(422, "KEY_REUSED");
    // With another key it is another photo.
    assert_ne!(first.ok()["id"], send_photo(&phone).await.as_str());
}

async fn a_person_sends_one_photo_at_a_time(world: &mut World) {
    let (hasty, other) = (world.newcomer().await, world.newcomer().await);
    // So many pixels take a while.
    let large = encoded(&picture(4000, 3000), ImageFormat::Jpeg);
    let large = async || send(&hasty, "a.jpg", "image/jpeg", &large).await;
    let (one, two, three, others) = tokio::join!(large(), large(), large(), send_photo(&other));
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 429, 429]);
    let refused = [one, two, three].into_iter().find(|reply| reply.status == 429).expect("two were refused");
    refused.refused(429, "UPLOAD_RUNNING");
    assert_eq!(refused.header("retry-after"), Some("1"));
    other.get(&format!("/v1/uploads/{others}")).await.ok();
    // The turn is over when the photo is kept, or refused.
    send(&hasty, "b.jpg", "image/jpeg", b"no photo").await.refused(415, "PHOTO_TYPE_UNSUPPORTED");
    send_photo(&hasty).await;
}

async fn a_photo_is_shown_to_nobody_else_until_it_is_attached(world: &mut World) {
    let (sender, other) = (world.newcomer().await, world.newcomer().await);
    let path = format!("/v1/uploads/{}", send_photo(&sender).await);
    sender.get(&path).await.ok();
    for size in ["FULL", "THUMBNAIL"] {
        other.get(&format!("{path}?size={size}")).await.refused(404, "NOT_FOUND");
    }
    world.guest().get(&path).await.refused(401, "SIGN_IN_NEEDED");
}

async fn unused_photos_are_limited_a_day(world: &mut World) {
    let phone = world.sign_in("coowner").await;
    let tiny = encoded(&picture(2, 2), ImageFormat::Png);
    let mut last = String::new();
    for _ in 0..60 {
        let kept = send(&phone, "a.png", "image/png", &tiny).await.ok();
        kept["id"].as_str().unwrap().clone_into(&mut last);
    }
    let refused = send(&phone, "a.png", "image/png", &tiny).await;
    refused.refused(429, "UPLOADS_USED_UP");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    send(&phone, "a.png", "image/png", b"no photo at all").await.refused(429, "UPLOADS_USED_UP");
    // Others send theirs, and one that is used makes room for another.
    send(&world.newcomer().await, "a.png", "image/png", &tiny).await.ok();
    let roles = phone.get("/v1/me").await.ok();
    let home = roles["roles"].as_array().unwrap().iter().find(|role| role["role"] == "OWNER").unwrap();
    let report = json!({ "place_id": home["complex_id"], "category": "PARKING",
        "description": "车位被占", "photo_ids": [last] });
    phone.post("/v1/incidents", &report).await.ok();
    send(&phone, "a.png", "image/png", &tiny).await.ok();
    send(&phone, "a.png", "image/png", &tiny).await.refused(429, "UPLOADS_USED_UP");
    world.advance_clock(24 * 3600 + 60).await;
    let phone = world.sign_in("coowner").await;
    send(&phone, "a.png", "image/png", &tiny).await.ok();
}
