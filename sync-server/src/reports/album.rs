//! The photos of a person's record for the printer: the newest few, small, each with its day and what it shows.

use super::{in_a_row, said};
use crate::answer::Failure;
use crate::photos;
use crate::shared::Server;
use documents::pdf::Jpeg;
use documents::report::{Album, MOST_PICTURES, Picture};
use domain::access::Grant;
use domain::change::Value;
use domain::fhir::Told;
use domain::ids::DeviceNo;
use domain::programme::{FieldKind, FieldType, FormKind};
use domain::thai_date;
use std::collections::{BTreeMap, BTreeSet};
use store::service::Whole;

/// A photo that a record names.
struct Shot {
    hash: String,
    caption: String,
}

/// A photo that is here: its small picture, or all of one that came before small pictures were drawn.
enum Found {
    Small(Vec<u8>),
    Whole(Vec<u8>),
}

/// The album of a record, with what the reader may see. A photo that has not arrived yet, or cannot be read, leaves its place to
/// an older one or to none.
pub(super) async fn of(
    server: &Server,
    grant: Grant,
    record: &Whole,
    language: &str,
) -> Result<Album, Failure> {
    let shots = shots(record, language);
    let found = server
        .with_store(move |store| {
            let mut found = Vec::new();
            for Shot { hash, caption } in shots {
                if found.len() == MOST_PICTURES {
                    break;
                }
                if !store.may_see_photo(&grant, DeviceNo::SERVER, &hash)? {
                    continue;
                }
                match store.thumbnail(&hash)? {
                    Some(small) => found.push((caption, Found::Small(small))),
                    None => {
                        let whole = store.photo(&hash)?;
                        found.extend(whole.map(|(_, whole)| (caption, Found::Whole(whole))));
                    }
                }
            }
            Ok(found)
        })
        .await?;
    let mut pictures = Vec::new();
    for (caption, found) in found {
        let small = match found {
            Found::Small(small) => Some(small),
            Found::Whole(whole) => photos::drawn(server, whole).await.ok().map(|drawn| drawn.thumbnail),
        };
        pictures.extend(small.and_then(Jpeg::read).map(|jpeg| Picture { jpeg, caption }));
    }
    let title =
        if language == "en" { "Photos, the newest" } else { "รูปถ่ายล่าสุด" };
    Ok(Album { title: title.to_owned(), subtitle: record.heading.clone(), pictures })
}

/// A question that takes a photo, and what else is asked in the repeated group around it.
struct Taken {
    question: FieldKind,
    group: Option<(String, Vec<FieldKind>)>,
}

/// The photos that a record names: those of the registry first, since they hold now, then those of visits, the newest first.
fn shots(record: &Whole, language: &str) -> Vec<Shot> {
    let asked: BTreeMap<&str, (&FormKind, Vec<Taken>)> =
        record.programme.forms.iter().map(|form| (form.id.as_str(), (form, taken(form)))).collect();
    let mut shots: Vec<Shot> = Vec::new();
    let mut known = BTreeSet::new();
    for visit in record.visits.iter().rev() {
        let Some((form, taken)) = asked.get(visit.form.as_str()) else { continue };
        let new = of_visit(form, taken, visit, language).into_iter();
        shots.extend(new.filter(|shot| known.insert(shot.hash.clone())));
    }
    let fields = record.programme.subject.fields.iter().filter(|field| field.kind == FieldType::Photo);
    for field in fields.rev() {
        let Some(hash) = record.values.get(&field.id).and_then(Value::as_str) else { continue };
        let of_visit = shots.iter().position(|shot| shot.hash == hash).map(|at| shots.remove(at));
        let caption = field.title.in_language(language).to_owned();
        shots.insert(0, of_visit.unwrap_or_else(|| Shot { hash: hash.to_owned(), caption }));
    }
    shots
}

fn taken(form: &FormKind) -> Vec<Taken> {
    let pictures = crate::forms::pictures(&form.definition).into_iter();
    pictures
        .map(|(repeat, question)| Taken {
            question,
            group: repeat.map(|group| {
                let asked = crate::forms::asked_in(&form.definition, &group).map(|(_, asked)| asked);
                (group, asked.unwrap_or_default())
            }),
        })
        .collect()
}

/// The photos of a visit, in the order in which they were asked for.
fn of_visit(form: &FormKind, taken: &[Taken], visit: &Told, language: &str) -> Vec<Shot> {
    let day = thai_date::of_any_precision(visit.at.get(..10).unwrap_or_default());
    let shot = |hash: Option<&Value>, of: &str, what: &str| {
        let hash = hash.and_then(Value::as_str).filter(|hash| !hash.is_empty())?;
        Some(Shot { hash: hash.to_owned(), caption: said(&[&day, of, what]) })
    };
    let mut shots = Vec::new();
    for Taken { question, group } in taken {
        let title = question.title.in_language(language);
        let Some((group, asked)) = group else {
            let of = form.title.in_language(language);
            shots.extend(shot(visit.values.get(&question.id), of, title));
            continue;
        };
        let rows = visit.values.get(group).and_then(Value::as_array).into_iter().flatten();
        for row in rows.filter_map(Value::as_object) {
            shots.extend(shot(row.get(&question.id), title, &in_a_row(asked, row, language)));
        }
    }
    shots
}
