//! CloudAccessPort at an exchange that speaks IX-API: found again by its `external_ref`.

mod offering;
mod showing;
mod wishes;

use kube::{Resource, ResourceExt};
use serde_json::{Value, json};

use super::exchange::{exchange, found, key_at, reference};
use crate::accounts::Account;
use crate::api::annotations::RECONCILE_AT;
use crate::api::cloud_access_port::{CloudAccessPort, CloudAccessPortSpec, Mode};
use crate::api::common::{Circuit, LoaUse, OperationType};
use crate::clock::Moment;
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Change, Found, News, Offer, Query, Seen, Wanted};
use crate::lifecycle::claims::{Claim, Rank};
use crate::lifecycle::facts::{Problem, Upstream};
use crate::lifecycle::key::key_of;
use crate::providers::ix_api::wire::{Connection, Offering, PortReservation, Terms, ending, same_id};
use crate::providers::ix_api::{Accounts, IxApi};
use crate::providers::limiter::Permit;
use crate::providers::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::transport::SendGuard;
pub use showing::Details;

/// The adapter.
pub struct CloudAccessPortAdapter;

impl Adapter for CloudAccessPortAdapter {
    type Object = CloudAccessPort;
    type Client = IxApi;
    type Details = Details;

    const KIND: &'static str = "CloudAccessPort";
    const RESOURCE: &'static str = "connection";

    fn client(account: &Account) -> Option<&IxApi> {
        exchange(account)
    }

    fn claims(_: &CloudAccessPort, _: Option<Rank>) -> Vec<Claim> {
        Vec::new()
    }

    fn show_users(users: Vec<LoaUse>, object: &mut CloudAccessPort) {
        if let Some(status) = object.status.as_mut() {
            status.loa_used_by = users;
        }
    }

