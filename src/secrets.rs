//! Secrets that a spec refers to: read by name, in the object's own namespace (S10).

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use secrecy::SecretString;

use crate::api::conditions::reason;
use crate::kubernetes::in_time;
use crate::lifecycle::facts::Problem;

/// The Secrets of one namespace.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    /// The API server.
    pub client: &'a Client,
    /// The namespace.
    pub namespace: &'a str,
}

impl Secrets<'_> {
    /// The text under this key, without white space around it.
    pub async fn read(self, name: &str, key: &str) -> Result<SecretString, Problem> {
        let waiting = |message: String| Problem::waiting(reason::WAITING_FOR_DEPENDENCY, message);
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), self.namespace);
        let found = in_time(secrets.get_opt(name)).await;
        let secret = found.map_err(|error| waiting(format!("the Secret {name} can't be read: {error}")))?;
        let secret =
            secret.ok_or_else(|| waiting(format!("there is no Secret {name} in this namespace: create it")))?;
        let value = secret.data.and_then(|mut data| data.remove(key));
        let text = value.and_then(|value| String::from_utf8(value.0).ok());
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        text.map(SecretString::from).ok_or_else(|| waiting(format!("the Secret {name} needs text under the key {key}")))
    }
}
