//! Claims on upstream ids and places (S5): a lock in the leader, filled from all our objects before the first order.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use crate::api::ids::Uid;

/// What a claim rests on, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The object's own recorded id.
    Recorded,
    /// An order under way.
    Intent,
    /// A person's import.
    Import,
    /// A wish.
    Wish,
}

/// A claim on one thing upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is claimed: unique over all accounts and kinds.
    pub on: String,
    /// What it rests on.
    pub rank: Rank,
    /// Something else would do as well.
    pub flexible: bool,
}

/// Who claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// The object's uid.
    pub uid: Uid,
    /// Kind, namespace and name, for people.
    pub name: String,
    /// When the object was created: the older goes first.
    pub since: Timestamp,
}

/// Kind, namespace and name, for people.
pub fn claimant_name(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind} {namespace}/{name}")
}

/// All claims of all objects.
#[derive(Default)]
pub struct Claims {
    all: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    by_thing: HashMap<String, Vec<(Rank, Claimant)>>,
    by_object: HashMap<Uid, Vec<Claim>>,
    /// Objects that are gone: a pass over an old copy of one may still be under way, and must not claim for it.
    gone: HashSet<Uid>,
}

impl Claims {
    /// Replaces what this object claims. False: it is gone.
    pub fn replace(&self, claimant: &Claimant, claims: Vec<Claim>) -> bool {
        let mut table = self.table();
        if table.gone.contains(&claimant.uid) {
            return false;
        }
        table.remove(&claimant.uid);
        claims.into_iter().for_each(|claim| table.add(claimant, claim));
        true
    }

    /// Forgets the object, which is gone: its uid never comes again, unless Kubernetes itself is restored.
    pub fn forget(&self, uid: &Uid) {
        let mut table = self.table();
        table.remove(uid);
        table.gone.insert(uid.clone());
    }

    /// Kubernetes shows the object.
    pub fn is_there(&self, uid: &Uid) {
        self.table().gone.remove(uid);
    }

    /// Who has the better claim on something that this object can't do without.
    pub fn outranked_by(&self, uid: &Uid) -> Option<String> {
        self.table().better(uid, |claim| !claim.flexible)
    }

    /// Claims `on` for a wish that can be met by other things too, unless anybody else claims it.
    pub fn try_wish(&self, claimant: &Claimant, on: &str) -> bool {
        let mut table = self.table();
        let others =
            table.by_thing.get(on).is_some_and(|holders| holders.iter().any(|(_, holder)| holder.uid != claimant.uid));
        !others && table.wish(claimant, on, true)
    }

    /// Claims `on` for what this object is about to order, and can't do without.
    pub fn wish(&self, claimant: &Claimant, on: &str) {
        self.table().wish(claimant, on, false);
    }

    /// Turns the object's wishes into an order under way, unless another object has the better claim on one of them.
    /// Nobody can come between the check and the claim: this is the lock that keeps two objects from ordering one thing.
    pub fn take(&self, uid: &Uid) -> Result<(), String> {
        let mut table = self.table();
        if let Some(other) = table.better(uid, |_| true) {
            return Err(other);
        }
        let Table { by_thing, by_object, .. } = &mut *table;
        for claim in by_object.get_mut(uid).into_iter().flatten().filter(|claim| claim.rank > Rank::Intent) {
            claim.rank = Rank::Intent;
            let holders = by_thing.get_mut(&claim.on).into_iter().flatten();
            holders.filter(|(_, holder)| holder.uid == *uid).for_each(|(rank, _)| *rank = Rank::Intent);
        }
        Ok(())
    }

    /// Another object that claims `on`, at this rank or better.
    pub fn other_holder(&self, uid: &Uid, on: &str, rank: Rank) -> Option<String> {
        let table = self.table();
        let holders = table.by_thing.get(on)?;
        let other = holders.iter().find(|(held, holder)| holder.uid != *uid && *held <= rank);
        other.map(|(_, holder)| holder.name.clone())
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.all.lock()
    }
}

impl Table {
    fn add(&mut self, claimant: &Claimant, claim: Claim) {
        self.by_thing.entry(claim.on.clone()).or_default().push((claim.rank, claimant.clone()));
        self.by_object.entry(claimant.uid.clone()).or_default().push(claim);
    }

    /// Adds a wish, unless the object has a claim on it anyway. False: the object is gone.
    fn wish(&mut self, claimant: &Claimant, on: &str, flexible: bool) -> bool {
        if self.gone.contains(&claimant.uid) {
            return false;
        }
        let own = self.by_object.get(&claimant.uid).is_some_and(|claims| claims.iter().any(|claim| claim.on == on));
        if !own {
            self.add(claimant, Claim { on: on.into(), rank: Rank::Wish, flexible });
        }
        true
    }

    fn remove(&mut self, uid: &Uid) {
        for claim in self.by_object.remove(uid).unwrap_or_default() {
            if let Some(holders) = self.by_thing.get_mut(&claim.on) {
                holders.retain(|(_, holder)| holder.uid != *uid);
                if holders.is_empty() {
                    self.by_thing.remove(&claim.on);
                }
            }
        }
    }

    fn better(&self, uid: &Uid, counts: impl Fn(&Claim) -> bool) -> Option<String> {
        let best = |claim: &Claim| {
            let order = |(rank, holder): &&(Rank, Claimant)| (*rank, holder.since, holder.uid.clone());
            self.by_thing.get(&claim.on)?.iter().min_by_key(order).map(|(_, holder)| holder)
        };
        let claims = self.by_object.get(uid)?;
        let holder = claims.iter().filter(|claim| counts(claim)).filter_map(best).find(|holder| holder.uid != *uid);
        holder.map(|holder| holder.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimant(uid: &str, second: i64) -> Claimant {
        Claimant { uid: uid.into(), name: format!("object {uid}"), since: Timestamp::from_second(second).unwrap() }
    }

    fn wish(on: &str) -> Claim {
        Claim { on: on.into(), rank: Rank::Wish, flexible: false }
    }

    #[test]
    fn the_older_wish_goes_first_and_an_order_under_way_before_both() {
        let claims = Claims::default();
        claims.replace(&claimant("young", 2), vec![wish("slot/1")]);
        assert_eq!(claims.outranked_by(&"young".into()), None);
        claims.replace(&claimant("old", 1), vec![wish("slot/1")]);
        assert_eq!(claims.outranked_by(&"young".into()).as_deref(), Some("object old"));
        assert!(claims.take(&"young".into()).is_err());
        claims.forget(&"old".into());
        claims.take(&"young".into()).unwrap();
        claims.replace(&claimant("old", 1), vec![wish("slot/1")]);
        assert_eq!(claims.outranked_by(&"old".into()), None, "who is gone claims nothing");
        claims.is_there(&"old".into());
        claims.replace(&claimant("old", 1), vec![wish("slot/1")]);
        assert_eq!(claims.outranked_by(&"old".into()).as_deref(), Some("object young"));
    }

    #[test]
    fn a_pick_that_another_made_is_not_made_again() {
        let claims = Claims::default();
        assert!(claims.try_wish(&claimant("a", 1), "slot/1"));
        assert!(!claims.try_wish(&claimant("b", 0), "slot/1"));
        assert!(claims.try_wish(&claimant("a", 1), "slot/1"));
        claims.forget(&"a".into());
        assert!(claims.try_wish(&claimant("b", 0), "slot/1"));
    }
}
