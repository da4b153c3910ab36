//! What a programme wants of a form beyond what any XLSForm must be: answers have a place to go, and none takes a
//! name that the engine uses itself.

use domain::api::FormMessage;
use domain::change::field;
use domain::programme::{FormKind, Programme, Words};
use forms::{Form, Kind, Question};

/// What the author of a new version should change or know.
pub(super) fn rules(programme: &Programme, kind: &FormKind, form: &Form) -> Vec<FormMessage> {
    let questions = form.questions();
    let mut messages = Vec::new();
    let mut say = |mistake: bool, sheet: &str, column: &str, th: String, en: String| {
        let column = Some(column.to_owned());
        let words = Words { th, en };
        messages.push(FormMessage { mistake, sheet: sheet.to_owned(), row: None, column, words });
    };
    for question in questions.iter().filter(|question| is_answer(question) && question.repeat.is_none()) {
        let name = &question.name;
        if field::is_note_of_visit(name) {
            say(
                true,
                "survey",
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
                "survey",
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
                "survey",
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
                "survey",
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
            "settings",
            "form_id",
            format!("ไฟล์นี้คือ “{}” แต่กำลังจะแทน “{id}” ตรวจว่าเลือกไฟล์ถูก", form.id()),
            format!("This file is “{}” but would replace “{id}”: is it the right file?", form.id()),
        );
    }
    if !questions.iter().any(|question| is_answer(question) && !question.hidden) {
        say(true, "survey", "type", "แบบฟอร์มนี้ไม่มีคำถามให้ตอบ".to_owned(), "This form asks nothing".to_owned());
    }
    messages
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
