//! What a connection shows of itself: its ports, what the provider has to say, and what its end would mean.

use jiff::Timestamp;
use kube::ResourceExt;

use super::changes::{in_production, live};
use crate::api::cloud_access_port::{Cancellation, CloudAccessPort, Mode, Port};
use crate::api::common::DocumentType;
use crate::cluster::documents::secret_name;
use crate::lifecycle::adapter::{News, Wanted};
use crate::lifecycle::decide::facts::{End, Readiness};
use crate::providers::ix_api::wire::{Connection, Message, PortReservation, Terms, ending, over, state};

/// So many of the provider's messages are shown.
const MESSAGES: usize = 10;

/// What is shown of a connection.
pub struct Details {
    /// The connection.
    pub connection: Connection,
    /// Its ports' reservations.
    pub ports: Vec<PortReservation>,
    /// The building.
    pub facility: Option<String>,
    /// What its end would mean, if that was read.
    pub terms: Option<Terms>,
    /// Whether a group has an LOA of its own.
    pub lag_loa: bool,
    /// When.
    pub now: Timestamp,
}

/// The table of safety rule S13. An unknown word is on its way.
pub fn readiness(object: &CloudAccessPort, connection: &Connection, ports: &[PortReservation]) -> Readiness {
    let said = |what: &str| match messages(connection).next() {
        Some(message) => format!("{what}: {}", message.message),
        None => what.to_owned(),
    };
    match connection.state.as_str() {
        word if over(word) => Readiness::Ended(format!("{} is {word}", connection.id)),
        state::DECOMMISSION_REQUESTED => Readiness::InProgress(ends(connection)),
        state::ERROR => Readiness::Failed(said(&format!(
            "Digital Realty says that {} failed: turn to its service desk",
            connection.id
        ))),
        state::OPERATOR => Readiness::InProgress(said("waiting for somebody at Digital Realty")),
        word if in_production(word) => ports_ready(object, ports),
        word => Readiness::InProgress(said(&format!(
            "ordered; Digital Realty says {word}: have the cross connect made with the LOA"
        ))),
    }
}

fn ports_ready(object: &CloudAccessPort, ports: &[PortReservation]) -> Readiness {
    if object.spec.mode != Mode::Lag {
        return Readiness::Ready;
    }
    if let Some(port) = live(ports).find(|port| port.state == state::ERROR) {
        return Readiness::Failed(format!(
            "Digital Realty says that the port {} failed: turn to its service desk",
            port.id
        ));
    }
    if let Some(port) = live(ports).find(|port| !in_production(&port.state)) {
        return Readiness::InProgress(format!("the port {} is {}", port.id, port.state));
    }
    let (there, wanted) = (live(ports).count(), object.spec.port_quantity);
    if there < wanted as usize {
        return Readiness::InProgress(format!("{there} of {wanted} ports are there"));
    }
    Readiness::Ready
}

/// Whether it can be ended.
pub fn end(connection: &Connection) -> End {
    match connection.state.as_str() {
        word if over(word) => End::Over,
        word if ending(word) => End::UnderWay(ends(connection)),
        _ => End::OnDemand,
    }
}

fn ends(connection: &Connection) -> String {
    let on = connection.decommission_at.as_ref().map(|date| format!(" on {date}")).unwrap_or_default();
    let charged = connection.charged_until.as_ref().map(|date| format!(", charged until {date}")).unwrap_or_default();
    format!("Digital Realty ends {}{on}{charged}", connection.id)
}

/// The messages that are worth showing, the worst first.
fn messages(connection: &Connection) -> impl Iterator<Item = &Message> {
    let mut all: Vec<&Message> = connection.status.iter().filter(|message| !message.message.is_empty()).collect();
    all.sort_by_key(|message| message.severity.unwrap_or(u8::MAX));
    all.into_iter().take(MESSAGES)
}

