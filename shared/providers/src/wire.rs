//! A TSP's JSON, read by name and with tolerance: a member that is absent, null, `""` or of another type than documented reads
//! as absent, so that one odd member never costs a record, let alone a page.
//!
//! [`Members`] reads records; feeds with many small readings use serde structs of [`Lenient`] members, which is faster there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use model::Timestamp;
use model::telematics::{Observation, source_hash};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The members of an object.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> From<Vec<(Cow<'a, str>, &'a RawValue)>> for Members<'a> {
    fn from(members: Vec<(Cow<'a, str>, &'a RawValue)>) -> Self {
        Self(members)
    }
}

impl<'a> Members<'a> {
    /// The members; none where the text is no object.
    pub(crate) fn of(raw: &'a RawValue) -> Self {
        Self(serde_json::Deserializer::from_str(raw.get()).deserialize_map(Each).unwrap_or_default())
    }

    /// The value of a member.
    pub(crate) fn get<T: FromRaw>(&self, name: &str) -> Option<T> {
        T::from_raw(self.raw(name)?.get())
    }

    /// The id of a record; without one the record is skipped, with a warning that names its `kind`.
    pub(crate) fn id(&self, kind: &str, provider: &str) -> Option<String> {
        let id = self.get("id");
        if id.is_none() {
            tracing::warn!(provider, kind, "skipped a record without an id");
        }
        id
    }

    /// The members of an object; none where there is no object.
    pub(crate) fn object(&self, name: &str) -> Members<'a> {
        self.raw(name).map(Members::of).unwrap_or_default()
    }

    /// The elements of a list.
    pub(crate) fn list(&self, name: &str) -> Vec<&'a RawValue> {
        self.raw(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// `[{"id", "name"}]`, as tags are written, as a map from id to name.
    pub(crate) fn groups(&self, name: &str) -> Option<Value> {
        let named = self.list(name).into_iter().filter_map(|raw| {
            let group = Members::of(raw);
            Some((group.get::<String>("id")?, group.get::<String>("name").into()))
        });
        let named: Map<String, Value> = named.collect();
        (!named.is_empty()).then_some(Value::Object(named))
    }

    /// The JSON text of a member. One that is sent twice with two values has none: nobody can tell which is meant.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let mut same = self.0.iter().filter(|(known, _)| known == name).map(|(_, raw)| *raw);
        let first = same.next()?;
        same.all(|other| other.get() == first.get()).then_some(first)
    }
}

/// A record as it was sent. Where it holds something that is no value, such as a number beyond all bounds, it is what of its
/// members can be read.
pub(crate) fn source_of(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| {
        let members = Members::of(raw).0.into_iter();
        let read = members.filter_map(|(name, raw)| Some((name.into_owned(), serde_json::from_str(raw.get()).ok()?)));
        Value::Object(read.collect())
    })
}

struct Each;

impl<'de> Visitor<'de> for Each {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::with_capacity(16);
        while let Some((Name(name), value)) = map.next_entry()? {
            all.push((name, value));
        }
        Ok(all)
    }
}

/// A member's name, borrowed unless it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// What is kept of a record's source beside its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceRules {
    /// Members that change though the record does not: the content hash leaves them out.
    pub(crate) volatile: &'static [&'static str],
    /// Members without a place in the model that are worth keeping.
    pub(crate) extras: &'static [&'static str],
    /// Members that name other records, or lists of them: of those the hash covers the id alone. Another name of the driver does
    /// not change the driver's logs.
    pub(crate) references: &'static [&'static str],
}

impl SourceRules {
    /// The observation of a record.
    pub(crate) fn observation<T>(
        self,
        source_id: String,
        occurred_at: Option<Timestamp>,
        source: Value,
        fields: T,
    ) -> Observation<T> {
        let source_hash = self.hash(&source);
        let extras = self.extras_of(&source);
        Observation { source_id, occurred_at, source, source_hash, extras, is_partial: false, fields }
    }

    /// The hash of a record's content.
    pub(crate) fn hash(self, source: &Value) -> String {
        source_hash(&self.own(source), self.volatile)
    }

    /// The source with references cut to what they refer to.
    fn own<'s>(&self, source: &'s Value) -> Cow<'s, Value> {
        let mut own = Cow::Borrowed(source);
        for name in self.references {
            if source.get(name).is_some()
                && let Some(reference) = own.to_mut().get_mut(name)
            {
                cut_to_id(reference);
            }
        }
        own
    }

    /// The members of `source` worth keeping; `None` where it has none of them.
    fn extras_of(self, source: &Value) -> Option<Value> {
        let blank = |value: &Value| value.is_null() || value.as_str() == Some("");
        let kept = self.extras.iter().filter_map(|name| source.get(*name).map(|value| (*name, value)));
        let kept: Map<_, _> =
            kept.filter(|(_, value)| !blank(value)).map(|(name, value)| (name.to_owned(), value.clone())).collect();
        (!kept.is_empty()).then_some(Value::Object(kept))
    }
}

/// Leaves of an object (or of each in a list) its id, where it has one.
pub(crate) fn cut_to_id(reference: &mut Value) {
    match reference {
        Value::Array(all) => all.iter_mut().for_each(cut_to_id),
        Value::Object(members) if members.contains_key("id") => members.retain(|name, _| name == "id"),
        _ => {}
    }
}

/// A member that may be missing or odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lenient<T>(pub(crate) Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: FromRaw> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(T::from_raw(raw.get())))
    }
}

