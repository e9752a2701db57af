//! The controllers: one of accounts, and one of each kind of circuit, for each watched namespace.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all, ready};
use futures::{FutureExt, StreamExt, TryStreamExt};
use kube::api::ListParams;
use kube::core::{DeserializeGuard, NamespaceResourceScope};
use kube::runtime::reflector::store;
use kube::runtime::{Controller, controller};
use kube::{Api, Client, Resource, ResourceExt};
use tokio::sync::watch;
use tokio_stream::wrappers::BroadcastStream;
use tracing::warn;

use super::signals::stopped;
use super::watches::{AccountWatch, account_changes, circuits_of, forgetting, readable, triggers, watched};
use crate::accounts::controller::{AccountController, AnyCircuit};
use crate::api::ProviderAccount;
use crate::api::common::Circuit;
use crate::base::duration::jitter;
use crate::cluster::writes::{KubeError, in_time};
use crate::kinds::cloud_access_port::CloudAccessPortAdapter;
use crate::kinds::contact::ContactAdapter;
use crate::kinds::cross_connect_order::CrossConnectOrderAdapter;
use crate::kinds::digital_loa::DigitalLoaAdapter;
use crate::kinds::digital_loa_request::DigitalLoaRequestAdapter;
use crate::kinds::interconnect::InterconnectAdapter;
use crate::lifecycle::adapter::Adapter;
use crate::lifecycle::context::Shared;
use crate::lifecycle::engine::Engine;
use crate::lifecycle::predicates::user_changes;

/// Every kind of circuit.
pub fn kinds(shared: &Arc<Shared>) -> Vec<Arc<dyn Kind>> {
    vec![
        Arc::new(Engine::<InterconnectAdapter>::new(shared.clone())),
        Arc::new(Engine::<DigitalLoaAdapter>::new(shared.clone())),
        Arc::new(Engine::<DigitalLoaRequestAdapter>::new(shared.clone())),
        Arc::new(Engine::<ContactAdapter>::new(shared.clone())),
        Arc::new(Engine::<CloudAccessPortAdapter>::new(shared.clone())),
        Arc::new(Engine::<CrossConnectOrderAdapter>::new(shared.clone())),
    ]
}

/// A kind that runs, whatever its objects are.
pub trait Kind: Send + Sync {
    /// Takes note of all its objects.
    fn register_all<'a>(&'a self, watched: &'a Watched) -> BoxFuture<'a, Result<(), KubeError>>;
    /// Its controllers.
    fn controllers<'a>(self: Arc<Self>, watched: &'a Watched, accounts: &[AccountWatch]) -> Vec<BoxFuture<'a, ()>>;
    /// Counts its objects for the metrics.
    fn count(&self);
    /// Whether any of its objects uses an account.
    fn any_circuit(&self, client: Client) -> AnyCircuit;
}

impl<A: Adapter> Kind for Engine<A> {
    fn register_all<'a>(&'a self, watched: &'a Watched) -> BoxFuture<'a, Result<(), KubeError>> {
        watched.register_all(self).boxed()
    }

    fn controllers<'a>(self: Arc<Self>, watched: &'a Watched, accounts: &[AccountWatch]) -> Vec<BoxFuture<'a, ()>> {
        watched.circuit_controllers(accounts, self)
    }

    fn count(&self) {
        Engine::count(self);
    }

    fn any_circuit(&self, client: Client) -> AnyCircuit {
        any_circuit::<A::Object>(client)
    }
}

/// Where controllers look, and until when.
pub struct Watched {
    /// The API server.
    pub client: Client,
    /// The namespaces; none: all.
    pub namespaces: Vec<String>,
    /// Objects of a kind, and of each namespace, worked on at the same time.
    pub concurrency: u16,
    /// Turns true when the process is to end.
    pub stop: watch::Receiver<bool>,
}

