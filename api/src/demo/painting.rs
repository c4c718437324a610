//! Pictures of the demo: a plain colour is enough to try photos out.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use crate::http::problem::{Problem, Result};

pub const BROKEN: [u8; 3] = [178, 76, 60];
pub const MENDED: [u8; 3] = [84, 140, 90];

/// A PNG of one colour.
pub fn png(colour: [u8; 3]) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(64, 48, Rgb(colour))
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(Problem::internal)?;
    Ok(bytes.into_inner())
}
