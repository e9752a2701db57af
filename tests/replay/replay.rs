//! One path, event by event: first in the real world, then in the model, then both are compared.

use std::collections::BTreeMap;
use std::fmt;

use fastrand::Rng;
use interconnect_model::mutants::Mutant;
use interconnect_model::shell::{Outcome, Shell};
use interconnect_model::walk::{Event, Walk};
use interconnect_model::world::{Bounds, Circuit, Left, SETTLE, World};
use interconnect_operator::lifecycle::decide::Step;
use kube::{Client, ResourceExt};
use serde_json::json;

use crate::choice::{choose, playable};
use crate::scenarios::SCENARIOS;
use crate::stage::Stage;
use crate::{strikes, words};

/// Events before the fair continuation.
const LENGTH: usize = 60;
/// Rounds, each of one poll interval, within which the fair continuation must come to rest.
const ROUNDS: usize = 24;

/// What happened, and how the real thing differs from the model, if it does.
pub struct Story {
    pub seed: u64,
    /// What happened how often.
    pub tally: BTreeMap<String, usize>,
    pub differs: Option<String>,
    lines: Vec<String>,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "REPLAY_SEED={}, {}", self.seed, self.lines.join("\n  "))?;
        write!(f, "{}", self.differs.as_deref().unwrap_or("the real thing does as the model says"))
    }
}

pub struct Replay {
    bounds: &'static Bounds,
    mutant: Option<Mutant>,
    walk: Walk,
    world: World,
    stage: Stage,
    rng: Rng,
    story: Story,
    /// Circuits that the operators ended, in the model.
    ended: usize,
}

impl Replay {
    /// The path of this seed, and the world at its begin.
    pub async fn begin(client: Client, seed: u64, mutant: Option<Mutant>) -> Self {
        let bounds = &SCENARIOS[seed as usize % SCENARIOS.len()];
        let walk = Walk::new(bounds, mutant);
        let namespace = format!("replay-{seed}-{:08x}", fastrand::u32(..));
        let stage = Stage::set(client, namespace, bounds).await;
        let world = walk.first();
        let story = Story { seed, tally: BTreeMap::new(), differs: None, lines: vec![bounds.name.into()] };
        Self { bounds, mutant, walk, world, stage, rng: Rng::with_seed(seed), story, ended: 0 }
    }

    pub async fn live_out(mut self) -> Story {
        self.story.differs = self.play().await.err();
        self.story
    }

    async fn play(&mut self) -> Result<(), String> {
        for _ in 0..LENGTH {
            let Some(event) = choose(&self.walk, &self.world, &mut self.rng) else { break };
            self.happens(event).await?;
        }
        match self.world.broken {
            Some(broken) if self.mutant.is_none() => Err(format!("the model breaks its promise: {broken}")),
            _ => self.continue_fairly().await,
        }
    }

