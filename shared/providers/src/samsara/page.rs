//! A page of a list or feed, read in one pass: it may hold megabytes, and its records stay JSON text.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::client::OkResponse;
use crate::ProviderError;
use crate::wire::{FromRaw as _, Members};

/// Where the provider says to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NextPage {
    /// Its cursor; absent on the last page of a plain list.
    pub(super) after: Option<String>,
    /// Whether there is more now.
    pub(super) more: bool,
    /// Whether the provider does not say if there is more, and its cursor leads on.
    pub(super) leads: bool,
    /// Whether the page lacks its rows, or what tells whether it is the last: nothing follows from what it does not list.
    pub(super) is_unclear: bool,
}

impl NextPage {
    /// The cursor of a list, while there is more now. Where the provider does not say whether there is, the cursor tells.
    pub(super) fn after_more(self) -> Option<String> {
        self.after.filter(|_| self.more || self.leads)
    }

    /// How many rows a page lists, at least.
    pub(super) fn listed(&self, rows: usize) -> usize {
        rows + usize::from(self.is_unclear)
    }
}

impl OkResponse {
    /// A page of a list or feed that was asked for with the cursor `after`; the records stay JSON text. Null for rows is no row.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`]; also where going on would bring the same page for ever.
    pub(super) fn page(&self, after: Option<&str>) -> Result<(Vec<&RawValue>, NextPage), ProviderError> {
        let page: Page<'_> = self.parse()?;
        let data = match page.data {
            Some(Rows::List(rows)) => Some(rows),
            Some(Rows::Null) => None,
            Some(Rows::Other) => return Err(self.malformed("data is no list")),
            None => {
                let told = page.message.and_then(|raw| String::from_raw(raw.get())).unwrap_or_else(|| "no rows".into());
                return Err(self.malformed(&format!("no page of a list: {told}")));
            }
        };
        let pagination = page.pagination.map(Members::of).unwrap_or_default();
        let has_next: Option<bool> = pagination.get("hasNextPage");
        let (after_next, more): (Option<String>, bool) = (pagination.get("endCursor"), has_next == Some(true));
        let moves = after_next.is_some() && after_next.as_deref() != after;
        if more && !moves {
            return Err(self.malformed("the cursor does not move"));
        }
        let leads = has_next.is_none() && moves && data.as_ref().is_some_and(|data| !data.is_empty());
        let is_unclear = data.is_none() || (has_next.is_none() && !leads);
        let next = NextPage { after: after_next, more, leads, is_unclear };
        Ok((data.unwrap_or_default(), next))
    }
}

/// The members of a page. Of what is sent twice nobody can tell which is meant: rows are no list then, and paging is unknown.
#[derive(Default)]
struct Page<'a> {
    data: Option<Rows<'a>>,
    pagination: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Page<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PageMembers)
    }
}

struct PageMembers;

impl<'de> Visitor<'de> for PageMembers {
    type Value = Page<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut page, mut pagings) = (Page::default(), 0);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "data" => {
                    let rows = map.next_value()?;
                    page.data = Some(if page.data.is_some() { Rows::Other } else { rows });
                }
                "pagination" => {
                    pagings += 1;
                    page.pagination = Some(map.next_value()?).filter(|_| pagings == 1);
                }
                "message" => page.message = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(page)
    }
}

/// What stands in the place of rows.
enum Rows<'a> {
    List(Vec<&'a RawValue>),
    Null,
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Rows<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowsOf)
    }
}

struct RowsOf;

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
