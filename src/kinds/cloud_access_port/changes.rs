//! What is wanted of a connection that is there: one thing at a time.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;

use super::CloudAccessPortAdapter;
use crate::api::cloud_access_port::{CloudAccessPort, CloudAccessPortSpec, LacpTimeout, Mode};
use crate::api::common::OperationType;
use crate::base::digest::sha256;
use crate::kinds::ix_api::{key_at, port_number, port_reference, reference};
use crate::lifecycle::adapter::{self, Presentation};
use crate::lifecycle::decide::facts::DesiredChange;
use crate::lifecycle::key::key_of;
use crate::providers::ix_api::requests::{ConnectionPatch, OrderTerms, PortOrder, PortPatch};
use crate::providers::ix_api::wire::{Connection, PortReservation, ending, same_id, state};

type Wanted = adapter::Change<Change>;

/// What can be changed of a connection.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Change {
    /// One more port: an order.
    AddPort(PortOrder),
    /// A port less: its id.
    RemovePort(String),
    /// What can be changed of the connection.
    Connection(ConnectionPatch),
    /// What can be changed of one port.
    Port {
        /// The port's id.
        port: String,
        /// What is changed.
        change: PortPatch,
    },
}

/// What is to be done, or what can't be done.
#[derive(Default)]
pub struct DesiredState {
    /// The change that is wanted next.
    pub change: Option<Wanted>,
    /// How it differs from what is wanted, where nothing can be done.
    pub drift: Option<String>,
}

/// What is wanted of what is there. `roles`: the wanted role assignments, where they were looked at.
pub fn wanted(
    object: &CloudAccessPort,
    connection: &Connection,
    ports: &[PortReservation],
    roles: Option<&[String]>,
) -> DesiredState {
    if ending(&connection.state) {
        return DesiredState::default();
    }
    let counted = quantity(object, connection, ports);
    if counted.change.is_some() || counted.drift.is_some() {
        return counted;
    }
    let change = fields(object, connection, roles).or_else(|| party(object, ports));
    DesiredState { change, drift: None }
}

/// The ports that count: those that are ending don't (S9).
pub fn live(ports: &[PortReservation]) -> impl Iterator<Item = &PortReservation> {
    ports.iter().filter(|port| !ending(&port.state))
}

fn quantity(object: &CloudAccessPort, connection: &Connection, ports: &[PortReservation]) -> DesiredState {
    let (wanted, there) = (object.spec.port_quantity as usize, live(ports).count());
    // A group without any port that is shown was not read whole.
    if object.spec.mode != Mode::Lag || there == 0 {
        return DesiredState::default();
    }
    match there.cmp(&wanted) {
        std::cmp::Ordering::Equal => DesiredState::default(),
        std::cmp::Ordering::Less => DesiredState { change: Some(add(object, connection, ports)), drift: None },
        std::cmp::Ordering::Greater => match surplus(object, ports) {
            Some(port) => DesiredState { change: Some(remove(connection, port)), drift: None },
            None => {
                let ids: Vec<&str> = live(ports).map(|port| port.id.as_str()).collect();
                let drift = format!(
                    "{there} ports are in production and {wanted} are wanted: name in spec.removePorts those that shall go, of {}",
                    ids.join(", ")
                );
                DesiredState { change: None, drift: Some(drift) }
            }
        },
    }
}

/// The port that goes first: one that isn't in production yet; one in production only if it is named.
fn surplus<'p>(object: &CloudAccessPort, ports: &'p [PortReservation]) -> Option<&'p PortReservation> {
    let named = |port: &PortReservation| object.spec.remove_ports.iter().any(|id| same_id(id, &port.id));
    let idle = |port: &PortReservation| !in_production(&port.state);
    let rank = |port: &&PortReservation| match (idle(port), named(port)) {
        (true, true) => Some(2),
        (true, false) => Some(1),
        (false, true) => Some(0),
        (false, false) => None,
    };
    live(ports).filter(|port| rank(port).is_some()).max_by_key(rank)
}

/// Whether traffic can flow.
pub fn in_production(word: &str) -> bool {
    [state::PRODUCTION, state::PRODUCTION_CHANGE_PENDING].contains(&word)
}

