//! Documents that must say what is so: the protocol, the architecture, and the texts on screens.

use super::{assert_none, files, root};
use cargo_metadata::MetadataCommand;
use domain::problem::Code;
use std::collections::BTreeSet;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A public type of a source file with the names of its fields as they travel.
struct Shape {
    name: String,
    fields: Vec<String>,
}

/// Reads the serialised structs and enums of a source file: names of public fields and variants, renamed as serde does.
fn shapes(source: &str) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    let mut rename: Option<String> = None;
    let mut derives = false;
    let mut open = false;
    for line in source.split("#[cfg(test)]").next().unwrap().lines() {
        let code = line.trim();
        if code.starts_with("#[derive(") {
            derives = code.contains("Serialize");
        } else if let Some(rest) = code.split_once("rename = \"") {
            rename = rest.1.split('"').next().map(str::to_owned);
        } else if let Some(rest) = code.strip_prefix("pub struct ").or(code.strip_prefix("pub enum ")) {
            open = derives && code.ends_with('{');
            if open {
                let name = rest.split(['<', ' ', '(']).next().unwrap().to_owned();
                shapes.push(Shape { name, fields: Vec::new() });
            }
            derives = false;
        } else if line == "}" {
            open = false;
        } else if open && !code.starts_with("//") && !code.starts_with('#') {
            let field = code.strip_prefix("pub ").unwrap_or(code);
            let name: String = field.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let plain = !name.is_empty() && (field[name.len()..].starts_with([':', '(', ',', ' ']));
            if plain {
                let lower = name.to_ascii_lowercase();
                let travels = rename.take().unwrap_or(if field.contains(':') && !field.contains("{") {
                    name
                } else {
                    lower
                });
                shapes.last_mut().unwrap().fields.push(travels);
            }
        }
    }
    shapes
}

#[test]
fn the_protocol_lists_every_message_and_field() {
    let protocol = read("crates/domain/PROTOCOL.md");
    let mut missing = Vec::new();
    for source in ["wire.rs", "change.rs", "access.rs"] {
        let shapes = shapes(&read(&format!("crates/domain/src/{source}")));
        assert!(!shapes.is_empty(), "{source}");
        for shape in shapes {
            if source == "access.rs" && shape.name == "Action" {
                continue;
            }
            // The section of a message goes from its heading to the next.
            let heading = format!("### {}\n", shape.name);
            let Some(start) = protocol.find(&heading) else {
                missing.push(format!("{source}: {} has no section", shape.name));
                continue;
            };
            let section = &protocol[start + heading.len()..];
            let section = &section[..section.find("\n#").unwrap_or(section.len())];
            for field in shape.fields {
                if !section.contains(&format!("`{field}`")) {
                    missing.push(format!("{source}: {}.{field}", shape.name));
                }
            }
        }
    }
    let packed = ["`s`", "`v`", "`x`"];
    missing.extend(
        packed.iter().filter(|field| !protocol.contains(**field)).map(|field| format!("Packed {field}")),
    );
    assert_none("PROTOCOL.md does not speak of", missing);
}

#[test]
fn the_protocol_lists_every_error_code_with_its_sentence() {
    let protocol = read("crates/domain/PROTOCOL.md");
    let mut missing = Vec::new();
    for code in Code::ALL {
        let row = format!("| `{}` | {} | {} |", code.as_str(), code.http_status(), code.hint());
        if !protocol.contains(&row) {
            missing.push(row);
        }
    }
    assert_none("PROTOCOL.md lacks", missing);
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).chain(["unknown"]).collect();
    let table = protocol.split("## Errors").nth(1).expect("a chapter on errors");
    let stale: Vec<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|code| !known.contains(code))
        .map(str::to_owned)
        .collect();
    assert_none("PROTOCOL.md lists codes that do not exist", stale);
}

#[test]
fn the_limits_in_the_protocol_are_those_in_the_code() {
    let protocol = read("crates/domain/PROTOCOL.md");
    let source = read("crates/domain/src/wire.rs");
    let mut wrong = Vec::new();
    for line in source.lines().filter_map(|line| line.strip_prefix("pub const ")) {
        let name = line.split(':').next().unwrap();
        let formula = line.split("= ").nth(1).unwrap().trim_end_matches(';').replace('_', "");
        let value: u64 = formula.split(" * ").map(|part| part.parse::<u64>().unwrap()).product();
        if !protocol.contains(&format!("| `{name}` | {value} |")) {
            wrong.push(format!("| `{name}` | {value} |"));
        }
    }
    assert_none("PROTOCOL.md lacks the limits", wrong);
}

