//! `POST /v2/integrations/connections`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::TspId;
use model::credentials::{Credentials, Form};
use model::tsp::Tsp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::link::{LinkRequest, link};
use super::trials::{self, Trier};
use super::validation::{ProviderEndpoint, linkable};
use super::{ConnectionRead, credentials, pre_auth, sign_in};

/// Links a TSP account to the calling fleet. The credentials are validated first; if they are invalid, nothing is stored.
pub struct Create;

/// The account to link.
pub struct Request {
    /// The TSP.
    pub tsp_id: TspId,
    /// Credentials in the form that the TSP's `conn_type` names.
    pub credentials: Map<String, Value>,
    /// Distinguishes several accounts at one TSP.
    pub description: Option<String>,
    /// What was given before, or a sign-in.
    pub pre_auth_id: Option<Uuid>,
    /// What proves the code of a sign-in.
    pub code_verifier: Option<String>,
}

const TSP: &str = "0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f";
const CREDENTIALS: &str =
    "The account's credentials, in the form that the TSP's `conn_type` names: `token` is `TokenCreds`, and so on.";

const PRE_AUTH: &str = "A pre-auth of the same fleet and TSP; see `POST /v2/integrations/connection-pre-auths`. What it holds fills \
                        in what `credentials` lacks, and it is used up.";

const VERIFIER: &str = "Connect's: what proves the code of a sign-in (RFC 7636), which `credentials` holds as `code`.";

impl Input for Request {
    const BODY: Body = Body::Json("ConnectionCreate");

    fn read(reader: &mut Reader) -> Self {
        let tsp_id = reader.body("tsp_id").required().about("The TSP; see `GET /v2/orgs/tsps`.").example(TSP).id();
        let credentials = reader.body("credentials").required().about(CREDENTIALS).example(r#"{ "token": "samsara_api_..." }"#);
        let credentials = credentials.raw_object(credentials::request_schema);
        Self {
            tsp_id: tsp_id.unwrap_or_else(|| TspId::from_uuid(Uuid::nil())),
            credentials: credentials.unwrap_or_default(),
            description: reader
                .body("description")
                .about("Distinguishes several accounts at one TSP.")
                .example("East yard")
                .text(1, 500),
            pre_auth_id: reader.body("pre_auth_id").about(PRE_AUTH).id(),
            code_verifier: reader.body("code_verifier").about(VERIFIER).secret(128),
        }
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Json<ConnectionRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        let trier = Trier::of(&call)?;
        let tsp = linkable(context, request.tsp_id).await?;
        let endpoint = ProviderEndpoint::of(&tsp)?;
        let credentials = given(context, trier, (&tsp, &endpoint), &request).await?;
        let account = trials::account(context, trier, (&tsp, &endpoint), &credentials).await?;
        let link_request = LinkRequest {
            caller: &call.caller,
            fleet: trier.fleet,
            only: None,
            tsp: &tsp,
            endpoint: &endpoint,
            account: account.id,
            credentials,
            description: request.description,
            now: call.now,
        };
        let (connection, link) = link(context, &link_request).await?;
        Ok(Json(ConnectionRead::of(connection, link, None)))
    }
}

/// The credentials that a request comes to: as they are, filled in from what was given before, or of a sign-in.
async fn given(
    context: &Context,
    trier: Trier,
    (tsp, endpoint): (&Tsp, &ProviderEndpoint),
    request: &Request,
) -> Result<Credentials, ApiError> {
    let form = Form::of(&tsp.conn_type).ok_or_else(|| ApiError::internal(format!("unknown conn_type {}", tsp.conn_type)))?;
    let Some(id) = request.pre_auth_id else { return credentials::checked(form, &request.credentials) };
    let taken = pre_auth::taken(context, id, trier, tsp).await?;
    if taken.visit.is_none() {
        let filled = pre_auth::filled_in(context, taken, (tsp, form), request.credentials.clone()).await?;
        return credentials::checked(form, &filled);
    }
    let verifier = request.code_verifier.as_deref();
    sign_in::tokens(context, (tsp, endpoint), &request.credentials, verifier).await
}
