//! Contact at an exchange that speaks IX-API: found again by its `external_ref`; its roles are given and taken one at a time.

use std::collections::BTreeSet;

use kube::Resource;
use serde::Serialize;
use serde_json::json;

use super::ix_api::found;
use crate::api::common::OperationType;
use crate::api::conditions::{Problem, reason};
use crate::api::contact::{AssignedRole, Contact, ContactSpec};
use crate::api::ids::{ExternalId, OrderKey};
use crate::base::clock::Moment;
use crate::base::digest::sha256;
use crate::lifecycle::adapter::{self, Access, Adapter, AsOf, Found, NoOffer, Offer, Presentation, Query, Seen};
use crate::lifecycle::decide::facts::{End, Readiness, Upstream};
use crate::providers::http::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::http::transport::{Asking, ProviderClient, Sending};
use crate::providers::ix_api::requests::{NewContact, Person};
use crate::providers::ix_api::wire::{self, Role, over, same_id};
use crate::providers::ix_api::{Accounts, Catalogue, IxApi};

/// The exchange has no word for it.
const KNOWN: &str = "Known";

/// The adapter.
pub struct ContactAdapter;

/// What is shown of a person.
pub struct Details {
    roles: Vec<AssignedRole>,
}

impl Adapter for ContactAdapter {
    type Client = IxApi;
    type Change = Change;

    const RESOURCE: &'static str = "contact";

    async fn search(at: Access<'_, IxApi>, query: Query<'_, Contact>) -> Result<Found<NewContact>, Failure> {
        let all = at.client.contacts(at.asking(), query.not_before).await.items?;
        let found = found(query.key, all.iter().map(|contact| (contact.id.as_str(), contact.external_ref.as_deref())));
        if query.to_order { found.offered(offer(at, &query).await) } else { Ok(found) }
    }

    async fn create(client: &IxApi, sending: Sending<'_>, order: &NewContact, _: &OrderKey) -> Outcome<ExternalId> {
        client.create_contact(sending, order).await.and_read(|contact| Ok(contact.id.into()))
    }

    async fn observe(
        at: Access<'_, IxApi>,
        object: &Contact,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details, Change>, ReadError> {
        let (listed, not_before) = match as_of {
            AsOf::Shared(since) => (at.client.contacts(at.asking(), since).await.items?.get(id).cloned(), since),
            AsOf::Now => (None, at.client.transport().clock().now()),
        };
        let contact = match listed {
            Some(contact) => contact,
            // S6: missing from a list is a reason to ask singly, nothing more.
            None => at.client.contact(at.asking(), id).await?,
        };
        let catalogue = at.client.catalogue(at.asking()).await?;
        let assignments = at.client.assignments(at.asking(), not_before).await.items?;
        let assigned = |it: &&wire::RoleAssignment| same_id(&it.contact, id);
        let roles = assignments.iter().filter(assigned).map(|it| AssignedRole {
            role: catalogue.role_name(&it.role).into(),
            role_id: it.role.clone(),
            id: it.id.clone(),
        });
        let roles: Vec<AssignedRole> = roles.collect();
        let diff = role_diff(at, object, &contact, &catalogue, &roles, not_before).await?;
        let upstream = Upstream {
            readiness: diff.missing.map_or(Readiness::Ready, Readiness::InProgress),
            in_use_by: Vec::new(),
            drift: diff.drift,
            end: diff.in_use.map_or(End::OnDemand, End::NotNow),
        };
        Ok(Seen { upstream, state: KNOWN.into(), change: diff.change, details: Details { roles } })
    }

    /// The person, after the roles: the exchange forgets nobody who has one. Ending what has ended does no harm, so that
    /// one intent is enough for all (S9).
    async fn delete(client: &IxApi, sending: Sending<'_>, _: &Contact, id: &str) -> Outcome<()> {
        let roles =
            match client.assignments(Asking::Holding(sending.permit), client.transport().clock().now()).await.items {
                Ok(roles) => roles,
                Err(failure) => return Outcome::NotDone(failure),
            };
        for role in roles.iter().filter(|role| same_id(&role.contact, id)) {
            match client.unassign(sending, &role.id).await {
                Outcome::Done(()) => {}
                Outcome::NotDone(failure) if failure.kind == FailureKind::Refused(404) => {}
                other => return other,
            }
        }
        client.delete_contact(sending, id).await
    }

    async fn change(client: &IxApi, sending: Sending<'_>, id: &str, change: &Change) -> Outcome<()> {
        match change {
            Change::Person(person) => client.patch_contact(sending, id, person).await,
            Change::Assign { role } => client.assign(sending, id, role).await,
            Change::Unassign { assignment } => client.unassign(sending, assignment).await,
        }
    }
}

impl Presentation for ContactAdapter {
    type Object = Contact;
    type Details = Details;
    type Order = NewContact;

