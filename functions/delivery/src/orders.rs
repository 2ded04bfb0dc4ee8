//! Orders: work on a whole subscription, which passes the queue beside its messages.

use gateway::{Context, Outgoing, Queue, WorkerError};
use model::Timestamp;
use model::webhook::{Command, Order, Webhook};
use store::control::Write;

use crate::parking;

/// An order for a subscription.
pub(crate) fn order(webhook: &Webhook, command: Command, before: Timestamp) -> Order {
    Order { command, partner_id: webhook.partner_id, webhook_id: webhook.id, before }
}

/// Has the kept messages of a subscription looked through some minutes from now: for those that are kept by a batch that still saw it as
/// it was before, and for the case that the first order is lost.
///
/// # Errors
/// [`WorkerError`] if the order cannot be written.
pub(crate) fn release_later(webhook: &Webhook, now: Timestamp) -> Result<Write, WorkerError> {
    let due = now.plus_seconds(parking::SOONEST);
    let parked = parking::parked(due, webhook.id.uuid(), webhook.id, &order(webhook, Command::Release, due))?;
    Ok(Write::overwrite(&parked)?)
}

/// Queues an order.
///
/// # Errors
/// [`WorkerError`] if the queue does not take it.
pub(crate) async fn send(context: &Context, order: &Order, delay_seconds: i32) -> Result<(), WorkerError> {
    let outgoing = Outgoing { group: Some(order.webhook_id.to_string()), body: order, trace: context.trace() };
    Ok(context.send(Queue::Deliveries, &[outgoing], delay_seconds).await?)
}
