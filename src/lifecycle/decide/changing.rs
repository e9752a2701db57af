//! Changing: one change at a time of what is upstream, each written down before it is sent (S9).

use super::Step;
use super::facts::{DesiredChange, Facts, Look, Sent, Upstream, at_least};
use super::messages::{awaiting, shown};
use super::verdict::{Next, Verdict};
use crate::api::common::Operation;
use crate::api::conditions::{Cause, reason};
use crate::api::ids::ExternalId;

/// The next step of a change, if one is under way or wanted.
pub(super) fn change(facts: &Facts, id: &ExternalId, look: &Look, upstream: &Upstream) -> Option<Step> {
    if facts.observe_only {
        return None;
    }
    let sent = facts.change_sent();
    match (&facts.memory.change, sent) {
        (Some(Sent::NotDone(refusal)), Some(operation)) if operation.refused.is_none() => {
            return Some(Step::WithdrawChange(refusal.clone()));
        }
        (Some(Sent::Done { .. }), Some(Operation { accepted_at: None, .. })) => return Some(Step::RecordChanged),
        _ if facts.memory.may_change => return Some(Step::Change(id.clone())),
        _ => {}
    }
    match (&look.desired, sent) {
        (None, None) => None,
        // What is wanted is there, or can't be seen and is not sent twice.
        (None, Some(_)) => Some(Step::SettleChange),
        (Some(desired), Some(operation)) if pending(facts, look, desired, operation) => {
            Some(waiting(upstream, operation))
        }
        (Some(desired), Some(operation)) if operation.digest.as_ref() == Some(&desired.digest) => {
            again(facts, id, look, upstream, desired, operation)
        }
        (Some(desired), _) => Some(begin(facts, id, look, upstream, desired, 1)),
    }
}

/// Whether what was sent may still act, or was taken and doesn't show yet.
fn pending(facts: &Facts, look: &Look, desired: &DesiredChange, operation: &Operation) -> bool {
    let unsettled = !at_least(look.begun, operation.started_at, facts.account.settle_time);
    // What was ordered and doesn't show yet is not ordered once more because it is wanted in other words now.
    let same = operation.digest.as_ref() == Some(&desired.digest)
        || operation.type_ == desired.type_ && desired.target.is_some() && operation.target == desired.target;
    operation.refused.is_none() && if operation.accepted_at.is_some() { same } else { unsettled }
}

fn waiting(upstream: &Upstream, operation: &Operation) -> Step {
    let name = operation.type_.name();
    let (message, next) = match operation.accepted_at {
        Some(_) => (format!("the provider took the request to {name}; it doesn't show yet"), Next::Poll),
        None => {
            let lost =
                format!("the answer to the request to {name} was lost: waiting until the provider has surely settled");
            (lost, Next::Backoff)
        }
    };
    let cause = Cause::new(reason::WAITING_FOR_PROVIDER, message);
    Step::WriteStatus(Verdict { reconciling: Some(cause), next, ..shown(upstream) })
}

/// The same wish as that of a change that was refused, or that surely did not act.
fn again(
    facts: &Facts,
    id: &ExternalId,
    look: &Look,
    upstream: &Upstream,
    desired: &DesiredChange,
    operation: &Operation,
) -> Option<Step> {
    match &operation.refused {
        // S2: asked again only after something changed.
        Some(refused) if refused.basis == facts.basis => {
            let message = format!(
                "the provider refused to {}: {}. Mend the spec or the account; or ask again: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/reconcile-at=$(date -Is)",
                operation.type_.name(),
                refused.message
            );
            let reason = if refused.unsupported { reason::NOT_SUPPORTED } else { reason::PROVIDER_REFUSED };
            Some(Step::WriteStatus(shown(upstream).not_synced(&Cause::new(reason, message))))
        }
        _ if !operation.type_.shows() => Some(Step::SettleChange),
        _ => Some(begin(facts, id, look, upstream, desired, operation.attempt + 1)),
    }
}

/// What is there stays as it is; the change waits for something.
fn held_up(upstream: &Upstream, cause: Cause) -> Step {
    Step::WriteStatus(Verdict { reconciling: Some(cause), ..shown(upstream) })
}

fn begin(
    facts: &Facts,
    id: &ExternalId,
    look: &Look,
    upstream: &Upstream,
    desired: &DesiredChange,
    attempt: u32,
) -> Step {
    if let Some(refusal) = &facts.memory.turned_away {
        let verdict = shown(upstream).not_synced(&refusal.cause);
        return Step::WriteStatus(Verdict { next: Next::Backoff, ..verdict });
    }
    // S12: a list that others share, or that lags, is no ground for a change.
    if !look.exact {
        return Step::ObserveSingly(id.clone());
    }
    // A further attempt is the same order, of which the first had its consent.
    if let Some(plan) = look.plan.as_ref().filter(|_| attempt == 1) {
        // S7: it costs, and needs the consent that any order needs.
        if facts.account.closing {
            let message = "the account is being deleted: nothing new is ordered from it";
            return held_up(upstream, Cause::new(reason::WAITING_FOR_DEPENDENCY, message));
        }
        if plan.needs_approval && !facts.approved(&plan.digest) {
            return held_up(upstream, awaiting(plan));
        }
    }
    Step::IntendChange { desired: desired.clone(), attempt }
}
