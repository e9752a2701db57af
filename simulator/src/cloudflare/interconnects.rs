//! Interconnects: ordered on a slot, or paired with Google Cloud.

use serde_json::{Value, json};
use uuid::Uuid;

use super::ACCOUNT_NAME;
use super::answer::{Answer, Refusal};
use super::call::Call;
use super::demo::ACCOUNT;
use super::page::Page;
use super::slots::{SlotNumber, new_interconnect_name};
use super::store::{Cloudflare, Interconnect, Kind};
use crate::clock::Moment;
use crate::fields::{Fields, Flaw, parse_uuid};
use crate::site::Site;

/// What interconnects are called in the ledger and in the control interface.
pub const RESOURCE: &str = "interconnect";

/// The bandwidths of a partner interconnect.
const BANDWIDTHS: [&str; 12] = ["50M", "100M", "200M", "300M", "400M", "500M", "1G", "2G", "5G", "10G", "20G", "50G"];

impl Interconnect {
    fn type_word(&self) -> &'static str {
        match self.kind {
            Kind::Direct { .. } => "direct",
            Kind::GcpPartner { .. } => "gcp_partner",
        }
    }

    /// The interconnect as answers show it.
    pub fn shown(&self) -> Value {
        let mut shown = json!({
            "account": self.account,
            "name": self.name,
            "type": self.type_word(),
            "virtual_port_reservation_id": self.reservation,
        });
        if self.account == ACCOUNT {
            shown["owner"] = ACCOUNT_NAME.into();
        }
        match &self.kind {
            Kind::Direct { slot } => {
                shown["slot_id"] = json!(slot.id());
                shown["site"] = slot.site().into();
                shown["speed"] = slot.speed().into();
                shown["facility"] = slot.facility();
                shown["ccr_device_name"] = slot.device().into();
            }
            Kind::GcpPartner { region, bandwidth } => {
                shown["region"] = region.as_str().into();
                shown["speed"] = bandwidth.as_str().into();
            }
        }
        shown
    }
}

/// The caller's interconnect of the name in the path.
pub fn own<'a>(cloudflare: &'a Cloudflare, call: &Call) -> Result<&'a Interconnect, Refusal> {
    let found = cloudflare.interconnect(&call.id);
    found.filter(|interconnect| interconnect.account == call.account).ok_or_else(|| Refusal::not_found(RESOURCE))
}

/// Refuses a body that names another account than the path.
pub fn check_account(call: &Call) -> Result<(), Refusal> {
    let fields = Fields::of(&call.body)?;
    if fields.text("account")? == call.account {
        Ok(())
    } else {
        Err(fields.refuse("account", "must be the account in the path").into())
    }
}

/// GET interconnects.
pub fn list(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let page = Page::of(&call.query)?;
    let all = site.store.interconnects(page.cursor());
    let (site, kind) = (call.query.get("site"), call.query.get("type"));
    let wanted = all.filter(|(_, interconnect)| {
        interconnect.account == call.account
            && call.sees(interconnect.created)
            && kind.is_none_or(|it| it == interconnect.type_word())
            && site.is_none_or(|it| {
                let slot = interconnect.slot();
                slot.is_some_and(|slot| it == slot.site())
            })
    });
    Ok(page.fill(wanted.map(|(place, interconnect)| (place, interconnect.shown()))))
}

/// POST interconnects.
pub fn create(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    check_account(call)?;
    let created = order(site.store, &call.body, call.now)?;
    site.record("create", RESOURCE, &created.name, None);
    Ok(Answer::Json(created.shown()))
}

/// Creates an interconnect, whoever asks for it.
pub fn order(cloudflare: &mut Cloudflare, body: &Value, now: Moment) -> Result<Interconnect, Refusal> {
    let fields = Fields::of(body)?;
    let account = fields.text("account")?.to_owned();
    let (name, kind) = match fields.text("type")? {
        "direct" => {
            let slot = wanted_slot(cloudflare, &fields)?;
            (slot.new_interconnect_name(), Kind::Direct { slot })
        }
        "gcp_partner" => (new_interconnect_name("gcp"), wanted_pairing(&fields)?),
        _ => return Err(fields.refuse("type", "must be direct or gcp_partner").into()),
    };
    let interconnect =
        Interconnect { name, account, kind, reservation: Uuid::new_v4(), created: now.simulated, imposed: None };
    cloudflare.insert_interconnect(interconnect.clone());
    Ok(interconnect)
}

fn wanted_slot(cloudflare: &Cloudflare, fields: &Fields<'_>) -> Result<SlotNumber, Flaw> {
    let slot = SlotNumber::of_id(fields.uuid("slot_id")?, cloudflare.free_slots());
    let slot = slot.ok_or_else(|| fields.refuse("slot_id", "there is no such slot"))?;
    let speed = fields.optional_text("speed")?;
    if speed.is_some_and(|speed| speed != slot.speed()) {
        let problem = format!("the slot's is {}", slot.speed());
        return Err(fields.refuse("speed", &problem));
    }
    if cloudflare.on_slot(slot).is_some() {
        return Err(fields.refuse("slot_id", "the slot is occupied"));
    }
    Ok(slot)
}

/// Reads what a partner interconnect is ordered with. A pairing key that was
/// used before is no error: nothing is known of Cloudflare refusing it, and a
/// simulator that did would hide an order sent twice.
fn wanted_pairing(fields: &Fields<'_>) -> Result<Kind, Flaw> {
    let bandwidth = fields.text("bandwidth")?;
    if !BANDWIDTHS.contains(&bandwidth) {
        let problem = format!("must be one of {}", BANDWIDTHS.join(", "));
        return Err(fields.refuse("bandwidth", &problem));
    }
    let region = region_of(fields.text("pairing_key")?);
    let region = region.ok_or_else(|| fields.refuse("pairing_key", "must be <uuid>/<region>/<1|2|any>"))?;
    Ok(Kind::GcpPartner { region: region.to_owned(), bandwidth: bandwidth.to_owned() })
}

/// The region in a pairing key of Google's form, uuid/region/domain.
fn region_of(pairing_key: &str) -> Option<&str> {
    let mut parts = pairing_key.split('/');
    parse_uuid(parts.next()?)?;
    let region = parts.next().filter(|region| !region.is_empty())?;
    let domain = parts.next()?;
    (["1", "2", "any"].contains(&domain) && parts.next().is_none()).then_some(region)
}

/// GET interconnects/{icon}.
pub fn get(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    own(site.store, call).map(|found| Answer::Json(found.shown()))
}

/// GET interconnects/{icon}/status.
pub fn status(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let condition = own(site.store, call)?.condition(call.now.simulated);
    Ok(Answer::Json(json!(condition)))
}

/// DELETE interconnects/{icon}.
pub fn delete(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let name = own(site.store, call)?.name.clone();
    if site.store.cnis_of(&name, 0).next().is_some() {
        let message = "the interconnect is in use: CNI objects point at it";
        return Err(Refusal::invalid(message));
    }
    site.store.remove_interconnect(&name);
    site.record("delete", RESOURCE, &name, None);
    Ok(Answer::Done)
}
