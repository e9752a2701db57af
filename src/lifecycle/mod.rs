//! What happens to every circuit, whatever its kind: written once.

pub mod adapter;
pub mod conditions;
pub mod context;
pub mod decide;
pub mod engine;
pub mod key;
pub mod memory;
pub mod pass;
pub mod predicates;
pub mod registry;
