//! The forms of answers and refusals.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::body::Unreadable;
use crate::fields::Flaw;

/// What a refusal for lack of rights points to.
const RIGHTS_PAGE: &str = "https://developers.cloudflare.com/fundamentals/api/reference/permissions/";

/// The general code of a body or parameter that is not as it should be. CNI
/// publishes no codes of its own.
const INVALID: u32 = 1001;
/// The general code of an object that is not there.
const NOT_FOUND: u32 = 1002;
/// The general code of a name that is taken.
const CONFLICT: u32 = 1003;
/// The general code of what went wrong in here.
const INTERNAL: u32 = 1004;
/// The code of a body that does not say it is JSON.
const CONTENT: u32 = 6006;
/// What Cloudflare says to wrong tokens and to lacking rights alike.
const ACCESS: u32 = 10000;

/// A good answer.
pub enum Answer {
    /// A JSON object, bare or in the result envelope.
    Json(Value),
    /// Done, and nothing to show for it.
    Done,
    /// A PDF document.
    Pdf(Vec<u8>),
}

impl Answer {
    /// As the answer goes out, bare or in the result envelope.
    pub fn into_response(self, envelope: bool) -> Response {
        let result = match self {
            Answer::Pdf(pdf) => return ([(CONTENT_TYPE, "application/pdf")], pdf).into_response(),
            Answer::Done if !envelope => return StatusCode::OK.into_response(),
            Answer::Done => Value::Null,
            Answer::Json(result) => result,
        };
        let body =
            if envelope { json!({"success": true, "errors": [], "messages": [], "result": result}) } else { result };
        axum::Json(body).into_response()
    }
}

/// A refusal in Cloudflare's failure envelope.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: u32,
    /// What is wrong, in words.
    pub message: String,
    pointer: Option<String>,
    documentation: Option<&'static str>,
}

impl Refusal {
    /// A refusal of any status.
    pub fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), pointer: None, documentation: None }
    }

    /// 400: a property of the body, or a parameter, is not as it should be.
    pub fn property(name: &str, problem: &str) -> Self {
        Self { pointer: Some(format!("/{}", name.replace('.', "/"))), ..Self::invalid(format!("{name}: {problem}")) }
    }

    /// 400 that concerns the request as a whole.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID, message)
    }

    /// 404: no such object.
    pub fn not_found(what: &str) -> Self {
        let message = format!("{what} not found");
        Self::new(StatusCode::NOT_FOUND, NOT_FOUND, message)
    }

    /// 404: no such route.
    pub fn no_route() -> Self {
        let message = "Could not route to that path, perhaps your object identifier is invalid?";
        Self::new(StatusCode::NOT_FOUND, 7003, message)
    }

    /// 409: the name is taken.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, CONFLICT, message)
    }

    /// 500: the fault is here.
    pub fn internal(message: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL, message)
    }

    /// 401: nobody we know.
    pub fn unauthorized() -> Self {
        let message = "Authentication error";
        Self::new(StatusCode::UNAUTHORIZED, ACCESS, message)
    }

    /// 403: somebody we know, but who has no right to this.
    pub fn forbidden() -> Self {
        Self { documentation: Some(RIGHTS_PAGE), ..Self::new(StatusCode::FORBIDDEN, ACCESS, "Forbidden") }
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        match flaw.pointer.strip_prefix('/') {
            Some(name) => Self::property(&name.replace('/', "."), &flaw.problem),
            None => Self::invalid(flaw.problem),
        }
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::OtherType => Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, CONTENT, unreadable.message()),
            Unreadable::CutOff | Unreadable::Malformed => Self::invalid(unreadable.message()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(pointer) = self.pointer {
            error["source"] = json!({"pointer": pointer});
        }
        if let Some(page) = self.documentation {
            error["documentation_url"] = page.into();
        }
        let body = json!({"success": false, "errors": [error], "messages": [], "result": null});
        let content_type = [(CONTENT_TYPE, "application/json")];
        (self.status, content_type, Body::from(body.to_string())).into_response()
    }
}
