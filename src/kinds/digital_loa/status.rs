//! What an LOA shows of itself: its parties, its changes, and that it expires before long.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::Resource;

use crate::api::conditions::{Cause, ConditionValue, EXPIRING, put, reason, true_reason};
use crate::api::digital_loa::{Change, DigitalLoa, DigitalLoaStatus, Link};
use crate::base::duration::parse;
use crate::lifecycle::adapter::{Access, News};
use crate::providers::equinix::Equinix;
use crate::providers::equinix::wire::{self, Loa, state};
use crate::providers::http::outcome::{Failure, ReadError};

/// So many changes are shown.
const CHANGES: usize = 10;
/// The CRD's default of `expiryWarning`.
const WARNING: Duration = Duration::from_secs(14 * 24 * 3600);

/// What is shown of an LOA besides its state.
pub struct Details {
    /// The LOA.
    pub loa: Loa,
    /// What happened to it, if that was read.
    pub changes: Option<Vec<wire::Change>>,
    /// When.
    pub now: Timestamp,
}

/// What happened to it: read when its state is another one than what is shown, so that a settled LOA costs nothing.
pub async fn changes(
    at: Access<'_, Equinix>,
    object: &DigitalLoa,
    loa: &Loa,
) -> Result<Option<Vec<wire::Change>>, Failure> {
    let shown = object.status.as_ref().and_then(|status| status.common.state.as_deref());
    if shown == Some(loa.state.as_str()) {
        return Ok(None);
    }
    match at.client.changes(at.asking(), &loa.uuid).await {
        Ok(changes) => Ok(Some(changes)),
        // It is the LOA that says whether it is there.
        Err(ReadError::NotFound(_)) => Ok(None),
        Err(ReadError::Unknown(failure)) => Err(failure),
    }
}

/// Puts what was seen into the status.
pub fn show(details: &Details, object: &mut DigitalLoa) {
    let Details { loa, changes, now } = details;
    let generation = object.meta().generation;
    let expiring = expiring(object, loa, *now);
    let status = object.status.get_or_insert_default();
    status.uuid = Some(loa.uuid.clone());
    status.token.clone_from(&loa.token);
    status.draft = loa.draft;
    status.ibx = loa.z_sides.iter().find_map(|side| side.ibx.clone()).or(status.ibx.take());
    status.expires_at = loa.expires_at;
    status.requestor.clone_from(&loa.requestor.name);
    status.provider.clone_from(&loa.provider.name);
    status.links = loa.links.iter().map(|(rel, href)| Link { rel: rel.clone(), href: href.clone() }).collect();
    if let Some(changes) = changes {
        show_changes(changes, status);
    }
    put(&mut status.common.conditions, EXPIRING, &expiring, generation);
}

fn show_changes(changes: &[wire::Change], status: &mut DigitalLoaStatus) {
    let mut all: Vec<Change> = changes.iter().cloned().map(shown).collect();
    // RFC 3339 times of one form sort by their text; what has none comes first.
    all.sort_by(|one, other| one.at.cmp(&other.at));
    status.changes = all.split_off(all.len().saturating_sub(CHANGES));
}

fn shown(change: wire::Change) -> Change {
    let wire::Change { uuid, type_, status, at, description } = change;
    Change { uuid, type_, status, at, description }
}

/// Whether it expires before long. What is over, or used, expires no more.
fn expiring(object: &DigitalLoa, loa: &Loa, now: Timestamp) -> ConditionValue {
    let before = parse(&object.spec.expiry_warning).unwrap_or(WARNING);
    let before = SignedDuration::try_from(before).unwrap_or(SignedDuration::MAX);
    let live = state::LIVE.contains(&loa.state.as_str());
    match loa.expires_at.filter(|expires| live && expires.duration_since(now) <= before) {
        Some(expires) => {
            let message = format!("the LOA expires at {expires}: order the cross connect before, or issue another one");
            ConditionValue { status: Some(true), cause: Cause::new(reason::EXPIRES_SOON, message) }
        }
        None => ConditionValue { status: Some(false), cause: Cause::new(reason::SETTLED, "") },
    }
}

/// What is new: changes at the provider, and that it expires before long.
pub fn news(before: &DigitalLoa, now: &DigitalLoa) -> Vec<News> {
    let (was, is) = (before.status.clone().unwrap_or_default(), now.status.clone().unwrap_or_default());
    let known =
        |change: &&Change| !was.changes.iter().any(|old| old.uuid == change.uuid && old.status == change.status);
    let mut news: Vec<News> = is.changes.iter().filter(known).map(told).collect();
    let soon = |status: &DigitalLoaStatus| true_reason(&status.common.conditions, EXPIRING).is_some();
    if soon(&is) && !soon(&was) {
        let said = is.common.conditions.iter().find(|condition| condition.type_ == EXPIRING);
        let note = said.map(|condition| condition.message.clone()).unwrap_or_default();
        news.push(News { warning: true, reason: reason::EXPIRES_SOON, note });
    }
    news
}

fn told(change: &Change) -> News {
    let word = |text: &Option<String>| text.clone().unwrap_or_default();
    let failed = change.status.as_deref() == Some("FAILED");
    let note = format!("{} {}: {}", word(&change.type_), word(&change.status), word(&change.description));
    News { warning: failed, reason: "LoaChanged", note }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object() -> DigitalLoa {
        serde_json::from_value(json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoa", "metadata": {"name": "x"},
            "spec": {"accountRef": {"name": "a"}, "receive": {"token": "T"}, "expiryWarning": "2d"},
        }))
        .unwrap()
    }

    fn details(state: &str, expires_in_hours: i64, changes: &[&str]) -> Details {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let expires = now + SignedDuration::from_hours(expires_in_hours);
        let loa = wire::loa(&json!({"uuid": "u", "state": state, "expiryDateTime": expires.to_string()})).unwrap();
        let change =
            |uuid: &&str| wire::change(&json!({"uuid": uuid, "type": "LOA_CREATION", "updatedDateTime": uuid}));
        Details { loa, changes: Some(changes.iter().map(|uuid| change(uuid).unwrap()).collect()), now }
    }

    #[test]
    fn expiry_is_announced_once_and_only_for_what_lives() {
        let fresh = object();
        let mut early = object();
        show(&details("READY_FOR_USE", 49, &[]), &mut early);
        assert!(news(&fresh, &early).is_empty());
        let mut soon = early.clone();
        show(&details("READY_FOR_USE", 48, &[]), &mut soon);
        assert_eq!(news(&early, &soon).len(), 1);
        assert!(news(&soon, &soon.clone()).is_empty());
        let mut used = early.clone();
        show(&details("USED", 1, &[]), &mut used);
        assert!(news(&early, &used).is_empty());
    }

    #[test]
    fn the_last_ten_changes_are_shown_and_each_is_told_once() {
        let names: Vec<String> = (10..22).map(|n| n.to_string()).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut first = object();
        show(&details("READY_FOR_USE", 99, &all[..11]), &mut first);
        let mut second = first.clone();
        show(&details("READY_FOR_USE", 99, &all), &mut second);
        let told: Vec<String> =
            second.status.clone().unwrap().changes.iter().map(|change| change.uuid.clone()).collect();
        assert_eq!(told, names[2..]);
        assert_eq!((news(&object(), &first).len(), news(&first, &second).len()), (10, 1));
    }
}
