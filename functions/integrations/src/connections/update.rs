//! `PATCH /v2/integrations/connections/{connection_id}`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Patch, Reader};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::credentials::Form;
use model::tsp::Tsp;
use model::{ConnectionId, Timestamp};
use serde_json::{Map, Value};
use store::control::{Key, Write};
use store::{Attempts, StoreError};

use super::link::{LinkRequest, link};
use super::trials::{self, Trier};
use super::validation::ProviderEndpoint;
use super::{ConnectionRead, credentials};
use crate::visible;

/// Changes a connection of the calling fleet. Credentials are tested at the provider, and must belong to the connection's account.
pub struct Update;

/// What to change.
pub struct Changes {
    id: ConnectionId,
    credentials: Option<Map<String, Value>>,
    description: Patch<String>,
    status: Option<ConnectionStatus>,
}

const CREDENTIALS: &str =
    "New credentials of the same account. They are tried at the provider, and replace the stored ones unless those still work.";
const STATUS: &str =
    "`paused` stops fetching, `active` resumes it in Connect. An account that other fleets have linked too cannot be paused.";

impl Input for Changes {
    const BODY: Body = Body::Json("ConnectionUpdate");

    fn read(reader: &mut Reader) -> Self {
        let credentials = reader.body("credentials").about(CREDENTIALS).example(r#"{ "token": "samsara_api_..." }"#);
        let credentials = credentials.raw_object(credentials::request_schema);
        let description = reader.body("description").about("Distinguishes several accounts at one TSP.").example("East yard");
        let description = description.patch(|member| member.text(1, 500));
        let status = reader.body("status").about(STATUS).code();
        if status.is_some_and(|status| !matches!(status, ConnectionStatus::Active | ConnectionStatus::Paused)) {
            reader.problem("body.status", "", "enum", "must be active or paused; DELETE ends the link");
        }
        Self { id: reader.path("connection_id"), credentials, description, status }
    }
}

impl Operation for Update {
    type Input = Changes;
    type Output = Json<ConnectionRead>;

    async fn run(context: &Context, call: Call, changes: Changes) -> Result<Self::Output, ApiError> {
        let trier = Trier::of(&call)?;
        let (connection, _) = find(context, trier, changes.id).await?;
        changes.check_status(&connection, call.caller.consents())?;
        if let Some(given) = &changes.credentials {
            renew(context, &call, &connection, given).await?;
        }
        let mut attempts = Attempts::default();
        loop {
            let (connection, seen) = find(context, trier, changes.id).await?;
            changes.check_status(&connection, call.caller.consents())?;
            let link = changes.described(&seen, &connection, call.now);
            let next = changes.switched(&connection, call.now);
            if next.status != connection.status && !context.store().is_last_link(trier.fleet, connection.id).await? {
                return Err(ApiError::conflict("connection_shared", "other fleets use this account too; remove it instead"));
            }
            let mut writes = Vec::new();
            if link != seen {
                writes.push(Write::replace(&seen, &link)?);
            }
            if next != connection {
                writes.push(Write::replace(&connection, &next)?);
            }
            if writes.is_empty() {
                return Ok(Json(ConnectionRead::of(next, link, None)));
            }
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return Ok(done.map(|()| Json(ConnectionRead::of(next, link, None)))?),
            }
        }
    }
}

/// The connection, and the calling fleet's link to it.
async fn find(context: &Context, trier: Trier, id: ConnectionId) -> Result<(Connection, FleetConnection), ApiError> {
    let link = context.store().get::<FleetConnection>(Key::fleet_connection(trier.fleet, id)).await?;
    let connection = context.store().get::<Connection>(Key::connection(id)).await?;
    let connection = connection.filter(|connection| connection.status != ConnectionStatus::Deleted);
    connection.zip(link).ok_or_else(visible::missing)
}

