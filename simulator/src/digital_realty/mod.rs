//! Digital Realty's Cloud Access Ports: IX-API v2, as docs/providers.md 3 has it.

mod accounts;
mod answer;
mod assignments;
mod call;
mod cancel;
mod connection;
mod connections;
mod contacts;
pub mod demo;
mod end;
mod lifecycle;
mod loa;
mod offerings;
mod outside;
mod places;
mod reservations;
mod roles;
mod service;
mod settings;
mod store;
mod token;

use axum::routing::{MethodFilter, post};

use self::answer::Refusal;
use self::call::call;
pub use self::settings::Behaviour;
pub use self::store::DigitalRealty;
use crate::mount::Mount;

/// The provider's name.
pub const NAME: &str = "digital-realty";

/// Where both of its addresses begin: the one for tokens and the API's own.
const BASE: &str = "/digital-realty";

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;
const PATCH: MethodFilter = MethodFilter::PATCH;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// All routes of the contract.
pub fn mount() -> Mount<DigitalRealty> {
    let mount = Mount::new(NAME, BASE).at("/connect/token", post(token::issue));
    orders(catalogue(mount)).map_router(|router| {
        router
            .method_not_allowed_fallback(async || Refusal::no_such_method())
            .fallback(async || Refusal::not_found("resource"))
    })
}

/// What can only be read.
fn catalogue(mount: Mount<DigitalRealty>) -> Mount<DigitalRealty> {
    mount
        .list_at("/ixapi/v2/metro-areas", call(GET, places::metro_areas))
        .list_at("/ixapi/v2/metro-area-networks", call(GET, places::metro_area_networks))
        .list_at("/ixapi/v2/pops", call(GET, places::pops))
        .list_at("/ixapi/v2/accounts", call(GET, accounts::list))
        .list_at("/ixapi/v2/product-offerings", call(GET, offerings::list))
        .list_at("/ixapi/v2/roles", call(GET, roles::list))
        .at("/ixapi/v2/implementation", call(GET, service::implementation))
        .at("/ixapi/v2/health", call(GET, service::health))
}

/// What can be ordered.
fn orders(mount: Mount<DigitalRealty>) -> Mount<DigitalRealty> {
    mount
        .list_at("/ixapi/v2/contacts", call(GET, contacts::list).merge(call(POST, contacts::create)))
        .at(
            "/ixapi/v2/contacts/{id}",
            call(GET, contacts::get)
                .merge(call(PATCH, contacts::patch))
                .merge(call(PUT, contacts::replace))
                .merge(call(DELETE, contacts::delete)),
        )
        .list_at("/ixapi/v2/role-assignments", call(GET, assignments::list).merge(call(POST, assignments::create)))
        .at("/ixapi/v2/role-assignments/{id}", call(GET, assignments::get).merge(call(DELETE, assignments::delete)))
        .list_at("/ixapi/v2/connections", call(GET, connections::list).merge(call(POST, connections::create)))
        .at(
            "/ixapi/v2/connections/{id}",
            call(GET, connections::get)
                .merge(call(PATCH, connections::patch))
                .merge(call(PUT, connections::replace))
                .merge(call(DELETE, cancel::connection)),
        )
        .at("/ixapi/v2/connections/{id}/loa", call(GET, loa::of_connection))
        .at("/ixapi/v2/connections/{id}/cancellation-policy", call(GET, cancel::policy_of_connection))
        .list_at("/ixapi/v2/port-reservations", call(GET, reservations::list).merge(call(POST, reservations::create)))
        .at(
            "/ixapi/v2/port-reservations/{id}",
            call(GET, reservations::get)
                .merge(call(PATCH, reservations::patch))
                .merge(call(DELETE, cancel::reservation)),
        )
        .at("/ixapi/v2/port-reservations/{id}/loa", call(GET, loa::of_reservation))
        .at("/ixapi/v2/port-reservations/{id}/cancellation-policy", call(GET, cancel::policy_of_reservation))
}
