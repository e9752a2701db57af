//! The demo: a real control plane, the simulator and the operator; `examples/` goes from ordered to Ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use interconnect_simulator::demo::cloudflare::ACCOUNT;
use interconnect_testenv::programs::{root, run};
use interconnect_testenv::{ControlPlane, EnvError, Operator};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// The operator and the simulator live in this namespace of the demo's cluster.
const SYSTEM: &str = "interconnect-system";
/// The examples live in this one.
const CIRCUITS: &str = "circuits";
/// What the provider gives an LOA for.
const PORTS: &str = "interconnects,cloudaccessports";
/// The LOA among the examples that we issue, and the partner's view of it.
const ISSUED: &str = "digitalloa/port-12";
const RECEIVED: &str = "digitalloa/port-of-demo-networks";
/// What A2B is asked for.
const ORDERS: &str = "crossconnectorders";
/// The journey, in a namespace of its own, and the orders that a person approves.
const JOURNEY: &str = "journey";
const APPROVED: [(&str, &str); 2] = [(CIRCUITS, "xco/to-cloudflare"), (JOURNEY, "xco/rack-to-cloudflare")];
/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(300);

/// Orders the examples from the simulator, on a real control plane on this machine.
#[derive(Parser)]
struct Args {
    /// Ends the circuits again, shows that nothing is left at the provider, and ends.
    #[arg(long)]
    once: bool,
    /// Where the programs of this project were built.
    #[arg(long, default_value = "target/debug")]
    programs: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut stop = match signal(SignalKind::terminate()) {
        Ok(stop) => stop,
        Err(error) => return failed(&error.to_string()),
    };
    let args = Args::parse();
    let ended = tokio::select! {
        ended = demo(&args) => ended,
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = stop.recv() => Ok(()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("demo: {why}");
    ExitCode::FAILURE
}

async fn demo(args: &Args) -> Result<(), EnvError> {
    let begun = Instant::now();
    let dir = fresh_folder()?;
    say("starting etcd, kube-apiserver and kube-controller-manager");
    let plane = ControlPlane::start(&dir).await?;
    let simulator = Simulator::start(&args.programs, &dir).await?;
    say("installing the chart's RBAC and starting the operator as its ServiceAccount");
    plane.kubectl(&["create", "namespace", SYSTEM], "").await?;
    let kubeconfig = plane.install_chart(SYSTEM, &[]).await?;
    let flags = ["--lease-namespace", SYSTEM, "--allow-endpoint", Simulator::URL, "--identity", "demo"];
    let operator =
        Operator::start(&args.programs.join("interconnect-operator"), &kubeconfig, &dir.join("operator.log"), &flags)
            .await?;
    order(&plane, &simulator).await?;
    show(&plane, &dir).await?;
    if args.once {
        end(&plane, &simulator).await?;
        operator.terminate().await?;
        say(&format!("all done in {} s", begun.elapsed().as_secs()));
        return Ok(());
    }
    say("look around, in another terminal:");
    println!("\n  export KUBECONFIG={}", plane.kubeconfig().display());
    println!("  kubectl -n {CIRCUITS} get circuits        # kubectl is in {}", root().join(".tools/bin").display());
    println!("  curl {}/_sim/objects          # what the provider has", Simulator::URL);
    println!("  curl http://{}/metrics\n", operator.listen);
    say("Ctrl-C ends everything");
    std::future::pending().await
}

fn fresh_folder() -> Result<PathBuf, EnvError> {
    let dir = root().join(".demo");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|error| EnvError::Io(format!("creating {}", dir.display()), error))?;
    dir.canonicalize().map_err(|error| EnvError::Io("finding the demo's folder".into(), error))
}

async fn order(plane: &ControlPlane, simulator: &Simulator) -> Result<(), EnvError> {
    say("applying examples/");
    print!("{}", plane.kubectl(&["apply", "-f", &root().join("examples").display().to_string()], "").await?);
    say("applying examples/journey/: one provider's LOA goes into another's order");
    plane.kubectl(&["create", "namespace", JOURNEY], "").await?;
    let journey = root().join("examples/journey").display().to_string();
    print!("{}", plane.kubectl(&["-n", JOURNEY, "apply", "-f", &journey], "").await?);
    let in_circuits = async |args: &[&str]| plane.kubectl(&[&["-n", CIRCUITS], args].concat(), "").await;
    let timeout = format!("--timeout={}s", PATIENCE.as_secs());
    // Ordered, heard of, and the LOA kept where there is one.
    in_circuits(&["wait", PORTS, "--all", "--for=condition=Synced", &timeout]).await?;
    accept(&in_circuits, &timeout).await?;
    for (namespace, order) in APPROVED {
        approve(plane, namespace, order, &timeout).await?;
    }
    print!("\n{}\n", in_circuits(&["get", "circuits"]).await?);
    say("three weeks pass: the cross connects are patched, light comes up");
    simulator.tell("clock", r#"{"advance": "21d"}"#).await?;
    let all = format!("{PORTS},{ORDERS}");
    // A look now, rather than at the next poll.
    let now = format!("interconnect-operator.io/reconcile-at={}", begun_text());
    for namespace in [CIRCUITS, JOURNEY] {
        plane.kubectl(&["-n", namespace, "annotate", "--overwrite", &all, "--all", &now], "").await?;
        plane.kubectl(&["-n", namespace, "wait", &all, "--all", "--for=condition=Ready", &timeout], "").await?;
    }
    Ok(())
}

/// A person reads what an order would cost, and approves exactly that.
async fn approve(plane: &ControlPlane, namespace: &str, order: &str, timeout: &str) -> Result<(), EnvError> {
    let ask = async |args: &[&str]| plane.kubectl(&[&["-n", namespace], args].concat(), "").await;
    ask(&["wait", order, "--for=jsonpath={.status.plan.digest}", timeout]).await?;
    let plan = ask(&["get", order, "-o", "jsonpath={.status.plan.summary}"]).await?;
    say(&format!("approved by a person: {plan}"));
    let digest = ask(&["get", order, "-o", "jsonpath={.status.plan.digest}"]).await?;
    ask(&["annotate", order, &format!("interconnect-operator.io/approved-plan={digest}")]).await?;
    ask(&["wait", order, "--for=jsonpath={.status.orderId}", timeout]).await.map(drop)
}

/// The partner learns the token of the LOA that we issued, and takes it on: both parties are ours here.
async fn accept(
    in_circuits: &impl AsyncFn(&[&str]) -> Result<String, EnvError>,
    timeout: &str,
) -> Result<(), EnvError> {
    in_circuits(&["wait", ISSUED, "--for=jsonpath={.status.token}", timeout]).await?;
    let token = in_circuits(&["get", ISSUED, "-o", "jsonpath={.status.token}"]).await?;
    say(&format!("the partner gets a mail with the token {token} and takes the LOA on"));
    let change = format!(r#"{{"spec": {{"receive": {{"token": "{token}"}}}}}}"#);
    in_circuits(&["patch", RECEIVED, "--type=merge", "-p", &change]).await?;
    in_circuits(&["wait", ISSUED, RECEIVED, "--for=condition=Ready", timeout]).await.map(drop)
}

async fn show(plane: &ControlPlane, dir: &Path) -> Result<(), EnvError> {
    for namespace in [CIRCUITS, JOURNEY] {
        let circuits = plane.kubectl(&["-n", namespace, "get", "circuits"], "").await?;
        print!("\n$ kubectl -n {namespace} get circuits\n{circuits}");
    }
    let columns = "custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message";
    let events = ["-n", CIRCUITS, "get", "events", "--sort-by=.metadata.creationTimestamp", "-o", columns];
    print!("\n$ kubectl get events\n{}", plane.kubectl(&events, "").await?);
    let secrets = plane
        .kubectl(
            &[
                "-n",
                CIRCUITS,
                "get",
                &format!("{PORTS},{ORDERS}"),
                "-o",
                "jsonpath={.items[*].status.documents[*].secretName}",
            ],
            "",
        )
        .await?;
    println!();
    for secret in secrets.split_whitespace() {
        let template = r#"go-template={{index .data "document.pdf" | base64decode}}"#;
        let pdf = plane.kubectl_bytes(&["-n", CIRCUITS, "get", "secret", secret, "-o", template]).await?;
        let file = dir.join(format!("{secret}.pdf"));
        fs::write(&file, &pdf).map_err(|error| EnvError::Io(format!("writing {}", file.display()), error))?;
        say(&format!("document: {} ({} bytes)", file.display(), pdf.len()));
    }
    Ok(())
}

async fn end(plane: &ControlPlane, simulator: &Simulator) -> Result<(), EnvError> {
    say("deleting the circuits; months pass, for ports end on a day that their terms allow");
    simulator.tell("clock", r#"{"speed": 10000000}"#).await?;
    let timeout = format!("--timeout={}s", PATIENCE.as_secs());
    print!("{}", plane.kubectl(&["delete", "-f", &root().join("examples").display().to_string(), &timeout], "").await?);
    print!("{}", plane.kubectl(&["delete", "namespace", JOURNEY, &timeout], "").await?);
    println!("\nthe provider's ledger:");
    for entry in json(&simulator.ask("ledger").await?)?.as_array().into_iter().flatten() {
        println!("  {} {} {}", entry["time"], entry["operation"], entry["id"]);
    }
    let objects = json(&simulator.ask("objects").await?)?;
    let left = objects["cloudflare"]["interconnects"]
        .as_array()
        .ok_or_else(|| EnvError::Other("no list of interconnects".into()))?;
    // Other accounts of the simulated world have interconnects, too.
    let interconnects = left.iter().filter(|one| one["account"] == ACCOUNT).map(|one| one["name"].to_string());
    let loas = objects["equinix"]["loas"].as_array().into_iter().flatten();
    let loas = loas.filter(|loa| loa["state"] != "CANCELLED").map(|loa| loa["token"].to_string());
    let exchange = ["connections", "contacts"].into_iter().flat_map(|what| objects["digital-realty"][what].as_array());
    let exchange = exchange.flatten().map(|one| one["id"].to_string());
    let left: Vec<String> = interconnects.chain(loas).chain(exchange).collect();
    if left.is_empty() {
        let orders = objects["a2b"]["orders"].as_array().map_or(0, Vec::len);
        say(&format!("nothing is left that could be ended; {orders} orders at A2B live on, which nothing cancels"));
        return Ok(());
    }
    Err(EnvError::Other(format!("the provider's side is not empty: {}", left.join(", "))))
}

fn json(text: &str) -> Result<serde_json::Value, EnvError> {
    serde_json::from_str(text).map_err(|error| EnvError::Other(error.to_string()))
}

async fn wait(what: &str, there: impl AsyncFn() -> Result<bool, EnvError>) -> Result<(), EnvError> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if there().await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Err(EnvError::Other(format!("not within {} s: {what}", PATIENCE.as_secs())))
}

fn begun_text() -> String {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or_else(|_| "0".into(), |now| now.as_secs().to_string())
}

fn say(what: &str) {
    println!("demo: {what}");
}

/// The simulator, as a process of its own at the address that the examples name.
struct Simulator {
    _process: tokio::process::Child,
}

impl Simulator {
    const URL: &str = "http://127.0.0.1:8480";

    async fn start(programs: &Path, dir: &Path) -> Result<Self, EnvError> {
        let log = fs::File::create(dir.join("simulator.log"))
            .map_err(|error| EnvError::Io("creating a log".into(), error))?;
        let binary = programs.join("interconnect-simulator");
        let process = Command::new(&binary).stdout(log).kill_on_drop(true).spawn();
        let process = process.map_err(|error| EnvError::Io(format!("starting {}", binary.display()), error))?;
        let simulator = Self { _process: process };
        wait("the simulator is up (is port 8480 free?)", async || Ok(simulator.ask("clock").await.is_ok())).await?;
        Ok(simulator)
    }

    async fn ask(&self, path: &str) -> Result<String, EnvError> {
        run(Command::new("curl").args(["--silent", "--fail", &format!("{}/_sim/{path}", Self::URL)]), "").await
    }

    async fn tell(&self, path: &str, body: &str) -> Result<String, EnvError> {
        let json = "Content-Type: application/json";
        run(
            Command::new("curl").args([
                "--silent",
                "--fail",
                "-H",
                json,
                "-d",
                body,
                &format!("{}/_sim/{path}", Self::URL),
            ]),
            "",
        )
        .await
    }
}
