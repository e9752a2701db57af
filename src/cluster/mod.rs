//! All that speaks to the API server, but for the controllers' watches.

pub mod documents;
pub mod events;
pub mod leader;
pub mod references;
pub mod writes;
