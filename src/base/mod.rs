//! What everything rests on: time, hashes, counters, and the places where a rehearsal may end the process.

pub mod clock;
pub mod digest;
pub mod duration;
pub mod failpoints;
pub mod metrics;
