//! Forms at the office: an upload is read, judged and published here.
//!
//! A workbook comes from anywhere, so reading one is kept apart: one at a time, on a thread of its own, with a cap on
//! its bytes and on the time it may take. Nothing is kept of an upload that is only checked; publishing reads it again.

mod former;
mod pictures;
mod rules;

use crate::answer::Failure;
use crate::shared::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::access::{self, Action};
use domain::api::{
    CheckForm, FormChecked, FormFile, FormMessage, FormPublished, FormSheet, FormVersionRow, FormVersions,
    PublishForm,
};
use domain::ids::Shelf;
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, Programme, Words};
use domain::thai_date;
use forms::export::sheets;
use forms::workbook::{Limits, read, write};
use forms::{Form, Imported, Message, Sheets};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use store::Account;

/// Most bytes of an upload. The largest form known has 1,806 rows and less than one megabyte.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes of a compiled form: it must cross a weak network to every phone.
const MOST_COMPILED_BYTES: usize = 2 * 1024 * 1024;
/// How long an upload waits for others, and how long reading it may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an upload was found to be: a form with remarks, or mistakes.
type Found = Result<Imported, Vec<Message>>;

/// Says what is wrong with an upload, and what devices would get.
pub(crate) async fn check(
    server: &Server,
    account: &Account,
    ask: CheckForm,
) -> Result<FormChecked, Failure> {
    access::may(&account.grant, Action::Define)?;
    let programme = programme(server, &ask.programme).await?;
    judge(server, &programme, &ask.form, ask.files).await
}

/// Reads an upload and says what is wrong with it.
async fn judge(
    server: &Server,
    programme: &Programme,
    form: &str,
    files: Vec<FormFile>,
) -> Result<FormChecked, Failure> {
    let (sheets, pictures) = pictures::apart(files);
    let all = server.with_store(|store| Ok(store.programmes().keys().cloned().collect::<Vec<_>>())).await?;
    let judged = judged(programme, &all, form, import(server, sheets).await?)?;
    pictures::put_in(server, programme, form, judged, pictures).await
}

/// Puts an upload in the place of the present form.
pub(crate) async fn publish(
    server: &Server,
    account: &Account,
    ask: PublishForm,
) -> Result<FormPublished, Failure> {
    access::may(&account.grant, Action::Define)?;
    let before = programme(server, &ask.programme).await?;
    if before.version != ask.stands_on {
        return Err(Code::FormChanged.into());
    }
    let judged = judge(server, &before, &ask.form, ask.files).await?;
    let definition = judged.definition.ok_or(Code::FormUnreadable)?;
    let now_ms = server.now_ms();
    let (programme, form) = (ask.programme.clone(), ask.form.clone());
    let former = server.with_store(move |store| Ok(store.form_versions(&programme, &form)?)).await?;
    let taken: Vec<String> = former.into_iter().map(|version| version.version).collect();
    let after = next(&before, &ask.form, definition, &taken, now_ms)?;
    let version = version_of(&after, &ask.form).to_owned();
    let (by, form) = (account.name.clone(), ask.form);
    server.with_store(move |store| Ok(store.publish_form(&by, &after, &form, now_ms)?)).await?;
    Ok(FormPublished { version })
}

/// The versions that a form had here, the one in use first.
pub(crate) async fn versions(
    server: &Server,
    account: &Account,
    ask: FormVersions,
) -> Result<Vec<FormVersionRow>, Failure> {
    may_look(account, &ask.programme)?;
    let all = server.with_store(move |store| Ok(store.form_versions(&ask.programme, &ask.form)?)).await?;
    let row = |version: store::FormVersion| FormVersionRow {
        version: version.version,
        by: version.by,
        since_ms: version.since_ms,
    };
    Ok(all.into_iter().map(row).collect())
}

