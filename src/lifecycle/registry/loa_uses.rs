//! Who uses whose LOA: kept in the leader, like claims, and shown by the circuit whose LOA it is.

use std::collections::{BTreeMap, HashMap};

use parking_lot::{Mutex, MutexGuard};

use crate::api::common::LoaUse;
use crate::api::ids::Uid;

/// All uses of all objects.
#[derive(Default)]
pub struct LoaUses {
    all: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// By the circuit whose LOA is used, by the user's uid.
    by_circuit: HashMap<String, BTreeMap<Uid, LoaUse>>,
    by_user: HashMap<Uid, String>,
}

impl LoaUses {
    /// Replaces what this object uses: a circuit's name, as claimants are named, and how it shows there.
    pub fn replace(&self, uid: &Uid, used: Option<(String, LoaUse)>) {
        let mut table = self.table();
        table.remove(uid);
        if let Some((circuit, usage)) = used {
            table.by_circuit.entry(circuit.clone()).or_default().insert(uid.clone(), usage);
            table.by_user.insert(uid.clone(), circuit);
        }
    }

    /// Who uses this circuit's LOA, by name.
    pub fn of(&self, circuit: &str) -> Vec<LoaUse> {
        let table = self.table();
        let mut users: Vec<LoaUse> =
            table.by_circuit.get(circuit).into_iter().flat_map(BTreeMap::values).cloned().collect();
        users.sort();
        users
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.all.lock()
    }
}

impl Table {
    fn remove(&mut self, uid: &Uid) {
        let Some(circuit) = self.by_user.remove(uid) else { return };
        if let Some(users) = self.by_circuit.get_mut(&circuit) {
            users.remove(uid);
            if users.is_empty() {
                self.by_circuit.remove(&circuit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_shows_those_who_use_its_loa_now() {
        let uses = LoaUses::default();
        let by = |name: &str| LoaUse { kind: "CrossConnectOrder".into(), name: name.into(), port: None };
        let used = |circuit: &str, name: &str| Some((circuit.to_owned(), by(name)));
        uses.replace(&"2".into(), used("Interconnect a/x", "second"));
        uses.replace(&"1".into(), used("Interconnect a/x", "first"));
        assert_eq!(uses.of("Interconnect a/x"), [by("first"), by("second")]);
        uses.replace(&"1".into(), used("Interconnect a/y", "first"));
        uses.replace(&"2".into(), None);
        assert_eq!((uses.of("Interconnect a/x"), uses.of("Interconnect a/y")), (Vec::new(), vec![by("first")]));
    }
}
