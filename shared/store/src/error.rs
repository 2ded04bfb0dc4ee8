//! Errors of storage.

use std::any::Any;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use awserror::Fault;

/// A failed storage operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: a concurrent writer was first, or the entity is in another state.
    #[error("modified by a concurrent write")]
    Conflict,
    /// DynamoDB asks to slow down.
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
        match error.as_service_error().and_then(|service| service.code()) {
            Some("TransactionCanceledException") if is_throttled(error.as_service_error()) => return Self::Throttled,
            Some("ConditionalCheckFailedException" | "TransactionCanceledException" | "TransactionConflictException") => {
                return Self::Conflict;
            }
            Some("ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded") => {
                return Self::Throttled;
            }
            _ => {}
        }
        match Fault::of(&error) {
            Fault { passes: true, cause } => Self::Unavailable { operation, reason: cause },
            Fault { passes: false, cause } => Self::Refused { operation, reason: cause },
        }
    }
}

/// Whether a transaction was cancelled because DynamoDB asks to slow down, and for no other reason.
fn is_throttled<E: 'static>(error: Option<&E>) -> bool {
    let error: Option<&dyn Any> = error.map(|error| error as &dyn Any);
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.and_then(|error| error.downcast_ref())
    else {
        return false;
    };
    let codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).filter(|code| *code != "None");
    let codes: Vec<&str> = codes.collect();
    !codes.is_empty() && codes.iter().all(|code| matches!(*code, "ThrottlingError" | "ProvisionedThroughputExceeded"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::error::ErrorMetadata;
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
    fn a_throttled_transaction_is_no_conflict() {
        assert!(matches!(cancelled(&["None", "ThrottlingError"]), StoreError::Throttled));
        assert!(matches!(cancelled(&["ProvisionedThroughputExceeded"]), StoreError::Throttled));
        assert!(matches!(cancelled(&["ConditionalCheckFailed", "ThrottlingError"]), StoreError::Conflict));
        assert!(matches!(cancelled(&["None", "TransactionConflict"]), StoreError::Conflict));
        assert!(matches!(cancelled(&[]), StoreError::Conflict));
    }
}
