//! LOAs that we issue: found again by our mark in their notes.

use serde_json::{Value, json};

use super::party::{contacts_body, contacts_digest, find_organization, party_body};
use crate::api::conditions::reason;
use crate::api::digital_loa::{DigitalLoa, Issue, ZSide};
use crate::lifecycle::adapter::{Access, Found, Offer, Query};
use crate::lifecycle::claims::{Claim, Rank};
use crate::lifecycle::facts::Problem;
use crate::lifecycle::key::key_in;
use crate::providers::equinix::Equinix;
use crate::providers::equinix::wire::{Loa, Port, state};
use crate::providers::outcome::Failure;

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
pub async fn search(at: Access<'_, Equinix>, query: &Query<'_, DigitalLoa>, issue: &Issue) -> Result<Found, Failure> {
    let all = at.client.live_in(at.asking(), ibx(issue), query.not_before).await.items?;
    let mut found = Found::default();
    let mut in_the_way = None;
    for loa in all.iter() {
        found.keyed(&loa.uuid, marker(loa), query.key);
        if marker(loa) != Some(query.key) {
            in_the_way = in_the_way.or_else(|| taken(issue, loa));
        }
    }
    if query.to_order {
        found.offer = Some(match in_the_way {
            Some(problem) => Err(problem),
            None => offer(at, query, issue).await?,
        });
    }
    Ok(found)
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
) -> Result<Result<Offer, Problem>, Failure> {
    let ibx = ibx(issue);
    if let Some(other) = z_sides(issue).find(|side| side.ibx != ibx) {
        let message = format!("one LOA is for one data centre: spec.issue.products name {ibx} and {}", other.ibx);
        return Ok(Err(Problem::stalled(reason::INVALID_SPEC, message)));
    }
    if let Some(expires) = issue.expires_at.filter(|expires| *expires <= at.client.wall()) {
        let message = format!("spec.issue.expiresAt {expires} is over: name a later time");
        return Ok(Err(Problem::stalled(reason::INVALID_SPEC, message)));
    }
    let requestor = match &issue.requestor.organization {
        Some(name) => match find_organization(at, ibx, name).await? {
            Ok(organization) => party_body(&issue.requestor, Some(&organization)),
            Err(problem) => return Ok(Err(problem)),
        },
        None => party_body(&issue.requestor, None),
    };
    let whom = requestor["name"].as_str().map_or_else(|| requestor["orgIds"].to_string(), ToOwned::to_owned);
    let request = body(issue, requestor, query.key);
    let summary = format!("Equinix Digital LOA for {whom}: {}", listed(issue));
    Ok(Ok(Offer::of(request, summary)))
}

fn listed(issue: &Issue) -> String {
    let one = |side: &ZSide| {
        let pair = side.port_b.map(|port| format!("+{port}")).unwrap_or_default();
        format!("{} {} port {}{pair}", side.ibx, side.patch_panel_id, side.port_a)
    };
    z_sides(issue).map(one).collect::<Vec<_>>().join(", ")
}

/// The request, in the generation of names that is known whole (docs/providers.md 2.4).
fn body(issue: &Issue, requestor: Value, key: &str) -> Value {
    let product = |product: &crate::api::digital_loa::Product| {
        let connect = &product.cross_connect;
        let side = &connect.z_side;
        let mut z_side = json!({
            "connectorType": side.connector_type, "patchPanelId": side.patch_panel_id, "portA": side.port_a,
        });
        if let Some(port) = side.port_b {
            z_side["portB"] = port.into();
        }
        if let Some(circuit) = &side.circuit_id {
            z_side["circuitId"] = circuit.as_str().into();
        }
        json!({"type": "CROSS_CONNECT", "crossConnect": {
            "connectionService": connect.connection_service, "mediaType": connect.media_type,
            "protocolType": connect.protocol_type, "zSide": z_side,
        }})
    };
    let notes = issue.notes.as_ref().map(|notes| format!("{notes}\n")).unwrap_or_default();
    let mut body = json!({
        "products": issue.products.iter().map(product).collect::<Vec<_>>(),
        "requestor": requestor,
        "provider": {"contacts": contacts_body(&issue.provider.contacts)},
        "notes": format!("{notes}{MARK} {key}"),
    });
    if let Some(expires) = &issue.expires_at {
        body["expiryDateTime"] = expires.to_string().into();
    }
    body
}

/// What stands in the status from when the LOA is asked for.
pub fn show(object: &mut DigitalLoa) {
    let Some(issue) = object.spec.issue.clone() else { return };
    let status = object.status.get_or_insert_default();
    status.ibx = Some(ibx(&issue).to_owned());
    status.contacts_sent = contacts_digest(&issue.requestor.contacts);
}