/// Tries the credentials, and stores them unless those that are there still work.
async fn renew(context: &Context, call: &Call, connection: &Connection, given: &Map<String, Value>) -> Result<(), ApiError> {
    let trier = Trier::of(call)?;
    let tsp = context.store().get::<Tsp>(Key::tsp(&connection.tsp_slug)).await?;
    let tsp = tsp.ok_or_else(|| ApiError::internal("connection without a provider"))?;
    let endpoint = ProviderEndpoint::of(&tsp)?;
    let form = Form::of(&tsp.conn_type).ok_or_else(|| ApiError::internal(format!("unknown conn_type {}", tsp.conn_type)))?;
    let credentials = credentials::checked(form, given)?;
    let account = trials::account(context, trier, (&tsp, &endpoint), &credentials).await?;
    if account.id != connection.account {
        let message = "these credentials belong to another account than the one that is linked";
        return Err(ApiError::invalid_member("body.credentials", "", "another_account", message));
    }
    let request = LinkRequest {
        caller: &call.caller,
        fleet: trier.fleet,
        only: Some(connection.id),
        tsp: &tsp,
        endpoint: &endpoint,
        account: account.id,
        credentials,
        description: None,
        now: trier.now,
    };
    link(context, &request).await.map(drop)
}

impl Changes {
    /// Only what is in operation is paused, and only what is paused is resumed: by a person in Connect, as for agreements.
    fn check_status(&self, seen: &Connection, consents: bool) -> Result<(), ApiError> {
        use ConnectionStatus::{Active, Paused};
        match (self.status, seen.status) {
            (None, _) | (Some(Paused), Active) => Ok(()),
            (Some(Active), Paused) if !consents => {
                Err(ApiError::forbidden("consent_required", "a fleet resumes fetching in Connect"))
            }
            (Some(wanted), current) if wanted == current => Ok(()),
            (Some(Active), Paused) => Ok(()),
            // New credentials make it active.
            (Some(Active), ConnectionStatus::Stale | ConnectionStatus::Failed) if self.credentials.is_some() => Ok(()),
            _ => Err(ApiError::conflict("connection_not_active", "the connection is neither active nor paused")),
        }
    }

    fn described(&self, seen: &FleetConnection, connection: &Connection, now: Timestamp) -> FleetConnection {
        let before = seen.name(connection);
        let description = self.description.clone().over(before.clone());
        if description == before { seen.clone() } else { FleetConnection { description, updated_at: Some(now), ..seen.clone() } }
    }

    fn switched(&self, seen: &Connection, now: Timestamp) -> Connection {
        match self.status {
            Some(status) if status != seen.status => {
                Connection { status, changed_at: Some(now), updated_at: now, ..seen.clone() }
            }
            _ => seen.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ConnectionStatus::{Active, Cancelled, Paused, Stale};
    use model::TspId;

    use super::*;

    fn connection(status: ConnectionStatus) -> Connection {
        let now = Timestamp::from_millis(1_790_000_000_000);
        Connection {
            id: ConnectionId::at(now),
            tsp_id: TspId::at(now),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            account: "1".into(),
            masked: serde_json::json!({}),
            description: None,
            status,
            changed_at: None,
            refusals: 0,
            refused_since: None,
            fleets: None,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn what_is_paused_is_resumed_by_a_person_in_connect() {
        let cases = [
            (Active, None, false, Ok(())),
            (Active, Some(Paused), false, Ok(())),
            (Paused, Some(Paused), false, Ok(())),
            (Active, Some(Active), false, Ok(())),
            (Paused, Some(Active), false, Err(403)),
            (Paused, Some(Active), true, Ok(())),
            (Stale, Some(Paused), true, Err(409)),
            (Stale, Some(Active), true, Err(409)),
            (Cancelled, Some(Active), true, Err(409)),
        ];
        for (from, status, consents, expected) in cases {
            let changes = Changes { id: connection(from).id, credentials: None, description: Patch::Keep, status };
            let found = changes.check_status(&connection(from), consents).map_err(|error| error.status().as_u16());
            assert_eq!(found, expected, "{from:?} to {status:?}");
        }
    }
}