    fn search_proven_by(_: &CloudAccessPort) -> Option<&'static str> {
        Some(Self::RESOURCE)
    }

    async fn turn(client: &IxApi) -> Result<Permit, Failure> {
        client.mutation_permit().await
    }

    async fn probe(at: Access<'_, IxApi>) -> Result<(), Failure> {
        at.client.probe(at.asking()).await
    }

    async fn search(at: Access<'_, IxApi>, query: Query<'_, CloudAccessPort>) -> Result<Found, Failure> {
        let all = at.client.connections(at.asking(), query.not_before).await.items?;
        // S4: what is ending is nobody's order any more.
        let live = all.iter().filter(|connection| !ending(&connection.state));
        let found = found(query.key, live.map(|it| (it.id.as_str(), it.external_ref.as_deref())));
        let offer = if query.to_order { Some(offer(at, &query).await?) } else { None };
        Ok(Found { offer, ..found })
    }

    async fn findable(
        at: Access<'_, IxApi>,
        object: &CloudAccessPort,
        id: &str,
        not_before: Moment,
    ) -> Result<bool, Failure> {
        let (all, key) = (at.client.connections(at.asking(), not_before).await.items?, key_of(Self::KIND, object));
        Ok(all.get(id).is_some_and(|connection| key_at(connection.external_ref.as_deref()) == Some(&key)))
    }

    async fn create(client: &IxApi, permit: &Permit, guard: &dyn SendGuard, offer: &Offer, _: &str) -> Outcome<String> {
        client.order(permit, guard, &offer.request).await.and_read(|connection| Ok(connection.id))
    }

    async fn observe(
        at: Access<'_, IxApi>,
        object: &CloudAccessPort,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details>, ReadError> {
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
        let now = at.client.wall();
        let due = terms_due(object, &showing::day(now)) && !ending(&connection.state);
        let terms = if due { terms(at, object, id).await } else { None };
        let roles = if due || as_of == AsOf::Now || unanswered(object) {
            // Who is missing is asked for before an order; what is there lives on without.
            offering::role_assignments(at.neighbours, object, &[], &catalogue).await.ok()
        } else {
            None
        };
        let roles = roles.filter(|_| !object.spec.contacts.is_empty());
        let wishes = wishes::wanted(object, &connection, &ports, roles.as_deref());
        let upstream = Upstream {
            readiness: showing::readiness(object, &connection, &ports),
            in_use_by: Vec::new(),
            drift: wishes.drift,
            end: showing::end(&connection),
        };
        let state = connection.state.clone();
        let details = Details { connection, ports, facility, terms, lag_loa: at.client.lag_loa, now };
        Ok(Seen { upstream, state, change: wishes.change, details })
    }

    async fn delete(
        client: &IxApi,
        permit: &Permit,
        guard: &dyn SendGuard,
        object: &CloudAccessPort,
        id: &str,
    ) -> Outcome<()> {
        let at = object.spec.decommission.as_ref().map(|wish| wish.at.as_str());
        client.end(permit, guard, id, at).await
    }

    fn terms(object: &CloudAccessPort) -> Option<String> {
        showing::terms(object)
    }

    async fn change(client: &IxApi, permit: &Permit, guard: &dyn SendGuard, id: &str, change: &Change) -> Outcome<()> {
        let named = change.request.as_str().unwrap_or_default();
        match change.wish.type_ {
            OperationType::AddPort => client.add_port(permit, guard, &change.request).await.and_read(|_| Ok(())),
            OperationType::RemovePort => client.remove_port(permit, guard, named).await,
            OperationType::UpdateConnection => client.patch_connection(permit, guard, id, &change.request).await,
            OperationType::UpdatePort => {
                let port = change.request["port"].as_str().unwrap_or_default();
                client.patch_port(permit, guard, port, &change.request["change"]).await
            }
            other => {
                let message = format!("a connection has no way to {}", other.name());
                Outcome::NotDone(Failure::new(FailureKind::NotSent, message))
            }
        }
    }

    fn news(before: &CloudAccessPort, now: &CloudAccessPort) -> Vec<News> {
        showing::news(before, now)
    }

    fn show_offer(offer: &Offer, object: &mut CloudAccessPort) {
        let offering = offer.request["product_offering"].as_str().map(ToOwned::to_owned);
        object.status.get_or_insert_default().product_offering = offering;
    }

    fn show(seen: &Seen<Details>, object: &mut CloudAccessPort) {
        showing::show(&seen.details, object);
    }

    fn documents(object: &CloudAccessPort, _: &str, details: &Details) -> Vec<Wanted> {
        showing::documents(object, details)
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

/// What would be ordered, or why nothing can be.
async fn offer(at: Access<'_, IxApi>, query: &Query<'_, CloudAccessPort>) -> Result<Result<Offer, Problem>, Failure> {
    let spec = &query.object.spec;
    let catalogue = at.client.catalogue(at.asking()).await?;
    let offering = match offering::choose(&catalogue, spec) {
        Ok(offering) => offering,
        Err(problem) => return Ok(Err(problem)),
    };
    let required = &offering.required_contact_roles;
    let roles = offering::role_assignments(at.neighbours, query.object, required, &catalogue).await;
    Ok(roles.map(|roles| {
        Offer::of(request(spec, offering, &roles, &at.client.accounts, query.key), summary(spec, offering))
    }))
}

fn summary(spec: &CloudAccessPortSpec, offering: &Offering) -> String {
    let (pop, speed) = (offering.handover_pop.as_deref().unwrap_or("?"), offering.physical_port_speed.unwrap_or(0));
    let ports = match spec.mode {
        Mode::Standalone => "port".into(),
        Mode::Lag => format!("LAG of {}", spec.port_quantity),
    };
    format!("Digital Realty Cloud Access {ports}, {speed} Mbps at {pop}, offering {}", offering.id)
}

/// The request (docs/providers.md 3.4).
fn request(spec: &CloudAccessPortSpec, offering: &Offering, roles: &[String], accounts: &Accounts, key: &str) -> Value {
    let own = spec.accounts.clone().unwrap_or_default();
    let mode = match spec.mode {
        Mode::Standalone => "standalone",
        Mode::Lag => "lag_lacp",
    };
    let mut request = json!({
        "managing_account": own.managing.as_ref().unwrap_or(&accounts.managing),
        "consuming_account": own.consuming.as_ref().unwrap_or(&accounts.consuming),
        "billing_account": own.billing.as_ref().unwrap_or(&accounts.billing),
        "role_assignments": roles,
        "mode": mode,
        "lacp_timeout": wishes::lacp_timeout(spec.lacp_timeout),
        "product_offering": offering.id,
        "port_quantity": spec.port_quantity,
        "external_ref": reference(key, spec.customer_reference.as_deref()),
    });
    wishes::say(spec, &mut request);
    request
}

/// The reservations of a connection's ports: by the list that others share; or by one of our own, and each that the
/// connection names singly where even that doesn't show it (S9).
async fn ports(at: Access<'_, IxApi>, connection: &Connection, as_of: AsOf) -> Result<Vec<PortReservation>, Failure> {
    let not_before = match as_of {
        AsOf::Shared(not_before) => not_before,
        AsOf::Now => at.client.now(),
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
                Err(ReadError::NotHeard(failure)) => return Err(failure),
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
        Err(ReadError::NotHeard(failure)) => refused(&failure).then(Terms::default),
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
    use super::*;

    #[test]
    fn a_provider_that_tells_no_terms_is_not_asked_again_today() {
        let refused = |status| Failure::new(FailureKind::Refused(status), "no");
        let away = Failure::new(FailureKind::Unreachable, "away");
        assert_eq!(heard(Err(ReadError::NotFound("no".into()))), Some(Terms::default()));
        assert_eq!(heard(Err(ReadError::NotHeard(refused(405)))), Some(Terms::default()));
        assert_eq!(heard(Err(ReadError::NotHeard(away))), None);
    }
}
