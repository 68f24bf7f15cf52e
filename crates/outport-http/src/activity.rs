//! What happens on a connection, so that one on which nothing happens can be closed.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;

/// The requests of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity(watch::Sender<Requests>);

#[derive(Debug, Clone, Copy, Default)]
struct Requests {
    /// Whether there was one.
    any: bool,
    /// Those that are not answered to their end.
    underway: usize,
}

impl Activity {
    /// A request begins. It is under way until what this gives is dropped.
    pub(crate) fn begin(&self) -> Underway {
        self.0.send_modify(|requests| {
            requests.any = true;
            requests.underway += 1;
        });
        Underway(self.clone())
    }

    /// Waits until there has been no request for too long: no first one for `patience`, or none under way for `idle`.
    pub(crate) async fn lull(&self, patience: Duration, idle: Duration) {
        let mut changes = self.0.subscribe();
        loop {
            let Requests { any, underway } = *changes.borrow_and_update();
            // Whoever waits here keeps the sender.
            let change = changes.changed();
            if underway > 0 {
                let _ = change.await;
            } else if tokio::time::timeout(if any { idle } else { patience }, change).await.is_err() {
                return;
            }
        }
    }
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Underway(Activity);

impl Underway {
    /// The body of its answer, with which it ends.
    pub(crate) fn until_sent(self, body: Body) -> Body {
        Body::new(Sent { body, _underway: self })
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.0.send_modify(|requests| requests.underway -= 1);
    }
}

/// A body that is under way.
struct Sent {
    body: Body,
    _underway: Underway,
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);
    const SHORT: Duration = Duration::from_millis(20);

    async fn ends(activity: &Activity, patience: Duration, idle: Duration) -> bool {
        tokio::time::timeout(SHORT * 10, activity.lull(patience, idle)).await.is_ok()
    }

    #[tokio::test]
    async fn a_connection_is_idle_where_nothing_is_under_way() {
        let activity = Activity::default();
        assert!(ends(&activity, SHORT, LONG).await, "there was no first request");
        assert!(!ends(&activity, LONG, SHORT).await);
        let (first, second) = (activity.begin(), activity.begin());
        drop(first);
        assert!(!ends(&activity, SHORT, SHORT).await, "one is under way");
        let body = second.until_sent(Body::from("answer"));
        assert!(!ends(&activity, SHORT, SHORT).await, "its answer is");
        assert_eq!(axum::body::to_bytes(body, 10).await.unwrap(), "answer");
        assert!(!ends(&activity, SHORT, LONG).await);
        assert!(ends(&activity, LONG, SHORT).await);
    }
}
