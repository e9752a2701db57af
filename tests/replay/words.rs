//! Steps and objects in the model's words, whether they are the model's or real ones.

use interconnect_model::world::{Id, Object};
use interconnect_operator::api::common::Circuit;
use interconnect_operator::api::ids::ExternalId;
use interconnect_operator::api::{CIRCUIT_FINALIZER, Interconnect, annotations};
use interconnect_operator::lifecycle::decide::Step;
use interconnect_operator::lifecycle::decide::facts::Refusal;
use kube::ResourceExt;

/// A step, with ids as `number` tells them. What it says to people is left out.
pub fn step(step: &Step, number: impl Fn(&str) -> String) -> String {
    let all = |ids: &[ExternalId]| ids.iter().map(|id| number(&id.to_string())).collect::<Vec<_>>();
    let by = |refusal: &Refusal| if refusal.by_provider { "refused" } else { "turned away" };
    match step {
        Step::Observe(id) => format!("Observe {}", number(&id.to_string())),
        Step::Intend(_) => "Intend".into(),
        Step::RecordId { id, ordered } => format!("Record {}, ordered: {ordered}", number(&id.to_string())),
        Step::Withdraw(refusal) => format!("Withdraw, {}", refusal.as_ref().map_or("never sent", by)),
        Step::NextAttempt { dismissed } => format!("Reopen, not {:?}", all(dismissed)),
        Step::Delete(id) => format!("Delete {}", number(&id.to_string())),
        Step::FetchDocuments(id) => format!("FetchDocuments {}", number(&id.to_string())),
        Step::WithdrawDelete(refusal) => format!("WithdrawDelete, {}", by(refusal)),
        Step::WriteStatus(verdict) => format!(
            "Rest: Ready {:?}, Reconciling {:?}, Stalled {:?}, candidates {:?}, next {:?}",
            verdict.ready.status,
            verdict.reconciling.as_ref().map(|word| word.reason),
            verdict.stalled.as_ref().map(|word| word.reason),
            all(&verdict.candidates),
            verdict.next
        ),
        other => format!("{other:?}"),
    }
}

/// An object as the model has it.
pub fn of_model(object: &Object) -> String {
    let status = &object.status;
    let owner = object.owner.map(|owner| if owner == object.uid { "itself" } else { "another" });
    let creation = status.creation.as_ref().map(|it| {
        let (began, refused) = (it.started.is_some(), it.refused.is_some());
        order(it.attempt.into(), began, it.conflict, refused, &numbers(&it.dismissed))
    });
    let operation = status.operation.as_ref().map(|it| (u32::from(it.attempt), it.accepted));
    all([
        flags(object.deleting, object.finalizer, object.answer.is_some(), object.approved.is_some()),
        format!("marked {:?} of {owner:?}", object.marked.map(|id| id.to_string())),
        format!("status id {:?}", status.id.map(|id| id.to_string())),
        format!("order {creation:?}"),
        format!("end {operation:?}"),
        format!("Ready {:?}, Stalled {:?}", status.ready, status.stalled),
        format!("candidates {:?}, shown {}", numbers(&status.candidates), status.shown),
    ])
}

/// An object as the API server has it.
pub fn of_real(object: &Interconnect, number: impl Fn(&str) -> String) -> String {
    let mark = |name: &str| object.annotations().get(name);
    let uid = object.uid();
    let owner = mark(annotations::EXTERNAL_ID_OWNER)
        .map(|owner| if Some(owner) == uid.as_ref() { "itself" } else { "another" });
    let status = object.common_status().cloned().unwrap_or_default();
    let ids = |ids: &[ExternalId]| ids.iter().map(|id| number(&id.to_string())).collect::<Vec<_>>();
    let creation = status.creation.as_ref().map(|it| {
        let (began, refused) = (it.started_at.is_some(), it.refused.is_some());
        order(it.attempt, began, it.conflict, refused, &ids(&it.dismissed))
    });
    let operation = status.operation.as_ref().map(|it| (it.attempt, it.accepted_at.is_some()));
    let condition = |type_: &str| status.conditions.iter().find(|condition| condition.type_ == type_);
    let ready = condition("Ready").and_then(|ready| match ready.status.as_str() {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    });
    let stalled =
        condition("Stalled").filter(|stalled| stalled.status == "True").map(|stalled| stalled.reason.as_str());
    all([
        flags(
            object.metadata.deletion_timestamp.is_some(),
            object.finalizers().iter().any(|held| held == CIRCUIT_FINALIZER),
            mark(annotations::CREATE_OUTCOME).is_some(),
            mark(annotations::APPROVED_PLAN).is_some(),
        ),
        format!("marked {:?} of {owner:?}", mark(annotations::EXTERNAL_ID).map(|id| number(id))),
        format!("status id {:?}", status.external_id.as_ref().map(|id| number(&id.to_string()))),
        format!("order {creation:?}"),
        format!("end {operation:?}"),
        format!("Ready {ready:?}, Stalled {stalled:?}"),
        format!("candidates {:?}, shown {}", ids(&status.candidates), status.state.is_some()),
    ])
}

fn flags(deleting: bool, held: bool, answered: bool, approved: bool) -> String {
    format!("deleting {deleting}, held {held}, answered {answered}, approved {approved}")
}

fn order(attempt: u32, began: bool, conflict: bool, refused: bool, dismissed: &[String]) -> String {
    format!("{attempt}: began {began}, conflict {conflict}, refused {refused}, dismissed {dismissed:?}")
}

fn numbers(ids: &[Id]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn all<const N: usize>(parts: [String; N]) -> String {
    parts.join("; ")
}
