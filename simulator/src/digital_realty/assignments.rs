//! Role assignments: which contact has which role.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::call::Call;
use super::roles::{self, Role};
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::clock::Moment;
use crate::fields::{Fields, parse_uuid};
use crate::site::Site;

/// What role assignments are called in the ledger and in the control interface.
pub const RESOURCE: &str = "role-assignment";

/// A role assignment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// Its id.
    pub id: Uuid,
    /// Who has the role.
    pub contact: Uuid,
    role: String,
    created: Timestamp,
}

impl Assignment {
    /// The role.
    pub fn role(&self) -> &'static Role {
        roles::find(&self.role).expect("every assignment's role is in the table")
    }

    /// The role assignment as answers show it.
    pub fn shown(&self) -> Value {
        json!({"id": self.id, "contact": self.contact, "role": self.role})
    }
}

impl DigitalRealty {
    /// The role assignments of a contact.
    pub fn assignments_of(&self, contact: Uuid) -> impl Iterator<Item = &Assignment> {
        self.assignments.values().filter(move |assignment| assignment.contact == contact)
    }

    fn assignment(&self, id: &str) -> Result<&Assignment, Refusal> {
        let found = parse_uuid(id).and_then(|id| self.assignments.get(&id));
        found.ok_or_else(|| Refusal::not_found(RESOURCE))
    }

    /// Gives a contact a role, whoever asks for it. It may have it already:
    /// nothing is known of that being refused, and it would hide a request sent twice.
    pub fn assign(&mut self, body: &Value, now: Moment) -> Result<Assignment, Refusal> {
        let fields = Fields::of(body)?;
        let role = roles::find(fields.text("role")?).ok_or_else(|| fields.refuse("role", "there is no such role"))?;
        let contact = self.contacts.get(&fields.uuid("contact")?);
        let contact = contact.ok_or_else(|| fields.refuse("contact", "there is no such contact"))?;
        let lacking = contact.lacks(role);
        if !lacking.is_empty() {
            let problem = format!("lacks what the role requires: {}", lacking.join(", "));
            return Err(fields.refuse("contact", &problem).into());
        }
        let assignment =
            Assignment { id: Uuid::new_v4(), contact: contact.id, role: role.id.to_owned(), created: now.simulated };
        self.assignments.insert(assignment.id, assignment.clone());
        Ok(assignment)
    }
}

/// GET role-assignments.
pub fn list(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let wanted = site.store.assignments.values().filter(|assignment| {
        call.sees(assignment.created)
            && call.fits("contact", |it| parse_uuid(it) == Some(assignment.contact))
            && call.fits("role", |it| it.eq_ignore_ascii_case(&assignment.role))
    });
    call.list(wanted.map(Assignment::shown))
}

/// GET role-assignments/{id}.
pub fn get(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    site.store.assignment(&call.id).map(|assignment| Answer::ok(assignment.shown()))
}

/// POST role-assignments.
pub fn create(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let assignment = site.store.assign(&call.body, call.now)?;
    site.record("create", RESOURCE, &assignment.id.to_string(), None);
    Ok(Answer::created(assignment.shown()))
}

/// DELETE role-assignments/{id}. In use it is until the connection is over, not only until that is to end.
pub fn delete(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &mut *site.store;
    let assignment = provider.assignment(&call.id)?.clone();
    let now = call.now.simulated;
    let mut connections = provider.connections(now);
    let user = connections.find(|it| !it.life.is_over(now) && it.terms.role_assignments.contains(&assignment.id));
    if let Some(connection) = user {
        return Err(Refusal::unable(format!("the role assignment is in use by {}", connection.id)));
    }
    drop(connections);
    provider.assignments.remove(&assignment.id);
    site.record("delete", RESOURCE, &assignment.id.to_string(), None);
    Ok(Answer::ok(assignment.shown()))
}
