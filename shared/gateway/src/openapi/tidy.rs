//! Normalizes schemas to forms that every client generator supports.

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Map, Value, json};

/// Rewrites a schema and its subschemas.
pub(super) fn tidy(schema: &mut Schema) {
    transform_subschemas(&mut |inner: &mut Schema| tidy(inner), schema);
    enumeration(schema);
    integer(schema);
    null(schema);
}

/// Turns a choice of constants into an enum, with the meaning of each value in the description.
fn enumeration(schema: &mut Schema) {
    let Some(options) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let Some(values) = options.iter().map(values_of).collect::<Option<Vec<_>>>().map(|found| found.concat()) else { return };
    let listed = values.iter().filter(|(value, text)| !text.is_empty() && text.trim_matches('`') != value);
    let lines: Vec<String> = listed.map(|(value, text)| format!("- `{value}`: {text}")).collect();
    let names: Vec<&String> = values.iter().map(|(value, _)| value).collect();
    let own = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let parts = [own.to_owned(), lines.join("\n")];
    let text = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n\n");
    let names = json!(names);
    schema.remove("oneOf");
    schema.insert("type".into(), "string".into());
    schema.insert("enum".into(), names);
    if !text.is_empty() {
        schema.insert("description".into(), text.into());
    }
}

/// The strings that an option permits, with its description; `None` if it permits anything else.
fn values_of(option: &Value) -> Option<Vec<(String, String)>> {
    let text = option.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (option.get("const"), option.get("enum")) {
        (Some(Value::String(value)), _) => Some(vec![(value.clone(), text)]),
        (None, Some(Value::Array(values))) => {
            values.iter().map(|value| Some((value.as_str()?.to_owned(), text.clone()))).collect()
        }
        _ => None,
    }
}

/// Replaces integer formats that OpenAPI does not define by bounds.
fn integer(schema: &mut Schema) {
    let (format, bounds) = match schema.get("format").and_then(Value::as_str) {
        Some("int8") => ("int32", Some((i64::from(i8::MIN), i64::from(i8::MAX)))),
        Some("int16") => ("int32", Some((i64::from(i16::MIN), i64::from(i16::MAX)))),
        Some("uint8") => ("int32", Some((0, i64::from(u8::MAX)))),
        Some("uint16") => ("int32", Some((0, i64::from(u16::MAX)))),
        Some("uint32") => ("int64", Some((0, i64::from(u32::MAX)))),
        Some("uint64" | "uint" | "int") => ("int64", None),
        _ => return,
    };
    schema.insert("format".into(), format.into());
    if let (Some((least, most)), Some(members)) = (bounds, schema.as_object_mut()) {
        members.entry("minimum").or_insert_with(|| least.into());
        members.entry("maximum").or_insert_with(|| most.into());
    }
}

/// Merges nulls; a plain type has null in its list of types.
fn null(schema: &mut Schema) {
    let Some([one, other]) = schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) else { return };
    let Some(inner) = one.as_object().filter(|_| other == &json!({ "type": "null" })) else { return };
    let Some(merged) = admitting_null(inner) else { return };
    schema.remove("anyOf");
    for (name, value) in merged {
        schema.as_object_mut().into_iter().for_each(|members| {
            members.entry(&name).or_insert_with(|| value.clone());
        });
    }
}

/// The schema with null among its types; `None` if it is a component or an enum.
pub(super) fn admitting_null(schema: &Map<String, Value>) -> Option<Map<String, Value>> {
    if ["title", "enum", "const", "$ref", "anyOf", "oneOf", "allOf"].iter().any(|name| schema.contains_key(*name)) {
        return None;
    }
    let mut schema = schema.clone();
    let kinds = match schema.get("type")? {
        Value::String(kind) if kind != "null" => json!([kind, "null"]),
        other => other.clone(),
    };
    schema.insert("type".into(), kinds);
    Some(schema)
}

#[cfg(test)]
mod tests {
    use schemars::json_schema;

    use super::*;

    fn check(mut schema: Schema, expected: Value) {
        tidy(&mut schema);
        assert_eq!(schema.to_value(), expected);
    }

    #[test]
    fn constants_become_an_enumeration() {
        let schema = json_schema!({ "description": "A state.", "oneOf": [
            { "type": "string", "const": "on", "description": "Works." },
            { "type": "string", "enum": ["off", "gone"] },
        ] });
        check(schema, json!({ "type": "string", "enum": ["on", "off", "gone"], "description": "A state.\n\n- `on`: Works." }));
        let other = json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] });
        check(Schema::try_from(other.clone()).unwrap(), other);
    }

    #[test]
    fn widths_become_bounds() {
        let schema = json_schema!({ "type": "integer", "format": "uint16", "minimum": 1 });
        check(schema, json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": 65_535 }));
        check(json_schema!({ "format": "uint64", "minimum": 0 }), json!({ "format": "int64", "minimum": 0 }));
        check(json_schema!({ "format": "date" }), json!({ "format": "date" }));
    }

    #[test]
    fn null_is_said_once() {
        let text = json!({ "anyOf": [{ "type": ["string", "null"] }, { "type": "null" }], "description": "Text." });
        check(Schema::try_from(text).unwrap(), json!({ "type": ["string", "null"], "description": "Text." }));
        let named = json!({ "anyOf": [{ "$ref": "#/components/schemas/A" }, { "type": "null" }] });
        check(Schema::try_from(named.clone()).unwrap(), named);
    }
}
