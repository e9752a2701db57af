//! One pass over one object: the facts as they are gathered, and the effect of each step.

mod changing;
mod ending;
pub mod error;
mod ordering;
mod reading;
mod status;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_controller::events::EventType;
use kube::{Resource, ResourceExt};
use parking_lot::Mutex;

use super::adapter::{Adapter, Offer, Seen};
use super::context::{Context, annotations_of};
use super::decide::{Step, decide};
use super::key::uid_of;
use super::memory::{Intent, Remembered};
use super::predicates;
use crate::accounts::{Account, DEFAULT_POLL, DEFAULT_SETTLE, Entry, InAccount};
use crate::api::common::{Circuit, CommonStatus, Creation, Document, ManagementPolicy};
use crate::api::conditions::{Cause, Problem, STALLED, reason, true_reason};
use crate::api::ids::{OrderKey, Uid};
use crate::api::{CIRCUIT_FINALIZER, annotations};
use crate::base::clock::{Clock, Moment};
use crate::base::metrics::MutationLabels;
use crate::cluster::leader::IntentWritten;
use crate::cluster::writes::{MetadataChange, change_metadata, write_status};
use crate::lifecycle::decide::facts::{
    self, AccountFacts, Annotations, Deletion, Documents, Facts, Memory, Observation, Read, Recorded, Refusal, Search,
};
use crate::providers::http::limiter::Permit;
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use error::PassError;

/// Waiting longer than this for a turn makes what was read before it old (S1).
const STILL_FRESH: Duration = Duration::from_secs(1);
/// How often the Secrets of settled objects are looked at: they can't be watched (S10).
const DOCUMENTS_EVERY: Duration = Duration::from_secs(3600);

/// How a step ended.
pub enum Flow {
    /// Decide again.
    Next,
    /// Nothing more for now; look again after this long, or when something changes.
    Rested(Option<Duration>),
    /// The object was let go.
    Released,
    /// The object isn't there any more.
    Vanished,
}

/// One pass over one object.
pub struct Pass<'e, A: Adapter> {
    context: &'e Context<A>,
    namespace: String,
    object: A::Object,
    read: Read,
    read_at: Moment,
    memory: Arc<Mutex<Remembered>>,
    entry: Entry,
    permit: Option<Permit>,
    crd_going: bool,
    evidence: Evidence<A>,
    turned_away: Option<Refusal>,
    /// The finalizer was put on in this pass.
    held_now: bool,
    /// The intent to order was written in this pass, and nothing was sent yet.
    may_create: Option<IntentWritten>,
    /// The intent to end it was written in this pass, and nothing was sent yet.
    may_delete: Option<IntentWritten>,
    /// The intent of another change was written in this pass, and nothing was sent yet.
    may_change: Option<IntentWritten>,
}

/// What was learnt in this pass, of the object as it was read.
struct Evidence<A: Adapter> {
    search: Option<Search>,
    offer: Option<Offer<A::Order>>,
    seen: Option<Look<A>>,
    probe: Option<Result<(), Cause>>,
    documents: Documents,
    stored: Vec<Document>,
}

/// A look at the upstream object.
struct Look<A: Adapter> {
    begun: Timestamp,
    /// When it began, by the clock that only goes forward.
    asked: Moment,
    missing_for: Option<Duration>,
    /// It was asked for singly.
    exact: bool,
    seen: Result<Seen<A::Details, A::Change>, ReadError>,
}

impl<A: Adapter> Default for Evidence<A> {
    fn default() -> Self {
        Self { search: None, offer: None, seen: None, probe: None, documents: Documents::Settled, stored: Vec::new() }
    }
}

impl<'e, A: Adapter> Pass<'e, A> {
    /// Begins with the object as the cache has it.
    pub fn begin(context: &'e Context<A>, object: A::Object, memory: Arc<Mutex<Remembered>>) -> Self {
        let namespace = object.namespace().unwrap_or_default();
        let entry = context.shared.accounts.get(&namespace, &object.common().account_ref.name);
        let pass = Self {
            context,
            namespace,
            object,
            read: Read::Cached,
            read_at: context.shared.clock.now(),
            memory,
            entry,
            permit: None,
            crd_going: false,
            evidence: Evidence::default(),
            turned_away: None,
            held_now: false,
            may_create: None,
            may_delete: None,
            may_change: None,
        };
        pass.register();
        pass
    }

