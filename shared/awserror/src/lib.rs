//! What a failed call of an AWS service means: whether it passes by itself, and why, in a few words.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Codes by which the services ask to slow down; all come with status 400. DynamoDB, KMS, SQS and EventBridge Scheduler name
/// them in their API references.
const THROTTLING: &[&str] = &[
    "KMS.ThrottlingException",
    "KmsThrottled",
    "OverLimit",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Most characters of a cause.
const LONGEST: usize = 120;

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whether the service did not answer, or asked to slow down: the same call may do later. Other faults are lasting ones:
    /// the service understood, and refused.
    pub passes: bool,
    /// Why, in at most 120 characters.
    pub cause: String,
}

impl Fault {
    /// What a failed call means.
    #[must_use]
    pub fn of<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(refused) => {
                let (code, message) = (refused.err().code(), refused.err().message());
                Self {
                    passes: refused.raw().status().is_server_error() || code.is_some_and(|code| THROTTLING.contains(&code)),
                    cause: short(&refusal(code, message, refused.raw().status().as_u16())),
                }
            }
            SdkError::DispatchFailure(failed) => {
                let passes = failed.as_connector_error().is_none_or(is_passing);
                Self { passes, cause: short(&format!("no answer: {}", innermost(error))) }
            }
            SdkError::ConstructionFailure(_) => Self { passes: false, cause: short(&innermost(error)) },
            _ => Self { passes: true, cause: short(&format!("no answer: {}", innermost(error))) },
        }
    }
}

/// Whether a connection failed, and not what is to be sent over it.
fn is_passing(error: &ConnectorError) -> bool {
    error.is_io() || error.is_timeout()
}

fn refusal(code: Option<&str>, message: Option<&str>, status: u16) -> String {
    match (code, message.filter(|message| !message.is_empty())) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => format!("status {status}"),
    }
}

/// What began it: the errors around it say only whom it passed through.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut found = error;
    while let Some(source) = found.source() {
        found = source;
    }
    found.to_string()
}

fn short(cause: &str) -> String {
    cause.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use std::io;

    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[derive(Debug)]
    struct Refused(ErrorMetadata);

    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }

    impl Error for Refused {}

    impl ProvideErrorMetadata for Refused {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    fn check(error: SdkError<Refused, HttpResponse>, passes: bool, cause: &str) {
        assert_eq!(Fault::of(&error), Fault { passes, cause: cause.into() });
    }

    fn answered(status: u16, code: &str, message: &str) -> SdkError<Refused, HttpResponse> {
        let meta = ErrorMetadata::builder().code(code).message(message).build();
        let raw = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        SdkError::service_error(Refused(meta), raw)
    }

    #[test]
    fn silence_and_throttling_pass_and_refusals_last() {
        let refused = || Box::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        check(SdkError::dispatch_failure(ConnectorError::io(refused())), true, "no answer: connection refused");
        check(SdkError::timeout_error("took 3 s"), true, "no answer: took 3 s");
        check(SdkError::construction_failure("no table"), false, "no table");
        check(
            SdkError::dispatch_failure(ConnectorError::other("no credentials".into(), None)),
            false,
            "no answer: no credentials",
        );
        check(answered(400, "ThrottlingException", "Rate exceeded"), true, "ThrottlingException: Rate exceeded");
        check(answered(500, "KMSInternalException", ""), true, "KMSInternalException");
        check(answered(400, "AccessDeniedException", "not you"), false, "AccessDeniedException: not you");
        let long = answered(400, "ValidationException", &"x".repeat(900));
        assert_eq!(Fault::of(&long).cause.chars().count(), LONGEST);
    }
}
