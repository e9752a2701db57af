//! Takes connections and serves HTTP/1 on them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::gateway::{Gateway, HangUp};

/// How long to wait if no connection can be taken, as when files run out.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until it is dropped; then all connections are closed.
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&gateway)));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection. This works below axum's own server, because only
/// here a service can end a connection without an answer.
async fn converse(stream: TcpStream, gateway: Arc<Gateway>) {
    // Small answers must not wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let gateway = Arc::clone(&gateway);
        // A task of its own: what a client has asked for happens, even if it
        // does not wait for the answer.
        let answer = tokio::spawn(async move { gateway.answer(request.map(Body::new)).await });
        async move { answer.await.unwrap_or(Err(HangUp)) }
    });
    // An error here is a client that went away or a connection that was to
    // break: either is everyday life.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The URL at which a client on this machine reaches the address.
pub fn url_of(address: SocketAddr) -> String {
    let ip = address.ip();
    if ip.is_unspecified() { format!("http://127.0.0.1:{}", address.port()) } else { format!("http://{address}") }
}
