//! Interconnect at Cloudflare.

mod direct;
mod partner;

use crate::api::common::{DocumentType, LoaUse};
use crate::api::ids::{ExternalId, OrderKey};
use crate::api::interconnect::{Facility, Interconnect};
use crate::base::digest::sha256;
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Found, NoChange, Presentation, Query, Seen, Wanted};
use crate::lifecycle::decide::facts::{End, Readiness, Upstream};
use crate::lifecycle::registry::claims::{Claim, Rank};
use crate::providers::cloudflare::{self, Cloudflare, Order};
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::transport::Sending;

/// The adapter.
pub struct InterconnectAdapter;

/// What is shown of an interconnect besides its state.
pub struct Details {
    there: cloudflare::Interconnect,
    reason: Option<String>,
}

impl Adapter for InterconnectAdapter {
    type Client = Cloudflare;
    type Change = NoChange;

    const RESOURCE: &'static str = "interconnect";

    async fn search(at: Access<'_, Cloudflare>, query: Query<'_, Interconnect>) -> Result<Found<Order>, Failure> {
        let spec = &query.object.spec;
        match (&spec.direct, &spec.gcp_partner) {
            (Some(direct), _) => direct::search(at, &query, direct).await,
            (None, Some(partner)) => partner::search(at, &query, partner).await,
            (None, None) => Ok(Found::default()),
        }
    }

    async fn create(client: &Cloudflare, sending: Sending<'_>, order: &Order, _: &OrderKey) -> Outcome<ExternalId> {
        client.create(sending, order).await.and_read(|there| Ok(there.name.into()))
    }

    async fn observe(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details, NoChange>, ReadError> {
        // Lists carry no state: existence comes from a list that all share, the state from a call of its own.
        let listed = match as_of {
            AsOf::Shared(not_before) => at.client.interconnects(at.asking(), not_before).await.items?.get(id).cloned(),
            AsOf::Now => None,
        };
        let there = match listed {
            Some(there) => there,
            // S6: missing from a list is a reason to ask singly, nothing more.
            None => at.client.interconnect(at.asking(), id).await?,
        };
        let state = match at.client.state(at.asking(), id).await {
            // S6: only the 404 of the object itself says that it is gone.
            Err(ReadError::NotFound(said)) => {
                at.client.interconnect(at.asking(), id).await?;
                return Err(Failure::new(
                    FailureKind::Unreadable,
                    format!("{id} is there, and its state isn't: {said}"),
                )
                .into());
            }
            state => state?,
        };
        let ending = object.metadata.deletion_timestamp.is_some();
        let in_use_by = if ending { at.client.cnis_on(at.asking(), id).await? } else { Vec::new() };
        let (readiness, drift) = (readiness(&state, &there), drift(object, &there));
        let upstream = Upstream { readiness, in_use_by, drift, end: End::OnDemand };
        Ok(Seen { upstream, state: state.state, change: None, details: Details { there, reason: state.reason } })
    }

    async fn delete(client: &Cloudflare, sending: Sending<'_>, _: &Interconnect, id: &str) -> Outcome<()> {
        client.delete(sending, id).await
    }

    fn search_proven_by(object: &Interconnect) -> Option<&'static str> {
        object.spec.gcp_partner.is_none().then_some(Self::RESOURCE)
    }

    fn claims(object: &Interconnect, held: Option<Rank>) -> Vec<Claim> {
        let creation = object.status.as_ref().and_then(|status| status.common.creation.as_ref());
        let ordered = creation.is_some_and(|creation| creation.started_at.is_some());
        let rank = held.unwrap_or(if ordered { Rank::Intent } else { Rank::Wish });
        match &object.spec.gcp_partner {
            Some(partner) => partner::claims(object, partner, rank),
            None => direct::claim(object, rank).into_iter().collect(),
        }
    }

    fn documents(object: &Interconnect, id: &str, details: &Details) -> Vec<Wanted> {
        if details.there.type_ == cloudflare::GCP_PARTNER {
            return Vec::new();
        }
        let basis = sha256(format!("{id}\n{}", customer_name(object).unwrap_or_default()))[..16].to_owned();
        vec![Wanted { type_: DocumentType::Loa, port: None, basis }]
    }

