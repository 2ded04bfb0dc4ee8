//! Paged lists: four cursors, and an exact total if the contract has one.

use std::marker::PhantomData;
use std::ops::Range;

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};
use store::control::Shown;
use store::cursor::Cursor;
use store::telematics::Row;
use store::{Bookmark, Page, Slice};

use crate::output::Output;
use crate::page::Items;
use crate::response::Response;
use crate::{ApiError, Call, Context, Reader};

/// `cursor` and `size` of a list request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    cursor: Option<String>,
    size: usize,
}

impl Paging {
    /// Reads them; `max` is the largest page size.
    pub fn read(reader: &mut Reader, max: u32) -> Self {
        let cursor = reader.query("cursor").about("A cursor from another page of the same list.").text(1, 8_192);
        let size = reader.query("size").about("The largest number of items of a page.").whole_or(1, max, 300);
        Self { cursor, size: usize::try_from(size).unwrap_or(300) }
    }

    /// Opens the cursor, or begins at the first page.
    ///
    /// # Errors
    /// 422 `cursor_invalid` for altered, foreign or outdated cursors.
    pub async fn open(self, context: &Context, call: &Call) -> Result<OpenCursor, ApiError> {
        let key = context.cursor_key().await?;
        let cursor = match &self.cursor {
            None => Cursor::new(None, false, false, call.now),
            Some(text) => {
                let decoded = percent_decoded(text);
                key.open(&decoded, &call.binding, call.now)
                    .map_err(|error| ApiError::invalid_member("query.cursor", text, "cursor_invalid", error.to_string()))?
            }
        };
        Ok(OpenCursor {
            is_first: self.cursor.is_none(),
            size: self.size,
            cursor,
            key,
            binding: call.binding.clone(),
            now: call.now,
        })
    }
}

/// Published clients percent-encode cursors twice; both encodings are accepted.
fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An opened cursor, or the beginning of a list.
pub struct OpenCursor {
    /// Whether this is the list's first request.
    pub is_first: bool,
    size: usize,
    cursor: Cursor,
    key: store::cursor::CursorKey,
    binding: String,
    now: model::Timestamp,
}

impl OpenCursor {
    /// The page to read.
    #[must_use]
    pub fn page(&self) -> Page {
        self.cursor.page(self.size)
    }

    /// The total, as counted for the first page.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.cursor.total
    }

    /// The value that the first page remembered.
    #[must_use]
    pub fn remembered(&self) -> Option<&Value> {
        (!self.is_first).then_some(&self.cursor.fixed)
    }

    /// Remembers a value for all later pages.
    pub fn remember(&mut self, value: Value) {
        self.cursor.fixed = value;
    }

    fn text(&self, bookmark: Option<Bookmark>, inclusive: bool, backwards: bool, total: Option<u64>) -> String {
        let mut cursor = Cursor::new(bookmark, inclusive, backwards, self.now);
        cursor.total = total;
        cursor.fixed = self.cursor.fixed.clone();
        self.key.seal(&cursor, &self.binding)
    }
}

/// Lists with a `total`.
pub struct Counted;
/// Lists without one.
pub struct Uncounted;

/// One page of a list, serialized. `T` is the published schema of an item; `C` determines whether there is a total.
pub struct Listing<T, C = Counted> {
    json: Vec<u8>,
    schema: PhantomData<fn() -> (T, C)>,
}

/// The members before `items`, sorted by name.
#[derive(Serialize)]
struct Head {
    current_page: Option<String>,
    current_page_backwards: Option<String>,
}

