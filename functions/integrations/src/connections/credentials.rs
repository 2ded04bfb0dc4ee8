//! Credentials in requests and responses: their schemas, and the problems of invalid ones.

use gateway::{ApiError, Problem};
use model::credentials::{Credentials, Field, FieldProblem, Form, Kind, MAX_TEXT, Problem as FieldFault};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// The credentials of a form.
///
/// # Errors
/// 422 with every invalid field, by path `body.credentials.<field>`; values are never echoed.
pub(super) fn checked(form: &'static Form, given: &Map<String, Value>) -> Result<Credentials, ApiError> {
    checked_in("body.credentials", form, given)
}

/// The credentials of a form, in another member of the body.
///
/// # Errors
/// 422 with every invalid field, by path; values are never echoed.
pub(super) fn checked_in(path: &str, form: &'static Form, given: &Map<String, Value>) -> Result<Credentials, ApiError> {
    let problems = |problems: Vec<FieldProblem>| problems.iter().map(|problem| described(path, problem)).collect();
    Credentials::check(form, given).map_err(|found| ApiError::invalid(problems(found)))
}

fn described(path: &str, problem: &FieldProblem) -> Problem {
    let (error_type, message) = match problem.problem {
        FieldFault::Missing => ("missing", "is required by this provider"),
        FieldFault::Unknown => ("unknown_field", "unknown member"),
        FieldFault::Type => ("type", "has the wrong type"),
        FieldFault::Empty => ("format", "must not be blank"),
        FieldFault::Length => ("range", "is too long"),
        FieldFault::Choice => ("enum", "must be one of the allowed values"),
    };
    Problem::new(&format!("{path}.{}", problem.field), "", error_type, message)
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Input,
    Output,
}

/// The schemas of credentials in requests; the TSP's `conn_type` determines which one applies.
pub(super) fn request_schema() -> Schema {
    union(Direction::Input)
}

/// The schema of a form in requests.
pub(super) fn schema_of_form(form: &'static Form) -> Schema {
    Schema::try_from(schema_of(form.schema_name(), form, Direction::Input)).unwrap_or_default()
}

/// The schemas of masked credentials in responses.
pub(super) fn masked_schema(_: &mut SchemaGenerator) -> Schema {
    union(Direction::Output)
}

fn union(direction: Direction) -> Schema {
    let named = Form::all().iter().map(|form| (form.schema_name(), form));
    // The contract publishes a model for Zubie, equal to Motive's, that no `conn_type` names.
    let zubie = Form::of("motive").map(|form| ("ZubieCreds", form));
    let forms: Vec<Value> = named.chain(zubie).map(|(name, form)| schema_of(name, form, direction)).collect();
    json_schema!({ "anyOf": forms })
}

fn schema_of(name: &str, form: &Form, direction: Direction) -> Value {
    let direction = if form.one_schema { Direction::Input } else { direction };
    let title = match direction {
        _ if form.one_schema => name.to_owned(),
        Direction::Input => format!("{name}-Input"),
        Direction::Output => format!("{name}-Output"),
    };
    let members = form.fields.iter().map(|field| (field.name.to_owned(), member(field, direction)));
    let members: Map<String, Value> = members.collect();
    // Answers show every field.
    let needed = form.fields.iter().filter(|field| field.required || direction == Direction::Output);
    let required: Vec<&str> = needed.map(|field| field.name).collect();
    let text = format!("Credentials of TSPs whose `conn_type` is `{}`.", form.conn_type);
    json!({ "title": title, "description": text, "type": "object", "properties": members, "required": required })
}

fn member(field: &Field, direction: Direction) -> Value {
    let is_masked = field.masked && direction == Direction::Output;
    let name = if is_masked { "string" } else { field.json_type() };
    let kind = if field.required { json!(name) } else { json!([name, "null"]) };
    let text = if is_masked { format!("{}, masked.", field.label) } else { format!("{}.", field.label) };
    match field.kind {
        Kind::Choice(words) if !is_masked => {
            let mut schema = model::schema::code(words);
            schema.insert("description".into(), text.into());
            json!(schema)
        }
        Kind::Number => json!({ "type": kind, "description": text }),
        Kind::Secret if direction == Direction::Input => {
            json!({ "type": kind, "format": "password", "maxLength": MAX_TEXT, "description": text })
        }
        _ if direction == Direction::Input => json!({ "type": kind, "maxLength": MAX_TEXT, "description": text }),
        _ => json!({ "type": kind, "description": text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_union_has_all_forms() {
        for direction in [Direction::Input, Direction::Output] {
            let schema = union(direction);
            assert_eq!(schema.get("anyOf").unwrap().as_array().unwrap().len(), 37);
        }
    }

    #[test]
    fn invalid_fields_are_named_and_never_echoed() {
        let form = Form::of("api_auth").unwrap_or(&Form::all()[1]);
        let given = json!({ "nonsense": "s3cret" });
        let error = checked(form, given.as_object().unwrap()).unwrap_err();
        assert_eq!(error.status(), 422);
        let text = error.body().to_string();
        assert!(text.contains("body.credentials.nonsense") && !text.contains("s3cret"), "{text}");
    }
}
