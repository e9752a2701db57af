//! What is worth a pass: our own writes wake the controller, too.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use kube::Resource;
use kube::runtime::predicates;

use crate::accounts::Entry;
use crate::base::clock::{Clock, Moment};

/// The quiet after a pass: until then another one is of no use, unless something changed.
#[derive(Clone, Copy, Debug)]
pub struct QuietUntil {
    cause: u64,
    until: Option<Moment>,
}

impl QuietUntil {
    /// From now on, for this long, or until something changes.
    pub fn new(cause: u64, wait: Option<Duration>, clock: &Clock) -> Self {
        Self { cause, until: wait.map(|wait| clock.now().after(wait)) }
    }

    /// Whether it still lasts, though the controller was woken for this; and for how long, if that is known.
    pub fn lasts(&self, cause: u64, clock: &Clock) -> Option<Option<Duration>> {
        let left = |until: Moment| Some(until.since(clock.now())).filter(|left| !left.is_zero());
        match self.until {
            _ if cause != self.cause => None,
            None => Some(None),
            Some(until) => left(until).map(Some),
        }
    }
}

/// What people or other programs change of an object: our own status writes are none of it.
pub fn user_changes<K: Resource>(object: &K) -> Option<u64> {
    let parts = [predicates::generation(object), predicates::annotations(object), predicates::finalizers(object)];
    let deleted = object.meta().deletion_timestamp.is_some();
    Some(parts.into_iter().flatten().fold(u64::from(deleted), |hash, part| hash.rotate_left(7) ^ part))
}

/// All that a pass may come to another end for: the object, and its account.
pub fn cause<K: Resource>(object: &K, entry: &Entry) -> u64 {
    let account = entry.account.as_ref().map(|account| &account.version);
    let problem = entry.problem.as_ref().map(|problem| (problem.cause.reason, &problem.cause.message));
    let mut hasher = DefaultHasher::new();
    (user_changes(object), account, problem, entry.closing).hash(&mut hasher);
    hasher.finish()
}
