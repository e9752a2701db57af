//! The real adapter, but for what the model's world doesn't have: documents, and lists older than the step that asks.

use std::time::Duration;

use interconnect_operator::api::Interconnect;
use interconnect_operator::api::ids::{ExternalId, OrderKey};
use interconnect_operator::kinds::interconnect::{Details, InterconnectAdapter as Real};
use interconnect_operator::lifecycle::adapter::{Access, Adapter, AsOf, Found, NoChange, Presentation, Query, Seen};
use interconnect_operator::lifecycle::registry::claims::{Claim, Rank};
use interconnect_operator::providers::cloudflare::{Cloudflare, Order};
use interconnect_operator::providers::http::outcome::{Failure, Outcome, ReadError};
use interconnect_operator::providers::http::transport::Sending;

/// So far ahead that no list was begun by then: each search asks for one of its own. A real search may share one that
/// began after its fresh read, the model's sees what is there at its step.
const NEVER: Duration = Duration::from_secs(1 << 30);

pub struct Plain;

impl Adapter for Plain {
    type Client = Cloudflare;
    type Change = NoChange;

    const RESOURCE: &'static str = Real::RESOURCE;

    async fn search(at: Access<'_, Cloudflare>, query: Query<'_, Interconnect>) -> Result<Found<Order>, Failure> {
        let not_before = query.not_before.after(NEVER);
        Real::search(at, Query { not_before, ..query }).await
    }

    async fn create(client: &Cloudflare, sending: Sending<'_>, order: &Order, key: &OrderKey) -> Outcome<ExternalId> {
        Real::create(client, sending, order, key).await
    }

    async fn observe(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details, NoChange>, ReadError> {
        Real::observe(at, object, id, as_of).await
    }

    async fn delete(client: &Cloudflare, sending: Sending<'_>, object: &Interconnect, id: &str) -> Outcome<()> {
        Real::delete(client, sending, object, id).await
    }

    fn claims(object: &Interconnect, held: Option<Rank>) -> Vec<Claim> {
        Real::claims(object, held)
    }

    fn search_proven_by(object: &Interconnect) -> Option<&'static str> {
        Real::search_proven_by(object)
    }
}

impl Presentation for Plain {
    type Object = Interconnect;
    type Details = Details;
    type Order = Order;

    const KIND: &'static str = Real::KIND;

    fn show(details: &Details, object: &mut Interconnect) {
        Real::show(details, object);
    }

    fn show_offer(order: &Order, object: &mut Interconnect) {
        Real::show_offer(order, object);
    }
}
