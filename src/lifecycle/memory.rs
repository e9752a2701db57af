//! What this process remembers of each object. A crash loses it, and nothing may depend on that.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::decide::facts::Sent;
use super::decide::verdict::Next;
use super::predicates::QuietUntil;
use crate::api::ids::Uid;
use crate::base::clock::{Clock, Moment};
use crate::base::duration::{backoff, jitter};

/// Which intent something was sent for: its attempt and its start.
pub type Intent = Option<(u32, Option<Timestamp>)>;

/// What came of a mutation, and of which intent: another intent's says nothing of this one.
#[derive(Clone)]
pub struct SentFor {
    /// The intent's attempt and start.
    pub intent: Intent,
    /// What came of it.
    pub outcome: Sent,
}

impl SentFor {
    /// Whether it says anything of this order under way. An id that was answered always does.
    pub fn speaks_of(&self, intent: Intent) -> bool {
        matches!(self.outcome, Sent::Done { .. }) || self.intent == intent
    }
}

/// What is remembered of one object.
#[derive(Default)]
pub struct Remembered {
    /// What came of the order that was sent.
    pub create: Option<SentFor>,
    /// What came of the deletion that was sent.
    pub delete: Option<SentFor>,
    /// What came of the other change that was sent.
    pub change: Option<SentFor>,
    /// The attempt of the order under way, and when this process first saw it.
    pub intent_seen: Option<(u32, Moment)>,
    /// Complete searches that did not find the order under way.
    pub empty_searches: u32,
    /// When the provider was last asked for what the object shows of it.
    pub heard: Option<Moment>,
    /// When the object was first found gone while the account was in order.
    pub missing_since: Option<Moment>,
    /// When something was last sent for it: lists begun before say nothing of it.
    pub last_mutation: Option<Moment>,
    /// When its documents' Secrets were last looked at.
    pub documents_checked: Option<Moment>,
    /// The quiet that the last pass ended with.
    pub quiet: Option<QuietUntil>,
    /// Passes in a row that ended without what they wanted of the provider.
    pub failures: u32,
    /// Passes in a row that the API server broke off.
    pub broken_off: u32,
    /// What its `Ready` condition last said.
    pub ready: Option<&'static str>,
    /// Whether its `Expiring` condition was last true.
    pub expiring: bool,
}

impl Remembered {
    /// How long this process has known of the order under way.
    pub fn intent_known_for(&self, clock: &Clock) -> Duration {
        self.intent_seen.map_or(Duration::ZERO, |(_, since)| clock.since(since))
    }

    /// Takes note of the order under way, if one is.
    pub fn see_intent(&mut self, attempt: Option<u32>, now: Moment) {
        if self.intent_seen.map(|(seen, _)| seen) != attempt {
            self.intent_seen = attempt.map(|attempt| (attempt, now));
            self.empty_searches = 0;
        }
    }
}

/// What is remembered of all objects of a kind, by uid.
#[derive(Default)]
pub struct Memories {
    all: Mutex<HashMap<Uid, Arc<Mutex<Remembered>>>>,
}

impl Memories {
    /// What is remembered of one object. One pass at a time works on an object.
    pub fn of(&self, uid: &Uid) -> Arc<Mutex<Remembered>> {
        self.all.lock().entry(uid.clone()).or_default().clone()
    }

    /// Forgets the object.
    pub fn forget(&self, uid: &Uid) {
        self.all.lock().remove(uid);
    }

    /// How many objects last said what of `Ready`.
    pub fn by_ready(&self) -> HashMap<&'static str, i64> {
        let mut counts = HashMap::from([("True", 0), ("False", 0), ("Unknown", 0)]);
        for memory in self.all.lock().values() {
            if let Some(ready) = memory.lock().ready {
                *counts.entry(ready).or_default() += 1;
            }
        }
        counts
    }

    /// How many objects expire before long.
    pub fn expiring(&self) -> i64 {
        self.all.lock().values().map(|memory| i64::from(memory.lock().expiring)).sum()
    }
}

/// When the next look is due.
pub fn due(next: Next, poll: Duration, memory: &Mutex<Remembered>) -> Option<Duration> {
    let mut memory = memory.lock();
    // A provider that isn't heard says nothing of the API server, and the other way round.
    memory.broken_off = 0;
    memory.failures = if next == Next::Backoff { memory.failures.saturating_add(1) } else { 0 };
    match next {
        Next::Backoff => Some(backoff(memory.failures, poll)),
        Next::Poll => Some(jitter(poll)),
        Next::Change => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::duration::FIRST_BACKOFF;

    #[test]
    fn the_api_servers_failures_are_no_more_because_the_provider_was_away() {
        let memory = Mutex::new(Remembered::default());
        let poll = Duration::from_secs(300);
        let last = (0..30).filter_map(|_| due(Next::Backoff, poll, &memory)).last().unwrap();
        assert!(last >= poll / 2 && last <= poll * 2);
        assert_eq!(memory.lock().broken_off, 0);
        assert!(backoff(1, poll) <= FIRST_BACKOFF * 2);
        due(Next::Poll, poll, &memory);
        assert_eq!(memory.lock().failures, 0);
    }
}
