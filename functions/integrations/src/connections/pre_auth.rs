//! `POST /v2/integrations/connection-pre-auths`: what a fleet gives before it links an account.

use gateway::{ApiError, Body, Call, Context, Created, Input, Operation, Reader};
use model::TspId;
use model::credentials::{Credentials, Form};
use model::tsp::Tsp;
use serde_json::{Map, Value};
use store::control::{PreAuth, Write};
use uuid::Uuid;

use super::credentials;
use super::trials::Trier;
use super::validation::linkable;

/// Keeps a user name and a password until the same fleet links an account at the same TSP.
pub struct Create;

/// What is kept.
pub struct Request {
    tsp_id: TspId,
    credentials: Map<String, Value>,
}

const PATH: &str = "body.pre_auth_credentials";
const TSP: &str = "0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f";
const ABOUT: &str = "What the account is opened with. It is encrypted, and no answer shows it.";
const EXAMPLE: &str = r#"{ "username": "dispatch@example.com", "password": "correct horse" }"#;

/// The form of what is kept.
fn form() -> Result<&'static Form, ApiError> {
    Form::of("api_basic").ok_or_else(|| ApiError::internal("no form api_basic"))
}

impl Input for Request {
    const BODY: Body = Body::Json("ConnectionPreAuthCreate");

    fn read(reader: &mut Reader) -> Self {
        let tsp_id = reader.body("tsp_id").required().about("The TSP; see `GET /v2/orgs/tsps`.").example(TSP).id();
        let given = reader.body("pre_auth_credentials").required().about(ABOUT).example(EXAMPLE);
        let given = given.raw_object(|| form().map(credentials::schema_of_form).unwrap_or_default());
        Self { tsp_id: tsp_id.unwrap_or_else(|| TspId::from_uuid(Uuid::nil())), credentials: given.unwrap_or_default() }
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Created<Uuid>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        let trier = Trier::of(&call)?;
        let tsp = linkable(context, request.tsp_id).await?;
        let given = credentials::checked_in(PATH, form()?, &request.credentials)?;
        let id = Uuid::new_v4();
        let sealed = context.seal_pre_auth((id, trier.fleet), &tsp.source_name, &given.to_sealed_json()).await?;
        let kept = PreAuth::new(id, (trier.fleet, tsp.id), sealed, call.now);
        context.store().commit(vec![Write::create(&kept)?]).await?;
        Ok(Created(id))
    }
}

/// The pre-auth of a request, which is used up.
///
/// # Errors
/// 422 if it is unknown, used, over, of another fleet, or for another TSP.
pub(super) async fn taken(context: &Context, id: Uuid, trier: Trier, tsp: &Tsp) -> Result<PreAuth, ApiError> {
    context.store().take_pre_auth(id, (trier.fleet, tsp.id), trier.now).await?.ok_or_else(|| unknown(id))
}

/// The credentials for a form, of what was given now and, where that lacks a member, before.
///
/// # Errors
/// 500 if what was given before cannot be read.
pub(super) async fn filled_in(
    context: &Context,
    taken: PreAuth,
    (tsp, form): (&Tsp, &Form),
    mut given: Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let sealed = taken.sealed.unwrap_or_default();
    let opened = context.open_pre_auth((taken.id, taken.fleet_id), &tsp.source_name, sealed).await?;
    let kept = opened.expose_text().and_then(|text| Credentials::from_json(text).ok());
    let kept = kept.ok_or_else(|| ApiError::internal("a pre-auth holds no credentials"))?;
    for field in form.fields {
        if let (None, Some(value)) = (given.get(field.name), kept.get(field.name)) {
            given.insert(field.name.to_owned(), Value::from(value));
        }
    }
    Ok(given)
}

fn unknown(id: Uuid) -> ApiError {
    let message = "is unknown, used, older than 15 minutes, of another fleet, or for another provider";
    ApiError::invalid_member("body.pre_auth_id", &id.to_string(), "unknown_pre_auth", message)
}
