//! The walk: everything that can happen next, in every state; and the fair continuation.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex};

use foldhash::quality::FixedState;
use interconnect_operator::lifecycle::decide::Step;
use smallvec::smallvec;
use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::mutants::Mutant;
use crate::shell::{Outcome, Shell, outcomes};
use crate::world::{Bounds, Digest, Few, LAG, Late, Object, Operator, World};

/// One scenario, perhaps with a mutant.
#[derive(Clone)]
pub struct Walk {
    bounds: Bounds,
    mutant: Option<Mutant>,
    /// Worlds from which the fair continuation is known to settle or stall, by hash.
    good: Arc<Mutex<HashSet<u64>>>,
}

/// Something that happens.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub enum Event {
    Begin { operator: usize, name: usize, old: bool },
    Step { operator: usize, name: usize, outcome: Outcome },
    Crash(usize),
    Handover,
    Tick,
    LateActs(usize),
    Ends(usize),
    Delete(usize),
    Answer(usize),
    Import(usize, u8),
    Approve(usize),
    Edit(usize),
    Poke(usize),
    Restore { name: usize, status: bool, marks: bool },
    Copy,
    Remake(usize),
    OutsideOrders(u8),
    OutsideEnds(usize),
}

/// Something that happens, and the world after it: a step's outcomes share what led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    pub event: Event,
    pub after: World,
}

/// What came of a walk.
pub struct Checked {
    pub states: usize,
    pub transitions: usize,
    pub depth: usize,
    pub broken: Option<&'static str>,
    pub counterexample: Option<String>,
}

const SAFE: &str = "the promise holds";
const SETTLES: &str = "the fair continuation settles or stalls";
/// Rounds, each of one poll interval, within which the fair continuation must come to rest.
const ROUNDS: usize = 24;

impl Walk {
    /// A scenario, perhaps with a mutant.
    pub fn new(bounds: &Bounds, mutant: Option<Mutant>) -> Self {
        Self { bounds: bounds.clone(), mutant, good: Arc::default() }
    }

