//! Both parties of an LOA, and whom to speak to there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::Client;
use super::places::{self, Organization};
use crate::fields::{Fields, Flaw};

/// The type of a party that is in the marketplace.
const CUSTOMER: &str = "CUSTOMER_ORGANIZATION";

const CONTACT_TYPES: [&str; 5] = ["NOTIFICATION", "TECHNICAL", "ORDERING", "RESELLING", "BILLING"];
const AVAILABILITIES: [&str; 2] = ["WORK_HOURS", "ANYTIME"];
/// The one kind of detail that was ever seen.
const DETAIL_TYPES: [&str; 1] = ["EMAIL"];

/// A party of an LOA.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    #[serde(rename = "type")]
    kind: String,
    /// The organisations, if it is known by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub org_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Its name.
    pub name: String,
    /// Whom to speak to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Value>,
}

impl Party {
    /// An organisation of the marketplace.
    pub fn known(organization: &Organization, contacts: Option<Value>) -> Self {
        Self {
            kind: CUSTOMER.to_owned(),
            org_ids: vec![organization.id.to_owned()],
            email: None,
            name: organization.name.to_owned(),
            contacts,
        }
    }

    /// Reads a party: known by its organisations, or given by e-mail and name.
    pub fn read(fields: &Fields<'_>) -> Result<Self, Flaw> {
        let by_organization = fields.optional("orgIds").is_some();
        // The type of a party that is not in the marketplace was never seen.
        let kind = if by_organization { fields.choice("type", &[CUSTOMER])? } else { fields.filled("type")? };
        let name = fields.filled("name")?;
        let org_ids = if by_organization { read_organizations(fields, name)? } else { Vec::new() };
        let email = match (by_organization, fields.optional("email")) {
            (true, None) => None,
            _ => Some(fields.email("email")?.to_owned()),
        };
        let contacts = fields.optional("contacts").map(|_| read_contacts(fields, "contacts")).transpose()?;
        Ok(Self { kind: kind.to_owned(), org_ids, email, name: name.to_owned(), contacts })
    }

    /// Whether it is known by its organisations.
    pub fn is_known(&self) -> bool {
        !self.org_ids.is_empty()
    }

    /// Whether this client speaks for it.
    pub fn is(&self, client: &Client) -> bool {
        if self.is_known() {
            self.org_ids.iter().any(|id| id == client.organization().id)
        } else {
            self.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(client.email))
        }
    }
}

fn read_organizations(fields: &Fields<'_>, name: &str) -> Result<Vec<String>, Flaw> {
    let ids = fields.texts("orgIds")?;
    for id in &ids {
        let found = places::organization(id);
        let found = found.ok_or_else(|| fields.refuse("orgIds", "there is no such organization"))?;
        if found.name != name {
            return Err(fields.refuse("name", "is not the name of the organization"));
        }
    }
    Ok(ids.into_iter().map(str::to_owned).collect())
}

/// The contacts of a party that can have nothing else: `{"contacts": [...]}`.
pub fn read_party_contacts(fields: &Fields<'_>, name: &str) -> Result<Value, Flaw> {
    read_contacts(&fields.object(name)?, "contacts")
}

/// A non-empty array of contacts.
pub fn read_contacts(fields: &Fields<'_>, name: &str) -> Result<Value, Flaw> {
    fields.objects(name)?.iter().map(read_contact).collect()
}

fn read_contact(fields: &Fields<'_>) -> Result<Value, Flaw> {
    let mut contact = json!({"type": fields.choice("type", &CONTACT_TYPES)?});
    if fields.optional("registeredUser").is_some() {
        contact["registeredUser"] = fields.filled("registeredUser")?.into();
    }
    for name in ["firstName", "lastName"] {
        let needed = fields.optional("registeredUser").is_none();
        if needed || fields.optional(name).is_some() {
            contact[name] = fields.filled(name)?.into();
        }
    }
    if let Some(timezone) = fields.optional_text("timezone")? {
        contact["timezone"] = timezone.into();
    }
    if fields.optional("availability").is_some() {
        contact["availability"] = fields.choice("availability", &AVAILABILITIES)?.into();
    }
    let details = fields.objects("details")?;
    contact["details"] = details.iter().map(read_detail).collect::<Result<Value, Flaw>>()?;
    Ok(contact)
}

/// Samples of requests say `note`, those of answers `notes`.
fn read_detail(fields: &Fields<'_>) -> Result<Value, Flaw> {
    let kind = fields.choice("type", &DETAIL_TYPES)?;
    let mut detail = json!({"type": kind, "value": fields.email("value")?});
    for name in ["note", "notes"] {
        if let Some(notes) = fields.optional_text(name)? {
            detail["notes"] = notes.into();
        }
    }
    Ok(detail)
}
