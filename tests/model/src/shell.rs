//! The shell of the walk: what `decide` is told, and what each of its steps does to the world. It stands for
//! `src/lifecycle/pass/`, with everything that may go wrong in the course of a step made explicit.

use std::time::Duration;

use interconnect_operator::api::common::{self, DeletionPolicy, OperationType};
use interconnect_operator::api::conditions::{Cause, Problem};
use interconnect_operator::api::ids::ExternalId;
use interconnect_operator::lifecycle::decide::facts::{
    AccountFacts, Annotations, Deletion, Documents, End, Facts, Findings, Fit, Look, Memory, Observation, Plan, Read,
    Readiness, Recorded, Search, Sent, Upstream,
};
use interconnect_operator::lifecycle::decide::verdict::{Next, Verdict};
use interconnect_operator::lifecycle::decide::{Release, Step, decide, searched_in_vain};
use jiff::Timestamp;

use crate::mutants::Mutant;
use crate::world::*;

const INTERVAL: u64 = 60;

/// How a step comes out.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Outcome {
    Fine,
    /// Acted, but the answer was lost.
    Lost,
    /// Neither acted nor answered; a 5xx is the same to us.
    Dropped,
    /// Acts later, and is never answered.
    Later,
    /// 400, 403, 404, 422.
    Refused,
    /// 401, 429.
    TurnedAway,
    /// 409: somebody else has it.
    Conflict,
    /// Accepted; takes a while.
    Lasting,
    /// 401, 403, 429, 5xx, or nothing readable.
    Unheard,
    /// A list that doesn't show what is new; a 404 for what is new.
    Lags,
    /// A list without it, though it is there.
    MissingFromList,
    /// A 404 for all there is: the account is not in order.
    FalseNotFound,
}

/// How a step can come out.
pub fn outcomes(step: &Step, faults: bool) -> impl Iterator<Item = Outcome> {
    use Outcome::*;
    let wrong: &'static [Outcome] = match step {
        Step::Create => &[Lost, Dropped, Later, Refused, TurnedAway, Conflict],
        Step::Delete(_) => &[Lost, Dropped, Later, Refused, TurnedAway, Lasting],
        Step::Search => &[Unheard, Lags],
        Step::Observe(_) => &[Unheard, Lags, MissingFromList, FalseNotFound],
        Step::Probe => &[Unheard],
        // The write took effect, and the answer was lost.
        step if step.has_effect() && !matches!(step, Step::FetchDocuments(_)) => &[Lost],
        _ => &[],
    };
    [Fine].into_iter().chain(wrong.iter().copied().filter(move |_| faults))
}

/// An operator's way through a pass.
pub struct Shell<'a> {
    pub bounds: &'a Bounds,
    pub mutant: Option<Mutant>,
}

