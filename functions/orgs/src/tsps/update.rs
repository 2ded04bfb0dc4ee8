//! `PATCH /v2/orgs/tsps/{tsp_id}`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Patch, Reader};
use model::TspId;
use model::codes::{CONNECTION_TYPES, TSP_SOURCE_NAMES};
use model::tsp::{Tsp, TspStatus};
use store::control::Key;

use super::{TspRead, check, missing};

/// Changes a provider of the catalogue. Connections keep the adapter that they were linked with.
pub struct Update;

/// What to change. Members that cannot be without a value stay if they are null.
pub struct Request {
    id: TspId,
    name: Option<String>,
    source_name: Option<&'static str>,
    conn_type: Option<&'static str>,
    description: Patch<String>,
}

impl Input for Request {
    const BODY: Body = Body::Json("TspUpdate");

    fn read(reader: &mut Reader) -> Self {
        let name = reader.body("name").about("The provider's name; its slug stays.").example("Samsara").name(200);
        let source_name = reader.body("source_name").about("Its adapter.").listed(TSP_SOURCE_NAMES);
        let conn_type = reader.body("conn_type").about("The form of its credentials.").listed(CONNECTION_TYPES);
        let description = reader.body("description").about("A description of the provider.");
        let description = description.patch(|member| member.paragraph(1, 2_000));
        Self { id: reader.path("tsp_id"), name, source_name, conn_type, description }
    }
}

impl Operation for Update {
    type Input = Request;
    type Output = Json<TspRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let found = context.store().tsp(request.id).await?.ok_or_else(missing)?;
        let change = |seen: &Tsp| {
            let next = Tsp {
                name: request.name.clone().unwrap_or_else(|| seen.name.clone()),
                source_name: request.source_name.map_or_else(|| seen.source_name.clone(), str::to_owned),
                conn_type: request.conn_type.map_or_else(|| seen.conn_type.clone(), str::to_owned),
                description: request.description.clone().over(seen.description.clone()),
                ..seen.clone()
            };
            if seen.status == TspStatus::Deleted {
                return Err(missing());
            }
            check(&next)?;
            Ok((next != *seen).then_some(Tsp { updated_at: call.now, ..next }))
        };
        let after = context.store().try_update(Key::tsp(&found.slug), change).await?;
        Ok(Json(after.ok_or_else(missing)?.into()))
    }
}
