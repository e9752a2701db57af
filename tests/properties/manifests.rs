//! Manifests: whatever the schemas let in, the operator can read.

use std::sync::LazyLock;

use interconnect_operator::api::{
    CloudAccessPort, Contact, CrossConnectOrder, DigitalLoa, DigitalLoaRequest, Interconnect, ProviderAccount, crds,
};
use jsonschema::Validator;
use kube::ResourceExt;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::json;

fn schema(kind: &str) -> Validator {
    let crd = crds::all().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
    assert!(crd.name_any().ends_with("interconnect-operator.io"));
    let version = crd.spec.versions.into_iter().next().unwrap();
    let schema = serde_json::to_value(version.schema.unwrap().open_api_v3_schema.unwrap()).unwrap();
    // As the API server does, which refuses a time that is none.
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn interconnect() -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "Interconnect", "metadata": {"name": "ams-1"},
        "spec": {
            "accountRef": {"name": "cloudflare"}, "managementPolicy": "Manage", "deletionPolicy": "Retain", "suspend": false,
            "direct": {"slotId": "5107a000-0000-4000-8000-000000000001", "slotSelector": {"site": "AMS01", "speed": "10G"}, "speed": "10G"},
            "gcpPartner": {"bandwidth": "50M", "pairingKeySecretRef": {"name": "k", "key": "pairingKey"}},
            "loa": {"customerName": "Example B.V."},
        },
        "status": {
            "observedGeneration": 1, "externalId": "x", "state": "Pending", "candidates": ["x"], "site": "AMS01",
            "creation": {"key": "k", "attempt": 1, "digest": "d", "startedAt": "2026-11-25T06:48:18Z", "dismissed": ["y"],
                         "refused": {"basis": "b", "message": "m"}},
            "operation": {"type": "Delete", "key": "k", "attempt": 1, "startedAt": "2026-11-25T06:48:18Z"},
            "plan": {"digest": "d", "summary": "s", "approvedDigest": "d"},
            "facility": {"name": "n", "address": ["a"]},
        },
    })
}

fn account() -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "ProviderAccount", "metadata": {"name": "cloudflare"},
        "spec": {
            "cloudflare": {"accountId": "023e105f4ecef8ad9ca31a8372d0c353"}, "endpoint": "https://api.cloudflare.com",
            "equinix": {
                "betaAccess": {"email": "a@b", "companyName": "A"}, "acceptBetaTerms": true, "loaRequestPath": "loaRequest", "searchFilterKey": "and",
            },
            "digitalRealty": {
                "tokenEndpoint": "https://login.example.net/connect/token", "managingAccount": "A0087999",
                "consumingAccount": "A0087999", "billingAccount": "A0073476", "lagLoa": true,
            },
            "a2b": {
                "paths": {"token": "t", "packages": "p", "order": "o/{packageCode}", "orders": "o", "serviceAgreement": "o/{orderId}/sa"},
                "parameterNames": {"source": "a", "sourceText": "b", "target": "c", "targetText": "d", "customerReference": "e"},
                "listQuery": {"unpaged": true, "limit": "l", "offset": "o", "fixed": ["a=b"]}, "noOrderList": true,
            },
            "credentialsSecretRef": {"name": "token"}, "pollInterval": "5m", "settleTime": "15m",
            "limits": {"requests": 1200, "per": "5m", "concurrent": 4},
            "orderPolicy": {"approval": "Required", "perOrder": {"monthly": "500.00", "once": "1000.00"}},
        },
        "status": {"observedGeneration": 1, "searchProven": {"interconnect": true}, "circuits": 3, "client": "c", "equinix": {"betaAccess": true, "betaAccessAskedAt": "2026-11-25T06:48:18Z", "betaTermsAccepted": false}},
    })
}

fn contact() -> Value {
    json!({
        "type": "TECHNICAL", "registeredUser": "u1", "firstName": "A", "lastName": "B", "timezone": "UTC", "availability": "WORK_HOURS",
        "details": [{"type": "EMAIL", "value": "a@example.net", "notes": "n"}],
    })
}

