//! Parties and their people, in the provider's words.

use serde_json::{Value, json};

use crate::api::conditions::reason;
use crate::api::digital_loa::{Contact, Requestor};
use crate::lifecycle::adapter::Access;
use crate::lifecycle::facts::Problem;
use crate::lifecycle::key::sha256;
use crate::providers::equinix::Equinix;
use crate::providers::equinix::wire::Organization;
use crate::providers::outcome::Failure;

/// The organisation of exactly this name in the data centre.
pub async fn find_organization(
    at: Access<'_, Equinix>,
    ibx: &str,
    name: &str,
) -> Result<Result<Organization, Problem>, Failure> {
    let all = at.client.organizations(at.asking(), ibx).await?;
    let mut named: Vec<&Organization> = all.iter().filter(|organization| organization.name == name).collect();
    let one = named.pop();
    Ok(match one {
        Some(one) if named.is_empty() => Ok(one.clone()),
        Some(one) => {
            named.push(one);
            let ids: Vec<String> = named.iter().map(|organization| organization.org_ids.join("+")).collect();
            let message = format!(
                "several organisations in {ibx} are called {name}: name one by orgIds in place of organization, of {}",
                ids.join(", ")
            );
            Err(Problem::stalled(reason::AMBIGUOUS, message))
        }
        None => {
            let names: Vec<&str> = all.iter().map(|organization| organization.name.as_str()).take(20).collect();
            let message = format!(
                "no organisation in {ibx} is called {name}: there are {}. Or give a new partner's email and name",
                names.join(", ")
            );
            Err(Problem::stalled(reason::AMBIGUOUS, message))
        }
    })
}

/// A party, with the organisation that was looked up for it if one was.
pub fn party_body(party: &Requestor, organization: Option<&Organization>) -> Value {
    let mut body = json!({"type": party.type_});
    let ids = organization.map(|organization| &organization.org_ids).or(party.org_ids.as_ref());
    let name = organization.map(|organization| &organization.name).or(party.name.as_ref());
    let fields = [
        ("orgIds", ids.map(|ids| json!(ids))),
        ("name", name.map(|name| json!(name))),
        ("email", party.email.as_ref().map(|email| json!(email))),
        ("contacts", Some(contacts_body(&party.contacts)).filter(|_| !party.contacts.is_empty())),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            body[field] = value;
        }
    }
    body
}

/// People, as they are sent.
pub fn contacts_body(contacts: &[Contact]) -> Value {
    // Our schema has the provider's own names (docs/providers.md 2.4).
    json!(contacts)
}

/// Stands for people that were sent; none for nobody.
pub fn contacts_digest(contacts: &[Contact]) -> Option<String> {
    (!contacts.is_empty()).then(|| sha256(contacts_body(contacts).to_string().as_bytes())[..16].to_owned())
}

/// Whether the provider shows these people: each field that we sent, whatever it adds of its own.
pub fn same_contacts(wanted: &[Contact], shown: &Value) -> bool {
    let (wanted, shown) = (contacts_body(wanted), shown.as_array().map(Vec::as_slice).unwrap_or_default());
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
            contacts_body(&[contact("a@b")]),
            json!([{"type": "TECHNICAL", "firstName": "A", "lastName": "B", "details": [{"type": "EMAIL", "value": "a@b", "notes": "n"}]}])
        );
    }
}
