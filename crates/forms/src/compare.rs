//! What a new version of a form changes, question by question, for the person who is to publish it.

use std::collections::BTreeMap;

use crate::definition::{Entity, Instance, Item, Kind, Node, Part, Phrase, phrase};
use crate::form::Form;

/// What a new version changes. Empty when both ask the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Questions and values that are new, gone or different: in the order of the new version, the gone ones last.
    pub questions: Vec<QuestionChange>,
    /// The questions that stay are asked in another order.
    pub order: bool,
    /// What the form makes or changes in the registry, or when.
    pub registry: bool,
    /// How a record is named, or the language the form begins in.
    pub settings: bool,
}

/// What happens to one question, or to one value that the form works out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionChange {
    /// Key in the answers.
    pub key: String,
    /// The question as people read it: in the new version if it is there; its name if it has no words.
    pub label: String,
    /// It has a widget.
    pub shown: bool,
    /// What it is.
    pub kind: Kind,
    /// What happens to it, at least one thing.
    pub what: Vec<What>,
}

/// One thing that happens to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// Its words: before and after.
    Label(String, String),
    /// What it is: before and after.
    Kind(Kind, Kind),
    /// It must be answered now, or need not be any more; also under another condition.
    Required(bool),
    /// Its choices, by their words.
    Choices {
        /// New ones.
        added: Vec<String>,
        /// Those that are gone.
        removed: Vec<String>,
        /// Other words for the same value: before and after.
        renamed: Vec<(String, String)>,
    },
    /// When it is asked.
    Condition,
    /// Which answers are accepted or found odd.
    Rule,
    /// How it is worked out, or what it starts with.
    Formula,
    /// The word of help.
    Hint,
    /// How it is drawn: appearance, parameters, picture.
    Look,
    /// It stands in another group or repeat.
    Place,
    /// Where in the registry its answer is written.
    Saves,
    /// Its choices in something else than their words: order, pictures, what filters read.
    ChoiceDetails,
    /// Its words or those of its choices in another language.
    OtherLanguages,
}

/// Compares two versions of a form. `language` as `th` or `en`; a form without it speaks its own.
pub fn compare(before: &Form, after: &Form, language: &str) -> Changes {
    let (old, new) = (Read::new(before, language), Read::new(after, language));
    let mut changes = Changes::default();
    for (key, place) in &new.order {
        let what = match old.nodes.get(key) {
            None => vec![What::Added],
            Some(was) => differences(&old, *was, &new, *place),
        };
        if !what.is_empty() {
            changes.questions.extend(new.change(*place, what));
        }
    }
    for (key, place) in &old.order {
        if !new.nodes.contains_key(key) {
            changes.questions.extend(old.change(*place, vec![What::Removed]));
        }
    }
    let kept = |one: &Read<'_>, other: &Read<'_>| -> Vec<String> {
        let is_asked =
            |place: u32| one.node(place).is_some_and(|node| !node.unseen && node.kind != Kind::Group);
        let asked = one.order.iter().filter(|(_, place)| is_asked(*place));
        asked.map(|(key, _)| key.clone()).filter(|key| other.asks(key)).collect()
    };
    changes.order = kept(&old, &new) != kept(&new, &old);
    changes.registry = old.entities() != new.entities();
    let settings = |form: &Form| {
        let definition = form.definition();
        (definition.instance_name.clone(), definition.languages.get(definition.default_language).cloned())
    };
    changes.settings = settings(before) != settings(after);
    changes
}

/// A version being compared: its questions by key, and in order.
struct Read<'a> {
    form: &'a Form,
    language: usize,
    nodes: BTreeMap<String, u32>,
    order: Vec<(String, u32)>,
}

