//! HTTP routes: a route refers to its integration, an integration to its function.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::resolve::text;
use super::{Context, Place, Resource, Template};

/// An HTTP route of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method in capitals, or `ANY`.
    pub method: String,
    /// The path with `{names}`.
    pub path: String,
    /// The handler that serves it.
    pub handler: String,
}

impl Template {
    /// All HTTP routes; this does not need created resources.
    ///
    /// # Errors
    /// When a route does not lead to a function.
    pub fn routes(&self, context: Context<'_>) -> Result<Vec<Route>> {
        let named = self.named_functions(context)?;
        let mut routes = Vec::new();
        for (place, resource) in self.places().filter(|(_, resource)| resource.kind == "AWS::ApiGatewayV2::Route") {
            if self.exists(context, &place, resource)? {
                let route = self.route(context, &named, &place, resource);
                routes.push(route.with_context(|| format!("route {} of the template", self.path(&place)))?);
            }
        }
        Ok(routes)
    }

    fn route(&self, context: Context<'_>, named: &Named, place: &Place, resource: &Resource) -> Result<Route> {
        let key = self.value(context, place.scope, resource.properties.get("RouteKey").unwrap_or(&Value::Null))?;
        let key = text(&key);
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", &key));
        let target = resource.properties.get("Target").and_then(reference).context("its Target does not name an integration")?;
        let integration = self.resource(place.scope, target).with_context(|| format!("{target} is not in its stack"))?;
        let uri = integration.properties.get("IntegrationUri").with_context(|| format!("{target} has no IntegrationUri"))?;
        let function = match reference(uri) {
            Some(logical) => Place { scope: place.scope, logical: logical.to_owned() },
            None => {
                let arn = text(&self.value(context, place.scope, uri)?);
                let name = function_name(&arn).with_context(|| format!("{target} does not name a function"))?;
                named.get(name).with_context(|| format!("no function is named {name}"))?.clone()
            }
        };
        let missing = || format!("{} is not in its stack", function.logical);
        let found = self.resource(function.scope, &function.logical).with_context(missing)?;
        let handler = self.handler(context, &function, found)?;
        Ok(Route { method: method.to_uppercase(), path: path.to_owned(), handler })
    }

    fn named_functions(&self, context: Context<'_>) -> Result<Named> {
        let mut named = Named::new();
        for (place, resource) in self.places().filter(|(_, resource)| resource.kind == "AWS::Serverless::Function") {
            if let Some(name) = resource.properties.get("FunctionName") {
                named.insert(text(&self.value(context, place.scope, name)?), place);
            }
        }
        Ok(named)
    }
}

/// Functions by their names, for routes of other stacks.
type Named = HashMap<String, Place>;

/// The name in a function's ARN, which may name an alias as well.
fn function_name(arn: &str) -> Option<&str> {
    arn.split_once(":function:")?.1.split(':').next()
}

/// The resource that an expression refers to: `Ref` of it or of its alias, `GetAtt`, or a `Sub` that ends with it.
fn reference(expression: &Value) -> Option<&str> {
    let named = expression.get("Ref").or_else(|| expression.get("Fn::GetAtt"));
    let name = match named {
        Some(Value::Array(parts)) => parts.first()?.as_str()?,
        Some(name) => name.as_str()?,
        None => expression.get("Fn::Sub")?.as_str()?.rsplit_once("${")?.1.strip_suffix('}')?,
    };
    name.split('.').next()
}
