//! What A2B knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::catalogue::Package;
use super::order::Order;
use super::settings::Behaviour;
use super::wish::Wish;
use crate::clock::Moment;
use crate::sessions::Sessions;

/// The number of the first order, that of the provider's sample.
const FIRST: u32 = 126;

/// All of A2B.
#[derive(Serialize, Deserialize)]
pub struct A2b {
    /// How it behaves.
    pub(super) behaviour: Behaviour,
    /// The tokens that were issued.
    pub(super) sessions: Sessions,
    next: u32,
    /// By their numbers, which is by age.
    orders: BTreeMap<u32, Order>,
}

impl A2b {
    /// The built-in world.
    pub fn built_in(behaviour: Behaviour) -> Self {
        Self { behaviour, sessions: Sessions::default(), next: FIRST, orders: BTreeMap::new() }
    }

    /// The package of that code, if it can be ordered.
    pub fn package(&self, code: &str) -> Result<&'static Package, Refusal> {
        let package = Package::find(code).filter(|package| !self.behaviour.withdrawn.contains(package.code));
        package.ok_or_else(|| Refusal::not_found("package"))
    }

    /// All orders, oldest first.
    pub fn orders(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.orders.values()
    }

    /// The order of that id.
    pub fn order(&self, id: &str) -> Result<&Order, Refusal> {
        let found = Order::number_in(id).and_then(|number| self.orders.get(&number));
        found.ok_or_else(|| Refusal::not_found("order"))
    }

    /// The order of that id, to be changed.
    pub fn order_mut(&mut self, id: &str) -> Option<&mut Order> {
        self.orders.get_mut(&Order::number_in(id)?)
    }

    /// Takes an order away, as if it had never been.
    pub fn remove(&mut self, id: &str) {
        if let Some(number) = Order::number_in(id) {
            self.orders.remove(&number);
        }
    }

    /// Places an order, whoever asks for it. It may be the second of its customerOrderId: nothing is known
    /// of that being refused (docs/providers.md 4.4), and it would hide a request sent twice.
    pub fn place(&mut self, wish: Wish, now: Moment) -> &Order {
        let number = self.next;
        self.next += 1;
        self.orders.entry(number).or_insert(Order::new(number, wish, now.simulated))
    }
}
