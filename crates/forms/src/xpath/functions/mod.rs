//! The function library: XPath 1.0's core, ODK's additions, and the host's own by name.
//!
//! The table at the top is the only list of names; the importer uses it to tell an author about a misspelt function
//! before a worker meets it.

mod nodes;
mod texts;
mod times;

use super::ast::Expr;
use super::eval::{Context, EvalError, World, eval, eval_nodes};
use super::number::{round, round_to};
use super::object::Object;
use super::{dates, digest, geo};
use crate::host::Value;
use crate::tree::NodeId;

/// Any number of arguments.
const MANY: usize = usize::MAX;

/// Name, fewest and most arguments.
const TABLE: &[(&str, usize, usize)] = &[
    ("abs", 1, 1),
    ("acos", 1, 1),
    ("add-date", 2, 6),
    ("area", 1, MANY),
    ("asin", 1, 1),
    ("atan", 1, 1),
    ("atan2", 2, 2),
    ("base64-decode", 1, 1),
    ("boolean", 1, 1),
    ("boolean-from-string", 1, 1),
    ("ceiling", 1, 1),
    ("checklist", 2, MANY),
    ("coalesce", 2, MANY),
    ("concat", 0, MANY),
    ("contains", 2, 2),
    ("cos", 1, 1),
    ("count", 1, 1),
    ("count-non-empty", 1, 1),
    ("count-selected", 1, 1),
    ("current", 0, 0),
    ("date", 1, 1),
    ("date-time", 1, 1),
    ("decimal-date-time", 1, 1),
    ("decimal-time", 1, 1),
    ("difference-in-days", 2, 2),
    ("difference-in-months", 2, 2),
    ("difference-in-weeks", 2, 2),
    ("difference-in-years", 2, 2),
    ("digest", 2, 3),
    ("distance", 1, MANY),
    ("ends-with", 2, 2),
    ("exp", 1, 1),
    ("exp10", 1, 1),
    ("false", 0, 0),
    ("floor", 1, 1),
    ("format-date", 2, 2),
    ("format-date-time", 2, 2),
    ("geofence", 2, 2),
    ("id", 1, 1),
    ("if", 3, 3),
    ("indexed-repeat", 3, MANY),
    ("instance", 1, 1),
    ("int", 1, 1),
    ("join", 1, MANY),
    ("jr:choice-name", 2, 2),
    ("jr:itext", 1, 1),
    ("lang", 1, 1),
    ("last", 0, 0),
    ("local-name", 0, 1),
    ("log", 1, 1),
    ("log10", 1, 1),
    ("max", 1, MANY),
    ("min", 1, MANY),
    ("name", 0, 1),
    ("namespace-uri", 0, 1),
    ("normalize-space", 0, 1),
    ("not", 1, 1),
    ("now", 0, 0),
    ("number", 0, 1),
    ("once", 1, 1),
    ("pi", 0, 0),
    ("position", 0, 1),
    ("pow", 2, 2),
    ("pulldata", 4, 4),
    ("random", 0, 0),
    ("randomize", 1, 2),
    ("regex", 2, 2),
    ("round", 1, 2),
    ("selected", 2, 2),
    ("selected-at", 2, 2),
    ("sin", 1, 1),
    ("sqrt", 1, 1),
    ("starts-with", 2, 2),
    ("string", 0, 1),
    ("string-length", 0, 1),
    ("substr", 2, 3),
    ("substring", 2, 3),
    ("substring-after", 2, 2),
    ("substring-before", 2, 2),
    ("sum", 1, 1),
    ("tan", 1, 1),
    ("today", 0, 0),
    ("translate", 3, 3),
    ("true", 0, 0),
    ("uuid", 0, 1),
    ("weighted-checklist", 4, MANY),
];

