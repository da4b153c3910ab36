//! What a programme wants of a form beyond what any XLSForm must be: answers have a place to go, and none takes a
//! name that the engine uses itself.

use domain::api::FormMessage;
use domain::change::field;
use domain::programme::{FormKind, Programme, Words};
use forms::definition::Node;
use forms::{Form, Imported, Kind, Question};

/// What the author of a new version should change or know. `all` are the ids of the programmes here.
pub(super) fn rules(
    programme: &Programme,
    all: &[String],
    kind: &FormKind,
    read: &Imported,
) -> Vec<FormMessage> {
    let form = &read.form;
    let questions = form.questions();
    let mut messages = unknown_lists(all, read);
    messages.extend(not_here(read));
    // The first question belongs to the second node: the top is none.
    let row_of = |name: &str| {
        let place = questions.iter().position(|question| question.key == name)?;
        read.rows.get(&u32::try_from(place + 1).ok()?).copied()
    };
    let mut say = |mistake: bool, (sheet, row): (&str, Option<u32>), column: &str, th: String, en: String| {
        messages.push(message(mistake, (sheet, row), column, th, en));
    };
    for question in questions.iter().filter(|question| is_answer(question) && question.repeat.is_none()) {
        let name = &question.name;
        if field::is_note_of_visit(name) {
            say(
                true,
                ("survey", row_of(&question.key)),
                "name",
                format!("ชื่อ “{name}” ระบบใช้อยู่แล้ว ตั้งชื่อคำถามนี้เป็นชื่ออื่น เช่น “{name}_1”"),
                format!(
                    "The name “{name}” is used by the system; give this question another one, such as “{name}_1”"
                ),
            );
        }
    }
    for (question, target) in &kind.save_to {
        if !questions.iter().any(|asked| asked.key == *question) {
            let title = |language: &str| {
                let field = programme.field(target);
                field.map_or(target.as_str(), |field| field.title.in_language(language)).to_owned()
            };
            say(
                false,
                ("survey", None),
                "name",
                format!(
                    "ไม่มีคำถามชื่อ “{question}” แล้ว ช่อง “{}” ในทะเบียนจะไม่ถูกปรับปรุงจากแบบฟอร์มนี้อีก",
                    title("th")
                ),
                format!(
                    "There is no question “{question}” any more; “{}” in the registry is no longer updated by this form",
                    title("en")
                ),
            );
        }
    }
    for (question, target) in saved_by(form) {
        let engine = [field::LAT, field::LON].contains(&target.as_str());
        if programme.field(&target).is_none() && !engine {
            say(
                false,
                ("survey", row_of(&question)),
                "save_to",
                format!("ทะเบียนไม่มีช่อง “{target}” คำตอบของ “{question}” จะอยู่ในบันทึกเท่านั้น"),
                format!(
                    "The registry has no field “{target}”; the answer of “{question}” stays in the record only"
                ),
            );
        }
    }
    if kind.creates_subject {
        let saves = |target: &String| {
            let stays = kind
                .save_to
                .iter()
                .any(|(question, to)| to == target && questions.iter().any(|asked| asked.key == *question));
            stays || saved_by(form).iter().any(|(_, to)| to == target)
        };
        if !programme.subject.heading.iter().any(saves) {
            say(
                true,
                ("survey", None),
                "name",
                "แบบฟอร์มนี้ขึ้นทะเบียนใหม่ ต้องมีคำถามที่เป็นชื่อหรือเลขของทะเบียน อย่าลบหรือเปลี่ยนชื่อคำถามนั้น".to_owned(),
                "This form makes new entries of the registry and must ask what names them; do not take that question out or rename it".to_owned(),
            );
        }
    }
    let id = kind.definition.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    if form.id() != id {
        say(
            false,
            ("settings", None),
            "form_id",
            format!("ไฟล์นี้คือ “{}” แต่กำลังจะแทน “{id}” ตรวจว่าเลือกไฟล์ถูก", form.id()),
            format!("This file is “{}” but would replace “{id}”: is it the right file?", form.id()),
        );
    }
    if !questions.iter().any(|question| is_answer(question) && !question.hidden) {
        let (th, en) = ("แบบฟอร์มนี้ไม่มีคำถามให้ตอบ", "This form asks nothing");
        say(true, ("survey", None), "type", th.to_owned(), en.to_owned());
    }
    messages
}

fn message(
    mistake: bool,
    (sheet, row): (&str, Option<u32>),
    column: &str,
    th: String,
    en: String,
) -> FormMessage {
    let column = Some(column.to_owned());
    FormMessage { mistake, sheet: sheet.to_owned(), row, column, words: Words { th, en } }
}

