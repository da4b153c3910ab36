//! Expressions written anew for another place: their relative paths begin somewhere else.

use crate::xpath::ast::{Axis, Expr, Operator, Path, Start, Step, Test};
use crate::xpath::{number_text, parse};

/// Writes an expression so that its relative paths begin with `prefix`: `..` to see from a child what was written for
/// the parent, `current()` to see from inside brackets what was written outside. Absolute paths stay.
pub fn moved(source: &str, prefix: &str) -> String {
    match parse(source) {
        Ok(expression) => written(&expression, prefix, false),
        Err(_) => source.to_owned(),
    }
}

fn list(parts: &[Expr], between: &str, prefix: &str, inside: bool) -> String {
    parts.iter().map(|part| operand(part, prefix, inside)).collect::<Vec<_>>().join(between)
}

/// A part of a larger expression, in brackets where it needs them.
fn operand(part: &Expr, prefix: &str, inside: bool) -> String {
    let text = written(part, prefix, inside);
    match part {
        Expr::Any(_) | Expr::All(_) | Expr::Chain(..) | Expr::Negate(_) | Expr::Union(_) => {
            format!("({text})")
        }
        _ => text,
    }
}

/// `inside` is true within brackets, where `.` is something else.
fn written(expression: &Expr, prefix: &str, inside: bool) -> String {
    match expression {
        Expr::Number(number) => number_text(*number),
        Expr::Text(text) if text.contains('\'') => format!("\"{text}\""),
        Expr::Text(text) => format!("'{text}'"),
        Expr::Variable(name) => format!("${name}"),
        Expr::Any(parts) => list(parts, " or ", prefix, inside),
        Expr::All(parts) => list(parts, " and ", prefix, inside),
        Expr::Union(parts) => list(parts, " | ", prefix, inside),
        Expr::Negate(part) => format!("-{}", operand(part, prefix, inside)),
        Expr::Chain(first, rest) => {
            let mut out = operand(first, prefix, inside);
            for (operator, part) in rest {
                out.push_str(&format!(" {} {}", sign(*operator), operand(part, prefix, inside)));
            }
            out
        }
        Expr::Call(name, arguments) if name == "current" && arguments.is_empty() && prefix != "current()" => {
            format!("current()/{prefix}")
        }
        Expr::Call(name, arguments) => {
            let arguments: Vec<String> =
                arguments.iter().map(|argument| written(argument, prefix, inside)).collect();
            format!("{name}({})", arguments.join(", "))
        }
        Expr::Path(path) => path_text(path, prefix, inside),
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Plus => "+",
        Operator::Minus => "-",
        Operator::Times => "*",
        Operator::Divide => "div",
        Operator::Remainder => "mod",
    }
}

fn path_text(path: &Path, prefix: &str, inside: bool) -> String {
    let mut steps: Vec<String> = path.steps.iter().map(|step| step_text(step, prefix)).collect();
    let start = match &path.start {
        Start::Root => return format!("/{}", steps.join("/")),
        Start::Here if inside => None,
        Start::Here => Some(prefix.to_owned()),
        Start::From(inner, predicates) => {
            let mut text = operand(inner, prefix, inside);
            for predicate in predicates {
                text.push_str(&format!("[{}]", written(predicate, prefix, true)));
            }
            Some(text)
        }
    };
    if let Some(start) = start {
        steps.insert(0, start);
    }
    steps.join("/")
}

fn step_text(step: &Step, prefix: &str) -> String {
    let test = match &step.test {
        Test::Name(space, name) if space.is_empty() => name.clone(),
        Test::Name(space, name) => format!("{space}:{name}"),
        Test::Any => "*".to_owned(),
        Test::AnyOf(space) => format!("{space}:*"),
        Test::Node => "node()".to_owned(),
        Test::Text => "text()".to_owned(),
        Test::Comment => "comment()".to_owned(),
        Test::Instruction(name) => {
            format!("processing-instruction({})", name.as_ref().map_or(String::new(), |n| format!("'{n}'")))
        }
    };
    let mut text = match (step.axis, &step.test) {
        (Axis::Child, _) => test,
        (Axis::Parent, Test::Node) => "..".to_owned(),
        (Axis::Itself, Test::Node) => ".".to_owned(),
        (Axis::Attribute, _) => format!("@{test}"),
        (axis, _) => format!("{}::{test}", axis_name(axis)),
    };
    for predicate in &step.predicates {
        text.push_str(&format!("[{}]", written(predicate, prefix, true)));
    }
    text
}

fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Ancestor => "ancestor",
        Axis::AncestorOrSelf => "ancestor-or-self",
        Axis::Attribute => "attribute",
        Axis::Child => "child",
        Axis::Descendant => "descendant",
        Axis::DescendantOrSelf => "descendant-or-self",
        Axis::Following => "following",
        Axis::FollowingSibling => "following-sibling",
        Axis::Namespace => "namespace",
        Axis::Parent => "parent",
        Axis::Preceding => "preceding",
        Axis::PrecedingSibling => "preceding-sibling",
        Axis::Itself => "self",
    }
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn relative_paths_move_and_absolute_ones_stay() {
        assert_eq!(moved("concat(q3, /data/a, 'x')", "../.."), "concat(../../q3, /data/a, 'x')");
        assert_eq!(moved("1 - (2 - ../b) * .", ".."), "1 - ((2 - ../../b) * ../.)");
        assert_eq!(
            moved("instance('m')/root/item[name = current()/q and k = 'a']/label", ".."),
            "instance('m')/root/item[(name = current()/../q) and (k = 'a')]/label"
        );
        assert_eq!(moved("../../../q3", "current()"), "current()/../../../q3");
    }
}
