//! What is replayed: the scenarios of the walk that the simulator can play, with wider bounds, since few of their paths
//! are taken. Left out are `keyed` and `blind` ones: Cloudflare keeps no key, and tells of a slot that it is taken even
//! if no list shows by what.

use interconnect_model::world::Bounds;

const Q: Bounds = Bounds { words: true, ..Bounds::QUIET };

pub const SCENARIOS: &[Bounds] = &[
    Bounds { name: "one object, crashes and faults", crashes: 2, faults: 4, ticks: 8, ..Q },
    Bounds { name: "answers and changes", crashes: 1, faults: 2, ticks: 6, answers: 2, edits: 1, pokes: 2, ..Q },
    Bounds { name: "an account's first order", search_proven: false, crashes: 1, faults: 2, ticks: 8, answers: 2, ..Q },
    Bounds { name: "two objects, one slot", wishes: &[1, 1], crashes: 1, faults: 2, ticks: 5, deletions: 2, ..Q },
    Bounds { name: "an id is named", wishes: &[1, 2], imports: 2, faults: 2, ticks: 5, answers: 1, ..Q },
    Bounds { name: "two operators", operators: 2, ticks: 6, handovers: 3, stale_reads: 2, pokes: 1, ..Q },
    Bounds { name: "two operators and faults", operators: 2, crashes: 1, faults: 3, ticks: 5, handovers: 2, ..Q },
    Bounds { name: "a copy", copies: 1, crashes: 1, faults: 2, ticks: 4, deletions: 2, ..Q },
    Bounds { name: "made again after Retain", remakes: 1, crashes: 1, faults: 1, ticks: 6, retain: true, ..Q },
    Bounds { name: "restored from a backup", restores: 1, crashes: 1, faults: 2, ticks: 6, answers: 1, ..Q },
    Bounds { name: "the outside world acts", outside: 2, crashes: 1, faults: 2, ticks: 6, answers: 1, ..Q },
    Bounds { name: "approval", approval: true, copies: 1, faults: 1, ticks: 3, answers: 2, deletions: 2, ..Q },
];