impl Shell<'_> {
    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// The next step of a pass.
    pub fn next(&self, world: &World, operator: usize, pass: &Pass) -> Step {
        let mut facts = self.facts(world, operator, pass);
        if let Some(mutant) = self.mutant {
            mutant.bend_facts(&mut facts);
        }
        let step = decide(&facts);
        match self.mutant {
            Some(mutant) => mutant.bend_step(&facts, step),
            None => step,
        }
    }

    /// Begins a pass with the object as a cache has it.
    pub fn begin(&self, world: &mut World, operator: usize, name: usize, old: bool) {
        let seen = if old { &world.before[name] } else { &world.objects[name] };
        let Some(view) = seen.clone() else { return };
        world.operators[operator].know(view.uid);
        let pass = Pass {
            view,
            fresh: false,
            search: None,
            look: None,
            probe: None,
            account_broken: false,
            turned_away: None,
            held_now: false,
            may_create: false,
            may_delete: false,
        };
        self.note(world, operator, &pass);
        world.operators[operator].passes[name] = Some(pass);
    }

    fn note(&self, world: &mut World, operator: usize, pass: &Pass) {
        let object = &pass.view;
        let started = object.status.creation.as_ref().filter(|creation| creation.started.is_some());
        // Facts are dear, and what is recorded isn't lost.
        let lost = object.status.creation.is_none() && self.facts(world, operator, pass).record_lost();
        let attempt = started.map(|creation| creation.attempt).or(lost.then_some(0));
        let attempt = attempt.filter(|_| object.status.id.is_none());
        let now = world.now;
        let memory = world.operators[operator].memory(object.uid);
        if memory.intent_seen.map(|(seen, _)| seen) != attempt {
            (memory.intent_seen, memory.empty) = (attempt.map(|attempt| (attempt, now)), 0);
        }
    }

    // ---- facts

    fn facts(&self, world: &World, operator: usize, pass: &Pass) -> Facts {
        let (view, here) = (&pass.view, &world.operators[operator]);
        let remembered = here.remembered(view.uid);
        let known = view.uid.to_string();
        Facts {
            now: at(world.now),
            read: if pass.fresh { Read::Fresh } else { Read::Cached },
            uid: known.into(),
            key: view.uid.to_string().into(),
            deletion: view.deleting.then_some(Deletion { crd_going: false }),
            finalizer: view.finalizer,
            observe_only: false,
            deletion_policy: self.bounds.retain.then_some(DeletionPolicy::Retain),
            can_decommission: true,
            suspended: false,
            receives: false,
            annotations: Annotations {
                external_id: view.marked.map(|id| id.to_string().into()),
                owner: view.owner.map(|uid| uid.to_string().into()),
                approved_plan: view.approved.map(|plan| plan.to_string().into()),
                create_outcome: view.answer.map(|(uid, number)| format!("{uid}/{number}=none")),
            },
            recorded: recorded(view),
            account: AccountFacts {
                problem: None,
                closing: false,
                poll_interval: Duration::from_secs(INTERVAL),
                settle_time: units(SETTLE),
                search_proven: world.proven,
            },
            claimed_by: self.better(world, operator, view).map(|uid| uid.to_string()),
            memory: Memory {
                held_now: pass.held_now,
                may_create: pass.may_create,
                create: remembered
                    .create
                    .filter(|(intent, sent)| matches!(sent, SentBy::Done(_)) || *intent == view.intent())
                    .map(|(_, outcome)| sent(&outcome)),
                may_delete: pass.may_delete,
                delete: remembered
                    .delete
                    .filter(|(intent, _)| *intent == view.delete_intent())
                    .map(|(_, outcome)| sent(&outcome)),
                may_change: false,
                change: None,
                turned_away: pass.turned_away.map(refusal),
                empty_searches: remembered.empty.into(),
                intent_known_for: remembered.intent_seen.map_or(Duration::ZERO, |(_, since)| units(world.now - since)),
                heard_ago: remembered.heard.map(|heard| units(world.now - heard)),
            },
            search: pass.search.as_ref().map(|searched| self.search(world, view, searched)),
            look: pass.look.as_ref().map(look),
            probe: pass.probe.map(|fine| if fine { Ok(()) } else { Err(trouble()) }),
            documents: Documents::Settled,
            basis: view.basis().to_string(),
        }
    }

    fn search(&self, world: &World, view: &Object, searched: &Searched) -> Search {
        let found = searched.found.as_ref().ok_or_else(trouble).map(|found| {
            let mut findings = Findings { plan: Some(self.plan(view, found)), ..Findings::default() };
            for (id, holder) in &found.listed {
                let Some(circuit) = world.circuits.iter().find(|circuit| circuit.id == *id) else { continue };
                match circuit.made_by {
                    Some(uid) if self.bounds.keyed && uid == view.uid => {
                        findings.ours.push(circuit.id.to_string().into())
                    }
                    Some(_) if self.bounds.keyed && circuit.name == view.name => {
                        findings.namesakes.push(circuit.id.to_string().into())
                    }
                    _ if self.bounds.keyed || circuit.slot != view.slot => {}
                    _ => findings.fits.push(Fit {
                        id: circuit.id.to_string().into(),
                        exact: true,
                        claimed_by: holder.map(|uid| uid.to_string()),
                        perhaps_of: None,
                    }),
                }
            }
            findings
        });
        Search { begun: at(searched.begun), intent_known_for: units(searched.known_for), found }
    }

    fn plan(&self, view: &Object, found: &Found) -> Result<Plan, Problem> {
        if found.occupied {
            return Err(Problem::stalled("NotAvailable", ""));
        }
        Ok(Plan {
            digest: self.digest(view).to_string().into(),
            summary: String::new(),
            needs_approval: self.bounds.approval,
            picks_recorded: true,
        })
    }

    fn digest(&self, view: &Object) -> Digest {
        let whose = if self.is(Mutant::S7DigestWithoutUid) { 0 } else { view.uid };
        Digest { whose, ..Digest::of(view) }
    }

    /// Another object that this operator knows, with the better claim on what this one wants or holds.
    fn better(&self, world: &World, operator: usize, view: &Object) -> Option<Uid> {
        // Who is gone was forgotten, though a pass over it may be under way.
        let known = world.operators[operator].known.contains(&view.uid);
        let own = if known { claims(view, self.bounds.keyed) } else { Few::new() };
        let others = world.objects.iter().flatten().filter(|other| other.uid != view.uid);
        let others = others.filter(|other| world.operators[operator].known.contains(&other.uid));
        let ahead = |other: &&Object| {
            claims(other, self.bounds.keyed).into_iter().any(|(on, rank)| {
                own.iter().any(|(mine, my_rank)| *mine == on && (rank, other.uid) < (*my_rank, view.uid))
            })
        };
        others.filter(ahead).map(|other| other.uid).next()
    }

    /// Another object that this operator knows and that claims the circuit, or has an order under way on its slot.
    fn holder(&self, world: &World, operator: usize, view: &Object, circuit: &Circuit) -> Option<Uid> {
        let others = world.objects.iter().flatten().filter(|other| other.uid != view.uid);
        let mut others = others.filter(|other| world.operators[operator].known.contains(&other.uid));
        let holds = |((is_id, on), rank): &((bool, u8), u8)| {
            if *is_id { *on == circuit.id } else { *on == circuit.slot && *rank <= 1 }
        };
        others.find(|other| claims(other, self.bounds.keyed).iter().any(holds)).map(|other| other.uid)
    }

    // ---- effects

    /// Takes one step. The pass ends where the operator's would.
    pub fn take(&self, world: &mut World, operator: usize, name: usize, step: &Step, outcome: Outcome) {
        let Some(mut pass) = world.operators[operator].passes[name].take() else { return };
        let goes_on = match step {
            Step::ReadFresh => self.read_fresh(world, operator, name, &mut pass),
            Step::Search => self.do_search(world, operator, &mut pass, outcome),
            Step::Observe(id) => self.observe(world, operator, &mut pass, parse(id), outcome),
            Step::Probe => {
                pass.probe = Some(outcome == Outcome::Fine && !pass.account_broken);
                true
            }
            Step::Create => self.create(world, operator, &mut pass, outcome),
            Step::Delete(id) => self.delete(world, operator, &mut pass, parse(id), outcome),
            Step::Requeue(_) => self.rest(world, operator, &pass),
            // What could not be written, or whose answer was lost, is an error, and nothing is made of it.
            Step::WriteStatus(_) => {
                if self.write(world, operator, &mut pass, step, outcome) {
                    let heard = pass.look.as_ref().filter(|look| look.seen != Seen::NotHeard);
                    if let Some(begun) = heard.map(|look| look.begun) {
                        world.operators[operator].memory(pass.view.uid).heard = Some(begun);
                    }
                    self.rest(world, operator, &pass);
                }
                false
            }
            Step::FetchDocuments(_) => true,
            Step::Intend(_) if self.better(world, operator, &pass.view).is_some() => {
                (pass.search, pass.look, pass.probe) = (None, None, None);
                true
            }
            _ => self.write(world, operator, &mut pass, step, outcome) && !matches!(step, Step::RemoveFinalizer(_)),
        };
        if goes_on {
            world.operators[operator].passes[name] = Some(pass);
        }
    }

    fn read_fresh(&self, world: &mut World, operator: usize, name: usize, pass: &mut Pass) -> bool {
        let Some(object) = world.objects[name].clone().filter(|object| object.uid == pass.view.uid) else {
            world.operators[operator].forget(pass.view.uid);
            return false;
        };
        if object.version != pass.view.version {
            (pass.search, pass.look, pass.probe) = (None, None, None);
        }
        (pass.view, pass.fresh) = (object, true);
        self.note(world, operator, pass);
        true
    }

    fn do_search(&self, world: &mut World, operator: usize, pass: &mut Pass, outcome: Outcome) -> bool {
        let remembered = world.operators[operator].remembered(pass.view.uid);
        let known_for = remembered.intent_seen.map_or(0, |(_, since)| world.now - since);
        let hidden = |circuit: &&Circuit| outcome == Outcome::Lags && circuit.since + LAG > world.now;
        let listed = world.circuits.iter().filter(|circuit| circuit.live && !hidden(circuit) && !self.bounds.blind);
        let held = |circuit: &Circuit| (circuit.id, self.holder(world, operator, &pass.view, circuit));
        // A slot's own record doesn't lag as lists do.
        let on_slot = |circuit: &Circuit| circuit.live && circuit.slot == pass.view.slot;
        let occupied = !self.bounds.keyed && !self.bounds.blind && world.circuits.iter().any(on_slot);
        let found = match outcome {
            Outcome::Unheard if self.is(Mutant::S3IncompleteListBelieved) => Some(Found::default()),
            Outcome::Unheard => None,
            _ => Some(Found { listed: listed.map(held).collect(), occupied }),
        };
        pass.search = Some(Searched { begun: world.now, known_for, found });
        true
    }

    fn observe(&self, world: &mut World, operator: usize, pass: &mut Pass, id: Id, outcome: Outcome) -> bool {
        let circuit = world.circuit(id).cloned();
        let new = circuit.as_ref().is_some_and(|circuit| circuit.since + LAG > world.now);
        let seen = match (outcome, &circuit) {
            (Outcome::Unheard, _) if self.is(Mutant::S6ForbiddenIsGone) => Seen::NotFound,
            (Outcome::Unheard, _) => Seen::NotHeard,
            (Outcome::FalseNotFound, _) => {
                pass.account_broken = true;
                Seen::NotFound
            }
            (Outcome::MissingFromList, Some(_)) if self.is(Mutant::S6MissingFromListIsGone) => Seen::NotFound,
            (Outcome::Lags, Some(_)) if new => Seen::NotFound,
            (_, Some(_)) => Seen::Found,
            (_, None) => Seen::NotFound,
        };
        let now = world.now;
        world.proven |= seen == Seen::Found && pass.view.owner == Some(pass.view.uid) && !self.bounds.blind;
        let memory = world.operators[operator].memory(pass.view.uid);
        if seen == Seen::Found {
            memory.missing = None;
        }
        let missing_for = memory.missing.map(|missing| now - missing);
        pass.look = Some(Looked { begun: now, missing_for, seen });
        true
    }

    /// Whether the last check before sending lets it through: a lost lease is seen there (S11), and an intent that was
    /// written too long ago (S1).
    fn may_send(&self, world: &World, operator: usize, intended: Option<Time>) -> bool {
        let leads = world.leader == operator;
        let in_time = intended == Some(world.now) || self.is(Mutant::S1NoSendBy);
        leads && in_time || self.is(Mutant::S11NoLateCheck)
    }

    fn create(&self, world: &mut World, operator: usize, pass: &mut Pass, outcome: Outcome) -> bool {
        pass.may_create = false;
        (pass.search, pass.look, pass.probe) = (None, None, None);
        let (uid, name, slot, now) = (pass.view.uid, pass.view.name, pass.view.slot, world.now);
        let intended = pass.view.status.creation.as_ref().and_then(|creation| creation.started);
        if !self.may_send(world, operator, intended) {
            world.operators[operator].memory(uid).create = Some((pass.view.intent(), SentBy::NotDone));
            return true;
        }
        let consent = (uid, Digest::of(&pass.view));
        if self.bounds.approval && !world.consented.contains(&consent) {
            world.broken = Some("ordered without a person's approval");
        }
        let sent = match outcome {
            Outcome::Fine => SentBy::Done(Some(world.make(slot, Some(uid), name))),
            Outcome::Lost => {
                world.make(slot, Some(uid), name);
                SentBy::Unknown { conflict: false }
            }
            Outcome::Later => {
                world.late.push(Late::Create { slot, by: uid, name, until: now + SETTLE - 1 });
                SentBy::Unknown { conflict: false }
            }
            Outcome::Refused => SentBy::Refused,
            Outcome::TurnedAway => SentBy::NotDone,
            Outcome::Conflict => {
                world.make(slot, None, u8::MAX);
                SentBy::Unknown { conflict: true }
            }
            _ => SentBy::Unknown { conflict: false },
        };
        let sent = match sent {
            SentBy::Unknown { .. } if self.is(Mutant::S2UnknownIsNotDone) => SentBy::NotDone,
            sent => sent,
        };
        world.operators[operator].memory(uid).create = Some((pass.view.intent(), sent));
        true
    }

    fn delete(&self, world: &mut World, operator: usize, pass: &mut Pass, id: Id, outcome: Outcome) -> bool {
        pass.may_delete = false;
        (pass.search, pass.look, pass.probe) = (None, None, None);
        let uid = pass.view.uid;
        let intended = pass.view.status.operation.as_ref().map(|operation| operation.started);
        if !self.may_send(world, operator, intended) {
            world.operators[operator].memory(uid).delete = Some((pass.view.delete_intent(), SentBy::NotDone));
            return true;
        }
        let sent = match outcome {
            // A 404: whether it is gone is for a look to tell.
            Outcome::Fine if world.circuit(id).is_none() => SentBy::NotDone,
            Outcome::Fine | Outcome::Lasting => {
                world.end(id, &pass.view, outcome == Outcome::Lasting);
                SentBy::Done(None)
            }
            Outcome::Lost => {
                world.end(id, &pass.view, false);
                SentBy::Unknown { conflict: false }
            }
            Outcome::Later => {
                world.late.push(Late::Delete { id, by: uid, until: world.now + SETTLE - 1 });
                SentBy::Unknown { conflict: false }
            }
            Outcome::Refused => SentBy::Refused,
            Outcome::TurnedAway => SentBy::NotDone,
            _ => SentBy::Unknown { conflict: false },
        };
        world.operators[operator].memory(uid).delete = Some((pass.view.delete_intent(), sent));
        true
    }

    /// The end of a pass: what is remembered of it, and whether `Ready` may stand as it does (S13).
    fn rest(&self, world: &mut World, operator: usize, pass: &Pass) -> bool {
        let now = world.now;
        let in_vain = pass.search.is_some() && searched_in_vain(&self.facts(world, operator, pass));
        let memory = world.operators[operator].memory(pass.view.uid);
        if in_vain {
            memory.empty = 1;
        }
        let began = pass.view.status.creation.as_ref().and_then(|creation| creation.started);
        let gone =
            |look: &Looked| look.seen == Seen::NotFound && began.is_none_or(|began| look.begun >= began + SETTLE);
        let probed = pass.probe == Some(true) || self.is(Mutant::S6NoProbe);
        if pass.look.as_ref().is_some_and(gone) && probed {
            memory.missing.get_or_insert(now);
        }
        let unheard = memory.heard.is_none_or(|heard| now - heard >= 3);
        let ready = pass.view.status.ready == Some(true);
        if unheard && ready && matches!(self.next(world, operator, pass), Step::Requeue(_)) {
            world.broken = Some("Ready though the provider wasn't heard for three intervals");
        }
        false
    }

    /// Writes to Kubernetes; false: the pass is over.
    fn write(&self, world: &mut World, operator: usize, pass: &mut Pass, step: &Step, outcome: Outcome) -> bool {
        let checked = !matches!(self.mutant, Some(Mutant::S1NoPrecondition | Mutant::S12CacheWithoutPrecondition));
        let repeated = matches!(step, Step::IntendDelete { .. }) && deletion_was_done(world, operator, &pass.view);
        match step {
            Step::Intend(_) => world.operators[operator].memory(pass.view.uid).create = None,
            Step::IntendDelete { .. } => world.operators[operator].memory(pass.view.uid).delete = None,
            _ => {}
        }
        let may_write = world.writable(&pass.view, checked);
        if !may_write && !matches!(step, Step::WriteStatus(_)) {
            return false;
        }
        if repeated {
            world.broken = Some("a deletion that was done is repeated");
        }
        let mut object = pass.view.clone();
        self.change(world, operator, pass, &mut object, step);
        if object == pass.view && matches!(step, Step::WriteStatus(_)) {
            return true;
        }
        if !may_write || !world.write(object.clone(), checked) {
            return false;
        }
        let Some(written) = world.objects[object.name as usize].clone() else { return false };
        let closed = written.status.creation.as_ref().is_none_or(|creation| creation.started.is_none());
        if closed || written.marked.is_some() || matches!(step, Step::Withdraw(_)) {
            world.unsure.retain(|unsure| *unsure != written.uid);
        }
        if outcome == Outcome::Lost {
            return false;
        }
        pass.view = written;
        self.after_write(world, operator, pass, step);
        true
    }

    fn change(&self, world: &mut World, operator: usize, pass: &Pass, object: &mut Object, step: &Step) {
        let (uid, now, attempt) = (object.uid, world.now, object.attempt());
        match step {
            Step::AddFinalizer => object.finalizer = true,
            Step::Intend(plan) => {
                let previous = object.status.creation.take().unwrap_or_default();
                let dismissed = previous.dismissed;
                let digest = Some(plan.digest.as_str().parse().unwrap());
                object.status.plan = digest;
                object.status.creation =
                    Some(Creation { attempt, digest, started: Some(now), dismissed, ..Creation::default() });
                self.say(object, &Verdict::underway("Creating", "ordering", Next::Backoff), false);
                world.unsure.push(uid);
            }
            Step::RecordId { id, ordered } => {
                let id = parse(id);
                let adopted = !matches!(world.operators[operator].remembered(uid).create, Some((_, SentBy::Done(_))));
                let made_by =
                    world.circuits.iter().find(|circuit| circuit.id == id).and_then(|circuit| circuit.made_by);
                if adopted && object.marked.or(object.status.id).is_none() && made_by != Some(uid) {
                    world.broken = Some("took what isn't its own");
                }
                object.marked = Some(id);
                if *ordered {
                    object.owner = Some(uid);
                }
            }
            Step::Withdraw(refusal) => {
                let refused = refusal.as_ref().filter(|refusal| refusal.by_provider).map(|_| object.basis());
                if let Some(creation) = &mut object.status.creation
                    && !(refused.is_some() && self.is(Mutant::S2RefusalKeepsIntent))
                {
                    (creation.digest, creation.started, creation.conflict) = (None, None, false);
                    creation.refused = refused;
                }
            }
            Step::NoteConflict => object.status.creation.iter_mut().for_each(|creation| creation.conflict = true),
            Step::NextAttempt { dismissed } => {
                let attempt = if self.is(Mutant::S3AttemptNotRaised) { attempt } else { attempt + 1 };
                let before = object.status.creation.take().unwrap_or_default().dismissed;
                let dismissed = before.into_iter().chain(dismissed.iter().map(parse)).collect();
                let Status { ready, stalled, said, .. } = object.status;
                object.status = Status { ready, stalled, said, ..Status::default() };
                object.status.creation = Some(Creation { attempt, dismissed, ..Creation::default() });
            }
            Step::VoidAnswer => {
                let creation = object.status.creation.take();
                let counted = creation.unwrap_or_else(|| Creation { attempt: 1, ..Creation::default() });
                object.status.creation = Some(Creation { attempt: counted.attempt + 1, ..counted });
            }
            Step::ForgetId => (object.marked, object.owner) = (None, None),
            Step::IntendDelete { attempt } => {
                object.status.operation = Some(Operation { attempt: *attempt as u8, started: now, accepted: false });
                self.say(object, &Verdict::underway("Decommissioning", "ending", Next::Backoff), false);
            }
            Step::RecordDeleted => object.status.operation.iter_mut().for_each(|operation| operation.accepted = true),
            Step::WithdrawDelete(_) => object.status.operation = None,
            Step::RemoveFinalizer(why) => {
                object.finalizer = false;
                // What the provider accepted to end is as good as ended: one 404 is enough then (S6).
                let alive = object.marked.and_then(|id| world.circuit(id)).is_some_and(|circuit| !circuit.ending);
                if *why == Release::Ended && alive {
                    world.broken = Some("said that it ended while it lives on");
                }
            }
            Step::WriteStatus(verdict) => {
                let status = &mut object.status;
                let conflict = object.marked.zip(status.id).is_some_and(|(marked, recorded)| marked != recorded);
                if self.better(world, operator, &pass.view).is_none() && !foreign(&pass.view) && !conflict {
                    status.id = object.marked.or(status.id);
                    if object.owner.is_some() {
                        let new = || Creation { attempt: 1, ..Creation::default() };
                        status.creation.get_or_insert_with(new).started.get_or_insert(now);
                    }
                }
                let seen = pass.look.as_ref().map(|look| &look.seen);
                let gone = seen == Some(&Seen::NotFound) && pass.probe == Some(true);
                status.shown = !gone && (status.shown || seen == Some(&Seen::Found));
                let free = |searched: &Searched| searched.found.as_ref().is_some_and(|found| !found.occupied);
                if pass.search.as_ref().is_some_and(free) {
                    status.plan = Some(self.digest(&pass.view));
                }
                self.say(object, verdict, true);
                let status = &object.status;
                let found = |look: &Looked| look.seen == Seen::Found && now - look.begun < 3;
                if status.ready == Some(true) && !pass.look.as_ref().is_some_and(found) {
                    world.broken = Some("Ready though no circuit was seen within three intervals");
                }
            }
            Step::ReadFresh | Step::Search | Step::Observe(_) | Step::Probe | Step::Create => {}
            Step::Delete(_) | Step::FetchDocuments(_) | Step::Requeue(_) => {}
            // Nothing is wanted here but circuits and their end.
            Step::ObserveSingly(_) | Step::IntendChange { .. } | Step::Change(_) => unreachable!(),
            Step::RecordChanged | Step::WithdrawChange(_) | Step::SettleChange => unreachable!(),
        }
    }

    /// Makes the conditions say this; the end of a pass also answers what was asked.
    fn say(&self, object: &mut Object, verdict: &Verdict, answers: bool) {
        object.status.say(verdict);
        if self.bounds.words {
            let answered = answers.then_some((object.asked, &object.approved));
            object.status.keep_words(verdict, &(object.generation, object.deleting, answered));
        }
    }

    fn after_write(&self, world: &mut World, operator: usize, pass: &mut Pass, step: &Step) {
        let uid = pass.view.uid;
        pass.held_now |= *step == Step::AddFinalizer;
        self.note(world, operator, pass);
        let memory = world.operators[operator].memory(uid);
        match step {
            Step::Intend(_) => pass.may_create = true,
            Step::RecordId { .. } => memory.create = None,
            Step::Withdraw(refusal) => {
                memory.create = None;
                pass.turned_away = refusal.as_ref().map(|refusal| refusal.by_provider);
                (pass.search, pass.look, pass.probe) = (None, None, None);
            }
            Step::NextAttempt { .. } => {
                *memory = Remembered::default();
                pass.fresh = false;
                (pass.search, pass.look, pass.probe) = (None, None, None);
            }
            Step::IntendDelete { .. } => pass.may_delete = true,
            Step::WithdrawDelete(refusal) => {
                memory.delete = None;
                pass.turned_away = Some(refusal.by_provider);
            }
            _ => {}
        }
    }
}

