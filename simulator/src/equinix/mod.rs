//! Equinix Digital LOA: letters of authorization between the organisation
//! whose ports they are for and the one that may connect to them.
//!
//! No contract is published in full. What is a guess says so where it stands.

mod access;
mod actions;
mod answer;
mod beta;
mod call;
mod changes;
pub mod demo;
mod loa;
mod loas;
mod outside;
mod parties;
mod patch;
mod places;
mod products;
mod requests;
mod search;
mod store;
mod token;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{MethodFilter, post};

use self::answer::Refusal;
use self::call::{call, call_without_beta, search};
pub use self::store::Equinix;
use crate::mount::Mount;
use crate::site::Door;

/// The provider's name.
pub const NAME: &str = "equinix";

/// Where the API begins.
const BASE: &str = "/equinix";

/// All routes of the contract.
pub fn mount() -> Mount<Equinix> {
    const GET: MethodFilter = MethodFilter::GET;
    const POST: MethodFilter = MethodFilter::POST;
    const PUT: MethodFilter = MethodFilter::PUT;
    const PATCH: MethodFilter = MethodFilter::PATCH;
    const DELETE: MethodFilter = MethodFilter::DELETE;
    Mount::new(NAME, BASE)
        .at("/oauth2/v1/token", post(token::issue))
        .at("/diloa/v1/digitalLoas", call(POST, loas::create))
        .search_at("/diloa/v1/digitalLoas/search", search(search::search))
        // Sources differ in the path: a setting says which of both is there.
        .at("/diloa/v1/digitalLoas/loaRequests", call(POST, requests::create_by_plural))
        .at("/diloa/v1/digitalLoas/loaRequest", call(POST, requests::create_by_singular))
        .at(
            "/diloa/v1/digitalLoas/{uuid}",
            call(GET, loas::get).merge(call(PATCH, patch::patch)).merge(call(DELETE, loas::delete)),
        )
        .at("/diloa/v1/digitalLoas/{uuid}/actions", call(POST, actions::act))
        .at("/diloa/v1/digitalLoas/{uuid}/changes", call(GET, changes::list))
        .at("/diloa/v1/digitalLoas/{uuid}/changes/{changeUuid}", call(GET, changes::get))
        .at("/diloa/v1/organizations", call(GET, places::organizations))
        .at(
            "/diloa/v1/privateBetaAccess",
            call_without_beta(GET, beta::access).merge(call_without_beta(POST, beta::ask)),
        )
        .at(
            "/diloa/v1/betaTermsAgreement",
            call_without_beta(GET, beta::terms).merge(call_without_beta(PUT, beta::agree)),
        )
        .map_router(|router| {
            router
                .method_not_allowed_fallback(|State(door): State<Door<Equinix>>| async move {
                    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed").into_response(form(&door))
                })
                .fallback(|State(door): State<Door<Equinix>>| async move {
                    Refusal::not_found("Resource not found").into_response(form(&door))
                })
        })
}

/// The form that errors have at present.
fn form(door: &Door<Equinix>) -> answer::Form {
    door.look(|site| site.store.behaviour.errors)
}
