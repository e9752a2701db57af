//! Changes of what is there (S9), walked exhaustively: the real `decide` over one object that holds something upstream and
//! wants one thing done to it. Whatever crashes, is lost, comes late or is seen late, it is done once.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use interconnect_operator::api::common::{Operation, OperationType, Refused};
use interconnect_operator::api::conditions::Cause;
use interconnect_operator::lifecycle::decide::facts::{
    AccountFacts, Annotations, DesiredChange, Documents, End, Facts, Look, Memory, Observation, Read, Readiness,
    Recorded, Refusal, Sent, Upstream,
};
use interconnect_operator::lifecycle::decide::{Step, decide};
use jiff::Timestamp;

/// Seconds of one tick; a settle time has three.
const TICK: i64 = 100;
const SETTLE: u8 = 3;
/// So many ticks on a path.
const TICKS: u8 = 5;
const CRASHES: u8 = 2;
const FAULTS: u8 = 2;

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// An unanswered change is taken for settled at once.
    NoSettleTime,
    /// What was accepted counts for nothing.
    AcceptedForgotten,
    /// A list will do.
    ListBelieved,
    /// What can't be seen is not noted before it is sent.
    MailNotNoted,
    /// What an order is for counts for nothing, only its words.
    OrderTakenForFree,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    now: u8,
    crashes: u8,
    faults: u8,
    /// How often it was done at the provider.
    done: u8,
    /// When it will be done, of requests that act late.
    late: Vec<u8>,
    /// When it was last done: a list may not know of it before the settle time is over.
    done_at: u8,
    /// The status: the change under way.
    operation: Option<Op>,
    /// The status: the mail counts as sent.
    noted: bool,
    /// A person asks again.
    asked: bool,
    /// A person changed what is wanted besides: the same thing, in other words.
    respelled: bool,
    memory: Option<(u8, u8, Came)>,
    pass: Option<Pass>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Op {
    attempt: u8,
    started: u8,
    accepted: bool,
    /// In which words it was wanted.
    respelled: bool,
    /// Refused, and whether a person had asked again by then.
    refused: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Came {
    Done,
    Refused,
    NotSent,
    Unknown,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Pass {
    fresh: bool,
    look: Option<Seen>,
    may_change: bool,
    turned_away: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    exact: bool,
    begun: u8,
    /// What it told: whether it was done; none: nothing was heard.
    done: Option<bool>,
}

/// What is wanted, and what is broken.
#[derive(Clone, Copy)]
struct Walk {
    type_: OperationType,
    broken: Broken,
    /// Whether a person may change the words of what is wanted.
    respells: bool,
}

fn words(respelled: bool) -> String {
    format!("wish, respelled: {respelled}")
}

fn at(tick: u8) -> Timestamp {
    Timestamp::from_second(i64::from(tick) * TICK).unwrap()
}

fn refusal(by_provider: bool) -> Refusal {
    Refusal { by_provider, unsupported: false, cause: Cause::new("ProviderRefused", "") }
}

impl Walk {
    fn target(&self) -> Option<String> {
        let order = self.type_.orders() && self.broken != Broken::OrderTakenForFree;
        order.then(|| "p1".into())
    }

    fn wish(&self, world: &World) -> DesiredChange {
        DesiredChange {
            type_: self.type_,
            target: self.target(),
            digest: words(world.respelled).into(),
            summary: String::new(),
        }
    }

    fn facts(&self, world: &World, pass: &Pass) -> Facts {
        let settle = if self.broken == Broken::NoSettleTime { 0 } else { SETTLE };
        let tick = Duration::from_secs(TICK as u64);
        let id = Some("id".to_owned());
        let sent = world.memory.as_ref().filter(|(attempt, started, _)| {
            world.operation.as_ref().is_some_and(|op| (op.attempt, op.started) == (*attempt, *started))
        });
        let change = sent.map(|(.., came)| match came {
            Came::Done => Sent::Done { id: None },
            Came::Refused => Sent::NotDone(refusal(true)),
            Came::NotSent => Sent::NotDone(refusal(false)),
            Came::Unknown => Sent::Unknown { conflict: false, message: String::new() },
        });
        Facts {
            now: at(world.now),
            read: if pass.fresh { Read::Fresh } else { Read::Cached },
            uid: "me".into(),
            key: "key".into(),
            deletion: None,
            finalizer: true,
            observe_only: false,
            deletion_policy: None,
            can_decommission: true,
            suspended: false,
            receives: false,
            annotations: Annotations {
                external_id: id.clone().map(Into::into),
                owner: Some("me".into()),
                ..Annotations::default()
            },
            recorded: Recorded {
                external_id: id.map(Into::into),
                operation: world.operation.as_ref().map(|op| self.recorded(op)),
                ever_shown: true,
                ..Recorded::default()
            },
            account: AccountFacts {
                problem: None,
                closing: false,
                poll_interval: tick,
                settle_time: tick * settle.into(),
                search_proven: true,
            },
            claimed_by: None,
            memory: Memory {
                may_change: pass.may_change,
                change,
                turned_away: pass.turned_away.then(|| refusal(false)),
                ..Memory::default()
            },
            search: None,
            look: pass.look.as_ref().map(|seen| self.look(world, seen)),
            probe: None,
            documents: Documents::Settled,
            basis: format!("{}", world.asked),
        }
    }

    fn recorded(&self, op: &Op) -> Operation {
        let accepted = op.accepted && self.broken != Broken::AcceptedForgotten;
        Operation {
            type_: self.type_,
            key: "key".into(),
            attempt: op.attempt.into(),
            started_at: at(op.started),
            target: self.target(),
            digest: Some(words(op.respelled).into()),
            refused: op.refused.map(|asked| Refused {
                basis: format!("{asked}"),
                message: String::new(),
                unsupported: false,
            }),
            accepted_at: accepted.then(|| at(op.started)),
        }
    }

    fn look(&self, world: &World, seen: &Seen) -> Look {
        let upstream = Upstream {
            readiness: Readiness::InProgress(String::new()),
            in_use_by: Vec::new(),
            drift: None,
            end: End::OnDemand,
        };
        // A mail doesn't show: what the status says of it is all there is.
        let done = if self.type_.shows() { seen.done } else { seen.done.map(|_| world.noted) };
        let heard = match done {
            Some(_) => Observation::Found(upstream),
            None => Observation::Unknown(Cause { reason: "ProviderUnreachable", message: String::new() }),
        };
        Look {
            begun: at(seen.begun),
            missing_for: None,
            exact: seen.exact || self.broken == Broken::ListBelieved,
            plan: None,
            desired: (done == Some(false)).then(|| self.wish(world)),
            heard,
        }
    }

    /// Every world that may come next.
    fn next(&self, world: &World) -> Vec<World> {
        let mut next = self.outside(world);
        let Some(pass) = &world.pass else {
            next.push(World { pass: Some(Pass::default()), ..world.clone() });
            return next;
        };
        if world.crashes > 0 {
            next.push(World { crashes: world.crashes - 1, memory: None, pass: None, ..world.clone() });
        }
        next.extend(self.take(world, pass, decide(&self.facts(world, pass))));
        next
    }

    /// Time, late acts, a person.
    fn outside(&self, world: &World) -> Vec<World> {
        let mut next = Vec::new();
        if world.now < TICKS && world.late.iter().all(|due| *due > world.now) {
            next.push(World { now: world.now + 1, ..world.clone() });
        }
        for (index, _) in world.late.iter().enumerate() {
            let mut later = world.clone();
            later.late.remove(index);
            next.push(self.act(&later));
        }
        let refused = world.operation.as_ref().is_some_and(|op| op.refused.is_some());
        if refused && !world.asked && world.pass.is_none() {
            next.push(World { asked: true, ..world.clone() });
        }
        if self.respells && !world.respelled && world.pass.is_none() {
            next.push(World { respelled: true, ..world.clone() });
        }
        next
    }

    fn act(&self, world: &World) -> World {
        World { done: world.done + 1, done_at: world.now, ..world.clone() }
    }

    fn take(&self, world: &World, pass: &Pass, step: Step) -> Vec<World> {
        let with = |pass: Pass| World { pass: Some(pass), ..world.clone() };
        match step {
            Step::ReadFresh => vec![with(Pass { fresh: true, ..pass.clone() })],
            Step::Observe(_) => self.looks(world, pass, false),
            Step::ObserveSingly(_) => self.looks(world, pass, true),
            Step::IntendChange { attempt, .. } => {
                let attempt = attempt.try_into().unwrap();
                let operation = Some(Op {
                    attempt,
                    started: world.now,
                    accepted: false,
                    respelled: world.respelled,
                    refused: None,
                });
                let noted = world.noted || !self.type_.shows() && self.broken != Broken::MailNotNoted;
                let written = World { operation, noted, memory: None, ..world.clone() };
                self.writes(world, written, Pass { may_change: true, ..pass.clone() })
            }
            Step::Change(_) => self.sends(world, pass),
            Step::RecordChanged => {
                let mut written = world.clone();
                written.operation.iter_mut().for_each(|op| op.accepted = true);
                self.writes(world, written, pass.clone())
            }
            Step::WithdrawChange(refusal) => {
                let mut written = world.clone();
                written.memory = None;
                if refusal.by_provider {
                    written.operation.iter_mut().for_each(|op| op.refused = Some(world.asked));
                } else {
                    (written.operation, written.noted) = (None, false);
                }
                self.writes(world, written, Pass { turned_away: true, ..pass.clone() })
            }
            Step::SettleChange => self.writes(world, World { operation: None, ..world.clone() }, pass.clone()),
            Step::WriteStatus(_) | Step::Requeue(_) => vec![World { pass: None, ..world.clone() }],
            other => panic!("nothing here leads to {other:?}"),
        }
    }

    fn looks(&self, world: &World, pass: &Pass, exact: bool) -> Vec<World> {
        let seen = |done| World {
            pass: Some(Pass { look: Some(Seen { exact, begun: world.now, done }), ..pass.clone() }),
            ..world.clone()
        };
        let mut next = vec![seen(Some(world.done > 0))];
        if world.faults > 0 {
            let fault = |seen: World| World { faults: world.faults - 1, ..seen };
            next.push(fault(seen(None)));
            let list_lags = !exact && world.now < world.done_at + SETTLE;
            // A provider may take it and show it when it likes; after a lost answer only the settle time tells.
            let taken = world.operation.as_ref().is_some_and(|op| op.accepted);
            if world.done > 0 && (list_lags || taken) {
                next.push(fault(seen(Some(false))));
            }
        }
        next
    }

    /// A write that takes effect, is answered with an error, or whose answer is lost.
    fn writes(&self, world: &World, written: World, pass: Pass) -> Vec<World> {
        let mut next = vec![World { pass: Some(pass), ..written.clone() }];
        if world.faults > 0 {
            let faults = world.faults - 1;
            next.push(World { faults, pass: None, ..written });
            next.push(World { faults, pass: None, ..world.clone() });
        }
        next
    }

    fn sends(&self, world: &World, pass: &Pass) -> Vec<World> {
        let op = world.operation.clone().unwrap();
        let came = |world: World, came| World {
            memory: Some((op.attempt, op.started, came)),
            pass: Some(Pass { fresh: pass.fresh, turned_away: pass.turned_away, ..Pass::default() }),
            ..world
        };
        // S1: the last check lets nothing out so long after the intent.
        let mut next = match world.now - op.started {
            0 | 1 => vec![came(self.act(world), Came::Done)],
            _ => return vec![came(world.clone(), Came::NotSent)],
        };
        if world.faults > 0 {
            let fault = World { faults: world.faults - 1, ..world.clone() };
            next.push(came(self.act(&fault), Came::Unknown));
            next.push(came(fault.clone(), Came::Unknown));
            next.push(came(fault.clone(), Came::Refused));
            next.push(came(fault.clone(), Came::NotSent));
            let mut late = fault;
            // Within the settle time, which counts from the intent: that is what it is for (S3).
            late.late.push(op.started + SETTLE - 1);
            next.push(came(late, Came::Unknown));
        }
        next
    }

    /// From here on nothing goes wrong any more.
    fn settles(&self, world: &World) -> Result<(), String> {
        let before = world;
        let mut world = World { crashes: 0, faults: 0, ..world.clone() };
        for _ in 0..std::mem::take(&mut world.late).len() {
            world = self.act(&world);
        }
        for _ in 0..40 {
            world = match world.pass.clone() {
                Some(pass) => self.take(&world, &pass, decide(&self.facts(&world, &pass))).remove(0),
                None => World { now: world.now + SETTLE, pass: Some(Pass::default()), ..world },
            };
        }
        let refused = world.operation.as_ref().is_some_and(|op| op.refused.is_some());
        let done = world.done == 1 || refused || !self.type_.shows() && world.noted;
        if done && world.done <= 1 {
            Ok(())
        } else {
            Err(format!("does not come to its end: {before:?}, then {world:?}"))
        }
    }

    /// How many worlds there are, or what was broken in one.
    fn walk(&self) -> Result<usize, String> {
        let first = World {
            now: 0,
            crashes: CRASHES,
            faults: FAULTS,
            done: 0,
            late: Vec::new(),
            done_at: 0,
            operation: None,
            noted: false,
            asked: false,
            respelled: false,
            memory: None,
            pass: None,
        };
        let (mut seen, mut open) = (HashSet::from([first.clone()]), VecDeque::from([first]));
        while let Some(world) = open.pop_front() {
            if world.done > 1 {
                return Err(format!("done {} times: {world:?}", world.done));
            }
            self.settles(&world)?;
            for next in self.next(&world) {
                if seen.insert(next.clone()) {
                    open.push_back(next);
                }
            }
        }
        Ok(seen.len())
    }
}

#[test]
fn a_change_is_made_once_whatever_goes_wrong() {
    // An order, such as of a port, is not placed once more because what is wanted of it changed meanwhile.
    for (type_, respells) in
        [(OperationType::Accept, false), (OperationType::SendLoa, false), (OperationType::AddPort, true)]
    {
        let walk = Walk { type_, broken: Broken::Nothing, respells };
        let states = walk.walk().unwrap_or_else(|broken| panic!("{type_:?}: {broken}"));
        println!("{type_:?}: {states} states");
        assert!(states > 1_000, "{type_:?}: only {states} states");
    }
}

#[test]
fn every_broken_rule_of_changes_is_caught() {
    for (type_, broken, respells) in [
        (OperationType::Accept, Broken::NoSettleTime, false),
        (OperationType::Accept, Broken::AcceptedForgotten, false),
        (OperationType::Accept, Broken::ListBelieved, false),
        (OperationType::SendLoa, Broken::MailNotNoted, false),
        (OperationType::AddPort, Broken::OrderTakenForFree, true),
    ] {
        assert!(Walk { type_, broken, respells }.walk().is_err(), "{broken:?} is not caught");
    }
}
