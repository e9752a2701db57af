//! Service agreements: what a completed order has come to.

use super::CUSTOMER;
use super::answer::Refusal;
use super::call::Call;
use super::order::COMPLETED;
use super::store::A2b;
use crate::answer::Answer;
use crate::letter;
use crate::site::Site;

/// GET direct-order/{id}/sa. Before the order is completed there is none (docs/providers.md 4.5).
pub fn get(site: &Site<A2b>, call: &Call) -> Result<Answer, Refusal> {
    let order = site.store.order(&call.id)?;
    if order.state(call.now.simulated) != COMPLETED {
        return Err(Refusal::not_found("document"));
    }
    let mut facts = vec![
        ("Customer", CUSTOMER.to_owned()),
        ("Order", order.id()),
        ("Your order", order.customer_order_id.clone()),
        ("Package", order.package().name.to_owned()),
    ];
    facts.extend(order.lines.iter().map(|it| ("Product", format!("{}, {} {}", it.name, it.charge, it.tariff))));
    let facts: Vec<_> = facts.iter().map(|(label, value)| (*label, value.as_str())).collect();
    let words = ["The interconnect named below is in service."];
    let pdf = letter::write_as("Service Agreement", &words, &facts);
    pdf.map(Answer::Pdf).map_err(|error| Refusal::internal(error.to_string()))
}
