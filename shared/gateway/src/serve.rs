//! Type-erased operations, to which the rows of endpoint tables refer.

use std::marker::PhantomData;

use schemars::{Schema, SchemaGenerator};

use crate::incoming::Incoming;
use crate::output::Output as _;
use crate::reader::{Body, Input, MemberSpec, Reader, SMALL_BODY};
use crate::response::Response;
use crate::{ApiError, BoxFuture, Call, Context, Operation};

/// Statuses, and the schemas of their bodies.
pub type ResponseSchemas = Vec<(u16, Option<Schema>)>;

/// An operation as it is executed.
///
/// Similar operations can be values of one type that implements this; an [`Operation`] is a type of its own.
pub trait Serve: Sync + 'static {
    /// The most bytes of a body. Larger ones are refused before anything else.
    fn max_body(&self) -> usize {
        SMALL_BODY
    }

    /// Executes it.
    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>>;
}

/// An operation as it is documented: its input and its responses. The functions' artifact is built without this.
pub trait Describe: Sync + 'static {
    /// The request body.
    fn body(&self) -> Body {
        Body::None
    }

    /// What its row does not say about it: a paragraph for people.
    fn description(&self) -> String {
        String::new()
    }

    /// The members that it reads.
    fn members(&self) -> Vec<MemberSpec>;

    /// Its responses; an empty list keeps it out of the documents.
    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas;
}

/// An [`Operation`] as a [`Serve`].
pub(crate) struct Typed<O>(PhantomData<fn() -> O>);

impl<O: Operation> Typed<O> {
    /// The only value, for tables.
    pub(crate) const VALUE: &'static Self = &Self(PhantomData);
}

impl<O: Operation> Describe for Typed<O> {
    fn body(&self) -> Body {
        O::Input::BODY
    }

    fn members(&self) -> Vec<MemberSpec> {
        Reader::members(O::Input::read)
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas {
        O::Output::describe(generator)
    }
}

impl<O: Operation> Serve for Typed<O> {
    fn max_body(&self) -> usize {
        O::Input::MAX_BODY
    }

    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            let input = Reader::read(incoming, O::Input::BODY, O::Input::read)?;
            Ok(O::run(context, call, input).await?.into_response())
        })
    }
}
