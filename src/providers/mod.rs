//! How each provider speaks: one folder per provider, on one HTTP transport. Usable without Kubernetes.

pub mod a2b;
pub mod cloudflare;
pub mod equinix;
pub mod ix_api;
pub mod limiter;
pub mod outcome;
pub mod shared_list;
pub mod sign_in;
pub mod transport;
