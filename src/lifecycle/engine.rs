//! The shell around `decide`: gathers the facts, takes the step, records what came of it, asks again.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::runtime::controller::Action;
use kube::{Api, Client, Resource, ResourceExt};
use tracing::{Instrument, debug, info_span, warn};

use super::adapter::Adapter;
use super::claims::{Claim, Claimant, Claims, Rank, claimant_name};
use super::facts::Marks;
use super::key::{key_of, names_something};
use super::memory::{Memories, Remembered, lock};
use super::pass::{Flow, Pass};
use super::uses::Uses;
use super::verdict::Next;
use super::wakes::{self, Rest};
use crate::accounts::Accounts;
use crate::api::common::{Circuit, ManagementPolicy};
use crate::api::{CIRCUIT_FINALIZER, annotations};
use crate::clock::Clock;
use crate::duration::jitter;
use crate::events::Events;
use crate::kubernetes::{KubeError, in_time};
use crate::leader::Leadership;
use crate::telemetry::{CircuitLabels, KindLabels, Metrics};

/// A pass that takes longer begins anew.
const PASS_DEADLINE: Duration = Duration::from_secs(120);
/// A pass of more steps than this has gone astray.
const MAX_STEPS: u32 = 40;
/// The first wait after a failure; it doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// No object waits longer than this after a failure.
const MAX_BACKOFF: Duration = Duration::from_secs(300);

/// What all kinds work with.
pub struct Shared {
    /// The API server.
    pub client: Client,
    /// All accounts.
    pub accounts: Arc<Accounts>,
    /// All claims.
    pub claims: Claims,
    /// Who uses whose LOA.
    pub uses: Uses,
    /// Permission to change things.
    pub leadership: Leadership,
    /// Events.
    pub events: Events,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
}

/// Runs the lifecycle of all objects of one kind.
pub struct Engine<A: Adapter> {
    pub(super) shared: Arc<Shared>,
    memories: Memories,
    kind: std::marker::PhantomData<fn() -> A>,
}

/// Why a pass ended early. The next one starts from what is there then.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The API server.
    #[error(transparent)]
    Kube(#[from] KubeError),
    /// The pass did not come to an end.
    #[error("{namespace}/{name}: the pass did not end within {MAX_STEPS} steps and {PASS_DEADLINE:?}; it begins anew")]
    Endless {
        /// The object's namespace.
        namespace: String,
        /// The object's name.
        name: String,
    },
}

