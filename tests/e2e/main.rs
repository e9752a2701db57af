//! What users see, on a real control plane, with the operator as a process of its own and the providers' simulator.

mod bad_input;
mod cloud_access_port;
mod contract;
mod cross_connect_order;
mod digital_loa;
mod faults;
mod journey;
mod letters;
mod partner;
mod policies;
mod rig;
mod running;
mod suite;
mod supervisor;
mod thread;
