//! A form as the sheets of an XLSForm. What is read back from them is the same form.

use std::collections::BTreeMap;

use super::body::target;
use super::names::named;
use crate::definition::{Definition, Event, Instance, Item, Kind, Node, Part, Phrase, Text, phrase as pick};
use crate::form::Form;
use crate::import::{Sheet, SheetRow, Sheets};
use crate::xpath::analysis::Outline;

/// Writes a form as sheets: survey, choices, settings and, where needed, external_choices and entities.
pub fn sheets(form: &Form) -> Sheets {
    let definition = form.definition();
    let writer = Writer { form, languages: languages(definition) };
    // All languages in their order, also those that only options or hints have.
    let mut first = vec!["type".to_owned(), "name".to_owned()];
    first.extend(writer.languages.iter().map(|language| format!("label{language}")));
    let mut survey = Table::new("survey", first, &writer.languages);
    for child in Outline::children(form, 0) {
        writer.row(*child, &mut survey);
    }
    let mut sheets = Sheets::default();
    sheets.add(survey.finish());
    let external: Vec<&str> = definition
        .nodes
        .iter()
        .filter_map(|node| node.choices.as_ref().filter(|choices| choices.open))
        .map(|choices| choices.list.as_str())
        .collect();
    for (sheet, open) in [("choices", false), ("external_choices", true)] {
        let mut table = Table::new(sheet, vec!["list_name".to_owned(), "name".to_owned()], &writer.languages);
        for (name, instance) in &definition.instances {
            if let Instance::List(items) = instance
                && external.contains(&name.as_str()) == open
            {
                for item in items {
                    writer.option(name, item, &mut table);
                }
            }
        }
        if !table.rows.is_empty() {
            sheets.add(table.finish());
        }
    }
    if !definition.entities.is_empty() {
        let mut table = Table::new("entities", vec!["list_name".to_owned()], &[]);
        for entity in &definition.entities {
            let mut row = BTreeMap::from([("list_name".to_owned(), entity.list.clone())]);
            for (column, source) in [
                ("entity_id", &entity.id),
                ("create_if", &entity.create_if),
                ("update_if", &entity.update_if),
                ("label", &entity.label),
            ] {
                row.insert(column.to_owned(), named(form, entity.container, source));
            }
            table.add(row);
        }
        sheets.add(table.finish());
    }
    sheets.add(writer.settings());
    sheets
}

/// Rows by column.
struct Table<'a> {
    name: String,
    /// Columns that are there in any case.
    first: Vec<String>,
    languages: &'a [String],
    rows: Vec<BTreeMap<String, String>>,
}

impl<'a> Table<'a> {
    fn new(name: &str, first: Vec<String>, languages: &'a [String]) -> Table<'a> {
        Table { name: name.to_owned(), first, languages, rows: Vec::new() }
    }

    fn add(&mut self, row: BTreeMap<String, String>) {
        self.rows.push(row.into_iter().filter(|(_, text)| !text.is_empty()).collect());
    }

    fn finish(self) -> Sheet {
        let mut columns = self.first;
        for row in &self.rows {
            for column in row.keys() {
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            }
        }
        // The order people know from ODK's template, languages side by side in the order of the form.
        columns.sort_by_key(|column| {
            let base = column.split("::").next().unwrap_or_default();
            let rank = ORDER.iter().position(|known| *known == base).unwrap_or(ORDER.len());
            let media = if base == "media" { column.split("::").nth(1).map(str::to_owned) } else { None };
            let language = self.languages.iter().position(|language| column.ends_with(language.as_str()));
            (rank, media, language)
        });
        let rows = self.rows.iter().enumerate().map(|(place, row)| SheetRow {
            number: place as u32 + 2,
            cells: columns.iter().map(|column| row.get(column).cloned().unwrap_or_default()).collect(),
        });
        Sheet { name: self.name, rows: rows.collect(), header: columns }
    }
}

const ORDER: &[&str] = &[
    "form_title",
    "form_id",
    "version",
    "list_name",
    "type",
    "name",
    "label",
    "hint",
    "guidance_hint",
    "required",
    "required_message",
    "relevant",
    "constraint",
    "constraint_message",
    "warning",
    "warning_message",
    "calculation",
    "trigger",
    "default",
    "read_only",
    "appearance",
    "parameters",
    "choice_filter",
    "repeat_count",
    "save_to",
    "media",
];

fn languages(definition: &Definition) -> Vec<String> {
    definition.languages.iter().map(|language| format!("::{language}")).collect()
}

struct Writer<'a> {
    form: &'a Form,
    /// Endings of translated columns; none for a form in one unnamed language.
    languages: Vec<String>,
}