impl<'a> Read<'a> {
    fn new(form: &'a Form, language: &str) -> Read<'a> {
        let mark = format!("({language})");
        let place = form.languages().iter().position(|name| name.ends_with(&mark) || name == language);
        let definition = form.definition();
        let mut order = Vec::new();
        for (place, node) in definition.nodes.iter().enumerate().skip(1) {
            let place = place as u32;
            // A group that the importer named has no name to know it again by.
            if node.name.starts_with('@')
                || node.name.starts_with("generated_")
                || node.kind == Kind::Metadata
            {
                continue;
            }
            let inside = form.repeat_around(place).map_or("", |repeat| form.key(repeat));
            // A group may be called like a question elsewhere.
            let mark = if node.kind == Kind::Group { "/" } else { "" };
            order.push((format!("{inside}/{}{mark}", form.key(place)), place));
        }
        let language = place.unwrap_or(definition.default_language);
        Read { form, language, nodes: order.iter().cloned().collect(), order }
    }

    fn node(&self, place: u32) -> Option<&'a Node> {
        self.form.definition().nodes.get(place as usize)
    }

    fn asks(&self, key: &str) -> bool {
        self.nodes.get(key).and_then(|place| self.node(*place)).is_some_and(|node| !node.unseen)
    }

    fn words(&self, text: &[Phrase]) -> String {
        self.said(text, self.language)
    }

    fn said(&self, text: &[Phrase], language: usize) -> String {
        match phrase(text, language, self.form.definition().default_language) {
            None => String::new(),
            Some(Phrase::Plain(text)) => text.clone(),
            Some(Phrase::Parts(parts)) => parts
                .iter()
                .map(|part| if let Part::Plain(text) = part { text.as_str() } else { "…" })
                .collect(),
        }
    }

    fn label(&self, node: &Node) -> String {
        let words = self.words(&node.label);
        if words.trim().is_empty() { node.name.clone() } else { words }
    }

    /// Values and words of the choices of a node's list, in order.
    fn choices(&self, node: &Node) -> Vec<(&'a str, String)> {
        let list = node.choices.as_ref().map(|choices| choices.list.as_str()).unwrap_or_default();
        let Some(Instance::List(items)) = self.form.definition().instances.get(list) else {
            return Vec::new();
        };
        let words = |words: String, name: &str| if words.is_empty() { name.to_owned() } else { words };
        items.iter().map(|item| (item.name.as_str(), words(self.words(&item.label), &item.name))).collect()
    }

