//! A body that breaks off in the middle.

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// Half of a body that says that it is whole.
pub(super) struct Cut {
    half: Option<Bytes>,
    promised: u64,
}

impl Cut {
    pub(super) fn of(body: &Bytes) -> Self {
        Self { half: Some(body.slice(..body.len() / 2)), promised: body.len() as u64 }
    }
}

impl Body for Cut {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.half.take() {
            Some(half) => Ok(Frame::data(half)),
            None => Err("the rest of the answer was cut off, as a rule demands".into()),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
