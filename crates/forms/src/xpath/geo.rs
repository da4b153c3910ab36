//! Distance, area and "is it inside" on the globe, with the radius and rounding every ODK engine uses.

/// Metres; the value JavaRosa took from its map library.
const RADIUS: f64 = 6_378_100.0;

/// Latitude and longitude in degrees.
pub type Point = (f64, f64);

/// Points of a geopoint, geotrace or geoshape text. A part that is no place on the globe becomes NaN.
pub fn points(text: &str) -> Vec<Point> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(point).collect()
}

fn point(text: &str) -> Point {
    let mut numbers = text.split_whitespace().map(super::text_number);
    let (latitude, longitude) = (numbers.next().unwrap_or(f64::NAN), numbers.next().unwrap_or(f64::NAN));
    if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) {
        (latitude, longitude)
    } else {
        (f64::NAN, f64::NAN)
    }
}

fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Length of the line through the points in metres, to a centimetre. NaN with fewer than two points.
pub fn distance(points: &[Point]) -> f64 {
    if points.len() < 2 {
        return f64::NAN;
    }
    cents(points.iter().zip(points.iter().skip(1)).map(|(from, to)| between(*from, *to)).sum())
}

fn between(from: Point, to: Point) -> f64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = ((lat1 - lat2) / 2.0).sin();
    let half_lng = ((from.1 - to.1).to_radians() / 2.0).sin();
    let haversine = half_lat * half_lat + half_lng * half_lng * lat1.cos() * lat2.cos();
    2.0 * haversine.sqrt().asin() * RADIUS
}

/// Area inside the points in square metres, rounded to two decimals as ODK does. Zero with fewer than three points.
///
/// Each side adds the strip between itself and the pole; the sines make the strips those of a sphere.
pub fn area(points: &[Point]) -> f64 {
    let Some(first) = points.first().filter(|_| points.len() >= 3) else { return 0.0 };
    let next = points.iter().skip(1).chain([first]);
    let strip = |(from, to): (&Point, &Point)| {
        (to.1 - from.1).to_radians() * (2.0 + from.0.to_radians().sin() + to.0.to_radians().sin())
    };
    let total: f64 = points.iter().zip(next).map(strip).sum();
    cents((total * RADIUS * RADIUS / 2.0).abs())
}

/// True when a point lies inside a shape. Flat geometry is enough for fences of a village's size.
pub fn inside(place: &str, shape: &str) -> bool {
    let Some((latitude, longitude)) = points(place).first().copied() else { return false };
    let corners = points(shape);
    if corners.len() < 4 || corners.first() != corners.last() {
        return false;
    }
    let mut within = false;
    for (a, b) in corners.iter().zip(corners.iter().skip(1)) {
        let crosses = (a.1 > longitude) != (b.1 > longitude);
        if crosses && latitude < (b.0 - a.0) * (longitude - a.1) / (b.1 - a.1) + a.0 {
            within = !within;
        }
    }
    within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_equator() {
        assert_eq!(distance(&points("0 0;0 90")), 10_018_696.05);
        assert!(distance(&points("0 0")).is_nan());
    }

    #[test]
    fn fences() {
        let square = "0 0 0 0;0 1 0 0;1 1 0 0;1 0 0 0;0 0 0 0";
        assert!(inside("0.5 0.5 0 0", square));
        assert!(!inside("2 0.5 0 0", square));
        assert!(!inside("", square));
    }
}
