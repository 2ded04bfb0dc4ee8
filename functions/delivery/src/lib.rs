//! Delivery: events become webhook messages, and messages become signed requests.
//!
//! Three workers. `events.fan_out` reads the streams of both tables, finds the partners that may learn of a change and their
//! subscriptions to it, and queues one message per subscription. `deliveries.send` sends the queued messages to their receivers. `deliveries.wake`
//! returns those that waited for long to the queue.

mod attempts;
mod breaker;
mod catalogue;
pub mod changes;
mod claims;
#[cfg(test)]
mod crash_tests;
mod fan_out;
mod follow;
mod lookup;
mod message;
mod numbers;
mod orders;
mod parking;
pub mod payloads;
mod permitted;
mod secrets;
mod seek;
mod send;
mod snapshot;
mod stream;
#[cfg(test)]
mod testing;
mod unresponsive;

pub use catalogue::events;
pub use message::Message;

use gateway::Permission::{Open, ReadControl, ReadTelematics, SendDeliveries, WriteControl};
use gateway::{Repeated, Secrets, Stream, Trigger, Worker};

/// The workers of this crate.
#[must_use]
pub fn workers() -> Vec<Worker> {
    vec![
        Worker {
            handler: "events.fan_out",
            summary: "Turns changes of the tables into webhook messages",
            trigger: Trigger::Streams(&[
                Stream { table: "ControlTable", wanted: changes::WANTED, repeated: Repeated::Whole },
                Stream { table: "TelematicsTable", wanted: fan_out::TELEMATICS, repeated: Repeated::Whole },
            ]),
            permissions: &[ReadControl, WriteControl, SendDeliveries],
            call: |context, event| Box::pin(fan_out::run(context, event)),
        },
        Worker {
            handler: "deliveries.send",
            summary: "Delivers webhook messages and retries failed attempts",
            trigger: Trigger::Queue("DeliveriesQueue"),
            permissions: &[ReadControl, WriteControl, ReadTelematics, Open(Secrets::Webhooks), SendDeliveries],
            call: |context, event| Box::pin(send::run(context, event)),
        },
        Worker {
            handler: "deliveries.wake",
            summary: "Returns webhook messages to the queue when they are due",
            trigger: Trigger::Rate("rate(1 minute)"),
            permissions: &[ReadControl, WriteControl, SendDeliveries],
            call: |context, _| Box::pin(parking::wake(context)),
        },
    ]
}
