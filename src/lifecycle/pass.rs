//! One pass over one object: the facts as they are gathered, and the effect of each step.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_controller::events::EventType;
use kube::{Resource, ResourceExt};
use tracing::debug;

use super::adapter::{Access, Adapter, Fitting, Found, Offer, Query, Seen};
use super::claims::Rank;
use super::conditions;
use super::decide::{Release, Step, decide, searched_in_vain};
use super::engine::{Engine, PassError, due, marks};
use super::facts::{
    self, Deletion, Documents, Facts, Findings, Fit, Heard, Identity, Marks, Memory, Plan, Problem, Read, Recorded,
    Refusal, Search, Sent, Trouble,
};
use super::key::plan_digest;
use super::memory::{Remembered, SentFor, lock};
use super::verdict::{Next, Verdict};
use crate::accounts::{Account, Entry};
use crate::api::account::Approval;
use crate::api::common::{
    Circuit, CommonStatus, Creation, Document, ManagementPolicy, Operation, OperationType, PlanStatus,
};
use crate::api::conditions::{READY, STALLED, reason};
use crate::api::{CIRCUIT_FINALIZER, annotations};
use crate::documents;
use crate::kubernetes::{MetadataChange, change_metadata, in_time, write_status};
use crate::leader::IntentWritten;
use crate::providers::limiter::{Permit, Priority};
use crate::providers::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::telemetry::{KindLabels, MutationLabels};

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
    engine: &'e Engine<A>,
    object: A::Object,
    read: Read,
    read_at: Instant,
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
}

/// What was learnt in this pass, of the object as it was read.
struct Evidence<A: Adapter> {
    search: Option<Search>,
    offer: Option<Offer>,
    seen: Option<Look<A>>,
    probe: Option<Result<(), Trouble>>,
    documents: Documents,
    stored: Vec<Document>,
}

/// A look at the upstream object.
struct Look<A: Adapter> {
    begun: Timestamp,
    missing_for: Option<Duration>,
    seen: Result<Seen<A::Details>, ReadError>,
}

impl<A: Adapter> Default for Evidence<A> {
    fn default() -> Self {
        Self { search: None, offer: None, seen: None, probe: None, documents: Documents::Settled, stored: Vec::new() }
    }
}