fn loa() -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoa", "metadata": {"name": "port-12"},
        "spec": {
            "accountRef": {"name": "equinix"}, "managementPolicy": "Manage", "suspend": false, "expiryWarning": "14d",
            "issue": {
                "requestor": {"type": "CUSTOMER_ORGANIZATION", "organization": "Acme", "orgIds": ["1"], "email": "a@b", "name": "A", "contacts": [contact()]},
                "provider": {"contacts": [contact()]},
                "products": [{"crossConnect": {
                    "connectionService": "Multi-Mode Fiber", "mediaType": "62.5 MICRON", "protocolType": "100 GIG ETHERNET",
                    "zSide": {"ibx": "AM11", "patchPanelId": "CP:1", "portA": 12, "portB": 13, "connectorType": "ST", "circuitId": "3"},
                }}],
                "notes": "n", "expiresAt": "2027-01-31T00:00:00Z", "authorization": "Authorize",
            },
            "receive": {"token": "REDF-4R56", "uuid": "079dc798-05e8-11ed-b939-0242ac120002", "acceptance": "Automatic"},
        },
        "status": {
            "observedGeneration": 1, "externalId": "x", "state": "LOCKED", "uuid": "x", "token": "t", "draft": false, "ibx": "AM11",
            "expiresAt": "2027-01-31T00:00:00Z", "requestor": "A", "provider": "B", "contactsSent": "d", "lastSentLoaAt": "t",
            "operation": {"type": "SendLoa", "key": "k", "attempt": 1, "digest": "d", "startedAt": "2026-11-25T06:48:18Z",
                          "refused": {"basis": "b", "message": "m"}, "acceptedAt": "2026-11-25T06:48:18Z"},
            "changes": [{"uuid": "u", "type": "LOA_CREATION", "status": "COMPLETED", "at": "t", "description": "d"}],
            "links": [{"rel": "self", "href": "h"}],
        },
    })
}

fn request() -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "DigitalLoaRequest", "metadata": {"name": "ask"},
        "spec": {
            "accountRef": {"name": "equinix"}, "managementPolicy": "Manage", "suspend": false, "ibx": "AM11", "count": 2,
            "requestor": {"contacts": [contact()]}, "provider": {"organization": "Acme"}, "notes": "n",
        },
        "status": {"externalId": "sent/x", "state": "Requested", "loas": [{"uuid": "u", "token": "t", "state": "s"}]},
    })
}

fn person() -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "Contact", "metadata": {"name": "panda"},
        "spec": {
            "accountRef": {"name": "dr"}, "managementPolicy": "Manage", "suspend": false, "name": "Panda Lion",
            "email": "p@example.net", "telephone": "+31 20 123-4567", "roles": ["NOC", "x"],
        },
        "status": {"externalId": "x", "state": "Known", "roleAssignments": [{"role": "NOC", "roleId": "r", "id": "i"}]},
    })
}

fn port() -> Value {
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "CloudAccessPort", "metadata": {"name": "ams-lag"},
        "spec": {
            "accountRef": {"name": "dr"}, "managementPolicy": "Manage", "suspend": false,
            "productOffering": {
                "id": "503234.AMS5-B.S", "pop": "AMS5-B", "facility": "AMS5", "metroAreaNetwork": "AMS", "metroArea": "AMS", "speedMbps": 10000,
            },
            "mode": "Lag", "portQuantity": 2, "lacpTimeout": "Fast", "contacts": [{"name": "panda"}],
            "accounts": {"managing": "a", "consuming": "b", "billing": "c"}, "connectingParty": "E", "customerReference": "DC-7",
            "removePorts": ["CANL-051652"], "purchaseOrder": "PO", "contractRef": "C", "decommission": {"at": "2027-03-31"},
        },
        "status": {
            "externalId": "x", "state": "production", "orderedChanges": 1, "pop": "AMS5-B", "facility": "AMS5", "speedMbps": 20000, "portsReady": "1/2",
            "ports": [{"id": "p", "state": "production", "demarc": "d", "loaSecret": "s"}], "messages": ["m"],
            "cancellation": {"decommissionAt": "2027-01-31", "chargedUntil": "2027-01-31", "readOn": "2026-12-31"},
            "decommissionAt": "2027-01-31", "chargedUntil": "2027-01-31", "billingFrom": "2026-01-31", "productOffering": "o",
            "operation": {"type": "AddPort", "target": "p1", "key": "k", "attempt": 1, "digest": "d", "startedAt": "2026-11-25T06:48:18Z",
                          "refused": {"basis": "b", "message": "m", "unsupported": true}},
            "documents": [{"type": "LOA", "port": "p", "secretName": "s", "key": "document.pdf", "sha256": "h", "bytes": 1, "basis": "b", "retrievedAt": "2026-11-25T06:48:18Z"}],
        },
    })
}

