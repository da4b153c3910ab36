//! The schema: strict, explained column by column, and only ever larger.

use super::{files, root};
use domain::ids::Shelf;
use rusqlite::Connection;
use store::{Kind, Store};
use tests::world::Dice;

fn fresh() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fresh.db");
    drop(Store::open(&path, Kind::Server, Dice::new(1).entropy(), 0).unwrap());
    let db = Connection::open(path).unwrap();
    (folder, db)
}

fn tables(db: &Connection) -> Vec<(String, bool)> {
    let mut statement = db
        .prepare("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).filter(|(name, _): &(String, bool)| !name.starts_with("sqlite_")).collect()
}

#[test]
fn every_table_is_strict() {
    let (_folder, db) = fresh();
    let tables = tables(&db);
    assert!(tables.len() > 15, "{tables:?}");
    // The rows behind FTS5 and R*Tree are SQLite's own.
    let loose: Vec<&String> = tables
        .iter()
        .filter(|(name, strict)| {
            !strict && !name.starts_with("subject_search_") && !name.starts_with("subject_place_")
        })
        .map(|(name, _)| name)
        .collect();
    assert!(loose.is_empty(), "{loose:?}");
}

#[test]
fn every_table_and_column_of_a_fresh_database_is_written_in_the_schema() {
    let (_folder, db) = fresh();
    let text: String = files("crates/store/src/schema", ".sql")
        .into_iter()
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join("\n");
    let has_word =
        |word: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|found| found == word);
    for (table, _) in tables(&db).iter().filter(|(name, _)| !name.starts_with("subject_")) {
        assert!(has_word(table), "{table}");
        let mut statement = db.prepare(&format!("PRAGMA table_info({table})")).unwrap();
        let columns: Vec<String> =
            statement.query_map([], |row| row.get(1)).unwrap().map(Result::unwrap).collect();
        for column in columns {
            assert!(has_word(&column), "{table}.{column}");
        }
    }
}

#[test]
fn a_saved_visit_waits_for_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    let store = Store::open(&path, Kind::Device, Dice::new(1).entropy(), 0).unwrap();
    let mut out = Vec::new();
    store.dump(Some(&[Shelf::new("none", "none")]), &mut out).unwrap();
    let db = Connection::open(&path).unwrap();
    let journal: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(journal, "wal");
    // `synchronous` belongs to a connection, so the source is asked.
    let source = std::fs::read_to_string(root().join("crates/store/src/open.rs")).unwrap();
    assert!(source.contains(r#"pragma_update(None, "synchronous", "FULL")"#));
    assert!(!source.contains("NORMAL") && !source.contains("OFF\")?; // sync"));
}

#[test]
fn shipped_steps_are_numbered_and_only_add() {
    let steps = files("crates/store/src/schema", ".sql");
    for (at, (path, text)) in (1..).zip(&steps) {
        assert!(path.ends_with(&format!("{at:04}.sql")), "{path}");
        for word in ["DROP ", "RENAME ", "ALTER COLUMN"] {
            assert!(!text.to_uppercase().contains(word), "{path}: {word}");
        }
    }
}