impl<'e, A: Adapter> Pass<'e, A> {
    /// Begins with the object as the cache has it.
    pub fn begin(engine: &'e Engine<A>, object: A::Object, memory: Arc<Mutex<Remembered>>) -> Self {
        let namespace = object.namespace().unwrap_or_default();
        let entry = engine.shared.accounts.get(&namespace, &object.common().account_ref.name);
        let pass = Self {
            engine,
            object,
            read: Read::Cached,
            read_at: Instant::now(),
            memory,
            entry,
            permit: None,
            crd_going: false,
            evidence: Evidence::default(),
            turned_away: None,
            held_now: false,
            may_create: None,
            may_delete: None,
        };
        pass.note_object();
        pass
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
            Step::Observe(id) => self.observe(&id).await,
            Step::Probe => self.probe().await,
            Step::Hold => self.hold().await?,
            Step::Intend(plan) => self.intend(&plan).await?,
            Step::Create => self.create().await,
            Step::Record { id, ordered } => self.record(&id, ordered).await?,
            Step::Withdraw(refusal) => self.withdraw(refusal).await?,
            Step::NoteConflict => self.change_creation(|creation| creation.conflict = true).await?,
            Step::Reopen { dismissed } => self.reopen(dismissed).await?,
            Step::VoidAnswer => self.void_answer().await?,
            Step::Forget => self.forget_id().await?,
            Step::FetchDocuments(id) => self.fetch_documents(&id).await,
            Step::IntendDelete { attempt } => return self.intend_delete(attempt).await,
            Step::Delete(id) => self.delete(&id).await,
            Step::RecordDeleted => self.record_deleted().await?,
            Step::WithdrawDelete(refusal) => self.withdraw_delete(refusal).await?,
            Step::Release(why) => return self.release(why).await,
            Step::Wait(next) => return Ok(self.rested(next)),
            Step::Rest(verdict) => return self.rest(&verdict).await,
        }
        Ok(Flow::Next)
    }

    // ---- facts

    fn facts(&self) -> Facts {
        let common = self.object.common();
        let memory = lock(&self.memory);
        let claimed_by = match common.management_policy {
            ManagementPolicy::Manage => self.engine.shared.claims.better(&self.uid()),
            ManagementPolicy::Observe => None,
        };
        Facts {
            now: Timestamp::now(),
            read: self.read,
            uid: self.uid(),
            key: self.key(),
            deletion: self.object.meta().deletion_timestamp.as_ref().map(|_| Deletion { crd_going: self.crd_going }),
            finalizer: self.object.finalizers().iter().any(|name| name == CIRCUIT_FINALIZER),
            observe_only: common.management_policy == ManagementPolicy::Observe,
            deletion_policy: common.deletion_policy,
            suspended: common.suspend,
            marks: self.marks(),
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
                    .filter(|sent| sent.intent == self.delete_intent())
                    .map(|sent| sent.outcome),
                turned_away: self.turned_away.clone(),
                empty_searches: memory.empty_searches,
                intent_known_for: memory.intent_known_for(),
                heard_ago: memory.heard.map(|heard| heard.elapsed()),
            },
            search: self.evidence.search.clone(),
            look: self.evidence.seen.as_ref().map(look),
            probe: self.evidence.probe.clone(),
            documents: self.evidence.documents.clone(),
            basis: self.basis(),
        }
    }

    fn marks(&self) -> Marks {
        marks(&self.object)
    }

    fn recorded(&self) -> Recorded {
        let Some(status) = self.object.common_status() else { return Recorded::default() };
        Recorded {
            external_id: status.external_id.clone(),
            // S5: the intent of another object, restored or copied with its status, is not this one's.
            creation: status.creation.clone().filter(|creation| creation.key == self.key()),
            operation: status.operation.clone(),
            approved_digest: status.plan.as_ref().and_then(|plan| plan.approved_digest.clone()),
            candidates: status.candidates.clone(),
            ever_shown: status.state.is_some(),
            asked: conditions::true_reason(&status.conditions, STALLED).map(ToOwned::to_owned),
        }
    }

    fn account_facts(&self) -> facts::AccountFacts {
        let mut facts = self.entry.facts(A::RESOURCE);
        let Some(account) = &self.entry.account else { return facts };
        if A::client(account).is_none() {
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

    /// The deletion under way: its attempt and its start.
    fn delete_intent(&self) -> Intent {
        let operation = self.object.common_status().and_then(|status| status.operation.as_ref());
        operation.map(|operation| (operation.attempt, Some(operation.started_at)))
    }

    fn uid(&self) -> String {
        self.object.uid().unwrap_or_default()
    }

    fn key(&self) -> String {
        self.engine.key(&self.object)
    }

    fn status(&self) -> CommonStatus {
        self.object.common_status().cloned().unwrap_or_default()
    }

    // ---- reading

    async fn read_fresh(&mut self) -> Result<(), PassError> {
        let api = self.engine.api(&self.object);
        let fresh = in_time(api.get(&self.object.name_any())).await?;
        if fresh.uid() != self.object.uid() {
            return Err(PassError::Kube(crate::kubernetes::KubeError::NotFound));
        }
        if fresh.resource_version() != self.object.resource_version() {
            self.evidence = Evidence::default();
        }
        (self.read, self.read_at) = (Read::Fresh, Instant::now());
        self.set_object(fresh);
        if self.object.meta().deletion_timestamp.is_some() {
            self.crd_going = self.engine.crd_going().await?;
        }
        Ok(())
    }

    fn set_object(&mut self, object: A::Object) {
        self.object = object;
        self.note_object();
    }

    fn note_object(&self) {
        self.engine.state_claims(&self.object);
        let status = self.object.common_status();
        let under_way =
            status.filter(|status| status.external_id.is_none()).and_then(|status| status.creation.as_ref());
        let attempt = under_way.filter(|creation| creation.started_at.is_some()).map(|creation| creation.attempt);
        // An object without the record of its orders may have one under way: attempt 0.
        let lost = self.facts().record_lost();
        lock(&self.memory).see_intent(attempt.or(lost.then_some(0)));
    }

    /// Waits for the turn to change something. False: what was read before is too old now, or it takes too long.
    async fn turn(&mut self, account: &Account) -> Result<bool, Flow> {
        let Some(client) = A::client(account).filter(|_| self.permit.is_none()) else { return Ok(true) };
        let asked = Instant::now();
        match A::turn(client).await {
            Ok(permit) => self.permit = Some(permit),
            Err(failure) => {
                debug!(%failure, "no turn");
                return Err(self.rested(Next::Backoff));
            }
        }
        if asked.elapsed() < STILL_FRESH {
            return Ok(true);
        }
        (self.read, self.evidence) = (Read::Cached, Evidence::default());
        Ok(false)
    }

    fn access<'a>(&'a self, account: &'a Account) -> Option<Access<'a, A::Client>> {
        let ready = conditions::true_reason(&self.status().conditions, READY).is_some();
        let priority = if ready { Priority::Poll } else { Priority::Transition };
        Some(Access { client: A::client(account)?, permit: self.permit.as_ref(), priority })
    }

    async fn search(&mut self) -> Result<Flow, PassError> {
        let Some(account) = self.entry.account.clone() else { return Ok(self.rested(Next::Backoff)) };
        let to_order = self.status().creation.is_none_or(|creation| creation.started_at.is_none());
        if to_order {
            match self.turn(&account).await {
                Ok(true) => {}
                Ok(false) => return Ok(Flow::Next),
                Err(flow) => return Ok(flow),
            }
        }
        let begun = Timestamp::now();
        let intent_known_for = lock(&self.memory).intent_known_for();
        let not_before = if self.read == Read::Fresh { self.read_at } else { Instant::now() };
        let not_before = lock(&self.memory).last_mutation.map_or(not_before, |last| last.max(not_before));
        let found = {
            let claimant = self.engine.claimant(&self.object);
            let claim = |on: &str| self.engine.shared.claims.try_wish(&claimant, on);
            let query = Query { object: &self.object, not_before, to_order, claim: &claim };
            let Some(at) = self.access(&account) else { return Ok(self.rested(Next::Backoff)) };
            A::search(at, query).await
        };
        let found = match found {
            Ok(found) => Ok(self.findings(found, &account)),
            Err(failure) => Err(self.trouble(&account, &failure)),
        };
        self.evidence.search = Some(Search { begun, intent_known_for, found });
        Ok(Flow::Next)
    }

    fn findings(&mut self, found: Found, account: &Account) -> Findings {
        let (uid, claims) = (self.uid(), &self.engine.shared.claims);
        let fit = |fitting: Fitting| {
            let holder = claims.other_holder(&uid, &self.engine.id_claim(&self.object, &fitting.id), Rank::Wish);
            // What stands where another object's order is under way is that order's.
            let under_way = || claims.other_holder(&uid, fitting.place.as_ref()?, Rank::Intent);
            Fit { claimed_by: holder.or_else(under_way), id: fitting.id, exact: fitting.exact }
        };
        let fits = found.fits.into_iter().map(fit).collect();
        let plan = found.offer.map(|offer| {
            let offer = offer?;
            let plan = self.plan(&offer, account);
            self.evidence.offer = Some(offer);
            Ok(plan)
        });
        Findings { ours: found.ours, namesakes: found.namesakes, fits, plan }
    }

    fn plan(&self, offer: &Offer, account: &Account) -> Plan {
        let attempt = self.status().creation.map_or(1, |creation| creation.attempt);
        let policy = &account.policy;
        let capped = policy.per_order.as_ref().is_some_and(|most| most.monthly.is_some() || most.once.is_some());
        let recorded = |(name, pick): (&&str, &String)| self.object.annotations().get(*name) == Some(pick);
        Plan {
            digest: plan_digest(&self.uid(), attempt, &account.upstream, &offer.request),
            summary: offer.summary.clone(),
            // A provider that tells no price under a ceiling needs approval instead.
            needs_approval: policy.approval == Approval::Required || capped,
            picks_recorded: offer.picks.iter().all(recorded),
        }
    }

    async fn observe(&mut self, id: &str) {
        let Some(account) = self.entry.account.clone() else { return };
        let (now, begun) = (Instant::now(), Timestamp::now());
        let missing_for = lock(&self.memory).missing_since.map(|since| since.elapsed());
        let since_poll = now.checked_sub(account.poll_interval() / 2).unwrap_or(now);
        let not_before = lock(&self.memory).last_mutation.map_or(since_poll, |last| last.max(since_poll));
        let Some(at) = self.access(&account) else { return };
        let seen = A::observe(at, &self.object, id, not_before).await;
        match &seen {
            Ok(_) => {
                let mut memory = lock(&self.memory);
                (memory.heard, memory.missing_since) = (Some(Instant::now()), None);
            }
            Err(ReadError::NotFound(_)) => lock(&self.memory).heard = Some(Instant::now()),
            Err(ReadError::NotHeard(failure)) => drop(self.trouble(&account, failure)),
        }
        if seen.is_ok() {
            self.prove_search(&account, id).await;
            self.evidence.documents = self.documents_due(id).await;
        }
        self.evidence.seen = Some(Look { begun, missing_for, seen });
    }

    /// Looks whether what was ordered can be found by search, once an account: only then is its silence believed (S3).
    async fn prove_search(&self, account: &Account, id: &str) {
        let ordered = self.marks().owner.is_some_and(|owner| owner == self.uid());
        if !ordered || account.search_proven(A::RESOURCE) {
            return;
        }
        let not_before = lock(&self.memory).last_mutation.unwrap_or(self.read_at);
        let Some(at) = self.access(account) else { return };
        if matches!(A::findable(at, &self.object, id, not_before).await, Ok(true)) {
            account.prove_search(&self.engine.shared.client, A::RESOURCE).await;
        }
    }

    async fn documents_due(&self, id: &str) -> Documents {
        if self.object.meta().deletion_timestamp.is_some() {
            return Documents::Settled;
        }
        let wanted = A::documents(&self.object, id);
        let kept = self.status().documents;
        let missing =
            wanted.iter().any(|want| !kept.iter().any(|have| have.type_ == want.type_ && have.basis == want.basis));
        if missing {
            return Documents::Due;
        }
        let asked = self.reconcile_at() != self.status().last_handled_reconcile_at;
        let checked = lock(&self.memory).documents_checked;
        if !asked && checked.is_some_and(|checked| checked.elapsed() < DOCUMENTS_EVERY) {
            return Documents::Settled;
        }
        for document in &kept {
            match documents::present(&self.engine.shared.client, &self.object, &document.secret_name).await {
                Ok(true) => {}
                Ok(false) => return Documents::Due,
                Err(_) => return Documents::Settled,
            }
        }
        lock(&self.memory).documents_checked = Some(Instant::now());
        Documents::Settled
    }

    async fn probe(&mut self) {
        let Some(account) = self.entry.account.clone() else { return };
        let Some(at) = self.access(&account) else { return };
        let probe = A::probe(at).await.map_err(|failure| self.trouble(&account, &failure));
        self.evidence.probe = Some(probe);
    }

    async fn fetch_documents(&mut self, id: &str) {
        let Some(account) = self.entry.account.clone() else { return };
        self.evidence.documents = Documents::Settled;
        for wanted in A::documents(&self.object, id) {
            let name = documents::secret_name(&self.object.name_any(), wanted.type_);
            let Some(at) = self.access(&account) else { return };
            let fetched = A::fetch(at, &self.object, id, &wanted).await.map_err(|error| error.to_string());
            let stored = match fetched {
                Ok(document) => {
                    let kept = Document {
                        type_: wanted.type_,
                        secret_name: name.clone(),
                        key: documents::KEY.into(),
                        sha256: super::key::sha256(&document),
                        bytes: document.len() as u64,
                        basis: wanted.basis,
                        retrieved_at: Timestamp::now(),
                    };
                    let stored = documents::store(&self.engine.shared.client, &self.object, &name, document).await;
                    stored.map(|()| kept).map_err(|error| error.to_string())
                }
                Err(error) => Err(error),
            };
            match stored {
                Ok(kept) => {
                    self.event(EventType::Normal, "LoaStored", format!("{} bytes in Secret {name}", kept.bytes)).await;
                    self.evidence.stored.retain(|have| have.type_ != kept.type_);
                    self.evidence.stored.push(kept);
                    lock(&self.memory).documents_checked = Some(Instant::now());
                }
                Err(error) => self.evidence.documents = Documents::Failed(format!("no LOA: {error}")),
            }
        }
    }

    /// Why the provider wasn't heard. Rejected credentials are read again.
    fn trouble(&self, account: &Account, failure: &Failure) -> Trouble {
        self.engine.shared.accounts.heed(account, failure);
        Trouble { reason: failure_reason(failure.kind), message: failure.message.clone() }
    }

    // ---- ordering

    async fn hold(&mut self) -> Result<(), PassError> {
        let imported = match self.facts().identity() {
            Identity::Held { id, ordered: false } => Some(id),
            _ => None,
        };
        let picks = self.evidence.offer.iter().flat_map(|offer| offer.picks.clone());
        let annotations = picks.map(|(name, pick)| (name, Some(pick))).collect();
        self.held_now = true;
        self.change_metadata(MetadataChange { annotations, hold: Some(CIRCUIT_FINALIZER), release: None }).await?;
        if let Some(id) = imported {
            self.event(EventType::Normal, "Imported", format!("takes care of {id} from now on")).await;
        }
        // What was searched for is what is held now, so the search stands; only the plan's picks are recorded now.
        if let Some(Search { found: Ok(Findings { plan: Some(Ok(plan)), .. }), .. }) = &mut self.evidence.search {
            plan.picks_recorded = true;
        }
        Ok(())
    }

    async fn intend(&mut self, plan: &Plan) -> Result<(), PassError> {
        // S5: the claim, before the intent.
        if self.engine.shared.claims.take(&self.uid()).is_err() {
            self.evidence = Evidence::default();
            return Ok(());
        }
        let shown = self.shown(plan);
        let mut changed = self.object.clone();
        let intent = IntentWritten::now();
        let (key, generation) = (self.key(), self.object.meta().generation);
        let upstream = self.entry.account.as_ref().map(|account| account.upstream.clone());
        if let Some(offer) = &self.evidence.offer {
            A::show_offer(offer, &mut changed);
        }
        let status = changed.common_status_mut();
        let previous = status.creation.take().filter(|creation| creation.key == key).unwrap_or_default();
        status.creation = Some(Creation {
            key,
            attempt: previous.attempt.max(1),
            digest: Some(plan.digest.clone()),
            started_at: Some(intent.wall),
            conflict: false,
            refused: None,
            dismissed: previous.dismissed,
        });
        status.plan = Some(shown);
        status.upstream_account = upstream;
        let creating = Verdict::underway(reason::CREATING, format!("ordering {}", plan.summary), Next::Backoff);
        conditions::apply(&creating, generation, status);
        lock(&self.memory).create = None;
        self.write(changed).await?;
        self.may_create = Some(intent);
        Ok(())
    }

    async fn create(&mut self) {
        let outcome = match self.may_create.take() {
            Some(intent) => self.send_order(&intent).await,
            None => not_sent("the order was not prepared in this pass"),
        };
        self.count("create", &outcome);
        let sent = match outcome {
            Outcome::Done(id) => Sent::Done { id: Some(id) },
            Outcome::NotDone(failure) => Sent::NotDone(self.refusal(&failure)),
            Outcome::Unknown(failure) => {
                let message = format!("the answer to the order was lost: {failure}");
                self.event(EventType::Warning, "CreateOutcomeLost", message.clone()).await;
                Sent::Unknown { conflict: failure.kind == FailureKind::Conflict, message }
            }
        };
        lock(&self.memory).create = Some(SentFor { intent: self.intent(), outcome: sent });
        self.evidence = Evidence::default();
    }

    async fn send_order(&mut self, written: &IntentWritten) -> Outcome<String> {
        let (Some(offer), Some(account), Some(permit)) = (&self.evidence.offer, &self.entry.account, &self.permit)
        else {
            return not_sent("the order was not prepared in this pass");
        };
        let intent = self.status().creation.unwrap_or_default();
        // S1: the request whose digest the intent holds, and nothing else.
        if intent.digest != Some(plan_digest(&self.uid(), intent.attempt, &account.upstream, &offer.request)) {
            return not_sent("what was to be ordered changed");
        }
        let Some(client) = A::client(account) else { return not_sent("the account is another provider's") };
        self.event(EventType::Normal, "CreateRequested", offer.summary.clone()).await;
        lock(&self.memory).last_mutation = Some(Instant::now());
        let outcome = match self.engine.shared.leadership.confirm(written, account.send_within).await {
            Ok(permission) => A::create(client, permit, &permission, &offer.request).await,
            Err(why) => not_sent(why),
        };
        lock(&self.memory).last_mutation = Some(Instant::now());
        outcome
    }

    async fn record(&mut self, id: &str, ordered: bool) -> Result<(), PassError> {
        let answered = matches!(self.facts().memory.create, Some(Sent::Done { .. }));
        let mut annotations = std::collections::BTreeMap::from([(annotations::EXTERNAL_ID, Some(id.to_owned()))]);
        if ordered {
            annotations.insert(annotations::EXTERNAL_ID_OWNER, Some(self.uid()));
        }
        self.change_metadata(MetadataChange { annotations, ..MetadataChange::default() }).await?;
        lock(&self.memory).create = None;
        match (ordered, answered) {
            (true, true) => self.event(EventType::Normal, "Created", format!("the provider calls it {id}")).await,
            (true, false) => {
                self.event(EventType::Normal, "Adopted", format!("found {id} again at the provider")).await
            }
            (false, _) => {}
        }
        Ok(())
    }

    async fn withdraw(&mut self, refusal: Option<Refusal>) -> Result<(), PassError> {
        let basis = self.basis();
        let refused = refusal.as_ref().filter(|refusal| refusal.by_provider);
        let refused = refused.map(|refusal| crate::api::common::Refused { basis, message: refusal.message.clone() });
        if let Some(refused) = &refused {
            self.event(EventType::Warning, reason::PROVIDER_REFUSED, refused.message.clone()).await;
        }
        self.change_creation(|creation| {
            // S2: not done takes digest and start off the intent; key and attempt stay.
            (creation.digest, creation.started_at, creation.conflict) = (None, None, false);
            creation.refused = refused;
        })
        .await?;
        lock(&self.memory).create = None;
        self.turned_away = refusal;
        self.evidence = Evidence::default();
        Ok(())
    }

    async fn reopen(&mut self, dismissed: Vec<String>) -> Result<(), PassError> {
        let key = self.key();
        let mut changed = self.object.clone();
        let status = changed.common_status_mut();
        let before = status.creation.take().filter(|creation| creation.key == key).unwrap_or_default();
        let dismissed = [before.dismissed, dismissed].concat();
        status.creation = Some(Creation { key, attempt: before.attempt.max(1) + 1, dismissed, ..Creation::default() });
        (status.external_id, status.operation, status.plan, status.state) = (None, None, None, None);
        status.candidates.clear();
        status.documents.clear();
        self.write(changed).await?;
        let note = "a person said that nothing is upstream: the next attempt begins".into();
        self.event(EventType::Normal, "OutcomeAnswered", note).await;
        {
            let mut memory = lock(&self.memory);
            let last_mutation = memory.last_mutation;
            *memory = Remembered { last_mutation, ..Remembered::default() };
        }
        (self.read, self.evidence) = (Read::Cached, Evidence::default());
        Ok(())
    }

    async fn void_answer(&mut self) -> Result<(), PassError> {
        let key = self.key();
        let mut changed = self.object.clone();
        let creation = &mut changed.common_status_mut().creation;
        let counted = creation.take().unwrap_or_else(|| Creation { key, attempt: 1, ..Creation::default() });
        *creation = Some(Creation { attempt: counted.attempt + 1, ..counted });
        self.write(changed).await
    }

    async fn forget_id(&mut self) -> Result<(), PassError> {
        let annotations = [(annotations::EXTERNAL_ID, None), (annotations::EXTERNAL_ID_OWNER, None)].into();
        self.change_metadata(MetadataChange { annotations, ..MetadataChange::default() }).await
    }

    // ---- ending

    async fn intend_delete(&mut self, attempt: u32) -> Result<Flow, PassError> {
        if let Some(account) = self.entry.account.clone() {
            match self.turn(&account).await {
                Ok(true) => {}
                Ok(false) => return Ok(Flow::Next),
                Err(flow) => return Ok(flow),
            }
        }
        let (key, generation) = (self.key(), self.object.meta().generation);
        let mut changed = self.object.clone();
        let status = changed.common_status_mut();
        let intent = IntentWritten::now();
        let started_at = intent.wall;
        status.operation =
            Some(Operation { type_: OperationType::Delete, key, attempt, started_at, accepted_at: None });
        let verdict = Verdict::underway(reason::DECOMMISSIONING, "asking the provider to end it", Next::Backoff);
        conditions::apply(&verdict, generation, status);
        lock(&self.memory).delete = None;
        self.write(changed).await?;
        self.may_delete = Some(intent);
        Ok(Flow::Next)
    }

    async fn delete(&mut self, id: &str) {
        let outcome = match self.may_delete.take() {
            Some(intent) => self.send_deletion(&intent, id).await,
            None => not_sent("the deletion was not prepared in this pass"),
        };
        self.count("delete", &outcome);
        let sent = match outcome {
            Outcome::Done(()) => Sent::Done { id: None },
            // S6: whether it is gone is for a look to tell.
            Outcome::NotDone(failure) if failure.kind == FailureKind::Refused(404) => {
                Sent::NotDone(Refusal { by_provider: false, ..self.refusal(&failure) })
            }
            Outcome::NotDone(failure) => Sent::NotDone(self.refusal(&failure)),
            Outcome::Unknown(failure) => Sent::Unknown { conflict: false, message: failure.message },
        };
        let mut memory = lock(&self.memory);
        memory.delete = Some(SentFor { intent: self.delete_intent(), outcome: sent });
        memory.last_mutation = Some(Instant::now());
        drop(memory);
        self.evidence = Evidence::default();
    }

    async fn send_deletion(&mut self, written: &IntentWritten, id: &str) -> Outcome<()> {
        let (Some(account), Some(permit)) = (&self.entry.account, &self.permit) else {
            return not_sent("the deletion was not prepared in this pass");
        };
        let Some(client) = A::client(account) else { return not_sent("the account is another provider's") };
        self.event(EventType::Normal, "DecommissionRequested", format!("asking the provider to end {id}")).await;
        match self.engine.shared.leadership.confirm(written, account.send_within).await {
            Ok(permission) => A::delete(client, permit, &permission, id).await,
            Err(why) => not_sent(why),
        }
    }

    async fn record_deleted(&mut self) -> Result<(), PassError> {
        let mut changed = self.object.clone();
        if let Some(operation) = &mut changed.common_status_mut().operation {
            operation.accepted_at = Some(Timestamp::now());
        }
        self.write(changed).await
    }

    async fn withdraw_delete(&mut self, refusal: Refusal) -> Result<(), PassError> {
        self.event(EventType::Warning, "DecommissionRefused", refusal.message.clone()).await;
        let mut changed = self.object.clone();
        changed.common_status_mut().operation = None;
        self.write(changed).await?;
        lock(&self.memory).delete = None;
        self.turned_away = Some(refusal);
        Ok(())
    }

    async fn release(&mut self, why: Release) -> Result<Flow, PassError> {
        let id = match self.facts().identity() {
            Identity::Held { id, .. } | Identity::Foreign { id, .. } => id,
            Identity::None | Identity::Conflict { .. } => String::new(),
        };
        match why {
            Release::Nothing => {}
            Release::Ended => self.event(EventType::Normal, "Gone", format!("{id} ended at the provider")).await,
            Release::Retained => {
                let what = if id.is_empty() { "what it may have ordered" } else { id.as_str() };
                let note = format!("let go; {what} lives on at the provider, and costs on");
                self.event(EventType::Warning, "Retained", note).await;
            }
        }
        self.change_metadata(MetadataChange { release: Some(CIRCUIT_FINALIZER), ..MetadataChange::default() }).await?;
        Ok(Flow::Released)
    }

    // ---- resting

    async fn rest(&mut self, verdict: &Verdict) -> Result<Flow, PassError> {
        let facts = self.facts();
        let (identity, taken) = (facts.identity(), facts.claimed_by.is_some());
        let missing = facts.look.is_some_and(|look| look.heard == Heard::NotFound) && facts.probe == Some(Ok(()));
        let generation = self.object.meta().generation;
        let before = self.status();
        let mut changed = self.object.clone();
        if let Some(Look { seen: Ok(seen), .. }) = &self.evidence.seen {
            A::show(seen, &mut changed);
        }
        let reconcile_at = self.reconcile_at();
        let (plan, approval) = (self.plan_to_show(), self.marks().approved_plan);
        let status = changed.common_status_mut();
        if let Some(Look { seen: Ok(seen), .. }) = &self.evidence.seen {
            status.state = Some(seen.state.clone());
        }
        // What another object has the better claim on is not recorded as this one's.
        if let Identity::Held { id, .. } = identity
            && !taken
        {
            status.external_id = Some(id);
        }
        if missing {
            status.state = None;
        }
        if let Some(account) = &self.entry.account {
            status.upstream_account.get_or_insert_with(|| account.upstream.clone());
        }
        for document in &self.evidence.stored {
            status.documents.retain(|have| have.type_ != document.type_);
            status.documents.push(document.clone());
        }
        if plan.is_some() {
            status.plan = plan;
        } else if let Some(plan) = status.plan.as_mut().filter(|plan| Some(&plan.digest) == approval.as_ref()) {
            plan.approved_digest = approval;
        }
        status.last_handled_reconcile_at = reconcile_at.or(status.last_handled_reconcile_at.take());
        conditions::apply(verdict, generation, status);
        self.write(changed).await?;
        self.tell(&before, verdict).await;
        Ok(self.rested(verdict.next))
    }

    fn plan_to_show(&self) -> Option<PlanStatus> {
        match &self.evidence.search {
            Some(Search { found: Ok(Findings { plan: Some(Ok(plan)), .. }), .. }) => Some(self.shown(plan)),
            _ => None,
        }
    }

    /// The plan as a person must see it, with an approval as soon as it is seen (S7).
    fn shown(&self, plan: &Plan) -> PlanStatus {
        let approved_digest = Some(plan.digest.clone()).filter(|digest| self.facts().approved(digest));
        PlanStatus { digest: plan.digest.clone(), summary: plan.summary.clone(), approved_digest }
    }

    /// Events and metrics for what is new in a verdict.
    async fn tell(&self, before: &CommonStatus, verdict: &Verdict) {
        let ready = conditions::word(verdict.ready.status);
        lock(&self.memory).ready = Some(ready);
        if let Some(word) = &verdict.stalled
            && conditions::true_reason(&before.conditions, STALLED) != Some(word.reason)
        {
            self.event(EventType::Warning, word.reason, word.message.clone()).await;
        }
        let was_ready = conditions::true_reason(&before.conditions, READY).is_some();
        if verdict.ready.status == Some(true) && !was_ready {
            self.event(EventType::Normal, "Ready", verdict.ready.word.message.clone()).await;
            let started = before.creation.as_ref().and_then(|creation| creation.started_at);
            if let Some(started) = started {
                let labels = KindLabels { kind: self.engine.kind() };
                let seconds = Timestamp::now().duration_since(started).as_secs_f64();
                self.engine.shared.metrics.order_to_ready_seconds.get_or_create(&labels).observe(seconds);
            }
        }
    }

    fn rested(&self, next: Next) -> Flow {
        let facts = self.facts();
        let missing = match (&facts.look, &facts.probe) {
            (Some(look), Some(Ok(()))) => look.heard == Heard::NotFound && !facts.just_ordered(look.begun),
            _ => false,
        };
        {
            let mut memory = lock(&self.memory);
            if searched_in_vain(&facts) {
                memory.empty_searches = memory.empty_searches.saturating_add(1);
            }
            if missing {
                memory.missing_since.get_or_insert_with(Instant::now);
            }
        }
        let poll = self.entry.facts(A::RESOURCE).poll_interval;
        Flow::Rested(due(next, poll, &self.memory))
    }

    // ---- writing

    async fn change_metadata(&mut self, change: MetadataChange) -> Result<(), PassError> {
        let changed = change_metadata(&self.engine.api(&self.object), &self.object, &change).await?;
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
        let written = write_status(&self.engine.api(&self.object), &self.object, changed).await?;
        self.set_object(written);
        Ok(())
    }

    async fn event(&self, type_: EventType, reason: &'static str, note: String) {
        self.engine.event(&self.object, type_, reason, note).await;
    }

    fn refusal(&self, failure: &Failure) -> Refusal {
        if let Some(account) = &self.entry.account {
            self.engine.shared.accounts.heed(account, failure);
        }
        let by_provider = matches!(failure.kind, FailureKind::Forbidden | FailureKind::Refused(400 | 404 | 422));
        let reason = if by_provider { reason::PROVIDER_REFUSED } else { failure_reason(failure.kind) };
        Refusal { by_provider, reason, message: failure.message.clone() }
    }

    fn count<T>(&self, operation: &'static str, outcome: &Outcome<T>) {
        let outcome = match outcome {
            Outcome::Done(_) => "done",
            Outcome::NotDone(_) => "not_done",
            Outcome::Unknown(_) => "unknown",
        };
        let labels = MutationLabels { kind: self.engine.kind(), operation, outcome };
        self.engine.shared.metrics.mutations.get_or_create(&labels).inc();
    }
}

/// Which intent something was sent for.
pub(super) type Intent = Option<(u32, Option<Timestamp>)>;

/// It certainly did not happen, because it was not sent.
fn not_sent<T>(why: impl std::fmt::Display) -> Outcome<T> {
    Outcome::NotDone(Failure::new(FailureKind::NotSent, why))
}

fn look<A: Adapter>(look: &Look<A>) -> facts::Look {
    let heard = match &look.seen {
        Ok(seen) => Heard::Found(seen.upstream.clone()),
        Err(ReadError::NotFound(_)) => Heard::NotFound,
        Err(ReadError::NotHeard(failure)) => {
            Heard::NotHeard(Trouble { reason: failure_reason(failure.kind), message: failure.message.clone() })
        }
    };
    facts::Look { begun: look.begun, missing_for: look.missing_for, heard }
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