    /// From here on nothing goes wrong any more, as in the walk's `continues_well`.
    async fn continue_fairly(&mut self) -> Result<(), String> {
        self.tell("from here on nothing goes wrong");
        self.world.left = Left { ticks: u8::MAX, ..Left::default() };
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            while !self.world.late.is_empty() {
                if !playable(&self.world, &self.walk.after(&self.world, &Event::LateActs(0))) {
                    return Ok(());
                }
                self.happens(Event::LateActs(0)).await?;
            }
            for at in 0..self.world.circuits.len() {
                if self.world.circuits[at].live && self.world.circuits[at].ending {
                    self.happens(Event::Ends(at)).await?;
                }
            }
            let before = (self.world.objects.clone(), self.world.circuits.clone());
            for name in 0..self.world.objects.len() {
                self.whole_pass(name).await?;
            }
            quiet = if before == (self.world.objects.clone(), self.world.circuits.clone()) { quiet + 1 } else { 0 };
            if quiet > usize::from(SETTLE) + 2 {
                return Ok(());
            }
            self.happens(Event::Tick).await?;
        }
        Err("the model never comes to rest".into())
    }

    async fn whole_pass(&mut self, name: usize) -> Result<(), String> {
        let operator = self.world.leader;
        if self.world.objects[name].is_some() && self.world.operators[operator].passes[name].is_none() {
            self.happens(Event::Begin { operator, name, old: false }).await?;
        }
        while self.world.operators[operator].passes[name].is_some() {
            self.happens(Event::Step { operator, name, outcome: Outcome::Fine }).await?;
        }
        Ok(())
    }

    async fn happens(&mut self, event: Event) -> Result<(), String> {
        let after = self.walk.after(&self.world, &event);
        match &event {
            Event::Begin { operator, name, old } => {
                self.tell(&format!("{event:?}"));
                let objects = if *old { &self.stage.before } else { &self.stage.objects };
                let seen = objects[*name].clone().ok_or("no such object in the real world")?;
                self.stage.processes[*operator].begin(*name, seen);
            }
            Event::Step { operator, name, outcome } => self.step(*operator, *name, *outcome, &after).await?,
            _ => {
                self.count(first_word(&format!("{event:?}")));
                self.tell(&format!("{event:?}"));
                self.stage.happens(&event, &after).await;
            }
        }
        if matches!(event, Event::Step { .. } | Event::LateActs(_)) {
            let ends = |(before, after): &(&Circuit, &Circuit)| before.live && !after.live;
            self.ended += self.world.circuits.iter().zip(&after.circuits).filter(ends).count();
        }
        self.world = after;
        self.compare().await
    }

    /// Both must be at the same step; then the outcome's faults strike what it sends.
    async fn step(&mut self, operator: usize, name: usize, outcome: Outcome, after: &World) -> Result<(), String> {
        let Some(pass) = self.world.operators[operator].passes[name].clone() else { return Ok(()) };
        let shell = Shell { bounds: self.bounds, mutant: self.mutant };
        let step = shell.next(&self.world, operator, &pass);
        let said = words::step(&step, ToOwned::to_owned);
        let Some(real) = self.stage.processes[operator].next(name) else { return Err("no such pass".into()) };
        let real_said = words::step(&real, |id| self.stage.number(id));
        self.count(&format!("{} {outcome:?}", first_word(&said)));
        let rules = strikes::rules(&self.world, &pass, &step, outcome, &mut self.rng);
        self.tell(&format!("operator {operator}, object {name}: {said}: {outcome:?} {}", json!(rules)));
        if said != real_said {
            return Err(format!("the model's next step:\n  {said}\nthe real one:\n  {real_said}\n  {real:?}"));
        }
        let uid = self.stage.objects[name].as_ref().and_then(ResourceExt::uid).unwrap_or_default();
        let mutates = matches!(step, Step::Create | Step::Delete(_));
        self.stage.strike(&rules).await;
        let lost = outcome == Outcome::Lost && !mutates;
        let wrote = self.stage.processes[operator].take(name, &uid, real, lost).await;
        self.stage.strike(&[]).await;
        if outcome == Outcome::Conflict && after.circuits.len() > self.world.circuits.len() {
            self.stage.order_by_hand(pass.view.slot).await;
        }
        if after.late.len() > self.world.late.len() {
            self.stage.hold_back().await;
        }
        if wrote {
            self.stage.look(name).await;
        }
        Ok(())
    }

    /// Whether both worlds are alike.
    async fn compare(&mut self) -> Result<(), String> {
        let there = self.stage.number_circuits().await;
        for (name, (object, real)) in self.world.objects.iter().zip(&self.stage.objects).enumerate() {
            let object = object.as_ref().map_or("gone".into(), words::of_model);
            let real = real.as_ref().map_or("gone".into(), |real| words::of_real(real, |id| self.stage.number(id)));
            alike(&format!("object {name}"), &object, &real)?;
            for (at, operator) in self.world.operators.iter().enumerate() {
                let under_way = (operator.passes[name].is_some(), self.stage.processes[at].next(name).is_some());
                alike(&format!("a pass of operator {at} over object {name}"), &under_way.0, &under_way.1)?;
            }
        }
        let live = self.world.circuits.iter().filter(|circuit| circuit.live);
        alike("circuits upstream", &live.map(|circuit| circuit.id.to_string()).collect(), &there)?;
        let ordered = self.world.circuits.iter().filter(|circuit| circuit.made_by.is_some()).count();
        alike("creates and deletes that took effect", &(ordered, self.ended), &self.stage.ledger().await)
    }

    fn count(&mut self, what: &str) {
        *self.story.tally.entry(what.into()).or_default() += 1;
    }

    fn tell(&mut self, line: &str) {
        self.story.lines.push(line.into());
    }
}

fn first_word(text: &str) -> &str {
    text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default()
}

fn alike<T: PartialEq + fmt::Debug>(what: &str, model: &T, real: &T) -> Result<(), String> {
    if model == real {
        Ok(())
    } else {
        Err(format!("{what}, in the model:\n  {model:?}\nin the real world:\n  {real:?}"))
    }
}
