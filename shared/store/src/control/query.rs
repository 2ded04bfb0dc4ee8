//! Reads of the control table: by key, by keys, and by partition.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};

use model::{ConnectionId, FleetId, PartnerId, Timestamp, ids};

use super::items::Keyed;
use super::keys::{self, Key};
use crate::page::{Bookmark, Page, Slice};
use crate::throttling::left_out;
use crate::{Attempts, Store, StoreError};

type Item = HashMap<String, AttributeValue>;

/// How many items are read at once, at least, for what a page lacks after a filter left out some: about as many as an answer of
/// DynamoDB holds.
const MORE: i32 = 1_000;

/// How many requests one page takes at most: what a filter leaves out is read, too. Each reads [`MORE`] items or 1 MB.
const MOST_REQUESTS: usize = 8;

/// A run of items in one partition of the table or of an index.
#[derive(Clone, Debug)]
pub struct Range {
    index: Option<&'static str>,
    pk: String,
    prefix: String,
    /// The sort keys that it is narrowed to.
    bounds: Option<(String, String)>,
    newest_first: bool,
}

impl Range {
    /// The writes to a TSP through a connection, by age.
    #[must_use]
    pub fn operations_through(connection: ConnectionId) -> Self {
        Self::table(keys::connection(connection), keys::OPERATION)
    }

    /// What a partner was shown of a fleet, from a day on.
    pub(super) fn accesses(fleet: FleetId, partner: PartnerId, since: Timestamp) -> Self {
        let prefix = keys::accesses_of(partner);
        let bounds = (format!("{prefix}{}", since.date()), format!("{prefix}\u{10ffff}"));
        Self { bounds: Some(bounds), ..Self::table(keys::fleet(fleet), &prefix) }
    }

    /// Items of a partition of the table whose sort key starts with `prefix`.
    #[must_use]
    pub fn table(pk: String, prefix: &str) -> Self {
        Self { index: None, pk, prefix: prefix.into(), bounds: None, newest_first: false }
    }

    /// Items of a partition of index 1 or 2.
    #[must_use]
    pub fn index_1(pk: String) -> Self {
        Self { index: Some("index_1"), pk, prefix: String::new(), bounds: None, newest_first: false }
    }

    /// Items of a partition of index 2.
    #[must_use]
    pub fn index_2(pk: String) -> Self {
        Self { index: Some("index_2"), pk, prefix: String::new(), bounds: None, newest_first: false }
    }

    /// The same, narrowed to items whose sort keys are ids that were made from one instant to another one, both included.
    #[must_use]
    pub fn made_between(self, from: Timestamp, to: Timestamp) -> Self {
        let bounds =
            (format!("{}{}", self.prefix, ids::start_of(from)), format!("{}{}\u{10ffff}", self.prefix, ids::start_of(to)));
        Self { bounds: Some(bounds), ..self }
    }

    /// The same, in falling order of the sort key.
    #[must_use]
    pub fn newest_first(self) -> Self {
        Self { newest_first: true, ..self }
    }

    /// Sort keys from a bookmark to the end of the range in reading direction, the bookmark included.
    fn between(&self, mark: &str, forward: bool) -> (String, String) {
        let (low, high) = self.bounds.clone().unwrap_or_else(|| {
            let low = if self.prefix.is_empty() { " ".to_owned() } else { self.prefix.clone() };
            (low, format!("{}\u{10ffff}", self.prefix))
        });
        // A cursor of an earlier build may tell a place of another range.
        let mark = mark.to_owned().max(low.clone()).min(high.clone());
        if forward { (mark, high) } else { (low, mark) }
    }

    fn names(&self) -> (&'static str, &'static str) {
        match self.index {
            None => ("pk", "sk"),
            Some("index_1") => ("g1pk", "g1sk"),
            Some(_) => ("g2pk", "g2sk"),
        }
    }
}

impl Store {
    /// The entity at a key, read consistently.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or the item is not readable.
    pub async fn get<T: Keyed>(&self, key: Key) -> Result<Option<T>, StoreError> {
        let request = self.client.get_item().table_name(self.control.as_ref()).consistent_read(true);
        let answer = request.set_key(Some(key.attributes())).send().await.map_err(|error| StoreError::sdk("read", error))?;
        answer.item.map(decode).transpose()
    }