/// What is wrong with a call, if anything. A name with a prefix belongs to the host and is not judged here.
pub fn check_arguments(name: &str, given: usize) -> Result<(), EvalError> {
    match TABLE.iter().find(|(known, _, _)| *known == name) {
        Some((_, least, most)) if given < *least || given > *most => {
            let wanted = if least == most {
                least.to_string()
            } else if *most == MANY {
                format!("{least} or more")
            } else {
                format!("{least} to {most}")
            };
            Err(EvalError::Arguments(format!("`{name}()` takes {wanted} arguments and got {given}")))
        }
        Some(_) => Ok(()),
        None if name.contains(':') => Ok(()),
        None => Err(EvalError::UnknownFunction(name.to_owned())),
    }
}

/// Calls a function.
pub fn call(
    world: &World<'_>,
    name: &str,
    arguments: &[Expr],
    context: &Context,
) -> Result<Object, EvalError> {
    let known = TABLE.iter().any(|(known, _, _)| *known == name);
    if !known {
        return call_host(world, name, arguments, context);
    }
    check_arguments(name, arguments.len())?;
    let given = Given { world, arguments, context };
    let text = |at| given.text(at);
    let number = |at| given.number(at);
    Ok(match name {
        // Logic.
        "true" => Object::Boolean(true),
        "false" => Object::Boolean(false),
        "boolean" => Object::Boolean(given.object(0)?.boolean()),
        "not" => Object::Boolean(!given.object(0)?.boolean()),
        "boolean-from-string" => {
            let said = text(0)?;
            Object::Boolean(said == "true" || said == "1")
        }
        "if" => given.object(if given.object(0)?.boolean() { 1 } else { 2 })?,
        "coalesce" => {
            for at in 0..arguments.len() {
                let value = given.object(at)?;
                let empty = match &value {
                    Object::Number(number) => number.is_nan(),
                    other => other.text(world).is_empty(),
                };
                if !empty || at + 1 == arguments.len() {
                    return Ok(value);
                }
            }
            Object::blank()
        }
        "once" => {
            let present = world.text(context.node);
            if present.is_empty() { given.object(0)? } else { Object::Text(present) }
        }
        "regex" => {
            let (value, source) = (text(0)?, text(1)?);
            // A pattern we cannot read must not stop a worker from saving.
            Object::Boolean(world.pattern(&source).is_none_or(|pattern| pattern.is_match(&value)))
        }
        "checklist" => {
            let mut yes = 0.0;
            for value in given.spread(2)? {
                yes += f64::from(u8::from(truth_of_answer(world, &value)));
            }
            within(number(0)?, number(1)?, yes)
        }
        "weighted-checklist" => weighted_checklist(&given)?,
        // Texts.
        "string" => Object::Text(given.text_or_context(0)?),
        "concat" => Object::Text(given.spread(0)?.iter().map(|value| value.text(world)).collect()),
        "join" => {
            let parts: Vec<String> = given.spread(1)?.iter().map(|value| value.text(world)).collect();
            Object::Text(parts.join(&text(0)?))
        }
        "substr" => {
            texts::substr(&text(0)?, number(1)?, if arguments.len() > 2 { Some(number(2)?) } else { None })
        }
        "substring" => {
            texts::substring(&text(0)?, number(1)?, if arguments.len() > 2 { Some(number(2)?) } else { None })
        }
        "substring-before" => {
            let (value, part) = (text(0)?, text(1)?);
            Object::Text(value.split_once(part.as_str()).map_or("", |(before, _)| before).to_owned())
        }
        "substring-after" => {
            let (value, part) = (text(0)?, text(1)?);
            Object::Text(value.split_once(part.as_str()).map_or("", |(_, after)| after).to_owned())
        }
        "translate" => {
            let (value, from, to) = (text(0)?, text(1)?, text(2)?);
            let to: Vec<char> = to.chars().collect();
            let changed =
                value.chars().filter_map(|letter| match from.chars().position(|wanted| wanted == letter) {
                    Some(place) => to.get(place).copied(),
                    None => Some(letter),
                });
            Object::Text(changed.collect())
        }
        "string-length" => Object::Number(given.text_or_context(0)?.chars().count() as f64),
        "normalize-space" => {
            let value = given.text_or_context(0)?;
            let words: Vec<&str> =
                value.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect();
            Object::Text(words.join(" "))
        }
        "contains" => Object::Boolean(text(0)?.contains(&text(1)?)),
        "starts-with" => Object::Boolean(text(0)?.starts_with(&text(1)?)),
        "ends-with" => Object::Boolean(text(0)?.ends_with(&text(1)?)),
        "uuid" => texts::uuid(&given)?,
        "digest" => {
            let encoding = if arguments.len() > 2 { text(2)? } else { "base64".to_owned() };
            let sum = digest::digest(&text(0)?, &text(1)?, &encoding);
            Object::Text(sum.ok_or_else(|| {
                EvalError::Arguments(
                    "digest() knows MD5, SHA-1, SHA-256, SHA-384, SHA-512 in hex or base64".to_owned(),
                )
            })?)
        }
        "base64-decode" => Object::Text(digest::base64_decode(&text(0)?)),
        // Numbers.
        "number" => {
            let value =
                if arguments.is_empty() { Object::Nodes(vec![context.node]) } else { given.object(0)? };
            Object::Number(value.number(world))
        }
        "int" => Object::Number(number(0)?.trunc()),
        "round" => {
            let value = number(0)?;
            Object::Number(if arguments.len() > 1 { round_to(value, number(1)?) } else { round(value) })
        }
        "floor" => Object::Number(number(0)?.floor()),
        "ceiling" => Object::Number(number(0)?.ceil()),
        "abs" => Object::Number(number(0)?.abs()),
        "pow" => Object::Number(number(0)?.powf(number(1)?)),
        "sqrt" => Object::Number(number(0)?.sqrt()),
        "exp" => Object::Number(number(0)?.exp()),
        "exp10" => Object::Number(10.0_f64.powf(number(0)?)),
        "log" => Object::Number(number(0)?.ln()),
        "log10" => Object::Number(number(0)?.log10()),
        "sin" => Object::Number(number(0)?.sin()),
        "cos" => Object::Number(number(0)?.cos()),
        "tan" => Object::Number(number(0)?.tan()),
        "asin" => Object::Number(number(0)?.asin()),
        "acos" => Object::Number(number(0)?.acos()),
        "atan" => Object::Number(number(0)?.atan()),
        "atan2" => Object::Number(number(0)?.atan2(number(1)?)),
        "pi" => Object::Number(std::f64::consts::PI),
        "random" => Object::Number((world.host.random() >> 11) as f64 / (1_u64 << 53) as f64),
        "sum" => {
            let nodes = given.nodes(0)?;
            Object::Number(nodes.into_iter().map(|node| Object::Nodes(vec![node]).number(world)).sum())
        }
        "min" => extreme(&given, f64::min)?,
        "max" => extreme(&given, f64::max)?,
        // Nodes.
        "count" => Object::Number(given.nodes(0)?.len() as f64),
        "count-non-empty" => Object::Number(
            given.nodes(0)?.into_iter().filter(|node| !world.text(*node).is_empty()).count() as f64,
        ),
        "position" if arguments.is_empty() => Object::Number(context.position as f64),
        "position" => Object::Number(
            given.nodes(0)?.first().map_or(f64::NAN, |node| nodes::place_among_namesakes(world, *node)),
        ),
        "last" => Object::Number(context.size as f64),
        "current" => Object::Nodes(vec![context.origin]),
        "instance" => {
            let name = text(0)?;
            let root = match world.form.instance(&name) {
                Some(root) => root,
                None => world.lookup(&name, None)?,
            };
            Object::Nodes(vec![root])
        }
        "randomize" => nodes::randomize(&given)?,
        "indexed-repeat" => nodes::indexed_repeat(&given)?,
        "pulldata" => nodes::pulldata(&given)?,
        "id" => nodes::id(&given)?,
        "name" | "local-name" | "namespace-uri" => {
            let node =
                if arguments.is_empty() { Some(context.node) } else { given.nodes(0)?.first().copied() };
            Object::Text(node.map_or_else(String::new, |node| nodes::name_of(world, node, name)))
        }
        "lang" => nodes::lang(&given)?,
        // Choices and translations.
        "selected" => {
            let (value, wanted) = (text(0)?, text(1)?);
            Object::Boolean(value.split_whitespace().any(|chosen| chosen == wanted.trim()))
        }
        "selected-at" => {
            let (value, place) = (text(0)?, number(1)?);
            let chosen = (place >= 0.0).then(|| value.split_whitespace().nth(place as usize)).flatten();
            Object::Text(chosen.unwrap_or_default().to_owned())
        }
        "count-selected" => Object::Number(text(0)?.split_whitespace().count() as f64),
        "jr:choice-name" => {
            let (value, path) = (text(0)?, text(1)?);
            Object::Text(world.form.choice_name(world, context.node, path.trim(), &value).unwrap_or_default())
        }
        "jr:itext" => {
            let id = text(0)?;
            Object::Text(world.form.itext(world, &id).unwrap_or_default())
        }
        // Time.
        "today" => {
            let now = world.host.now_ms() as f64;
            let shift = f64::from(world.offset()) * 60_000.0;
            Object::Moment(((now + shift) / dates::DAY).floor() * dates::DAY - shift)
        }
        "now" => Object::Moment(world.host.now_ms() as f64),
        "date" | "date-time" => {
            let value = given.object(0)?;
            match &value {
                Object::Text(_) | Object::Nodes(_) if value.text(world).is_empty() => Object::blank(),
                _ => Object::Moment(value.moment(world)),
            }
        }
        "decimal-date-time" => Object::Number(given.object(0)?.moment(world) / dates::DAY),
        "decimal-time" => {
            let value = text(0)?;
            let clock =
                dates::split_zone(&value).and_then(|(clock, zone)| Some((dates::parse_clock(clock)?, zone)));
            Object::Number(clock.map_or(f64::NAN, |(clock, zone)| {
                let local = clock + f64::from(world.offset() - zone.unwrap_or(world.offset())) * 60_000.0;
                local.rem_euclid(dates::DAY) / dates::DAY
            }))
        }
        "format-date" | "format-date-time" => {
            let value = given.object(0)?;
            if value.text(world).is_empty() {
                return Ok(Object::blank());
            }
            let moment = value.moment(world);
            Object::Text(if moment.is_nan() {
                String::new()
            } else {
                dates::format(moment, world.offset(), &text(1)?, world.form.thai())
            })
        }
        "difference-in-days" | "difference-in-weeks" | "difference-in-months" | "difference-in-years" => {
            times::difference(&given, name)?
        }
        "add-date" => times::add_date(&given)?,
        // Places.
        "distance" => Object::Number(geo::distance(&given.points()?)),
        "area" => Object::Number(geo::area(&given.points()?)),
        "geofence" => Object::Boolean(geo::inside(&text(0)?, &text(1)?)),
        other => return Err(EvalError::UnknownFunction(other.to_owned())),
    })
}

