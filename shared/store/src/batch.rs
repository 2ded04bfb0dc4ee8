//! Writes of many items, 25 in a request, each for itself.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};

use crate::throttling::left_out;
use crate::{Attempts, Store, StoreError};

type Item = HashMap<String, AttributeValue>;

/// Most writes of a request.
const TOGETHER: usize = 25;

impl Store {
    /// Removes items by their keys, whether or not they are there. Answers how many keys there were.
    pub(crate) async fn remove_all(&self, table: &str, keys: Vec<Item>) -> Result<u64, StoreError> {
        let deletions = keys.iter().map(|key| {
            let deletion = DeleteRequest::builder().set_key(Some(key.clone())).build();
            let deletion = deletion.map_err(|error| StoreError::Unstorable(error.to_string()))?;
            Ok(WriteRequest::builder().delete_request(deletion).build())
        });
        self.write_each(table, &deletions.collect::<Result<Vec<_>, StoreError>>()?).await?;
        Ok(u64::try_from(keys.len()).unwrap_or(u64::MAX))
    }

    /// Puts items, whatever is at their keys, which differ.
    pub(crate) async fn put_all(&self, table: &str, items: Vec<Item>) -> Result<(), StoreError> {
        let puts = items.into_iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            let put = put.map_err(|error| StoreError::Unstorable(error.to_string()))?;
            Ok(WriteRequest::builder().put_request(put).build())
        });
        self.write_each(table, &puts.collect::<Result<Vec<_>, StoreError>>()?).await
    }

    async fn write_each(&self, table: &str, writes: &[WriteRequest]) -> Result<(), StoreError> {
        for some in writes.chunks(TOGETHER) {
            self.write_some(table, some.to_vec()).await?;
        }
        Ok(())
    }

    async fn write_some(&self, table: &str, mut wanted: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let request = self.client.batch_write_item().request_items(table, wanted);
            let answer = request.send().await.map_err(|error| StoreError::sdk("write", error))?;
            wanted = answer.unprocessed_items.and_then(|mut left| left.remove(table)).unwrap_or_default();
            if wanted.is_empty() {
                return Ok(());
            }
            left_out(&mut attempts).await?;
        }
    }
}
