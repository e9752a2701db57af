//! Credentials Secrets: read by name, held while they are needed (S10).

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt};

use crate::api::IN_USE_FINALIZER;
use crate::cluster::writes::{KubeError, MetadataChange, change_metadata, in_time};
use crate::providers::http::sign_in::ClientCredentials;

/// Why a Secret's content can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// There is no such Secret.
    #[error("there is no Secret {0} in this namespace: create it with the credentials")]
    NotFound(String),
    /// A key is missing or empty.
    #[error("the Secret {0} needs the key {1}")]
    Incomplete(String, &'static str),
    /// The API server.
    #[error(transparent)]
    Kube(#[from] KubeError),
}

/// Reads the Secret and holds it, so that it can't vanish before the circuits that need it.
pub async fn read(secrets: &Api<Secret>, name: &str) -> Result<Secret, CredentialsError> {
    let Some(secret) = in_time(secrets.get_opt(name)).await? else {
        return Err(CredentialsError::NotFound(name.into()));
    };
    let held = secret.finalizers().iter().any(|finalizer| finalizer == IN_USE_FINALIZER);
    if held || secret.metadata.deletion_timestamp.is_some() {
        return Ok(secret);
    }
    let change = MetadataChange { add_finalizer: Some(IN_USE_FINALIZER), ..MetadataChange::default() };
    Ok(change_metadata(secrets, &secret, &change).await?)
}

/// Lets the Secret go.
pub async fn release(secrets: &Api<Secret>, name: &str) -> Result<(), KubeError> {
    let Some(secret) = in_time(secrets.get_opt(name)).await? else { return Ok(()) };
    if !secret.finalizers().iter().any(|finalizer| finalizer == IN_USE_FINALIZER) {
        return Ok(());
    }
    let change = MetadataChange { remove_finalizer: Some(IN_USE_FINALIZER), ..MetadataChange::default() };
    change_metadata(secrets, &secret, &change).await.map(drop)
}

/// `clientId` and `clientSecret`.
pub fn client_credentials(secret: &Secret) -> Result<ClientCredentials, CredentialsError> {
    Ok(ClientCredentials {
        client_id: needed(secret, "clientId")?,
        client_secret: needed(secret, "clientSecret")?.into(),
    })
}

/// The value, which must be there.
pub fn needed(secret: &Secret, key: &'static str) -> Result<String, CredentialsError> {
    text(secret, key).ok_or_else(|| CredentialsError::Incomplete(secret.name_any(), key))
}

/// The value without the white space that editors leave at its end; none if nothing is left.
pub fn text(secret: &Secret, key: &str) -> Option<String> {
    let value = String::from_utf8(secret.data.as_ref()?.get(key)?.0.clone()).ok()?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}
