//! The decision: a pure function from what is known to the one next step.
//!
//! Rules S1 to S13 are those of `docs/safety.md`. The engine takes the step, records what came of it, and asks again.

use super::facts::{
    Documents, Facts, Findings, Fit, Heard, Identity, Look, Plan, Read, Readiness, Refusal, Search, Sent, Trouble,
    Upstream, at_least,
};
use super::verdict::{Next, Verdict, Word};
use crate::api::common::{DeletionPolicy, Operation};
use crate::api::conditions::reason;

/// One step: at most one effect, so that a crash between any two steps is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read the object from the API server.
    ReadFresh,
    /// Search the provider, completely, for what this object may have there.
    Search,
    /// Look at the upstream object.
    Observe(String),
    /// Try a harmless read of the account.
    Probe,
    /// Put the finalizer on, and write down what was picked.
    Hold,
    /// Write the intent to order this plan.
    Intend(Plan),
    /// Send the order whose digest the intent holds.
    Create,
    /// Write the upstream id, and whether this object ordered it, on the object.
    Record {
        /// The upstream id.
        id: String,
        /// This object ordered it.
        ordered: bool,
    },
    /// Take the intent back: the order certainly did not happen.
    Withdraw(Option<Refusal>),
    /// Write down that the answer to the order was a conflict.
    NoteConflict,
    /// A person says that nothing is upstream: count the next attempt.
    Reopen {
        /// Upstream objects that the person saw and declared not to be ours, besides those of former answers.
        dismissed: Vec<String>,
    },
    /// An answer stands there that was given to no question of ours: count on, so that it answers none to come.
    VoidAnswer,
    /// Take the upstream id off the object.
    Forget,
    /// Fetch the documents that are due.
    FetchDocuments(String),
    /// Write the intent to end the upstream object.
    IntendDelete {
        /// Counts the tries.
        attempt: u32,
    },
    /// End the upstream object.
    Delete(String),
    /// Write down that the provider accepted the end.
    RecordDeleted,
    /// Take the intent to end it back: it certainly did not happen.
    WithdrawDelete(Refusal),
    /// Let the object go.
    Release(Release),
    /// Nothing more for now; everything stays as it was.
    Wait(Next),
    /// Nothing more for now; this is how it stands.
    Rest(Verdict),
}

/// Why an object may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Nothing of it is upstream.
    Nothing,
    /// It ended upstream.
    Ended,
    /// It lives on upstream.
    Retained,
}

/// What to do next.
pub fn decide(facts: &Facts) -> Step {
    match choose(facts) {
        // S12: a decision from the cache may read; anything with an effect starts from a fresh read.
        step if facts.read == Read::Cached && step.has_effect() => Step::ReadFresh,
        step => step,
    }
}

impl Step {
    /// Whether the step is owed to what was begun already, at the provider or by writing an intent.
    pub fn concludes(&self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Record { .. }
                | Self::Withdraw(_)
                | Self::NoteConflict
                | Self::Delete(_)
                | Self::RecordDeleted
                | Self::WithdrawDelete(_)
        )
    }

    /// Whether the step changes anything but what is shown.
    pub fn has_effect(&self) -> bool {
        !matches!(self, Self::ReadFresh | Self::Search | Self::Observe(_) | Self::Probe | Self::Wait(_) | Self::Rest(_))
    }
}

fn choose(facts: &Facts) -> Step {
    if facts.deletion.is_some() {
        return part(facts);
    }
    if facts.suspended {
        return rest(Verdict::at_rest(
            None,
            Word::new(reason::SUSPENDED, "spec.suspend is true: the provider isn't asked"),
            Next::Change,
        ));
    }
    match facts.identity() {
        Identity::Conflict { marked, recorded } => rest(identity_conflict(&marked, &recorded)),
        Identity::Held { id, ordered } => hold(facts, &id, ordered),
        Identity::Foreign { id, owner } => look_only(facts, &id, &owner),
        Identity::None if facts.observe_only => rest(Verdict::stalled(
            reason::INVALID_SPEC,
            "managementPolicy Observe needs the annotation interconnect-operator.io/external-id with the upstream id",
            Next::Change,
        )),
        Identity::None => match &facts.account.problem {
            Some(problem) => rest(Verdict::problem(problem, Next::Backoff)),
            None if facts.order_began().is_some() => resolve(facts),
            None => answered(facts).unwrap_or_else(|| order(facts)),
        },
    }
}