impl Operator {
    /// What it remembers of an object, to change.
    pub fn memory(&mut self, uid: Uid) -> &mut Remembered {
        let at = self.memories.iter().position(|(known, _)| *known == uid).unwrap_or_else(|| {
            self.memories.push((uid, Remembered::default()));
            self.memories.len() - 1
        });
        &mut self.memories[at].1
    }

    fn remembered(&self, uid: Uid) -> Remembered {
        self.memories.iter().find(|(known, _)| *known == uid).map(|(_, memory)| memory.clone()).unwrap_or_default()
    }

    /// It was answered a conflict and did not write that down yet.
    pub fn knows_of_conflict(&self) -> bool {
        self.memories.iter().any(|(_, memory)| matches!(memory.create, Some((_, SentBy::Unknown { conflict: true }))))
    }

    fn know(&mut self, uid: Uid) {
        if !self.known.contains(&uid) {
            self.known.push(uid);
            self.known.sort_unstable();
        }
    }

    pub fn forget(&mut self, uid: Uid) {
        self.memories.retain(|(known, _)| *known != uid);
        self.known.retain(|known| *known != uid);
    }
}

/// Whether the provider told this operator, or the record tells, that the deletion under way was done.
fn deletion_was_done(world: &World, operator: usize, view: &Object) -> bool {
    let known = world.operators[operator].remembered(view.uid).delete;
    let told = known.is_some_and(|(intent, sent)| intent == view.delete_intent() && matches!(sent, SentBy::Done(_)));
    told || view.status.operation.as_ref().is_some_and(|operation| operation.accepted)
}

