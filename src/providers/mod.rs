//! How each provider speaks: one folder per provider, on one HTTP transport. Usable without Kubernetes.

pub mod a2b;
pub mod cloudflare;
pub mod equinix;
pub mod http;
pub mod ix_api;
