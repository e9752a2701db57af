//! The promise on the real thing, for any kind: a kind joins with a `Subject` and one line of `suite!`.

mod asking;
mod crashes;
mod faults;
mod life;
mod operators;
mod outages;
mod restores;

use interconnect_simulator::demo::{cloudflare, equinix};
use kube::ResourceExt;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::rig::{Rig, contact, lag, received_loa, slot};

/// What the suite must know of a kind.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The kind.
    pub kind: &'static str,
    /// The provider's name at the simulator.
    pub provider: &'static str,
    /// What the provider's ledger calls it.
    pub resource: &'static str,
    /// Our key stands in what was ordered, so that what was ordered is known by it whatever was lost.
    pub keyed: bool,
    /// What else happens to each once, in the ledger's words.
    pub actions: &'static [&'static str],
    /// The states in which the outside world uses it up, one after the other: then nothing is left to be ended.
    pub uses: &'static [&'static str],
    /// What there is of it at the provider.
    pub remains: Remains,
    /// The object of another party to this one, as soon as it can be made.
    pub partner: fn(&Rig, &DynamicObject) -> Option<Value>,
    /// Ids of what lives at the provider, out of all that the simulator shows of it.
    pub upstream: fn(&Value) -> Vec<String>,
    /// The account with its Secret, and whatever else the objects refer to.
    pub prerequisites: fn(&Rig) -> Value,
    /// The `n`-th object, which wants something else than all others.
    pub manifest: fn(&Rig, &str, u32) -> Value,
}

/// What there is at the provider of what was ordered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// It is found there until it is ended.
    UntilEnded,
    /// It is found there, and nothing ends it.
    ForGood,
    /// Nothing is found there.
    Nothing,
}

/// Whatever goes wrong while everybody keeps their records.
macro_rules! troubles {
    ($subject:expr) => {
        #[tokio::test]
        async fn a_life_in_which_nothing_goes_wrong_is_one_order_and_one_end() {
            faults::none(&$subject).await;
        }

        #[tokio::test]
        async fn a_crash_before_any_effect_leads_to_one_order_and_one_end() {
            crashes::at_every_effect(&$subject, "before").await;
        }

        #[tokio::test]
        async fn a_crash_after_any_effect_leads_to_one_order_and_one_end() {
            crashes::at_every_effect(&$subject, "after").await;
        }

        #[tokio::test]
        async fn forty_kills_at_any_time_lead_to_one_order_and_one_end_of_each() {
            crashes::at_any_time(&$subject).await;
        }

        #[tokio::test]
        async fn every_fault_at_every_call_leads_to_one_order_and_one_end_of_each() {
            faults::every_kind_at_every_call(&$subject).await;
        }

        #[tokio::test]
        async fn an_operator_that_stopped_in_the_middle_and_goes_on_orders_nothing_again() {
            operators::stopped_in_the_middle(&$subject).await;
        }

        #[tokio::test]
        async fn a_clock_that_was_wrong_for_a_while_orders_nothing_again() {
            operators::with_wrong_clocks(&$subject).await;
        }

        #[tokio::test]
        async fn a_namespace_ends_in_order_once_the_provider_answers() {
            restores::namespace_deleted(&$subject).await;
        }

        #[tokio::test]
        async fn a_provider_that_is_away_for_a_minute_changes_nothing() {
            outages::provider_away(&$subject).await;
        }
    };
}

/// Records that are lost, copied or old.
macro_rules! records {
    ($subject:expr) => {
        #[tokio::test]
        async fn a_lost_status_or_lost_annotations_order_nothing_again() {
            restores::without_records(&$subject).await;
        }

        #[tokio::test]
        async fn a_copy_in_another_namespace_touches_nothing() {
            restores::copied(&$subject).await;
        }

        #[tokio::test]
        async fn what_is_made_again_after_retain_orders_nothing_again() {
            restores::made_again(&$subject).await;
        }
    };
}

/// All tests of the suite, for one kind. Without records: of what leaves nothing at the provider they are all there is.
macro_rules! suite {
    ($name:ident, $subject:expr) => {
        mod $name {
            use super::*;
            troubles!($subject);
            records!($subject);
        }
    };
    ($name:ident, $subject:expr, without records) => {
        mod $name {
            use super::*;
            troubles!($subject);
        }
    };
}

