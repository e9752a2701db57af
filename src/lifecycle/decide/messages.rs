//! What an object's conditions say: the reasons, and what a person can do.

use super::Step;
use super::facts::{Facts, Findings, Plan, Readiness, Refusal, Upstream};
use super::verdict::{Next, Verdict};
use crate::api::conditions::{Cause, reason};
use crate::api::ids::ExternalId;

/// What an upstream object that was just heard of means for the conditions (S13).
pub(super) fn shown(upstream: &Upstream) -> Verdict {
    let verdict = match &upstream.readiness {
        Readiness::InProgress(message) => Verdict::underway(reason::WAITING_FOR_PROVIDER, message, Next::Poll),
        Readiness::Ready => Verdict::at_rest(Some(true), Cause::new(reason::AVAILABLE, "usable"), Next::Poll),
        Readiness::Failed(message) => Verdict::stalled(reason::PROVIDER_FAILED, message, Next::Poll),
        Readiness::Ended(message) => Verdict::stalled(reason::GONE_UPSTREAM, message, Next::Poll),
        Readiness::NotUsable(reason, message) => Verdict::at_rest(Some(false), Cause::new(reason, message), Next::Poll),
    };
    match &upstream.drift {
        None => verdict.synced(),
        Some(drift) => verdict.not_synced(&Cause::new(reason::DRIFTED, drift)),
    }
}

/// The provider wasn't heard of what we hold (S13): one failed poll says nothing about the object, three intervals do.
pub(super) fn not_observed(facts: &Facts, cause: &Cause) -> Step {
    let recent = facts.memory.heard_ago.is_some_and(|ago| ago < facts.account.poll_interval * 3);
    if recent && facts.recorded.ever_shown {
        return Step::Requeue(Next::Backoff);
    }
    let unknown = Cause::new(cause.reason, format!("not heard from the provider: {}", cause.message));
    Step::WriteStatus(Verdict::at_rest(None, unknown, Next::Backoff).not_synced(cause))
}

pub(super) fn deletion_turned_away(id: &ExternalId, refusal: &Refusal) -> Verdict {
    let verdict = if refusal.by_provider {
        Verdict::stalled(
            refusal.cause.reason,
            format!("the provider refused to end {id}: {}. Asking again from time to time", refusal.cause.message),
            Next::Backoff,
        )
    } else {
        Verdict::underway(reason::DECOMMISSIONING, "the deletion wasn't taken: trying again", Next::Backoff)
    };
    verdict.not_synced(&refusal.cause)
}

pub(super) fn refused_verdict(message: &str) -> Verdict {
    let said = format!(
        "the provider refused the order: {message}. Mend the spec or the account; or ask again: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/reconcile-at=$(date -Is)"
    );
    let cause = Cause::new(reason::PROVIDER_REFUSED, message);
    // New credentials change the basis without any object's changing.
    Verdict::stalled(reason::PROVIDER_REFUSED, said, Next::Poll).not_synced(&cause)
}

pub(super) fn awaiting_approval(plan: &Plan) -> Verdict {
    Verdict::underway_for(awaiting(plan), Next::Poll)
}

pub(super) fn awaiting(plan: &Plan) -> Cause {
    let message = format!(
        "{}. To order it: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/approved-plan={}",
        plan.summary, plan.digest
    );
    Cause::new(reason::AWAITING_APPROVAL, message)
}

pub(super) fn already_taken(other: &str) -> Verdict {
    let message = format!("{other} has it. Delete one of the two, or ask for something else here");
    Verdict::stalled(reason::ALREADY_TAKEN, message, Next::Poll)
}

pub(super) fn identity_conflict(marked: &ExternalId, recorded: &ExternalId) -> Verdict {
    let message = format!(
        "the annotation external-id says {marked}, the status says {recorded}. To go on with {recorded}: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/external-id={recorded}"
    );
    Verdict::stalled(reason::IDENTITY_CONFLICT, message, Next::Change)
}

pub(super) fn already_ordered(answer: &str, candidates: &[ExternalId], findings: &Findings) -> Verdict {
    let message = match &findings.untraceable {
        None => format!(
            "these at the provider may be this object's: {}. To take one over: kubectl annotate KIND/NAME interconnect-operator.io/external-id=ID. If none of them is: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/create-outcome={answer}",
            listed(candidates),
        ),
        Some(id) => format!(
            "the record of this object is lost, and nothing at the provider tells whether it was sent. If it was: kubectl annotate KIND/NAME interconnect-operator.io/external-id={id}. If not: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/create-outcome={answer}"
        ),
    };
    Verdict { candidates: candidates.to_vec(), ..Verdict::stalled(reason::ALREADY_ORDERED, message, Next::Poll) }
}

pub(super) fn outcome_unknown(facts: &Facts, candidates: &[ExternalId], findings: &Findings) -> Verdict {
    let seen = match candidates {
        [] => String::new(),
        some => format!(" (there is {}, which may be anybody's)", listed(some)),
    };
    let message = format!(
        "the answer to the order was lost and a search can't tell. Look at the provider{seen}. If it is there: kubectl annotate KIND/NAME interconnect-operator.io/external-id={}. If not: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/create-outcome={}",
        findings.untraceable.as_deref().unwrap_or("ID"),
        facts.nothing_there()
    );
    Verdict { candidates: candidates.to_vec(), ..Verdict::stalled(reason::CREATE_OUTCOME_UNKNOWN, message, Next::Poll) }
}

fn listed(ids: &[ExternalId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
