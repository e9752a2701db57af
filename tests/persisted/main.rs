//! What is persisted never changes: literal values of the protocol, and objects as release 0.1.0 wrote them, read by
//! the present code. An upgrade that would order anew fails here (docs/api-versions.md).

use std::sync::Arc;

use http::{Request, Response};
use interconnect_operator::accounts::Entry;
use interconnect_operator::api::common::Circuit;
use interconnect_operator::api::ids::ExternalId;
use interconnect_operator::api::{CIRCUIT_FINALIZER, GROUP, IN_USE_FINALIZER, ProviderAccount, annotations};
use interconnect_operator::base::clock::Clock;
use interconnect_operator::base::digest::fingerprint;
use interconnect_operator::base::metrics::Metrics;
use interconnect_operator::cluster::leader::LeaseSettings;
use interconnect_operator::kinds::cloud_access_port::CloudAccessPortAdapter;
use interconnect_operator::kinds::contact::ContactAdapter;
use interconnect_operator::kinds::cross_connect_order::CrossConnectOrderAdapter;
use interconnect_operator::kinds::digital_loa::DigitalLoaAdapter;
use interconnect_operator::kinds::digital_loa_request::DigitalLoaRequestAdapter;
use interconnect_operator::kinds::interconnect::InterconnectAdapter;
use interconnect_operator::lifecycle::adapter::Adapter;
use interconnect_operator::lifecycle::context::Shared;
use interconnect_operator::lifecycle::decide::Step;
use interconnect_operator::lifecycle::engine::Engine;
use interconnect_operator::lifecycle::key::{key_in, order_key, plan_digest};
use interconnect_operator::lifecycle::registry::claims::Rank;
use interconnect_operator::runtime::parts::Wiring;
use kube::client::Body;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tower::service_fn;

fn written() -> Vec<Value> {
    serde_json::from_str(include_str!("objects-0.1.0.json")).unwrap()
}

/// An operator's parts, in a cluster that never answers.
fn parts() -> Arc<Shared> {
    let nobody = service_fn(|_: Request<Body>| async {
        Err::<Response<Body>, _>(kube::Error::Service("there is no API server".into()))
    });
    let client = Client::new(nobody, "default");
    let lease = LeaseSettings {
        namespace: "system".into(),
        name: "operator".into(),
        identity: "persisted".into(),
        duration: std::time::Duration::from_secs(15),
    };
    let wiring =
        Wiring { events: client.clone(), client, lease, clock: Clock::default(), allowed_endpoints: Vec::new() };
    wiring.shared(Metrics::new())
}

/// All objects of a kind that release 0.1.0 wrote, changed as `change` says.
fn objects<A: Adapter>(change: impl Fn(&mut Value)) -> Vec<A::Object> {
    let of_kind = written().into_iter().filter(|object| object["kind"] == A::KIND);
    let read = of_kind.map(|mut object| {
        change(&mut object);
        serde_json::from_value(object).unwrap()
    });
    let all: Vec<A::Object> = read.collect();
    assert!(!all.is_empty(), "no {} was written", A::KIND);
    all
}

/// The first step over each object of a kind, at accounts that can be asked.
fn first_steps<A: Adapter>(change: impl Fn(&mut Value)) -> Vec<(String, Step)> {
    let engine = Engine::<A>::new(parts_with_accounts());
    let steps = objects::<A>(change).into_iter().map(|object| (object.name_any(), engine.begin(object).decide()));
    steps.collect()
}

fn parts_with_accounts() -> Arc<Shared> {
    let shared = parts();
    for account in written().into_iter().filter(|object| object["kind"] == "ProviderAccount") {
        let account: ProviderAccount = serde_json::from_value(account).unwrap();
        shared.accounts.identify(&account);
        let usable = Entry { account: None, problem: None, closing: false };
        shared.accounts.set(&account.namespace().unwrap(), &account.name_any(), Some(usable));
    }
    shared
}

macro_rules! for_each_kind {
    ($what:ident($($argument:expr),*)) => {
        [
            $what::<InterconnectAdapter>($($argument),*),
            $what::<DigitalLoaAdapter>($($argument),*),
            $what::<DigitalLoaRequestAdapter>($($argument),*),
            $what::<ContactAdapter>($($argument),*),
            $what::<CloudAccessPortAdapter>($($argument),*),
            $what::<CrossConnectOrderAdapter>($($argument),*),
        ]
        .concat()
    };
}

