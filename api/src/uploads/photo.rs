//! From whatever a phone sends to a photo that holds nothing but its picture.
//!
//! Pure and slow: whoever calls it keeps it off the threads that answer requests, one at a time.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    error::ImageError, imageops::FilterType,
};
use rules::clusters::{Look, look::Parts};

use super::{PHOTO_TOO_MANY_PIXELS, PHOTO_TYPE_UNSUPPORTED, PHOTO_UNREADABLE};
use crate::http::problem::{Problem, Result};

/// The most that a file may have, in bytes: 10 MiB.
pub const FILE_LIMIT: usize = 10 * 1024 * 1024;
/// The most pixels: 40 megapixels.
const PIXEL_LIMIT: u64 = 40_000_000;
/// The longest side, in pixels; JPEG knows no longer one.
const SIDE_LIMIT: u32 = 65_535;
/// The most memory for one decoded photo, in bytes.
const MEMORY_LIMIT: u64 = 192 * 1024 * 1024;
/// The thumbnail's longest side, in pixels.
const THUMBNAIL_SIDE: u32 = 320;
const QUALITY: u8 = 85;
const THUMBNAIL_QUALITY: u8 = 75;

/// What every kept photo is.
pub const MEDIA_TYPE: &str = "image/jpeg";

/// A photo encoded anew, upright, and small.
#[derive(Clone, Debug)]
pub struct Photo {
    pub width: u32,
    pub height: u32,
    pub full: Vec<u8>,
    /// At most 320 pixels on its longest side.
    pub thumbnail: Vec<u8>,
    /// How it looks; none if it shows next to nothing.
    pub look: Option<Look>,
}

/// Decodes within limits, sets upright, and encodes as JPEG. The header decides first: what claims too many pixels is
/// refused before any of them is decoded.
///
/// # Errors
/// [`PHOTO_TYPE_UNSUPPORTED`], [`PHOTO_TOO_MANY_PIXELS`], [`PHOTO_UNREADABLE`].
pub fn process(bytes: &[u8]) -> Result<Photo> {
    let Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) = image::guess_format(bytes)
    else {
        return Err(PHOTO_TYPE_UNSUPPORTED.because("the bytes are not those of a JPEG, PNG or WebP"));
    };
    if format == ImageFormat::Jpeg && !reaches_its_end(bytes) {
        return Err(PHOTO_UNREADABLE.because("the photo is broken or cut off"));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_LIMIT);
    limits.max_image_height = Some(SIDE_LIMIT);
    limits.max_alloc = Some(MEMORY_LIMIT);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXEL_LIMIT || decoder.total_bytes() > MEMORY_LIMIT {
        return Err(
            PHOTO_TOO_MANY_PIXELS.because(format!("{width} × {height} pixels are more than 40 megapixels"))
        );
    }
    let orientation = decoder.orientation().map_err(refused)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(orientation);
    // A JPEG keeps neither transparency nor more than 8 bits.
    let picture = DynamicImage::ImageRgb8(picture.into_rgb8());
    let (width, height) = (picture.width(), picture.height());
    let full = jpeg(&picture, QUALITY)?;
    let small = if width.max(height) > THUMBNAIL_SIDE {
        picture.thumbnail(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    } else {
        picture
    };
    Ok(Photo { width, height, full, thumbnail: jpeg(&small, THUMBNAIL_QUALITY)?, look: look(&small) })
}

/// How a small picture looks, however large it was and whatever its shape.
fn look(small: &DynamicImage) -> Option<Look> {
    let mut parts = Parts::default();
    let tiny = small.resize_exact(9, 8, FilterType::Triangle).into_luma8().into_raw();
    for (row, brightness) in parts.iter_mut().zip(tiny.as_chunks().0) {
        *row = *brightness;
    }
    Look::of(&parts)
}

/// Whether a JPEG has the mark of its end after its first scan. The decoder paints what is missing grey, and half a
/// photo on a bad line must not pass for a whole one. An embedded preview has a mark of its own, inside a segment that
/// is stepped over.
fn reaches_its_end(bytes: &[u8]) -> bool {
    const SCAN: u8 = 0xda;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            // A segment may be preceded by filling.
            [0xff, 0xff, ..] => rest = rest.get(1..).unwrap_or_default(),
            [0xff, SCAN, scan @ ..] => return scan.windows(2).any(|mark| mark == [0xff, 0xd9]),
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                match rest.get(2 + length..) {
                    Some(next) => rest = next,
                    None => return false,
                }
            }
            _ => return false,
        }
    }
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))
        .map_err(Problem::internal)?;
    Ok(bytes)
}

