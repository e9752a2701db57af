//! The running operator: election, controllers, probes, and a quick end.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::ready as ready_now;
use futures::future::{BoxFuture, join_all};
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::ListParams;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, Store, store};
use kube::runtime::utils::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{Controller, PredicateConfig, controller, reflector};
use kube::{Api, Client, Resource, ResourceExt};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::BroadcastStream;
use tracing::{info, warn};
use url::Url;

use crate::accounts::Accounts;
use crate::accounts::reconcile::{AccountController, AnyCircuit};
use crate::api::common::Circuit;
use crate::api::conditions::READY;
use crate::api::{ProviderAccount, crds};
use crate::effects;
use crate::events::Events;
use crate::kinds::cloud_access_port::CloudAccessPortAdapter;
use crate::kinds::contact::ContactAdapter;
use crate::kinds::cross_connect_order::CrossConnectOrderAdapter;
use crate::kinds::digital_loa::DigitalLoaAdapter;
use crate::kinds::digital_loa_request::DigitalLoaRequestAdapter;
use crate::kinds::interconnect::InterconnectAdapter;
use crate::kubernetes::{KubeError, in_time};
use crate::leader::{Leadership, LeaseSettings};
use crate::lifecycle::adapter::Adapter;
use crate::lifecycle::claims::Claims;
use crate::lifecycle::engine::{Engine, Shared};
use crate::lifecycle::uses::Uses;
use crate::lifecycle::wakes::user_changes;
use crate::probes::{self, Waiting};
use crate::telemetry::{Metrics, RequestLabels};

/// How long what is under way may go on after the process was told to end.
const DRAIN: Duration = Duration::from_secs(4);
/// Circuits don't wait longer than this for the first look at their accounts.
const FIRST_LOOK: Duration = Duration::from_secs(10);
/// How often missing CRDs are looked for.
const CRD_RETRY: Duration = Duration::from_secs(2);

/// How the operator runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Namespaces to watch; none: all.
    pub namespaces: Vec<String>,
    /// Origins that credentials may go to besides the providers' own.
    pub allowed_endpoints: Vec<Url>,
    /// The Lease.
    pub lease: LeaseSettings,
    /// Where probes and metrics are served.
    pub listen: SocketAddr,
    /// Objects of a kind, and of each watched namespace, worked on at the same time.
    pub concurrency: u16,
}

/// Why the operator ended.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Probes can't be served.
    #[error("can't serve probes and metrics on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// Signals can't be heard.
    #[error("can't wait for signals: {0}")]
    Signals(#[source] std::io::Error),
    /// The API server, at the start.
    #[error(transparent)]
    Kube(#[from] KubeError),
    /// Another one leads.
    #[error("the lease {0} was lost: ending, so that nothing outlives it")]
    LeaseLost(String),
}

/// Runs until the process is told to end, or the lease is lost.
pub async fn run(client: Client, settings: Settings) -> Result<(), OperatorError> {
    let stop = stop_signal().map_err(OperatorError::Signals)?;
    let metrics = Metrics::new();
    let (waiting, clock) = (Waiting::default(), effects::clock());
    let (recheck, _) = broadcast::channel(256);
    let shared = Arc::new(Shared {
        client: client.clone(),
        accounts: Arc::new(Accounts::new(recheck)),
        claims: Claims::default(),
        uses: Uses::default(),
        leadership: Leadership::new(client.clone(), settings.lease.clone(), clock.clone()),
        events: Events::new(client.clone(), "circuits", &settings.lease.identity),
        metrics: metrics.clone(),
        clock,
    });
    let operator = Operator {
        kinds: kinds(&shared),
        client: client.clone(),
        settings: settings.clone(),
        waiting: waiting.clone(),
        shared: shared.clone(),
        stop: stop.clone(),
    };
    let listener =
        TcpListener::bind(settings.listen).await.map_err(|error| OperatorError::Listen(settings.listen, error))?;
    let counted = operator.kinds.clone();
    let count = move || counted.iter().for_each(|kind| kind.count());
    tokio::spawn(probes::serve(listener, waiting.clone(), metrics.clone(), Arc::new(count)));
    let stopping = async {
        stopped(stop.clone()).await;
        shared.leadership.stop();
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = operator.lead() => ended,
        () = stopping => {
            warn!("what was under way did not end in time; the next start finds out what became of it");
            Ok(())
        }
    }
}

struct Operator {
    client: Client,
    settings: Settings,
    waiting: Waiting,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
    kinds: Vec<Arc<dyn Kind>>,
}

/// Every kind of circuit.
fn kinds(shared: &Arc<Shared>) -> Vec<Arc<dyn Kind>> {
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
trait Kind: Send + Sync {
    /// Takes note of all its objects.
    fn note_all<'a>(&'a self, operator: &'a Operator) -> BoxFuture<'a, Result<(), KubeError>>;
    /// Its controllers.
    fn controllers<'a>(self: Arc<Self>, operator: &'a Operator) -> Vec<BoxFuture<'a, ()>>;
    /// Counts its objects for the metrics.
    fn count(&self);
    /// Whether any of its objects uses an account.
    fn any_circuit(&self, client: Client) -> AnyCircuit;
}

impl<A: Adapter> Kind for Engine<A> {
    fn note_all<'a>(&'a self, operator: &'a Operator) -> BoxFuture<'a, Result<(), KubeError>> {
        operator.note_all(self).boxed()
    }

    fn controllers<'a>(self: Arc<Self>, operator: &'a Operator) -> Vec<BoxFuture<'a, ()>> {
        operator.circuit_controllers(self)
    }

    fn count(&self) {
        Engine::count(self);
    }

    fn any_circuit(&self, client: Client) -> AnyCircuit {
        any_circuit::<A::Object>(client)
    }
}