    const KIND: &'static str = "Contact";

    fn show(details: &Details, object: &mut Contact) {
        object.status.get_or_insert_default().role_assignments.clone_from(&details.roles);
    }
}

/// What can be changed of a person who is known.
#[derive(Clone, Serialize)]
pub enum Change {
    /// What is said of the person.
    Person(Person),
    /// A role is given.
    Assign {
        /// The role's id.
        role: String,
    },
    /// A role is taken.
    Unassign {
        /// The id of the role's assignment.
        assignment: String,
    },
}

async fn offer(at: Access<'_, IxApi>, query: &Query<'_, Contact>) -> Result<Offer<NewContact>, NoOffer> {
    let catalogue = at.client.catalogue(at.asking()).await?;
    let spec = &query.object.spec;
    wanted_roles(&catalogue, spec)?;
    let summary = format!("contact {} at Digital Realty", spec.name);
    Ok(Offer::of(new_contact(spec, &at.client.accounts, query.key.as_str()), summary))
}

fn new_contact(spec: &ContactSpec, accounts: &Accounts, key: &str) -> NewContact {
    NewContact {
        person: person(spec),
        managing_account: accounts.managing.clone(),
        consuming_account: accounts.consuming.clone(),
        external_ref: key.into(),
    }
}

/// What is to be done about a person who is there.
#[derive(Default)]
struct RoleDiff {
    change: Option<adapter::Change<Change>>,
    /// What is still to come.
    missing: Option<String>,
    /// What can't be had.
    drift: Option<String>,
    /// Why the person can't be forgotten yet.
    in_use: Option<String>,
}

async fn role_diff(
    at: Access<'_, IxApi>,
    object: &Contact,
    there: &wire::Contact,
    catalogue: &Catalogue,
    roles: &[AssignedRole],
    not_before: Moment,
) -> Result<RoleDiff, Failure> {
    if object.meta().deletion_timestamp.is_some() {
        let in_use = users(at, roles, not_before).await?;
        return Ok(RoleDiff { in_use, ..RoleDiff::default() });
    }
    let wanted = match wanted_roles(catalogue, &object.spec) {
        Ok(wanted) => wanted,
        Err(problem) => return Ok(RoleDiff { drift: Some(problem.cause.message), ..RoleDiff::default() }),
    };
    let has = |role: &&Role| roles.iter().any(|it| same_id(&it.role_id, &role.id));
    let missing = wanted.iter().copied().find(|role| !has(role));
    let change = differing_fields(&object.spec, there).or_else(|| missing.map(|role| assign(there, role)));
    let missing = missing.map(|role| format!("the role {} isn't assigned yet", role.name));
    let surplus: Vec<AssignedRole> =
        roles.iter().filter(|it| !wanted.iter().any(|role| same_id(&role.id, &it.role_id))).cloned().collect();
    let Some(first) = surplus.first().filter(|_| change.is_none()) else {
        return Ok(RoleDiff { change, missing, ..RoleDiff::default() });
    };
    match users(at, std::slice::from_ref(first), not_before).await? {
        Some(users) => Ok(RoleDiff { drift: Some(users), ..RoleDiff::default() }),
        None => Ok(RoleDiff { change: Some(unassign(there, first)), ..RoleDiff::default() }),
    }
}

/// By which connections these roles are used, in words, if by any.
async fn users(at: Access<'_, IxApi>, roles: &[AssignedRole], not_before: Moment) -> Result<Option<String>, Failure> {
    if roles.is_empty() {
        return Ok(None);
    }
    let all = at.client.connections(at.asking(), not_before).await.items?;
    let uses = |connection: &&wire::Connection| {
        !over(&connection.state)
            && connection.role_assignments.iter().any(|id| roles.iter().any(|role| same_id(&role.id, id)))
    };
    let users: BTreeSet<&str> = all.iter().filter(uses).map(|connection| connection.id.as_str()).collect();
    if users.is_empty() {
        return Ok(None);
    }
    let names: BTreeSet<&str> = roles.iter().map(|role| role.role.as_str()).collect();
    let (names, users) = (Vec::from_iter(names).join(", "), Vec::from_iter(users).join(", "));
    Ok(Some(format!("as {names} still needed by {users}: waiting until those name somebody else, or have ended")))
}

/// The roles of the spec, each with all that must be said of a person in it.
fn wanted_roles<'c>(catalogue: &'c Catalogue, spec: &ContactSpec) -> Result<Vec<&'c Role>, Problem> {
    let mut wanted: Vec<&Role> = Vec::new();
    for name in &spec.roles {
        let role = match catalogue.roles_called(name).as_slice() {
            [role] => *role,
            [] => {
                let there: Vec<&str> = catalogue.roles.iter().map(|role| role.name.as_str()).collect();
                let message = format!("there is no role {name} at the provider: there are {}", there.join(", "));
                return Err(Problem::stalled(reason::NOT_AVAILABLE, message));
            }
            many => {
                let ids: Vec<&str> = many.iter().map(|role| role.id.as_str()).collect();
                let message = format!("several roles are called {name}: name one by its id, of {}", ids.join(", "));
                return Err(Problem::stalled(reason::AMBIGUOUS, message));
            }
        };
        let said = |field: &&String| match field.as_str() {
            "email" => spec.email.is_some(),
            "telephone" => spec.telephone.is_some(),
            _ => true,
        };
        if let Some(field) = role.required_fields.iter().find(|field| !said(field)) {
            let message = format!("the role {} needs spec.{field}: add it", role.name);
            return Err(Problem::stalled(reason::INVALID_SPEC, message));
        }
        if !wanted.iter().any(|have| have.id == role.id) {
            wanted.push(role);
        }
    }
    Ok(wanted)
}

