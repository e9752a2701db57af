//! Deleting: end what is upstream, or leave it alone, and let the object go (S8).

use super::facts::{End, Facts, Look, Observation, Sent, Upstream, at_least};
use super::identity::Identity;
use super::messages::{already_ordered, deletion_turned_away, identity_conflict};
use super::ordering::{answered, candidates, doubtful, lost_record_unsettled, resolve};
use super::verdict::{Next, Verdict};
use super::{Release, Step};
use crate::api::common::{DeletionPolicy, Operation};
use crate::api::conditions::reason;
use crate::api::ids::ExternalId;

/// The object is being deleted (S8).
pub(super) fn finalize(facts: &Facts) -> Step {
    if !facts.finalizer {
        return Step::WriteStatus(Verdict::underway(
            reason::DECOMMISSIONING,
            "nothing of ours holds this object",
            Next::Change,
        ));
    }
    if let (Identity::None, Some(record)) = (facts.identity(), answered(facts)) {
        return record;
    }
    match facts.identity() {
        _ if never_ordered(facts) => Step::RemoveFinalizer(Release::Nothing),
        Identity::None if retained(facts) && facts.just_ordered(facts.now) => {
            let message = "an order is under way: waiting until it has surely settled before letting go";
            Step::WriteStatus(Verdict::underway(reason::DECOMMISSIONING, message, Next::Backoff))
        }
        _ if facts.deletion.is_some_and(|deletion| deletion.crd_going) => Step::RemoveFinalizer(Release::Retained),
        _ if retained(facts) => Step::RemoveFinalizer(Release::Retained),
        _ if facts.suspended => Step::WriteStatus(Verdict::stalled(
            reason::SUSPENDED,
            "deletion must end the circuit, and spec.suspend forbids asking the provider: set suspend to false, or deletionPolicy to Retain",
            Next::Change,
        )),
        Identity::Conflict { marked, recorded } => Step::WriteStatus(identity_conflict(&marked, &recorded)),
        Identity::Foreign { .. } => Step::RemoveFinalizer(Release::Retained),
        identity => match (&facts.account.problem, identity) {
            (Some(problem), _) => Step::WriteStatus(Verdict::problem(problem, Next::Backoff)),
            (None, Identity::Held { id, .. }) => end(facts, &id),
            (None, _) if facts.order_began().is_some() => settle_order_first(facts),
            (None, _) => search_before_release(facts),
        },
    }
}

/// Whether deletion leaves alone what is upstream.
fn retained(facts: &Facts) -> bool {
    let identity = facts.identity();
    // What another object has the better claim on isn't this one's to end; an order of its own is, under way or perhaps
    // in a record that was lost.
    let own = identity == Identity::None && (facts.order_began().is_some() || facts.record_lost());
    let taken = facts.claimed_by.is_some() && !own;
    if facts.observe_only || taken {
        return true;
    }
    match (facts.deletion_policy, identity) {
        (_, Identity::Foreign { .. }) | (Some(DeletionPolicy::Retain), _) => true,
        (_, Identity::Held { .. }) if !facts.can_decommission => true,
        (Some(DeletionPolicy::Delete), _) | (None, Identity::None | Identity::Conflict { .. }) => false,
        (None, Identity::Held { ordered, .. }) => !ordered,
    }
}

/// An intent that was withdrawn, or counted anew, without an order under way.
fn never_ordered(facts: &Facts) -> bool {
    let idle = facts.recorded.creation.as_ref().is_some_and(|creation| creation.started_at.is_none());
    idle && facts.identity() == Identity::None
}

/// Whether there is something to end must be known first.
fn settle_order_first(facts: &Facts) -> Step {
    match resolve(facts) {
        // What was never sent need not be sent now.
        Step::Create => Step::Withdraw(None),
        step => step,
    }
}

