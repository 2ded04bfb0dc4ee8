//! One row by its id.

use gateway::{
    ApiError, Body, BoxFuture, Call, Context, Describe, Incoming, MemberSpec, Reader, Response, ResponseSchemas, Serve,
};
use model::RecordId;
use model::telematics::{RecordType, Storage, row_schema};
use schemars::SchemaGenerator;

use crate::age;
use crate::scope::{Scope, source_data};

/// A row of a record type, where an active agreement shows it to the caller.
#[derive(Clone, Copy, Debug)]
pub struct Get {
    record: &'static RecordType,
    parameter: &'static str,
}

impl Get {
    /// The row whose id the path has in the place of `{parameter}`.
    #[must_use]
    pub const fn of(record: &'static RecordType, parameter: &'static str) -> Self {
        assert!(matches!(record.storage, Storage::Entity { .. }), "only entities are kept by their ids");
        Self { record, parameter }
    }

    fn read(&self, reader: &mut Reader) -> (RecordId, bool) {
        (reader.path(self.parameter), source_data(reader))
    }
}

impl Describe for Get {
    fn description(&self) -> String {
        "Returns a record of a fleet with an active share agreement for the resource.".to_owned()
    }

    fn members(&self) -> Vec<MemberSpec> {
        Reader::members(|reader| self.read(reader))
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas {
        vec![(200, row_schema(self.record.resource, generator))]
    }
}

impl Serve for Get {
    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            let (id, include_source) = Reader::read(incoming, Body::None, |reader| self.read(reader))?;
            let grant = Scope::default().grant(context, &call, self.record).await?;
            let row = context.store().get_row(&grant, id, include_source).await?;
            let row = row.ok_or_else(|| ApiError::not_found(self.record.resource.name()))?;
            let age = age::of(context, call.now, std::iter::once(&row)).await;
            let mut response = Response::of_row(row);
            age.tell(&mut response);
            Ok(response)
        })
    }
}
