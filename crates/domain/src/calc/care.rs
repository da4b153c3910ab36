//! Scores and levels of home care: the Barthel index in its Thai form, the long-term care group, body mass,
//! and how far a vital sign is from what is expected. For screening; none of it is a diagnosis.

/// The ten items of the Barthel index (Thai form, 0 to 20), in the order of the form, with the most each gives.
pub const BARTHEL_ITEMS: [(&str, u8); 10] = [
    ("feeding", 2),
    ("grooming", 1),
    ("transfer", 3),
    ("toilet", 2),
    ("mobility", 3),
    ("dressing", 2),
    ("stairs", 2),
    ("bathing", 1),
    ("bowels", 2),
    ("bladder", 2),
];

/// How much help a person needs, by the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdlGroup {
    /// 12 to 20: goes out, ติดสังคม.
    Social,
    /// 5 to 11: keeps to the house, ติดบ้าน.
    Home,
    /// 0 to 4: keeps to the bed, ติดเตียง.
    Bed,
}

impl AdlGroup {
    /// Returns the stable word that forms and the registry keep.
    pub fn word(self) -> &'static str {
        match self {
            AdlGroup::Social => "social",
            AdlGroup::Home => "home",
            AdlGroup::Bed => "bed",
        }
    }

    /// Returns the ministry's result code of the screening.
    pub fn code(self) -> &'static str {
        match self {
            AdlGroup::Social => "1B1280",
            AdlGroup::Home => "1B1281",
            AdlGroup::Bed => "1B1282",
        }
    }
}

/// Adds the ten items up. `None` if one has no answer or more than its most: a part of the index is no score.
pub fn adl_total(items: &[Option<i64>; 10]) -> Option<u8> {
    let mut total = 0;
    for (item, (_, most)) in items.iter().zip(BARTHEL_ITEMS) {
        let points = u8::try_from((*item)?).ok()?;
        if points > most {
            return None;
        }
        total += points;
    }
    Some(total)
}

/// Returns the group of a total; `None` above 20.
pub fn adl_group(total: u8) -> Option<AdlGroup> {
    match total {
        0..=4 => Some(AdlGroup::Bed),
        5..=11 => Some(AdlGroup::Home),
        12..=20 => Some(AdlGroup::Social),
        _ => None,
    }
}

/// Returns the long-term care group, 1 to 4, of a TAI class, and 0 for the classes that are no case (B4, B5).
/// The class is a person's judgement from the picture chart; it is never worked out from the index.
pub fn ltc_group(tai: &str) -> Option<u8> {
    match tai.trim().to_ascii_uppercase().as_str() {
        "B3" => Some(1),
        "C2" | "C3" | "C4" => Some(2),
        "I3" => Some(3),
        "I1" | "I2" => Some(4),
        "B4" | "B5" => Some(0),
        _ => None,
    }
}

/// Returns the body mass index in kg/m², to one decimal, of a weight in kilograms and a height in centimetres.
pub fn body_mass_index(weight_kg: f64, height_cm: f64) -> Option<f64> {
    if !(weight_kg > 0.0 && height_cm > 0.0) {
        return None;
    }
    let metres = height_cm / 100.0;
    let index = (weight_kg / (metres * metres) * 10.0).round() / 10.0;
    index.is_finite().then_some(index)
}

/// How far a measurement is from what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As expected.
    Normal,
    /// To be watched.
    Warn,
    /// The care manager must know at once.
    Urgent,
}

impl Level {
    /// Returns the stable word that forms keep.
    pub fn word(self) -> &'static str {
        match self {
            Level::Normal => "normal",
            Level::Warn => "warn",
            Level::Urgent => "urgent",
        }
    }
}

/// Where measurements stop being as expected, as a table says it: `<36 >=37.5`. The table is the programme's;
/// clinicians change it without a new app.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits(Vec<Limit>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    Below(f64),
    AtMost(f64),
    Above(f64),
    AtLeast(f64),
}

impl Limits {
    /// Reads limits such as `<36 >=37.5`, separated by spaces; the empty text has none. `None` for anything else,
    /// because a limit with a typing error must not pass as "no limit".
    pub fn read(text: &str) -> Option<Limits> {
        text.split_whitespace().map(Limit::read).collect::<Option<_>>().map(Limits)
    }

    fn reached_by(&self, value: f64) -> bool {
        self.0.iter().any(|limit| match limit {
            Limit::Below(bound) => value < *bound,
            Limit::AtMost(bound) => value <= *bound,
            Limit::Above(bound) => value > *bound,
            Limit::AtLeast(bound) => value >= *bound,
        })
    }
}

impl Limit {
    fn read(text: &str) -> Option<Limit> {
        let bound = |digits: &str| digits.parse::<f64>().ok().filter(|bound| bound.is_finite());
        if let Some(rest) = text.strip_prefix("<=") {
            bound(rest).map(Limit::AtMost)
        } else if let Some(rest) = text.strip_prefix(">=") {
            bound(rest).map(Limit::AtLeast)
        } else if let Some(rest) = text.strip_prefix('<') {
            bound(rest).map(Limit::Below)
        } else {
            bound(text.strip_prefix('>')?).map(Limit::Above)
        }
    }
}

