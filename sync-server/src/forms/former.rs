//! What a form asked once and asks no more, kept in short, so that every device can go on reading visits of then.

use domain::programme::{FieldKind, FieldType, Words};
use forms::definition::{Instance, Node, Part, Phrase, phrase};
use forms::{Form, Kind};
use std::collections::BTreeMap;

/// Questions of the old version that the new one lacks, and choices that a question has lost.
pub(super) fn former(old: &Form, new: &Form) -> Vec<FieldKind> {
    let asked = described(new, None);
    described(old, None)
        .into_iter()
        .filter_map(|was| match asked.iter().find(|is| is.id == was.id) {
            None => Some(was),
            Some(is) => {
                let lost: BTreeMap<_, _> =
                    was.choices.into_iter().filter(|(value, _)| !is.choices.contains_key(value)).collect();
                (!lost.is_empty()).then_some(FieldKind { choices: lost, ..was })
            }
        })
        .collect()
}

/// All that is former now: what was so before and has not come back, and what has become so.
pub(super) fn handed_down(before: Vec<FieldKind>, now: Vec<FieldKind>, new: &Form) -> Vec<FieldKind> {
    let asked = described(new, None);
    let mut all: Vec<FieldKind> = Vec::new();
    for mut field in before.into_iter().chain(now) {
        if let Some(is) = asked.iter().find(|is| is.id == field.id) {
            field.choices.retain(|value, _| !is.choices.contains_key(value));
            if field.choices.is_empty() {
                continue;
            }
        }
        match all.iter_mut().find(|known| known.id == field.id) {
            Some(known) => {
                let mut choices = std::mem::take(&mut known.choices);
                choices.extend(std::mem::take(&mut field.choices));
                *known = FieldKind { choices, ..field };
            }
            None => all.push(field),
        }
    }
    all
}

/// A repeated group as a field: its key and its words.
pub(super) fn group(form: &Form, key: &str) -> Option<FieldKind> {
    let mut nodes = form.definition().nodes.iter().skip(1).zip(form.questions());
    let (node, question) = nodes.find(|(node, question)| node.kind == Kind::Repeat && question.key == key)?;
    let title = words(form, &node.label, &node.name);
    Some(FieldKind { id: question.key, title, ..FieldKind::default() })
}

/// The questions of a version as fields: key, words, kind of value, and choices. Those of a repeated group, or those outside.
pub(super) fn described(form: &Form, repeat: Option<&str>) -> Vec<FieldKind> {
    let nodes = form.definition().nodes.iter().skip(1);
    nodes
        .zip(form.questions())
        .filter(|(node, question)| {
            let plain = matches!(
                node.kind,
                Kind::Group
                    | Kind::Repeat
                    | Kind::Note
                    | Kind::Image
                    | Kind::Audio
                    | Kind::Video
                    | Kind::File
            );
            !node.unseen && !plain && question.repeat.as_deref() == repeat
        })
        .map(|(node, question)| FieldKind {
            id: question.key,
            title: words(form, &node.label, &node.name),
            kind: match node.kind {
                Kind::Integer => FieldType::Integer,
                Kind::Decimal | Kind::Range => FieldType::Decimal,
                Kind::Date | Kind::DateTime => FieldType::Date,
                Kind::SelectOne | Kind::SelectMultiple | Kind::Rank => FieldType::Choice,
                Kind::Acknowledge => FieldType::Bool,
                _ => FieldType::Text,
            },
            choices: choices(form, node),
            ..FieldKind::default()
        })
        .collect()
}

/// The questions of a version that take a photo, each with the repeated group around it.
pub(super) fn pictures(form: &Form) -> Vec<(Option<String>, FieldKind)> {
    let nodes = form.definition().nodes.iter().skip(1);
    nodes
        .zip(form.questions())
        .filter(|(node, _)| node.kind == Kind::Image)
        .map(|(node, question)| {
            let title = words(form, &node.label, &node.name);
            let field = FieldKind { id: question.key, title, kind: FieldType::Photo, ..FieldKind::default() };
            (question.repeat, field)
        })
        .collect()
}

fn choices(form: &Form, node: &Node) -> BTreeMap<String, Words> {
    let list = node.choices.as_ref().map(|choices| choices.list.as_str()).unwrap_or_default();
    let Some(Instance::List(items)) = form.definition().instances.get(list) else { return BTreeMap::new() };
    items.iter().map(|item| (item.name.clone(), words(form, &item.label, &item.name))).collect()
}

/// A text in Thai and English, without light markdown.
fn words(form: &Form, text: &[Phrase], otherwise: &str) -> Words {
    let default = form.definition().default_language;
    let place = |mark: &str| form.languages().iter().position(|name| name.ends_with(mark));
    let said = |place: usize| {
        let said = match phrase(text, place, default) {
            Some(Phrase::Plain(text)) => text.replace("**", ""),
            Some(Phrase::Parts(parts)) => {
                let part = |part: &Part| match part {
                    Part::Plain(text) => text.replace("**", ""),
                    Part::Value { .. } => "…".to_owned(),
                };
                parts.iter().map(part).collect()
            }
            None => String::new(),
        };
        said.trim_start_matches(['#', ' ']).trim().to_owned()
    };
    let th = Some(said(place("(th)").unwrap_or(default))).filter(|said| !said.is_empty());
    let en = place("(en)").map(said).unwrap_or_default();
    Words { th: th.unwrap_or_else(|| otherwise.to_owned()), en }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forms::{Sheets, import};

    fn form(survey: &str, choices: &str) -> Form {
        let head = "type,name,label::ไทย (th),label::English (en)\n";
        let survey = format!("{head}{survey}");
        let choices = format!("list_name,name,label::ไทย (th),label::English (en)\n{choices}");
        import(&Sheets::from_csv([("survey", survey.as_str()), ("choices", choices.as_str())]).unwrap())
            .unwrap()
            .form
    }

    #[test]
    fn what_is_gone_is_kept_until_it_comes_back() {
        let first = form(
            "text,owner,**เจ้าของ**,Owner\nselect_one s,state,สภาพ,State\n",
            "s,ok,ดี,Good\ns,dead,ตาย,Dead\n",
        );
        let second = form("select_one s,state,สภาพ,State\n", "s,ok,ดี,Good\ns,leak,รั่ว,Leak\n");
        let gone = former(&first, &second);
        let short: Vec<(&str, &str, usize)> = gone
            .iter()
            .map(|field| (field.id.as_str(), field.title.th.as_str(), field.choices.len()))
            .collect();
        assert_eq!(short, [("owner", "เจ้าของ", 0), ("state", "สภาพ", 1)]);
        assert_eq!(gone[1].choices["dead"].en, "Dead");

        // A third version loses another choice; a fourth brings everything back.
        let third = form("select_one s,state,สภาพ,State\n", "s,ok,ดี,Good\n");
        let all = handed_down(gone, former(&second, &third), &third);
        let state = all.iter().find(|field| field.id == "state").unwrap();
        assert_eq!(state.choices.keys().collect::<Vec<_>>(), ["dead", "leak"]);
        let fourth = form(
            "text,owner,เจ้าของ,Owner\nselect_one s,state,สภาพ,State\n",
            "s,ok,ดี,Good\ns,dead,ตาย,Dead\ns,leak,รั่ว,Leak\n",
        );
        assert!(handed_down(all, former(&third, &fourth), &fourth).is_empty());
    }
}
