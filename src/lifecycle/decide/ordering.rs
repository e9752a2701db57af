//! Ordering: adopt, ask a person, or order; and find out what became of an order.

use super::facts::{Facts, Findings, Fit, Read, Refusal, Search, Sent, at_least};
use super::messages::{already_ordered, already_taken, awaiting_approval, outcome_unknown, refused_verdict};
use super::verdict::{Next, Verdict};
use super::{Release, Step};
use crate::api::conditions::{Cause, reason};
use crate::api::ids::ExternalId;

/// Nothing is upstream, as far as we know, and something is wanted.
pub(super) fn order(facts: &Facts) -> Step {
    if let Some(refused) = facts.recorded.creation.as_ref().and_then(|creation| creation.refused.as_ref())
        && refused.basis == facts.basis
    {
        // S2: what was refused is asked again only when something changed.
        return Step::WriteStatus(refused_verdict(&refused.message));
    }
    if let Some(refusal) = &facts.memory.turned_away {
        return Step::WriteStatus(
            Verdict::underway(reason::CREATING, "the order wasn't placed: trying again", Next::Backoff)
                .not_synced(&refusal.cause),
        );
    }
    if let Some(other) = &facts.claimed_by {
        return Step::WriteStatus(already_taken(other));
    }
    if facts.account.closing {
        let message = "the account is being deleted: nothing new is ordered from it";
        return Step::WriteStatus(Verdict::underway(reason::WAITING_FOR_DEPENDENCY, message, Next::Poll));
    }
    // S1, S12: an order starts from a fresh read, and its search begins after that.
    if facts.read == Read::Cached {
        return Step::ReadFresh;
    }
    let Some(search) = &facts.search else { return Step::Search };
    match &search.found {
        Err(trouble) => Step::WriteStatus(Verdict::unheard_underway(trouble)),
        Ok(findings) => heard(place(facts, search, findings)),
    }
}

/// What went wrong before the provider was heard is over.
fn heard(step: Step) -> Step {
    match step {
        Step::WriteStatus(verdict) if verdict.synced.is_none() => Step::WriteStatus(verdict.nothing_to_compare()),
        step => step,
    }
}

/// A partner makes it: look for it until it is there.
pub(super) fn receive(facts: &Facts) -> Step {
    if let Some(other) = &facts.claimed_by {
        return Step::WriteStatus(already_taken(other));
    }
    let Some(search) = &facts.search else { return Step::Search };
    match &search.found {
        Err(trouble) => Step::WriteStatus(Verdict::unheard_underway(trouble)),
        Ok(findings) => heard(received(findings)),
    }
}

fn received(findings: &Findings) -> Step {
    match &findings.received {
        Some(Ok(id)) => Step::RecordId { id: id.clone(), ordered: false },
        Some(Err(problem)) => Step::WriteStatus(Verdict::problem(problem, Next::Poll)),
        None => {
            let message = "the provider doesn't show it yet: waiting until the partner made it";
            Step::WriteStatus(Verdict::underway(reason::WAITING_FOR_DEPENDENCY, message, Next::Poll))
        }
    }
}

/// The search is complete: adopt, ask a person, or order.
fn place(facts: &Facts, search: &Search, findings: &Findings) -> Step {
    if let [id] = findings.ours.as_slice() {
        return Step::RecordId { id: id.clone(), ordered: true };
    }
    if let Some(verdict) = doubtful(facts, findings) {
        return Step::WriteStatus(verdict);
    }
    let candidates = candidates(facts, findings);
    if facts.record_lost() {
        let answer = facts.none_of(&candidates);
        return match facts.annotations.create_outcome.as_ref() == Some(&answer) {
            _ if candidates.is_empty() && findings.untraceable.is_none() => {
                lost_record_unsettled(facts, search).unwrap_or_else(|| plan(facts, findings))
            }
            true => Step::NextAttempt { dismissed: candidates },
            false => Step::WriteStatus(already_ordered(&answer, &candidates, findings)),
        };
    }
    if facts.answered_nothing_there() {
        // Spent before anything is ordered under it, and for no more than the person was shown.
        return Step::NextAttempt { dismissed: shown_before(facts, candidates) };
    }
    if !candidates.is_empty() {
        // S4: what may be ours, and that nobody here holds, is for a person to tell.
        return Step::WriteStatus(already_ordered(&facts.nothing_there(), &candidates, findings));
    }
    plan(facts, findings)
}

