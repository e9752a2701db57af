//! Bodies of requests as providers read them: JSON that says it is.

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, request};
use serde_json::Value;

/// Why a body cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It does not say that it is JSON.
    OtherType,
    /// It did not arrive.
    CutOff,
    /// It is not JSON.
    Malformed,
}

impl Unreadable {
    /// What is wrong, in words.
    pub fn message(self) -> &'static str {
        match self {
            Self::OtherType => "Content-Type must be application/json",
            Self::CutOff => "the body cannot be read",
            Self::Malformed => "the body is not valid JSON",
        }
    }
}

/// The JSON that a request brings.
pub async fn read_json(parts: &request::Parts, body: Body) -> Result<Value, Unreadable> {
    read_json_as(&["application/json"], parts, body).await
}

/// The JSON that a request brings and calls by one of these content types.
pub async fn read_json_as(types: &[&str], parts: &request::Parts, body: Body) -> Result<Value, Unreadable> {
    if !is_one_of(types, &parts.headers) {
        return Err(Unreadable::OtherType);
    }
    // The gateway has bounded it.
    let bytes = to_bytes(body, usize::MAX).await.map_err(|_| Unreadable::CutOff)?;
    serde_json::from_slice(&bytes).map_err(|_| Unreadable::Malformed)
}

fn is_one_of(types: &[&str], headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    content_type
        .and_then(|it| it.split(';').next())
        .is_some_and(|it| types.iter().any(|known| it.trim().eq_ignore_ascii_case(known)))
}
