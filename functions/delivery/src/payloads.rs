//! The payloads of control-plane events (contract section 13.8).

use model::agreement::{Agreement, AgreementStatus};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::execution::{Execution, ExecutionStatus};
use model::integration_request::IntegrationRequest;
use model::invitation::{Invitation, InvitationStatus};
use model::resource_operation::{LogRead, OperationStatus, OperationType, ResourceOperation};
use model::schedule::{Schedule, ScheduleStatus};
use model::tsp::Tsp;
use model::webhook::{Filters, Webhook, WebhookStatus};
use model::{
    AgreementId, ConnectionId, ExecutionId, FleetId, InvitationId, OperationId, PartnerId, RecordId, Resource, ScheduleId,
    Scopes, Timestamp, TspId, WebhookId,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// An invitation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseInvitationEvent")]
pub struct InvitationEvent {
    /// The invitation's id. It is the secret of the magic link: anyone who knows it can read, accept and decline the invitation.
    id: InvitationId,
    /// When it was created.
    created_at: Timestamp,
    /// The link for the fleet.
    #[schemars(example = &"https://connect.example/?invite=0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f")]
    magic_link: String,
    /// When it expires, unless the fleet accepts.
    expires_at: Timestamp,
    /// The lifetime of the invitation, in hours.
    expires_in_hours: u16,
    /// Its state after the event.
    #[schemars(schema_with = "any_status")]
    status: InvitationStatus,
    /// Name of the fleet, as the partner sent it.
    partner_provided_fleet_name: Option<String>,
    /// When the fleet accepted.
    accepted_at: Option<Timestamp>,
    /// Always null: tokens do not travel in messages.
    pre_registration_access_token: Option<String>,
    /// Always null: tokens do not travel in messages.
    pre_registration_refresh_token: Option<String>,
    /// Where the fleet's browser is redirected after connecting a provider.
    success_redirect_url: Option<String>,
    /// Where the browser is redirected when the fleet declines or cancels.
    failure_redirect_url: Option<String>,
    /// The URL for webhooks about this invitation.
    callback_url: Option<String>,
    /// The providers to choose from, by slug or `source_name`; null = all.
    limit_tsps: Option<Vec<String>>,
    /// The fleet, once it has accepted.
    fleet_id: Option<FleetId>,
    /// Your short name.
    #[schemars(example = &"demo-insurance")]
    partner_slug: Option<String>,
    /// Your id.
    partner_id: Option<PartnerId>,
    /// Why the fleet declined, if it gave a reason.
    decline_reason: Option<String>,
    /// When the fleet declined.
    declined_at: Option<Timestamp>,
    /// Your own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: Option<String>,
}

impl InvitationEvent {
    /// The payload for an invitation; `connect_url` is where magic links start.
    #[must_use]
    pub fn of(invitation: Invitation, connect_url: &str) -> Self {
        Self {
            id: invitation.id,
            created_at: invitation.created_at,
            magic_link: format!("{connect_url}/?invite={}", invitation.id),
            expires_at: invitation.expires_at,
            expires_in_hours: invitation.expires_in_hours,
            status: invitation.status,
            partner_provided_fleet_name: invitation.prefill.name,
            accepted_at: invitation.accepted_at,
            pre_registration_access_token: None,
            pre_registration_refresh_token: None,
            success_redirect_url: invitation.success_redirect_url,
            failure_redirect_url: invitation.failure_redirect_url,
            callback_url: invitation.callback_url,
            limit_tsps: invitation.limit_tsps,
            fleet_id: invitation.fleet_id,
            partner_slug: invitation.partner_slug,
            partner_id: Some(invitation.partner_id),
            decline_reason: invitation.decline_reason,
            declined_at: invitation.declined_at,
            fleet_ref: Some(invitation.fleet_ref),
        }
    }
}

/// A share agreement.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseShareAgreementEvent")]
pub struct AgreementEvent {
    /// The agreement's id.
    id: AgreementId,
    /// The fleet that shares.
    fleet_id: FleetId,
    /// The partner that reads.
    partner_id: PartnerId,
    /// The partner's own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: Option<String>,
    /// Its state after the event.
    #[schemars(schema_with = "any_status")]
    status: AgreementStatus,
    /// When data access begins.
    effective_date: Option<Timestamp>,
    /// When data access ends; null = unlimited.
    expiration_date: Option<Timestamp>,
    /// The shared resources with their levels.
    #[schemars(schema_with = "model::schema::scopes")]
    scopes: Scopes,
}

impl AgreementEvent {
    /// The payload for an agreement, in the state that its last change left.
    #[must_use]
    pub fn of(agreement: Agreement) -> Self {
        Self {
            status: agreement.status_at(agreement.updated_at),
            id: agreement.id,
            fleet_id: agreement.fleet_id,
            partner_id: agreement.partner_id,
            fleet_ref: agreement.fleet_ref,
            effective_date: Some(agreement.effective_date),
            expiration_date: agreement.expiration_date,
            scopes: agreement.scopes,
        }
    }
}

/// A connection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseConnectionEvent")]
pub struct ConnectionEvent {
    /// The connection's id.
    id: ConnectionId,
    /// The adapter.
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    /// The fleet.
    #[schemars(with = "FleetId")]
    fleet_id: Option<FleetId>,
    /// The TSP.
    tsp_id: TspId,
    /// `active`, or `stale` if the TSP rejects the credentials.
    #[schemars(schema_with = "any_status")]
    status: ConnectionStatus,
}

impl ConnectionEvent {
    /// The payload for a connection; the fleet is filled in per reader.
    #[must_use]
    pub fn of(connection: Connection) -> Self {
        Self {
            id: connection.id,
            source_name: connection.source_name,
            fleet_id: None,
            tsp_id: connection.tsp_id,
            status: connection.status,
        }
    }

    /// The payload for a connection that was created together with this fleet connection.
    #[must_use]
    pub fn created(fleet_connection: FleetConnection) -> Self {
        Self {
            id: fleet_connection.connection_id,
            source_name: fleet_connection.source_name,
            fleet_id: Some(fleet_connection.fleet_id),
            tsp_id: fleet_connection.tsp_id,
            status: ConnectionStatus::Active,
        }
    }
}

/// A connection and the fleet that linked it: the end of onboarding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseFleetConnectionEvent")]
pub struct FleetConnectionEvent {
    /// The fleet connection's id.
    id: Uuid,
    /// The fleet.
    fleet_id: FleetId,
    /// The connection.
    connection_id: ConnectionId,
}

impl FleetConnectionEvent {
    /// The payload for a fleet connection.
    #[must_use]
    pub fn of(fleet_connection: &FleetConnection) -> Self {
        Self { id: fleet_connection.id, fleet_id: fleet_connection.fleet_id, connection_id: fleet_connection.connection_id }
    }
}

/// An execution of a schedule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseExecutionEvent")]
pub struct ExecutionEvent {
    /// The execution's id.
    id: ExecutionId,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
    /// The schedule.
    schedule_id: ScheduleId,
    /// The connection.
    connection_id: ConnectionId,
    /// The fleet.
    #[schemars(with = "FleetId")]
    fleet_id: Option<FleetId>,
    /// Its state after the event.
    #[schemars(schema_with = "any_status")]
    status: ExecutionStatus,
    /// The adapter.
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    /// The resource.
    resource: Resource,
}

impl ExecutionEvent {
    /// The payload for an execution; the fleet is filled in per reader.
    #[must_use]
    pub fn of(execution: Execution) -> Self {
        Self {
            id: execution.id,
            created_at: execution.created_at,
            updated_at: execution.updated_at,
            schedule_id: execution.schedule_id,
            connection_id: execution.connection_id,
            fleet_id: None,
            status: execution.status,
            source_name: execution.source_name,
            resource: execution.resource,
        }
    }
}

/// A schedule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseScheduleEvent")]
pub struct ScheduleEvent {
    /// The schedule's id.
    id: ScheduleId,
    /// The connection.
    connection_id: ConnectionId,
    /// The resource.
    resource: Resource,
    /// Seconds between two executions.
    execution_interval_seconds: u32,
    /// Its state after the event.
    #[schemars(schema_with = "any_status")]
    status: ScheduleStatus,
    /// The number of consecutive failures that deactivates the schedule.
    consecutive_error_threshold: u32,
    /// The most concurrent executions.
    max_concurrent_executions: u32,
}

impl ScheduleEvent {
    /// The payload for a schedule.
    #[must_use]
    pub fn of(schedule: &Schedule) -> Self {
        Self {
            id: schedule.id,
            connection_id: schedule.connection_id,
            resource: schedule.resource,
            execution_interval_seconds: schedule.execution_interval_seconds,
            status: schedule.status,
            consecutive_error_threshold: schedule.consecutive_error_threshold,
            max_concurrent_executions: schedule.max_concurrent_executions,
        }
    }
}

/// A subscription.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseWebhookEvent")]
pub struct WebhookEvent {
    /// The subscription's id. The envelope's `webhook_id` is the one that receives this message.
    id: WebhookId,
    /// The URL for its messages.
    url: String,
    /// The event.
    #[schemars(schema_with = "model::schema::event_name")]
    event_name: String,
    /// The fleets whose events are sent; null = all.
    filters: Option<Filters>,
    /// Its state after the event.
    status: WebhookStatus,
}

impl WebhookEvent {
    /// The payload for a subscription.
    #[must_use]
    pub fn of(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url,
            event_name: webhook.event_name,
            filters: webhook.filters,
            status: webhook.status,
        }
    }
}

