//! One limiter per account: the published quota, what the provider says of it, and who goes first.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use reqwest::header::HeaderMap;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// An order or a deletion, with the reads that it rests on.
    Mutation,
    /// A look at something that is on its way.
    Transition,
    /// A look at something settled.
    Poll,
}

/// How fast an account may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests in each period.
    pub requests: NonZeroU32,
    /// The period.
    pub per: Duration,
    /// Requests at the same time.
    pub concurrent: u16,
}

/// When the provider says that fewer than this many requests are left, only mutations go on.
const RESERVE: u64 = 10;

/// Keeps an account's requests within bounds.
pub struct Limiter {
    quota: DefaultDirectRateLimiter,
    slots: Arc<Semaphore>,
    turn: Mutex<Turn>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct Turn {
    waiting: [u32; 3],
    /// Requests that went before their quota did.
    debt: u32,
    all_blocked_until: Option<Instant>,
    polls_blocked_until: Option<Instant>,
}

/// The right to send: one slot of concurrency, and one request of the quota. A mutation's permit covers the reads that
/// it rests on as well, so that no queue makes them old (S1).
pub struct Permit {
    slot: Option<OwnedSemaphorePermit>,
    changed: Arc<Notify>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        drop(self.slot.take());
        self.changed.notify_waiters();
    }
}

impl Limiter {
    /// A limiter of this rate.
    pub fn new(rate: Rate) -> Self {
        let each = rate.per / rate.requests.get();
        let quota = Quota::with_period(each.max(Duration::from_nanos(1))).map(|quota| quota.allow_burst(rate.requests));
        Self {
            quota: RateLimiter::direct(quota.unwrap_or_else(|| Quota::per_second(rate.requests))),
            slots: Arc::new(Semaphore::new(rate.concurrent.max(1).into())),
            turn: Mutex::default(),
            changed: Arc::default(),
        }
    }

