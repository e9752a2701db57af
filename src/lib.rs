//! A Kubernetes operator that orders, watches and decommissions physical network interconnects.
//!
//! Each folder uses those below it in this list, and none above: `tests/layers.rs` holds it.

// Each effect has one door (clippy.toml).
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod runtime;

pub mod kinds;

pub mod lifecycle;

pub mod accounts;

pub mod cluster;

pub mod providers;

pub mod api;

pub mod base;
