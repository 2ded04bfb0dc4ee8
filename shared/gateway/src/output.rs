//! Outputs of operations: status, body, and how both are documented.

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use store::control::Shown;

use crate::response::Response;

/// The output of an operation.
pub trait Output: Send {
    /// The HTTP response.
    fn into_response(self) -> Response;

    /// Statuses and bodies for OpenAPI; an empty list keeps the operation out of the documents.
    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)>;
}

/// 200 with a JSON body.
pub struct Json<T>(pub T);

impl<T: Serialize + JsonSchema + Send> Output for Json<T> {
    fn into_response(self) -> Response {
        Response::json(StatusCode::OK, &self.0)
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        vec![(200, Some(generator.subschema_for::<T>()))]
    }
}

/// An output, and whose records it shows.
pub struct Showing<T> {
    /// The output.
    pub output: T,
    /// Records of fleets in it.
    pub shown: Vec<Shown>,
}

impl<T: Output> Output for Showing<T> {
    fn into_response(self) -> Response {
        self.output.into_response().showing(self.shown)
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        T::describe(generator)
    }
}

/// 201 with a JSON body.
pub struct Created<T>(pub T);

impl<T: Serialize + JsonSchema + Send> Output for Created<T> {
    fn into_response(self) -> Response {
        Response::json(StatusCode::CREATED, &self.0)
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        vec![(201, Some(generator.subschema_for::<T>()))]
    }
}

/// 201 for a new resource, 200 for a refreshed one.
pub struct Upserted<T> {
    /// Whether the resource is new.
    pub is_new: bool,
    /// The resource.
    pub body: T,
}

impl<T: Serialize + JsonSchema + Send> Output for Upserted<T> {
    fn into_response(self) -> Response {
        let status = if self.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Response::json(status, &self.body)
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        let schema = generator.subschema_for::<T>();
        vec![(200, Some(schema.clone())), (201, Some(schema))]
    }
}

/// 204.
pub struct NoContent;

impl Output for NoContent {
    fn into_response(self) -> Response {
        Response::empty(StatusCode::NO_CONTENT)
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        vec![(204, None)]
    }
}

/// 200 without a body.
pub struct Plain;

impl Output for Plain {
    fn into_response(self) -> Response {
        Response::empty(StatusCode::OK)
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        vec![(200, None)]
    }
}

/// A page for a browser, or a redirect; not part of the API documents.
pub struct Html(pub Response);

impl Output for Html {
    fn into_response(self) -> Response {
        self.0
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        Vec::new()
    }
}
