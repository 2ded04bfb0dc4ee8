//! Removal of many items: 25 in a request.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};

use crate::throttling::left_out;
use crate::{Attempts, Store, StoreError};

type Item = HashMap<String, AttributeValue>;

/// Most deletions of a request.
const TOGETHER: usize = 25;

impl Store {
    /// Removes items by their keys, whether or not they are there. Answers how many keys there were.
    pub(crate) async fn remove_all(&self, table: &str, keys: Vec<Item>) -> Result<u64, StoreError> {
        for some in keys.chunks(TOGETHER) {
            let deletions = some.iter().map(|key| DeleteRequest::builder().set_key(Some(key.clone())).build());
            let deletions =
                deletions.collect::<Result<Vec<_>, _>>().map_err(|error| StoreError::Unstorable(error.to_string()))?;
            self.remove_some(
                table,
                deletions.into_iter().map(|one| WriteRequest::builder().delete_request(one).build()).collect(),
            )
            .await?;
        }
        Ok(u64::try_from(keys.len()).unwrap_or(u64::MAX))
    }

    async fn remove_some(&self, table: &str, mut wanted: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let request = self.client.batch_write_item().request_items(table, wanted);
            let answer = request.send().await.map_err(|error| StoreError::sdk("delete", error))?;
            wanted = answer.unprocessed_items.and_then(|mut left| left.remove(table)).unwrap_or_default();
            if wanted.is_empty() {
                return Ok(());
            }
            left_out(&mut attempts).await?;
        }
    }
}
