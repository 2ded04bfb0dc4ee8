//! Writes: what is asked for is stored as an operation, and a worker sends it to the TSP.

mod accept;
mod bodies;
mod field;
mod published;

use gateway::{
    ApiError, Body, BoxFuture, Call, Context, Describe, Incoming, MemberSpec, Reader, Response, ResponseSchemas, Serve,
};
use http::StatusCode;
use model::ConnectionId;
use model::resource_operation::{OperationStatus, OperationType, ResourceOperation};
use model::telematics::{DvirLog, FuelTransaction, GroupMessage, Message, Record as _, RecordType, Trailer, User, Vehicle};
use schemars::SchemaGenerator;
use serde_json::{Map, Value};
use std::time::{Duration, Instant};
use store::control::Key;

use field::{Field, Link};
use published::OperationRead;

/// A write of a resource: its body, and the parameter that names the record to change.
#[derive(Debug)]
pub struct Writing {
    record: &'static RecordType,
    operation: OperationType,
    body: &'static str,
    /// The path's parameter, and its description.
    parameter: Option<(&'static str, &'static str)>,
    fields: &'static [Field],
    /// The member in which former bodies name several recipients, and the write that such a body asks for.
    group: Option<(&'static str, &'static Self)>,
}

/// What a request asks for.
struct Asked {
    connection: ConnectionId,
    fleet_ref: Option<String>,
    target: Option<String>,
    payload: Map<String, Value>,
    links: Vec<Link>,
    is_sync: bool,
}

macro_rules! writings {
    ($($name:ident = $record:ident $operation:ident $body:literal $parameter:expr, $fields:ident $(, $several:literal => $group:ident)?;)*) => {$(
        #[doc = concat!("The body `", $body, "`.")]
        pub static $name: Writing = Writing {
            record: $record::TYPE,
            operation: OperationType::$operation,
            body: $body,
            parameter: $parameter,
            fields: bodies::$fields,
            group: writings!(@group $($several $group)?),
        };
    )*};
    (@group) => { None };
    (@group $several:literal $group:ident) => { Some(($several, &$group)) };
}

writings! {
    CREATE_USER = User Create "UserCreate" None, USER;
    CREATE_VEHICLE = Vehicle Create "VehicleCreate" None, VEHICLE;
    CREATE_TRAILER = Trailer Create "TrailerCreate" None, TRAILER;
    CREATE_DVIR_LOG = DvirLog Create "DvirLogCreate" None, DVIR_LOG;
    CREATE_FUEL_TRANSACTION = FuelTransaction Create "FuelTransactionCreate" None, FUEL_TRANSACTION;
    CREATE_MESSAGE = Message Create "MessageCreate" None, MESSAGE, "source_recipient_ids" => CREATE_GROUP_MESSAGE;
    CREATE_GROUP_MESSAGE = GroupMessage Create "GroupMessageCreate" None, GROUP_MESSAGE;
    UPDATE_USER = User Update "UserUpdate" Some(("user_id", "The user's id, or the TSP's id of it.")), USER;
    UPDATE_VEHICLE = Vehicle Update "VehicleUpdate" Some(("vehicle_id", "The vehicle's id, or the TSP's id of it.")), VEHICLE;
    UPDATE_TRAILER = Trailer Update "TrailerUpdate" Some(("trailer_id", "The trailer's id, or the TSP's id of it.")), TRAILER;
}

/// How long a caller is kept waiting for its result. API Gateway gives up after 30 s.
const PATIENCE: Duration = Duration::from_secs(22);
/// The first and the longest pause between two looks for the result.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// When a caller may ask again that could not wait: writes usually take less than this.
const RETRY_SECONDS: u64 = 2;
const TOO_MANY_WAIT: &str = "too many callers wait for the results of writes; ask again, or without `is_sync`";

