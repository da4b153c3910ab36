//! Draws a photo anew from its pixels: whatever else was in the file (position, names, thumbnails, another file) is gone.

use domain::problem::{Code, Problem};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use std::io::Cursor;
use store::Drawn;

/// Longest side of a photo that is opened, pixels.
const SIDE_MAX: u32 = 8_192;
/// Most memory its pixels may take, bytes.
const MEMORY_MAX: u64 = 64 * 1024 * 1024;
/// Longest side of what is kept, pixels: enough to read a meter from the other side of a road.
const KEPT_SIDE: u32 = 2_048;
/// Longest side of the small picture, pixels.
const SMALL_SIDE: u32 = 256;
/// JPEG quality of what is kept, and of the small picture.
const QUALITY: (u8, u8) = (82, 60);

/// Opens a JPEG, PNG or WebP within limits and draws it: upright, as its metadata asked for.
///
/// Errors: `photo_unreadable`, with a detail if it is too large.
pub(crate) fn draw(bytes: &[u8]) -> Result<Drawn, Problem> {
    let unreadable = |_| Problem::new(Code::PhotoUnreadable);
    let format = match crate::photos::media_type(bytes) {
        Some("image/jpeg") => ImageFormat::Jpeg,
        Some("image/png") => ImageFormat::Png,
        Some("image/webp") => ImageFormat::WebP,
        _ => return Err(Code::PhotoUnreadable.into()),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    // Not every decoder counts the pixels themselves, so they are counted here, before they are drawn.
    if width > SIDE_MAX || height > SIDE_MAX || decoder.total_bytes() > MEMORY_MAX {
        return Err(Problem::new(Code::PhotoUnreadable).about(format!("{width} x {height} pixels")));
    }
    decoder.set_limits(limits).map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    if width > KEPT_SIDE || height > KEPT_SIDE {
        picture = picture.resize(KEPT_SIDE, KEPT_SIDE, FilterType::Triangle);
    }
    picture.apply_orientation(orientation);
    let picture = opaque(picture);
    let small = DynamicImage::ImageRgb8(picture.clone()).thumbnail(SMALL_SIDE, SMALL_SIDE).into_rgb8();
    Ok(Drawn { bytes: jpeg(&picture, QUALITY.0)?, thumbnail: jpeg(&small, QUALITY.1)? })
}

/// Puts what can be seen through on white: a JPEG has no holes.
fn opaque(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let (width, height) = rgba.dimensions();
    RgbImage::from_fn(width, height, |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0;
        let over = |value: u8| {
            let mixed = (u16::from(value) * u16::from(a) + 255 * (255 - u16::from(a))) / 255;
            u8::try_from(mixed).unwrap_or(255)
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}

fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality)
        .encode_image(picture)
        .map_err(|error| Problem::new(Code::Internal).about(error))?;
    Ok(out)
}