    /// What it was decided from in the end: the object as last read or written, and the account as the pass began.
    pub fn cause(&self) -> u64 {
        predicates::cause(&self.object, &self.entry)
    }

    /// The next step.
    pub fn decide(&self) -> Step {
        decide(&self.facts())
    }

    /// Takes one step.
    pub async fn take(&mut self, step: Step) -> Result<Flow, PassError> {
        match step {
            Step::ReadFresh => self.read_fresh().await?,
            Step::Search => return self.search().await,
            Step::Observe(id) => self.observe(&id, false).await,
            Step::ObserveSingly(id) => self.observe(&id, true).await,
            Step::Probe => self.probe().await,
            Step::AddFinalizer => self.add_finalizer().await?,
            Step::Intend(plan) => self.intend(&plan).await?,
            Step::Create => self.create().await,
            Step::RecordId { id, ordered } => self.record_id(&id, ordered).await?,
            Step::Withdraw(refusal) => self.withdraw(refusal).await?,
            Step::NoteConflict => self.change_creation(|creation| creation.conflict = true).await?,
            Step::NextAttempt { dismissed } => self.next_attempt(dismissed).await?,
            Step::VoidAnswer => self.void_answer().await?,
            Step::ForgetId => self.forget_id().await?,
            Step::FetchDocuments(id) => self.fetch_documents(&id).await,
            Step::IntendDelete { attempt } => return self.intend_delete(attempt).await,
            Step::Delete(id) => self.delete(&id).await,
            Step::RecordDeleted => self.record_deleted().await?,
            Step::WithdrawDelete(refusal) => self.withdraw_delete(refusal).await?,
            Step::IntendChange { desired, attempt } => return self.intend_change(&desired, attempt).await,
            Step::Change(id) => self.change(&id).await,
            Step::RecordChanged => self.record_changed().await?,
            Step::WithdrawChange(refusal) => self.withdraw_change(refusal).await?,
            Step::SettleChange => self.settle_change().await?,
            Step::RemoveFinalizer(why) => return self.remove_finalizer(why).await,
            Step::Requeue(next) => return Ok(self.rested(next)),
            Step::WriteStatus(verdict) => return self.write_status(&verdict).await,
        }
        Ok(Flow::Next)
    }

    /// What is known at this moment.
    pub fn facts(&self) -> Facts {
        let common = self.object.common();
        let memory = self.memory.lock();
        let claimed_by = match common.management_policy {
            ManagementPolicy::Manage => self.context.shared.claims.outranked_by(&self.uid()),
            ManagementPolicy::Observe => None,
        };
        Facts {
            now: self.clock().wall(),
            read: self.read,
            uid: self.uid(),
            key: self.key(),
            deletion: self.object.meta().deletion_timestamp.as_ref().map(|_| Deletion { crd_going: self.crd_going }),
            finalizer: self.object.finalizers().iter().any(|name| name == CIRCUIT_FINALIZER),
            observe_only: common.management_policy == ManagementPolicy::Observe,
            deletion_policy: common.deletion_policy,
            can_decommission: A::CAN_DECOMMISSION,
            suspended: common.suspend,
            receives: A::receives(&self.object),
            annotations: self.annotations(),
            recorded: self.recorded(),
            account: self.account_facts(),
            claimed_by,
            memory: Memory {
                held_now: self.held_now,
                may_create: self.may_create.is_some(),
                create: memory.create.clone().filter(|sent| sent.speaks_of(self.intent())).map(|sent| sent.outcome),
                may_delete: self.may_delete.is_some(),
                delete: memory
                    .delete
                    .clone()
                    .filter(|sent| sent.intent == self.operation_intent())
                    .map(|sent| sent.outcome),
                may_change: self.may_change.is_some(),
                change: memory
                    .change
                    .clone()
                    .filter(|sent| sent.intent == self.operation_intent())
                    .map(|sent| sent.outcome),
                turned_away: self.turned_away.clone(),
                empty_searches: memory.empty_searches,
                intent_known_for: memory.intent_known_for(self.clock()),
                heard_ago: memory.heard.map(|heard| self.clock().since(heard)),
            },
            search: self.evidence.search.clone(),
            look: self.evidence.seen.as_ref().map(|seen| look(seen, self.change_plan())),
            probe: self.evidence.probe.clone(),
            documents: self.evidence.documents.clone(),
            basis: self.basis(),
        }
    }

