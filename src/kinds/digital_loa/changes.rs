//! What is wanted of an LOA that is there: one thing at a time, and only where its state allows it.

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use serde::Serialize;

use super::party::{contacts_digest, same_contacts};
use crate::api::annotations;
use crate::api::common::OperationType;
use crate::api::digital_loa::{Acceptance, Authorization, Contact, DigitalLoa};
use crate::lifecycle::adapter::{self, Noted};
use crate::lifecycle::decide::facts::DesiredChange;
use crate::providers::equinix::Action;
use crate::providers::equinix::wire::{Loa, state};

/// A request for a mail that is older than this was meant for another time.
const MAIL_WITHIN: SignedDuration = SignedDuration::from_hours(1);

type Wanted = adapter::Change<Change>;

/// What can be changed of an LOA.
#[derive(Clone, Serialize)]
pub enum Change {
    /// Something is done with it.
    Act(Action),
    /// The requestor's people are others now.
    Contacts(Vec<Contact>),
}

/// The change that is wanted next.
pub fn wanted(object: &DigitalLoa, loa: &Loa, now: Timestamp) -> Option<Wanted> {
    action(object, loa).or_else(|| contacts(object, loa)).or_else(|| mail(object, loa, now))
}

fn action(object: &DigitalLoa, loa: &Loa) -> Option<Wanted> {
    let (issue, receive) = (object.spec.issue.as_ref(), object.spec.receive.as_ref());
    let authorization = issue.map(|issue| issue.authorization).unwrap_or_default();
    let accepts = receive.is_some_and(|receive| receive.acceptance == Acceptance::Automatic);
    let (type_, action, what) = match (loa.state.as_str(), authorization) {
        (state::PENDING_REQUESTOR_ACCEPTANCE, _) if accepts => (OperationType::Accept, Action::Accept, "accept"),
        (state::PENDING_PROVIDER_AUTHORIZATION, Authorization::Authorize) => {
            (OperationType::Authorize, Action::Authorize, "authorize the requestor of")
        }
        (state::PENDING_PROVIDER_AUTHORIZATION | state::READY_FOR_USE, Authorization::Unauthorize) => {
            (OperationType::Unauthorize, Action::Unauthorize, "refuse the requestor of")
        }
        _ => return None,
    };
    let summary = format!("asking Equinix to {what} the LOA {}", loa.uuid);
    Some(Wanted::new(type_, type_.name(), summary, Change::Act(action)))
}

fn contacts(object: &DigitalLoa, loa: &Loa) -> Option<Wanted> {
    let wanted = &object.spec.issue.as_ref()?.requestor.contacts;
    let digest = contacts_digest(wanted)?;
    let open = [state::PENDING_REQUESTOR_ACCEPTANCE, state::PENDING_PROVIDER_AUTHORIZATION, state::READY_FOR_USE];
    let sent = object.status.as_ref().and_then(|status| status.contacts_sent.as_ref());
    let there = match &loa.requestor.contacts {
        Some(shown) => same_contacts(wanted, shown),
        // Where the provider doesn't show them, what was last sent is all there is to go by.
        None => sent.is_none_or(|sent| *sent == digest),
    };
    if there || !open.contains(&loa.state.as_str()) {
        return None;
    }
    let summary = format!("telling Equinix the requestor's contacts of the LOA {}", loa.uuid);
    Some(Wanted::new(OperationType::UpdateContacts, digest, summary, Change::Contacts(wanted.clone())))
}

fn mail(object: &DigitalLoa, loa: &Loa, now: Timestamp) -> Option<Wanted> {
    let asked = object.annotations().get(annotations::SEND_LOA_AT)?;
    let last = object.status.as_ref().and_then(|status| status.last_sent_loa_at.as_ref());
    let at: Timestamp = asked.parse().ok()?;
    let age = now.duration_since(at);
    let timely = age < MAIL_WITHIN && age > -MAIL_WITHIN;
    if last == Some(asked) || !timely || !state::LIVE.contains(&loa.state.as_str()) {
        return None;
    }
    let summary = format!("asking Equinix to send the LOA {} by mail", loa.uuid);
    Some(Wanted::new(OperationType::SendLoa, asked.as_str(), summary, Change::Act(Action::SendLoa)))
}

