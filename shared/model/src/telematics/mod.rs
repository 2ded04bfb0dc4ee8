//! Telematics records: one file per resource, and what all of them share.
//!
//! A resource is a row type and a constant that describes it ([`Record`], [`RecordType`]). Types exist where an adapter maps
//! and where a schema is published; in between, a row is JSON text or the cells of a packed reading.

pub mod code;
pub mod columns;
pub mod readings;
pub mod record;
pub mod segments;
pub mod series;

mod envelope;
mod geo;
mod observation;
mod records;

mod driver_safety_event;
mod driver_vehicle_association;
mod dvir_log;
mod dvir_log_defect;
pub mod engine_log;
mod engine_status;
mod fuel_transaction;
mod group_message;
mod hos_availability;
mod hos_daily_snapshot;
mod hos_event;
mod hos_event_attachment;
mod hos_violation;
mod ifta_summary;
mod message;
mod trailer;
mod trailer_location;
mod trailer_status;
mod trailer_vehicle_association;
mod user;
mod vehicle;
mod vehicle_location;
mod vehicle_region_segment;
mod vehicle_sensor;
mod workflow;

pub use code::Code;
pub use envelope::{DerivedEnvelope, Envelope, Row};
pub use geo::{InferredAddress, Point};
pub use observation::{Batch, Fields, Observation, Rows, source_digest, source_hash};
pub use record::{Action, Derivation, Documented, Events, Packing, Record, RecordType, Storage, Timeline};
pub use records::{RECORD_TYPES, row_schema};

pub use driver_safety_event::DriverSafetyEvent;
pub use driver_vehicle_association::DriverVehicleAssociation;
pub use dvir_log::DvirLog;
pub use dvir_log_defect::DvirLogDefect;
pub use engine_log::EngineLog;
pub use engine_status::{EngineReading, EngineStatus};
pub use fuel_transaction::FuelTransaction;
pub use group_message::GroupMessage;
pub use hos_availability::HosAvailability;
pub use hos_daily_snapshot::HosDailySnapshot;
pub use hos_event::{HosEvent, HosEventAnnotation};
pub use hos_event_attachment::HosEventAttachment;
pub use hos_violation::HosViolation;
pub use ifta_summary::IftaSummary;
pub use message::Message;
pub use trailer::Trailer;
pub use trailer_location::{TrailerLocation, TrailerPosition};
pub use trailer_status::{RemoteProbeStatus, TrailerAlarm, TrailerPretripStatus, TrailerStatus, TrailerZoneStatus};
pub use trailer_vehicle_association::TrailerVehicleAssociation;
pub use user::User;
pub use vehicle::Vehicle;
pub use vehicle_location::{VehicleLocation, VehiclePosition};
pub use vehicle_region_segment::VehicleRegionSegment;
pub use vehicle_sensor::VehicleSensor;
pub use workflow::{Workflow, WorkflowStop};
