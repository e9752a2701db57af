//! What a pass works with: what all kinds share, and what is the kind's own of an object.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, Resource, ResourceExt};

use super::adapter::Adapter;
use super::decide::facts::Annotations;
use super::key::{key_of, uid_of};
use super::registry::claims::{Claim, Claimant, Claims, Rank, claimant_name};
use super::registry::loa_uses::LoaUses;
use crate::accounts::Accounts;
use crate::api::common::{Circuit, ManagementPolicy};
use crate::api::ids::{ExternalId, OrderKey};
use crate::api::{CIRCUIT_FINALIZER, annotations};
use crate::base::clock::Clock;
use crate::base::metrics::Metrics;
use crate::cluster::events::Events;
use crate::cluster::leader::Leadership;
use crate::cluster::writes::{KubeError, in_time};

/// What all kinds work with.
pub struct Shared {
    /// The API server.
    pub client: Client,
    /// All accounts.
    pub accounts: Arc<Accounts>,
    /// All claims.
    pub claims: Claims,
    /// Who uses whose LOA.
    pub loa_uses: LoaUses,
    /// Permission to change things.
    pub leadership: Arc<Leadership>,
    /// Events.
    pub events: Events,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
}

/// What is the kind's of an object, with all that kinds share.
pub struct Context<A: Adapter> {
    /// What all kinds work with.
    pub shared: Arc<Shared>,
    kind: PhantomData<fn() -> A>,
}

impl<A: Adapter> Context<A> {
    /// That of the kind of `A`.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, kind: PhantomData }
    }

    /// Takes note of an object: which account it uses, and what it claims (S5), which is nothing if it only observes,
    /// or if it goes and nothing of ours holds it.
    pub fn register(&self, object: &A::Object) {
        let (namespace, account) = (object.namespace().unwrap_or_default(), &object.common().account_ref.name);
        let recorded = object.common_status().and_then(|status| status.external_id.clone());
        let holds = recorded.or(annotations_of(object).external_id).is_some_and(|id| id.is_upstream());
        self.shared.accounts.used_by(&namespace, account, uid_of(object), holds);
        let held = object.finalizers().iter().any(|name| name == CIRCUIT_FINALIZER);
        let goes = object.meta().deletion_timestamp.is_some() && !held;
        let manages = object.common().management_policy == ManagementPolicy::Manage;
        let claims = if manages && !goes { self.claims(object) } else { Vec::new() };
        let there = self.shared.claims.replace(&self.claimant(object), claims);
        let used = if there && !goes { A::loa_used(object) } else { None };
        self.shared.loa_uses.replace(&uid_of(object), used);
    }

    /// Whether the CRD of this kind is being deleted (S8): then its objects' deletion is nobody's wish to end circuits.
    pub async fn crd_going(&self) -> Result<bool, KubeError> {
        let crds: Api<CustomResourceDefinition> = Api::all(self.shared.client.clone());
        let name = format!("{}.{}", A::Object::plural(&()), A::Object::group(&()));
        let crd = in_time(crds.get_metadata_opt(&name)).await?;
        Ok(crd.is_none_or(|crd| crd.metadata.deletion_timestamp.is_some()))
    }

    /// The way to the object's namespace.
    pub fn api(&self, object: &A::Object) -> Api<A::Object> {
        Api::namespaced(self.shared.client.clone(), &object.namespace().unwrap_or_default())
    }

    /// Who claims what the object claims.
    pub fn claimant(&self, object: &A::Object) -> Claimant {
        let since = object.meta().creation_timestamp.as_ref().map(|time| time.0).unwrap_or_default();
        let name = claimant_name(A::KIND, &object.namespace().unwrap_or_default(), &object.name_any());
        Claimant { uid: uid_of(object), name, since }
    }

    fn claims(&self, object: &A::Object) -> Vec<Claim> {
        let said = annotations_of(object);
        if said.owner.as_ref().is_some_and(|owner| *owner != uid_of(object)) {
            return Vec::new();
        }
        let status = object.common_status();
        let recorded = status.and_then(|status| status.external_id.clone());
        let creation = status.and_then(|status| status.creation.as_ref());
        let ordered = creation.is_some_and(|own| own.started_at.is_some() && own.key == self.key(object));
        // Only the operator's own record outranks others: what a person names may be another object's.
        let rank = |id: &ExternalId| {
            let own = said.owner.is_some() || ordered && said.external_id.is_none() && recorded.as_ref() == Some(id);
            if own { Rank::Recorded } else { Rank::Import }
        };
        let ids: BTreeSet<&ExternalId> = said.external_id.iter().chain(&recorded).collect();
        let mut claims = A::claims(object, ids.iter().map(|id| rank(id)).min());
        claims.extend(ids.iter().map(|id| Claim { on: self.id_claim(object, id), rank: rank(id), flexible: false }));
        claims
    }

    /// Our key for the object's orders.
    pub fn key(&self, object: &A::Object) -> OrderKey {
        key_of(A::KIND, object)
    }

    /// What is claimed with an upstream id: ids are the account's own at some providers, so the account is part of it.
    pub fn id_claim(&self, object: &A::Object, id: &ExternalId) -> String {
        let (namespace, account) = (object.namespace().unwrap_or_default(), &object.common().account_ref.name);
        format!("{}/{}/{id}", self.shared.accounts.upstream(&namespace, account), A::held_as(object))
    }
}

/// What the annotations say; an empty one says nothing.
pub fn annotations_of(object: &impl Circuit) -> Annotations {
    let value = |name: &str| object.annotations().get(name).filter(|value| !value.is_empty()).cloned();
    Annotations {
        external_id: value(annotations::EXTERNAL_ID).map(Into::into),
        owner: value(annotations::EXTERNAL_ID_OWNER).map(Into::into),
        approved_plan: value(annotations::APPROVED_PLAN).map(Into::into),
        create_outcome: value(annotations::CREATE_OUTCOME),
    }
}
