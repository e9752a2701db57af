//! CloudAccessPort at an exchange that speaks IX-API: found again by its `external_ref`.

mod changes;
mod offering;
mod status;

use kube::{Resource, ResourceExt};

use super::ix_api::{found, reference};
use crate::api::annotations::RECONCILE_AT;
use crate::api::cloud_access_port::{CloudAccessPort, CloudAccessPortSpec, Mode};
use crate::api::common::{Circuit, LoaUse};
use crate::api::ids::{ExternalId, OrderKey};
use crate::lifecycle::adapter::{
    Access, Adapter, AsOf, Found, News, NoOffer, Offer, Presentation, Query, Seen, Wanted,
};
use crate::lifecycle::decide::facts::Upstream;
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::transport::{ProviderClient, Sending};
use crate::providers::ix_api::requests::ConnectionOrder;
use crate::providers::ix_api::wire::{Connection, Offering, PortReservation, Terms, ending, same_id};
use crate::providers::ix_api::{Accounts, IxApi};
use changes::Change;
pub use status::Details;

/// The adapter.
pub struct CloudAccessPortAdapter;

impl Adapter for CloudAccessPortAdapter {
    type Client = IxApi;
    type Change = Change;

    const RESOURCE: &'static str = "connection";

    async fn search(
        at: Access<'_, IxApi>,
        query: Query<'_, CloudAccessPort>,
    ) -> Result<Found<ConnectionOrder>, Failure> {
        let all = at.client.connections(at.asking(), query.not_before).await.items?;
        // S4: what is ending is nobody's order any more.
        let live = all.iter().filter(|connection| !ending(&connection.state));
        let found = found(query.key, live.map(|it| (it.id.as_str(), it.external_ref.as_deref())));
        if query.to_order { found.offered(offer(at, &query).await) } else { Ok(found) }
    }

    async fn create(
        client: &IxApi,
        sending: Sending<'_>,
        order: &ConnectionOrder,
        _: &OrderKey,
    ) -> Outcome<ExternalId> {
        client.order(sending, order).await.and_read(|connection| Ok(connection.id.into()))
    }

    async fn observe(
        at: Access<'_, IxApi>,
        object: &CloudAccessPort,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details, Change>, ReadError> {
        let listed = match as_of {
            AsOf::Shared(not_before) => at.client.connections(at.asking(), not_before).await.items?.get(id).cloned(),
            AsOf::Now => None,
        };
        let connection = match listed {
            Some(connection) => connection,
            // S6: missing from a list is a reason to ask singly, nothing more.
            None => at.client.connection(at.asking(), id).await?,
        };
        let ports = ports(at, &connection, as_of).await?;
        let catalogue = at.client.catalogue(at.asking()).await?;
        let facility = connection.pop.as_deref().and_then(|pop| catalogue.facility(pop)).map(ToOwned::to_owned);
        let now = at.client.transport().clock().wall();
        let due = terms_due(object, &status::day(now)) && !ending(&connection.state);
        let terms = if due { terms(at, object, id).await } else { None };
        let roles = if due || as_of == AsOf::Now || unanswered(object) {
            // Who is missing is asked for before an order; what is there lives on without.
            offering::role_assignments(at.references, object, &[], &catalogue).await.ok()
        } else {
            None
        };
        let roles = roles.filter(|_| !object.spec.contacts.is_empty());
        let wanted = changes::wanted(object, &connection, &ports, roles.as_deref());
        let upstream = Upstream {
            readiness: status::readiness(object, &connection, &ports),
            in_use_by: Vec::new(),
            drift: wanted.drift,
            end: status::end(&connection),
        };
        let state = connection.state.clone();
        let details = Details { connection, ports, facility, terms, lag_loa: at.client.lag_loa, now };
        Ok(Seen { upstream, state, change: wanted.change, details })
    }

    async fn delete(client: &IxApi, sending: Sending<'_>, object: &CloudAccessPort, id: &str) -> Outcome<()> {
        let at = object.spec.decommission.as_ref().map(|wish| wish.at.as_str());
        client.end(sending, id, at).await
    }

    async fn change(client: &IxApi, sending: Sending<'_>, id: &str, change: &Change) -> Outcome<()> {
        match change {
            Change::AddPort(order) => client.add_port(sending, order).await.and_read(|_| Ok(())),
            Change::RemovePort(port) => client.remove_port(sending, port).await,
            Change::Connection(patch) => client.patch_connection(sending, id, patch).await,
            Change::Port { port, change } => client.patch_port(sending, port, change).await,
        }
    }

    fn documents(object: &CloudAccessPort, _: &str, details: &Details) -> Vec<Wanted> {
        status::documents(object, details)
    }

    async fn fetch(
        at: Access<'_, IxApi>,
        _: &CloudAccessPort,
        id: &str,
        wanted: &Wanted,
    ) -> Result<Vec<u8>, ReadError> {
        match &wanted.port {
            Some(port) => at.client.port_loa(at.asking(), port).await,
            None => at.client.connection_loa(at.asking(), id).await,
        }
    }
}

impl Presentation for CloudAccessPortAdapter {
    type Object = CloudAccessPort;
    type Details = Details;
    type Order = ConnectionOrder;

