//! `GET /v2/telematics/users` and `GET /v2/telematics/users/{user_id}`

use gateway::{ApiError, Call, Context, Input, Json, Listing, Operation, Reader};
use model::telematics::{Row, User};
use model::{RecordId, Resource};

use crate::entities::{self, Query, Shown};

/// The drivers and staff the caller may see.
pub struct List;
/// One of them.
pub struct Get;

/// Filters, order and paging.
pub struct Filters(Query);
/// The user's id.
pub struct Id(RecordId, Option<bool>);

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let is_driver = reader.query("is_driver").flag();
        Self(Query::read::<User>(reader, "user_ids", is_driver))
    }
}

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("user_id"), reader.query("include_source_data").flag())
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<Row<User>>;

    async fn run(context: &Context, call: Call, Filters(query): Filters) -> Result<Self::Output, ApiError> {
        query.list(context, &call, Resource::User).await
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Json<Shown<User>>;

    async fn run(context: &Context, call: Call, Id(id, source_data): Id) -> Result<Self::Output, ApiError> {
        entities::get(context, &call, (Resource::User, "user"), id, source_data).await
    }
}
