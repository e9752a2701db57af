//! Everything that `decide` knows. Plain data: no clock, no client, no kind.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::identity::Identity;
use crate::api::common::{Creation, DeletionPolicy, Operation, OperationType, Refused};
use crate::api::conditions::{Cause, Problem};
use crate::api::ids::{Digest, ExternalId, OrderKey, Uid};
use crate::base::digest::fingerprint;

/// What is known of one object at one moment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The wall clock.
    pub now: Timestamp,
    /// Where the object was read.
    pub read: Read,
    /// The object's uid.
    pub uid: Uid,
    /// Our key for orders of this object.
    pub key: OrderKey,
    /// Set once the object is being deleted.
    pub deletion: Option<Deletion>,
    /// Whether our finalizer is on the object.
    pub finalizer: bool,
    /// `managementPolicy: Observe`.
    pub observe_only: bool,
    /// `deletionPolicy`, if said.
    pub deletion_policy: Option<DeletionPolicy>,
    /// The provider has a way to end what is ordered.
    pub can_decommission: bool,
    /// `suspend: true`.
    pub suspended: bool,
    /// It stands for what a partner makes: nothing is ordered, it is looked for.
    pub receives: bool,
    /// What the annotations say.
    pub annotations: Annotations,
    /// What the status says.
    pub recorded: Recorded,
    /// The account that it is ordered from.
    pub account: AccountFacts,
    /// Another object that has the better claim on what this one wants or holds.
    pub claimed_by: Option<String>,
    /// What this process remembers of the object.
    pub memory: Memory,
    /// What a search of this pass found.
    pub search: Option<Search>,
    /// What a look of this pass at the upstream object found.
    pub look: Option<Look>,
    /// Whether a harmless read of the account succeeded after the upstream object was not found.
    pub probe: Option<Result<(), Cause>>,
    /// Documents that should be fetched now.
    pub documents: Documents,
    /// What an order would be refused for before it is sent, changes with spec, account and `reconcile-at`.
    pub basis: String,
}

/// Where an object was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// From a cache, which may be old.
    Cached,
    /// From the API server, in this pass.
    Fresh,
}

/// What is special about a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The CRD itself is being deleted: not a wish to end circuits.
    pub crd_going: bool,
}

/// Annotations, as read.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// `external-id`.
    pub external_id: Option<ExternalId>,
    /// `external-id-owner`.
    pub owner: Option<Uid>,
    /// `approved-plan`.
    pub approved_plan: Option<Digest>,
    /// `create-outcome`.
    pub create_outcome: Option<String>,
}

/// What the status says.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// `status.externalId`.
    pub external_id: Option<ExternalId>,
    /// `status.creation`.
    pub creation: Option<Creation>,
    /// `status.operation`.
    pub operation: Option<Operation>,
    /// `status.plan.approvedDigest`.
    pub approved_digest: Option<Digest>,
    /// `status.candidates`: what a person was shown.
    pub candidates: Vec<ExternalId>,
    /// Whether the status shows anything heard from the provider.
    pub ever_shown: bool,
    /// The question that the status asks a person: the reason of `Stalled`, if it is true.
    pub asked: Option<String>,
}

/// The account that an object is ordered from.
#[derive(Clone, Debug)]
pub struct AccountFacts {
    /// Why it can't be used now.
    pub problem: Option<Problem>,
    /// It is being deleted: nothing new is ordered from it.
    pub closing: bool,
    /// How often each circuit is looked at.
    pub poll_interval: Duration,
    /// How long a lost request may still act, and lists may lag.
    pub settle_time: Duration,
    /// Whether an order was once found again by search.
    pub search_proven: bool,
}

/// What this process remembers of an object. All of it may be lost in a crash.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The finalizer was put on by this very pass.
    pub held_now: bool,
    /// The intent to order was written by this very pass, from a fresh read, and nothing was sent yet.
    pub may_create: bool,
    /// What came of the order that this process sent.
    pub create: Option<Sent>,
    /// The intent to end it was written by this very pass, from a fresh read, and nothing was sent yet.
    pub may_delete: bool,
    /// What came of the deletion that this process sent.
    pub delete: Option<Sent>,
    /// The intent of another change was written by this very pass, from a fresh read, and nothing was sent yet.
    pub may_change: bool,
    /// What came of the other change that this process sent.
    pub change: Option<Sent>,
    /// An intent was taken back in this pass for this reason.
    pub turned_away: Option<Refusal>,
    /// Complete searches of this process, before the present one, that did not find the order under way.
    pub empty_searches: u32,
    /// How long this process has known of the order under way.
    pub intent_known_for: Duration,
    /// How long ago this process asked the provider for what the object shows of it.
    pub heard_ago: Option<Duration>,
}

