//! The form of refusals.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::end::End;
use crate::body::Unreadable;
use crate::fields::{Flaw, Flaws};

/// A refusal: a problem of RFC 7807 with the types of the standard, declared
/// as plain JSON (docs/providers.md 3.7).
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    /// The name of the problem's page, if the standard has one.
    page: Option<&'static str>,
    title: &'static str,
    detail: String,
    flaws: Vec<Flaw>,
    /// The dates that a cancellation could have.
    end: Option<End>,
}

impl Refusal {
    fn new(status: StatusCode, page: Option<&'static str>, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, page, title, detail: detail.into(), flaws: Vec::new(), end: None }
    }

    /// 400: a parameter of the query is not as it should be.
    pub fn parameter(name: &str, problem: &str) -> Self {
        Flaw { pointer: name.to_owned(), problem: problem.to_owned(), value: None }.into()
    }

    /// 400: well said, but it cannot be done.
    pub fn unable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some("unable-to-fulfill"), "Unable to fulfill the request", detail)
    }

    /// 400: not to be cancelled for that day. These dates could be had.
    pub fn against_policy(end: End) -> Self {
        let detail = "decommission_at is earlier than the cancellation policy allows";
        let status = StatusCode::BAD_REQUEST;
        let refusal = Self::new(status, Some("cancellation-policy-error"), "Cancellation policy", detail);
        Self { end: Some(end), ..refusal }
    }

    /// 401: no token that is good.
    pub fn unauthorized() -> Self {
        let detail = "a valid bearer token is required";
        Self::new(StatusCode::UNAUTHORIZED, Some("authentication-error"), "Authentication error", detail)
    }

    /// 404: there is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::missing(format!("there is no such {what}"))
    }

    /// 404: there is nothing here, for this reason.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, Some("not-found"), "Not found", detail)
    }

    /// 405: not to be done to this.
    pub fn no_such_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, None, "Method not allowed", "the resource has no such method")
    }

    /// 500: the fault is here.
    pub fn internal(detail: String) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, "Internal server error", detail)
    }

    /// In words, for the control interface.
    pub fn explained(&self) -> String {
        let flaws = self.flaws.iter().map(|flaw| format!("; {} {}", name_of(flaw), flaw.problem));
        flaws.fold(self.detail.clone(), |text, flaw| text + &flaw)
    }
}

/// A property's name, with dots towards what is within it.
fn name_of(flaw: &Flaw) -> String {
    flaw.pointer.trim_start_matches('/').replace('/', ".")
}

impl From<Flaws> for Refusal {
    fn from(Flaws(flaws): Flaws) -> Self {
        let detail = "some properties are not valid";
        let refusal = Self::new(StatusCode::BAD_REQUEST, Some("validation-error"), "Validation error", detail);
        Self { flaws, ..refusal }
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Flaws(vec![flaw]).into()
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        let detail = unreadable.message();
        match unreadable {
            Unreadable::OtherType => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, "Unsupported media type", detail)
            }
            Unreadable::CutOff | Unreadable::Malformed => Self { detail: detail.to_owned(), ..Flaws::default().into() },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let page = self.page.map(|page| format!("https://errors.ix-api.net/v2/{page}.html"));
        let mut problem = json!({
            "type": page.as_deref().unwrap_or("about:blank"),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if self.page == Some("validation-error") {
            let property = |flaw: &Flaw| json!({"name": name_of(flaw), "reason": flaw.problem});
            problem["properties"] = self.flaws.iter().map(property).collect();
        }
        if let Some(end) = self.end {
            end.tell(&mut problem);
        }
        let mut response = (self.status, Json(problem)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
