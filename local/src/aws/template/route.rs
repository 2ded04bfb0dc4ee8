//! HTTP routes: a route refers to its integration, an integration to its function.

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
    /// When a route does not lead to a function of its stack.
    pub fn routes(&self, context: Context<'_>) -> Result<Vec<Route>> {
        let mut routes = Vec::new();
        for (place, resource) in self.places().filter(|(_, resource)| resource.kind == "AWS::ApiGatewayV2::Route") {
            if self.exists(context, &place, resource)? {
                let route = self.route(context, &place, resource);
                routes.push(route.with_context(|| format!("route {} of the template", self.path(&place)))?);
            }
        }
        Ok(routes)
    }

    fn route(&self, context: Context<'_>, place: &Place, resource: &Resource) -> Result<Route> {
        let key = self.value(context, place.scope, resource.properties.get("RouteKey").unwrap_or(&Value::Null))?;
        let key = text(&key);
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", &key));
        let target = resource.properties.get("Target").and_then(reference).context("its Target does not name an integration")?;
        let integration = self.resource(place.scope, target).with_context(|| format!("{target} is not in its stack"))?;
        let function = integration.properties.get("IntegrationUri").and_then(reference);
        let function = function.with_context(|| format!("{target} does not name a function"))?;
        let found = self.resource(place.scope, function).with_context(|| format!("{function} is not in its stack"))?;
        let function = Place { scope: place.scope, logical: function.to_owned() };
        let handler = self.handler(context, &function, found)?;
        Ok(Route { method: method.to_uppercase(), path: path.to_owned(), handler })
    }
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