/// A form as a workbook.
pub(crate) async fn sheet(server: &Server, account: &Account, ask: FormSheet) -> Result<FormFile, Failure> {
    may_look(account, &ask.programme)?;
    let unreadable = |error: String| Failure::from(Problem::new(Code::Internal).about(error));
    let definition = match ask.since_ms {
        None => present(&*programme(server, &ask.programme).await?, &ask.form)?.clone(),
        Some(since_ms) => {
            let (programme, form) = (ask.programme.clone(), ask.form.clone());
            let all = server.with_store(move |store| Ok(store.form_versions(&programme, &form)?)).await?;
            let found = all.into_iter().find(|version| version.since_ms == since_ms);
            found.ok_or(Code::FormMissing)?.definition
        }
    };
    let form = Form::from_json(&definition).map_err(|error| unreadable(error.to_string()))?;
    let name = format!("{}-{}-{}.xlsx", ask.programme, ask.form, form.version());
    let written = tokio::task::spawn_blocking(move || write(&sheets(&form)));
    let bytes = written.await.map_err(|_| Failure::from(Code::Internal))?;
    let bytes = bytes.map_err(|error| unreadable(error.to_string()))?;
    Ok(FormFile { name, base64: STANDARD.encode(bytes) })
}

/// Says whether somebody at the office may look at a programme's forms: whoever has a part in it. For others it is not there.
fn may_look(account: &Account, programme: &str) -> Result<(), Code> {
    access::may(&account.grant, Action::Office)?;
    access::may(&account.grant, Action::Read(&Shelf::common(programme))).map_err(|_| Code::FormMissing)
}

async fn programme(server: &Server, id: &str) -> Result<Arc<Programme>, Failure> {
    let id = id.to_owned();
    let found = server.with_store(move |store| Ok(store.programmes().get(&id).cloned())).await?;
    Ok(found.ok_or(Code::FormMissing)?)
}

/// The present definition of a form.
fn present<'a>(programme: &'a Programme, form: &str) -> Result<&'a Value, Problem> {
    Ok(programme.form(form).map(|form| &form.definition).ok_or(Code::FormMissing)?)
}

fn version_of<'a>(programme: &'a Programme, form: &str) -> &'a str {
    let version = programme.form(form).and_then(|form| form.definition.get("version"));
    version.and_then(Value::as_str).unwrap_or_default()
}

/// What was found, with what the importer cannot know: what this programme does with the answers.
fn judged(programme: &Programme, all: &[String], form: &str, found: Found) -> Result<FormChecked, Problem> {
    let kind = programme.form(form).ok_or(Code::FormMissing)?;
    let mut messages = Vec::new();
    let mut definition = None;
    match found {
        Err(mistakes) => messages.extend(mistakes.into_iter().map(|message| told(message, true))),
        Ok(read) => {
            messages.extend(rules::rules(programme, all, kind, &read));
            let Imported { form, warnings, .. } = read;
            messages.extend(warnings.into_iter().map(|message| told(message, false)));
            let compiled = form.to_json();
            if compiled.to_string().len() > MOST_COMPILED_BYTES {
                let th = "แบบฟอร์มใหญ่เกินไปสำหรับเครื่องที่สัญญาณอ่อน ตัดคำถามหรือตัวเลือกที่ไม่ใช้ออก";
                let en = "The form is too large for devices on a weak network; take out what is not used";
                messages.push(of_file(th, en));
            }
            definition = Some(compiled);
        }
    }
    messages.sort_by_key(|message| !message.mistake);
    if messages.iter().any(|message| message.mistake) {
        definition = None;
    }
    Ok(FormChecked { messages, definition, stands_on: programme.version })
}

fn told(message: Message, mistake: bool) -> FormMessage {
    let words = Words { th: message.th, en: message.en };
    FormMessage { mistake, sheet: message.sheet, row: message.row, column: message.column, words }
}

/// A mistake of the file as a whole.
fn of_file(th: &str, en: &str) -> FormMessage {
    let words = Words { th: th.to_owned(), en: en.to_owned() };
    FormMessage { mistake: true, sheet: String::new(), row: None, column: None, words }
}

