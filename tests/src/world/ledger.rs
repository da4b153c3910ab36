//! What people were told is saved, written down beside the stores, and the oracle that looks for it afterwards.

use super::{Phone, World};
use domain::api;
use domain::change::{Value, Values, field, kind};
use domain::ids::RecordId;
use std::collections::{BTreeMap, BTreeSet};

/// One thing a person was told is saved.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which record.
    pub record: RecordId,
    /// What was written to it.
    pub cells: Values,
}

type Line = serde_json::Value;

fn lines(dump: &str) -> BTreeMap<String, Line> {
    dump.lines()
        .map(|line| {
            let line: Line = serde_json::from_str(line).unwrap();
            (line["id"].as_str().unwrap().to_owned(), line)
        })
        .collect()
}

/// Asserts that a phone has every cell the server has, the same or newer: all that can be asked once a server was
/// restored, because what the office wrote after its backup is offered again by nobody.
fn assert_no_older(phone: &Phone, ours: &Line, theirs: &Line) {
    let stamp = |cell: &Line| -> (u64, u64, u64) { serde_json::from_value(cell["stamp"].clone()).unwrap() };
    assert_eq!(ours["shelf"], theirs["shelf"], "{}: {theirs}", phone.person());
    for (name, cell) in theirs["cells"].as_object().unwrap() {
        let own = &ours["cells"][name];
        assert!(
            !own.is_null() && (own == cell || stamp(own) > stamp(cell)),
            "{}: {name} is {own}, at the server {cell}: {theirs}",
            phone.person()
        );
    }
}

impl World {
    /// Asserts everything that must hold once all phones have synced over a good network.
    ///
    /// - each phone holds its shelves byte for byte as the server does, and nothing else;
    /// - every store verifies;
    /// - everything that was ever reported saved is visible, in the history, or in the list of what was refused;
    /// - the three numbers say that all has arrived;
    /// - no shelf had to be read twice, unless its phone's disk or the server was at fault;
    /// - two visits of one cycle have one question, and nothing is asked twice.
    pub fn assert_at_rest(&self, phones: &[&Phone]) {
        let server = lines(&self.dump());
        for phone in phones {
            self.assert_in_step(phone, &server);
            assert_eq!(phone.verify(), Vec::<String>::new(), "{}", phone.person());
            let counts = phone.counts();
            assert_eq!(counts.received, counts.saved, "{}: all has arrived", phone.person());
            assert_eq!(counts.photos_waiting, 0, "{}", phone.person());
            if !phone.damaged.get() && !self.inner().restored {
                let healed = phone.status().healed;
                assert_eq!(
                    healed,
                    0,
                    "{}: a page left something out, and a second reading hid it",
                    phone.person()
                );
            }
            self.assert_nothing_lost(phone, &server);
        }
        assert_eq!(self.verify(), Vec::<String>::new());
        self.assert_questions(&server);
    }

    /// Asserts that a phone holds its shelves as the server does.
    fn assert_in_step(&self, phone: &Phone, server: &BTreeMap<String, Line>) {
        let held: BTreeSet<String> = phone.shelves().iter().map(ToString::to_string).collect();
        let refused = phone.refused_records();
        let mut theirs: BTreeMap<&String, &Line> = BTreeMap::new();
        for (id, line) in server {
            if held.contains(line["shelf"].as_str().unwrap()) {
                theirs.insert(id, line);
            }
        }
        let ours = lines(&phone.dump());
        let restored = self.inner().restored;
        for (id, line) in &ours {
            match theirs.remove(id) {
                Some(same) if restored => assert_no_older(phone, line, same),
                Some(same) => assert_eq!(line, same, "{}: {id} differs from the server", phone.person()),
                // What was refused stays readable for its writer.
                None if refused.contains(id) && !server.contains_key(id) => {}
                // What a restored server lost and nobody may offer again stays with those who had it.
                None if restored
                    && !server.contains_key(id)
                    && held.contains(line["shelf"].as_str().unwrap()) => {}
                None => panic!(
                    "{} holds {line}, which is not on its shelves {held:?} (server: {:?})",
                    phone.person(),
                    server.get(id)
                ),
            }
        }
        assert!(theirs.is_empty(), "{} lacks {theirs:?}", phone.person());
    }

    fn assert_nothing_lost(&self, phone: &Phone, server: &BTreeMap<String, Line>) {
        let refused: Vec<Values> = phone.refused_cells();
        let mut history: BTreeMap<RecordId, Vec<api::HistoryRow>> = BTreeMap::new();
        for entry in phone.ledger() {
            let is_refused = refused
                .iter()
                .any(|cells| entry.cells.iter().all(|(name, value)| cells.get(name) == Some(value)));
            if is_refused {
                continue;
            }
            let id = entry.record.to_string();
            assert!(server.contains_key(&id), "{}: record {id} was saved and is nowhere", phone.person());
            let rows = history.entry(entry.record).or_insert_with(|| self.history(entry.record));
            for (name, value) in &entry.cells {
                let found = rows.iter().any(|row| row.field == *name && row.value == *value);
                assert!(
                    found,
                    "{}: {name} = {value} of {id} was saved and is neither visible, in the history, nor refused",
                    phone.person()
                );
            }
        }
    }

    fn assert_questions(&self, server: &BTreeMap<String, Line>) {
        let cell = |line: &Line, name: &str| line["cells"][name]["value"].clone();
        let text = |line: &Line, name: &str| cell(line, name).as_str().unwrap_or_default().to_owned();
        let mut visits: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let mut asked: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for (id, line) in server {
            match line["kind"].as_str().unwrap() {
                kind::VISIT
                    if text(line, field::FORM) == "reading" && text(line, field::OUTCOME) == "done" =>
                {
                    let key = (text(line, field::SUBJECT), text(line, field::CYCLE));
                    if cell(line, field::SUPERSEDES).is_null() && cell(line, field::SET_ASIDE) != true {
                        visits.entry(key).or_default().insert(id.clone());
                    }
                }
                kind::QUESTION if cell(line, "topic") == "two_visits" => {
                    let cycle = text(line, "field").replace("reading ", "");
                    let choices: Vec<Value> = cell(line, "choices").as_array().cloned().unwrap_or_default();
                    let ids = choices.iter().map(|choice| choice["value"].as_str().unwrap().to_owned());
                    let before = asked.insert((text(line, field::SUBJECT), cycle), ids.collect());
                    assert!(before.is_none(), "asked twice: {line}");
                }
                _ => {}
            }
        }
        for (key, several) in visits.iter().filter(|(_, several)| several.len() > 1) {
            let asked = asked.get(key).unwrap_or_else(|| panic!("nobody asks about the visits of {key:?}"));
            assert!(several.is_subset(asked), "the question about {key:?} leaves out a visit");
        }
    }
}