    fn shell(&self) -> Shell<'_> {
        Shell { bounds: &self.bounds, mutant: self.mutant }
    }

    /// Walks the whole scenario, or to the first broken promise.
    pub fn check(self) -> Checked {
        let checker = self.clone().checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        let found = checker.discoveries().into_iter().next();
        let told = found.map(|(property, path)| {
            let last = path.last_state().clone();
            let twice = (!once_by_name(&last)).then_some("ordered again under the same name");
            let broken = last.broken.or(twice).or(self.continues_well(&last).err()).unwrap_or(property);
            let steps: Vec<String> = path.into_actions().iter().map(|taken| format!("  {:?}", taken.event)).collect();
            (broken, format!("{broken}, after\n{}\nin\n{last:#?}", steps.join("\n")))
        });
        let (broken, counterexample) = told.unzip();
        Checked {
            states: checker.unique_state_count(),
            transitions: checker.state_count(),
            depth: checker.max_depth(),
            broken,
            counterexample,
        }
    }

    /// The world at the begin.
    pub fn first(&self) -> World {
        let mut world = World::new(&self.bounds);
        (0..world.operators.len()).for_each(|operator| self.restart(&mut world, operator));
        world
    }

    /// Everything that can happen next.
    pub fn all(&self, world: &World, taken: &mut Vec<Taken>) {
        if world.broken.is_some() {
            return;
        }
        self.steps(world, taken);
        let mut events = Vec::new();
        self.people(world, &mut events);
        self.outside(world, &mut events);
        taken.extend(events.into_iter().map(|event| Taken { after: self.after(world, &event), event }));
    }

    /// The world after this.
    pub fn after(&self, world: &World, event: &Event) -> World {
        let mut after = world.clone();
        self.happen(&mut after, event);
        after.normalize();
        after
    }

    fn steps(&self, world: &World, taken: &mut Vec<Taken>) {
        let told = world.operators.iter().position(Operator::knows_of_conflict);
        for operator in (0..world.operators.len()).filter(|operator| told.is_none_or(|told| told == *operator)) {
            for name in 0..world.objects.len() {
                match &world.operators[operator].passes[name] {
                    Some(pass) => {
                        let step = self.shell().next(world, operator, pass);
                        taken.extend(outcomes(&step, world.left.faults > 0).map(|outcome| {
                            let mut after = world.clone();
                            self.step(&mut after, operator, name, &step, outcome);
                            after.normalize();
                            Taken { event: Event::Step { operator, name, outcome }, after }
                        }));
                    }
                    None if world.leader == operator && world.objects[name].is_some() => {
                        let mut begin = |old| {
                            let event = Event::Begin { operator, name, old };
                            taken.push(Taken { after: self.after(world, &event), event });
                        };
                        begin(false);
                        if world.left.stale_reads > 0 && world.before[name].is_some() {
                            begin(true);
                        }
                    }
                    None => {}
                }
            }
        }
    }

    fn step(&self, world: &mut World, operator: usize, name: usize, step: &Step, outcome: Outcome) {
        world.left.faults -= u8::from(outcome != Outcome::Fine);
        self.shell().take(world, operator, name, step, outcome);
    }

    fn people(&self, world: &World, events: &mut Vec<Event>) {
        let left = &world.left;
        for (name, object) in world.objects.iter().enumerate() {
            let Some(object) = object else {
                // What was ordered just before shows in no list that lags: known, and said in docs/safety.md (S4).
                let shown = world.circuits.iter().all(|circuit| circuit.since + LAG <= world.now);
                if left.remakes > 0 && shown && world.before[name].is_some() {
                    events.push(Event::Remake(name));
                }
                continue;
            };
            if left.deletions > 0 && !object.deleting {
                events.push(Event::Delete(name));
            }
            if left.answers > 0 && honest_answer(world, object) {
                events.push(Event::Answer(name));
            }
            if left.imports > 0 && object.marked.is_none() && object.status.stalled.is_some() {
                let live = world.circuits.iter().filter(|circuit| circuit.live);
                events.extend(live.map(|circuit| Event::Import(name, circuit.id)));
            }
            if left.answers > 0 && self.bounds.approval && object.status.plan.is_some() && object.approved.is_none() {
                events.push(Event::Approve(name));
            }
            if left.edits > 0 && !object.frozen() {
                events.push(Event::Edit(name));
            }
            if left.pokes > 0 {
                events.push(Event::Poke(name));
            }
            if left.restores > 0 {
                for (status, marks) in [(true, false), (false, true), (true, true)] {
                    events.push(Event::Restore { name, status, marks });
                }
            }
        }
        let room =
            world.objects.last().is_some_and(Option::is_none) && world.before.last().is_some_and(Option::is_none);
        if left.copies > 0 && room && world.objects[0].is_some() {
            events.push(Event::Copy);
        }
    }

    fn outside(&self, world: &World, events: &mut Vec<Event>) {
        // Time passes only when nothing that must have happened by now is still to come.
        if world.left.ticks > 0 && world.late.iter().all(|late| late.until() > world.now) {
            events.push(Event::Tick);
        }
        events.extend((0..world.late.len()).map(Event::LateActs));
        let ending = world.circuits.iter().enumerate().filter(|(_, circuit)| circuit.live && circuit.ending);
        events.extend(ending.map(|(at, _)| Event::Ends(at)));
        if world.left.crashes > 0 {
            // What a crash between a 409 and its record does is known and said in docs/safety.md (S5): without a key,
            // nobody can tell whose circuit stands on the slot then.
            let tells = |operator: &usize| !world.operators[*operator].knows_of_conflict();
            events.extend((0..world.operators.len()).filter(tells).map(Event::Crash));
        }
        if world.left.handovers > 0 && !world.operators.iter().any(Operator::knows_of_conflict) {
            events.push(Event::Handover);
        }
        if world.left.outside > 0 {
            let slot = self.bounds.wishes[0];
            let wanted = world.objects.iter().flatten().any(|object| world.unsure.contains(&object.uid));
            // Somebody who takes the slot between a search and its order, which then is lost, can't be told from it:
            // known, and said in docs/safety.md.
            let searched = world.operators.iter().flat_map(|operator| operator.passes.iter().flatten());
            let about_to_order = searched.filter(|pass| pass.search.is_some()).count() > 0;
            if !wanted && !about_to_order && !world.circuits.iter().any(|circuit| circuit.live && circuit.slot == slot)
            {
                events.push(Event::OutsideOrders(slot));
            }
            let live = world.circuits.iter().enumerate().filter(|(_, circuit)| circuit.live);
            events.extend(live.map(|(at, _)| Event::OutsideEnds(at)));
        }
    }

    fn happen(&self, world: &mut World, event: &Event) {
        match event {
            Event::Begin { operator, name, old } => {
                world.left.stale_reads -= u8::from(*old);
                self.shell().begin(world, *operator, *name, *old);
            }
            Event::Step { operator, name, outcome } => {
                if let Some(pass) = &world.operators[*operator].passes[*name] {
                    let step = self.shell().next(world, *operator, pass);
                    self.step(world, *operator, *name, &step, *outcome);
                }
            }
            Event::Crash(operator) => {
                world.left.crashes -= 1;
                self.restart(world, *operator);
            }
            Event::Handover => {
                world.left.handovers -= 1;
                world.leader = (world.leader + 1) % world.operators.len();
                // Who takes over fills its claims from all objects first.
                let leader = world.leader;
                self.fill_claims(world, leader);
            }
            Event::Tick => {
                world.left.ticks -= 1;
                world.now += 1;
            }
            Event::LateActs(at) => late_acts(world, *at),
            Event::Ends(at) => world.circuits[*at].live = false,
            Event::OutsideOrders(slot) => {
                world.left.outside -= 1;
                world.make(*slot, None, u8::MAX);
            }
            Event::OutsideEnds(at) => {
                world.left.outside -= 1;
                world.circuits[*at].live = false;
            }
            Event::Delete(name) => {
                world.left.deletions -= 1;
                change(world, *name, |object| object.deleting = true);
            }
            Event::Copy => copy(world),
            Event::Remake(name) => {
                world.left.remakes -= 1;
                let object = Object::new(*name as u8, world.next_uid, self.bounds.wishes[*name]);
                world.next_uid += 1;
                (world.objects[*name], world.before[*name]) = (Some(object), None);
            }
            _ => self.person_acts(world, event),
        }
    }

    fn person_acts(&self, world: &mut World, event: &Event) {
        match event {
            Event::Answer(name) => {
                world.left.answers -= 1;
                change(world, *name, |object| object.answer = Some((object.uid, object.asked_attempt())));
            }
            Event::Import(name, id) => {
                world.left.imports -= 1;
                change(world, *name, |object| object.marked = Some(*id));
            }
            Event::Approve(name) => {
                world.left.answers -= 1;
                let object = world.objects[*name].clone().unwrap();
                world.consented.push((object.uid, Digest::of(&object)));
                change(world, *name, |object| object.approved = object.status.plan);
            }
            Event::Edit(name) => {
                world.left.edits -= 1;
                change(world, *name, |object| {
                    (object.slot, object.generation) = (object.slot + 1, object.generation + 1)
                });
            }
            Event::Poke(name) => {
                world.left.pokes -= 1;
                change(world, *name, |object| object.asked += 1);
            }
            Event::Restore { name, status, marks } => {
                world.left.restores -= 1;
                change(world, *name, |object| {
                    if *status {
                        object.status = Default::default();
                    }
                    if *marks {
                        (object.marked, object.owner, object.answer) = (None, None, None);
                    }
                });
            }
            _ => unreachable!("{event:?} is no person's act"),
        }
    }

    /// A process begins anew: it remembers nothing and knows all objects.
    fn restart(&self, world: &mut World, operator: usize) {
        let names = world.objects.len();
        world.operators[operator] = Default::default();
        world.operators[operator].passes = smallvec![None; names];
        self.fill_claims(world, operator);
    }

    fn fill_claims(&self, world: &mut World, operator: usize) {
        let mut known: Few<u8> = world.objects.iter().flatten().map(|object| object.uid).collect();
        known.sort_unstable();
        world.operators[operator].known = known;
    }

    /// From here on nothing goes wrong any more: what comes of it?
    fn continues_well(&self, world: &World) -> Result<(), &'static str> {
        let mut world = world.clone();
        let mut passed = Vec::new();
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            while !world.late.is_empty() {
                late_acts(&mut world, 0);
            }
            world.circuits.iter_mut().filter(|circuit| circuit.ending).for_each(|circuit| circuit.live = false);
            world.make_timeless();
            let before = (world.objects.clone(), world.circuits.clone());
            let mut wrote = false;
            for name in 0..world.objects.len() {
                match self.whole_pass(&mut world, name, &mut passed)? {
                    Passed::OnGoodGround => {
                        self.good.lock().unwrap().extend(passed);
                        return Ok(());
                    }
                    Passed::Here { has_written } => wrote |= has_written,
                }
            }
            if let Some(broken) = world.broken {
                return Err(broken);
            }
            quiet = if !wrote && before == (world.objects.clone(), world.circuits.clone()) { quiet + 1 } else { 0 };
            if quiet > usize::from(crate::world::SETTLE) + 2 {
                settled(&world, self.bounds.approval)?;
                self.good.lock().unwrap().extend(passed);
                return Ok(());
            }
            world.now += 1;
        }
        Err("never comes to rest")
    }

    /// Takes a pass to its end. The continuation is one and the same from the same world on: where it comes to one that
    /// was found good before, it need not be walked again.
    fn whole_pass(&self, world: &mut World, name: usize, passed: &mut Vec<u64>) -> Result<Passed, &'static str> {
        let leader = world.leader;
        let mut known = |world: &World| {
            let ground = FixedState::default().hash_one((name, world));
            passed.push(ground);
            self.good.lock().unwrap().contains(&ground)
        };
        if world.operators[leader].passes[name].is_none() && world.objects[name].is_some() {
            if known(world) {
                return Ok(Passed::OnGoodGround);
            }
            self.shell().begin(world, leader, name, false);
        }
        let mut has_written = false;
        for _ in 0..60 {
            let Some(pass) = &world.operators[leader].passes[name] else { return Ok(Passed::Here { has_written }) };
            if known(world) {
                return Ok(Passed::OnGoodGround);
            }
            let step = self.shell().next(world, leader, pass);
            self.shell().take(world, leader, name, &step, Outcome::Fine);
            // Each write counts the version on, which is 1 in a normalized world.
            has_written |= world.objects.iter().flatten().any(|object| object.version != 1);
            world.normalize();
            if matches!(step, Step::WriteStatus(_) | Step::Requeue(_) | Step::RemoveFinalizer(_)) {
                return Ok(Passed::Here { has_written });
            }
        }
        Err("a pass without end")
    }
}

