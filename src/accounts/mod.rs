//! Provider accounts: which there are, and how their provider is asked.

mod a2b;
mod build;
mod cloudflare;
pub mod controller;
mod credentials;
mod digital_realty;
pub mod endpoint;
mod equinix;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use parking_lot::{Mutex, RwLock};
use tokio::sync::broadcast;

use crate::api::ProviderAccount;
use crate::api::account::OrderPolicy;
use crate::api::conditions::Problem;
use crate::api::ids::Uid;
use crate::providers::a2b::A2b;
use crate::providers::cloudflare::Cloudflare;
use crate::providers::equinix::Equinix;
use crate::providers::http::limiter::Rate;
use crate::providers::http::outcome::{Failure, FailureKind};
use crate::providers::http::transport::{Asking, ProviderClient};
use crate::providers::ix_api::IxApi;

/// A provider's client, signed in to one account.
pub enum Provider {
    /// Cloudflare.
    Cloudflare(Cloudflare),
    /// Equinix.
    Equinix(Equinix),
    /// Digital Realty.
    DigitalRealty(Box<IxApi>),
    /// A2B.
    A2b(A2b),
}

/// A provider's client, as one that an account may have.
pub trait InAccount: ProviderClient + Sized {
    /// The client, if the account is one at this provider.
    fn of(provider: &Provider) -> Option<&Self>;
}

impl Provider {
    /// A harmless read of the account.
    pub async fn probe(&self, asking: Asking<'_>) -> Result<(), Failure> {
        match self {
            Self::Cloudflare(client) => client.probe(asking).await,
            Self::Equinix(client) => client.probe(asking).await,
            Self::DigitalRealty(client) => client.probe(asking).await,
            Self::A2b(client) => client.probe(asking).await,
        }
    }
}

/// One account, as a ProviderAccount and its Secret describe it.
pub struct Account {
    /// The ProviderAccount.
    pub reference: ObjectRef<ProviderAccount>,
    /// The way to the provider.
    pub provider: Provider,
    /// The account at the provider, for people and for claims.
    pub upstream: String,
    /// How long a lost request may still act, and lists may lag.
    pub settle_time: Duration,
    /// How long after its intent was written a request may still be sent (S1).
    pub send_within: Duration,
    /// Changes with the spec and with the credentials.
    pub version: String,
    /// What may be ordered.
    pub policy: OrderPolicy,
    /// Whose credentials they are, where nothing else says which account it is.
    pub(super) client: Option<String>,
    pub(super) trusted: AtomicBool,
    pub(super) poll_interval: Duration,
    pub(super) rate: Rate,
    pub(super) circuits: AtomicU32,
    pub(super) proven: Mutex<BTreeMap<String, bool>>,
}

impl Account {
    /// How often each circuit is looked at: as the account says, or as seldom as its limits force with so many circuits.
    /// Half of what the limits allow is left to mutations and to people.
    pub fn poll_interval(&self) -> Duration {
        let circuits = self.circuits.load(Ordering::Relaxed);
        self.poll_interval.max(self.rate.per.saturating_mul(circuits) / self.rate.requests.get() * 2)
    }

    /// Whether its silence is believed (S6): not after its credentials became another client's, until they have shown
    /// something that is recorded here.
    pub fn trusted(&self) -> Result<(), Failure> {
        if self.trusted.load(Ordering::SeqCst) {
            return Ok(());
        }
        let client = self.client.as_deref().unwrap_or_default();
        let message = format!(
            "the account is asked as another client now ({client}), which has shown nothing yet of what is recorded here: not believed when it shows nothing. If it is another organisation's, or looks for orders in the wrong place, put back what was there before"
        );
        Err(Failure::new(FailureKind::Forbidden, message))
    }

    /// The credentials have shown something that is recorded here; or nothing is.
    pub fn trust(&self) {
        self.trusted.store(true, Ordering::SeqCst);
    }

    /// Whether an order of this resource was once found again by search.
    pub fn search_proven(&self, resource: &str) -> bool {
        self.proven.lock().get(resource).copied().unwrap_or(false)
    }
}

/// What is known of one ProviderAccount.
#[derive(Clone, Default)]
pub struct Entry {
    /// The account, if it can be asked at all.
    pub account: Option<Arc<Account>>,
    /// Why it shouldn't be asked now.
    pub problem: Option<Problem>,
    /// It is being deleted.
    pub closing: bool,
}

