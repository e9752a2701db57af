//! etcd, kube-apiserver and kube-controller-manager, each the real one.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command as StdCommand;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use tokio::process::Command;

use crate::chart::Rendered;
use crate::child::Guarded;
use crate::programs::{find, root, run, run_for_bytes};
use crate::{EnvError, doing};

/// A control plane that doesn't come up within this long has failed.
const START_TIMEOUT: Duration = Duration::from_secs(300);
const ADMIN_TOKEN: &str = "admin-of-this-control-plane";
/// Those that our objects' users rely on: garbage collection, and the end of namespaces.
const CONTROLLERS: &str = "garbage-collector-controller,namespace-controller";

/// What the audit log holds: what programs with a ServiceAccount asked for; the control plane's own parts have none.
const AUDIT_POLICY: &str = r#"{
  "apiVersion": "audit.k8s.io/v1", "kind": "Policy",
  "rules": [
    {"level": "Metadata", "userGroups": ["system:serviceaccounts"], "omitStages": ["RequestReceived"]},
    {"level": "None"}
  ]
}"#;

/// A running control plane. It ends when this is dropped, or with the process.
pub struct ControlPlane {
    dir: PathBuf,
    server: String,
    /// Of etcd's clients, of its peers, and of the API server.
    ports: [u16; 3],
    audited: bool,
    pub(crate) chart: Rendered,
    children: Mutex<Vec<Guarded>>,
}

impl ControlPlane {
    /// Starts a control plane that keeps its files in `dir`, and installs our CRDs.
    pub async fn start(dir: &Path) -> Result<Self, EnvError> {
        Self::start_as(dir, false).await
    }

    /// The same, with an audit log of all requests by ServiceAccounts.
    pub async fn start_audited(dir: &Path) -> Result<Self, EnvError> {
        Self::start_as(dir, true).await
    }

    async fn start_as(dir: &Path, audited: bool) -> Result<Self, EnvError> {
        fs::create_dir_all(dir).map_err(doing(format!("creating {}", dir.display())))?;
        let ports = free_ports()?;
        let server = format!("https://127.0.0.1:{}", ports[2]);
        let plane =
            Self { dir: dir.into(), server, ports, audited, chart: Rendered::default(), children: Mutex::default() };
        plane.write_keys()?;
        plane.write_kubeconfig("admin", ADMIN_TOKEN, "default").map_err(doing("writing the kubeconfig"))?;
        plane.resume().await?;
        plane.install_crds().await?;
        Ok(plane)
    }

    /// Installs our CRDs.
    pub async fn install_crds(&self) -> Result<(), EnvError> {
        self.kubectl(&["apply", "--server-side", "-f", &root().join("crds").display().to_string()], "").await?;
        self.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=5m"], "").await?;
        Ok(())
    }

    /// Ends all its programs, as a power cut does; what etcd has stays.
    pub fn halt(&self) {
        let mut children = self.children();
        // The last started first: the API server can't do without etcd.
        while children.pop().is_some() {}
    }

    /// Starts its programs, and waits until it serves.
    pub async fn resume(&self) -> Result<(), EnvError> {
        self.start_etcd()?;
        self.start_apiserver()?;
        self.ready().await?;
        self.start_controller_manager()
    }

    /// Keeps a copy of what etcd has, while it is halted.
    pub async fn snapshot(&self) -> Result<(), EnvError> {
        self.replace("etcd", "etcd.snapshot").await
    }

    /// Puts back what etcd had at the snapshot, while it is halted.
    pub async fn restore(&self) -> Result<(), EnvError> {
        self.replace("etcd.snapshot", "etcd").await
    }

    async fn replace(&self, from: &str, to: &str) -> Result<(), EnvError> {
        let (from, to) = (self.dir.join(from), self.dir.join(to));
        if to.exists() {
            fs::remove_dir_all(&to).map_err(doing(format!("removing {}", to.display())))?;
        }
        run(Command::new("cp").arg("-r").arg(from).arg(to), "").await.map(drop)
    }

    /// A client with all rights.
    pub async fn admin(&self) -> Result<Client, EnvError> {
        let kubeconfig =
            Kubeconfig::read_from(self.kubeconfig()).map_err(|error| EnvError::Other(error.to_string()))?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        Ok(Client::try_from(config.map_err(|error| EnvError::Other(error.to_string()))?)?)
    }

