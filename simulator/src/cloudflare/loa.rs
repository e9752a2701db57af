//! Letters of Authorization: what a facility wants to see before it connects
//! a cable to Cloudflare's port.

use serde_json::json;

use super::ACCOUNT_NAME;
use super::answer::{Answer, Refusal};
use super::call::Call;
use super::interconnects::own;
use super::slots::SlotNumber;
use super::store::Cloudflare;
use super::store::Interconnect;
use crate::letter;
use crate::site::Site;

/// The longest customer name that may be asked for.
const MAX_NAME: usize = 200;

/// The caller's interconnect in the path, and the slot that its LOA is for.
fn with_slot<'a>(site: &'a Site<Cloudflare>, call: &Call) -> Result<(&'a Interconnect, SlotNumber), Refusal> {
    let interconnect = own(site.store, call)?;
    let slot = interconnect.slot();
    let slot = slot.ok_or_else(|| Refusal::invalid("a partner interconnect has no LOA"))?;
    Ok((interconnect, slot))
}

/// GET interconnects/{icon}/loa/default: the name that the LOA bears unless
/// another is asked for.
pub fn default_name(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    with_slot(site, call)?;
    Ok(Answer::Json(json!({"name": ACCOUNT_NAME})))
}

/// GET interconnects/{icon}/loa.
pub fn get(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let (interconnect, slot) = with_slot(site, call)?;
    let name = call.query.get("name").map_or(ACCOUNT_NAME, String::as_str);
    if name.chars().count() > MAX_NAME {
        let problem = format!("must be at most {MAX_NAME} characters long");
        return Err(Refusal::property("name", &problem));
    }
    let facility = slot.facility();
    let address = facility["address"].as_array().into_iter().flatten();
    let address: Vec<_> = address.filter_map(|line| line.as_str()).collect();
    let facts = [
        ("Customer", name),
        ("Interconnect", &interconnect.name),
        ("Slot", &slot.id().to_string()),
        ("Site", slot.site()),
        ("Facility", facility["name"].as_str().unwrap_or_default()),
        ("Address", &address.join(", ")),
        ("Speed", slot.speed()),
        ("Demarcation", &slot.device()),
        ("Issued", &call.now.simulated.strftime("%Y-%m-%d").to_string()),
    ];
    letter::write(&facts).map(Answer::Pdf).map_err(|error| Refusal::internal(&error.to_string()))
}