fn add(object: &CloudAccessPort, connection: &Connection, ports: &[PortReservation]) -> Wanted {
    let key = key_of(CloudAccessPortAdapter::KIND, object);
    let numbers = ports.iter().filter_map(|port| port_number(&key, port.external_ref.as_deref()));
    let number = numbers.max().unwrap_or(0) + 1;
    let order = PortOrder {
        connection: connection.id.clone(),
        external_ref: port_reference(&key, number),
        terms: order_terms(&object.spec),
    };
    let (there, wanted) = (live(ports).count(), object.spec.port_quantity);
    let summary = format!("one more port for {}, which has {there} of {wanted}", connection.id);
    let wanted = Wanted::new(OperationType::AddPort, digest(&order), summary, Change::AddPort(order));
    Wanted { desired: DesiredChange { target: Some(format!("p{number}")), ..wanted.desired }, ..wanted }
}

fn remove(connection: &Connection, port: &PortReservation) -> Wanted {
    let summary = format!("removing the port {} ({}) from {}", port.id, port.state, connection.id);
    Wanted::new(OperationType::RemovePort, port.id.clone(), summary, Change::RemovePort(port.id.clone()))
}

/// What differs of what can be changed. What the spec doesn't say, or the provider doesn't show, is left as it is.
fn fields(object: &CloudAccessPort, connection: &Connection, roles: Option<&[String]>) -> Option<Wanted> {
    let spec = &object.spec;
    let differs = |wanted: Option<&str>, there: &Option<String>| {
        wanted.filter(|wanted| there.as_deref() != Some(*wanted)).map(ToOwned::to_owned)
    };
    // What isn't marked as ours is an import: whoever ordered it may need its reference.
    let key = key_at(connection.external_ref.as_deref());
    let reference = key.map(|key| reference(key, spec.customer_reference.as_deref()));
    let timeout = connection.lacp_timeout.as_ref().map(|_| lacp_timeout(spec.lacp_timeout));
    let patch = ConnectionPatch {
        purchase_order: differs(spec.purchase_order.as_deref(), &connection.purchase_order),
        contract_ref: differs(spec.contract_ref.as_deref(), &connection.contract_ref),
        external_ref: differs(reference.as_deref(), &connection.external_ref),
        lacp_timeout: differs(timeout, &connection.lacp_timeout),
        role_assignments: roles.filter(|roles| !same_ids(roles, &connection.role_assignments)).map(<[String]>::to_vec),
    };
    if patch == ConnectionPatch::default() {
        return None;
    }
    let summary = format!("changing {} of {}", patch.names().join(", "), connection.id);
    Some(Wanted::new(OperationType::UpdateConnection, digest(&patch), summary, Change::Connection(patch)))
}

/// Whom a port is for can be changed of its reservation alone.
fn party(object: &CloudAccessPort, ports: &[PortReservation]) -> Option<Wanted> {
    let wanted = object.spec.connecting_party.as_ref()?;
    let port = live(ports).find(|port| port.connecting_party.as_ref() != Some(wanted))?;
    let request = Change::Port { port: port.id.clone(), change: PortPatch { connecting_party: wanted.clone() } };
    let summary = format!("saying whom the port {} is for: {wanted}", port.id);
    Some(Wanted::new(OperationType::UpdatePort, digest(&request), summary, request))
}

/// What a connection and a port can be ordered with alike, as far as the spec says it.
pub fn order_terms(spec: &CloudAccessPortSpec) -> OrderTerms {
    OrderTerms {
        purchase_order: spec.purchase_order.clone(),
        contract_ref: spec.contract_ref.clone(),
        connecting_party: spec.connecting_party.clone(),
    }
}

/// The provider's word.
pub fn lacp_timeout(timeout: LacpTimeout) -> &'static str {
    match timeout {
        LacpTimeout::Slow => "slow",
        LacpTimeout::Fast => "fast",
    }
}

fn same_ids(one: &[String], other: &[String]) -> bool {
    let set = |ids: &[String]| ids.iter().map(|id| id.to_ascii_lowercase()).collect::<BTreeSet<_>>();
    set(one) == set(other)
}

