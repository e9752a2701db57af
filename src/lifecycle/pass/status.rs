//! The end of a pass: what is shown, told and remembered.

use k8s_controller::events::EventType;
use kube::{Resource, ResourceExt};

use super::error::PassError;
use super::{Flow, Look, Pass};
use crate::api::common::{Circuit, CommonStatus, Creation, PlanStatus};
use crate::api::conditions::{EXPIRING, READY, STALLED, status_word, true_reason};
use crate::base::metrics::KindLabels;
use crate::lifecycle::adapter::Adapter;
use crate::lifecycle::conditions;
use crate::lifecycle::decide::facts::{Facts, Findings, Observation, Plan, Search};
use crate::lifecycle::decide::identity::Identity;
use crate::lifecycle::decide::searched_in_vain;
use crate::lifecycle::decide::verdict::{Next, Verdict};
use crate::lifecycle::memory::due;
use crate::providers::http::outcome::ReadError;

impl<A: Adapter> Pass<'_, A> {
    pub(super) async fn write_status(&mut self, verdict: &Verdict) -> Result<Flow, PassError> {
        let (kind, name) = (A::KIND.to_lowercase(), self.object.name_any());
        let verdict = &verdict.about(&format!("{kind}/{name} -n {}", self.namespace));
        let (before, object_before) = (self.status(), self.object.clone());
        let mut changed = self.object.clone();
        self.show(&mut changed);
        conditions::apply(verdict, self.object.meta().generation, changed.common_status_mut());
        self.write(changed).await?;
        // S13: what could not be written is not shown, and doesn't keep what stands there true.
        if let Some(Look { asked, seen: Ok(_) | Err(ReadError::NotFound(_)), .. }) = &self.evidence.seen {
            self.memory.lock().heard = Some(*asked);
        }
        self.tell(&before, verdict).await;
        for news in A::news(&object_before, &self.object) {
            let type_ = if news.warning { EventType::Warning } else { EventType::Normal };
            self.event(type_, news.reason, news.note).await;
        }
        Ok(self.rested(verdict.next))
    }

    /// Puts what this pass learnt into the status, but for conditions.
    fn show(&self, changed: &mut A::Object) {
        let facts = self.facts();
        let missing = facts.look.as_ref().is_some_and(|look| look.heard == Observation::NotFound);
        let before = self.status();
        if let Some(Look { seen: Ok(seen), .. }) = &self.evidence.seen {
            A::show(&seen.details, changed);
            changed.common_status_mut().state = Some(seen.state.clone());
        }
        if let Some(offer) = &self.evidence.offer {
            A::show_plan(&offer.order, changed);
        }
        A::show_loa_users(self.context.shared.loa_uses.of(&self.context.claimant(&self.object).name), changed);
        let status = changed.common_status_mut();
        if missing && facts.probe == Some(Ok(())) {
            status.state = None;
        }
        if status.state != before.state {
            status.state_changed_at = status.state.as_ref().map(|_| self.clock().wall());
        }
        self.show_identity(&facts, status);
        self.show_documents(status);
        self.show_the_plan(status);
        let asked = self.reconcile_at();
        status.last_handled_reconcile_at = asked.or(status.last_handled_reconcile_at.take());
    }

    fn show_identity(&self, facts: &Facts, status: &mut CommonStatus) {
        // What another object has the better claim on is not recorded as this one's.
        if let Identity::Held { id, ordered } = facts.identity()
            && facts.claimed_by.is_none()
        {
            status.external_id = Some(id);
            if ordered {
                // S5: annotations can be lost, too, and then the status alone tells whose it is.
                let new = || Creation { key: self.key(), attempt: 1, ..Creation::default() };
                status.creation.get_or_insert_with(new).started_at.get_or_insert_with(|| self.clock().wall());
            }
        }
        if let Some(account) = &self.entry.account {
            status.upstream_account.get_or_insert_with(|| account.upstream.clone());
        }
    }

    fn show_documents(&self, status: &mut CommonStatus) {
        for document in &self.evidence.stored {
            status.documents.retain(|have| have.place() != document.place());
            status.documents.push(document.clone());
        }
    }

    fn show_the_plan(&self, status: &mut CommonStatus) {
        let approval = self.annotations().approved_plan;
        match &self.evidence.search {
            Some(Search { found: Ok(Findings { plan: Some(Ok(plan)), .. }), .. }) => {
                status.plan = Some(self.shown(plan));
            }
            // What can't be ordered isn't planned; what only waits keeps its plan, and the approval that was seen.
            Some(Search { found: Ok(Findings { plan: Some(Err(problem)), .. }), .. }) if problem.stalled => {
                status.plan = None;
            }
            _ => {
                if let Some(plan) = self.change_plan() {
                    status.plan = Some(self.shown(&plan));
                } else if let Some(plan) = status.plan.as_mut().filter(|plan| Some(&plan.digest) == approval.as_ref()) {
                    plan.approved_digest = approval;
                }
            }
        }
    }

    /// The plan as a person must see it, with an approval as soon as it is seen (S7).
    pub(super) fn shown(&self, plan: &Plan) -> PlanStatus {
        let approved_digest = Some(plan.digest.clone()).filter(|digest| self.facts().approved(digest));
        PlanStatus { digest: plan.digest.clone(), summary: plan.summary.clone(), approved_digest }
    }

    /// Events and metrics for what is new in a verdict.
    pub(super) async fn tell(&self, before: &CommonStatus, verdict: &Verdict) {
        let ready = status_word(verdict.ready.status);
        let expiring = true_reason(&self.status().conditions, EXPIRING).is_some();
        {
            let mut memory = self.memory.lock();
            (memory.ready, memory.expiring) = (Some(ready), expiring);
        }
        if let Some(word) = &verdict.stalled
            && true_reason(&before.conditions, STALLED) != Some(word.reason)
        {
            self.event(EventType::Warning, word.reason, word.message.clone()).await;
        }
        self.count_state(before);
        let was_ready = true_reason(&before.conditions, READY).is_some();
        if verdict.ready.status == Some(true) && !was_ready {
            self.event(EventType::Normal, "Ready", verdict.ready.cause.message.clone()).await;
            let started = before.creation.as_ref().and_then(|creation| creation.started_at);
            if let Some(started) = started {
                let labels = KindLabels { kind: A::KIND };
                let seconds = self.clock().wall().duration_since(started).as_secs_f64();
                self.context.shared.metrics.order_to_ready_seconds.get_or_create(&labels).observe(seconds);
            }
        }
    }

    /// The order clock: how long the state lasted that has just ended.
    fn count_state(&self, before: &CommonStatus) {
        let now = self.status();
        let (Some(state), Some(since)) = (&before.state, before.state_changed_at) else { return };
        if now.state.as_ref() != Some(state) {
            let until = now.state_changed_at.unwrap_or_else(|| self.clock().wall());
            self.context.shared.metrics.state_ended(A::KIND, state, until.duration_since(since));
        }
    }

    pub(super) fn rested(&self, next: Next) -> Flow {
        let facts = self.facts();
        let missing = match (&facts.look, &facts.probe) {
            (Some(look), Some(Ok(()))) => look.heard == Observation::NotFound && !facts.just_ordered(look.begun),
            _ => false,
        };
        {
            let mut memory = self.memory.lock();
            if searched_in_vain(&facts) {
                memory.empty_searches = memory.empty_searches.saturating_add(1);
            }
            if missing {
                memory.missing_since.get_or_insert_with(|| self.clock().now());
            }
        }
        let poll = facts.account.poll_interval;
        Flow::Rested(due(next, poll, &self.memory))
    }
}
