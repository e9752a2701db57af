//! The decision: a pure function from what is known to the one next step.
//!
//! Rules S1 to S13 are those of `docs/safety.md`. The engine takes the step, records what came of it, and asks again.

mod changing;
mod deleting;
pub mod facts;
pub mod identity;
mod messages;
mod observing;
mod ordering;
pub mod price;
pub mod verdict;

use crate::api::conditions::{Cause, reason};
use crate::api::ids::ExternalId;
use deleting::finalize;
use facts::{DesiredChange, Facts, Plan, Read, Refusal};
use identity::Identity;
use messages::identity_conflict;
use observing::{look_only, observe};
pub use ordering::searched_in_vain;
use ordering::{answered, order, receive, resolve};
use verdict::{Next, Verdict};

/// One step: at most one effect, so that a crash between any two steps is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read the object from the API server.
    ReadFresh,
    /// Search the provider, completely, for what this object may have there.
    Search,
    /// Look at the upstream object.
    Observe(ExternalId),
    /// Try a harmless read of the account.
    Probe,
    /// Put the finalizer on, and write down what was picked.
    AddFinalizer,
    /// Write the intent to order this plan.
    Intend(Plan),
    /// Send the order whose digest the intent holds.
    Create,
    /// Write the upstream id, and whether this object ordered it, on the object.
    RecordId {
        /// The upstream id.
        id: ExternalId,
        /// This object ordered it.
        ordered: bool,
    },
    /// Take the intent back: the order certainly did not happen.
    Withdraw(Option<Refusal>),
    /// Write down that the answer to the order was a conflict.
    NoteConflict,
    /// A person says that nothing is upstream: count the next attempt.
    NextAttempt {
        /// Upstream objects that the person saw and declared not to be ours, besides those of former answers.
        dismissed: Vec<ExternalId>,
    },
    /// An answer stands there that was given to no question of ours: count on, so that it answers none to come.
    VoidAnswer,
    /// Take the upstream id off the object.
    ForgetId,
    /// Fetch the documents that are due.
    FetchDocuments(ExternalId),
    /// Write the intent to end the upstream object.
    IntendDelete {
        /// Counts the tries.
        attempt: u32,
    },
    /// End the upstream object.
    Delete(ExternalId),
    /// Write down that the provider accepted the end.
    RecordDeleted,
    /// Take the intent to end it back: it certainly did not happen.
    WithdrawDelete(Refusal),
    /// Look at the upstream object, singly.
    ObserveSingly(ExternalId),
    /// Write the intent to change the upstream object.
    IntendChange {
        /// What is wanted.
        desired: DesiredChange,
        /// Counts the tries.
        attempt: u32,
    },
    /// Change the upstream object, as the intent says.
    Change(ExternalId),
    /// Write down that the provider took the change.
    RecordChanged,
    /// Take the intent to change it back: it certainly did not happen.
    WithdrawChange(Refusal),
    /// Nothing of the change under way is to be awaited any more: take it off the status.
    SettleChange,
    /// Let the object go.
    RemoveFinalizer(Release),
    /// Nothing more for now; everything stays as it was.
    Requeue(Next),
    /// Nothing more for now; this is how it stands.
    WriteStatus(Verdict),
}

/// Why an object may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Nothing of it is upstream.
    Nothing,
    /// It ended upstream.
    Ended,
    /// It is left upstream as it is.
    Retained,
}

/// What to do next.
pub fn decide(facts: &Facts) -> Step {
    match choose(facts) {
        // S12: a decision from the cache may read; anything with an effect starts from a fresh read.
        step if facts.read == Read::Cached && step.has_effect() => Step::ReadFresh,
        step => step,
    }
}

impl Step {
    /// Whether the step is owed to what was begun already, at the provider or by writing an intent.
    pub fn concludes(&self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::RecordId { .. }
                | Self::Withdraw(_)
                | Self::NoteConflict
                | Self::Delete(_)
                | Self::RecordDeleted
                | Self::WithdrawDelete(_)
                | Self::Change(_)
                | Self::RecordChanged
                | Self::WithdrawChange(_)
        )
    }

    /// Whether the step changes anything but what is shown.
    pub fn has_effect(&self) -> bool {
        !matches!(
            self,
            Self::ReadFresh
                | Self::Search
                | Self::Observe(_)
                | Self::ObserveSingly(_)
                | Self::Probe
                | Self::Requeue(_)
                | Self::WriteStatus(_)
        )
    }
}

fn choose(facts: &Facts) -> Step {
    if facts.deletion.is_some() {
        return finalize(facts);
    }
    if facts.suspended {
        return Step::WriteStatus(Verdict::at_rest(
            None,
            Cause::new(reason::SUSPENDED, "spec.suspend is true: the provider isn't asked"),
            Next::Change,
        ));
    }
    match facts.identity() {
        Identity::Conflict { marked, recorded } => Step::WriteStatus(identity_conflict(&marked, &recorded)),
        Identity::Held { id, ordered } => observe(facts, &id, ordered),
        Identity::Foreign { id, owner } => look_only(facts, &id, &owner),
        Identity::None if facts.observe_only => Step::WriteStatus(Verdict::stalled(
            reason::INVALID_SPEC,
            "managementPolicy Observe needs the annotation interconnect-operator.io/external-id with the upstream id",
            Next::Change,
        )),
        Identity::None => match &facts.account.problem {
            Some(problem) => Step::WriteStatus(Verdict::problem(problem, Next::Backoff)),
            None if facts.receives => receive(facts),
            None if facts.order_began().is_some() => resolve(facts),
            None => answered(facts).unwrap_or_else(|| order(facts)),
        },
    }
}
