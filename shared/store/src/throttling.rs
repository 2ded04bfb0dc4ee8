//! DynamoDB turns requests away for a while: for want of capacity, or because another transaction holds an item. The SDK repeats plain
//! requests that were throttled, and no transactions; with what is here it repeats all of them, after waits that grow and are random,
//! and each refusal is counted.

use std::any::Any;
use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::{FinalizerInterceptorContextRef, InterceptorContext};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction, RetryConfig};
use aws_sdk_dynamodb::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemError;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_smithy_runtime_api::client::interceptors::context::Error;
use metrics::counter;

use crate::{Attempts, StoreError};

/// The metric: requests that DynamoDB turned away for a while, by `Code`: `throttled`, `contended` (another transaction held an item),
/// `unprocessed` (a batch came back in part), and `given_up` for what was turned away every time.
pub const THROTTLED: &str = "StoreThrottled";

/// How often a request is sent at most; what still fails then is [`StoreError::Throttled`].
const MOST: u32 = 8;
/// The longest wait before the second attempt; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest wait of all: eight attempts take two seconds on average.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Why a request was turned away that may be repeated as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transient {
    Throttled,
    Contended,
}

impl Transient {
    fn of_code(code: &str) -> Option<Self> {
        match code {
            "ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded" => Some(Self::Throttled),
            "TransactionConflictException" | "TransactionInProgressException" => Some(Self::Contended),
            _ => None,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Contended => "contended",
        }
    }
}

/// What a failed request means for its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A condition did not hold.
    Conflict,
    /// Nothing was decided.
    Transient(Transient),
    /// An item of a transaction is not one that DynamoDB takes: a fault of ours, with the service's reason.
    Invalid(String),
}

impl Verdict {
    /// The verdict over a refusal, unless it is of another kind than these.
    pub(crate) fn of<E: ProvideErrorMetadata + 'static>(refusal: &E) -> Option<Self> {
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = (refusal as &dyn Any).downcast_ref() {
            return Some(Self::of_cancelled(cancelled));
        }
        match refusal.code()? {
            "ConditionalCheckFailedException" => Some(Self::Conflict),
            code => Transient::of_code(code).map(Self::Transient),
        }
    }

    /// A transaction is cancelled by its items, each with a reason of its own. One that is invalid stays so, and a condition that failed
    /// decides; otherwise nothing was.
    fn of_cancelled(cancelled: &TransactionCanceledException) -> Self {
        let (mut conflict, mut transient) = (false, Transient::Throttled);
        for reason in cancelled.cancellation_reasons() {
            match reason.code().unwrap_or("None") {
                "None" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {}
                "ConditionalCheckFailed" => conflict = true,
                "TransactionConflict" => transient = Transient::Contended,
                code => return Self::Invalid(format!("{code}: {}", reason.message().unwrap_or_default())),
            }
        }
        if conflict { Self::Conflict } else { Self::Transient(transient) }
    }
}

/// The same configuration, under which requests that were turned away are repeated and counted.
pub(crate) fn repeating(config: Builder) -> Builder {
    let waits = RetryConfig::standard().with_initial_backoff(FIRST_WAIT).with_max_backoff(LONGEST_WAIT);
    config.retry_config(waits.with_max_attempts(MOST)).retry_classifier(Throttling).interceptor(Throttling)
}

/// Waits before the keys are asked for again that a batch left out.
///
/// # Errors
/// [`StoreError::Throttled`] after enough attempts.
pub(crate) async fn left_out(attempts: &mut Attempts) -> Result<(), StoreError> {
    counter!(THROTTLED, "Code" => "unprocessed").increment(1);
    if attempts.again().await {
        return Ok(());
    }
    counter!(THROTTLED, "Code" => "given_up").increment(1);
    Err(StoreError::Throttled)
}

#[derive(Clone, Copy, Debug)]
struct Throttling;

impl ClassifyRetry for Throttling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let failed = context.output_or_error().and_then(Result::err);
        match failed.and_then(|failed| transient(failed.as_operation_error()?)) {
            Some(_) => RetryAction::throttling_error(),
            None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "requests that DynamoDB turned away"
    }
}

impl Intercept for Throttling {
    fn name(&self) -> &'static str {
        "count of requests that DynamoDB turned away"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(turned) = transient_at_last(context) {
            counter!(THROTTLED, "Code" => turned.code()).increment(1);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if transient_at_last(context).is_some() {
            counter!(THROTTLED, "Code" => "given_up").increment(1);
        }
        Ok(())
    }
}

fn transient_at_last(context: &FinalizerInterceptorContextRef<'_>) -> Option<Transient> {
    transient(context.output_or_error()?.err()?.as_operation_error()?)
}

/// Whether a request was turned away. Its error has one type for each kind of request.
fn transient(error: &Error) -> Option<Transient> {
    let verdict = verdict::<TransactWriteItemsError>(error)
        .or_else(|| verdict::<GetItemError>(error))
        .or_else(|| verdict::<QueryError>(error))
        .or_else(|| verdict::<BatchGetItemError>(error))
        .or_else(|| verdict::<BatchWriteItemError>(error))
        .or_else(|| verdict::<PutItemError>(error))
        .or_else(|| verdict::<UpdateItemError>(error))
        .or_else(|| verdict::<DeleteItemError>(error));
    match verdict? {
        Verdict::Transient(transient) => Some(transient),
        Verdict::Conflict | Verdict::Invalid(_) => None,
    }
}

fn verdict<E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static>(error: &Error) -> Option<Verdict> {
    Verdict::of(error.downcast_ref::<E>()?)
}
