//! A month's bill, line by line. docs/scale.md says what is assumed; each assumption has its name here.

use super::basis::Basis;
use super::prices::{self, Price};

const MINUTES: f64 = 30.0 * 24.0 * 60.0;
const SECONDS: f64 = MINUTES * 60.0;
/// Lambda gives a whole core with so many megabytes.
const MB_OF_A_CORE: f64 = 1_769.0;
const GB: f64 = 1e9;

/// The share of a month in which vehicles move, and so report new positions.
const ON_THE_ROAD: f64 = 0.4;
/// Seconds that a fetch waits for its TSP, and a delivery for its receiver.
const TSP_SECONDS: f64 = 0.4;
const RECEIVER_SECONDS: f64 = 0.15;
/// Vehicles and drivers are fetched every ten minutes beside the positions of each minute.
const SLOW_TYPES: f64 = 2.0;
const SLOW_MINUTES: f64 = 10.0;
/// Requests of partners for each connection.
const REQUESTS_PER_HOUR: f64 = 4.0;
/// Endpoints that a partner uses, and services that they belong to.
const ENDPOINTS: f64 = 6.0;
const SERVICES: f64 = 3.0;
/// Records of a fetch that a follower of the control table is invoked for: `events.fan_out` of the new execution,
/// `schedules.maintain` of the schedule as it is taken and as it is released.
const FAN_OUT_RECORDS: f64 = 1.0;
const MAINTAIN_RECORDS: f64 = 2.0;
/// Of a follower: seconds of an invocation, and of each record.
const FOLLOW_SECONDS: f64 = 0.02;
const RECORD_SECONDS: f64 = 0.01;
/// Read units of a follower's lookups in an invocation, and of a batch of deliveries.
const LOOKUP_UNITS: f64 = 4.0;
/// Write units of a delivery: its row of the log, and the counts of its subscription.
const DELIVERY_UNITS: f64 = 2.0;
/// Accesses that are noted of a connection each day, a write unit each: three resources that sandboxes read, and positions that sandboxes deliver.
const ACCESSES_PER_DAY: f64 = 20.0;
/// Seconds of a tick and of a request, beside their CPU.
const TICK_SECONDS: f64 = 0.03;
const REQUEST_SECONDS: f64 = 0.02;
/// Bytes of log lines, metrics and Lambda's own lines.
const RUN_LOG: f64 = 2_500.0;
const FOLLOW_LOG: f64 = 1_000.0;
const SEND_LOG: f64 = 2_000.0;
const REQUEST_LOG: f64 = 2_000.0;
const TICK_LOG: f64 = 700.0;
/// Requests to KMS for a fetch, at most: a sandbox asks once an hour for the root key of a TSP, whatever it fetches (a test of `vault` counts them).
const KMS_REQUESTS: f64 = 0.02;
/// What compression leaves of a message.
const COMPRESSED: f64 = 0.2;
/// Lambda asks a queue with five pollers, which wait for twenty seconds.
const POLLS_PER_MINUTE: f64 = 15.0;
/// Series of metrics of a platform at work, beside those of workers and endpoints: executions by outcome, their failures, records,
/// lag; attempts by outcome, latency, age of what is undelivered.
const SERIES: f64 = 9.0;

/// How much there is to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) name: &'static str,
    /// Each with fifty vehicles and one webhook that tells of their positions.
    pub(super) connections: f64,
    /// Dollars that a month may cost.
    pub(super) goal: Option<f64>,
}

/// One line of a bill.
pub(super) struct Line {
    pub(super) what: &'static str,
    pub(super) price: Price,
    quantity: fn(&Basis, &Work) -> f64,
}

impl Line {
    pub(super) fn dollars(&self, basis: &Basis, load: &Load) -> f64 {
        self.price.of((self.quantity)(basis, &Work::of(basis, load)))
    }
}