/// Puts what was seen into the status.
pub fn show(details: &Details, object: &mut CloudAccessPort) {
    let name = object.name_any();
    let Details { connection, ports, facility, terms, now, .. } = details;
    let (lag, wanted) = (object.spec.mode == Mode::Lag, object.spec.port_quantity);
    let in_production = live(ports).filter(|port| in_production(&port.state)).count();
    let status = object.status.get_or_insert_default();
    if lag {
        // A port that is gone or goes has no LOA any more, unless all go together.
        let all_go = ending(&connection.state);
        let there = |id: &str| ports.iter().any(|port| port.id == id && (all_go || !ending(&port.state)));
        status.common.documents.retain(|document| document.port.as_deref().is_none_or(there));
    }
    let stored: Vec<&str> = status.common.documents.iter().map(|document| document.secret_name.as_str()).collect();
    let shown = |port: &PortReservation| {
        let secret = secret_name(&name, DocumentType::Loa, lag.then_some(port.id.as_str()));
        Port {
            id: port.id.clone(),
            state: port.state.clone(),
            demarc: port.exchange_side_demarc.clone(),
            loa_secret: stored.contains(&secret.as_str()).then_some(secret),
        }
    };
    status.ports = ports.iter().map(shown).collect();
    status.ports_ready = Some(format!("{in_production}/{wanted}"));
    status.product_offering = connection.product_offering.clone().or(status.product_offering.take());
    status.pop.clone_from(&connection.pop);
    status.facility.clone_from(facility);
    status.speed_mbps = connection.speed;
    status.decommission_at.clone_from(&connection.decommission_at);
    status.charged_until.clone_from(&connection.charged_until);
    status.billing_from.clone_from(&connection.current_billing_start_date);
    status.messages = messages(connection).map(|message| message.message.clone()).collect();
    if let Some(terms) = terms {
        status.cancellation = Some(Cancellation {
            decommission_at: terms.decommission_at.clone(),
            charged_until: terms.charged_until.clone(),
            read_on: day(*now),
        });
    }
}

/// The day, by UTC.
pub fn day(now: Timestamp) -> String {
    now.strftime("%Y-%m-%d").to_string()
}

/// What the end means, for the event that tells of it.
pub fn terms(object: &CloudAccessPort) -> Option<String> {
    let wished = object.spec.decommission.as_ref().map(|wish| format!("on {}", wish.at));
    let cancellation = object.status.as_ref().and_then(|status| status.cancellation.as_ref());
    let told = cancellation.filter(|terms| terms.decommission_at.is_some() || terms.charged_until.is_some());
    let read = told.map(|terms| {
        let word = |date: &Option<String>| date.clone().unwrap_or_else(|| "an unknown day".into());
        format!(
            "by the terms of {} it would end on {} and be charged until {}",
            terms.read_on,
            word(&terms.decommission_at),
            word(&terms.charged_until)
        )
    });
    let said: Vec<String> = wished.into_iter().chain(read).collect();
    Some(said.join("; ")).filter(|said| !said.is_empty())
}

/// What is new: the day on which it ends.
pub fn news(before: &CloudAccessPort, now: &CloudAccessPort) -> Vec<News> {
    let ends = |object: &CloudAccessPort| object.status.as_ref().and_then(|status| status.decommission_at.clone());
    match ends(now).filter(|date| ends(before).as_ref() != Some(date)) {
        Some(date) => {
            let charged = now.status.as_ref().and_then(|status| status.charged_until.as_ref());
            let charged = charged.map(|date| format!(", charged until {date}")).unwrap_or_default();
            vec![News { warning: false, reason: "DecommissionScheduled", note: format!("ends on {date}{charged}") }]
        }
        None => Vec::new(),
    }
}