/// The members after `items`.
#[derive(Serialize)]
struct Tail {
    next_page: Option<String>,
    previous_page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl<T, C> Listing<T, C> {
    /// The page for a slice of the list; its rows serialize to `T`'s schema.
    ///
    /// # Errors
    /// 500 if a row cannot be serialized.
    pub fn of<S: Serialize>(cursor: &OpenCursor, slice: &Slice<S>, total: Option<u64>) -> Result<Self, ApiError> {
        let (json, _) = page(cursor, slice, total, |row, json| serde_json::to_writer(json, row))?;
        Ok(Self { json, schema: PhantomData })
    }
}

/// A row of a page, as JSON text.
pub trait PageRow: AsRef<[u8]> {
    /// Whose records it shows.
    fn shown(&self) -> impl Iterator<Item = Shown>;
}

impl PageRow for Row {
    fn shown(&self) -> impl Iterator<Item = Shown> {
        self.shown().into_iter()
    }
}

/// The page for a slice of rows that are JSON text already. It tells whose records are on it.
///
/// # Errors
/// 500 if the page cannot be serialized.
pub fn page_of_rows<R: PageRow>(cursor: &OpenCursor, slice: &Slice<R>, total: Option<u64>) -> Result<Response, ApiError> {
    let write = |row: &R, json: &mut Vec<u8>| {
        json.extend_from_slice(row.as_ref());
        Ok(())
    };
    let (json, places) = page(cursor, slice, total, write)?;
    let rows = slice.rows.get(places).unwrap_or_default();
    Ok(Response::serialized(StatusCode::OK, json).showing(rows.iter().flat_map(|(row, _)| row.shown())))
}

/// The text of a page, and the places of its rows in the slice.
fn page<S>(
    cursor: &OpenCursor,
    slice: &Slice<S>,
    total: Option<u64>,
    write: impl Fn(&S, &mut Vec<u8>) -> Result<(), serde_json::Error>,
) -> Result<(Vec<u8>, Range<usize>), ApiError> {
    let items = Items::of(slice, cursor.cursor.backwards, write)?;
    let text = |mark: &Option<Bookmark>, inclusive, backwards| {
        mark.clone().map(|mark| cursor.text(Some(mark), inclusive, backwards, total))
    };
    let current_page = text(&items.first, true, false);
    let current_page_backwards = text(&items.last, true, true);
    let reached = |backwards| items.reached.clone().filter(|_| cursor.cursor.backwards == backwards);
    let previous_page = text(&reached(true).or(items.first), false, true).filter(|_| items.before);
    let next_page = text(&reached(false).or(items.last), false, false).filter(|_| items.after);
    let mut json = serde_json::to_vec(&Head { current_page, current_page_backwards }).map_err(ApiError::internal)?;
    json.pop();
    json.extend_from_slice(b",\"items\":[");
    json.extend_from_slice(&items.json);
    json.extend_from_slice(b"],");
    let tail = serde_json::to_vec(&Tail { next_page, previous_page, total }).map_err(ApiError::internal)?;
    json.extend_from_slice(tail.get(1..).unwrap_or_default());
    Ok((json, items.places))
}

/// The schema of a page whose items have the schema `item`. It is called after the type of the items.
#[must_use]
pub fn page_schema(item: &Schema, counting: Counting) -> Schema {
    let name = item.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let cursor = |text: &str| json!({ "type": ["string", "null"], "description": text });
    let mut properties = json!({
        "items": { "type": "array", "items": item, "description": "The items of this page." },
        "current_page": cursor("Cursor of this page, read forwards from its first item."),
        "current_page_backwards": cursor("Cursor of this page, read backwards from its last item."),
        "previous_page": cursor("Cursor of the previous page; null on the first page."),
        "next_page": cursor("Cursor of the next page; null on the last page."),
    });
    let mut required = vec!["items", "current_page", "current_page_backwards", "previous_page", "next_page"];
    if let (Counting::Total, Some(members)) = (counting, properties.as_object_mut()) {
        let text = "The number of items on all pages, as counted for the first page.";
        members.insert("total".into(), json!({ "type": "integer", "format": "int64", "minimum": 0, "description": text }));
        required.push("total");
    }
    json_schema!({
        "title": format!("{}Page", name.trim_end_matches("Read")),
        "description": "One page of a list.",
        "type": "object", "properties": properties, "required": required,
    })
}

/// Whether a list has a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// It does.
    Total,
    /// It does not.
    None,
}

impl<T: JsonSchema> Output for Listing<T, Counted> {
    fn into_response(self) -> Response {
        Response::serialized(StatusCode::OK, self.json)
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        vec![(200, Some(page_schema(&generator.subschema_for::<T>(), Counting::Total)))]
    }
}

impl<T: JsonSchema> Output for Listing<T, Uncounted> {
    fn into_response(self) -> Response {
        Response::serialized(StatusCode::OK, self.json)
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        vec![(200, Some(page_schema(&generator.subschema_for::<T>(), Counting::None)))]
    }
}

#[cfg(test)]
mod tests {
    use store::cursor::CursorKey;

    use super::*;

    /// A page on which a filter left nothing: the next one begins where reading ended.
    #[test]
    fn an_empty_page_leads_to_the_next_one() {
        let now = model::Timestamp::from_millis(1_790_000_000_000);
        let key = CursorKey::derive(b"secret");
        for backwards in [false, true] {
            let cursor = Cursor::new(Some("k".into()), false, backwards, now);
            let open = OpenCursor { is_first: false, size: 2, cursor, key: key.clone(), binding: "b".into(), now };
            let slice: Slice<Value> = Slice::up_to("m".into(), Vec::new(), &open.page());
            let (json, _) = page(&open, &slice, None, |row, json| serde_json::to_writer(json, row)).unwrap();
            let page: Value = serde_json::from_slice(&json).unwrap();
            let (ahead, behind) = if backwards { ("previous_page", "next_page") } else { ("next_page", "previous_page") };
            assert_eq!((&page["items"], &page[behind], &page["current_page"]), (&json!([]), &Value::Null, &Value::Null));
            let ahead = key.open(page[ahead].as_str().unwrap(), "b", now).unwrap();
            assert_eq!((ahead.bookmark, ahead.inclusive, ahead.backwards), (Some("m".into()), false, backwards));
        }
    }
}
