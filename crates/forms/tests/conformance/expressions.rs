//! XPath cases: an expression, a document, a node, and what comes out.

use std::sync::Arc;

use forms::tree::{NodeId, NodeKind, Tree};
use forms::xpath::{Context, EvalError, Memory, Object, Surroundings, World, number_text, parse};
use forms::{FixedHost, Host};
use serde_json::Value;

/// Floor of what passes, in percent; raise it when more does.
const FLOOR: f64 = 98.5;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A host whose chance differs from call to call.
struct TestHost(FixedHost, std::cell::Cell<u64>);

impl Host for TestHost {
    fn now_ms(&self) -> i64 {
        self.0.now_ms
    }
    fn offset_minutes(&self) -> i32 {
        self.0.offset_minutes
    }
    fn random(&self) -> u64 {
        let next =
            self.1.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.1.set(next);
        next ^ (next >> 29)
    }
}

/// The document of a case: `main` from the evaluation root on, `whole` with everything.
struct CaseForm<'a> {
    whole: &'a Tree,
    instances: Vec<(String, u32)>,
    namespaces: &'a serde_json::Map<String, Value>,
    language: Option<String>,
}

impl Surroundings for CaseForm<'_> {
    fn instance(&self, name: &str) -> Option<NodeId> {
        self.instances.iter().find(|(id, _)| id == name).map(|(_, node)| NodeId { doc: 1, node: *node })
    }
    fn itext(&self, _world: &World<'_>, id: &str) -> Option<String> {
        let attribute = |node: u32, name: &str| {
            self.whole
                .attributes(node)
                .iter()
                .find(|place| self.whole.name(**place) == name)
                .map(|place| self.whole.text(*place))
        };
        let translations =
            (0..self.whole.len() as u32).filter(|node| self.whole.name(*node) == "translation");
        for translation in translations {
            if self
                .language
                .as_ref()
                .is_some_and(|language| attribute(translation, "lang").as_ref() != Some(language))
            {
                continue;
            }
            for text in self.whole.children(translation) {
                if attribute(*text, "id").as_deref() == Some(id) {
                    return self.whole.child(*text, "value").map(|value| self.whole.text(value));
                }
            }
        }
        None
    }
    fn choice_name(&self, _: &World<'_>, _: NodeId, _: &str, _: &str) -> Option<String> {
        None
    }
    fn thai(&self) -> bool {
        false
    }
    fn default_namespace(&self) -> Option<&str> {
        Some("http://www.w3.org/2002/xforms")
    }
    fn namespace(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML);
        }
        self.namespaces.get(prefix).and_then(Value::as_str)
    }
}

fn add(tree: &mut Tree, parent: u32, node: roxmltree::Node<'_, '_>) {
    let empty: Arc<str> = Arc::from("");
    let place = match node.node_type() {
        roxmltree::NodeType::Element => {
            let place = tree.element(parent, &Arc::from(node.tag_name().name()));
            let namespace = node.tag_name().namespace().unwrap_or_default();
            let source = &node.document().input_text()[node.range()];
            let written = source[1..].split([' ', '>', '/', '\n', '\t', '\r']).next().unwrap();
            let prefix = written.split_once(':').map_or("", |(prefix, _)| prefix);
            let made = tree.get_mut(place).unwrap();
            made.namespace = Arc::from(namespace);
            made.prefix = Arc::from(prefix);
            for attribute in node.attributes() {
                let child = tree.add(
                    place,
                    NodeKind::Attribute,
                    &Arc::from(attribute.name()),
                    attribute.value().to_owned(),
                );
                let made = tree.get_mut(child).unwrap();
                if let Some(namespace) = attribute.namespace() {
                    made.namespace = Arc::from(namespace);
                    made.prefix = Arc::from(if namespace == XML {
                        "xml"
                    } else {
                        node.lookup_prefix(namespace).unwrap_or_default()
                    });
                }
            }
            place
        }
        roxmltree::NodeType::Text => {
            tree.add(parent, NodeKind::Text, &empty, node.text().unwrap_or_default().to_owned())
        }
        roxmltree::NodeType::Comment => {
            tree.add(parent, NodeKind::Comment, &empty, node.text().unwrap_or_default().to_owned())
        }
        roxmltree::NodeType::PI => {
            let pi = node.pi().unwrap();
            tree.add(
                parent,
                NodeKind::Instruction,
                &Arc::from(pi.target),
                pi.value.unwrap_or_default().to_owned(),
            )
        }
        roxmltree::NodeType::Root => parent,
    };
    for child in node.children() {
        add(tree, place, child);
    }
}

