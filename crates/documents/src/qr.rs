//! Text to the modules of a QR code.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules round a code, as the standard asks.
pub const QUIET_ZONE: usize = 4;

/// The modules of a code with its quiet zone, `true` is dark; `None` if the text does not fit.
pub fn modules(text: &str, level: EcLevel) -> Option<Vec<Vec<bool>>> {
    let code = QrCode::with_error_correction_level(text, level).ok()?;
    let side = code.width() + 2 * QUIET_ZONE;
    let mut rows = vec![vec![false; side]; QUIET_ZONE];
    for row in code.to_colors().chunks_exact(code.width()) {
        let quiet = [false; QUIET_ZONE];
        let dark = row.iter().map(|color| *color == Color::Dark);
        rows.push(quiet.into_iter().chain(dark).chain(quiet).collect());
    }
    rows.extend(vec![vec![false; side]; QUIET_ZONE]);
    Some(rows)
}
