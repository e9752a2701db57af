//! The running operator: election, then everything that it does for as long as it leads.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use kube::api::ListParams;
use kube::core::DeserializeGuard;
use kube::{Client, Resource, ResourceExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{info, warn};

use super::controllers::{Kind, Watched, kinds};
use super::parts::{Wiring, counting};
use super::probes::{self, Waiting};
use super::settings::Settings;
use super::signals::{stop_signal, stopped};
use super::watches::readable;
use crate::accounts::controller::AccountController;
use crate::api::{ProviderAccount, crds};
use crate::base::failpoints;
use crate::base::metrics::Metrics;
use crate::cluster::leader::LeaseSettings;
use crate::cluster::writes::{KubeError, in_time};
use crate::lifecycle::context::Shared;

/// How long what is under way may go on after the process was told to end.
const DRAIN: Duration = Duration::from_secs(4);
/// Circuits don't wait longer than this for the first look at their accounts.
const FIRST_LOOK: Duration = Duration::from_secs(10);
/// How often missing CRDs are looked for.
const CRD_RETRY: Duration = Duration::from_secs(2);

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
    let listen = settings.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| OperatorError::Listen(listen, error))?;
    let operator = Operator::new(client, settings, stop.clone());
    let counted = operator.kinds.clone();
    let count = move || counted.iter().for_each(|kind| kind.count());
    tokio::spawn(probes::serve(listener, operator.waiting.clone(), operator.shared.metrics.clone(), Arc::new(count)));
    let stopping = async {
        stopped(stop).await;
        operator.shared.leadership.stop();
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
    lease: LeaseSettings,
    waiting: Waiting,
    shared: Arc<Shared>,
    accounts: Arc<AccountController>,
    kinds: Vec<Arc<dyn Kind>>,
    watched: Watched,
}

impl Operator {
    fn new(client: Client, settings: Settings, stop: watch::Receiver<bool>) -> Self {
        let Settings { namespaces, allowed_endpoints, lease, concurrency, listen: _ } = settings;
        let (events, clock) = (client.clone(), failpoints::clock());
        let wiring = Wiring { client: client.clone(), events, lease: lease.clone(), clock, allowed_endpoints };
        let metrics = Metrics::new();
        let shared = wiring.shared(metrics.clone());
        let kinds = kinds(&shared);
        let used = kinds.iter().map(|kind| kind.any_circuit(client.clone())).collect();
        let accounts = wiring.accounts(&shared, used, counting(metrics));
        let watched = Watched { client, namespaces, concurrency, stop };
        Self { lease, waiting: Waiting::default(), shared, accounts, kinds, watched }
    }

    /// Waits for the CRDs and for the lease, and works for as long as it lasts.
    async fn lead(&self) -> Result<(), OperatorError> {
        self.waiting.begin("controllers");
        self.crds_established().await;
        // A replica that waits for the lease is ready to take over.
        self.waiting.end("controllers");
        let election = self.lease.election(self.watched.client.clone());
        let led = tokio::select! {
            led = election.with_lease(self.work()) => led,
            // Who leads lets what is under way come to its end; who waits has nothing to end.
            () = self.stopped_before_leading() => return Ok(()),
        };
        self.shared.metrics.leader.set(0);
        match led {
            Some(ended) => ended,
            None => Err(OperatorError::LeaseLost(self.lease.name.clone())),
        }
    }

    async fn stopped_before_leading(&self) {
        stopped(self.watched.stop.clone()).await;
        if self.shared.metrics.leader.get() == 1 {
            std::future::pending::<()>().await;
        }
    }

    async fn work(&self) -> Result<(), OperatorError> {
        info!(identity = self.lease.identity, "leading");
        self.shared.metrics.leader.set(1);
        // S5: claims are filled from all our objects before the first order.
        let accounts = self.identify_accounts().await?;
        for kind in &self.kinds {
            kind.register_all(&self.watched).await?;
        }
        let (watches, driven) = self.watched.watch_accounts();
        let looking = self.watched.account_controllers(&watches, &self.accounts);
        let circuits = async move {
            // Circuits that wait for an account which nobody has looked at yet would say so, and lie.
            let looked_at = || accounts.iter().all(|(namespace, name)| self.shared.accounts.knows(namespace, name));
            let begun = Instant::now();
            while !looked_at() && begun.elapsed() < FIRST_LOOK {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let controllers: Vec<_> =
                self.kinds.iter().flat_map(|kind| kind.clone().controllers(&self.watched, &watches)).collect();
            drop(watches);
            join_all(controllers).await;
        };
        tokio::join!(driven, join_all(looking), circuits);
        Ok(())
    }

    /// Waits until all our kinds are served. Asked by what the API server offers: the CRDs themselves are long.
    async fn crds_established(&self) {
        let mut missing: BTreeMap<String, String> = crds::all()
            .into_iter()
            .map(|crd| (crd.spec.names.plural.clone(), format!("CRD {}", crd.name_any())))
            .collect();
        missing.values().for_each(|what| self.waiting.begin(what));
        let version = ProviderAccount::api_version(&());
        while !missing.is_empty() {
            let asked = in_time(self.watched.client.list_api_group_resources(&version)).await;
            let offered = asked.map(|offered| offered.resources).unwrap_or_default();
            for (_, what) in missing.extract_if(.., |plural, _| offered.iter().any(|kind| kind.name == *plural)) {
                self.waiting.end(&what);
            }
            if !missing.is_empty() {
                let list = Vec::from_iter(missing.values().map(String::as_str)).join(", ");
                warn!("waiting for {list}: install it (helm, or kubectl apply -f crds/)");
                tokio::time::sleep(CRD_RETRY).await;
            }
        }
    }

    /// Which account at its provider each ProviderAccount is; tells their namespaces and names.
    async fn identify_accounts(&self) -> Result<Vec<(String, String)>, KubeError> {
        let mut known = Vec::new();
        for api in self.watched.apis::<DeserializeGuard<ProviderAccount>>() {
            let all = in_time(api.list(&ListParams::default())).await?;
            for account in all.items.into_iter().filter_map(readable) {
                self.shared.accounts.identify(&account);
                known.push((account.namespace().unwrap_or_default(), account.name_any()));
            }
        }
        Ok(known)
    }
}
