//! Whether a write may be done, and what it names.

use std::collections::HashMap;
use std::iter;

use gateway::{ApiError, Call, Context, Problem};
use model::agreement::{Agreement, Linked};
use model::connection::{Connection, ConnectionStatus};
use model::resource_operation::{OperationStatus, ResourceOperation};
use model::telematics::RecordType;
use model::{ConnectionId, OperationId, RecordId, Resource, ShareLevel};
use providers::Writable;
use serde_json::Value;
use store::View;
use store::control::Key;
use uuid::Uuid;

use super::field::{Link, Named};
use super::{Asked, Writing};

/// The operation that a request asks for, as it may be stored.
///
/// # Errors
/// 404 for a connection or a record that the caller does not see; 403 without an agreement that lets it write; 409 for a connection
/// that is not active; 501 for what the TSP cannot do; 422 for members that it does not support, and for unknown records.
pub(super) async fn check(
    context: &Context,
    call: &Call,
    writing: &Writing,
    asked: Asked,
) -> Result<ResourceOperation, ApiError> {
    let partner_id = call.caller.partner()?;
    let resource = writing.record.resource;
    let view = context.store().view(partner_id, call.now).await?;
    let agreement = agreement(&view, &asked, resource)?;
    let connection = connection(context, asked.connection).await?;
    check_members(&writable(writing, &connection)?, &connection, &asked)?;
    let records = Records { context, view: &view, agreement, connection: asked.connection };
    let target = match &asked.target {
        Some(id) => Some(records.target(writing.record, id).await?),
        None => None,
    };
    let mut payload = asked.payload;
    payload.insert("connection_id".into(), asked.connection.to_string().into());
    for link in &asked.links {
        let source_ids = records.linked(link).await?;
        payload.extend(link.members(source_ids));
    }
    Ok(ResourceOperation {
        id: OperationId::at(call.now),
        created_at: call.now,
        updated_at: call.now,
        revision: 0,
        partner_id,
        connection_id: asked.connection,
        fleet_id: agreement.fleet_id,
        fleet_ref: agreement.fleet_ref.clone(),
        source_name: connection.source_name,
        resource,
        operation_type: writing.operation,
        target,
        payload,
        status: OperationStatus::Pending,
        is_sync: asked.is_sync,
        resource_id: None,
        source_id: None,
        logs: Vec::new(),
        attempting_since: None,
        due_at: None,
    })
}

/// Stores an operation; the worker does it.
///
/// # Errors
/// 429 where too many writes of the record are pending.
pub(super) async fn store(context: &Context, operation: &ResourceOperation) -> Result<(), ApiError> {
    match context.store().accept_write(operation).await? {
        true => Ok(()),
        false => Err(ApiError::too_many_of(60, "too many writes of this record are pending")),
    }
}

/// The agreement that lets the caller write.
fn agreement<'v>(view: &'v View, asked: &Asked, resource: Resource) -> Result<&'v Agreement, ApiError> {
    let links = |agreement: &Agreement| agreement.link(asked.connection).is_some_and(Linked::is_open);
    let seen: Vec<&Agreement> = view.agreements().filter(|agreement| links(agreement)).collect();
    if seen.is_empty() {
        return Err(ApiError::not_found("connection"));
    }
    let is_named = |agreement: &&Agreement| asked.fleet_ref.is_none() || agreement.fleet_ref == asked.fleet_ref;
    let named: Vec<&Agreement> = seen.into_iter().filter(is_named).collect();
    if named.is_empty() {
        let name = asked.fleet_ref.as_deref().unwrap_or_default();
        return Err(ApiError::invalid_member("body.fleet_ref", name, "unknown_record", "is not the fleet of the connection"));
    }
    let lets = |agreement: &&Agreement| agreement.scopes.get(&resource) == Some(&ShareLevel::ReadWrite);
    named.into_iter().find(lets).ok_or_else(|| {
        ApiError::forbidden("not_writable", format!("no share agreement in force shares `{resource}` as `read_write`"))
    })
}