/// Another request, another digest: persisted while the change is under way.
fn digest(request: &impl Serialize) -> String {
    sha256(json!(request).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn object(quantity: u32, more: Value) -> CloudAccessPort {
        let mut spec = json!({
            "accountRef": {"name": "a"}, "productOffering": {"id": "x"}, "mode": "Lag", "portQuantity": quantity,
        });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "CloudAccessPort",
            "metadata": {"name": "x", "namespace": "n", "uid": "u"}, "spec": spec,
        }))
        .unwrap()
    }

    fn connection(more: Value) -> Connection {
        let mut value = json!({"id": "LAGNL-1", "state": "production", "mode": "lag_lacp"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(value).unwrap()
    }

    fn ports(states: &[&str]) -> Vec<PortReservation> {
        let port = |(n, state): (usize, &&str)| {
            serde_json::from_value(json!({"id": format!("CANL-{n}"), "connection": "LAGNL-1", "state": state})).unwrap()
        };
        states.iter().enumerate().map(port).collect()
    }

    fn wish(object: &CloudAccessPort, ports: &[PortReservation]) -> Option<(OperationType, String)> {
        let change = wanted(object, &connection(json!({})), ports, None).change?;
        Some((change.desired.type_, change.desired.target.unwrap_or(change.desired.digest.to_string())))
    }

    #[test]
    fn ports_are_added_one_at_a_time_each_with_a_number_of_its_own() {
        let object = object(4, json!({}));
        let mut there = ports(&["production", "decommission_requested", "allocated"]);
        assert_eq!(wish(&object, &there), Some((OperationType::AddPort, "p1".into())), "what is ending doesn't count");
        there[2].external_ref = Some(port_reference(&key_of(CloudAccessPortAdapter::KIND, &object), 1));
        assert_eq!(wish(&object, &there), Some((OperationType::AddPort, "p2".into())));
        assert_eq!(wish(&object, &ports(&["requested"; 4])), None);
        assert_eq!(wish(&object, &[]), None, "what shows no port at all was not read whole");
    }

    #[test]
    fn a_port_in_production_goes_only_if_it_is_named() {
        let removed = |names: Value, states: &[&str]| {
            let object = object(1, json!({"removePorts": names}));
            wish(&object, &ports(states)).map(|(type_, port)| {
                assert_eq!(type_, OperationType::RemovePort);
                port
            })
        };
        assert_eq!(removed(json!([]), &["production", "allocated"]).as_deref(), Some("CANL-1"));
        assert_eq!(removed(json!(["canl-0"]), &["allocated", "allocated"]).as_deref(), Some("CANL-0"));
        assert_eq!(removed(json!(["CANL-0"]), &["production", "production"]).as_deref(), Some("CANL-0"));
        assert_eq!(removed(json!(["CANL-0"]), &["production", "allocated"]).as_deref(), Some("CANL-1"));
        assert_eq!(removed(json!([]), &["production", "production"]), None);
        let stuck = wanted(&object(1, json!({})), &connection(json!({})), &ports(&["production", "production"]), None);
        assert!(stuck.drift.unwrap().contains("spec.removePorts"));
    }

    #[test]
    fn what_can_be_changed_is_told_when_it_differs() {
        let object = object(1, json!({"purchaseOrder": "PO-2", "lacpTimeout": "Fast"}));
        let changed = |more: Value, roles: Option<&[String]>| {
            wanted(&object, &connection(more), &ports(&["production"]), roles)
                .change
                .map(|change| json!(change.request))
        };
        assert_eq!(
            changed(json!({"purchase_order": "PO-1", "lacp_timeout": "slow"}), None),
            Some(json!({"purchase_order": "PO-2", "lacp_timeout": "fast"}))
        );
        assert_eq!(changed(json!({"purchase_order": "PO-2"}), None), None, "a timeout that isn't shown isn't compared");
        let roles = ["B".to_owned(), "a".to_owned()];
        assert_eq!(changed(json!({"purchase_order": "PO-2", "role_assignments": ["A", "b"]}), Some(&roles)), None);
        let ending = json!({"purchase_order": "PO-1", "state": "decommission_requested"});
        assert_eq!(changed(ending, None), None);
    }

    #[test]
    fn the_customers_reference_is_changed_only_of_what_carries_our_key() {
        let object = object(1, json!({"customerReference": "DC-8"}));
        let changed = |there: &str| {
            let connection = connection(json!({"external_ref": there}));
            wanted(&object, &connection, &ports(&["production"]), None).change.map(|change| json!(change.request))
        };
        let key = key_of(CloudAccessPortAdapter::KIND, &object);
        assert_eq!(changed("their own"), None);
        assert_eq!(changed(&format!("{key} DC-7")), Some(json!({"external_ref": format!("{key} DC-8")})));
    }

    #[test]
    fn whom_a_port_is_for_is_said_of_each_that_says_another() {
        let object = object(2, json!({"connectingParty": "Example"}));
        let mut there = ports(&["production", "production"]);
        there[0].connecting_party = Some("Example".into());
        let change = wanted(&object, &connection(json!({})), &there, None).change.unwrap();
        assert_eq!(
            (change.desired.type_, &json!(change.request)["port"]),
            (OperationType::UpdatePort, &json!("CANL-1"))
        );
    }
}
