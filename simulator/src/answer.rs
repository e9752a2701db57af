//! Good answers, as most providers give them.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// A good answer.
pub enum Answer {
    /// JSON.
    Json(StatusCode, Value),
    /// A PDF document.
    Pdf(Vec<u8>),
    /// Done, and nothing to show for it.
    Empty(StatusCode),
}

impl Answer {
    /// 200 with this.
    pub fn ok(value: Value) -> Self {
        Self::Json(StatusCode::OK, value)
    }

    /// 201 with what was created.
    pub fn created(value: Value) -> Self {
        Self::Json(StatusCode::CREATED, value)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Answer::Json(status, value) => (status, Json(value)).into_response(),
            Answer::Pdf(pdf) => ([(CONTENT_TYPE, "application/pdf")], pdf).into_response(),
            Answer::Empty(status) => status.into_response(),
        }
    }
}