/// A provider that fleets can link from now on.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseTspEvent")]
pub struct TspEvent {
    /// The TSP's id.
    id: TspId,
    /// Its brand name.
    #[schemars(example = &"Samsara")]
    name: String,
}

impl TspEvent {
    /// The payload for a TSP.
    #[must_use]
    pub fn of(tsp: Tsp) -> Self {
        Self { id: tsp.id, name: tsp.name }
    }
}

/// A fleet's request for a provider that cannot be linked yet.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseTspRequestedEvent")]
pub struct TspRequestedEvent {
    /// The request's id.
    id: Uuid,
    /// The provider's entry in the registry.
    ext_tsp_id: Uuid,
    /// Its name.
    ext_tsp_name: String,
    /// Your id.
    partner_id: PartnerId,
    /// The fleet that asks.
    fleet_id: FleetId,
    /// Your own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: String,
    /// The invitation that it accepted.
    invitation_id: InvitationId,
}

impl TspRequestedEvent {
    /// The payload for a request.
    #[must_use]
    pub fn of(request: IntegrationRequest) -> Self {
        Self {
            id: request.id,
            ext_tsp_id: request.ext_tsp_id,
            ext_tsp_name: request.ext_tsp_name,
            partner_id: request.partner_id,
            fleet_id: request.fleet_id,
            fleet_ref: request.fleet_ref,
            invitation_id: request.invitation_id,
        }
    }
}

/// A write to a TSP that you asked for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseResourceOperationEvent")]
pub struct ResourceOperationEvent {
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
    /// Its state after the event.
    status: OperationStatus,
    /// What is written.
    #[schemars(schema_with = "model::schema::object")]
    payload: Map<String, Value>,
    /// The attempts so far.
    logs: Vec<LogRead>,
}

impl ResourceOperationEvent {
    /// The payload for an operation.
    #[must_use]
    pub fn of(operation: &ResourceOperation) -> Self {
        Self {
            id: operation.id,
            created_at: operation.created_at,
            updated_at: operation.updated_at,
            partner_id: operation.partner_id,
            connection_id: operation.connection_id,
            fleet_ref: operation.fleet_ref.clone(),
            source_name: operation.source_name.clone(),
            resource: operation.resource,
            resource_id: operation.resource_id,
            source_id: operation.source_id.clone(),
            operation_type: operation.operation_type,
            status: operation.status,
            payload: operation.payload.clone(),
            logs: operation.published_logs(),
        }
    }
}

/// The contract publishes one list of states for all event payloads.
fn any_status(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    model::schema::code(model::codes::EVENT_STATUSES)
}
