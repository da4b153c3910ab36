//! What a file means, table by table: two files that mean the same may differ in bytes that nobody reads.

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::Path;

/// Every table's rows, as text, in the order of their text.
pub type Meaning = BTreeMap<String, Vec<String>>;

/// Reads what a file means. Errors: where SQLite itself notices that it cannot be read.
pub fn meaning(path: &Path) -> Result<Meaning, rusqlite::Error> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = db.prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') ORDER BY name",
    )?;
    let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut meaning = Meaning::new();
    for name in names {
        let mut statement = db.prepare(&format!("SELECT * FROM \"{name}\""))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let mut line = String::new();
            for column in 0..columns {
                line.push_str(&text(&row.get::<_, Value>(column)?));
                line.push('|');
            }
            lines.push(line);
        }
        lines.sort();
        meaning.insert(name, lines);
    }
    Ok(meaning)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => format!("{bytes:02x?}"),
    }
}

/// The tables whose rows differ.
pub fn differing(one: &Meaning, other: &Meaning) -> Vec<String> {
    one.keys().chain(other.keys()).filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}