/// The arguments of a call and where they are evaluated.
struct Given<'a, 'w> {
    world: &'a World<'w>,
    arguments: &'a [Expr],
    context: &'a Context,
}

impl Given<'_, '_> {
    fn object(&self, at: usize) -> Result<Object, EvalError> {
        match self.arguments.get(at) {
            Some(argument) => eval(self.world, argument, self.context),
            None => Ok(Object::blank()),
        }
    }

    fn text(&self, at: usize) -> Result<String, EvalError> {
        Ok(self.object(at)?.text(self.world))
    }

    fn number(&self, at: usize) -> Result<f64, EvalError> {
        Ok(self.object(at)?.number(self.world))
    }

    fn nodes(&self, at: usize) -> Result<Vec<NodeId>, EvalError> {
        match self.arguments.get(at) {
            Some(argument) => eval_nodes(self.world, argument, self.context),
            None => Err(EvalError::NotNodes),
        }
    }

    fn text_or_context(&self, at: usize) -> Result<String, EvalError> {
        if self.arguments.len() > at { self.text(at) } else { Ok(self.world.text(self.context.node)) }
    }

    /// Arguments from a place on, each node on its own.
    fn spread(&self, from: usize) -> Result<Vec<Object>, EvalError> {
        let mut all = Vec::new();
        for at in from..self.arguments.len() {
            match self.object(at)? {
                Object::Nodes(nodes) => all.extend(nodes.into_iter().map(|node| Object::Nodes(vec![node]))),
                other => all.push(other),
            }
        }
        Ok(all)
    }

