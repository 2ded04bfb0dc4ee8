//! The payloads of control-plane events (contract section 13.8).

use model::agreement::{Agreement, AgreementStatus};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::execution::{Execution, ExecutionStatus};
use model::invitation::{Invitation, InvitationStatus};
use model::schedule::{Schedule, ScheduleStatus};
use model::webhook::{Filters, Webhook, WebhookStatus};
use model::{
    AgreementId, ConnectionId, ExecutionId, FleetId, InvitationId, PartnerId, Resource, ScheduleId, Scopes, Timestamp, TspId,
    WebhookId,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// `invitation.*`. Tokens never travel in events.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseInvitationEvent")]
pub struct InvitationEvent {
    id: InvitationId,
    created_at: Timestamp,
    magic_link: String,
    expires_at: Timestamp,
    expires_in_hours: u16,
    #[schemars(schema_with = "any_status")]
    status: InvitationStatus,
    partner_provided_fleet_name: Option<String>,
    accepted_at: Option<Timestamp>,
    pre_registration_access_token: Option<String>,
    pre_registration_refresh_token: Option<String>,
    success_redirect_url: Option<String>,
    failure_redirect_url: Option<String>,
    callback_url: Option<String>,
    limit_tsps: Option<Vec<String>>,
    fleet_id: Option<FleetId>,
    partner_slug: Option<String>,
    partner_id: Option<PartnerId>,
    decline_reason: Option<String>,
    declined_at: Option<Timestamp>,
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

/// `share_agreement.*`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseShareAgreementEvent")]
pub struct AgreementEvent {
    id: AgreementId,
    fleet_id: FleetId,
    partner_id: PartnerId,
    fleet_ref: Option<String>,
    #[schemars(schema_with = "any_status")]
    status: AgreementStatus,
    effective_date: Option<Timestamp>,
    expiration_date: Option<Timestamp>,
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

/// `connection.*`. The fleet is that of the reader: one connection may serve several.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseConnectionEvent")]
pub struct ConnectionEvent {
    id: ConnectionId,
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    #[schemars(required)]
    fleet_id: Option<FleetId>,
    tsp_id: TspId,
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

/// `fleet_connection.*`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseFleetConnectionEvent")]
pub struct FleetConnectionEvent {
    id: Uuid,
    fleet_id: FleetId,
    connection_id: ConnectionId,
}

impl FleetConnectionEvent {
    /// The payload for a fleet connection.
    #[must_use]
    pub fn of(fleet_connection: &FleetConnection) -> Self {
        Self { id: fleet_connection.id, fleet_id: fleet_connection.fleet_id, connection_id: fleet_connection.connection_id }
    }
}

/// `execution.*`. The fleet is that of the reader.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseExecutionEvent")]
pub struct ExecutionEvent {
    id: ExecutionId,
    schedule_id: ScheduleId,
    connection_id: ConnectionId,
    #[schemars(required)]
    fleet_id: Option<FleetId>,
    #[schemars(schema_with = "any_status")]
    status: ExecutionStatus,
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    resource: Resource,
}

impl ExecutionEvent {
    /// The payload for an execution; the fleet is filled in per reader.
    #[must_use]
    pub fn of(execution: Execution) -> Self {
        Self {
            id: execution.id,
            schedule_id: execution.schedule_id,
            connection_id: execution.connection_id,
            fleet_id: None,
            status: execution.status,
            source_name: execution.source_name,
            resource: execution.resource,
        }
    }
}

/// `schedule.*`; it names no fleet.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseScheduleEvent")]
pub struct ScheduleEvent {
    id: ScheduleId,
    connection_id: ConnectionId,
    resource: Resource,
    execution_interval_seconds: u32,
    #[schemars(schema_with = "any_status")]
    status: ScheduleStatus,
    consecutive_error_threshold: u32,
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

/// `webhook.*`; without the secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BaseWebhookEvent")]
pub struct WebhookEvent {
    id: WebhookId,
    url: String,
    #[schemars(schema_with = "model::schema::event_name")]
    event_name: String,
    filters: Option<Filters>,
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

/// The contract publishes one list of states for all event payloads.
fn any_status(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    model::schema::code(model::codes::EVENT_STATUSES)
}
