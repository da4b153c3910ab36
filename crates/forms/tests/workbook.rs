//! Workbooks: read, written, refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod hostile;

use forms::workbook::{self, Limits};
use forms::{Code, Sheets, export, import_workbook};
use proptest::prelude::*;

fn small() -> Sheets {
    Sheets::from_csv([
        (
            "survey",
            "type,name,label::ไทย (th),label::English (en),relevant\n\
             select_one yn,ok,ดีไหม,Fine?,\n\
             text,why,ทำไม ${ok},Why ${ok},${ok} = 'n'\n",
        ),
        (
            "choices",
            "list_name,name,label::ไทย (th),label::English (en),weight\nyn,y,ใช่,Yes,1\nyn,n,ไม่,No,2\n",
        ),
        ("settings", "form_title,form_id,version\nลอง,try,3\n"),
    ])
    .unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let bytes = workbook::write(&small()).unwrap();
    let form = import_workbook(&bytes, &Limits::default()).unwrap().form;
    assert_eq!(form.to_json(), forms::import(&small()).unwrap().form.to_json());
    let exported = export::sheets(&form);
    assert_eq!(exported.get("survey").unwrap().rows[1].cells[4], "${ok} = 'n'");
}

#[test]
fn hostile_workbooks_are_refused_with_a_reason() {
    for (name, make, codes) in hostile::all() {
        let errors = import_workbook(&make(), &Limits::default()).expect_err(name);
        assert!(errors.iter().any(|error| codes.contains(&error.code)), "{name}: {:?}", errors.first());
        assert!(errors.len() <= 202, "{name}: {} messages", errors.len());
        for error in errors {
            assert!(error.th.chars().any(|letter| ('ก'..='๙').contains(&letter)), "{name}: {error}");
        }
    }
}

#[test]
fn a_cell_too_far_out_is_named() {
    let error = workbook::read(&hostile::far_cell(), &Limits::default()).unwrap_err();
    assert_eq!((error.sheet.as_str(), error.row, error.column.as_deref()), ("survey", Some(1), Some("XFD")));
}

#[test]
fn other_files_are_told_apart() {
    let code = |bytes: &[u8]| workbook::read(bytes, &Limits::default()).unwrap_err().code;
    assert_eq!(code(b""), Code::NotAWorkbook);
    assert_eq!(code(b"type,name,label\n"), Code::NotAWorkbook);
    assert_eq!(code(b"<html><table></table></html>"), Code::NotAWorkbook);
    assert_eq!(code(b"PK\x03\x04 and no more"), Code::Damaged);
    assert_eq!(code(&vec![b' '; (16 << 20) + 1]), Code::TooLarge);
    let whole = workbook::write(&small()).unwrap();
    assert_eq!(code(&whole[..whole.len() / 2]), Code::Damaged);
}

proptest! {
    /// Any byte of a good workbook may be another one, and the file may end anywhere.
    #[test]
    fn broken_workbooks_are_read_or_refused(at in 0_usize..20_000, byte: u8, end in 0_usize..20_000, old: bool) {
        let mut bytes = workbook::write(&small()).unwrap();
        if old {
            bytes = hostile::renamed_xls();
        }
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - if end % 3 == 0 { end % length } else { 0 });
        let limits = Limits { old_format: true, ..Limits::default() };
        let _ = import_workbook(&bytes, &limits);
    }
}