impl Operator {
    /// Waits for the CRDs and for the lease, and works for as long as it lasts.
    async fn lead(&self) -> Result<(), OperatorError> {
        self.waiting.begin("controllers");
        self.crds_established().await;
        // A replica that waits for the lease is ready to take over.
        self.waiting.end("controllers");
        let election = self.settings.lease.election(self.client.clone());
        let led = tokio::select! {
            led = election.with_lease(self.work()) => led,
            // Who leads lets what is under way come to its end; who waits has nothing to end.
            () = self.stopped_before_leading() => return Ok(()),
        };
        self.shared.metrics.leader.set(0);
        match led {
            Some(ended) => ended,
            None => Err(OperatorError::LeaseLost(self.settings.lease.name.clone())),
        }
    }

    async fn stopped_before_leading(&self) {
        stopped(self.stop.clone()).await;
        if self.shared.metrics.leader.get() == 1 {
            std::future::pending::<()>().await;
        }
    }

    async fn work(&self) -> Result<(), OperatorError> {
        info!(identity = self.settings.lease.identity, "leading");
        self.shared.metrics.leader.set(1);
        // S5: claims are filled from all our objects before the first order.
        let accounts = self.identify_accounts().await?;
        for kind in &self.kinds {
            kind.note_all(self).await?;
        }
        let circuits = async {
            // Circuits that wait for an account which nobody has looked at yet would say so, and lie.
            let looked_at = || accounts.iter().all(|(namespace, name)| self.shared.accounts.knows(namespace, name));
            let begun = Instant::now();
            while !looked_at() && begun.elapsed() < FIRST_LOOK {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            join_all(self.kinds.iter().flat_map(|kind| kind.clone().controllers(self))).await;
        };
        tokio::join!(join_all(self.account_controllers()), circuits);
        Ok(())
    }

    async fn crds_established(&self) {
        let api: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        for crd in crds::all() {
            let what = format!("CRD {}", crd.name_any());
            self.waiting.begin(&what);
            while !in_time(api.get_opt(&crd.name_any())).await.is_ok_and(|crd| crd.as_ref().is_some_and(established)) {
                warn!("waiting for {what}: install it (helm, or kubectl apply -f crds/)");
                tokio::time::sleep(CRD_RETRY).await;
            }
            self.waiting.end(&what);
        }
    }

    fn apis<K>(&self) -> Vec<Api<K>>
    where
        K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    {
        match self.settings.namespaces.as_slice() {
            [] => vec![Api::all(self.client.clone())],
            some => some.iter().map(|namespace| Api::namespaced(self.client.clone(), namespace)).collect(),
        }
    }

    /// Which account at its provider each ProviderAccount is; tells their namespaces and names.
    async fn identify_accounts(&self) -> Result<Vec<(String, String)>, KubeError> {
        let mut known = Vec::new();
        for api in self.apis::<DeserializeGuard<ProviderAccount>>() {
            let all = in_time(api.list(&ListParams::default())).await?;
            for account in all.items.into_iter().filter_map(readable) {
                self.shared.accounts.identify(&account);
                known.push((account.namespace().unwrap_or_default(), account.name_any()));
            }
        }
        Ok(known)
    }

    /// Takes note of all objects of a kind.
    async fn note_all<A: Adapter>(&self, engine: &Engine<A>) -> Result<(), KubeError> {
        for api in self.apis::<DeserializeGuard<A::Object>>() {
            let mut params = ListParams::default().limit(500);
            loop {
                let page = in_time(api.list(&params)).await?;
                page.items.into_iter().filter_map(readable).for_each(|object| engine.note(&object));
                match page.metadata.continue_.filter(|token| !token.is_empty()) {
                    Some(token) => params = params.continue_token(&token),
                    None => break,
                }
            }
        }
        Ok(())
    }

    fn account_controllers(&self) -> Vec<BoxFuture<'_, ()>> {
        let metrics = self.shared.metrics.clone();
        let context = Arc::new(AccountController {
            shared: self.shared.clone(),
            allowed_endpoints: self.settings.allowed_endpoints.clone(),
            used: self.kinds.iter().map(|kind| kind.any_circuit(self.client.clone())).collect(),
            events: Events::new(self.client.clone(), "accounts", &self.settings.lease.identity),
            releasing: tokio::sync::Mutex::default(),
            observer: Box::new(move |provider| {
                let metrics = metrics.clone();
                Arc::new(move |method, status| {
                    let status = status.map_or_else(|| "none".into(), |status| status.as_str().to_owned());
                    let labels = RequestLabels { provider, method: method_name(method), status };
                    metrics.requests.get_or_create(&labels).inc();
                })
            }),
        });
        let apis = self.apis::<DeserializeGuard<ProviderAccount>>().into_iter();
        apis.map(|api| {
            let (reader, writer) = store();
            let triggers = triggers(watched(api, writer), user_changes);
            let here = reader.clone();
            let rechecks = BroadcastStream::new(self.shared.accounts.rechecks());
            let rechecks = rechecks
                .filter_map(move |account| ready_now(account.ok().filter(|account| here.get(account).is_some())));
            let controller = Controller::for_stream(triggers, reader)
                .with_config(controller::Config::default().concurrency(4))
                .reconcile_on(rechecks)
                .graceful_shutdown_on(stopped(self.stop.clone()));
            let failed = |account: Arc<ProviderAccount>, error: &KubeError, _: Arc<AccountController>| {
                warn!(account = account.name_any(), namespace = account.namespace(), %error, "account not looked at");
                controller::Action::requeue(crate::duration::jitter(Duration::from_secs(2)))
            };
            let reconcile = |account, context: Arc<AccountController>| context.reconcile(account);
            controller.run(reconcile, failed, context.clone()).for_each(|_| async {}).boxed()
        })
        .collect()
    }

