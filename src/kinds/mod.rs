//! One adapter per kind: between what users write and what the provider understands, and nothing else.

pub mod interconnect;