// ---- ordering

/// Nothing is upstream, as far as we know, and something is wanted.
fn order(facts: &Facts) -> Step {
    if let Some(refused) = facts.recorded.creation.as_ref().and_then(|creation| creation.refused.as_ref())
        && refused.basis == facts.basis
    {
        // S2: what was refused is asked again only when something changed.
        return rest(refused_verdict(&refused.message));
    }
    if let Some(refusal) = &facts.memory.turned_away {
        return rest(
            Verdict::underway(reason::CREATING, "the order wasn't placed: trying again", Next::Backoff)
                .not_synced(&refusal.trouble()),
        );
    }
    if let Some(other) = &facts.claimed_by {
        return rest(already_taken(other));
    }
    if facts.account.closing {
        let message = "the account is being deleted: nothing new is ordered from it";
        return rest(Verdict::underway(reason::WAITING_FOR_DEPENDENCY, message, Next::Poll));
    }
    // S1, S12: an order starts from a fresh read, and its search begins after that.
    if facts.read == Read::Cached {
        return Step::ReadFresh;
    }
    let Some(search) = &facts.search else { return Step::Search };
    match &search.found {
        Err(trouble) => rest(Verdict::unheard_underway(trouble)),
        Ok(findings) => place(facts, search, findings),
    }
}

/// The search is complete: adopt, ask a person, or order.
fn place(facts: &Facts, search: &Search, findings: &Findings) -> Step {
    if let [id] = findings.ours.as_slice() {
        return Step::Record { id: id.clone(), ordered: true };
    }
    let candidates = candidates(facts, findings);
    if facts.record_lost() {
        let answer = facts.none_of(&candidates);
        return match facts.marks.create_outcome.as_ref() == Some(&answer) {
            _ if candidates.is_empty() => lost_record_unsettled(facts, search).unwrap_or_else(|| plan(facts, findings)),
            true => Step::Reopen { dismissed: candidates },
            false => rest(already_ordered(&answer, &candidates)),
        };
    }
    if facts.answered_nothing_there() {
        // Spent before anything is ordered under it, and for no more than the person was shown.
        let seen = candidates.into_iter().filter(|id| facts.recorded.candidates.contains(id));
        return Step::Reopen { dismissed: seen.collect() };
    }
    if !candidates.is_empty() {
        // S4: what may be ours, and that nobody here holds, is for a person to tell.
        return rest(already_ordered(&facts.nothing_there(), &candidates));
    }
    plan(facts, findings)
}

/// Nothing is there that may be this object's.
fn plan(facts: &Facts, findings: &Findings) -> Step {
    if let Some(holder) = findings.fits.iter().filter(|fit| fit.exact).find_map(|fit| fit.claimed_by.as_ref()) {
        return rest(already_taken(holder));
    }
    let plan = match &findings.plan {
        None => return rest(Verdict::underway(reason::CREATING, "making a plan", Next::Backoff)),
        Some(Err(problem)) => return rest(Verdict::problem(problem, Next::Poll)),
        Some(Ok(plan)) => plan,
    };
    if plan.needs_approval && !facts.approved(&plan.digest) {
        return rest(awaiting_approval(plan));
    }
    // S8: the finalizer comes with the first intent, not before.
    if !facts.finalizer || !plan.picks_recorded {
        return Step::Hold;
    }
    Step::Intend(plan.clone())
}

/// Everything that may be this object's without proof: two that carry our key are as bad as one that may.
fn candidates(facts: &Facts, findings: &Findings) -> Vec<String> {
    let unclaimed = findings.fits.iter().filter(|fit| fit.claimed_by.is_none()).map(|fit| &fit.id);
    let all = findings.ours.iter().chain(&findings.namesakes).chain(unclaimed);
    all.filter(|id| !facts.dismissed().contains(id)).cloned().collect()
}

