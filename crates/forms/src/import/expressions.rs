//! Expressions of a sheet: names resolved, syntax checked, functions known.

use super::refs::{self, Piece};
use super::{At, Code, Report};
use crate::definition::Definition;
use crate::xpath::ast::Expr;
use crate::xpath::{EvalError, check_arguments, parse};
use domain::calc::FUNCTIONS;

/// How the names of our own functions begin.
const OWN: &str = "th:";

/// Where an expression stands, which decides how names become paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a question.
    Plain,
    /// Inside brackets: a choice filter.
    Brackets,
    /// At no question: absolute paths only.
    Outside,
}

/// Resolves the names of an expression and checks it. What is wrong goes to the report and an empty text comes back.
pub fn resolve(
    source: &str,
    owner: u32,
    definition: &Definition,
    at: &At,
    place: Place,
    report: &mut Report,
) -> String {
    let errors = report.errors.len();
    let source = straight_quotes(source);
    let mut out = String::new();
    let mut depth = 0_i32;
    let mut quote: Option<char> = None;
    let mut indexed = false;
    for piece in refs::cut(&source) {
        match piece {
            Piece::Plain(text) => {
                for letter in text.chars() {
                    match (quote, letter) {
                        (None, '"' | '\'') => quote = Some(letter),
                        (Some(open), close) if open == close => quote = None,
                        (None, '[') => depth += 1,
                        (None, ']') => depth -= 1,
                        _ => {}
                    }
                }
                // The paths of indexed-repeat() mean all instances.
                if let Some(at) = text.rfind("indexed-repeat") {
                    indexed = !text.get(at..).unwrap_or_default().contains(')');
                } else if text.contains(')') {
                    indexed = false;
                }
                out.push_str(text);
            }
            Piece::Name(name) => {
                let place = if indexed {
                    Place::Outside
                } else if place == Place::Plain && depth > 0 {
                    Place::Brackets
                } else {
                    place
                };
                if let Some(path) = refs::name_path(name, owner, definition, at, place, report) {
                    // A blank around keeps `${a}mod` and the like apart; inside quotes the path is a text.
                    if quote.is_some() {
                        out.push_str(&path);
                    } else {
                        out.push_str(&format!(" {path} "));
                    }
                }
            }
        }
    }
    let out = out.trim().to_owned();
    if report.errors.len() > errors || out.is_empty() {
        return String::new();
    }
    match parse(&out) {
        Ok(expression) => {
            check_calls(&expression, at, report);
            if report.errors.len() > errors { String::new() } else { out }
        }
        Err(error) => {
            report.error(
                Code::ExpressionUnreadable,
                at,
                format!("สูตร `{source}` ผิดรูปแบบ ตรวจวงเล็บ เครื่องหมายคำพูด และเครื่องหมายคำนวณ ({error})"),
                format!("The expression `{source}` cannot be read: {error}"),
            );
            String::new()
        }
    }
}

/// Word processors turn quotes into curly ones, which no expression means.
fn straight_quotes(source: &str) -> String {
    source
        .replace(['\u{201c}', '\u{201d}'], "\"")
        .replace(['\u{2018}', '\u{2019}'], "'")
        .replace('\u{a0}', " ")
}

fn check_calls(expression: &Expr, at: &At, report: &mut Report) {
    let mut found = Vec::new();
    expression.walk(&mut |part| {
        if let Expr::Call(name, arguments) = part {
            found.push((name.as_str(), arguments));
        }
    });
    for (name, arguments) in found {
        check_own(name, arguments.len(), at, report);
        match check_arguments(name, arguments.len()) {
            Err(EvalError::UnknownFunction(name)) => {
                report.error(
                    Code::FunctionUnknown,
                    at,
                    format!("ไม่รู้จักฟังก์ชัน {name}() ตรวจตัวสะกด"),
                    format!("There is no function {name}(); check its spelling"),
                );
            }
            Err(error) => report.error(
                Code::FunctionArguments,
                at,
                format!("ฟังก์ชัน {name}() ใส่จำนวนค่าไม่ถูก: {error}"),
                format!("{error}"),
            ),
            Ok(()) => {}
        }
        if name.contains(':') && !name.starts_with("jr:") {
            report.warn(
                Code::NotPortable,
                at,
                format!("ฟังก์ชัน {name}() มีเฉพาะระบบนี้ แบบฟอร์มนี้จะใช้กับ ODK หรือ Kobo ได้ไม่ครบ"),
                format!("{name}() exists only in Sanam; the form will not work fully in ODK or Kobo"),
            );
        }
        if name == "regex"
            && let Some(Expr::Text(pattern)) = arguments.get(1)
            && regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_err()
        {
            report.warn(Code::PatternUnreadable,
                at,
                format!("รูปแบบ {pattern} อ่านไม่ได้ จะไม่ถูกตรวจ ใช้รูปแบบพื้นฐาน เช่น [0-9]{{10}}"),
                format!("The pattern {pattern} cannot be read and will not be checked; use a simpler one such as [0-9]{{10}}"),
            );
        }
    }
}

/// Our own functions ([`FUNCTIONS`]): one that is misspelt gives nothing in the field, and a condition with it always holds.
fn check_own(name: &str, count: usize, at: &At, report: &mut Report) {
    if !name.starts_with(OWN) {
        return;
    }
    match FUNCTIONS.iter().find(|function| function.name == name) {
        None => report.error(
            Code::FunctionUnknown,
            at,
            format!("ไม่รู้จักฟังก์ชัน {name}() ตรวจตัวสะกด"),
            format!("There is no function {name}(); check its spelling"),
        ),
        Some(function) if !function.arity.contains(&count) => report.error(
            Code::FunctionArguments,
            at,
            format!("เขียนเป็น {name}({}) ตอนนี้มี {count} ค่า", function.arguments),
            format!("Write {name}({}); it has {count} arguments now", function.arguments),
        ),
        Some(_) => {}
    }
}

/// `yes`, `no` and friends as an expression; everything else is one already.
pub fn yes_or_no(cell: &str) -> Option<&'static str> {
    match cell.trim().to_lowercase().as_str() {
        "yes" | "true" | "true()" | "1" | "ใช่" => Some("true()"),
        "" | "no" | "false" | "false()" | "0" | "ไม่" | "ไม่ใช่" => Some(""),
        _ => None,
    }
}

/// True when a default must be worked out: it names a question or calls a function.
pub fn is_dynamic(default: &str) -> bool {
    if default.contains("${") {
        return true;
    }
    let Ok(expression) = parse(default) else { return false };
    let mut calls = false;
    expression.walk(&mut |part| {
        if let Expr::Call(name, arguments) = part {
            calls |= name.contains(':') || check_arguments(name, arguments.len()).is_ok();
        }
    });
    calls
}
