//! From verdicts to conditions.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::decide::verdict::Verdict;
use crate::api::common::CommonStatus;
use crate::api::conditions::{Cause, ConditionValue, READY, RECONCILING, STALLED, SYNCED, put, reason};

/// Makes the status say what the verdict says.
pub fn apply(verdict: &Verdict, generation: Option<i64>, status: &mut CommonStatus) {
    let settled = || Cause::new(reason::SETTLED, "");
    let flag = |cause: &Option<Cause>| ConditionValue {
        status: Some(cause.is_some()),
        cause: cause.clone().unwrap_or_else(settled),
    };
    let synced = verdict.synced.clone().or_else(|| {
        // Nothing was exchanged yet: whatever holds it up is why.
        let known = |condition: &Condition| condition.type_ == SYNCED && condition.status != "Unknown";
        if status.conditions.iter().any(known) { None } else { Some(verdict.not_compared()) }
    });
    let values = [
        (READY, Some(verdict.ready.clone())),
        (SYNCED, synced),
        (RECONCILING, Some(flag(&verdict.reconciling))),
        (STALLED, Some(flag(&verdict.stalled))),
    ];
    for (type_, value) in values.into_iter().filter_map(|(type_, value)| Some((type_, value?))) {
        put(&mut status.conditions, type_, &value, generation);
    }
    for condition in &mut status.conditions {
        condition.observed_generation = generation;
    }
    status.candidates = verdict.candidates.clone();
    status.observed_generation = generation;
}
