//! What Equinix knows, and the indexes by which it is found.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::Client;
use super::answer::{Form, Refusal};
use super::beta::Standing;
use super::call::Call;
use super::loa::Loa;
use super::places::{self, Organization, Panel};
use super::products::Port;
use super::requests::{LoaRequest, RequestPath};
use crate::clock::Moment;
use crate::fields::parse_uuid;
use crate::sessions::Sessions;

/// How this provider behaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Behaviour {
    /// How errors are wrapped.
    pub errors: Form,
    /// The key in a search's filter that holds the criteria.
    pub filter_key: String,
    /// The last segment of the path for LOA requests.
    pub loa_request_path: RequestPath,
    /// Whether clients have access to the beta without asking.
    pub beta_access: bool,
    /// Whether clients have agreed to the beta's terms already.
    pub beta_terms: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            errors: Form::default(),
            filter_key: "and".to_owned(),
            loa_request_path: RequestPath::default(),
            beta_access: true,
            beta_terms: true,
        }
    }
}

/// Where things are found, by what they are asked for.
#[derive(Default)]
struct Index {
    uuids: HashMap<Uuid, u64>,
    /// The last LOA that names a port; whether it is live depends on the time.
    ports: HashMap<Port, u64>,
    panels: HashMap<String, Panel>,
}

/// All of Equinix Digital LOA.
#[derive(Serialize, Deserialize)]
pub struct Equinix {
    /// How it behaves.
    pub(super) behaviour: Behaviour,
    /// The tokens that were issued.
    pub(super) sessions: Sessions,
    /// How clients stand with the beta, by their ids, if they have done anything.
    pub(super) standings: BTreeMap<String, Standing>,
    /// What organisations have asked others for.
    pub(super) requests: Vec<LoaRequest>,
    further_panels: usize,
    last: u64,
    loas: BTreeMap<u64, Loa>,
    #[serde(skip)]
    index: Index,
}

impl Equinix {
    /// The built-in world, with ports for that many LOAs in the first data centre.
    pub fn built_in(loas: usize) -> Self {
        let mut built = Self {
            behaviour: Behaviour::default(),
            sessions: Sessions::default(),
            standings: BTreeMap::new(),
            requests: Vec::new(),
            further_panels: places::further_panels_for(loas),
            last: 0,
            loas: BTreeMap::new(),
            index: Index::default(),
        };
        built.index();
        built
    }

    /// Builds the indexes, which a state file does not hold.
    pub fn index(&mut self) {
        let panels = self.panels().map(|panel| (panel.id.clone(), panel));
        self.index = Index { panels: panels.collect(), ..Index::default() };
        for (place, loa) in &self.loas {
            self.index.add(*place, loa);
        }
    }

    /// All patch panels.
    pub fn panels(&self) -> impl Iterator<Item = Panel> + use<> {
        places::panels(self.further_panels)
    }

    /// All LOAs, oldest first.
    pub fn loas(&self) -> impl Iterator<Item = &Loa> {
        self.loas.values()
    }

    /// The LOA of that id.
    pub fn loa(&self, uuid: Uuid) -> Option<&Loa> {
        self.loas.get(self.index.uuids.get(&uuid)?)
    }

    /// The LOA of that id, to be changed.
    pub fn loa_mut(&mut self, uuid: Uuid) -> Option<&mut Loa> {
        self.loas.get_mut(self.index.uuids.get(&uuid)?)
    }

    /// The LOA in the path, if the caller is a party of it.
    pub fn visible(&self, call: &Call) -> Result<&Loa, Refusal> {
        let found = parse_uuid(call.in_path("uuid")).and_then(|uuid| self.loa(uuid));
        found.filter(|loa| loa.concerns(call.caller)).ok_or_else(|| Refusal::not_found("Digital LOA not found"))
    }

    /// Adds an LOA, and reserves its ports.
    pub fn insert(&mut self, loa: Loa) {
        self.last += 1;
        self.index.add(self.last, &loa);
        self.loas.insert(self.last, loa);
    }

    /// Puts an LOA in place of the one with the same id, and the same ports.
    pub fn replace(&mut self, loa: Loa) {
        if let Some(present) = self.loa_mut(loa.uuid) {
            *present = loa;
        }
    }

    /// Takes an LOA away, as if it had never been.
    pub fn remove(&mut self, uuid: Uuid) {
        let place = self.index.uuids.remove(&uuid);
        if let Some(place) = place {
            self.loas.remove(&place);
        }
    }

    /// The ports that an organisation can name in an LOA.
    pub fn ports_of<'a>(&'a self, owner: &'a Organization, now: Timestamp) -> Ports<'a> {
        Ports { equinix: self, owner, now }
    }

    /// Whether a client may use the beta.
    pub fn has_access(&self, client: &Client, now: Moment) -> bool {
        let standing = self.standings.get(client.id);
        self.behaviour.beta_access || standing.is_some_and(|it| it.is_granted(now.simulated))
    }

    /// Whether a client has agreed to the terms of the beta.
    pub fn has_agreed(&self, client: &Client) -> bool {
        let standing = self.standings.get(client.id);
        standing.and_then(|it| it.agreed).unwrap_or(self.behaviour.beta_terms)
    }

    /// How a client stands with the beta, to be changed.
    pub fn standing_mut(&mut self, client: &Client) -> &mut Standing {
        self.standings.entry(client.id.to_owned()).or_default()
    }
}

impl Index {
    fn add(&mut self, place: u64, loa: &Loa) {
        self.uuids.insert(loa.uuid, place);
        self.ports.extend(loa.ports().map(|port| (port, place)));
    }
}

/// The ports that an organisation can name in an LOA, at one time.
pub struct Ports<'a> {
    equinix: &'a Equinix,
    owner: &'a Organization,
    now: Timestamp,
}

impl Ports<'_> {
    /// The panel of that id, if it is the organisation's.
    pub fn own_panel(&self, id: &str) -> Option<&Panel> {
        self.equinix.index.panels.get(id).filter(|panel| panel.owner == self.owner.id)
    }

    /// Whether a live LOA names the port.
    pub fn is_reserved(&self, port: &Port) -> bool {
        let place = self.equinix.index.ports.get(port);
        let holder = place.and_then(|place| self.equinix.loas.get(place));
        holder.is_some_and(|loa| loa.state(self.now).is_live())
    }
}
