//! The metropolitan areas, and the points of presence in them.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::site::Site;

/// Who runs the networks.
pub const SERVICE_PROVIDER: &str = "Interxion";

/// A metropolitan area, which has one network of the same id.
#[derive(Debug)]
pub struct Metro {
    /// Its id.
    pub id: &'static str,
    name: &'static str,
    /// The country in ids of what is ordered, in demarcations too.
    pub country: &'static str,
    un_locode: &'static str,
    facilities: &'static [&'static str],
}

static METROS: [Metro; 3] = [
    Metro {
        id: "AMS",
        name: "Amsterdam",
        country: "NL",
        un_locode: "NL AMS",
        facilities: &["AMS1", "AMS3", "AMS4", "AMS5", "AMS6", "AMS7", "AMS8", "AMS9", "AMS10"],
    },
    Metro { id: "LON", name: "London", country: "UK", un_locode: "GB LON", facilities: &["LON1", "LON2", "LON3"] },
    Metro { id: "FRA", name: "Frankfurt", country: "DE", un_locode: "DE FRA", facilities: &["FRA5", "FRA6", "FRA7"] },
];

/// A point of presence.
#[derive(Debug)]
pub struct Pop {
    /// Its id.
    pub id: &'static str,
    /// The building.
    pub facility: &'static str,
    /// Where that is.
    pub metro: &'static Metro,
}

static POPS: [Pop; 4] = [
    Pop { id: "AMS5-B", facility: "AMS5", metro: &METROS[0] },
    Pop { id: "AMS7-A", facility: "AMS7", metro: &METROS[0] },
    Pop { id: "LON1-A", facility: "LON1", metro: &METROS[1] },
    Pop { id: "FRA6-A", facility: "FRA6", metro: &METROS[2] },
];

/// The PoP of that id, which is one of the table's.
pub fn pop(id: &str) -> &'static Pop {
    POPS.iter().find(|pop| pop.id == id).expect("every offering's PoP is in the table")
}

impl Metro {
    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "display_name": self.name,
            "facilities": self.facilities,
            "iata_code": self.id,
            "metro_area_networks": [self.id],
            "un_locode": self.un_locode,
        })
    }

    fn shown_network(&self) -> Value {
        let pops = POPS.iter().filter(|pop| pop.metro.id == self.id);
        json!({
            "id": self.id,
            "metro_area": self.id,
            "name": self.name,
            "pops": pops.map(|pop| pop.id).collect::<Value>(),
            "service_provider": SERVICE_PROVIDER,
        })
    }
}

impl Pop {
    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "devices": [format!("sw1-{}", self.id.to_lowercase())],
            "facility": self.facility,
            "metro_area_network": self.metro.id,
            "name": self.facility,
        })
    }
}

/// GET metro-areas.
pub fn metro_areas(_: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    call.list(METROS.iter().map(Metro::shown))
}

/// GET metro-area-networks.
pub fn metro_area_networks(_: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    call.list(METROS.iter().map(Metro::shown_network))
}

/// GET pops.
pub fn pops(_: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let wanted = POPS.iter().filter(|pop| {
        call.fits("facility", |it| it == pop.facility) && call.fits("metro_area_network", |it| it == pop.metro.id)
    });
    call.list(wanted.map(Pop::shown))
}
