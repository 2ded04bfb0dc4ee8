//! Rows as readers get them: JSON text, written once and copied into the answer.

use std::fmt;

use model::telematics::{Envelope, RecordType};
use model::{ConnectionId, ScheduleId};
use serde::Serialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::table::unstorable;
use crate::StoreError;
use crate::control::Shown;

/// A row as a reader gets it: a JSON object of envelope and own members, absent ones as nulls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    text: Vec<u8>,
    schedule: Option<(ConnectionId, ScheduleId)>,
    shown: Option<Shown>,
}

impl AsRef<[u8]> for Row {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// Bytes of an envelope, roughly.
const ENVELOPE: usize = 900;

impl Row {
    /// The row of an envelope and the members that are stored: those that are not become nulls, those that the record type
    /// does not publish are left out.
    pub(super) fn stored(record: &RecordType, envelope: &Envelope<'_>, body: &str) -> Result<Self, StoreError> {
        Self::fetched(record, envelope, body.len(), |out| write_members(record.members, body, out).map_err(unstorable))
    }

    /// The row of a record that a schedule fetched.
    pub(super) fn fetched(
        record: &RecordType,
        envelope: &Envelope<'_>,
        size: usize,
        own: impl FnOnce(&mut Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let schedule = envelope.schedule_id.map(|schedule| (envelope.connection_id, schedule));
        let shown = envelope.fleet_id.map(|fleet| Shown { fleet, resource: record.resource });
        Ok(Self { schedule, ..Self::of(shown, envelope, size, own)? })
    }

    /// The row of an envelope and of the members that `own` writes as a JSON object of about `size` bytes.
    pub(super) fn of(
        shown: Option<Shown>,
        envelope: &impl Serialize,
        size: usize,
        own: impl FnOnce(&mut Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut out = Vec::with_capacity(ENVELOPE + size);
        serde_json::to_writer(&mut out, envelope).map_err(unstorable)?;
        // Two objects become one: `{envelope}{own}` -> `{envelope,own}`.
        out.pop();
        let seam = out.len();
        own(&mut out)?;
        if let Some(brace) = out.get_mut(seam) {
            *brace = b',';
        }
        Ok(Self { text: out, schedule: None, shown })
    }

    /// The schedule that fetched it, and its connection; `None` where it was worked out.
    #[must_use]
    pub fn schedule(&self) -> Option<(ConnectionId, ScheduleId)> {
        self.schedule
    }

    /// Whose record it shows; `None` where it was made for no reader.
    #[must_use]
    pub fn shown(&self) -> Option<Shown> {
        self.shown
    }

    /// The JSON text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The JSON text.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.text
    }

    /// The row's members.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] if what was stored is no JSON object.
    pub fn members(&self) -> Result<Map<String, Value>, StoreError> {
        serde_json::from_slice(&self.text).map_err(unstorable)
    }

    /// The value of a member; null where there is none.
    pub(super) fn member(&self, name: &str) -> Result<Value, StoreError> {
        let text = std::str::from_utf8(&self.text).map_err(unstorable)?;
        find(text, name)
            .and_then(|found| found.map_or(Ok(Value::Null), |found| serde_json::from_str(found.get())))
            .map_err(unstorable)
    }
}

/// The text of a member of a JSON object, if it has that.
pub(super) fn find<'a>(object: &'a str, name: &str) -> Result<Option<&'a RawValue>, serde_json::Error> {
    serde_json::Deserializer::from_str(object).deserialize_map(Find(name))
}

struct Find<'n>(&'n str);

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some((name, value)) = map.next_entry::<&'de str, &'de RawValue>()? {
            if name == self.0 {
                found = Some(value);
            }
        }
        Ok(found)
    }
}

/// Appends the object of all `members`, in one pass over the stored text.
fn write_members(members: &[&'static str], body: &str, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    out.push(b'{');
    let start = out.len();
    let written = serde_json::Deserializer::from_str(body).deserialize_map(Copy { members, out: &mut *out })?;
    for (index, name) in members.iter().enumerate() {
        if written >> index & 1 == 0 {
            append(out, name, "null");
        }
    }
    if out.len() > start {
        out.pop();
    }
    out.push(b'}');
    Ok(())
}

fn append(out: &mut Vec<u8>, name: &str, json: &str) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(json.as_bytes());
    out.push(b',');
}

/// Copies members as they come, and notes which.
struct Copy<'a> {
    members: &'a [&'static str],
    out: &'a mut Vec<u8>,
}

impl<'de> Visitor<'de> for Copy<'_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let (mut written, mut next) = (0_u64, 0_usize);
        while let Some((name, value)) = map.next_entry::<&'de str, &'de RawValue>()? {
            // Rows are stored in published order, so the next one is most often near.
            let ahead = self.members.iter().skip(next).position(|known| *known == name).map(|steps| next + steps);
            let found = ahead.or_else(|| self.members.iter().position(|known| *known == name));
            if let Some(index) = found {
                written |= 1 << index;
                next = index + 1;
                append(self.out, name, value.get());
            }
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_copied_in_any_order_and_completed_by_nulls() {
        let cases = [
            (r#"{"a":1,"c":"x"}"#, r#"{"a":1,"c":"x","b":null}"#),
            (r#"{"c":{"d":[1]},"a":1,"gone":true}"#, r#"{"c":{"d":[1]},"a":1,"b":null}"#),
            ("{}", r#"{"a":null,"b":null,"c":null}"#),
        ];
        for (body, expected) in cases {
            let mut out = Vec::new();
            write_members(&["a", "b", "c"], body, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        assert!(write_members(&["a"], "[]", &mut Vec::new()).is_err());
    }

    #[test]
    fn a_member_is_found_by_its_name() {
        assert_eq!(find(r#"{"a":{"b":1},"b":"x"}"#, "b").unwrap().map(RawValue::get), Some(r#""x""#));
        assert!(find("{}", "b").unwrap().is_none() && find("nonsense", "b").is_err());
    }
}
