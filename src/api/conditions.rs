//! The conditions, every reason that one of them can give, and how they are set.

use k8s_controller::conditions::{ConditionStatus, DesiredCondition, set};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Usable, and heard of within three poll intervals.
pub const READY: &str = "Ready";
/// The last exchange with the provider worked, and what is there is what was wanted.
pub const SYNCED: &str = "Synced";
/// Something is under way (abnormal if true).
pub const RECONCILING: &str = "Reconciling";
/// It ends by itself before long (abnormal if true).
pub const EXPIRING: &str = "Expiring";
/// Only a person can mend it (abnormal if true).
pub const STALLED: &str = "Stalled";

/// Why something stands as it does: a reason with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// One CamelCase word.
    pub reason: &'static str,
    /// What happened and what to do.
    pub message: String,
}

impl Cause {
    /// A reason with its message.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// What a condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionValue {
    /// True, False, or Unknown (`None`).
    pub status: Option<bool>,
    /// Why.
    pub cause: Cause,
}

/// Something that only a change elsewhere can mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it takes a person.
    pub stalled: bool,
    /// What happened and what to do.
    pub cause: Cause,
}

impl Problem {
    /// A problem that only a person can mend.
    pub fn stalled(reason: &'static str, message: impl Into<String>) -> Self {
        Self { stalled: true, cause: Cause::new(reason, message) }
    }

    /// A problem that mends itself when something else is done.
    pub fn waiting(reason: &'static str, message: impl Into<String>) -> Self {
        Self { stalled: false, cause: Cause::new(reason, message) }
    }

    /// Something else must be there first.
    pub fn dependency(message: impl Into<String>) -> Self {
        Self::waiting(reason::WAITING_FOR_DEPENDENCY, message)
    }
}

/// Sets one condition.
pub fn put(conditions: &mut Vec<Condition>, type_: &str, value: &ConditionValue, generation: Option<i64>) {
    let desired = DesiredCondition::new(type_, status(value.status), value.cause.reason, clip(&value.cause.message));
    // Whether anything changed shows when the whole status is compared.
    let _ = set(conditions, desired.observed_generation(generation));
}

/// The reason of a condition that is true.
pub fn true_reason<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a str> {
    let condition = conditions.iter().find(|condition| condition.type_ == type_)?;
    (condition.status == "True").then_some(condition.reason.as_str())
}

/// True, False or Unknown, as it is written.
pub fn status_word(status: Option<bool>) -> &'static str {
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

/// Reasons, each meaning one thing wherever it stands.
pub mod reason {
    #![allow(missing_docs, reason = "each reason is its own word")]
    pub const ACCOUNT_IN_USE: &str = "AccountInUse";
    pub const ALREADY_ORDERED: &str = "AlreadyOrdered";
    pub const ALREADY_TAKEN: &str = "AlreadyTaken";
    pub const AVAILABLE: &str = "Available";
    pub const AWAITING_APPROVAL: &str = "AwaitingApproval";
    pub const AMBIGUOUS: &str = "Ambiguous";
    pub const CEILING_EXCEEDED: &str = "CeilingExceeded";
    pub const CHANGE_OUTCOME_UNKNOWN: &str = "ChangeOutcomeUnknown";
    pub const CREATE_OUTCOME_UNKNOWN: &str = "CreateOutcomeUnknown";
    pub const CREATING: &str = "Creating";
    pub const CREDENTIALS_ACCEPTED: &str = "CredentialsAccepted";
    pub const CREDENTIALS_INCOMPLETE: &str = "CredentialsIncomplete";
    pub const CREDENTIALS_NOT_FOUND: &str = "CredentialsNotFound";
    pub const CREDENTIALS_REJECTED: &str = "CredentialsRejected";
    pub const CREDENTIALS_UNREADABLE: &str = "CredentialsUnreadable";
    pub const DECOMMISSIONING: &str = "Decommissioning";
    pub const DOCUMENT_UNAVAILABLE: &str = "DocumentUnavailable";
    pub const DRIFTED: &str = "Drifted";
    pub const ENDPOINT_NOT_ALLOWED: &str = "EndpointNotAllowed";
    pub const EXPIRES_SOON: &str = "ExpiresSoon";
    pub const GONE_UPSTREAM: &str = "GoneUpstream";
    pub const IDENTITY_CONFLICT: &str = "IdentityConflict";
    pub const IN_SYNC: &str = "InSync";
    pub const IN_USE: &str = "InUse";
    pub const INVALID_SPEC: &str = "InvalidSpec";
    pub const NOT_AUTHORIZED: &str = "NotAuthorized";
    pub const NOT_AVAILABLE: &str = "NotAvailable";
    pub const NOT_SUPPORTED: &str = "NotSupported";
    pub const OWNERSHIP_UNCONFIRMED: &str = "OwnershipUnconfirmed";
    pub const PROVIDER_FAILED: &str = "ProviderFailed";
    pub const PROVIDER_REFUSED: &str = "ProviderRefused";
    pub const PROVIDER_UNREACHABLE: &str = "ProviderUnreachable";
    pub const RATE_LIMITED: &str = "RateLimited";
    pub const SETTLED: &str = "Settled";
    pub const SUSPENDED: &str = "Suspended";
    pub const UNREADABLE_ANSWER: &str = "UnreadableAnswer";
    pub const WAITING_FOR_DEPENDENCY: &str = "WaitingForDependency";
    pub const WAITING_FOR_PROVIDER: &str = "WaitingForProvider";
}
