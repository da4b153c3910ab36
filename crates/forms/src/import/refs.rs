//! `${question}`: from names to paths.
//!
//! Outside repeats a name becomes an absolute path. Inside a repeat that both share it becomes a relative one, so that
//! each instance reads its own neighbours. Inside brackets the path starts at `current()`, because `.` is the row there.

use super::expressions::{self, Place};
use super::{At, Code, Report};
use crate::definition::{Definition, Kind, Part, Phrase, Text};
use crate::xpath::parse;

/// A piece of a text cut at `${...}`.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Letters.
    Plain(&'a str),
    /// The name between the braces, trimmed.
    Name(&'a str),
}

/// Cuts a text at `${...}`.
pub fn cut(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Plain(before));
        }
        pieces.push(Piece::Name(name.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    pieces
}

/// The only name of `${name}`, when the text is nothing else.
pub fn only_name(text: &str) -> Option<&str> {
    match cut(text.trim()).as_slice() {
        [Piece::Name(name)] => Some(name),
        _ => None,
    }
}

/// The node a name means, seen from `owner`: the only one, or the nearest one.
pub fn node_named(
    name: &str,
    owner: u32,
    definition: &Definition,
    at: &At,
    report: &mut Report,
) -> Option<u32> {
    let all: Vec<u32> = report.names.all(name, definition).to_vec();
    // Each namesake is looked at with all groups around it.
    if all.len() > 1 && !report.pay(all.len().saturating_mul(100)) {
        return None;
    }
    match all.as_slice() {
        [] => {
            let near = if report.may_guess() { nearest_name(name, definition) } else { None };
            let (th, en) = match near {
                Some(near) => (format!(" หมายถึง ${{{near}}} หรือไม่"), format!(" Did you mean ${{{near}}}?")),
                None => Default::default(),
            };
            report.error(
                Code::QuestionUnknown,
                at,
                format!("ไม่มีข้อที่ชื่อ {name} ในแผ่นงาน survey{th}"),
                format!("There is no question named {name} in the survey.{en}"),
            );
            None
        }
        [only] => Some(*only),
        several => {
            let best = several.iter().copied().max_by_key(|place| shared_depth(*place, owner, definition));
            report.warn(Code::QuestionAmbiguous,
                at,
                format!("มีหลายข้อชื่อ {name} ใช้ข้อที่อยู่ใกล้ที่สุด ควรตั้งชื่อไม่ให้ซ้ำ"),
                format!("There are several questions named {name}; the nearest one is used, please give them different names"),
            );
            best
        }
    }
}

/// The path `${name}` stands for, seen from `owner`.
pub fn path_to(target: u32, owner: u32, definition: &Definition, place: Place) -> String {
    let own_line = line(owner, definition);
    let target_line = line(target, definition);
    let shared = own_line.iter().zip(&target_line).take_while(|(a, b)| a == b).count();
    let in_shared_repeat =
        own_line.iter().take(shared).any(|node| kind(*node, definition) == Kind::Repeat && *node != target);
    let names = |nodes: &[u32]| {
        nodes
            .iter()
            .map(|node| definition.nodes.get(*node as usize).map_or("", |node| node.name.as_str()).to_owned())
            .collect::<Vec<_>>()
    };
    if !in_shared_repeat || place == Place::Outside {
        return format!("/{}", names(&target_line).join("/"));
    }
    let mut steps: Vec<String> = vec!["..".to_owned(); own_line.len() - shared];
    steps.extend(names(target_line.get(shared..).unwrap_or_default()));
    let path = if steps.is_empty() { ".".to_owned() } else { steps.join("/") };
    if place == Place::Brackets { format!("current()/{path}") } else { path }
}

/// A translated text whose `${...}` are resolved, seen from `owner`. A lookup such as
/// `instance('meters')/root/item[name = ${code}]/owner` in the middle of the words is one too.
pub fn phrase(text: &str, owner: u32, definition: &Definition, at: &At, report: &mut Report) -> Phrase {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, lookup, after)) = next_lookup(rest) {
        plain_and_names(before, owner, definition, at, &mut parts, report);
        let value = expressions::resolve(lookup, owner, definition, at, Place::Plain, report);
        match value.is_empty() {
            false => parts.push(Part::Value { value }),
            // The mistake in it was told; the text is not missing as well.
            true => parts.push(Part::Plain(lookup.to_owned())),
        }
        rest = after;
    }
    if parts.is_empty() && !rest.contains("${") {
        return Phrase::Plain(rest.to_owned());
    }
    plain_and_names(rest, owner, definition, at, &mut parts, report);
    Phrase::Parts(parts)
}

