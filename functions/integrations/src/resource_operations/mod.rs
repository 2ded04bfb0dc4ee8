//! Writes to TSPs, as the partner that asked for them reads them.

pub mod get;
pub mod list;

use gateway::{ApiError, Call, Context};
use model::resource_operation::{LogRead, OperationStatus, OperationType, ResourceOperation};
use model::{ConnectionId, OperationId, PartnerId, RecordId, Resource, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::visible::{self, FleetFilter, Visible};

/// A write to a TSP.
#[derive(Serialize, JsonSchema)]
pub struct ResourceOperationRead {
    /// The operation's id.
    id: OperationId,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
    /// Your id.
    partner_id: PartnerId,
    /// The connection that is written through.
    connection_id: ConnectionId,
    /// Your own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: Option<String>,
    /// The adapter.
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    /// The resource.
    resource: Resource,
    /// The record's id, once it is written.
    resource_id: Option<RecordId>,
    /// The TSP's id of the record, once it is written.
    source_id: Option<String>,
    /// Whether a record is made or changed.
    operation_type: OperationType,
    /// Its state.
    status: OperationStatus,
    /// What is written: the members that were sent, with the TSP's ids of the records that they name.
    #[schemars(schema_with = "model::schema::object")]
    payload: Map<String, Value>,
    /// The attempts so far.
    logs: Vec<LogRead>,
}

impl ResourceOperationRead {
    fn of(operation: ResourceOperation, seen: &[Visible]) -> Self {
        let fleet = seen.iter().find(|seen| is_seen_through(&operation, seen));
        Self {
            logs: operation.published_logs(),
            id: operation.id,
            created_at: operation.created_at,
            updated_at: operation.updated_at,
            partner_id: operation.partner_id,
            connection_id: operation.connection_id,
            fleet_ref: fleet.and_then(|seen| seen.fleet_ref.clone()),
            source_name: operation.source_name,
            resource: operation.resource,
            resource_id: operation.resource_id,
            source_id: operation.source_id,
            operation_type: operation.operation_type,
            status: operation.status,
            payload: operation.payload,
        }
    }
}

/// The connections through which a partner sees its operations.
async fn sight(context: &Context, call: &Call, fleets: &FleetFilter) -> Result<(PartnerId, Vec<Visible>), ApiError> {
    let partner = call.caller.partner()?;
    Ok((partner, visible::all(context, call, fleets).await?))
}

fn is_seen_through(operation: &ResourceOperation, seen: &Visible) -> bool {
    seen.connection_id == operation.connection_id && seen.fleet_id == operation.fleet_id && seen.includes(operation.resource)
}

/// Whether an operation is still kept, and seen.
fn is_seen(operation: &ResourceOperation, seen: &[Visible], now: Timestamp) -> bool {
    let oldest = now.plus_seconds(-model::resource_operation::RETENTION_DAYS * 86_400);
    operation.created_at > oldest && seen.iter().any(|seen| is_seen_through(operation, seen))
}
