//! Walks location paths.
//!
//! Two things differ from the book. An absolute path inside a repeat means the same instance of that repeat, because
//! forms written for ODK rely on it. And `instance('x')/root/item[column = value]` asks an index or the host for the
//! rows instead of looking at each; so does one such condition among several joined by `and`.

use super::ast::{Axis, Expr, Operator, Path, Start, Step, Test};
use super::eval::{Context, EvalError, World, eval, eval_nodes};
use super::object::Object;
use crate::tree::{NodeId, NodeKind, Tree};

/// Nodes a path leads to, in document order. Nodes that are not relevant are left out.
pub fn walk(world: &World<'_>, path: &Path, context: &Context) -> Result<Vec<NodeId>, EvalError> {
    let mut steps = path.steps.as_slice();
    let mut nodes = match &path.start {
        Start::Here => vec![context.node],
        Start::Root => {
            // Also inside a predicate on a list, an absolute path means the record.
            let root = NodeId { doc: 0, node: 0 };
            let (start, taken) = same_instance(world, root, steps, context);
            steps = steps.get(taken..).unwrap_or_default();
            vec![start]
        }
        Start::From(inner, predicates) => {
            if predicates.is_empty()
                && let Some((found, taken)) = rows(world, inner, steps, context)?
            {
                steps = steps.get(taken..).unwrap_or_default();
                found
            } else {
                let found = eval_nodes(world, inner, context)?;
                filter(world, found, predicates, context)?
            }
        }
    };
    for step in steps {
        nodes = take_step(world, &nodes, step, context)?;
        if nodes.is_empty() {
            break;
        }
    }
    if world.keep_hidden.get() {
        return Ok(nodes);
    }
    nodes.retain(|node| {
        !world.tree(node.doc).and_then(|tree| tree.get(node.node)).is_some_and(|found| found.hidden)
    });
    Ok(nodes)
}

/// Follows the beginning of an absolute path along the ancestors of the context, as long as the names agree, and gives
/// where that ends and how many steps it took. The last step is never taken here: `count(/data/child)` means all.
fn same_instance(world: &World<'_>, root: NodeId, steps: &[Step], context: &Context) -> (NodeId, usize) {
    if !world.same_repeat || context.origin.doc != 0 {
        return (root, 0);
    }
    let mut line = Vec::new();
    let mut place = Some(context.origin.node);
    while let Some(node) = place {
        line.push(node);
        place = world.main.parent(node);
    }
    line.reverse();
    let mut at = root;
    let mut taken = 0;
    for (step, ancestor) in steps.iter().zip(line.iter().skip(1)) {
        let Test::Name(prefix, name) = &step.test else { break };
        if taken + 1 >= steps.len()
            || step.axis != Axis::Child
            || !prefix.is_empty()
            || !step.predicates.is_empty()
            || world.main.name(*ancestor) != name
        {
            break;
        }
        at = NodeId { doc: 0, node: *ancestor };
        taken += 1;
    }
    (at, taken)
}

