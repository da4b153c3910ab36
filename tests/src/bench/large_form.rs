//! A form as large as the largest of 846 real ones: some 1,800 rows and 3,000 expressions. They are questions in groups
//! of twenty whose relevance, limits and sums read each other. Measured natively and in a browser.

use std::fmt::Write;

/// The survey of the large form: 86 groups of 19 rows and their ends, 1,806 rows in all.
pub fn large_survey() -> String {
    let mut rows = String::from("type,name,label,relevant,constraint,calculation\n");
    for group in 0..86 {
        writeln!(rows, "begin_group,g{group},หมวด {group},,,").unwrap();
        for place in 0..17 {
            let name = format!("q{group}_{place}");
            let before = match (group, place) {
                (0, 0) => String::new(),
                (_, 0) => format!("q{}_16", group - 1),
                _ => format!("q{group}_{}", place - 1),
            };
            let relevant = if before.is_empty() {
                String::new()
            } else {
                format!("${{{before}}} = '' or ${{{before}}} < 900")
            };
            writeln!(rows, "integer,{name},ข้อ {place},{relevant},. >= 0 and . <= 1000,").unwrap();
        }
        let all: Vec<String> = (0..17).map(|place| format!("${{q{group}_{place}}}")).collect();
        let sum = all.iter().map(|name| format!("coalesce({name}, 0)")).collect::<Vec<_>>().join(" + ");
        let sum = if group == 0 { sum } else { format!("{sum} + ${{s{}}}", group - 1) };
        writeln!(rows, "calculate,s{group},,,,\"{sum}\"").unwrap();
        writeln!(rows, "note,n{group},รวม ${{s{group}}},${{s{group}}} > 0,,").unwrap();
        writeln!(rows, "end_group,,,,,").unwrap();
    }
    rows
}
