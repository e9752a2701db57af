//! One schedule: what happens, in which order, all of it chosen by the seed; and the fair continuation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use interconnect_operator::lifecycle::pass::error::PassError;
use interconnect_simulator::Simulator;
use jiff::SignedDuration;
use kube::runtime::controller::Action;
use serde_json::Value;

use crate::api_server::Key;
use crate::people::{self, People};
use crate::process::Process;
use crate::promises::{Promises, at_rest};
use crate::stage::{LEASE, NAMESPACES, POLL, SETTLE, Sabotage, Stage, uid};
use crate::strike::{Drive, Strike};
use crate::trouble;

/// Rounds, each of one poll interval, within which the fair continuation must come to rest.
const ROUNDS: u32 = 24;
/// By then whatever was ordered is in use.
const WEEKS: Duration = Duration::from_secs(15 * 24 * 3600);
/// A pass is struck at one of its first edges, if it is.
const EDGES: u64 = 30;

/// A pass that was suspended.
struct Suspended {
    process: Arc<Process>,
    key: Key,
    actor: Value,
    fresh: bool,
    /// It waits for a provider, perhaps with what other passes of its process wait for.
    at_provider: bool,
    strike: Arc<Strike>,
    future: Pin<Box<dyn Future<Output = Result<Action, PassError>> + Send>>,
}

/// A schedule under way.
pub struct Schedule<'s> {
    stage: Stage<'s>,
    rng: Rng,
    leader: Arc<Process>,
    /// One that led before and was stopped with a pass under way.
    former: Vec<Arc<Process>>,
    suspended: Vec<Suspended>,
    people: People,
    promises: Promises,
    processes: u32,
    seldom: bool,
}

/// What became of a schedule.
pub struct Played {
    pub events: u32,
    /// The broken promise and the whole story.
    pub broken: Option<(String, String)>,
    pub story: String,
    pub orders: usize,
}

/// Plays the schedule of this seed.
pub async fn play(simulator: &Simulator, seed: u64, sabotage: Sabotage) -> Played {
    // The engine's own jitter goes by the seed, too.
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    let stage = Stage::new(simulator, sabotage, rng.bool()).await;
    let leader = Arc::new(Process::new(&stage, "operator-0".into()));
    let mut schedule = Schedule {
        stage,
        rng,
        leader,
        former: Vec::new(),
        suspended: Vec::new(),
        people: People::default(),
        promises: Promises::default(),
        processes: 1,
        seldom: false,
    };
    let events = schedule.rng.u32(10..=40);
    schedule.run(events).await;
    let story = schedule.stage.story.whole();
    let orders = schedule.promises.circuits.iter().filter(|circuit| circuit.made_by.is_some()).count();
    let broken = schedule.promises.broken.map(|broken| (broken, story.clone()));
    Played { events, broken, story, orders }
}