#[test]
fn every_example_line_of_the_protocol_can_be_read() {
    use domain::wire::{BlobReply, EnrolReply, EnrolRequest, PullLine, PullRequest, PushHead, PushReply};
    let protocol = read("crates/domain/PROTOCOL.md");
    let mut kind = String::new();
    let mut read_lines = 0;
    for line in protocol.lines() {
        if let Some(info) = line.strip_prefix("```") {
            kind = info.strip_prefix("json ").unwrap_or_default().to_owned();
            continue;
        }
        if kind.is_empty() {
            continue;
        }
        let parsed = match kind.as_str() {
            "EnrolRequest" => serde_json::from_str::<EnrolRequest>(line).map(drop),
            "EnrolReply" => serde_json::from_str::<EnrolReply>(line).map(drop),
            "PushHead" => serde_json::from_str::<PushHead>(line).map(drop),
            "Commit" => serde_json::from_str::<domain::change::Commit>(line).map(drop),
            "PushReply" => serde_json::from_str::<PushReply>(line).map(drop),
            "PullRequest" => serde_json::from_str::<PullRequest>(line).map(drop),
            "PullLine" => serde_json::from_str::<PullLine>(line).map(drop),
            "BlobReply" => serde_json::from_str::<BlobReply>(line).map(drop),
            "Problem" => serde_json::from_str::<domain::problem::Problem>(line).map(drop),
            other => panic!("an example of {other:?}"),
        };
        parsed.unwrap_or_else(|error| panic!("{kind}: {line}: {error}"));
        read_lines += 1;
    }
    assert!(read_lines >= 9, "{read_lines} examples");
}

#[test]
fn the_architecture_names_what_exists_and_nothing_else() {
    let page = read("ARCHITECTURE.md");
    let mut wrong = Vec::new();
    let mut real: BTreeSet<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| format!("{}/", entry.file_name().to_string_lossy()))
        .filter(|name| ![".git/", "target/", "node_modules/", "demo/"].contains(&name.as_str()))
        .collect();
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap();
    for package in &metadata.packages {
        let folder = package.manifest_path.parent().unwrap().strip_prefix(root().to_str().unwrap()).unwrap();
        real.insert(format!("{folder}/"));
    }
    let named: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| name.ends_with('/'))
        .map(str::to_owned)
        .collect();
    wrong.extend(real.difference(&named).map(|name| format!("{name} exists and is not on the page")));
    for name in named.difference(&real) {
        if !root().join(name).is_dir() {
            wrong.push(format!("{name} is on the page and does not exist"));
        }
    }
    assert_none("ARCHITECTURE.md", wrong);
    assert!(page.lines().count() <= 140, "one page: {} lines", page.lines().count());
}

/// Files of the top level that a person may read first, and what they are for. Whatever else ends in `.md` there is too much.
#[test]
fn the_top_level_has_these_pages_and_no_others() {
    let known = ["ARCHITECTURE.md", "CHANGELOG.md", "README.md", "RELIABILITY.md"];
    let mut found: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md"))
        .collect();
    found.sort();
    assert_eq!(found, known);
}

#[test]
fn the_page_on_reliability_is_the_one_that_make_deep_wrote() {
    let page = read("RELIABILITY.md");
    assert!(read("README.md").contains("](RELIABILITY.md)"), "the README leads there");
    let mut wrong = Vec::new();
    for harness in tests::harness::HARNESSES {
        let row = format!("| {} | {} |", harness.id, harness.breaks);
        if !page.contains(&row) {
            wrong.push(row);
        }
    }
    for bug in tests::harness::planted::BUGS {
        let row = format!("| `{}` | {} | {} |", bug.name, bug.mistake, bug.caught_by);
        if !page.contains(&row) {
            wrong.push(row);
        }
    }
    assert_none("RELIABILITY.md is of another day: `make deep` writes it", wrong);
    assert!(!page.contains("| NO |"), "a planted bug was not caught");
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for page in ["README.md", "ARCHITECTURE.md", "RELIABILITY.md", "crates/domain/PROTOCOL.md"] {
        let text = read(page);
        let folder = root().join(page).parent().unwrap().to_owned();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap().split('#').next().unwrap();
            let ours = !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:");
            if ours && !folder.join(target).exists() {
                broken.push(format!("{page}: {target}"));
            }
        }
    }
    assert_none("links that lead nowhere", broken);
}

/// The names of the texts in a language's file: what stands before a colon at the left of a field.
fn keys(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            let plain = !name.is_empty()
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            (plain && !rest.starts_with(':')).then(|| name.to_owned())
        })
        .collect()
}

#[test]
fn thai_and_english_say_the_same_things() {
    let mut pairs = 0;
    for (path, thai) in files("ui/src/strings", "th.rs") {
        let english = read(&path.replace("th.rs", "en.rs"));
        let (thai, english) = (keys(&thai), keys(&english));
        assert!(thai.len() > 20, "{path}: {} texts", thai.len());
        assert_eq!(thai, english, "{path}");
        pairs += 1;
    }
    assert!(pairs > 0);
}