/// Read from the JSON text of one value; `None` where it is not one of these.
pub(crate) trait FromRaw: Sized {
    /// Reads it.
    fn from_raw(json: &str) -> Option<Self>;
}

/// Text, not blank; a number is taken as it is written, but for zeros after the point, as some ids are numbers.
impl FromRaw for String {
    fn from_raw(json: &str) -> Option<Self> {
        if json.starts_with('"') {
            return serde_json::from_str(json).ok().filter(|text: &Self| !text.trim().is_empty());
        }
        let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        let whole = json.split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
        is_number.then(|| whole.map_or(json, |(whole, _)| whole).to_owned())
    }
}

/// A finite number, or one in quotes.
impl FromRaw for f64 {
    fn from_raw(json: &str) -> Option<Self> {
        json.trim_matches('"').trim().parse().ok().filter(|number: &Self| number.is_finite())
    }
}

/// A number that is never negative, such as a speed or an odometer: a negative one reads as absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount(pub(crate) f64);

impl FromRaw for Amount {
    fn from_raw(json: &str) -> Option<Self> {
        f64::from_raw(json).filter(|number| *number >= 0.0).map(Self)
    }
}

/// A percentage: one below 0 or above 100 reads as absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percent(pub(crate) f64);

impl FromRaw for Percent {
    fn from_raw(json: &str) -> Option<Self> {
        f64::from_raw(json).filter(|number| (0.0..=100.0).contains(number)).map(Self)
    }
}

/// A whole number, also one in quotes or one that is written with zeros after the point.
impl FromRaw for i64 {
    fn from_raw(json: &str) -> Option<Self> {
        let text = json.trim_matches('"').trim();
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        whole.parse().ok().filter(|_| rest.bytes().all(|digit| digit == b'0'))
    }
}

/// True or false, also in quotes.
impl FromRaw for bool {
    fn from_raw(json: &str) -> Option<Self> {
        json.trim_matches('"').parse().ok()
    }
}

/// RFC 3339.
impl FromRaw for Timestamp {
    fn from_raw(json: &str) -> Option<Self> {
        Self::parse(json.trim_matches('"'))
    }
}

/// The members that are text.
impl FromRaw for BTreeMap<String, String> {
    fn from_raw(json: &str) -> Option<Self> {
        let items: BTreeMap<String, Lenient<String>> = serde_json::from_str(json).ok()?;
        Some(items.into_iter().filter_map(|(name, value)| Some((name, value.0?))).collect())
    }
}

/// Types of serde structs that can be [`Lenient`] members.
macro_rules! from_json {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::wire::FromRaw for $type {
            fn from_raw(json: &str) -> Option<Self> {
                serde_json::from_str(json).ok()
            }
        }
    )*};
}
pub(crate) use from_json;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_covers_of_other_records_their_ids_alone() {
        let rules = SourceRules { volatile: &[], extras: &[], references: &["driver", "codrivers"] };
        let hash = |source: Value| rules.observation("1".into(), None, source, ()).source_hash;
        let log = |id: &str, name: &str, other: &str| json!({ "driver": { "id": id, "name": name }, "codrivers": [{ "id": other, "name": name }], "note": { "name": name } });
        let first = hash(log("1", "A", "2"));
        let renamed = json!({ "driver": { "id": "1", "name": "B" }, "codrivers": [{ "id": "2" }], "note": { "name": "A" } });
        assert_eq!(hash(renamed), first);
        assert_ne!(hash(log("3", "A", "2")), first, "another driver");
        assert_ne!(hash(log("1", "A", "4")), first, "another co-driver");
        assert_ne!(hash(log("1", "B", "2")), first, "a name of its own");
    }

    #[test]
    fn odd_members_read_as_absent() {
        let text = r#"{"id":5,"na\u006de":"x","blank":" ","year":"2019.0","half":1.5,"flag":"yes","when":"soon","list":{},"name":"y",
            "same":"z","same":"z","serial":24.0,"on":"true"}"#;
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        let members = Members::of(raw);
        assert_eq!(members.get::<String>("id").as_deref(), Some("5"));
        assert_eq!(members.get::<String>("name"), None, "one of two");
        assert_eq!(
            (members.get::<String>("same").as_deref(), members.get::<String>("serial").as_deref()),
            (Some("z"), Some("24"))
        );
        assert_eq!(members.get::<bool>("on"), Some(true));
        assert_eq!(source_of(serde_json::from_str(r#"{"a":1e999,"b":[2]}"#).unwrap()), serde_json::json!({ "b": [2] }));
        assert_eq!(members.get::<i64>("year"), Some(2019));
        assert_eq!(members.get::<i64>("half"), None);
        assert_eq!((members.get::<String>("blank"), members.get::<bool>("flag")), (None, None));
        assert_eq!((members.get::<Timestamp>("when"), members.get::<f64>("none")), (None, None));
        assert!(members.list("list").is_empty() && members.object("id").raw("x").is_none());
        let amount = |text: &str| Amount::from_raw(text).map(|amount| amount.0);
        assert_eq!((amount("0"), amount("\"2.5\""), amount("-0.1"), amount("1e999")), (Some(0.0), Some(2.5), None, None));
        let percent = |text: &str| Percent::from_raw(text).map(|percent| percent.0);
        assert_eq!((percent("100"), percent("-1"), percent("100.5")), (Some(100.0), None, None));
        let raw: &RawValue = serde_json::from_str("[1]").unwrap();
        assert!(Members::of(raw).raw("id").is_none());
    }
}
