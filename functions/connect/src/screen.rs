//! Pages as operations: whatever happens, the answer is a page.

use std::marker::PhantomData;

use gateway::{ApiError, Call, Context, Html, Input, Operation};

use crate::visit::Stop;

/// A page.
pub(crate) trait Screen: Send + Sync + 'static {
    /// What it reads.
    type Input: Input;

    /// The page, or why another one is shown.
    fn show(context: &Context, call: &Call, input: Self::Input) -> impl Future<Output = Result<Html, Stop>> + Send;
}

/// A page as a row of the table.
pub(crate) struct Shown<S>(PhantomData<fn() -> S>);

impl<S: Screen> Operation for Shown<S> {
    type Input = S::Input;
    type Output = Html;

    async fn run(context: &Context, call: Call, input: S::Input) -> Result<Html, ApiError> {
        match S::show(context, &call, input).await {
            Ok(page) => Ok(page),
            Err(Stop::Page(page)) => Ok(*page),
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}
