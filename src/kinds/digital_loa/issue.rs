//! LOAs that we issue: found again by our mark in their notes.

use super::party::{contacts_digest, party};
use crate::api::conditions::{Problem, reason};
use crate::api::digital_loa::{self, DigitalLoa, Issue, ZSide};
use crate::lifecycle::adapter::{Access, Found, NoOffer, Offer, Query};
use crate::lifecycle::key::key_in;
use crate::lifecycle::registry::claims::{Claim, Rank};
use crate::providers::equinix::Equinix;
use crate::providers::equinix::requests::{self, CrossConnect, Issuance, Party, People, Product};
use crate::providers::equinix::wire::{Loa, Port, state};
use crate::providers::http::outcome::Failure;
use crate::providers::http::transport::ProviderClient;

/// Stands before our key in the notes, which are printed on the LOA.
const MARK: &str = "interconnect-operator:";

/// The claims: on each port that the LOA gives away, for as long as it isn't over.
pub fn claims(object: &DigitalLoa, held: Option<Rank>) -> Vec<Claim> {
    let Some(issue) = &object.spec.issue else { return Vec::new() };
    let common = object.status.as_ref().map(|status| &status.common);
    let over = common.and_then(|common| common.state.as_deref());
    if over.is_some_and(|word| [state::USED, state::CANCELLED, state::EXPIRED].contains(&word)) {
        return Vec::new();
    }
    let creation = common.and_then(|common| common.creation.as_ref());
    let ordered = creation.is_some_and(|creation| creation.started_at.is_some());
    let rank = held.unwrap_or(if ordered { Rank::Intent } else { Rank::Wish });
    let ports = z_sides(issue).flat_map(|side| ports(&side.patch_panel_id, Some(side.port_a), side.port_b));
    let mut on: Vec<String> = ports.map(|port| format!("equinix/port/{port}")).collect();
    on.sort();
    on.dedup();
    on.into_iter().map(|on| Claim { on, rank, flexible: false }).collect()
}

/// The data centre of the ports: one for all products.
pub fn ibx(issue: &Issue) -> &str {
    z_sides(issue).next().map(|side| side.ibx.as_str()).unwrap_or_default()
}

/// Our key in an LOA's notes, if it carries one.
pub fn marker(loa: &Loa) -> Option<&str> {
    let notes = loa.notes.as_deref()?;
    key_in(notes.rsplit_once(MARK)?.1.trim_start())
}

/// What is alive in the data centre with our mark or on our ports, and what can be issued.
pub async fn search(
    at: Access<'_, Equinix>,
    query: &Query<'_, DigitalLoa>,
    issue: &Issue,
) -> Result<Found<Issuance>, Failure> {
    let all = at.client.live_in(at.asking(), ibx(issue), query.not_before).await.items?;
    let mut found = Found::default();
    let mut in_the_way = None;
    for loa in all.iter() {
        found.keyed(&loa.uuid, marker(loa), query.key);
        if marker(loa) != Some(query.key.as_str()) {
            in_the_way = in_the_way.or_else(|| taken(issue, loa));
        }
    }
    match in_the_way {
        _ if !query.to_order => Ok(found),
        Some(problem) => found.offered(Err(problem.into())),
        None => found.offered(offer(at, query, issue).await),
    }
}

/// A live LOA of somebody's on one of our ports.
fn taken(issue: &Issue, loa: &Loa) -> Option<Problem> {
    let theirs: Vec<String> = loa.z_sides.iter().flat_map(ports_of).collect();
    let mut ours = z_sides(issue).flat_map(|side| ports(&side.patch_panel_id, Some(side.port_a), side.port_b));
    let port = ours.find(|port| theirs.contains(port))?;
    let token = loa.token.as_deref().unwrap_or(&loa.uuid);
    let message = format!("the LOA {token} ({}) has port {port}: cancel it, or name another port", loa.state);
    Some(Problem::stalled(reason::ALREADY_TAKEN, message))
}