impl<A: Adapter> Engine<A> {
    /// An engine for the kind of `A`.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, memories: Memories::default(), kind: std::marker::PhantomData }
    }

    /// The controller was woken for the object: takes the steps that it needs, unless it rests and nothing changed.
    pub async fn wake(self: Arc<Self>, object: Arc<A::Object>) -> Result<Action, PassError> {
        let rest = lock(&self.memories.of(&object.uid().unwrap_or_default())).rest;
        match rest.and_then(|rest| rest.lasts(self.cause(&object), &self.shared.clock)) {
            Some(left) => Ok(left.map_or_else(Action::await_change, Action::requeue)),
            None => self.reconcile(object).await,
        }
    }

    fn cause(&self, object: &A::Object) -> u64 {
        let namespace = object.namespace().unwrap_or_default();
        wakes::cause(object, &self.shared.accounts.get(&namespace, &object.common().account_ref.name))
    }

    /// Takes the steps that the object needs now.
    pub async fn reconcile(self: Arc<Self>, object: Arc<A::Object>) -> Result<Action, PassError> {
        let (kind, started) = (self.kind(), Instant::now());
        let span = info_span!("circuit", %kind, namespace = object.namespace(), name = object.name_any());
        let result = self.pass(&object).instrument(span).await;
        let outcome = match &result {
            Ok(Flow::Rested(_)) => "rested",
            Ok(Flow::Released | Flow::Vanished) => "released",
            Err(PassError::Kube(KubeError::Conflict)) => "conflict",
            Ok(Flow::Next) | Err(_) => "error",
        };
        self.shared.metrics.pass_ended(self.kind(), outcome, started.elapsed());
        match result? {
            Flow::Rested(wait) => Ok(wait.map_or_else(Action::await_change, Action::requeue)),
            Flow::Next | Flow::Released | Flow::Vanished => Ok(Action::await_change()),
        }
    }

    /// Begins a pass over the object as a cache has it.
    pub fn begin(&self, object: A::Object) -> Pass<'_, A> {
        let memory = self.memories.of(&object.uid().unwrap_or_default());
        Pass::begin(self, object, memory)
    }

    async fn pass(&self, object: &A::Object) -> Result<Flow, PassError> {
        let uid = object.uid().unwrap_or_default();
        let memory = self.memories.of(&uid);
        lock(&memory).rest = None;
        let mut pass = self.begin(object.clone());
        let deadline = Instant::now() + PASS_DEADLINE;
        for _ in 0..MAX_STEPS {
            let step = pass.decide();
            debug!(?step, "step");
            // What was begun at the provider is brought to its record, however late it is.
            if Instant::now() > deadline && !step.concludes() {
                break;
            }
            match pass.take(step).await {
                Ok(Flow::Next) => {}
                Ok(flow @ (Flow::Released | Flow::Vanished)) => {
                    self.forget(&uid);
                    return Ok(flow);
                }
                Ok(Flow::Rested(wait)) => {
                    let rest = Rest::new(pass.cause(), wait, &self.shared.clock);
                    lock(&memory).rest = Some(rest);
                    return Ok(Flow::Rested(wait));
                }
                Err(PassError::Kube(KubeError::NotFound)) => {
                    self.forget(&uid);
                    return Ok(Flow::Vanished);
                }
                Err(error) => return Err(error),
            }
        }
        Err(PassError::Endless { namespace: object.namespace().unwrap_or_default(), name: object.name_any() })
    }

    /// When to look again after a pass that failed.
    pub fn after_error(&self, object: &A::Object, error: &PassError) -> Action {
        if let PassError::Kube(KubeError::Conflict) = error {
            // Nobody is to be spared: what was decided from is old, and a new decision is due.
            debug!(name = object.name_any(), "{error}");
            return Action::requeue(backoff(1, FIRST_BACKOFF));
        }
        warn!(namespace = object.namespace(), name = object.name_any(), "{error}");
        let memory = self.memories.of(&object.uid().unwrap_or_default());
        let mut memory = lock(&memory);
        memory.broken_off = memory.broken_off.saturating_add(1);
        Action::requeue(backoff(memory.broken_off, MAX_BACKOFF))
    }

    /// Kubernetes shows the object.
    pub fn is_there(&self, object: &A::Object) {
        self.shared.claims.is_there(&object.uid().unwrap_or_default());
    }

    /// The object is gone from Kubernetes.
    pub fn forget(&self, uid: &str) {
        self.memories.forget(uid);
        self.shared.claims.forget(uid);
        self.shared.uses.state(uid, None);
        self.shared.accounts.unused_by(uid);
    }

    /// These are all the objects there are: forgets those that vanished unseen, out of those known before.
    pub fn forget_others(&self, known: &mut HashSet<String>, seen: HashSet<String>) {
        known.difference(&seen).for_each(|uid| self.forget(uid));
        *known = seen;
    }

    /// Takes note of an object: which account it uses, and what it claims (S5), which is nothing if it only observes,
    /// or if it goes and nothing of ours holds it.
    pub fn note(&self, object: &A::Object) {
        let (namespace, account) = (object.namespace().unwrap_or_default(), &object.common().account_ref.name);
        let recorded = object.common_status().and_then(|status| status.external_id.clone());
        let holds = recorded.or(marks(object).external_id).is_some_and(|id| names_something(&id));
        self.shared.accounts.used_by(&namespace, account, &object.uid().unwrap_or_default(), holds);
        let held = object.finalizers().iter().any(|name| name == CIRCUIT_FINALIZER);
        let goes = object.meta().deletion_timestamp.is_some() && !held;
        let manages = object.common().management_policy == ManagementPolicy::Manage;
        let claims = if manages && !goes { self.claims(object) } else { Vec::new() };
        let there = self.shared.claims.state(&self.claimant(object), claims);
        let used = if there && !goes { A::uses_loa(object) } else { None };
        self.shared.uses.state(&object.uid().unwrap_or_default(), used);
    }

    /// Counts the objects for the metrics.
    pub fn count(&self) {
        for (ready, count) in self.memories.by_ready() {
            self.shared.metrics.circuits.get_or_create(&CircuitLabels { kind: self.kind(), ready }).set(count);
        }
        let labels = KindLabels { kind: self.kind() };
        self.shared.metrics.circuits_expiring.get_or_create(&labels).set(self.memories.expiring());
    }

    /// Whether the CRD of this kind is being deleted (S8): then its objects' deletion is nobody's wish to end circuits.
    pub(super) async fn crd_going(&self) -> Result<bool, KubeError> {
        let crds: Api<CustomResourceDefinition> = Api::all(self.shared.client.clone());
        let name = format!("{}.{}", A::Object::plural(&()), A::Object::group(&()));
        let crd = in_time(crds.get_opt(&name)).await?;
        Ok(crd.is_none_or(|crd| crd.metadata.deletion_timestamp.is_some()))
    }

    /// The kind's name.
    pub(super) fn kind(&self) -> &'static str {
        A::KIND
    }

    pub(super) fn api(&self, object: &A::Object) -> Api<A::Object> {
        Api::namespaced(self.shared.client.clone(), &object.namespace().unwrap_or_default())
    }

    pub(super) fn claimant(&self, object: &A::Object) -> Claimant {
        let since = object.meta().creation_timestamp.as_ref().map(|time| time.0).unwrap_or_default();
        let name = claimant_name(self.kind(), &object.namespace().unwrap_or_default(), &object.name_any());
        Claimant { uid: object.uid().unwrap_or_default(), name, since }
    }

    fn claims(&self, object: &A::Object) -> Vec<Claim> {
        let marks = marks(object);
        if marks.owner.as_ref().is_some_and(|owner| Some(owner) != object.uid().as_ref()) {
            return Vec::new();
        }
        let status = object.common_status();
        let recorded = status.and_then(|status| status.external_id.clone());
        let creation = status.and_then(|status| status.creation.as_ref());
        let ordered = creation.is_some_and(|own| own.started_at.is_some() && own.key == self.key(object));
        // Only the operator's own record outranks others: what a person names may be another object's.
        let rank = |id: &String| {
            let own = marks.owner.is_some() || ordered && marks.external_id.is_none() && recorded.as_ref() == Some(id);
            if own { Rank::Recorded } else { Rank::Import }
        };
        let ids: BTreeSet<&String> = marks.external_id.iter().chain(&recorded).collect();
        let mut claims = A::claims(object, ids.iter().map(|id| rank(id)).min());
        claims.extend(ids.iter().map(|id| Claim { on: self.id_claim(object, id), rank: rank(id), flexible: false }));
        claims
    }

    /// Our key for the object's orders.
    pub(super) fn key(&self, object: &A::Object) -> String {
        key_of(self.kind(), object)
    }

    /// What is claimed with an upstream id: ids are the account's own at some providers, so the account is part of it.
    pub(super) fn id_claim(&self, object: &A::Object, id: &str) -> String {
        let (namespace, account) = (object.namespace().unwrap_or_default(), &object.common().account_ref.name);
        format!("{}/{}/{id}", self.shared.accounts.upstream(&namespace, account), A::held_as(object))
    }
}