/// Those of the candidates that the person was shown who says that none is this object's.
fn shown_before(facts: &Facts, mut candidates: Vec<ExternalId>) -> Vec<ExternalId> {
    candidates.retain(|id| facts.recorded.candidates.contains(id));
    candidates
}

/// Nothing is there that may be this object's.
fn plan(facts: &Facts, findings: &Findings) -> Step {
    if let Some(holder) = findings.fits.iter().filter(|fit| fit.exact).find_map(|fit| fit.claimed_by.as_ref()) {
        return Step::WriteStatus(already_taken(holder));
    }
    let plan = match &findings.plan {
        None => return Step::WriteStatus(Verdict::underway(reason::CREATING, "making a plan", Next::Backoff)),
        // What it waits for may be there any moment.
        Some(Err(problem)) if !problem.stalled => return Step::WriteStatus(Verdict::problem(problem, Next::Backoff)),
        Some(Err(problem)) => return Step::WriteStatus(Verdict::problem(problem, Next::Poll)),
        Some(Ok(plan)) => plan,
    };
    if plan.needs_approval && !facts.approved(&plan.digest) {
        return Step::WriteStatus(awaiting_approval(plan));
    }
    // S8: the finalizer comes with the first intent, not before.
    if !facts.finalizer || !plan.picks_recorded {
        return Step::AddFinalizer;
    }
    Step::Intend(plan.clone())
}

/// Everything that may be this object's without proof: two that carry our key are as bad as one that may.
pub(super) fn candidates(facts: &Facts, findings: &Findings) -> Vec<ExternalId> {
    let keyed = findings.ours.iter().chain(&findings.namesakes).filter(|id| !facts.dismissed().contains(id));
    let mut all: Vec<ExternalId> = keyed.chain(nobodys(facts, findings).map(|fit| &fit.id)).cloned().collect();
    // The question is made of them: whatever order a search finds them in, it is the same one.
    all.sort();
    all
}

/// What fits, and is neither another object's nor declared by a person not to be this one's.
fn nobodys<'a>(facts: &'a Facts, findings: &'a Findings) -> impl Iterator<Item = &'a Fit> {
    findings.fits.iter().filter(|fit| fit.claimed_by.is_none() && !facts.dismissed().contains(&fit.id))
}

/// What another object's order under way may have made can't be told to be this one's, or nobody's, until that is settled.
pub(super) fn doubtful(facts: &Facts, findings: &Findings) -> Option<Verdict> {
    let (id, other) = nobodys(facts, findings).find_map(|fit| Some((&fit.id, fit.perhaps_of.as_ref()?)))?;
    let message = format!("{id} may be what {other} ordered: waiting until that order's outcome is known");
    Some(Verdict::underway(reason::WAITING_FOR_DEPENDENCY, message, Next::Backoff))
}

/// An order is under way and no id is known.
pub(super) fn resolve(facts: &Facts) -> Step {
    if let Some(record) = answered(facts) {
        return record;
    }
    match &facts.memory.create {
        Some(Sent::NotDone(refusal)) => return Step::Withdraw(Some(refusal.clone())),
        Some(Sent::Unknown { conflict: true, .. }) if !conflict_noted(facts) => return Step::NoteConflict,
        None if facts.memory.may_create => return Step::Create,
        _ => {}
    }
    if !facts.finalizer && facts.deletion.is_none() {
        // Somebody replaced the object, finalizer and all: an order is under way all the same.
        return Step::AddFinalizer;
    }
    let Some(search) = &facts.search else { return Step::Search };
    match &search.found {
        Err(trouble) => Step::WriteStatus(Verdict::unheard_underway(trouble)),
        Ok(findings) => match mine(facts, findings).as_slice() {
            [id] => Step::RecordId { id: id.clone(), ordered: true },
            [] => not_found(facts, search, findings),
            many => Step::WriteStatus(already_ordered(&facts.nothing_there(), many, findings)),
        },
    }
}

