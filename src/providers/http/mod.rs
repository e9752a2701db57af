//! What all providers' clients rest on: one way to send, to sign in, to wait for a turn and to share a list.

pub mod client;
pub mod limiter;
pub mod outcome;
pub mod shared_list;
pub mod sign_in;
pub mod transport;
