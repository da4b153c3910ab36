//! Paths back to `${names}`, as people write them in a sheet.

use super::body::target;
use crate::definition::Definition;
use crate::form::Form;
use crate::import::{PathPlace, path_to};

/// True for letters a path is made of.
fn in_path(letter: char) -> bool {
    letter.is_alphanumeric() || "_-./:".contains(letter) || ('\u{0e30}'..='\u{0e4e}').contains(&letter)
}

/// The expression with paths replaced by `${name}` where reading that back gives the same path. Others stay paths,
/// which a sheet may hold too.
pub fn named(form: &Form, owner: u32, source: &str) -> String {
    const CURRENT: &str = "current()/";
    let mut out = String::new();
    let (mut depth, mut quote, mut indexed) = (0_i32, None, false);
    let mut rest = source;
    // A blank after a name belongs to the path, see `import::expressions`.
    let mut after_name = false;
    while let Some(letter) = rest.chars().next() {
        let bare = rest.strip_prefix(CURRENT).unwrap_or(rest);
        let length = bare.find(|letter| !in_path(letter)).unwrap_or(bare.len());
        let whole = rest.len() - bare.len() + length;
        let (token, following) = rest.split_at_checked(whole).unwrap_or((rest, ""));
        if quote.is_none() && length > 0 {
            if token == "indexed-repeat" {
                indexed = true;
            }
            match name_of(form, owner, token, depth > 0, indexed).filter(|_| !following.starts_with('(')) {
                Some(name) => {
                    if out.ends_with(' ') {
                        out.pop();
                    }
                    out.push_str(&format!("${{{name}}}"));
                    after_name = true;
                }
                None => {
                    out.push_str(token);
                    after_name = false;
                }
            }
            rest = following;
            continue;
        }
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            (None, '[') => depth += 1,
            (None, ']') => depth -= 1,
            (None, ')') => indexed = false,
            _ => {}
        }
        if !(after_name && letter == ' ') {
            out.push(letter);
        }
        after_name = false;
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    out
}

/// The name of the question a path leads to, when the name alone leads there too.
pub fn name_of<'a>(
    form: &'a Form,
    owner: u32,
    path: &str,
    in_brackets: bool,
    indexed: bool,
) -> Option<&'a str> {
    let definition = form.definition();
    let rooted = path.starts_with('/') || path.starts_with("..") || path.starts_with("current()/");
    if !rooted && (in_brackets || matches!(path, "and" | "or" | "div" | "mod" | "." | "*")) {
        return None;
    }
    let found = target(form, owner, path.strip_prefix("current()/").unwrap_or(path))?;
    let name = &form.node(found)?.name;
    let place = match (indexed, in_brackets) {
        (true, _) => PathPlace::Outside,
        (false, true) => PathPlace::Brackets,
        (false, false) => PathPlace::Plain,
    };
    let same = path_to(found, owner, definition, place) == path;
    (found != 0 && same && is_alone(definition, name)).then_some(name.as_str())
}

fn is_alone(definition: &Definition, name: &str) -> bool {
    definition.nodes.iter().skip(1).filter(|node| node.name == name).count() == 1
}
