//! Cloud Access Ports and Contacts at Digital Realty: people first, letters for each port, ports more and less, the end on
//! its day.

use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::join_all;
use interconnect_operator::api::{CloudAccessPort, Contact};
use interconnect_simulator::demo::digital_realty::{ACCOUNT, SECOND_ACCOUNT};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Event, Secret};
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::rig::{Rig, Wish, condition, external_id, lag, message, says, status};
use crate::supervisor::supervised;

pub const CAP: &str = "CloudAccessPort";

async fn rig_with_account() -> Rig {
    let rig = Rig::without_account().await;
    rig.apply(&rig.digital_realty_account()).await;
    rig
}

/// One port, of an offering that requires people.
pub fn port(name: &str, contacts: &[&str]) -> Value {
    let contacts: Vec<Value> = contacts.iter().map(|name| json!({"name": name})).collect();
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": CAP, "metadata": {"name": name},
        "spec": {
            "accountRef": {"name": "digital-realty"}, "productOffering": {"pop": "AMS7-A", "speedMbps": 1000},
            "mode": "Standalone", "contacts": contacts,
        },
    })
}

pub async fn until_ready(rig: &Rig, name: &str) -> CloudAccessPort {
    let ready = |object: &CloudAccessPort| {
        says(object, "Ready", "True", "Available") && says(object, "Synced", "True", "InSync")
    };
    rig.cap(name).until("ready", ready).await
}

/// Until as many ports are there, all in production.
pub async fn until_ports(rig: &Rig, name: &str, count: usize) -> Vec<String> {
    let settled = |object: &CloudAccessPort| {
        let at_rest = status(object)["operation"].is_null();
        says(object, "Ready", "True", "Available") && at_rest && in_production(object).len() == count
    };
    in_production(&rig.cap(name).until(&format!("{count} ports"), settled).await)
}

fn in_production(object: &CloudAccessPort) -> Vec<String> {
    let shown = status(object);
    let live = shown["ports"].as_array().into_iter().flatten().filter(|port| port["state"] == "production");
    live.map(|port| port["id"].as_str().unwrap().to_owned()).collect()
}

pub async fn ledger(rig: &Rig, operation: &str, resource: &str) -> usize {
    rig.ledger_of(operation, resource).await.len()
}

/// How often the provider was asked.
async fn asked(rig: &Rig, method: &str, route: &str) -> u64 {
    let requests = rig.sim("requests").await;
    let rows = requests.as_array().unwrap().iter();
    let rows = rows.filter(|row| row["method"] == method && row["route"].as_str().unwrap().ends_with(route));
    rows.map(|row| row["count"].as_u64().unwrap()).sum()
}

