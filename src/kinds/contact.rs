//! Contact at an exchange that speaks IX-API: found again by its `external_ref`; its roles are given and taken one at a time.

use std::collections::BTreeSet;

use kube::Resource;
use serde_json::{Value, json};

use super::exchange::{exchange, found, key_at};
use crate::accounts::Account;
use crate::api::common::OperationType;
use crate::api::conditions::reason;
use crate::api::contact::{AssignedRole, Contact, ContactSpec};
use crate::clock::Moment;
use crate::lifecycle::adapter::{Access, Adapter, AsOf, Change, Found, Offer, Query, Seen, Wanted};
use crate::lifecycle::claims::{Claim, Rank};
use crate::lifecycle::facts::{End, Problem, Readiness, Upstream, Wish};
use crate::lifecycle::key::{key_of, sha256};
use crate::providers::ix_api::wire::{self, Role, over, same_id};
use crate::providers::ix_api::{Catalogue, IxApi};
use crate::providers::limiter::Permit;
use crate::providers::outcome::{Failure, FailureKind, Outcome, ReadError};
use crate::providers::transport::{Asking, SendGuard};

/// The exchange has no word for it.
const KNOWN: &str = "Known";

/// The adapter.
pub struct ContactAdapter;

/// What is shown of a person.
pub struct Details {
    roles: Vec<AssignedRole>,
}

impl Adapter for ContactAdapter {
    type Object = Contact;
    type Client = IxApi;
    type Details = Details;

    const KIND: &'static str = "Contact";
    const RESOURCE: &'static str = "contact";

    fn client(account: &Account) -> Option<&IxApi> {
        exchange(account)
    }

    fn claims(_: &Contact, _: Option<Rank>) -> Vec<Claim> {
        Vec::new()
    }

    fn search_proven_by(_: &Contact) -> Option<&'static str> {
        Some(Self::RESOURCE)
    }

    async fn turn(client: &IxApi) -> Result<Permit, Failure> {
        client.mutation_permit().await
    }

    async fn probe(at: Access<'_, IxApi>) -> Result<(), Failure> {
        at.client.probe(at.asking()).await
    }

    async fn search(at: Access<'_, IxApi>, query: Query<'_, Contact>) -> Result<Found, Failure> {
        let all = at.client.contacts(at.asking(), query.not_before).await.items?;
        let found = found(query.key, all.iter().map(|contact| (contact.id.as_str(), contact.external_ref.as_deref())));
        if !query.to_order {
            return Ok(found);
        }
        let catalogue = at.client.catalogue(at.asking()).await?;
        let spec = &query.object.spec;
        let offer = wanted_roles(&catalogue, spec).map(|_| {
            let accounts = &at.client.accounts;
            let mut request = shown_fields(spec);
            request["managing_account"] = accounts.managing.as_str().into();
            request["consuming_account"] = accounts.consuming.as_str().into();
            request["external_ref"] = query.key.into();
            let summary = format!("contact {} at Digital Realty", spec.name);
            Offer::of(request, summary)
        });
        Ok(Found { offer: Some(offer), ..found })
    }

    async fn findable(at: Access<'_, IxApi>, object: &Contact, id: &str, not_before: Moment) -> Result<bool, Failure> {
        let (all, key) = (at.client.contacts(at.asking(), not_before).await.items?, key_of(Self::KIND, object));
        Ok(all.get(id).is_some_and(|contact| key_at(contact.external_ref.as_deref()) == Some(&key)))
    }

    async fn create(client: &IxApi, permit: &Permit, guard: &dyn SendGuard, offer: &Offer, _: &str) -> Outcome<String> {
        client.create_contact(permit, guard, &offer.request).await.and_read(|contact| Ok(contact.id))
    }

    async fn observe(
        at: Access<'_, IxApi>,
        object: &Contact,
        id: &str,
        as_of: AsOf,
    ) -> Result<Seen<Details>, ReadError> {
        let (listed, not_before) = match as_of {
            AsOf::Shared(since) => (at.client.contacts(at.asking(), since).await.items?.get(id).cloned(), since),
            AsOf::Now => (None, at.client.now()),
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
        let plan = plan(at, object, &contact, &catalogue, &roles, not_before).await?;
        let upstream = Upstream {
            readiness: plan.missing.map_or(Readiness::Ready, Readiness::InProgress),
            in_use_by: Vec::new(),
            drift: plan.drift,
            end: plan.in_use.map_or(End::OnDemand, End::NotNow),
        };
        Ok(Seen { upstream, state: KNOWN.into(), change: plan.change, details: Details { roles } })
    }

    /// The person, after the roles: the exchange forgets nobody who has one. Ending what has ended does no harm, so that
    /// one intent is enough for all (S9).
    async fn delete(client: &IxApi, permit: &Permit, guard: &dyn SendGuard, _: &Contact, id: &str) -> Outcome<()> {
        let roles = match client.assignments(Asking::Holding(permit), client.now()).await.items {
            Ok(roles) => roles,
            Err(failure) => return Outcome::NotDone(failure),
        };
        for role in roles.iter().filter(|role| same_id(&role.contact, id)) {
            match client.unassign(permit, guard, &role.id).await {
                Outcome::Done(()) => {}
                Outcome::NotDone(failure) if failure.kind == FailureKind::Refused(404) => {}
                other => return other,
            }
        }
        client.delete_contact(permit, guard, id).await
    }

    async fn change(client: &IxApi, permit: &Permit, guard: &dyn SendGuard, id: &str, change: &Change) -> Outcome<()> {
        let named = change.request.as_str().unwrap_or_default();
        match change.wish.type_ {
            OperationType::UpdateContact => client.patch_contact(permit, guard, id, &change.request).await,
            OperationType::AssignRole => client.assign(permit, guard, id, named).await,
            OperationType::UnassignRole => client.unassign(permit, guard, named).await,
            other => {
                let message = format!("a contact has no way to {}", other.name());
                Outcome::NotDone(Failure::new(FailureKind::NotSent, message))
            }
        }
    }

    fn show_offer(_: &Offer, _: &mut Contact) {}

    fn show(seen: &Seen<Details>, object: &mut Contact) {
        object.status.get_or_insert_default().role_assignments.clone_from(&seen.details.roles);
    }

    fn documents(_: &Contact, _: &str, _: &Details) -> Vec<Wanted> {
        Vec::new()
    }

    async fn fetch(_: Access<'_, IxApi>, _: &Contact, _: &str, _: &Wanted) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::NotFound("a contact has no document".into()))
    }
}

