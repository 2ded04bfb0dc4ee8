//! Credential forms: the fields of each `conn_type`, their validation and masking.
//!
//! The TSP's `conn_type` determines the form, since several forms have the same members (contract section 7).

mod forms;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};
use thiserror::Error;

use forms::FORMS;

/// The text that replaces masked values.
pub const MASK: &str = "*****";
/// The most characters of a value: long enough for a private key.
pub const MAX_TEXT: usize = 8_192;
/// The version of [`Credentials::to_sealed_json`].
const SEALED_VERSION: u64 = 1;

/// The kind of a field. Numbers are integers in JSON, all others strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text.
    Text,
    /// Text that is hidden while it is typed.
    Secret,
    /// An integer.
    Number,
    /// An absolute URL.
    Url,
    /// One of these values.
    Choice(&'static [&'static str]),
}

/// One field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Whether it is required. An optional field may be absent or null.
    pub required: bool,
    /// Whether responses show [`MASK`] instead of the value. Output schemas give masked members no type.
    pub masked: bool,
    /// The default of a number.
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

    /// The JSON type: `integer` or `string`; for optional fields also null.
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
            _ if text.chars().count() > MAX_TEXT => Err(Problem::Length),
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
    /// Its fields, in display order.
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

    /// The contract's model: published as `<name>-Input` and `<name>-Output`, or without a suffix if [`Form::one_schema`].
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
    /// A value of the wrong type.
    Type,
    /// A blank string.
    Empty,
    /// A string of more than [`MAX_TEXT`] characters.
    Length,
    /// Not one of the allowed values.
    Choice,
}

/// A rejected field. Never contains the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Its name.
    pub field: String,
    /// The problem.
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

/// Checked credentials. They are neither `Serialize` nor `Display`, and `Debug` shows no value: their values are accessible only through
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

/// Why decrypted text is not valid credentials. Never contains any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealedError {
    /// Not the expected JSON.
    #[error("sealed credentials are malformed")]
    Malformed,
    /// Written by a later version.
    #[error("sealed credentials have an unknown version")]
    Version,
    /// The values do not match their form.
    #[error("sealed credentials do not match their form")]
    Form,
}

impl Credentials {
    /// Validates values against the form. Null and, for optional fields, blank strings count as absent.
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

    /// The text of a field; `None` if absent or a number.
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

    /// The form shown in responses: every field, [`MASK`] for masked ones that are set, null for absent ones.
    #[must_use]
    pub fn masked(&self) -> Value {
        let shown = self.form.fields.iter().map(|field| {
            let value = self.values.get(field.name);
            let value = value.map_or(Value::Null, |entry| if field.masked { json!(MASK) } else { entry.json() });
            (field.name.to_owned(), value)
        });
        Value::Object(shown.collect())
    }

    /// The JSON text to encrypt. It contains every secret in plain text, so pass it to the vault only.
    #[must_use]
    pub fn to_sealed_json(&self) -> String {
        let values: Map<String, Value> = self.values.iter().map(|(name, entry)| ((*name).into(), entry.json())).collect();
        json!({ "v": SEALED_VERSION, "form": self.form.conn_type, "values": values }).to_string()
    }

    /// Parses text from [`Credentials::to_sealed_json`].
    ///
    /// # Errors
    /// If the text is malformed, or the form has changed since.
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
    fn problems_are_reported_per_field() {
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
    fn values_survive_sealing_and_are_masked_in_responses() {
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
    fn sealed_text_of_another_kind_is_rejected() {
        assert_eq!(Credentials::from_json("{"), Err(SealedError::Malformed));
        assert_eq!(Credentials::from_json(r#"{"v":2}"#), Err(SealedError::Version));
        assert_eq!(Credentials::from_json(r#"{"v":1,"form":"token","values":{}}"#), Err(SealedError::Form));
    }
}