fn foreign(object: &Object) -> bool {
    object.owner.is_some_and(|owner| owner != object.uid)
}

/// What an object claims, and how well: 0 recorded, 1 under way, 2 imported, 3 wished for.
fn claims(object: &Object, keyed: bool) -> Few<((bool, u8), u8)> {
    if foreign(object) {
        return Few::new();
    }
    let started = object.status.creation.as_ref().is_some_and(|creation| creation.started.is_some());
    let unmarked = object.marked.is_none();
    let own = |id: Id| object.owner.is_some() || started && unmarked && object.status.id == Some(id);
    let rank = |id: Id| if own(id) { 0 } else { 2 };
    let ids = || [object.marked, object.status.id].into_iter().flatten();
    let held = ids().map(rank).min().unwrap_or(if started { 1 } else { 3 });
    let slot = (!keyed).then_some(((false, object.slot), held));
    slot.into_iter().chain(ids().map(|id| ((true, id), rank(id)))).collect()
}

fn recorded(view: &Object) -> Recorded {
    let status = &view.status;
    Recorded {
        external_id: status.id.map(|id| id.to_string().into()),
        creation: status.creation.as_ref().map(|creation| common::Creation {
            key: view.uid.to_string().into(),
            attempt: creation.attempt.into(),
            digest: creation.digest.map(|digest| digest.to_string().into()),
            started_at: creation.started.map(at),
            conflict: creation.conflict,
            refused: creation.refused.map(|basis| common::Refused {
                basis: basis.to_string(),
                message: String::new(),
                unsupported: false,
            }),
            dismissed: creation.dismissed.iter().map(|id| id.to_string().into()).collect(),
        }),
        operation: status.operation.as_ref().map(|operation| common::Operation {
            target: None,
            type_: OperationType::Delete,
            key: view.uid.to_string().into(),
            attempt: operation.attempt.into(),
            started_at: at(operation.started),
            digest: None,
            refused: None,
            accepted_at: operation.accepted.then(|| at(operation.started)),
        }),
        approved_digest: None,
        candidates: status.candidates.iter().map(|id| id.to_string().into()).collect(),
        ever_shown: status.shown,
        asked: status.stalled.map(ToOwned::to_owned),
    }
}

