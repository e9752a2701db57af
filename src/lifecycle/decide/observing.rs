//! Observing: keep an eye on what is upstream, and our records of it in order.

use super::Step;
use super::changing::change;
use super::facts::{Documents, Facts, Look, Observation, Readiness, Upstream};
use super::messages::{already_taken, not_observed, shown};
use super::verdict::{Next, Verdict};
use crate::api::conditions::{Cause, reason};
use crate::api::ids::{ExternalId, Uid};

/// This object stands for something upstream.
pub(super) fn observe(facts: &Facts, id: &ExternalId, ordered: bool) -> Step {
    if let Some(other) = &facts.claimed_by {
        return Step::WriteStatus(already_taken(other));
    }
    // S8: the finalizer comes with the first held id at the latest.
    if !facts.finalizer && !facts.observe_only {
        return Step::AddFinalizer;
    }
    if let Some(problem) = &facts.account.problem {
        return not_observed(facts, &problem.cause);
    }
    let Some(look) = facts.fresh_look() else { return Step::Observe(id.clone()) };
    match &look.heard {
        Observation::Unknown(trouble) => not_observed(facts, trouble),
        Observation::NotFound => gone(facts, look, id),
        Observation::Found(upstream) => keep(facts, id, ordered, look, upstream),
    }
}

/// It is there: put our records in order, then the documents, then rest.
fn keep(facts: &Facts, id: &ExternalId, ordered: bool, look: &Look, upstream: &Upstream) -> Step {
    if facts.annotations.external_id.is_none() {
        return Step::RecordId { id: id.clone(), ordered };
    }
    if let Readiness::Ended(said) = &upstream.readiness {
        return over(facts, said);
    }
    match change(facts, id, look, upstream) {
        // Documents don't wait for a change that waits.
        Some(Step::WriteStatus(_)) if facts.documents == Documents::Due => {}
        Some(step) => return step,
        None => {}
    }
    match &facts.documents {
        Documents::Due => Step::FetchDocuments(id.clone()),
        Documents::Settled => Step::WriteStatus(shown(upstream)),
        Documents::Failed(message) => {
            let cause = Cause::new(reason::DOCUMENT_UNAVAILABLE, message);
            Step::WriteStatus(Verdict { next: Next::Backoff, ..shown(upstream).not_synced(&cause) })
        }
    }
}

/// The provider says that what we hold isn't there (S6).
fn gone(facts: &Facts, look: &Look, id: &ExternalId) -> Step {
    match &facts.probe {
        None => return Step::Probe,
        Some(Err(trouble)) => return not_observed(facts, trouble),
        Some(Ok(())) => {}
    }
    if facts.just_ordered(look.begun) {
        let message = "the provider took the order and doesn't show it yet";
        return Step::WriteStatus(Verdict::underway(reason::CREATING, message, Next::Backoff));
    }
    over(facts, &format!("{id} ended at the provider, and not by us"))
}

/// It has ended, and a person must say what now: nothing is ordered again by itself.
fn over(facts: &Facts, said: &str) -> Step {
    if facts.receives {
        let message = format!("{said}. Delete this object, and create another for what the partner makes next");
        return Step::WriteStatus(Verdict::stalled(reason::GONE_UPSTREAM, message, Next::Poll));
    }
    if facts.answered_nothing_there() && facts.recorded.asked.as_deref() != Some(reason::GONE_UPSTREAM) {
        return Step::VoidAnswer;
    }
    if facts.answered_nothing_there() {
        return match facts.annotations.external_id {
            Some(_) => Step::ForgetId,
            None => Step::NextAttempt { dismissed: Vec::new() },
        };
    }
    let message = format!(
        "{said}. Delete this object; or to order anew: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/create-outcome={}",
        facts.nothing_there()
    );
    Step::WriteStatus(Verdict::stalled(reason::GONE_UPSTREAM, message, Next::Poll))
}

/// Another object ordered it (S5): look, show, never change.
pub(super) fn look_only(facts: &Facts, id: &ExternalId, owner: &Uid) -> Step {
    if facts.look.is_none() && facts.account.problem.is_none() {
        return Step::Observe(id.clone());
    }
    let message = format!(
        "{id} was ordered by the object with uid {owner}, of which this is a copy or a restored one. If it is this object's now: kubectl annotate KIND/NAME interconnect-operator.io/external-id-owner-"
    );
    Step::WriteStatus(Verdict::stalled(reason::OWNERSHIP_UNCONFIRMED, message, Next::Poll))
}