/// A finalizer without a status: the status was lost, perhaps with an order in it.
fn search_before_release(facts: &Facts) -> Step {
    let Some(search) = &facts.search else { return Step::Search };
    let findings = match &search.found {
        Err(trouble) => return Step::WriteStatus(Verdict::unheard_underway(trouble)),
        Ok(findings) => findings,
    };
    if let [id] = findings.ours.as_slice() {
        return Step::RecordId { id: id.clone(), ordered: true };
    }
    if let Some(verdict) = doubtful(facts, findings) {
        return Step::WriteStatus(verdict);
    }
    let candidates = candidates(facts, findings);
    let answer = facts.none_of(&candidates);
    if facts.annotations.create_outcome.as_ref() == Some(&answer) && !candidates.is_empty() {
        return Step::RemoveFinalizer(Release::Nothing);
    }
    if candidates.is_empty() {
        // Where nothing tells whether it was sent, what may live on is not passed over.
        let perhaps = !facts.can_decommission && findings.untraceable.is_some();
        let release = if perhaps { Release::Retained } else { Release::Nothing };
        return lost_record_unsettled(facts, search).unwrap_or(Step::RemoveFinalizer(release));
    }
    Step::WriteStatus(already_ordered(&answer, &candidates, findings))
}

/// End what is upstream, and wait until it is gone.
fn end(facts: &Facts, id: &ExternalId) -> Step {
    if facts.deletion_sent().is_some() {
        if let Some(Sent::NotDone(refusal)) = &facts.memory.delete {
            return Step::WithdrawDelete(refusal.clone());
        }
        if facts.memory.may_delete {
            return Step::Delete(id.clone());
        }
    }
    if let Some(refusal) = &facts.memory.turned_away {
        return Step::WriteStatus(deletion_turned_away(id, refusal));
    }
    let Some(look) = facts.fresh_look() else { return Step::Observe(id.clone()) };
    match &look.heard {
        Observation::Unknown(trouble) => Step::WriteStatus(Verdict::unheard_underway(trouble)),
        Observation::NotFound => ended(facts, look),
        Observation::Found(upstream) => end_what_is_there(facts, look, id, upstream),
    }
}

fn end_what_is_there(facts: &Facts, look: &Look, id: &ExternalId, upstream: &Upstream) -> Step {
    let waiting = |message: &str, next| Step::WriteStatus(Verdict::underway(reason::DECOMMISSIONING, message, next));
    match &upstream.end {
        End::Over => return Step::RemoveFinalizer(Release::Ended),
        End::Nothing => return Step::RemoveFinalizer(Release::Nothing),
        // S8: what ends already is not asked to end once more, whoever asked for it.
        End::UnderWay(_) if facts.deletion_sent().is_some_and(|sent| sent.accepted_at.is_none()) => {
            return Step::RecordDeleted;
        }
        End::UnderWay(why) => return waiting(why, Next::Poll),
        End::NotNow(why) if facts.deletion_sent().is_none() => return waiting(why, Next::Poll),
        End::NotNow(_) | End::OnDemand => {}
    }
    match (facts.deletion_sent(), &facts.memory.delete) {
        // S8: a deletion that is done is never repeated.
        (Some(Operation { accepted_at: Some(_), .. }), _) => {
            waiting("the provider accepted the end; it isn't gone yet", Next::Poll)
        }
        (Some(_), Some(Sent::Done { .. })) => Step::RecordDeleted,
        (Some(operation), _) if !at_least(look.begun, operation.started_at, facts.account.settle_time) => {
            waiting("the answer to the deletion was lost: waiting until the provider has surely settled", Next::Backoff)
        }
        (operation, _) if upstream.in_use_by.is_empty() => {
            Step::IntendDelete { attempt: operation.map_or(1, |operation| operation.attempt + 1) }
        }
        _ => {
            let message = format!(
                "{id} can't be ended while these hang on it: {}. Remove them at the provider",
                upstream.in_use_by.join(", ")
            );
            Step::WriteStatus(Verdict::stalled(reason::IN_USE, message, Next::Poll))
        }
    }
}

/// The provider says that what we end isn't there (S6).
fn ended(facts: &Facts, look: &Look) -> Step {
    match &facts.probe {
        None => return Step::Probe,
        Some(Err(trouble)) => return Step::WriteStatus(Verdict::unheard_underway(trouble)),
        Some(Ok(())) => {}
    }
    let accepted = facts.deletion_sent().is_some_and(|operation| {
        operation.accepted_at.is_some() || matches!(facts.memory.delete, Some(Sent::Done { .. }))
    });
    let twice = look.missing_for.is_some_and(|ago| ago >= facts.account.poll_interval);
    if accepted || twice && !facts.just_ordered(look.begun) {
        return Step::RemoveFinalizer(Release::Ended);
    }
    let message = "the provider doesn't show it: looking once more before letting go";
    Step::WriteStatus(Verdict::underway(reason::DECOMMISSIONING, message, Next::Poll))
}
