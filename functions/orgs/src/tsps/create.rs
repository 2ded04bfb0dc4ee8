//! `POST /v2/orgs/tsps`

use gateway::{ApiError, Body, Call, Context, Created, Input, Operation, Reader};
use model::TspId;
use model::codes::{CONNECTION_TYPES, TSP_SOURCE_NAMES};
use model::partner::slug;
use model::tsp::{Tsp, TspStatus};
use store::StoreError;
use store::control::{Key, Write};

use super::{TspRead, check};
use crate::invitations::WEB_SCHEMES;

/// Adds a provider to the catalogue; one that was deleted comes back under its id.
pub struct Create;

/// The provider.
pub struct Request {
    name: String,
    description: Option<String>,
    websites: Option<Vec<String>>,
    source_name: &'static str,
    status: TspStatus,
    conn_type: &'static str,
    is_sandbox: bool,
    logo_url: Option<String>,
    logo_dark_url: Option<String>,
}

const SECURE: &[&str] = &["https"];

impl Input for Request {
    const BODY: Body = Body::Json("TspCreate");

    fn read(reader: &mut Reader) -> Self {
        let name = reader.body("name").required().about("The provider's name, which its slug follows from.").example("Samsara");
        let name = name.name(200).unwrap_or_default();
        if !name.is_empty() && slug(&name).is_empty() {
            reader.problem("body.name", &name, "format", "must have a Latin letter or a digit");
        }
        let source_name = reader.body("source_name").required().about("Its adapter.").example("samsara").listed(TSP_SOURCE_NAMES);
        let conn_type = reader.body("conn_type").required().about("The form of its credentials.").example("token");
        let conn_type = conn_type.listed(CONNECTION_TYPES);
        let status = reader.body("status").about("`active` if it can be linked, `inactive` if it is announced.");
        let status = status.code_or(TspStatus::Active);
        if status == TspStatus::Deleted {
            reader.problem("body.status", "deleted", "enum", "must be active or inactive");
        }
        Self {
            name,
            description: reader.body("description").about("A description of the provider.").paragraph(1, 2_000),
            websites: reader.body("websites").about("Its websites.").urls(20, WEB_SCHEMES),
            source_name: source_name.unwrap_or_default(),
            status,
            conn_type: conn_type.unwrap_or_default(),
            is_sandbox: reader.body("is_sandbox").about("Whether it is a simulator.").flag_or(false),
            logo_url: reader.body("logo_url").about("Its logo.").url(SECURE),
            logo_dark_url: reader.body("logo_dark_url").about("Its logo for dark backgrounds.").url(SECURE),
        }
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Created<TspRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let tsp = Tsp {
            id: TspId::at(call.now),
            slug: slug(&request.name),
            name: request.name,
            description: request.description,
            websites: request.websites,
            source_name: request.source_name.to_owned(),
            status: request.status,
            conn_type: request.conn_type.to_owned(),
            is_sandbox: request.is_sandbox,
            logo_url: request.logo_url,
            logo_dark_url: request.logo_dark_url,
            base_url: None,
            base_url_is_set: false,
            created_at: call.now,
            updated_at: call.now,
        };
        check(&tsp)?;
        let seen: Option<Tsp> = context.store().get(Key::tsp(&tsp.slug)).await?;
        let (tsp, write) = match &seen {
            None => (tsp.clone(), Write::create(&tsp)?),
            Some(seen) if seen.status == TspStatus::Deleted => {
                let next = Tsp { id: seen.id, created_at: seen.created_at, ..tsp };
                let write = Write::replace(seen, &next)?;
                (next, write)
            }
            Some(_) => return Err(exists(&tsp.slug)),
        };
        match context.store().commit(vec![write]).await {
            Err(StoreError::Conflict) => Err(exists(&tsp.slug)),
            done => Ok(done.map(|()| Created(tsp.into()))?),
        }
    }
}

fn exists(slug: &str) -> ApiError {
    ApiError::conflict("tsp_exists", format!("there is a provider with the slug {slug}"))
}
