//! The chart, installed as a user would, but for the Deployment: the operator runs outside.

use std::collections::HashMap;
use std::path::PathBuf;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::PostParams;
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::control_plane::ControlPlane;
use crate::manifests::apply;
use crate::programs::{find, root, run};
use crate::{EnvError, doing};

/// Stands for the release's namespace in what helm rendered.
const RELEASE: &str = "the-release";
/// How long an operator's token lasts, in seconds.
const DAY: i64 = 86_400;

/// What helm made of the chart, for each number of watched namespaces: it is the same but for their names.
#[derive(Default)]
pub(crate) struct Rendered(Mutex<HashMap<usize, String>>);

impl Rendered {
    async fn text(&self, watched: usize) -> Result<String, EnvError> {
        let mut rendered = self.0.lock().await;
        if let Some(text) = rendered.get(&watched) {
            return Ok(text.clone());
        }
        let names: Vec<String> = (0..watched).map(placeholder).collect();
        let mut helm = Command::new(find("helm")?);
        helm.args(["template", RELEASE, "--namespace", RELEASE, "--kube-version", "1.36.3"]);
        helm.arg(root().join("charts/interconnect-operator"));
        helm.args(["--set", "crds.install=false,aggregateRoles=false"]);
        // Said of none, helm would take it for one without a name.
        if watched > 0 {
            helm.args(["--set", &format!("watchNamespaces={{{}}}", names.join(","))]);
        }
        for template in ["serviceaccount", "rbac"] {
            helm.arg("--show-only").arg(format!("templates/{template}.yaml"));
        }
        let text = run(&mut helm, "").await?;
        rendered.insert(watched, text.clone());
        Ok(text)
    }
}

/// Stands for a watched namespace in what helm rendered.
fn placeholder(n: usize) -> String {
    format!("watched-namespace-{n}")
}

impl ControlPlane {
    /// Installs the chart into `namespace`, with rights in the watched namespaces, or in all if there are none. It tells
    /// the kubeconfig of the operator's ServiceAccount, which has exactly the rights that the chart gives it.
    pub async fn install_chart(&self, namespace: &str, watched: &[&str]) -> Result<PathBuf, EnvError> {
        let mut text = self.chart.text(watched.len()).await?.replace(RELEASE, namespace);
        for (n, name) in watched.iter().enumerate() {
            text = text.replace(&placeholder(n), name);
        }
        let client = self.admin().await?;
        let manifests: Vec<Value> =
            serde_saphyr::from_multiple(&text).map_err(|error| EnvError::Other(error.to_string()))?;
        for manifest in &manifests {
            apply(&client, namespace, manifest).await?;
        }
        let account = manifests.iter().find(|manifest| manifest["kind"] == "ServiceAccount");
        let account = account.and_then(|account| account["metadata"]["name"].as_str()).unwrap_or_default();
        let accounts: Api<ServiceAccount> = Api::namespaced(client, namespace);
        let spec = TokenRequestSpec { expiration_seconds: Some(DAY), ..TokenRequestSpec::default() };
        let wish = TokenRequest { spec, ..TokenRequest::default() };
        let answer = accounts.create_token_request(account, &PostParams::default(), &wish).await?;
        let token = answer.status.map(|status| status.token).unwrap_or_default();
        self.write_kubeconfig(&format!("operator-{namespace}"), &token, namespace)
            .map_err(doing("writing the kubeconfig"))
    }
}
