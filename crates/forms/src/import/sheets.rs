//! Sheets as tables of text, wherever they come from: CSV files today, a workbook later.

use super::{At, Code, Message, message};

/// One sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Name: `survey`, `choices`, `settings`.
    pub name: String,
    /// Heads of the columns.
    pub header: Vec<String>,
    /// Rows below the header.
    pub rows: Vec<SheetRow>,
}

/// One row of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetRow {
    /// Number as a spreadsheet counts: the header is 1.
    pub number: u32,
    /// Cells, as many as the row has.
    pub cells: Vec<String>,
}

/// The sheets of one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheets {
    sheets: Vec<Sheet>,
    /// Names of all sheets of the workbook, also of those that are not read.
    found: Vec<String>,
}

/// Most rows and columns a sheet may have. The largest form known has 4,805 rows of choices.
pub(crate) const MOST_ROWS: usize = 60_000;
/// Most columns a sheet may have.
pub(crate) const MOST_COLUMNS: usize = 400;

impl Sheets {
    /// Reads sheets from CSV texts, given as (name, text). A name may end in `.csv`.
    pub fn from_csv<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Sheets, Vec<Message>> {
        let mut sheets = Sheets::default();
        let mut errors = Vec::new();
        for (name, text) in texts {
            let name = name.strip_suffix(".csv").unwrap_or(name);
            match read_csv(name, text) {
                Ok(sheet) => sheets.add(sheet),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(sheets) } else { Err(errors) }
    }

    /// Reads sheets from tables in Markdown: a row with the sheet's name alone, a row of heads, rows of cells. Rows of a
    /// sheet begin with a blank cell. `\|` is a bar inside a cell.
    pub fn from_markdown(text: &str) -> Sheets {
        let mut sheets = Sheets::default();
        let mut open: Option<Sheet> = None;
        for line in text.lines() {
            let Some(inner) = line.trim().strip_prefix('|') else { continue };
            let cells = markdown_cells(inner);
            let (first, rest) =
                cells.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
            // The line below a head in ordinary Markdown.
            if !inner.is_empty()
                && inner.chars().all(|letter| "|-: ".contains(letter))
                && inner.contains("---")
            {
                continue;
            }
            if !first.is_empty() && rest.iter().all(String::is_empty) {
                let begun = Sheet { name: first.to_owned(), ..Sheet::default() };
                if let Some(done) = open.replace(begun) {
                    sheets.add(done);
                }
            } else if let Some(sheet) = &mut open {
                if sheet.header.is_empty() {
                    sheet.header = rest.to_vec();
                } else {
                    let number = u32::try_from(sheet.rows.len() + 2).unwrap_or(u32::MAX);
                    sheet.rows.push(SheetRow { number, cells: rest.to_vec() });
                }
            }
        }
        if let Some(done) = open {
            sheets.add(done);
        }
        sheets
    }

    /// Adds a sheet; one of the same name is replaced.
    pub fn add(&mut self, sheet: Sheet) {
        self.sheets.retain(|known| known.name != sheet.name);
        self.sheets.push(sheet);
    }

    /// Tells which sheets the workbook has, read or not, so that a misspelt one can be pointed out.
    #[cfg(feature = "workbook")]
    pub(crate) fn set_found(&mut self, names: impl Iterator<Item = String>) {
        self.found = names.collect();
    }

    /// Names of sheets that are there but were not read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(String::as_str).filter(|name| self.get(&name.trim().to_lowercase()).is_none())
    }

    /// The sheets as CSV texts: name without ending, and text.
    pub fn to_csv(&self) -> Vec<(String, String)> {
        let text = |sheet: &Sheet| {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            let rows = std::iter::once(&sheet.header).chain(sheet.rows.iter().map(|row| &row.cells));
            for row in rows {
                // Writing to memory does not fail.
                let _ = writer.write_record(row);
            }
            let bytes = writer.into_inner().unwrap_or_default();
            (sheet.name.clone(), String::from_utf8_lossy(&bytes).into_owned())
        };
        self.sheets.iter().map(text).collect()
    }

    /// All sheets, in the order they were added.
    pub fn all(&self) -> &[Sheet] {
        &self.sheets
    }

    /// The sheet with a name; capital letters and blanks around it do not matter.
    pub fn get(&self, name: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.name.trim().to_lowercase() == name)
    }
}

/// Cells of a line whose first bar is gone.
fn markdown_cells(line: &str) -> Vec<String> {
    let inner = line.rfind('|').and_then(|end| line.get(..end)).unwrap_or(line);
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut letters = inner.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'|') => cell.extend(letters.next()),
            '|' => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            other => cell.push(other),
        }
    }
    cells.push(cell.trim().to_owned());
    cells
}

fn read_csv(name: &str, text: &str) -> Result<Sheet, Message> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
    // A spreadsheet counts records, not lines: a cell may hold line breaks. It also counts blank lines, which the
    // reader skips.
    let mut record = csv::StringRecord::new();
    let (mut place, mut number, mut line) = (0_usize, 0_u64, 1_u64);
    loop {
        let read = reader.read_record(&mut record).map_err(|error| {
            message(
                Code::CsvUnreadable,
                &At::row(name, u32::try_from(number + 1).unwrap_or(u32::MAX)),
                format!("อ่านไฟล์ CSV ไม่ได้: {error}"),
                format!("The CSV file cannot be read: {error}"),
            )
        })?;
        if !read {
            break;
        }
        let breaks: usize = record.iter().map(|cell| cell.matches('\n').count()).sum();
        let lines = reader.position().line().saturating_sub(line);
        line += lines;
        number += 1 + lines.saturating_sub(1 + breaks as u64);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if place >= MOST_ROWS || record.len() > MOST_COLUMNS {
            return Err(message(
                Code::TooLarge,
                &At::row(name, number),
                format!("แผ่นงานใหญ่เกินไป ใช้ได้ไม่เกิน {MOST_ROWS} แถว {MOST_COLUMNS} ช่อง"),
                format!(
                    "The sheet is too large; at most {MOST_ROWS} rows and {MOST_COLUMNS} columns can be used"
                ),
            ));
        }
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        let too_many = cells.iter().skip(sheet.header.len()).any(|cell| !cell.trim().is_empty());
        if place > 0 && too_many {
            return Err(message(
                Code::RowTooWide,
                &At::row(name, number),
                "แถวนี้มีช่องมากกว่าหัวตาราง ถ้าข้อความมีจุลภาค (,) ให้ใส่เครื่องหมายคำพูด \" คร่อมทั้งช่อง".to_owned(),
                "This row has more cells than the header; put quotes \" around a cell that holds a comma"
                    .to_owned(),
            ));
        }
        if place == 0 {
            sheet.header = cells;
        } else {
            sheet.rows.push(SheetRow { number, cells });
        }
        place += 1;
    }
    Ok(sheet)
}
