//! `POST /v2/orgs/external-tsps/{ext_tsp_id}/request-integration`

use gateway::{ApiError, Body, Call, Caller, Context, Created, Input, Reader};
use model::integration_request::IntegrationRequest;
use store::StoreError;
use store::control::Write;
use uuid::Uuid;

use super::{ExtTspIntegrationRequestRead, catalogue, entry};
use crate::contact;

/// A fleet asks for a provider that it cannot link yet.
pub struct Request;

/// The provider, and whom to ask about it.
pub struct Wish {
    ext_tsp_id: Uuid,
    contact_name: Option<String>,
    contact_email: Option<String>,
    contact_notes: Option<String>,
}

impl Input for Wish {
    const BODY: Body = Body::OptionalJson("IntegrationRequestBody");

    fn read(reader: &mut Reader) -> Self {
        let email = reader.body("fleet_contact_email").about("That person's email address. It is kept, and never answered.");
        let contact_email = contact::email(email);
        let notes = reader.body("fleet_contact_notes");
        let notes = notes.about("Anything that helps, such as how many vehicles have the device.");
        let contact_notes = notes.paragraph(1, 2_000);
        Self {
            ext_tsp_id: reader.path("ext_tsp_id"),
            contact_email,
            contact_notes,
            contact_name: reader.body("fleet_contact_name").about("Whom to ask about it at the fleet.").name(200),
        }
    }
}

impl gateway::Operation for Request {
    type Input = Wish;
    type Output = Created<ExtTspIntegrationRequestRead>;

    async fn run(context: &Context, call: Call, wish: Wish) -> Result<Self::Output, ApiError> {
        let fleet_id = call.caller.fleet()?;
        let Caller::Fleet { partner: partner_id, invitation: Some(invitation_id), .. } = call.caller else {
            return Err(ApiError::not_found("invitation"));
        };
        let provider = entry(wish.ext_tsp_id).ok_or_else(|| ApiError::not_found("external tsp"))?;
        let agreement = context.store().agreement_between((fleet_id, partner_id), Some(invitation_id), None).await?;
        let request = IntegrationRequest {
            id: Uuid::now_v7(),
            ext_tsp_id: wish.ext_tsp_id,
            ext_tsp_name: provider.name.to_owned(),
            fleet_id,
            fleet_ref: agreement.and_then(|agreement| agreement.fleet_ref).unwrap_or_default(),
            partner_id,
            invitation_id,
            contact_name: wish.contact_name,
            contact_email: wish.contact_email,
            contact_notes: wish.contact_notes,
            created_at: call.now,
        };
        match context.store().commit(vec![Write::create(&request)?]).await {
            Err(StoreError::Conflict) => {
                Err(ApiError::conflict("integration_requested", "the fleet has asked for this provider"))
            }
            done => {
                done?;
                Ok(Created(ExtTspIntegrationRequestRead::of(request, &catalogue(context).await?)))
            }
        }
    }
}
