//! A list that many objects of one account share: pages are asked for once, not once an object.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;

use super::outcome::Failure;

/// The last list, and whoever asks for the next one.
pub struct SharedList<T> {
    last: Mutex<Option<Snapshot<T>>>,
}

/// A complete list, or why there is none.
pub struct Snapshot<T> {
    /// When the first page was asked for: what happened later may be missing.
    pub begun: Instant,
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
        Self { last: Mutex::default() }
    }
}

impl<T> SharedList<T> {
    /// A list begun at `not_before` or later. Those who ask while one is under way share the next one, and its failure.
    pub async fn begun_after<F>(&self, not_before: Instant, fetch: F) -> Snapshot<T>
    where
        F: AsyncFnOnce() -> Result<T, Failure>,
    {
        let mut last = self.last.lock().await;
        if let Some(snapshot) = last.as_ref().filter(|snapshot| snapshot.begun >= not_before) {
            return snapshot.clone();
        }
        let begun = Instant::now();
        let snapshot = Snapshot { begun, items: fetch().await.map(Arc::new) };
        *last = Some(snapshot.clone());
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn those_who_wait_share_one_list_begun_after_they_asked() {
        let list = SharedList::default();
        let fetched = AtomicU32::new(0);
        let ask = || async {
            let asked = Instant::now();
            let fetch = async || {
                tokio::task::yield_now().await;
                Ok(fetched.fetch_add(1, Ordering::Relaxed))
            };
            let snapshot = list.begun_after(asked, fetch).await;
            assert!(snapshot.begun >= asked);
        };
        futures::future::join_all((0..50).map(|_| ask())).await;
        assert!(fetched.load(Ordering::Relaxed) <= 2, "one under way, one for all who came meanwhile");
    }
}
