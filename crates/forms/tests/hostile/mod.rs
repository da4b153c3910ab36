//! Workbooks that are meant to do harm, made afresh. Also used by the benchmark, which watches time and memory.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="survey" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

/// A workbook whose one sheet, and whose shared texts, are written by the caller.
fn book(sheet: impl FnOnce(&mut dyn Write), strings: impl FnOnce(&mut dyn Write)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in [("xl/workbook.xml", BOOK), ("xl/_rels/workbook.xml.rels", RELS)] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.start_file("xl/sharedStrings.xml", options).unwrap();
    strings(&mut zip);
    zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    sheet(&mut zip);
    zip.finish().unwrap().into_inner()
}

fn put(out: &mut dyn Write, text: &str) {
    out.write_all(text.as_bytes()).unwrap();
}

fn no_strings(out: &mut dyn Write) {
    put(out, "<sst/>");
}

/// One cell in the last corner of a sheet.
pub fn far_cell() -> Vec<u8> {
    book(
        |out| {
            put(
                out,
                r#"<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row><row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>"#,
            );
        },
        no_strings,
    )
}

/// 300 MB of blanks in a file of 300 kB.
pub fn zip_bomb() -> Vec<u8> {
    let blanks = " ".repeat(1 << 20);
    book(
        |out| {
            put(out, r#"<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>type"#);
            for _ in 0..300 {
                put(out, &blanks);
            }
            put(out, "</t></is></c></row></sheetData></worksheet>");
        },
        no_strings,
    )
}

/// A few entities that stand for a billion letters.
pub fn entity_expansion() -> Vec<u8> {
    let mut text = String::from("<!DOCTYPE sst [<!ENTITY a0 \"haha\">");
    for level in 1..10 {
        let inner = format!("&a{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY a{level} \"{inner}\">"));
    }
    text.push_str("]><sst><si><t>&a9;</t></si></sst>");
    book(
        |out| {
            put(
                out,
                r#"<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>"#,
            )
        },
        |out| put(out, &text),
    )
}

/// A header of 17 million columns.
pub fn many_columns() -> Vec<u8> {
    let cells = "<c t=\"b\"><v>1</v></c>".repeat(10_000);
    book(
        |out| {
            put(out, "<worksheet><sheetData><row>");
            for _ in 0..1_700 {
                put(out, &cells);
            }
            put(out, "</row></sheetData></worksheet>");
        },
        no_strings,
    )
}

/// One long text in a million cells.
pub fn repeated_text() -> Vec<u8> {
    let row = format!("<row>{}</row>", "<c t=\"s\"><v>0</v></c>".repeat(100));
    let text = "ก".repeat(10_000);
    book(
        |out| {
            put(out, "<worksheet><sheetData>");
            for _ in 0..10_000 {
                put(out, &row);
            }
            put(out, "</sheetData></worksheet>");
        },
        |out| {
            put(
                out,
                &format!("<sst count=\"4294967295\" uniqueCount=\"4294967295\"><si><t>{text}</t></si></sst>"),
            )
        },
    )
}

/// A workbook of the old kind, or a locked one: both begin like this.
fn old(directory_entry: &str) -> Vec<u8> {
    let mut bytes = vec![0_u8; 512 * 3];
    bytes[..8].copy_from_slice(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    bytes[30] = 9; // sectors of 512 bytes
    bytes[48] = 1; // the directory is sector 1
    bytes[68..72].fill(0xff);
    bytes[76..76 + 4 * 109].fill(0xff);
    bytes[76..80].fill(0); // the table is sector 0
    bytes[512..1024].fill(0xff);
    for (place, unit) in directory_entry.encode_utf16().enumerate() {
        bytes[1024 + 2 * place..1026 + 2 * place].copy_from_slice(&unit.to_le_bytes());
    }
    bytes[1024 + 64] = (2 * directory_entry.len() + 2) as u8;
    bytes
}

/// A workbook that is locked with a password.
pub fn encrypted() -> Vec<u8> {
    old("EncryptedPackage")
}

/// An old workbook with a new name.
pub fn renamed_xls() -> Vec<u8> {
    old("Workbook")
}

/// A workbook that is no larger than an honest one, written as people write them: what it holds is the harm.
fn survey(rows: &str) -> Vec<u8> {
    let text = format!("type,name,label,calculation\n{rows}");
    let sheets = forms::Sheets::from_csv([("survey", text.as_str())]).unwrap();
    forms::workbook::write(&sheets).unwrap()
}

/// Nine thousand groups, each in the one before.
pub fn deep_groups() -> Vec<u8> {
    let begins: String =
        (0..9_000).map(|at| format!("begin_group,group_of_many_letters_{at},x,\n")).collect();
    survey(&format!("{begins}text,q,x,\n{}", "end_group,,,\n".repeat(9_000)))
}

/// Thousands of names that are nearly the names of thousands of questions.
pub fn unknown_names() -> Vec<u8> {
    let names: String = (0..3_000).map(|at| format!("text,{}_{at},x,\n", "a".repeat(35))).collect();
    let unknown = format!("${{{}}} ", "b".repeat(35)).repeat(10);
    let notes: String = (0..4_000).map(|at| format!("note,n{at},{unknown},\n")).collect();
    survey(&(names + &notes))
}

/// Thousands of calculations that each read the whole form.
pub fn everything_reads_everything() -> Vec<u8> {
    let rows: String =
        (0..9_000).map(|at| format!("calculate,c{at},,count(//*/following-sibling::*)\n")).collect();
    survey(&rows)
}

/// A name, how to make the file, and the codes of which it is refused with one.
pub type Attack = (&'static str, fn() -> Vec<u8>, &'static [forms::Code]);

/// All of them.
pub fn all() -> Vec<Attack> {
    use forms::Code::{Damaged, Encrypted, FormUnreadable, OldWorkbook, ThereIsMore, TooLarge};
    vec![
        ("far_cell", far_cell, &[TooLarge]),
        ("zip_bomb", zip_bomb, &[TooLarge]),
        ("entity_expansion", entity_expansion, &[Damaged]),
        ("many_columns", many_columns, &[TooLarge]),
        ("repeated_text", repeated_text, &[TooLarge]),
        ("encrypted", encrypted, &[Encrypted]),
        ("renamed_xls", renamed_xls, &[OldWorkbook]),
        ("deep_groups", deep_groups, &[TooLarge]),
        ("unknown_names", unknown_names, &[ThereIsMore, TooLarge]),
        ("everything_reads_everything", everything_reads_everything, &[TooLarge, FormUnreadable]),
    ]
}
