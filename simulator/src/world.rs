//! All that exists, behind one lock, and in a file if there is one.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::Options;
use crate::a2b::{self, A2b};
use crate::clock::Clock;
use crate::cloudflare::{self, Cloudflare};
use crate::digital_realty::{self, DigitalRealty};
use crate::equinix::{self, Equinix};
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::provider::Provider;
use crate::site::{Door, House, Locked, Site};
use crate::traffic::Traffic;

/// What lasts: it is what a state file holds.
#[derive(Serialize, Deserialize)]
pub struct World {
    /// The simulator's clock.
    pub clock: Clock,
    /// What took effect through the providers' APIs.
    pub ledger: Ledger,
    /// Cloudflare CNI.
    cloudflare: Cloudflare,
    /// Equinix Digital LOA.
    equinix: Equinix,
    /// Digital Realty's Cloud Access Ports.
    digital_realty: DigitalRealty,
    /// A2B's data-centre interconnects.
    a2b: A2b,
}

impl World {
    /// The names of all providers.
    pub const PROVIDERS: &[&str] = &[cloudflare::NAME, equinix::NAME, digital_realty::NAME, a2b::NAME];

    fn built_in(options: &Options) -> Self {
        let clock = Clock::default();
        Self {
            ledger: Ledger::default(),
            cloudflare: Cloudflare::built_in(options.slots, clock.now()),
            equinix: Equinix::built_in(options.slots),
            digital_realty: DigitalRealty::built_in(options.digital_realty),
            a2b: A2b::built_in(options.a2b.clone()),
            clock,
        }
    }

    /// The provider of that name.
    pub fn provider(&mut self, name: &str) -> Option<&mut dyn Provider> {
        match name {
            cloudflare::NAME => Some(&mut self.cloudflare),
            equinix::NAME => Some(&mut self.equinix),
            digital_realty::NAME => Some(&mut self.digital_realty),
            a2b::NAME => Some(&mut self.a2b),
            _ => None,
        }
    }

    /// Cloudflare's part.
    pub fn cloudflare(&mut self) -> Site<'_, Cloudflare> {
        Site::new(cloudflare::NAME, &mut self.cloudflare, &self.clock, &mut self.ledger)
    }

    /// Equinix's part.
    pub fn equinix(&mut self) -> Site<'_, Equinix> {
        Site::new(equinix::NAME, &mut self.equinix, &self.clock, &mut self.ledger)
    }

    /// Digital Realty's part.
    pub fn digital_realty(&mut self) -> Site<'_, DigitalRealty> {
        Site::new(digital_realty::NAME, &mut self.digital_realty, &self.clock, &mut self.ledger)
    }

    /// A2B's part.
    pub fn a2b(&mut self) -> Site<'_, A2b> {
        Site::new(a2b::NAME, &mut self.a2b, &self.clock, &mut self.ledger)
    }
}

/// The world and what is known about the traffic with it.
pub struct State {
    /// What lasts.
    pub world: World,
    /// What was asked and answered.
    pub traffic: Traffic,
    /// What shall go wrong.
    pub faults: Faults,
    /// What will act later.
    pub held: Vec<Held>,
    /// Rises with each reset and at the end, so that a request that was held
    /// back can tell that its world is no longer there.
    pub epoch: u64,
}

/// A request that was taken in and acts later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// When it acts, by the simulator's clock.
    pub due: Timestamp,
    /// Its HTTP method.
    pub method: String,
    /// Its path below the provider's base.
    pub path: String,
}

/// A handle to the one shared state.
#[derive(Clone)]
pub struct Sim {
    state: Arc<Mutex<State>>,
    /// Told when the clock was moved, when the world was reset, and when something that was held back has acted.
    moved: Arc<Notify>,
    options: Arc<Options>,
}

impl Sim {
    /// The world of the state file if there is one, else the built-in world.
    pub fn open(options: Options) -> io::Result<Self> {
        let mut loaded = None;
        if let Some(file) = options.state.as_ref().filter(|file| file.exists()) {
            let mut world: World = serde_json::from_slice(&std::fs::read(file)?)?;
            world.cloudflare.index();
            world.equinix.index();
            loaded = Some(world);
        }
        let sim = Self {
            state: Arc::new(Mutex::new(State {
                world: loaded.unwrap_or_else(|| World::built_in(&options)),
                traffic: Traffic::default(),
                faults: Faults::default(),
                held: Vec::new(),
                epoch: 0,
            })),
            moved: Arc::default(),
            options: Arc::new(options),
        };
        sim.save(&sim.lock().world)?;
        Ok(sim)
    }

