//! The descriptions of members for OpenAPI, as recorded by a reader.

use std::borrow::Cow;

use schemars::{Schema, json_schema};
use serde_json::Value;

use super::{Location, Reader};

/// The description of a member for OpenAPI.
#[derive(Clone, Debug)]
pub struct MemberSpec {
    /// Its location.
    pub location: Location,
    /// Its name; dotted inside nested objects.
    pub name: String,
    /// Whether it must be sent.
    pub required: bool,
    /// Its schema.
    pub schema: Schema,
    /// Its further documentation.
    pub details: MemberDetails,
}

/// The documentation of a member beside its schema.
#[derive(Clone, Debug, Default)]
pub struct MemberDetails {
    /// Its description.
    pub about: Cow<'static, str>,
    /// A value that one could send, as JSON; other text is a string. Empty = none.
    pub example: &'static str,
    /// The default value.
    pub default: Option<Value>,
    /// Whether it is deprecated.
    pub is_deprecated: bool,
    /// The documented lists of values; the operation itself rejects other values.
    pub values: &'static [&'static [&'static str]],
}

impl MemberDetails {
    /// The schema of the lists of values, if there are any.
    pub(super) fn schema(&self) -> Option<Schema> {
        match self.values {
            [] => None,
            [values] => Some(model::schema::code(values)),
            lists => {
                let options: Vec<Schema> = lists.iter().map(|values| model::schema::code(values)).collect();
                Some(json_schema!({ "anyOf": options }))
            }
        }
    }
}

impl Reader {
    /// The members that a recording reader has recorded. `None` for a reader of requests, and always in the functions'
    /// artifact, which needs no schemas.
    pub(super) fn recorded(&mut self) -> Option<&mut Vec<MemberSpec>> {
        if cfg!(feature = "openapi") { self.recorded.as_mut() } else { None }
    }
}
