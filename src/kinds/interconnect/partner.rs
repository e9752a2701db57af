//! Partner interconnects, with Google Cloud. Neither a key of ours nor the pairing key comes back in any answer, so
//! that no search can tell whose one is: after a lost answer a person says (S3).

use kube::ResourceExt;
use secrecy::{ExposeSecret, SecretString};

use crate::api::interconnect::{GcpPartner, Interconnect};
use crate::lifecycle::adapter::{Access, Fitting, Found, Offer, Place, Query};
use crate::lifecycle::registry::claims::{Claim, Rank};
use crate::providers::cloudflare::{self, Cloudflare, Order};
use crate::providers::http::outcome::Failure;

/// The claims: on the pairing key, which is for one interconnect; and, while the order is under way, on whatever
/// appears, so that another object's search doesn't take it for nobody's.
pub fn claims(object: &Interconnect, partner: &GcpPartner, rank: Rank) -> Vec<Claim> {
    let namespace = object.namespace().unwrap_or_default();
    let secret = &partner.pairing_key_secret_ref;
    let on = format!("cloudflare/pairing-key/{namespace}/{}/{}", secret.name, secret.key);
    let mut claims = vec![Claim { on, rank, flexible: false }];
    if rank == Rank::Intent {
        claims.push(Claim { on: under_way(object), rank, flexible: true });
    }
    claims
}

/// What is like it, and the order. What can't be told apart is no proof: never exact.
pub async fn search(
    at: Access<'_, Cloudflare>,
    query: &Query<'_, Interconnect>,
    partner: &GcpPartner,
) -> Result<Found<Order>, Failure> {
    let all = at.client.interconnects(at.asking(), query.not_before).await.items?;
    let like = |there: &&cloudflare::Interconnect| {
        let speed = there.speed.as_deref();
        there.type_ == cloudflare::GCP_PARTNER
            && speed.is_none_or(|speed| speed.eq_ignore_ascii_case(partner.bandwidth.word()))
    };
    let place = Some(Place::Shared(under_way(query.object)));
    let fitting = |there: &cloudflare::Interconnect| Fitting {
        id: there.name.as_str().into(),
        exact: false,
        place: place.clone(),
    };
    let fits = all.iter().filter(like).map(fitting).collect();
    let offer = if query.to_order {
        let secret = &partner.pairing_key_secret_ref;
        let key = at.references.secret(&secret.name, &secret.key).await;
        Some(key.map(|key| offer_of(at.client, partner, &key)))
    } else {
        None
    };
    Ok(Found { fits, offer, ..Found::default() })
}

fn offer_of(client: &Cloudflare, partner: &GcpPartner, key: &SecretString) -> Offer<Order> {
    let bandwidth = partner.bandwidth.word();
    let summary = format!("Cloudflare partner interconnect with Google Cloud, {bandwidth}");
    Offer::of(client.partner_order(bandwidth.into(), key.expose_secret().into()), summary)
}

fn under_way(object: &Interconnect) -> String {
    let namespace = object.namespace().unwrap_or_default();
    format!("cloudflare/partner-order/{namespace}/{}", object.spec.common.account_ref.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::persisted;

    #[test]
    fn an_order_has_the_digest_that_release_0_1_0_gave_it() {
        let object: Interconnect = persisted::object("Interconnect", "gcp-1");
        let partner = object.spec.gcp_partner.as_ref().unwrap();
        let key = "7e51371e-72a3-40b5-b844-2e3efefaee59/europe-west4/1".into();
        persisted::is_the_order_of(&object, &offer_of(&persisted::cloudflare(), partner, &key).order);
    }
}
