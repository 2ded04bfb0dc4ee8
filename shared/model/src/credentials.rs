//! Credential forms: what each `conn_type` asks for, the check of what was given, and how much of it may be shown.
//!
//! The form is chosen by the TSP's `conn_type`, never by shape: several forms have equal members (contract section 7).

mod forms;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};
use thiserror::Error;

use forms::FORMS;

/// What masked values read as.
pub const MASK: &str = "*****";
/// The version of [`Credentials::to_sealed_json`].
const SEALED_VERSION: u64 = 1;

/// How a field is entered and what JSON it holds: numbers are integers, all others strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text.
    Text,
    /// Text that is not shown while it is typed.
    Secret,
    /// An integer.
    Number,
    /// An absolute URL.
    Url,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be given. A field that need not may be absent or null.
    pub required: bool,
    /// Whether answers show [`MASK`] in its place. Output schemas give masked members no type.
    pub masked: bool,
    /// The number that stands in where none is given.
    pub default: Option<i64>,
}

impl Field {
    const fn open(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self { name, label, kind, required: true, masked: false, default: None }
    }

    const fn masked(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self { masked: true, ..Self::open(name, label, kind) }
    }

    const fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    const fn or(self, default: i64) -> Self {
        Self { required: false, default: Some(default), ..self }
    }

    /// The JSON type: `integer` or `string`; where not required, null too.
    #[must_use]
    pub const fn json_type(&self) -> &'static str {
        match self.kind {
            Kind::Number => "integer",
            Kind::Text | Kind::Secret | Kind::Url | Kind::Choice(_) => "string",
        }
    }

    fn parse(&self, value: &Value) -> Result<Entry, Problem> {
        if self.kind == Kind::Number {
            return value.as_i64().map(Entry::Number).ok_or(Problem::Type);
        }
        let text = value.as_str().ok_or(Problem::Type)?;
        match self.kind {
            _ if text.trim().is_empty() => Err(Problem::Empty),
            Kind::Url if url::Url::parse(text.trim()).is_err() => Err(Problem::Type),
            Kind::Choice(words) if !words.contains(&text) => Err(Problem::Choice),
            _ => Ok(Entry::Text(text.to_owned())),
        }
    }
}

/// The credential form of a `conn_type`.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// The `conn_type`.
    pub conn_type: &'static str,
    /// The contract's model, without `-Input` or `-Output`.
    model: &'static str,
    /// Whether the contract has one model for both directions.
    pub one_schema: bool,
    /// Its fields, in the order they are asked for.
    pub fields: &'static [Field],
}

impl Form {
    const fn new(conn_type: &'static str, model: &'static str, fields: &'static [Field]) -> Self {
        Self { conn_type, model, one_schema: false, fields }
    }

    const fn one(conn_type: &'static str, model: &'static str, fields: &'static [Field]) -> Self {
        Self { conn_type, model, one_schema: true, fields }
    }

    /// The form of a `conn_type`.
    #[must_use]
    pub fn of(conn_type: &str) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.conn_type == conn_type)
    }

    /// Every form, in the order of [`crate::codes::CONNECTION_TYPES`].
    #[must_use]
    pub const fn all() -> &'static [Self] {
        FORMS
    }

    /// The contract's model: published as `<name>-Input` and `<name>-Output`, or bare where [`Form::one_schema`].
    #[must_use]
    pub const fn schema_name(&self) -> &'static str {
        self.model
    }

    fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Required, but absent or null.
    Missing,
    /// Not a field of the form.
    Unknown,
    /// Not the kind of value the form asks for.
    Type,
    /// Blank text.
    Empty,
    /// Not one of the form's words.
    Choice,
}

/// A field that was not accepted. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Its name.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

#[derive(Clone, PartialEq, Eq)]
enum Entry {
    Text(String),
    Number(i64),
}

impl Entry {
    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
        }
    }
}

/// Checked credentials. They are neither `Serialize` nor `Display`, and `Debug` shows no value: they leave only by
/// [`Credentials::get`], [`Credentials::masked`] and [`Credentials::to_sealed_json`].
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    form: &'static Form,
    values: BTreeMap<&'static str, Entry>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Sealed text that does not open as credentials. Never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealedError {
    /// Not JSON of this shape.
    #[error("sealed credentials are malformed")]
    Malformed,
    /// Written by a later version.
    #[error("sealed credentials have an unknown version")]
    Version,
    /// The values no longer fit their form.
    #[error("sealed credentials do not fit their form")]
    Form,
}

impl Credentials {
    /// What was given, checked against the form. Null and, for optional fields, blank text count as absent.
    ///
    /// # Errors
    /// Every problem at once: fields of the form in its order, then unknown ones.
    pub fn check(form: &'static Form, given: &Map<String, Value>) -> Result<Self, Vec<FieldProblem>> {
        let mut values = BTreeMap::new();
        let mut problems = Vec::new();
        for field in form.fields {
            let outcome = given.get(field.name).filter(|value| !value.is_null()).map(|value| field.parse(value));
            match outcome {
                Some(Ok(entry)) => drop(values.insert(field.name, entry)),
                None | Some(Err(Problem::Empty)) if !field.required => {
                    values.extend(field.default.map(|default| (field.name, Entry::Number(default))));
                }
                None => problems.push(FieldProblem { field: field.name.into(), problem: Problem::Missing }),
                Some(Err(problem)) => problems.push(FieldProblem { field: field.name.into(), problem }),
            }
        }
        let unknown = given.keys().filter(|name| form.field(name).is_none());
        problems.extend(unknown.map(|name| FieldProblem { field: name.clone(), problem: Problem::Unknown }));
        if problems.is_empty() { Ok(Self { form, values }) } else { Err(problems) }
    }