fn sent(sent: &SentBy) -> Sent {
    match sent {
        SentBy::Done(id) => Sent::Done { id: id.map(|id| id.to_string().into()) },
        SentBy::Refused => Sent::NotDone(refusal(true)),
        SentBy::NotDone => Sent::NotDone(refusal(false)),
        SentBy::Unknown { conflict } => Sent::Unknown { conflict: *conflict, message: String::new() },
    }
}

fn look(looked: &Looked) -> Look {
    let heard = match looked.seen {
        Seen::Found => Observation::Found(Upstream {
            readiness: Readiness::Ready,
            in_use_by: Vec::new(),
            drift: None,
            end: End::OnDemand,
        }),
        Seen::NotFound => Observation::NotFound,
        Seen::NotHeard => Observation::Unknown(trouble()),
    };
    Look {
        begun: at(looked.begun),
        missing_for: looked.missing_for.map(units),
        exact: true,
        desired: None,
        plan: None,
        heard,
    }
}

fn trouble() -> Cause {
    Cause { reason: "ProviderUnreachable", message: String::new() }
}

fn at(time: Time) -> Timestamp {
    Timestamp::from_second(i64::from(time) * INTERVAL as i64).unwrap()
}

fn units(time: Time) -> Duration {
    Duration::from_secs(u64::from(time) * INTERVAL)
}

pub fn parse(id: &ExternalId) -> Id {
    id.to_string().parse().unwrap()
}
