//! The token endpoint, which has errors of a form of its own.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::access::{Client, TOKEN_LIFE};
use super::store::Equinix;
use crate::body::{Unreadable, read_json};
use crate::fields::{Fields, Flaw};
use crate::site::Door;

/// The one grant; the one by password is retired.
const GRANT: &str = "client_credentials";

/// A refusal of the token endpoint. Of its codes only S1006 was seen.
#[derive(Debug)]
struct NoToken {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    message: String,
}

impl NoToken {
    fn malformed(message: impl Into<String>) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, code: "S1001", title: "Invalid request", message: message.into() }
    }

    fn unknown() -> Self {
        let message = "Client credentials are not valid".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, code: "S1006", title: "Invalid client credentials", message }
    }
}

impl From<Flaw> for NoToken {
    fn from(flaw: Flaw) -> Self {
        // What stands there may be a secret: it isn't repeated.
        Self::malformed(format!("{} {}", flaw.pointer.trim_start_matches('/'), flaw.problem).trim())
    }
}

impl From<Unreadable> for NoToken {
    fn from(unreadable: Unreadable) -> Self {
        let malformed = Self::malformed(unreadable.message());
        match unreadable {
            Unreadable::OtherType => Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..malformed },
            Unreadable::CutOff | Unreadable::Malformed => malformed,
        }
    }
}

impl IntoResponse for NoToken {
    fn into_response(self) -> Response {
        let body = json!({
            "errorDomain": "apigee-edge",
            "errorTitle": self.title,
            "errorCode": self.code,
            "developerMessage": self.message,
            "errorMessage": self.message,
        });
        (self.status, Json(body)).into_response()
    }
}

/// POST token.
pub async fn issue(State(door): State<Door<Equinix>>, request: Request) -> Response {
    match grant(&door, request).await {
        Ok(granted) => Json(granted).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn grant(door: &Door<Equinix>, request: Request) -> Result<Value, NoToken> {
    let (parts, body) = request.into_parts();
    let body = read_json(&parts, body).await?;
    let fields = Fields::of(&body)?;
    fields.choice("grant_type", &[GRANT])?;
    let client = Client::with(fields.text("client_id")?, fields.text("client_secret")?);
    let client = client.ok_or_else(NoToken::unknown)?;
    door.change(|site| {
        let token = site.store.sessions.open(client.id, TOKEN_LIFE, site.now().wall);
        Ok(json!({
            "access_token": token,
            // A string, as in the original.
            "token_timeout": TOKEN_LIFE.to_string(),
            "user_name": client.email,
            "token_type": "Bearer",
        }))
    })
}
