//! Partner interconnects, with Google Cloud. Neither a key of ours nor the pairing key comes back in any answer, so
//! that no search can tell whose one is: after a lost answer a person says (S3).

use kube::ResourceExt;
use secrecy::ExposeSecret;

use crate::api::interconnect::{GcpPartner, Interconnect};
use crate::lifecycle::adapter::{Access, Fitting, Found, Offer, Place, Query};
use crate::lifecycle::claims::{Claim, Rank};
use crate::providers::cloudflare::{self, Cloudflare};
use crate::providers::outcome::Failure;

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
) -> Result<Found, Failure> {
    let all = at.client.interconnects(at.asking(), query.not_before).await.items?;
    let like = |there: &&cloudflare::Interconnect| {
        let speed = there.speed.as_deref();
        there.type_ == cloudflare::GCP_PARTNER
            && speed.is_none_or(|speed| speed.eq_ignore_ascii_case(partner.bandwidth.word()))
    };
    let place = Some(Place::Shared(under_way(query.object)));
    let fitting =
        |there: &cloudflare::Interconnect| Fitting { id: there.name.clone(), exact: false, place: place.clone() };
    let fits = all.iter().filter(like).map(fitting).collect();
    let offer = if query.to_order {
        let secret = &partner.pairing_key_secret_ref;
        let key = at.neighbours.secret(&secret.name, &secret.key).await;
        Some(key.map(|key| {
            let summary = format!("Cloudflare partner interconnect with Google Cloud, {}", partner.bandwidth.word());
            Offer::of(at.client.partner_order(partner.bandwidth.word(), key.expose_secret()), summary)
        }))
    } else {
        None
    };
    Ok(Found { fits, offer, ..Found::default() })
}

fn under_way(object: &Interconnect) -> String {
    let namespace = object.namespace().unwrap_or_default();
    format!("cloudflare/partner-order/{namespace}/{}", object.spec.common.account_ref.name)
}