/// The provider answered this process with an id: that is this object's, whatever became of the intent since.
pub(super) fn answered(facts: &Facts) -> Option<Step> {
    match &facts.memory.create {
        Some(Sent::Done { id: Some(id) }) => Some(Step::RecordId { id: id.clone(), ordered: true }),
        _ => None,
    }
}

/// What of these the order under way made.
fn mine(facts: &Facts, findings: &Findings) -> Vec<ExternalId> {
    if !findings.ours.is_empty() {
        return findings.ours.clone();
    }
    // S5: a natural key speaks for us only while our own intent is of unknown outcome, and never after a conflict, nor
    // for what a person said is not ours.
    let natural = |fit: &&Fit| fit.exact && !conflict_noted(facts);
    nobodys(facts, findings).filter(natural).map(|fit| fit.id.clone()).collect()
}

/// Whether this pass searched, completely, for the order under way and did not find it.
pub fn searched_in_vain(facts: &Facts) -> bool {
    let found = facts.search.as_ref().and_then(|search| search.found.as_ref().ok());
    found.is_some_and(|findings| match facts.order_began() {
        Some(_) => mine(facts, findings).is_empty(),
        None => facts.record_lost() && candidates(facts, findings).is_empty(),
    })
}

fn conflict_noted(facts: &Facts) -> bool {
    facts.recorded.creation.as_ref().is_some_and(|creation| creation.conflict)
}

/// A complete search did not find the order under way (S3).
fn not_found(facts: &Facts, search: &Search, findings: &Findings) -> Step {
    let account = &facts.account;
    let began = facts.order_began().unwrap_or(search.begun);
    // A start that is still to come says that a clock was wrong, and nothing else: what this process saw itself counts.
    let waited = search.begun < began || at_least(search.begun, began, account.settle_time);
    let settled = waited && search.intent_known_for >= account.settle_time;
    if !settled || facts.memory.empty_searches == 0 {
        let message = "the answer to the order was lost: searching for it until the provider has surely settled";
        return Step::WriteStatus(Verdict::underway(reason::CREATING, message, Next::Backoff));
    }
    let asked = facts.recorded.asked.as_deref() == Some(reason::CREATE_OUTCOME_UNKNOWN);
    let candidates = candidates(facts, findings);
    // Where nothing is searched now, it doesn't matter what was found once.
    let proven = account.search_proven && findings.untraceable.is_none();
    match facts.answered_nothing_there() {
        // An answer that was there before the question answers something else.
        true if !proven && !asked => return Step::VoidAnswer,
        false if !proven => return Step::WriteStatus(outcome_unknown(facts, &candidates, findings)),
        _ if facts.deletion.is_some() => return Step::RemoveFinalizer(Release::Nothing),
        true if asked => return Step::NextAttempt { dismissed: shown_before(facts, candidates) },
        _ => {}
    }
    let refusal = conflict_noted(facts).then(|| Refusal {
        by_provider: true,
        unsupported: false,
        cause: Cause::new(
            reason::PROVIDER_REFUSED,
            "the provider answered the order with a conflict, and nothing of it can be found",
        ),
    });
    Step::Withdraw(refusal)
}

/// What was ordered just before the record was lost may not show yet: not until a second search, a settle time later.
pub(super) fn lost_record_unsettled(facts: &Facts, search: &Search) -> Option<Step> {
    let settled = search.intent_known_for >= facts.account.settle_time && facts.memory.empty_searches > 0;
    let message = "its record is lost: searching until the provider has surely settled";
    let going = facts.deletion.is_some();
    let reason = if going { reason::DECOMMISSIONING } else { reason::CREATING };
    (facts.record_lost() && !settled).then(|| Step::WriteStatus(Verdict::underway(reason, message, Next::Backoff)))
}
