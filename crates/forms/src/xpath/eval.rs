//! Evaluates expressions, with a bound on work.
//!
//! A form's author can write anything and a person can answer anything; neither may hang or stop the program. So every
//! visit of a node costs a step of a budget, and whatever goes wrong is an [`EvalError`], never a panic.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Expr, Operator};
use super::object::Object;
use super::{functions, paths};
use crate::host::Host;
use crate::tree::{Found, NodeId, NodeKind, Tree};

/// Node visits one evaluation may cost. A sum over 18,000 rows with a predicate costs about 100,000.
const BUDGET: u64 = 1_000_000;

/// Why an expression gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// No such function, here or in the host.
    #[error("there is no function `{0}`")]
    UnknownFunction(String),
    /// Too few or too many arguments, or one of a wrong kind.
    #[error("{0}")]
    Arguments(String),
    /// Nodes are wanted and something else is there.
    #[error("nodes are expected")]
    NotNodes,
    /// `instance('x')` names nothing.
    #[error("there is no list `{0}`")]
    UnknownInstance(String),
    /// The rows of a table are on their way.
    #[error("the rows of `{0}` are not here yet")]
    NotYet(String),
    /// `$x`: forms have no variables.
    #[error("there is no variable `{0}`")]
    Variable(String),
    /// The budget is used up.
    #[error("the expression takes too much work")]
    TooMuch,
}

/// What the evaluator asks of the form around it.
pub trait Surroundings {
    /// Root of a list or other document that is part of the form.
    fn instance(&self, name: &str) -> Option<NodeId>;
    /// A translated text by its id, in the language in use.
    fn itext(&self, world: &World<'_>, id: &str) -> Option<String>;
    /// Label of a choice of the question at a path, seen from a node.
    fn choice_name(&self, world: &World<'_>, from: NodeId, path: &str, value: &str) -> Option<String>;
    /// Definitions of the child elements with a name below a definition, from an index; `None` when there is none. The
    /// children of a record's node lie in the order of their definitions.
    fn children_named(&self, _definition: u32, _name: &str) -> Option<&[u32]> {
        None
    }
    /// True when the language in use is Thai.
    fn thai(&self) -> bool;
    /// Namespace of names without a prefix. `None`: such names are compared without regard to namespaces.
    fn default_namespace(&self) -> Option<&str> {
        None
    }
    /// Namespace of a prefix in name tests. `None`: prefixes are compared as written.
    fn namespace(&self, _prefix: &str) -> Option<&str> {
        None
    }
}

/// A table and the (column, value) its rows were asked for.
type Asked = (String, Option<(String, String)>);

/// Things found during evaluation that are worth keeping: registry rows and compiled patterns.
#[derive(Default)]
pub struct Memory {
    /// Documents made of registry rows.
    pub found: Found,
    lookups: RefCell<HashMap<Asked, Option<NodeId>>>,
    /// Node visits of all evaluations since someone last set it back.
    pub spent: Cell<u64>,
    patterns: RefCell<HashMap<String, Option<Arc<regex_lite::Regex>>>>,
}

/// Everything an evaluation reads.
pub struct World<'a> {
    /// The record: document 0.
    pub main: &'a Tree,
    /// Lists of the form: documents 1, 2, ...
    pub fixed: &'a [Arc<Tree>],
    /// What was looked up: the documents after those.
    pub memory: &'a Memory,
    /// The world outside.
    pub host: &'a dyn Host,
    /// The form.
    pub form: &'a dyn Surroundings,
    /// True in forms: an absolute path inside a repeat means the same instance of that repeat.
    pub same_repeat: bool,
    /// True while nodes that are not relevant are wanted too.
    pub(crate) keep_hidden: Cell<bool>,
    steps: Cell<u64>,
}

/// Where an expression is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The node `.` stands for.
    pub node: NodeId,
    /// `position()`.
    pub position: usize,
    /// `last()`.
    pub size: usize,
    /// The node `current()` stands for.
    pub origin: NodeId,
}

impl Context {
    /// The context of an expression that belongs to a node.
    pub fn of(node: NodeId) -> Context {
        Context { node, position: 1, size: 1, origin: node }
    }
}

