//! The form of refusals: `{"message": "..."}`, a guess.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::body::Unreadable;
use crate::fields::{Flaw, Flaws};

/// A refusal.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    /// What is wrong, in words.
    pub message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// 400: not as it should be.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401: who asks isn't known.
    pub fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// 404: there is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    /// 405: not to be done to this.
    pub fn no_such_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "the resource has no such method")
    }

    /// 413: more than is taken.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// 415: the body is of another type.
    pub fn other_type(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// 500: the fault is here.
    pub fn internal(message: String) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<Flaws> for Refusal {
    /// Tells the names of properties, never what stands there: it may be a password.
    fn from(Flaws(flaws): Flaws) -> Self {
        let told = flaws.iter().map(|flaw| {
            let name = flaw.pointer.trim_start_matches('/').replace('/', ".");
            format!("{name} {}", flaw.problem).trim().to_owned()
        });
        Self::invalid(told.collect::<Vec<_>>().join("; "))
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Flaws(vec![flaw]).into()
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::OtherType => Self::other_type(unreadable.message()),
            Unreadable::CutOff | Unreadable::Malformed => Self::invalid(unreadable.message()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({"message": self.message}))).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
