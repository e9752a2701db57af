//! One adapter per kind: between what users write and what the provider understands, and nothing else.

pub mod digital_loa;
pub mod digital_loa_request;
pub mod interconnect;
