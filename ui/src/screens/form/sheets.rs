//! From the pages of a form to what one screen shows: a page as its author laid it out, or one question at a time.

use forms::{Kind, PageOutline, Place};

/// What one screen shows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Path of the group around it.
    pub holder: String,
    /// Paths of what it shows, in order.
    pub paths: Vec<String>,
}

/// The screens of a form. One question at a time, what is only to be read stands with the question after it, or with
/// the last one.
pub fn sheets(outline: &[PageOutline], one_by_one: bool) -> Vec<Sheet> {
    let mut all = Vec::new();
    for page in outline {
        let whole = |places: &[Place]| Sheet {
            holder: page.holder.clone(),
            paths: places.iter().map(|place| place.path.clone()).collect(),
        };
        if !one_by_one {
            all.push(whole(&page.places));
            continue;
        }
        let mut begun = 0;
        let mut last = None;
        for (at, place) in page.places.iter().enumerate() {
            if asks(place) {
                all.push(whole(page.places.get(begun..=at).unwrap_or_default()));
                begun = at + 1;
                last = Some(all.len() - 1);
            }
        }
        let rest = page.places.get(begun..).unwrap_or_default();
        match last.and_then(|last| all.get_mut(last)) {
            _ if rest.is_empty() => {}
            Some(sheet) => sheet.paths.extend(rest.iter().map(|place| place.path.clone())),
            None => all.push(whole(rest)),
        }
    }
    all
}

/// Says whether a person does something at a place.
fn asks(place: &Place) -> bool {
    !place.readonly && !matches!(place.kind, Kind::Note | Kind::Group)
}

/// The screen that shows a place, or the nearest one before it that is still there.
pub fn find(sheets: &[Sheet], path: &str) -> Option<usize> {
    let shows =
        |sheet: &Sheet| sheet.paths.iter().any(|own| own == path || own.starts_with(&format!("{path}/")));
    sheets.iter().position(shows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(holder: &str, places: &[(&str, Kind, bool)]) -> PageOutline {
        let place = |(path, kind, readonly): &(&str, Kind, bool)| Place {
            path: (*path).to_owned(),
            kind: *kind,
            readonly: *readonly,
        };
        PageOutline { holder: holder.to_owned(), places: places.iter().map(place).collect() }
    }

    fn paths(sheets: &[Sheet]) -> Vec<Vec<&str>> {
        sheets.iter().map(|sheet| sheet.paths.iter().map(String::as_str).collect()).collect()
    }

    #[test]
    fn one_question_at_a_time_keeps_what_belongs_to_it() {
        let outline = [
            page(
                "/d/g",
                &[
                    ("/d/g/before", Kind::Note, false),
                    ("/d/g/reading", Kind::Integer, false),
                    ("/d/g/state", Kind::SelectOne, false),
                    ("/d/g/used", Kind::Integer, true),
                ],
            ),
            page("/d", &[("/d/thanks", Kind::Note, false)]),
        ];
        assert_eq!(
            paths(&sheets(&outline, true)),
            [vec!["/d/g/before", "/d/g/reading"], vec!["/d/g/state", "/d/g/used"], vec!["/d/thanks"]]
        );
        assert_eq!(sheets(&outline, false).len(), 2);
    }

    #[test]
    fn a_place_is_found_on_its_screen_and_a_repeat_by_its_first_question() {
        let outline = [
            page("/d", &[("/d/a", Kind::Text, false)]),
            page("/d/r[1]", &[("/d/r[1]/b", Kind::Text, false)]),
        ];
        let all = sheets(&outline, false);
        assert_eq!(find(&all, "/d/r[1]"), Some(1));
        assert_eq!(find(&all, "/d/a"), Some(0));
        assert_eq!(find(&all, "/d/gone"), None);
    }
}
