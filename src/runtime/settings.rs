//! How the operator runs.

use std::net::SocketAddr;

use url::Url;

use crate::cluster::leader::LeaseSettings;

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