impl<'a> World<'a> {
    /// Puts a world together with a full budget.
    pub fn new(
        main: &'a Tree,
        fixed: &'a [Arc<Tree>],
        memory: &'a Memory,
        host: &'a dyn Host,
        form: &'a dyn Surroundings,
    ) -> World<'a> {
        World {
            main,
            fixed,
            memory,
            host,
            form,
            same_repeat: true,
            keep_hidden: Cell::new(false),
            steps: Cell::new(0),
        }
    }

    /// Evaluates an expression with a fresh budget.
    pub fn evaluate(&self, expression: &Expr, context: Context) -> Result<Object, EvalError> {
        self.steps.set(0);
        let value = eval(self, expression, &context);
        self.memory.spent.set(self.memory.spent.get() + self.steps.get());
        value
    }

    /// The document a node lives in.
    pub fn tree(&self, doc: u32) -> Option<&'a Tree> {
        if doc == 0 {
            return Some(self.main);
        }
        let place = doc as usize - 1;
        match self.fixed.get(place) {
            Some(tree) => Some(tree),
            None => self.memory.found.get((place - self.fixed.len()) as u32),
        }
    }

    /// String-value of a node.
    pub fn text(&self, node: NodeId) -> String {
        self.tree(node.doc).map_or_else(String::new, |tree| tree.text(node.node))
    }

    /// Minutes ahead of UTC.
    pub fn offset(&self) -> i32 {
        self.host.offset_minutes()
    }

    /// Pays for visiting nodes.
    pub(crate) fn pay(&self, steps: usize) -> Result<(), EvalError> {
        let paid = self.steps.get() + steps as u64;
        self.steps.set(paid);
        if paid > BUDGET { Err(EvalError::TooMuch) } else { Ok(()) }
    }

    /// Root of a table the host has, restricted to rows with a value if one is asked for.
    pub(crate) fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Result<NodeId, EvalError> {
        let key = (instance.to_owned(), equals.map(|(column, value)| (column.to_owned(), value.to_owned())));
        let unknown = || EvalError::UnknownInstance(instance.to_owned());
        if let Some(known) = self.memory.lookups.borrow().get(&key) {
            return known.ok_or_else(unknown);
        }
        let rows = self.host.lookup(instance, equals);
        if rows.is_none() && self.host.is_coming(instance) {
            return Err(EvalError::NotYet(instance.to_owned()));
        }
        let root = rows.map(|rows| {
            let mut tree = Tree::new();
            let top = tree.element(0, &Arc::from("root"));
            let item: Arc<str> = Arc::from("item");
            let mut names: HashMap<String, Arc<str>> = HashMap::new();
            for row in rows {
                let place = tree.element(top, &item);
                for (column, value) in row {
                    let name =
                        names.entry(column).or_insert_with_key(|column| Arc::from(column.as_str())).clone();
                    tree.add(place, NodeKind::Element, &name, value);
                }
            }
            tree.renumber();
            let doc = self.fixed.len() as u32 + 1 + self.memory.found.push(tree);
            NodeId { doc, node: 0 }
        });
        self.memory.lookups.borrow_mut().insert(key, root);
        root.ok_or_else(unknown)
    }

    /// A compiled pattern that must match a whole text; `None` when it is not one we can read.
    pub(crate) fn pattern(&self, source: &str) -> Option<Arc<regex_lite::Regex>> {
        if let Some(known) = self.memory.patterns.borrow().get(source) {
            return known.clone();
        }
        let compiled = regex_lite::Regex::new(&format!("^(?:{source})$")).ok().map(Arc::new);
        self.memory.patterns.borrow_mut().insert(source.to_owned(), compiled.clone());
        compiled
    }
}

