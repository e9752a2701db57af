//! A list that many objects of one account share: pages are asked for once, not once an object.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::outcome::Failure;
use crate::base::clock::{Clock, Moment};

/// The last list, and whoever asks for the next one.
pub struct SharedList<T> {
    last: parking_lot::Mutex<Option<Snapshot<T>>>,
    fetching: Mutex<()>,
}

/// A complete list, or why there is none.
pub struct Snapshot<T> {
    /// When the first page was asked for: what happened later may be missing.
    pub begun: Moment,
    /// All pages.
    pub items: Result<Arc<T>, Failure>,
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self { begun: self.begun, items: self.items.clone() }
    }
}

impl<T> Default for SharedList<T> {
    fn default() -> Self {
        Self { last: parking_lot::Mutex::default(), fetching: Mutex::default() }
    }
}

impl<T> SharedList<T> {
    /// The last list, if it was begun at `not_before` or later. A failure serves only those who asked before it began.
    pub fn last(&self, not_before: Moment, asked: Moment) -> Option<Snapshot<T>> {
        let last = self.last.lock();
        let oldest = |snapshot: &Snapshot<T>| if snapshot.items.is_ok() { not_before } else { asked.max(not_before) };
        last.as_ref().filter(|snapshot| snapshot.begun >= oldest(snapshot)).cloned()
    }

    /// The last complete list, however old.
    pub fn latest(&self) -> Option<Arc<T>> {
        let last = self.last.lock();
        last.as_ref()?.items.as_ref().ok().cloned()
    }

    /// A list begun at `not_before` or later. Those who ask while one is under way share the next one, and its failure.
    /// `fetch` must not wait for anybody who may be waiting here.
    pub async fn begun_after<F>(&self, clock: &Clock, not_before: Moment, asked: Moment, fetch: F) -> Snapshot<T>
    where
        F: AsyncFnOnce() -> Result<T, Failure>,
    {
        let _fetching = self.fetching.lock().await;
        if let Some(snapshot) = self.last(not_before, asked) {
            return snapshot;
        }
        let begun = clock.now();
        let snapshot = Snapshot { begun, items: fetch().await.map(Arc::new) };
        *self.last.lock() = Some(snapshot.clone());
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn those_who_wait_share_one_list_begun_after_they_asked() {
        let (list, clock) = (SharedList::default(), Clock::default());
        let fetched = AtomicU32::new(0);
        let ask = || async {
            let asked = clock.now();
            let fetch = async || {
                tokio::task::yield_now().await;
                Ok(fetched.fetch_add(1, Ordering::Relaxed))
            };
            let snapshot = list.begun_after(&clock, asked, asked, fetch).await;
            assert!(snapshot.begun >= asked);
        };
        futures::future::join_all((0..50).map(|_| ask())).await;
        assert!(fetched.load(Ordering::Relaxed) <= 2, "one under way, one for all who came meanwhile");
    }
}
