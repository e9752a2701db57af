//! What this process remembers of each object. A crash loses it, and nothing may depend on that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::facts::Sent;
use super::pass::Intent;
use super::wakes::Rest;
use crate::clock::{Clock, Moment};

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
    /// The rest that the last pass ended with.
    pub rest: Option<Rest>,
    /// Passes in a row that ended without what they wanted of the provider.
    pub failures: u32,
    /// Passes in a row that the API server broke off.
    pub broken_off: u32,
    /// What its `Ready` condition last said.
    pub ready: Option<&'static str>,
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
    all: Mutex<HashMap<String, Arc<Mutex<Remembered>>>>,
}

impl Memories {
    /// What is remembered of one object. One pass at a time works on an object.
    pub fn of(&self, uid: &str) -> Arc<Mutex<Remembered>> {
        lock(&self.all).entry(uid.into()).or_default().clone()
    }

    /// Forgets the object.
    pub fn forget(&self, uid: &str) {
        lock(&self.all).remove(uid);
    }

    /// How many objects last said what of `Ready`.
    pub fn by_ready(&self) -> HashMap<&'static str, i64> {
        let mut counts = HashMap::from([("True", 0), ("False", 0), ("Unknown", 0)]);
        for memory in lock(&self.all).values() {
            if let Some(ready) = lock(memory).ready {
                *counts.entry(ready).or_default() += 1;
            }
        }
        counts
    }
}

/// Nothing panics while it holds one of these locks, so a poisoned one is as good as any.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