    fn circuit_controllers<A: Adapter>(&self, engine: Arc<Engine<A>>) -> Vec<BoxFuture<'_, ()>> {
        let apis = self.apis::<DeserializeGuard<A::Object>>().into_iter();
        apis.zip(self.apis::<DeserializeGuard<ProviderAccount>>())
            .map(|(api, accounts)| {
                let (reader, writer) = store();
                let circuits = reader.clone();
                let events = watched(api, writer).inspect_ok(forgetting(engine.clone()));
                let (_, accounts_writer) = store();
                let accounts = triggers(watched(accounts, accounts_writer), account_changes);
                let controller = Controller::for_stream(triggers(events, user_changes), reader)
                    // Stalled objects are looked at again when what they refer to changes.
                    .watches_stream(accounts, move |account| circuits_of(&circuits, &account))
                    .with_config(controller::Config::default().concurrency(self.settings.concurrency))
                    .graceful_shutdown_on(stopped(self.stop.clone()));
                let reconcile = |object, engine: Arc<Engine<A>>| engine.wake(object);
                let failed =
                    |object: Arc<A::Object>, error: &_, engine: Arc<Engine<A>>| engine.after_error(&object, error);
                controller.run(reconcile, failed, engine.clone()).for_each(|_| async {}).boxed()
            })
            .collect()
    }
}

