//! What a page must know of a JPEG, which a PDF holds as it is: how large it is, and whether it has colours.

/// A photo that can be put on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jpeg {
    pub(super) bytes: Vec<u8>,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) is_grey: bool,
}

impl Jpeg {
    /// Takes the bytes of a file. `None`: they are no JPEG that every viewer shows (eight bits, grey or three colours).
    pub fn read(bytes: Vec<u8>) -> Option<Jpeg> {
        let (width, height, parts) = frame(&bytes)?;
        let fits = width > 0 && height > 0 && matches!(parts, 1 | 3);
        fits.then_some(Jpeg { bytes, width, height, is_grey: parts == 1 })
    }

    /// Its width and height, as large as a box allows.
    pub fn within(&self, (width, height): (f32, f32)) -> (f32, f32) {
        let scale = (width / f32::from(self.width)).min(height / f32::from(self.height));
        (f32::from(self.width) * scale, f32::from(self.height) * scale)
    }
}

/// Width, height and number of colours, as the head of the first frame says them.
fn frame(bytes: &[u8]) -> Option<(u16, u16, u8)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, high, low, ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let segment = rest.get(4..2 + length)?;
        match *marker {
            // Baseline, extended and progressive frames.
            0xc0..=0xc2 => {
                let [8, down, down_low, across, across_low, parts, ..] = segment else { return None };
                let width = u16::from_be_bytes([*across, *across_low]);
                return Some((width, u16::from_be_bytes([*down, *down_low]), *parts));
            }
            // The pixels begin, and no frame came before them.
            0xda => return None,
            _ => rest = rest.get(2 + length..)?,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The head of a photo with a segment of metadata before its frame.
    pub(crate) fn head(width: u16, height: u16, parts: u8) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 6, b'J', b'F', b'I', b'F', 0xff, 0xc0, 0, 8, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([parts, 0xff, 0xd9]);
        bytes
    }

    #[test]
    fn the_size_of_a_photo_is_in_its_head() {
        let wide = Jpeg::read(head(256, 128, 3)).unwrap();
        assert_eq!((wide.width, wide.height, wide.is_grey), (256, 128, false));
        assert_eq!(wide.within((58.0, 44.0)), (58.0, 29.0));
        assert_eq!(Jpeg::read(head(128, 256, 1)).unwrap().within((58.0, 44.0)), (22.0, 44.0));
        for wrong in [head(0, 128, 3), head(256, 128, 4), b"\x89PNG\r\n\x1a\n".to_vec(), Vec::new()] {
            assert_eq!(Jpeg::read(wrong), None);
        }
        let whole = head(256, 128, 3);
        for length in 0..whole.len() - 2 {
            assert_eq!(Jpeg::read(whole[..length].to_vec()), None, "cut at {length}");
        }
    }
}