/// The bill's lines.
pub(super) const LINES: &[Line] = &[
    Line { what: "alarms", price: prices::ALARM, quantity: |basis, _| basis.alarms },
    Line { what: "dashboard", price: prices::DASHBOARD, quantity: |basis, _| basis.dashboards },
    Line { what: "keys", price: prices::KMS_KEY, quantity: |basis, _| basis.keys },
    Line { what: "metrics", price: prices::METRIC, quantity: Work::series },
    Line { what: "tables, written", price: prices::WRITE_UNIT, quantity: |_, work| work.write_units },
    Line { what: "tables, read", price: prices::READ_UNIT, quantity: |_, work| work.read_units },
    Line { what: "tables, kept (positions for 30 days)", price: prices::TABLE_GB, quantity: |_, work| work.stored_bytes / GB },
    Line { what: "Scheduler", price: prices::FIRING, quantity: |_, work| work.runs + work.ticks },
    Line { what: "Lambda, invocations", price: prices::INVOCATION, quantity: |_, work| work.invocations() },
    Line { what: "Lambda, time", price: prices::GB_SECOND, quantity: Work::gb_seconds },
    Line { what: "API Gateway", price: prices::HTTP_REQUEST, quantity: |_, work| work.requests },
    Line { what: "queues", price: prices::SQS_REQUEST, quantity: |_, work| work.queue_requests },
    Line { what: "logs", price: prices::LOG_GB, quantity: |_, work| work.log_bytes() / GB },
    Line { what: "KMS", price: prices::KMS_REQUEST, quantity: |_, work| work.runs * KMS_REQUESTS },
    Line { what: "traffic to receivers", price: prices::OUTBOUND_GB, quantity: |_, work| work.message_bytes * COMPRESSED / GB },
];

/// A month's bill.
pub(super) fn total(basis: &Basis, load: &Load) -> f64 {
    LINES.iter().map(|line| line.dollars(basis, load)).sum()
}

/// What a month does.
struct Work {
    is_idle: bool,
    /// Fetches, and those that bring positions; each of these is a message.
    runs: f64,
    storing: f64,
    ticks: f64,
    requests: f64,
    /// Records that followers are invoked for, and the invocations.
    fan_out_records: f64,
    maintain_records: f64,
    fan_outs: f64,
    maintains: f64,
    /// Invocations of `deliveries.send`.
    sends: f64,
    write_units: f64,
    read_units: f64,
    stored_bytes: f64,
    message_bytes: f64,
    queue_requests: f64,
}

impl Work {
    fn of(basis: &Basis, load: &Load) -> Self {
        let slow = SLOW_TYPES / SLOW_MINUTES;
        let runs = load.connections * MINUTES * (1.0 + slow);
        let storing = load.connections * MINUTES * ON_THE_ROAD;
        let accesses = load.connections * MINUTES / 1_440.0 * ACCESSES_PER_DAY;
        let requests = load.connections * REQUESTS_PER_HOUR * MINUTES / 60.0;
        // A request of a caller that sends few is counted by a write of its own.
        let counts = requests;
        let write_units = runs * basis.bookkeeping_units + storing * (basis.position_units + DELIVERY_UNITS) + accesses + counts;
        let fan_out_records = runs * FAN_OUT_RECORDS + storing;
        let maintain_records = runs * MAINTAIN_RECORDS;
        let (fan_outs, maintains) = (invocations(fan_out_records, write_units), invocations(maintain_records, write_units));
        let sends = storing / (storing / SECONDS / 20.0).clamp(1.0, 10.0);
        let message_bytes = storing * basis.positions * basis.position_bytes;
        // Executions stay for a week, rows of the log for two.
        let rows = (runs * 7.0 + storing * 14.0) / 30.0 * 1_024.0;
        let parts = (basis.positions * basis.position_bytes / 65_536.0).ceil();
        Self {
            is_idle: load.connections == 0.0,
            runs,
            storing,
            ticks: basis.ticks * MINUTES,
            requests,
            fan_out_records,
            maintain_records,
            fan_outs,
            maintains,
            sends,
            write_units,
            read_units: runs * basis.read_units + (fan_outs + maintains + sends) * LOOKUP_UNITS,
            stored_bytes: storing * basis.kept_bytes + rows,
            message_bytes,
            // Sent, received, and deleted in batches.
            queue_requests: basis.queues * POLLS_PER_MINUTE * MINUTES + storing * 2.0 * parts + sends,
        }
    }

    fn series(basis: &Basis, work: &Self) -> f64 {
        if work.is_idle { 0.0 } else { basis.workers - basis.ticks + SERIES + ENDPOINTS * 2.0 + SERVICES }
    }

    fn invocations(&self) -> f64 {
        self.runs + self.ticks + self.requests + self.fan_outs + self.maintains + self.sends
    }

    fn gb_seconds(basis: &Basis, work: &Self) -> f64 {
        let cpu = |milliseconds: f64, megabytes: f64| milliseconds / 1_000.0 * (MB_OF_A_CORE / megabytes).max(1.0);
        let run = (work.runs - work.storing) * (TSP_SECONDS + cpu(basis.empty_run_cpu_ms, basis.run_mb))
            + work.storing * (TSP_SECONDS + cpu(basis.run_cpu_ms, basis.run_mb));
        let records = work.fan_out_records + work.maintain_records;
        let follow = (work.fan_outs + work.maintains) * FOLLOW_SECONDS + records * RECORD_SECONDS;
        // The bench's messages are of ten positions.
        let message_cpu = cpu(basis.send_cpu_ms, basis.send_mb) * basis.positions / 10.0;
        let send = work.sends * RECEIVER_SECONDS + work.storing * message_cpu;
        let request = work.requests * (REQUEST_SECONDS + cpu(basis.api_cpu_ms, basis.api_mb));
        let sums = [
            (run, basis.run_mb),
            (follow, basis.stream_mb),
            (send, basis.send_mb),
            (request, basis.api_mb),
            (work.ticks * TICK_SECONDS, basis.tick_mb),
        ];
        sums.iter().map(|(seconds, megabytes)| seconds * megabytes / 1_024.0).sum()
    }

