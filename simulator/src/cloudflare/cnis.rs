//! CNI objects: what runs over an interconnect.

use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::interconnects::check_account;
use super::page::Page;
use super::slots::SlotNumber;
use super::store::{Cloudflare, Cni};
use crate::clock::Moment;
use crate::fields::{Fields, Flaw, parse_uuid};
use crate::site::Site;

/// What CNI objects are called in the ledger and in the control interface.
pub const RESOURCE: &str = "cni";

/// Point-to-point addresses are taken from 10.0.0.0/8, two at a time.
const FIRST_ADDRESS: u32 = 0x0a00_0000;

impl Cni {
    /// The CNI object as answers show it.
    pub fn shown(&self) -> Value {
        let mut shown = json!({
            "id": self.id,
            "account": self.account,
            "interconnect": self.interconnect,
            "magic": self.magic,
            "p2p_ip": self.p2p_ip,
            "cust_ip": self.cust_ip,
        });
        if let Some(bgp) = &self.bgp {
            shown["bgp"] = bgp.clone();
        }
        shown
    }
}

/// The caller's CNI object of the id in the path.
fn own<'a>(cloudflare: &'a Cloudflare, call: &Call) -> Result<&'a Cni, Refusal> {
    let found = parse_uuid(&call.id).and_then(|id| cloudflare.cni(id));
    found.filter(|cni| cni.account == call.account).ok_or_else(|| Refusal::not_found(RESOURCE))
}

/// What a client can say of a CNI object.
struct Wish {
    account: String,
    interconnect: String,
    magic: Value,
    bgp: Option<Value>,
}

fn read(cloudflare: &Cloudflare, body: &Value) -> Result<Wish, Refusal> {
    let fields = Fields::of(body)?;
    let account = fields.text("account")?;
    let interconnect = fields.text("interconnect")?;
    let found = cloudflare.interconnect(interconnect);
    if found.is_none_or(|found| found.account != account) {
        return Err(fields.refuse("interconnect", "there is no such interconnect").into());
    }
    let magic = fields.object("magic")?;
    let bgp = fields.optional_object("bgp")?;
    Ok(Wish {
        account: account.to_owned(),
        interconnect: interconnect.to_owned(),
        magic: json!({
            "conduit_name": magic.text("conduit_name")?,
            "description": magic.text("description")?,
            "mtu": magic.number("mtu")?,
        }),
        bgp: bgp.map(|bgp| read_bgp(&bgp)).transpose()?,
    })
}

fn read_bgp(bgp: &Fields<'_>) -> Result<Value, Flaw> {
    let mut read = json!({
        "customer_asn": bgp.number("customer_asn")?,
        "extra_prefixes": bgp.prefixes("extra_prefixes")?,
    });
    if let Some(key) = bgp.optional_text("md5_key")? {
        let printable = |it: u8| (b' '..=b'~').contains(&it) && it != b'"' && it != b'?';
        if !key.bytes().all(printable) {
            return Err(bgp.refuse("md5_key", "must be printable ASCII without \" and ?"));
        }
        read["md5_key"] = key.into();
    }
    Ok(read)
}

/// GET cnis.
pub fn list(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let cloudflare = &*site.store;
    let page = Page::of(&call.query)?;
    let all: Box<dyn Iterator<Item = (u64, &Cni)>> = match call.query.get("slot") {
        None => Box::new(cloudflare.cnis(page.cursor())),
        Some(slot) => {
            let slot = parse_uuid(slot).ok_or_else(|| Refusal::property("slot", "must be a UUID"))?;
            let slot = SlotNumber::of_id(slot, cloudflare.free_slots());
            let name = slot.and_then(|slot| cloudflare.on_slot(slot));
            let name = name.map_or("", |interconnect| interconnect.name.as_str());
            Box::new(cloudflare.cnis_of(name, page.cursor()))
        }
    };
    // No tunnel runs over anything here, so none of them has the tunnel asked for.
    let in_tunnel = !call.query.contains_key("tunnel_id");
    let wanted = all.filter(|(_, cni)| in_tunnel && cni.account == call.account && call.sees(cni.created));
    Ok(page.fill(wanted.map(|(place, cni)| (place, cni.shown()))))
}

/// GET cnis/{cni}.
pub fn get(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    own(site.store, call).map(|cni| Answer::Json(cni.shown()))
}

/// POST cnis.
pub fn create(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    check_account(call)?;
    let created = hang(site.store, &call.body, call.now)?;
    site.record("create", RESOURCE, &created.id.to_string(), None);
    Ok(Answer::Json(created.shown()))
}

/// Creates a CNI object, whoever asks for it.
pub fn hang(cloudflare: &mut Cloudflare, body: &Value, now: Moment) -> Result<Cni, Refusal> {
    let address = FIRST_ADDRESS + (cloudflare.next_place() as u32).wrapping_mul(2) % (1 << 24);
    let end = |address: u32| format!("{}/31", std::net::Ipv4Addr::from(address));
    let wish = read(cloudflare, body)?;
    let cni = Cni {
        id: Uuid::new_v4(),
        account: wish.account,
        interconnect: wish.interconnect,
        magic: wish.magic,
        bgp: wish.bgp,
        p2p_ip: end(address),
        cust_ip: end(address + 1),
        created: now.simulated,
    };
    if cloudflare.with_conduit(&cni.conduit()).is_some() {
        return Err(conduit_taken());
    }
    cloudflare.insert_cni(cni.clone());
    Ok(cni)
}

/// PUT cnis/{cni}.
pub fn update(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    check_account(call)?;
    let present = own(site.store, call)?;
    let fields = Fields::of(&call.body)?;
    if fields.uuid("id")? != present.id {
        return Err(fields.refuse("id", "must be the one in the path").into());
    }
    let (ours, theirs) = (fields.prefix("p2p_ip")?, fields.prefix("cust_ip")?);
    if ours == theirs || !ours.neighbours(theirs) {
        return Err(fields.refuse("cust_ip", "must be another address in the network of p2p_ip").into());
    }
    let wish = read(site.store, &call.body)?;
    let cni = Cni {
        id: present.id,
        account: wish.account,
        interconnect: wish.interconnect,
        magic: wish.magic,
        bgp: wish.bgp,
        p2p_ip: fields.text("p2p_ip")?.to_owned(),
        cust_ip: fields.text("cust_ip")?.to_owned(),
        created: present.created,
    };
    let holder = site.store.with_conduit(&cni.conduit());
    if holder.is_some_and(|holder| holder.id != cni.id) {
        return Err(conduit_taken());
    }
    let shown = cni.shown();
    site.record("update", RESOURCE, &cni.id.to_string(), None);
    site.store.replace_cni(cni);
    Ok(Answer::Json(shown))
}

/// DELETE cnis/{cni}.
pub fn delete(site: &mut Site<Cloudflare>, call: &Call) -> Result<Answer, Refusal> {
    let id = own(site.store, call)?.id;
    site.store.remove_cni(id);
    site.record("delete", RESOURCE, &id.to_string(), None);
    Ok(Answer::Done)
}

fn conduit_taken() -> Refusal {
    Refusal::conflict("magic.conduit_name: the account has a CNI of that name")
}
