//! DigitalLoaRequest at Equinix: a message to people. Nothing at the provider stands for it, so that it can be neither
//! found again nor taken back (S4, S9): after a lost answer a person says.

use jiff::Timestamp;

use super::digital_loa::party;
use crate::api::digital_loa_request::{Arrived, DigitalLoaRequest, DigitalLoaRequestSpec};
use crate::api::ids::{ExternalId, OrderKey};
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Found, NoChange, NoOffer, Offer, Presentation, Query, Seen};
use crate::lifecycle::decide::facts::{End, Readiness, Upstream};
use crate::providers::equinix::Equinix;
use crate::providers::equinix::requests::{LoaRequest, Party, People};
use crate::providers::equinix::wire::Loa;
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::transport::{ProviderClient, Sending};

/// The provider has no word for it.
const REQUESTED: &str = "Requested";

/// The adapter.
pub struct DigitalLoaRequestAdapter;

impl Adapter for DigitalLoaRequestAdapter {
    type Client = Equinix;
    type Change = NoChange;

    const RESOURCE: &'static str = "loa-request";

    async fn search(
        at: Access<'_, Equinix>,
        query: Query<'_, DigitalLoaRequest>,
    ) -> Result<Found<LoaRequest>, Failure> {
        let found = Found { untraceable: Some(ExternalId::Sent(query.key.clone()).to_string()), ..Found::default() };
        if query.to_order { found.offered(offer(at, query.object).await) } else { Ok(found) }
    }

    async fn create(client: &Equinix, sending: Sending<'_>, order: &LoaRequest, key: &OrderKey) -> Outcome<ExternalId> {
        client.request_loas(sending, order).await.and_read(|()| Ok(ExternalId::Sent(key.clone())))
    }

    async fn observe(
        at: Access<'_, Equinix>,
        object: &DigitalLoaRequest,
        _: &str,
        as_of: AsOf,
    ) -> Result<Seen<Vec<Loa>, NoChange>, ReadError> {
        let not_before = match as_of {
            AsOf::Shared(not_before) => not_before,
            AsOf::Now => at.client.transport().clock().now(),
        };
        let all = at.client.loas(at.asking(), not_before).await.items?;
        let creation = object.status.as_ref().and_then(|status| status.common.creation.as_ref());
        let asked = creation.and_then(|creation| creation.started_at);
        let mut arrived: Vec<Loa> = all.iter().filter(|loa| may_come_of(object, asked, loa)).cloned().collect();
        arrived.sort_by(|one, other| (one.created_at, &one.uuid).cmp(&(other.created_at, &other.uuid)));
        let upstream = Upstream { readiness: Readiness::Ready, in_use_by: Vec::new(), drift: None, end: End::Nothing };
        Ok(Seen { upstream, state: REQUESTED.into(), change: None, details: arrived })
    }

    async fn delete(_: &Equinix, _: Sending<'_>, _: &DigitalLoaRequest, _: &str) -> Outcome<()> {
        Outcome::NotDone(Failure::new(FailureKind::NotSent, "a request can't be taken back"))
    }

    fn search_proven_by(_: &DigitalLoaRequest) -> Option<&'static str> {
        None
    }
}

impl Presentation for DigitalLoaRequestAdapter {
    type Object = DigitalLoaRequest;
    type Details = Vec<Loa>;
    type Order = LoaRequest;

    const KIND: &'static str = "DigitalLoaRequest";

    fn show(loas: &Vec<Loa>, object: &mut DigitalLoaRequest) {
        let arrived =
            |loa: &Loa| Arrived { uuid: loa.uuid.clone(), token: loa.token.clone(), state: Some(loa.state.clone()) };
        object.status.get_or_insert_default().loas = loas.iter().map(arrived).collect();
    }
}

async fn offer(at: Access<'_, Equinix>, object: &DigitalLoaRequest) -> Result<Offer<LoaRequest>, NoOffer> {
    let spec = &object.spec;
    let provider = party(at, &spec.ibx, &spec.provider).await?;
    let summary = format!("asking {} for {} Equinix Digital LOAs in {}", provider.whom(), spec.count, spec.ibx);
    Ok(Offer::of(request(spec, provider), summary))
}

fn request(spec: &DigitalLoaRequestSpec, provider: Party) -> LoaRequest {
    LoaRequest {
        ibx: spec.ibx.clone(),
        requested_number: spec.count,
        requestor: People { contacts: spec.requestor.contacts.clone() },
        provider,
        notes: spec.notes.clone(),
    }
}

/// From that partner, in that data centre, after the request. The provider says no more.
fn may_come_of(object: &DigitalLoaRequest, asked: Option<Timestamp>, loa: &Loa) -> bool {
    let partner = &object.spec.provider;
    let by_id = partner.org_ids.iter().flatten().any(|id| loa.provider.org_ids.contains(id));
    let name = partner.organization.as_ref().or(partner.name.as_ref());
    let by_name = name.is_some() && loa.provider.name.as_ref() == name;
    let there = loa.z_sides.iter().any(|side| side.ibx.as_deref() == Some(&object.spec.ibx));
    let after = asked.is_some_and(|asked| loa.created_at.is_some_and(|created| created >= asked));
    (by_id || by_name) && there && after
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::persisted;
    use crate::providers::equinix::wire;

    #[test]
    fn what_came_after_the_request_from_that_partner_and_place_may_come_of_it() {
        let object: DigitalLoaRequest = serde_json::from_value(json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoaRequest", "metadata": {"name": "x"},
            "spec": {"accountRef": {"name": "a"}, "ibx": "AM11", "count": 1, "requestor": {"contacts": []}, "provider": {"organization": "Acme"}},
        }))
        .unwrap();
        let asked: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let loa = |provider: &str, ibx: &str, created: &str| {
            let loa = wire::loa(&json!({
                "uuid": "u", "provider": {"name": provider}, "changeLog": {"createdDateTime": created},
                "products": [{"crossConnect": {"zSide": {"patchPanel": {"id": "p", "location": {"ibx": ibx}}}}}],
            }));
            may_come_of(&object, Some(asked), &loa.unwrap())
        };
        assert!(loa("Acme", "AM11", "2026-06-02T00:00:00Z"));
        assert!(!loa("Other", "AM11", "2026-06-02T00:00:00Z"));
        assert!(!loa("Acme", "LD5", "2026-06-02T00:00:00Z"));
        assert!(!loa("Acme", "AM11", "2026-05-31T00:00:00Z"));
    }

    #[test]
    fn an_order_has_the_digest_that_release_0_1_0_gave_it() {
        let object: DigitalLoaRequest = persisted::object("DigitalLoaRequest", "two-ports-in-am11");
        let provider = Party {
            type_: "CUSTOMER_ORGANIZATION".into(),
            org_ids: Some(vec!["654321".into()]),
            name: Some("Partner B.V.".into()),
            email: None,
            contacts: Vec::new(),
        };
        persisted::is_the_order_of(&object, &request(&object.spec, provider));
    }
}
