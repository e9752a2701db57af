//! LOAs: issued, read and cancelled.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::Refusal;
use super::call::Call;
use super::changes::{self, ChangeType};
use super::loa::{Beginning, Loa, State};
use super::parties::{Party, read_party_contacts};
use super::places::Organization;
use super::products;
use super::store::Equinix;
use crate::answer::Answer;
use crate::clock::Moment;
use crate::fields::{Fields, Flaw, Flaws};
use crate::site::Site;

/// What LOAs are called in the ledger and in the control interface.
pub const RESOURCE: &str = "loa";

impl Equinix {
    /// Issues an LOA, whoever asks for it.
    pub fn issue(&mut self, provider: &Organization, body: &Value, now: Moment) -> Result<Loa, Refusal> {
        let now = now.simulated;
        let fields = Fields::of(body)?;
        let mut flaws = Flaws::default();
        let products = flaws.note(products::read(&fields, &self.ports_of(provider, now)));
        let requestor = flaws.note(fields.object("requestor").and_then(|it| Party::read(&it)));
        let contacts = flaws.note(read_party_contacts(&fields, "provider"));
        let notes = flaws.note(fields.optional_text("notes"));
        let expires = flaws.note(fields.optional_time("expiryDateTime").and_then(|expires| match expires {
            Some(expires) if expires <= now => Err(fields.refuse("expiryDateTime", "must be in the future")),
            expires => Ok(expires),
        }));
        let (Some(products), Some(requestor), Some(contacts), Some(notes), Some(expires)) =
            (products, requestor, contacts, notes, expires)
        else {
            return Err(flaws.into());
        };
        let beginning = Beginning {
            products,
            provider: Party::known(provider, Some(contacts)),
            requestor,
            notes: notes.map(str::to_owned),
            expires,
            body: body.clone(),
        };
        let loa = Loa::new(beginning, now);
        self.insert(loa.clone());
        Ok(loa)
    }
}

/// Writes into the ledger what was just done to an LOA.
pub fn record(site: &mut Site<Equinix>, operation: &str, loa: &Loa) {
    site.record(operation, RESOURCE, &loa.uuid.to_string(), loa.key().as_deref());
}

/// Refuses what cannot be done in the LOA's present state. Which error the
/// original gives is a guess.
pub fn wrong_state(state: &State) -> Refusal {
    let problem = "does not allow this".to_owned();
    Flaw { pointer: "/state".to_owned(), problem, value: Some(state.word().into()) }.into()
}

/// POST digitalLoas. That the status is 201 is a guess.
pub fn create(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let loa = site.store.issue(call.caller.organization(), &call.body, call.now)?;
    record(site, "create", &loa);
    let mut shown = loa.shown(call.now.simulated, Some(&call.base));
    shown["change"] = changes::last_shown(&loa, call).into();
    Ok(Answer::created(shown))
}

/// The LOA as the answer to a call.
pub fn answer(loa: &Loa, call: &Call) -> Answer {
    Answer::ok(loa.shown(call.now.simulated, Some(&call.base)))
}

/// GET digitalLoas/{uuid}.
pub fn get(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    site.store.visible(call).map(|loa| answer(loa, call))
}

/// DELETE digitalLoas/{uuid}: it is the provider's to cancel, and it stays
/// readable. That the requestor must not is a guess.
pub fn delete(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let now = call.now.simulated;
    let mut loa = site.store.visible(call)?.clone();
    if !loa.provider.is(call.caller) {
        return Err(Refusal::forbidden("only the provider may cancel a Digital LOA"));
    }
    if !loa.state(now).is_cancellable() {
        return Err(wrong_state(loa.state(now)));
    }
    loa.enter(State::Cancelled, ChangeType::Cancellation, &Value::Null, now);
    record(site, "delete", &loa);
    site.store.replace(loa);
    Ok(Answer::Empty(StatusCode::NO_CONTENT))
}