    /// The entity at a key as it was a moment ago, for half the price.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or the item is not readable.
    pub(super) async fn get_stale<T: Keyed>(&self, key: Key) -> Result<Option<T>, StoreError> {
        let request = self.client.get_item().table_name(self.control.as_ref()).set_key(Some(key.attributes()));
        let answer = request.send().await.map_err(|error| StoreError::sdk("read", error))?;
        answer.item.map(decode).transpose()
    }

    /// The entities at these keys, as many as exist, in no order. One request per 100 keys.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn get_many<T: Keyed>(&self, keys: &[Key]) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(100) {
            let mut wanted: Vec<Item> = chunk.iter().map(Key::attributes).collect();
            let mut attempts = Attempts::default();
            loop {
                let ask = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
                let ask = ask.map_err(|error| StoreError::Unstorable(error.to_string()))?;
                let request = self.client.batch_get_item().request_items(self.control.as_ref(), ask);
                let answer = request.send().await.map_err(|error| StoreError::sdk("read", error))?;
                for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                    found.push(decode(item)?);
                }
                let left = answer.unprocessed_keys.and_then(|mut left| left.remove(self.control.as_ref()));
                wanted = left.map(|left| left.keys).unwrap_or_default();
                if wanted.is_empty() {
                    break;
                }
                left_out(&mut attempts).await?;
            }
        }
        Ok(found)
    }

    /// Everything in a range.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn all<T: Keyed>(&self, range: &Range) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let (items, next) = self.step(range, None, false, None, start).await?;
            found.extend(items.into_iter().map(decode).collect::<Result<Vec<T>, _>>()?);
            match next {
                Some(key) => start = Some(key),
                None => return Ok(found),
            }
        }
    }

    /// The first items of a range, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn first<T: Keyed>(&self, range: &Range, limit: usize) -> Result<Vec<T>, StoreError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let (items, _) = self.step(range, None, false, Some(limit), None).await?;
        items.into_iter().map(decode).collect()
    }

    /// One page of a range; bookmarks are sort keys. `keep` filters what is read.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn page<T: Keyed>(&self, range: &Range, page: &Page, keep: impl Fn(&T) -> bool) -> Result<Slice<T>, StoreError> {
        self.page_within(usize::MAX, range, page, keep).await
    }

    /// As [`Store::page`], for filters that may leave out nearly everything: where a number of requests does not fill the page, it ends
    /// with what they found, and tells the place that they reached.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn bounded_page<T: Keyed>(
        &self,
        range: &Range,
        page: &Page,
        keep: impl Fn(&T) -> bool,
    ) -> Result<Slice<T>, StoreError> {
        self.page_within(MOST_REQUESTS, range, page, keep).await
    }

    async fn page_within<T: Keyed>(
        &self,
        most_requests: usize,
        range: &Range,
        page: &Page,
        keep: impl Fn(&T) -> bool,
    ) -> Result<Slice<T>, StoreError> {
        let mark = |item: &Item| {
            Bookmark::from(item.get(range.names().1).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default())
        };
        let (mut rows, mut start, mut limit) = (Vec::new(), None, first_limit(page));
        let mut requests = 0;
        while rows.len() <= page.size {
            let (items, next) = self.step(range, Some(page), page.backwards, Some(limit), start).await?;
            requests += 1;
            for item in items {
                let mark = mark(&item);
                let passed = !page.inclusive && page.bookmark.as_ref() == Some(&mark);
                let entity: T = decode(item)?;
                if !passed && keep(&entity) {
                    rows.push((entity, mark));
                }
            }
            let Some(key) = next else { break };
            if requests == most_requests && rows.len() <= page.size {
                return Ok(Slice::up_to(mark(&key), rows, page));
            }
            (start, limit) = (Some(key), further_limit(page));
        }
        rows.truncate(page.size.saturating_add(1));
        Ok(Slice::from_sorted(rows, page))
    }

    /// How many items a range holds.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails.
    pub async fn count(&self, range: &Range) -> Result<u64, StoreError> {
        let mut total = 0;
        let mut start = None;
        loop {
            let request = self.ask(range, None, false).select(Select::Count).set_exclusive_start_key(start);
            let answer = request.send().await.map_err(|error| StoreError::sdk("count", error))?;
            total += u64::try_from(answer.count).unwrap_or(0);
            match answer.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(total),
            }
        }
    }

    pub(super) async fn step(
        &self,
        range: &Range,
        page: Option<&Page>,
        backwards: bool,
        limit: Option<i32>,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let request = self.ask(range, page, backwards).set_limit(limit).set_exclusive_start_key(start);
        let answer = request.send().await.map_err(|error| StoreError::sdk("query", error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    fn ask(
        &self,
        range: &Range,
        page: Option<&Page>,
        backwards: bool,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let (pk, sk) = range.names();
        let forward = backwards == range.newest_first;
        let request = self
            .client
            .query()
            .table_name(self.control.as_ref())
            .set_index_name(range.index.map(String::from))
            .consistent_read(range.index.is_none())
            .scan_index_forward(forward)
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", AttributeValue::S(range.pk.clone()));
        let bookmark = page.and_then(|page| page.bookmark.as_ref()?.as_str());
        let between = bookmark.map(|mark| range.between(mark, forward)).or_else(|| range.bounds.clone());
        match between {
            Some((low, high)) => request
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :low AND :high")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":low", AttributeValue::S(low))
                .expression_attribute_values(":high", AttributeValue::S(high)),
            None if range.prefix.is_empty() => request.key_condition_expression("#pk = :pk"),
            None => request
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":prefix", AttributeValue::S(range.prefix.clone())),
        }
    }
}

/// How many items are read for a page at first: those that it shows, if no filter leaves any out.
fn first_limit(page: &Page) -> i32 {
    i32::try_from(page.size.saturating_add(2)).unwrap_or(i32::MAX)
}

/// How many are read at once for what it lacks then.
fn further_limit(page: &Page) -> i32 {
    first_limit(page).max(MORE)
}

/// The entity an item holds. Absent members are nulls.
///
/// # Errors
/// [`StoreError::Unreadable`].
pub(crate) fn decode<T: serde::de::DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let key = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let (pk, sk) = (key("pk"), key("sk"));
    serde_dynamo::from_item(item).map_err(|error| StoreError::Unreadable { key: format!("{pk} {sk}"), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Revocation;
    use crate::control::testing::database;

    #[test]
    fn what_a_filter_leaves_out_is_passed_in_large_steps() {
        let limits = |size| (first_limit(&Page::first(size)), further_limit(&Page::first(size)));
        assert_eq!(limits(1), (3, 1_000));
        assert_eq!(limits(100), (102, 1_000));
        assert_eq!(limits(5_000), (5_002, 5_002));
    }

    /// A filter that matches the last one of many items: pages go on until they have it, forwards and backwards, and lose none.
    #[tokio::test]
    async fn a_page_ends_early_where_a_filter_leaves_out_nearly_everything() {
        let store = database().await;
        let now = Timestamp::from_millis(1_790_000_000_000);
        let revocation = |number: usize| Revocation { jti: format!("{number:05}"), expires_at: now };
        store.overwrite_each((0..40).map(|number| (InOneRange(revocation(number)), None))).await.unwrap();
        let range = Range::table("RANGE".into(), "");
        for (backwards, wanted) in [(false, ["00009", "00039"]), (true, ["00009", "00000"])] {
            let keep = |InOneRange(item): &InOneRange| wanted.contains(&item.jti.as_str());
            let (mut page, mut found, mut pages) = (Page { backwards, ..Page::first(1) }, Vec::new(), 0);
            loop {
                // A request reads three items first; so the second one alone passes them all.
                let slice = store.page_within(1, &range, &page, keep).await.unwrap();
                pages += 1;
                found.extend(slice.rows.iter().map(|(InOneRange(item), _)| item.jti.clone()));
                if !(if backwards { slice.before } else { slice.after }) {
                    break;
                }
                let row = slice.rows.last().map(|(_, mark)| mark.clone());
                page.bookmark = slice.reached.or(row);
            }
            assert_eq!(found, wanted, "{backwards}");
            assert!(pages > 10, "{pages}");
        }
    }

    /// An item that has its place in a range with others of its kind.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(transparent)]
    struct InOneRange(Revocation);

    impl Keyed for InOneRange {
        const KIND: &'static str = "in_one_range";
        const VERSION: &'static str = "jti";

        fn key(&self) -> Key {
            Key { pk: "RANGE".into(), sk: self.0.jti.clone() }
        }
    }

    #[test]
    fn a_bookmark_stays_within_its_range() {
        let range = Range::table("A".into(), "B#");
        let end = "B#\u{10ffff}".to_owned();
        assert_eq!(range.between("B#5", true), ("B#5".into(), end.clone()));
        assert_eq!(range.between("B#5", false), ("B#".into(), "B#5".into()));
        assert_eq!(range.between("1", true), ("B#".into(), end.clone()));
        assert_eq!(range.between("1", false), ("B#".into(), "B#".into()));
        assert_eq!(range.between("C", true), (end.clone(), end));
    }
}
