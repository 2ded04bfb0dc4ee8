//! Generated names for resources that the local run does not create, so that expressions that refer to them resolve.

use super::{Context, Place, Resource, Template};
use crate::aws::{ACCOUNT, REGION};

impl Template {
    /// SAM creates resources that the template does not contain: `XRole` for function X, `ApiStage` for API `Api`.
    pub(super) fn is_generated(&self, scope: usize, name: &str) -> bool {
        let serverless = |resource: &Resource| resource.kind.starts_with("AWS::Serverless::");
        self.scopes.get(scope).is_some_and(|stack| {
            stack.resources.iter().any(|(logical, resource)| serverless(resource) && name.starts_with(logical.as_str()))
        })
    }

    pub(crate) fn made_up_name(&self, context: Context<'_>, place: &Place) -> String {
        format!("{}{}-{}", context.stack, stack_suffix(self.prefix(place.scope)), place.logical)
    }
}

pub(super) fn stack_suffix(prefix: &str) -> String {
    prefix.split('.').filter(|part| !part.is_empty()).map(|part| format!("-{part}")).collect()
}

pub(super) fn attribute(kind: &str, name: &str, attribute: &str) -> String {
    match (kind, attribute) {
        ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => {
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
        }
        (kind, "Arn") => {
            let service = kind.split("::").nth(1).unwrap_or("local").to_lowercase();
            format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}")
        }
        (_, attribute) => format!("{name}-{}", attribute.replace('.', "-")),
    }
}