/// Returns the level of a measurement.
pub fn level(value: f64, warn: &Limits, urgent: &Limits) -> Level {
    if urgent.reached_by(value) {
        Level::Urgent
    } else if warn.reached_by(value) {
        Level::Warn
    } else {
        Level::Normal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(points: [i64; 10]) -> [Option<i64>; 10] {
        points.map(Some)
    }

    #[test]
    fn the_index_adds_up_to_twenty() {
        assert_eq!(BARTHEL_ITEMS.iter().map(|(_, most)| most).sum::<u8>(), 20);
        let most = BARTHEL_ITEMS.map(|(_, most)| i64::from(most));
        assert_eq!(adl_total(&items(most)), Some(20));
        assert_eq!(adl_total(&items([0; 10])), Some(0));
        assert_eq!(adl_total(&items([1, 0, 1, 1, 1, 1, 0, 0, 1, 1])), Some(7));
    }

    #[test]
    fn a_part_of_the_index_is_no_score() {
        let most = BARTHEL_ITEMS.map(|(_, most)| i64::from(most));
        for item in 0..10 {
            let mut missing = items(most);
            missing[item] = None;
            assert_eq!(adl_total(&missing), None, "item {item} missing");
            let mut above = items(most);
            above[item] = Some(most[item] + 1);
            assert_eq!(adl_total(&above), None, "item {item} above its most");
            above[item] = Some(-1);
            assert_eq!(adl_total(&above), None, "item {item} below zero");
        }
    }

    #[test]
    fn groups_at_their_edges() {
        for (total, word, code) in [
            (0, "bed", "1B1282"),
            (4, "bed", "1B1282"),
            (5, "home", "1B1281"),
            (11, "home", "1B1281"),
            (12, "social", "1B1280"),
            (20, "social", "1B1280"),
        ] {
            let group = adl_group(total).unwrap();
            assert_eq!((group.word(), group.code()), (word, code), "{total}");
        }
        assert_eq!(adl_group(21), None);
    }

    #[test]
    fn the_care_group_comes_from_the_class() {
        for (tai, group) in [
            ("B5", Some(0)),
            ("B4", Some(0)),
            ("B3", Some(1)),
            ("C4", Some(2)),
            ("C3", Some(2)),
            ("C2", Some(2)),
            ("I3", Some(3)),
            ("I2", Some(4)),
            ("I1", Some(4)),
            (" i1 ", Some(4)),
            ("B2", None),
            ("C1", None),
            ("", None),
        ] {
            assert_eq!(ltc_group(tai), group, "{tai}");
        }
    }

    #[test]
    fn body_mass() {
        assert_eq!(body_mass_index(60.0, 160.0), Some(23.4));
        assert_eq!(body_mass_index(45.5, 152.0), Some(19.7));
        assert_eq!(body_mass_index(60.0, 0.0), None);
        assert_eq!(body_mass_index(-1.0, 160.0), None);
    }

    /// Every edge of the vital signs that the care programme ships.
    #[test]
    fn levels_at_their_edges() {
        use Level::{Normal, Urgent, Warn};
        let check = |warn: &str, urgent: &str, expected: &[(f64, Level)]| {
            let (warn, urgent) = (Limits::read(warn).unwrap(), Limits::read(urgent).unwrap());
            for (value, expected) in expected {
                assert_eq!(level(*value, &warn, &urgent), *expected, "{value} with {warn:?} {urgent:?}");
            }
        };
        check(
            "<36 >=37.5",
            "<=35 >=39.1",
            &[
                (35.0, Urgent),
                (35.1, Warn),
                (35.9, Warn),
                (36.0, Normal),
                (37.4, Normal),
                (37.5, Warn),
                (39.0, Warn),
                (39.1, Urgent),
            ],
        );
        check(
            "<100 >=140",
            "<=90 >=180",
            &[
                (90.0, Urgent),
                (91.0, Warn),
                (99.0, Warn),
                (100.0, Normal),
                (139.0, Normal),
                (140.0, Warn),
                (179.0, Warn),
                (180.0, Urgent),
            ],
        );
        check(">=90", ">=120", &[(89.0, Normal), (90.0, Warn), (119.0, Warn), (120.0, Urgent)]);
        check(
            "<60 >100",
            "<=40 >=131",
            &[
                (40.0, Urgent),
                (41.0, Warn),
                (59.0, Warn),
                (60.0, Normal),
                (100.0, Normal),
                (101.0, Warn),
                (130.0, Warn),
                (131.0, Urgent),
            ],
        );
        check(
            "<12 >20",
            "<=8 >=25",
            &[(8.0, Urgent), (9.0, Warn), (12.0, Normal), (20.0, Normal), (21.0, Warn), (25.0, Urgent)],
        );
        check("<95", "<=91", &[(91.0, Urgent), (92.0, Warn), (94.0, Warn), (95.0, Normal)]);
        check(
            "<70 >180",
            "<54 >300",
            &[
                (53.0, Urgent),
                (54.0, Warn),
                (69.0, Warn),
                (70.0, Normal),
                (180.0, Normal),
                (181.0, Warn),
                (300.0, Warn),
                (301.0, Urgent),
            ],
        );
        check(">=4", ">=7", &[(3.0, Normal), (4.0, Warn), (6.0, Warn), (7.0, Urgent)]);
    }

    #[test]
    fn a_limit_with_a_typing_error_is_refused() {
        for text in ["36", "=<36", "<", "<36 37.5", "<36,>37", "<NaN"] {
            assert_eq!(Limits::read(text), None, "{text}");
        }
        assert_eq!(Limits::read(""), Some(Limits(Vec::new())));
    }
}