    fn log_bytes(&self) -> f64 {
        let sums = [
            (self.runs, RUN_LOG),
            (self.fan_outs + self.maintains, FOLLOW_LOG),
            (self.storing, SEND_LOG),
            (self.requests, REQUEST_LOG),
            (self.ticks, TICK_LOG),
        ];
        sums.iter().map(|(count, bytes)| count * bytes).sum()
    }
}

/// Invocations of a follower: a record alone where they are rare; else one a second for each of a shard's two batches, or as many as
/// batches of a hundred make. A shard takes 1,000 write units a second.
fn invocations(records: f64, write_units: f64) -> f64 {
    let shards = (write_units / SECONDS / 1_000.0).ceil().max(1.0);
    let at_most = (shards * 2.0 * SECONDS).max(records / 100.0);
    records.min(at_most)
}

/// What twenty connections pay for another type that is fetched every so many minutes.
pub(super) fn further_type(basis: &Basis, load: &Load, minutes: f64) -> f64 {
    let runs = load.connections * MINUTES / minutes;
    let run_seconds = TSP_SECONDS + basis.empty_run_cpu_ms / 1_000.0 * (MB_OF_A_CORE / basis.run_mb).max(1.0);
    let follows = runs * (FAN_OUT_RECORDS + MAINTAIN_RECORDS);
    let gb_seconds =
        (runs * run_seconds * basis.run_mb + follows * (FOLLOW_SECONDS + RECORD_SECONDS) * basis.stream_mb) / 1_024.0;
    prices::WRITE_UNIT.of(runs * basis.bookkeeping_units)
        + prices::READ_UNIT.of(runs * basis.read_units + follows * LOOKUP_UNITS)
        + prices::FIRING.of(runs)
        + prices::INVOCATION.of(runs + follows)
        + prices::GB_SECOND.of(gb_seconds)
        + prices::LOG_GB.of((runs * RUN_LOG + follows * FOLLOW_LOG) / GB)
}

/// Messages a second to the receiver that is down.
const DOWN_RATE: f64 = 333.0;
/// Days for which a message is kept.
const KEPT_DAYS: f64 = 14.0;
/// What packing leaves of ten positions, in KB: `store::control::Packed`.
const PACKED_KB: f64 = 2.5;
/// Attempts before the breaker judges, in a row.
const BREAKER_ATTEMPTS: f64 = 10.0;

/// A day for which a receiver is down: what is done, how often, and what it costs.
pub(super) fn day_down(basis: &Basis) -> Vec<(&'static str, f64, f64)> {
    let messages = DOWN_RATE * 86_400.0;
    let parts = (basis.position_bytes * 10.0 / 65_536.0).ceil();
    let units = PACKED_KB.ceil();
    let kept_gb = messages * PACKED_KB * 1_024.0 / GB;
    let batches = messages / 10.0;
    // A batch that only keeps takes no attempt: reads and writes, a twentieth of a second.
    let gb_seconds = batches * 0.05 * basis.send_mb / 1_024.0;
    // Half-hourly trials of one message, and the attempts that it took to notice.
    let attempts = BREAKER_ATTEMPTS + 48.0;
    let line = |what, quantity: f64, price: &Price| (what, quantity, price.of(quantity));
    vec![
        line(
            "requests to the queue: sent and received in batches of ten, deleted",
            messages / 10.0 * (2.0 * parts + 1.0),
            &prices::SQS_REQUEST,
        ),
        line("invocations", batches, &prices::INVOCATION),
        line("GB-seconds", gb_seconds, &prices::GB_SECOND),
        line("write units of messages that are kept, packed", messages * units, &prices::WRITE_UNIT),
        line("attempts: those that the breaker took to notice, and one each half hour", attempts, &prices::INVOCATION),
        ("GB that are kept for 14 days", kept_gb, prices::TABLE_GB.of(kept_gb) * KEPT_DAYS / 30.0),
        line("write units of their deletion when they are sent", messages * units, &prices::WRITE_UNIT),
        line("read units of the same", messages, &prices::READ_UNIT),
    ]
}
