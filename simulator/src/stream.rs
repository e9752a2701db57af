//! Bodies that go wrong on their way.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;

/// A piece of the endless body; together they look like a list for ever.
const PIECE: &str = "{\"name\":\"and so on, and so on, and so on, and so on, and so on\"},\n";
/// Pieces that are sent at once.
const PIECES: usize = 256;
/// The pause between them, so that a patient client does not eat a whole core.
const PAUSE: Duration = Duration::from_millis(5);

/// The first half of a body, after which the connection breaks.
pub fn half(whole: &Bytes) -> Body {
    let half = whole.slice(..whole.len() / 2);
    Body::from_stream(stream::unfold(Some(half), async |half| {
        let next = match half {
            Some(half) => (Ok(half), None),
            None => {
                // Gives the connection a turn to send what it has, which it
                // would throw away if the error came at once.
                tokio::task::yield_now().await;
                (Err(io::Error::other("cut off")), None)
            }
        };
        Some(next)
    }))
}

/// A body that goes on until the client hangs up.
pub fn endless() -> Body {
    let begin = Bytes::from_static(b"{\"items\":[\n");
    let more = Bytes::from(PIECE.repeat(PIECES));
    Body::from_stream(stream::unfold(Some(begin), move |begin| {
        let more = more.clone();
        async move {
            let piece = match begin {
                Some(begin) => begin,
                None => {
                    tokio::time::sleep(PAUSE).await;
                    more
                }
            };
            Some((Ok::<_, Infallible>(piece), None))
        }
    }))
}