/// All accounts.
pub struct Accounts {
    entries: RwLock<HashMap<(String, String), Entry>>,
    upstream: RwLock<HashMap<(String, String), String>>,
    /// Uids of the circuits that name an account, by its namespace and name; and whether each holds an upstream id.
    circuits: Mutex<HashMap<(String, String), HashMap<Uid, bool>>>,
    recheck: broadcast::Sender<ObjectRef<ProviderAccount>>,
}

/// Until an account is known, circuits are looked at as the CRD's defaults say.
pub const DEFAULT_POLL: Duration = Duration::from_secs(300);
/// How long their orders settle, until then.
pub const DEFAULT_SETTLE: Duration = Duration::from_secs(900);

impl Accounts {
    /// No accounts yet; those to look at again are sent to `recheck`.
    pub fn new(recheck: broadcast::Sender<ObjectRef<ProviderAccount>>) -> Self {
        Self { entries: RwLock::default(), upstream: RwLock::default(), circuits: Mutex::default(), recheck }
    }

    /// Accounts to look at again.
    pub fn rechecks(&self) -> broadcast::Receiver<ObjectRef<ProviderAccount>> {
        self.recheck.subscribe()
    }

    /// Takes note of which account at the provider this is: known, and never changed, whether it can be used or not.
    pub fn identify(&self, account: &ProviderAccount) {
        let key = (account.namespace().unwrap_or_default(), account.name_any());
        self.upstream.write().insert(key, build::upstream(&account.spec));
    }

    /// Which account at the provider this is.
    pub fn upstream(&self, namespace: &str, name: &str) -> String {
        let upstream = self.upstream.read();
        upstream.get(&(namespace.into(), name.into())).cloned().unwrap_or_else(|| format!("unknown/{namespace}/{name}"))
    }

    /// Takes note of a circuit that names this account, and whether it holds an upstream id; it never names another.
    pub fn used_by(&self, namespace: &str, name: &str, uid: Uid, holds: bool) {
        let mut circuits = self.circuits.lock();
        circuits.entry((namespace.into(), name.into())).or_default().insert(uid, holds);
    }

    /// Whether a circuit that names this account holds an upstream id, as far as caches know.
    pub fn anything_recorded(&self, namespace: &str, name: &str) -> bool {
        let circuits = self.circuits.lock();
        let uids = circuits.get(&(namespace.into(), name.into()));
        uids.is_some_and(|uids| uids.values().any(|holds| *holds))
    }

    /// The circuit is gone.
    pub fn unused_by(&self, uid: &Uid) {
        let mut circuits = self.circuits.lock();
        for uids in circuits.values_mut() {
            uids.remove(uid);
        }
    }

    /// How many circuits name this account, as far as caches know.
    pub fn circuits(&self, namespace: &str, name: &str) -> u32 {
        let circuits = self.circuits.lock();
        let uids = circuits.get(&(namespace.into(), name.into()));
        uids.map_or(0, HashMap::len).try_into().unwrap_or(u32::MAX)
    }

    /// Whether the account was looked at.
    pub fn knows(&self, namespace: &str, name: &str) -> bool {
        let entries = self.entries.read();
        entries.contains_key(&(namespace.into(), name.into()))
    }

    /// What is known of this account.
    pub fn get(&self, namespace: &str, name: &str) -> Entry {
        let entries = self.entries.read();
        entries.get(&(namespace.into(), name.into())).cloned().unwrap_or_else(|| Entry {
            account: None,
            closing: false,
            problem: Some(Problem::dependency(
                format!("there is no usable ProviderAccount {name} in namespace {namespace} yet: create it, or see its conditions"),
            )),
        })
    }

    /// Takes note of an account.
    pub fn set(&self, namespace: &str, name: &str, entry: Option<Entry>) {
        let mut entries = self.entries.write();
        let key = (namespace.into(), name.into());
        match entry {
            Some(entry) => entries.insert(key, entry),
            None => entries.remove(&key),
        };
    }

    /// An exchange with this account failed: its credentials may want to be read again.
    pub fn heed(&self, account: &Account, failure: &Failure) {
        if failure.kind == FailureKind::Credentials {
            // The receiver ends with the process only.
            let _ = self.recheck.send(account.reference.clone());
        }
    }
}