#[tokio::test]
async fn keys_digests_and_ids_are_what_they_were() {
    let key = order_key("Interconnect", "circuits", "ams-1", "1e063345-97a8-4615-9c06-730f6e0be751");
    assert_eq!(key.as_str(), "7b68ca8e-1918-801b-b613-72b54c54836a");
    assert_eq!(key_in("7b68ca8e-1918-801b-b613-72b54c54836a DC-7"), Some(key.as_str()));
    assert_eq!(ExternalId::Sent(key).to_string(), "sent/7b68ca8e-1918-801b-b613-72b54c54836a");
    let plan = plan_digest("uid", 1, "cloudflare/account", &json!({"type": "direct", "slot_id": "a"}));
    assert_eq!(plan.as_str(), "79929695aa46cb03a6ea21ee748e48dedecd53ac10f605b4e703cc009545dcfe");
    assert_eq!(fingerprint(&["a", "b"]), 0x7e18_f737);
}

#[tokio::test]
async fn names_under_our_prefix_are_what_they_were() {
    let ours = |name: &str| format!("{GROUP}/{name}");
    for (name, constant) in [
        ("external-id", annotations::EXTERNAL_ID),
        ("external-id-owner", annotations::EXTERNAL_ID_OWNER),
        ("reconcile-at", annotations::RECONCILE_AT),
        ("approved-plan", annotations::APPROVED_PLAN),
        ("create-outcome", annotations::CREATE_OUTCOME),
        ("slot-id", annotations::SLOT_ID),
        ("send-loa-at", annotations::SEND_LOA_AT),
        ("shared-loa", annotations::SHARED_LOA),
        ("circuit", CIRCUIT_FINALIZER),
        ("in-use", IN_USE_FINALIZER),
    ] {
        assert_eq!(ours(name), constant);
    }
    assert_eq!(GROUP, "interconnect-operator.io");
}

#[tokio::test]
async fn accounts_are_called_upstream_what_they_were() {
    let shared = parts();
    let called = |spec: Value| {
        let mut spec = spec;
        spec["credentialsSecretRef"] = json!({"name": "s"});
        let account = json!({
            "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "ProviderAccount",
            "metadata": {"name": "a", "namespace": "n"}, "spec": spec,
        });
        shared.accounts.identify(&serde_json::from_value(account).unwrap());
        shared.accounts.upstream("n", "a")
    };
    let cloudflare = json!({"accountId": "023e105f4ecef8ad9ca31a8372d0c353"});
    assert_eq!(called(json!({"cloudflare": cloudflare})), "cloudflare/023e105f4ecef8ad9ca31a8372d0c353");
    assert_eq!(
        called(json!({"cloudflare": cloudflare, "endpoint": "https://x.example/v4"})),
        "cloudflare/023e105f4ecef8ad9ca31a8372d0c353 at https://x.example/v4"
    );
    assert_eq!(called(json!({"equinix": {}})), "equinix");
    assert_eq!(called(json!({"digitalRealty": {"managingAccount": "A0087999"}})), "digital-realty/A0087999");
    assert_eq!(called(json!({"a2b": {}, "endpoint": "http://y"})), "a2b at http://y");
    assert_eq!(shared.accounts.upstream("n", "other"), "unknown/n/other");
}

