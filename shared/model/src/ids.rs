//! Identifiers. Control-plane ids are UUIDv7 (they sort by creation); telematics records have UUIDv5 ids.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id at `now`: UUIDv7, so ids sort by creation time.
            #[must_use]
            pub fn at(now: Timestamp) -> Self {
                Self(v7(now))
            }

            /// Wraps a UUID that is known to be an id of this kind.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                Uuid::json_schema(generator)
            }
        }
    )*};
}

ids! {
    /// A partner: the company that reads fleets' data.
    PartnerId;
    /// A fleet.
    FleetId;
    /// An invitation of a fleet by a partner; the secret in the magic link.
    InvitationId;
    /// A share agreement between a fleet and a partner.
    AgreementId;
    /// A linked TSP account.
    ConnectionId;
    /// A telematics provider.
    TspId;
    /// A schedule: one resource of one connection.
    ScheduleId;
    /// An execution of a schedule.
    ExecutionId;
    /// A write to a TSP.
    OperationId;
    /// A webhook subscription.
    WebhookId;
    /// A property of an organization.
    PropertyId;
    /// One webhook message: the envelope's `id`.
    MessageId;
    /// A telematics record.
    RecordId;
}

impl RecordId {
    /// The id of the record that a TSP calls `source_id`, within a connection: UUIDv5 over
    /// `<source_id>-<connection_id>`. The same rule names links, so they resolve before their target arrives.
    #[must_use]
    pub fn of(source_id: &str, connection: ConnectionId) -> Self {
        let mut hyphenated = Uuid::encode_buffer();
        let connection: &str = connection.uuid().as_hyphenated().encode_lower(&mut hyphenated);
        let parts = [source_id, "-", connection];
        // Rows have several of them: those of usual length are made without an allocation.
        let mut name = [0; 128];
        let mut length = 0;
        for part in parts {
            let end = length + part.len();
            let Some(place) = name.get_mut(length..end) else { return Self::named(&parts.concat()) };
            place.copy_from_slice(part.as_bytes());
            length = end;
        }
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.get(..length).unwrap_or_default()))
    }

    /// UUIDv5 of a name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
    }
}

/// Makes the ids of linked records within one connection.
#[derive(Clone, Copy, Debug)]
pub struct RecordIds(pub ConnectionId);

impl RecordIds {
    /// The id of the record that the TSP calls `source_id`.
    #[must_use]
    pub fn of(self, source_id: Option<&str>) -> Option<RecordId> {
        source_id.map(|id| RecordId::of(id, self.0))
    }
}

impl ExecutionId {
    /// When it was made, to the millisecond.
    #[must_use]
    pub fn made_at(self) -> Timestamp {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |made| made.to_unix());
        let millis = seconds.saturating_mul(1_000).saturating_add(u64::from(nanos / 1_000_000));
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

/// What the texts of all ids begin with that were made in the millisecond of an instant.
#[must_use]
pub fn start_of(instant: Timestamp) -> String {
    v7(instant).to_string().chars().take(MILLISECONDS).collect()
}

/// Of the text of an id, the part that tells the millisecond: twelve digits and a hyphen.
const MILLISECONDS: usize = 13;

fn v7(now: Timestamp) -> Uuid {
    let micros = now.micros();
    let seconds = u64::try_from(micros.div_euclid(1_000_000)).unwrap_or(0);
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0).saturating_mul(1_000);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_ids_follow_the_published_rule() {
        let connection: ConnectionId = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff".parse().unwrap();
        for length in [0, 3, 90, 91, 92, 300] {
            let source_id = "1".repeat(length);
            let name = format!("{source_id}-6f9619ff-8b86-4d01-b42d-00cf4fc964ff");
            let expected = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
            assert_eq!(RecordId::of(&source_id, connection).uuid(), expected);
        }
    }

    #[test]
    fn control_plane_ids_sort_by_time() {
        let early = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        let late = Timestamp::parse("2026-01-01T00:00:00.002Z").unwrap();
        assert!(FleetId::at(early) < FleetId::at(late));
        assert_eq!(FleetId::at(early).uuid().get_version_num(), 7);
        let begins = |instant: Timestamp| FleetId::at(early).to_string().starts_with(&start_of(instant));
        assert!(begins(early) && begins(early.plus_seconds(0)) && !begins(late));
    }

    #[test]
    fn executions_tell_when_they_began() {
        let now = Timestamp::from_micros(1_790_000_000_123_456);
        assert_eq!(ExecutionId::at(now).made_at(), Timestamp::from_millis(1_790_000_000_123));
        assert_eq!(ExecutionId::from_uuid(Uuid::nil()).made_at(), Timestamp::from_millis(0));
    }
}