    /// The kubeconfig with all rights.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.join("admin.kubeconfig")
    }

    /// The audit log, one JSON object a line, if there is one.
    pub fn audit_log(&self) -> PathBuf {
        self.dir.join("audit.log")
    }

    /// Runs kubectl with all rights, with this on its standard input.
    pub async fn kubectl(&self, args: &[&str], input: &str) -> Result<String, EnvError> {
        run(Command::new(find("kubectl")?).arg("--kubeconfig").arg(self.kubeconfig()).args(args), input).await
    }

    /// The same, for what isn't text.
    pub async fn kubectl_bytes(&self, args: &[&str]) -> Result<Vec<u8>, EnvError> {
        run_for_bytes(Command::new(find("kubectl")?).arg("--kubeconfig").arg(self.kubeconfig()).args(args), "").await
    }

    fn start_etcd(&self) -> Result<(), EnvError> {
        let [client, peer, _] = self.ports;
        let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
        let mut command = StdCommand::new(find("etcd")?);
        command.arg("--data-dir").arg(self.dir.join("etcd")).arg("--unsafe-no-fsync");
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("default={peer}"), "--log-level", "warn"]);
        self.start_child("etcd", &command)
    }

    fn start_apiserver(&self) -> Result<(), EnvError> {
        let [etcd, _, secure] = self.ports;
        let mut command = StdCommand::new(find("kube-apiserver")?);
        let file = |name: &str| self.dir.join(name).display().to_string();
        for (flag, value) in [
            ("etcd-servers", format!("http://127.0.0.1:{etcd}")),
            ("secure-port", secure.to_string()),
            ("bind-address", "127.0.0.1".into()),
            ("tls-cert-file", file("serving.crt")),
            ("tls-private-key-file", file("serving.key")),
            ("service-account-issuer", "https://kubernetes.default.svc".into()),
            ("service-account-key-file", file("service-accounts.pub")),
            ("service-account-signing-key-file", file("service-accounts.key")),
            ("token-auth-file", file("tokens.csv")),
            ("authorization-mode", "RBAC".into()),
            ("service-cluster-ip-range", "10.0.0.0/24".into()),
            ("enable-admission-plugins", "OwnerReferencesPermissionEnforcement".into()),
            // Nobody here is to be held back for another's sake.
            ("enable-priority-and-fairness", "false".into()),
        ] {
            command.arg(format!("--{flag}={value}"));
        }
        if self.audited {
            command.arg("--audit-policy-file").arg(self.dir.join("audit-policy.json"));
            command.arg("--audit-log-path").arg(self.audit_log());
            // In MB: one file, never rotated, so that it can be read while it grows.
            command.arg("--audit-log-maxsize=1000000");
        }
        self.start_child("kube-apiserver", &command)
    }

    fn start_controller_manager(&self) -> Result<(), EnvError> {
        let mut command = StdCommand::new(find("kube-controller-manager")?);
        command.arg("--kubeconfig").arg(self.kubeconfig()).arg(format!("--controllers={CONTROLLERS}"));
        command.args(["--leader-elect=false", "--secure-port=0", "--kube-api-qps=200", "--kube-api-burst=400"]);
        self.start_child("kube-controller-manager", &command)
    }

    fn start_child(&self, program: &'static str, command: &StdCommand) -> Result<(), EnvError> {
        let child = Guarded::start(program, command, &self.dir.join(format!("{program}.log")))?;
        self.children().push(child);
        Ok(())
    }

    fn children(&self) -> MutexGuard<'_, Vec<Guarded>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_keys(&self) -> Result<(), EnvError> {
        let failed = |error: rcgen::Error| EnvError::Other(error.to_string());
        let key = rcgen::KeyPair::generate().map_err(failed)?;
        // The API server would make an RSA key, which costs more at each of some thousand connections.
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let serving = rcgen::generate_simple_self_signed(names).map_err(failed)?;
        let files = [
            ("serving.key", serving.signing_key.serialize_pem()),
            ("serving.crt", serving.cert.pem()),
            ("service-accounts.key", key.serialize_pem()),
            ("service-accounts.pub", key.public_key_pem()),
            ("tokens.csv", format!("{ADMIN_TOKEN},admin,admin,\"system:masters\"\n")),
            ("audit-policy.json", AUDIT_POLICY.into()),
        ];
        for (name, content) in files {
            fs::write(self.dir.join(name), content).map_err(doing(format!("writing {name}")))?;
        }
        Ok(())
    }

    pub(crate) fn write_kubeconfig(&self, name: &str, token: &str, namespace: &str) -> std::io::Result<PathBuf> {
        let path = self.dir.join(format!("{name}.kubeconfig"));
        let authority = self.dir.join("serving.crt");
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": self.server, "certificate-authority": authority}}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": name, "namespace": namespace}}],
        });
        fs::write(&path, kubeconfig.to_string())?;
        Ok(path)
    }

    /// Waits until the API server serves objects.
    async fn ready(&self) -> Result<(), EnvError> {
        let begun = Instant::now();
        while begun.elapsed() < START_TIMEOUT {
            if let Ok(client) = self.admin().await
                && Api::<Namespace>::all(client).get("default").await.is_ok()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(self.children().last().map_or_else(|| EnvError::Other("nothing was started".into()), Guarded::not_up))
    }
}

/// Three ports that are free now.
fn free_ports() -> Result<[u16; 3], EnvError> {
    let bind = || TcpListener::bind("127.0.0.1:0").map_err(doing("looking for a free port"));
    let listeners = [bind()?, bind()?, bind()?];
    let port = |listener: &TcpListener| {
        listener.local_addr().map(|address| address.port()).map_err(doing("looking for a free port"))
    };
    Ok([port(&listeners[0])?, port(&listeners[1])?, port(&listeners[2])?])
}
