//! Light markdown and the few HTML tags that forms hold in labels and notes, drawn as elements of our own: nothing an
//! author writes ever becomes markup by itself.
//!
//! `**bold**`, `__bold__`, `*slanted*`, `_slanted_`, `# heading`, `- item`, `[words](https://…)` or `[words](tel:…)`, and the tags that
//! spreadsheets' authors use for the same. Everything else is shown as it is written.

use leptos::prelude::*;

/// A run of letters drawn in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Bold(Vec<Piece>),
    Slanted(Vec<Piece>),
    Link(String, Vec<Piece>),
}

/// A line, or lines that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Line(Vec<Piece>),
    Heading(Vec<Piece>),
    List(Vec<Vec<Piece>>),
}

/// Draws a text with its lines, headings and lists.
pub fn marked(text: &str) -> AnyView {
    let draw = |block: Block| match block {
        Block::Line(pieces) => view! { <p>{drawn(pieces)}</p> }.into_any(),
        Block::Heading(pieces) => view! { <p><b>{drawn(pieces)}</b></p> }.into_any(),
        Block::List(items) => {
            let items = items.into_iter().map(|item| view! { <li>{drawn(item)}</li> }).collect_view();
            view! { <ul class="bullets">{items}</ul> }.into_any()
        }
    };
    match blocks(text).as_slice() {
        [Block::Line(only)] => drawn(only.clone()),
        all => all.iter().cloned().map(draw).collect_view().into_any(),
    }
}

/// Draws a text on one line, for places where no paragraph can stand.
pub fn inline(text: &str) -> AnyView {
    let mut pieces = Vec::new();
    for (at, block) in blocks(text).into_iter().enumerate() {
        if at > 0 {
            pieces.push(Piece::Words(" ".to_owned()));
        }
        match block {
            Block::Line(line) => pieces.extend(line),
            Block::Heading(line) => pieces.push(Piece::Bold(line)),
            Block::List(items) => pieces.extend(items.into_iter().flatten()),
        }
    }
    drawn(pieces)
}

