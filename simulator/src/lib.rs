//! The providers as one local server: what tests and the demo order from.
//!
//! Each provider is played over real HTTP and as strictly as its contract
//! allows; `/_sim` is the control interface, by which tests see what took
//! effect, move the clock and make things go wrong.

mod a2b;
mod answer;
mod body;
mod clock;
mod cloudflare;
mod control;
mod digital_realty;
mod equinix;
mod faults;
mod fields;
mod gateway;
mod ledger;
mod letter;
mod mount;
mod provider;
mod server;
mod sessions;
mod site;
mod stream;
mod traffic;
mod world;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

pub use crate::a2b::Behaviour as A2bBehaviour;
pub use crate::cloudflare::MAX_SLOTS;
pub use crate::digital_realty::Behaviour as DigitalRealtyBehaviour;
use crate::gateway::Gateway;
use crate::world::Sim;

/// Whom the built-in world knows, by provider: accounts and credentials for who is to order from it.
pub mod demo {
    pub use crate::a2b::demo as a2b;
    pub use crate::cloudflare::demo as cloudflare;
    pub use crate::digital_realty::demo as digital_realty;
    pub use crate::equinix::demo as equinix;
}

/// How many free slots the built-in world has unless told otherwise.
pub const DEFAULT_SLOTS: usize = 64;

/// How requests can go wrong: the words of `what` in `/_sim/faults`.
pub fn fault_kinds() -> impl Iterator<Item = &'static str> {
    faults::What::ALL.into_iter().map(faults::What::word)
}

/// What the simulated world is to be like.
#[derive(Clone, Debug)]
pub struct Options {
    /// Free Cloudflare slots in the built-in world, at most [`MAX_SLOTS`]; also
    /// the number of LOAs that Equinix patch panels in AM11 have ports for, at least.
    pub slots: usize,
    /// A file to keep the world in. A world that is in it already is taken up
    /// again, as it is and with the slots that it has.
    pub state: Option<PathBuf>,
    /// How Digital Realty behaves in the built-in world.
    pub digital_realty: DigitalRealtyBehaviour,
    /// How A2B behaves in the built-in world.
    pub a2b: A2bBehaviour,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            slots: DEFAULT_SLOTS,
            state: None,
            digital_realty: DigitalRealtyBehaviour::default(),
            a2b: A2bBehaviour::default(),
        }
    }
}

/// A running simulator. It ends when it is dropped.
pub struct Simulator {
    url: String,
    sim: Sim,
    control: Router,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Binds the address and serves from then on, in a task of its own.
    pub async fn start(listen: SocketAddr, options: Options) -> io::Result<Self> {
        if options.slots > MAX_SLOTS {
            let message = format!("more than {MAX_SLOTS} slots");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let sim = Sim::open(options)?;
        let listener = TcpListener::bind(listen).await?;
        let url = server::url_of(listener.local_addr()?);
        let gateway = Arc::new(Gateway::new(sim.clone()));
        let server = tokio::spawn(server::serve(listener, gateway));
        let control = control::router().with_state(sim.clone());
        Ok(Self { url, sim, control, server })
    }

    /// Where it is reached, such as `http://127.0.0.1:8480`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// A call of the control interface, such as `clock`, without HTTP: for tests that make many.
    pub async fn control(&self, method: Method, call: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(format!("/_sim/{call}")).body(body);
        let request = request.map_err(|error| error.to_string())?;
        let answer = self.control.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let refused = !answer.status().is_success();
        let body = to_bytes(answer.into_body(), usize::MAX).await.map_err(|error| error.to_string())?;
        let body: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        if refused { Err(body["error"].to_string()) } else { Ok(body) }
    }

    /// How many requests to providers were answered, or hung up on, since start or reset.
    pub fn answered(&self) -> u64 {
        self.sim.lock().traffic.seen()
    }

    /// Ends it and returns when the address is free again and nothing acts
    /// any more.
    pub async fn stop(mut self) {
        self.sim.close();
        self.server.abort();
        // The task was cancelled: that is what it answers.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.sim.close();
        self.server.abort();
    }
}
