//! The data centres, who is to be found in them, and whose patch panels.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::products::CROSS_CONNECT;
use super::store::Equinix;
use crate::answer::Answer;
use crate::site::Site;

/// The ports of each patch panel are numbered from 1 to this.
pub const PORTS: u32 = 400;

/// The organisation of the demo client.
pub const DEMO: &str = "123456";

/// A data centre.
#[derive(Debug)]
pub struct Ibx {
    /// Its id.
    pub code: &'static str,
    /// The part of the world.
    pub region: &'static str,
    /// The metropolitan area.
    pub metro_name: &'static str,
    /// Its code.
    pub metro_code: &'static str,
    /// The country.
    pub country_code: &'static str,
    /// The street address.
    pub address: &'static str,
    /// The cage that all panels are in.
    cage: &'static str,
}

const IBXS: [Ibx; 3] = [
    Ibx {
        code: "AM11",
        region: "EMEA",
        metro_name: "Amsterdam",
        metro_code: "AM",
        country_code: "NL",
        address: "Voorbeeldlaan 11, 1099 ZZ Amsterdam",
        cage: "0218",
    },
    Ibx {
        code: "AM3",
        region: "EMEA",
        metro_name: "Amsterdam",
        metro_code: "AM",
        country_code: "NL",
        address: "Voorbeeldpark 3, 1099 ZY Amsterdam",
        cage: "0301",
    },
    Ibx {
        code: "LD5",
        region: "EMEA",
        metro_name: "London",
        metro_code: "LD",
        country_code: "GB",
        address: "5 Sample Avenue, Slough SL99 9ZZ",
        cage: "0505",
    },
];

/// The data centre of that id.
pub fn ibx(code: &str) -> Option<&'static Ibx> {
    IBXS.iter().find(|ibx| ibx.code == code)
}

/// An organisation in the marketplace.
#[derive(Debug)]
pub struct Organization {
    /// Its id.
    pub id: &'static str,
    /// Its name, which others may have, too.
    pub name: &'static str,
    /// Where it is to be found.
    ibxs: &'static [&'static str],
}

/// All organisations. The twins cannot be told apart by their name; Acme is
/// not to be found everywhere.
pub const ORGANIZATIONS: [Organization; 5] = [
    Organization { id: DEMO, name: "Demo Networks", ibxs: &["AM11", "AM3", "LD5"] },
    Organization { id: "654321", name: "Partner B.V.", ibxs: &["AM11", "AM3", "LD5"] },
    Organization { id: "111111", name: "Acme", ibxs: &["AM11"] },
    Organization { id: "222221", name: "Twin Telecom", ibxs: &["AM11", "AM3", "LD5"] },
    Organization { id: "222222", name: "Twin Telecom", ibxs: &["AM11", "AM3", "LD5"] },
];

/// The organisation of that id.
pub fn organization(id: &str) -> Option<&'static Organization> {
    ORGANIZATIONS.iter().find(|organization| organization.id == id)
}

/// A patch panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its id, CP:cage:cabinet:serial.
    pub id: String,
    /// Where it is.
    pub ibx: &'static Ibx,
    /// The id of the organisation that owns it.
    pub owner: &'static str,
}

/// All panels: one of each organisation wherever it is, and that many more of
/// the demo organisation in the first data centre.
pub fn panels(further: usize) -> impl Iterator<Item = Panel> {
    let owned = (0..).zip(&ORGANIZATIONS).flat_map(|(number, organization)| {
        let there = (0..).zip(&IBXS).filter(|(_, ibx)| organization.ibxs.contains(&ibx.code));
        there.map(move |(place, ibx)| Panel {
            id: format!("CP:{}:{:04}:{}", ibx.cage, 102 + number, 13_008_148 + 100 * number + place),
            ibx,
            owner: organization.id,
        })
    });
    let further = (1..=further).map(|number| Panel {
        id: format!("CP:0219:{number:04}:{}", 23_000_000 + number),
        ibx: &IBXS[0],
        owner: DEMO,
    });
    owned.chain(further)
}

/// How many further panels it takes until the demo organisation has ports for
/// that many LOAs of two ports each in the first data centre.
pub fn further_panels_for(loas: usize) -> usize {
    loas.div_ceil(PORTS as usize / 2).saturating_sub(1)
}

/// The panel as answers show it. How cages and cabinets are named is a guess.
pub fn shown_panel(id: &str, ibx: &Ibx) -> Value {
    let mut parts = id.split(':').skip(1);
    let (cage, cabinet) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    json!({
        "id": id,
        "cageSpaceId": format!("{}:01:{cage}", ibx.code),
        "cabinetSpaceId": format!("{}:01:{cage}:{cabinet}", ibx.code),
        "location": {
            "ibx": ibx.code,
            "region": ibx.region,
            "metroName": ibx.metro_name,
            "metroCode": ibx.metro_code,
            "countryCode": ibx.country_code,
            "address": ibx.address,
        },
    })
}

/// GET organizations. That an unknown data centre is an error is a guess.
pub fn organizations(_: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    const IBX: &str = "location.ibx";
    const PRODUCT: &str = "product.type";
    let mut named = call.parameters(IBX);
    let (Some(code), None) = (named.next(), named.next()) else {
        return Err(Refusal::parameter(IBX, "is required, and once", None));
    };
    let ibx = ibx(code).ok_or_else(|| Refusal::parameter(IBX, "there is no such IBX", Some(code)))?;
    if let Some(product) = call.parameters(PRODUCT).find(|product| *product != CROSS_CONNECT) {
        return Err(Refusal::parameter(PRODUCT, "must be CROSS_CONNECT", Some(product)));
    }
    let there = ORGANIZATIONS.iter().filter(|organization| organization.ibxs.contains(&ibx.code));
    Ok(Answer::ok(there.map(|it| json!({"orgIds": [it.id], "name": it.name})).collect()))
}
