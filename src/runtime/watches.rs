//! What controllers hear of: changes of objects that can be read, and matter.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures::future::{BoxFuture, ready};
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use kube::core::DeserializeGuard;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, ReflectHandle, Store};
use kube::runtime::utils::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{PredicateConfig, reflector};
use kube::{Api, Resource, ResourceExt};
use tracing::warn;

use crate::api::ProviderAccount;
use crate::api::common::Circuit;
use crate::api::conditions::READY;
use crate::lifecycle::adapter::Adapter;
use crate::lifecycle::engine::Engine;
use crate::lifecycle::key::uid_of;

/// All changes of the objects, which also go into the store.
pub fn watched<K>(
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

/// Changes of accounts that wait for the slowest controller; beyond them the watch waits for it, so that none is missed.
const ACCOUNT_CHANGES: usize = 1024;

/// The accounts of one namespace, or of all: watched once, whoever wants to hear of them.
pub struct AccountWatch {
    /// All accounts.
    pub reader: Store<ProviderAccount>,
    /// Holds up all others once so many changes wait: to be dropped when all who want them have theirs.
    changes: ReflectHandle<ProviderAccount>,
}

impl AccountWatch {
    /// A watch, and what drives it until it is to end.
    pub fn new(
        api: Api<DeserializeGuard<ProviderAccount>>,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> (Self, BoxFuture<'static, ()>) {
        let writer = Writer::new_shared(ACCOUNT_CHANGES, ());
        let reader = writer.as_reader();
        let changes = writer.subscribe().expect("a shared writer has subscribers");
        let driven = watched(api, writer).take_until(end).for_each(|_| ready(())).boxed();
        (Self { reader, changes }, driven)
    }

    /// Those accounts that changed in what `matters`, from the beginning on.
    pub fn changes(
        &self,
        matters: fn(&ProviderAccount) -> Option<u64>,
    ) -> impl Stream<Item = Arc<ProviderAccount>> + Send + use<> {
        let changed = self.changes.clone().map(|account| Ok(ProviderAccount::clone(&account)));
        let changed = changed.predicate_filter(matters, PredicateConfig::default());
        changed.filter_map(|account: Result<_, watcher::Error>| ready(account.ok().map(Arc::new)))
    }
}

/// Those of the objects that changed in what `matters`.
pub fn triggers<K>(
    events: impl Stream<Item = Result<Event<K>, watcher::Error>> + Send,
    matters: fn(&K) -> Option<u64>,
) -> impl Stream<Item = Result<K, watcher::Error>> + Send
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
{
    events.applied_objects().predicate_filter(matters, PredicateConfig::default())
}

/// What changes of an account for the circuits that use it.
pub fn account_changes(account: &ProviderAccount) -> Option<u64> {
    let conditions = account.status.iter().flat_map(|status| &status.conditions);
    let ready = conditions.filter(|condition| condition.type_ == READY).map(|ready| (&ready.status, &ready.reason));
    let mut hasher = DefaultHasher::new();
    (account.metadata.generation, ready.collect::<Vec<_>>()).hash(&mut hasher);
    Some(hasher.finish())
}

/// Forgets objects that are deleted, and after a new list those that vanished unseen.
pub fn forgetting<A: Adapter>(engine: Arc<Engine<A>>) -> impl FnMut(&Event<A::Object>) + Send {
    let (mut known, mut seen) = (HashSet::new(), HashSet::new());
    move |event| match event {
        Event::Init => seen.clear(),
        Event::InitApply(object) => {
            engine.is_there(object);
            seen.insert(uid_of(object));
        }
        Event::InitDone => engine.forget_others(&mut known, std::mem::take(&mut seen)),
        Event::Apply(object) => {
            engine.is_there(object);
            known.insert(uid_of(object));
        }
        Event::Delete(object) => {
            known.remove(&uid_of(object));
            engine.forget(&uid_of(object));
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

pub fn readable<K: Resource<DynamicType = ()>>(object: DeserializeGuard<K>) -> Option<K> {
    let name = format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any());
    object
        .0
        .inspect_err(|error| warn!(kind = %K::kind(&()), name, %error, "an object can't be read and is left alone"))
        .ok()
}

pub fn circuits_of<K: Circuit>(circuits: &Store<K>, account: &ProviderAccount) -> Vec<ObjectRef<K>> {
    let uses = |circuit: &&Arc<K>| {
        circuit.namespace() == account.namespace() && circuit.common().account_ref.name == account.name_any()
    };
    circuits.state().iter().filter(uses).map(|circuit| ObjectRef::from_obj(circuit.as_ref())).collect()
}