const SITES: [&str; 3] = ["AMS01", "FRA02", "LON03"];

const DIRECT: Subject = Subject {
    kind: "Interconnect",
    provider: "cloudflare",
    resource: "interconnect",
    keyed: false,
    actions: &[],
    uses: &[],
    remains: Remains::UntilEnded,
    partner: |_, _| None,
    upstream: |cloudflare| {
        let all = cloudflare["interconnects"].as_array().unwrap().iter();
        let own = all.filter(|one| one["account"] == crate::rig::ACCOUNT);
        own.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    },
    prerequisites: |rig| rig.account("cloudflare", cloudflare::TOKEN),
    manifest: |rig, name, n| match n % 4 {
        // Of the slots that no name is given for: every fourth one is 100G.
        0 => rig.interconnect(name, &json!({"slotSelector": {"site": SITES[(n / 4 % 3) as usize], "speed": "100G"}})),
        _ => rig.interconnect(name, &json!({"slotId": slot(n)})),
    },
};

const GCP_PARTNER: Subject = Subject {
    prerequisites: |rig| {
        let mut all = rig.account("cloudflare", cloudflare::TOKEN);
        let keys = (0..100).map(|n| (format!("key-{n}"), json!(pairing_key(n)))).collect();
        all["items"].as_array_mut().unwrap().push(rig.secret("pairing", &Value::Object(keys)));
        all
    },
    manifest: |rig, name, n| {
        let mut object = rig.interconnect(name, &Value::Null);
        let key = json!({"name": "pairing", "key": format!("key-{n}")});
        object["spec"].as_object_mut().unwrap().remove("direct");
        object["spec"]["gcpPartner"] = json!({"bandwidth": "1G", "pairingKeySecretRef": key});
        object
    },
    ..DIRECT
};

/// Both parties of it are here: the one that issues it, and the one that accepts it.
const DIGITAL_LOA: Subject = Subject {
    kind: "DigitalLoa",
    provider: "equinix",
    resource: "loa",
    keyed: true,
    actions: &["accept", "authorize"],
    uses: &["LOCKED", "USED"],
    remains: Remains::UntilEnded,
    partner: |_, issued| {
        let waits =
            issued.data["status"]["state"] == "PENDING_REQUESTOR_ACCEPTANCE" && !issued.data["spec"]["issue"].is_null();
        let token = issued.data["status"]["token"].as_str().filter(|_| waits)?;
        Some(received_loa(&format!("{}-received", issued.name_any()), token, "Automatic"))
    },
    upstream: |equinix| {
        let live = ["PENDING_REQUESTOR_ACCEPTANCE", "PENDING_PROVIDER_AUTHORIZATION", "READY_FOR_USE", "LOCKED"];
        let all = equinix["loas"].as_array().unwrap().iter();
        let live = all.filter(|loa| live.iter().any(|state| loa["state"] == *state));
        live.map(|loa| loa["uuid"].as_str().unwrap().to_owned()).collect()
    },
    prerequisites: |rig| {
        let mut all = rig.equinix_account("equinix", equinix::CLIENT);
        let partner = rig.equinix_account("partner", equinix::PARTNER);
        all["items"].as_array_mut().unwrap().extend(partner["items"].as_array().unwrap().clone());
        all
    },
    manifest: |rig, name, n| {
        let mut loa = rig.issued_loa(name, n);
        loa["spec"]["issue"]["requestor"] = json!({"email": "partner@example.net", "name": "Partner B.V."});
        loa["spec"]["issue"]["authorization"] = "Authorize".into();
        loa
    },
};

