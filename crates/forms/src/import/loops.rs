//! `begin loop over list`: the same questions for every option of a list, written out before anything else is read.

use super::choices::Lists;
use super::columns::{Table, TableRow};
use super::types::{self, RowType};
use super::{Code, Report};

/// Most rows a survey may have once its loops are written out.
const MOST_ROWS: usize = 20_000;

/// Most loops inside each other.
const MOST_LOOPS: usize = 5;

/// Replaces each loop by one group for each option.
pub fn unroll(table: &mut Table, lists: &Lists, report: &mut Report) {
    let rows = std::mem::take(&mut table.rows);
    let mut out = Vec::new();
    let lists = &Options { lists, rows: &rows };
    let at = super::At::sheet(&table.name);
    if rows.len() > MOST_ROWS {
        report.error(
            Code::TooLarge,
            &at,
            format!("แบบฟอร์มมีเกิน {MOST_ROWS} แถว แบ่งเป็นหลายแบบฟอร์ม"),
            format!("The survey has more than {MOST_ROWS} rows; make several forms of it"),
        );
        return;
    }
    written(&table.name, &rows, lists, (&mut out, 0), report);
    if out.len() > MOST_ROWS {
        report.error(
            Code::TooLarge,
            &at,
            format!("เมื่อขยาย loop แล้วเกิน {MOST_ROWS} แถว ลดตัวเลือกหรือคำถามใน loop"),
            format!(
                "With its loops written out the form has more than {MOST_ROWS} rows; make the loops smaller"
            ),
        );
        out = Vec::new();
    }
    table.rows = out;
}

/// The options that loops run over.
struct Options<'a> {
    lists: &'a Lists,
    rows: &'a [TableRow],
}

impl Options<'_> {
    fn of(&self, list: &str) -> Vec<TableRow> {
        let mut options: Vec<TableRow> = self.lists.rows(list).into_iter().cloned().collect();
        // A question anywhere that offers "other" adds it to the list for all.
        let other = self.rows.iter().any(|row| {
            matches!(types::understand(row.get("type")), RowType::Select(select) if select.or_other && select.list == list)
        });
        if other && !options.iter().any(|option| option.get("name") == "other") {
            options.push(TableRow::made(0, "", "other", &[(None, "Other".to_owned())]));
        }
        options
    }
}

fn written(
    sheet: &str,
    rows: &[TableRow],
    lists: &Options<'_>,
    (out, depth_of_loops): (&mut Vec<TableRow>, usize),
    report: &mut Report,
) {
    let mut place = 0;
    while let Some(row) = rows.get(place) {
        place += 1;
        if out.len() > MOST_ROWS {
            return;
        }
        let RowType::BeginLoop(list) = types::understand(row.get("type")) else {
            out.push(row.clone());
            continue;
        };
        let mut depth = 1;
        let start = place;
        while let Some(row) = rows.get(place) {
            match types::understand(row.get("type")) {
                RowType::BeginLoop(_) => depth += 1,
                RowType::EndLoop => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            place += 1;
        }
        let at = row.at(sheet).column(&row.head("type"));
        if depth_of_loops >= MOST_LOOPS {
            report.error(
                Code::TooLarge,
                &at,
                format!("มี loop ซ้อนกันเกิน {MOST_LOOPS} ชั้น ลดลง"),
                format!("There are more than {MOST_LOOPS} loops inside each other; use fewer"),
            );
            return;
        }
        // All rows and all options are read for it.
        if !report.pay((lists.rows.len() + lists.lists.count()).saturating_mul(20)) {
            return;
        }
        if depth > 0 {
            report.error(
                Code::BeginWithoutEnd,
                &at,
                "begin loop ในแถวนี้ไม่มี end loop เพิ่มแถว end loop ท้ายกลุ่ม",
                "The begin loop of this row has no end loop; add one after its last question",
            );
            return;
        }
        if !lists.lists.has(&list) {
            report.error(
                Code::ListUnknown,
                &at,
                format!("ไม่มีรายการ “{list}” ในแผ่นงาน choices เขียนเช่น begin loop over รายการ"),
                format!("There is no list “{list}” in the choices sheet; write begin loop over list"),
            );
        }
        let inside = rows.get(start..place).unwrap_or_default();
        let end = rows.get(place).unwrap_or(row);
        out.push(row.with("type", "begin group"));
        for option in lists.of(&list).iter().filter(|option| option.get("name") != "none") {
            let name = option.get("name");
            let head = TableRow::made(row.number, "begin group", name, option.all("label"));
            out.push(head);
            let named: Vec<TableRow> = inside
                .iter()
                .map(|row| {
                    row.replaced(|text, language| {
                        let label = option.in_language("label", language);
                        text.replace("%(name)s", name).replace("%(label)s", label)
                    })
                })
                .collect();
            written(sheet, &named, lists, (&mut *out, depth_of_loops + 1), report);
            out.push(TableRow::made(end.number, "end group", "", &[]));
        }
        out.push(end.with("type", "end group"));
        place += 1;
    }
}