impl Watched {
    /// The way to all watched objects of a kind.
    pub fn apis<K>(&self) -> Vec<Api<K>>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match self.namespaces.as_slice() {
            [] => vec![Api::all(self.client.clone())],
            some => some.iter().map(|namespace| Api::namespaced(self.client.clone(), namespace)).collect(),
        }
    }

    async fn register_all<A: Adapter>(&self, engine: &Engine<A>) -> Result<(), KubeError> {
        for api in self.apis::<DeserializeGuard<A::Object>>() {
            let mut params = ListParams::default().limit(500);
            loop {
                let page = in_time(api.list(&params)).await?;
                page.items.into_iter().filter_map(readable).for_each(|object| engine.register(&object));
                match page.metadata.continue_.filter(|token| !token.is_empty()) {
                    Some(token) => params = params.continue_token(&token),
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// One watch of accounts for each namespace, which all controllers share; and what drives them.
    pub fn watch_accounts(&self) -> (Vec<AccountWatch>, BoxFuture<'static, ()>) {
        let apis = self.apis::<DeserializeGuard<ProviderAccount>>().into_iter();
        let (watches, driven): (Vec<_>, Vec<_>) =
            apis.map(|api| AccountWatch::new(api, stopped(self.stop.clone()))).unzip();
        (watches, join_all(driven).map(drop).boxed())
    }

    /// The controllers of accounts.
    pub fn account_controllers(
        &self,
        watches: &[AccountWatch],
        context: &Arc<AccountController>,
    ) -> Vec<BoxFuture<'_, ()>> {
        let controllers = watches.iter().map(|accounts| {
            let here = accounts.reader.clone();
            let rechecks = BroadcastStream::new(context.accounts.rechecks());
            let rechecks =
                rechecks.filter_map(move |account| ready(account.ok().filter(|account| here.get(account).is_some())));
            let triggers = accounts.changes(user_changes);
            let controller = Controller::for_shared_stream(triggers, accounts.reader.clone())
                .with_config(controller::Config::default().concurrency(4))
                .reconcile_on(rechecks)
                .graceful_shutdown_on(stopped(self.stop.clone()));
            let failed = |account: Arc<ProviderAccount>, error: &KubeError, _: Arc<AccountController>| {
                warn!(account = account.name_any(), namespace = account.namespace(), %error, "account not looked at");
                controller::Action::requeue(jitter(Duration::from_secs(2)))
            };
            let reconcile = |account, context: Arc<AccountController>| context.reconcile(account);
            controller.run(reconcile, failed, context.clone()).for_each(|_| async {}).boxed()
        });
        controllers.collect()
    }

    fn circuit_controllers<A: Adapter>(
        &self,
        watches: &[AccountWatch],
        engine: Arc<Engine<A>>,
    ) -> Vec<BoxFuture<'_, ()>> {
        let apis = self.apis::<DeserializeGuard<A::Object>>().into_iter();
        apis.zip(watches)
            .map(|(api, accounts)| {
                let (reader, writer) = store();
                let circuits = reader.clone();
                let events = watched(api, writer).inspect_ok(forgetting(engine.clone()));
                let controller = Controller::for_stream(triggers(events, user_changes), reader)
                    // Stalled objects are looked at again when what they refer to changes.
                    .watches_shared_stream(accounts.changes(account_changes), move |account| {
                        circuits_of(&circuits, &account)
                    })
                    .with_config(controller::Config::default().concurrency(self.concurrency))
                    .graceful_shutdown_on(stopped(self.stop.clone()));
                let reconcile = |object, engine: Arc<Engine<A>>| engine.wake(object);
                let failed =
                    |object: Arc<A::Object>, error: &_, engine: Arc<Engine<A>>| engine.after_error(&object, error);
                controller.run(reconcile, failed, engine.clone()).for_each(|_| async {}).boxed()
            })
            .collect()
    }
}

/// Asks the API server: whether an account may go must not rest on a cache.
fn any_circuit<K: Circuit>(client: Client) -> AnyCircuit {
    Box::new(move |namespace, account| {
        let api: Api<K> = Api::namespaced(client.clone(), &namespace);
        let one = ListParams::default().fields(&format!("spec.accountRef.name={account}")).limit(1);
        async move { Ok(!in_time(api.list_metadata(&one)).await?.items.is_empty()) }.boxed()
    })
}
