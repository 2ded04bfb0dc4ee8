//! `POST /v2/orgs/partners`

use gateway::{ApiError, Body, Call, Context, Created, Input, Operation, Reader};
use model::PartnerId;
use model::partner::{Partner, PartnerCategory, slug};
use model::property;
use serde_json::json;
use store::StoreError;
use store::control::{Key, Write};
use uuid::Uuid;

use super::PartnerRead;
use super::properties::{self as partner_properties, PartnerPropertyCreate};
use crate::invitations::WEB_SCHEMES;
use crate::properties;

/// Makes a partner. Its clients are made by `catena admin`.
pub struct Create;

/// The partner that is asked for.
pub struct Request {
    name: String,
    description: Option<String>,
    websites: Option<Vec<String>>,
    categories: Vec<PartnerCategory>,
    is_sandbox: bool,
    parent_partner_id: Option<PartnerId>,
    properties: Vec<PartnerPropertyCreate>,
}

impl Input for Request {
    const BODY: Body = Body::Json("PartnerCreate");

    fn read(reader: &mut Reader) -> Self {
        let name = reader.body("name").required().about("Its name, as fleets see it.").example("Acme Insurance").name(200);
        let properties = reader.body("properties").about("Its properties.").documented_default(serde_json::json!([]));
        let properties = properties.objects(0..=properties::MOST, partner_properties::read);
        Self {
            name: name.unwrap_or_default(),
            description: reader.body("description").about("A description.").paragraph(1, 2_000),
            websites: reader.body("websites").about("Its websites.").urls(20, WEB_SCHEMES),
            categories: reader
                .body("categories")
                .about("What it does with the data.")
                .documented_default(json!([]))
                .codes(11)
                .unwrap_or_default(),
            is_sandbox: reader.body("is_sandbox").about("Whether it is there to try things out.").flag_or(false),
            parent_partner_id: reader.body("parent_partner_id").about("The partner with which it is billed.").id(),
            properties: properties.unwrap_or_default(),
        }
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Created<PartnerRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        if let Some(parent) = request.parent_partner_id {
            let found: Option<Partner> = context.store().get(Key::partner(parent)).await?;
            if found.is_none_or(|parent| parent.deleted_at.is_some()) {
                let message = "there is no such partner";
                return Err(ApiError::invalid_member("body.parent_partner_id", &parent.to_string(), "enum", message));
            }
        }
        partner_properties::check(context, &request.properties, "body.properties.")?;
        let added: Vec<_> = request.properties.into_iter().map(|one| one.made(call.now)).collect();
        let partner = Partner {
            description: request.description,
            websites: request.websites,
            categories: request.categories,
            is_sandbox: request.is_sandbox,
            parent_partner_id: request.parent_partner_id,
            properties: property::with(&[], &added).map_err(properties::exists)?,
            ..Partner::new(request.name.clone(), slug_of(&request.name), call.now)
        };
        match context.store().commit(vec![Write::create(&partner)?]).await {
            Err(StoreError::Conflict) => {
                let detail = format!("there is, or was, a partner with the short name {}", partner.slug);
                Err(ApiError::conflict("partner_exists", detail))
            }
            done => Ok(done.map(|()| Created(partner.into()))?),
        }
    }
}

/// The short name; a name without Latin letters and digits gets one that follows from it.
fn slug_of(name: &str) -> String {
    match slug(name) {
        short if short.is_empty() => {
            let digest = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string();
            format!("partner-{}", digest.chars().take(8).collect::<String>())
        }
        short => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_short_name() {
        assert_eq!(slug_of("Acme Insurance"), "acme-insurance");
        let other = slug_of("保険");
        assert!(other.starts_with("partner-") && other.len() == 16, "{other}");
        assert_ne!(other, slug_of("物流"));
    }
}
