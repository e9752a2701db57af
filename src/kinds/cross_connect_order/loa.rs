//! The LOA that goes with an order: another circuit's, or one out of any Secret.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::api::common::{Circuit, DocumentType};
use crate::api::conditions::{Problem, READY, STALLED, reason, true_reason};
use crate::api::cross_connect_order::{CrossConnectOrder, LoaKind, LoaRef, LoaSource};
use crate::api::{CloudAccessPort, Interconnect};
use crate::base::digest::sha256;
use crate::cluster::documents::{self, KEY};
use crate::cluster::references::References;
use crate::providers::ix_api::wire::ending;

/// An LOA, checked.
pub struct Loa {
    /// The Secret that it is in.
    pub secret_name: String,
    /// The PDF.
    pub content: Vec<u8>,
    /// Its SHA-256, in hex.
    pub sha256: String,
}

impl Loa {
    /// One of this content.
    pub fn new(secret_name: String, content: Vec<u8>) -> Self {
        Self { secret_name, sha256: sha256(&content), content }
    }
}

/// What is claimed with an LOA of this SHA-256.
pub fn claim(sha256: &str) -> String {
    format!("loa/sha256/{sha256}")
}

/// Where the object's LOA is, if it needs one.
pub fn source(object: &CrossConnectOrder) -> Option<&LoaSource> {
    object.spec.ends()?.target.other_party.as_ref().map(|party| &party.loa)
}

/// Where an LOA is, in one word: another place, another LOA.
pub fn place(source: &LoaSource) -> String {
    let from = source.from_ref.as_ref();
    let from =
        from.map(|from| format!("{}/{}/{}", from.kind.name(), from.name, from.port.as_deref().unwrap_or_default()));
    let secret = source.secret_ref.as_ref().map(|secret| format!("Secret/{}/{}", secret.name, secret.key));
    from.or(secret).unwrap_or_default()
}

/// Reads the LOA. What isn't there yet is waited for.
pub async fn read(references: References<'_>, source: &LoaSource) -> Result<Loa, Problem> {
    let (secret, key) = match (&source.from_ref, &source.secret_ref) {
        (Some(from), _) => (secret_of(references, from).await?, KEY.to_owned()),
        (None, Some(secret)) => (secret.name.clone(), secret.key.clone()),
        (None, None) => return Err(Problem::stalled(reason::INVALID_SPEC, "the LOA is named nowhere")),
    };
    let content = references.bytes(&secret, &key).await?;
    // S10: what stands in a Secret is no part of a message.
    documents::check(&content).map_err(|_| {
        let (bytes, most) = (content.len(), documents::MAX_BYTES);
        let message =
            format!("the Secret {secret} has no LOA under {key}: {bytes} bytes that aren't a PDF of at most {most}");
        Problem::stalled(reason::INVALID_SPEC, message)
    })?;
    Ok(Loa::new(secret, content))
}

/// The Secret with the LOA of another circuit.
async fn secret_of(references: References<'_>, from: &LoaRef) -> Result<String, Problem> {
    match from.kind {
        LoaKind::Interconnect => {
            let circuit = circuit::<Interconnect>(references, from).await?;
            if circuit.spec.gcp_partner.is_some() {
                let message =
                    format!("the Interconnect {} is one with a partner, which has no LOA: name another", from.name);
                return Err(Problem::stalled(reason::INVALID_SPEC, message));
            }
            document_of(&circuit, from)
        }
        LoaKind::CloudAccessPort => {
            let circuit = circuit::<CloudAccessPort>(references, from).await?;
            let state = circuit.common_status().and_then(|status| status.state.as_deref());
            if let Some(state) = state.filter(|state| ending(state)) {
                return Err(Problem::dependency(format!(
                    "the CloudAccessPort {} is {state}: its LOA is worth nothing",
                    from.name
                )));
            }
            document_of(&circuit, from)
        }
    }
}

async fn circuit<K: Circuit>(references: References<'_>, from: &LoaRef) -> Result<K, Problem> {
    let (kind, name) = (from.kind.name(), &from.name);
    let circuit = references.circuit::<K>(name).await?;
    if circuit.meta().deletion_timestamp.is_some() {
        return Err(Problem::dependency(format!(
            "the {kind} {name} is being deleted: its LOA is worth nothing any more"
        )));
    }
    let stalled = circuit.common_status().and_then(|status| true_reason(&status.conditions, STALLED));
    if let Some(reason) = stalled {
        return Err(Problem::dependency(format!(
            "the {kind} {name} is Stalled, {reason}: its LOA may be worth nothing"
        )));
    }
    // What is gone, or wasn't heard of for long, may have an LOA still.
    let status = circuit.common_status();
    let unknown = status.is_none_or(|status| {
        let unsure = |it: &Condition| it.type_ == READY && it.status == "Unknown";
        status.state.is_none() || status.conditions.iter().any(unsure)
    });
    if unknown {
        return Err(Problem::dependency(format!(
            "the {kind} {name} has no state that is known now: its LOA may be worth nothing"
        )));
    }
    Ok(circuit)
}

fn document_of(circuit: &impl Circuit, from: &LoaRef) -> Result<String, Problem> {
    let (kind, name) = (from.kind.name(), &from.name);
    let documents = circuit.common_status().map(|status| status.documents.as_slice()).unwrap_or_default();
    let wanted = (DocumentType::Loa, from.port.as_deref());
    let document = documents.iter().find(|document| document.place() == wanted);
    let of_port = from.port.as_ref().map(|port| format!(" for port {port}")).unwrap_or_default();
    let of_ports: Vec<&str> = documents.iter().filter_map(|document| document.port.as_deref()).collect();
    let there = if of_ports.is_empty() { String::new() } else { format!("; port can be {}", of_ports.join(", ")) };
    let document =
        document.ok_or_else(|| Problem::dependency(format!("the {kind} {name} has no LOA{of_port} yet{there}")))?;
    Ok(document.secret_name.clone())
}
