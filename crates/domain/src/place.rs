//! Distances on the ground.

use crate::change::Place;
use geo::{Distance, Haversine, Point};

/// Returns the distance in metres between two points given as (latitude, longitude) in degrees.
pub fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    Haversine.distance(Point::new(a.1, a.0), Point::new(b.1, b.0))
}

/// Returns (min lat, min lon, max lat, max lon) of a box that holds every point within `radius_m` of `centre`.
/// A degree of latitude is taken as 110,574 m (its least, at the equator), so the box is never too small;
/// near the poles it is the whole circle of latitude.
pub fn around(centre: (f64, f64), radius_m: f64) -> (f64, f64, f64, f64) {
    let lat = radius_m / 110_574.0;
    let widest = (centre.0.abs() + lat).min(90.0).to_radians().cos();
    let lon = if widest < 1e-6 { 180.0 } else { (radius_m / (110_574.0 * widest)).min(180.0) };
    (centre.0 - lat, centre.1 - lon, centre.0 + lat, centre.1 + lon)
}

/// The mean of several fixes of one place, each weighted by the inverse square of its accuracy radius; those that are more
/// than twice as far off as the best are left out. The accuracy stays that of the best: fixes that follow each other share
/// their errors, so that their mean is steadier but cannot be claimed to be nearer. `None` for no fix.
pub fn mean(fixes: &[Place]) -> Option<Place> {
    let best = fixes.iter().map(|fix| fix.accuracy_m).min_by(f64::total_cmp)?;
    let weighted = fixes.iter().filter(|fix| fix.accuracy_m <= 2.0 * best).map(|fix| {
        let weight = fix.accuracy_m.max(1.0).powi(-2);
        (weight, weight * fix.lat, weight * fix.lon)
    });
    let (weight, lat, lon) = weighted.fold((0.0, 0.0, 0.0), |(a, b, c), (x, y, z)| (a + x, b + y, c + z));
    (weight > 0.0).then(|| Place { lat: lat / weight, lon: lon / weight, accuracy_m: best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        assert!((metres((13.0, 100.6), (14.0, 100.6)) - 111_195.0).abs() < 10.0);
    }

    #[test]
    fn the_mean_of_fixes_leans_to_the_exact_ones() {
        let fix = |lat: f64, accuracy_m: f64| Place { lat, lon: 100.0, accuracy_m };
        let mean_of =
            |fixes: &[Place]| mean(fixes).map(|place| ((place.lat * 1e4).round() / 1e4, place.accuracy_m));
        assert_eq!(mean_of(&[]), None);
        assert_eq!(mean_of(&[fix(13.0, 5.0), fix(13.001, 5.0)]), Some((13.0005, 5.0)));
        assert_eq!(mean_of(&[fix(13.0, 5.0), fix(13.001, 10.0)]), Some((13.0002, 5.0)));
        assert_eq!(
            mean_of(&[fix(13.0, 5.0), fix(14.0, 40.0)]),
            Some((13.0, 5.0)),
            "the first fix of a cold phone"
        );
        assert_eq!(mean_of(&[fix(13.0, 0.0)]), Some((13.0, 0.0)));
    }

    proptest! {
        #[test]
        fn the_box_holds_the_circle(lat in 5.0f64..21.0, lon in 97.0f64..106.0, r in 10.0f64..5_000.0,
                                    dlat in -1.0f64..1.0, dlon in -1.0f64..1.0) {
            let centre = (lat, lon);
            let point = (lat + dlat * r / 90_000.0, lon + dlon * r / 90_000.0);
            prop_assume!(metres(centre, point) <= r);
            let (south, west, north, east) = around(centre, r);
            prop_assert!(point.0 >= south && point.0 <= north && point.1 >= west && point.1 <= east);
        }
    }
}