/// What is to be done about a person who is there.
#[derive(Default)]
struct Plan {
    change: Option<Change>,
    /// What is still to come.
    missing: Option<String>,
    /// What can't be had.
    drift: Option<String>,
    /// Why the person can't be forgotten yet.
    in_use: Option<String>,
}

async fn plan(
    at: Access<'_, IxApi>,
    object: &Contact,
    there: &wire::Contact,
    catalogue: &Catalogue,
    roles: &[AssignedRole],
    not_before: Moment,
) -> Result<Plan, Failure> {
    if object.meta().deletion_timestamp.is_some() {
        let in_use = users(at, roles, not_before).await?;
        return Ok(Plan { in_use, ..Plan::default() });
    }
    let wanted = match wanted_roles(catalogue, &object.spec) {
        Ok(wanted) => wanted,
        Err(problem) => return Ok(Plan { drift: Some(problem.message), ..Plan::default() }),
    };
    let has = |role: &&Role| roles.iter().any(|it| same_id(&it.role_id, &role.id));
    let missing = wanted.iter().copied().find(|role| !has(role));
    let change = differing_fields(&object.spec, there).or_else(|| missing.map(|role| assign(there, role)));
    let missing = missing.map(|role| format!("the role {} isn't assigned yet", role.name));
    let surplus: Vec<AssignedRole> =
        roles.iter().filter(|it| !wanted.iter().any(|role| same_id(&role.id, &it.role_id))).cloned().collect();
    let Some(first) = surplus.first().filter(|_| change.is_none()) else {
        return Ok(Plan { change, missing, ..Plan::default() });
    };
    match users(at, std::slice::from_ref(first), not_before).await? {
        Some(users) => Ok(Plan { drift: Some(users), ..Plan::default() }),
        None => Ok(Plan { change: Some(unassign(there, first)), ..Plan::default() }),
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

/// What the exchange shows of a person.
fn shown_fields(spec: &ContactSpec) -> Value {
    let mut fields = json!({"name": spec.name});
    let optional = [("email", &spec.email), ("telephone", &spec.telephone)];
    for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        fields[name] = value.as_str().into();
    }
    fields
}

fn differing_fields(spec: &ContactSpec, there: &wire::Contact) -> Option<Change> {
    let same = |wanted: &Option<String>, there: &Option<String>| wanted.is_none() || wanted == there;
    let name = there.name.as_ref() == Some(&spec.name);
    if name && same(&spec.email, &there.email) && same(&spec.telephone, &there.telephone) {
        return None;
    }
    let request = shown_fields(spec);
    let digest = sha256(request.to_string().as_bytes());
    let summary = format!("telling Digital Realty what changed of the contact {}", there.id);
    Some(Change { wish: Wish { type_: OperationType::UpdateContact, target: None, digest, summary }, request })
}

fn assign(there: &wire::Contact, role: &Role) -> Change {
    let summary = format!("giving the contact {} the role {}", there.id, role.name);
    let wish = Wish { type_: OperationType::AssignRole, target: None, digest: role.id.clone(), summary };
    Change { wish, request: role.id.as_str().into() }
}

fn unassign(there: &wire::Contact, role: &AssignedRole) -> Change {
    let summary = format!("taking the role {} from the contact {}", role.role, there.id);
    let wish = Wish { type_: OperationType::UnassignRole, target: None, digest: role.id.clone(), summary };
    Change { wish, request: role.id.as_str().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(wanted_roles(&catalogue, &no_phone).unwrap_err().message.contains("spec.telephone"));
        let other = ContactSpec { roles: vec!["Cook".into()], ..full };
        assert!(wanted_roles(&catalogue, &other).unwrap_err().message.contains("NOC, Implementation"));
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
        assert_eq!(change.request, json!({"name": "P", "email": "p@x"}));
    }
}
