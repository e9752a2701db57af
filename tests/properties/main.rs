//! What holds for whatever comes from outside, and for whatever the decision may be told.

mod bodies;
mod decision;
mod documents;
mod json;
mod manifests;
mod prices;
