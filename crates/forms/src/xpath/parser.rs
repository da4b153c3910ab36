//! Tokens to [`Expr`]: the grammar of XPath 1.0, by recursive descent with one function per precedence family.

use super::ParseError;
use super::ast::{Axis, Expr, Operator, Path, Start, Step, Test};
use super::lexer::{self, Placed, Token};

/// Deepest nesting of brackets and calls that is read. Real forms stay below forty.
const DEEPEST: usize = 120;

/// Parses an expression. The error says where and what, in English; the importer wraps it.
pub fn parse(source: &str) -> Result<Expr, ParseError> {
    let tokens = lexer::cut(source)?;
    let mut parser = Parser { tokens: &tokens, next: 0, end: source.len(), depth: 0 };
    let parsed = parser.expression()?;
    match parser.peek() {
        None => Ok(parsed),
        Some(_) => Err(parser.error("something is left over after the end of the expression")),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    next: usize,
    end: usize,
    depth: usize,
}

/// Binary operators by precedence, loosest first.
const LEVELS: usize = 4;

fn operator_at(level: usize, token: &Token) -> Option<Operator> {
    Some(match (level, token) {
        (0, Token::Sign("=")) => Operator::Equal,
        (0, Token::Sign("!=")) => Operator::NotEqual,
        (1, Token::Sign("<")) => Operator::Less,
        (1, Token::Sign("<=")) => Operator::LessOrEqual,
        (1, Token::Sign(">")) => Operator::Greater,
        (1, Token::Sign(">=")) => Operator::GreaterOrEqual,
        (2, Token::Sign("+")) => Operator::Plus,
        (2, Token::Sign("-")) => Operator::Minus,
        (3, Token::Times) => Operator::Times,
        (3, Token::Word("div")) => Operator::Divide,
        (3, Token::Word("mod")) => Operator::Remainder,
        _ => return None,
    })
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn peek_after(&self) -> Option<&Token> {
        self.tokens.get(self.next + 1).map(|(token, _)| token)
    }

    fn error(&self, what: impl Into<String>) -> ParseError {
        ParseError::at(self.tokens.get(self.next).map_or(self.end, |(_, at)| *at), what)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        if found {
            self.next += 1;
        }
        found
    }

    fn want_sign(&mut self, sign: &str) -> Result<(), ParseError> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.error(format!("`{sign}` is missing"))) }
    }

    fn expression(&mut self) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("the expression is nested too deeply"));
        }
        let parsed = self.joined("or");
        self.depth -= 1;
        parsed
    }

    fn joined(&mut self, word: &'static str) -> Result<Expr, ParseError> {
        let part = |parser: &mut Self| if word == "or" { parser.joined("and") } else { parser.chain(0) };
        let first = part(self)?;
        let mut parts = vec![first];
        while matches!(self.peek(), Some(Token::Word(found)) if *found == word) {
            self.next += 1;
            parts.push(part(self)?);
        }
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return Ok(only);
        }
        Ok(if word == "or" { Expr::Any(parts) } else { Expr::All(parts) })
    }

    fn chain(&mut self, level: usize) -> Result<Expr, ParseError> {
        if level == LEVELS {
            return self.unary();
        }
        let first = self.chain(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.peek().and_then(|token| operator_at(level, token)) {
            self.next += 1;
            rest.push((operator, self.chain(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Chain(Box::new(first), rest) })
    }

    fn unary(&mut self) -> Result<Expr, ParseError> {
        let mut negative = false;
        let mut any = false;
        while self.take_sign("-") {
            negative = !negative;
            any = true;
        }
        let inner = self.union()?;
        Ok(match (any, negative) {
            (false, _) => inner,
            (true, true) => Expr::Negate(Box::new(inner)),
            // An even number of signs still makes a number of it.
            (true, false) => Expr::Negate(Box::new(Expr::Negate(Box::new(inner)))),
        })
    }

    fn union(&mut self) -> Result<Expr, ParseError> {
        let first = self.path()?;
        if !matches!(self.peek(), Some(Token::Sign("|"))) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_sign("|") {
            parts.push(self.path()?);
        }
        Ok(Expr::Union(parts))
    }

    fn path(&mut self) -> Result<Expr, ParseError> {
        match self.peek() {
            Some(Token::Sign("/")) => {
                self.next += 1;
                let steps = if self.step_begins() { self.steps()? } else { Vec::new() };
                Ok(Expr::Path(Path { start: Start::Root, steps }))
            }
            Some(Token::Sign("//")) => {
                self.next += 1;
                let mut steps = vec![all_below()];
                steps.extend(self.steps()?);
                Ok(Expr::Path(Path { start: Start::Root, steps }))
            }
            Some(Token::Sign("(") | Token::Text(_) | Token::Number(_) | Token::Sign("$")) => self.filtered(),
            Some(Token::Name(name)) if self.is_call(name) => self.filtered(),
            Some(_) if self.step_begins() => {
                Ok(Expr::Path(Path { start: Start::Here, steps: self.steps()? }))
            }
            Some(_) => Err(self.error("a value is expected here")),
            None => Err(self.error("the expression ends too early")),
        }
    }

    /// A name before `(` calls a function, unless it is a node type.
    fn is_call(&self, name: &str) -> bool {
        matches!(self.peek_after(), Some(Token::Sign("(")))
            && !matches!(name, "node" | "text" | "comment" | "processing-instruction")
    }

    fn filtered(&mut self) -> Result<Expr, ParseError> {
        let primary = self.primary()?;
        let predicates = self.predicates()?;
        let mut steps = Vec::new();
        if self.take_sign("//") {
            steps.push(all_below());
            steps.extend(self.steps()?);
        } else if self.take_sign("/") {
            steps = self.steps()?;
        }
        if predicates.is_empty() && steps.is_empty() {
            return Ok(primary);
        }
        Ok(Expr::Path(Path { start: Start::From(Box::new(primary), predicates), steps }))
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        let token = self.peek().cloned();
        self.next += 1;
        match token {
            Some(Token::Number(number)) => Ok(Expr::Number(number)),
            Some(Token::Text(text)) => Ok(Expr::Text(text)),
            Some(Token::Sign("(")) => {
                let inner = self.expression()?;
                self.want_sign(")")?;
                Ok(inner)
            }
            Some(Token::Sign("$")) => match self.peek().cloned() {
                Some(Token::Name(name)) => {
                    self.next += 1;
                    Ok(Expr::Variable(name))
                }
                _ => Err(self.error("a name is expected after `$`")),
            },
            Some(Token::Name(name)) => {
                self.want_sign("(")?;
                let mut arguments = Vec::new();
                if !self.take_sign(")") {
                    loop {
                        arguments.push(self.expression()?);
                        if self.take_sign(")") {
                            break;
                        }
                        self.want_sign(",")?;
                    }
                }
                Ok(Expr::Call(name, arguments))
            }
            _ => Err(self.error("a value is expected here")),
        }
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, ParseError> {
        let mut predicates = Vec::new();
        while self.take_sign("[") {
            predicates.push(self.expression()?);
            self.want_sign("]")?;
        }
        Ok(predicates)
    }

    fn step_begins(&self) -> bool {
        matches!(self.peek(), Some(Token::Name(_) | Token::Sign("." | ".." | "@" | "*")))
    }

    fn steps(&mut self) -> Result<Vec<Step>, ParseError> {
        let mut steps = vec![self.step()?];
        loop {
            if self.take_sign("//") {
                steps.push(all_below());
            } else if !self.take_sign("/") {
                return Ok(steps);
            }
            steps.push(self.step()?);
        }
    }

    fn step(&mut self) -> Result<Step, ParseError> {
        if self.take_sign(".") {
            let predicates = self.predicates()?;
            return Ok(Step { axis: Axis::Itself, test: Test::Node, predicates });
        }
        if self.take_sign("..") {
            let predicates = self.predicates()?;
            return Ok(Step { axis: Axis::Parent, test: Test::Node, predicates });
        }
        let axis = if self.take_sign("@") {
            Axis::Attribute
        } else if let Some(Token::Name(name)) = self.peek().cloned()
            && matches!(self.peek_after(), Some(Token::Sign("::")))
        {
            let Some(axis) = axis_named(&name) else {
                return Err(self.error(format!("`{name}::` is not a direction")));
            };
            self.next += 2;
            axis
        } else {
            Axis::Child
        };
        let test = self.test()?;
        let predicates = self.predicates()?;
        Ok(Step { axis, test, predicates })
    }

    fn test(&mut self) -> Result<Test, ParseError> {
        if self.take_sign("*") {
            return Ok(Test::Any);
        }
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return Err(self.error("a name is expected here"));
        };
        let opens = matches!(self.peek_after(), Some(Token::Sign("(")));
        if opens && self.is_call(&name) {
            return Err(self.error(format!("`{name}()` cannot stand inside a path")));
        }
        self.next += 1;
        if opens {
            self.want_sign("(")?;
            let argument = match self.peek().cloned() {
                Some(Token::Text(text)) if name == "processing-instruction" => {
                    self.next += 1;
                    Some(text)
                }
                _ => None,
            };
            self.want_sign(")")?;
            return Ok(match name.as_str() {
                "node" => Test::Node,
                "text" => Test::Text,
                "comment" => Test::Comment,
                _ => Test::Instruction(argument),
            });
        }
        Ok(match name.split_once(':') {
            Some((prefix, "*")) => Test::AnyOf(prefix.to_owned()),
            Some((prefix, local)) => Test::Name(prefix.to_owned(), local.to_owned()),
            None => Test::Name(String::new(), name),
        })
    }
}

/// The step that `//` stands for.
fn all_below() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() }
}

fn axis_named(name: &str) -> Option<Axis> {
    Some(match name {
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "attribute" => Axis::Attribute,
        "child" => Axis::Child,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "following" => Axis::Following,
        "following-sibling" => Axis::FollowingSibling,
        "namespace" => Axis::Namespace,
        "parent" => Axis::Parent,
        "preceding" => Axis::Preceding,
        "preceding-sibling" => Axis::PrecedingSibling,
        "self" => Axis::Itself,
        _ => return None,
    })
}
