//! The conditions, and every reason that one of them can give.

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