impl Writer<'_> {
    fn named(&self, owner: u32, source: &str) -> String {
        named(self.form, owner, source)
    }

    fn text(&self, owner: u32, column: &str, text: &Text, row: &mut BTreeMap<String, String>) {
        if self.languages.is_empty() {
            if let Some(phrase) = pick(text, 0, 0) {
                row.insert(column.to_owned(), self.phrase(owner, phrase));
            }
            return;
        }
        for (phrase, language) in text.iter().zip(&self.languages) {
            row.insert(format!("{column}{language}"), self.phrase(owner, phrase));
        }
    }

    fn phrase(&self, owner: u32, phrase: &Phrase) -> String {
        match phrase {
            Phrase::Plain(text) => text.clone(),
            Phrase::Parts(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Plain(text) => text.clone(),
                    Part::Value { value } => {
                        match value.strip_prefix("instance('__last-saved')/root/item/") {
                            Some(name) => format!("${{last-saved#{name}}}"),
                            None => self.named(owner, value),
                        }
                    }
                })
                .collect(),
        }
    }

    fn row(&self, node: u32, table: &mut Table<'_>) {
        let Some(found) = self.form.node(node) else { return };
        if self.is_count_helper(found) || found.name.starts_with('@') {
            return;
        }
        let mut row = BTreeMap::new();
        let kind = self.kind(node, found);
        row.insert("type".to_owned(), kind.clone());
        row.insert("name".to_owned(), found.name.clone());
        for (column, text) in [
            ("label", &found.label),
            ("hint", &found.hint),
            ("guidance_hint", &found.guidance),
            ("required_message", &found.required_message),
            ("constraint_message", &found.constraint_message),
            ("warning_message", &found.warning_message),
            ("media::image", &found.image),
        ] {
            self.text(node, column, text, &mut row);
        }
        for (name, text) in &found.media {
            self.text(node, &format!("media::{name}"), text, &mut row);
        }
        let logic = &found.logic;
        let mut cell = |column: &str, text: String| row.insert(column.to_owned(), text);
        for (column, source) in [
            ("relevant", &logic.relevant),
            ("constraint", &logic.constraint),
            ("warning", &logic.warning),
            ("calculation", &logic.calculate),
        ] {
            cell(column, self.expression(node, source));
        }
        let condition = |source: &str| match source {
            "true()" => "yes".to_owned(),
            other => self.expression(node, other),
        };
        cell("required", condition(&logic.required));
        if found.kind != Kind::Note {
            cell("read_only", condition(&logic.readonly));
        }
        cell("appearance", found.appearance.clone());
        let parameters: Vec<String> =
            found.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cell("parameters", parameters.join(" "));
        cell("default", self.default(node, found));
        let (trigger, calculation) = self.triggers(node);
        if !trigger.is_empty() {
            cell("trigger", trigger);
            cell("calculation", calculation);
        }
        cell("repeat_count", self.count(found));
        cell("choice_filter", self.filter(node, found));
        if !found.save_to.is_empty() {
            let list =
                if found.save_list.is_empty() { String::new() } else { format!("{}#", found.save_list) };
            cell("save_to", format!("{list}{}", found.save_to));
        }
        table.add(row);
        if matches!(found.kind, Kind::Group | Kind::Repeat) {
            for child in Outline::children(self.form, node) {
                self.row(*child, table);
            }
            let mut end = BTreeMap::new();
            end.insert("type".to_owned(), kind.replace("begin", "end"));
            table.add(end);
        }
    }

    fn expression(&self, owner: u32, source: &str) -> String {
        const LAST: &str = "instance('__last-saved')/root/item/";
        let mut source = self.named(owner, source);
        while let Some((before, after)) = source.split_once(LAST) {
            let end = after
                .find(|letter: char| !(letter.is_alphanumeric() || "_-.".contains(letter)))
                .unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
            let (before, after) =
                (before.strip_suffix(' ').unwrap_or(before), after.strip_prefix(' ').unwrap_or(after));
            source = format!("{before}${{last-saved#{name}}}{after}");
        }
        source
    }

    fn kind(&self, node: u32, found: &Node) -> String {
        let select = |command: &str| {
            let Some(choices) = &found.choices else { return command.to_owned() };
            if choices.value == "." {
                let (path, _) = choices.nodeset.split_once("[. != '']").unwrap_or((&choices.nodeset, ""));
                let path = path.trim_start_matches("randomize(");
                let asked = target(self.form, 0, path).and_then(|asked| self.form.node(asked));
                return format!("{command} ${{{}}}", asked.map_or("", |asked| asked.name.as_str()));
            }
            if choices.open {
                return format!("{command}_external {}", choices.list);
            }
            if !choices.list.is_empty() {
                return format!("{command} {}", choices.list);
            }
            let name = choices.nodeset.split('\'').nth(1).unwrap_or_default();
            let file = self.form.definition().files.get(name).cloned();
            format!("{command}_from_file {}", file.unwrap_or_else(|| format!("{name}.csv")))
        };
        match found.kind {
            Kind::Text => "text".to_owned(),
            Kind::Integer => "integer".to_owned(),
            Kind::Decimal => "decimal".to_owned(),
            Kind::SelectOne => select("select_one"),
            Kind::SelectMultiple => select("select_multiple"),
            Kind::Rank => select("rank"),
            Kind::Note => "note".to_owned(),
            Kind::Date => "date".to_owned(),
            Kind::Time => "time".to_owned(),
            Kind::DateTime => "dateTime".to_owned(),
            Kind::Geopoint if found.unseen && self.triggers(node).0.is_empty() => "start-geopoint".to_owned(),
            Kind::Geopoint if found.unseen => "background-geopoint".to_owned(),
            Kind::Geopoint => "geopoint".to_owned(),
            Kind::Geotrace => "geotrace".to_owned(),
            Kind::Geoshape => "geoshape".to_owned(),
            Kind::Image => "image".to_owned(),
            Kind::Audio if found.unseen && found.logic.calculate.is_empty() => "background-audio".to_owned(),
            Kind::Audio => "audio".to_owned(),
            Kind::Video => "video".to_owned(),
            Kind::File => "file".to_owned(),
            Kind::Barcode => "barcode".to_owned(),
            Kind::Acknowledge => "acknowledge".to_owned(),
            Kind::Calculate => "calculate".to_owned(),
            Kind::Hidden => "hidden".to_owned(),
            Kind::Range => "range".to_owned(),
            Kind::Group => "begin_group".to_owned(),
            Kind::Repeat => "begin_repeat".to_owned(),
            Kind::Metadata => found.preload.clone(),
        }
    }

    /// True for the value a repeat's count is worked out in; it goes into the repeat's own row.
    fn is_count_helper(&self, found: &Node) -> bool {
        found.name.strip_suffix("_count").is_some_and(|name| {
            let repeats = self.form.definition().nodes.iter();
            let counts =
                |node: &&Node| node.kind == Kind::Repeat && node.parent == found.parent && node.name == name;
            repeats.filter(counts).any(|node| node.logic.repeat_count == found.name)
        })
    }

    fn count(&self, found: &Node) -> String {
        let count = &found.logic.repeat_count;
        if found.kind != Kind::Repeat || count.is_empty() {
            return String::new();
        }
        let helper = self
            .form
            .definition()
            .nodes
            .iter()
            .enumerate()
            .find(|(_, node)| node.parent == found.parent && node.name == *count);
        match helper {
            Some((place, node)) if *count == format!("{}_count", found.name) => {
                self.expression(place as u32, &node.logic.calculate)
            }
            _ => self.expression(found.parent, count),
        }
    }

    fn default(&self, node: u32, found: &Node) -> String {
        let dynamic =
            found.actions.iter().find(|action| action.event == Event::FirstLoad && action.target.is_empty());
        dynamic.map_or_else(|| found.default.clone(), |action| self.expression(node, &action.value))
    }

    /// Questions whose answer sets this node, and to what.
    fn triggers(&self, node: u32) -> (String, String) {
        let mut names = Vec::new();
        let mut calculation = String::new();
        for (place, other) in self.form.definition().nodes.iter().enumerate() {
            for action in other.actions.iter().filter(|action| action.event == Event::ValueChanged) {
                if target(self.form, place as u32, &action.target) == Some(node) {
                    names.push(format!("${{{}}}", other.name));
                    calculation = self.expression(node, &action.value);
                }
            }
        }
        (names.join(", "), calculation)
    }

    /// What stands in brackets behind the list.
    fn filter(&self, node: u32, found: &Node) -> String {
        let Some(choices) = found.choices.as_ref().filter(|choices| choices.value != ".") else {
            return String::new();
        };
        let Some((_, after)) = choices.nodeset.split_once("/root/item[") else { return String::new() };
        let (mut depth, mut quote) = (0_i32, None);
        let end = after.char_indices().find(|(_, letter)| {
            match (quote, *letter) {
                (None, '"' | '\'') => quote = Some(*letter),
                (Some(open), close) if open == close => quote = None,
                (None, '[') => depth += 1,
                (None, ']') => depth -= 1,
                _ => {}
            }
            depth < 0
        });
        let filter = end.and_then(|(end, _)| after.get(..end)).unwrap_or_default();
        // Names are resolved as they are inside brackets.
        let inside = format!("[{filter}]");
        let named = self.expression(node, &inside);
        named.strip_prefix('[').and_then(|named| named.strip_suffix(']')).unwrap_or(&named).to_owned()
    }

    fn option(&self, list: &str, item: &Item, table: &mut Table<'_>) {
        let mut row = BTreeMap::new();
        row.insert("list_name".to_owned(), list.to_owned());
        row.insert("name".to_owned(), item.name.clone());
        self.text(0, "label", &item.label, &mut row);
        self.text(0, "media::image", &item.image, &mut row);
        for (name, text) in &item.media {
            self.text(0, &format!("media::{name}"), text, &mut row);
        }
        for (column, value) in &item.more {
            row.insert(column.clone(), value.clone());
        }
        table.add(row);
    }

    fn settings(&self) -> Sheet {
        let definition = self.form.definition();
        let mut table = Table::new("settings", vec!["form_title".to_owned(), "form_id".to_owned()], &[]);
        let mut row: BTreeMap<String, String> = definition.settings.clone();
        row.insert("form_title".to_owned(), definition.title.clone());
        row.insert("form_id".to_owned(), definition.id.clone());
        row.insert("version".to_owned(), definition.version.clone());
        row.insert("instance_name".to_owned(), self.expression(0, &definition.instance_name));
        let default = definition.languages.get(definition.default_language);
        row.insert("default_language".to_owned(), default.cloned().unwrap_or_default());
        table.add(row);
        table.finish()
    }
}
