//! Documents: checked, and kept in Secrets that their object owns.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource, ResourceExt};

use crate::api::common::{Circuit, DocumentType};
use crate::base::digest::sha256;
use crate::cluster::writes::{KubeError, MANAGER, in_time};

/// The key in the Secret.
pub const KEY: &str = "document.pdf";
/// The Secret's type.
const SECRET_TYPE: &str = "interconnect-operator.io/document";
/// The most that is kept, in bytes: a Secret holds 1 MiB, and some of that is not the document.
pub const MAX_BYTES: usize = (1 << 20) - (16 << 10);
/// A name in Kubernetes is at most this long.
const MAX_NAME: usize = 253;

/// Why a document is not kept.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It doesn't begin as a PDF does.
    #[error("what the provider gave isn't a PDF: it begins {0:?}")]
    NotPdf(String),
    /// It is too long for a Secret.
    #[error("the document has {0} bytes; a Secret holds {MAX_BYTES}")]
    TooLong(usize),
    /// The Secret's name is taken by a Secret that isn't this object's.
    #[error("the Secret {0} belongs to something else and is left alone: rename or delete it")]
    NotOurs(String),
    /// The API server.
    #[error(transparent)]
    Kube(#[from] KubeError),
}

/// The name of the Secret of an object's document: of a port's, if it has several.
pub fn secret_name(object: &str, type_: DocumentType, port: Option<&str>) -> String {
    let type_ = match type_ {
        DocumentType::Loa => "loa",
        DocumentType::ServiceAgreement => "service-agreement",
    };
    let suffix = match port {
        Some(port) => format!("-{}-{type_}", in_name(port)),
        None => format!("-{type_}"),
    };
    if object.len() + suffix.len() <= MAX_NAME {
        return format!("{object}{suffix}");
    }
    let (kept, hash) = (&object[..MAX_NAME - suffix.len() - 9], &sha256(object.as_bytes())[..8]);
    format!("{}-{hash}{suffix}", kept.trim_end_matches(['.', '-']))
}

/// Whether the Secret is there and the object's own.
pub async fn present(client: &Client, object: &impl Circuit, name: &str) -> Result<bool, KubeError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let found = in_time(secrets.get_opt(name)).await?;
    Ok(found.is_some_and(|secret| owned_by(&secret, object) && secret.data.is_some_and(|data| data.contains_key(KEY))))
}

/// Checks the document and keeps it.
#[allow(clippy::disallowed_methods, reason = "the door for document Secrets")]
pub async fn store(client: &Client, object: &impl Circuit, name: &str, document: Vec<u8>) -> Result<(), DocumentError> {
    check(&document)?;
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let mut secret = Secret {
        metadata: ObjectMeta {
            name: Some(name.into()),
            owner_references: object.controller_owner_ref(&()).map(|owner| vec![owner]),
            labels: Some([("app.kubernetes.io/managed-by".into(), MANAGER.into())].into()),
            ..ObjectMeta::default()
        },
        type_: Some(SECRET_TYPE.into()),
        data: Some([(KEY.into(), ByteString(document))].into()),
        ..Secret::default()
    };
    let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
    match in_time(secrets.create(&params, &secret)).await {
        Err(KubeError::AlreadyThere) => {}
        created => return Ok(created.map(drop)?),
    }
    let found = in_time(secrets.get(name)).await?;
    // S10: what isn't ours is never overwritten.
    if !owned_by(&found, object) {
        return Err(DocumentError::NotOurs(name.into()));
    }
    secret.metadata.resource_version = found.resource_version();
    in_time(secrets.patch(name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&secret))).await?;
    Ok(())
}

/// Whether it can be kept: a PDF that a Secret can hold.
pub fn check(document: &[u8]) -> Result<(), DocumentError> {
    if !document.starts_with(b"%PDF-") {
        return Err(DocumentError::NotPdf(String::from_utf8_lossy(&document[..document.len().min(20)]).into_owned()));
    }
    if document.len() > MAX_BYTES {
        return Err(DocumentError::TooLong(document.len()));
    }
    Ok(())
}

/// What of a provider's id can stand in the name of a Secret.
fn in_name(id: &str) -> String {
    id.chars().take(63).map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

fn owned_by(secret: &Secret, object: &impl Resource) -> bool {
    let uid = object.meta().uid.as_deref();
    secret.owner_references().iter().any(|owner| Some(owner.uid.as_str()) == uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pdfs_that_a_secret_can_hold_are_kept() {
        assert!(check(b"%PDF-1.7 x").is_ok());
        assert!(matches!(check(b"<html>"), Err(DocumentError::NotPdf(_))));
        assert!(matches!(check(b""), Err(DocumentError::NotPdf(_))));
        let long = [b"%PDF-".as_slice(), &vec![0; MAX_BYTES]].concat();
        assert!(matches!(check(&long), Err(DocumentError::TooLong(_))));
    }

    #[test]
    fn a_long_name_makes_a_name_that_fits_and_is_its_own() {
        let (one, other) = ("a".repeat(253), format!("{}b", "a".repeat(252)));
        assert_eq!(secret_name("ams-1", DocumentType::Loa, None), "ams-1-loa");
        assert_eq!(secret_name("lag", DocumentType::Loa, Some("CANL-051652")), "lag-canl-051652-loa");
        assert!(secret_name(&one, DocumentType::Loa, None).len() <= 253);
        assert_ne!(secret_name(&one, DocumentType::Loa, None), secret_name(&other, DocumentType::Loa, None));
    }
}
