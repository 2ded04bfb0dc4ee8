//! `PATCH /v2/orgs/partners/{partner_id}`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Patch, Reader};
use model::PartnerId;
use model::partner::Partner;
use store::control::Key;

use super::{PartnerRead, find, missing};

/// Changes a partner's name and description.
pub struct Update;

/// What to change. A name that is null stays.
pub struct Request {
    id: PartnerId,
    name: Option<String>,
    description: Patch<String>,
}

impl Input for Request {
    const BODY: Body = Body::Json("PartnerUpdate");

    fn read(reader: &mut Reader) -> Self {
        let name = reader.body("name").about("Its name, as fleets see it.").example("Acme Insurance").name(200);
        let description = reader.body("description").about("A description.").patch(|member| member.paragraph(1, 2_000));
        Self { id: reader.path("partner_id"), name, description }
    }
}

impl Operation for Update {
    type Input = Request;
    type Output = Json<PartnerRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        context.store().relist(&find(context, &call, request.id).await?).await?;
        let change = |seen: &Partner| {
            let name = request.name.clone().unwrap_or_else(|| seen.name.clone());
            let description = request.description.clone().over(seen.description.clone());
            let next = Partner { name, description, ..seen.clone() };
            (seen.deleted_at.is_none() && next != *seen).then_some(Partner { updated_at: Some(call.now), ..next })
        };
        let after = context.store().update(Key::partner(request.id), change).await?;
        Ok(Json(after.filter(|partner| partner.deleted_at.is_none()).ok_or_else(missing)?.into()))
    }
}