fn ports_of(port: &Port) -> Vec<String> {
    let panel = port.panel.as_deref().unwrap_or_default();
    ports(panel, port.port_a, port.port_b).collect()
}

fn ports(panel: &str, a: Option<u32>, b: Option<u32>) -> impl Iterator<Item = String> + use<> {
    let panel = panel.to_owned();
    a.into_iter().chain(b).map(move |port| format!("{panel}/{port}"))
}

fn z_sides(issue: &Issue) -> impl Iterator<Item = &ZSide> {
    issue.products.iter().map(|product| &product.cross_connect.z_side)
}

async fn offer(
    at: Access<'_, Equinix>,
    query: &Query<'_, DigitalLoa>,
    issue: &Issue,
) -> Result<Offer<Issuance>, NoOffer> {
    let ibx = ibx(issue);
    if let Some(other) = z_sides(issue).find(|side| side.ibx != ibx) {
        let message = format!("one LOA is for one data centre: spec.issue.products name {ibx} and {}", other.ibx);
        return Err(Problem::stalled(reason::INVALID_SPEC, message).into());
    }
    if let Some(expires) = issue.expires_at.filter(|expires| *expires <= at.client.transport().clock().wall()) {
        let message = format!("spec.issue.expiresAt {expires} is over: name a later time");
        return Err(Problem::stalled(reason::INVALID_SPEC, message).into());
    }
    let requestor = party(at, ibx, &issue.requestor).await?;
    let summary = format!("Equinix Digital LOA for {}: {}", requestor.whom(), listed(issue));
    Ok(Offer::of(issuance(issue, requestor, query.key.as_str()), summary))
}

fn listed(issue: &Issue) -> String {
    let one = |side: &ZSide| {
        let pair = side.port_b.map(|port| format!("+{port}")).unwrap_or_default();
        format!("{} {} port {}{pair}", side.ibx, side.patch_panel_id, side.port_a)
    };
    z_sides(issue).map(one).collect::<Vec<_>>().join(", ")
}

fn issuance(issue: &Issue, requestor: Party, key: &str) -> Issuance {
    let notes = issue.notes.as_ref().map(|notes| format!("{notes}\n")).unwrap_or_default();
    Issuance {
        products: issue.products.iter().map(|product| connecting(&product.cross_connect)).collect(),
        requestor,
        provider: People { contacts: issue.provider.contacts.clone() },
        notes: format!("{notes}{MARK} {key}"),
        expiry_date_time: issue.expires_at.map(|expires| expires.to_string()),
    }
}

fn connecting(connect: &digital_loa::CrossConnect) -> Product {
    let side = &connect.z_side;
    let z_side = requests::ZSide {
        connector_type: side.connector_type.clone(),
        patch_panel_id: side.patch_panel_id.clone(),
        port_a: side.port_a,
        port_b: side.port_b,
        circuit_id: side.circuit_id.clone(),
    };
    let cross_connect = CrossConnect {
        connection_service: connect.connection_service.clone(),
        media_type: connect.media_type.clone(),
        protocol_type: connect.protocol_type.clone(),
        z_side,
    };
    Product::CrossConnect { cross_connect }
}

/// What stands in the status from when the LOA is asked for.
pub fn show(object: &mut DigitalLoa) {
    let Some(issue) = object.spec.issue.clone() else { return };
    let status = object.status.get_or_insert_default();
    status.ibx = Some(ibx(&issue).to_owned());
    status.contacts_sent = contacts_digest(&issue.requestor.contacts);
}

#[cfg(test)]
mod tests {
    use super::super::party::as_named;
    use super::*;
    use crate::kinds::persisted;

    #[test]
    fn an_order_has_the_digest_that_release_0_1_0_gave_it() {
        let object: DigitalLoa = persisted::object("DigitalLoa", "port-12");
        let issue = object.spec.issue.as_ref().unwrap();
        let order = issuance(issue, as_named(&issue.requestor), &persisted::key(&object));
        persisted::is_the_order_of(&object, &order);
    }
}