/// How far a pass of the fair continuation was walked.
enum Passed {
    /// To a world that is known to continue well.
    OnGoodGround,
    /// To its end.
    Here { has_written: bool },
}

impl Model for Walk {
    type State = World;
    type Action = Taken;

    fn init_states(&self) -> Vec<World> {
        vec![self.first()]
    }

    fn actions(&self, world: &World, taken: &mut Vec<Taken>) {
        self.all(world, taken);
    }

    fn next_state(&self, _: &World, taken: Taken) -> Option<World> {
        Some(taken.after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let settles = |walk: &Walk, world: &World| walk.mutant.is_some() || walk.continues_well(world).is_ok();
        vec![
            Property::always(SAFE, |_, world: &World| world.broken.is_none() && once_by_name(world)),
            Property::always(SETTLES, settles),
        ]
    }
}

/// Objects of one name that were made one after the other order once, unless a person said that they must again.
fn once_by_name(world: &World) -> bool {
    world.objects.iter().flatten().all(|object| {
        let answered = object.status.creation.as_ref().is_some_and(|creation| creation.attempt > 1);
        let ordered = world
            .circuits
            .iter()
            .filter(|circuit| circuit.live && circuit.name == object.name && circuit.made_by.is_some());
        answered || ordered.count() <= 1
    })
}

/// A person answers after having looked, asked or not.
fn honest_answer(world: &World, object: &Object) -> bool {
    let anew = object.answer != Some((object.uid, object.asked_attempt()));
    anew && world.live_of(object.uid).next().is_none() && world.late.is_empty()
}

/// Whether all that is left is as it should be.
fn settled(world: &World, approval: bool) -> Result<(), &'static str> {
    for object in world.objects.iter().flatten() {
        let status = &object.status;
        let asked = status.stalled.is_some() || (approval && status.plan.is_some() && object.marked.is_none());
        let holds = object.marked.and_then(|id| world.circuit(id)).is_some();
        let ready = holds && status.ready == Some(true);
        if !asked && (object.deleting || !ready) {
            return Err(if object.deleting { "neither gone nor stalled" } else { "neither Ready nor stalled" });
        }
    }
    Ok(())
}