impl Schedule<'_> {
    async fn run(&mut self, events: u32) {
        for n in 0..self.rng.usize(1..=3) {
            self.people.order(&self.stage, &mut self.rng, n);
        }
        self.leader.take_over(&self.stage).await;
        for _ in 0..events {
            self.event().await;
            self.promises.look(&self.stage, None).await;
            if self.promises.broken.is_some() {
                return;
            }
        }
        self.settle().await;
    }

    async fn event(&mut self) {
        self.leader.lead(&self.stage);
        match self.rng.u32(0..104) {
            0..38 => self.some_pass().await,
            38..44 => self.resume().await,
            44..47 => self.look_at_accounts().await,
            47..50 => self.restart("operator crashes").await,
            50..53 => self.hand_over().await,
            53..65 => trouble::at_provider(&self.stage, &mut self.rng, &mut self.seldom).await,
            65..69 => trouble::at_api_server(&self.stage, &mut self.rng),
            69..80 => self.time_passes().await,
            80..83 => {
                let by = SignedDuration::from_secs(self.rng.i64(-7200..=7200));
                self.stage.story.tell(format!("  the leader's wall clock jumps by {by:#}"));
                self.leader.clock.jump(by);
            }
            83..96 => self.somebody_acts(),
            96..99 => self.people.make_again(&self.stage, &mut self.rng, &self.promises),
            99..102 => {
                let busy = !self.suspended.is_empty();
                people::outside(&self.stage, &mut self.rng, &self.promises, busy).await;
                self.promises.look_at_provider(&self.stage).await;
            }
            102 => {
                let namespace = self.rng.choice(NAMESPACES).unwrap();
                people::credentials(&self.stage, namespace, self.rng.bool());
            }
            _ if self.rng.u8(0..8) == 0 => self.people.delete_crd(&self.stage),
            _ => {}
        }
    }

    fn somebody_acts(&mut self) {
        if let Some((key, object)) = self.rng.choice(self.stage.interconnects()) {
            self.people.act(&self.stage, &mut self.rng, &mut self.promises, &key, &object);
        }
    }

    /// A pass over some object, as it is or as an old cache has it; perhaps struck.
    async fn some_pass(&mut self) {
        let Some((key, object)) = self.rng.choice(self.stage.interconnects()) else { return };
        let former = self.stage.server.former(&key);
        let old = (self.rng.u8(0..4) == 0).then(|| self.rng.choice(former)).flatten();
        // One of this name that is gone: the watch tells of its end before it tells of the next.
        let ghost = old.as_ref().filter(|old| uid(old) != uid(&object)).map(|old| uid(old).to_owned());
        let struck = ghost.is_none() && self.rng.u8(0..3) == 0;
        let edge = struck.then(|| self.rng.u64(1..=EDGES));
        let crashes = self.rng.bool();
        let blocked = |held: &Suspended| {
            Arc::ptr_eq(&held.process, &self.leader) && (held.at_provider || uid(&held.actor) == uid(&object))
        };
        // One pass at a time works on an object; and who waits for a provider may hold what others wait for.
        if self.suspended.iter().any(blocked) {
            return self.resume().await;
        }
        let pass = self.begin(key.clone(), object, old, edge);
        let struck = self.drive(pass).await;
        if let Some(ghost) = ghost {
            self.leader.engine.forget(&ghost.as_str().into());
        }
        let Some(struck) = struck else { return };
        if crashes {
            drop(struck);
            return self.restart("operator crashes in the pass").await;
        }
        self.stage.story.tell("    and is suspended");
        self.suspended.push(struck);
        // This one request is slow; or the whole process is stopped, and the next one begins where it was.
        if self.rng.bool() {
            self.hand_over().await;
            if let Some(object) = self.stage.server.get(&key) {
                let pass = self.begin(key, object, None, None);
                self.drive(pass).await;
            }
        }
    }

    /// The leader's pass over an object, as it is or as an old cache has it, to be struck at an edge.
    fn begin(&self, key: Key, object: Value, old: Option<Value>, edge: Option<u64>) -> Suspended {
        let fresh = old.is_none();
        self.stage.story.tell(format!("  pass over {}{}", key.2, if fresh { "" } else { ", as it was" }));
        let future = self.leader.pass(old.as_ref().unwrap_or(&object));
        let (process, strike) = (self.leader.clone(), Strike::at(edge));
        Suspended { process, key, actor: object, fresh, at_provider: false, strike, future }
    }

    /// Runs a pass, or lets it go on; it comes back if it is struck.
    async fn drive(&mut self, mut pass: Suspended) -> Option<Suspended> {
        let driven = self.stage.strikes.drive(self.stage.simulator, &pass.strike, &mut pass.future).await;
        let now = self.stage.server.get(&pass.key).filter(|now| uid(now) == uid(&pass.actor));
        let actor = now.clone().unwrap_or(pass.actor.clone());
        self.promises.look(&self.stage, Some(&actor)).await;
        match driven {
            Drive::Struck { at_provider } => {
                pass.at_provider = at_provider;
                return Some(pass);
            }
            Drive::Done(Ok(_)) => {
                let word = now.as_ref().map(|now| now["status"]["conditions"][0]["reason"].clone());
                self.stage.story.tell(format!("    done: {}", word.unwrap_or_default()));
                match now {
                    Some(now) if pass.fresh => self.promises.tells_the_truth(&self.stage, &now),
                    Some(_) => {}
                    // As the watch would tell it.
                    None => pass.process.engine.forget(&uid(&pass.actor).into()),
                }
            }
            Drive::Done(Err(error)) => {
                self.stage.story.tell(format!("    {error}"));
                let object = serde_json::from_value(pass.actor).unwrap();
                pass.process.engine.after_error(&object, &error);
            }
        }
        None
    }

    /// A pass that was suspended goes on, whoever leads by now.
    async fn resume(&mut self) {
        if self.suspended.is_empty() {
            return;
        }
        let pass = self.suspended.swap_remove(self.rng.usize(0..self.suspended.len()));
        self.stage.story.tell(format!("  the pass over {} goes on", pass.key.2));
        // A strike is used up: it comes to its end.
        self.drive(pass).await;
    }

    async fn look_at_accounts(&mut self) {
        for namespace in NAMESPACES {
            if self.suspended.iter().any(|held| held.at_provider && Arc::ptr_eq(&held.process, &self.leader)) {
                return;
            }
            self.stage.story.tell(format!("  a look at the account in {namespace}"));
            let looked = self.leader.look_at_account(&self.stage, namespace).await;
            self.stage.story.tell(format!("    {looked:?}"));
        }
    }

    /// The process ends, with all that it had under way and in memory; the next has its name, or another one.
    async fn restart(&mut self, why: &str) {
        self.suspended.retain(|held| !Arc::ptr_eq(&held.process, &self.leader));
        let identity = if self.rng.bool() { self.leader.identity.clone() } else { self.another() };
        self.stage.story.tell(format!("  {why}; {identity} leads"));
        if identity != self.leader.identity {
            self.advance(LEASE).await;
        }
        self.leader = Arc::new(Process::new(&self.stage, identity));
        self.leader.take_over(&self.stage).await;
    }

    /// The leader doesn't renew its lease: stopped, it may go on later.
    async fn hand_over(&mut self) {
        let identity = self.another();
        self.stage.story.tell(format!("  {} is stopped; {identity} leads", self.leader.identity));
        self.advance(LEASE).await;
        let next = Arc::new(Process::new(&self.stage, identity));
        self.former.push(std::mem::replace(&mut self.leader, next));
        self.leader.take_over(&self.stage).await;
    }

    fn another(&mut self) -> String {
        self.processes += 1;
        format!("operator-{}", self.processes)
    }

    async fn time_passes(&mut self) {
        let seconds = Duration::from_secs;
        let by = match self.rng.u8(0..16) {
            0..6 => seconds(self.rng.u64(1..=30)),
            6..10 => POLL,
            10..15 => SETTLE + seconds(1),
            _ => WEEKS,
        };
        self.advance(by).await;
    }

    async fn advance(&mut self, by: Duration) {
        self.stage.story.tell(format!("  {} s pass", by.as_secs()));
        let waiting = self.suspended.iter().map(|held| &held.process);
        let mut processes: Vec<&Arc<Process>> = waiting.chain(&self.former).chain([&self.leader]).collect();
        processes.sort_by_key(|process| Arc::as_ptr(process));
        processes.dedup_by(|one, other| Arc::ptr_eq(one, other));
        processes.iter().for_each(|process| process.clock.advance(by));
        self.stage.advance(by).await;
        // What acts later acts for who sent it.
        self.promises.look(&self.stage, None).await;
        self.leader.lead(&self.stage);
    }

    /// From here on nothing goes wrong any more: what comes of it?
    async fn settle(&mut self) {
        self.stage.story.tell("  from here on nothing goes wrong any more");
        trouble::over(&self.stage).await;
        people::calm_down(&self.stage, &self.promises).await;
        self.promises.look_at_provider(&self.stage).await;
        while !self.suspended.is_empty() {
            self.resume().await;
        }
        let mut at_rest_since = 0;
        for round in 0..ROUNDS {
            if round % 8 == 0 {
                self.look_at_accounts().await;
            }
            for (key, object) in self.stage.interconnects() {
                let pass = self.begin(key, object, None, None);
                self.drive(pass).await;
            }
            if self.promises.broken.is_some() {
                return;
            }
            let restless = self.stage.interconnects().iter().find_map(|(_, object)| at_rest(object).err());
            at_rest_since = if restless.is_none() { at_rest_since + 1 } else { 0 };
            if at_rest_since == 2 {
                return;
            }
            if let Some(restless) = restless.filter(|_| round + 1 == ROUNDS) {
                self.promises.broken = Some(restless);
            }
            self.advance(if round % 8 == 0 { WEEKS } else { POLL }).await;
        }
    }
}
