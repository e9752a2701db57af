//! What Cloudflare knows, and the indexes by which it is found.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::access::{Limit, Quota, Usage, Who};
use super::demo::FOREIGN_ACCOUNT;
use super::settings::DEFAULT_ASN;
use super::slots::{self, SlotNumber};
use crate::clock::Moment;

/// How long after its creation an interconnect is in use.
const PENDING_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How old the interconnects are that others have from the start.
const FOREIGN_AGE: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How this provider behaves.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Behaviour {
    /// Whether answers come in the result envelope.
    pub envelope: bool,
    /// The rate limit.
    pub limit: Limit,
}

/// An interconnect, of whatever account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interconnect {
    /// The name, which is its id.
    pub name: String,
    /// Whose it is.
    pub account: String,
    /// Which of both types.
    pub kind: Kind,
    /// The reserved virtual port.
    pub reservation: Uuid,
    /// When it was created.
    pub created: Timestamp,
    /// The state that the outside world has put it in, if it has.
    pub imposed: Option<Condition>,
}

/// What an interconnect is made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// A port of our own in a facility.
    Direct {
        /// The port.
        slot: SlotNumber,
    },
    /// A partner interconnect into Google Cloud.
    GcpPartner {
        /// The region that the pairing key names.
        region: String,
        /// The bandwidth that was ordered.
        bandwidth: String,
    },
}

/// A state and its reason.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Condition {
    /// The provider's word.
    pub state: String,
    /// Why, if that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Interconnect {
    /// The state at a time by the simulator's clock.
    pub fn condition(&self, now: Timestamp) -> Condition {
        self.imposed.clone().unwrap_or_else(|| {
            let pending = now.duration_since(self.created) < PENDING_FOR;
            let state = if pending { "Pending" } else { "Healthy" };
            Condition { state: state.to_owned(), reason: None }
        })
    }

    /// The slot, if it sits on one.
    pub fn slot(&self) -> Option<SlotNumber> {
        match self.kind {
            Kind::Direct { slot } => Some(slot),
            Kind::GcpPartner { .. } => None,
        }
    }
}

/// A CNI object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cni {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account: String,
    /// The interconnect that it hangs on.
    pub interconnect: String,
    /// Its settings for Magic products.
    pub magic: Value,
    /// Its BGP settings, if any.
    pub bgp: Option<Value>,
    /// Cloudflare's end.
    pub p2p_ip: String,
    /// The customer's end.
    pub cust_ip: String,
    /// When it was created.
    pub created: Timestamp,
}

impl Cni {
    /// The name of its conduit, of which an account has one.
    pub fn conduit(&self) -> (String, String) {
        let conduit = self.magic["conduit_name"].as_str();
        (self.account.clone(), conduit.unwrap_or_default().to_owned())
    }
}

/// Where things are found, by what they are asked for.
#[derive(Default)]
struct Index {
    names: HashMap<String, u64>,
    on_slot: BTreeMap<SlotNumber, u64>,
    free: BTreeSet<SlotNumber>,
    cni_ids: HashMap<Uuid, u64>,
    cnis_of: HashMap<String, BTreeSet<u64>>,
    conduits: HashMap<(String, String), u64>,
}

/// All of Cloudflare CNI.
#[derive(Serialize, Deserialize)]
pub struct Cloudflare {
    /// How it behaves.
    pub(super) behaviour: Behaviour,
    /// The account's default ASN.
    pub(super) default_asn: u32,
    free_slots: usize,
    last: u64,
    interconnects: BTreeMap<u64, Interconnect>,
    cnis: BTreeMap<u64, Cni>,
    #[serde(skip)]
    index: Index,
    #[serde(skip)]
    pub(super) usage: Usage,
}

impl Cloudflare {
    /// The built-in world with that many free slots.
    pub fn built_in(free_slots: usize, now: Moment) -> Self {
        let mut built = Self {
            behaviour: Behaviour::default(),
            default_asn: DEFAULT_ASN,
            free_slots,
            last: 0,
            interconnects: BTreeMap::new(),
            cnis: BTreeMap::new(),
            index: Index::default(),
            usage: Usage::default(),
        };
        built.index();
        // Long ago: no list lags behind them.
        let created = now.simulated - FOREIGN_AGE;
        for slot in slots::TAKEN {
            built.insert_interconnect(Interconnect {
                name: slot.new_interconnect_name(),
                account: FOREIGN_ACCOUNT.to_owned(),
                kind: Kind::Direct { slot },
                reservation: Uuid::new_v4(),
                created,
                imposed: None,
            });
        }
        built
    }

    /// Builds the indexes, which a state file does not hold.
    pub fn index(&mut self) {
        self.index = Index { free: slots::all(self.free_slots).collect(), ..Index::default() };
        for (place, interconnect) in &self.interconnects {
            self.index.add_interconnect(*place, interconnect);
        }
        for (place, cni) in &self.cnis {
            self.index.add_cni(*place, cni);
        }
    }

    /// Whether answers come in the result envelope.
    pub fn envelope(&self) -> bool {
        self.behaviour.envelope
    }

