//! Errors of storage.

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
    /// DynamoDB refused or could not be reached.
    #[error("storage failed to {operation}: {reason}")]
    Unavailable {
        /// What was asked.
        operation: &'static str,
        /// The service's code and message.
        reason: String,
    },
}

impl StoreError {
    /// The error of an SDK call, with conflicts and throttling told apart by the service's code.
    pub(crate) fn sdk<E, R>(operation: &'static str, error: aws_sdk_dynamodb::error::SdkError<E, R>) -> Self
    where
        E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        use aws_sdk_dynamodb::error::DisplayErrorContext;
        match error.as_service_error().and_then(|service| service.code()) {
            Some("ConditionalCheckFailedException" | "TransactionCanceledException" | "TransactionConflictException") => {
                Self::Conflict
            }
            Some("ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded") => Self::Throttled,
            _ => Self::Unavailable {
                operation,
                reason: reason(&error).unwrap_or_else(|| format!("{}", DisplayErrorContext(&error))),
            },
        }
    }
}

fn reason<E, R>(error: &aws_sdk_dynamodb::error::SdkError<E, R>) -> Option<String>
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata,
{
    let service = error.as_service_error()?;
    Some(format!("{}: {}", service.code()?, service.message().unwrap_or_default()))
}
