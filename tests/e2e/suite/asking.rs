//! A person who answers what the operator asks, truthfully, after having looked at the provider.

use kube::ResourceExt;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::json;

use super::Remains;
use super::life::{Lives, condition, external_id, says, stalled};

/// Answers one question, once nothing is under way any more that would answer it.
pub async fn answer_questions(lives: &Lives<'_>, all: &[DynamicObject]) {
    // Some wait for the answer about another object, some for approval.
    let waits = |object: &DynamicObject| {
        let reason = &condition(object, "Reconciling").unwrap()["reason"];
        reason == "WaitingForDependency" || reason == "AwaitingApproval"
    };
    let under_way = |object: &DynamicObject| says(object, "Reconciling", "True") && !waits(object);
    if all.iter().any(|object| under_way(object) && external_id(object).is_none()) {
        return;
    }
    let asked = |object: &&DynamicObject| {
        // What a partner ended is gone for good.
        stalled(object) != Some("GoneUpstream")
            && (object.metadata.deletion_timestamp.is_none()
                || object.data["status"]["creation"]["startedAt"].is_string())
    };
    let problem = |object| stalled(object).or_else(|| refused(object)).or_else(|| unapproved(object));
    let Some((object, reason)) = all.iter().filter(asked).find_map(|object| Some((object, problem(object)?))) else {
        return;
    };
    let annotation = match reason {
        "CreateOutcomeUnknown" | "AlreadyOrdered" if lives.subject.remains == Remains::Nothing => {
            match lives.upstream().await.contains(&object.name_any()) {
                true => ("external-id", command(object, "external-id=")),
                false => ("create-outcome", command(object, "create-outcome=")),
            }
        }
        "CreateOutcomeUnknown" | "AlreadyOrdered" => {
            let marked =
                |object: &'_ DynamicObject| object.annotations().get("interconnect-operator.io/external-id").cloned();
            let shown = |object: &DynamicObject| external_id(object).map(ToOwned::to_owned);
            // Another party to the same thing holds it, too.
            let rivals =
                all.iter().filter(|other| other.data["spec"]["accountRef"] == object.data["spec"]["accountRef"]);
            let held: Vec<String> = rivals.flat_map(|object| [marked(object), shown(object)]).flatten().collect();
            // What the operator names may be it, if it names anything.
            let named = object.data["status"]["candidates"].as_array();
            let may_be = |id: &String| named.is_none_or(|named| named.iter().any(|name| name == id.as_str()));
            let nobodys = lives.upstream().await.into_iter().find(|id| !held.contains(id) && may_be(id));
            match nobodys {
                Some(id) => ("external-id", id),
                None => ("create-outcome", command(object, "create-outcome=")),
            }
        }
        "AwaitingApproval" => ("approved-plan", plan(object).to_owned()),
        "ProviderRefused" | "NotSupported" => ("reconcile-at", object.resource_version().unwrap()),
        _ => return,
    };
    let (name, value) = annotation;
    // An answer to what was read, and to nothing else: it may have been changed, or be gone, by now.
    let read = object.resource_version();
    let annotation = json!({format!("interconnect-operator.io/{name}"): value});
    let change = json!({"metadata": {"resourceVersion": read, "annotations": annotation}});
    let _ = lives.api.patch(&object.name_any(), &PatchParams::default(), &Patch::Merge(&change)).await;
}

/// Whether the provider refused a change of what is there.
fn refused(object: &DynamicObject) -> Option<&str> {
    let synced = condition(object, "Synced").filter(|synced| synced["status"] == "False")?;
    synced["reason"].as_str().filter(|reason| ["ProviderRefused", "NotSupported"].contains(reason))
}

/// Whether the object waits for an approval that isn't given yet.
fn unapproved(object: &DynamicObject) -> Option<&str> {
    let reason = condition(object, "Reconciling").filter(|it| it["status"] == "True")?["reason"].as_str();
    let given = object.annotations().get("interconnect-operator.io/approved-plan");
    reason.filter(|reason| *reason == "AwaitingApproval" && given.is_none_or(|given| given != plan(object)))
}

fn plan(object: &DynamicObject) -> &str {
    object.data["status"]["plan"]["digest"].as_str().unwrap()
}

/// What the message says to write behind this word.
fn command(object: &DynamicObject, word: &str) -> String {
    let message = condition(object, "Stalled").unwrap()["message"].as_str().unwrap();
    let answer = message.split_once(word).unwrap_or_else(|| panic!("no {word} in {message}")).1;
    answer.split_whitespace().next().unwrap().trim_end_matches('.').to_owned()
}
