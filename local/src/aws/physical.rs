//! The created resources of the template.

use std::collections::HashMap;

/// Names and attributes of created resources, keyed by the logical id's path in the template.
#[derive(Debug, Clone, Default)]
pub struct Physical {
    /// Values of `Ref`: a table's name, a queue's URL, a key's id, a group's name.
    pub refs: HashMap<String, String>,
    /// Values of `GetAtt`, by path and attribute (`Arn`, `StreamArn`, `QueueUrl`, ...).
    pub attributes: HashMap<(String, String), String>,
}

impl Physical {
    /// The value of `Ref` for a path.
    #[must_use]
    pub fn reference(&self, path: &str) -> Option<&str> {
        self.refs.get(path).map(String::as_str)
    }

    /// The value of `GetAtt` for a path and an attribute.
    #[must_use]
    pub fn attribute(&self, path: &str, attribute: &str) -> Option<&str> {
        self.attributes.get(&(path.to_owned(), attribute.to_owned())).map(String::as_str)
    }

    /// The URL of the queue with this ARN.
    #[must_use]
    pub fn queue_url(&self, arn: &str) -> Option<&str> {
        let is_queue = |path: &str| self.attribute(path, "Arn") == Some(arn) && self.attribute(path, "QueueUrl").is_some();
        self.refs.iter().find(|(path, _)| is_queue(path)).map(|(_, url)| url.as_str())
    }

    pub(crate) fn insert(&mut self, path: &str, reference: String, attributes: impl IntoIterator<Item = (&'static str, String)>) {
        self.refs.insert(path.to_owned(), reference);
        self.attributes.extend(attributes.into_iter().map(|(name, value)| ((path.to_owned(), name.to_owned()), value)));
    }
}
