//! DigitalLoaRequest at Equinix: a message to people. Nothing at the provider stands for it, so that it can be neither
//! found again nor taken back (S4, S9): after a lost answer a person says.

use jiff::Timestamp;
use serde_json::json;

use crate::accounts::Account;
use crate::api::digital_loa_request::{Arrived, DigitalLoaRequest};
use crate::clock::Moment;
use crate::kinds::digital_loa::{contacts_body, equinix, find_organization, party_body};
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Found, Offer, Query, Seen, Wanted};
use crate::lifecycle::claims::{Claim, Rank};
use crate::lifecycle::facts::{End, Readiness, Upstream};
use crate::lifecycle::key::sent_id;
use crate::providers::equinix::Equinix;
use crate::providers::equinix::wire::Loa;
use crate::providers::limiter::Permit;
use crate::providers::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::transport::SendGuard;

/// The provider has no word for it.
const REQUESTED: &str = "Requested";

/// The adapter.
pub struct DigitalLoaRequestAdapter;

impl Adapter for DigitalLoaRequestAdapter {
    type Object = DigitalLoaRequest;
    type Client = Equinix;
    type Details = Vec<Loa>;

    const KIND: &'static str = "DigitalLoaRequest";
    const RESOURCE: &'static str = "loa-request";

    fn client(account: &Account) -> Option<&Equinix> {
        equinix(account)
    }

    fn claims(_: &DigitalLoaRequest, _: Option<Rank>) -> Vec<Claim> {
        Vec::new()
    }

    fn search_proven_by(_: &DigitalLoaRequest) -> Option<&'static str> {
        None
    }

    async fn turn(client: &Equinix) -> Result<Permit, Failure> {
        client.mutation_permit().await
    }

    async fn probe(at: Access<'_, Equinix>) -> Result<(), Failure> {
        at.client.probe(at.asking()).await
    }

    async fn search(at: Access<'_, Equinix>, query: Query<'_, DigitalLoaRequest>) -> Result<Found, Failure> {
        let sent = Found { untraceable: Some(sent_id(query.key)), ..Found::default() };
        if !query.to_order {
            return Ok(sent);
        }
        let spec = &query.object.spec;
        let provider = match &spec.provider.organization {
            Some(name) => match find_organization(at, &spec.ibx, name).await? {
                Ok(organization) => party_body(&spec.provider, Some(&organization)),
                Err(problem) => return Ok(Found { offer: Some(Err(problem)), ..sent }),
            },
            None => party_body(&spec.provider, None),
        };
        let whom = provider["name"].as_str().map_or_else(|| provider["orgIds"].to_string(), ToOwned::to_owned);
        let summary = format!("asking {whom} for {} Equinix Digital LOAs in {}", spec.count, spec.ibx);
        let mut request = json!({
            "ibx": spec.ibx, "requestedNumber": spec.count,
            "requestor": {"contacts": contacts_body(&spec.requestor.contacts)}, "provider": provider,
        });
        if let Some(notes) = &spec.notes {
            request["notes"] = notes.as_str().into();
        }
        let offer = Offer::of(request, summary);
        Ok(Found { offer: Some(Ok(offer)), ..sent })
    }

    async fn findable(_: Access<'_, Equinix>, _: &DigitalLoaRequest, _: &str, _: Moment) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn create(
        client: &Equinix,
        permit: &Permit,
        guard: &dyn SendGuard,
        offer: &Offer,
        key: &str,
    ) -> Outcome<String> {
        client.request_loas(permit, guard, &offer.request).await.and_read(|()| Ok(sent_id(key)))
    }

    async fn observe(
        at: Access<'_, Equinix>,
        object: &DigitalLoaRequest,
        _: &str,
        as_of: AsOf,
    ) -> Result<Seen<Vec<Loa>>, ReadError> {
        let not_before = match as_of {
            AsOf::Shared(not_before) => not_before,
            AsOf::Now => at.client.now(),
        };
        let all = at.client.loas(at.asking(), not_before).await.items?;
        let creation = object.status.as_ref().and_then(|status| status.common.creation.as_ref());
        let asked = creation.and_then(|creation| creation.started_at);
        let mut arrived: Vec<Loa> = all.iter().filter(|loa| may_come_of(object, asked, loa)).cloned().collect();
        arrived.sort_by(|one, other| (one.created_at, &one.uuid).cmp(&(other.created_at, &other.uuid)));
        let upstream = Upstream { readiness: Readiness::Ready, in_use_by: Vec::new(), drift: None, end: End::Nothing };
        Ok(Seen { upstream, state: REQUESTED.into(), change: None, details: arrived })
    }

    async fn delete(_: &Equinix, _: &Permit, _: &dyn SendGuard, _: &DigitalLoaRequest, _: &str) -> Outcome<()> {
        Outcome::NotDone(Failure::new(FailureKind::NotSent, "a request can't be taken back"))
    }

    fn show_offer(_: &Offer, _: &mut DigitalLoaRequest) {}

    fn show(seen: &Seen<Vec<Loa>>, object: &mut DigitalLoaRequest) {
        let arrived =
            |loa: &Loa| Arrived { uuid: loa.uuid.clone(), token: loa.token.clone(), state: Some(loa.state.clone()) };
        object.status.get_or_insert_default().loas = seen.details.iter().map(arrived).collect();
    }

    fn documents(_: &DigitalLoaRequest, _: &str, _: &Vec<Loa>) -> Vec<Wanted> {
        Vec::new()
    }

    async fn fetch(_: Access<'_, Equinix>, _: &DigitalLoaRequest, _: &str, _: &Wanted) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::NotFound("Equinix gives no document".into()))
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
    use super::*;
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
}