    const KIND: &'static str = "CloudAccessPort";

    fn show(details: &Details, object: &mut CloudAccessPort) {
        status::show(details, object);
    }

    fn show_offer(order: &ConnectionOrder, object: &mut CloudAccessPort) {
        object.status.get_or_insert_default().product_offering = Some(order.product_offering.clone());
    }

    fn show_loa_users(users: Vec<LoaUse>, object: &mut CloudAccessPort) {
        if let Some(status) = object.status.as_mut() {
            status.loa_used_by = users;
        }
    }

    fn terms(object: &CloudAccessPort) -> Option<String> {
        status::terms(object)
    }

    fn news(before: &CloudAccessPort, now: &CloudAccessPort) -> Vec<News> {
        status::news(before, now)
    }
}

/// What would be ordered, or why nothing can be.
async fn offer(at: Access<'_, IxApi>, query: &Query<'_, CloudAccessPort>) -> Result<Offer<ConnectionOrder>, NoOffer> {
    let spec = &query.object.spec;
    let catalogue = at.client.catalogue(at.asking()).await?;
    let offering = offering::choose(&catalogue, spec)?;
    let required = &offering.required_contact_roles;
    let roles = offering::role_assignments(at.references, query.object, required, &catalogue).await?;
    Ok(Offer::of(order(spec, offering, roles, &at.client.accounts, query.key.as_str()), summary(spec, offering)))
}

fn summary(spec: &CloudAccessPortSpec, offering: &Offering) -> String {
    let (pop, speed) = (offering.handover_pop.as_deref().unwrap_or("?"), offering.physical_port_speed.unwrap_or(0));
    let ports = match spec.mode {
        Mode::Standalone => "port".into(),
        Mode::Lag => format!("LAG of {}", spec.port_quantity),
    };
    format!("Digital Realty Cloud Access {ports}, {speed} Mbps at {pop}, offering {}", offering.id)
}

fn order(
    spec: &CloudAccessPortSpec,
    offering: &Offering,
    role_assignments: Vec<String>,
    accounts: &Accounts,
    key: &str,
) -> ConnectionOrder {
    let own = spec.accounts.clone().unwrap_or_default();
    ConnectionOrder {
        managing_account: own.managing.unwrap_or_else(|| accounts.managing.clone()),
        consuming_account: own.consuming.unwrap_or_else(|| accounts.consuming.clone()),
        billing_account: own.billing.unwrap_or_else(|| accounts.billing.clone()),
        role_assignments,
        mode: match spec.mode {
            Mode::Standalone => "standalone",
            Mode::Lag => "lag_lacp",
        },
        lacp_timeout: changes::lacp_timeout(spec.lacp_timeout),
        product_offering: offering.id.clone(),
        port_quantity: spec.port_quantity,
        external_ref: reference(key, spec.customer_reference.as_deref()),
        terms: changes::order_terms(spec),
    }
}

/// The reservations of a connection's ports: by the list that others share; or by one of our own, and each that the
/// connection names singly where even that doesn't show it (S9).
async fn ports(at: Access<'_, IxApi>, connection: &Connection, as_of: AsOf) -> Result<Vec<PortReservation>, Failure> {
    let not_before = match as_of {
        AsOf::Shared(not_before) => not_before,
        AsOf::Now => at.client.transport().clock().now(),
    };
    let all = at.client.reservations(at.asking(), not_before).await.items?;
    let mut ports: Vec<PortReservation> =
        all.iter().filter(|port| same_id(&port.connection, &connection.id)).cloned().collect();
    if as_of == AsOf::Now {
        for id in &connection.port_reservations {
            if ports.iter().any(|port| same_id(&port.id, id)) {
                continue;
            }
            match at.client.reservation(at.asking(), id).await {
                Ok(port) => ports.push(port),
                Err(ReadError::NotFound(_)) => {}
                Err(ReadError::Unknown(failure)) => return Err(failure),
            }
        }
    }
    ports.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(ports)
}

/// Whether the terms of an end are to be read: once a day.
fn terms_due(object: &CloudAccessPort, today: &str) -> bool {
    let cancellation = object.status.as_ref().and_then(|status| status.cancellation.as_ref());
    cancellation.is_none_or(|terms| terms.read_on != today)
}

/// The terms, if the provider tells them: an end needs none.
async fn terms(at: Access<'_, IxApi>, object: &CloudAccessPort, id: &str) -> Option<Terms> {
    let wished = object.spec.decommission.as_ref().map(|wish| wish.at.as_str());
    heard(at.client.terms(at.asking(), id, wished).await)
}

/// What was heard of terms: a provider that has none to tell has answered for the day, too.
fn heard(terms: Result<Terms, ReadError>) -> Option<Terms> {
    let refused = |failure: &Failure| matches!(failure.kind, FailureKind::Refused(_));
    match terms {
        Ok(terms) => Some(terms),
        Err(ReadError::NotFound(_)) => Some(Terms::default()),
        Err(ReadError::Unknown(failure)) => refused(&failure).then(Terms::default),
    }
}

/// Whether a person waits for an answer: to a changed spec, or to `reconcile-at`.
fn unanswered(object: &CloudAccessPort) -> bool {
    let status = object.common_status();
    let observed = status.and_then(|status| status.observed_generation);
    let handled = status.and_then(|status| status.last_handled_reconcile_at.as_ref());
    observed != object.meta().generation || object.annotations().get(RECONCILE_AT).is_some_and(|at| Some(at) != handled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Contact;
    use crate::kinds::persisted;

    #[test]
    fn a_provider_that_tells_no_terms_is_not_asked_again_today() {
        let refused = |status| Failure::new(FailureKind::Refused(status), "no");
        let away = Failure::new(FailureKind::Unreachable, "away");
        assert_eq!(heard(Err(ReadError::NotFound("no".into()))), Some(Terms::default()));
        assert_eq!(heard(Err(ReadError::Unknown(refused(405)))), Some(Terms::default()));
        assert_eq!(heard(Err(ReadError::Unknown(away))), None);
    }

    #[test]
    fn an_order_has_the_digest_that_release_0_1_0_gave_it() {
        for name in ["ams-port", "ams-lag"] {
            let object: CloudAccessPort = persisted::object("CloudAccessPort", name);
            let named = |contact: &str| persisted::object::<Contact>("Contact", contact).status.unwrap();
            let people = object.spec.contacts.iter().flat_map(|contact| named(&contact.name).role_assignments);
            let mut roles: Vec<String> = people.map(|role| role.id).collect();
            roles.sort();
            let offering: Offering = serde_json::from_value(json!({
                "id": object.status.as_ref().unwrap().product_offering, "cross_connect_initiator": "subscriber",
            }))
            .unwrap();
            let (accounts, key) = (persisted::digital_realty(), persisted::key(&object));
            persisted::is_the_order_of(&object, &order(&object.spec, &offering, roles, &accounts, &key));
        }
    }
}
