//! The model of what surrounds `decide`: API server, provider, operators, people, and everything that can go wrong
//! between them. `tests/decision_walk` explores it, `tests/replay` holds it against the real engine.

pub mod mutants;
pub mod shell;
pub mod walk;
pub mod world;