    /// Points of all arguments: each may be a point, a trace, or nodes that hold either.
    fn points(&self) -> Result<Vec<geo::Point>, EvalError> {
        let mut points = Vec::new();
        for value in self.spread(0)? {
            points.extend(geo::points(&value.text(self.world)));
        }
        Ok(points)
    }
}

fn call_host(
    world: &World<'_>,
    name: &str,
    arguments: &[Expr],
    context: &Context,
) -> Result<Object, EvalError> {
    let mut values = Vec::new();
    for argument in arguments {
        values.push(match eval(world, argument, context)? {
            Object::Number(number) => Value::Number(number),
            Object::Boolean(truth) => Value::Boolean(truth),
            other => Value::Text(other.text(world)),
        });
    }
    match world.host.call(name, &values) {
        Some(Value::Text(text)) => Ok(Object::Text(text)),
        Some(Value::Number(number)) => Ok(Object::Number(number)),
        Some(Value::Boolean(truth)) => Ok(Object::Boolean(truth)),
        None => Err(EvalError::UnknownFunction(name.to_owned())),
    }
}

/// An answer counts as yes by its text, because in a record `0`, `no` and `false` are texts.
fn truth_of_answer(world: &World<'_>, value: &Object) -> bool {
    match value {
        Object::Nodes(_) => {
            let number = value.number(world);
            if number.is_nan() { matches!(value.text(world).as_str(), "true" | "yes") } else { number != 0.0 }
        }
        other => other.boolean(),
    }
}

