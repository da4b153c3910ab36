//! Functions on nodes: positions, shuffles, repeats by index, tables, names.

use super::super::ast::{Axis, Expr, Operator, Path, Start, Step, Test};
use super::super::digest;
use super::super::eval::{EvalError, World, eval};
use super::super::object::Object;
use super::Given;
use crate::tree::NodeId;

pub(super) fn place_among_namesakes(world: &World<'_>, node: NodeId) -> f64 {
    let Some(tree) = world.tree(node.doc) else { return f64::NAN };
    let Some(parent) = tree.parent(node.node) else { return 1.0 };
    let name = tree.name(node.node);
    let before = tree
        .children(parent)
        .iter()
        .take_while(|place| **place != node.node)
        .filter(|place| tree.name(**place) == name);
    (before.count() + 1) as f64
}

/// Shuffles nodes. With a seed it is the shuffle every ODK engine does: Fisher-Yates over a Park-Miller generator.
pub(super) fn randomize(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    let mut nodes = given.nodes(0)?;
    let seed = if given.arguments.len() > 1 {
        let number = given.number(1)?;
        if number.is_nan() { digest::seed_of(&given.text(1)?) } else { number as i64 }
    } else {
        (given.world.host.random() >> 2) as i64
    };
    let mut state = seed % 2_147_483_647;
    if state <= 0 {
        state += 2_147_483_646;
    }
    for at in (1..nodes.len()).rev() {
        state = state * 16_807 % 2_147_483_647;
        let fraction = (state - 1) as f64 / 2_147_483_646.0;
        nodes.swap(at, (fraction * (at + 1) as f64).floor() as usize);
    }
    Ok(Object::Nodes(nodes))
}

/// `indexed-repeat(question, repeat, index, ...)`: the question in the given instance of each repeat.
pub(super) fn indexed_repeat(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    if given.arguments.len().is_multiple_of(2) {
        return Err(EvalError::Arguments(
            "`indexed-repeat()` takes a question and pairs of a repeat and its index".to_owned(),
        ));
    }
    let world = given.world;
    let inside = |node: NodeId, holder: Option<NodeId>| {
        let Some(holder) = holder else { return true };
        let Some(tree) = world.tree(node.doc) else { return false };
        let mut place = Some(node.node);
        while let Some(at) = place {
            if at == holder.node {
                return node.doc == holder.doc;
            }
            place = tree.parent(at);
        }
        false
    };
    // The pairs may come in any order; the outer repeat decides first.
    let depth = |nodes: &[NodeId]| {
        let mut place = nodes.first().copied();
        std::iter::from_fn(|| {
            let at = place?;
            place = world
                .tree(at.doc)
                .and_then(|tree| tree.parent(at.node))
                .map(|node| NodeId { doc: at.doc, node });
            Some(at)
        })
        .count()
    };
    let mut pairs = Vec::new();
    for at in (1..given.arguments.len()).step_by(2) {
        let instances = everywhere(given, at)?;
        pairs.push((depth(&instances), instances, given.number(at + 1)?));
    }
    pairs.sort_by_key(|(depth, _, _)| *depth);
    let mut holder = None;
    for (_, instances, index) in pairs {
        let mut candidates = instances.into_iter().filter(|node| inside(*node, holder));
        let chosen = (index >= 1.0).then(|| candidates.nth(index as usize - 1)).flatten();
        if chosen.is_none() {
            return Ok(Object::Nodes(Vec::new()));
        }
        holder = chosen;
    }
    let wanted = everywhere(given, 0)?;
    Ok(Object::Nodes(wanted.into_iter().filter(|node| inside(*node, holder)).collect()))
}

