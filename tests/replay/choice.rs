//! Which of the things that can happen next does.

use fastrand::Rng;
use interconnect_model::shell::Outcome;
use interconnect_model::walk::{Event, Walk};
use interconnect_model::world::World;

/// Picks an event: those that lead somewhere more often than those after which little is left to happen. None: the path
/// ends here.
pub fn choose(walk: &Walk, world: &World, rng: &mut Rng) -> Option<Event> {
    let mut taken = Vec::new();
    walk.all(world, &mut taken);
    taken.retain(|taken| playable(world, &taken.after));
    let events: Vec<Event> = taken.into_iter().map(|taken| taken.event).collect();
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