/// Notes what became of a change.
pub fn note(desired: &DesiredChange, noted: Noted, object: &mut DigitalLoa) {
    let status = object.status.get_or_insert_default();
    match (desired.type_, noted) {
        // A mail can't be seen: from the intent on it counts as sent.
        (OperationType::SendLoa, Noted::Begun) => status.last_sent_loa_at = Some(desired.digest.to_string()),
        (OperationType::SendLoa, Noted::NotDone) => status.last_sent_loa_at = None,
        (OperationType::UpdateContacts, Noted::Done) => status.contacts_sent = Some(desired.digest.to_string()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::equinix::wire;

    fn object(spec: Value) -> DigitalLoa {
        serde_json::from_value(json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoa",
            "metadata": {"name": "x", "annotations": {}}, "spec": spec,
        }))
        .unwrap()
    }

    fn issued(authorization: &str, contacts: Value) -> DigitalLoa {
        object(json!({"accountRef": {"name": "a"}, "issue": {
            "requestor": {"organization": "Acme", "contacts": contacts}, "provider": {"contacts": []},
            "products": [], "authorization": authorization,
        }}))
    }

    fn loa(state: &str) -> Loa {
        wire::loa(&json!({"uuid": "u", "state": state})).unwrap()
    }

    fn wish(object: &DigitalLoa, state: &str) -> Option<OperationType> {
        wanted(object, &loa(state), Timestamp::now()).map(|change| change.desired.type_)
    }

    #[test]
    fn each_action_only_where_the_state_allows_it() {
        let received = |acceptance: &str| {
            object(json!({"accountRef": {"name": "a"}, "receive": {"token": "T", "acceptance": acceptance}}))
        };
        assert_eq!(wish(&received("Automatic"), state::PENDING_REQUESTOR_ACCEPTANCE), Some(OperationType::Accept));
        assert_eq!(wish(&received("Manual"), state::PENDING_REQUESTOR_ACCEPTANCE), None);
        assert_eq!(wish(&received("Automatic"), state::PENDING_PROVIDER_AUTHORIZATION), None);
        let authorize = issued("Authorize", json!([]));
        assert_eq!(wish(&authorize, state::PENDING_PROVIDER_AUTHORIZATION), Some(OperationType::Authorize));
        assert_eq!(wish(&authorize, state::PENDING_REQUESTOR_ACCEPTANCE), None);
        assert_eq!(wish(&authorize, state::READY_FOR_USE), None);
        let refuse = issued("Unauthorize", json!([]));
        assert_eq!(wish(&refuse, state::READY_FOR_USE), Some(OperationType::Unauthorize));
        assert_eq!(wish(&refuse, state::LOCKED), None);
        assert_eq!(wish(&issued("Manual", json!([])), state::PENDING_PROVIDER_AUTHORIZATION), None);
    }

    #[test]
    fn a_mail_is_sent_once_and_not_for_an_old_wish() {
        let now = Timestamp::now();
        let asked = |at: Timestamp| {
            let mut object = issued("Manual", json!([]));
            object.annotations_mut().insert(annotations::SEND_LOA_AT.into(), at.to_string());
            object
        };
        let mut fresh = asked(now);
        let change = wanted(&fresh, &loa(state::READY_FOR_USE), now).unwrap();
        assert_eq!(change.desired.type_, OperationType::SendLoa);
        assert!(wanted(&fresh, &loa(state::CANCELLED), now).is_none());
        note(&change.desired, Noted::Begun, &mut fresh);
        assert!(wanted(&fresh, &loa(state::READY_FOR_USE), now).is_none());
        assert!(wanted(&asked(now - SignedDuration::from_hours(2)), &loa(state::READY_FOR_USE), now).is_none());
    }

    #[test]
    fn contacts_are_told_when_they_differ() {
        let contact =
            json!([{"type": "TECHNICAL", "registeredUser": "u1", "details": [{"type": "EMAIL", "value": "a@b"}]}]);
        let object = issued("Manual", contact.clone());
        let shown = |contacts: Value| {
            wire::loa(&json!({"uuid": "u", "state": "READY_FOR_USE", "requestor": {"contacts": contacts}})).unwrap()
        };
        let wish = |loa: &Loa| wanted(&object, loa, Timestamp::now()).map(|change| change.desired.type_);
        assert_eq!(wish(&shown(contact)), None);
        assert_eq!(wish(&shown(json!([]))), Some(OperationType::UpdateContacts));
        assert_eq!(wish(&loa(state::READY_FOR_USE)), None, "not shown, and nothing else was sent");
    }
}