fn step_name(tree: &Tree, node: u32) -> String {
    let found = tree.get(node).unwrap();
    let name = if found.prefix.is_empty() {
        found.name.to_string()
    } else {
        format!("{}:{}", found.prefix, found.name)
    };
    match found.kind {
        NodeKind::Root => String::new(),
        NodeKind::Element => name,
        NodeKind::Attribute => format!("@{name}"),
        NodeKind::Text => "text()".to_owned(),
        NodeKind::Comment => "comment()".to_owned(),
        NodeKind::Instruction => "processing-instruction()".to_owned(),
    }
}

fn path_of(tree: &Tree, node: u32) -> String {
    let Some(parent) = tree.parent(node) else { return String::new() };
    let name = step_name(tree, node);
    let above = path_of(tree, parent);
    if name.starts_with('@') {
        return format!("{above}/{name}");
    }
    let number = tree
        .children(parent)
        .iter()
        .take_while(|place| **place != node)
        .filter(|place| step_name(tree, **place) == name)
        .count()
        + 1;
    format!("{above}/{name}[{number}]")
}

fn find(tree: &Tree, path: &str) -> Option<u32> {
    if path == "/" {
        return Some(0);
    }
    (0..tree.len() as u32).find(|node| path_of(tree, *node) == path)
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            "-0" => -0.0,
            other => other.parse().unwrap(),
        },
        other => other.as_f64().unwrap(),
    }
}

enum Verdict {
    Pass,
    Fail(String),
}

fn run(case: &Value, namespaces: &serde_json::Map<String, Value>) -> Verdict {
    let source = case["expression"].as_str().unwrap();
    let xml = case["xml"].as_str().unwrap_or("<root/>");
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = match roxmltree::Document::parse_with_options(xml, options) {
        Ok(document) => document,
        Err(error) => return Verdict::Fail(format!("the XML of the case: {error}")),
    };
    let mut whole = Tree::new();
    add(&mut whole, 0, document.root());
    whole.renumber();
    let root = case["root"].as_str().unwrap();
    let context = case["context"].as_str().unwrap();
    let main = if root == "/" {
        whole.clone()
    } else {
        let inner = document.descendants().find(|node| {
            node.is_element() && {
                let mut parts = Vec::new();
                let mut at = Some(*node);
                while let Some(element) = at.filter(|at| at.is_element()) {
                    let same = element
                        .prev_siblings()
                        .filter(|other| other.is_element() && other.tag_name() == element.tag_name())
                        .count();
                    parts.push(format!("{}[{same}]", element.tag_name().name()));
                    at = element.parent();
                }
                parts.reverse();
                let wanted: Vec<&str> = root
                    .split('/')
                    .skip(1)
                    .map(|part| part.split_once(':').map_or(part, |(_, local)| local))
                    .collect();
                parts == wanted
            }
        });
        let mut tree = Tree::new();
        for child in inner.unwrap().children() {
            add(&mut tree, 0, child);
        }
        tree.renumber();
        tree
    };
    let inner_context =
        if root == "/" { context.to_owned() } else { context.strip_prefix(root).unwrap().to_owned() };
    let inner_context = if inner_context.is_empty() { "/" } else { &inner_context };
    let Some(node) = find(&main, inner_context) else {
        return Verdict::Fail("the context node is not found".to_owned());
    };
    let instances =
        (0..whole.len() as u32).filter(|node| whole.name(*node) == "instance").filter_map(|node| {
            let id = whole.attributes(node).iter().find(|place| whole.name(**place) == "id")?;
            Some((whole.text(*id), node))
        });
    let test = case["test"].as_str().unwrap_or_default();
    let language =
        test.split("in language '").nth(1).and_then(|rest| rest.split('\'').next()).map(str::to_owned);
    let instances = instances.collect();
    let documents = [Arc::new(whole)];
    let form = CaseForm { whole: &documents[0], instances, namespaces, language };
    let host = TestHost(
        FixedHost {
            now_ms: case["now_ms"].as_i64().unwrap_or(0),
            offset_minutes: super::offset(case["timezone"].as_str().unwrap()),
            ..FixedHost::default()
        },
        std::cell::Cell::new(42),
    );
    let memory = Memory::default();
    let mut world = World::new(&main, &documents, &memory, &host, &form);
    world.same_repeat = false;
    let value = parse(source).map_err(|error| error.to_string()).and_then(|expression| {
        world
            .evaluate(&expression, Context::of(NodeId { doc: 0, node }))
            .map_err(|error: EvalError| error.to_string())
    });
    let wanted = &case["expected"];
    let matching = case["match"].as_str().unwrap();
    if matching == "error" {
        return match value {
            Err(_) => Verdict::Pass,
            Ok(value) => Verdict::Fail(format!("an error is wanted, {value:?} came")),
        };
    }
    let value = match value {
        Ok(value) => value,
        Err(error) => return Verdict::Fail(error),
    };
    compare(case, &world, &value, wanted, matching, &documents[0], &main, root)
}

