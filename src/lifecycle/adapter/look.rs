//! Looks at what is upstream: what was seen, what should be changed of it, and which documents go with it.

use serde::Serialize;

use crate::api::common::{DocumentType, OperationType};
use crate::api::ids::Digest;
use crate::base::clock::Moment;
use crate::lifecycle::decide::facts::{DesiredChange, Upstream};

/// How new a look must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// A list that others share will do if it was begun at this moment or later.
    Shared(Moment),
    /// Something was just sent for this object: no list that others asked for can know of it yet.
    Now,
}

/// A look at one upstream object.
pub struct Seen<S, C> {
    /// What it means.
    pub upstream: Upstream,
    /// The provider's own word for its state.
    pub state: String,
    /// The change that is wanted, by what was seen (S9).
    pub change: Option<Change<C>>,
    /// What else the kind shows.
    pub details: S,
}

/// A change of what is upstream.
#[derive(Clone)]
pub struct Change<C> {
    /// What is wanted, for people and for the intent.
    pub desired: DesiredChange,
    /// What the provider is sent.
    pub request: C,
}

impl<C> Change<C> {
    /// A change of the whole thing, not of one part of it.
    pub fn new(type_: OperationType, digest: impl Into<Digest>, summary: String, request: C) -> Self {
        Self { desired: DesiredChange { type_, target: None, digest: digest.into(), summary }, request }
    }
}

/// Nothing can be changed of what is ordered.
#[derive(Clone, Serialize)]
pub enum NoChange {}

/// What becomes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is about to be sent.
    Begun,
    /// The provider took it.
    Done,
    /// It certainly did not happen.
    NotDone,
}

/// Something that people are told once.
pub struct News {
    /// Whether it is a warning.
    pub warning: bool,
    /// One CamelCase word.
    pub reason: &'static str,
    /// What happened.
    pub note: String,
}

/// A document that an object should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is.
    pub type_: DocumentType,
    /// The port that it is for, where there are several.
    pub port: Option<String>,
    /// What it depends on: another basis, another document.
    pub basis: String,
}

impl Wanted {
    /// The place of the document that it asks for, as a [`Document`](crate::api::common::Document) has it.
    pub fn place(&self) -> (DocumentType, Option<&str>) {
        (self.type_, self.port.as_deref())
    }
}
