//! CrossConnectOrder at A2B: quoted first, found again by its `customerOrderId`, and never ended from here.

mod loa;
pub mod quote;
mod request;

use kube::ResourceExt;

use crate::api::annotations::SHARED_LOA;
use crate::api::common::{Circuit, DocumentType, LoaUse};
use crate::api::conditions::{Problem, STALLED, reason, true_reason};
use crate::api::cross_connect_order::{CrossConnectOrder, CrossConnectOrderStatus};
use crate::api::ids::{ExternalId, OrderKey};
use crate::lifecycle::adapter::{
    Access, Adapter, AsOf, Found, News, NoChange, NoOffer, Offer, Presentation, Query, Seen, Wanted,
};
use crate::lifecycle::decide::facts::{End, Readiness, Upstream};
use crate::lifecycle::key::{key_in, key_of};
use crate::lifecycle::registry::claims::{Claim, Rank, claimant_name};
use crate::providers::a2b::wire::{Order, Package, came_to_nothing, state};
use crate::providers::a2b::{A2b, ParameterNames};
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::transport::Sending;
use loa::Loa;
use request::Request;

const NO_CANCEL: &str = "A2B has no way to cancel an order";

/// The adapter.
pub struct CrossConnectOrderAdapter;

impl Adapter for CrossConnectOrderAdapter {
    type Client = A2b;
    type Change = NoChange;

    const RESOURCE: &'static str = "order";
    const CAN_DECOMMISSION: bool = false;

    async fn search(at: Access<'_, A2b>, query: Query<'_, CrossConnectOrder>) -> Result<Found<Request>, Failure> {
        let mut found = Found::default();
        if at.client.listed() {
            let all = at.client.orders(at.asking(), query.not_before).await.items?;
            for order in all.values() {
                let key = order.customer_order_id.as_deref().and_then(key_in);
                // S4: an order of ours that came to nothing is still the answer; somebody else's no longer matters.
                if key == Some(query.key.as_str()) || !came_to_nothing(&order.status) {
                    found.keyed(&order.order_id, key, query.key);
                }
            }
        } else {
            // A person must look up its number.
            found.untraceable = Some("ID".into());
        }
        if query.to_order { found.offered(offer(at, &query).await) } else { Ok(found) }
    }

    async fn create(client: &A2b, sending: Sending<'_>, order: &Request, _: &OrderKey) -> Outcome<ExternalId> {
        let sent = client.create(sending, order.package, &order.order, order.loa.as_ref()).await;
        sent.and_read(|order| Ok(order.order_id.into()))
    }

    async fn observe(
        at: Access<'_, A2b>,
        object: &CrossConnectOrder,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Order, NoChange>, ReadError> {
        let listed = match as_of {
            AsOf::Shared(not_before) if at.client.listed() => {
                at.client.orders(at.asking(), not_before).await.items?.get(id).cloned()
            }
            AsOf::Shared(_) | AsOf::Now => None,
        };
        let order = match listed {
            Some(order) => order,
            // S6: missing from a list is a reason to ask singly, nothing more.
            None => at.client.order(at.asking(), id).await?,
        };
        let upstream = Upstream {
            readiness: readiness(&order),
            in_use_by: Vec::new(),
            drift: foreign_key(object, &order),
            end: if came_to_nothing(&order.status) { End::Over } else { End::NotNow(NO_CANCEL.into()) },
        };
        Ok(Seen { upstream, state: order.status.clone(), change: None, details: order })
    }

    async fn delete(_: &A2b, _: Sending<'_>, _: &CrossConnectOrder, _: &str) -> Outcome<()> {
        Outcome::NotDone(Failure::new(FailureKind::NotSent, NO_CANCEL))
    }

    /// The LOA: it authorises one connection, unless a person says otherwise.
    fn claims(object: &CrossConnectOrder, held: Option<Rank>) -> Vec<Claim> {
        if shared(object) || over(object) {
            return Vec::new();
        }
        let ordered = ordered(object) || held.is_some();
        let rank = held.unwrap_or(if ordered { Rank::Intent } else { Rank::Wish });
        let namespace = object.namespace().unwrap_or_default();
        let named = loa::source(object).map(|source| format!("loa/{namespace}/{}", loa::place(source)));
        // What would go with a wish is claimed once that is planned.
        let sent = object.status.as_ref().and_then(|status| status.loa.as_ref()).filter(|_| ordered);
        let sent = sent.map(|loa| loa::claim(&loa.sha256));
        // What is ordered is ordered, whoever else has the same LOA.
        named.into_iter().chain(sent).map(|on| Claim { on, rank, flexible: held.is_some() }).collect()
    }

    fn loa_used(object: &CrossConnectOrder) -> Option<(String, LoaUse)> {
        let from = loa::source(object).filter(|_| ordered(object) && !over(object))?.from_ref.as_ref()?;
        let circuit = claimant_name(from.kind.name(), &object.namespace().unwrap_or_default(), &from.name);
        Some((circuit, LoaUse { kind: Self::KIND.into(), name: object.name_any(), port: from.port.clone() }))
    }

    fn documents(_: &CrossConnectOrder, _: &str, order: &Order) -> Vec<Wanted> {
        let wanted = Wanted { type_: DocumentType::ServiceAgreement, port: None, basis: order.order_id.clone() };
        if order.status == state::COMPLETED { vec![wanted] } else { Vec::new() }
    }

    async fn fetch(at: Access<'_, A2b>, _: &CrossConnectOrder, id: &str, _: &Wanted) -> Result<Vec<u8>, ReadError> {
        at.client.service_agreement(at.asking(), id).await
    }
}

impl Presentation for CrossConnectOrderAdapter {
    type Object = CrossConnectOrder;
    type Details = Order;
    type Order = Request;

