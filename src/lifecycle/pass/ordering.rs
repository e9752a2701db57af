//! The effects of ordering.

use std::collections::BTreeMap;

use k8s_controller::events::EventType;
use kube::Resource;

use super::error::PassError;
use super::{Evidence, Pass, not_sent};
use crate::accounts::InAccount;
use crate::api::common::{Circuit, Creation};
use crate::api::conditions::reason;
use crate::api::ids::ExternalId;
use crate::api::{CIRCUIT_FINALIZER, annotations};
use crate::cluster::leader::IntentWritten;
use crate::cluster::writes::MetadataChange;
use crate::lifecycle::adapter::Adapter;
use crate::lifecycle::conditions;
use crate::lifecycle::decide::facts::{Findings, Plan, Read, Refusal, Search, Sent};
use crate::lifecycle::decide::identity::Identity;
use crate::lifecycle::decide::verdict::{Next, Verdict};
use crate::lifecycle::key::plan_digest;
use crate::lifecycle::memory::{Remembered, SentFor};
use crate::providers::http::outcome::{FailureKind, Outcome};
use crate::providers::http::transport::Sending;

impl<A: Adapter> Pass<'_, A> {
    pub(super) async fn add_finalizer(&mut self) -> Result<(), PassError> {
        let imported = match self.facts().identity() {
            Identity::Held { id, ordered: false } => Some(id),
            _ => None,
        };
        let picks = self.evidence.offer.iter().flat_map(|offer| offer.picks.clone());
        let annotations = picks.map(|(name, pick)| (name, Some(pick))).collect();
        self.held_now = true;
        self.change_metadata(MetadataChange {
            annotations,
            add_finalizer: Some(CIRCUIT_FINALIZER),
            remove_finalizer: None,
        })
        .await?;
        if let Some(id) = imported {
            self.event(EventType::Normal, "Imported", format!("takes care of {id} from now on")).await;
        }
        // What was searched for is what is held now, so the search stands; only the plan's picks are recorded now.
        if let Some(Search { found: Ok(Findings { plan: Some(Ok(plan)), .. }), .. }) = &mut self.evidence.search {
            plan.picks_recorded = true;
        }
        Ok(())
    }

    pub(super) async fn intend(&mut self, plan: &Plan) -> Result<(), PassError> {
        // S5: the claim, before the intent.
        if self.context.shared.claims.take(&self.uid()).is_err() {
            self.evidence = Evidence::default();
            return Ok(());
        }
        let shown = self.shown(plan);
        let mut changed = self.object.clone();
        let intent = IntentWritten::now(self.clock());
        let (key, generation) = (self.key(), self.object.meta().generation);
        let upstream = self.entry.account.as_ref().map(|account| account.upstream.clone());
        if let Some(offer) = &self.evidence.offer {
            A::show_offer(&offer.order, &mut changed);
        }
        let previous = self.creation().unwrap_or_default();
        let status = changed.common_status_mut();
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
        self.memory.lock().create = None;
        self.write(changed).await?;
        self.may_create = Some(intent);
        Ok(())
    }

    pub(super) async fn create(&mut self) {
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
        self.memory.lock().create = Some(SentFor { intent: self.intent(), outcome: sent });
        self.evidence = Evidence::default();
    }

    pub(super) async fn send_order(&mut self, written: &IntentWritten) -> Outcome<ExternalId> {
        let (Some(offer), Some(account), Some(permit)) = (&self.evidence.offer, &self.entry.account, &self.permit)
        else {
            return not_sent("the order was not prepared in this pass");
        };
        let intent = self.status().creation.unwrap_or_default();
        // S1: the request whose digest the intent holds, and nothing else.
        if intent.digest != Some(plan_digest(self.uid().as_str(), intent.attempt, &account.upstream, &offer.order)) {
            return not_sent("what was to be ordered changed");
        }
        let Some(client) = A::Client::of(&account.provider) else {
            return not_sent("the account is another provider's");
        };
        self.event(EventType::Normal, "CreateRequested", offer.summary.clone()).await;
        self.memory.lock().last_mutation = Some(self.clock().now());
        let outcome = match self.context.shared.leadership.confirm(written, account.send_within).await {
            Ok(permission) => {
                A::create(client, Sending { permit, guard: &permission }, &offer.order, &self.key()).await
            }
            Err(why) => not_sent(why),
        };
        self.memory.lock().last_mutation = Some(self.clock().now());
        outcome
    }

    pub(super) async fn record_id(&mut self, id: &ExternalId, ordered: bool) -> Result<(), PassError> {
        let answered = matches!(self.facts().memory.create, Some(Sent::Done { .. }));
        let mut annotations = BTreeMap::from([(annotations::EXTERNAL_ID, Some(id.to_string()))]);
        if ordered {
            annotations.insert(annotations::EXTERNAL_ID_OWNER, Some(self.uid().to_string()));
        }
        self.change_metadata(MetadataChange { annotations, ..MetadataChange::default() }).await?;
        self.memory.lock().create = None;
        // What would be ordered now is not what was.
        (self.evidence.offer, self.evidence.search) = (None, None);
        match (ordered, answered) {
            (true, true) if !id.is_upstream() => {
                let note = "sent; nothing at the provider stands for it";
                self.event(EventType::Normal, "Created", note.into()).await
            }
            (true, true) => self.event(EventType::Normal, "Created", format!("the provider calls it {id}")).await,
            (true, false) => {
                self.event(EventType::Normal, "Adopted", format!("found {id} again at the provider")).await
            }
            (false, _) => {}
        }
        Ok(())
    }

    pub(super) async fn withdraw(&mut self, refusal: Option<Refusal>) -> Result<(), PassError> {
        let basis = self.basis();
        let refused = refusal.as_ref().and_then(|refusal| refusal.refused(basis));
        if let Some(refused) = &refused {
            self.event(EventType::Warning, reason::PROVIDER_REFUSED, refused.message.clone()).await;
        }
        self.change_creation(|creation| {
            // S2: not done takes digest and start off the intent; key and attempt stay.
            (creation.digest, creation.started_at, creation.conflict) = (None, None, false);
            creation.refused = refused;
        })
        .await?;
        self.memory.lock().create = None;
        self.turned_away = refusal;
        self.evidence = Evidence::default();
        Ok(())
    }

    pub(super) async fn next_attempt(&mut self, dismissed: Vec<ExternalId>) -> Result<(), PassError> {
        let key = self.key();
        let mut changed = self.object.clone();
        A::forget_order(&mut changed);
        let status = changed.common_status_mut();
        let before = self.creation().unwrap_or_default();
        let dismissed = [before.dismissed, dismissed].concat();
        status.creation = Some(Creation { key, attempt: before.attempt.max(1) + 1, dismissed, ..Creation::default() });
        (status.external_id, status.operation, status.plan) = (None, None, None);
        (status.state, status.state_changed_at) = (None, None);
        status.candidates.clear();
        status.documents.clear();
        self.write(changed).await?;
        let note = "a person said that nothing is upstream: the next attempt begins".into();
        self.event(EventType::Normal, "OutcomeAnswered", note).await;
        {
            let mut memory = self.memory.lock();
            let last_mutation = memory.last_mutation;
            *memory = Remembered { last_mutation, ..Remembered::default() };
        }
        (self.read, self.evidence) = (Read::Cached, Evidence::default());
        Ok(())
    }

    pub(super) async fn void_answer(&mut self) -> Result<(), PassError> {
        let key = self.key();
        let mut changed = self.object.clone();
        let creation = &mut changed.common_status_mut().creation;
        let counted = creation.take().unwrap_or_else(|| Creation { key, attempt: 1, ..Creation::default() });
        *creation = Some(Creation { attempt: counted.attempt + 1, ..counted });
        self.write(changed).await
    }

    pub(super) async fn forget_id(&mut self) -> Result<(), PassError> {
        let annotations = [(annotations::EXTERNAL_ID, None), (annotations::EXTERNAL_ID_OWNER, None)].into();
        self.change_metadata(MetadataChange { annotations, ..MetadataChange::default() }).await
    }
}