/// The words of a text without their marks, on one line.
pub fn plain(text: &str) -> String {
    fn words(pieces: &[Piece], out: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Words(text) => out.push_str(text),
                Piece::Bold(inside) | Piece::Slanted(inside) | Piece::Link(_, inside) => words(inside, out),
            }
        }
    }
    let mut out = String::new();
    for block in blocks(text) {
        out.push(' ');
        match block {
            Block::Line(line) | Block::Heading(line) => words(&line, &mut out),
            Block::List(items) => items.iter().for_each(|item| {
                words(item, &mut out);
                out.push(' ');
            }),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn drawn(pieces: Vec<Piece>) -> AnyView {
    let draw = |piece: Piece| match piece {
        Piece::Words(words) => words.into_any(),
        Piece::Bold(inside) => view! { <b>{drawn(inside)}</b> }.into_any(),
        Piece::Slanted(inside) => view! { <em>{drawn(inside)}</em> }.into_any(),
        Piece::Link(to, inside) if to.starts_with("tel:") => {
            view! { <a class="call" href=to>{drawn(inside)}</a> }.into_any()
        }
        Piece::Link(to, inside) => {
            view! { <a href=to target="_blank" rel="noopener noreferrer">{drawn(inside)}</a> }.into_any()
        }
    };
    pieces.into_iter().map(draw).collect_view().into_any()
}

fn blocks(text: &str) -> Vec<Block> {
    let text = untagged(text);
    let mut all: Vec<Block> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let item = ["- ", "* ", "• "].into_iter().find_map(|mark| line.strip_prefix(mark));
        let heading = line.trim_start_matches('#');
        match (item, all.last_mut()) {
            (Some(item), Some(Block::List(items))) => items.push(pieces(item)),
            (Some(item), _) => all.push(Block::List(vec![pieces(item)])),
            (None, _) if heading.len() < line.len() && heading.starts_with(' ') => {
                all.push(Block::Heading(pieces(heading.trim())));
            }
            (None, _) => all.push(Block::Line(pieces(line))),
        }
    }
    all
}

/// The tags that forms hold become markdown or go; what looks like a tag and is none stays.
fn untagged(text: &str) -> String {
    const GOES: &[&str] = &["span", "font", "center", "u", "small", "big", "div", "sub", "sup"];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let tag = after.split_once('>').filter(|(tag, _)| tag.len() < 200 && !tag.contains('<'));
        let Some((tag, behind)) = tag else {
            out.push('<');
            rest = after;
            continue;
        };
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match name.as_str() {
            "b" | "strong" => out.push_str("**"),
            "i" | "em" => out.push('*'),
            "br" | "p" | "ul" | "ol" => out.push('\n'),
            "li" => out.push_str(if tag.starts_with('/') { "\n" } else { "\n- " }),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                out.push_str(if tag.starts_with('/') { "\n" } else { "\n# " });
            }
            known if GOES.contains(&known) => {}
            _ => {
                out.push('<');
                rest = after;
                continue;
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn pieces(text: &str) -> Vec<Piece> {
    pieces_in(text, 0)
}

/// Marks inside marks are read to a depth that no author wants more of.
fn pieces_in(text: &str, depth: u8) -> Vec<Piece> {
    if depth > 3 {
        return vec![Piece::Words(text.to_owned())];
    }
    let mut all = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((piece, behind)) = piece(rest, words.chars().next_back(), depth + 1) {
            if !words.is_empty() {
                all.push(Piece::Words(std::mem::take(&mut words)));
            }
            all.push(piece);
            rest = behind;
            continue;
        }
        words.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    if !words.is_empty() {
        all.push(Piece::Words(words));
    }
    all
}

/// A marked run at the beginning of a text, and what follows it. `before` is the letter in front of it.
fn piece(text: &str, before: Option<char>, depth: u8) -> Option<(Piece, &str)> {
    for mark in ["**", "__"] {
        if let Some((inside, behind)) = text.strip_prefix(mark).and_then(|text| text.split_once(mark))
            && !inside.trim().is_empty()
        {
            return Some((Piece::Bold(pieces_in(inside, depth)), behind));
        }
    }
    for mark in ['*', '_'] {
        // A mark inside a word is part of it: snake_case, 3*4.
        let free = before.is_none_or(|before| !before.is_alphanumeric());
        if let Some((inside, behind)) = text.strip_prefix(mark).and_then(|text| text.split_once(mark))
            && free
            && !inside.is_empty()
            && inside.trim() == inside
            && behind.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != mark)
        {
            return Some((Piece::Slanted(pieces_in(inside, depth)), behind));
        }
    }
    let (words, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (to, behind) = rest.split_once(')')?;
    let safe = ["https://", "http://", "tel:"].iter().any(|start| to.starts_with(start));
    (safe && !words.contains(['[', ']']))
        .then(|| (Piece::Link(to.to_owned(), pieces_in(words, depth)), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Piece {
        Piece::Words(text.to_owned())
    }

    #[test]
    fn what_forms_write_is_understood() {
        assert_eq!(
            pieces("ครั้งก่อน **1,204** หน่วย"),
            [words("ครั้งก่อน "), Piece::Bold(vec![words("1,204")]), words(" หน่วย")]
        );
        assert_eq!(pieces("meter_no_2 3*4*5"), [words("meter_no_2 3*4*5")]);
        assert_eq!(pieces("*ลองดู* อีกครั้ง"), [Piece::Slanted(vec![words("ลองดู")]), words(" อีกครั้ง")]);
        assert_eq!(
            blocks("# หัวข้อ\nบรรทัด\n- ก\n- ข"),
            [
                Block::Heading(vec![words("หัวข้อ")]),
                Block::Line(vec![words("บรรทัด")]),
                Block::List(vec![vec![words("ก")], vec![words("ข")]]),
            ]
        );
        assert_eq!(
            blocks("<span style=\"color:red\">ระวัง</span><br>2 < 3 <script>"),
            [Block::Line(vec![words("ระวัง")]), Block::Line(vec![words("2 < 3 <script>")])]
        );
        assert_eq!(plain("## เลข**มาตร**\n- วันนี้"), "เลขมาตร วันนี้");
    }

    #[test]
    fn only_addresses_that_cannot_run_anything_are_links() {
        let [Piece::Link(to, _)] = &pieces("[คู่มือ](https://example.go.th/a)")[..] else {
            panic!()
        };
        assert_eq!(to, "https://example.go.th/a");
        let hostile = "[กด](javascript:alert(1))";
        assert_eq!(pieces(hostile), [words(hostile)]);
    }

    #[test]
    fn marks_without_an_end_stay_as_they_are() {
        for text in ["**", "**a", "_", "[a](", "<b", "a < b", "#ไม่ใช่หัวข้อ"] {
            assert_eq!(plain(text), text);
        }
        assert!(!plain(&"*_".repeat(5_000)).is_empty());
        assert!(plain(&format!("{}a{}", "**_".repeat(500), "_**".repeat(500))).contains('a'));
    }
}