    /// Takes the lock. For what lasts, [`Sim::change`] is the way to write.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in one handler must not take the whole simulator along.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world, and saves it if the change came about.
    pub fn change<T, E>(&self, change: impl FnOnce(&mut World) -> Result<T, E>) -> Result<T, E> {
        let mut state = self.lock();
        let result = change(&mut state.world);
        if result.is_ok() {
            self.save_or_complain(&state.world);
        }
        result
    }

    /// The door to that part of the world.
    pub fn door<S: 'static>(&self, part: Part<S>) -> Door<S> {
        Door::of(Tenancy { sim: self.clone(), part })
    }

    /// The built-in world again, as after a first start.
    pub fn reset(&self) {
        let mut state = self.lock();
        state.world = World::built_in(&self.options);
        state.traffic = Traffic::default();
        state.faults = Faults::default();
        state.held.clear();
        state.epoch += 1;
        self.save_or_complain(&state.world);
        self.moved.notify_waiters();
    }

    /// Waits, and tells whether the world of that epoch is still there.
    pub async fn still_there_after(&self, wait: Duration, epoch: u64) -> bool {
        tokio::time::sleep(wait).await;
        self.lock().epoch == epoch
    }

    /// Keeps a request back for this long, by the simulator's clock.
    pub fn hold(&self, request: &Request, wait: Duration) -> Held {
        let mut state = self.lock();
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let due = state.world.clock.now().simulated.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let held = Held { due, method: request.method().to_string(), path: request.uri().path().to_owned() };
        state.held.push(held.clone());
        held
    }

    /// Waits for a time by the simulator's clock, and tells whether the world of that epoch is still there.
    pub async fn still_there_at(&self, due: Timestamp, epoch: u64) -> bool {
        loop {
            let moved = self.moved.notified();
            let (left, there) = {
                let state = self.lock();
                (state.world.clock.until(due), state.epoch == epoch)
            };
            match left {
                _ if !there => return false,
                Some(Duration::ZERO) => return true,
                Some(left) => tokio::select! { () = moved => {}, () = tokio::time::sleep(left) => {} },
                None => moved.await,
            }
        }
    }

    /// What was held back has acted.
    pub fn acted(&self, held: &Held) {
        let all = &mut self.lock().held;
        if let Some(place) = all.iter().position(|other| other == held) {
            all.remove(place);
        }
        self.moved.notify_waiters();
    }

    /// The clock was moved: waits until everything has acted that was due by now.
    pub async fn catch_up(&self) {
        self.moved.notify_waiters();
        loop {
            let moved = self.moved.notified();
            {
                let state = self.lock();
                let now = state.world.clock.now().simulated;
                if state.held.iter().all(|held| held.due > now) {
                    return;
                }
            }
            moved.await;
        }
    }

    /// No request that is still held back shall act any more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.held.clear();
        state.epoch += 1;
        self.moved.notify_waiters();
    }

    fn save_or_complain(&self, world: &World) {
        if let Err(error) = self.save(world) {
            eprintln!("interconnect-simulator: cannot save the state: {error}");
        }
    }

    /// Writes aside and renames, so that the file is always a whole one.
    fn save(&self, world: &World) -> io::Result<()> {
        let Some(file) = &self.options.state else {
            return Ok(());
        };
        let mut aside = file.as_os_str().to_owned();
        aside.push(".new");
        std::fs::write(&aside, serde_json::to_vec(world)?)?;
        std::fs::rename(&aside, file)
    }
}

/// Which part of the world is a provider's.
type Part<S> = fn(&mut World) -> Site<'_, S>;

/// What a provider has of the world.
struct Tenancy<S> {
    sim: Sim,
    part: Part<S>,
}

impl<S> House<S> for Tenancy<S> {
    fn lock(&self) -> Box<dyn Locked<S> + '_> {
        Box::new(Entered { state: self.sim.lock(), tenancy: self })
    }
}

/// The same, under the lock.
struct Entered<'a, S> {
    tenancy: &'a Tenancy<S>,
    state: MutexGuard<'a, State>,
}

impl<S> Locked<S> for Entered<'_, S> {
    fn site(&mut self) -> Site<'_, S> {
        (self.tenancy.part)(&mut self.state.world)
    }

    fn save(&self) {
        self.tenancy.sim.save_or_complain(&self.state.world);
    }
}
