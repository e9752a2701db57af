//! The changes of an LOA: an audit trail that both parties can read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::call::Call;
use super::loa::{Loa, State, links, shown_time};
use super::store::Equinix;
use crate::answer::Answer;
use crate::fields::parse_uuid;
use crate::site::Site;

/// What a change is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum ChangeType {
    /// The LOA was created.
    #[serde(rename = "LOA_CREATION")]
    Creation,
    /// The provider has authorized the requestor.
    #[serde(rename = "LOA_AUTHORIZATION")]
    Authorization,
    /// A party has ended it.
    #[serde(rename = "LOA_CANCELLATION")]
    Cancellation,
    /// A party has changed a property.
    #[serde(rename = "LOA_PATCHING")]
    Patching,
    /// An order has begun.
    #[serde(rename = "LOA_LOCK_ACQUISITION")]
    LockAcquisition,
    /// An order has been given up.
    #[serde(rename = "LOA_LOCK_RELEASE")]
    LockRelease,
    /// An order has been carried out.
    #[serde(rename = "LOA_USAGE")]
    Usage,
    /// The requestor has accepted.
    #[serde(rename = "LOA_ACCEPTANCE")]
    Acceptance,
    /// The provider has turned the requestor away.
    #[serde(rename = "LOA_UNAUTHORIZATION")]
    Unauthorization,
    /// Time has ended it.
    #[serde(rename = "LOA_EXPIRATION")]
    Expiration,
    /// Anything else.
    #[serde(rename = "TYPE_UNKNOWN")]
    Unknown,
}

impl ChangeType {
    /// What takes an LOA from one state to another if nobody says how.
    pub fn between(from: &State, to: &State) -> Self {
        match (from, to) {
            (_, State::Cancelled) => Self::Cancellation,
            (_, State::Expired) => Self::Expiration,
            (_, State::Used) => Self::Usage,
            (_, State::Locked) => Self::LockAcquisition,
            (State::Locked, State::ReadyForUse) => Self::LockRelease,
            (State::PendingProviderAuthorization, State::ReadyForUse) => Self::Authorization,
            (State::PendingRequestorAcceptance, State::PendingProviderAuthorization) => Self::Acceptance,
            _ => Self::Unknown,
        }
    }

    /// It in words, which are made up except for the first.
    pub fn description(self) -> &'static str {
        match self {
            Self::Creation => "Create Loa",
            Self::Authorization => "Authorize Loa",
            Self::Cancellation => "Cancel Loa",
            Self::Patching => "Patch Loa",
            Self::LockAcquisition => "Lock Loa",
            Self::LockRelease => "Unlock Loa",
            Self::Usage => "Use Loa",
            Self::Acceptance => "Accept Loa",
            Self::Unauthorization => "Unauthorize Loa",
            Self::Expiration => "Expire Loa",
            Self::Unknown => "Change Loa",
        }
    }
}

/// One change. All of them are completed as soon as they begin.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Its id.
    pub uuid: Uuid,
    #[serde(rename = "type")]
    kind: ChangeType,
    time: Timestamp,
    /// What was asked for, as JSON text.
    data: String,
    state: State,
}

impl Change {
    /// A change that leaves the LOA in this state.
    pub fn new(kind: ChangeType, data: &Value, state: &State, time: Timestamp) -> Self {
        Self { uuid: Uuid::new_v4(), kind, time, data: data.to_string(), state: state.clone() }
    }

    /// The change as answers show it. The key within `result` is a guess.
    fn shown(&self, loa: &Loa, base: &str) -> Value {
        let href = format!("{}/changes/{}", loa.href(), self.uuid);
        json!({
            "uuid": self.uuid,
            "type": self.kind,
            "status": "COMPLETED",
            "createdDateTime": shown_time(self.time),
            "updatedDateTime": shown_time(self.time),
            "data": self.data,
            "description": self.kind.description(),
            "result": {"loa": {"state": self.state}},
            "href": loa.href(),
            "links": links(base, &href, &[("self", "GET")]),
        })
    }
}

/// The last change of an LOA as the answer to its creation shows it.
pub fn last_shown(loa: &Loa, call: &Call) -> Option<Value> {
    let changes = loa.changes(call.now.simulated);
    changes.last().map(|change| change.shown(loa, &call.base))
}

/// GET digitalLoas/{uuid}/changes.
pub fn list(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let loa = site.store.visible(call)?;
    let changes = loa.changes(call.now.simulated);
    Ok(Answer::ok(changes.iter().map(|change| change.shown(loa, &call.base)).collect()))
}

/// GET digitalLoas/{uuid}/changes/{changeUuid}.
pub fn get(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let loa = site.store.visible(call)?;
    let wanted = parse_uuid(call.in_path("changeUuid"));
    let changes = loa.changes(call.now.simulated);
    let found = changes.iter().find(|change| Some(change.uuid) == wanted);
    let found = found.ok_or_else(|| Refusal::not_found("Digital LOA change not found"))?;
    Ok(Answer::ok(found.shown(loa, &call.base)))
}
