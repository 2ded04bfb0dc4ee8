//! Delivery: what happened becomes webhook messages, and messages become signed requests.
//!
//! Two workers. `events.fan_out` reads the streams of both tables, finds who may know of a change and who subscribed to it,
//! and queues one message per subscription. `deliveries.send` takes messages from the queue to their receivers.

mod catalogue;
pub mod changes;
mod fan_out;
mod lookup;
mod message;
pub mod records;
mod send;
mod settle;
mod silence;
mod stream;

pub use catalogue::events;
pub use message::Message;

use gateway::Permission::{Open, ReadControl, SendDeliveries, WriteControl};
use gateway::{Trigger, Worker};

/// The workers of this crate.
#[must_use]
pub fn workers() -> Vec<Worker> {
    vec![
        Worker {
            handler: "events.fan_out",
            summary: "Turns changes of the tables into webhook messages",
            trigger: Trigger::Streams(&["ControlTable", "TelematicsTable"]),
            permissions: &[ReadControl, SendDeliveries],
            call: |context, event| Box::pin(fan_out::run(context, event)),
        },
        Worker {
            handler: "deliveries.send",
            summary: "Delivers webhook messages, and tries again where that fails",
            trigger: Trigger::Queue("DeliveriesQueue"),
            permissions: &[ReadControl, WriteControl, Open, SendDeliveries],
            call: |context, event| Box::pin(send::run(context, event)),
        },
    ]
}
