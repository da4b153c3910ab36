//! The choices sheet (and `external_choices`): lists of options.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{self, Languages, Table, TableRow};
use super::sheets::Sheets;
use super::{At, Code, Report};
use crate::definition::{Instance, Item, Phrase};

/// Lists by name, with where each begins.
#[derive(Debug, Default)]
pub struct Lists {
    lists: BTreeMap<String, Vec<Item>>,
    seen: BTreeSet<(String, String)>,
    raw: Vec<(String, usize, TableRow)>,
    used: BTreeSet<String>,
    /// Lists of the sheet `external_choices`.
    external: BTreeSet<String>,
    has_external: bool,
}

impl Lists {
    /// Notes that a question uses a list; false when there is no such list.
    pub fn wanted(&mut self, name: &str) -> bool {
        self.used.insert(name.to_owned());
        self.lists.contains_key(name)
    }

    /// True when a list is in the sheet `external_choices`; `None` when there is no such sheet.
    pub fn is_external(&self, name: &str) -> Option<bool> {
        self.has_external.then(|| self.external.contains(name))
    }

    /// True when there is a list.
    pub fn has(&self, name: &str) -> bool {
        self.lists.contains_key(name)
    }

    /// Rows of a list with their cells, for loops.
    pub fn rows(&self, list: &str) -> Vec<&TableRow> {
        self.raw.iter().filter(|(name, _, _)| name == list).map(|(_, _, row)| row).collect()
    }

    /// How many options all lists have.
    pub fn count(&self) -> usize {
        self.raw.len()
    }

    /// Values of a list.
    pub fn values(&self, list: &str) -> Vec<&str> {
        self.lists
            .get(list)
            .map(|items| items.iter().map(|item| item.name.as_str()).collect())
            .unwrap_or_default()
    }

    /// Names of all lists, for messages.
    pub fn names(&self) -> String {
        self.lists.keys().cloned().collect::<Vec<_>>().join(", ")
    }

    /// Adds the option "other" to a list.
    pub fn add_other(&mut self, list: &str, languages: &Languages) {
        if let Some(items) = self.lists.get_mut(list)
            && !items.iter().any(|item| item.name == "other")
        {
            let names = languages.names();
            let label = if names.is_empty() {
                vec![Phrase::Plain("อื่น ๆ / Other".to_owned())]
            } else {
                names
                    .iter()
                    .map(|name| {
                        Phrase::Plain(
                            (if name.contains("ไทย") || name.ends_with("(th)") {
                                "อื่น ๆ"
                            } else {
                                "Other"
                            })
                            .to_owned(),
                        )
                    })
                    .collect()
            };
            items.push(Item { name: "other".to_owned(), label, ..Item::default() });
        }
    }

    /// Puts labels in place once all languages are known, and gives the lists as the definition holds them.
    pub fn into_instances(self) -> BTreeMap<String, Instance> {
        self.lists.into_iter().map(|(name, items)| (name, Instance::List(items))).collect()
    }

    /// Rows and their places, so that labels with `${...}` can be resolved after the survey is read.
    pub fn take_rows(&mut self) -> Vec<(String, usize, TableRow)> {
        std::mem::take(&mut self.raw)
    }

    /// The option at a place of a list, to give it its texts.
    pub fn item(&mut self, list: &str, place: usize) -> Option<&mut Item> {
        self.lists.get_mut(list).and_then(|items| items.get_mut(place))
    }
}

/// Reads the lists. Labels are set later, see [`Lists::take_rows`].
pub fn read(sheets: &Sheets, languages: &mut Languages, report: &mut Report) -> Lists {
    let mut lists = Lists::default();
    for name in ["choices", "external_choices"] {
        if let Some(sheet) = sheets.get(name) {
            let table = columns::read(sheet, columns::CHOICES, false, languages, report);
            lists.has_external |= name == "external_choices";
            for column in ["list_name", "name"] {
                if !table.rows.is_empty() && !table.has(column) {
                    report.error(
                        Code::ColumnMissing,
                        &At::row(name, 1).column(column),
                        format!("แผ่นงาน {name} ไม่มีช่อง {column} เพิ่มหัวตารางชื่อนี้"),
                        format!("The sheet {name} has no column {column}; add a head of this name"),
                    );
                    return lists;
                }
            }
            read_table(&table, &mut lists, report);
        }
    }
    lists
}

fn read_table(table: &Table, lists: &mut Lists, report: &mut Report) {
    for row in &table.rows {
        let at: At = row.at(&table.name);
        let (list, name) = (row.get("list_name").to_owned(), row.get("name").to_owned());
        if list.is_empty() {
            report.warn(
                Code::OptionWithoutList,
                &at.column(&row.head("list_name")),
                "แถวนี้ไม่มีชื่อรายการ จึงไม่ถูกใช้ ใส่ชื่อในช่อง list_name หรือลบแถว",
                "This row names no list and is not used; fill in list_name or delete the row",
            );
            continue;
        }
        if name.is_empty() {
            report.error(
                Code::OptionWithoutName,
                &at.column(&row.head("name")),
                format!("ตัวเลือกในรายการ {list} ไม่มี name ใส่ค่าที่จะบันทึก"),
                format!("An option of list {list} has no name; write the value to be stored"),
            );
            continue;
        }
        if name.contains(char::is_whitespace) {
            report.warn(Code::OptionNameHasBlank,
                &at.column(&row.head("name")),
                format!("ค่า “{name}” มีช่องว่าง ใช้กับข้อที่เลือกได้หลายข้อไม่ได้ ควรใช้ _ แทน"),
                format!("The name “{name}” holds a blank and cannot be used where several can be chosen; use _ instead"),
            );
        }
        if table.name.trim().eq_ignore_ascii_case("external_choices") {
            lists.external.insert(list.clone());
        }
        let items = lists.lists.entry(list.clone()).or_default();
        if !lists.seen.insert((list.clone(), name.clone())) {
            report.warn(
                Code::OptionTwice,
                &at.column(&row.head("name")),
                format!("รายการ {list} มีค่า {name} ซ้ำกัน"),
                format!("List {list} has {name} more than once"),
            );
        }
        let more = row
            .columns()
            .filter(|(column, _)| !columns::CHOICES.iter().any(|(known, _)| known == column))
            .map(|(column, text)| (column.to_owned(), text.to_owned()));
        items.push(Item { name, more: more.collect(), ..Item::default() });
        lists.raw.push((list, items.len() - 1, row.clone()));
    }
}
