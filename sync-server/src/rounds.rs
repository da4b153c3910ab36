//! Files about a cycle: the day's report as pages and as a workbook, the day's payments, and whose service is to be cut off.
//!
//! What they say is what the office's page says: the same requests are asked, under the same rights. Every file that leaves
//! is written to the audit.

use crate::answer::Failure;
use crate::download::{self, PDF, XLSX};
use crate::office::Caller;
use crate::shared::Server;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use documents::report::{self, Cell, Column, Report};
use domain::api::{Anomaly, Ask, Dashboard, DashboardReply, FileKind, RoundFile, Tally};
use domain::cycle::CycleState;
use domain::money::Satang;
use domain::problem::{Code, Problem};
use domain::programme::{DONE, Programme, RoundKind};
use domain::thai_date;
use store::{CutOffList, Now, PaymentLine, Store};

/// `POST /api/round-file`: a file about a cycle.
pub(crate) async fn file(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (caller, ask, _until_done): (_, RoundFile, _) = download::asked(&server, &headers, sent).await?;
    let (name, media_type) = named(&ask);
    let drawn = server
        .with_store(move |store| {
            let content = content(store, &caller, &ask)?;
            let grant = &caller.account.grant;
            let about = format!("{}/{} {}", ask.programme, grant.extent(&ask.programme), ask.cycle);
            store.note_audit(&grant.person, what(ask.what), &about, caller.now_ms)?;
            Ok(content)
        })
        .await?;
    let bytes = download::drawn(move || drawn.write()).await??;
    Ok(download::file(bytes, media_type, &name))
}

/// What the audit calls a file.
fn what(kind: FileKind) -> &'static str {
    match kind {
        FileKind::ReportPdf | FileKind::ReportXlsx => "report downloaded",
        FileKind::PaymentsCsv => "payments downloaded",
        FileKind::CutOffXlsx => "cut-off list downloaded",
    }
}

/// A name that every system can keep, and the media type.
fn named(ask: &RoundFile) -> (String, &'static str) {
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect()
    };
    let (programme, day) = (plain(&ask.programme), plain(&ask.day));
    match ask.what {
        FileKind::ReportPdf => (format!("report-{programme}-{day}.pdf"), PDF),
        FileKind::ReportXlsx => (format!("report-{programme}-{day}.xlsx"), XLSX),
        FileKind::PaymentsCsv => (format!("payments-{programme}-{day}.csv"), "text/csv; charset=utf-8"),
        FileKind::CutOffXlsx => (format!("cut-off-{programme}-{day}.xlsx"), XLSX),
    }
}

/// Everything a file says, read from the store.
enum Content {
    Pages(Vec<Report>, String),
    Workbook(Vec<Report>),
    Text(Box<Report>),
}

impl Content {
    fn write(self) -> Result<Vec<u8>, Failure> {
        let bad = |error: documents::BadPaper| Failure::from(Problem::new(Code::Internal).about(error));
        match self {
            Content::Pages(reports, printed) => report::pdf(&reports, None, &printed).map_err(bad),
            Content::Workbook(reports) => report::xlsx(&reports).map_err(bad),
            Content::Text(table) => Ok(table.csv().into_bytes()),
        }
    }
}

