//! Cloudflare CNI: interconnects, slots, CNI objects and settings.

mod access;
mod answer;
mod call;
mod cnis;
pub mod demo;
mod fields;
mod interconnects;
mod loa;
mod outside;
mod page;
mod settings;
mod slots;
mod store;

use axum::http::StatusCode;
use axum::routing::MethodFilter;

use self::answer::Refusal;
use self::call::call;
pub use self::slots::MAX_SLOTS;
pub use self::store::Cloudflare;
use crate::mount::Mount;

/// The provider's name.
pub const NAME: &str = "cloudflare";

/// Where the API begins.
const BASE: &str = "/cloudflare/client/v4";

/// The account's name, which stands in a Letter of Authorization by default.
pub const ACCOUNT_NAME: &str = "Demo Networks";

/// All routes of the contract.
pub fn mount() -> Mount<Cloudflare> {
    const GET: MethodFilter = MethodFilter::GET;
    const POST: MethodFilter = MethodFilter::POST;
    const PUT: MethodFilter = MethodFilter::PUT;
    const DELETE: MethodFilter = MethodFilter::DELETE;
    Mount::new(NAME, BASE)
        .list_at(
            "/accounts/{account_id}/cni/interconnects",
            call(GET, interconnects::list).merge(call(POST, interconnects::create)),
        )
        .at(
            "/accounts/{account_id}/cni/interconnects/{icon}",
            call(GET, interconnects::get).merge(call(DELETE, interconnects::delete)),
        )
        .at("/accounts/{account_id}/cni/interconnects/{icon}/status", call(GET, interconnects::status))
        .at("/accounts/{account_id}/cni/interconnects/{icon}/loa", call(GET, loa::get))
        .at("/accounts/{account_id}/cni/interconnects/{icon}/loa/default", call(GET, loa::default_name))
        .list_at("/accounts/{account_id}/cni/slots", call(GET, slots::list))
        .at("/accounts/{account_id}/cni/slots/{slot}", call(GET, slots::get))
        .list_at("/accounts/{account_id}/cni/cnis", call(GET, cnis::list).merge(call(POST, cnis::create)))
        .at(
            "/accounts/{account_id}/cni/cnis/{cni}",
            call(GET, cnis::get).merge(call(PUT, cnis::update)).merge(call(DELETE, cnis::delete)),
        )
        .at("/accounts/{account_id}/cni/settings", call(GET, settings::get).merge(call(PUT, settings::update)))
        .map_router(|router| {
            router
                .method_not_allowed_fallback(async || {
                    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, 10405, "Method not allowed")
                })
                .fallback(async || Refusal::no_route())
        })
}
