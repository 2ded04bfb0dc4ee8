//! The components of one document: every schema with a title, once.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::tidy::tidy;

const SCHEMAS: &str = "#/components/schemas/";

/// Two different schemas have the same name, and one of them is referred to already.
#[derive(Debug, thiserror::Error)]
#[error("two different schemas are called {0}")]
pub struct Clash(String);

/// Collects schemas.
pub(super) struct Components {
    /// The generator for Rust types. They describe responses, so members that are always serialized are required, even if
    /// nullable.
    pub(super) generator: SchemaGenerator,
    named: BTreeMap<String, Schema>,
}

impl Components {
    pub(super) fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12().for_serialize();
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
        Self { generator: settings.into_generator(), named: BTreeMap::new() }
    }

    /// The schema as used by others: a reference if it has a title.
    pub(super) fn place(&mut self, mut schema: Schema) -> Value {
        tidy(&mut schema);
        self.lift(&mut schema);
        schema.to_value()
    }

    /// Gives an inline object the name, unless it is a component already.
    pub(super) fn titled(schema: Schema, title: &str) -> Schema {
        let mut schema = schema;
        if schema.get("$ref").is_none() && schema.get("title").is_none() {
            schema.insert("title".into(), title.into());
        }
        schema
    }

    fn lift(&mut self, schema: &mut Schema) {
        transform_subschemas(&mut |inner: &mut Schema| self.lift(inner), schema);
        let Some(Value::String(title)) = schema.remove("title") else { return };
        // A default belongs to the use, not to the type; so does the description of a list of values.
        let default = schema.remove("default");
        let said = describe_list(&title, schema);
        let mut reference = Schema::new_ref(format!("{SCHEMAS}{}", self.register(&title, mem::take(schema))));
        if let Some(default) = default {
            reference = json_schema!({ "allOf": [reference], "default": default });
        }
        if let Some(said) = said {
            reference.insert("description".into(), said);
        }
        *schema = reference;
    }

    /// The name of the component: the title, with a number if another schema has it.
    fn register(&mut self, title: &str, schema: Schema) -> String {
        let mut name = title.to_owned();
        let mut number = 1;
        loop {
            match self.named.get(&name) {
                None => {
                    self.named.insert(name.clone(), schema);
                    return name;
                }
                Some(kept) => {
                    if let Some(both) = fitting(kept, &schema) {
                        self.named.insert(name.clone(), both);
                        return name;
                    }
                }
            }
            number += 1;
            name = format!("{title}{number}");
        }
    }

    /// The components that `used` refers to, directly or through others.
    pub(super) fn finish(mut self, used: &[&Value]) -> Result<Map<String, Value>, Clash> {
        for (name, definition) in self.generator.take_definitions(true) {
            let Ok(mut schema) = Schema::try_from(definition) else { continue };
            tidy(&mut schema);
            schema.remove("title");
            let _said_elsewhere = describe_list(&name, &mut schema);
            transform_subschemas(&mut |inner: &mut Schema| self.lift(inner), &mut schema);
            if self.register(&name, schema) != name {
                return Err(Clash(name));
            }
        }
        let mut wanted: Vec<String> = used.iter().flat_map(|value| references(value)).collect();
        let mut kept = BTreeMap::new();
        while let Some(name) = wanted.pop() {
            if let Some(schema) = self.named.remove(&name) {
                let schema = schema.to_value();
                wanted.extend(references(&schema));
                kept.insert(name, schema);
            }
        }
        Ok(kept.into_iter().collect())
    }
}

/// The common schema of two that differ only in their required members: those that both require.
fn fitting(kept: &Schema, other: &Schema) -> Option<Schema> {
    let without = |schema: &Schema| {
        let mut schema = schema.clone();
        let required = schema.remove("required");
        let names: BTreeSet<String> = required
            .iter()
            .flat_map(|names| names.as_array())
            .flatten()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect();
        (schema, names)
    };
    let ((mut schema, required), (others, also)) = (without(kept), without(other));
    let both: Vec<&String> = required.intersection(&also).collect();
    if schema != others {
        return None;
    }
    if !both.is_empty() {
        schema.insert("required".into(), json!(both));
    }
    Some(schema)
}

/// Gives a published list its own description; returns the previous one if it differs.
fn describe_list(name: &str, schema: &mut Schema) -> Option<Value> {
    let (_, text, _) = model::codes::NAMED.iter().find(|(named, _, _)| *named == name)?;
    schema.insert("description".into(), (*text).into()).filter(|said| said != text)
}

/// The names of the schemas that a value refers to.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, inner)| match inner {
                Value::String(target) if name == "$ref" => target.strip_prefix(SCHEMAS).map(str::to_owned).into_iter().collect(),
                inner => references(inner),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_components_once() {
        let mut components = Components::new();
        let color = json_schema!({ "title": "Color", "type": "string", "enum": ["red"] });
        let paint = json_schema!({ "title": "Paint", "type": "object", "properties": { "color": color }, "required": ["color"] });
        let sent = json_schema!({ "title": "Paint", "type": "object", "properties": { "color": color } });
        assert_eq!(components.place(paint), json!({ "$ref": "#/components/schemas/Paint" }));
        let used = components.place(sent);
        components.place(json_schema!({ "title": "Unused", "type": "object" }));
        let kept = components.finish(&[&used]).unwrap();
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["Color", "Paint"]);
        assert_eq!(kept["Paint"].get("required"), None);
    }

    #[test]
    fn different_schemas_have_different_names() {
        let mut components = Components::new();
        let text = json_schema!({ "title": "Page", "type": "string" });
        let number = json_schema!({ "title": "Page", "type": "number" });
        assert_eq!(components.place(text.clone()), components.place(text));
        assert_eq!(components.place(number), json!({ "$ref": "#/components/schemas/Page2" }));
    }
}
