//! Which offering is meant, and who fills the roles that it requires.

use crate::api::CloudAccessPort;
use crate::api::cloud_access_port::{CloudAccessPortSpec, OfferingChoice};
use crate::api::common::Circuit;
use crate::api::conditions::{Problem, reason};
use crate::api::contact::Contact;
use crate::cluster::references::References;
use crate::providers::ix_api::Catalogue;
use crate::providers::ix_api::wire::{Offering, same_id};

/// Who has the cross connect made where an LOA is given (docs/providers.md 3.2).
const SUBSCRIBER: &str = "subscriber";
/// So many candidates are named.
const NAMED: usize = 12;

/// The one offering that the spec means, with as many ports as are wanted.
pub fn choose<'c>(catalogue: &'c Catalogue, spec: &CloudAccessPortSpec) -> Result<&'c Offering, Problem> {
    let choice = &spec.product_offering;
    let fitting: Vec<&Offering> =
        catalogue.offerings.iter().filter(|offering| fits(catalogue, choice, offering)).collect();
    let offering = match fitting.as_slice() {
        [offering] => *offering,
        [] => return Err(none(catalogue, choice)),
        many => {
            let message = format!("several offerings fit: name one by spec.productOffering.id, of {}", ids(many));
            return Err(Problem::stalled(reason::AMBIGUOUS, message));
        }
    };
    if offering.cross_connect_initiator != SUBSCRIBER {
        let message = format!(
            "the cross connect of {} is made by the exchange: only offerings with an LOA for the subscriber can be ordered, such as {}",
            offering.id,
            ids(&orderable(catalogue))
        );
        return Err(Problem::stalled(reason::NOT_AVAILABLE, message));
    }
    match offering.maximum_port_quantity {
        Some(most) if spec.port_quantity > most => {
            let message = format!("spec.portQuantity is {}, and {} allows {most}", spec.port_quantity, offering.id);
            Err(Problem::stalled(reason::INVALID_SPEC, message))
        }
        _ => Ok(offering),
    }
}

fn fits(catalogue: &Catalogue, choice: &OfferingChoice, offering: &Offering) -> bool {
    if let Some(id) = &choice.id {
        return same_id(id, &offering.id);
    }
    let pop = offering.handover_pop.as_deref();
    let is = |wanted: &Option<String>, there: Option<&str>| {
        wanted.as_ref().is_none_or(|wanted| there.is_some_and(|there| same_id(wanted, there)))
    };
    offering.cross_connect_initiator == SUBSCRIBER
        && choice.speed_mbps == offering.physical_port_speed
        && is(&choice.pop, pop)
        && is(&choice.facility, pop.and_then(|pop| catalogue.facility(pop)))
        && is(&choice.metro_area_network, offering.handover_metro_area_network.as_deref())
        && is(&choice.metro_area, offering.handover_metro_area.as_deref())
}

fn none(catalogue: &Catalogue, choice: &OfferingChoice) -> Problem {
    let what = match &choice.id {
        Some(id) => format!("there is no offering {id}"),
        None => "no offering fits spec.productOffering".into(),
    };
    let message = format!("{what}: there are {}", ids(&orderable(catalogue)));
    Problem::stalled(reason::NOT_AVAILABLE, message)
}

fn orderable(catalogue: &Catalogue) -> Vec<&Offering> {
    catalogue.offerings.iter().filter(|offering| offering.cross_connect_initiator == SUBSCRIBER).collect()
}

fn ids(offerings: &[&Offering]) -> String {
    let more = offerings.len().saturating_sub(NAMED);
    let named: Vec<&str> = offerings.iter().take(NAMED).map(|offering| offering.id.as_str()).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if named.is_empty() { "none".into() } else { format!("{}{more}", named.join(", ")) }
}

/// The role assignments of the named contacts, in order; and that they fill what the offering requires.
pub async fn role_assignments(
    references: References<'_>,
    object: &CloudAccessPort,
    required: &[String],
    catalogue: &Catalogue,
) -> Result<Vec<String>, Problem> {
    let mut filled: Vec<(String, String)> = Vec::new();
    for named in &object.spec.contacts {
        let contact = contact(references, object, &named.name).await?;
        let roles = contact.status.map(|status| status.role_assignments).unwrap_or_default();
        filled.extend(roles.into_iter().map(|role| (role.role_id, role.id)));
    }
    if let Some(role) = required.iter().find(|role| !filled.iter().any(|(filled, _)| same_id(filled, role))) {
        let message = format!(
            "the offering requires somebody as {}, and none of spec.contacts is: give one the role, or name another Contact",
            catalogue.role_name(role)
        );
        return Err(Problem::dependency(message));
    }
    let mut assignments: Vec<String> = filled.into_iter().map(|(_, id)| id).collect();
    assignments.sort();
    assignments.dedup();
    Ok(assignments)
}

