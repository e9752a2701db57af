//! How a look at an object ends: what its conditions say, and when to look again.

use crate::api::conditions::{Cause, ConditionValue, Problem, reason};
use crate::api::ids::ExternalId;

/// Stands in messages where the object is named as kubectl wants it: `decide` doesn't know names.
const OBJECT: &str = "KIND/NAME";

/// The end of a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `Ready`.
    pub ready: ConditionValue,
    /// `Synced`; absent: as it was.
    pub synced: Option<ConditionValue>,
    /// `Reconciling`, if something is under way.
    pub reconciling: Option<Cause>,
    /// `Stalled`, if only a person can mend it.
    pub stalled: Option<Cause>,
    /// Upstream objects that a person must tell apart.
    pub candidates: Vec<ExternalId>,
    /// When to look again.
    pub next: Next,
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At the account's poll interval.
    Poll,
    /// Sooner than that, further apart each time.
    Backoff,
    /// When something changes.
    Change,
}

impl Verdict {
    /// Neither under way nor stalled; `ready` is True, False or Unknown (`None`).
    pub fn at_rest(ready: Option<bool>, cause: Cause, next: Next) -> Self {
        Self {
            ready: ConditionValue { status: ready, cause },
            synced: None,
            reconciling: None,
            stalled: None,
            candidates: Vec::new(),
            next,
        }
    }

    /// Something is under way.
    pub fn underway(reason: &'static str, message: impl Into<String>, next: Next) -> Self {
        Self::underway_for(Cause::new(reason, message), next)
    }

    /// Only a person can mend it.
    pub fn stalled(reason: &'static str, message: impl Into<String>, next: Next) -> Self {
        Self::stalled_for(Cause::new(reason, message), next)
    }

    /// Something is under way, for this cause.
    pub fn underway_for(cause: Cause, next: Next) -> Self {
        Self { reconciling: Some(cause.clone()), ..Self::at_rest(Some(false), cause, next) }
    }

    fn stalled_for(cause: Cause, next: Next) -> Self {
        Self { stalled: Some(cause.clone()), ..Self::at_rest(Some(false), cause, next) }
    }

    /// Held up by something else.
    pub fn problem(problem: &Problem, next: Next) -> Self {
        if problem.stalled {
            Self::stalled_for(problem.cause.clone(), next)
        } else {
            Self::underway_for(problem.cause.clone(), next)
        }
    }

    /// The provider wasn't heard while something is under way.
    pub fn unheard_underway(cause: &Cause) -> Self {
        Self::underway(reason::WAITING_FOR_PROVIDER, cause.message.clone(), Next::Backoff).not_synced(cause)
    }

    /// The same, with the object named in its commands.
    pub fn about(&self, object: &str) -> Self {
        let name = |cause: &Cause| Cause::new(cause.reason, cause.message.replace(OBJECT, object));
        let said = |value: &ConditionValue| ConditionValue { status: value.status, cause: name(&value.cause) };
        Self {
            ready: said(&self.ready),
            synced: self.synced.as_ref().map(said),
            reconciling: self.reconciling.as_ref().map(name),
            stalled: self.stalled.as_ref().map(name),
            ..self.clone()
        }
    }

    /// The last exchange with the provider worked.
    pub fn synced(mut self) -> Self {
        let cause = Cause::new(reason::IN_SYNC, "what is there is what was wanted");
        self.synced = Some(ConditionValue { status: Some(true), cause });
        self
    }

    /// The last exchange with the provider worked, and there is nothing yet that could be what was wanted.
    pub fn nothing_to_compare(mut self) -> Self {
        self.synced = Some(self.not_compared());
        self
    }

    /// `Synced` of what can't be compared, for the reason that `Ready` has.
    pub fn not_compared(&self) -> ConditionValue {
        ConditionValue { status: None, cause: Cause::new(self.ready.cause.reason, "") }
    }

    /// The last exchange with the provider did not work, or what is there isn't what was wanted.
    pub fn not_synced(mut self, cause: &Cause) -> Self {
        self.synced = Some(ConditionValue { status: Some(false), cause: cause.clone() });
        self
    }
}
