//! What can come of a request (S2).

use std::fmt;

/// What came of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// A readable success.
    Done(T),
    /// It certainly did not happen.
    NotDone(Failure),
    /// It may have happened.
    Unknown(Failure),
}

/// Why a read told nothing of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The provider says that this one object isn't there.
    #[error("not found: {0}")]
    NotFound(String),
    /// Nothing is known (S6): never the same as "not there".
    #[error("{0}")]
    Unknown(Failure),
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Which sort of failure.
    pub kind: FailureKind,
    /// What happened, with what the provider said; never a secret.
    pub message: String,
}

/// The sorts of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection, no answer in time, or the connection broke.
    Unreachable,
    /// The provider failed (5xx).
    ProviderFailed,
    /// Too many requests.
    RateLimited,
    /// The credentials aren't accepted (401).
    Credentials,
    /// The credentials have no right to this (403).
    Forbidden,
    /// What is there stands against it (409).
    Conflict,
    /// Any other refusal, with its HTTP status.
    Refused(u16),
    /// An answer that can't be read.
    Unreadable,
    /// Not sent: this process may not send any more.
    NotSent,
}

impl Failure {
    /// A failure of this sort.
    pub fn new(kind: FailureKind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string() }
    }
}

impl ReadError {
    /// The same of a list: one that isn't there says nothing about its items (S6).
    pub fn of_list(self) -> Failure {
        match self {
            Self::NotFound(message) => Failure::new(FailureKind::Refused(404), message),
            Self::Unknown(failure) => failure,
        }
    }
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self::Unknown(failure)
    }
}

impl<T> Outcome<T> {
    /// Reads more out of a success; what can't be read may have happened all the same.
    pub fn and_read<U>(self, read: impl FnOnce(T) -> Result<U, Failure>) -> Outcome<U> {
        match self {
            Self::Done(value) => read(value).map_or_else(Outcome::Unknown, Outcome::Done),
            Self::NotDone(failure) => Outcome::NotDone(failure),
            Self::Unknown(failure) => Outcome::Unknown(failure),
        }
    }
}
