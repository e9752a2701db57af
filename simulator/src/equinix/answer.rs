//! The forms of refusals.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::body::Unreadable;
use crate::fields::{Flaw, Flaws};

/// A property, or a parameter, that is not as it should be. Published.
const INVALID: &str = "EQ-2012010";
/// No permission. Published.
const FORBIDDEN: &str = "EQ-2012006";
/// A token that is not good, or none. A guess, like all that follow.
const UNAUTHORIZED: &str = "EQ-2012001";
/// Nothing there.
const NOT_FOUND: &str = "EQ-2012004";
/// Anything else.
const OTHER: &str = "EQ-2012000";

/// How errors are wrapped. The samples suggest the array; clients have met both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// An array of one error.
    #[default]
    Array,
    /// The error itself.
    Object,
}

/// A refusal in one of Equinix' error forms.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    flaws: Vec<Flaw>,
}

impl Refusal {
    /// A refusal of any status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let code = match status {
            StatusCode::BAD_REQUEST => INVALID,
            StatusCode::UNAUTHORIZED => UNAUTHORIZED,
            StatusCode::FORBIDDEN => FORBIDDEN,
            StatusCode::NOT_FOUND => NOT_FOUND,
            _ => OTHER,
        };
        Self { status, code, message: message.into(), flaws: Vec::new() }
    }

    /// 400: a parameter of the query is not as it should be.
    pub fn parameter(name: &str, problem: &str, value: Option<&str>) -> Self {
        let (pointer, problem) = (name.to_owned(), problem.to_owned());
        Flaw { pointer, problem, value: value.map(Value::from) }.into()
    }

    /// 404: no such thing, or none that the caller may see.
    pub fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 403: somebody we know, but who has no right to this.
    pub fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 401: nobody we know.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid or expired access token")
    }

    /// As the refusal goes out.
    pub fn into_response(self, form: Form) -> Response {
        let mut error = json!({"errorCode": self.code, "errorMessage": self.message});
        if !self.flaws.is_empty() {
            // The list is published, the name of it is a guess.
            error["additionalInfo"] = self.flaws.iter().map(info).collect();
        }
        let body = match form {
            Form::Array => json!([error]),
            Form::Object => error,
        };
        (self.status, Json(body)).into_response()
    }

    /// In words, for the control interface.
    pub fn explained(&self) -> String {
        let flaws = self.flaws.iter().map(|flaw| format!("; {} {}", flaw.pointer, flaw.problem));
        flaws.fold(self.message.clone(), |text, flaw| text + &flaw)
    }
}

fn info(flaw: &Flaw) -> Value {
    let value = match &flaw.value {
        None => Value::Null,
        Some(Value::String(text)) => text.as_str().into(),
        Some(value) => value.to_string().into(),
    };
    json!({"property": flaw.pointer, "reason": flaw.problem, "value": value})
}

impl From<Flaws> for Refusal {
    fn from(Flaws(flaws): Flaws) -> Self {
        Self { flaws, ..Self::new(StatusCode::BAD_REQUEST, "One or more properties are invalid") }
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Flaws(vec![flaw]).into()
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        let status = match unreadable {
            Unreadable::OtherType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Unreadable::CutOff | Unreadable::Malformed => StatusCode::BAD_REQUEST,
        };
        Self::new(status, unreadable.message())
    }
}