async fn connection(context: &Context, id: ConnectionId) -> Result<Connection, ApiError> {
    let found = context.store().get::<Connection>(Key::connection(id)).await?;
    let found = found.filter(|connection| connection.status != ConnectionStatus::Deleted);
    let found = found.ok_or_else(|| ApiError::not_found("connection"))?;
    match found.status {
        ConnectionStatus::Active => Ok(found),
        _ => Err(ApiError::conflict("connection_not_active", "the connection is not active")),
    }
}

fn writable(writing: &Writing, connection: &Connection) -> Result<Writable, ApiError> {
    let writes = providers::accounts(&connection.source_name).map(|accounts| accounts.writes()).unwrap_or_default();
    let is_it =
        |writable: &Writable| writable.record.resource == writing.record.resource && writable.operation == writing.operation;
    let resource = writing.record.resource;
    let cannot = || ApiError::not_supported(format!("{} does not support this write of `{resource}`", connection.source_name));
    writes.into_iter().find(is_it).ok_or_else(cannot)
}

/// What would be lost on the way is refused.
fn check_members(writable: &Writable, connection: &Connection, asked: &Asked) -> Result<(), ApiError> {
    let sent = asked.payload.iter().map(|(name, value)| (name.as_str(), value.to_string()));
    let linked = asked.links.iter().map(|link| (link.member, String::new()));
    let lost = sent.chain(linked).filter(|(name, _)| !writable.members.contains(name));
    let problem = |(name, input): (&str, String)| {
        let message = format!("is not supported by {}", connection.source_name);
        Problem::new(&format!("body.{name}"), &input, "not_supported", message)
    };
    let problems: Vec<Problem> = lost.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(ApiError::invalid(problems)) }
}

/// The records that a write may name: those of its connection that the caller sees.
struct Records<'a> {
    context: &'a Context,
    view: &'a View,
    agreement: &'a Agreement,
    connection: ConnectionId,
}

impl Records<'_> {
    /// The TSP's ids of records, all in one read; those that the caller does not see are missing.
    async fn source_ids(
        &self,
        record: &'static RecordType,
        ids: impl Iterator<Item = RecordId>,
    ) -> Result<HashMap<RecordId, String>, ApiError> {
        let (connection, fleet) = (self.connection, self.agreement.fleet_id);
        let grant = self.view.grant(record).narrowed(|granted| granted.connection == connection && granted.fleet == fleet);
        let rows = self.context.store().rows_of(&grant, &ids.map(|id| (connection, id)).collect()).await?;
        let mut found = HashMap::new();
        for row in rows {
            let members = row.members()?;
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            let id = text("id").and_then(|id| Uuid::parse_str(id).ok()).map(RecordId::from_uuid);
            found.extend(id.zip(text("source_id").map(str::to_owned)));
        }
        Ok(found)
    }

    /// The TSP's id of the record to change.
    async fn target(&self, record: &'static RecordType, id: &str) -> Result<String, ApiError> {
        let id = Uuid::parse_str(id).map_or_else(|_| RecordId::of(id, self.connection), RecordId::from_uuid);
        let found = self.source_ids(record, iter::once(id)).await?.remove(&id);
        found.ok_or_else(|| ApiError::not_found(record.resource.name()))
    }

    /// The TSP's ids of the records that a member of the body names, in its order.
    async fn linked(&self, link: &Link) -> Result<Vec<String>, ApiError> {
        let id = |name: &Named| match name {
            Named::Here(id) => RecordId::from_uuid(*id),
            Named::There(id) => RecordId::of(id, self.connection),
        };
        let mut found = self.source_ids(link.record, link.names.iter().map(id)).await?;
        let unknown = |place: usize| {
            let message = format!("names no `{}` of the connection that is shared with you", link.record.resource);
            let (path, input) = link.path(place);
            Problem::new(&path, &input, "unknown_record", message)
        };
        let (mut source_ids, mut problems) = (Vec::new(), Vec::new());
        for (place, name) in link.names.iter().enumerate() {
            match found.remove(&id(name)) {
                Some(source_id) => source_ids.push(source_id),
                None => problems.push(unknown(place)),
            }
        }
        if problems.is_empty() { Ok(source_ids) } else { Err(ApiError::invalid(problems)) }
    }
}
