//! An order, and its way by the clock.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::catalogue::Package;
use super::form::File;
use super::wish::Wish;

/// What all ids begin with.
const SERIES: &str = "00000001";

/// The state of what is done.
pub const COMPLETED: &str = "COMPLETED";

/// The state in which orders begin.
const NEW: &str = "NEW";

/// Where they go from there by the clock, the last state first, and after how many days each comes. The
/// words are those of A2B's orders for lines (docs/providers.md 4.5); the days are made up.
const WAY: [(i64, &str); 3] = [(20, COMPLETED), (3, "PLANNED"), (1, "ACCEPTED")];

/// Where A2B is: times are told with this offset.
const ZONE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// What is paid for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The product's code.
    pub code: String,
    /// What it is, in words.
    pub name: String,
    /// How often it is paid.
    pub charge: String,
    /// How much.
    pub tariff: String,
}

/// A state that the outside world has put an order in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Imposed {
    /// The state.
    pub state: String,
    /// Why, in words for people.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// An order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The client's own key.
    pub customer_order_id: String,
    /// What it costs.
    pub lines: Vec<Line>,
    /// When it was placed.
    pub created: Timestamp,
    /// The state that the outside world has put it in, if it has.
    pub imposed: Option<Imposed>,
    number: u32,
    package: String,
    parameters: Map<String, Value>,
    loa: Option<File>,
}

impl Line {
    /// What is paid each time.
    fn shown(&self) -> Value {
        json!({
            "code": self.code,
            "name": self.name,
            "description": "",
            "chargeType": self.charge,
            "quantity": 1,
            "tariff": self.tariff,
            "totalTariff": self.tariff,
        })
    }
}

/// A time as A2B tells it.
fn local(time: Timestamp) -> String {
    let zone = TimeZone::posix(ZONE).expect("the zone is well-formed");
    time.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Order {
    /// One that is placed now.
    pub fn new(number: u32, wish: Wish, now: Timestamp) -> Self {
        let Wish { package, customer_order_id, parameters, lines, loa, .. } = wish;
        let package = package.code.to_owned();
        Self { number, customer_order_id, package, lines, created: now, parameters, loa, imposed: None }
    }

    /// Its id.
    pub fn id(&self) -> String {
        format!("{SERIES}/{}", self.number)
    }

    /// The number in an id.
    pub fn number_in(id: &str) -> Option<u32> {
        let number = id.strip_prefix(SERIES)?.strip_prefix('/')?;
        // Not `+126`, not `0126`.
        number.parse::<u32>().ok().filter(|parsed| parsed.to_string() == number)
    }

    /// What was ordered.
    pub fn package(&self) -> &'static Package {
        Package::find(&self.package).expect("every order's package is in the table")
    }

    /// The state at a time by the simulator's clock, and since when.
    fn standing(&self, now: Timestamp) -> (&str, Timestamp) {
        if let Some(imposed) = &self.imposed {
            return (&imposed.state, imposed.since);
        }
        let age = now.duration_since(self.created);
        let steps = WAY.map(|(days, state)| (state, SignedDuration::from_hours(24 * days)));
        let step = steps.into_iter().find(|(_, after)| *after <= age);
        step.map_or((NEW, self.created), |(state, after)| (state, self.created + after))
    }

    /// The state at a time by the simulator's clock.
    pub fn state(&self, now: Timestamp) -> &str {
        self.standing(now).0
    }

    /// The order as answers show it.
    pub fn shown(&self, now: Timestamp) -> Value {
        let (state, since) = self.standing(now);
        let package = self.package();
        let mut shown = json!({
            "orderId": self.id(),
            "customerOrderId": self.customer_order_id,
            "orderDateTime": local(self.created),
            "lastModifiedDateTime": local(since),
            "status": state,
            "packageCode": package.code,
            "packageName": package.name,
            "products": self.lines.iter().map(Line::shown).collect::<Value>(),
        });
        // A2B puts the reason of a rejection into the order (docs/providers.md 4.5); its name is a guess.
        if let Some(reason) = self.imposed.as_ref().and_then(|imposed| imposed.reason.as_deref()) {
            shown["reason"] = reason.into();
        }
        shown
    }

    /// The order as the control interface shows it: with what it was told.
    pub fn shown_in_full(&self, now: Timestamp) -> Value {
        let mut shown = self.shown(now);
        shown["parameters"] = json!(self.parameters);
        shown["loa"] = json!(self.loa);
        shown
    }
}
