//! A Kubernetes operator that orders, watches and decommissions physical network interconnects.

pub mod accounts;
pub mod api;
pub mod clock;
pub mod documents;
pub mod duration;
pub mod effects;
pub mod events;
pub mod kinds;
pub mod kubernetes;
pub mod leader;
pub mod lifecycle;
pub mod neighbours;
pub mod operator;
pub mod probes;
pub mod providers;
pub mod telemetry;
