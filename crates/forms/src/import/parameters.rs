//! The parameters column: `start=0 end=10 step=1`, and what each kind of question may be told there.

use std::collections::BTreeMap;

use super::choices::Lists;
use super::columns::TableRow;
use super::{At, Code, Report};
use crate::definition::{Kind, Node};

/// Parameters by name, as they go into the definition.
pub type Parameters = BTreeMap<String, String>;

/// Reads the cell. Blanks, commas and semicolons separate; a part without exactly one `=` is a mistake.
pub fn read(cell: &str, at: &At, report: &mut Report) -> Parameters {
    let spaced = cell.replace([',', ';'], " ").replace(" =", "=").replace("= ", "=");
    let mut all = Parameters::new();
    for part in spaced.split_whitespace() {
        match part.split('=').collect::<Vec<_>>().as_slice() {
            [name, value] if !name.is_empty() && !value.is_empty() => {
                let name = name.to_lowercase();
                // Columns of a file keep their letters, names of questions too; everything else is a word of ours.
                let keeps =
                    matches!(name.as_str(), "value" | "label" | "reference-geometry" | "seed" | "app");
                let value = if keeps { (*value).to_owned() } else { value.to_lowercase() };
                all.insert(name, value);
            }
            _ => report.error(
                Code::ParameterUnreadable,
                at,
                format!("อ่าน “{part}” ไม่ได้ เขียนเป็น ชื่อ=ค่า เช่น start=0 end=10 step=1"),
                format!("“{part}” cannot be read; write name=value, such as start=0 end=10 step=1"),
            ),
        }
    }
    all
}

/// Names a kind of question knows.
fn known(kind: Kind, from_file: bool, unseen: bool) -> &'static [&'static str] {
    match kind {
        Kind::Text => &["rows"],
        Kind::Range => &["start", "end", "step", "tick_interval", "tick_labelset", "placeholder"],
        Kind::Image => &["app", "max-pixels"],
        Kind::Audio => &["quality"],
        Kind::Geopoint if unseen => &[],
        Kind::Geopoint => {
            &["allow-mock-accuracy", "capture-accuracy", "warning-accuracy", "reference-geometry"]
        }
        Kind::Geotrace | Kind::Geoshape => &["allow-mock-accuracy", "incremental", "reference-geometry"],
        Kind::SelectOne | Kind::SelectMultiple | Kind::Rank if from_file => {
            &["randomize", "seed", "value", "label"]
        }
        Kind::SelectOne | Kind::SelectMultiple | Kind::Rank => &["randomize", "seed"],
        _ => &[],
    }
}

/// Checks names and values of a question's parameters.
pub fn check(node: &Node, from_file: bool, lists: &Lists, at: &At, report: &mut Report) {
    let given = &node.parameters;
    let names = known(node.kind, from_file, node.unseen);
    // Kinds without any of their own are left alone: other tools put their own settings there.
    for name in given.keys().filter(|name| !names.is_empty() && !names.contains(&name.as_str())) {
        let list = names.join(", ");
        report.error(
            Code::ParameterUnknown,
            at,
            format!("คำถามชนิดนี้ไม่มีค่า {name} ใช้ได้เฉพาะ {list}"),
            format!("This kind of question has no parameter {name}; it knows {list}"),
        );
    }
    let mut wrong = |name: &str, th: &str, en: &str| {
        report.error(
            Code::ParameterInvalid,
            at,
            format!("ค่า {name} {th}"),
            format!("The parameter {name} {en}"),
        );
    };
    let number =
        |name: &str| given.get(name).map(|text| text.parse::<f64>().ok().filter(|number| number.is_finite()));
    for name in [
        "start",
        "end",
        "step",
        "tick_interval",
        "placeholder",
        "max-pixels",
        "rows",
        "capture-accuracy",
        "warning-accuracy",
    ] {
        if number(name) == Some(None) && names.contains(&name) {
            wrong(name, "ต้องเป็นตัวเลข", "must be a number");
        }
    }
    if given.get("incremental").is_some_and(|text| !matches!(text.as_str(), "true" | "yes"))
        && names.contains(&"incremental")
    {
        wrong("incremental", "ต้องเป็น true หรือไม่ใส่", "must be true, or not be there");
    }
    for name in ["allow-mock-accuracy", "randomize"] {
        let odd = given.get(name).is_some_and(|text| text != "true" && text != "false");
        if odd && names.contains(&name) {
            wrong(name, "ต้องเป็น true หรือ false", "must be true or false");
        }
    }
    for name in ["value", "label"] {
        if from_file && given.get(name).is_some_and(|text| !super::survey::is_name(text)) {
            wrong(
                name,
                "ต้องเป็นชื่อช่องในไฟล์ ขึ้นต้นด้วยตัวอักษร",
                "must name a column of the file; it begins with a letter",
            );
        }
    }
    if given.contains_key("seed") && given.get("randomize").is_none_or(|text| text != "true") {
        wrong("seed", "ใช้ได้เมื่อมี randomize=true", "needs randomize=true beside it");
    }
    let qualities: &[&str] = if node.unseen {
        &["normal", "low", "voice-only"]
    } else {
        &["normal", "low", "voice-only", "external"]
    };
    if given.get("quality").is_some_and(|text| !qualities.contains(&text.as_str())) {
        wrong("quality", "ต้องเป็น normal, low หรือ voice-only", "must be normal, low or voice-only");
    }
    // Another app is only started by a plain or an annotated picture.
    let starts_app =
        node.appearance.is_empty() || node.appearance.split_whitespace().any(|word| word == "annotate");
    if starts_app && given.get("app").is_some_and(|text| !text.contains('.')) {
        wrong(
            "app",
            "ต้องเป็นชื่อแอป เช่น com.example.app",
            "must be the name of an app, such as com.example.app",
        );
    }
    if node.kind == Kind::Range {
        check_range(node, lists, &mut wrong);
    }
}

