//! What a pass reads: the object, the account, the provider.

use k8s_controller::events::EventType;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use tracing::debug;

use super::error::PassError;
use super::{DOCUMENTS_EVERY, Evidence, Flow, Look, Pass, STILL_FRESH, cause_of};
use crate::accounts::{Account, InAccount};
use crate::api::account::Approval;
use crate::api::common::Document;
use crate::api::conditions::{Cause, Problem, READY, reason, true_reason};
use crate::api::ids::ExternalId;
use crate::base::digest::sha256;
use crate::cluster::documents;
use crate::cluster::references::References;
use crate::cluster::writes::in_time;
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Fitting, Found, Offer, Place, Query, Wanted};
use crate::lifecycle::decide::facts::{Documents, Findings, Fit, Plan, Read, Search};
use crate::lifecycle::decide::verdict::Next;
use crate::lifecycle::key::plan_digest;
use crate::lifecycle::registry::claims::Rank;
use crate::providers::http::limiter::Priority;
use crate::providers::http::outcome::{Failure, ReadError};
use crate::providers::http::transport::ProviderClient;

impl<A: Adapter> Pass<'_, A> {
    pub(super) async fn read_fresh(&mut self) -> Result<(), PassError> {
        let api = self.context.api(&self.object);
        let fresh = in_time(api.get(&self.object.name_any())).await?;
        if fresh.uid() != self.object.uid() {
            return Err(PassError::Kube(crate::cluster::writes::KubeError::NotFound));
        }
        if fresh.resource_version() != self.object.resource_version() {
            self.evidence = Evidence::default();
        }
        (self.read, self.read_at) = (Read::Fresh, self.clock().now());
        self.set_object(fresh);
        if self.object.meta().deletion_timestamp.is_some() {
            self.crd_going = self.context.crd_going().await?;
        }
        Ok(())
    }

    pub(super) fn set_object(&mut self, object: A::Object) {
        self.object = object;
        self.register();
    }

    pub(super) fn register(&self) {
        self.context.register(&self.object);
        self.claim_used_up();
        let under_way = self.creation().filter(|_| self.status().external_id.is_none());
        let attempt = under_way.filter(|creation| creation.started_at.is_some()).map(|creation| creation.attempt);
        // An object without the record of its orders may have one under way: attempt 0.
        let lost = self.facts().record_lost();
        self.memory.lock().see_intent(attempt.or(lost.then_some(0)), self.clock().now());
    }

    /// S5: claims what the offer uses up, for as long as it stands.
    fn claim_used_up(&self) {
        if let Some(on) = self.evidence.offer.as_ref().and_then(|offer| offer.uses_up.as_deref()) {
            self.context.shared.claims.wish(&self.context.claimant(&self.object), on);
        }
    }

    /// Waits for the turn to change something. False: what was read before is too old now, or it takes too long.
    pub(super) async fn turn(&mut self, account: &Account) -> Result<bool, Flow> {
        let Some(client) = A::Client::of(&account.provider).filter(|_| self.permit.is_none()) else { return Ok(true) };
        let asked = self.clock().now();
        match client.transport().mutation_permit().await {
            Ok(permit) => self.permit = Some(permit),
            Err(failure) => {
                debug!(%failure, "no turn");
                return Err(self.rested(Next::Backoff));
            }
        }
        if self.clock().since(asked) < STILL_FRESH {
            return Ok(true);
        }
        (self.read, self.evidence) = (Read::Cached, Evidence::default());
        Ok(false)
    }

    pub(super) fn access<'a>(&'a self, account: &'a Account) -> Option<Access<'a, A::Client>> {
        let ready = true_reason(&self.status().conditions, READY).is_some();
        let priority = if ready { Priority::Poll } else { Priority::Transition };
        let references = References { client: &self.context.shared.client, namespace: &self.namespace };
        Some(Access { client: A::Client::of(&account.provider)?, permit: self.permit.as_ref(), priority, references })
    }

    pub(super) async fn search(&mut self) -> Result<Flow, PassError> {
        let Some(account) = self.entry.account.clone() else { return Ok(self.rested(Next::Backoff)) };
        let ordering = self.creation().is_none_or(|creation| creation.started_at.is_none());
        let to_order = ordering && !A::receives(&self.object);
        if to_order {
            match self.turn(&account).await {
                Ok(true) => {}
                Ok(false) => return Ok(Flow::Next),
                Err(flow) => return Ok(flow),
            }
        }
        let begun = self.clock().wall();
        let intent_known_for = self.memory.lock().intent_known_for(self.clock());
        let not_before = if self.read == Read::Fresh { self.read_at } else { self.clock().now() };
        let not_before = self.memory.lock().last_mutation.map_or(not_before, |last| last.max(not_before));
        let found = {
            let claimant = self.context.claimant(&self.object);
            let claim = |on: &str| self.context.shared.claims.try_wish(&claimant, on);
            let key = self.key();
            let query = Query { object: &self.object, not_before, to_order, key: &key, claim: &claim };
            let Some(at) = self.access(&account) else { return Ok(self.rested(Next::Backoff)) };
            match account.trusted() {
                Ok(()) => A::search(at, query).await,
                Err(failure) => Err(failure),
            }
        };
        let found = match found {
            Ok(found) => Ok(self.findings(found, &account)),
            Err(failure) => Err(self.trouble(&account, &failure)),
        };
        self.evidence.search = Some(Search { begun, intent_known_for, found });
        Ok(Flow::Next)
    }

    pub(super) fn findings(&mut self, found: Found<A::Order>, account: &Account) -> Findings {
        let (uid, claims) = (self.uid(), &self.context.shared.claims);
        let fit = |fitting: Fitting| {
            let holder = claims.other_holder(&uid, &self.context.id_claim(&self.object, &fitting.id), Rank::Wish);
            let under_way = |place: &str| claims.other_holder(&uid, place, Rank::Intent);
            let (made_by, perhaps_of) = match &fitting.place {
                None => (None, None),
                Some(Place::Single(place)) => (under_way(place), None),
                Some(Place::Shared(place)) => (None, under_way(place)),
            };
            Fit { claimed_by: holder.or(made_by), perhaps_of, id: fitting.id, exact: fitting.exact }
        };
        let fits = found.fits.into_iter().map(fit).collect();
        let plan = found.offer.map(|offer| {
            let offer = offer?;
            let plan = self.plan(&offer, account);
            let dear = above_ceilings(&offer, account);
            self.evidence.offer = Some(offer);
            self.claim_used_up();
            dear.map_or(Ok(plan), Err)
        });
        Findings {
            ours: found.ours,
            namesakes: found.namesakes,
            fits,
            plan,
            untraceable: found.untraceable,
            received: found.received,
        }
    }

    pub(super) fn plan(&self, offer: &Offer<impl Serialize>, account: &Account) -> Plan {
        let attempt = self.creation().map_or(1, |creation| creation.attempt);
        let policy = &account.policy;
        let capped = policy.per_order.as_ref().is_some_and(|most| most.monthly.is_some() || most.once.is_some());
        let recorded = |(name, pick): (&&str, &String)| self.object.annotations().get(*name) == Some(pick);
        Plan {
            digest: plan_digest(self.uid().as_str(), attempt, &account.upstream, &offer.order),
            summary: offer.summary.clone(),
            // A provider that tells no price under a ceiling needs approval instead.
            needs_approval: Approval::Required == policy.approval.max(offer.approval)
                || (capped && offer.quote.is_none()),
            picks_recorded: offer.picks.iter().all(recorded),
        }
    }

    pub(super) async fn observe(&mut self, id: &ExternalId, singly: bool) {
        let Some(account) = self.entry.account.clone() else { return };
        let (now, begun) = (self.clock().now(), self.clock().wall());
        let missing_for = self.memory.lock().missing_since.map(|since| self.clock().since(since));
        let since_poll = now.before(account.poll_interval() / 2);
        let changed = self.memory.lock().last_mutation.is_some_and(|last| last >= since_poll);
        let exact = changed || singly;
        let as_of = if exact { AsOf::Now } else { AsOf::Shared(since_poll) };
        let Some(at) = self.access(&account) else { return };
        let name = id.to_string();
        let seen = A::observe(at, &self.object, &name, as_of).await;
        match &seen {
            Ok(_) => self.memory.lock().missing_since = None,
            Err(ReadError::NotFound(_)) => {}
            Err(ReadError::Unknown(failure)) => drop(self.trouble(&account, failure)),
        }
        if let Ok(seen) = &seen {
            if id.is_upstream() {
                account.trust();
            }
            self.prove_search(&account, id).await;
            self.evidence.documents = self.documents_due(A::documents(&self.object, &name, &seen.details)).await;
        }
        self.evidence.seen = Some(Look { begun, asked: now, missing_for, exact, seen });
    }

    /// Looks whether what was ordered can be found by search, once an account: only then is its silence believed (S3).
    pub(super) async fn prove_search(&self, account: &Account, id: &ExternalId) {
        let ordered = self.annotations().owner.is_some_and(|owner| owner == self.uid());
        let Some(resource) = A::search_proven_by(&self.object).filter(|_| ordered) else { return };
        if account.search_proven(resource) {
            return;
        }
        let not_before = self.memory.lock().last_mutation.unwrap_or(self.read_at);
        let Some(at) = self.access(account) else { return };
        let key = self.key();
        let query = Query { object: &self.object, not_before, to_order: false, key: &key, claim: &|_| false };
        // The very search whose silence would be believed.
        let found = A::search(at, query).await;
        if found.is_ok_and(|found| found.shows(id)) {
            account.prove_search(&self.context.shared.client, resource).await;
        }
    }

    pub(super) async fn documents_due(&self, wanted: Vec<Wanted>) -> Documents {
        if self.object.meta().deletion_timestamp.is_some() {
            return Documents::Settled;
        }
        let kept = self.status().documents;
        let missing =
            wanted.iter().any(|want| !kept.iter().any(|have| have.place() == want.place() && have.basis == want.basis));
        if missing {
            return Documents::Due;
        }
        let asked = self.reconcile_at() != self.status().last_handled_reconcile_at;
        let checked = self.memory.lock().documents_checked;
        if !asked && checked.is_some_and(|checked| self.clock().since(checked) < DOCUMENTS_EVERY) {
            return Documents::Settled;
        }
        for document in &kept {
            match documents::present(&self.context.shared.client, &self.object, &document.secret_name).await {
                Ok(true) => {}
                Ok(false) => return Documents::Due,
                Err(_) => return Documents::Settled,
            }
        }
        self.memory.lock().documents_checked = Some(self.clock().now());
        Documents::Settled
    }

    pub(super) async fn probe(&mut self) {
        let Some(account) = self.entry.account.clone() else { return };
        let Some(at) = self.access(&account) else { return };
        let probe = match account.trusted() {
            Ok(()) => at.client.probe(at.asking()).await,
            Err(failure) => Err(failure),
        };
        let probe = probe.map_err(|failure| self.trouble(&account, &failure));
        self.evidence.probe = Some(probe);
    }

    pub(super) async fn fetch_documents(&mut self, id: &ExternalId) {
        let Some(account) = self.entry.account.clone() else { return };
        self.evidence.documents = Documents::Settled;
        let Some(Look { seen: Ok(seen), .. }) = &self.evidence.seen else { return };
        let id = id.to_string();
        for wanted in A::documents(&self.object, &id, &seen.details) {
            let type_ = wanted.type_;
            let name = documents::secret_name(&self.object.name_any(), wanted.type_, wanted.port.as_deref());
            let Some(at) = self.access(&account) else { return };
            let fetched = A::fetch(at, &self.object, &id, &wanted).await.map_err(|error| error.to_string());
            let stored = match fetched {
                Ok(document) => {
                    let kept = Document {
                        type_: wanted.type_,
                        port: wanted.port,
                        secret_name: name.clone(),
                        key: documents::KEY.into(),
                        sha256: sha256(&document),
                        bytes: document.len() as u64,
                        basis: wanted.basis,
                        retrieved_at: self.clock().wall(),
                    };
                    let stored = documents::store(&self.context.shared.client, &self.object, &name, document).await;
                    stored.map(|()| kept).map_err(|error| error.to_string())
                }
                Err(error) => Err(error),
            };
            match stored {
                Ok(kept) => {
                    let note = format!("{} bytes in Secret {name}", kept.bytes);
                    self.event(EventType::Normal, type_.stored(), note).await;
                    self.evidence.stored.retain(|have| have.place() != kept.place());
                    self.evidence.stored.push(kept);
                    self.memory.lock().documents_checked = Some(self.clock().now());
                }
                Err(error) => self.evidence.documents = Documents::Failed(format!("no {}: {error}", type_.name())),
            }
        }
    }

    /// Why the provider wasn't heard. Rejected credentials are read again.
    pub(super) fn trouble(&self, account: &Account, failure: &Failure) -> Cause {
        self.context.shared.accounts.heed(account, failure);
        cause_of(failure)
    }
}

/// S7: what costs more than a ceiling of the account, or of the object, isn't ordered.
fn above_ceilings<O>(offer: &Offer<O>, account: &Account) -> Option<Problem> {
    let quote = offer.quote?;
    let of_account = account.policy.per_order.as_ref().map(|most| ("the ProviderAccount's perOrder", most));
    let of_object = offer.ceilings.as_ref().map(|most| ("spec.ceilings", most));
    let mut all = of_object.into_iter().chain(of_account);
    let (whose, above) = all.find_map(|(whose, most)| Some((whose, quote.above(most)?)))?;
    let message = format!("not ordered: it costs {above} by {whose}");
    Some(Problem::stalled(reason::CEILING_EXCEEDED, message))
}
