//! What a recording reader keeps of members: their descriptions for OpenAPI.

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
    /// What a schema does not say.
    pub details: MemberDetails,
}

/// The documentation of a member beside its schema.
#[derive(Clone, Debug, Default)]
pub struct MemberDetails {
    /// Its description.
    pub about: Cow<'static, str>,
    /// A value that one could send, as JSON; a text that is no JSON stands for itself. Empty = none.
    pub example: &'static str,
    /// The value that counts where none is sent.
    pub default: Option<Value>,
    /// Whether it is kept for the sake of old clients.
    pub is_deprecated: bool,
    /// The lists of values to document, where the operation itself refuses others.
    pub values: &'static [&'static [&'static str]],
}

impl MemberDetails {
    /// The schema of the lists of values, where there are any.
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
    /// What a recording reader has recorded. `None` for one that reads a request, and always in the functions' artefact,
    /// which has no documents, and so no need for schemas.
    pub(super) fn recorded(&mut self) -> Option<&mut Vec<MemberSpec>> {
        if cfg!(feature = "openapi") { self.recorded.as_mut() } else { None }
    }
}