/// The fast way for `instance('x')/root/item[column = value]`. Gives the rows and how many steps they stand for.
fn rows(
    world: &World<'_>,
    inner: &Expr,
    steps: &[Step],
    context: &Context,
) -> Result<Option<(Vec<NodeId>, usize)>, EvalError> {
    let Expr::Call(function, arguments) = inner else { return Ok(None) };
    if function != "instance" || arguments.len() != 1 {
        return Ok(None);
    }
    let Some(name) = arguments.first() else { return Ok(None) };
    let name = eval(world, name, context)?.text(world);
    let wanted = match (steps.first(), steps.get(1)) {
        (Some(top), Some(row))
            if top.predicates.is_empty() && top.axis == Axis::Child && row.axis == Axis::Child =>
        {
            row.predicates.first().map(equalities).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let mut indexed = None;
    for (column, value) in wanted {
        match eval(world, value, context) {
            Ok(Object::Text(text)) => indexed = Some((column, vec![text])),
            Ok(Object::Nodes(nodes)) => {
                indexed = Some((column, nodes.iter().map(|node| world.text(*node)).collect()));
            }
            Err(error @ EvalError::NotYet(_)) => return Err(error),
            // Numbers compare as numbers ("007" is 7), which no index of texts can answer. What cannot be worked out is
            // told by the rows, if it comes to that.
            Ok(_) | Err(_) => continue,
        }
        break;
    }
    let (Some((column, values)), Some(row)) = (indexed, steps.get(1)) else {
        return Ok(match world.form.instance(&name) {
            Some(_) => None,
            None => Some((vec![world.lookup(&name, None)?], 0)),
        });
    };
    let mut found = Vec::new();
    for value in values {
        match world.form.instance(&name) {
            Some(root) if root.node == 0 && root.doc != 0 => {
                let Some(tree) = world.tree(root.doc) else { continue };
                found.extend(
                    tree.rows_where(column, &value).into_iter().map(|node| NodeId { doc: root.doc, node }),
                );
            }
            Some(_) => return Ok(None),
            None => {
                let root = world.lookup(&name, Some((column, &value)))?;
                let Some(tree) = world.tree(root.doc) else { continue };
                for top in tree.children(0) {
                    found
                        .extend(tree.children(*top).iter().map(|node| NodeId { doc: root.doc, node: *node }));
                }
            }
        }
    }
    sort(world, &mut found);
    found.retain(|node| {
        world.tree(node.doc).is_some_and(|tree| matches(world, tree, node.node, Axis::Child, &row.test))
    });
    Ok(Some((filter(world, found, &row.predicates, context)?, 2)))
}

/// The conditions `column = value` that every wanted row fulfils: one, or those of `a = b and c > d`.
fn equalities(predicate: &Expr) -> Vec<(&str, &Expr)> {
    match predicate {
        Expr::All(parts) => {
            // Among fewer rows a row has another place.
            let mut placed = false;
            predicate.walk(&mut |part| {
                placed |= matches!(part, Expr::Call(name, _) if name == "position" || name == "last");
            });
            if placed { Vec::new() } else { parts.iter().filter_map(equality).collect() }
        }
        one => equality(one).into_iter().collect(),
    }
}

/// Takes `column = value` apart, when the value does not depend on the row.
fn equality(predicate: &Expr) -> Option<(&str, &Expr)> {
    let Expr::Chain(left, rest) = predicate else { return None };
    let [(Operator::Equal, right)] = rest.as_slice() else { return None };
    match (column_name(left), column_name(right)) {
        (Some(column), _) if independent(right) => Some((column, right)),
        (_, Some(column)) if independent(left) => Some((column, left)),
        _ => None,
    }
}

fn column_name(expression: &Expr) -> Option<&str> {
    let Expr::Path(Path { start: Start::Here, steps }) = expression else { return None };
    match steps.as_slice() {
        [Step { axis: Axis::Child, test: Test::Name(prefix, name), predicates }]
            if prefix.is_empty() && predicates.is_empty() =>
        {
            Some(name)
        }
        _ => None,
    }
}

/// True when an expression gives the same for every row it is asked for.
fn independent(expression: &Expr) -> bool {
    match expression {
        Expr::Number(_) | Expr::Text(_) => true,
        Expr::Variable(_) => false,
        Expr::Any(parts) | Expr::All(parts) | Expr::Union(parts) => parts.iter().all(independent),
        Expr::Chain(first, rest) => independent(first) && rest.iter().all(|(_, part)| independent(part)),
        Expr::Negate(inner) => independent(inner),
        Expr::Path(path) => match &path.start {
            Start::Root => true,
            Start::Here => false,
            Start::From(inner, _) => independent(inner),
        },
        Expr::Call(name, arguments) => {
            (!arguments.is_empty()
                || matches!(name.as_str(), "current" | "true" | "false" | "today" | "now" | "pi"))
                && name != "once"
                && arguments.iter().all(independent)
        }
    }
}

fn take_step(
    world: &World<'_>,
    from: &[NodeId],
    step: &Step,
    context: &Context,
) -> Result<Vec<NodeId>, EvalError> {
    let mut all = Vec::new();
    for node in from {
        let Some(tree) = world.tree(node.doc) else { continue };
        let mut found = Vec::new();
        gather(world, tree, node.node, step, &mut found)?;
        let found = found.into_iter().map(|place| NodeId { doc: node.doc, node: place }).collect();
        all.extend(filter(world, found, &step.predicates, context)?);
    }
    // One node and a forward direction: already in order and without doubles.
    if from.len() > 1 || reversed(step.axis) {
        sort(world, &mut all);
    }
    Ok(all)
}

fn reversed(axis: Axis) -> bool {
    matches!(axis, Axis::Ancestor | Axis::AncestorOrSelf | Axis::Preceding | Axis::PrecedingSibling)
}

/// Nodes on an axis that pass the test, nearest first.
fn gather(
    world: &World<'_>,
    tree: &Tree,
    from: u32,
    step: &Step,
    out: &mut Vec<u32>,
) -> Result<(), EvalError> {
    let axis = step.axis;
    let mut take = |place: u32| -> Result<(), EvalError> {
        world.pay(1)?;
        if matches(world, tree, place, axis, &step.test) {
            out.push(place);
        }
        Ok(())
    };
    match axis {
        Axis::Itself => take(from)?,
        Axis::Child if std::ptr::eq(tree, world.main) && indexed(world, from, &step.test).is_some() => {
            for definition in indexed(world, from, &step.test).unwrap_or_default() {
                for child in tree.made_from(from, *definition) {
                    take(*child)?;
                }
            }
        }
        Axis::Child => {
            for child in tree.children(from) {
                take(*child)?;
            }
        }
        Axis::Attribute => {
            for attribute in tree.attributes(from) {
                take(*attribute)?;
            }
        }
        Axis::Parent => {
            if let Some(parent) = tree.parent(from) {
                take(parent)?;
            }
        }
        Axis::Ancestor | Axis::AncestorOrSelf => {
            let mut place = if axis == Axis::Ancestor { tree.parent(from) } else { Some(from) };
            while let Some(node) = place {
                take(node)?;
                place = tree.parent(node);
            }
        }
        Axis::Descendant | Axis::DescendantOrSelf => {
            below(tree, from, axis == Axis::DescendantOrSelf, &mut take)?
        }
        Axis::FollowingSibling | Axis::PrecedingSibling => {
            let siblings = siblings(tree, from);
            let Some(own) = siblings.iter().position(|place| *place == from) else { return Ok(()) };
            if axis == Axis::FollowingSibling {
                for place in siblings.iter().skip(own + 1) {
                    take(*place)?;
                }
            } else {
                for place in siblings.iter().take(own).rev() {
                    take(*place)?;
                }
            }
        }
        Axis::Following => {
            let mut place = Some(from);
            // What follows an attribute includes the content of its element.
            if let Some(node) = tree.get(from)
                && node.kind == NodeKind::Attribute
            {
                below(tree, node.parent, false, &mut take)?;
                place = tree.parent(from);
            }
            while let Some(node) = place {
                let siblings = siblings(tree, node);
                if let Some(own) = siblings.iter().position(|sibling| *sibling == node) {
                    for sibling in siblings.iter().skip(own + 1) {
                        below(tree, *sibling, true, &mut take)?;
                    }
                }
                place = tree.parent(node);
            }
        }
        Axis::Preceding => {
            let mut place = match tree.get(from) {
                Some(node) if node.kind == NodeKind::Attribute => tree.parent(from),
                _ => Some(from),
            };
            while let Some(node) = place {
                let siblings = siblings(tree, node);
                if let Some(own) = siblings.iter().position(|sibling| *sibling == node) {
                    for sibling in siblings.iter().take(own).rev() {
                        let mut inside = Vec::new();
                        below(tree, *sibling, true, &mut |place| {
                            inside.push(place);
                            Ok(())
                        })?;
                        for place in inside.into_iter().rev() {
                            take(place)?;
                        }
                    }
                }
                place = tree.parent(node);
            }
        }
        Axis::Namespace => {}
    }
    Ok(())
}

/// Definitions of the wanted children, when the form has an index of their names.
fn indexed<'a>(world: &World<'a>, from: u32, test: &Test) -> Option<&'a [u32]> {
    match test {
        Test::Name(prefix, name) if prefix.is_empty() => {
            let definition = world.main.get(from).map(|node| node.definition)?;
            world.form.children_named(definition, name)
        }
        _ => None,
    }
}

