//! The world that the walk explores: an API server with objects, a provider with circuits, operators with what they
//! remember, and everything that can go wrong between them. Times count units of one poll interval.

use std::fmt::{self, Debug, Display, Formatter};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::ParseIntError;
use std::str::FromStr;

use interconnect_operator::api::conditions::Cause;
use interconnect_operator::base::digest::fingerprint;
use interconnect_operator::lifecycle::decide::facts::Refusal;
use interconnect_operator::lifecycle::decide::verdict::Verdict;
use smallvec::{SmallVec, smallvec};

/// Uids, circuits and slots are small numbers.
pub type Uid = u8;
pub type Id = u8;
pub type Slot = u8;
pub type Time = u8;

/// The settle time, in poll intervals: a lost request acts, and lists show what it did, before that is over.
pub const SETTLE: Time = 2;
/// How long a list may not show what is new.
pub const LAG: Time = SETTLE - 1;

/// Worlds are copied by the million: what is short in all of them stands in them, and not elsewhere in memory.
pub type Few<T> = SmallVec<[T; 2]>;

/// What a scenario allows on one path.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub name: &'static str,
    /// Objects at the start, with the slots that they wish for.
    pub wishes: &'static [Slot],
    pub operators: usize,
    pub crashes: u8,
    pub faults: u8,
    pub ticks: u8,
    pub deletions: u8,
    pub answers: u8,
    /// A person says which circuit is the object's, perhaps wrongly.
    pub imports: u8,
    pub edits: u8,
    pub pokes: u8,
    pub handovers: u8,
    pub stale_reads: u8,
    pub restores: u8,
    /// A person copies the first object, annotations and all.
    pub copies: u8,
    /// A person makes an object again under the name of one that is gone.
    pub remakes: u8,
    /// Circuits end, or appear on a free slot, without us.
    pub outside: u8,
    /// The provider keeps our key on what we order.
    pub keyed: bool,
    pub retain: bool,
    pub search_proven: bool,
    /// Searches never show anything.
    pub blind: bool,
    /// Orders need a person's approval.
    pub approval: bool,
    /// A change of words alone is a write like any other: two operators come into each other's way by it.
    pub words: bool,
}

impl Bounds {
    /// One object, one operator, nothing goes wrong.
    pub const QUIET: Self = Self {
        name: "",
        wishes: &[1],
        operators: 1,
        crashes: 0,
        faults: 0,
        ticks: 5,
        deletions: 1,
        answers: 0,
        imports: 0,
        edits: 0,
        pokes: 0,
        handovers: 0,
        stale_reads: 0,
        restores: 0,
        copies: 0,
        remakes: 0,
        outside: 0,
        keyed: false,
        retain: false,
        search_proven: true,
        blind: false,
        approval: false,
        words: false,
    };
}

/// What is left of a scenario's bounds on a path.
#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
pub struct Left {
    pub crashes: u8,
    pub faults: u8,
    pub ticks: u8,
    pub deletions: u8,
    pub answers: u8,
    pub imports: u8,
    pub edits: u8,
    pub pokes: u8,
    pub handovers: u8,
    pub stale_reads: u8,
    pub restores: u8,
    pub copies: u8,
    pub remakes: u8,
    pub outside: u8,
}

/// An object as the API server has it.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Object {
    pub uid: Uid,
    pub name: u8,
    pub version: u8,
    pub generation: u8,
    pub slot: Slot,
    pub deleting: bool,
    pub finalizer: bool,
    pub marked: Option<Id>,
    pub owner: Option<Uid>,
    pub answer: Option<(Uid, u32)>,
    pub approved: Option<Digest>,
    pub asked: u8,
    pub status: Status,
}

#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
pub struct Status {
    pub id: Option<Id>,
    pub creation: Option<Creation>,
    pub operation: Option<Operation>,
    pub candidates: Few<Id>,
    pub shown: bool,
    pub plan: Option<Digest>,
    pub ready: Option<bool>,
    pub stalled: Option<&'static str>,
    /// In which words the conditions say it, and what `Synced` says, where words count.
    pub said: (u64, u64),
}

#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
pub struct Creation {
    pub attempt: u8,
    pub digest: Option<Digest>,
    pub started: Option<Time>,
    pub conflict: bool,
    pub refused: Option<Basis>,
    pub dismissed: Few<Id>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Operation {
    pub attempt: u8,
    pub started: Time,
    pub accepted: bool,
}

/// A plan's digest: whose it is, of which attempt, for which slot.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Digest {
    pub whose: Uid,
    pub attempt: u8,
    pub slot: Slot,
}