/// Evaluates an expression in a context.
pub fn eval(world: &World<'_>, expression: &Expr, context: &Context) -> Result<Object, EvalError> {
    world.pay(1)?;
    match expression {
        Expr::Number(number) => Ok(Object::Number(*number)),
        Expr::Text(text) => Ok(Object::Text(text.clone())),
        Expr::Variable(name) => Err(EvalError::Variable(name.clone())),
        Expr::Any(parts) => {
            for part in parts {
                if eval(world, part, context)?.boolean() {
                    return Ok(Object::Boolean(true));
                }
            }
            Ok(Object::Boolean(false))
        }
        Expr::All(parts) => {
            for part in parts {
                if !eval(world, part, context)?.boolean() {
                    return Ok(Object::Boolean(false));
                }
            }
            Ok(Object::Boolean(true))
        }
        Expr::Chain(first, rest) => {
            let mut left = eval(world, first, context)?;
            for (operator, part) in rest {
                let right = eval(world, part, context)?;
                left = apply(world, *operator, &left, &right)?;
            }
            Ok(left)
        }
        Expr::Negate(inner) => Ok(Object::Number(-eval(world, inner, context)?.number(world))),
        Expr::Union(parts) => {
            let mut nodes = Vec::new();
            for part in parts {
                nodes.extend(eval_nodes(world, part, context)?);
            }
            paths::sort(world, &mut nodes);
            Ok(Object::Nodes(nodes))
        }
        Expr::Path(path) => paths::walk(world, path, context).map(Object::Nodes),
        Expr::Call(name, arguments) => functions::call(world, name, arguments, context),
    }
}

/// Evaluates an expression that must give nodes.
pub fn eval_nodes(world: &World<'_>, expression: &Expr, context: &Context) -> Result<Vec<NodeId>, EvalError> {
    match eval(world, expression, context)? {
        Object::Nodes(nodes) => Ok(nodes),
        _ => Err(EvalError::NotNodes),
    }
}

fn apply(world: &World<'_>, operator: Operator, left: &Object, right: &Object) -> Result<Object, EvalError> {
    let calculated =
        |calculate: fn(f64, f64) -> f64| Object::Number(calculate(left.number(world), right.number(world)));
    Ok(match operator {
        Operator::Plus => calculated(|a, b| a + b),
        Operator::Minus => calculated(|a, b| a - b),
        Operator::Times => calculated(|a, b| a * b),
        Operator::Divide => calculated(|a, b| a / b),
        Operator::Remainder => calculated(|a, b| a % b),
        _ => Object::Boolean(compare(world, operator, left, right)?),
    })
}

fn compare(world: &World<'_>, operator: Operator, left: &Object, right: &Object) -> Result<bool, EvalError> {
    match (left, right) {
        (Object::Nodes(left), Object::Nodes(right)) => {
            world.pay(left.len() * right.len())?;
            let left: Vec<Object> = left.iter().map(|node| Object::Text(world.text(*node))).collect();
            let right: Vec<Object> = right.iter().map(|node| Object::Text(world.text(*node))).collect();
            Ok(left.iter().any(|a| right.iter().any(|b| compare_single(world, operator, a, b))))
        }
        (Object::Nodes(_), Object::Boolean(_)) | (Object::Boolean(_), Object::Nodes(_))
            if matches!(operator, Operator::Equal | Operator::NotEqual) =>
        {
            Ok(compare_single(world, operator, left, right))
        }
        (Object::Nodes(nodes), other) => {
            world.pay(nodes.len())?;
            Ok(nodes
                .iter()
                .any(|node| compare_single(world, operator, &Object::Text(world.text(*node)), other)))
        }
        (other, Object::Nodes(nodes)) => {
            world.pay(nodes.len())?;
            Ok(nodes
                .iter()
                .any(|node| compare_single(world, operator, other, &Object::Text(world.text(*node)))))
        }
        _ => Ok(compare_single(world, operator, left, right)),
    }
}

/// Compares two values of which none is a set of nodes (a set compared with a boolean counts as a boolean).
fn compare_single(world: &World<'_>, operator: Operator, left: &Object, right: &Object) -> bool {
    let numeric = |kind: fn(&f64, &f64) -> bool| kind(&left.number(world), &right.number(world));
    let equal = || match (left, right) {
        (Object::Boolean(_), _) | (_, Object::Boolean(_)) => left.boolean() == right.boolean(),
        (Object::Number(_) | Object::Moment(_), _) | (_, Object::Number(_) | Object::Moment(_)) => {
            numeric(|a, b| a == b)
        }
        _ => left.text(world) == right.text(world),
    };
    match operator {
        Operator::Equal => equal(),
        Operator::NotEqual => !equal(),
        Operator::Less => numeric(|a, b| a < b),
        Operator::LessOrEqual => numeric(|a, b| a <= b),
        Operator::Greater => numeric(|a, b| a > b),
        Operator::GreaterOrEqual => numeric(|a, b| a >= b),
        Operator::Plus | Operator::Minus | Operator::Times | Operator::Divide | Operator::Remainder => false,
    }
}
