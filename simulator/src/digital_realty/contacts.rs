//! Contacts: people whom the provider can turn to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::call::Call;
use super::connection::external_ref;
use super::roles::Role;
use super::store::DigitalRealty;

use crate::answer::Answer;
use crate::clock::Moment;
use crate::fields::{Fields, Flaws, parse_uuid};
use crate::site::Site;

/// What contacts are called in the ledger and in the control interface.
pub const RESOURCE: &str = "contact";

/// What is said of a contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Details {
    managing_account: String,
    consuming_account: String,
    external_ref: Option<String>,
    name: Option<String>,
    telephone: Option<String>,
    email: Option<String>,
}

impl Details {
    fn read(provider: &DigitalRealty, body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body)?;
        let mut flaws = Flaws::default();
        let managing = flaws.note(provider.wanted_account(&fields, "managing_account"));
        let consuming = flaws.note(provider.wanted_account(&fields, "consuming_account"));
        let external_ref = flaws.note(external_ref(&fields));
        let name = flaws.note(fields.optional_text("name"));
        let telephone = flaws.note(fields.optional_text("telephone"));
        let email = flaws.note(fields.optional("email").map(|_| fields.email("email")).transpose());
        match (managing, consuming, external_ref, name, telephone, email) {
            (Some(managing), Some(consuming), Some(external_ref), Some(name), Some(telephone), Some(email)) => {
                Ok(Self {
                    managing_account: managing,
                    consuming_account: consuming,
                    external_ref,
                    name: name.map(str::to_owned),
                    telephone: telephone.map(str::to_owned),
                    email: email.map(str::to_owned),
                })
            }
            _ => Err(flaws.into()),
        }
    }
}

/// A contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: Uuid,
    details: Details,
    created: Timestamp,
}

impl Contact {
    /// The contact as answers show it.
    pub fn shown(&self) -> Value {
        let mut shown = json!(self.details);
        shown["id"] = json!(self.id);
        shown
    }

    /// What the role wants to know of it and is not told.
    pub fn lacks(&self, role: &Role) -> Vec<&'static str> {
        let told = json!(self.details);
        let is_told = |name: &str| told[name].as_str().is_some_and(|text| !text.trim().is_empty());
        role.required_fields.iter().copied().filter(|name| !is_told(name)).collect()
    }
}

impl DigitalRealty {
    /// Creates a contact, whoever asks for it.
    pub fn new_contact(&mut self, body: &Value, now: Moment) -> Result<Contact, Refusal> {
        let contact = Contact { id: Uuid::new_v4(), details: Details::read(self, body)?, created: now.simulated };
        self.contacts.insert(contact.id, contact.clone());
        Ok(contact)
    }

    fn contact(&self, id: &str) -> Result<&Contact, Refusal> {
        let found = parse_uuid(id).and_then(|id| self.contacts.get(&id));
        found.ok_or_else(|| Refusal::not_found(RESOURCE))
    }
}

/// GET contacts.
pub fn list(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let wanted = site.store.contacts.values().filter(|Contact { id, details, created }| {
        call.sees(*created)
            && call.fits_one("id", |it| parse_uuid(it) == Some(*id))
            && call.fits("managing_account", |it| it == details.managing_account)
            && call.fits("consuming_account", |it| it == details.consuming_account)
            && call.fits("external_ref", |it| details.external_ref.as_deref() == Some(it))
    });
    call.list(wanted.map(Contact::shown))
}

/// GET contacts/{id}.
pub fn get(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    site.store.contact(&call.id).map(|contact| Answer::ok(contact.shown()))
}

/// POST contacts.
pub fn create(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let contact = site.store.new_contact(&call.body, call.now)?;
    record(site, "create", &contact);
    Ok(Answer::created(contact.shown()))
}

/// PUT contacts/{id}.
pub fn replace(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    update(site, call, call.body.clone())
}

/// PATCH contacts/{id}.
pub fn patch(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let present = site.store.contact(&call.id)?;
    let merged = Fields::of(&call.body)?.merged_into(json!(present.details));
    update(site, call, merged)
}

/// What a role of the contact wants to know cannot be taken back.
fn update(site: &mut Site<DigitalRealty>, call: &Call, body: Value) -> Result<Answer, Refusal> {
    let provider = &mut *site.store;
    let present = provider.contact(&call.id)?.clone();
    let contact = Contact { details: Details::read(provider, &body)?, ..present };
    let roles = provider.assignments_of(contact.id).map(|assignment| assignment.role());
    if let Some(name) = roles.flat_map(|role| contact.lacks(role)).next() {
        return Err(Fields::of(&body)?.refuse(name, "is required by a role of the contact").into());
    }
    provider.contacts.insert(contact.id, contact.clone());
    record(site, "update", &contact);
    Ok(Answer::ok(contact.shown()))
}

/// DELETE contacts/{id}. The standard only keeps a contact that is in use
/// through a role assignment; here it must have none at all.
pub fn delete(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let contact = site.store.contact(&call.id)?.clone();
    if site.store.assignments_of(contact.id).next().is_some() {
        return Err(Refusal::unable("the contact is in use: it has role assignments"));
    }
    site.store.contacts.remove(&contact.id);
    record(site, "delete", &contact);
    Ok(Answer::ok(contact.shown()))
}

fn record(site: &mut Site<DigitalRealty>, operation: &str, contact: &Contact) {
    let key = contact.details.external_ref.as_deref();
    site.record(operation, RESOURCE, &contact.id.to_string(), key);
}