    /// The choices of a node without their words.
    fn bare_choices(&self, node: &Node) -> Vec<&'a Item> {
        let list = node.choices.as_ref().map(|choices| choices.list.as_str()).unwrap_or_default();
        match self.form.definition().instances.get(list) {
            Some(Instance::List(items)) => items.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Everything that is said at a node in the languages that are not compared, by language and what it is.
    fn elsewhere(&self, node: &Node) -> BTreeMap<(&'a str, String), String> {
        let mut texts = vec![
            ("label".to_owned(), &node.label),
            ("hint".to_owned(), &node.hint),
            ("required".to_owned(), &node.required_message),
            ("constraint".to_owned(), &node.constraint_message),
            ("warning".to_owned(), &node.warning_message),
        ];
        let choices = self.bare_choices(node).into_iter();
        texts.extend(choices.map(|item| (format!("choice {}", item.name), &item.label)));
        let mut all = BTreeMap::new();
        for (place, language) in self.form.languages().iter().enumerate() {
            for (what, text) in texts.iter().filter(|_| place != self.language) {
                // Alone: where a language has no words, another one's are shown, and were compared.
                let own = text.get(place..=place).unwrap_or_default();
                all.insert((language.as_str(), what.clone()), self.said(own, 0));
            }
        }
        all
    }

    /// What is made or changed in the registry, with the places by their names.
    fn entities(&self) -> Vec<(&'a str, Entity)> {
        let entities = self.form.definition().entities.iter();
        entities.map(|one| (self.form.path(one.container), Entity { container: 0, ..one.clone() })).collect()
    }

    fn change(&self, place: u32, what: Vec<What>) -> Option<QuestionChange> {
        let node = self.node(place)?;
        Some(QuestionChange {
            key: self.form.key(place).to_owned(),
            label: self.label(node),
            shown: !node.unseen,
            kind: node.kind,
            what,
        })
    }

    /// The group or repeat around a node.
    fn holder(&self, node: &Node) -> String {
        self.form.path(node.parent).to_owned()
    }
}

fn differences(old: &Read<'_>, was: u32, new: &Read<'_>, is: u32) -> Vec<What> {
    let (Some(a), Some(b)) = (old.node(was), new.node(is)) else { return Vec::new() };
    let mut what = Vec::new();
    let (before, after) = (old.label(a), new.label(b));
    if before != after {
        what.push(What::Label(before, after));
    }
    if a.kind != b.kind {
        what.push(What::Kind(a.kind, b.kind));
    }
    if a.logic.required != b.logic.required
        || old.words(&a.required_message) != new.words(&b.required_message)
    {
        what.push(What::Required(!matches!(b.logic.required.as_str(), "" | "false()")));
    }
    what.extend(choices(&old.choices(a), &new.choices(b)));
    let filters = |node: &Node| node.choices.as_ref().map(|choices| choices.nodeset.clone());
    if a.logic.relevant != b.logic.relevant || filters(a) != filters(b) {
        what.push(What::Condition);
    }
    let rules = |read: &Read<'_>, node: &Node| {
        let logic = &node.logic;
        let messages = [read.words(&node.constraint_message), read.words(&node.warning_message)];
        (logic.constraint.clone(), logic.warning.clone(), messages)
    };
    if rules(old, a) != rules(new, b) {
        what.push(What::Rule);
    }
    let formula = |node: &Node| {
        let logic = &node.logic;
        let expressions = (logic.calculate.clone(), logic.readonly.clone(), logic.repeat_count.clone());
        (expressions, node.default.clone(), node.actions.clone())
    };
    if formula(a) != formula(b) {
        what.push(What::Formula);
    }
    if (old.words(&a.hint), old.words(&a.guidance)) != (new.words(&b.hint), new.words(&b.guidance)) {
        what.push(What::Hint);
    }
    if (&a.appearance, &a.parameters, &a.image) != (&b.appearance, &b.parameters, &b.image) {
        what.push(What::Look);
    }
    if old.holder(a) != new.holder(b) {
        what.push(What::Place);
    }
    if (&a.save_to, &a.save_list) != (&b.save_to, &b.save_list) {
        what.push(What::Saves);
    }
    // Choices that came or went were told; those that stay, in their order.
    let details = |one: &Read<'_>, node: &Node, other: &[&Item]| {
        let items = one.bare_choices(node).into_iter();
        let stays = items.filter(|item| other.iter().any(|known| known.name == item.name));
        stays.map(|item| (item.name.clone(), item.image.clone(), item.more.clone())).collect::<Vec<_>>()
    };
    if details(old, a, &new.bare_choices(b)) != details(new, b, &old.bare_choices(a)) {
        what.push(What::ChoiceDetails);
    }
    let (before, after) = (old.elsewhere(a), new.elsewhere(b));
    if before.iter().any(|(what, said)| after.get(what).is_some_and(|now| now != said)) {
        what.push(What::OtherLanguages);
    }
    what
}