/// The programme with a new version of one form.
/// `taken` are the names of its versions so far.
fn next(
    before: &Programme,
    form: &str,
    mut definition: Value,
    taken: &[String],
    now_ms: u64,
) -> Result<Programme, Problem> {
    let present = present(before, form)?;
    let read = |definition: &Value| {
        Form::from_json(definition).map_err(|error| Problem::new(Code::FormUnreadable).about(error))
    };
    let new = read(&definition)?;
    // A present form that this server cannot read has nothing to hand down.
    let former = read(present).map(|old| former::former(&old, &new)).unwrap_or_default();
    let is_taken =
        new.version() == version_of(before, form) || taken.iter().any(|name| name == new.version());
    if new.version().is_empty() || is_taken {
        // Two versions with one name cannot be told apart in the records. As ODK's authors write it, with the seconds:
        // 20261125093000.
        let digits = |text: String| text.chars().filter(char::is_ascii_digit).take(14).collect::<String>();
        let version = digits(thai_date::iso(now_ms, thai_date::THAI_OFFSET_MINUTES));
        if let Some(fields) = definition.as_object_mut() {
            fields.insert("version".to_owned(), version.into());
        }
    }
    let mut after = before.clone();
    after.version = before.version.saturating_add(1);
    after.shipped = before.shipped_version();
    let known = |target: &String| after.subject.fields.iter().any(|field| field.id == *target);
    let saved: Vec<(String, String)> =
        rules::saved_by(&new).into_iter().filter(|(_, target)| known(target)).collect();
    if let Some(kind) = after.forms.iter_mut().find(|kind| kind.id == form) {
        let asked = new.questions();
        kind.save_to.retain(|question, _| asked.iter().any(|asked| asked.key == *question));
        kind.save_to.extend(saved);
        kind.former = former::handed_down(std::mem::take(&mut kind.former), former, &new);
        kind.own = true;
        kind.definition = definition;
    }
    Ok(after)
}

/// Reads an upload in its own thread. Its turn goes along and comes back when the thread ends, even if nobody waits
/// for it any more.
async fn import(server: &Server, files: Vec<FormFile>) -> Result<Found, Failure> {
    let turn = tokio::time::timeout(PATIENCE, Arc::clone(&server.importing).acquire_owned());
    // Another file that keeps us busy says nothing about this one.
    let Ok(turn) = turn.await else { return Ok(Err(vec![busy()])) };
    let turn = turn.map_err(|_| Failure::from(Code::Internal))?;
    let reading = async {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().name("import".to_owned()).spawn(move || {
            let _until_done = turn;
            let _ = answer.send(unpacked(&files).and_then(|sheets| forms::import(&sheets)));
        });
        thread.map_err(|error| Problem::new(Code::Internal).about(error))?;
        // A reader that broke off tells its author as little as one that takes too long.
        Ok(answered.await.unwrap_or_else(|_| Err(vec![unreadable()])))
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap_or_else(|_| Ok(Err(vec![unreadable()])))
}

fn busy() -> Message {
    Message {
        th: "ระบบกำลังอ่านไฟล์อื่นอยู่ รอสักครู่แล้วอัปโหลดอีกครั้ง".to_owned(),
        en: "Another file is being read; wait a moment and upload this one again.".to_owned(),
        ..unreadable()
    }
}

fn unreadable() -> Message {
    Message {
        code: forms::Code::FormUnreadable,
        sheet: String::new(),
        row: None,
        column: None,
        th: "อ่านไฟล์นี้ไม่สำเร็จ ไฟล์ซับซ้อนเกินไป ลบรูป สี และแผ่นงานที่ไม่ใช้ แล้วอัปโหลดอีกครั้ง".to_owned(),
        en: "This file could not be read: it is too complex. Remove what is not used and upload it again."
            .to_owned(),
    }
}

/// The sheets of an upload: of a workbook, or of CSV files named after their sheets.
fn unpacked(files: &[FormFile]) -> Result<Sheets, Vec<Message>> {
    let problem = |code: forms::Code, th: &str, en: &str| {
        let (th, en) = (th.to_owned(), en.to_owned());
        vec![Message { code, sheet: String::new(), row: None, column: None, th, en }]
    };
    if files.iter().map(|file| file.base64.len()).sum::<usize>() > MOST_BYTES / 3 * 4 {
        return Err(problem(
            forms::Code::TooLarge,
            "ไฟล์ใหญ่เกิน 4 MB แบบฟอร์มไม่ต้องมีรูปในไฟล์ ลบรูปและแผ่นงานที่ไม่ใช้ แล้วอัปโหลดอีกครั้ง",
            "The file is larger than 4 MB; remove pictures and sheets that are not used",
        ));
    }
    let damaged = || {
        problem(
            forms::Code::Damaged,
            "ไฟล์เสียระหว่างส่ง อัปโหลดอีกครั้ง",
            "The file was damaged on the way; upload it again",
        )
    };
    let bytes: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|file| Ok((file.name.as_str(), STANDARD.decode(&file.base64).map_err(|_| damaged())?)))
        .collect::<Result<_, Vec<Message>>>()?;
    let is_csv = |(name, _): &(&str, Vec<u8>)| name.to_lowercase().ends_with(".csv");
    match bytes.as_slice() {
        [] => Err(damaged()),
        all if all.iter().all(is_csv) => {
            let mut texts = Vec::new();
            for (name, bytes) in all {
                let text = std::str::from_utf8(bytes).map_err(|_| {
                    problem(
                        forms::Code::CsvUnreadable,
                        "ไฟล์ CSV ต้องบันทึกเป็น UTF-8 ใน Excel เลือก “CSV UTF-8” แล้วอัปโหลดอีกครั้ง",
                        "A CSV file must be saved as UTF-8; choose “CSV UTF-8” and upload it again",
                    )
                })?;
                texts.push((sheet_name(name), text));
            }
            Sheets::from_csv(texts.iter().map(|(name, text)| (name.as_str(), *text)))
        }
        [(_, workbook)] => read(workbook, &Limits { bytes: MOST_BYTES, ..Limits::default() })
            .map_err(|message| vec![message]),
        _ => Err(problem(
            forms::Code::NotAWorkbook,
            "เลือกไฟล์ Excel (.xlsx) ไฟล์เดียว หรือไฟล์ CSV ของทุกแผ่น (survey, choices, settings)",
            "Choose one Excel workbook (.xlsx), or the CSV files of all sheets (survey, choices, settings)",
        )),
    }
}