/// An order is under way and no id is known.
fn resolve(facts: &Facts) -> Step {
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
        return Step::Hold;
    }
    let Some(search) = &facts.search else { return Step::Search };
    match &search.found {
        Err(trouble) => rest(Verdict::unheard_underway(trouble)),
        Ok(findings) => match mine(facts, findings).as_slice() {
            [id] => Step::Record { id: id.clone(), ordered: true },
            [] => not_found(facts, search),
            many => rest(already_ordered(&facts.nothing_there(), many)),
        },
    }
}

/// The provider answered this process with an id: that is this object's, whatever became of the intent since.
fn answered(facts: &Facts) -> Option<Step> {
    match &facts.memory.create {
        Some(Sent::Done { id: Some(id) }) => Some(Step::Record { id: id.clone(), ordered: true }),
        _ => None,
    }
}

/// What of these the order under way made.
fn mine(facts: &Facts, findings: &Findings) -> Vec<String> {
    if !findings.ours.is_empty() {
        return findings.ours.clone();
    }
    // S5: a natural key speaks for us only while our own intent is of unknown outcome, and never after a conflict, nor
    // for what a person said is not ours.
    let natural = |fit: &&Fit| {
        fit.exact && fit.claimed_by.is_none() && !conflict_noted(facts) && !facts.dismissed().contains(&fit.id)
    };
    findings.fits.iter().filter(natural).map(|fit| fit.id.clone()).collect()
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
fn not_found(facts: &Facts, search: &Search) -> Step {
    let account = &facts.account;
    let began = facts.order_began().unwrap_or(search.begun);
    let settled = at_least(search.begun, began, account.settle_time) && search.intent_known_for >= account.settle_time;
    if !settled || facts.memory.empty_searches == 0 {
        let message = "the answer to the order was lost: searching for it until the provider has surely settled";
        return rest(Verdict::underway(reason::CREATING, message, Next::Backoff));
    }
    let asked = facts.recorded.asked.as_deref() == Some(reason::CREATE_OUTCOME_UNKNOWN);
    match facts.answered_nothing_there() {
        // An answer that was there before the question answers something else.
        true if !account.search_proven && !asked => return Step::VoidAnswer,
        false if !account.search_proven => return rest(outcome_unknown(facts)),
        _ if facts.deletion.is_some() => return Step::Release(Release::Nothing),
        true if asked => return Step::Reopen { dismissed: Vec::new() },
        _ => {}
    }
    let refusal = conflict_noted(facts).then(|| Refusal {
        by_provider: true,
        reason: reason::PROVIDER_REFUSED,
        message: "the provider answered the order with a conflict, and nothing of it can be found".into(),
    });
    Step::Withdraw(refusal)
}

// ---- holding

/// This object stands for something upstream.
fn hold(facts: &Facts, id: &str, ordered: bool) -> Step {
    if let Some(other) = &facts.claimed_by {
        return rest(already_taken(other));
    }
    // S8: the finalizer comes with the first held id at the latest.
    if !facts.finalizer && !facts.observe_only {
        return Step::Hold;
    }
    if let Some(problem) = &facts.account.problem {
        return unheard(facts, &problem.trouble());
    }
    let Some(look) = facts.fresh_look() else { return Step::Observe(id.into()) };
    match &look.heard {
        Heard::NotHeard(trouble) => unheard(facts, trouble),
        Heard::NotFound => gone(facts, look, id),
        Heard::Found(upstream) => keep(facts, id, ordered, upstream),
    }
}

/// It is there: put our records in order, then the documents, then rest.
fn keep(facts: &Facts, id: &str, ordered: bool, upstream: &Upstream) -> Step {
    if facts.marks.external_id.is_none() {
        return Step::Record { id: id.into(), ordered };
    }
    match &facts.documents {
        Documents::Due => Step::FetchDocuments(id.into()),
        Documents::Settled => rest(shown(upstream)),
        Documents::Failed(message) => {
            let trouble = Trouble { reason: reason::DOCUMENT_UNAVAILABLE, message: message.clone() };
            rest(Verdict { next: Next::Backoff, ..shown(upstream).not_synced(&trouble) })
        }
    }
}

/// The provider says that what we hold isn't there (S6).
fn gone(facts: &Facts, look: &Look, id: &str) -> Step {
    match &facts.probe {
        None => return Step::Probe,
        Some(Err(trouble)) => return unheard(facts, trouble),
        Some(Ok(())) => {}
    }
    if facts.just_ordered(look.begun) {
        let message = "the provider took the order and doesn't show it yet";
        return rest(Verdict::underway(reason::CREATING, message, Next::Backoff));
    }
    if facts.answered_nothing_there() && facts.recorded.asked.as_deref() != Some(reason::GONE_UPSTREAM) {
        return Step::VoidAnswer;
    }
    if facts.answered_nothing_there() {
        return match facts.marks.external_id {
            Some(_) => Step::Forget,
            None => Step::Reopen { dismissed: Vec::new() },
        };
    }
    let message = format!(
        "{id} ended at the provider, and not by us. Delete this object; or to order anew: kubectl annotate --overwrite … interconnect-operator.io/create-outcome={}",
        facts.nothing_there()
    );
    rest(Verdict::stalled(reason::GONE_UPSTREAM, message, Next::Poll))
}

/// Another object ordered it (S5): look, show, never change.
fn look_only(facts: &Facts, id: &str, owner: &str) -> Step {
    if facts.look.is_none() && facts.account.problem.is_none() {
        return Step::Observe(id.into());
    }
    let message = format!(
        "{id} was ordered by the object with uid {owner}, of which this is a copy or a restored one. If it is this object's now: kubectl annotate … interconnect-operator.io/external-id-owner-"
    );
    rest(Verdict::stalled(reason::OWNERSHIP_UNCONFIRMED, message, Next::Poll))
}

// ---- parting

/// The object is being deleted (S8).
fn part(facts: &Facts) -> Step {
    if !facts.finalizer {
        return rest(Verdict::underway(reason::DECOMMISSIONING, "nothing of ours holds this object", Next::Change));
    }
    match facts.identity() {
        Identity::None if answered(facts).is_some() => answered(facts).unwrap_or(Step::ReadFresh),
        _ if never_ordered(facts) => Step::Release(Release::Nothing),
        Identity::None if retained(facts) && facts.just_ordered(facts.now) => {
            let message = "an order is under way: waiting until it has surely settled before letting go";
            rest(Verdict::underway(reason::DECOMMISSIONING, message, Next::Backoff))
        }
        _ if facts.deletion.is_some_and(|deletion| deletion.crd_going) => Step::Release(Release::Retained),
        _ if retained(facts) => Step::Release(Release::Retained),
        _ if facts.suspended => rest(Verdict::stalled(
            reason::SUSPENDED,
            "deletion must end the circuit, and spec.suspend forbids asking the provider: set suspend to false, or deletionPolicy to Retain",
            Next::Change,
        )),
        Identity::Conflict { marked, recorded } => rest(identity_conflict(&marked, &recorded)),
        Identity::Foreign { .. } => Step::Release(Release::Retained),
        identity => match (&facts.account.problem, identity) {
            (Some(problem), _) => rest(Verdict::problem(problem, Next::Backoff)),
            (None, Identity::Held { id, .. }) => end(facts, &id),
            (None, _) if facts.order_began().is_some() => settle_order_first(facts),
            (None, _) => search_before_release(facts),
        },
    }
}

/// Whether deletion leaves alone what is upstream.
fn retained(facts: &Facts) -> bool {
    let identity = facts.identity();
    // What another object has the better claim on isn't this one's to end; an order of its own under way is.
    let taken = facts.claimed_by.is_some() && (identity != Identity::None || facts.order_began().is_none());
    if facts.observe_only || taken {
        return true;
    }
    match (facts.deletion_policy, identity) {
        (_, Identity::Foreign { .. }) | (Some(DeletionPolicy::Retain), _) => true,
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
        Err(trouble) => return rest(Verdict::unheard_underway(trouble)),
        Ok(findings) => findings,
    };
    if let [id] = findings.ours.as_slice() {
        return Step::Record { id: id.clone(), ordered: true };
    }
    let candidates = candidates(facts, findings);
    let answer = facts.none_of(&candidates);
    if facts.marks.create_outcome.as_ref() == Some(&answer) && !candidates.is_empty() {
        return Step::Release(Release::Nothing);
    }
    if candidates.is_empty() {
        return lost_record_unsettled(facts, search).unwrap_or(Step::Release(Release::Nothing));
    }
    rest(already_ordered(&answer, &candidates))
}

/// What was ordered just before the record was lost may not show yet: not until a second search, a settle time later.
fn lost_record_unsettled(facts: &Facts, search: &Search) -> Option<Step> {
    let settled = search.intent_known_for >= facts.account.settle_time && facts.memory.empty_searches > 0;
    let message = "its record is lost: searching until the provider has surely settled";
    let going = facts.deletion.is_some();
    let reason = if going { reason::DECOMMISSIONING } else { reason::CREATING };
    (facts.record_lost() && !settled).then(|| rest(Verdict::underway(reason, message, Next::Backoff)))
}

/// End what is upstream, and wait until it is gone.
fn end(facts: &Facts, id: &str) -> Step {
    if facts.recorded.operation.is_some() {
        if let Some(Sent::NotDone(refusal)) = &facts.memory.delete {
            return Step::WithdrawDelete(refusal.clone());
        }
        if facts.memory.may_delete {
            return Step::Delete(id.into());
        }
    }
    if let Some(refusal) = &facts.memory.turned_away {
        return rest(deletion_turned_away(id, refusal));
    }
    let Some(look) = facts.fresh_look() else { return Step::Observe(id.into()) };
    match &look.heard {
        Heard::NotHeard(trouble) => rest(Verdict::unheard_underway(trouble)),
        Heard::NotFound => ended(facts, look),
        Heard::Found(upstream) => end_what_is_there(facts, look, id, upstream),
    }
}

fn end_what_is_there(facts: &Facts, look: &Look, id: &str, upstream: &Upstream) -> Step {
    let waiting = |message: &str, next| rest(Verdict::underway(reason::DECOMMISSIONING, message, next));
    match (&facts.recorded.operation, &facts.memory.delete) {
        // S8: a deletion that is done is never repeated.
        (Some(Operation { accepted_at: Some(_), .. }), _) => {
            waiting("the provider accepted the end; it isn't gone yet", Next::Poll)
        }
        (Some(_), Some(Sent::Done { .. })) => Step::RecordDeleted,
        (Some(operation), _) if !at_least(look.begun, operation.started_at, facts.account.settle_time) => {
            waiting("the answer to the deletion was lost: waiting until the provider has surely settled", Next::Backoff)
        }
        (operation, _) if upstream.in_use_by.is_empty() => {
            Step::IntendDelete { attempt: operation.as_ref().map_or(1, |operation| operation.attempt + 1) }
        }
        _ => {
            let message = format!(
                "{id} can't be ended while these hang on it: {}. Remove them at the provider",
                upstream.in_use_by.join(", ")
            );
            rest(Verdict::stalled(reason::IN_USE, message, Next::Poll))
        }
    }
}

/// The provider says that what we end isn't there (S6).
fn ended(facts: &Facts, look: &Look) -> Step {
    match &facts.probe {
        None => return Step::Probe,
        Some(Err(trouble)) => return rest(Verdict::unheard_underway(trouble)),
        Some(Ok(())) => {}
    }
    let accepted = facts.recorded.operation.as_ref().is_some_and(|operation| {
        operation.accepted_at.is_some() || matches!(facts.memory.delete, Some(Sent::Done { .. }))
    });
    let twice = look.missing_for.is_some_and(|ago| ago >= facts.account.poll_interval);
    if accepted || twice && !facts.just_ordered(look.begun) {
        return Step::Release(Release::Ended);
    }
    let message = "the provider doesn't show it: looking once more before letting go";
    rest(Verdict::underway(reason::DECOMMISSIONING, message, Next::Poll))
}

// ---- verdicts

fn rest(verdict: Verdict) -> Step {
    Step::Rest(verdict)
}

/// What an upstream object that was just heard of means for the conditions (S13).
fn shown(upstream: &Upstream) -> Verdict {
    let verdict = match &upstream.readiness {
        Readiness::InProgress(message) => Verdict::underway(reason::WAITING_FOR_PROVIDER, message, Next::Poll),
        Readiness::Ready => Verdict::at_rest(Some(true), Word::new(reason::AVAILABLE, "usable"), Next::Poll),
        Readiness::NotUsable(reason, message) => Verdict::at_rest(Some(false), Word::new(reason, message), Next::Poll),
    };
    match &upstream.drift {
        None => verdict.synced(),
        Some(drift) => verdict.not_synced(&Trouble { reason: reason::DRIFTED, message: drift.clone() }),
    }
}

/// The provider wasn't heard of what we hold (S13): one failed poll says nothing about the object, three intervals do.
fn unheard(facts: &Facts, trouble: &Trouble) -> Step {
    let recent = facts.memory.heard_ago.is_some_and(|ago| ago < facts.account.poll_interval * 3);
    if recent && facts.recorded.ever_shown {
        return Step::Wait(Next::Backoff);
    }
    let word = Word::new(trouble.reason, format!("not heard from the provider: {}", trouble.message));
    rest(Verdict::at_rest(None, word, Next::Backoff).not_synced(trouble))
}

fn deletion_turned_away(id: &str, refusal: &Refusal) -> Verdict {
    let trouble = refusal.trouble();
    let verdict = if refusal.by_provider {
        Verdict::stalled(
            refusal.reason,
            format!("the provider refused to end {id}: {}. Asking again from time to time", refusal.message),
            Next::Backoff,
        )
    } else {
        Verdict::underway(reason::DECOMMISSIONING, "the deletion wasn't taken: trying again", Next::Backoff)
    };
    verdict.not_synced(&trouble)
}

fn refused_verdict(message: &str) -> Verdict {
    let said = format!(
        "the provider refused the order: {message}. Mend the spec or the account; or ask again: kubectl annotate --overwrite … interconnect-operator.io/reconcile-at=$(date -Is)"
    );
    let trouble = Trouble { reason: reason::PROVIDER_REFUSED, message: message.into() };
    // New credentials change the basis without any object's changing.
    Verdict::stalled(reason::PROVIDER_REFUSED, said, Next::Poll).not_synced(&trouble)
}

fn awaiting_approval(plan: &Plan) -> Verdict {
    let message = format!(
        "{}. To order it: kubectl annotate --overwrite … interconnect-operator.io/approved-plan={}",
        plan.summary, plan.digest
    );
    Verdict::underway(reason::AWAITING_APPROVAL, message, Next::Poll)
}

fn already_taken(other: &str) -> Verdict {
    let message = format!("{other} has it. Delete one of the two, or ask for something else here");
    Verdict::stalled(reason::ALREADY_TAKEN, message, Next::Poll)
}

fn identity_conflict(marked: &str, recorded: &str) -> Verdict {
    let message = format!(
        "the annotation external-id says {marked}, the status says {recorded}. To go on with {recorded}: kubectl annotate --overwrite … interconnect-operator.io/external-id={recorded}"
    );
    Verdict::stalled(reason::IDENTITY_CONFLICT, message, Next::Change)
}

fn already_ordered(answer: &str, candidates: &[String]) -> Verdict {
    let message = format!(
        "these at the provider may be this object's: {}. To take one over: kubectl annotate … interconnect-operator.io/external-id=ID. If none of them is: kubectl annotate --overwrite … interconnect-operator.io/create-outcome={answer}",
        candidates.join(", "),
    );
    Verdict { candidates: candidates.to_vec(), ..Verdict::stalled(reason::ALREADY_ORDERED, message, Next::Poll) }
}

fn outcome_unknown(facts: &Facts) -> Verdict {
    let message = format!(
        "the answer to the order was lost and a search can't tell. Look at the provider. If it is there: kubectl annotate … interconnect-operator.io/external-id=ID. If not: kubectl annotate --overwrite … interconnect-operator.io/create-outcome={}",
        facts.nothing_there()
    );
    Verdict::stalled(reason::CREATE_OUTCOME_UNKNOWN, message, Next::Poll)
}
