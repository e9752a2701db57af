//! What a spec refers to in the object's own namespace: read by name, never listed (S10).

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use secrecy::SecretString;

use crate::api::common::Circuit;
use crate::api::conditions::Problem;
use crate::cluster::writes::in_time;

/// The other objects of one namespace.
#[derive(Clone, Copy)]
pub struct References<'a> {
    /// The API server.
    pub client: &'a Client,
    /// The namespace.
    pub namespace: &'a str,
}

impl References<'_> {
    /// The text under this key of a Secret, without white space around it.
    pub async fn secret(self, name: &str, key: &str) -> Result<SecretString, Problem> {
        let text = self.value(name, key).await?.and_then(|value| String::from_utf8(value).ok());
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        text.map(SecretString::from)
            .ok_or_else(|| Problem::dependency(format!("the Secret {name} needs text under the key {key}")))
    }

    /// The bytes under this key of a Secret.
    pub async fn bytes(self, name: &str, key: &str) -> Result<Vec<u8>, Problem> {
        let value = self.value(name, key).await?;
        value.ok_or_else(|| Problem::dependency(format!("the Secret {name} needs a document under the key {key}")))
    }

    async fn value(self, name: &str, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), self.namespace);
        let found = in_time(secrets.get_opt(name)).await;
        let secret = found.map_err(|error| Problem::dependency(format!("the Secret {name} can't be read: {error}")))?;
        let secret = secret
            .ok_or_else(|| Problem::dependency(format!("there is no Secret {name} in this namespace: create it")))?;
        Ok(secret.data.and_then(|mut data| data.remove(key)).map(|value| value.0))
    }

    /// The circuit of this name.
    pub async fn circuit<K: Circuit>(self, name: &str) -> Result<K, Problem> {
        let (circuits, kind): (Api<K>, _) = (Api::namespaced(self.client.clone(), self.namespace), K::kind(&()));
        let found = in_time(circuits.get_opt(name)).await;
        let found = found.map_err(|error| Problem::dependency(format!("the {kind} {name} can't be read: {error}")))?;
        found.ok_or_else(|| Problem::dependency(format!("there is no {kind} {name} in this namespace: create it")))
    }
}
