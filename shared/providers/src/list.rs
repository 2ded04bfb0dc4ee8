//! A page of a list, read in one pass: it may hold megabytes, and its records stay JSON text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::ProviderError;
use crate::client::OkResponse;
use crate::wire::{FromRaw as _, Members};

/// The names of a page's members.
#[derive(Clone, Copy)]
pub(crate) struct ListForm {
    /// The records.
    pub(crate) rows: &'static str,
    /// What tells about other pages.
    pub(crate) paging: &'static [&'static str],
    /// Why there is no page, where there is none: some providers answer so with status 200.
    pub(crate) reason: &'static str,
}

/// A page of a list.
pub(crate) struct ListPage<'a> {
    /// The records; `None` where there is null in their place.
    pub(crate) rows: Option<Vec<&'a RawValue>>,
    /// What tells about other pages.
    pub(crate) paging: Members<'a>,
}

impl OkResponse {
    /// The body as a page.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`] where it is none.
    pub(crate) fn list(&self, form: ListForm) -> Result<ListPage<'_>, ProviderError> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let read = Reader(form).deserialize(&mut reader).and_then(|page| reader.end().map(|()| page));
        let page = read.map_err(|error| self.malformed(&error.to_string()))?;
        let rows = match page.rows {
            Some(Rows::List(rows)) => Some(rows),
            Some(Rows::Null) => None,
            Some(Rows::Other) => return Err(self.malformed(&format!("{} is no list", form.rows))),
            None => {
                let told = page.reason.and_then(|raw| String::from_raw(raw.get())).unwrap_or_else(|| "no rows".into());
                return Err(self.malformed(&format!("no page of a list: {told}")));
            }
        };
        Ok(ListPage { rows, paging: Members::from(page.paging) })
    }
}

/// The members of a page. Of rows that are sent twice nobody can tell which are meant: they are no list then.
#[derive(Default)]
struct Body<'a> {
    rows: Option<Rows<'a>>,
    paging: Vec<(Cow<'a, str>, &'a RawValue)>,
    reason: Option<&'a RawValue>,
}

/// Reads a page of this form.
struct Reader(ListForm);

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Body<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Body<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Body<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body<'de>, A::Error> {
        let mut body = Body::default();
        while let Some(name) = map.next_key::<String>()? {
            if name == self.0.rows {
                let rows = map.next_value_seed(RowsOf)?;
                body.rows = Some(if body.rows.is_some() { Rows::Other } else { rows });
            } else if let Some(known) = self.0.paging.iter().find(|known| **known == name) {
                body.paging.push((Cow::Borrowed(known), map.next_value()?));
            } else if name == self.0.reason {
                body.reason = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(body)
    }
}

/// What stands in the place of rows.
enum Rows<'a> {
    List(Vec<&'a RawValue>),
    Null,
    Other,
}

struct RowsOf;

impl<'de> DeserializeSeed<'de> for RowsOf {
    type Value = Rows<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rows<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowsOf {
    type Value = Rows<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = list.next_element()? {
            rows.push(row);
        }
        Ok(Rows::List(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Rows::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Rows::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Rows::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Rows::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Rows::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Rows::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Rows::Other)
    }
}