    /// Their form.
    #[must_use]
    pub const fn form(&self) -> &'static Form {
        self.form
    }

    /// The text of a field, as given; `None` where absent or a number.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.values.get(name)? {
            Entry::Text(text) => Some(text),
            Entry::Number(_) => None,
        }
    }

    /// The number of a field.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.values.get(name)? {
            Entry::Text(_) => None,
            Entry::Number(number) => Some(*number),
        }
    }

    /// What answers show: every field of the form, [`MASK`] for masked ones that are set, null for absent ones.
    #[must_use]
    pub fn masked(&self) -> Value {
        let shown = self.form.fields.iter().map(|field| {
            let value = self.values.get(field.name);
            let value = value.map_or(Value::Null, |entry| if field.masked { json!(MASK) } else { entry.json() });
            (field.name.to_owned(), value)
        });
        Value::Object(shown.collect())
    }

    /// The JSON text to seal. It holds every secret in the clear: for the vault only.
    #[must_use]
    pub fn to_sealed_json(&self) -> String {
        let values: Map<String, Value> = self.values.iter().map(|(name, entry)| ((*name).into(), entry.json())).collect();
        json!({ "v": SEALED_VERSION, "form": self.form.conn_type, "values": values }).to_string()
    }

    /// The credentials in text that [`Credentials::to_sealed_json`] made.
    ///
    /// # Errors
    /// Where the text is not that, or the form has changed since.
    pub fn from_json(text: &str) -> Result<Self, SealedError> {
        let sealed: Value = serde_json::from_str(text).map_err(|_| SealedError::Malformed)?;
        if sealed.get("v").and_then(Value::as_u64) != Some(SEALED_VERSION) {
            return Err(SealedError::Version);
        }
        let form = sealed.get("form").and_then(Value::as_str).and_then(Form::of).ok_or(SealedError::Form)?;
        let values = sealed.get("values").and_then(Value::as_object).ok_or(SealedError::Malformed)?;
        Self::check(form, values).map_err(|_| SealedError::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(conn_type: &str, given: &Value) -> Result<Credentials, Vec<(String, Problem)>> {
        let problems = |found: Vec<FieldProblem>| found.into_iter().map(|found| (found.field, found.problem)).collect();
        Credentials::check(Form::of(conn_type).unwrap(), given.as_object().unwrap()).map_err(problems)
    }

    #[test]
    fn every_connection_type_has_a_form() {
        let known: Vec<&str> = Form::all().iter().map(|form| form.conn_type).collect();
        assert_eq!(known, crate::codes::CONNECTION_TYPES);
    }

    #[test]
    fn problems_are_told_field_by_field() {
        let cases = [
            ("token", json!({}), "token", Problem::Missing),
            ("token", json!({ "token": null }), "token", Problem::Missing),
            ("token", json!({ "token": " " }), "token", Problem::Empty),
            ("token", json!({ "token": 5 }), "token", Problem::Type),
            ("token", json!({ "token": "t", "url": "not a url" }), "url", Problem::Type),
            ("token", json!({ "token": "t", "tokn": "t" }), "tokn", Problem::Unknown),
            (
                "ez_lynk",
                json!({ "carrier_identifier": "1", "carrier_identifier_type": "x" }),
                "carrier_identifier_type",
                Problem::Choice,
            ),
            ("sftp", json!({ "host": "h", "username": "u", "password": "p", "port": "22" }), "port", Problem::Type),
        ];
        for (form, given, field, problem) in cases {
            assert_eq!(check(form, &given), Err(vec![(field.into(), problem)]), "{form} {given}");
        }
    }

    #[test]
    fn values_survive_sealing_and_are_masked_in_answers() {
        let given = json!({ "host": "h.example", "username": "u", "password": "hidden", "port": 2222 });
        let credentials = check("sftp", &given).unwrap();
        let opened = Credentials::from_json(&credentials.to_sealed_json()).unwrap();
        assert_eq!(opened, credentials);
        assert_eq!((opened.get("password"), opened.number("port")), (Some("hidden"), Some(2222)));
        assert_eq!(opened.masked(), json!({ "host": MASK, "port": 2222, "username": MASK, "password": MASK }));
        assert_eq!(format!("{opened:?}"), "***");
        let unset = json!({ "host": "h", "username": "u", "password": "p", "port": null });
        assert_eq!(check("sftp", &unset).unwrap().number("port"), Some(22));
        assert_eq!(check("token", &json!({ "token": "t", "url": "" })).unwrap().masked(), json!({ "token": MASK, "url": null }));
    }

    #[test]
    fn sealed_text_of_another_kind_is_refused() {
        assert_eq!(Credentials::from_json("{"), Err(SealedError::Malformed));
        assert_eq!(Credentials::from_json(r#"{"v":2}"#), Err(SealedError::Version));
        assert_eq!(Credentials::from_json(r#"{"v":1,"form":"token","values":{}}"#), Err(SealedError::Form));
    }
}
