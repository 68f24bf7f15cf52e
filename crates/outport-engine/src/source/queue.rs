//! Hands work from threads that read files to tasks that parse.
//!
//! Whoever takes next gets the next piece, so that no partition waits for another one and none is left behind. Every
//! waiting partition is woken by every piece: a partition that nobody polls any more can hold none back.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures::Stream;

/// A bounded queue between threads and streams.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    room: Condvar,
    capacity: usize,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    producers: usize,
    consumers: usize,
    wakers: Vec<Waker>,
}

impl<T> Queue<T> {
    /// An empty queue that some producers will fill.
    pub(super) fn new(capacity: usize, producers: usize) -> Arc<Self> {
        let state = State { items: VecDeque::new(), producers, consumers: 0, wakers: Vec::new() };
        Arc::new(Self { state: Mutex::new(state), room: Condvar::new(), capacity })
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a piece; blocks while the queue is full. False once nobody takes any more.
    pub(super) fn push(&self, item: T) -> bool {
        let mut state = self.lock();
        while state.items.len() >= self.capacity && state.consumers > 0 {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.consumers == 0 {
            return false;
        }
        state.items.push_back(item);
        state.wakers.drain(..).for_each(Waker::wake);
        true
    }

    /// Says that one producer is done.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        state.producers -= 1;
        if state.producers == 0 {
            state.wakers.drain(..).for_each(Waker::wake);
        }
    }

    /// Joins those who take.
    pub(super) fn join(self: &Arc<Self>) -> Taker<T> {
        self.lock().consumers += 1;
        Taker(Arc::clone(self))
    }
}

/// One of those who take; the last one to go ends the work.
#[derive(Debug)]
pub(super) struct Taker<T>(Arc<Queue<T>>);

impl<T> Stream for Taker<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.0.lock();
        if let Some(item) = state.items.pop_front() {
            self.0.room.notify_one();
            return Poll::Ready(Some(item));
        }
        if state.producers == 0 {
            return Poll::Ready(None);
        }
        if !state.wakers.iter().any(|w| w.will_wake(context.waker())) {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl<T> Drop for Taker<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.consumers -= 1;
        if state.consumers == 0 {
            state.items.clear();
            self.0.room.notify_all();
        }
    }
}