fn within(least: f64, most: f64, found: f64) -> Object {
    Object::Boolean((least < 0.0 || found >= least) && (most < 0.0 || found <= most))
}

fn weighted_checklist(given: &Given<'_, '_>) -> Result<Object, EvalError> {
    if !given.arguments.len().is_multiple_of(2) {
        return Err(EvalError::Arguments(
            "`weighted-checklist()` takes pairs of an answer and its weight".to_owned(),
        ));
    }
    let mut total = 0.0;
    for at in (2..given.arguments.len()).step_by(2) {
        let value = given.object(at)?;
        if truth_of_answer(given.world, &value) {
            total += given.number(at + 1)?;
        }
    }
    Ok(within(given.number(0)?, given.number(1)?, total))
}

fn extreme(given: &Given<'_, '_>, choose: fn(f64, f64) -> f64) -> Result<Object, EvalError> {
    let mut found: Option<f64> = None;
    for value in given.spread(0)? {
        let number = value.number(given.world);
        if number.is_nan() {
            return Ok(Object::Number(f64::NAN));
        }
        found = Some(found.map_or(number, |best| choose(best, number)));
    }
    Ok(Object::Number(found.unwrap_or(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_doubles() {
        let names: Vec<&str> = TABLE.iter().map(|(name, _, _)| *name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn wrong_calls_are_told() {
        assert!(check_arguments("if", 2).is_err());
        assert!(check_arguments("selcted", 2).is_err());
        assert!(check_arguments("th:usage", 9).is_ok());
    }
}