/// What came of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Done; a create tells the id.
    Done {
        /// The upstream id of what was created.
        id: Option<ExternalId>,
    },
    /// It certainly did not happen.
    NotDone(Refusal),
    /// It may have happened.
    Unknown {
        /// The provider spoke of a conflict: what is there is not ours.
        conflict: bool,
        /// What happened.
        message: String,
    },
}

/// Why a mutation did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The provider understood and refused: asking again the same is of no use.
    pub by_provider: bool,
    /// The provider has no way to do it at all.
    pub unsupported: bool,
    /// The reason, with what the provider said.
    pub cause: Cause,
}

impl Refusal {
    /// What is kept of it, so that the same isn't asked again on the same basis (S2).
    pub fn refused(&self, basis: String) -> Option<Refused> {
        let kept = || Refused { basis, message: self.cause.message.clone(), unsupported: self.unsupported };
        self.by_provider.then(kept)
    }
}

/// A search of this pass for what this object may have upstream.
#[derive(Clone, Debug)]
pub struct Search {
    /// When it began.
    pub begun: Timestamp,
    /// How long this process had known of the order under way when the search began.
    pub intent_known_for: Duration,
    /// What was found, if the search was complete.
    pub found: Result<Findings, Cause>,
}

/// The outcome of a complete search.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Live objects that carry our full key.
    pub ours: Vec<ExternalId>,
    /// Live objects that carry the first half of our key and another second half.
    pub namesakes: Vec<ExternalId>,
    /// Live objects without a key that fit the wish.
    pub fits: Vec<Fit>,
    /// What would be ordered, or why nothing can be.
    pub plan: Option<Result<Plan, Problem>>,
    /// What a person writes as external-id for what was sent, where no search can find it.
    pub untraceable: Option<String>,
    /// What a partner made and the object stands for, or why it can't be told.
    pub received: Option<Result<ExternalId, Problem>>,
}

/// A live upstream object without a key that fits the wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Its upstream id.
    pub id: ExternalId,
    /// It is exactly what was, or would be, ordered (the same slot), not merely alike.
    pub exact: bool,
    /// Another object of ours that holds it.
    pub claimed_by: Option<String>,
    /// Another object of ours whose order, with an outcome that isn't known yet, may have made it.
    pub perhaps_of: Option<String>,
}

/// What would be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Changes with anything that would be ordered.
    pub digest: Digest,
    /// One line for people.
    pub summary: String,
    /// Whether a person must approve it.
    pub needs_approval: bool,
    /// Whether what was picked is written down on the object.
    pub picks_recorded: bool,
}

/// A look of this pass at the upstream object. What it means is judged as of when it began, however long ago that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When it began.
    pub begun: Timestamp,
    /// How long before that an earlier pass had found the object gone, and the account in order.
    pub missing_for: Option<Duration>,
    /// It was asked for singly, and shares nothing with others: changes rest on nothing less.
    pub exact: bool,
    /// The change that is wanted, by what was seen.
    pub desired: Option<DesiredChange>,
    /// The plan of that change, where it is an order of its own (S7).
    pub plan: Option<Plan>,
    /// What it told.
    pub heard: Observation,
}

/// A change of what is upstream, other than its order and its end (S9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredChange {
    /// What is wanted.
    pub type_: OperationType,
    /// What an order is for: one of it is enough, in whatever words it is wanted (S9).
    pub target: Option<String>,
    /// Another wish, another digest.
    pub digest: Digest,
    /// One line for people.
    pub summary: String,
}

/// What a look at one upstream object told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It is there.
    Found(Upstream),
    /// The provider says that it is not there.
    NotFound,
    /// The provider wasn't heard: nothing is known.
    Unknown(Cause),
}

