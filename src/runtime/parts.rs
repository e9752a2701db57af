//! One assembly of the operator's parts, for the program and for tests that drive them by themselves.

use std::sync::Arc;

use kube::Client;
use tokio::sync::broadcast;
use url::Url;

use crate::accounts::Accounts;
use crate::accounts::controller::{AccountController, AnyCircuit};
use crate::base::clock::Clock;
use crate::base::metrics::{Metrics, RequestLabels};
use crate::cluster::events::Events;
use crate::cluster::leader::{Leadership, LeaseSettings};
use crate::lifecycle::context::Shared;
use crate::lifecycle::registry::claims::Claims;
use crate::lifecycle::registry::loa_uses::LoaUses;
use crate::providers::http::client::Observers;

/// Accounts to be looked at again that wait for their turn; who misses one looks within a minute all the same.
const RECHECKS: usize = 256;

/// What the parts are made of.
pub struct Wiring {
    /// The API server.
    pub client: Client,
    /// Who takes our events.
    pub events: Client,
    /// The Lease.
    pub lease: LeaseSettings,
    /// The time.
    pub clock: Clock,
    /// Origins that credentials may go to besides the providers' own.
    pub allowed_endpoints: Vec<Url>,
}

impl Wiring {
    /// What circuits of all kinds work with.
    pub fn shared(&self, metrics: Arc<Metrics>) -> Arc<Shared> {
        let (recheck, _) = broadcast::channel(RECHECKS);
        Arc::new(Shared {
            client: self.client.clone(),
            accounts: Arc::new(Accounts::new(recheck)),
            claims: Claims::default(),
            loa_uses: LoaUses::default(),
            leadership: Arc::new(Leadership::new(self.client.clone(), self.lease.clone(), self.clock.clone())),
            events: Events::new(self.events.clone(), "circuits", &self.lease.identity),
            metrics,
            clock: self.clock.clone(),
        })
    }

    /// The controller of the accounts that these circuits use.
    pub fn accounts(&self, shared: &Shared, used: Vec<AnyCircuit>, observers: Observers) -> Arc<AccountController> {
        Arc::new(AccountController {
            client: self.client.clone(),
            accounts: shared.accounts.clone(),
            leadership: shared.leadership.clone(),
            clock: self.clock.clone(),
            allowed_endpoints: self.allowed_endpoints.clone(),
            used,
            events: Events::new(self.events.clone(), "accounts", &self.lease.identity),
            observers,
            releasing: tokio::sync::Mutex::default(),
        })
    }
}

/// Counts requests by provider, method and status.
pub fn counting(metrics: Arc<Metrics>) -> Observers {
    Box::new(move |provider| {
        let metrics = metrics.clone();
        Arc::new(move |method, status| {
            let status = status.map_or_else(|| "none".into(), |status| status.as_str().to_owned());
            let labels = RequestLabels { provider, method: method_name(method), status };
            metrics.requests.get_or_create(&labels).inc();
        })
    })
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
