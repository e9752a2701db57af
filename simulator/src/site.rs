//! What a provider knows of the world: its own store, the clock and the ledger.

use std::sync::Arc;

use crate::clock::{Clock, Moment};
use crate::ledger::{Entry, Ledger};

/// A provider's part of the world, while nobody else acts in any part of it.
pub struct Site<'a, S> {
    /// What the provider has stored.
    pub store: &'a mut S,
    provider: &'static str,
    clock: &'a Clock,
    ledger: &'a mut Ledger,
}

impl<'a, S> Site<'a, S> {
    /// The site of the provider of that name.
    pub fn new(provider: &'static str, store: &'a mut S, clock: &'a Clock, ledger: &'a mut Ledger) -> Self {
        Self { store, provider, clock, ledger }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Writes into the ledger what just took effect.
    pub fn record(&mut self, operation: &str, resource: &str, id: &str, key: Option<&str>) {
        self.ledger.append(Entry {
            seq: 0,
            time: self.clock.now().simulated,
            provider: self.provider.to_owned(),
            operation: operation.to_owned(),
            resource: resource.to_owned(),
            id: id.to_owned(),
            key: key.map(str::to_owned),
        });
    }
}

/// The world under its one lock, as far as a provider with this store sees it.
pub trait Locked<S> {
    /// The provider's part.
    fn site(&mut self) -> Site<'_, S>;

    /// Makes last what was changed.
    fn save(&self);
}

/// The world, as far as a provider with this store sees it.
pub trait House<S>: Send + Sync {
    /// Takes the one lock.
    fn lock(&self) -> Box<dyn Locked<S> + '_>;
}

/// Where a provider's calls come in. It doesn't tell who else lives in the world.
pub struct Door<S>(Arc<dyn House<S>>);

impl<S> Clone for Door<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Door<S> {
    /// The door of this house.
    pub fn of(house: impl House<S> + 'static) -> Self {
        Self(Arc::new(house))
    }

    /// Looks at the site. For what lasts, [`Door::change`] is the way to write.
    pub fn look<T>(&self, look: impl FnOnce(&mut Site<S>) -> T) -> T {
        look(&mut self.0.lock().site())
    }

    /// Changes the site, and saves the world if the change came about.
    pub fn change<T, E>(&self, change: impl FnOnce(&mut Site<S>) -> Result<T, E>) -> Result<T, E> {
        let mut world = self.0.lock();
        let result = change(&mut world.site());
        if result.is_ok() {
            world.save();
        }
        result
    }
}
