//! The running process: wiring, controllers, probes, logs, and a quick end.

mod controllers;
pub mod logs;
pub mod operator;
pub mod parts;
pub mod probes;
pub mod settings;
mod signals;
mod watches;