/// Of what is held, its id; of what an order may have made, its place: by these names another object's claim meets it.
#[tokio::test]
async fn what_release_0_1_0_ordered_is_claimed_under_the_same_names() {
    let shared = parts_with_accounts();
    fn register<A: Adapter>(shared: &Arc<Shared>) -> Vec<String> {
        let engine = Engine::<A>::new(shared.clone());
        objects::<A>(|_| {}).iter().for_each(|object| engine.register(object));
        Vec::new()
    }
    for_each_kind!(register(&shared));
    let at = "at http://127.0.0.1:8480";
    let cloudflare = format!("cloudflare/023e105f4ecef8ad9ca31a8372d0c353 {at}/cloudflare/client/v4/interconnect");
    let digital_realty = format!("digital-realty/A0087999 {at}/digital-realty/ixapi/v2");
    let loa = "af31d25b-8bfe-4c30-9e97-e5a91329dcd0";
    for (on, holder) in [
        (format!("{cloudflare}/ams01-c1f7df18112c"), "Interconnect circuits/ams-1"),
        ("cloudflare/slot/5107a000-0000-4000-8000-000000000001".into(), "Interconnect circuits/ams-1"),
        ("cloudflare/pairing-key/circuits/gcp-pairing/pairingKey".into(), "Interconnect circuits/gcp-1"),
        (format!("equinix {at}/equinix/loa/{loa}"), "DigitalLoa circuits/port-12"),
        ("equinix/port/CP:0218:0102:13008148/12".into(), "DigitalLoa circuits/port-12"),
        (
            format!("equinix {at}/equinix/loa-request/sent/3aa53661-c156-8f04-bb94-cea5e2d940f5"),
            "DigitalLoaRequest circuits/two-ports-in-am11",
        ),
        (format!("{digital_realty}/contact/8786e116-ed3a-4e2f-93c7-4c689a3fe893"), "Contact circuits/panda"),
        (format!("{digital_realty}/connection/LAGNL-339890"), "CloudAccessPort circuits/ams-lag"),
        (format!("a2b {at}/a2b/order/00000001/128"), "CrossConnectOrder circuits/to-cloudflare"),
        (
            "loa/sha256/1ccc8f55d1c8273d6fd30c86f964da4c258fb0a8acef8474c6f7f699af7584ad".into(),
            "CrossConnectOrder circuits/to-cloudflare",
        ),
        ("loa/circuits/Interconnect/ams-1/".into(), "CrossConnectOrder circuits/to-cloudflare"),
    ] {
        assert_eq!(shared.claims.other_holder(&"nobody".into(), &on, Rank::Recorded).as_deref(), Some(holder), "{on}");
    }
    let received = format!("equinix {at}/equinix/received-loa/{loa}");
    let holder = shared.claims.other_holder(&"nobody".into(), &received, Rank::Import);
    assert_eq!(holder.as_deref(), Some("DigitalLoa circuits/port-of-demo-networks"));
}

#[tokio::test]
async fn what_release_0_1_0_ordered_is_looked_at_and_not_ordered_anew() {
    for (name, step) in for_each_kind!(first_steps(|_| {})) {
        assert!(matches!(step, Step::Observe(_)), "{name}: {step:?}");
    }
}

/// Either record of an id is enough.
#[tokio::test]
async fn what_lost_its_annotations_or_its_id_in_the_status_is_still_held() {
    let no_annotations = |object: &mut Value| object["metadata"]["annotations"] = json!({});
    let no_id = |object: &mut Value| object["status"]["externalId"] = Value::Null;
    for (name, step) in [for_each_kind!(first_steps(no_annotations)), for_each_kind!(first_steps(no_id))].concat() {
        assert!(matches!(step, Step::Observe(_)), "{name}: {step:?}");
    }
}

/// A crash between the intent and the id: what the key in the intent says decides whether it is searched for.
#[tokio::test]
async fn an_order_that_release_0_1_0_began_is_searched_for() {
    let begun = |object: &mut Value| {
        object["metadata"]["annotations"] = json!({});
        let status = object["status"].as_object_mut().unwrap();
        status.retain(|field, _| !["externalId", "state"].contains(&field.as_str()));
    };
    for (name, step) in for_each_kind!(first_steps(begun)) {
        assert_eq!(step, Step::Search, "{name}");
    }
}

/// The words by which a person answers a question: its form is in runbooks and in people's shells.
#[tokio::test]
async fn the_answer_that_nothing_is_there_has_the_form_that_it_had() {
    let question = |object: &mut Value| {
        object["metadata"]["annotations"] = json!({});
        object["status"]["conditions"] = json!([{
            "type": "Stalled", "status": "True", "reason": "CreateOutcomeUnknown", "message": "", "lastTransitionTime": "2026-11-28T05:07:13Z",
        }]);
        object["status"].as_object_mut().unwrap().remove("externalId");
    };
    for object in objects::<InterconnectAdapter>(question) {
        let creation = object.common_status().unwrap().creation.clone().unwrap();
        let engine = Engine::<InterconnectAdapter>::new(parts_with_accounts());
        let answer = engine.begin(object).facts().nothing_there();
        assert_eq!(answer, format!("{}/1=none", creation.key));
    }
}