async fn contact(references: References<'_>, object: &CloudAccessPort, name: &str) -> Result<Contact, Problem> {
    let contact = references.circuit::<Contact>(name).await?;
    if contact.common().account_ref != object.common().account_ref {
        let message = format!(
            "the Contact {name} is known to the account {}, and this port is ordered from {}: name a Contact of the same account",
            contact.common().account_ref.name,
            object.common().account_ref.name
        );
        return Err(Problem::stalled(reason::INVALID_SPEC, message));
    }
    if contact.metadata.deletion_timestamp.is_some() {
        return Err(Problem::dependency(format!("the Contact {name} is being deleted: name another one")));
    }
    if contact.common_status().is_none_or(|status| status.external_id.is_none()) {
        return Err(Problem::dependency(format!("the Contact {name} isn't known to the provider yet")));
    }
    Ok(contact)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn catalogue() -> Catalogue {
        let offering = |id: &str, pop: &str, speed: u64, initiator: &str| {
            serde_json::from_value(json!({
                "id": id, "handover_pop": pop, "physical_port_speed": speed, "cross_connect_initiator": initiator,
                "maximum_port_quantity": 4, "handover_metro_area": &pop[..3], "handover_metro_area_network": &pop[..3],
            }))
            .unwrap()
        };
        let pop = |id: &str, facility: &str| serde_json::from_value(json!({"id": id, "facility": facility})).unwrap();
        Catalogue {
            offerings: vec![
                offering("1.AMS5-B.S", "AMS5-B", 10_000, SUBSCRIBER),
                offering("2.AMS7-A.S", "AMS7-A", 10_000, SUBSCRIBER),
                offering("3.AMS7-A.E", "AMS7-A", 10_000, "exchange"),
                offering("4.AMS7-A.S", "AMS7-A", 1_000, SUBSCRIBER),
            ],
            pops: vec![pop("AMS5-B", "AMS5"), pop("AMS7-A", "AMS7")],
            roles: vec![],
        }
    }

    fn chosen(choice: Value) -> Result<String, (&'static str, String)> {
        let spec = json!({"accountRef": {"name": "a"}, "productOffering": choice, "mode": "Lag", "portQuantity": 2});
        let spec: CloudAccessPortSpec = serde_json::from_value(spec).unwrap();
        choose(&catalogue(), &spec)
            .map(|it| it.id.clone())
            .map_err(|problem| (problem.cause.reason, problem.cause.message))
    }

    #[test]
    fn a_choice_comes_down_to_one_offering_or_names_the_candidates() {
        assert_eq!(chosen(json!({"id": "2.ams7-a.s"})).unwrap(), "2.AMS7-A.S");
        assert_eq!(chosen(json!({"facility": "AMS7", "speedMbps": 10_000})).unwrap(), "2.AMS7-A.S");
        assert_eq!(chosen(json!({"metroArea": "AMS", "speedMbps": 1_000})).unwrap(), "4.AMS7-A.S");
        let (reason, message) = chosen(json!({"metroAreaNetwork": "AMS", "speedMbps": 10_000})).unwrap_err();
        assert_eq!(reason, reason::AMBIGUOUS);
        assert!(message.ends_with("1.AMS5-B.S, 2.AMS7-A.S"), "{message}");
        let (reason, message) = chosen(json!({"pop": "LON1-A", "speedMbps": 10_000})).unwrap_err();
        assert_eq!(reason, reason::NOT_AVAILABLE);
        assert!(message.contains("1.AMS5-B.S, 2.AMS7-A.S, 4.AMS7-A.S"), "{message}");
        assert_eq!(chosen(json!({"id": "3.AMS7-A.E"})).unwrap_err().0, reason::NOT_AVAILABLE);
    }

    #[test]
    fn no_more_ports_than_the_offering_allows() {
        let spec = json!({"accountRef": {"name": "a"}, "productOffering": {"id": "1.AMS5-B.S"}, "mode": "Lag", "portQuantity": 5});
        let spec: CloudAccessPortSpec = serde_json::from_value(spec).unwrap();
        let problem = choose(&catalogue(), &spec).unwrap_err();
        assert_eq!((problem.cause.reason, problem.cause.message.contains("allows 4")), (reason::INVALID_SPEC, true));
    }
}