fn plain_and_names(
    text: &str,
    owner: u32,
    definition: &Definition,
    at: &At,
    parts: &mut Vec<Part>,
    report: &mut Report,
) {
    for piece in cut(text) {
        match piece {
            Piece::Plain(text) => parts.push(Part::Plain(text.to_owned())),
            Piece::Name(name) => {
                match name_path(name, owner, definition, at, Place::Plain, report) {
                    Some(path) => parts.push(Part::Value { value: path }),
                    // That there is no such name was told; the text is not missing as well.
                    None => parts.push(Part::Plain(format!("${{{name}}}"))),
                }
            }
        }
    }
}

/// The first lookup in a text, with what stands before and after it.
fn next_lookup(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("instance(")?;
    let (before, found) = text.split_at_checked(start)?;
    let (mut depth, mut quote) = (0_i32, None);
    let end = found
        .char_indices()
        .find(|(_, letter)| {
            match (quote, *letter) {
                (None, '"' | '\'') => quote = Some(*letter),
                (Some(open), close) if open == close => quote = None,
                (None, '[' | '(' | '{') => depth += 1,
                (None, ']' | ')' | '}') => depth -= 1,
                _ => {}
            }
            quote.is_none() && (depth < 0 || (depth == 0 && letter.is_whitespace()))
        })
        .map_or(found.len(), |(end, _)| end);
    let (lookup, after) = found.split_at_checked(end)?;
    let named = cut(lookup)
        .iter()
        .map(|piece| if let Piece::Plain(text) = piece { text } else { "x" })
        .collect::<String>();
    (lookup.contains("/root/") && parse(&named).is_ok()).then_some((before, lookup, after))
}

/// The path of a name, or of `last-saved#name`.
pub fn name_path(
    name: &str,
    owner: u32,
    definition: &Definition,
    at: &At,
    place: Place,
    report: &mut Report,
) -> Option<String> {
    match name.strip_prefix("last-saved#") {
        // The host keeps the last record as a table of one row.
        Some(name) => Some(format!("instance('__last-saved')/root/item/{name}")),
        None => {
            let path = path_to(node_named(name, owner, definition, at, report)?, owner, definition, place);
            report.pay(path.len()).then_some(path)
        }
    }
}

/// A text in all languages of the form, from cells with languages.
pub fn text(
    cells: &[(Option<String>, String)],
    owner: u32,
    definition: &Definition,
    at: &At,
    report: &mut Report,
) -> Text {
    let count = definition.languages.len().max(1);
    let mut text: Text = vec![Phrase::default(); count];
    for (language, cell) in cells {
        let place = match language {
            None => definition.default_language,
            Some(language) => definition.languages.iter().position(|name| name == language).unwrap_or(0),
        };
        if let Some(slot) = text.get_mut(place)
            && (slot.is_empty() || language.is_some())
        {
            *slot = phrase(cell, owner, definition, at, report);
        }
    }
    if text.iter().all(Phrase::is_empty) { Text::new() } else { text }
}

/// Nodes from the top down to a node.
pub fn line(node: u32, definition: &Definition) -> Vec<u32> {
    let mut line = vec![node];
    let mut place = node;
    while place != 0 {
        place = definition.nodes.get(place as usize).map_or(0, |node| node.parent);
        line.push(place);
    }
    line.reverse();
    line
}

fn kind(node: u32, definition: &Definition) -> Kind {
    definition.nodes.get(node as usize).map(|node| node.kind).unwrap_or_default()
}

fn shared_depth(a: u32, b: u32, definition: &Definition) -> usize {
    line(a, definition).iter().zip(line(b, definition)).take_while(|(a, b)| *a == b).count()
}

/// A name that differs by one or two letters, for "did you mean".
fn nearest_name<'a>(name: &str, definition: &'a Definition) -> Option<&'a str> {
    let names = definition.nodes.iter().skip(1).map(|node| node.name.as_str());
    names
        .map(|known| (distance(name, known), known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known)
}

/// Letters to change to make one word of another, at most 9.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(40).collect(), b.chars().take(40).collect());
    if a.len().abs_diff(b.len()) > 2 {
        return 9;
    }
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right) in b.iter().enumerate() {
            let change = previous.get(column).copied().unwrap_or(9) + usize::from(left != right);
            let remove = previous.get(column + 1).copied().unwrap_or(9) + 1;
            let add = current.last().copied().unwrap_or(9) + 1;
            current.push(change.min(remove).min(add));
        }
        previous = current;
    }
    previous.last().copied().unwrap_or(9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut() {
        assert_eq!(cut("a ${b} c"), [Piece::Plain("a "), Piece::Name("b"), Piece::Plain(" c")]);
        assert_eq!(cut("no ${end"), [Piece::Plain("no ${end")]);
        assert_eq!(only_name(" ${x} "), Some("x"));
        assert_eq!(only_name("${x} + 1"), None);
    }

    #[test]
    fn near_names_are_found() {
        assert_eq!(distance("reading", "readng"), 1);
        assert_eq!(distance("abc", "abcdef"), 9);
    }
}