fn change(world: &mut World, name: usize, change: impl FnOnce(&mut Object)) {
    let Some(mut object) = world.objects[name].clone() else { return };
    change(&mut object);
    world.write(object, true);
}

fn copy(world: &mut World) {
    world.left.copies -= 1;
    let name = world.objects.len() - 1;
    let Some(original) = world.objects[0].clone() else { return };
    let mut copy = Object::new(name as u8, world.next_uid, original.slot);
    (copy.marked, copy.owner, copy.approved) = (original.marked, original.owner, original.approved);
    copy.answer = original.answer;
    world.next_uid += 1;
    world.objects[name] = Some(copy);
}

fn late_acts(world: &mut World, at: usize) {
    match world.late.remove(at) {
        Late::Create { slot, by, name, .. } => drop(world.make(slot, Some(by), name)),
        Late::Delete { id, by, .. } => {
            let mut on_behalf = Object::new(0, by, 0);
            (on_behalf.owner, on_behalf.marked) = (Some(by), Some(id));
            world.end(id, &on_behalf, false);
        }
    }
}

/// A line of the table.
pub fn report(bounds: &Bounds, checked: &Checked) -> String {
    let limits = [
        ("operators", bounds.operators as u8),
        ("crashes", bounds.crashes),
        ("faults", bounds.faults),
        ("ticks", bounds.ticks),
        ("deletions", bounds.deletions),
        ("answers", bounds.answers),
        ("imports", bounds.imports),
        ("edits", bounds.edits),
        ("pokes", bounds.pokes),
        ("handovers", bounds.handovers),
        ("stale reads", bounds.stale_reads),
        ("restores", bounds.restores),
        ("copies", bounds.copies),
        ("remakes", bounds.remakes),
        ("outside", bounds.outside),
    ];
    let limits: Vec<String> =
        limits.iter().filter(|(_, most)| *most > 0).map(|(name, most)| format!("{name} {most}")).collect();
    format!(
        "{:<40} {:>10} {:>12} {:>6}  {}",
        bounds.name,
        checked.states,
        checked.transitions,
        checked.depth,
        limits.join(", ")
    )
}