/// What is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// How usable it is.
    pub readiness: Readiness,
    /// What hangs on it and must go before it can be ended.
    pub in_use_by: Vec<String>,
    /// How it differs from what is wanted, if it does and can't be changed.
    pub drift: Option<String>,
    /// Whether it can be ended.
    pub end: End,
}

/// Whether something upstream can be ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By asking for it.
    OnDemand,
    /// Not now, and why.
    NotNow(String),
    /// It is ending already; what the provider says of that.
    UnderWay(String),
    /// It has ended by itself.
    Over,
    /// There is nothing that could be ended.
    Nothing,
}

/// How usable an upstream object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Usable.
    Ready,
    /// On its way.
    InProgress(String),
    /// Not usable now; neither in progress nor for a person to mend here.
    NotUsable(&'static str, String),
    /// It failed, and a person must see to it; what the provider says of it.
    Failed(String),
    /// It ended without our doing, and never comes back; what the provider says of it.
    Ended(String),
}

/// Documents of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Documents {
    /// Nothing to fetch.
    Settled,
    /// Something should be fetched now.
    Due,
    /// Fetching failed in this pass.
    Failed(String),
}

impl Facts {
    /// The deletion under way, if one is.
    pub fn deletion_sent(&self) -> Option<&Operation> {
        self.recorded.operation.as_ref().filter(|operation| operation.type_ == OperationType::Delete)
    }

    /// The change under way that is no deletion, if one is.
    pub fn change_sent(&self) -> Option<&Operation> {
        self.recorded.operation.as_ref().filter(|operation| operation.type_ != OperationType::Delete)
    }

    /// When the present order began, if one did.
    pub fn order_began(&self) -> Option<Timestamp> {
        self.recorded.creation.as_ref().and_then(|creation| creation.started_at)
    }

    /// The look of this pass. One that three poll intervals have passed over says nothing of now (S13).
    pub fn fresh_look(&self) -> Option<&Look> {
        let old = |look: &&Look| at_least(self.now, look.begun, self.account.poll_interval * 3);
        self.look.as_ref().filter(|look| !old(look))
    }

    /// Whether, at that time, the settle time after the order was not over: then not found isn't gone (S6).
    pub fn just_ordered(&self, at: Timestamp) -> bool {
        self.order_began().is_some_and(|began| !at_least(at, began, self.account.settle_time))
    }

    /// Counts the orders that a person has declared void, from 1.
    pub fn attempt(&self) -> u32 {
        self.recorded.creation.as_ref().map_or(1, |creation| creation.attempt)
    }

    /// The words by which a person says that nothing of this object is upstream.
    pub fn nothing_there(&self) -> String {
        format!("{}/{}=none", self.key, self.attempt())
    }

    /// Whether a person said so, of the present attempt.
    pub fn answered_nothing_there(&self) -> bool {
        self.annotations.create_outcome.as_deref() == Some(&self.nothing_there())
    }

    /// Our finalizer is on, and there is no record of why: the status was lost, perhaps with an order in it (S8).
    pub fn record_lost(&self) -> bool {
        let nothing = self.recorded.creation.is_none() && self.identity() == Identity::None;
        self.finalizer && nothing && !self.memory.held_now && !self.receives
    }

    /// The words by which a person says that none of these is this object's, where its own record is lost: no answer
    /// to an earlier question can be the same.
    pub fn none_of(&self, candidates: &[ExternalId]) -> String {
        format!("{}/{}=none", self.key, fingerprint(candidates))
    }

    /// Upstream objects that a person declared not to be ours.
    pub fn dismissed(&self) -> &[ExternalId] {
        self.recorded.creation.as_ref().map(|creation| creation.dismissed.as_slice()).unwrap_or_default()
    }

    /// Whether the plan of this digest was approved (S7: an approval of another digest is none).
    pub fn approved(&self, digest: &Digest) -> bool {
        [&self.annotations.approved_plan, &self.recorded.approved_digest]
            .into_iter()
            .any(|seen| seen.as_ref() == Some(digest))
    }
}

/// Whether `later` is at least `by` after `earlier`. A clock set back makes it later, never sooner.
pub fn at_least(later: Timestamp, earlier: Timestamp, by: Duration) -> bool {
    later.duration_since(earlier) >= SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX)
}
