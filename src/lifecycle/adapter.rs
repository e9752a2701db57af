//! What a kind must say of itself: how it is searched for, ordered, looked at, shown and ended. Nothing else is a kind's own.

use std::collections::BTreeMap;
use std::future::Future;

use serde_json::Value;

use super::claims::{Claim, Rank};
use super::facts::{Problem, Upstream, Wish};
use super::key::of_one_name;
use super::price::Quote;
use crate::accounts::Account;
use crate::api::account::{Approval, Ceilings};
use crate::api::common::{Circuit, DocumentType, LoaUse};
use crate::clock::Moment;
use crate::neighbours::Neighbours;
use crate::providers::limiter::{Permit, Priority};
use crate::providers::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::transport::{Asking, SendGuard};

/// The way to one provider for one pass.
pub struct Access<'a, C> {
    /// The provider's client.
    pub client: &'a C,
    /// The turn that this pass holds, if any.
    pub permit: Option<&'a Permit>,
    /// Who goes first, without a permit.
    pub priority: Priority,
    /// What else is in the object's namespace.
    pub neighbours: Neighbours<'a>,
}

// Derived, these would ask the same of `C`, which is only referred to.
impl<C> Clone for Access<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for Access<'_, C> {}

impl<'a, C> Access<'a, C> {
    /// How to ask.
    pub fn asking(&self) -> Asking<'a> {
        self.permit.map_or(Asking::Queued(self.priority), Asking::Holding)
    }
}

/// What a search found.
#[derive(Default)]
pub struct Found {
    /// Ids of live objects that carry our full key.
    pub ours: Vec<String>,
    /// Ids of live objects that carry only the first half of our key.
    pub namesakes: Vec<String>,
    /// Live objects without a key that fit the wish.
    pub fits: Vec<Fitting>,
    /// What can be ordered, or why nothing can. Absent where only an order under way is looked for.
    pub offer: Option<Result<Offer, Problem>>,
    /// What a person writes as `external-id` for what was sent, where no search can find it: then a person must tell
    /// whether it was.
    pub untraceable: Option<String>,
    /// What a partner made and the object stands for ([`Adapter::receives`]), or why it can't be told; none: nothing yet.
    pub received: Option<Result<String, Problem>>,
}

impl Found {
    /// Takes note of a live object that carries this key, if it is this object's or a namesake's (S4).
    pub fn keyed(&mut self, id: &str, carried: Option<&str>, own: &str) {
        match carried {
            Some(key) if key == own => self.ours.push(id.into()),
            Some(key) if of_one_name(key, own) => self.namesakes.push(id.into()),
            _ => {}
        }
    }
}

/// A live upstream object without a key that fits the wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitting {
    /// Its upstream id.
    pub id: String,
    /// Nothing else will do: it is what was ordered, or what the wish names.
    pub exact: bool,
    /// Where it stands, if orders go to places.
    pub place: Option<Place>,
}

/// Where upstream objects stand: the claim that an order under way has on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It takes one: what stands there is what was ordered for it.
    Single(String),
    /// It takes many: what stands there may be what was ordered for it.
    Shared(String),
}

/// What can be ordered. Not `Debug`: the request may hold a secret (S10).
#[derive(Clone)]
pub struct Offer {
    /// The request, word for word.
    pub request: Value,
    /// One line for people.
    pub summary: String,
    /// What was picked, by annotation: written down before it is ordered.
    pub picks: BTreeMap<&'static str, String>,
    /// What it costs, if the provider tells.
    pub quote: Option<Quote>,
    /// The most that the object wants to pay, besides what the account allows.
    pub ceilings: Option<Ceilings>,
    /// Whether the object asks for approval, besides the account.
    pub approval: Approval,
    /// A document that goes with the request, which has its hash.
    pub document: Option<Vec<u8>>,
    /// What it uses up, besides what the object claims anyway: for one object's order alone.
    pub uses_up: Option<String>,
}

impl Offer {
    /// One without a price, without picks and without a document.
    pub fn of(request: Value, summary: String) -> Self {
        Self {
            request,
            summary,
            picks: BTreeMap::default(),
            quote: None,
            ceilings: None,
            approval: Approval::NotRequired,
            document: None,
            uses_up: None,
        }
    }
}

/// A look at one upstream object.
pub struct Seen<S> {
    /// What it means.
    pub upstream: Upstream,
    /// The provider's own word for its state.
    pub state: String,
    /// The change that is wanted, by what was seen (S9).
    pub change: Option<Change>,
    /// What else the kind shows.
    pub details: S,
}

/// A change of what is upstream. Its wish says what it is for people and for the intent.
#[derive(Clone)]
pub struct Change {
    /// What is wanted.
    pub wish: Wish,
    /// What the request says, if it says anything.
    pub request: Value,
}

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

/// What a search is for.
pub struct Query<'a, O> {
    /// The object.
    pub object: &'a O,
    /// A list begun earlier may be too old.
    pub not_before: Moment,
    /// Whether something shall be ordered; else only an order under way is looked for.
    pub to_order: bool,
    /// Our key for the object's orders (S4).
    pub key: &'a str,
    /// Claims a thing for this object unless another claims it: for kinds that pick.
    pub claim: &'a (dyn Fn(&str) -> bool + Sync),
}

