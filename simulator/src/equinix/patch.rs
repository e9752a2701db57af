//! Patches: of the requestor's contacts and of the state, nothing else.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::changes::ChangeType;
use super::loa::{Loa, State};
use super::loas::{answer, record, wrong_state};
use super::parties::read_contacts;
use super::store::Equinix;
use crate::answer::Answer;
use crate::fields::Fields;
use crate::site::Site;

const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];
const STATE: &str = "/state";
const CONTACTS: &str = "/requestor/contacts";

/// PATCH digitalLoas/{uuid}: all of the operations or none.
pub fn patch(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let mut loa = site.store.visible(call)?.clone();
    let mut changed = false;
    for operation in Fields::each_of(&call.body)? {
        changed |= apply(&mut loa, &operation, call)?;
    }
    let answer = answer(&loa, call);
    if changed {
        record(site, "update", &loa);
        site.store.replace(loa);
    }
    Ok(answer)
}

/// Applies one operation and tells whether it has changed anything.
fn apply(loa: &mut Loa, operation: &Fields<'_>, call: &Call) -> Result<bool, Refusal> {
    let op = operation.choice("op", &OPERATIONS)?;
    let path = operation.choice("path", &[STATE, CONTACTS])?;
    let now = call.now.simulated;
    match (op, path) {
        ("test", _) => {
            let present = if path == STATE { json!(loa.state(now)) } else { json!(loa.requestor.contacts) };
            if *operation.required("value")? != present {
                return Err(operation.refuse("value", "is not what is there").into());
            }
            return Ok(false);
        }
        ("add" | "replace", STATE) => set_state(loa, operation, call)?,
        ("add" | "replace", CONTACTS) => set_contacts(loa, Some(read_contacts(operation, "value")?), operation, call)?,
        ("remove", CONTACTS) => set_contacts(loa, None, operation, call)?,
        // Neither can be taken from anywhere else, and an LOA has a state.
        _ => return Err(operation.refuse("op", "cannot be applied to this path").into()),
    }
    Ok(true)
}

/// Either party may say whom to speak to at the requestor while the LOA lives.
fn set_contacts(loa: &mut Loa, contacts: Option<Value>, operation: &Fields<'_>, call: &Call) -> Result<(), Refusal> {
    let now = call.now.simulated;
    let state = loa.state(now).clone();
    if !state.is_live() {
        return Err(wrong_state(&state));
    }
    loa.requestor.contacts = contacts;
    loa.enter(state, ChangeType::Patching, &operation.to_value(), now);
    Ok(())
}

/// What states a patch can lead to is not told: a guess by the types of changes
/// that there are. The requestor orders with it, the provider can cancel.
fn set_state(loa: &mut Loa, operation: &Fields<'_>, call: &Call) -> Result<(), Refusal> {
    let now = call.now.simulated;
    let wanted = State::from(operation.text("value")?.to_owned());
    let state = loa.state(now);
    let actor = match (state, &wanted) {
        (state, State::Cancelled) if state.is_cancellable() => &loa.provider,
        (State::ReadyForUse, State::Locked) | (State::Locked, State::ReadyForUse | State::Used) => &loa.requestor,
        _ => return Err(operation.refuse("value", &format!("cannot follow {}", state.word())).into()),
    };
    if !actor.is(call.caller) {
        return Err(Refusal::forbidden("this state is the other party's to set"));
    }
    let how = ChangeType::between(state, &wanted);
    loa.enter(wanted, how, &operation.to_value(), now);
    Ok(())
}
