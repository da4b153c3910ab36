//! What a parsed expression is.
//!
//! Chains of one precedence are kept flat (`a or b or c` is one list), so that neither walking nor dropping a long
//! expression needs deep recursion.

/// A whole expression or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number as written.
    Number(f64),
    /// A text in quotes.
    Text(String),
    /// `$name`; forms have no variables, so it is never anything.
    Variable(String),
    /// `a or b or c`.
    Any(Vec<Expr>),
    /// `a and b and c`.
    All(Vec<Expr>),
    /// Operators of one precedence, applied from left to right.
    Chain(Box<Expr>, Vec<(Operator, Expr)>),
    /// `-a`.
    Negate(Box<Expr>),
    /// `a | b`.
    Union(Vec<Expr>),
    /// A location path, with or without something before it.
    Path(Path),
    /// A function call: name as written and arguments.
    Call(String, Vec<Expr>),
}

/// Operators that compare or calculate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `div`
    Divide,
    /// `mod`
    Remainder,
}

/// Where a path begins and the steps it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub start: Start,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// At the top of the document: `/a`.
    Root,
    /// At the context node: `a`, `.`, `../b`.
    Here,
    /// At the nodes another expression gives, thinned by predicates: `instance('x')/root`, `(a | b)[1]`.
    From(Box<Expr>, Vec<Expr>),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Direction.
    pub axis: Axis,
    /// Which nodes are wanted.
    pub test: Test,
    /// Conditions in brackets.
    pub predicates: Vec<Expr>,
}

/// The directions of XPath 1.0. The namespace axis is parsed and always empty: records have no namespace nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// `ancestor::`
    Ancestor,
    /// `ancestor-or-self::`
    AncestorOrSelf,
    /// `attribute::` or `@`
    Attribute,
    /// `child::`, the usual one
    Child,
    /// `descendant::`
    Descendant,
    /// `descendant-or-self::` or `//`
    DescendantOrSelf,
    /// `following::`
    Following,
    /// `following-sibling::`
    FollowingSibling,
    /// `namespace::`
    Namespace,
    /// `parent::` or `..`
    Parent,
    /// `preceding::`
    Preceding,
    /// `preceding-sibling::`
    PrecedingSibling,
    /// `self::` or `.`
    Itself,
}

/// Which nodes a step wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `name` or `prefix:name`; the prefix is empty when none is written.
    Name(String, String),
    /// `*`
    Any,
    /// `prefix:*`
    AnyOf(String),
    /// `node()`
    Node,
    /// `text()`
    Text,
    /// `comment()`
    Comment,
    /// `processing-instruction('name')`
    Instruction(Option<String>),
}

impl Expr {
    /// Calls `visit` for this expression and every expression inside it, predicates included.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        match self {
            Expr::Number(_) | Expr::Text(_) | Expr::Variable(_) => {}
            Expr::Any(parts) | Expr::All(parts) | Expr::Union(parts) | Expr::Call(_, parts) => {
                for part in parts {
                    part.walk(visit);
                }
            }
            Expr::Chain(first, rest) => {
                first.walk(visit);
                for (_, part) in rest {
                    part.walk(visit);
                }
            }
            Expr::Negate(inner) => inner.walk(visit),
            Expr::Path(path) => {
                if let Start::From(inner, predicates) = &path.start {
                    inner.walk(visit);
                    for predicate in predicates {
                        predicate.walk(visit);
                    }
                }
                for step in &path.steps {
                    for predicate in &step.predicates {
                        predicate.walk(visit);
                    }
                }
            }
        }
    }
}