#[allow(clippy::too_many_arguments)]
fn compare(
    case: &Value,
    world: &World<'_>,
    value: &Object,
    wanted: &Value,
    matching: &str,
    whole: &Tree,
    main: &Tree,
    root: &str,
) -> Verdict {
    let check = |good: bool, found: String| {
        if good { Verdict::Pass } else { Verdict::Fail(format!("{found} instead of {wanted}")) }
    };
    match case["type"].as_str().unwrap() {
        "boolean" => check(Some(value.boolean()) == wanted.as_bool(), value.boolean().to_string()),
        "number" => {
            let (found, wanted) = (value.number(world), number(wanted));
            let close = match matching {
                "tolerance" => {
                    (found - wanted).abs() <= case["tolerance"].as_f64().unwrap() || found == wanted
                }
                "rounded" => {
                    let factor = case["factor"].as_f64().unwrap();
                    (found * factor).round() / factor == wanted
                }
                _ => found == wanted || (found - wanted).abs() <= wanted.abs() * 1e-15,
            };
            let signs = wanted != 0.0 || found.is_sign_negative() == wanted.is_sign_negative();
            check((found.is_nan() && wanted.is_nan()) || (close && signs), number_text(found))
        }
        "string" => {
            let found = value.text(world);
            let good = match matching {
                "regex" => regex_lite::Regex::new(wanted.as_str().unwrap()).unwrap().is_match(&found),
                "length" => found.chars().count() as u64 == wanted.as_u64().unwrap(),
                _ => match wanted {
                    Value::String(text) => *text == found,
                    Value::Number(number) => number.to_string() == found,
                    _ => false,
                },
            };
            check(good, format!("{found:?}"))
        }
        "date" => {
            let found = Object::Moment(value.moment(world)).text(world);
            let wanted = wanted.as_str().unwrap();
            check(found.get(..10) == wanted.get(..10), found)
        }
        kind => {
            let Object::Nodes(nodes) = value else {
                return Verdict::Fail(format!("nodes are wanted, {value:?} came"));
            };
            let path = |node: &NodeId| match node.doc {
                0 if node.node == 0 => root.to_owned(),
                0 => format!("{}{}", if root == "/" { "" } else { root }, path_of(main, node.node)),
                _ => path_of(whole, node.node),
            };
            let mut found: Vec<String> = nodes.iter().map(path).collect();
            let mut wanted: Vec<String> = match wanted {
                Value::Array(all) => all.iter().map(|path| path.as_str().unwrap().to_owned()).collect(),
                Value::String(one) => vec![one.clone()],
                _ => Vec::new(),
            };
            if kind == "first-node" {
                found.truncate(1);
            }
            if matching == "unordered" {
                found.sort();
                wanted.sort();
            }
            check(found == wanted, format!("{found:?}"))
        }
    }
}

#[test]
fn expressions_agree_with_the_official_engines() {
    let Some(text) = super::read("xpath.json.gz") else { return };
    let all: Value = serde_json::from_str(&text).unwrap();
    let namespaces = all["meta"]["namespaces"].as_object().unwrap();
    let mut groups: std::collections::BTreeMap<String, (usize, usize)> = std::collections::BTreeMap::new();
    let mut failed = Vec::new();
    for case in all["cases"].as_array().unwrap() {
        let disputed = case["web_forms_agrees"].as_bool() == Some(false);
        let beyond = if case["beyond_odk_spec"] == true { " beyond" } else { "" };
        let name = if disputed {
            "disputed".to_owned()
        } else {
            format!("{}{beyond}", case["dialect"].as_str().unwrap())
        };
        let group = groups.entry(name.clone()).or_default();
        group.1 += 1;
        match run(case, namespaces) {
            Verdict::Pass => group.0 += 1,
            Verdict::Fail(why) => {
                let (kind, place) = (case["type"].as_str().unwrap(), case["context"].as_str().unwrap());
                let case = format!("{} {} [{kind}] @{place} ({name})", case["id"], case["expression"]);
                failed.push((case, why));
            }
        }
    }
    super::report::failures("expressions", failed);
    let share = |name: &str, of: &str| {
        let (passed, counted) = groups.get(of).copied().unwrap_or_default();
        super::report::figure(name, passed, counted, "")
    };
    // What the ODK specification covers and nobody disputes, and plain XPath 1.0.
    let odk = share("xpath_pass_pct", "odk");
    let plain = share("xpath_plain_pass_pct", "xpath1.0");
    println!("all groups: {groups:?}");
    assert!(odk >= FLOOR && plain >= FLOOR, "{odk} and {plain} % pass, {FLOOR} % did before");
}