fn siblings(tree: &Tree, node: u32) -> &[u32] {
    match tree.get(node) {
        Some(found) if found.kind != NodeKind::Attribute => {
            tree.parent(node).map_or(&[], |parent| tree.children(parent))
        }
        _ => &[],
    }
}

fn below(
    tree: &Tree,
    from: u32,
    with_itself: bool,
    take: &mut dyn FnMut(u32) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    if with_itself {
        take(from)?;
    }
    let mut waiting: Vec<u32> = tree.children(from).iter().rev().copied().collect();
    while let Some(place) = waiting.pop() {
        take(place)?;
        waiting.extend(tree.children(place).iter().rev());
    }
    Ok(())
}

fn matches(world: &World<'_>, tree: &Tree, place: u32, axis: Axis, test: &Test) -> bool {
    let Some(node) = tree.get(place) else { return false };
    let principal = if axis == Axis::Attribute { NodeKind::Attribute } else { NodeKind::Element };
    match test {
        Test::Node => true,
        Test::Text => node.kind == NodeKind::Text,
        Test::Comment => node.kind == NodeKind::Comment,
        Test::Instruction(None) => node.kind == NodeKind::Instruction,
        Test::Instruction(Some(name)) => node.kind == NodeKind::Instruction && *node.name == **name,
        Test::Any => node.kind == principal,
        Test::AnyOf(prefix) => node.kind == principal && same_prefix(world, node, prefix),
        Test::Name(prefix, name) => {
            node.kind == principal && *node.name == **name && name_space(world, node, prefix)
        }
    }
}

