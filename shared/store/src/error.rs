//! Errors of storage.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use awserror::Fault;

use crate::throttling::Verdict;

/// A failed storage operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: a concurrent writer was first, or the entity is in another state.
    #[error("modified by a concurrent write")]
    Conflict,
    /// DynamoDB turned the request away again and again: for want of capacity, or because other transactions held its items.
    #[error("storage is throttled")]
    Throttled,
    /// An item cannot be read as what its key says it is.
    #[error("cannot decode stored item {key}: {reason}")]
    Unreadable {
        /// Partition and sort key.
        key: String,
        /// What the decoder said.
        reason: String,
    },
    /// A value cannot be stored.
    #[error("cannot store the value: {0}")]
    Unstorable(String),
    /// DynamoDB did not answer; the same may do later.
    #[error("storage failed to {operation}: {reason}")]
    Unavailable {
        /// What was asked.
        operation: &'static str,
        /// Why, in a few words.
        reason: String,
    },
    /// DynamoDB refused: a fault of ours.
    #[error("DynamoDB refused to {operation}: {reason}")]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// The service's code and message.
        reason: String,
    },
}

impl StoreError {
    /// The error of an SDK call, with conflicts and throttling told apart by the service's code.
    pub(crate) fn sdk<E>(operation: &'static str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match error.as_service_error().and_then(Verdict::of) {
            Some(Verdict::Conflict) => return Self::Conflict,
            Some(Verdict::Transient(_)) => return Self::Throttled,
            Some(Verdict::Invalid(reason)) => return Self::Refused { operation, reason },
            None => {}
        }
        match Fault::of(&error) {
            Fault { passes: true, cause } => Self::Unavailable { operation, reason: cause },
            Fault { passes: false, cause } => Self::Refused { operation, reason: cause },
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;

    fn cancelled(codes: &[&str]) -> StoreError {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        let meta = ErrorMetadata::builder().code("TransactionCanceledException").build();
        let error = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).meta(meta).build();
        let raw = HttpResponse::new(400.try_into().unwrap(), "".into());
        StoreError::sdk("commit", SdkError::service_error(TransactWriteItemsError::TransactionCanceledException(error), raw))
    }

    #[test]
    fn only_a_condition_that_failed_is_a_conflict() {
        for turned in
            [&["None", "ThrottlingError"][..], &["ProvisionedThroughputExceeded"], &["None", "TransactionConflict"], &[]]
        {
            assert!(matches!(cancelled(turned), StoreError::Throttled), "{turned:?}");
        }
        for failed in [&["ConditionalCheckFailed", "ThrottlingError"][..], &["TransactionConflict", "ConditionalCheckFailed"]] {
            assert!(matches!(cancelled(failed), StoreError::Conflict), "{failed:?}");
        }
        for ours in [&["ConditionalCheckFailed", "ValidationError"][..], &["ItemCollectionSizeLimitExceeded", "None"]] {
            assert!(matches!(cancelled(ours), StoreError::Refused { .. }), "{ours:?}");
        }
    }

    #[test]
    fn an_item_that_a_transaction_holds_is_no_conflict() {
        let plain = |code: &str| {
            let meta = ErrorMetadata::builder().code(code).build();
            let raw = HttpResponse::new(400.try_into().unwrap(), "".into());
            StoreError::sdk("write", SdkError::service_error(PutItemError::generic(meta), raw))
        };
        for turned in ["TransactionConflictException", "ThrottlingException", "ProvisionedThroughputExceededException"] {
            assert!(matches!(plain(turned), StoreError::Throttled), "{turned}");
        }
        assert!(matches!(plain("ConditionalCheckFailedException"), StoreError::Conflict));
        assert!(matches!(plain("ValidationException"), StoreError::Refused { .. }));
    }
}