    /// Waits for the right to send.
    pub async fn acquire(&self, priority: Priority) -> Permit {
        let _queued = Queued::new(self, priority);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.attempt(priority) {
                Ok(permit) => return permit,
                Err(Some(wait)) => {
                    tokio::select! { () = changed => {}, () = tokio::time::sleep(wait) => {} }
                }
                Err(None) => changed.await,
            }
        }
    }

    /// The permit, or how long to wait for it if that is known.
    fn attempt(&self, priority: Priority) -> Result<Permit, Option<Duration>> {
        if let Some(wait) = self.blocked(priority) {
            return Err(Some(wait));
        }
        let ahead = self.turn.lock().waiting[..priority as usize].iter().sum::<u32>();
        if ahead > 0 {
            return Err(None);
        }
        let slot = self.slots.clone().try_acquire_owned().map_err(|_| None)?;
        // Only a permit that was given wakes the others when it goes: a slot that is given back at once must not.
        self.pay_debt().and_then(|()| self.spend()).map_err(Some)?;
        Ok(Permit { slot: Some(slot), changed: self.changed.clone() })
    }

    /// Counts a further request under a permit. It goes at once; those who wait pay for it where the quota is used up.
    pub fn spend_more(&self) {
        if self.spend().is_err() {
            self.turn.lock().debt += 1;
        }
    }

    fn pay_debt(&self) -> Result<(), Duration> {
        while self.turn.lock().debt > 0 {
            self.spend()?;
            self.turn.lock().debt -= 1;
        }
        Ok(())
    }

    fn spend(&self) -> Result<(), Duration> {
        self.quota.check().map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }

    /// How long the provider wants no requests of this priority.
    pub fn blocked(&self, priority: Priority) -> Option<Duration> {
        let turn = self.turn.lock();
        let polls = turn.polls_blocked_until.filter(|_| priority != Priority::Mutation);
        let until = turn.all_blocked_until.max(polls)?;
        Some(until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    /// Heeds `Retry-After` and `Ratelimit` (docs/providers.md 1.9).
    pub fn heed(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let until = |seconds: u64| Some(Instant::now() + Duration::from_secs(seconds.min(3600)));
        let mut turn = self.turn.lock();
        if let Some(seconds) = text("retry-after").and_then(|value| value.trim().parse().ok()) {
            turn.all_blocked_until = turn.all_blocked_until.max(until(seconds));
        }
        match text("ratelimit").map(|value| (parameter(value, "r"), parameter(value, "t"))) {
            Some((Some(0), Some(seconds))) => turn.all_blocked_until = turn.all_blocked_until.max(until(seconds)),
            Some((Some(left), Some(seconds))) if left < RESERVE => turn.polls_blocked_until = until(seconds),
            _ => {}
        }
    }
}

/// The whole number behind `name=` in a structured header such as `"default";r=50;t=30`.
fn parameter(value: &str, name: &str) -> Option<u64> {
    value.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// Counts one that waits, for as long as it waits.
struct Queued<'a> {
    limiter: &'a Limiter,
    priority: Priority,
}

impl<'a> Queued<'a> {
    fn new(limiter: &'a Limiter, priority: Priority) -> Self {
        limiter.turn.lock().waiting[priority as usize] += 1;
        Self { limiter, priority }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.limiter.turn.lock().waiting[self.priority as usize] -= 1;
        self.limiter.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn limiter(requests: u32, concurrent: u16) -> Limiter {
        Limiter::new(Rate { requests: NonZeroU32::new(requests).unwrap(), per: Duration::from_secs(3600), concurrent })
    }

    #[tokio::test]
    async fn a_mutation_goes_before_a_poll_that_waited_longer() {
        let limiter = Arc::new(limiter(100, 1));
        let held = limiter.acquire(Priority::Poll).await;
        let mut poll = Box::pin(limiter.acquire(Priority::Poll));
        assert!(poll.as_mut().now_or_never().is_none());
        let mut mutation = Box::pin(limiter.acquire(Priority::Mutation));
        assert!(mutation.as_mut().now_or_never().is_none());
        drop(held);
        assert!(poll.as_mut().now_or_never().is_none(), "the poll must let the mutation go first");
        let permit = mutation.await;
        drop(permit);
        poll.await;
    }

    #[tokio::test]
    async fn the_quota_is_kept() {
        let limiter = limiter(2, 8);
        drop(limiter.acquire(Priority::Poll).await);
        drop(limiter.acquire(Priority::Poll).await);
        assert!(limiter.acquire(Priority::Poll).now_or_never().is_none());
    }

    #[tokio::test]
    async fn waiting_for_the_quota_leaves_the_thread_to_others() {
        let limiter = limiter(1, 8);
        drop(limiter.acquire(Priority::Poll).await);
        let waits = tokio::time::timeout(Duration::from_millis(50), limiter.acquire(Priority::Poll));
        assert!(waits.await.is_err(), "the time-out could only end it if it yielded");
    }

    #[tokio::test]
    async fn what_went_ahead_of_the_quota_is_paid_for() {
        let limiter = limiter(2, 8);
        let permit = limiter.acquire(Priority::Mutation).await;
        (0..3).for_each(|_| limiter.spend_more());
        drop(permit);
        assert_eq!(limiter.turn.lock().debt, 2);
    }

    #[tokio::test]
    async fn what_the_provider_says_is_heeded() {
        let limiter = limiter(100, 8);
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit", "\"default\";r=3;t=30".parse().unwrap());
        limiter.heed(&headers);
        assert!(limiter.acquire(Priority::Poll).now_or_never().is_none());
        assert!(limiter.acquire(Priority::Mutation).now_or_never().is_some());
        headers.insert("retry-after", "7".parse().unwrap());
        limiter.heed(&headers);
        assert!(limiter.blocked(Priority::Mutation).unwrap() > Duration::from_secs(5));
    }
}