/// In XPath a name without a prefix has no namespace; forms call theirs the default one.
fn name_space(world: &World<'_>, node: &crate::tree::Node, prefix: &str) -> bool {
    if !prefix.is_empty() {
        return same_prefix(world, node, prefix);
    }
    world.form.default_namespace().is_none_or(|known| node.namespace.is_empty() || *node.namespace == *known)
}

fn same_prefix(world: &World<'_>, node: &crate::tree::Node, prefix: &str) -> bool {
    match world.form.namespace(prefix) {
        Some(namespace) => *node.namespace == *namespace,
        None => *node.prefix == *prefix,
    }
}

/// Keeps the nodes for which every predicate holds; a predicate that is a number means a position.
pub fn filter(
    world: &World<'_>,
    nodes: Vec<NodeId>,
    predicates: &[Expr],
    context: &Context,
) -> Result<Vec<NodeId>, EvalError> {
    let mut nodes = nodes;
    for predicate in predicates {
        let size = nodes.len();
        // A plain number needs no look at the nodes.
        if let Expr::Number(number) = predicate {
            let wanted = *number;
            nodes = nodes
                .into_iter()
                .enumerate()
                .filter(|(at, _)| (at + 1) as f64 == wanted)
                .map(|(_, node)| node)
                .collect();
            continue;
        }
        let mut kept = Vec::new();
        for (at, node) in nodes.into_iter().enumerate() {
            let inner = Context { node, position: at + 1, size, origin: context.origin };
            let keep = match eval(world, predicate, &inner)? {
                Object::Number(number) => number == (at + 1) as f64,
                other => other.boolean(),
            };
            if keep {
                kept.push(node);
            }
        }
        nodes = kept;
    }
    Ok(nodes)
}

/// Puts nodes in document order and drops doubles.
pub fn sort(world: &World<'_>, nodes: &mut Vec<NodeId>) {
    nodes.sort_by_key(|node| (node.doc, world.tree(node.doc).map_or(0, |tree| tree.order(node.node))));
    nodes.dedup();
}
