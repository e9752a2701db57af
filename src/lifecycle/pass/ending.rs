//! The effects of ending and of letting go.

use k8s_controller::events::EventType;
use kube::Resource;

use super::error::PassError;
use super::{Evidence, Flow, Pass, not_sent};
use crate::accounts::InAccount;
use crate::api::CIRCUIT_FINALIZER;
use crate::api::common::{Circuit, Operation, OperationType};
use crate::api::conditions::reason;
use crate::api::ids::ExternalId;
use crate::cluster::leader::IntentWritten;
use crate::cluster::writes::MetadataChange;
use crate::lifecycle::adapter::Adapter;
use crate::lifecycle::conditions;
use crate::lifecycle::decide::Release;
use crate::lifecycle::decide::facts::{Refusal, Sent};
use crate::lifecycle::decide::identity::Identity;
use crate::lifecycle::decide::verdict::{Next, Verdict};
use crate::lifecycle::memory::SentFor;
use crate::providers::http::outcome::{FailureKind, Outcome};
use crate::providers::http::transport::Sending;

impl<A: Adapter> Pass<'_, A> {
    pub(super) async fn intend_delete(&mut self, attempt: u32) -> Result<Flow, PassError> {
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
        let intent = IntentWritten::now(self.clock());
        let started_at = intent.wall;
        status.operation = Some(Operation::begun(OperationType::Delete, key, attempt, started_at));
        let verdict = Verdict::underway(reason::DECOMMISSIONING, "asking the provider to end it", Next::Backoff);
        conditions::apply(&verdict, generation, status);
        self.memory.lock().delete = None;
        self.write(changed).await?;
        self.may_delete = Some(intent);
        Ok(Flow::Next)
    }

    pub(super) async fn delete(&mut self, id: &ExternalId) {
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
        let mut memory = self.memory.lock();
        memory.delete = Some(SentFor { intent: self.operation_intent(), outcome: sent });
        memory.last_mutation = Some(self.clock().now());
        drop(memory);
        self.evidence = Evidence::default();
    }

    pub(super) async fn send_deletion(&mut self, written: &IntentWritten, id: &ExternalId) -> Outcome<()> {
        let (Some(account), Some(permit)) = (&self.entry.account, &self.permit) else {
            return not_sent("the deletion was not prepared in this pass");
        };
        let Some(client) = A::Client::of(&account.provider) else {
            return not_sent("the account is another provider's");
        };
        let terms = A::terms(&self.object).map(|terms| format!(": {terms}")).unwrap_or_default();
        self.event(EventType::Normal, "DecommissionRequested", format!("asking the provider to end {id}{terms}")).await;
        match self.context.shared.leadership.confirm(written, account.send_within).await {
            Ok(permission) => {
                A::delete(client, Sending { permit, guard: &permission }, &self.object, &id.to_string()).await
            }
            Err(why) => not_sent(why),
        }
    }

    pub(super) async fn record_deleted(&mut self) -> Result<(), PassError> {
        let mut changed = self.object.clone();
        if let Some(operation) = &mut changed.common_status_mut().operation {
            operation.accepted_at = Some(self.clock().wall());
        }
        self.write(changed).await
    }

    pub(super) async fn withdraw_delete(&mut self, refusal: Refusal) -> Result<(), PassError> {
        self.event(EventType::Warning, "DecommissionRefused", refusal.cause.message.clone()).await;
        let mut changed = self.object.clone();
        changed.common_status_mut().operation = None;
        self.write(changed).await?;
        self.memory.lock().delete = None;
        self.turned_away = Some(refusal);
        Ok(())
    }

    pub(super) async fn remove_finalizer(&mut self, why: Release) -> Result<Flow, PassError> {
        let id = match self.facts().identity() {
            Identity::Held { id, .. } | Identity::Foreign { id, .. } => id.to_string(),
            Identity::None | Identity::Conflict { .. } => String::new(),
        };
        match why {
            Release::Nothing => {}
            Release::Ended => self.event(EventType::Normal, "Gone", format!("{id} ended at the provider")).await,
            Release::Retained => {
                let what = if id.is_empty() { "what it may have ordered" } else { id.as_str() };
                let state = self.status().state.map(|state| format!(", {state} when last seen,")).unwrap_or_default();
                let note = format!("let go; {what}{state} stays at the provider, and costs on as long as it lives");
                self.event(EventType::Warning, "Retained", note).await;
            }
        }
        self.change_metadata(MetadataChange { remove_finalizer: Some(CIRCUIT_FINALIZER), ..MetadataChange::default() })
            .await?;
        Ok(Flow::Released)
    }
}
