//! Pages as operations: whatever happens, the answer is a page, as it fits where Connect was launched.

use std::marker::PhantomData;

use gateway::{ApiError, Body, Call, Context, Html, Input, Operation, Reader};

use crate::launch::{Asked, Launch, Mode, News};
use crate::layout::Answer;
use crate::visit::Stop;
use crate::{cookie, dead_ends};

/// A page.
pub(crate) trait Screen: Send + Sync + 'static {
    /// What it reads.
    type Input: Input;

    /// What its pages tell of by themselves.
    const NEWS: Option<News> = None;

    /// The page, or why another one is shown.
    fn show(context: &Context, call: &Call, input: Self::Input) -> impl Future<Output = Result<Answer, Stop>> + Send;
}

/// A page as a row of the table.
pub(crate) struct Shown<S>(PhantomData<fn() -> S>);

/// What a page reads, and how Connect was launched.
pub(crate) struct Launched<I>(Asked, I);

impl<I: Input> Input for Launched<I> {
    const BODY: Body = I::BODY;
    const MAX_BODY: usize = I::MAX_BODY;

    fn read(reader: &mut Reader) -> Self {
        Self(Asked::read(reader), I::read(reader))
    }
}

impl<S: Screen> Operation for Shown<S> {
    type Input = Launched<S::Input>;
    type Output = Html;

    async fn run(context: &Context, call: Call, Launched(asked, input): Self::Input) -> Result<Html, ApiError> {
        // The same page again, in the language that was chosen.
        if let (Some(language), Body::None) = (asked.switched_to, S::Input::BODY) {
            let launch = asked.resolve(context, None).await?;
            let here = launch.asked.address_of(&launch.asked.page, None);
            let kept = cookie::of_language(context, launch.is_framed(), language);
            return Ok(Answer::redirect(context, &here).with_cookie(&kept).sent(&launch));
        }
        let answer = match S::show(context, &call, input).await {
            Ok(answer) => answer,
            Err(Stop::Page(answer)) => *answer,
            Err(Stop::Failed(error)) => {
                let launch = asked.resolve(context, None).await.unwrap_or_default();
                let page = dead_ends::of_error(context, launch.asked.texts(), &error).sent(&launch);
                return Err(error.shown_as(page.0));
            }
        };
        let launch = match answer.launch() {
            Some(launch) => launch.clone(),
            // In a window that a partner's page opened, a redirect counts, too.
            None if answer.is_page() || asked.mode == Mode::Popup => asked.resolve(context, None).await?,
            None => Launch { asked, ..Launch::default() },
        };
        Ok(answer.sent(&launch.telling(S::NEWS)))
    }
}