/// The LOAs that there should be: one for a port alone; one for each port of a group.
pub fn documents(object: &CloudAccessPort, details: &Details) -> Vec<Wanted> {
    let connection = &details.connection;
    if ending(&connection.state) || connection.state == state::ERROR {
        return Vec::new();
    }
    let loa = |port: Option<String>, basis: String| Wanted { type_: DocumentType::Loa, port, basis };
    let basis = |port: &PortReservation| {
        let word = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}/{}/{}", port.id, word(&port.exchange_side_demarc), word(&port.connecting_party))
    };
    // What has no demarc yet has no LOA either.
    let placed: Vec<&PortReservation> =
        live(&details.ports).filter(|port| port.exchange_side_demarc.is_some()).collect();
    if object.spec.mode != Mode::Lag {
        return placed.first().map(|port| loa(None, basis(port))).into_iter().collect();
    }
    let own = details.lag_loa && !placed.is_empty();
    let whole = own.then(|| loa(None, placed.iter().map(|port| basis(port)).collect::<Vec<_>>().join(" ")));
    whole.into_iter().chain(placed.iter().map(|port| loa(Some(port.id.clone()), basis(port)))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(mode: &str, quantity: u32) -> CloudAccessPort {
        serde_json::from_value(json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "CloudAccessPort", "metadata": {"name": "x"},
            "spec": {"accountRef": {"name": "a"}, "productOffering": {"id": "o"}, "mode": mode, "portQuantity": quantity},
        }))
        .unwrap()
    }

    fn connection(state: &str) -> Connection {
        serde_json::from_value(json!({"id": "C-1", "state": state, "status": [
            {"severity": 6, "message": "fine"}, {"severity": 3, "message": "broken"},
        ]}))
        .unwrap()
    }

    fn port(id: &str, state: &str, demarc: Option<&str>) -> PortReservation {
        serde_json::from_value(json!({"id": id, "connection": "C-1", "state": state, "exchange_side_demarc": demarc}))
            .unwrap()
    }

    #[test]
    fn the_states_mean_what_the_table_says() {
        let one = object("Standalone", 1);
        let means = |state: &str| readiness(&one, &connection(state), &[]);
        assert_eq!((means("production"), means("production_change_pending")), (Readiness::Ready, Readiness::Ready));
        for state in ["requested", "allocated", "testing", "scheduled", "operator", "decommission_requested", "new", ""]
        {
            assert!(matches!(means(state), Readiness::InProgress(_)), "{state}");
        }
        assert!(matches!(means("error"), Readiness::Failed(said) if said.contains("broken")));
        for state in ["decommissioned", "archived", "cancelled"] {
            assert!(matches!(means(state), Readiness::Ended(_)), "{state}");
            assert_eq!(end(&connection(state)), End::Over, "{state}");
        }
        assert!(matches!(end(&connection("decommission_requested")), End::UnderWay(_)));
        assert_eq!(end(&connection("allocated")), End::OnDemand);
    }

    #[test]
    fn a_group_is_usable_once_all_wanted_ports_are() {
        let lag = object("Lag", 2);
        let ready = |ports: &[PortReservation]| readiness(&lag, &connection("production"), ports);
        let (up, on_its_way) = (port("1", "production", None), port("2", "allocated", None));
        assert!(matches!(ready(&[up.clone(), on_its_way]), Readiness::InProgress(_)));
        assert!(matches!(ready(std::slice::from_ref(&up)), Readiness::InProgress(_)));
        assert_eq!(ready(&[up.clone(), port("2", "production", None)]), Readiness::Ready);
        assert!(matches!(ready(&[up, port("2", "error", None)]), Readiness::Failed(_)));
    }

    #[test]
    fn letters_come_for_each_port_that_has_its_place() {
        let details = |ports: Vec<PortReservation>, lag_loa: bool| Details {
            connection: connection("allocated"),
            ports,
            facility: None,
            terms: None,
            lag_loa,
            now: Timestamp::UNIX_EPOCH,
        };
        let two = vec![port("1", "allocated", Some("d")), port("2", "allocated", None)];
        let wanted = |mode, lag_loa| {
            let wanted = documents(&object(mode, 2), &details(two.clone(), lag_loa));
            wanted.into_iter().map(|wanted| wanted.port).collect::<Vec<_>>()
        };
        assert_eq!(wanted("Standalone", false), [None]);
        assert_eq!(wanted("Lag", false), [Some("1".to_owned())]);
        assert_eq!(wanted("Lag", true), [None, Some("1".to_owned())]);
    }
}
