//! Pictures that a form's labels and options name. A spreadsheet only names them, so they are chosen together with it; each
//! is drawn anew, small, and travels inside the form, so that a phone without signal shows it.

use super::{MOST_COMPILED_BYTES, of_file};
use crate::answer::Failure;
use crate::photos;
use crate::shared::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::api::{FormChecked, FormFile, FormMessage};
use domain::problem::Code;
use domain::programme::Programme;
use forms::Form;
use forms::definition::{Instance, Phrase, Text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most pictures of one form.
const MOST: usize = 60;

/// The sheets of an upload, and the pictures chosen with them.
pub(super) fn apart(files: Vec<FormFile>) -> (Vec<FormFile>, Vec<FormFile>) {
    let is_picture = |file: &FormFile| {
        let name = file.name.to_lowercase();
        [".jpg", ".jpeg", ".png", ".webp"].into_iter().any(|ending| name.ends_with(ending))
    };
    files.into_iter().partition(|file| !is_picture(file))
}

/// Puts the pictures that a form names into it: those that were chosen, and those that the present version has.
pub(super) async fn put_in(
    server: &Server,
    before: &Programme,
    form: &str,
    mut checked: FormChecked,
    files: Vec<FormFile>,
) -> Result<FormChecked, Failure> {
    let Some(definition) = &mut checked.definition else { return Ok(checked) };
    let wanted = Form::from_json(definition).map(|form| names(&form)).unwrap_or_default();
    let present = before.form(form).and_then(|form| form.definition.get("pictures"));
    let mut pictures: BTreeMap<String, Value> = BTreeMap::new();
    if wanted.len() > MOST {
        let left_out = wanted.iter().skip(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
        let th = format!("แบบฟอร์มหนึ่งใส่รูปได้ {MOST} รูป รูปเหล่านี้จะไม่แสดง: {left_out}");
        let en = format!("A form may have {MOST} pictures; these are left out: {left_out}");
        checked.messages.push(FormMessage { mistake: false, ..of_file(&th, &en) });
    }
    for name in wanted.into_iter().take(MOST) {
        let chosen = files.iter().find(|file| file.name.eq_ignore_ascii_case(&name));
        match chosen {
            Some(file) => match drawn(server, file).await {
                Ok(address) => drop(pictures.insert(name, address.into())),
                Err(failure) if failure.0.code == Code::PhotoUnreadable => {
                    let th = format!("เปิดรูป {name} ไม่ได้ ใช้รูป JPG หรือ PNG");
                    let en = format!("The picture {name} cannot be opened; use JPG or PNG");
                    checked.messages.insert(0, of_file(&th, &en));
                }
                Err(failure) => return Err(failure),
            },
            None => match present.and_then(|present| present.get(&name)) {
                Some(known) => drop(pictures.insert(name, known.clone())),
                None => {
                    let th = format!("ไม่มีไฟล์รูป {name} เลือกไฟล์รูปพร้อมกับไฟล์แบบฟอร์ม หรือลบชื่อรูปออก");
                    let en = format!(
                        "There is no file {name}; choose it together with the form, or take its name out"
                    );
                    checked.messages.push(FormMessage { mistake: false, ..of_file(&th, &en) });
                }
            },
        }
    }
    if let (Some(fields), false) = (definition.as_object_mut(), pictures.is_empty()) {
        fields.insert("pictures".to_owned(), json!(pictures));
    }
    if definition.to_string().len() > MOST_COMPILED_BYTES {
        let th = "แบบฟอร์มกับรูปใหญ่เกินไปสำหรับเครื่องที่สัญญาณอ่อน ใช้รูปน้อยลง";
        let en = "The form with its pictures is too large for devices on a weak network; use fewer pictures";
        checked.messages.insert(0, of_file(th, en));
    }
    if checked.messages.iter().any(|message| message.mistake) {
        checked.definition = None;
    }
    Ok(checked)
}

/// A small picture of a file, as an address that holds it.
async fn drawn(server: &Server, file: &FormFile) -> Result<String, Failure> {
    let bytes = STANDARD.decode(&file.base64).map_err(|_| Code::PhotoUnreadable)?;
    let drawn = photos::drawn(server, bytes).await?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(drawn.thumbnail)))
}

/// The files that labels and options name.
fn names(form: &Form) -> BTreeSet<String> {
    let definition = form.definition();
    let lists = definition.instances.values().filter_map(|instance| match instance {
        Instance::List(items) => Some(items),
        Instance::Document(_) => None,
    });
    let of_options = lists.flatten().map(|item| &item.image);
    let all: Vec<&Text> = definition.nodes.iter().map(|node| &node.image).chain(of_options).collect();
    let names = all.into_iter().flatten().filter_map(|phrase| match phrase {
        Phrase::Plain(name) if !name.trim().is_empty() => Some(name.trim().to_owned()),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_sheets_are_told_apart_by_their_names() {
        let file = |name: &str| FormFile { name: name.to_owned(), base64: String::new() };
        let (sheets, pictures) = apart(["a.xlsx", "Cat.PNG", "b.csv", "dog.jpeg"].map(file).into());
        assert_eq!((sheets.len(), pictures.len()), (2, 2));
    }
}