    fn annotations(&self) -> Annotations {
        annotations_of(&self.object)
    }

    fn recorded(&self) -> Recorded {
        let Some(status) = self.object.common_status() else { return Recorded::default() };
        Recorded {
            external_id: status.external_id.clone(),
            creation: self.creation(),
            operation: status.operation.clone(),
            approved_digest: status.plan.as_ref().and_then(|plan| plan.approved_digest.clone()),
            candidates: status.candidates.clone(),
            ever_shown: status.state.is_some(),
            asked: true_reason(&status.conditions, STALLED).map(ToOwned::to_owned),
        }
    }

    /// This object's intent. S5: that of another one, restored or copied with its status, is none.
    fn creation(&self) -> Option<Creation> {
        self.object.common_status()?.creation.clone().filter(|creation| creation.key == self.key())
    }

    fn account_facts(&self) -> AccountFacts {
        let mut facts = account_facts(&self.entry, A::search_proven_by(&self.object));
        let Some(account) = &self.entry.account else { return facts };
        if A::Client::of(&account.provider).is_none() {
            let message =
                format!("ProviderAccount {} is not an account at this kind's provider", account.reference.name);
            facts.problem = Some(Problem::stalled(reason::INVALID_SPEC, message));
        }
        let ordered_from = self.object.common_status().and_then(|status| status.upstream_account.as_ref());
        if let Some(other) = ordered_from.filter(|other| **other != account.upstream) {
            let message = format!(
                "this was ordered from {other}, and ProviderAccount {} is {} now: make an account for {other} again",
                account.reference.name, account.upstream
            );
            facts.problem = Some(Problem::stalled(reason::IDENTITY_CONFLICT, message));
        }
        facts
    }

    /// What a refusal rests on: asking again is of no use until this changes (S2).
    fn basis(&self) -> String {
        let version = self.entry.account.as_ref().map(|account| account.version.as_str()).unwrap_or_default();
        let asked = self.reconcile_at().unwrap_or_default();
        format!("{}/{version}/{asked}", self.object.meta().generation.unwrap_or_default())
    }

    fn reconcile_at(&self) -> Option<String> {
        self.object.annotations().get(annotations::RECONCILE_AT).cloned()
    }

    /// The order under way: its attempt and its start.
    fn intent(&self) -> Intent {
        let creation = self.object.common_status().and_then(|status| status.creation.as_ref());
        creation.map(|creation| (creation.attempt, creation.started_at))
    }

    /// The deletion, or other change, under way: its attempt and its start.
    fn operation_intent(&self) -> Intent {
        let operation = self.object.common_status().and_then(|status| status.operation.as_ref());
        operation.map(|operation| (operation.attempt, Some(operation.started_at)))
    }

