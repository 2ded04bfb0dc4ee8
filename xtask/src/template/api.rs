//! The API's integrations and routes, which have stacks of their own.
//!
//! API Gateway makes one change of an API at a time and refuses another one meanwhile ("concurrent modification"), while
//! CloudFormation makes side by side what does not depend on each other. So each of them depends on the one before, and the
//! stack of routes with an authorizer on that authorizer, which depends on the stack of open routes. Functions are in other stacks,
//! for those are to be made side by side: each shifts its requests to a new version for five minutes.

use super::function::prefix;
use super::rows::{Cause, RouteAuth, Row, methods, route_key};

/// The integrations and routes of these rows, one after the other.
pub(super) fn body(rows: &[&Row]) -> String {
    let mut chain = Chain::default();
    for row in rows {
        let Cause::Http { method, paths, auth } = &row.cause else { continue };
        let id = row.id();
        chain.integration(&id, &row.name());
        // A second path is an alternative spelling of the first.
        for method in methods(method) {
            for (name, path) in ["", "Other"].iter().zip(paths) {
                chain.route(&id, name, method, path, *auth);
            }
        }
    }
    format!("Resources:{}", chain.text)
}

/// Resources that are made one after the other.
#[derive(Default)]
struct Chain {
    text: String,
    /// The last one, unless the next one refers to it anyway.
    last: Option<String>,
}

impl Chain {
    fn integration(&mut self, id: &str, name: &str) {
        let after = self.after();
        self.text += &format!(
            "
  {id}Integration:
    Type: AWS::ApiGatewayV2::Integration
{after}    Properties:
      ApiId: !Ref HttpApi
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub 'arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{Name}}-{name}:live'
      PayloadFormatVersion: '2.0'
"
        );
    }

    fn route(&mut self, id: &str, name: &str, method: &str, path: &str, auth: RouteAuth) {
        let authorization = match auth {
            RouteAuth::None => "      AuthorizationType: NONE\n",
            RouteAuth::Jwt => "      AuthorizationType: JWT\n      AuthorizerId: !Ref Authorizer\n",
        };
        let (after, key, prefix) = (self.after(), route_key(method, path), prefix(method));
        self.text += &format!(
            "
  {id}{prefix}{name}Route:
    Type: AWS::ApiGatewayV2::Route
{after}    Properties:
      ApiId: !Ref HttpApi
      RouteKey: {key}
      Target: !Sub 'integrations/${{{id}Integration}}'
{authorization}"
        );
        self.last = Some(format!("{id}{prefix}{name}Route"));
    }

    fn after(&mut self) -> String {
        self.last.take().map(|last| format!("    DependsOn: {last}\n")).unwrap_or_default()
    }
}