fn cross_connect() -> Value {
    let loa = json!({"fromRef": {"kind": "CloudAccessPort", "name": "x", "port": "p"}, "secretRef": {"name": "s", "key": "k"}});
    let target = json!({"rackId": 2, "otherParty": {"description": "d", "loa": loa}});
    json!({
        "apiVersion": "interconnect-operator.io/v1alpha1", "kind": "CrossConnectOrder", "metadata": {"name": "x"},
        "spec": {
            "accountRef": {"name": "a2b"}, "managementPolicy": "Manage", "suspend": false,
            "crossConnect": {"siteId": 20, "sourceRackId": 1, "sourceText": "t", "target": target, "targetText": "t"},
            "metroConnect": {"aSiteId": 20, "zSiteId": 10, "sourceRackId": 1, "sourceText": "t", "target": target, "targetText": "t"},
            "parameters": {"media": "SMF"}, "customerReference": "PO-42", "ceilings": {"monthly": "1.00", "once": "2"},
            "approval": "Required",
        },
        "status": {
            "externalId": "1/2", "state": "NEW", "stateChangedAt": "2026-11-25T06:48:18Z", "target": "rack 2", "orderId": "1/2",
            "quote": {"monthly": "1.00", "once": "2.00", "lines": [{"code": "1", "description": "d", "charge": "MRC", "price": "1.00"}]},
            "loa": {"secretName": "s", "sha256": "h"}, "customerOrderId": "k", "orderedAt": "t", "reason": "r", "priceDiffers": "p",
            "products": [{"code": "1", "description": "d", "charge": "NRC", "price": "1.00"}],
        },
    })
}

static CROSS_CONNECT: LazyLock<Validator> = LazyLock::new(|| schema("CrossConnectOrder"));
static PERSON: LazyLock<Validator> = LazyLock::new(|| schema("Contact"));
static PORT: LazyLock<Validator> = LazyLock::new(|| schema("CloudAccessPort"));
static LOA: LazyLock<Validator> = LazyLock::new(|| schema("DigitalLoa"));
static REQUEST: LazyLock<Validator> = LazyLock::new(|| schema("DigitalLoaRequest"));
static INTERCONNECT: LazyLock<Validator> = LazyLock::new(|| schema("Interconnect"));
static ACCOUNT: LazyLock<Validator> = LazyLock::new(|| schema("ProviderAccount"));

/// Spec and status nearly right: what the API server sees to itself is as it must be.
fn nearly(mut right: Value) -> impl Strategy<Value = Value> {
    let parts = json!({"spec": right["spec"].take(), "status": right["status"].take()});
    json::nearly(parts).prop_map(move |parts| {
        let mut manifest = right.clone();
        manifest.as_object_mut().unwrap().retain(|_, part| !part.is_null());
        manifest.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        manifest
    })
}

fn is_read_if_let_in<K: DeserializeOwned>(schema: &Validator, manifest: Value) -> Result<(), TestCaseError> {
    if schema.is_valid(&manifest) {
        let read = serde_json::from_value::<K>(manifest.clone());
        prop_assert!(read.is_ok(), "{}: {manifest}", read.err().unwrap());
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_interconnect_that_the_schema_lets_in_can_be_read(manifest in nearly(interconnect())) {
        is_read_if_let_in::<Interconnect>(&INTERCONNECT, manifest)?;
    }

    #[test]
    fn an_loa_that_the_schema_lets_in_can_be_read(manifest in nearly(loa())) {
        is_read_if_let_in::<DigitalLoa>(&LOA, manifest)?;
    }

    #[test]
    fn a_request_that_the_schema_lets_in_can_be_read(manifest in nearly(request())) {
        is_read_if_let_in::<DigitalLoaRequest>(&REQUEST, manifest)?;
    }

    #[test]
    fn a_person_that_the_schema_lets_in_can_be_read(manifest in nearly(person())) {
        is_read_if_let_in::<Contact>(&PERSON, manifest)?;
    }

    #[test]
    fn a_port_that_the_schema_lets_in_can_be_read(manifest in nearly(port())) {
        is_read_if_let_in::<CloudAccessPort>(&PORT, manifest)?;
    }

    #[test]
    fn a_cross_connect_that_the_schema_lets_in_can_be_read(manifest in nearly(cross_connect())) {
        is_read_if_let_in::<CrossConnectOrder>(&CROSS_CONNECT, manifest)?;
    }

    #[test]
    fn an_account_that_the_schema_lets_in_can_be_read(manifest in nearly(account())) {
        is_read_if_let_in::<ProviderAccount>(&ACCOUNT, manifest)?;
    }
}

/// The samples themselves are right, so that what is made of them is nearly so.
#[test]
fn the_samples_are_let_in() {
    for (kind, schema, sample) in [
        ("Interconnect", &INTERCONNECT, interconnect()),
        ("DigitalLoa", &LOA, loa()),
        ("DigitalLoaRequest", &REQUEST, request()),
        ("Contact", &PERSON, person()),
        ("CloudAccessPort", &PORT, port()),
        ("CrossConnectOrder", &CROSS_CONNECT, cross_connect()),
        ("ProviderAccount", &ACCOUNT, account()),
    ] {
        let wrong: Vec<String> = schema.iter_errors(&sample).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [] as [String; 0], "{kind}");
    }
}