impl Digest {
    pub fn of(object: &Object) -> Self {
        Self { whose: object.uid, attempt: object.attempt(), slot: object.slot }
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.whose, self.attempt, self.slot)
    }
}

impl FromStr for Digest {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-').map(str::parse);
        let mut part = || parts.next().unwrap_or("".parse());
        Ok(Self { whose: part()?, attempt: part()?, slot: part()? })
    }
}

/// What an order is refused on: the object's generation, and how often it was asked again.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Basis {
    pub generation: u8,
    pub asked: u8,
}

impl Display for Basis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.generation, self.asked)
    }
}

/// A circuit at the provider. Who made it is for the properties only; its key, for a provider that keeps keys.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Circuit {
    pub id: Id,
    pub slot: Slot,
    pub made_by: Option<Uid>,
    pub name: u8,
    pub since: Time,
    pub live: bool,
    /// The provider accepted its end, which takes a while.
    pub ending: bool,
}

/// A request that the provider will act upon later.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub enum Late {
    Create { slot: Slot, by: Uid, name: u8, until: Time },
    Delete { id: Id, by: Uid, until: Time },
}

impl Late {
    pub fn until(&self) -> Time {
        match self {
            Self::Create { until, .. } | Self::Delete { until, .. } => *until,
        }
    }
}

/// One operator process.
#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
pub struct Operator {
    /// Objects whose claims it knows, by uid.
    pub known: Few<Uid>,
    /// Passes under way, by object's name.
    pub passes: Few<Option<Pass>>,
    /// What it remembers, by uid.
    pub memories: Few<(Uid, Remembered)>,
}

#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
pub struct Remembered {
    pub create: Option<(Intent, SentBy)>,
    pub delete: Option<(Intent, SentBy)>,
    pub intent_seen: Option<(u8, Time)>,
    pub empty: u8,
    pub heard: Option<Time>,
    pub missing: Option<Time>,
}

/// Which intent something was sent for: its attempt and its start.
pub type Intent = Option<(u8, Option<Time>)>;

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub enum SentBy {
    Done(Option<Id>),
    Refused,
    NotDone,
    Unknown { conflict: bool },
}

/// A pass under way over one object.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Pass {
    pub view: Object,
    pub fresh: bool,
    pub search: Option<Searched>,
    pub look: Option<Looked>,
    pub probe: Option<bool>,
    /// The account is not in order: what was not found may well be there.
    pub account_broken: bool,
    pub turned_away: Option<bool>,
    pub held_now: bool,
    pub may_create: bool,
    pub may_delete: bool,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Searched {
    pub begun: Time,
    pub known_for: Time,
    /// None if the provider wasn't heard.
    pub found: Option<Found>,
}

#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
pub struct Found {
    /// What a complete list showed, with the other object that held it then.
    pub listed: Few<(Id, Option<Uid>)>,
    /// Something stands on the slot.
    pub occupied: bool,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Looked {
    pub begun: Time,
    pub missing_for: Option<Time>,
    pub seen: Seen,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub enum Seen {
    Found,
    NotFound,
    NotHeard,
}

/// Everything.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct World {
    pub now: Time,
    pub objects: Few<Option<Object>>,
    /// What each object was before its last write: what an old cache shows.
    pub before: Few<Option<Object>>,
    pub circuits: Few<Circuit>,
    pub late: Few<Late>,
    pub operators: Few<Operator>,
    pub leader: usize,
    pub next_uid: Uid,
    pub proven: bool,
    pub retain_all: bool,
    /// Whose order may truly be under way: for the outside world, which orders on no such slot.
    pub unsure: Few<Uid>,
    /// What persons approved: object and plan.
    pub consented: Few<(Uid, Digest)>,
    pub left: Left,
    /// A promise that was broken, in words.
    pub broken: Option<&'static str>,
}

impl World {
    pub fn new(bounds: &Bounds) -> Self {
        let object = |(name, slot): (usize, &Slot)| Some(Object::new(name as u8, name as u8 + 1, *slot));
        let names = bounds.wishes.len() + usize::from(bounds.copies > 0);
        let mut objects: Few<_> = bounds.wishes.iter().enumerate().map(object).collect();
        objects.resize(names, None);
        let operator = Operator { passes: smallvec![None; names], ..Operator::default() };
        Self {
            now: 10,
            before: objects.clone(),
            objects,
            circuits: Few::new(),
            late: Few::new(),
            operators: smallvec![operator; bounds.operators],
            leader: 0,
            next_uid: names as u8 + 1,
            proven: bounds.search_proven,
            retain_all: bounds.retain,
            unsure: Few::new(),
            consented: Few::new(),
            left: Left {
                crashes: bounds.crashes,
                faults: bounds.faults,
                ticks: bounds.ticks,
                deletions: bounds.deletions,
                answers: bounds.answers,
                imports: bounds.imports,
                edits: bounds.edits,
                pokes: bounds.pokes,
                handovers: bounds.handovers,
                stale_reads: bounds.stale_reads,
                restores: bounds.restores,
                copies: bounds.copies,
                remakes: bounds.remakes,
                outside: bounds.outside,
            },
            broken: None,
        }
    }