fn choices(before: &[(&str, String)], after: &[(&str, String)]) -> Option<What> {
    let find = |all: &[(&str, String)], value: &str| {
        all.iter().find(|(other, _)| *other == value).map(|(_, words)| words.clone())
    };
    let missing = |from: &[(&str, String)], here: &[(&str, String)]| -> Vec<String> {
        here.iter().filter(|(value, _)| find(from, value).is_none()).map(|(_, words)| words.clone()).collect()
    };
    let renamed: Vec<(String, String)> = after
        .iter()
        .filter_map(|(value, words)| Some((find(before, value)?, words.clone())))
        .filter(|(before, after)| before != after)
        .collect();
    let (added, removed) = (missing(before, after), missing(after, before));
    let same = added.is_empty() && removed.is_empty() && renamed.is_empty();
    (!same).then_some(What::Choices { added, removed, renamed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sheets, import};

    fn form(survey: &str, choices: &str) -> Form {
        let sheets = Sheets::from_csv([("survey", survey), ("choices", choices)]).unwrap();
        import(&sheets).unwrap().form
    }

    #[test]
    fn every_difference_is_told_at_its_question() {
        let before = form(
            "type,name,label::ไทย (th),label::English (en),required,relevant,constraint,calculation,hint::ไทย (th)\n\
             text,owner,เจ้าของ,Owner,,,,,\n\
             select_one state,state,สภาพ,State,yes,,,,\n\
             integer,reading,เลขมาตร,Reading,,,. > 0,,ดูเลขสีดำ\n\
             calculate,used,,,,,,${reading} - 1,\n\
             text,note,หมายเหตุ,Note,,,,,\n",
            "list_name,name,label::ไทย (th)\nstate,ok,ปกติ\nstate,dead,มาตรตาย\n",
        );
        let after = form(
            "type,name,label::ไทย (th),label::English (en),required,relevant,constraint,calculation,hint::ไทย (th)\n\
             text,note,หมายเหตุ,Note,,${state} = 'leak',,,\n\
             select_one state,state,สภาพมาตร,State,,,,,\n\
             decimal,reading,เลขมาตร,Reading,,,. >= 0,,ดูเลขสีดำเท่านั้น\n\
             calculate,used,,,,,,${reading} - 2,\n\
             image,photo,รูป,Photo,,,,,\n",
            "list_name,name,label::ไทย (th)\nstate,ok,ใช้ได้\nstate,leak,รั่ว\n",
        );
        let changes = compare(&before, &after, "th");
        let told: Vec<(&str, &[What])> =
            changes.questions.iter().map(|change| (change.label.as_str(), change.what.as_slice())).collect();
        let words = |text: &str| text.to_owned();
        assert_eq!(
            told,
            [
                ("หมายเหตุ", &[What::Condition][..]),
                (
                    "สภาพมาตร",
                    &[
                        What::Label(words("สภาพ"), words("สภาพมาตร")),
                        What::Required(false),
                        What::Choices {
                            added: vec![words("รั่ว")],
                            removed: vec![words("มาตรตาย")],
                            renamed: vec![(words("ปกติ"), words("ใช้ได้"))],
                        },
                    ][..]
                ),
                ("เลขมาตร", &[What::Kind(Kind::Integer, Kind::Decimal), What::Rule, What::Hint][..]),
                ("used", &[What::Formula][..]),
                ("รูป", &[What::Added][..]),
                ("เจ้าของ", &[What::Removed][..]),
            ]
        );
        assert!(changes.order);
        assert!(changes.questions.iter().all(|change| change.shown == (change.key != "used")));
    }

    #[test]
    fn a_section_that_never_shows_any_more_is_told() {
        let survey = |relevant: &str, filter: &str, english: &str| {
            format!(
                "type,name,label::ไทย (th),label::English (en),relevant,choice_filter,save_to\n\
                 begin_group,wound,แผล,Wound,{relevant},,\n\
                 text,note,หมายเหตุ,{english},,,{filter}\n\
                 end_group,,,,,,\n\
                 select_one village,village,หมู่บ้าน,Village,,zone != '',\n"
            )
        };
        let choices = |zone: &str| format!("list_name,name,label::ไทย (th),zone\nvillage,v1,บ้านหนึ่ง,{zone}\n");
        let before = form(&survey("", "", "Note"), &choices("1"));
        let told = |after: Form| -> Vec<(String, Vec<What>)> {
            let changes = compare(&before, &after, "th").questions.into_iter();
            changes.map(|change| (change.label, change.what)).collect()
        };
        let one = |label: &str, what: What| vec![(label.to_owned(), vec![what])];
        assert_eq!(told(form(&survey("false()", "", "Note"), &choices("1"))), one("แผล", What::Condition));
        assert_eq!(
            told(form(&survey("", "", "Remark"), &choices("1"))),
            one("หมายเหตุ", What::OtherLanguages)
        );
        assert_eq!(told(form(&survey("", "", "Note"), &choices("2"))), one("หมู่บ้าน", What::ChoiceDetails));
    }

    #[test]
    fn a_form_is_like_itself() {
        let one = form("type,name,label\ntext,a,A\nbegin_repeat,r,R\ntext,a,B\nend_repeat,,\n", "");
        assert_eq!(compare(&one, &one, "th"), Changes::default());
    }
}
