//! The endpoint table: one row for every operation.

use http::Method;

use crate::caller::Access;
use crate::output::Output;
use crate::published::Published;
use crate::reader::Input;
use crate::response::Response;
use crate::serve::{Describe, Serve, Typed};
use crate::spelling::SPELLINGS;
use crate::{ApiError, Call, Context, Incoming};

/// An operation: its input, its output and its execution.
pub trait Operation: 'static {
    /// Path, query and body members.
    type Input: Input;
    /// The response.
    type Output: Output;

    /// Executes the operation.
    fn run(context: &Context, call: Call, input: Self::Input) -> impl Future<Output = Result<Self::Output, ApiError>> + Send;
}

/// One row of a service's table.
#[derive(Clone)]
pub struct Endpoint {
    /// HTTP method.
    pub method: Method,
    /// Path with `{parameters}`; the hyphenated spelling if there are two.
    pub path: &'static str,
    /// `service.operation`, the Lambda's `Handler`.
    pub handler: &'static str,
    /// A one-line description.
    pub summary: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What its role may do.
    pub permissions: &'static [Permission],
    pub(crate) serve: &'static dyn Serve,
    pub(crate) published: Published,
    pub(crate) error_page: Option<ErrorPage>,
}

/// How an error looks to a person with a browser who asked for this.
pub type ErrorPage = fn(&Context, &Incoming, &ApiError) -> Response;

/// What the role of a function may do. Each stands for fixed actions on fixed resources of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read items of the control table and its indexes.
    ReadControl,
    /// Write items of the control table.
    WriteControl,
    /// Count requests of callers: update the items of the control table that hold their limits. Who may write the table may count.
    CountRequests,
    /// Read items of the telematics table and its index.
    ReadTelematics,
    /// Write items of the telematics table.
    WriteTelematics,
    /// Generate data keys of a kind under the credentials key.
    Seal(Secrets),
    /// Decrypt data keys of a kind.
    Open(Secrets),
    /// Sign tokens.
    SignTokens,
    /// Read the token keys' public halves.
    VerifyTokens,
    /// Send to the deliveries queue.
    SendDeliveries,
    /// Send to the executions queue.
    SendExecutions,
    /// Send to the queue of writes.
    SendWrites,
    /// Create, update and delete schedules of the schedule group, and create the group where it was deleted.
    ManageSchedules,
}

/// A kind of sealed values. The encryption context of its data keys tells it from the others, and KMS opens no other for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Secrets {
    /// The platform's own secret (`purpose` is `platform`).
    Platform,
    /// What opens fleets' accounts (`tsp` names the provider).
    Credentials,
    /// What signs webhook messages (`webhook_id` names the subscription).
    Webhooks,
}

/// The path of the row that answers what no other route does, as API Gateway calls it.
pub const DEFAULT_ROUTE: &str = "$default";

/// A service, its endpoints, and how it is documented.
#[derive(Clone, Copy)]
pub struct Service {
    /// `orgs`, `telematics`, ...; the name of its OpenAPI document.
    pub name: &'static str,
    /// Its title there.
    pub title: &'static str,
    /// What it is for, in a sentence or two.
    pub description: &'static str,
    /// The sections of its document, in reading order.
    pub tags: &'static [Tag],
    /// Its endpoints.
    pub endpoints: fn() -> Vec<Endpoint>,
}

/// A section of a service's document.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// Its title.
    pub name: &'static str,
    /// Its endpoints: those whose handler starts with this and a dot.
    pub handlers: &'static str,
    /// What it is about, in a sentence or two.
    pub description: &'static str,
}

impl Endpoint {
    /// A row; callers need `access`, the function's role gets `permissions`.
    #[must_use]
    pub fn new<O: Operation>(
        method: Method,
        path: &'static str,
        handler: &'static str,
        access: Access,
        permissions: &'static [Permission],
    ) -> Self {
        Self::serving(method, path, handler, access, permissions, Typed::<O>::VALUE)
    }

    /// A row for an operation without types.
    #[must_use]
    pub const fn serving<S: Serve + Describe>(
        method: Method,
        path: &'static str,
        handler: &'static str,
        access: Access,
        permissions: &'static [Permission],
        serve: &'static S,
    ) -> Self {
        Self { method, path, handler, summary: "", access, permissions, serve, published: Published::of(serve), error_page: None }
    }

    /// The row that answers what no other route does.
    #[must_use]
    pub fn default_route<S: Serve + Describe>(handler: &'static str, serve: &'static S) -> Self {
        let any = Method::from_bytes(b"ANY").unwrap_or_default();
        Self::serving(any, DEFAULT_ROUTE, handler, Access::Public, &[], serve)
    }

    /// The row with its description.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The row with pages for its errors, in place of JSON.
    #[must_use]
    pub const fn failing_as(mut self, page: ErrorPage) -> Self {
        self.error_page = Some(page);
        self
    }

    /// The row with a paragraph for people: what its summary leaves out.
    #[must_use]
    pub const fn description(mut self, text: &'static str) -> Self {
        self.published.describe(text);
        self
    }

    /// The row of an operation that may change without notice; its document says so.
    #[must_use]
    pub const fn provisional(mut self) -> Self {
        self.published.mark_provisional();
        self
    }

    /// Whether its errors have the format of OAuth (RFC 6749, section 5.2).
    #[must_use]
    pub fn speaks_oauth(&self) -> bool {
        self.path.starts_with("/realms/")
    }

    /// Its route.
    #[must_use]
    pub fn route(&self) -> Route {
        Route { method: self.method.clone(), path: self.path }
    }

    /// Every path it is served at: some have another spelling.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.route().paths()
    }

    /// The keys of its routes, as API Gateway writes them: `GET /v2/orgs/tsps`, or `$default`.
    #[must_use]
    pub fn route_keys(&self) -> Vec<String> {
        if self.path == DEFAULT_ROUTE {
            return vec![DEFAULT_ROUTE.to_owned()];
        }
        let (methods, paths) = (self.route().methods(), self.paths());
        methods.iter().flat_map(|method| paths.iter().map(move |path| format!("{method} {path}"))).collect()
    }
}

/// What leads to a row, without what it does.
#[derive(Clone, Debug)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with `{parameters}`.
    pub path: &'static str,
}

impl Route {
    /// Every path that leads there: some have another spelling.
    fn paths(&self) -> Vec<String> {
        let others = SPELLINGS.iter().filter(|(spelling, _)| self.path.contains(spelling));
        let others = others.map(|(spelling, other)| self.path.replace(spelling, other));
        std::iter::once(self.path.to_owned()).chain(others).collect()
    }

    /// The methods that lead there: where there is GET, there is HEAD.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        let head = (self.method == Method::GET).then_some(Method::HEAD);
        [self.method.clone()].into_iter().chain(head).collect()
    }

    /// Whether a path is one of its own, with values in place of the parameters.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        self.paths().iter().any(|own| {
            let (mut own, mut sent) = (own.split('/'), path.split('/'));
            loop {
                match (own.next(), sent.next()) {
                    (None, None) => return true,
                    (Some(own), Some(sent)) if own == sent || (own.starts_with('{') && !sent.is_empty()) => {}
                    _ => return false,
                }
            }
        })
    }
}