/// What a decoder's complaint means to the sender; its words may quote the file, so they stay here.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn refused(error: ImageError) -> Problem {
    match error {
        ImageError::Limits(_) => {
            PHOTO_TOO_MANY_PIXELS.because("the photo needs more memory than a photo may")
        }
        ImageError::Unsupported(_) => {
            PHOTO_UNREADABLE.because("the photo is of a kind that cannot be read here")
        }
        _ => PHOTO_UNREADABLE.because("the photo is broken or cut off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    /// Left half red, right half blue.
    fn picture(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| {
            if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }
        }))
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// A JPEG whose EXIF says that it lies on its side (orientation 6: turn right), and who took it.
    fn sideways_with_exif() -> Vec<u8> {
        let jpeg = encoded(&picture(400, 200), ImageFormat::Jpeg);
        let mut tiff: Vec<u8> = b"MM\0\x2a\0\0\0\x08".to_vec();
        tiff.extend([0, 2]); // two entries
        tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]); // orientation, SHORT, 6
        tiff.extend([0x01, 0x3b, 0, 2, 0, 0, 0, 12, 0, 0, 0, 38]); // artist, ASCII, at 38
        tiff.extend([0, 0, 0, 0]);
        tiff.extend(b"SECRETARTIST");
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(tiff);
        let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
    }

    fn holds(bytes: &[u8], word: &[u8]) -> bool {
        bytes.windows(word.len()).any(|window| window == word)
    }

    /// A PNG header that claims a size, with a right checksum and nothing behind it.
    fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
        let mut header = b"IHDR".to_vec();
        header.extend(width.to_be_bytes());
        header.extend(height.to_be_bytes());
        header.extend([8, 2, 0, 0, 0]);
        let checksum = header.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            })
        });
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        png.extend(header);
        png.extend((!checksum).to_be_bytes());
        png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        png
    }

    #[test]
    fn exif_is_gone_and_the_photo_stands_upright() {
        let sent = sideways_with_exif();
        assert!(holds(&sent, b"SECRETARTIST"));
        let photo = process(&sent).unwrap();
        assert_eq!((photo.width, photo.height), (200, 400));
        let kept = image::load_from_memory(&photo.full).unwrap().into_rgb8();
        let (top, bottom) = (kept.get_pixel(100, 20).0, kept.get_pixel(100, 380).0);
        assert!(top[0] > 200 && top[2] < 60, "what was left is up: {top:?}");
        assert!(bottom[2] > 200 && bottom[0] < 60, "what was right is down: {bottom:?}");
        for bytes in [&photo.full, &photo.thumbnail] {
            assert!(!holds(bytes, b"Exif") && !holds(bytes, b"SECRETARTIST"));
        }
    }

    #[test]
    fn all_three_kinds_become_jpeg_with_a_small_one() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let photo = process(&encoded(&picture(900, 300), format)).unwrap();
            assert_eq!((photo.width, photo.height), (900, 300));
            assert_eq!(image::guess_format(&photo.full).unwrap(), ImageFormat::Jpeg);
            let small = image::load_from_memory(&photo.thumbnail).unwrap();
            assert_eq!((small.width(), small.height()), (320, 107));
        }
        let tiny = process(&encoded(&picture(2, 2), ImageFormat::Png)).unwrap();
        assert_eq!(image::load_from_memory(&tiny.thumbnail).unwrap().width(), 2);
    }

    /// So many waves, aslant.
    fn waves(width: u32, height: u32, many: u32) -> DynamicImage {
        let bright = |x: u32, y: u32| {
            let at = (x * 260 / width + y * 140 / height) * many % 512;
            u8::try_from(at.min(511 - at)).unwrap()
        };
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| Rgb([bright(x, y); 3])))
    }

    #[test]
    fn a_photo_that_was_sent_on_looks_the_same_and_others_do_not() {
        let look = |picture: &DynamicImage, format| process(&encoded(picture, format)).unwrap().look;
        let taken = waves(1600, 1200, 5);
        let mut poor = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut poor, 20);
        taken.resize(480, 360, FilterType::CatmullRom).write_with_encoder(encoder).unwrap();
        let (first, sent_on) =
            (look(&taken, ImageFormat::Png).unwrap(), process(&poor).unwrap().look.unwrap());
        let other = look(&waves(1600, 1200, 8), ImageFormat::Jpeg).unwrap();
        assert!(first.likeness(sent_on) >= 950, "{}", first.likeness(sent_on));
        assert!(first.likeness(other) < 800, "{}", first.likeness(other));
        assert_eq!(look(&DynamicImage::new_rgb8(800, 600), ImageFormat::Jpeg), None, "the dark");
    }

    #[test]
    fn a_pixel_bomb_is_refused_by_its_header() {
        for (width, height) in [(60_000, 60_000), (8_000, 5_001), (2_000_000_000, 1), (65_535, 65_535)] {
            let started = std::time::Instant::now();
            let problem = process(&png_that_claims(width, height)).unwrap_err();
            assert_eq!(problem.code.name, "PHOTO_TOO_MANY_PIXELS", "{width} × {height}: {problem}");
            assert!(started.elapsed().as_millis() < 500, "nothing was decoded");
        }
    }

    #[test]
    fn what_is_no_photo_is_refused_whatever_it_is_called() {
        for bytes in [
            &b"<!DOCTYPE html><script>"[..],
            b"%PDF-1.7",
            b"hello",
            b"",
            b"GIF89a\x01\0\x01\0",
            b"PK\x03\x04",
        ] {
            assert_eq!(process(bytes).unwrap_err().code.name, "PHOTO_TYPE_UNSUPPORTED");
        }
    }

    #[test]
    fn a_photo_cut_off_is_refused() {
        let png = encoded(&picture(400, 400), ImageFormat::Png);
        for bytes in [&png[..png.len() / 2], &png[..40], &png_that_claims(10, 10), b"\xff\xd8\xff\xe0nothing"]
        {
            assert_eq!(process(bytes).unwrap_err().code.name, "PHOTO_UNREADABLE");
        }
    }

    #[test]
    fn a_jpeg_is_refused_wherever_it_is_cut_off() {
        let jpeg = sideways_with_exif();
        for length in (3..jpeg.len() - 1).step_by(97).chain([jpeg.len() - 1]) {
            let cut = process(&jpeg[..length]).map(|_| ());
            assert_eq!(cut.unwrap_err().code.name, "PHOTO_UNREADABLE", "{length} of {}", jpeg.len());
        }
        // Phones put a film or a second picture behind the end.
        assert!(process(&[&jpeg[..], b"MotionPhoto"].concat()).is_ok());
    }
}
