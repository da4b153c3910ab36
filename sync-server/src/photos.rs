//! What a photo may be, and how many may be half here.
//!
//! A file is what its first bytes say. Only three kinds of picture come in and go out under their own name: none of
//! them can carry a script, as an SVG or a web page can.

use domain::problem::Code;
use std::collections::HashMap;

/// Photos that one device may have begun and not ended.
const MOST_UNFINISHED: usize = 8;
/// One that did not go on for a day no longer counts.
const GIVEN_UP_MS: u64 = 24 * 60 * 60_000;

/// The media type of a photo by its first bytes; `None` for anything that is no JPEG, PNG or WebP.
pub(crate) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some("image/jpeg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

/// The same for a photo written in base64, by the text those bytes become.
pub(crate) fn is_photo_in_base64(text: &str) -> bool {
    text.starts_with("/9j/")
        || text.starts_with("iVBORw0KGg")
        || (text.starts_with("UklGR") && text.get(12..16) == Some("RUJQ"))
}

/// Which photos each device has begun. In memory: a restart forgets it, which nobody outside can cause.
#[derive(Default)]
pub(crate) struct Unfinished {
    by_device: HashMap<u32, HashMap<String, u64>>,
}

impl Unfinished {
    /// Refuses a further photo of a device that has begun too many.
    pub(crate) fn check(&mut self, device: u32, hash: &str, now_ms: u64) -> Result<(), Code> {
        let Some(begun) = self.by_device.get_mut(&device) else { return Ok(()) };
        begun.retain(|_, last| now_ms < last.saturating_add(GIVEN_UP_MS));
        if begun.len() >= MOST_UNFINISHED && !begun.contains_key(hash) { Err(Code::TooLarge) } else { Ok(()) }
    }

    /// Notes that a piece came.
    pub(crate) fn note(&mut self, device: u32, hash: &str, whole: bool, now_ms: u64) {
        let begun = self.by_device.entry(device).or_default();
        if whole {
            begun.remove(hash);
        } else {
            begun.insert(hash.to_owned(), now_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_its_first_bytes_say() {
        assert_eq!(media_type(&[0xff, 0xd8, 0xff, 0xe0]), Some("image/jpeg"));
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(media_type(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Some("image/webp"));
        for other in
            [&b"<svg xmlns='http://www.w3.org/2000/svg'>"[..], b"<html>", b"GIF89a", b"RIFF1234WAVE", b""]
        {
            assert_eq!(media_type(other), None);
        }
        assert!(is_photo_in_base64("/9j/4AAQ") && is_photo_in_base64("iVBORw0KGgoAAAA="));
        assert!(is_photo_in_base64("UklGRgECAwBXRUJQVlA4IA=="));
        assert!(!is_photo_in_base64("PHN2Zz4=") && !is_photo_in_base64("UklGRgECAwBXQVZF"));
    }

    #[test]
    fn a_device_has_few_photos_half_here() {
        let mut unfinished = Unfinished::default();
        for number in 0..MOST_UNFINISHED {
            unfinished.check(1, &number.to_string(), 0).unwrap();
            unfinished.note(1, &number.to_string(), false, 0);
        }
        assert_eq!(unfinished.check(1, "more", 0), Err(Code::TooLarge));
        assert_eq!(unfinished.check(1, "0", 0), Ok(()), "one that was begun goes on");
        assert_eq!(unfinished.check(2, "more", 0), Ok(()));
        assert_eq!(unfinished.check(1, "more", GIVEN_UP_MS), Ok(()));
        unfinished.note(1, "more", false, GIVEN_UP_MS);
        unfinished.note(1, "more", true, GIVEN_UP_MS);
        assert_eq!(unfinished.by_device[&1].len(), 0);
    }
}
