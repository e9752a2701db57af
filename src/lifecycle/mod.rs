//! What happens to every circuit, whatever its kind: written once.

pub mod adapter;
pub mod claims;
pub mod conditions;
pub mod decide;
pub mod engine;
pub mod facts;
pub mod key;
pub mod memory;
pub mod pass;
pub mod price;
pub mod uses;
pub mod verdict;
pub mod wakes;