/// A message to people: whether it was sent they tell, by its notes.
const LOA_REQUEST: Subject = Subject {
    kind: "DigitalLoaRequest",
    resource: "loa-request",
    keyed: false,
    actions: &[],
    uses: &[],
    remains: Remains::Nothing,
    partner: |_, _| None,
    upstream: |equinix| {
        let all = equinix["loaRequests"].as_array().unwrap().iter();
        all.map(|request| request["notes"].as_str().unwrap().to_owned()).collect()
    },
    manifest: |_, name, _| {
        json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoaRequest", "metadata": {"name": name},
            "spec": {
                "accountRef": {"name": "equinix"}, "ibx": "AM11", "count": 1, "notes": name,
                "requestor": {"contacts": [contact("a@example.net")]},
                "provider": {"organization": "Partner B.V.", "contacts": [contact("b@example.net")]},
            },
        })
    },
    ..DIGITAL_LOA
};

/// With all the roles that there are.
const CONTACT: Subject = Subject {
    kind: "Contact",
    provider: "digital-realty",
    resource: "contact",
    keyed: true,
    actions: &[],
    uses: &[],
    remains: Remains::UntilEnded,
    partner: |_, _| None,
    upstream: |exchange| ids(exchange, "contacts"),
    prerequisites: |rig| rig.digital_realty_account(),
    manifest: |rig, name, _| rig.person(name, &["Requestor", "NOC"]),
};

/// Groups of two, of an offering that requires nobody.
const CLOUD_ACCESS_PORT: Subject = Subject {
    kind: "CloudAccessPort",
    resource: "connection",
    upstream: |exchange| ids(exchange, "connections"),
    manifest: |_, name, n| {
        let mut port = lag(name);
        port["spec"]["customerReference"] = format!("DC-{n}").into();
        port
    },
    ..CONTACT
};

/// Each approved by a person, and every other one with an LOA of its own.
const CROSS_CONNECT_ORDER: Subject = Subject {
    kind: "CrossConnectOrder",
    provider: "a2b",
    resource: "order",
    keyed: true,
    actions: &[],
    uses: &[],
    remains: Remains::ForGood,
    partner: |_, _| None,
    upstream: |a2b| {
        let all = a2b["orders"].as_array().unwrap().iter();
        all.map(|order| order["orderId"].as_str().unwrap().to_owned()).collect()
    },
    prerequisites: |rig| {
        let mut all = rig.a2b_account();
        let loas = (0..100).map(|n| (format!("loa-{n}"), json!(format!("%PDF-1.7 {n}")))).collect();
        all["items"].as_array_mut().unwrap().push(rig.secret("loas", &Value::Object(loas)));
        all
    },
    manifest: |_, name, n| {
        let loa = json!({"secretRef": {"name": "loas", "key": format!("loa-{n}")}});
        let target = match n % 2 {
            0 => json!({"rackId": 2}),
            _ => json!({"otherParty": {"description": "Cloudflare", "loa": loa}}),
        };
        json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "CrossConnectOrder", "metadata": {"name": name},
            "spec": {
                "accountRef": {"name": "a2b"}, "approval": "Required",
                "crossConnect": {"siteId": 20, "sourceRackId": 1, "target": target},
            },
        })
    },
};

/// Ids of what lives at the exchange: what is ending doesn't.
fn ids(exchange: &Value, resource: &str) -> Vec<String> {
    let all = exchange[resource].as_array().unwrap().iter();
    let live = all.filter(|one| one["state"] != "decommission_requested");
    live.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// A pairing key as Google Cloud gives it.
pub fn pairing_key(n: u32) -> String {
    format!("7e51371e-72a3-40b5-b844-2e3efefa{n:04}/europe-west4/1")
}

#[tokio::test]
async fn an_api_server_that_goes_and_an_etcd_of_yesterday_order_nothing_again() {
    // What leaves nothing at the provider is nowhere but in its records.
    outages::of_kubernetes(&[DIRECT, GCP_PARTNER, DIGITAL_LOA, CONTACT, CLOUD_ACCESS_PORT, CROSS_CONNECT_ORDER]).await;
}

suite!(interconnect_direct, DIRECT);
suite!(interconnect_gcp_partner, GCP_PARTNER);
suite!(digital_loa, DIGITAL_LOA);
suite!(digital_loa_request, LOA_REQUEST, without records);
suite!(contact, CONTACT);
suite!(cloud_access_port, CLOUD_ACCESS_PORT);
suite!(cross_connect_order, CROSS_CONNECT_ORDER);