    pub fn circuit(&self, id: Id) -> Option<&Circuit> {
        self.circuits.iter().find(|circuit| circuit.id == id && circuit.live)
    }

    pub fn live_of(&self, uid: Uid) -> impl Iterator<Item = &Circuit> {
        self.circuits.iter().filter(move |circuit| circuit.live && circuit.made_by == Some(uid))
    }

    /// The provider makes a circuit.
    pub fn make(&mut self, slot: Slot, made_by: Option<Uid>, name: u8) -> Id {
        let id = self.circuits.len() as Id + 1;
        self.circuits.push(Circuit { id, slot, made_by, name, since: self.now, live: true, ending: false });
        if let Some(uid) = made_by
            && self.live_of(uid).count() > 1
        {
            self.broken = Some("ordered twice");
        }
        id
    }

    /// The provider ends a circuit on behalf of an object; `lasting`: not at once.
    pub fn end(&mut self, id: Id, by: &Object, lasting: bool) {
        let own = self.circuit(id).map(|circuit| circuit.made_by);
        let others = self.objects.iter().flatten().filter(|other| other.uid != by.uid);
        let anothers = others.filter(|other| other.owner == Some(other.uid)).any(|other| other.marked == Some(id));
        let imported = by.owner.is_none() && by.marked == Some(id) && !anothers;
        if own.is_some_and(|made_by| made_by != Some(by.uid)) && !imported {
            self.broken = Some("ended what isn't its own");
        }
        for circuit in self.circuits.iter_mut().filter(|circuit| circuit.id == id && circuit.live) {
            (circuit.ending, circuit.live) = (true, lasting);
        }
    }

    /// Whether the object is still of this version, or may be overwritten all the same.
    pub fn writable(&self, view: &Object, checked: bool) -> bool {
        let now = self.objects[view.name as usize].as_ref();
        now.is_some_and(|now| now.uid == view.uid && (!checked || now.version == view.version))
    }

    /// Writes an object if it is still of this version; false: a conflict.
    pub fn write(&mut self, object: Object, checked: bool) -> bool {
        let name = object.name as usize;
        let Some(now) = self.objects[name].clone() else { return false };
        if !self.writable(&object, checked) {
            return false;
        }
        let mut written = object;
        written.version = now.version.wrapping_add(1);
        self.before[name] = Some(now);
        if written.deleting && !written.finalizer {
            self.released(&written);
            self.operators.iter_mut().for_each(|operator| operator.forget(written.uid));
            self.objects[name] = None;
        } else {
            self.objects[name] = Some(written);
        }
        true
    }

    /// Makes states alike that differ only in what nobody can tell any more: how often an object was written, and what
    /// an old cache would show where none is asked.
    pub fn normalize(&mut self) {
        if self.left.stale_reads == 0 && self.left.remakes == 0 {
            self.before.fill(None);
        }
        for name in 0..self.objects.len() {
            let Some(object) = &mut self.objects[name] else { continue };
            let views = self.operators.iter_mut().filter_map(|operator| operator.passes[name].as_mut());
            for view in views.map(|pass| &mut pass.view) {
                view.version = u8::from(view.version == object.version && view.uid == object.uid);
            }
            object.version = 1;
            self.before[name].iter_mut().for_each(|before| before.version = 0);
        }
    }