/// Checks the parameters of an `audit` row. The log itself is not kept: Sanam has its own.
pub fn check_audit(row: &TableRow, at: &At, report: &mut Report) {
    const WHERE: [&str; 3] = ["location-priority", "location-min-interval", "location-max-age"];
    let name = row.get("name");
    if !name.is_empty() && name != "audit" {
        report.error(
            Code::NameReserved,
            &at.column(&row.head("name")),
            "แถว audit ต้องชื่อ audit หรือเว้นว่าง",
            "An audit row must be named audit, or have no name",
        );
    }
    let at = at.column(&row.head("parameters"));
    let given = read(row.get("parameters"), &at, report);
    let mut wrong = |name: &str, th: &str, en: &str| {
        report.error(
            Code::ParameterInvalid,
            &at,
            format!("ค่า {name} {th}"),
            format!("The parameter {name} {en}"),
        );
    };
    let allowed: [(&str, &[&str]); 4] = [
        ("track-changes", &["true", "false"]),
        ("identify-user", &["true", "false"]),
        ("track-changes-reasons", &["on-form-edit"]),
        ("location-priority", &["no-power", "low-power", "balanced", "high-accuracy"]),
    ];
    for (name, value) in &given {
        match allowed.iter().find(|(known, _)| known == name) {
            Some((_, values)) if !values.contains(&value.as_str()) => {
                let values = values.join(", ");
                wrong(name, &format!("ต้องเป็น {values}"), &format!("must be one of {values}"));
            }
            None if !WHERE.contains(&name.as_str()) => {
                wrong(name, "ไม่มีในแถว audit", "is not known to an audit row");
            }
            _ => {}
        }
    }
    let number = |name: &str| given.get(name).and_then(|text| text.parse::<i64>().ok());
    let set = WHERE.iter().filter(|name| given.contains_key(**name)).count();
    if set > 0 && set < WHERE.len() {
        wrong("location-*", "ต้องมีครบทั้งสามค่า", "is given in part; give all three");
    }
    for name in WHERE.iter().skip(1) {
        if given.contains_key(*name) && number(name).is_none_or(|value| value < 0) {
            wrong(name, "ต้องเป็นจำนวนเต็มตั้งแต่ 0", "must be a whole number from 0");
        }
    }
    if let (Some(age), Some(interval)) = (number("location-max-age"), number("location-min-interval"))
        && age < interval
    {
        wrong(
            "location-max-age",
            "ต้องไม่น้อยกว่า location-min-interval",
            "must not be less than location-min-interval",
        );
    }
    report.warn(
        Code::TypeIgnored,
        &at.column(&row.head("type")),
        "แถว audit ไม่มีผลที่นี่ ระบบเก็บประวัติการแก้ไขเองอยู่แล้ว",
        "The audit row has no effect here: the history of changes is kept anyway",
    );
}

/// Decimal fractions are not exact in binary: 0.3 is a multiple of 0.1 all the same.
fn is_multiple(value: f64, step: f64) -> bool {
    let times = value / step;
    (times - times.round()).abs() < 1e-9
}

fn check_range(node: &Node, lists: &Lists, wrong: &mut dyn FnMut(&str, &str, &str)) {
    let given = &node.parameters;
    let number =
        |name: &str, usual: f64| given.get(name).map_or(usual, |text| text.parse().unwrap_or(f64::NAN));
    let (start, end, step) = (number("start", 1.0), number("end", 10.0), number("step", 1.0));
    if step == 0.0 {
        wrong("step", "ต้องไม่เป็น 0", "must not be 0");
    }
    let plain = node.appearance.split_whitespace().all(|word| matches!(word, "vertical" | "no-ticks"));
    for name in ["tick_interval", "placeholder", "tick_labelset"] {
        if given.contains_key(name) && !plain {
            wrong(name, "ใช้กับ appearance นี้ไม่ได้", "cannot be used with this appearance");
        }
    }
    let inside = |value: f64| value >= start.min(end) && value <= start.max(end);
    if given.contains_key("placeholder") && !inside(number("placeholder", start)) {
        wrong("placeholder", "ต้องอยู่ระหว่าง start กับ end", "must lie between start and end");
    }
    if given.contains_key("tick_interval") {
        let interval = number("tick_interval", step);
        if interval == 0.0 || !is_multiple(interval, step) || interval.abs() > (end - start).abs() {
            wrong(
                "tick_interval",
                "ต้องเป็นจำนวนเท่าของ step และไม่เกินช่วง",
                "must be a multiple of step within the range",
            );
        }
    }
    let labels = given.get("tick_labelset").map(|list| lists.values(list)).unwrap_or_default();
    if labels
        .iter()
        .any(|value| value.parse::<f64>().is_ok_and(|value| !inside(value)) || value.parse::<f64>().is_err())
    {
        wrong(
            "tick_labelset",
            "ต้องเป็นรายการตัวเลขระหว่าง start กับ end",
            "must be a list of numbers between start and end",
        );
    }
}
