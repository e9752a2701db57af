//! How each provider speaks: one folder per provider, on one HTTP transport. Usable without Kubernetes.

pub mod cloudflare;
pub mod limiter;
pub mod outcome;
pub mod shared_list;
pub mod transport;
