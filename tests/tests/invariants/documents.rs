//! The OpenAPI documents say what generators of clients and their readers need.

use serde_json::Value;

/// Formats that generators know.
const FORMATS: &[&str] = &["date", "date-time", "double", "int32", "int64", "password", "uri", "uuid"];

fn documents() -> Vec<(String, Value)> {
    let documents = xtask::openapi::documents().unwrap().into_iter();
    documents.map(|(path, text)| (path, serde_json::from_str(&text).unwrap())).collect()
}

/// Calls `look` with every value in a document and its place there.
fn walk(place: &str, value: &Value, look: &mut impl FnMut(&str, &Value)) {
    look(place, value);
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| walk(&format!("{place}/{name}"), inner, look)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, inner)| walk(&format!("{place}/{at}"), inner, look)),
        _ => {}
    }
}

fn is_described(value: &Value) -> bool {
    let text = value.get("description").and_then(Value::as_str);
    // Names of members and values are code; what they are called is not ours to say.
    let words = |text: &str| text.split('`').step_by(2).collect::<String>();
    text.is_some_and(|text| !text.is_empty() && !words(text).contains("contract"))
}

#[test]
fn everything_is_described() {
    let mut silent = Vec::new();
    for (path, document) in documents() {
        walk(&path, &document, &mut |place, value| {
            let (above, name) = place.rsplit_once('/').unwrap();
            let is_shared = value.get("$ref").is_some() && !above.ends_with("/properties");
            // Paths and members may be called properties, too.
            let is_path = place.split_once("/paths/").is_some_and(|(_, rest)| !rest.contains("/schema"));
            let is_member = above.ends_with("/properties") && !above.ends_with("/properties/properties") && !is_path;
            let is_named = is_member || above.ends_with("/components/schemas");
            let is_part =
                above.ends_with("/parameters") || above.ends_with("/tags") || above.ends_with("/responses") || name == "info";
            let is_operation = value.get("operationId").is_some();
            let must = (is_named || is_part || is_operation) && value.is_object() && !is_shared;
            if must && !is_described(value) {
                silent.push(place.to_owned());
            }
        });
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn types_have_names_of_their_own() {
    for (path, document) in documents() {
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let numbered: Vec<_> = schemas.keys().filter(|name| name.ends_with(|last: char| last.is_ascii_digit())).collect();
        assert!(numbered.is_empty(), "{path}: {numbered:?}");
    }
}

#[test]
fn schemas_are_spelled_as_generators_read_them() {
    for (path, document) in documents() {
        walk(&path, &document, &mut |place, value| {
            if let Some(format) = value.get("format").and_then(Value::as_str) {
                assert!(FORMATS.contains(&format), "{place}: format {format}");
            }
            let options = value.get("oneOf").and_then(Value::as_array).into_iter().flatten();
            let constants = options.filter(|option| option.get("const").is_some()).count();
            assert_eq!(constants, 0, "{place} is a choice of constants, not an enumeration");
        });
    }
}

#[test]
fn every_operation_stands_in_a_section() {
    for (path, document) in documents() {
        let sections: Vec<&str> = document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
        walk(&path, &document, &mut |place, value| {
            if value.get("operationId").is_some() {
                let section = value["tags"][0].as_str().unwrap();
                assert!(sections.contains(&section), "{place} is in no section: {section}");
            }
        });
    }
}
