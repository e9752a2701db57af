//! The shell around `decide`: gathers the facts, takes the step, records what came of it, asks again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::ResourceExt;
use kube::runtime::controller::Action;
use tracing::{Instrument, debug, info_span, warn};

use super::adapter::Adapter;
use super::context::{Context, Shared};
use super::key::uid_of;
use super::memory::Memories;
use super::pass::error::{MAX_STEPS, PASS_DEADLINE, PassError};
use super::pass::{Flow, Pass};
use super::predicates::{self, QuietUntil};
use crate::api::common::Circuit;
use crate::api::ids::Uid;
use crate::base::duration::{FIRST_BACKOFF, backoff};
use crate::base::metrics::{CircuitLabels, KindLabels};
use crate::cluster::writes::KubeError;

/// No object waits longer than this after a failure.
const MAX_BACKOFF: Duration = Duration::from_secs(300);

/// Runs the lifecycle of all objects of one kind.
pub struct Engine<A: Adapter> {
    context: Context<A>,
    memories: Memories,
}

impl<A: Adapter> Engine<A> {
    /// An engine for the kind of `A`.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { context: Context::new(shared), memories: Memories::default() }
    }

    /// The controller was woken for the object: takes the steps that it needs, unless it rests and nothing changed.
    pub async fn wake(self: Arc<Self>, object: Arc<A::Object>) -> Result<Action, PassError> {
        let quiet = self.memories.of(&uid_of(object.as_ref())).lock().quiet;
        match quiet.and_then(|quiet| quiet.lasts(self.cause(&object), &self.context.shared.clock)) {
            Some(left) => Ok(left.map_or_else(Action::await_change, Action::requeue)),
            None => self.reconcile(object).await,
        }
    }

    fn cause(&self, object: &A::Object) -> u64 {
        let namespace = object.namespace().unwrap_or_default();
        predicates::cause(object, &self.context.shared.accounts.get(&namespace, &object.common().account_ref.name))
    }

    /// Takes the steps that the object needs now.
    pub async fn reconcile(self: Arc<Self>, object: Arc<A::Object>) -> Result<Action, PassError> {
        let (kind, started) = (A::KIND, Instant::now());
        let span = info_span!("circuit", %kind, namespace = object.namespace(), name = object.name_any());
        let result = self.pass(&object).instrument(span).await;
        let outcome = match &result {
            Ok(Flow::Rested(_)) => "rested",
            Ok(Flow::Released | Flow::Vanished) => "released",
            Err(PassError::Kube(KubeError::Conflict)) => "conflict",
            Ok(Flow::Next) | Err(_) => "error",
        };
        self.context.shared.metrics.pass_ended(A::KIND, outcome, started.elapsed());
        match result? {
            Flow::Rested(wait) => Ok(wait.map_or_else(Action::await_change, Action::requeue)),
            Flow::Next | Flow::Released | Flow::Vanished => Ok(Action::await_change()),
        }
    }

    /// Begins a pass over the object as a cache has it.
    pub fn begin(&self, object: A::Object) -> Pass<'_, A> {
        let memory = self.memories.of(&uid_of(&object));
        Pass::begin(&self.context, object, memory)
    }

    async fn pass(&self, object: &A::Object) -> Result<Flow, PassError> {
        let uid = uid_of(object);
        let memory = self.memories.of(&uid);
        memory.lock().quiet = None;
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
                    let quiet = QuietUntil::new(pass.cause(), wait, &self.context.shared.clock);
                    memory.lock().quiet = Some(quiet);
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
        let memory = self.memories.of(&uid_of(object));
        let mut memory = memory.lock();
        memory.broken_off = memory.broken_off.saturating_add(1);
        Action::requeue(backoff(memory.broken_off, MAX_BACKOFF))
    }

    /// Takes note of an object, before any pass over it.
    pub fn register(&self, object: &A::Object) {
        self.context.register(object);
    }

    /// Kubernetes shows the object.
    pub fn is_there(&self, object: &A::Object) {
        self.context.shared.claims.is_there(&uid_of(object));
    }

    /// The object is gone from Kubernetes.
    pub fn forget(&self, uid: &Uid) {
        self.memories.forget(uid);
        self.context.shared.claims.forget(uid);
        self.context.shared.loa_uses.replace(uid, None);
        self.context.shared.accounts.unused_by(uid);
    }

    /// These are all the objects there are: forgets those that vanished unseen, out of those known before.
    pub fn forget_others(&self, known: &mut HashSet<Uid>, seen: HashSet<Uid>) {
        known.difference(&seen).for_each(|uid| self.forget(uid));
        *known = seen;
    }

    /// Counts the objects for the metrics.
    pub fn count(&self) {
        for (ready, count) in self.memories.by_ready() {
            self.context.shared.metrics.circuits.get_or_create(&CircuitLabels { kind: A::KIND, ready }).set(count);
        }
        let labels = KindLabels { kind: A::KIND };
        self.context.shared.metrics.circuits_expiring.get_or_create(&labels).set(self.memories.expiring());
    }
}
