//! Slots: the ports in facilities that an interconnect can be ordered on.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::page::Page;
use super::store::Cloudflare;
use crate::fields::parse_uuid;
use crate::site::Site;

/// The most free slots that the built-in world can have.
pub const MAX_SLOTS: usize = 1_000_000;

/// What all slot ids begin with; the slot's number is the rest.
const ID_BASE: u128 = 0x5107a000_0000_4000_8000_000000000000;
/// The slots that are taken from the start are numbered from here.
const FIRST_TAKEN: u64 = 0xf0_0001;
/// How many are taken from the start: one of each speed at each site.
const TAKEN_COUNT: u32 = 6;
/// Each free slot whose number this divides is a fast one.
const FAST_EVERY: u64 = 4;

/// The slots that are taken from the start.
pub const TAKEN: [SlotNumber; TAKEN_COUNT as usize] = {
    let mut taken = [SlotNumber(0); TAKEN_COUNT as usize];
    let mut place = 0;
    while place < TAKEN_COUNT {
        taken[place as usize] = SlotNumber(place);
        place += 1;
    }
    taken
};

/// A slot by its place in lists. The taken ones come first, so that who picks
/// the first of a list without looking picks a wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlotNumber(u32);

/// A site and its facility.
struct Place {
    name: &'static str,
    facility: &'static str,
    address: [&'static str; 3],
}

const SITES: [Place; 3] = [
    Place {
        name: "AMS01",
        facility: "Polder Colocation Amsterdam 1",
        address: ["Voorbeeldweg 1", "1099 ZZ Amsterdam", "Netherlands"],
    },
    Place {
        name: "FRA02",
        facility: "Main Colocation Frankfurt 2",
        address: ["Musterstrasse 2", "60999 Frankfurt am Main", "Germany"],
    },
    Place {
        name: "LON03",
        facility: "Thames Colocation London 3",
        address: ["3 Sample Street", "London E99 9ZZ", "United Kingdom"],
    },
];

/// All slots of a world with that many free ones.
pub fn all(free: usize) -> impl Iterator<Item = SlotNumber> {
    (0..total(free)).map(SlotNumber)
}

fn total(free: usize) -> u32 {
    TAKEN_COUNT + free.min(MAX_SLOTS) as u32
}

impl SlotNumber {
    /// The first slot at or behind a cursor.
    fn at_cursor(cursor: u64) -> Self {
        Self(cursor.try_into().unwrap_or(u32::MAX))
    }

    /// The number in the id: free ones from 1, taken ones far above.
    fn number(self) -> u64 {
        match self.0.checked_sub(TAKEN_COUNT) {
            Some(free) => u64::from(free) + 1,
            None => FIRST_TAKEN + u64::from(self.0),
        }
    }

    /// The slot of that id in a world with that many free ones.
    pub fn of_id(id: Uuid, free: usize) -> Option<Self> {
        let number = u64::try_from(id.as_u128().checked_sub(ID_BASE)?).ok()?;
        let place = match number.checked_sub(FIRST_TAKEN) {
            Some(taken) => taken,
            None => number.checked_sub(1)? + u64::from(TAKEN_COUNT),
        };
        let slot = Self(u32::try_from(place).ok().filter(|it| *it < total(free))?);
        // Keeps the numbers between both kinds from meaning anything.
        (slot.number() == number).then_some(slot)
    }

    /// The slot's id.
    pub fn id(self) -> Uuid {
        Uuid::from_u128(ID_BASE + u128::from(self.number()))
    }

    fn site_entry(self) -> &'static Place {
        &SITES[self.0 as usize % SITES.len()]
    }

    /// The name of the site.
    pub fn site(self) -> &'static str {
        self.site_entry().name
    }

    /// The speed of the port.
    pub fn speed(self) -> &'static str {
        let fast = if self.0 < TAKEN_COUNT {
            self.0 as usize >= SITES.len()
        } else {
            self.number().is_multiple_of(FAST_EVERY)
        };
        if fast { "100G" } else { "10G" }
    }

    /// The facility as answers show it.
    pub fn facility(self) -> Value {
        let site = self.site_entry();
        json!({"name": site.facility, "address": site.address})
    }

    fn address_contains(self, lowercase: &str) -> bool {
        let mut lines = self.site_entry().address.iter();
        lines.any(|line| line.to_lowercase().contains(lowercase))
    }

    /// The router that the port is on.
    pub fn device(self) -> String {
        format!("ccr01.{}", self.site().to_lowercase())
    }

    /// A name for a new interconnect on this slot. It is random, so that a
    /// name of a world that is gone never means something else in the next.
    pub fn new_interconnect_name(self) -> String {
        new_interconnect_name(&self.site().to_lowercase())
    }
}

/// A new name that nothing else has had.
pub fn new_interconnect_name(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}-{}", &random[..12])
}

/// A slot as answers show it.
pub fn shown(cloudflare: &Cloudflare, slot: SlotNumber, call: Option<&Call>) -> Value {
    let occupant = cloudflare.on_slot(slot);
    let occupant = occupant.filter(|it| call.is_none_or(|call| call.sees(it.created)));
    let mut shown = json!({
        "id": slot.id(),
        "site": slot.site(),
        "speed": slot.speed(),
        "facility": slot.facility(),
        "occupied": occupant.is_some(),
    });
    if let Some(occupant) = occupant {
        shown["account"] = occupant.account.as_str().into();
    }
    shown
}

/// GET slots.
pub fn list(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let cloudflare = &*site.store;
    let page = Page::of(&call.query)?;
    let asked = |name: &str| call.query.get(name).map(String::as_str);
    let occupied = match asked("occupied") {
        None | Some("") => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(Refusal::property("occupied", "must be true or false")),
    };
    let from = SlotNumber::at_cursor(page.cursor());
    let candidates: Box<dyn Iterator<Item = SlotNumber>> = match occupied {
        // What a lagging list shows as free need not be in the index of it.
        Some(false) if !call.lags() => Box::new(cloudflare.free(from)),
        Some(true) => Box::new(cloudflare.occupied(from)),
        _ => Box::new((from.0..total(cloudflare.free_slots())).map(SlotNumber)),
    };
    let part = asked("address_contains").map(str::to_lowercase);
    let (site, speed) = (asked("site"), asked("speed"));
    let wanted = candidates.filter(|slot| {
        site.is_none_or(|it| it == slot.site())
            && speed.is_none_or(|it| it == slot.speed())
            && part.as_ref().is_none_or(|it| slot.address_contains(it))
    });
    let items = wanted.filter_map(|slot| {
        let item = shown(cloudflare, slot, Some(call));
        let fits = occupied.is_none_or(|occupied| item["occupied"] == occupied);
        fits.then_some((u64::from(slot.0), item))
    });
    Ok(page.fill(items))
}

/// GET slots/{slot}.
pub fn get(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let id = parse_uuid(&call.id).ok_or_else(|| Refusal::property("slot", "must be a UUID"))?;
    let cloudflare = &*site.store;
    SlotNumber::of_id(id, cloudflare.free_slots())
        .map(|slot| Answer::Json(shown(cloudflare, slot, None)))
        .ok_or_else(|| Refusal::not_found("slot"))
}
