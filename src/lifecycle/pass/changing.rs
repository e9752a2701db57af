//! The effects of changing what is upstream, other than by an order or an end.

use k8s_controller::events::EventType;
use serde_json::json;

use super::error::PassError;
use super::{Evidence, Flow, Look, Pass, not_sent};
use crate::accounts::InAccount;
use crate::api::common::{Circuit, Operation};
use crate::api::conditions::reason;
use crate::api::ids::ExternalId;
use crate::cluster::leader::IntentWritten;
use crate::lifecycle::adapter::{Adapter, Change, Noted, Offer};
use crate::lifecycle::decide::facts::{DesiredChange, Plan, Refusal, Sent};
use crate::lifecycle::memory::SentFor;
use crate::providers::http::outcome::Outcome;
use crate::providers::http::transport::Sending;

impl<A: Adapter> Pass<'_, A> {
    pub(super) async fn intend_change(&mut self, desired: &DesiredChange, attempt: u32) -> Result<Flow, PassError> {
        if let Some(account) = self.entry.account.clone() {
            match self.turn(&account).await {
                Ok(true) => {}
                Ok(false) => return Ok(Flow::Next),
                Err(flow) => return Ok(flow),
            }
        }
        let mut changed = self.object.clone();
        // S9: what can't be seen afterwards counts as done from here on.
        A::note_change(desired, Noted::Begun, &mut changed);
        let intent = IntentWritten::now(self.clock());
        let operation = Operation::begun(desired.type_, self.key(), attempt, intent.wall);
        let digest = Some(desired.digest.clone());
        let status = changed.common_status_mut();
        if attempt == 1 && desired.type_.orders() {
            status.ordered_changes += 1;
        }
        status.operation = Some(Operation { target: desired.target.clone(), digest, ..operation });
        self.memory.lock().change = None;
        self.write(changed).await?;
        self.may_change = Some(intent);
        Ok(Flow::Next)
    }

    pub(super) async fn change(&mut self, id: &ExternalId) {
        let outcome = match (self.may_change.take(), self.wanted_change()) {
            (Some(intent), Some(change)) => self.send_change(&intent, id, &change).await,
            _ => not_sent("the change was not prepared in this pass"),
        };
        if let Some(operation) = self.status().operation {
            self.count(operation.type_.name(), &outcome);
        }
        let sent = match outcome {
            Outcome::Done(()) => Sent::Done { id: None },
            Outcome::NotDone(failure) => Sent::NotDone(self.refusal(&failure)),
            Outcome::Unknown(failure) => Sent::Unknown { conflict: false, message: failure.message },
        };
        let mut memory = self.memory.lock();
        memory.change = Some(SentFor { intent: self.operation_intent(), outcome: sent });
        memory.last_mutation = Some(self.clock().now());
        drop(memory);
        self.evidence = Evidence::default();
    }

    /// The plan of a change that costs (S7). No two such changes of an object have the same, so that no consent serves twice.
    pub(super) fn change_plan(&self) -> Option<Plan> {
        let Some(Look { seen: Ok(seen), .. }) = &self.evidence.seen else { return None };
        let change = seen.change.as_ref().filter(|change| change.desired.type_.orders())?;
        // One that was begun had its consent, and is in the plan already under its own number.
        if self.status().operation.is_some_and(|begun| begun.digest.as_ref() == Some(&change.desired.digest)) {
            return None;
        }
        let request = json!({"request": change.request, "number": self.status().ordered_changes});
        let offer = Offer::of(request, change.desired.summary.clone());
        Some(self.plan(&offer, self.entry.account.as_deref()?))
    }

    /// The change that was seen to be wanted, if it is the one that the intent is of.
    fn wanted_change(&self) -> Option<Change<A::Change>> {
        let Some(Look { seen: Ok(seen), .. }) = &self.evidence.seen else { return None };
        let intended = self.status().operation?.digest;
        seen.change.clone().filter(|change| Some(&change.desired.digest) == intended.as_ref())
    }

    async fn send_change(
        &mut self,
        written: &IntentWritten,
        id: &ExternalId,
        change: &Change<A::Change>,
    ) -> Outcome<()> {
        let (Some(account), Some(permit)) = (&self.entry.account, &self.permit) else {
            return not_sent("the change was not prepared in this pass");
        };
        let Some(client) = A::Client::of(&account.provider) else {
            return not_sent("the account is another provider's");
        };
        self.event(EventType::Normal, "ChangeRequested", change.desired.summary.clone()).await;
        self.memory.lock().last_mutation = Some(self.clock().now());
        match self.context.shared.leadership.confirm(written, account.send_within).await {
            Ok(permission) => {
                A::change(client, Sending { permit, guard: &permission }, &id.to_string(), &change.request).await
            }
            Err(why) => not_sent(why),
        }
    }

    pub(super) async fn record_changed(&mut self) -> Result<(), PassError> {
        let mut changed = self.object.clone();
        let Some(operation) = self.status().operation else { return Ok(()) };
        A::note_change(&desired_by(&operation), Noted::Done, &mut changed);
        let accepted_at = Some(self.clock().wall());
        changed.common_status_mut().operation = Some(Operation { accepted_at, ..operation });
        self.write(changed).await
    }

    /// It did not happen. What the provider refused stays written down, so that it isn't asked again and again.
    pub(super) async fn withdraw_change(&mut self, refusal: Refusal) -> Result<(), PassError> {
        self.event(EventType::Warning, "ChangeRefused", refusal.cause.message.clone()).await;
        let basis = self.basis();
        let refused = refusal.refused(basis);
        let mut changed = self.object.clone();
        let operation = changed.common_status_mut().operation.take();
        if let (None, Some(operation)) = (&refused, &operation) {
            A::note_change(&desired_by(operation), Noted::NotDone, &mut changed);
        }
        if let (None, Some(Operation { type_, .. })) = (&refused, &operation)
            && type_.orders()
        {
            // The consent was not used up.
            let status = changed.common_status_mut();
            status.ordered_changes = status.ordered_changes.saturating_sub(1);
        }
        let kept = |refused| operation.map(|operation| Operation { refused: Some(refused), ..operation });
        changed.common_status_mut().operation = refused.and_then(kept);
        self.write(changed).await?;
        self.memory.lock().change = None;
        self.turned_away = Some(refusal);
        Ok(())
    }

    pub(super) async fn settle_change(&mut self) -> Result<(), PassError> {
        if let Some(operation) = self.status().operation.filter(|operation| !operation.type_.shows())
            && operation.accepted_at.is_none()
            && operation.refused.is_none()
        {
            let name = operation.type_.name();
            let note = format!(
                "whether the provider got the request to {name} isn't known, and it is not repeated: ask for it again if need be"
            );
            self.event(EventType::Warning, reason::CHANGE_OUTCOME_UNKNOWN, note).await;
        }
        let mut changed = self.object.clone();
        changed.common_status_mut().operation = None;
        self.write(changed).await
    }
}

fn desired_by(operation: &Operation) -> DesiredChange {
    let (target, digest) = (operation.target.clone(), operation.digest.clone().unwrap_or_default());
    DesiredChange { type_: operation.type_, target, digest, summary: String::new() }
}
