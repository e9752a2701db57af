//! A2B's data-centre interconnects: direct-order-v1, as docs/providers.md 4 has it.
//!
//! Its contract isn't published: all paths are guesses, and what is refused, and how, too.

mod agreement;
mod answer;
mod call;
mod catalogue;
pub mod demo;
mod form;
mod money;
mod order;
mod orders;
mod outside;
mod parameters;
mod racks;
mod settings;
mod store;
mod token;
mod wish;

use axum::routing::post;

use self::answer::Refusal;
use self::call::read;
pub use self::settings::Behaviour;
pub use self::store::A2b;
use crate::mount::Mount;

/// The provider's name.
pub const NAME: &str = "a2b";

/// Where the API begins.
const BASE: &str = "/a2b";

/// The one customer.
const CUSTOMER: &str = "Demo Networks";

/// All routes of the contract. An order's id holds a slash, which is escaped in a path: with a bare one
/// there is no such route.
pub fn mount() -> Mount<A2b> {
    Mount::new(NAME, BASE)
        .at("/v1/token", post(token::issue))
        .at("/v1/direct-order/dc-connection/packages", read(catalogue::list))
        .at("/v1/direct-order/dc-connection/{packageCode}", post(orders::create))
        .list_at("/v1/direct-order", read(orders::list))
        .at("/v1/direct-order/{id}", read(orders::get))
        .at("/v1/direct-order/{id}/sa", read(agreement::get))
        .map_router(|router| {
            router
                .method_not_allowed_fallback(async || Refusal::no_such_method())
                .fallback(async || Refusal::not_found("resource"))
        })
}