    fn clock(&self) -> &'e Clock {
        &self.context.shared.clock
    }

    fn uid(&self) -> Uid {
        uid_of(&self.object)
    }

    fn key(&self) -> OrderKey {
        self.context.key(&self.object)
    }

    fn status(&self) -> CommonStatus {
        self.object.common_status().cloned().unwrap_or_default()
    }

    async fn change_metadata(&mut self, change: MetadataChange) -> Result<(), PassError> {
        let changed = change_metadata(&self.context.api(&self.object), &self.object, &change).await?;
        self.set_object(changed);
        Ok(())
    }

    async fn change_creation(&mut self, change: impl FnOnce(&mut Creation)) -> Result<(), PassError> {
        let mut changed = self.object.clone();
        if let Some(creation) = &mut changed.common_status_mut().creation {
            change(creation);
        }
        self.write(changed).await
    }

    async fn write(&mut self, changed: A::Object) -> Result<(), PassError> {
        let written = write_status(&self.context.api(&self.object), &self.object, changed).await?;
        // S5: where nothing was written nobody said that the object is still there, and what is gone must claim nothing.
        if written.resource_version() != self.object.resource_version() {
            self.set_object(written);
        }
        Ok(())
    }

    async fn event(&self, type_: EventType, reason: &'static str, note: String) {
        self.context.shared.events.publish(&self.object, type_, reason, note).await;
    }

    fn refusal(&self, failure: &Failure) -> Refusal {
        if let Some(account) = &self.entry.account {
            self.context.shared.accounts.heed(account, failure);
        }
        let unsupported = matches!(failure.kind, FailureKind::Refused(405 | 501));
        let understood =
            matches!(failure.kind, FailureKind::Forbidden | FailureKind::Refused(400 | 404 | 413 | 415 | 422));
        let by_provider = understood || unsupported;
        let reason = if by_provider { reason::PROVIDER_REFUSED } else { failure_reason(failure.kind) };
        Refusal { by_provider, unsupported, cause: Cause::new(reason, failure.message.clone()) }
    }

    fn count<T>(&self, operation: &'static str, outcome: &Outcome<T>) {
        let outcome = match outcome {
            Outcome::Done(_) => "done",
            Outcome::NotDone(_) => "not_done",
            Outcome::Unknown(_) => "unknown",
        };
        let labels = MutationLabels { kind: A::KIND, operation, outcome };
        self.context.shared.metrics.mutations.get_or_create(&labels).inc();
    }
}

/// It certainly did not happen, because it was not sent.
fn not_sent<T>(why: impl std::fmt::Display) -> Outcome<T> {
    Outcome::NotDone(Failure::new(FailureKind::NotSent, why))
}

fn look<A: Adapter>(look: &Look<A>, plan: Option<facts::Plan>) -> facts::Look {
    let heard = match &look.seen {
        Ok(seen) => Observation::Found(seen.upstream.clone()),
        Err(ReadError::NotFound(_)) => Observation::NotFound,
        Err(ReadError::Unknown(failure)) => Observation::Unknown(cause_of(failure)),
    };
    let change = look.seen.as_ref().ok().and_then(|seen| seen.change.as_ref());
    let desired = change.map(|change| change.desired.clone());
    facts::Look { begun: look.begun, missing_for: look.missing_for, exact: look.exact, desired, plan, heard }
}

/// Why the provider wasn't heard.
fn cause_of(failure: &Failure) -> Cause {
    Cause::new(failure_reason(failure.kind), failure.message.clone())
}

fn failure_reason(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::RateLimited => reason::RATE_LIMITED,
        FailureKind::Credentials => reason::CREDENTIALS_REJECTED,
        FailureKind::Forbidden => reason::NOT_AUTHORIZED,
        FailureKind::Unreadable => reason::UNREADABLE_ANSWER,
        FailureKind::Refused(_) | FailureKind::Conflict => reason::PROVIDER_REFUSED,
        FailureKind::Unreachable | FailureKind::ProviderFailed | FailureKind::NotSent => reason::PROVIDER_UNREACHABLE,
    }
}

/// What `decide` must know of the account.
fn account_facts(entry: &Entry, search_proven_by: Option<&str>) -> AccountFacts {
    let account = entry.account.as_deref();
    AccountFacts {
        problem: entry.problem.clone(),
        closing: entry.closing,
        poll_interval: account.map_or(DEFAULT_POLL, Account::poll_interval),
        settle_time: account.map_or(DEFAULT_SETTLE, |account| account.settle_time),
        search_proven: account.zip(search_proven_by).is_some_and(|(account, by)| account.search_proven(by)),
    }
}