fn content(store: &mut Store, caller: &Caller, ask: &RoundFile) -> Result<Content, Failure> {
    let now = Now::thai(caller.now_ms);
    let grant = &caller.account.grant;
    let programme = store.programmes().get(&ask.programme).cloned().ok_or(Code::FormMissing)?;
    match ask.what {
        FileKind::ReportPdf | FileKind::ReportXlsx => {
            let dashboard = Dashboard {
                programme: ask.programme.clone(),
                cycle: ask.cycle.clone(),
                today: ask.day.clone(),
            };
            let found = Dashboard::unwrap(store::service::serve(store, Some(grant), now, dashboard.wrap())?)?;
            let doubts = store.doubts_of(grant, now, &ask.programme, &found.cycle)?;
            let subtitle = format!(
                "{} · {} · {}",
                store.tenant()?.municipality,
                programme.title.th,
                thai_date::of_any_precision(&ask.day)
            );
            let reports = reports(&programme, &found, &doubts, &subtitle);
            let printed = format!(
                "พิมพ์ {} โดย {}",
                thai_date::moment(caller.now_ms, thai_date::THAI_OFFSET_MINUTES),
                grant.person
            );
            Ok(match ask.what {
                FileKind::ReportXlsx => Content::Workbook(reports),
                _ => Content::Pages(reports, printed),
            })
        }
        FileKind::PaymentsCsv => {
            let lines = store.payments_of(grant, now, &ask.programme, &ask.day)?;
            Ok(Content::Text(Box::new(payments(&lines, &ask.day))))
        }
        FileKind::CutOffXlsx => {
            let list = store.cut_off_list(grant, now, &ask.programme, &ask.day)?;
            let tenant = store.tenant()?.municipality;
            let subtitle =
                format!("{tenant} · {} · {}", programme.title.th, thai_date::of_any_precision(&ask.day));
            Ok(Content::Workbook(vec![cut_off(&programme, list, subtitle)]))
        }
    }
}

/// The tables of a day's report: by zone, by person, why not, and what waits for the office.
fn reports(programme: &Programme, found: &DashboardReply, doubts: &[Anomaly], subtitle: &str) -> Vec<Report> {
    let Some(round) = &programme.round else { return Vec::new() };
    let is_billed = programme.billing.is_some();
    let subtitle = format!("{subtitle} · งวด {}", thai_date::cycle(&found.cycle));
    let mut zones = Report {
        title: format!("รายงานประจำวัน {}", programme.title.th),
        subtitle: subtitle.clone(),
        columns: vec![Column::text(programme.zone_title.th.clone()), Column::text("สถานะ")],
        ..Report::default()
    };
    let mut people = Report {
        title: "ผลงานรายคน".into(),
        subtitle: subtitle.clone(),
        columns: vec![Column::text("ชื่อ")],
        ..Report::default()
    };
    zones.columns.extend(heads(round, is_billed));
    // Money is counted by zone and not by who walked it.
    people.columns.extend(heads(round, false));
    for zone in &found.zones {
        let mut row = vec![zone.title.clone().into(), state(zone.state).into()];
        row.extend(numbers(round, is_billed, &zone.tally));
        zones.rows.push(row);
    }
    zones.totals = vec!["รวม".into(), Cell::Empty];
    zones.totals.extend(numbers(round, is_billed, &found.all));
    if let Some(each) = found.all.seconds_each() {
        zones.notes.push(format!("ใช้เวลาเฉลี่ย {each} วินาทีต่อราย"));
    }
    zones.notes.push(format!("วันนี้ทำแล้ว {} ราย", found.all.read_today));
    for reader in &found.readers {
        let mut row = vec![reader.person.clone().into()];
        row.extend(numbers(round, false, &reader.tally));
        people.rows.push(row);
    }
    let why = Report {
        title: "เหตุที่ทำไม่ได้".into(),
        subtitle: subtitle.clone(),
        columns: vec![Column::text("รหัส"), Column::text("เหตุ"), Column::number("ราย")],
        rows: found
            .all
            .skipped
            .iter()
            .map(|(code, count)| {
                let title = programme.outcome(code).map_or(String::new(), |outcome| outcome.title.th.clone());
                vec![code.clone().into(), title.into(), (*count).into()]
            })
            .collect(),
        totals: vec!["รวม".into(), Cell::Empty, found.all.not_read().into()],
        notes: Vec::new(),
    };
    let waiting = Report {
        title: "รอสำนักงานตรวจ".into(),
        subtitle,
        columns: vec![
            Column::text("ลำดับ"),
            Column::text("ชื่อ"),
            Column::text("เหตุ"),
            Column::number(round.unit_title.th.clone()),
            Column::text("ครั้งก่อน ๆ"),
            Column::text("ผู้บันทึก"),
        ],
        rows: doubts.iter().map(|row| doubt(round, row)).collect(),
        totals: Vec::new(),
        notes: Vec::new(),
    };
    [zones, people, why, waiting].into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn state(state: CycleState) -> &'static str {
    match state {
        CycleState::Open => "เปิดอยู่",
        CycleState::Reviewed => "ตรวจแล้ว",
        CycleState::Approved => "อนุมัติแล้ว",
        CycleState::Closed => "ปิดแล้ว",
    }
}

