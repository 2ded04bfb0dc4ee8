//! Large request bodies go out in pieces, so that an answer that comes before their end is seen.
//!
//! A receiver that answers early and closes resets the connection, and a write to it fails: the HTTP stack would report that failure
//! although the answer is already there to be read. Between two pieces it looks for one.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// A piece; smaller bodies go out at once.
const PIECE: usize = 64 * 1024;
/// The shortest pause in which the runtime looks for what arrived.
const PAUSE: Duration = Duration::from_millis(1);

/// The body of a request.
pub(crate) fn body(bytes: Bytes) -> reqwest::Body {
    if bytes.len() <= PIECE {
        return bytes.into();
    }
    reqwest::Body::wrap(Paced { rest: bytes, pause: None })
}

struct Paced {
    rest: Bytes,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        self.pause = Some(Box::pin(sleep(PAUSE)));
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or(u64::MAX))
    }
}
