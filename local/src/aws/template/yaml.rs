//! CloudFormation's YAML as plain JSON: the short tags (`!Ref`, `!Sub`, `!GetAtt`, ...) become their long forms.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// Parses a template's text; short tags are converted to their long form.
///
/// # Errors
/// When the text is not YAML, or uses a value that JSON cannot hold.
pub(super) fn parse(text: &str) -> Result<Value> {
    let document: Yaml = serde_yaml_ng::from_str(text).context("the template is not valid YAML")?;
    plain(document)
}

fn plain(value: Yaml) -> Result<Value> {
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => serde_json::to_value(number).context("the template contains a number that is not finite")?,
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(plain).collect::<Result<_>>()?),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                object.insert(name(&key)?, plain(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            long_form(tag.trim_start_matches('!'), plain(tagged.value)?)
        }
    })
}

fn name(key: &Yaml) -> Result<String> {
    Ok(match key {
        Yaml::String(text) => text.clone(),
        Yaml::Number(number) => number.to_string(),
        Yaml::Bool(flag) => flag.to_string(),
        other => bail!("the template has a key that is not a string: {other:?}"),
    })
}

fn long_form(tag: &str, value: Value) -> Value {
    match (tag, value) {
        ("Ref" | "Condition", value) => json!({ tag: value }),
        ("GetAtt", Value::String(text)) => {
            let (resource, attribute) = text.split_once('.').unwrap_or((&text, ""));
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        (_, value) => json!({ (format!("Fn::{tag}")): value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_become_long_forms() {
        let text =
            "a: !Ref T\nb: !GetAtt Q.Arn\nc: !Sub '${T}-x'\nd: !If [Prod, !Ref A, 1]\ne: !Join ['-', [x, !Ref B]]\n200: ok\n";
        assert_eq!(
            parse(text).unwrap(),
            json!({
                "a": {"Ref": "T"},
                "b": {"Fn::GetAtt": ["Q", "Arn"]},
                "c": {"Fn::Sub": "${T}-x"},
                "d": {"Fn::If": ["Prod", {"Ref": "A"}, 1]},
                "e": {"Fn::Join": ["-", ["x", {"Ref": "B"}]]},
                "200": "ok",
            })
        );
    }
}