/// All changes of the objects, which also go into the store.
fn watched<K>(
    api: Api<DeserializeGuard<K>>,
    writer: Writer<K>,
) -> impl Stream<Item = Result<Event<K>, watcher::Error>> + Send
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let events = watcher::watcher(api, watcher::Config::default()).default_backoff();
    let readable = events.try_filter_map(|event| async { Ok(readable_event(event)) });
    reflector(writer, readable.modify(|object: &mut K| object.managed_fields_mut().clear()))
}

/// Those of the objects that changed in what `matters`.
fn triggers<K>(
    events: impl Stream<Item = Result<Event<K>, watcher::Error>> + Send,
    matters: fn(&K) -> Option<u64>,
) -> impl Stream<Item = Result<K, watcher::Error>> + Send
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
{
    events.applied_objects().predicate_filter(matters, PredicateConfig::default())
}

/// What changes of an account for the circuits that use it.
fn account_changes(account: &ProviderAccount) -> Option<u64> {
    let conditions = account.status.iter().flat_map(|status| &status.conditions);
    let ready = conditions.filter(|condition| condition.type_ == READY).map(|ready| (&ready.status, &ready.reason));
    let mut hasher = DefaultHasher::new();
    (account.metadata.generation, ready.collect::<Vec<_>>()).hash(&mut hasher);
    Some(hasher.finish())
}

/// Forgets objects that are deleted, and after a new list those that vanished unseen.
fn forgetting<A: Adapter>(engine: Arc<Engine<A>>) -> impl FnMut(&Event<A::Object>) + Send {
    let (mut known, mut seen) = (HashSet::new(), HashSet::new());
    move |event| match event {
        Event::Init => seen.clear(),
        Event::InitApply(object) => {
            engine.is_there(object);
            seen.extend(object.uid());
        }
        Event::InitDone => engine.forget_others(&mut known, std::mem::take(&mut seen)),
        Event::Apply(object) => {
            engine.is_there(object);
            known.extend(object.uid());
        }
        Event::Delete(object) => {
            known.remove(&object.uid().unwrap_or_default());
            engine.forget(&object.uid().unwrap_or_default());
        }
    }
}

/// One object that can't be read must not wedge the watch of all others.
fn readable_event<K: Resource<DynamicType = ()>>(event: Event<DeserializeGuard<K>>) -> Option<Event<K>> {
    Some(match event {
        Event::Apply(object) => Event::Apply(readable(object)?),
        Event::Delete(object) => Event::Delete(readable(object)?),
        Event::InitApply(object) => Event::InitApply(readable(object)?),
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
    })
}

fn readable<K: Resource<DynamicType = ()>>(object: DeserializeGuard<K>) -> Option<K> {
    let name = format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any());
    object
        .0
        .inspect_err(|error| warn!(kind = %K::kind(&()), name, %error, "an object can't be read and is left alone"))
        .ok()
}

fn circuits_of<K: Circuit>(circuits: &Store<K>, account: &ProviderAccount) -> Vec<ObjectRef<K>> {
    let uses = |circuit: &&Arc<K>| {
        circuit.namespace() == account.namespace() && circuit.common().account_ref.name == account.name_any()
    };
    circuits.state().iter().filter(uses).map(|circuit| ObjectRef::from_obj(circuit.as_ref())).collect()
}

/// Asks the API server: whether an account may go must not rest on a cache.
fn any_circuit<K: Circuit>(client: Client) -> AnyCircuit {
    Box::new(move |namespace, account| {
        let api: Api<K> = Api::namespaced(client.clone(), &namespace);
        let one = ListParams::default().fields(&format!("spec.accountRef.name={account}")).limit(1);
        async move { Ok(!in_time(api.list_metadata(&one)).await?.items.is_empty()) }.boxed()
    })
}

fn established(crd: &CustomResourceDefinition) -> bool {
    let conditions = crd.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions
        .is_some_and(|all| all.iter().any(|condition| condition.type_ == "Established" && condition.status == "True"))
}

fn method_name(method: &reqwest::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "PUT" => "PUT",
        _ => "other",
    }
}

/// Turns true on SIGTERM or SIGINT.
fn stop_signal() -> std::io::Result<watch::Receiver<bool>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        info!("told to end");
        sender.send_replace(true);
        // Receivers that come later must find the channel alive.
        sender.closed().await;
    });
    Ok(receiver)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