/// The sheet that a CSV file holds: spreadsheet programs write `water - survey.csv`.
fn sheet_name(file: &str) -> String {
    let name = file.trim_end_matches(|c: char| c != '.').trim_end_matches('.').to_lowercase();
    // The longer name ends in a shorter one.
    let known = ["survey", "external_choices", "choices", "settings", "entities"];
    let is_last_word = |known: &&str| {
        name.strip_suffix(known).is_some_and(|before| !before.ends_with(|last: char| last.is_alphanumeric()))
    };
    known.into_iter().find(is_last_word).map_or(name.clone(), str::to_owned)
}

/// What a form asks, as fields: key, words, kind of value and choices, in the order of the form.
pub(crate) fn asked(definition: &Value) -> Vec<FieldKind> {
    Form::from_json(definition).map(|form| former::described(&form, None)).unwrap_or_default()
}

/// The questions of a form that take a photo, each with the repeated group around it, in the order of the form.
pub(crate) fn pictures(definition: &Value) -> Vec<(Option<String>, FieldKind)> {
    Form::from_json(definition).map(|form| former::pictures(&form)).unwrap_or_default()
}

/// What is asked again for each row of a repeated group, and what the group is called.
pub(crate) fn asked_in(definition: &Value, group: &str) -> Option<(FieldKind, Vec<FieldKind>)> {
    let form = Form::from_json(definition).ok()?;
    Some((former::group(&form, group)?, former::described(&form, Some(group))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> FormFile {
        FormFile { name: name.to_owned(), base64: STANDARD.encode(bytes) }
    }

    #[test]
    fn csv_files_are_sheets_by_their_names() {
        for (name, sheet) in [
            ("survey.csv", "survey"),
            ("จดมาตร - Choices.CSV", "choices"),
            ("water_settings.csv", "settings"),
            ("water_external_choices.csv", "external_choices"),
            ("external_choices.csv", "external_choices"),
            ("oldchoices.csv", "oldchoices"),
            ("อื่น.csv", "อื่น"),
        ] {
            assert_eq!(sheet_name(name), sheet);
        }
    }

    #[test]
    fn what_is_no_form_says_what_to_do() {
        let code = |files: &[FormFile]| unpacked(files).unwrap_err()[0].code;
        assert_eq!(code(&[]), forms::Code::Damaged);
        assert_eq!(code(&[file("a.xlsx", b"hello")]), forms::Code::NotAWorkbook);
        assert_eq!(code(&[file("survey.csv", &[0xe0, 0xb8])]), forms::Code::CsvUnreadable);
        assert_eq!(code(&[file("survey.csv", b"type"), file("a.xlsx", b"PK")]), forms::Code::NotAWorkbook);
        assert_eq!(code(&[file("a.xlsx", &vec![0; MOST_BYTES + 3])]), forms::Code::TooLarge);
    }
}
