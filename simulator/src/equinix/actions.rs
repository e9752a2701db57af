//! Actions: what the parties do with an LOA.

use super::answer::Refusal;
use super::call::Call;
use super::changes::ChangeType;
use super::loa::State;
use super::loas::{answer, record, wrong_state};
use super::store::Equinix;
use crate::answer::Answer;
use crate::fields::Fields;
use crate::site::Site;

const ACCEPT: &str = "ACCEPT";
const AUTHORIZE: &str = "AUTHORIZE";
const UNAUTHORIZE: &str = "UNAUTHORIZE";
const SEND_LOA: &str = "SEND_LOA";

/// POST digitalLoas/{uuid}/actions. What acts on which state and leads where
/// is told by the action's description; that UNAUTHORIZE ends the LOA, and
/// that actions are done at once, are guesses.
pub fn act(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let mut loa = site.store.visible(call)?.clone();
    let fields = Fields::of(&call.body)?;
    let action = fields.choice("type", &[ACCEPT, AUTHORIZE, UNAUTHORIZE, SEND_LOA])?;
    let actor = if action == ACCEPT { &loa.requestor } else { &loa.provider };
    if !actor.is(call.caller) {
        return Err(Refusal::forbidden("this action is the other party's"));
    }
    let now = call.now.simulated;
    let state = loa.state(now);
    let (operation, step) = match (action, state) {
        (ACCEPT, State::PendingRequestorAcceptance) => {
            ("accept", Some((State::PendingProviderAuthorization, ChangeType::Acceptance)))
        }
        (AUTHORIZE, State::PendingProviderAuthorization) => {
            ("authorize", Some((State::ReadyForUse, ChangeType::Authorization)))
        }
        (UNAUTHORIZE, State::PendingProviderAuthorization | State::ReadyForUse) => {
            ("unauthorize", Some((State::Cancelled, ChangeType::Unauthorization)))
        }
        // A mail, and no change: there is no type of change for it.
        (SEND_LOA, state) if state.is_live() => ("send-loa", None),
        _ => return Err(wrong_state(state)),
    };
    if let Some((state, how)) = step {
        loa.enter(state, how, &call.body, now);
    }
    record(site, operation, &loa);
    let answer = answer(&loa, call);
    site.store.replace(loa);
    Ok(answer)
}