impl Writing {
    /// The write that a body asks for: this one, or that to a group where it names several recipients.
    fn asked_by<'a>(&'a self, incoming: &Incoming) -> &'a Self {
        let Some((member, group)) = self.group else { return self };
        let body: Option<Value> = serde_json::from_slice(&incoming.body).ok();
        let named = body.as_ref().and_then(|body| body.get(member)).and_then(Value::as_array).map_or(0, Vec::len);
        if named > 1 { group } else { self }
    }

    fn read(&self, reader: &mut Reader) -> Asked {
        let target = self.parameter.map(|(name, about)| reader.path_name(name, about, "0192f0c4-7b1e-7cc3-98c4-dc0c0c07398f"));
        let about = "Whether to wait for the TSP's answer: 200 if it takes the write, 502 if it does not. It is tried once. Ten callers of a \
                     partner may wait at once, and a hundred of all; others are answered with 429, and nothing is stored.";
        let is_sync = reader.query("is_sync").about(about).flag_or(false);
        let connection: Option<ConnectionId> =
            reader.body("connection_id").about("The connection to write through.").required().id();
        let fleet_ref =
            reader.body("fleet_ref").about("Your own id of the fleet, which the connection tells.").deprecated().text(1, 200);
        let (mut payload, mut links) = (Map::new(), Vec::new());
        let clears = self.operation == OperationType::Update;
        for field in self.fields {
            field.read(reader, clears, &mut payload, &mut links);
        }
        let connection = connection.unwrap_or_else(|| ConnectionId::from_uuid(uuid::Uuid::nil()));
        Asked { connection, fleet_ref, target, payload, links, is_sync }
    }
}

impl Describe for Writing {
    fn body(&self) -> Body {
        Body::Json(self.body)
    }

    fn description(&self) -> String {
        "Returns the pending operation; `resource_operation.succeeded` or `.failed` tells how it ended. Needs a share agreement that \
         shares the resource as `read_write`. Members that the provider does not support are refused (422)."
            .to_owned()
    }

    fn members(&self) -> Vec<MemberSpec> {
        Reader::members(|reader| self.read(reader))
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas {
        let schema = generator.subschema_for::<OperationRead>();
        [200, 202, 502].map(|status| (status, Some(schema.clone()))).into()
    }
}

impl Serve for Writing {
    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            call.caller.partner()?;
            let writing = self.asked_by(incoming);
            let asked = Reader::read(incoming, Body::Json(writing.body), |reader| writing.read(reader))?;
            let operation = accept::check(context, &call, writing, asked).await?;
            if operation.is_sync {
                return waited_for(context, operation).await;
            }
            accept::store(context, &operation).await?;
            Ok(answer(&operation))
        })
    }
}

/// Stores the operation and answers its end. A caller keeps a sandbox while it waits, so only so many do; for others nothing is stored.
async fn waited_for(context: &Context, operation: ResourceOperation) -> Result<Response, ApiError> {
    let waiting = context.store().begin_waiting(operation.partner_id, context.now()).await?;
    let waiting = waiting.ok_or_else(|| ApiError::too_many_of(RETRY_SECONDS, TOO_MANY_WAIT))?;
    let stored = accept::store(context, &operation).await;
    let ended = match stored {
        Ok(()) => Ok(answer(&awaited(context, operation).await)),
        Err(error) => Err(error),
    };
    if let Err(cause) = context.store().end_waiting(&waiting).await {
        tracing::warn!(%cause, "failed to tell that a caller waits no longer, it counts for half a minute more");
    }
    ended
}

/// The operation as soon as it has ended, or as it is when the caller has waited long enough.
async fn awaited(context: &Context, mut operation: ResourceOperation) -> ResourceOperation {
    let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
    while operation.status == OperationStatus::Pending && begun.elapsed() < PATIENCE {
        tokio::time::sleep(pause).await;
        pause = pause.mul_f64(1.5).min(LONGEST_PAUSE);
        let key = Key::operation(operation.connection_id, operation.id);
        // The operation is stored: that it cannot be looked at for a while is no failure of it.
        operation = context.store().get(key).await.unwrap_or_default().unwrap_or(operation);
    }
    operation
}

fn answer(operation: &ResourceOperation) -> Response {
    let status = match operation.status {
        OperationStatus::Pending => StatusCode::ACCEPTED,
        OperationStatus::Success => StatusCode::OK,
        OperationStatus::Failed => StatusCode::BAD_GATEWAY,
    };
    Response::json(status, &OperationRead::of(operation))
}
