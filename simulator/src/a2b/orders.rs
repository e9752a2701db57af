//! Orders: placed and read.

use axum::extract::{Path, Request, State};
use uuid::Uuid;

use super::answer::Refusal;
use super::call::{Call, admit};
use super::form::Form;
use super::order::Order;
use super::store::A2b;
use super::wish::Wish;
use crate::answer::Answer;
use crate::site::{Door, Site};

/// What orders are called in the ledger and in the control interface.
pub const RESOURCE: &str = "order";

/// How many orders a list holds unless it is asked for more.
const PAGE: usize = 20;

/// The one parameter that says in which order orders come.
const ORDER_BY: &str = "orderBy[]";

/// POST dc-connection/{packageCode}.
pub async fn create(
    State(door): State<Door<A2b>>,
    Path(package): Path<String>,
    request: Request,
) -> Result<Answer, Refusal> {
    let (parts, body) = request.into_parts();
    admit(&door, &parts.headers)?;
    let Form { request, loa } = Form::read(&parts.headers, body).await?;
    door.change(|site| {
        let now = site.now();
        let provider = &mut *site.store;
        let wish = Wish::read(provider.package(&package)?, &request, &provider.behaviour)?.with(loa)?;
        let order = provider.place(wish, now);
        let (id, key, mut shown) = (order.id(), order.customer_order_id.clone(), order.shown(now.simulated));
        if provider.behaviour.other_order_id {
            shown["customerOrderId"] = Uuid::new_v4().to_string().into();
        }
        site.record("create", RESOURCE, &id, Some(&key));
        Ok(Answer::created(shown))
    })
}

/// GET direct-order. That it searches and pages like the list of A2B's orders for lines is a guess
/// (docs/providers.md 4.4).
pub fn list(site: &Site<A2b>, call: &Call) -> Result<Answer, Refusal> {
    let provider = &*site.store;
    if provider.behaviour.no_lookup {
        return Err(Refusal::not_found("resource"));
    }
    call.only(&["q", "limit", "offset", ORDER_BY])?;
    let sought = call.parameter("q").filter(|_| !provider.behaviour.ignore_filters).unwrap_or_default();
    let is_sought = |it: &&Order| it.customer_order_id.contains(sought) || it.id().contains(sought);
    let oldest_first = provider.orders().filter(|it| call.sees(it.created)).filter(is_sought);
    let sorted: Vec<&Order> = match call.parameter(ORDER_BY) {
        None | Some("orderDateTime:desc") => oldest_first.rev().collect(),
        Some("orderDateTime:asc") => oldest_first.collect(),
        Some(_) => return Err(Refusal::invalid(format!("{ORDER_BY} must be orderDateTime:desc or orderDateTime:asc"))),
    };
    let limit = match call.number("limit", PAGE)? {
        0 => usize::MAX,
        limit => limit,
    };
    let page = sorted.into_iter().skip(call.number("offset", 0)?).take(limit);
    Ok(Answer::ok(page.map(|order| order.shown(call.now.simulated)).collect()))
}

/// GET direct-order/{id}.
pub fn get(site: &Site<A2b>, call: &Call) -> Result<Answer, Refusal> {
    site.store.order(&call.id).map(|order| Answer::ok(order.shown(call.now.simulated)))
}