    async fn fetch(
        at: Access<'_, Cloudflare>,
        object: &Interconnect,
        id: &str,
        _: &Wanted,
    ) -> Result<Vec<u8>, ReadError> {
        at.client.loa(at.asking(), id, customer_name(object)).await
    }
}

impl Presentation for InterconnectAdapter {
    type Object = Interconnect;
    type Details = Details;
    type Order = Order;

    const KIND: &'static str = "Interconnect";

    fn show(details: &Details, object: &mut Interconnect) {
        let Details { there, reason } = details;
        let status = object.status.get_or_insert_default();
        status.reason.clone_from(reason);
        status.site.clone_from(&there.site);
        status.speed.clone_from(&there.speed);
        status.slot_id.clone_from(&there.slot_id);
        status.owner.clone_from(&there.owner);
        status.region.clone_from(&there.region);
        let facility = there.facility.as_ref();
        status.facility = facility.map(|at| Facility { name: at.name.clone(), address: at.address.clone() });
    }

    fn show_offer(order: &Order, object: &mut Interconnect) {
        object.status.get_or_insert_default().slot_id = match order {
            Order::Direct { slot_id, .. } => Some(slot_id.clone()),
            Order::GcpPartner { .. } => None,
        };
    }

    fn show_loa_users(users: Vec<LoaUse>, object: &mut Interconnect) {
        if let Some(status) = object.status.as_mut() {
            status.loa_used_by = users;
        }
    }
}

fn customer_name(object: &Interconnect) -> Option<&str> {
    object.spec.loa.as_ref().map(|loa| loa.customer_name.as_str())
}

/// The table of safety rule S13. An unknown word is on its way.
fn readiness(state: &cloudflare::State, there: &cloudflare::Interconnect) -> Readiness {
    let why = state.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    match state.state.as_str() {
        "Healthy" => Readiness::Ready,
        "Down" => Readiness::NotUsable("Down", format!("Cloudflare says that the link is down{why}")),
        "Unhealthy" => Readiness::NotUsable("Unhealthy", format!("Cloudflare says that the link is unhealthy{why}")),
        "Pending" if there.type_ == cloudflare::GCP_PARTNER => {
            Readiness::InProgress("ordered; Cloudflare and Google Cloud are setting it up".into())
        }
        "Pending" => {
            Readiness::InProgress("ordered; Cloudflare waits for the cross connect: order it with the LOA".into())
        }
        other => Readiness::InProgress(format!("Cloudflare says {other}{why}")),
    }
}

/// What is there and isn't what was ordered; nothing of it can be changed at Cloudflare.
fn drift(object: &Interconnect, there: &cloudflare::Interconnect) -> Option<String> {
    let direct = object.spec.direct.as_ref();
    let selector = direct.and_then(|direct| direct.slot_selector.as_ref());
    let bandwidth = object.spec.gcp_partner.as_ref().map(|partner| partner.bandwidth.word().to_owned());
    let speed = direct.and_then(direct::speed).or(bandwidth.as_ref());
    let differs = |what: &str, wanted: Option<&String>, seen: &Option<String>| {
        let (wanted, seen) = (wanted?, seen.as_ref()?);
        (!wanted.eq_ignore_ascii_case(seen)).then(|| format!("{what} is {seen}, wanted is {wanted}"))
    };
    let parts = [
        differs("the slot", direct.and_then(|direct| direct.slot_id.as_ref()), &there.slot_id),
        differs("the site", selector.map(|selector| &selector.site), &there.site),
        differs("the speed", speed, &there.speed),
    ];
    let all: Vec<String> = parts.into_iter().flatten().collect();
    (!all.is_empty()).then(|| format!("{}; Cloudflare can't change it", all.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(word: &str) -> Readiness {
        let there = serde_json::from_str(r#"{"name": "x", "type": "direct"}"#).unwrap();
        readiness(&cloudflare::State { state: word.into(), reason: None }, &there)
    }

    #[test]
    fn only_healthy_is_ready_and_unknown_words_are_on_their_way() {
        assert_eq!(state("Healthy"), Readiness::Ready);
        assert!(matches!(state("Pending"), Readiness::InProgress(_)));
        assert!(matches!(state("Provisioning"), Readiness::InProgress(_)));
        assert!(matches!(state("Down"), Readiness::NotUsable("Down", _)));
        assert!(matches!(state("Unhealthy"), Readiness::NotUsable("Unhealthy", _)));
    }
}