/// Nodes of an argument's path in all instances of all repeats, whatever instance the context is in.
pub(super) fn everywhere(given: &Given<'_, '_>, at: usize) -> Result<Vec<NodeId>, EvalError> {
    let world = given.world;
    let Some(Expr::Path(path)) = given.arguments.get(at) else { return given.nodes(at) };
    let Some(tree) = world.tree(given.context.node.doc) else { return given.nodes(at) };
    let mut names: Vec<String> = Vec::new();
    if path.start == Start::Here {
        let mut place = Some(given.context.node.node);
        while let Some(node) = place.filter(|node| *node != 0) {
            names.insert(0, tree.name(node).to_owned());
            place = tree.parent(node);
        }
    } else if path.start != Start::Root {
        return given.nodes(at);
    }
    for step in &path.steps {
        match (&step.axis, &step.test) {
            (Axis::Itself, Test::Node) => {}
            (Axis::Parent, Test::Node) => {
                names.pop();
            }
            (Axis::Child, Test::Name(prefix, name)) if step.predicates.is_empty() && prefix.is_empty() => {
                names.push(name.clone())
            }
            _ => return given.nodes(at),
        }
    }
    let mut places = vec![0_u32];
    for name in &names {
        let below = places.iter().flat_map(|place| tree.children(*place)).copied();
        places = below.filter(|place| tree.name(*place) == name).collect();
        world.pay(places.len())?;
    }
    let hidden = |place: &u32| tree.get(*place).is_some_and(|node| node.hidden);
    Ok(places
        .into_iter()
        .filter(|place| !hidden(place))
        .map(|node| NodeId { doc: given.context.node.doc, node })
        .collect())
}

/// `pulldata('table', 'wanted column', 'key column', key)`, as the path it stands for.
pub(super) fn pulldata(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    let (table, wanted, column, key) = (given.text(0)?, given.text(1)?, given.text(2)?, given.text(3)?);
    if key.is_empty() {
        return Ok(Object::blank());
    }
    let step = |name: &str| {
        let (axis, name) = name.strip_prefix('@').map_or((Axis::Child, name), |name| (Axis::Attribute, name));
        Step { axis, test: Test::Name(String::new(), name.to_owned()), predicates: Vec::new() }
    };
    let column = Expr::Path(Path { start: Start::Here, steps: vec![step(&column)] });
    let mut item = step("item");
    item.predicates.push(Expr::Chain(Box::new(column), vec![(Operator::Equal, Expr::Text(key))]));
    let path = Path {
        start: Start::From(Box::new(Expr::Call("instance".to_owned(), vec![Expr::Text(table)])), Vec::new()),
        steps: vec![step("root"), item, step(&wanted)],
    };
    Ok(Object::Text(eval(given.world, &Expr::Path(path), given.context)?.text(given.world)))
}

pub(super) fn id(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    let wanted: Vec<String> = given
        .spread(0)?
        .iter()
        .flat_map(|value| value.text(given.world).split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let doc = given.context.node.doc;
    let Some(tree) = given.world.tree(doc) else { return Ok(Object::Nodes(Vec::new())) };
    let mut found = Vec::new();
    let mut waiting = vec![0_u32];
    while let Some(place) = waiting.pop() {
        given.world.pay(1)?;
        if tree
            .attributes(place)
            .iter()
            .any(|attribute| tree.name(*attribute) == "id" && wanted.contains(&tree.text(*attribute)))
        {
            found.push(NodeId { doc, node: place });
        }
        waiting.extend(tree.children(place).iter().rev());
    }
    Ok(Object::Nodes(found))
}

pub(super) fn name_of(world: &World<'_>, node: NodeId, what: &str) -> String {
    let Some(found) = world.tree(node.doc).and_then(|tree| tree.get(node.node)) else { return String::new() };
    match what {
        "namespace-uri" => found.namespace.to_string(),
        "name" if !found.prefix.is_empty() => format!("{}:{}", found.prefix, found.name),
        _ => found.name.to_string(),
    }
}

pub(super) fn lang(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    let wanted = given.text(0)?.to_lowercase();
    let node = given.context.node;
    let Some(tree) = given.world.tree(node.doc) else { return Ok(Object::Boolean(false)) };
    let mut place = Some(node.node);
    while let Some(at) = place {
        let said = tree.attributes(at).iter().find(|attribute| {
            tree.get(**attribute).is_some_and(|found| &*found.name == "lang" && &*found.prefix == "xml")
        });
        if let Some(said) = said {
            let said = tree.text(*said).to_lowercase();
            return Ok(Object::Boolean(
                said == wanted || said.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('-')),
            ));
        }
        place = tree.parent(at);
    }
    Ok(Object::Boolean(false))
}