fn heads(round: &RoundKind, is_billed: bool) -> Vec<Column> {
    let mut heads: Vec<Column> =
        ["ทั้งหมด", "ทำแล้ว", "ทำไม่ได้", "เหลือ", "รอตรวจ"].into_iter().map(Column::number).collect();
    heads.extend(
        round.marks.iter().filter(|mark| !mark.blocks).map(|mark| Column::number(mark.title.th.clone())),
    );
    heads.push(Column::number(round.unit_title.th.clone()));
    if is_billed {
        let money = ["ออกใบแจ้ง (บาท)", "รับเงิน (บาท)", "แจ้งโอน รอยืนยัน (บาท)"];
        heads.extend(money.into_iter().map(Column::number));
    }
    heads
}

fn numbers(round: &RoundKind, is_billed: bool, tally: &Tally) -> Vec<Cell> {
    let mut cells: Vec<Cell> = [tally.subjects, tally.read, tally.not_read(), tally.left(), tally.waiting]
        .into_iter()
        .map(Cell::from)
        .collect();
    let marks = round.marks.iter().filter(|mark| !mark.blocks);
    cells.extend(marks.map(|mark| Cell::from(tally.marks.get(&mark.id).copied().unwrap_or_default())));
    cells.push(tally.units.into());
    if is_billed {
        let money = [tally.billed, tally.collected, tally.claimed];
        cells.extend(money.map(|amount| Cell::Money(Satang(amount))));
    }
    cells
}

fn doubt(round: &RoundKind, row: &Anomaly) -> Vec<Cell> {
    let titles = row.marks.iter().filter_map(|id| round.marks.iter().find(|mark| mark.id == *id));
    let why: Vec<&str> = titles.filter(|mark| mark.blocks).map(|mark| mark.title.th.as_str()).collect();
    let before: Vec<String> = row.before.iter().map(ToString::to_string).collect();
    let units = round.units_of(&row.visit.values).filter(|_| row.visit.outcome == DONE);
    vec![
        format!("{}.{}", row.zone, row.order).into(),
        row.visit.heading.clone().into(),
        why.join(" ").into(),
        units.map_or(Cell::Empty, Cell::from),
        before.join(" ").into(),
        row.visit.by.clone().into(),
    ]
}

/// The day's payments, one a line, for the treasury's program.
fn payments(lines: &[PaymentLine], day: &str) -> Report {
    Report {
        title: "รับชำระ".into(),
        subtitle: thai_date::of_any_precision(day),
        columns: vec![
            Column::text("วันเวลา"),
            Column::text("เลขที่ผู้ใช้"),
            Column::text("ชื่อ"),
            Column::text("เขต"),
            Column::text("วิธี"),
            Column::text("อ้างอิง"),
            Column::text("ใบเสร็จ"),
            Column::text("สถานะ"),
            Column::text("ผู้รับ"),
            Column::number("บาท"),
            Column::text("วันที่รับ (มาถึงช้า)"),
        ],
        rows: lines
            .iter()
            .map(|line| {
                vec![
                    line.at.clone().into(),
                    line.customer_no.clone().into(),
                    line.heading.clone().into(),
                    line.zone.clone().into(),
                    line.means.into(),
                    line.reference.clone().into(),
                    line.receipt_no.clone().into(),
                    line.state.clone().into(),
                    line.by.clone().into(),
                    Cell::Money(line.amount),
                    line.made_on.clone().unwrap_or_default().into(),
                ]
            })
            .collect(),
        totals: Vec::new(),
        notes: Vec::new(),
    }
}

