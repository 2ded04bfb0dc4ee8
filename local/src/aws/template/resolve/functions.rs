//! Functions on strings and lists.

use serde_json::{Map, Value};

use super::{Context, Resolved, Template, Unresolved, text, wrong};

impl Template {
    pub(super) fn substitute(&self, context: Context<'_>, scope: usize, argument: &Value) -> Resolved<Value> {
        let (pattern, given) = match argument {
            Value::String(pattern) => (pattern.as_str(), Map::new()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(pattern), Value::Object(given)] => (pattern.as_str(), given.clone()),
                _ => return wrong("Fn::Sub takes a pattern and its values"),
            },
            _ => return wrong("Fn::Sub takes a pattern"),
        };
        let mut filled = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return wrong(format!("{pattern} has an unclosed placeholder"));
            };
            rest = after;
            match (name.strip_prefix('!'), given.get(name), name.split_once('.')) {
                (Some(literal), ..) => filled.push_str(&format!("${{{literal}}}")),
                (None, Some(value), _) => filled.push_str(&text(&self.value(context, scope, value)?)),
                (None, None, Some((logical, attribute))) => {
                    filled.push_str(&text(&self.attribute(context, scope, logical, attribute)?));
                }
                (None, None, None) => filled.push_str(&text(&self.reference(context, scope, name.trim())?)),
            }
        }
        filled.push_str(rest);
        Ok(Value::String(filled))
    }
}

pub(super) fn plain_function(name: &str, argument: &Value) -> Resolved<Value> {
    let parts = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    match (name, parts) {
        ("Fn::Join", [separator, Value::Array(items)]) => {
            let items: Vec<_> = items.iter().map(text).collect();
            Ok(Value::String(items.join(&text(separator))))
        }
        ("Fn::Select", [index, Value::Array(items)]) => {
            let chosen = text(index).parse::<usize>().ok().and_then(|index| items.get(index));
            chosen.cloned().ok_or_else(|| Unresolved::Wrong("Fn::Select points outside its list".to_owned()))
        }
        ("Fn::Split", [separator, value]) => {
            let value = text(value);
            Ok(Value::Array(value.split(&text(separator)).map(|part| Value::String(part.to_owned())).collect()))
        }
        ("Fn::Length", items) => Ok(Value::from(items.len())),
        ("Fn::ToJsonString", _) => Ok(Value::String(argument.to_string())),
        _ => wrong(format!("{name} has invalid arguments")),
    }
}