/// Lists that no phone has: a question with one offers nothing, and saving to one fails as a whole.
fn unknown_lists(all: &[String], read: &Imported) -> Vec<FormMessage> {
    let form = &read.form;
    let own = form.own_list();
    let is_known = |list: &str| list == REGISTRY || Some(list) == own || all.iter().any(|id| id == list);
    let lists = format!("{REGISTRY}, {}", all.join(", "));
    let say = |place, column: &str, list: &str| {
        let th = format!("ไม่มีทะเบียนชื่อ “{list}” ใช้ {REGISTRY} สำหรับทะเบียนของงานนี้ หรือทะเบียนที่มี: {lists}");
        let en = format!(
            "There is no registry “{list}”; write {REGISTRY} for the programme's own, or one of: {lists}"
        );
        message(true, place, column, th, en)
    };
    let mut messages = Vec::new();
    for (table, node) in form.tables().into_iter().filter(|(table, _)| !is_known(table)) {
        let from_file = form.definition().files.contains_key(&table);
        let column = if from_file { "type" } else { "calculation" };
        messages.push(say(("survey", read.rows.get(&node).copied()), column, &table));
    }
    let mut lists: Vec<&str> = form.definition().entities.iter().map(|entity| entity.list.as_str()).collect();
    lists.dedup();
    let unknown = lists.into_iter().filter(|list| !is_known(list));
    messages.extend(unknown.map(|list| say(("entities", None), "list_name", list)));
    messages
}

/// What our phones cannot ask or do not know.
fn not_here(read: &Imported) -> Vec<FormMessage> {
    let mut messages = Vec::new();
    let mut say = |mistake, place: u32, th: &str, en: &str| {
        let row = read.rows.get(&place).copied();
        messages.push(message(mistake, ("survey", row), "type", th.to_owned(), en.to_owned()));
    };
    for (place, node) in (0..).zip(&read.form.definition().nodes) {
        if has_no_widget(node) && !node.logic.required.is_empty() {
            say(
                true,
                place,
                "เครื่องของเรายังตอบคำถามชนิดนี้ไม่ได้ ถ้าบังคับตอบ จะบันทึกไม่ได้เลย เปลี่ยนชนิด หรือลบ required",
                "Our phones cannot answer this kind of question yet; required, it would keep every record from being saved. Use another type, or take required out",
            );
        } else if has_no_widget(node) {
            say(
                false,
                place,
                "เครื่องของเรายังตอบคำถามชนิดนี้ไม่ได้ ผู้กรอกจะข้ามข้อนี้",
                "Our phones cannot answer this kind of question yet; it is passed over",
            );
        } else if ABSENT.contains(&node.preload.as_str()) {
            say(
                false,
                place,
                "เครื่องของเราไม่ทราบค่านี้ ช่องนี้จะว่าง",
                "Our phones do not know this; it stays empty",
            );
        }
    }
    for place in read.form.background_places() {
        say(
            false,
            place,
            "เครื่องของเราไม่จับพิกัดระหว่างกรอก ช่องนี้จะว่าง ใช้ geopoint หรือ start-geopoint",
            "Our phones take no position in between; it stays empty. Use geopoint or start-geopoint",
        );
    }
    messages
}

/// How forms call the registry of their own programme.
const REGISTRY: &str = "registry";

/// Data about a telephone that a browser tells nobody.
const ABSENT: [&str; 4] = ["phonenumber", "email", "subscriberid", "simserial"];

fn has_no_widget(node: &Node) -> bool {
    use Kind::{Audio, File, Geoshape, Geotrace, Video};
    !node.unseen && matches!(node.kind, Audio | Video | File | Geotrace | Geoshape)
}

/// Says whether a node leaves something in the record.
fn is_answer(question: &Question) -> bool {
    !matches!(question.kind, Kind::Group | Kind::Repeat | Kind::Note) && !question.name.starts_with('@')
}

/// Answers that the form itself saves to its own subject: question key and field. What it saves to a subject that it names
/// is written when it is filled, not here.
pub(super) fn saved_by(form: &Form) -> Vec<(String, String)> {
    let nodes = form.definition().nodes.iter().skip(1);
    nodes
        .zip(form.questions())
        .filter(|(node, question)| !node.save_to.is_empty() && question.repeat.is_none())
        .filter(|(node, _)| {
            let named = form.definition().entities.iter().filter(|entity| !entity.id.is_empty());
            !named.into_iter().any(|entity| node.save_list.is_empty() || node.save_list == entity.list)
        })
        .map(|(node, question)| (question.key, node.save_to.clone()))
        .collect()
}