/// The simulator's day, so many days from now.
pub async fn day(rig: &Rig, ahead: i64) -> String {
    let clock = rig.sim("clock").await;
    let now: Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
    (now + SignedDuration::from_hours(24 * ahead)).strftime("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn a_port_waits_for_its_people_shows_its_letter_and_ends_on_its_day() {
    let rig = rig_with_account().await;
    rig.apply(&port("ams", &["panda", "noc"])).await;
    let waits = |object: &CloudAccessPort| says(object, "Reconciling", "True", "WaitingForDependency");
    // Before that it may have waited for its account.
    let nobody =
        |object: &CloudAccessPort| waits(object) && message(object, "Reconciling").contains("no Contact panda");
    rig.cap("ams").until("waiting for its people", nobody).await;
    rig.apply(&rig.person("panda", &["Requestor", "Implementation"])).await;
    rig.apply(&rig.person("noc", &["Requestor"])).await;
    let lacks = |object: &CloudAccessPort| waits(object) && message(object, "Reconciling").contains("somebody as NOC");
    rig.cap("ams").until("the missing role", lacks).await;
    assert_eq!(ledger(&rig, "create", "connection").await, 0);
    rig.contact("noc").patch(&json!({"spec": {"roles": ["NOC"]}})).await;

    let has_letter = |object: &CloudAccessPort| status(object)["ports"][0]["loaSecret"].is_string();
    let ordered = rig.cap("ams").until("its letter", has_letter).await;
    let shown = status(&ordered);
    assert_eq!(
        (&shown["state"], &shown["pop"], &shown["facility"]),
        (&json!("allocated"), &json!("AMS7-A"), &json!("AMS7"))
    );
    assert!(shown["ports"][0]["demarc"].is_string() && shown["cancellation"]["decommissionAt"].is_string());
    let secret = rig.of::<Secret>("ams-loa").now().await;
    assert!(secret.data.unwrap()["document.pdf"].0.starts_with(b"%PDF-"));
    rig.tell_sim("clock", &json!({"advance": "11d"})).await;
    let id = external_id(&until_ready(&rig, "ams").await).unwrap();

    rig.contact("panda").delete().await;
    rig.cap("ams").delete().await;
    let ending = |object: &CloudAccessPort| status(object)["decommissionAt"].is_string();
    let ending = rig.cap("ams").until("its last day", ending).await;
    assert_eq!(status(&ending)["state"], "decommission_requested");
    let told = rig.all::<Event>().list(&ListParams::default()).await.unwrap().items;
    let told: String = told.into_iter().filter_map(|event| event.message).collect();
    assert!(told.contains("by the terms of") && told.contains("it would end on"), "{told}");
    let needed = |object: &Contact| message(object, "Reconciling").contains(&id);
    rig.contact("panda").until("still needed", needed).await;
    rig.tell_sim("clock", &json!({"advance": "60d"})).await;
    rig.cap("ams").until_gone().await;
    rig.contact("panda").until_gone().await;
    assert_eq!((ledger(&rig, "create", "connection").await, ledger(&rig, "delete", "connection").await), (1, 1));
    let processes = u64::from(rig.operator_ends()) + 1;
    assert!(asked(&rig, "GET", "/product-offerings").await <= processes, "the catalogue is the account's");
}

#[tokio::test]
async fn one_person_serves_two_ports_and_changes_once() {
    let rig = rig_with_account().await;
    rig.apply(&rig.person("all", &["Requestor", "Implementation", "NOC"])).await;
    rig.apply(&port("one", &["all"])).await;
    rig.apply(&port("two", &["all"])).await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    until_ready(&rig, "one").await;
    until_ready(&rig, "two").await;
    assert_eq!((ledger(&rig, "create", "contact").await, ledger(&rig, "create", "role-assignment").await), (1, 3));
    rig.contact("all")
        .patch(&json!({"spec": {"telephone": "+442071234567", "roles": ["Requestor", "Implementation"]}}))
        .await;
    let held = |object: &Contact| says(object, "Synced", "False", "Drifted");
    let held = rig.contact("all").until("a role that is still needed", held).await;
    assert!(message(&held, "Synced").contains("as NOC still needed by"), "{}", message(&held, "Synced"));
    assert_eq!((ledger(&rig, "update", "contact").await, ledger(&rig, "delete", "role-assignment").await), (1, 0));
}

#[tokio::test]
async fn ports_come_and_go_one_at_a_time_whatever_crashes() {
    let (next, last) = (AtomicU32::new(1), AtomicU32::new(u32::MAX));
    let lane = async || {
        let rig = Rig::without_operator(Wish::default()).await;
        rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
        supervised(&rig, &[], async |_| {
            rig.apply(&rig.digital_realty_account()).await;
            rig.apply(&lag("lag")).await;
            until_ports(&rig, "lag", 2).await;
        })
        .await;
        let (mut lives, mut there) = (0, 2);
        loop {
            let nth = next.fetch_add(1, Ordering::SeqCst);
            if nth > last.load(Ordering::SeqCst) {
                return;
            }
            let plan = format!("kill-after={nth}");
            let died = supervised(&rig, &[("INTERCONNECT_OPERATOR_REHEARSE", &plan)], async |operator| {
                grow_and_shrink(&rig).await;
                operator.ends() > 0
            })
            .await;
            lives += 1;
            let ordered = (4 - there) + 3 * (lives - 1);
            assert_eq!(ledger(&rig, "create", "port-reservation").await, ordered, "{plan}");
            assert_eq!(ledger(&rig, "delete", "port-reservation").await, 3 * lives, "{plan}");
            there = 2;
            if !died {
                last.fetch_min(nth, Ordering::SeqCst);
            }
        }
    };
    join_all((0..4).map(|_| lane())).await;
    let effects = last.into_inner() - 1;
    println!("died after each of {effects} effects");
    assert!(effects > 20, "more and less ports have more effects than {effects}");
}

/// To four ports, and down to one.
async fn grow_and_shrink(rig: &Rig) {
    rig.cap("lag").patch(&json!({"spec": {"portQuantity": 4, "removePorts": null}})).await;
    let ports = until_ports(rig, "lag", 4).await;
    rig.cap("lag").patch(&json!({"spec": {"portQuantity": 1}})).await;
    let drifted = |object: &CloudAccessPort| says(object, "Synced", "False", "Drifted");
    rig.cap("lag").until("nothing taken that isn't named", drifted).await;
    rig.cap("lag").patch(&json!({"spec": {"removePorts": ports[..3]}})).await;
    assert_eq!(until_ports(rig, "lag", 1).await, ports[3..]);
}

#[tokio::test]
async fn a_port_more_is_an_order_that_needs_its_own_consent() {
    let rig = Rig::without_account().await;
    let mut account = rig.digital_realty_account();
    account["items"][1]["spec"]["orderPolicy"] = json!({"approval": "Required"});
    rig.apply(&account).await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    rig.apply(&lag("lag")).await;
    approve(&rig).await;
    until_ports(&rig, "lag", 2).await;
    for count in [3, 4] {
        rig.cap("lag").patch(&json!({"spec": {"portQuantity": count}})).await;
        approve(&rig).await;
        until_ports(&rig, "lag", count).await;
    }
    let ports = until_ports(&rig, "lag", 4).await;
    rig.cap("lag").patch(&json!({"spec": {"portQuantity": 3, "removePorts": [ports[3]]}})).await;
    until_ports(&rig, "lag", 3).await;
    let of_those_there = |object: &CloudAccessPort| status(object)["documents"].as_array().unwrap().len() == 3;
    rig.cap("lag").until("no letter of the port that is gone", of_those_there).await;
    // The same request as before, and yet another order.
    rig.cap("lag").patch(&json!({"spec": {"portQuantity": 4, "removePorts": null}})).await;
    let waits = |object: &CloudAccessPort| says(object, "Reconciling", "True", "AwaitingApproval");
    rig.cap("lag").until("consent", waits).await;
    assert_eq!(ledger(&rig, "create", "port-reservation").await, 2);
}

/// A person approves the plan that is shown.
async fn approve(rig: &Rig) {
    let waits = |object: &CloudAccessPort| says(object, "Reconciling", "True", "AwaitingApproval");
    let plan = &status(&rig.cap("lag").until("a plan to approve", waits).await)["plan"];
    rig.cap("lag").annotate(&format!("approved-plan={}", plan["digest"].as_str().unwrap())).await;
}

#[tokio::test]
async fn what_can_be_changed_is_and_a_provider_that_cannot_is_asked_once() {
    let rig = rig_with_account().await;
    let mut wanted = lag("lag");
    wanted["spec"]["purchaseOrder"] = "PO-1".into();
    rig.apply(&wanted).await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    until_ports(&rig, "lag", 2).await;
    let change =
        json!({"spec": {"purchaseOrder": "PO-2", "lacpTimeout": "Fast", "connectingParty": "Example Airlines"}});
    rig.cap("lag").patch(&change).await;
    let told = async || {
        let there = &rig.sim("objects").await["digital-realty"];
        let connection = &there["connections"][0];
        let ports = there["portReservations"].as_array().unwrap();
        let parties = ports.iter().all(|port| port["connecting_party"] == "Example Airlines");
        (connection["purchase_order"] == "PO-2" && connection["lacp_timeout"] == "fast" && parties).then_some(())
    };
    rig.until_some("the changes at the provider", told).await;
    until_ready(&rig, "lag").await;
    assert_eq!((ledger(&rig, "update", "connection").await, ledger(&rig, "update", "port-reservation").await), (1, 2));

    rig.tell_sim("settings", &json!({"digital-realty": {"noPatch": true}})).await;
    let before = asked(&rig, "PATCH", "/connections/{id}").await;
    rig.cap("lag").patch(&json!({"spec": {"purchaseOrder": "PO-3"}})).await;
    rig.cap("lag").until("not supported", |object| says(object, "Synced", "False", "NotSupported")).await;
    let looks = asked(&rig, "GET", "/connections").await;
    let polled = async || (asked(&rig, "GET", "/connections").await > looks + 3).then_some(());
    rig.until_some("some polls", polled).await;
    assert_eq!(asked(&rig, "PATCH", "/connections/{id}").await, before + 1);
}

#[tokio::test]
async fn a_day_that_is_wished_for_is_kept_and_one_that_is_too_early_is_refused_with_the_terms() {
    let rig = rig_with_account().await;
    let mut wanted = lag("lag");
    wanted["spec"]["decommission"] = json!({"at": day(&rig, 13).await});
    rig.apply(&wanted).await;
    rig.cap("lag").until("ordered", |object| external_id(object).is_some()).await;
    rig.tell_sim("clock", &json!({"advance": "11d"})).await;
    until_ready(&rig, "lag").await;
    rig.cap("lag").delete().await;
    let refused = rig.cap("lag").until_stalled("ProviderRefused").await;
    assert!(refused.contains("ends at the earliest on"), "{refused}");
    let at = day(&rig, 90).await;
    rig.cap("lag").patch(&json!({"spec": {"decommission": {"at": at}}})).await;
    let ends = |object: &CloudAccessPort| status(object)["decommissionAt"] == json!(at);
    rig.cap("lag").until("the wished day", ends).await;
    rig.tell_sim("clock", &json!({"advance": "85d"})).await;
    let looks = asked(&rig, "GET", "/connections").await;
    let polled = async || (asked(&rig, "GET", "/connections").await > looks + 3).then_some(());
    rig.until_some("some polls", polled).await;
    rig.cap("lag").until("still there", ends).await;
    rig.tell_sim("clock", &json!({"advance": "10d"})).await;
    rig.cap("lag").until_gone().await;
    assert_eq!(ledger(&rig, "delete", "connection").await, 1);
}

#[tokio::test]
async fn an_offering_that_is_not_there_or_not_one_is_answered_with_those_there_are() {
    let rig = rig_with_account().await;
    let offered = |name: &str, offering: Value, quantity: u32| {
        let mut wanted = lag(name);
        (wanted["spec"]["productOffering"], wanted["spec"]["portQuantity"]) = (offering, quantity.into());
        wanted
    };
    rig.apply(&offered("none", json!({"id": "999.AMS5-B.S"}), 2)).await;
    assert!(rig.cap("none").until_stalled("NotAvailable").await.contains("503234.AMS5-B.S"));
    rig.apply(&offered("exchange", json!({"id": "503234.AMS7-A.E"}), 2)).await;
    assert!(rig.cap("exchange").until_stalled("NotAvailable").await.contains("made by the exchange"));
    rig.apply(&offered("many", json!({"metroArea": "LON", "speedMbps": 1000}), 5)).await;
    assert!(rig.cap("many").until_stalled("InvalidSpec").await.contains("allows 4"));
    rig.tell_sim("objects/digital-realty/503234.AMS5-B.S", &json!({"withdrawn": true})).await;
    rig.apply(&lag("withdrawn")).await;
    // The catalogue of before still has it; the provider has not.
    rig.cap("withdrawn").until_stalled("ProviderRefused").await;
    assert_eq!(ledger(&rig, "create", "connection").await, 0);
}

#[tokio::test]
async fn people_who_lack_something_or_are_known_elsewhere_are_named() {
    let rig = rig_with_account().await;
    let mut mute = rig.person("mute", &["NOC"]);
    mute["spec"].as_object_mut().unwrap().remove("telephone");
    rig.apply(&mute).await;
    assert!(rig.contact("mute").until_stalled("InvalidSpec").await.contains("spec.telephone"));
    rig.apply(&rig.person("cook", &["Cook"])).await;
    assert!(rig.contact("cook").until_stalled("NotAvailable").await.contains("NOC"));
    let mut elsewhere = rig.person("elsewhere", &["NOC"]);
    elsewhere["spec"]["accountRef"]["name"] = "other".into();
    rig.apply(&elsewhere).await;
    rig.apply(&port("ams", &["elsewhere"])).await;
    assert!(rig.cap("ams").until_stalled("InvalidSpec").await.contains("of the same account"));
    let mut nowhere = port("nowhere", &[]);
    nowhere["spec"]["productOffering"] = json!({"pop": "XXX1-A", "speedMbps": 1000});
    rig.apply(&nowhere).await;
    assert!(rig.cap("nowhere").until_stalled("NotAvailable").await.contains("503233.AMS7-A.S"));
    assert_eq!(rig.sim("ledger").await, json!([]));
}

#[tokio::test]
async fn an_account_that_the_credentials_lost_ends_nothing() {
    let rig = rig_with_account().await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    rig.apply(&lag("lag")).await;
    until_ports(&rig, "lag", 2).await;
    rig.tell_sim(&format!("objects/digital-realty/{ACCOUNT}"), &json!({"state": "gone"})).await;
    let account = rig.pa("digital-realty").until_account("False", "NotAuthorized").await;
    let ready = account.status.unwrap().conditions.into_iter().find(|it| it.type_ == "Ready").unwrap();
    assert!(ready.message.contains(ACCOUNT) && ready.message.contains(SECOND_ACCOUNT), "{}", ready.message);
    rig.cap("lag").delete().await;
    let waits = |object: &CloudAccessPort| condition(object, "Stalled").is_some_and(|it| it.reason == "NotAuthorized");
    rig.cap("lag").until("waiting for the account", waits).await;
    assert_eq!(ledger(&rig, "delete", "connection").await, 0);
}

#[tokio::test]
async fn what_the_exchange_ends_by_itself_is_said_and_not_ordered_again() {
    let rig = rig_with_account().await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    for (name, state) in [("said", "decommissioned"), ("vanished", "gone")] {
        rig.apply(&lag(name)).await;
        until_ports(&rig, name, 2).await;
        let id = external_id(&until_ready(&rig, name).await).unwrap();
        rig.tell_sim(&format!("objects/digital-realty/{id}"), &json!({"state": state})).await;
        assert!(rig.cap(name).until_stalled("GoneUpstream").await.contains(&id));
        rig.cap(name).delete().await;
        rig.cap(name).until_gone().await;
    }
    assert_eq!((ledger(&rig, "create", "connection").await, ledger(&rig, "delete", "connection").await), (2, 0));
}

#[tokio::test]
async fn a_server_that_pages_ignores_filters_and_keeps_what_ended_is_as_good() {
    let rig = rig_with_account().await;
    let poor =
        json!({"digital-realty": {"ignoreFilters": true, "pageSize": 2, "keepDecommissioned": true, "lagLoas": true}});
    rig.tell_sim("settings", &poor).await;
    rig.tell_sim("clock", &json!({"speed": 10_000_000})).await;
    rig.apply(&lag("one")).await;
    rig.apply(&lag("two")).await;
    rig.apply(&rig.person("a", &["NOC", "Requestor"])).await;
    until_ports(&rig, "one", 2).await;
    until_ports(&rig, "two", 2).await;
    rig.cap("one").delete().await;
    rig.cap("one").until_gone().await;
    rig.apply(&lag("one")).await;
    until_ports(&rig, "one", 2).await;
    assert_eq!((ledger(&rig, "create", "connection").await, ledger(&rig, "delete", "connection").await), (3, 1));
}

#[tokio::test]
async fn manifests_that_make_no_sense_are_refused_with_what_to_do() {
    let rig = rig_with_account().await;
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut wanted = lag("bad");
        change(&mut wanted["spec"]);
        rig.try_apply(&wanted).await.unwrap_err()
    };
    for (message, change) in [
        ("portQuantity must be 1", (&|spec: &mut Value| spec["mode"] = "Standalone".into()) as &dyn Fn(&mut Value)),
        ("portQuantity", &|spec| spec["portQuantity"] = 9.into()),
        ("with id, leave out the rest", &|spec| spec["productOffering"]["speedMbps"] = 1000.into()),
        ("name the offering", &|spec| spec["productOffering"] = json!({"pop": "AMS5-B"})),
        ("customerReference", &|spec| spec["customerReference"] = "x".repeat(39).into()),
        ("decommission.at", &|spec| spec["decommission"] = json!({"at": "soon"})),
        ("removePorts is for a Lag", &|spec| {
            spec["mode"] = "Standalone".into();
            spec["portQuantity"] = 1.into();
            spec["removePorts"] = json!(["x"]);
        }),
    ] {
        let said = refused(change).await;
        assert!(said.contains(message), "{message}: {said}");
    }
    rig.apply(&lag("lag")).await;
    rig.cap("lag").until("ordered", |object| external_id(object).is_some()).await;
    let change = json!({"spec": {"productOffering": {"id": "503234.LON1-A.S"}}});
    let said = rig.cap("lag").try_patch(&change).await.unwrap_err();
    assert!(said.contains("can't change once the port was ordered"), "{said}");
}
