//! One adapter per kind: between what users write and what the provider understands, and nothing else.

pub mod cloud_access_port;
pub mod contact;
pub mod cross_connect_order;
pub mod digital_loa;
pub mod digital_loa_request;
pub mod interconnect;
mod ix_api;
#[cfg(test)]
mod persisted;
