//! From verdicts to conditions.

use k8s_controller::conditions::{ConditionStatus, DesiredCondition, set};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::verdict::{Say, Verdict, Word};
use crate::api::common::CommonStatus;
use crate::api::conditions::{READY, RECONCILING, STALLED, SYNCED, reason};

/// Makes the status say what the verdict says.
pub fn apply(verdict: &Verdict, generation: Option<i64>, status: &mut CommonStatus) {
    let settled = || Word::new(reason::SETTLED, "");
    let flag = |word: &Option<Word>| Say { status: Some(word.is_some()), word: word.clone().unwrap_or_else(settled) };
    let synced = verdict.synced.clone().or_else(|| {
        // Nothing was exchanged yet: whatever holds it up is why.
        let known = |condition: &Condition| condition.type_ == SYNCED && condition.status != "Unknown";
        if status.conditions.iter().any(known) { None } else { Some(verdict.not_compared()) }
    });
    let says = [
        (READY, Some(verdict.ready.clone())),
        (SYNCED, synced),
        (RECONCILING, Some(flag(&verdict.reconciling))),
        (STALLED, Some(flag(&verdict.stalled))),
    ];
    for (type_, say) in says.into_iter().filter_map(|(type_, say)| Some((type_, say?))) {
        put(&mut status.conditions, type_, &say, generation);
    }
    for condition in &mut status.conditions {
        condition.observed_generation = generation;
    }
    status.candidates = verdict.candidates.clone();
    status.observed_generation = generation;
}

/// Sets one condition.
pub fn put(conditions: &mut Vec<Condition>, type_: &str, say: &Say, generation: Option<i64>) {
    let desired = DesiredCondition::new(type_, status(say.status), say.word.reason, clip(&say.word.message));
    // Whether anything changed shows when the whole status is compared.
    let _ = set(conditions, desired.observed_generation(generation));
}

/// The reason of a condition that is true.
pub fn true_reason<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a str> {
    let condition = conditions.iter().find(|condition| condition.type_ == type_)?;
    (condition.status == "True").then_some(condition.reason.as_str())
}

/// True, False or Unknown, as it is written.
pub fn word(status: Option<bool>) -> &'static str {
    self::status(status).as_str()
}

fn status(status: Option<bool>) -> ConditionStatus {
    match status {
        Some(true) => ConditionStatus::True,
        Some(false) => ConditionStatus::False,
        None => ConditionStatus::Unknown,
    }
}

/// The API server takes 32 KiB; nobody reads that much.
fn clip(message: &str) -> String {
    message.chars().take(2000).collect()
}
