//! The private beta: access that is asked for, and terms that are agreed to.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::Refusal;
use super::call::Call;
use super::store::Equinix;
use crate::answer::Answer;
use crate::fields::Fields;
use crate::site::Site;

/// How long after it was asked for access is granted, by the simulator's clock.
const GRANTED_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// How a client stands with the beta.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Standing {
    /// When it first asked for access.
    asked: Option<Timestamp>,
    /// What it has said of the terms.
    pub agreed: Option<bool>,
}

impl Standing {
    /// Whether the access that was asked for is granted by now.
    pub fn is_granted(&self, now: Timestamp) -> bool {
        self.asked.is_some_and(|asked| now.duration_since(asked) >= GRANTED_AFTER)
    }

    /// As if it had never asked.
    pub fn forget_asking(&mut self) {
        self.asked = None;
    }
}

/// GET privateBetaAccess.
pub fn access(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!({"privateBetaTests": site.store.has_access(call.caller, call.now)})))
}

/// POST privateBetaAccess. The status is a guess; nothing is known of asking
/// twice being refused.
pub fn ask(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let fields = Fields::of(&call.body)?;
    fields.email("email")?;
    fields.filled("companyName")?;
    site.store.standing_mut(call.caller).asked.get_or_insert(call.now.simulated);
    site.record("create", "beta-access", call.caller.id, None);
    Ok(Answer::Empty(StatusCode::CREATED))
}

/// GET betaTermsAgreement.
pub fn terms(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!({"agreementAccepted": site.store.has_agreed(call.caller)})))
}

/// PUT betaTermsAgreement.
pub fn agree(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let agreed = Fields::of(&call.body)?.boolean("agreementAccepted")?;
    site.store.standing_mut(call.caller).agreed = Some(agreed);
    site.record("update", "beta-terms", call.caller.id, None);
    terms(site, call)
}
