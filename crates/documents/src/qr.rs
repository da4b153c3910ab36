//! Text to the modules of a QR code.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules round a code, as the standard asks.
pub const QUIET_ZONE: usize = 4;

/// A code as an SVG document as large as what it stands in, its modules without hairlines between them.
pub fn svg(text: &str) -> Option<String> {
    let modules = modules(text, EcLevel::M)?;
    let side = modules.len();
    let mut path = String::new();
    for line in crate::outline::outlines(&modules) {
        for (at, (x, y)) in line.iter().enumerate() {
            path.push_str(&format!("{}{x} {y}", if at == 0 { 'M' } else { 'L' }));
        }
        path.push('z');
    }
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" fill-rule="evenodd" d="{path}"/></svg>"##
    ))
}

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
