//! Searches: what the object may have upstream, and what could be ordered for it.

use std::collections::BTreeMap;

use crate::api::account::{Approval, Ceilings};
use crate::api::conditions::Problem;
use crate::api::ids::{ExternalId, OrderKey};
use crate::base::clock::Moment;
use crate::cluster::references::References;
use crate::lifecycle::decide::price::Quote;
use crate::lifecycle::key::of_one_name;
use crate::providers::http::limiter::{Permit, Priority};
use crate::providers::http::outcome::Failure;
use crate::providers::http::transport::Asking;

/// The way to one provider for one pass.
pub struct Access<'a, C> {
    /// The provider's client.
    pub client: &'a C,
    /// The turn that this pass holds, if any.
    pub permit: Option<&'a Permit>,
    /// Who goes first, without a permit.
    pub priority: Priority,
    /// What else is in the object's namespace.
    pub references: References<'a>,
}

// Derived, these would ask the same of `C`, which is only referred to.
impl<C> Clone for Access<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for Access<'_, C> {}

impl<'a, C> Access<'a, C> {
    /// How to ask.
    pub fn asking(&self) -> Asking<'a> {
        self.permit.map_or(Asking::Queued(self.priority), Asking::Holding)
    }
}

/// What a search found.
pub struct Found<O> {
    /// Ids of live objects that carry our full key.
    pub ours: Vec<ExternalId>,
    /// Ids of live objects that carry only the first half of our key.
    pub namesakes: Vec<ExternalId>,
    /// Live objects without a key that fit the wish.
    pub fits: Vec<Fitting>,
    /// What can be ordered, or why nothing can. Absent where only an order under way is looked for.
    pub offer: Option<Result<Offer<O>, Problem>>,
    /// What a person writes as `external-id` for what was sent, where no search can find it: then a person must tell
    /// whether it was.
    pub untraceable: Option<String>,
    /// What a partner made and the object stands for ([`Adapter::receives`]), or why it can't be told; none: nothing yet.
    pub received: Option<Result<ExternalId, Problem>>,
}

impl<O> Default for Found<O> {
    fn default() -> Self {
        Self {
            ours: Vec::new(),
            namesakes: Vec::new(),
            fits: Vec::new(),
            offer: None,
            untraceable: None,
            received: None,
        }
    }
}

impl<O> Found<O> {
    /// Whether it found this upstream object without any doubt.
    pub fn shows(&self, id: &ExternalId) -> bool {
        let exact = self.fits.iter().filter(|fit| fit.exact).map(|fit| &fit.id);
        self.ours.iter().chain(exact).any(|found| found == id)
    }

    /// Takes note of what can be ordered, or why nothing can; without the provider's answer nothing is found at all.
    pub fn offered(self, offer: Result<Offer<O>, NoOffer>) -> Result<Self, Failure> {
        let offer = match offer {
            Ok(offer) => Ok(offer),
            Err(NoOffer::Problem(problem)) => Err(problem),
            Err(NoOffer::Failure(failure)) => return Err(failure),
        };
        Ok(Self { offer: Some(offer), ..self })
    }

    /// Takes note of a live object that carries this key, if it is this object's or a namesake's (S4).
    pub fn keyed(&mut self, id: &str, carried: Option<&str>, own: &OrderKey) {
        match carried {
            Some(key) if key == own.as_str() => self.ours.push(id.into()),
            Some(key) if of_one_name(key, own.as_str()) => self.namesakes.push(id.into()),
            _ => {}
        }
    }
}

/// A live upstream object without a key that fits the wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitting {
    /// Its upstream id.
    pub id: ExternalId,
    /// Nothing else will do: it is what was ordered, or what the wish names.
    pub exact: bool,
    /// Where it stands, if orders go to places.
    pub place: Option<Place>,
}

/// Where upstream objects stand: the claim that an order under way has on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It takes one: what stands there is what was ordered for it.
    Single(String),
    /// It takes many: what stands there may be what was ordered for it.
    Shared(String),
}

/// Why nothing can be ordered.
pub enum NoOffer {
    /// Only a change elsewhere can mend it.
    Problem(Problem),
    /// The provider wasn't heard.
    Failure(Failure),
}

impl From<Problem> for NoOffer {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Failure> for NoOffer {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// What can be ordered. Not `Debug`: the request may hold a secret (S10).
#[derive(Clone)]
pub struct Offer<O> {
    /// What is ordered.
    pub order: O,
    /// One line for people.
    pub summary: String,
    /// What was picked, by annotation: written down before it is ordered.
    pub picks: BTreeMap<&'static str, String>,
    /// What it costs, if the provider tells.
    pub quote: Option<Quote>,
    /// The most that the object wants to pay, besides what the account allows.
    pub ceilings: Option<Ceilings>,
    /// Whether the object asks for approval, besides the account.
    pub approval: Approval,
    /// What it uses up, besides what the object claims anyway: for one object's order alone.
    pub uses_up: Option<String>,
}

impl<O> Offer<O> {
    /// One without a price and without picks.
    pub fn of(order: O, summary: String) -> Self {
        Self {
            order,
            summary,
            picks: BTreeMap::default(),
            quote: None,
            ceilings: None,
            approval: Approval::NotRequired,
            uses_up: None,
        }
    }
}

/// What a search is for.
pub struct Query<'a, O> {
    /// The object.
    pub object: &'a O,
    /// A list begun earlier may be too old.
    pub not_before: Moment,
    /// Whether something shall be ordered; else only an order under way is looked for.
    pub to_order: bool,
    /// Our key for the object's orders (S4).
    pub key: &'a OrderKey,
    /// Claims a thing for this object unless another claims it: for kinds that pick.
    pub claim: &'a (dyn Fn(&str) -> bool + Sync),
}
