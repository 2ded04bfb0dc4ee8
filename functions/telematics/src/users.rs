//! `GET /v2/telematics/users` and `GET /v2/telematics/users/{user_id}`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Reader, Serialized};
use model::RecordId;
use model::telematics::{Record as _, Row, User};
use store::telematics::{MemberFilter, Values};

use crate::entities::{self, Entities};

/// The drivers and staff the caller may see.
pub struct List;
/// One of them.
pub struct Get;

/// Filters, order and paging.
pub struct Filters(Entities);
/// The user's id.
pub struct Id(RecordId, Option<bool>);

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let is_driver = reader.query("is_driver").flag();
        let is_driver = is_driver.map(|flag| MemberFilter { member: "is_driver", any_of: Values::Flag(flag) });
        Self(Entities::read(reader, User::TYPE, "user_ids", is_driver.into_iter().collect()))
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

    async fn run(context: &Context, call: Call, Filters(entities): Filters) -> Result<Self::Output, ApiError> {
        entities.list(context, &call).await
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Serialized<Row<User>>;

    async fn run(context: &Context, call: Call, Id(id, source_data): Id) -> Result<Self::Output, ApiError> {
        entities::get(context, &call, User::TYPE, id, source_data).await
    }
}
