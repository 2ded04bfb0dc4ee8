//! `POST /v2/integrations/connections`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::TspId;
use model::credentials::Form;
use model::tsp::{Tsp, TspStatus};
use serde_json::{Map, Value};

use super::link::{Offer, link};
use super::trial::{self, Door};
use super::{ConnectionRead, credentials};

/// Links a TSP account to the calling fleet. The credentials are tried first; if they are bad, nothing is stored.
pub struct Create;

/// The account to link.
pub struct NewConnection {
    /// The TSP.
    pub tsp_id: TspId,
    /// Credentials in the form that the TSP's `conn_type` names.
    pub credentials: Map<String, Value>,
    /// Tells apart several accounts at one TSP.
    pub description: Option<String>,
}

impl Input for NewConnection {
    const BODY: Body = Body::Json;

    fn read(reader: &mut Reader) -> Self {
        let tsp_id = reader.body("tsp_id").required().id();
        let credentials = reader.body("credentials").required().raw_object(credentials::given_schema());
        Self {
            tsp_id: tsp_id.unwrap_or_else(|| TspId::from_uuid(uuid::Uuid::nil())),
            credentials: credentials.unwrap_or_default(),
            description: reader.body("description").text(1, 500),
        }
    }
}

impl Operation for Create {
    type Input = NewConnection;
    type Output = Json<ConnectionRead>;

    async fn run(context: &Context, call: Call, new: NewConnection) -> Result<Self::Output, ApiError> {
        let fleet = call.caller.fleet()?;
        let tsp = linkable(context, new.tsp_id).await?;
        let door = Door::of(&tsp)?;
        let form = Form::of(&tsp.conn_type).ok_or_else(|| ApiError::internal(format!("unknown conn_type {}", tsp.conn_type)))?;
        let credentials = credentials::checked(form, &new.credentials)?;
        let account = door.try_with(context, &credentials).await?.map_err(|error| trial::answer(&error))?;
        let offer = Offer {
            fleet,
            tsp: &tsp,
            door: &door,
            account: account.id,
            credentials,
            description: new.description,
            now: call.now,
        };
        let connection = link(context, &offer).await?;
        Ok(Json(ConnectionRead::seen_by(connection, fleet, None)))
    }
}

async fn linkable(context: &Context, id: TspId) -> Result<Tsp, ApiError> {
    let tsp = context.store().tsp(id).await?.ok_or_else(|| refuse_tsp(id, "is not a provider"))?;
    match tsp.status {
        TspStatus::Active => Ok(tsp),
        TspStatus::Inactive | TspStatus::Deleted => Err(refuse_tsp(id, "this provider cannot be linked now")),
    }
}

/// 422 about the TSP.
pub(super) fn refuse_tsp(id: TspId, message: &'static str) -> ApiError {
    ApiError::invalid_member("body.tsp_id", &id.to_string(), "enum", message)
}
