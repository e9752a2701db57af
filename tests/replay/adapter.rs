//! The real adapter, but for what the model's world doesn't have: documents, and lists older than the step that asks.

use std::time::Duration;

use interconnect_operator::accounts::Account;
use interconnect_operator::api::Interconnect;
use interconnect_operator::base::clock::Moment;
use interconnect_operator::kinds::interconnect::{Details, InterconnectAdapter as Real};
use interconnect_operator::lifecycle::adapter::{Access, Adapter, AsOf, Found, Offer, Query, Seen, Wanted};
use interconnect_operator::lifecycle::registry::claims::{Claim, Rank};
use interconnect_operator::providers::cloudflare::Cloudflare;
use interconnect_operator::providers::http::client::SendGuard;
use interconnect_operator::providers::http::limiter::Permit;
use interconnect_operator::providers::http::outcome::{Failure, Outcome, ReadError};

/// So far ahead that no list was begun by then: each search asks for one of its own. A real search may share one that
/// began after its fresh read, the model's sees what is there at its step.
const NEVER: Duration = Duration::from_secs(1 << 30);

pub struct Plain;

impl Adapter for Plain {
    type Object = Interconnect;
    type Client = Cloudflare;
    type Details = Details;

    const KIND: &'static str = Real::KIND;
    const RESOURCE: &'static str = Real::RESOURCE;

    fn client(account: &Account) -> Option<&Cloudflare> {
        Real::client(account)
    }

    fn claims(object: &Interconnect, held: Option<Rank>) -> Vec<Claim> {
        Real::claims(object, held)
    }

    fn search_proven_by(object: &Interconnect) -> Option<&'static str> {
        Real::search_proven_by(object)
    }

    async fn turn(client: &Cloudflare) -> Result<Permit, Failure> {
        Real::turn(client).await
    }

    async fn probe(at: Access<'_, Cloudflare>) -> Result<(), Failure> {
        Real::probe(at).await
    }

    async fn search(at: Access<'_, Cloudflare>, query: Query<'_, Interconnect>) -> Result<Found, Failure> {
        let not_before = query.not_before.after(NEVER);
        Real::search(at, Query { not_before, ..query }).await
    }

    async fn findable(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        not_before: Moment,
    ) -> Result<bool, Failure> {
        Real::findable(at, object, id, not_before.after(NEVER)).await
    }

    async fn create(
        client: &Cloudflare,
        permit: &Permit,
        guard: &dyn SendGuard,
        offer: &Offer,
        key: &str,
    ) -> Outcome<String> {
        Real::create(client, permit, guard, offer, key).await
    }

    async fn observe(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details>, ReadError> {
        Real::observe(at, object, id, as_of).await
    }

    async fn delete(
        client: &Cloudflare,
        permit: &Permit,
        guard: &dyn SendGuard,
        object: &Interconnect,
        id: &str,
    ) -> Outcome<()> {
        Real::delete(client, permit, guard, object, id).await
    }

    fn show_offer(offer: &Offer, object: &mut Interconnect) {
        Real::show_offer(offer, object);
    }

    fn show(seen: &Seen<Details>, object: &mut Interconnect) {
        Real::show(seen, object);
    }

    fn documents(_: &Interconnect, _: &str, _: &Details) -> Vec<Wanted> {
        Vec::new()
    }

    async fn fetch(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        wanted: &Wanted,
    ) -> Result<Vec<u8>, ReadError> {
        Real::fetch(at, object, id, wanted).await
    }
}