/// How new a look must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// A list that others share will do if it was begun at this moment or later.
    Shared(Moment),
    /// Something was just sent for this object: no list that others asked for can know of it yet.
    Now,
}

/// What is a kind's own.
pub trait Adapter: Send + Sync + 'static {
    /// The kind.
    type Object: Circuit;
    /// The provider's client.
    type Client: Send + Sync;
    /// What the kind shows of an upstream object.
    type Details: Send + Sync;

    /// The kind's name, as users write it.
    const KIND: &'static str;
    /// The provider's word for what is ordered.
    const RESOURCE: &'static str;
    /// The provider has no way to end what is ordered: deletion lets it go, once it is known what there is.
    const LIVES_ON: bool = false;

    /// The client, if the account is one at the kind's provider.
    fn client(account: &Account) -> Option<&Self::Client>;

    /// What the object claims upstream (S5), besides the id that the engine claims: at the rank of the id that it
    /// holds, if it holds one.
    fn claims(object: &Self::Object, held: Option<Rank>) -> Vec<Claim>;

    /// The circuit whose LOA the object uses, named as claimants are, and how that shows there.
    fn uses_loa(_: &Self::Object) -> Option<(String, LoaUse)> {
        None
    }

    /// Puts those who use the object's LOA into the kind's own part of the status.
    fn show_users(_users: Vec<LoaUse>, _object: &mut Self::Object) {}

    /// Names, in the account's `searchProven`, the answer to whether this object's orders can be found by search (S3).
    /// None: nothing tells them apart, so that no search ever can.
    fn search_proven_by(object: &Self::Object) -> Option<&'static str>;

    /// Waits for the turn to change something.
    fn turn(client: &Self::Client) -> impl Future<Output = Result<Permit, Failure>> + Send;

    /// A harmless read of the account (S6).
    fn probe(at: Access<'_, Self::Client>) -> impl Future<Output = Result<(), Failure>> + Send;

    /// A complete search for what the object may have upstream (S3), with what could be ordered.
    fn search(
        at: Access<'_, Self::Client>,
        query: Query<'_, Self::Object>,
    ) -> impl Future<Output = Result<Found, Failure>> + Send;

    /// Whether a complete list begun at `not_before` or later shows what was ordered: only then is a search's silence
    /// worth anything (S3).
    fn findable(
        at: Access<'_, Self::Client>,
        object: &Self::Object,
        id: &str,
        not_before: Moment,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Sends the order. Tells the upstream id; `sent/<key>` where the provider has none (S4).
    fn create(
        client: &Self::Client,
        permit: &Permit,
        guard: &dyn SendGuard,
        offer: &Offer,
        key: &str,
    ) -> impl Future<Output = Outcome<String>> + Send;

    /// Looks at the upstream object.
    fn observe(
        at: Access<'_, Self::Client>,
        object: &Self::Object,
        id: &str,
        as_of: AsOf,
    ) -> impl Future<Output = Result<Seen<Self::Details>, ReadError>> + Send;

    /// Ends the upstream object.
    fn delete(
        client: &Self::Client,
        permit: &Permit,
        guard: &dyn SendGuard,
        object: &Self::Object,
        id: &str,
    ) -> impl Future<Output = Outcome<()>> + Send;

    /// What the end costs, or when it comes, as far as that is known beforehand.
    fn terms(_: &Self::Object) -> Option<String> {
        None
    }

    /// Whether the object stands for what a partner makes, and orders nothing.
    fn receives(_: &Self::Object) -> bool {
        false
    }

    /// Whose view of the upstream object this one has: two parties to one thing hold it both.
    fn held_as(_: &Self::Object) -> &'static str {
        Self::RESOURCE
    }

    /// Changes the upstream object.
    fn change(
        _client: &Self::Client,
        _permit: &Permit,
        _guard: &dyn SendGuard,
        _id: &str,
        change: &Change,
    ) -> impl Future<Output = Outcome<()>> + Send {
        let message = format!("this kind has no way to {}", change.wish.type_.name());
        std::future::ready(Outcome::NotDone(Failure::new(FailureKind::NotSent, message)))
    }

    /// Notes in the kind's own part of the status what becomes of a change.
    fn note_change(_wish: &Wish, _noted: Noted, _object: &mut Self::Object) {}

    /// What is new to people in what was just written, compared to what stood there before.
    fn news(_before: &Self::Object, _now: &Self::Object) -> Vec<News> {
        Vec::new()
    }

    /// Puts what a person must know of a plan, besides its summary, into the kind's own part of the status.
    fn show_plan(_offer: &Offer, _object: &mut Self::Object) {}

    /// Puts what is about to be ordered into the kind's own part of the status.
    fn show_offer(offer: &Offer, object: &mut Self::Object);

    /// Takes what was shown of an order that never was out of the kind's own part of the status.
    fn forget_order(_object: &mut Self::Object) {}

    /// Puts what was seen into the kind's own part of the status.
    fn show(seen: &Seen<Self::Details>, object: &mut Self::Object);

    /// The documents that the object should have, by what was seen of it.
    fn documents(object: &Self::Object, id: &str, details: &Self::Details) -> Vec<Wanted>;

    /// Fetches a document.
    fn fetch(
        at: Access<'_, Self::Client>,
        object: &Self::Object,
        id: &str,
        wanted: &Wanted,
    ) -> impl Future<Output = Result<Vec<u8>, ReadError>> + Send;
}
