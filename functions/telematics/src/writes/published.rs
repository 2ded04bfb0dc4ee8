//! An operation as writes answer it.

use model::resource_operation::{LogRead, OperationStatus, OperationType, ResourceOperation};
use model::{ConnectionId, OperationId, PartnerId, RecordId, Resource, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

/// A write to a TSP.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ResourceOperation")]
pub(super) struct OperationRead {
    /// The operation's id.
    id: OperationId,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
    /// Always null: operations are not deleted, they lapse after 90 days.
    deleted_at: Option<Timestamp>,
    /// Who asked.
    partner_id: PartnerId,
    /// The connection that is written through.
    connection_id: ConnectionId,
    /// The resource.
    resource: Resource,
    /// The record's id, once it is written.
    resource_id: Option<RecordId>,
    /// The TSP's id of the record, once it is written.
    source_id: Option<String>,
    /// Whether a record is made or changed.
    operation_type: OperationType,
    /// What is written: the members that were sent, with the TSP's ids of the records that they name.
    #[schemars(schema_with = "model::schema::object")]
    payload: Map<String, Value>,
    /// Its state.
    status: OperationStatus,
    /// The attempts so far.
    #[schemars(schema_with = "logs")]
    logs: Vec<LogRead>,
}

impl OperationRead {
    pub(super) fn of(operation: &ResourceOperation) -> Self {
        Self {
            id: operation.id,
            created_at: operation.created_at,
            updated_at: operation.updated_at,
            deleted_at: None,
            partner_id: operation.partner_id,
            connection_id: operation.connection_id,
            resource: operation.resource,
            resource_id: operation.resource_id,
            source_id: operation.source_id.clone(),
            operation_type: operation.operation_type,
            payload: operation.payload.clone(),
            status: operation.status,
            logs: operation.published_logs(),
        }
    }
}

/// The contract has two names for an attempt: this is the one of the Telematics API.
fn logs(generator: &mut SchemaGenerator) -> Schema {
    let mut item = LogRead::json_schema(generator);
    item.insert("title".into(), "ResourceOperationLog".into());
    json_schema!({ "type": "array", "items": item })
}
