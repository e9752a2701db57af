//! Parties and their people, in the provider's words.

use serde_json::{Value, json};

use crate::api::conditions::{Problem, reason};
use crate::api::digital_loa::{Contact, Requestor};
use crate::base::digest::sha256;
use crate::lifecycle::adapter::{Access, NoOffer};
use crate::providers::equinix::Equinix;
use crate::providers::equinix::requests::Party;
use crate::providers::equinix::wire::Organization;

/// The organisation of exactly this name in the data centre.
async fn find_organization(at: Access<'_, Equinix>, ibx: &str, name: &str) -> Result<Organization, NoOffer> {
    let all = at.client.organizations(at.asking(), ibx).await?;
    let mut named: Vec<&Organization> = all.iter().filter(|organization| organization.name == name).collect();
    let one = named.pop();
    let problem = match one {
        Some(one) if named.is_empty() => return Ok(one.clone()),
        Some(one) => {
            named.push(one);
            let ids: Vec<String> = named.iter().map(|organization| organization.org_ids.join("+")).collect();
            let message = format!(
                "several organisations in {ibx} are called {name}: name one by orgIds in place of organization, of {}",
                ids.join(", ")
            );
            Problem::stalled(reason::AMBIGUOUS, message)
        }
        None => {
            let names: Vec<&str> = all.iter().map(|organization| organization.name.as_str()).take(20).collect();
            let message = format!(
                "no organisation in {ibx} is called {name}: there are {}. Or give a new partner's email and name",
                names.join(", ")
            );
            Problem::stalled(reason::AMBIGUOUS, message)
        }
    };
    Err(problem.into())
}

/// A party in a data centre, its organisation looked up if it is named.
pub async fn party(at: Access<'_, Equinix>, ibx: &str, named: &Requestor) -> Result<Party, NoOffer> {
    let mut party = as_named(named);
    if let Some(name) = &named.organization {
        let organization = find_organization(at, ibx, name).await?;
        (party.org_ids, party.name) = (Some(organization.org_ids), Some(organization.name));
    }
    Ok(party)
}

/// A party as the spec has it.
pub fn as_named(named: &Requestor) -> Party {
    Party {
        type_: named.type_.clone(),
        org_ids: named.org_ids.clone(),
        name: named.name.clone(),
        email: named.email.clone(),
        contacts: named.contacts.clone(),
    }
}

/// Stands for people that were sent; none for nobody.
pub fn contacts_digest(contacts: &[Contact]) -> Option<String> {
    (!contacts.is_empty()).then(|| sha256(json!(contacts).to_string())[..16].to_owned())
}

/// Whether the provider shows these people: each field that we sent, whatever it adds of its own.
pub fn same_contacts(wanted: &[Contact], shown: &Value) -> bool {
    // Our schema has the provider's own names (docs/providers.md 2.4).
    let (wanted, shown) = (json!(wanted), shown.as_array().map(Vec::as_slice).unwrap_or_default());
    let wanted = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
    wanted.len() == shown.len() && wanted.iter().zip(shown).all(|(wanted, shown)| contains(shown, wanted))
}

fn contains(shown: &Value, wanted: &Value) -> bool {
    match (shown, wanted) {
        (Value::Object(shown), Value::Object(wanted)) => wanted.iter().all(|(name, value)| {
            // A request's `notes` come back as `note` in one generation of names.
            let found = shown.get(name).or_else(|| shown.get("note").filter(|_| name == "notes"));
            found.is_some_and(|found| contains(found, value))
        }),
        (Value::Array(shown), Value::Array(wanted)) => {
            shown.len() == wanted.len() && shown.iter().zip(wanted).all(|(shown, wanted)| contains(shown, wanted))
        }
        (shown, wanted) => shown == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(value: &str) -> Contact {
        serde_json::from_value(json!({
            "type": "TECHNICAL", "firstName": "A", "lastName": "B", "details": [{"type": "EMAIL", "value": value, "notes": "n"}],
        }))
        .unwrap()
    }

    #[test]
    fn what_the_provider_adds_is_no_difference() {
        let shown = json!([{
            "type": "TECHNICAL", "firstName": "A", "lastName": "B", "timezone": "UTC",
            "details": [{"type": "EMAIL", "value": "a@b", "note": "n"}],
        }]);
        assert!(same_contacts(&[contact("a@b")], &shown));
        assert!(!same_contacts(&[contact("c@d")], &shown));
        assert!(!same_contacts(&[contact("a@b"), contact("a@b")], &shown));
    }

    #[test]
    fn people_are_sent_in_the_providers_words() {
        assert_eq!(
            json!([contact("a@b")]),
            json!([{"type": "TECHNICAL", "firstName": "A", "lastName": "B", "details": [{"type": "EMAIL", "value": "a@b", "notes": "n"}]}])
        );
    }
}
