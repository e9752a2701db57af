//! Which of the things that can happen next does.

use fastrand::Rng;
use stateright::Model;

use crate::shell::Outcome;
use crate::walk::{Event, Walk};
use crate::world::World;

/// Picks an event: those that lead somewhere more often than those after which little is left to happen. None: the path
/// ends here.
pub fn choose(walk: &Walk, world: &World, rng: &mut Rng) -> Option<Event> {
    let mut events = Vec::new();
    walk.actions(world, &mut events);
    events.retain(|event| playable(world, &after(walk, world, event)));
    let total: u32 = events.iter().map(weight).sum();
    if total == 0 {
        return None;
    }
    let mut left = rng.u32(0..total);
    events.into_iter().find(|event| {
        let here = left < weight(event);
        left = left.saturating_sub(weight(event));
        here
    })
}

/// The world after this.
pub fn after(walk: &Walk, world: &World, event: &Event) -> World {
    walk.next_state(world, event.clone()).expect("every event leads on")
}

/// The model's provider puts a second circuit where one is, so that each order too many shows; a real one refuses.
pub fn playable(world: &World, after: &World) -> bool {
    let made = &after.circuits[world.circuits.len()..];
    made.iter().all(|new| !world.circuits.iter().any(|circuit| circuit.live && circuit.slot == new.slot))
}

fn weight(event: &Event) -> u32 {
    match event {
        Event::Step { outcome: Outcome::Fine, .. } => 40,
        Event::Begin { old: false, .. } => 16,
        Event::Begin { old: true, .. } | Event::Approve(_) | Event::Answer(_) | Event::Remake(_) => 10,
        Event::Step { .. } | Event::Tick | Event::Copy | Event::LateActs(_) => 5,
        Event::Ends(_) | Event::Handover | Event::Import(..) | Event::Poke(_) => 4,
        Event::Crash(_) | Event::Edit(_) | Event::OutsideOrders(_) => 2,
        Event::Delete(_) | Event::Restore { .. } | Event::OutsideEnds(_) => 1,
    }
}
