//! Holding: keep an eye on what is upstream, and our records of it in order.

use super::Step;
use super::changing::change;
use super::saying::{already_taken, rest, shown, unheard};
use crate::api::conditions::reason;
use crate::lifecycle::facts::{Documents, Facts, Heard, Look, Readiness, Trouble, Upstream};
use crate::lifecycle::verdict::{Next, Verdict};

/// This object stands for something upstream.
pub(super) fn hold(facts: &Facts, id: &str, ordered: bool) -> Step {
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
        Heard::Found(upstream) => keep(facts, id, ordered, look, upstream),
    }
}

/// It is there: put our records in order, then the documents, then rest.
fn keep(facts: &Facts, id: &str, ordered: bool, look: &Look, upstream: &Upstream) -> Step {
    if facts.marks.external_id.is_none() {
        return Step::Record { id: id.into(), ordered };
    }
    if let Readiness::Ended(said) = &upstream.readiness {
        return over(facts, said);
    }
    match change(facts, id, look, upstream) {
        // Letters don't wait for a change that waits.
        Some(Step::Rest(_)) if facts.documents == Documents::Due => {}
        Some(step) => return step,
        None => {}
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
    over(facts, &format!("{id} ended at the provider, and not by us"))
}

/// It has ended, and a person must say what now: nothing is ordered again by itself.
fn over(facts: &Facts, said: &str) -> Step {
    if facts.receives {
        let message = format!("{said}. Delete this object, and create another for what the partner makes next");
        return rest(Verdict::stalled(reason::GONE_UPSTREAM, message, Next::Poll));
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
        "{said}. Delete this object; or to order anew: kubectl annotate --overwrite KIND/NAME interconnect-operator.io/create-outcome={}",
        facts.nothing_there()
    );
    rest(Verdict::stalled(reason::GONE_UPSTREAM, message, Next::Poll))
}

/// Another object ordered it (S5): look, show, never change.
pub(super) fn look_only(facts: &Facts, id: &str, owner: &str) -> Step {
    if facts.look.is_none() && facts.account.problem.is_none() {
        return Step::Observe(id.into());
    }
    let message = format!(
        "{id} was ordered by the object with uid {owner}, of which this is a copy or a restored one. If it is this object's now: kubectl annotate KIND/NAME interconnect-operator.io/external-id-owner-"
    );
    rest(Verdict::stalled(reason::OWNERSHIP_UNCONFIRMED, message, Next::Poll))
}
