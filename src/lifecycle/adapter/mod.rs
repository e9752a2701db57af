//! What a kind must say of itself: how it is searched for, ordered, looked at, shown and ended. Nothing else is a kind's own.

mod look;
mod search;

use std::future::{Future, ready};

use serde::Serialize;

use super::decide::facts::DesiredChange;
use super::registry::claims::{Claim, Rank};
use crate::accounts::InAccount;
use crate::api::common::{Circuit, LoaUse};
use crate::api::ids::{ExternalId, OrderKey};
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::transport::Sending;
pub use look::{AsOf, Change, News, NoChange, Noted, Seen, Wanted};
pub use search::{Access, Fitting, Found, NoOffer, Offer, Place, Query};

/// What speaks to a kind's provider.
pub trait Adapter: Presentation {
    /// The provider's client.
    type Client: InAccount;
    /// What can be changed of what is there, as the provider is sent it; [`NoChange`] where nothing can.
    type Change: Serialize + Clone + Send + Sync;

    /// The provider's word for what is ordered.
    const RESOURCE: &'static str;
    /// The provider has a way to end what is ordered; else deletion lets it go, once it is known what there is.
    const CAN_DECOMMISSION: bool = true;

    /// A complete search for what the object may have upstream (S3), with what could be ordered.
    fn search(
        at: Access<'_, Self::Client>,
        query: Query<'_, Self::Object>,
    ) -> impl Future<Output = Result<Found<Self::Order>, Failure>> + Send;

    /// Sends the order. Tells the upstream id, or under which key it was sent where the provider has none (S4).
    fn create(
        client: &Self::Client,
        to: Sending<'_>,
        order: &Self::Order,
        key: &OrderKey,
    ) -> impl Future<Output = Outcome<ExternalId>> + Send;

    /// Looks at the upstream object.
    fn observe(
        at: Access<'_, Self::Client>,
        object: &Self::Object,
        id: &str,
        as_of: AsOf,
    ) -> impl Future<Output = Result<Seen<Self::Details, Self::Change>, ReadError>> + Send;

    /// Ends the upstream object.
    fn delete(
        client: &Self::Client,
        to: Sending<'_>,
        object: &Self::Object,
        id: &str,
    ) -> impl Future<Output = Outcome<()>> + Send;

    /// Changes the upstream object.
    fn change(
        _: &Self::Client,
        _to: Sending<'_>,
        _id: &str,
        _change: &Self::Change,
    ) -> impl Future<Output = Outcome<()>> + Send {
        ready(Outcome::NotDone(Failure::new(FailureKind::NotSent, "nothing of this kind can be changed")))
    }

    /// Names, in the account's `searchProven`, the answer to whether this object's orders can be found by search (S3).
    /// None: nothing tells them apart, so that no search ever can.
    fn search_proven_by(_: &Self::Object) -> Option<&'static str> {
        Some(Self::RESOURCE)
    }

    /// What the object claims upstream (S5), besides the id that the engine claims: at the rank of the id that it
    /// holds, if it holds one.
    fn claims(_: &Self::Object, _held: Option<Rank>) -> Vec<Claim> {
        Vec::new()
    }

    /// Whether the object stands for what a partner makes, and orders nothing.
    fn receives(_: &Self::Object) -> bool {
        false
    }

    /// Whose view of the upstream object this one has: two parties to one thing hold it both.
    fn held_as(_: &Self::Object) -> &'static str {
        Self::RESOURCE
    }

    /// The documents that the object should have, by what was seen of it.
    fn documents(_: &Self::Object, _id: &str, _: &Self::Details) -> Vec<Wanted> {
        Vec::new()
    }

    /// Fetches a document.
    fn fetch(
        _at: Access<'_, Self::Client>,
        _: &Self::Object,
        _id: &str,
        _: &Wanted,
    ) -> impl Future<Output = Result<Vec<u8>, ReadError>> + Send {
        ready(Err(ReadError::NotFound("this kind has no documents".into())))
    }

    /// The circuit whose LOA the object uses, named as claimants are, and how that shows there.
    fn loa_used(_: &Self::Object) -> Option<(String, LoaUse)> {
        None
    }
}

/// What a kind shows: none of it speaks to a provider, nothing is decided by it.
pub trait Presentation: Send + Sync + 'static {
    /// The kind.
    type Object: Circuit;
    /// What the kind shows of an upstream object.
    type Details: Send + Sync;
    /// What is ordered, as the provider is sent it: a plan's digest is made of it.
    type Order: Serialize + Clone + Send + Sync;

    /// The kind's name, as users write it.
    const KIND: &'static str;

    /// Puts what was seen into the kind's own part of the status.
    fn show(details: &Self::Details, object: &mut Self::Object);

    /// Puts what is about to be ordered into the kind's own part of the status.
    fn show_offer(_order: &Self::Order, _object: &mut Self::Object) {}

    /// Puts what a person must know of a plan, besides its summary, into the kind's own part of the status.
    fn show_plan(_order: &Self::Order, _object: &mut Self::Object) {}

    /// Takes what was shown of an order that never was out of the kind's own part of the status.
    fn forget_order(_object: &mut Self::Object) {}

    /// Puts those who use the object's LOA into the kind's own part of the status.
    fn show_loa_users(_users: Vec<LoaUse>, _object: &mut Self::Object) {}

    /// Notes in the kind's own part of the status what becomes of a change.
    fn note_change(_desired: &DesiredChange, _noted: Noted, _object: &mut Self::Object) {}

    /// What the end costs, or when it comes, as far as that is known beforehand.
    fn terms(_: &Self::Object) -> Option<String> {
        None
    }

    /// What is new to people in what was just written, compared to what stood there before.
    fn news(_before: &Self::Object, _now: &Self::Object) -> Vec<News> {
        Vec::new()
    }
}
