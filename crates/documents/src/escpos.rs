//! A picture as the bytes that receipt printers understand: `GS v 0`, dot by dot. Their own Thai letters are not used: the
//! number of the code page differs by printer, and tone marks fly.

use crate::raster::Raster;

/// Dots across a roll of 58 mm.
pub const DOTS_58: usize = 384;
/// Dots across a roll of 80 mm.
pub const DOTS_80: usize = 576;

/// Rows sent at once: the buffers of cheap printers are small.
const BAND: usize = 128;

/// The bytes that print a picture, feed the paper to where it is torn and, where there is a knife, cut it.
pub fn print(raster: &Raster) -> Vec<u8> {
    let across = raster.width().div_ceil(8);
    let bits = raster.bits();
    // ESC @: forget what was set before.
    let mut out = vec![0x1B, b'@'];
    for band in bits.chunks(across * BAND) {
        let rows = band.len() / across.max(1);
        out.extend([0x1D, b'v', b'0', 0]);
        for count in [across, rows] {
            let [low, high, ..] = count.to_le_bytes();
            out.extend([low, high]);
        }
        out.extend(band);
    }
    // ESC d 4: four lines on. GS V 66 0: cut, if there is a knife.
    out.extend([0x1B, b'd', 4, 0x1D, b'V', 66, 0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{BLACK, Shape};
    use crate::text::Fonts;

    #[test]
    fn a_printer_gets_every_dot_once() {
        let fonts = Fonts::load().unwrap();
        let shape = Shape::Box { x: 1.0, y: 0.0, width: 1.0, height: 40.0, colour: BLACK };
        let raster = Raster::draw((48.0, 40.0), 8.0, &[shape], &fonts);
        assert_eq!((raster.width(), raster.height()), (DOTS_58, 320));
        let bytes = print(&raster);
        let mut rest = bytes.strip_prefix(&[0x1B, b'@']).unwrap();
        let mut rows = Vec::new();
        while let Some(band) = rest.strip_prefix(&[0x1D, b'v', b'0', 0]) {
            let across = usize::from(band[0]) + 256 * usize::from(band[1]);
            let count = usize::from(band[2]) + 256 * usize::from(band[3]);
            assert_eq!(across, 48);
            rows.extend(band[4..4 + across * count].chunks(across).map(<[u8]>::to_vec));
            rest = &band[4 + across * count..];
        }
        assert_eq!(rest, [0x1B, b'd', 4, 0x1D, b'V', 66, 0]);
        assert_eq!(rows.len(), 320);
        assert!(
            rows.iter().all(|row| row[0] == 0 && row[1] == 0xFF && row[2..].iter().all(|byte| *byte == 0))
        );
    }
}