/// Who owes past the day on which the service is cut off, one a line.
fn cut_off(programme: &Programme, list: CutOffList, subtitle: String) -> Report {
    let mut columns = vec![Column::text(programme.zone_title.th.clone()), Column::text("ลำดับ")];
    columns.extend(list.titles.into_iter().map(|title| Column::text(title.th)));
    columns.extend([
        Column::text("วันระงับบริการ"),
        Column::text("ค้างตั้งแต่งวด"),
        Column::number("ค้าง (งวด)"),
        Column::number("ค้าง (บาท)"),
    ]);
    let all = list.lines.iter().map(|line| line.amount).sum::<Satang>();
    let mut totals = vec![Cell::Empty; columns.len().saturating_sub(1)];
    if let Some(first) = totals.first_mut() {
        *first = format!("รวม {} ราย", list.lines.len()).into();
    }
    totals.push(Cell::Money(all));
    let rows = list.lines.into_iter().map(|line| {
        let mut row: Vec<Cell> = vec![line.zone.into(), line.order.into()];
        row.extend(line.fields.into_iter().map(Cell::from));
        let since = thai_date::cycle(&line.since);
        row.extend([Cell::Day(line.cutoff_on), since.into(), line.months.into(), Cell::Money(line.amount)]);
        row
    });
    Report {
        title: "ค้างชำระเกินวันระงับ".into(),
        subtitle,
        columns,
        rows: rows.collect(),
        totals,
        notes: vec!["ไม่รวมรายที่ระงับหรือถอดมาตรแล้ว และไม่รวมยอดที่แจ้งโอนไว้รอธนาคารยืนยัน".into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_is_plain() {
        let ask = |what| RoundFile {
            programme: "wa\"ter".into(),
            cycle: "2026-11".into(),
            day: "2026-11-26".into(),
            what,
        };
        assert_eq!(named(&ask(FileKind::ReportPdf)).0, "report-wa-ter-2026-11-26.pdf");
        assert_eq!(named(&ask(FileKind::PaymentsCsv)).0, "payments-wa-ter-2026-11-26.csv");
        assert_eq!(named(&ask(FileKind::CutOffXlsx)).0, "cut-off-wa-ter-2026-11-26.xlsx");
    }

    #[test]
    fn every_row_of_a_report_has_a_cell_for_each_column() {
        let programme = Programme {
            round: Some(RoundKind {
                marks: vec![domain::programme::MarkKind { id: "high".into(), ..Default::default() }],
                ..RoundKind::default()
            }),
            billing: Some(Default::default()),
            ..Programme::default()
        };
        let found = DashboardReply {
            cycle: "2026-11".into(),
            zones: vec![Default::default()],
            readers: vec![Default::default()],
            all: Tally { skipped: [("01".to_owned(), 2)].into(), claimed: 18_725, ..Tally::default() },
            ..DashboardReply::default()
        };
        let tables = reports(&programme, &found, &[], "ตำบลตัวอย่าง");
        assert_eq!(tables.len(), 3, "nothing waits, so there is no list of it");
        // What slips say is no money yet, and stands apart from what came.
        let last = |table: &Report| (table.columns.last().cloned(), table.totals.last().cloned());
        let claimed = Column::number("แจ้งโอน รอยืนยัน (บาท)");
        assert_eq!(last(&tables[0]), (Some(claimed), Some(Cell::Money(Satang(18_725)))));
        assert!(!tables[1].columns.iter().any(|column| column.title.contains("บาท")));
        let line = store::CutOffLine {
            zone: "R01".into(),
            order: "12".into(),
            fields: vec!["0000012345".into()],
            months: 2,
            since: "2026-08".into(),
            cutoff_on: "2026-10-15".into(),
            amount: Satang(24_396),
        };
        let list = CutOffList { titles: vec![domain::programme::Words::default()], lines: vec![line] };
        let owing = cut_off(&programme, list, "ตำบลตัวอย่าง".into());
        assert_eq!(owing.totals.last(), Some(&Cell::Money(Satang(24_396))));
        for table in tables.iter().chain([&owing]) {
            for row in table.rows.iter().chain(Some(&table.totals).filter(|totals| !totals.is_empty())) {
                assert_eq!(row.len(), table.columns.len(), "{}", table.title);
            }
        }
    }
}