    /// Makes it the same whatever o'clock it is and whatever may still go wrong in it: for the fair continuation, in
    /// which nothing does. What lies longer back than any rule looks is all the same.
    pub fn make_timeless(&mut self) {
        const NOW: Time = 50;
        const LONG_AGO: Time = 6;
        self.left = Left::default();
        let now = std::mem::replace(&mut self.now, NOW);
        let oldest = now.saturating_sub(LONG_AGO);
        let shift = |time: &mut Time| *time = NOW + (*time).max(oldest) - now;
        let of_object = |object: &mut Object| {
            object.status.creation.iter_mut().filter_map(|creation| creation.started.as_mut()).for_each(shift);
            object.status.operation.iter_mut().for_each(|operation| shift(&mut operation.started));
        };
        self.objects.iter_mut().chain(&mut self.before).flatten().for_each(of_object);
        self.circuits.iter_mut().for_each(|circuit| shift(&mut circuit.since));
        for late in &mut self.late {
            match late {
                Late::Create { until, .. } | Late::Delete { until, .. } => shift(until),
            }
        }
        for operator in &mut self.operators {
            for pass in operator.passes.iter_mut().flatten() {
                of_object(&mut pass.view);
                pass.search.iter_mut().for_each(|search| shift(&mut search.begun));
                pass.look.iter_mut().for_each(|look| shift(&mut look.begun));
            }
            for (_, memory) in &mut operator.memories {
                let sent = [&mut memory.create, &mut memory.delete].into_iter().flatten();
                sent.filter_map(|(intent, _)| intent.as_mut()?.1.as_mut()).for_each(shift);
                memory.intent_seen.iter_mut().for_each(|(_, since)| shift(since));
                [&mut memory.heard, &mut memory.missing].into_iter().flatten().for_each(shift);
            }
        }
        self.normalize();
    }

    /// An object is gone from Kubernetes: nothing that it ordered may live on without anybody's knowledge.
    fn released(&mut self, object: &Object) {
        let late = self.late.iter().any(|late| matches!(late, Late::Create { by, .. } if *by == object.uid));
        if !self.retained(object) && (late || self.live_of(object.uid).any(|circuit| !circuit.ending)) {
            self.broken = Some("let go while what it ordered lives on");
        }
    }

    fn retained(&self, object: &Object) -> bool {
        let foreign = object.owner.is_some_and(|owner| owner != object.uid);
        let imported = object.marked.is_some() && object.owner.is_none();
        foreign || imported || self.retain_all
    }
}

impl Status {
    /// Makes the conditions say this.
    pub fn say(&mut self, verdict: &Verdict) {
        (self.ready, self.stalled) = (verdict.ready.status, verdict.stalled.as_ref().map(|word| word.reason));
        self.candidates = verdict.candidates.iter().map(|id| id.to_string().parse().unwrap()).collect();
    }

    /// Keeps in which words they say it, and of what.
    pub fn keep_words(&mut self, verdict: &Verdict, of: &impl Debug) {
        let Verdict { ready, reconciling, stalled, .. } = verdict;
        let synced = verdict.synced.as_ref().map_or(self.said.1, hash_of);
        self.said = (hash_of(&(ready, reconciling, stalled, of)), synced);
    }
}

fn hash_of(what: &impl Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{what:?}").hash(&mut hasher);
    hasher.finish()
}

impl Object {
    pub fn new(name: u8, uid: Uid, slot: Slot) -> Self {
        Self {
            uid,
            name,
            version: 0,
            generation: 0,
            slot,
            deleting: false,
            finalizer: false,
            marked: None,
            owner: None,
            answer: None,
            approved: None,
            asked: 0,
            status: Status::default(),
        }
    }

    pub fn intent(&self) -> Intent {
        self.status.creation.as_ref().map(|creation| (creation.attempt, creation.started))
    }

    pub fn delete_intent(&self) -> Intent {
        self.status.operation.as_ref().map(|operation| (operation.attempt, Some(operation.started)))
    }

    pub fn basis(&self) -> Basis {
        Basis { generation: self.generation, asked: self.asked }
    }

    /// CEL freezes what is ordered once the order has begun.
    pub fn frozen(&self) -> bool {
        self.status.id.is_some() || self.status.creation.as_ref().is_some_and(|creation| creation.started.is_some())
    }

    /// The attempt that a question would be about.
    pub fn asked_attempt(&self) -> u32 {
        let candidates: Vec<String> = self.status.candidates.iter().map(ToString::to_string).collect();
        match &self.status.creation {
            Some(creation) => creation.attempt.into(),
            None if self.finalizer => fingerprint(&candidates),
            None => 1,
        }
    }

    pub fn attempt(&self) -> u8 {
        self.status.creation.as_ref().map_or(1, |creation| creation.attempt)
    }
}

/// Why a mutation that was turned away was.
pub fn refusal(by_provider: bool) -> Refusal {
    Refusal { by_provider, unsupported: false, cause: Cause::new("ProviderRefused", "") }
}