/// What is said of the person.
fn person(spec: &ContactSpec) -> Person {
    Person { name: spec.name.clone(), email: spec.email.clone(), telephone: spec.telephone.clone() }
}

fn differing_fields(spec: &ContactSpec, there: &wire::Contact) -> Option<adapter::Change<Change>> {
    let same = |wanted: &Option<String>, there: &Option<String>| wanted.is_none() || wanted == there;
    let name = there.name.as_ref() == Some(&spec.name);
    if name && same(&spec.email, &there.email) && same(&spec.telephone, &there.telephone) {
        return None;
    }
    let person = person(spec);
    let digest = sha256(json!(person).to_string());
    let summary = format!("telling Digital Realty what changed of the contact {}", there.id);
    Some(adapter::Change::new(OperationType::UpdateContact, digest, summary, Change::Person(person)))
}

fn assign(there: &wire::Contact, role: &Role) -> adapter::Change<Change> {
    let summary = format!("giving the contact {} the role {}", there.id, role.name);
    adapter::Change::new(OperationType::AssignRole, role.id.clone(), summary, Change::Assign { role: role.id.clone() })
}

fn unassign(there: &wire::Contact, role: &AssignedRole) -> adapter::Change<Change> {
    let summary = format!("taking the role {} from the contact {}", role.role, there.id);
    adapter::Change::new(
        OperationType::UnassignRole,
        role.id.clone(),
        summary,
        Change::Unassign { assignment: role.id.clone() },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::kinds::persisted;

    fn spec(value: Value) -> ContactSpec {
        serde_json::from_value(value).unwrap()
    }

    fn catalogue() -> Catalogue {
        let role = |id: &str, name: &str| Role {
            id: id.into(),
            name: name.into(),
            required_fields: vec!["name".into(), "email".into(), "telephone".into()],
        };
        Catalogue { offerings: vec![], pops: vec![], roles: vec![role("aa-1", "NOC"), role("aa-2", "Implementation")] }
    }

    #[test]
    fn roles_are_known_by_name_or_id_whatever_their_case_and_need_their_fields() {
        let full = json!({"accountRef": {"name": "a"}, "name": "P", "email": "p@x", "telephone": "+3120", "roles": ["noc", "AA-2", "NOC"]});
        let (catalogue, full) = (catalogue(), spec(full));
        let ids: Vec<&str> = wanted_roles(&catalogue, &full).unwrap().iter().map(|role| role.id.as_str()).collect();
        assert_eq!(ids, ["aa-1", "aa-2"]);
        let no_phone = ContactSpec { telephone: None, ..full.clone() };
        assert!(wanted_roles(&catalogue, &no_phone).unwrap_err().cause.message.contains("spec.telephone"));
        let other = ContactSpec { roles: vec!["Cook".into()], ..full };
        assert!(wanted_roles(&catalogue, &other).unwrap_err().cause.message.contains("NOC, Implementation"));
    }

    #[test]
    fn only_what_is_said_and_differs_is_told() {
        let there = |email: &str| wire::Contact {
            id: "1".into(),
            external_ref: None,
            name: Some("P".into()),
            email: Some(email.into()),
            telephone: Some("+1".into()),
        };
        let spec = spec(json!({"accountRef": {"name": "a"}, "name": "P", "email": "p@x"}));
        assert!(differing_fields(&spec, &there("p@x")).is_none());
        let change = differing_fields(&spec, &there("q@x")).unwrap();
        assert_eq!(json!(change.request), json!({"Person": {"name": "P", "email": "p@x"}}));
    }

    #[test]
    fn an_order_has_the_digest_that_release_0_1_0_gave_it() {
        for name in ["panda", "noc"] {
            let object: Contact = persisted::object("Contact", name);
            let order = new_contact(&object.spec, &persisted::digital_realty(), &persisted::key(&object));
            persisted::is_the_order_of(&object, &order);
        }
    }
}