    const KIND: &'static str = "CrossConnectOrder";

    fn show(order: &Order, object: &mut CrossConnectOrder) {
        let target = request::target_text(object);
        let status = object.status.get_or_insert_default();
        status.target = Some(target);
        status.order_id = Some(order.order_id.clone());
        // A list may tell less of an order than it does itself.
        status.customer_order_id = order.customer_order_id.clone().or(status.customer_order_id.take());
        status.ordered_at = order.order_date_time.clone().or(status.ordered_at.take());
        if !order.products.is_empty() {
            status.products = quote::charged(&order.products);
            status.price_differs = status.quote.as_ref().and_then(|quoted| quote::difference(quoted, &order.products));
        }
        let same = status.common.state.as_ref() == Some(&order.status);
        status.reason = order.reason().or(status.reason.take().filter(|_| same));
    }

    fn show_offer(order: &Request, object: &mut CrossConnectOrder) {
        Self::show_plan(order, object);
    }

    fn show_plan(order: &Request, object: &mut CrossConnectOrder) {
        let target = request::target_text(object);
        let status = object.status.get_or_insert_default();
        status.target = Some(target);
        status.quote = Some(order.quote.clone());
        status.loa = order.sent_loa();
    }

    fn forget_order(object: &mut CrossConnectOrder) {
        let common = std::mem::take(object.common_status_mut());
        object.status = Some(CrossConnectOrderStatus { common, ..CrossConnectOrderStatus::default() });
    }

    fn news(before: &CrossConnectOrder, now: &CrossConnectOrder) -> Vec<News> {
        let differs =
            |object: &CrossConnectOrder| object.status.as_ref().and_then(|status| status.price_differs.clone());
        let new = differs(now).filter(|said| differs(before).as_ref() != Some(said));
        new.map(|note| News { warning: true, reason: "PriceDiffers", note }).into_iter().collect()
    }
}

/// Whether a person says that the LOA may serve several orders.
fn shared(object: &CrossConnectOrder) -> bool {
    object.annotations().get(SHARED_LOA).is_some_and(|word| word == "true")
}

/// Whether an order began.
fn ordered(object: &CrossConnectOrder) -> bool {
    let Some(status) = object.common_status() else { return false };
    status.external_id.is_some() || status.creation.as_ref().is_some_and(|creation| creation.started_at.is_some())
}

/// Whether what was ordered came to nothing or is gone, so that its LOA is free again.
fn over(object: &CrossConnectOrder) -> bool {
    object.common_status().is_some_and(|status| {
        let gone = true_reason(&status.conditions, STALLED) == Some(reason::GONE_UPSTREAM);
        gone || status.state.as_deref().is_some_and(came_to_nothing)
    })
}

/// What would be ordered, or why nothing can be.
async fn offer(at: Access<'_, A2b>, query: &Query<'_, CrossConnectOrder>) -> Result<Offer<Request>, NoOffer> {
    let loa = match loa::source(query.object) {
        Some(source) => Some(loa::read(at.references, source).await?),
        None => None,
    };
    let packages = at.client.packages(at.asking(), query.not_before).await?;
    Ok(planned(query, &packages, at.client.names(), loa)?)
}

fn planned(
    query: &Query<'_, CrossConnectOrder>,
    packages: &[Package],
    names: &ParameterNames,
    loa: Option<Loa>,
) -> Result<Offer<Request>, Problem> {
    let (object, spec) = (query.object, &query.object.spec);
    let (package, products) = quote::choose(packages, spec)?;
    let (price, quoted) = quote::quote(&products)?;
    let summary = request::summary(object, &quoted, loa.as_ref());
    // S5: the same LOA may stand in two places.
    let uses_up = loa.as_ref().filter(|_| !shared(object)).map(|loa| loa::claim(&loa.sha256));
    let request = request::request(object, package, names, quoted, loa, query.key.as_str())?;
    Ok(Offer {
        quote: Some(price),
        ceilings: spec.ceilings.clone(),
        approval: spec.approval,
        uses_up,
        ..Offer::of(request, summary)
    })
}

/// The row of the table of states (S13).
fn readiness(order: &Order) -> Readiness {
    let why = order.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    match order.status.as_str() {
        state::COMPLETED => Readiness::Ready,
        word if came_to_nothing(word) => Readiness::Failed(format!("A2B says {word}{why}")),
        word => Readiness::InProgress(format!("A2B says {word}{why}")),
    }
}

/// What this object ordered carries its key; anything else is worth a person's look.
fn foreign_key(object: &CrossConnectOrder, order: &Order) -> Option<String> {
    let ordered = object.common_status()?.creation.as_ref().is_some_and(|creation| creation.digest.is_some());
    let shown = object.status.as_ref().and_then(|status| status.customer_order_id.as_deref());
    let (ours, carried) =
        (key_of(CrossConnectOrderAdapter::KIND, object), order.customer_order_id.as_deref().or(shown));
    (ordered && carried != Some(ours.as_str()))
        .then(|| format!("order {} carries customerOrderId {}, not {ours}", order.order_id, carried.unwrap_or("none")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_states_mean_what_the_table_says() {
        let means = |status: &str| {
            let order = json!({"orderId": "1/2", "status": status, "reason": "no space"});
            readiness(&serde_json::from_value(order).unwrap())
        };
        assert_eq!(means("COMPLETED"), Readiness::Ready);
        for word in ["NEW", "ACCEPTED", "PLANNED", "ON_HOLD", "CANCELLED", ""] {
            assert!(matches!(means(word), Readiness::InProgress(_)), "{word}");
        }
        for word in ["REJECTED", "FAILED"] {
            assert!(matches!(means(word), Readiness::Failed(said) if said.contains("no space")), "{word}");
        }
    }
}