    /// Counts a request against the caller's quota.
    pub fn count(&mut self, who: Who) -> Quota {
        let Self { usage, behaviour, .. } = self;
        usage.count(who, &behaviour.limit, Timestamp::now())
    }

    /// The number of free slots in the built-in world.
    pub fn free_slots(&self) -> usize {
        self.free_slots
    }

    /// The interconnects with their places, from a place on.
    pub fn interconnects(&self, from: u64) -> impl Iterator<Item = (u64, &Interconnect)> {
        let range = self.interconnects.range(from..);
        range.map(|(place, interconnect)| (*place, interconnect))
    }

    /// The interconnect of that name, of whatever account.
    pub fn interconnect(&self, name: &str) -> Option<&Interconnect> {
        self.interconnects.get(self.index.names.get(name)?)
    }

    /// The interconnect of that name, to be changed.
    pub fn interconnect_mut(&mut self, name: &str) -> Option<&mut Interconnect> {
        self.interconnects.get_mut(self.index.names.get(name)?)
    }

    /// The interconnect on a slot.
    pub fn on_slot(&self, slot: SlotNumber) -> Option<&Interconnect> {
        self.interconnects.get(self.index.on_slot.get(&slot)?)
    }

    /// The slots with nothing on them, from one on.
    pub fn free(&self, from: SlotNumber) -> impl Iterator<Item = SlotNumber> {
        self.index.free.range(from..).copied()
    }

    /// The slots with an interconnect on them, from one on.
    pub fn occupied(&self, from: SlotNumber) -> impl Iterator<Item = SlotNumber> {
        self.index.on_slot.range(from..).map(|(slot, _)| *slot)
    }

    /// Adds an interconnect.
    pub fn insert_interconnect(&mut self, interconnect: Interconnect) {
        self.last += 1;
        self.index.add_interconnect(self.last, &interconnect);
        self.interconnects.insert(self.last, interconnect);
    }

    /// Takes an interconnect away.
    pub fn remove_interconnect(&mut self, name: &str) {
        let place = self.index.names.remove(name);
        let removed = place.and_then(|place| self.interconnects.remove(&place));
        if let Some(slot) = removed.and_then(|removed| removed.slot()) {
            self.index.on_slot.remove(&slot);
            self.index.free.insert(slot);
        }
    }

    /// The place that the next object gets.
    pub fn next_place(&self) -> u64 {
        self.last + 1
    }

    /// The CNI objects with their places, from a place on.
    pub fn cnis(&self, from: u64) -> impl Iterator<Item = (u64, &Cni)> {
        let range = self.cnis.range(from..);
        range.map(|(place, cni)| (*place, cni))
    }

    /// The CNI objects on one interconnect, from a place on.
    pub fn cnis_of(&self, interconnect: &str, from: u64) -> impl Iterator<Item = (u64, &Cni)> {
        let places = self.index.cnis_of.get(interconnect);
        let places = places.into_iter().flat_map(move |it| it.range(from..));
        places.filter_map(|place| Some((*place, self.cnis.get(place)?)))
    }

    /// The CNI object of that id, of whatever account.
    pub fn cni(&self, id: Uuid) -> Option<&Cni> {
        self.cnis.get(self.index.cni_ids.get(&id)?)
    }

    /// The CNI object that has a conduit.
    pub fn with_conduit(&self, conduit: &(String, String)) -> Option<&Cni> {
        self.cnis.get(self.index.conduits.get(conduit)?)
    }

    /// Adds a CNI object.
    pub fn insert_cni(&mut self, cni: Cni) {
        self.last += 1;
        self.index.add_cni(self.last, &cni);
        self.cnis.insert(self.last, cni);
    }

    /// Puts a CNI object in place of the one with the same id.
    pub fn replace_cni(&mut self, cni: Cni) {
        if let Some(place) = self.remove_cni(cni.id) {
            self.index.add_cni(place, &cni);
            self.cnis.insert(place, cni);
        }
    }

    /// Takes a CNI object away and tells the place that it had.
    pub fn remove_cni(&mut self, id: Uuid) -> Option<u64> {
        let place = self.index.cni_ids.remove(&id)?;
        let cni = self.cnis.remove(&place)?;
        self.index.conduits.remove(&cni.conduit());
        if let Some(places) = self.index.cnis_of.get_mut(&cni.interconnect) {
            places.remove(&place);
        }
        Some(place)
    }
}

impl Index {
    fn add_interconnect(&mut self, place: u64, interconnect: &Interconnect) {
        self.names.insert(interconnect.name.clone(), place);
        if let Some(slot) = interconnect.slot() {
            self.on_slot.insert(slot, place);
            self.free.remove(&slot);
        }
    }

    fn add_cni(&mut self, place: u64, cni: &Cni) {
        self.cni_ids.insert(cni.id, place);
        self.conduits.insert(cni.conduit(), place);
        let places = self.cnis_of.entry(cni.interconnect.clone());
        places.or_default().insert(place);
    }
}