/// What the annotations say; an empty one says nothing.
pub(super) fn marks(object: &impl Circuit) -> Marks {
    let mark = |name: &str| object.annotations().get(name).filter(|value| !value.is_empty()).cloned();
    Marks {
        external_id: mark(annotations::EXTERNAL_ID),
        owner: mark(annotations::EXTERNAL_ID_OWNER),
        approved_plan: mark(annotations::APPROVED_PLAN),
        create_outcome: mark(annotations::CREATE_OUTCOME),
    }
}

/// When the next look is due.
pub(super) fn due(next: Next, poll: Duration, memory: &Mutex<Remembered>) -> Option<Duration> {
    let mut memory = lock(memory);
    // A provider that isn't heard says nothing of the API server, and the other way round.
    memory.broken_off = 0;
    memory.failures = if next == Next::Backoff { memory.failures.saturating_add(1) } else { 0 };
    match next {
        Next::Backoff => Some(backoff(memory.failures, poll)),
        Next::Poll => Some(jitter(poll)),
        Next::Change => None,
    }
}

/// How long to wait after so many failures in a row, from 1.
fn backoff(failures: u32, most: Duration) -> Duration {
    let wait = FIRST_BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(16));
    // Half to one and a half of it: what failed together must not come back together.
    wait.min(most).mul_f64(0.5 + fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_servers_failures_are_no_more_because_the_provider_was_away() {
        let memory = Mutex::new(Remembered::default());
        let poll = Duration::from_secs(300);
        let last = (0..30).filter_map(|_| due(Next::Backoff, poll, &memory)).last().unwrap();
        assert!(last >= poll / 2 && last <= poll * 2);
        assert_eq!(lock(&memory).broken_off, 0);
        assert!(backoff(1, MAX_BACKOFF) <= FIRST_BACKOFF * 2);
        due(Next::Poll, poll, &memory);
        assert_eq!(lock(&memory).failures, 0);
    }
}
