//! The dark modules of a code as closed outlines.
//!
//! Squares side by side leave hairlines where a printer or a screen smooths their edges, and an engraver's laser
//! goes over each inner edge twice. Outlines of whole dark fields have no inner edges.

/// Closed lines round the dark fields and the holes in them, in modules. Filled with the even-odd rule they give
/// back the modules; each corner appears once.
pub fn outlines(modules: &[Vec<bool>]) -> Vec<Vec<(i32, i32)>> {
    let side = modules.len();
    let is_dark = |x: usize, y: usize| modules.get(y).and_then(|row| row.get(x)).copied().unwrap_or(false);
    let width = side + 1;
    // For each crossing of grid lines the edges that leave it, dark on their right: right, down, left, up.
    let mut leaving = vec![[false; 4]; width * width];
    for y in 0..side {
        for x in 0..side {
            if !is_dark(x, y) {
                continue;
            }
            let mut leave = |x: usize, y: usize, way: usize| {
                if let Some(edge) = leaving.get_mut(y * width + x).and_then(|ways| ways.get_mut(way)) {
                    *edge = true;
                }
            };
            if y == 0 || !is_dark(x, y - 1) {
                leave(x, y, 0);
            }
            if !is_dark(x + 1, y) {
                leave(x + 1, y, 1);
            }
            if !is_dark(x, y + 1) {
                leave(x + 1, y + 1, 2);
            }
            if x == 0 || !is_dark(x - 1, y) {
                leave(x, y + 1, 3);
            }
        }
    }
    let mut lines = Vec::new();
    for start in 0..width * width {
        while let Some(first) = leaving.get(start).and_then(|ways| ways.iter().position(|edge| *edge)) {
            let (mut at, mut way) = (start, first);
            let mut line = Vec::new();
            let mut last_way = None;
            // Each edge is walked once, so this ends.
            while let Some(edge) =
                leaving.get_mut(at).and_then(|ways| ways.get_mut(way)).filter(|edge| **edge)
            {
                *edge = false;
                if last_way != Some(way) {
                    line.push((
                        i32::try_from(at % width).unwrap_or(0),
                        i32::try_from(at / width).unwrap_or(0),
                    ));
                }
                last_way = Some(way);
                at = match way {
                    0 => at + 1,
                    1 => at + width,
                    2 => at - 1,
                    _ => at - width,
                };
                // To the right first, so that fields that touch at a corner stay two.
                let next = [(way + 1) % 4, way, (way + 3) % 4]
                    .into_iter()
                    .find(|next| leaving.get(at).and_then(|ways| ways.get(*next)) == Some(&true));
                let Some(next) = next else { break };
                way = next;
            }
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts for each module how many outlines' edges lie left of it; odd is inside.
    fn filled(lines: &[Vec<(i32, i32)>], side: i32) -> Vec<Vec<bool>> {
        let edges: Vec<_> = lines
            .iter()
            .flat_map(|line| (0..line.len()).map(move |i| (line[i], line[(i + 1) % line.len()])))
            .filter(|(from, to)| from.0 == to.0)
            .collect();
        (0..side)
            .map(|y| {
                (0..side)
                    .map(|x| {
                        let left = edges.iter().filter(|(from, to)| {
                            from.0 <= x && from.1.min(to.1) <= y && y < from.1.max(to.1)
                        });
                        left.count() % 2 == 1
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn the_outlines_of_a_code_give_back_its_modules() {
        for text in ["HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4", "1", "มิเตอร์"] {
            let modules = crate::qr::modules(text, qrcode::EcLevel::Q).unwrap();
            let lines = outlines(&modules);
            assert_eq!(filled(&lines, modules.len() as i32), modules);
            for line in &lines {
                assert!(line.len() >= 4 && line.len() % 2 == 0, "{line:?}");
            }
        }
    }

    #[test]
    fn squares_that_touch_at_a_corner_stay_two() {
        let lines = outlines(&[vec![true, false], vec![false, true]]);
        assert_eq!(lines.len(), 2);
    }
}
